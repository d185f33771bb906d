//! What came of a plan.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use triathlon_contract::Tally;
use triathlon_lab::{Lane, Sample};

use crate::little;

/// A plan that was carried out to its last request.
#[derive(Debug)]
pub struct Totals {
    /// Responses by outcome; bytes and checksum of those with status 200.
    pub tally: Tally,
    /// From the first request to the last complete response; connecting is not
    /// in it.
    pub elapsed: Duration,
    /// One sample per request, whatever its status, in order of completion.
    pub lane: Lane,
}

impl Totals {
    /// Complete responses per second, whatever their status.
    pub fn throughput_per_s(&self) -> f64 {
        self.lane.samples().len() as f64 / self.elapsed.as_secs_f64()
    }

    /// Mean service time in seconds, whatever the status.
    pub fn mean_service_s(&self) -> f64 {
        let samples = self.lane.samples();
        let sum_ns: u64 = samples.iter().copied().map(Sample::service_ns).sum();
        sum_ns as f64 / 1e9 / samples.len() as f64
    }

    /// The gap in [`little`]'s law for the connections of this run.
    pub fn little(&self) -> f64 {
        little(self.tally.connections as f64, self.throughput_per_s(), self.mean_service_s())
    }
}

/// The deadline passed first. The cause of the error that
/// [`closed_loop`](crate::closed_loop) and
/// [`Clients::follow`](crate::Clients::follow) return then; for callers who
/// want the figures, through `downcast_ref`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The server.
    pub server: SocketAddr,
    /// Requests without a complete response, sent or not.
    pub requests: u64,
    /// Requests of the plan.
    pub planned: u64,
    /// Connections that had requests left; of a schedule, those with one in flight.
    pub connections: u64,
    /// The first of them, counted from 1; 0 if no unfinished request had started.
    pub first: u64,
    /// The deadline.
    pub deadline: Duration,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, requests, planned, connections, first, deadline } = self;
        write!(
            f,
            "{requests} of {planned} requests to {server} were unfinished after {deadline:?}, "
        )?;
        match first {
            0 => write!(f, "and none of them had started"),
            _ => write!(f, "on {connections} connections, the first of them connection {first}"),
        }
    }
}

impl std::error::Error for Unfinished {}
