//! A task for every request in a `JoinSet`, which aborts all of them.
//!
//! Guide: the documentation of `JoinSet::abort_all` and of `AbortHandle`: an
//! aborted task is dropped where it awaits, and its socket with it; who joins
//! it learns whether it had ended before.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::{JoinSet, yield_now};
use triathlon_contract::cancel::{WARM_UP, waits};
use triathlon_contract::{Cancel, Outcome, Received, Setting, Tally};
use triathlon_lab::{Clock, Held, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::runtime;

pub(crate) fn run(
    work: &Cancel,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let (server, clock) = (setting.server, lab.clock());
    let answered = runtime.spawn(answered(work.clone(), server));
    let mut tally = runtime.block_on(answered)??;
    let lanes = (lab.lane(WARM_UP), lab.lane(WARM_UP));
    let warm_up = runtime.spawn(repeat(work.warm_up(), server, clock, lanes));
    let (_, part) = runtime.block_on(warm_up)??;
    tally.merge(part);

    let lanes = (lab.lane(work.laps), lab.lane(work.laps));
    let gather = repeat(work.clone(), server, clock, lanes);
    lab.open();
    let driver = runtime.spawn(gather);
    let ((cycles, cancelled), part) = runtime.block_on(driver)??;
    lab.close([cycles]);
    lab.beside([cancelled]);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// The driver: one cycle after the other.
async fn repeat(
    work: Cancel,
    server: SocketAddr,
    clock: Clock,
    (mut cycles, mut cancelled): (Lane, Lane),
) -> Result<((Lane, Lane), Tally)> {
    let addresses = work.addresses_of(server);
    let request: Arc<[u8]> = work.request(server).into();
    let mut tally = Tally::default();
    for _ in 0..work.laps {
        let started_ns = clock.now_ns();
        let before = Held::read()?;
        let mut tasks = JoinSet::new();
        tally.merge(begin(&addresses, &request, &mut tasks).await?);

        let cancelled_ns = clock.now_ns();
        tasks.abort_all();
        while let Some(ended) = tasks.join_next().await {
            let aborted = ended.is_err_and(|error| error.is_cancelled());
            tally.failed += u64::from(!aborted);
        }
        while before.exceeded(clock, cancelled_ns)? {
            yield_now().await;
        }
        let done_ns = clock.now_ns();
        cancelled.log(Sample::closed(cancelled_ns, done_ns));
        cycles.log(Sample::closed(started_ns, done_ns));
        tally.failed += before.changed()?;
    }
    Ok(((cycles, cancelled), tally))
}

/// Spawns a task for every request; when it returns, all of them wait.
async fn begin(
    addresses: &[SocketAddr],
    request: &Arc<[u8]>,
    tasks: &mut JoinSet<()>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let (waiting, mut waiters) = mpsc::channel(addresses.len());
    for (index, &address) in (0..).zip(addresses) {
        let (request, waiting) = (Arc::clone(request), waiting.clone());
        tasks.spawn(fetch(address, index, request, waiting));
    }
    for _ in addresses {
        let received = waiters.recv().await.context("a task is gone")??;
        tally.connections += 1;
        tally.add(received);
    }
    Ok(tally)
}

/// One task's life; it gets to its end only if it is not aborted.
async fn fetch(
    address: SocketAddr,
    index: u64,
    request: Arc<[u8]>,
    waiting: Sender<Result<Received>>,
) {
    match send(address, &request).await {
        Ok(mut connection) => {
            waiting.send(Ok(waits(index))).await.ok();
            while let Ok(None) = connection.receive().await {}
        }
        // Nobody receives it if another error came first.
        Err(error) => _ = waiting.send(Err(error)).await,
    }
}

/// A connection on which the head of the answer has come, and no body yet.
async fn send(address: SocketAddr, request: &[u8]) -> Result<Connection> {
    let mut connection = Connection::open(address).await?;
    connection.send(request).await?;
    match connection.receive().await? {
        None => Ok(connection),
        Some(_) => bail!("the whole answer came at once"),
    }
}

/// One request that is answered: what the runtime starts at first use is there.
async fn answered(work: Cancel, server: SocketAddr) -> Result<Tally> {
    let mut tally = Tally { connections: 1, ..Tally::default() };
    let mut connection = Connection::open(server).await?;
    tally.add(connection.exchange(&work.warm_up_request(server)).await?);
    Ok(tally)
}
