//! A task for every connection, which sleeps until each of its requests is due.
//!
//! Guide: the documentation of `Timer::at`, and smol-macros' example
//! `thread_executor_arc`: a `Vec` of tasks, awaited one after the other.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use smol::{Executor, Timer};
use triathlon_contract::{OpenLoop, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::runtime;

pub(crate) fn run(
    work: &OpenLoop,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let connect = runtime.executor.spawn(connect(work.clone(), setting.server));
    let (connections, mut tally) = runtime.block_on(connect)?;
    let request: Arc<[u8]> = work.request(setting.server).into();
    let schedule = work.schedule(setting.pace);

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.laps);
    let executor = Arc::clone(&runtime.executor);
    let gather = gather(executor, schedule, connections, request, clock, lanes);
    lab.open();
    let driver = runtime.executor.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.workers()))
}

/// The driver: spawns a task for every connection and joins them.
async fn gather(
    executor: Arc<Executor<'static>>,
    schedule: Vec<Vec<u64>>,
    connections: Vec<Connection>,
    request: Arc<[u8]>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let opened_ns = clock.now_ns();
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = Vec::new();
    let connections = connections.into_iter().zip(waiting);
    for ((connection, lane), offsets) in connections.zip(schedule) {
        let due = offsets.into_iter().map(move |offset| opened_ns + offset);
        let request = Arc::clone(&request);
        let follow = follow(due, connection, request, clock, lane);
        tasks.push(executor.spawn(follow));
    }
    for task in tasks {
        let (lane, part) = task.await?;
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// One task's life: no request is left out, however late it starts.
async fn follow(
    due: impl Iterator<Item = u64>,
    mut connection: Connection,
    request: Arc<[u8]>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for intended_ns in due {
        if clock.now_ns() < intended_ns {
            Timer::at(clock.instant(intended_ns)).await;
        }
        let started_ns = clock.now_ns();
        let received = connection.exchange(&request).await?;
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
        tally.add(received);
    }
    Ok((lane, tally))
}

async fn connect(
    work: OpenLoop,
    server: SocketAddr,
) -> Result<(Vec<Connection>, Tally)> {
    let request = work.warm_up_request(server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.connections {
        let mut connection = Connection::open(server).await?;
        tally.connections += 1;
        tally.add(connection.exchange(&request).await?);
        connections.push(connection);
    }
    Ok((connections, tally))
}
