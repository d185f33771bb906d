//! A thread for every member; between two of them a `sync_channel` with room
//! for one, or a `UnixStream` pair. Who has no token blocks.
//!
//! The main thread is the first member. A member ends when the one before it
//! has gone: so the end runs round the ring, and an error ends it, too.
//!
//! Guide: the documentation of `std::sync::mpsc::sync_channel` and of
//! `UnixStream::pair`; the Rust book, "Using Threads to Run Code
//! Simultaneously", for `JoinHandle`.

use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};
use triathlon_contract::ring::{Token, WARM_UP};
use triathlon_contract::{Outcome, Ring, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::link::{Inlet, Outlet, link};

/// The place of a member, with both of its links.
struct Seat {
    member: u64,
    inlet: Inlet,
    outlet: Outlet,
}

pub(crate) fn run(
    work: &Ring,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let clock = lab.clock();
    let (seat, members) = gather(work)?;
    let workers = 1 + members.len() as u64;
    let warm_up = lead(WARM_UP, seat, clock, lab.lane(WARM_UP));
    let (seat, _, mut tally) = warm_up?;

    let lane = lab.lane(work.laps);
    lab.open();
    let (seat, lane, part) = lead(work.laps, seat, clock, lane)?;
    lab.close([lane]);
    tally.merge(part);
    drop(seat);
    tally.merge(join(members)?);
    Ok(Outcome::closed(tally, workers))
}

/// Links all members in a ring and starts all but the first.
fn gather(work: &Ring) -> Result<(Seat, Vec<JoinHandle<Result<Tally>>>)> {
    let (first, mut inlet) = link(work.medium)?;
    let mut members = Vec::new();
    for member in 1..work.members {
        let (outlet, next) = link(work.medium)?;
        let seat = Seat { member, inlet, outlet };
        let thread = thread::Builder::new().spawn(move || pass_on(seat));
        members.push(thread.context("spawn")?);
        inlet = next;
    }
    // The first gives to the second and takes from the last.
    Ok((Seat { member: 0, inlet, outlet: first }, members))
}

/// The life of a member.
fn pass_on(mut seat: Seat) -> Result<Tally> {
    let mut tally = Tally::default();
    while let Some(token) = seat.inlet.take()? {
        let token = token.taken_by(seat.member);
        tally.add(token.received());
        seat.outlet.give(token)?;
    }
    Ok(tally)
}

/// The first member, who has a new token and counts laps.
fn lead(
    laps: u64,
    mut seat: Seat,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Seat, Lane, Tally)> {
    let (mut token, mut tally) = (Token::default(), Tally::default());
    for _ in 0..laps {
        let started_ns = clock.now_ns();
        seat.outlet.give(token)?;
        let taken = seat.inlet.take()?.context("the ring is broken")?;
        token = taken.taken_by(seat.member);
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(token.received());
    }
    Ok((seat, lane, tally))
}

/// What all others have counted.
fn join(members: Vec<JoinHandle<Result<Tally>>>) -> Result<Tally> {
    let mut tally = Tally::default();
    for member in members {
        tally.merge(member.join().map_err(|_| anyhow!("panic"))??);
    }
    Ok(tally)
}
