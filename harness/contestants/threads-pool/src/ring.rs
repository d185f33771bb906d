//! Every member is a job that lives as long as the ring, on a pool of as many
//! threads as members; between two of them a `sync_channel` with room for one,
//! or a `UnixStream` pair. Who has no token blocks.
//!
//! The pool must have a thread for every one of these jobs: with one less, the
//! ring would wait for a member that waits for a thread.
//!
//! The driver is the first member. A member ends when the one before it has
//! gone: so the end runs round the ring, and an error ends it, too.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server"; the documentation of `std::sync::mpsc::sync_channel`
//! and of `UnixStream::pair`.

use std::sync::mpsc::{self, Receiver, Sender};

use anyhow::{Context, Result};
use triathlon_contract::ring::{Token, WARM_UP};
use triathlon_contract::{Outcome, Ring, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::link::{Inlet, Outlet, link};
use crate::workers::{Queue, Workers};

/// A job as in the book.
type Job = Box<dyn FnOnce() + Send>;

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
    let (jobs, queue) = Queue::new();
    let workers = Workers::start((0..work.members).map(|_| {
        let queue = queue.clone();
        move || serve(&queue)
    }))?;
    drop(queue);
    let (seat, members) = gather(work, &jobs)?;
    let lane = lab.lane(WARM_UP);
    let warm_up = move || lead(WARM_UP, seat, clock, lane);
    let driver = post(&jobs, warm_up)?;
    let (seat, _, mut tally) = driver.recv().context("the pool is gone")??;

    let (laps, lane) = (work.laps, lab.lane(work.laps));
    let lead = move || lead(laps, seat, clock, lane);
    lab.open();
    let driver = post(&jobs, lead)?;
    let (seat, lane, part) = driver.recv().context("the pool is gone")??;
    lab.close([lane]);
    tally.merge(part);
    drop(seat);
    tally.merge(join(members)?);
    let count = workers.count();
    drop(jobs);
    workers.join()?;
    Ok(Outcome::closed(tally, count))
}

/// One pool thread's life: does every job that comes out of the queue.
fn serve(queue: &Queue<Job>) {
    while let Some(job) = queue.next() {
        job();
    }
}

/// Hands one job to the pool; what it comes to is received.
fn post<T: Send + 'static>(
    jobs: &Sender<Job>,
    life: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<Receiver<Result<T>>> {
    let (result, done) = mpsc::channel();
    let job = move || {
        // Nobody receives it if an error came first.
        result.send(life()).ok();
    };
    jobs.send(Box::new(job)).ok().context("the pool is gone")?;
    Ok(done)
}

/// Links all members in a ring and posts all but the first.
fn gather(
    work: &Ring,
    jobs: &Sender<Job>,
) -> Result<(Seat, Vec<Receiver<Result<Tally>>>)> {
    let (first, mut inlet) = link(work.medium)?;
    let mut members = Vec::new();
    for member in 1..work.members {
        let (outlet, next) = link(work.medium)?;
        let seat = Seat { member, inlet, outlet };
        members.push(post(jobs, move || pass_on(seat))?);
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

/// The driver: the first member, who has a new token and counts laps.
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
fn join(members: Vec<Receiver<Result<Tally>>>) -> Result<Tally> {
    let mut tally = Tally::default();
    for member in members {
        tally.merge(member.recv().context("the pool is gone")??);
    }
    Ok(tally)
}
