//! One query after the other, on the calling thread and one connection.
//!
//! Guide: `std::net::TcpStream`, the standard library's own example.

use anyhow::Result;
use triathlon_contract::{Outcome, Query, Setting, Tally};
use triathlon_lab::{Lab, Sample};

use crate::database::Database;

pub(crate) fn run(
    work: &Query,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let mut tally = Tally::default();
    let dialogue = work.dialogue(setting)?;
    let mut database = Database::open(setting.server, dialogue)?;
    tally.connections += 1;
    database.dialogue.warm_up(work.warm_up(0))?;
    while let Some(answer) = database.answer()? {
        tally.add(answer);
    }

    let clock = lab.clock();
    let mut lane = lab.lane(work.callers * work.of_each());
    lab.open();
    for batch in (0..work.callers).flat_map(|caller| work.batches(caller)) {
        let started_ns = clock.now_ns();
        database.dialogue.ask(batch)?;
        while let Some(answer) = database.answer()? {
            lane.log(Sample::closed(started_ns, clock.now_ns()));
            tally.add(answer);
        }
    }
    lab.close([lane]);
    Ok(Outcome::closed(tally, 1))
}
