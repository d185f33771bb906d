//! One job after the other on the calling thread.
//!
//! Guide: the Rust book, "Control Flow": a `for` loop over the jobs.

use anyhow::Result;
use triathlon_contract::{Cpu, Outcome, Setting, Tally};
use triathlon_lab::{Lab, Sample};

pub(crate) fn run(
    work: &Cpu,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let jobs = work.ready();
    let mut tally = Tally::default();
    tally.add(jobs.compute(0));

    let clock = lab.clock();
    let mut lane = lab.lane(work.jobs * work.laps);
    lab.open();
    for _ in 0..work.laps {
        for job in 0..work.jobs {
            let started_ns = clock.now_ns();
            tally.add(jobs.compute(job));
            lane.log(Sample::closed(started_ns, clock.now_ns()));
        }
    }
    lab.close([lane]);
    Ok(Outcome::closed(tally, 1))
}
