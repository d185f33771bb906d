//! Fetches a URL with ureq, each time in a scoped thread of its own.
//!
//! Guide: `std::thread::scope` and ureq's own documentation.

use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_errand::{Body, Errand, Watch};
use ureq::Agent;

fn main() -> Result<()> {
    let mut watch = Watch::start();
    let errand = Errand::of_arguments(&[])?;
    watch.up();
    let agent = Agent::config_builder().proxy(None).build().new_agent();
    for _ in 0..errand.gets {
        watch.got(in_a_thread(&agent, &errand.url)?);
    }
    drop(agent);
    watch.down();
    errand.tell(&watch)
}

/// Starts a thread for the one fetch and joins it.
fn in_a_thread(agent: &Agent, url: &str) -> Result<Body> {
    thread::scope(|scope| {
        let fetch = || get(agent, url);
        let thread = thread::Builder::new()
            .spawn_scoped(scope, fetch)
            .context("spawn")?;
        thread.join().map_err(|_| anyhow!("panic"))?
    })
}

fn get(agent: &Agent, url: &str) -> Result<Body> {
    let mut response = agent.get(url).call()?;
    Ok(Body::of(&response.body_mut().read_to_vec()?))
}
