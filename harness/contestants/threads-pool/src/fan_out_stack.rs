//! Every URL is a job for a fixed pool of threads, each with ureq.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server", and ureq's own documentation.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::{
    Connections, FanOut, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane, Sample};
use ureq::Agent;

use crate::client;
use crate::workers::{Queue, Workers};

/// What a worker gives back for a job.
type Fetched = Result<(Lane, Tally)>;

pub(crate) fn run(
    work: &FanOut,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (agents, mut tally) = warm_up(work, setting)?;
    let url: Arc<str> =
        format!("http://{}{}", setting.server, work.path()).into();

    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let (results, fetched) = mpsc::channel::<Fetched>();
    let workers = Workers::start(agents.into_iter().map(|kept| {
        let (queue, results) = (queue.clone(), results.clone());
        let url = Arc::clone(&url);
        move || serve(&url, kept.as_ref(), clock, &queue, &results)
    }))?;
    drop((queue, results));

    let mut waiting = lab.lanes(work.fetches * work.laps, 1);
    let mut lanes = Vec::with_capacity(waiting.len());
    lab.open();
    for _ in 0..work.laps {
        for lane in waiting.drain(..work.fetches as usize) {
            jobs.send(lane).context("the pool is gone")?;
        }
        for _ in 0..work.fetches {
            let (lane, part) = fetched.recv().context("the pool is gone")??;
            lanes.push(lane);
            tally.merge(part);
        }
    }
    lab.close(lanes);
    let count = workers.count();
    drop(jobs);
    workers.join()?;
    Ok(Outcome::closed(tally, count))
}

/// One worker's life: a fetch for every lane that comes out of the queue.
fn serve(
    url: &str,
    kept: Option<&Agent>,
    clock: Clock,
    queue: &Queue<Lane>,
    results: &Sender<Fetched>,
) {
    while let Some(lane) = queue.next() {
        let fetched = fetch(url, kept, clock, lane);
        if results.send(fetched).is_err() {
            return;
        }
    }
}

fn fetch(
    url: &str,
    kept: Option<&Agent>,
    clock: Clock,
    mut lane: Lane,
) -> Fetched {
    let mut tally = Tally::default();
    let started_ns = clock.now_ns();
    let received: Received = match kept {
        Some(agent) => client::get(agent, url)?,
        None => {
            tally.connections += 1;
            client::get(&client::agent(), url)?
        }
    };
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    tally.add(received);
    Ok((lane, tally))
}

/// What each worker keeps: its agent of the pool, if the policy names one,
/// else nothing. Fetches once without delay with each agent, else with one
/// that is dropped again.
fn warm_up(
    work: &FanOut,
    setting: &Setting,
) -> Result<(Vec<Option<Agent>>, Tally)> {
    let url = format!("http://{}{}", setting.server, work.warm_up_path());
    let mut tally = Tally::default();
    let mut open = || -> Result<Agent> {
        let agent = client::agent();
        tally.connections += 1;
        tally.add(client::get(&agent, &url)?);
        Ok(agent)
    };
    let workers = work.in_flight();
    let kept = match work.connections {
        Connections::PerFetch => {
            open()?;
            (0..workers).map(|_| None).collect()
        }
        Connections::Pool(_) => {
            let agents = (0..workers).map(|_| open().map(Some));
            agents.collect::<Result<_>>()?
        }
    };
    Ok((kept, tally))
}
