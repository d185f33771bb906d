//! A parallel iterator over the URLs, on a pool of as many threads as fetches
//! in flight, each with ureq.
//!
//! Guide: rayon's "Parallel Iterators", `ThreadPoolBuilder::num_threads` and
//! ureq's own documentation.
//! Deviates: a pool is meant to have as many threads as CPUs; threads that
//! wait leave their CPU to the others.

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::{
    Connections, FanOut, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane, Sample};
use ureq::Agent;

use crate::client;
use crate::pool::Pool;

pub(crate) fn run(
    work: &FanOut,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let threads = work.in_flight() as usize;
    let workers = ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (pool, mut tally) = workers.install(|| warm_up(work, setting))?;
    let url = format!("http://{}{}", setting.server, work.path());

    let clock = lab.clock();
    let lanes = lab.lanes(work.fetches * work.laps, 1);
    lab.open();
    let (lanes, part) =
        workers.install(|| gather(work.fetches, &url, &pool, clock, lanes))?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: lap after lap, one parallel iterator over all fetches.
fn gather(
    fetches: u64,
    url: &str,
    pool: &Option<Pool<Agent>>,
    clock: Clock,
    mut waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    while !waiting.is_empty() {
        let fetched: Vec<_> = waiting
            .par_drain(..fetches as usize)
            // One fetch a job, so that who is idle can take any of them.
            .with_max_len(1)
            .map(|lane| fetch(url, pool, clock, lane))
            .collect::<Result<_>>()?;
        for (lane, part) in fetched {
            lanes.push(lane);
            tally.merge(part);
        }
    }
    Ok((lanes, tally))
}

fn fetch(
    url: &str,
    pool: &Option<Pool<Agent>>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    let started_ns = clock.now_ns();
    let received: Received = match pool {
        Some(pool) => {
            let agent = pool.take();
            let received = client::get(&agent, url);
            pool.give(agent);
            received?
        }
        None => {
            tally.connections += 1;
            client::get(&client::agent(), url)?
        }
    };
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    tally.add(received);
    Ok((lane, tally))
}

/// Makes the pool, if the policy names one, and fetches once without delay
/// with each of its agents, else with one that is dropped again.
fn warm_up(
    work: &FanOut,
    setting: &Setting,
) -> Result<(Option<Pool<Agent>>, Tally)> {
    let url = format!("http://{}{}", setting.server, work.warm_up_path());
    let mut tally = Tally::default();
    let mut agents = Vec::new();
    for _ in 0..work.pooled(work.in_flight()).max(1) {
        let agent = client::agent();
        tally.connections += 1;
        tally.add(client::get(&agent, &url)?);
        agents.push(agent);
    }
    let pool = match work.connections {
        Connections::PerFetch => None,
        Connections::Pool(_) => Some(Pool::new(agents)),
    };
    Ok((pool, tally))
}
