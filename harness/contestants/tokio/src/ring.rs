//! A task for every member; between two of them an `mpsc` channel with room
//! for one, or a `UnixStream` pair. Who has no token awaits it.
//!
//! The driver is the first member. A member ends when the one before it has
//! gone: so the end runs round the ring, and an error ends it, too.
//!
//! Guide: tokio's tutorial, "Channels" and "I/O", and the documentation of
//! `UnixStream::pair`.

use anyhow::{Context, Result};
use tokio::task::JoinHandle;
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
    let gather = gather(work.clone());
    let (seat, members) = runtime.block_on(runtime.spawn(gather))??;
    let warm_up = lead(WARM_UP, seat, clock, lab.lane(WARM_UP));
    let (seat, _, mut tally) = runtime.block_on(runtime.spawn(warm_up))??;

    let lead = lead(work.laps, seat, clock, lab.lane(work.laps));
    lab.open();
    let driver = runtime.spawn(lead);
    let (seat, lane, part) = runtime.block_on(driver)??;
    lab.close([lane]);
    tally.merge(part);
    drop(seat);
    tally.merge(runtime.block_on(runtime.spawn(join(members)))??);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// Links all members in a ring and spawns all but the first.
async fn gather(work: Ring) -> Result<(Seat, Vec<JoinHandle<Result<Tally>>>)> {
    let (first, mut inlet) = link(work.medium)?;
    let mut members = Vec::new();
    for member in 1..work.members {
        let (outlet, next) = link(work.medium)?;
        let seat = Seat { member, inlet, outlet };
        members.push(tokio::spawn(pass_on(seat)));
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
async fn join(members: Vec<JoinHandle<Result<Tally>>>) -> Result<Tally> {
    let mut tally = Tally::default();
    for member in members {
        tally.merge(member.await??);
    }
    Ok(tally)
}
