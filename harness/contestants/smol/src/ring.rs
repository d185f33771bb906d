//! A task for every member; between two of them a bounded channel with
//! room for one, or a `UnixStream` pair. Who has no token awaits it.
//!
//! The driver is the first member. A member ends when the one before it has
//! gone: so the end runs round the ring, and an error ends it, too.
//!
//! Guide: the documentation of `smol::channel` and of `UnixStream::pair`;
//! smol-macros' example `thread_executor_arc`: a `Vec` of tasks, awaited one
//! after the other.

use std::sync::Arc;

use anyhow::{Context, Result};
use smol::{Executor, Task};
use triathlon_contract::ring::{Token, WARM_UP};
use triathlon_contract::{Outcome, Ring, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::link::{Inlet, Outlet, link};
use crate::runtime;

/// The place of a member, with both of its links.
struct Seat {
    member: u64,
    inlet: Inlet,
    outlet: Outlet,
}

pub(crate) fn run(
    work: &Ring,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let clock = lab.clock();
    let executor = &runtime.executor;
    let gather = gather(Arc::clone(executor), work.clone());
    let (seat, members) = runtime.block_on(executor.spawn(gather))?;
    let warm_up = lead(WARM_UP, seat, clock, lab.lane(WARM_UP));
    let (seat, _, mut tally) = runtime.block_on(executor.spawn(warm_up))?;

    let lead = lead(work.laps, seat, clock, lab.lane(work.laps));
    lab.open();
    let driver = executor.spawn(lead);
    let (seat, lane, part) = runtime.block_on(driver)?;
    lab.close([lane]);
    tally.merge(part);
    drop(seat);
    tally.merge(runtime.block_on(executor.spawn(join(members)))?);
    Ok(Outcome::closed(tally, runtime.workers()))
}

/// Links all members in a ring and spawns all but the first.
async fn gather(
    executor: Arc<Executor<'static>>,
    work: Ring,
) -> Result<(Seat, Vec<Task<Result<Tally>>>)> {
    let (first, mut inlet) = link(work.medium)?;
    let mut members = Vec::new();
    for member in 1..work.members {
        let (outlet, next) = link(work.medium)?;
        let seat = Seat { member, inlet, outlet };
        members.push(executor.spawn(pass_on(seat)));
        inlet = next;
    }
    // The first gives to the second and takes from the last.
    Ok((Seat { member: 0, inlet, outlet: first }, members))
}

/// The life of a member.
async fn pass_on(mut seat: Seat) -> Result<Tally> {
    let mut tally = Tally::default();
    while let Some(token) = seat.inlet.take().await? {
        let token = token.taken_by(seat.member);
        tally.add(token.received());
        seat.outlet.give(token).await?;
    }
    Ok(tally)
}

/// The driver: the first member, who has a new token and counts laps.
async fn lead(
    laps: u64,
    mut seat: Seat,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Seat, Lane, Tally)> {
    let (mut token, mut tally) = (Token::default(), Tally::default());
    for _ in 0..laps {
        let started_ns = clock.now_ns();
        seat.outlet.give(token).await?;
        let taken = seat.inlet.take().await?.context("the ring is broken")?;
        token = taken.taken_by(seat.member);
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(token.received());
    }
    Ok((seat, lane, tally))
}

/// What all others have counted.
async fn join(members: Vec<Task<Result<Tally>>>) -> Result<Tally> {
    let mut tally = Tally::default();
    for member in members {
        tally.merge(member.await?);
    }
    Ok(tally)
}
