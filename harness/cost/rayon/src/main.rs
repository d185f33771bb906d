//! Fetches a URL with ureq, in rayon's pool of threads.
//!
//! Guide: rayon's `ThreadPoolBuilder` and `ThreadPool::install`, and ureq's
//! own documentation. A pool that is dropped tells its threads to end and
//! does not wait for them.

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use triathlon_errand::{Body, Errand, Watch};
use ureq::Agent;

fn main() -> Result<()> {
    let watch = Watch::start();
    let errand = Errand::of_arguments(&[])?;
    let pool = ThreadPoolBuilder::new().build()?;
    let mut watch = pool.install(|| fetch(&errand, watch))?;
    drop(pool);
    watch.down();
    errand.tell(&watch)
}

/// Runs in the pool.
fn fetch(errand: &Errand, mut watch: Watch) -> Result<Watch> {
    watch.up();
    let agent = Agent::config_builder().proxy(None).build().new_agent();
    for _ in 0..errand.gets {
        watch.got(get(&agent, &errand.url)?);
    }
    Ok(watch)
}

fn get(agent: &Agent, url: &str) -> Result<Body> {
    let mut response = agent.get(url).call()?;
    Ok(Body::of(&response.body_mut().read_to_vec()?))
}
