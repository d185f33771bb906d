//! One thread makes all beats and calls in the order in which they are due; it
//! sleeps until the next.
//!
//! Guide: `std::thread::sleep`, the standard library's own example.

use std::thread;

use anyhow::Result;
use triathlon_contract::stall::{Call, Part, beat};
use triathlon_contract::{Outcome, Setting, Stall, Tally};
use triathlon_lab::{Lab, Sample};

pub(crate) fn run(work: &Stall, _: &Setting, lab: &mut Lab) -> Result<Outcome> {
    let clock = lab.clock();
    let blockers = work.blockers(1);
    let mut beats = lab.lanes(work.hearts, work.beats());
    let mut calls = lab.lanes(blockers, work.calls());
    let (turns, job) = (work.turns(blockers), work.job());
    let mut tally = Tally::default();
    lab.open();
    let opened_ns = clock.now_ns();
    for (offset, part) in turns {
        let intended_ns = opened_ns + offset;
        thread::sleep(clock.until(intended_ns));
        let started_ns = clock.now_ns();
        let (received, lane) = match part {
            Part::Beat(heart, number) => {
                (beat(heart, number), &mut beats[heart as usize])
            }
            Part::Call(call @ Call { blocker, .. }) => {
                (job.call(call), &mut calls[blocker as usize])
            }
        };
        tally.add(received);
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
    }
    lab.close(beats);
    lab.beside(calls);
    Ok(Outcome::closed(tally, 1))
}
