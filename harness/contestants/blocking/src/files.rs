//! One file after the other on the calling thread.
//!
//! Guide: the documentation of `std::fs::read`; `direct.rs` has the calls.

use std::sync::Arc;

use anyhow::Result;
use triathlon_contract::{Files, Outcome, Setting, Tally};
use triathlon_lab::{Lab, Sample};

use crate::direct::Direct;

pub(crate) fn run(
    work: &Files,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let ready = Arc::new(work.ready(setting)?);
    let mut direct = Direct::open(&ready)?;
    let mut tally = Tally::default();
    tally.add(direct.operate(ready.warm_up())?);

    let clock = lab.clock();
    let operations = work.pieces() * work.laps;
    let mut lane = lab.lane(operations);
    lab.open();
    for operation in 0..operations {
        let started_ns = clock.now_ns();
        let done = direct.operate(operation)?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(done);
    }
    lab.close([lane]);
    Ok(Outcome::closed(tally, 1))
}
