//! Fetches a URL with ureq, on the one thread that there is.
//!
//! Guide: ureq's own documentation; an agent keeps its connection alive.

use anyhow::Result;
use triathlon_errand::{Body, Errand, Watch};
use ureq::Agent;

fn main() -> Result<()> {
    let mut watch = Watch::start();
    let errand = Errand::of_arguments(&[])?;
    watch.up();
    let agent = Agent::config_builder().proxy(None).build().new_agent();
    for _ in 0..errand.gets {
        watch.got(get(&agent, &errand.url)?);
    }
    drop(agent);
    watch.down();
    errand.tell(&watch)
}

fn get(agent: &Agent, url: &str) -> Result<Body> {
    let mut response = agent.get(url).call()?;
    Ok(Body::of(&response.body_mut().read_to_vec()?))
}
