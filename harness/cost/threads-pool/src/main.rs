//! Fetches a URL with ureq, each time as a job for a fixed pool of threads.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server", and ureq's own documentation.

mod workers;

use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Context, Result};
use triathlon_errand::{Body, Errand, Watch};
use ureq::Agent;

use workers::{Queue, Workers};

fn main() -> Result<()> {
    let mut watch = Watch::start();
    let errand = Errand::of_arguments(&[])?;
    let agent = Agent::config_builder().proxy(None).build().new_agent();
    let (jobs, queue) = Queue::new();
    let (results, fetched) = mpsc::channel();
    let count = thread::available_parallelism()?.get();
    let workers = Workers::start((0..count).map(|_| {
        let (queue, results) = (queue.clone(), results.clone());
        let agent = agent.clone();
        move || serve(&agent, &queue, &results)
    }))?;
    drop((agent, queue, results));
    watch.up();
    for _ in 0..errand.gets {
        jobs.send(errand.url.clone()).context("the pool is gone")?;
        watch.got(fetched.recv().context("the pool is gone")??);
    }
    drop(jobs);
    workers.join()?;
    watch.down();
    errand.tell(&watch)
}

/// One worker's life: a fetch for every URL that comes out of the queue.
fn serve(agent: &Agent, queue: &Queue<String>, results: &Sender<Result<Body>>) {
    while let Some(url) = queue.next() {
        if results.send(get(agent, &url)).is_err() {
            return;
        }
    }
}

fn get(agent: &Agent, url: &str) -> Result<Body> {
    let mut response = agent.get(url).call()?;
    Ok(Body::of(&response.body_mut().read_to_vec()?))
}
