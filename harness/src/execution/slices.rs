//! Executions that take turns: each runs for a slice, is stopped with its group and
//! its server, and the next goes on, until all have ended.
//!
//! What is compared then lies within a fraction of a second, and the drift of a
//! shared machine is the same for all. Every process still does its whole work in a
//! trial of its own, and leaves the pauses out of its times. Each has a server of its
//! own, which stands still with it: one that went on would answer everything that is
//! in flight, and whoever continues would find all of it at once.

mod turn;

use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::record::KernelRecord;
use triathlon_lab::Probe;

use super::{Due, Executed, Shared};
use crate::interrupt::Interrupt;
use crate::machine::{self, foreign};
use crate::server::Server;
use turn::Turn;

/// Executes all of them in turns, each beside one of `servers`; the records in the
/// order of `dues`. `None` if the user asked to stop meanwhile. Unless all goes well,
/// a server may be left stopped.
///
/// # Errors
/// If the server or the kernel fails; whatever a contestant does wrong is a record
/// with the status `failed`, and the others go on.
pub fn execute_in_turns(
    dues: &[Due<'_>],
    slice: Duration,
    servers: &[Server],
    context: &Shared,
    interrupt: &Interrupt,
) -> Result<Option<Vec<Executed>>> {
    let mut turns = Vec::new();
    for (seat, due) in dues.iter().enumerate() {
        let server = servers.get(seat).filter(|_| due.what.server());
        turns.push(Turn::new(*due, server));
    }
    let table = Table { slice, context, interrupt, turns: dues.len() as u64 };
    let mut random = fastrand::Rng::with_seed(dues.first().map_or(0, |due| due.seed));
    let mut seats: Vec<usize> = (0..turns.len()).collect();
    let mut meters = Meters::read()?;
    for rotation in 0_u64.. {
        seats.retain(|seat| !turns[*seat].has_ended());
        if seats.is_empty() {
            break;
        }
        // There and back: what drifts evenly meets all of them alike.
        match rotation % 2 {
            0 => random.shuffle(&mut seats),
            _ => seats.reverse(),
        }
        for seat in &seats {
            if interrupt.asked() {
                return Ok(None);
            }
            meters = turns[*seat].take(&table, &meters)?;
        }
    }
    let records = turns.into_iter().map(|turn| turn.into_executed(&table));
    records.collect::<Result<Option<Vec<_>>>>()
}

/// What those that take turns share.
struct Table<'a> {
    slice: Duration,
    context: &'a Shared,
    interrupt: &'a Interrupt,
    turns: u64,
}

/// What is read between two slices, when nobody runs.
struct Meters {
    others: foreign::Reading,
    kernel: KernelRecord,
    steal_ns: u64,
}

impl Meters {
    fn read() -> Result<Self> {
        let probe = Probe::read(None).context("read what the hypervisor took")?;
        let (others, kernel) = (foreign::reading()?, machine::drops()?);
        Ok(Self { others, kernel, steal_ns: probe.steal_ns })
    }
}
