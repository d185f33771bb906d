//! The four stages one after the other for each item: no channel, and nothing
//! that could queue.
//!
//! Guide: the Rust book, "Control Flow": a `for` loop over the items.

use std::thread;

use anyhow::Result;
use triathlon_contract::pipeline::{Source, Sums, parse};
use triathlon_contract::{Outcome, Pipeline, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

pub(crate) fn run(
    work: &Pipeline,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let source = work.source();
    let clock = lab.clock();
    let (_, mut tally, _) = flow(&work.warm_up(), &source, clock, lab.lane(1));

    let lane = lab.lane(work.items * work.laps);
    lab.open();
    let (lane, part, queued_peak) = flow(work, &source, clock, lane);
    lab.close([lane]);
    tally.merge(part);
    Ok(Outcome { queued_peak, ..Outcome::closed(tally, 1) })
}

fn flow(
    work: &Pipeline,
    source: &Source,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, Tally, u64) {
    let mut tally = Tally::default();
    let mut sums = Sums::default();
    let (mut made, mut taken, mut queued_peak) = (0u64, 0, 0);
    for id in work.ids() {
        let started_ns = clock.now_ns();
        let item = source.make(id, started_ns);
        made += 1;
        queued_peak = queued_peak.max(made - taken);
        let row = sums.fold(parse(item));
        if !work.sink.is_zero() {
            thread::sleep(work.sink);
        }
        lane.log(Sample::closed(row.started_ns, clock.now_ns()));
        tally.add(row.received);
        taken += 1;
    }
    tally.add_digest(sums.digest());
    (lane, tally, queued_peak)
}
