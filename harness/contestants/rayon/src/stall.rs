//! The calling thread sleeps until the next beat or call is due and spawns it
//! onto a pool of as many threads as CPUs, which takes them in that order.
//!
//! Guide: rayon's documentation of `in_place_scope_fifo`.
//! Deviates: the documentation of `join` warns of jobs that block, because
//! nobody uses their thread meanwhile; what it costs is measured.

use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use triathlon_contract::stall::{Part, beat};
use triathlon_contract::{Outcome, Received, Setting, Stall, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

/// What is kept of one heart or blocker; its own jobs alone contend for it.
struct Line(Mutex<(Lane, Tally)>);

pub(crate) fn run(
    work: &Stall,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let count = work.blockers(setting.workers as u64);
    let workers =
        ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let clock = lab.clock();
    let hearts = lines(lab.lanes(work.hearts, work.beats()));
    let blockers = lines(lab.lanes(count, work.calls()));
    let job = work.job();
    lab.open();
    let opened_ns = clock.now_ns();
    workers.in_place_scope_fifo(|scope| {
        for (offset, part) in work.turns(count) {
            let intended_ns = opened_ns + offset;
            thread::sleep(clock.until(intended_ns));
            let (job, hearts, blockers) = (&job, &hearts, &blockers);
            scope.spawn_fifo(move |_| match part {
                Part::Beat(heart, number) => {
                    let line = &hearts[heart as usize];
                    line.log(intended_ns, clock, || beat(heart, number));
                }
                Part::Call(call) => {
                    let line = &blockers[call.blocker as usize];
                    line.log(intended_ns, clock, || job.call(call));
                }
            });
        }
    });
    let mut tally = Tally::default();
    lab.close(kept(hearts, &mut tally));
    lab.beside(kept(blockers, &mut tally));
    let workers = workers.current_num_threads();
    Ok(Outcome::closed(tally, workers as u64))
}

impl Line {
    /// One beat or call.
    fn log(
        &self,
        intended_ns: u64,
        clock: Clock,
        part: impl FnOnce() -> Received,
    ) {
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (lane, tally) = &mut *line;
        let started_ns = clock.now_ns();
        tally.add(part());
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
    }
}

fn lines(lanes: Vec<Lane>) -> Vec<Line> {
    let line = |lane| Line(Mutex::new((lane, Tally::default())));
    lanes.into_iter().map(line).collect()
}

fn kept(lines: Vec<Line>, tally: &mut Tally) -> Vec<Lane> {
    let mut lanes = Vec::with_capacity(lines.len());
    for Line(line) in lines {
        let line = line.into_inner().unwrap_or_else(PoisonError::into_inner);
        tally.merge(line.1);
        lanes.push(line.0);
    }
    lanes
}
