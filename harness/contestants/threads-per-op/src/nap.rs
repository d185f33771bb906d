//! How a sleeper sleeps until all wake.

use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;

use anyhow::{Context, Result};
use triathlon_contract::Tally;
use triathlon_contract::sleepers::{
    FRAME, LEVELS, Night, awake, frame, letter, touch, unwound,
};

pub(crate) fn timer(night: &Night, index: u64) -> Tally {
    sleep(night);
    counted(index, 0)
}

/// Sleeps after something has used its stack.
pub(crate) fn touched(night: &Night, index: u64) -> Tally {
    let proof = touch(index);
    sleep(night);
    counted(index, proof)
}

/// Sleeps below calls that hold something.
pub(crate) fn deep(night: &Night, index: u64) -> Tally {
    counted(index, call(night, index, LEVELS))
}

/// Sleeps in a read.
pub(crate) fn socket(
    night: &Night,
    index: u64,
    mut own: UnixStream,
) -> Result<Tally> {
    let mut byte = [0];
    night.roll.lie_down();
    own.read_exact(&mut byte).context("read the letter")?;
    night.roll.get_up();
    Ok(counted(index, u64::from(byte[0])))
}

/// Wakes all who sleep in a read.
pub(crate) fn wake(posts: Vec<UnixStream>) -> Result<()> {
    for (index, mut post) in (0..).zip(posts) {
        post.write_all(&[letter(index)]).context("write a letter")?;
    }
    Ok(())
}

fn sleep(night: &Night) {
    night.roll.lie_down();
    thread::sleep(night.clock.until(night.wake_ns));
    night.roll.get_up();
}

/// One call among others, the lowest of which sleeps.
#[inline(never)]
fn call(night: &Night, index: u64, levels: u64) -> u64 {
    if levels == 0 {
        sleep(night);
        return 0;
    }
    let held: [u64; FRAME] = black_box(frame(index, levels - 1));
    let below = call(night, index, levels - 1);
    unwound(black_box(&held), below)
}

fn counted(index: u64, proof: u64) -> Tally {
    let mut tally = Tally::default();
    tally.add(awake(index, proof));
    tally
}
