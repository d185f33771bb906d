//! A task for every URL, each with hyper's client.
//!
//! Guide: smol's example `hyper-client`: a handshake gives a sender and a
//! connection; the connection is a task of its own.
//! Deviates: the example detaches that task and prints its error; here it is
//! awaited where the connection is closed, as the other styles do.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HOST;
use smol::net::TcpStream;
use smol::{Executor, Task};
use smol_hyper::rt::FuturesIo;
use triathlon_contract::{
    Connections, FanOut, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::pool::Pool;
use crate::runtime;

pub(crate) fn run(
    work: &FanOut,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let server = setting.server;
    let executor = Arc::clone(&runtime.executor);
    let warm_up = warm_up(executor, work.clone(), server);
    let warm_up = runtime.executor.spawn(warm_up);
    let (pool, mut tally) = runtime.block_on(warm_up)?;
    let path: Arc<str> = work.path().into();

    let clock = lab.clock();
    let lanes = lab.lanes(work.fetches * work.laps, 1);
    let executor = Arc::clone(&runtime.executor);
    let gather =
        gather(executor, work.fetches, server, path, pool, clock, lanes);
    lab.open();
    let driver = runtime.executor.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.workers()))
}

/// The driver: lap after lap, spawns a task for every lane and joins them.
async fn gather(
    executor: Arc<Executor<'static>>,
    fetches: u64,
    server: SocketAddr,
    path: Arc<str>,
    pool: Option<Arc<Pool<Client>>>,
    clock: Clock,
    mut waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    while !waiting.is_empty() {
        let mut tasks = Vec::new();
        for lane in waiting.drain(..fetches as usize) {
            let (path, pool) = (Arc::clone(&path), pool.clone());
            let on = Arc::clone(&executor);
            let fetch = fetch(on, server, path, pool, clock, lane);
            tasks.push(executor.spawn(fetch));
        }
        for task in tasks {
            let (lane, part) = task.await?;
            lanes.push(lane);
            tally.merge(part);
        }
    }
    Ok((lanes, tally))
}

/// One task's life.
async fn fetch(
    executor: Arc<Executor<'static>>,
    server: SocketAddr,
    path: Arc<str>,
    pool: Option<Arc<Pool<Client>>>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    let started_ns = clock.now_ns();
    let received = match pool {
        Some(pool) => {
            let mut client = pool.take().await?;
            let received = client.get(&path).await;
            pool.give(client);
            received?
        }
        None => {
            tally.connections += 1;
            let mut client = Client::open(&executor, server).await?;
            let received = client.get(&path).await?;
            client.close().await?;
            received
        }
    };
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    tally.add(received);
    Ok((lane, tally))
}

/// One connection of hyper: who sends, and the task that drives it.
struct Client {
    server: String,
    sender: SendRequest<Empty<Bytes>>,
    driver: Task<hyper::Result<()>>,
}

impl Client {
    async fn open(
        executor: &Executor<'static>,
        server: SocketAddr,
    ) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            http1::handshake(FuturesIo::new(stream)).await?;
        let driver = executor.spawn(connection);
        Ok(Self { server: server.to_string(), sender, driver })
    }

    async fn get(&mut self, path: &str) -> Result<Received> {
        let request = Request::builder()
            .uri(path)
            .header(HOST, &self.server)
            .body(Empty::<Bytes>::new())?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok(Received::whole(status, &body))
    }

    /// Dropping the sender ends the connection's task.
    async fn close(self) -> Result<()> {
        drop(self.sender);
        Ok(self.driver.await?)
    }
}

/// Opens the pool, if the policy names one, and fetches once without delay
/// over each of its connections, else over one that is closed again.
async fn warm_up(
    executor: Arc<Executor<'static>>,
    work: FanOut,
    server: SocketAddr,
) -> Result<(Option<Arc<Pool<Client>>>, Tally)> {
    let path = work.warm_up_path();
    let mut tally = Tally::default();
    let mut clients = Vec::new();
    for _ in 0..work.pooled(work.in_flight()).max(1) {
        let mut client = Client::open(&executor, server).await?;
        tally.connections += 1;
        tally.add(client.get(&path).await?);
        clients.push(client);
    }
    let pool = match work.connections {
        Connections::PerFetch => None,
        Connections::Pool(_) => Some(Arc::new(Pool::new(clients))),
    };
    Ok((pool, tally))
}
