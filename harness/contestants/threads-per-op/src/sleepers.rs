//! A thread for every sleeper, with the default stack; its handle is kept and
//! joined.
//!
//! Guide: the documentation of `std::thread::sleep` and of `JoinHandle`.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::sleepers::{Night, Variant, awake};
use triathlon_contract::{Outcome, Setting, Sleepers, Style, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::nap;

pub(crate) fn run(
    work: &Sleepers,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (tally, workers) = match work.sleep {
        None => hold(work, lab)?,
        Some(sleep) => doze(work, sleep, lab)?,
    };
    Ok(Outcome::closed(tally, workers))
}

/// All fall asleep, are counted, and wake at the same time.
fn hold(work: &Sleepers, lab: &mut Lab) -> Result<(Tally, u64)> {
    let (clock, mut lane) = (lab.clock(), lab.lane(1));
    let roll = lab.roll_call(work.sleepers)?;
    lab.open();
    let started_ns = clock.now_ns();
    let wake_ns = started_ns + work.lead_ns(Style::Threads);
    let night = Arc::new(Night { wake_ns, clock, roll });
    let (threads, posts) = lie_down(work, &night)?;
    let workers = threads.len() as u64;
    if !posts.is_empty() {
        thread::sleep(clock.until(wake_ns));
        nap::wake(posts)?;
    }
    let mut tally = Tally::default();
    for thread in threads {
        tally.merge(thread.join().map_err(|_| anyhow!("panic"))??);
    }
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    lab.close([lane]);
    Ok((tally, workers))
}

type Thread = JoinHandle<Result<Tally>>;

/// Starts all of them; the other ends of their sockets.
fn lie_down(
    work: &Sleepers,
    night: &Arc<Night>,
) -> Result<(Vec<Thread>, Vec<UnixStream>)> {
    let mut threads = Vec::with_capacity(work.sleepers as usize);
    let mut posts = Vec::new();
    for index in 0..work.sleepers {
        let night = Arc::clone(night);
        let builder = thread::Builder::new();
        let thread = match work.variant {
            Variant::Timer | Variant::Joined => {
                builder.spawn(move || Ok(nap::timer(&night, index)))
            }
            Variant::Touched => {
                builder.spawn(move || Ok(nap::touched(&night, index)))
            }
            Variant::Deep => {
                builder.spawn(move || Ok(nap::deep(&night, index)))
            }
            Variant::Socket => {
                let (own, post) = UnixStream::pair().context("a pair")?;
                posts.push(post);
                builder.spawn(move || nap::socket(&night, index, own))
            }
        };
        threads.push(thread.context("spawn")?);
    }
    Ok((threads, posts))
}

/// All sleep again and again, and say how late they wake.
fn doze(
    work: &Sleepers,
    sleep: Duration,
    lab: &mut Lab,
) -> Result<(Tally, u64)> {
    let clock = lab.clock();
    let lanes = lab.lanes(work.sleepers, work.laps);
    lab.late();
    lab.open();
    let first_ns = clock.now_ns() + work.lead_ns(Style::Threads);
    let mut threads = Vec::with_capacity(lanes.len());
    for (index, lane) in (0..).zip(lanes) {
        let (start_ns, laps) = (first_ns + work.apart_ns(index), work.laps);
        let live = move || live(index, start_ns, sleep, laps, clock, lane);
        threads.push(thread::Builder::new().spawn(live).context("spawn")?);
    }
    let workers = threads.len() as u64;
    let (mut lanes, mut tally) = (Vec::new(), Tally::default());
    for thread in threads {
        let (lane, part) = thread.join().map_err(|_| anyhow!("panic"))?;
        lanes.push(lane);
        tally.merge(part);
    }
    lab.close(lanes);
    Ok((tally, workers))
}

/// One sleeper's life: all exist before the first sleep that counts.
fn live(
    index: u64,
    start_ns: u64,
    sleep: Duration,
    laps: u64,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, Tally) {
    let mut tally = Tally::default();
    thread::sleep(clock.until(start_ns));
    tally.add(awake(index, 0));
    for lap in 1..=laps {
        let intended_ns = clock.now_ns() + sleep.as_nanos() as u64;
        thread::sleep(sleep);
        let started_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns: started_ns });
        tally.add(awake(index, lap));
    }
    (lane, tally)
}
