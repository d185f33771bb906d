//! What the generator shall do for a while, and what came of it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::records::Records;
use crate::timer::Overshoot;
use crate::{Arrival, Expect, Rate};

/// What starts requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Model {
    /// A plan that is made before the run.
    Open {
        /// Mean rate over all connections.
        rate: Rate,
        /// How the starts follow one another.
        arrival: Arrival,
        /// Of the plan.
        seed: u64,
    },
    /// Each connection starts its next request when its last one ended.
    Closed,
}

/// A load, all of it known before the first request.
#[derive(Clone, Debug)]
pub struct Load {
    /// Where every connection goes.
    pub target: SocketAddr,
    /// Bytes of each request, head and body.
    pub request: Vec<u8>,
    /// The request is a HEAD, so that no body follows a head.
    pub bodyless: bool,
    /// What every body is compared with.
    pub expect: Expect,
    /// Keep-alive connections, at least one a thread.
    pub connections: usize,
    /// Threads that share connections and plan.
    pub threads: usize,
    /// Open or closed.
    pub model: Model,
    /// Load that is not measured, before the window.
    pub warmup: Duration,
    /// The window.
    pub duration: Duration,
    /// Patience with a request, from its sending, and with the end.
    pub timeout: Duration,
    /// Whether to spin for the last microseconds before an intended start.
    pub spin: bool,
    /// CPUs of the threads, in turn; empty: wherever the kernel wants.
    pub cpus: Vec<usize>,
}

/// What came of a load.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub(crate) records: Records,
    /// Requests that were to start within the window; in a closed loop, did.
    pub(crate) planned: u64,
    /// The same by second; empty in a closed loop.
    pub(crate) planned_by_second: Vec<u64>,
    /// Share of its time that each thread worked: neither slept nor spun.
    pub(crate) busy: Vec<f64>,
    /// Share of its time that the thread that spun most spun.
    pub(crate) spun: f64,
    pub(crate) overshoot: Overshoot,
    pub(crate) reconnects: u64,
    /// CPU time of this process within the window.
    pub(crate) cpu_ns: u64,
    /// Time that the hypervisor took from all CPUs within the window.
    pub(crate) steal_ns: u64,
    /// The window; shorter than asked for after an interruption.
    pub(crate) window: Duration,
    pub(crate) interrupted: bool,
}
