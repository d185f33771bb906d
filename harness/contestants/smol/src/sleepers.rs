//! A task for every sleeper; its handle is kept and awaited. `Joined`: one
//! task that awaits all timers through `join_all`.
//!
//! Guide: the documentation of `smol::Timer`; smol-macros' example
//! `thread_executor_arc`: a `Vec` of tasks, awaited one after the other.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::join_all;
use smol::{Executor, Task, Timer};
use triathlon_contract::sleepers::{Night, Variant, awake};
use triathlon_contract::{Outcome, Received, Setting, Sleepers, Style, Tally};
use triathlon_lab::{Clock, Lab, Lane, RollCall, Sample};

use crate::nap;
use crate::runtime::{self, Runtime};

pub(crate) fn run(
    work: &Sleepers,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let tally = match work.sleep {
        None => hold(&runtime, work, lab)?,
        Some(sleep) => doze(&runtime, work, sleep, lab)?,
    };
    Ok(Outcome::closed(tally, runtime.workers()))
}

/// All fall asleep, are counted, and wake at the same time.
fn hold(runtime: &Runtime, work: &Sleepers, lab: &mut Lab) -> Result<Tally> {
    let (clock, lane) = (lab.clock(), lab.lane(1));
    let roll = lab.roll_call(work.sleepers)?;
    let executor = Arc::clone(&runtime.executor);
    let gather = gather(executor, work.clone(), clock, lane, roll);
    lab.open();
    let (lane, tally) = runtime.block_on(runtime.executor.spawn(gather))?;
    lab.close([lane]);
    Ok(tally)
}

/// The driver: starts all of them and joins them.
async fn gather(
    executor: Arc<Executor<'static>>,
    work: Sleepers,
    clock: Clock,
    mut lane: Lane,
    roll: RollCall,
) -> Result<(Lane, Tally)> {
    let started_ns = clock.now_ns();
    let wake_ns = started_ns + work.lead_ns(Style::Async);
    let night = Arc::new(Night { wake_ns, clock, roll });
    let mut tally = Tally::default();
    if work.variant == Variant::Joined {
        let naps = (0..work.sleepers)
            .map(|index| nap::timer(Arc::clone(&night), index));
        let joined = executor.spawn(join_all(naps)).await;
        for received in joined {
            tally.add(received?);
        }
    } else {
        let (tasks, posts) = lie_down(&executor, &work, &night)?;
        if !posts.is_empty() {
            Timer::at(clock.instant(wake_ns)).await;
            nap::wake(posts)?;
        }
        for task in tasks {
            tally.add(task.await?);
        }
    }
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    Ok((lane, tally))
}

type Nap = Task<Result<Received>>;

/// Starts all of them; the other ends of their sockets.
fn lie_down(
    executor: &Executor<'static>,
    work: &Sleepers,
    night: &Arc<Night>,
) -> Result<(Vec<Nap>, Vec<UnixStream>)> {
    let mut tasks = Vec::with_capacity(work.sleepers as usize);
    let mut posts = Vec::new();
    for index in 0..work.sleepers {
        let night = Arc::clone(night);
        tasks.push(match work.variant {
            Variant::Timer | Variant::Joined => {
                executor.spawn(nap::timer(night, index))
            }
            Variant::Touched => executor.spawn(nap::touched(night, index)),
            Variant::Deep => executor.spawn(nap::deep(night, index)),
            Variant::Socket => {
                let (own, post) = UnixStream::pair().context("a pair")?;
                posts.push(post);
                executor.spawn(nap::socket(night, index, own))
            }
        });
    }
    Ok((tasks, posts))
}

/// All sleep again and again, and say how late they wake.
fn doze(
    runtime: &Runtime,
    work: &Sleepers,
    sleep: Duration,
    lab: &mut Lab,
) -> Result<Tally> {
    let clock = lab.clock();
    let lanes = lab.lanes(work.sleepers, work.laps);
    let executor = Arc::clone(&runtime.executor);
    let doze_all = doze_all(executor, work.clone(), sleep, clock, lanes);
    lab.late();
    lab.open();
    let (lanes, tally) = runtime.block_on(runtime.executor.spawn(doze_all));
    lab.close(lanes);
    Ok(tally)
}

/// The driver of those.
async fn doze_all(
    executor: Arc<Executor<'static>>,
    work: Sleepers,
    sleep: Duration,
    clock: Clock,
    lanes: Vec<Lane>,
) -> (Vec<Lane>, Tally) {
    let first_ns = clock.now_ns() + work.lead_ns(Style::Async);
    let mut tasks = Vec::with_capacity(lanes.len());
    for (index, lane) in (0..).zip(lanes) {
        let (start_ns, laps) = (first_ns + work.apart_ns(index), work.laps);
        let live = live(index, start_ns, sleep, laps, clock, lane);
        tasks.push(executor.spawn(live));
    }
    let (mut lanes, mut tally) = (Vec::new(), Tally::default());
    for task in tasks {
        let (lane, part) = task.await;
        lanes.push(lane);
        tally.merge(part);
    }
    (lanes, tally)
}

/// One sleeper's life: all exist before the first sleep that counts.
async fn live(
    index: u64,
    start_ns: u64,
    time: Duration,
    laps: u64,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, Tally) {
    let mut tally = Tally::default();
    Timer::at(clock.instant(start_ns)).await;
    tally.add(awake(index, 0));
    for lap in 1..=laps {
        let intended_ns = clock.now_ns() + time.as_nanos() as u64;
        Timer::after(time).await;
        let started_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns: started_ns });
        tally.add(awake(index, lap));
    }
    (lane, tally)
}
