//! A scoped thread for every URL, each with ureq.
//!
//! Guide: `std::thread::scope` and ureq's own documentation.

use std::thread;

use anyhow::{Context, Result, anyhow};
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
    let (pool, mut tally) = warm_up(work, setting)?;
    let url = format!("http://{}{}", setting.server, work.path());

    let clock = lab.clock();
    let mut waiting = lab.lanes(work.fetches * work.laps, 1);
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut workers = 0;
    lab.open();
    for _ in 0..work.laps {
        thread::scope(|scope| -> Result<()> {
            let mut threads = Vec::with_capacity(work.fetches as usize);
            for lane in waiting.drain(..work.fetches as usize) {
                let (url, pool) = (&url, &pool);
                let fetch = move || fetch(url, pool, clock, lane);
                let thread = thread::Builder::new()
                    .spawn_scoped(scope, fetch)
                    .context("spawn")?;
                threads.push(thread);
            }
            workers = threads.len() as u64;
            for thread in threads {
                let fetched = thread.join().map_err(|_| anyhow!("panic"))?;
                let (lane, part) = fetched?;
                lanes.push(lane);
                tally.merge(part);
            }
            Ok(())
        })?;
    }
    lab.close(lanes);
    Ok(Outcome::closed(tally, workers))
}

/// One thread's life.
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
    let mut open = || -> Result<Agent> {
        let agent = client::agent();
        tally.connections += 1;
        tally.add(client::get(&agent, &url)?);
        Ok(agent)
    };
    let pool = match work.connections {
        Connections::PerFetch => {
            open()?;
            None
        }
        Connections::Pool(_) => {
            let agents = (0..work.in_flight()).map(|_| open());
            Some(Pool::new(agents.collect::<Result<_>>()?))
        }
    };
    Ok((pool, tally))
}
