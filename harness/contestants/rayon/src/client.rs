//! The client library of this style: ureq, which blocks for real.

use anyhow::Result;
use triathlon_contract::Received;
use ureq::Agent;

/// An agent that keeps at most one connection alive, ignores the proxies of
/// the environment and leaves the judgement of a status to the caller.
pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        .build()
        .new_agent()
}

pub(crate) fn get(agent: &Agent, url: &str) -> Result<Received> {
    let mut response = agent.get(url).call()?;
    let body = response.body_mut().read_to_vec()?;
    Ok(Received::whole(response.status().as_u16(), &body))
}
