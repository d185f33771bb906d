//! The server that every contestant talks to.
//!
//! It is exact, cheap per request, and its counters are the witness against
//! which a contestant's own count is compared. One **trial** per execution has
//! its own ports, counters and gate, so that executions never share a witness.
//! `README.md` beside this crate lists the endpoints.
//!
//! # Layout, in the order of a request
//! - [`serve()`] and [`spawn`]: one process, or one thread for tests; `process`:
//!   limits, CPUs, life and death of the process.
//! - `listen`: sockets, the accept loop, one task per connection.
//! - `route`, `parse`: method and path to a request, or to a refusal with a
//!   sentence.
//! - `answer`: the data requests; `control`: trials, counters, the gate.
//! - `trial`, `counters`, `trials`: what is kept per trial.
//! - `draws`, `law`: a trial's random numbers, and durations made of them.
//! - `queue`: servers, and who departs when.
//! - `fault`, `breach`: what is done instead of answering, and to the connection.
//! - `websocket`: the handshake, and what becomes of its connection.
//! - [`postgres`]: the sessions of a database, on a port of their own.
//! - `timer`: every delay of the process; `clock`: nanoseconds.
//! - `bodies`, `content`, `respond`: bytes, how they are handed over, responses.
//!
//! # Tasks
//! One driver of the timer, one accept task per address and port, one task per
//! connection.
//! An accept task owns its connection tasks; the registry owns the accept tasks
//! of trials; the runtime owns the rest. Whoever is dropped takes along what it
//! owns, so nothing outlives its trial.

mod answer;
mod bodies;
mod breach;
mod clock;
mod content;
mod control;
mod counters;
mod draws;
mod error;
mod fault;
mod law;
mod listen;
mod parse;
mod plain;
pub mod postgres;
mod process;
mod queue;
mod respond;
mod rewound;
mod route;
mod running;
mod serve;
mod timer;
mod trial;
mod trials;
mod websocket;

use std::net::IpAddr;

pub use error::ServeError;
pub use running::{Running, spawn};
pub use serve::serve;

/// Where the server listens and runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address of the control port and of every trial's ports.
    pub listen: IpAddr,
    /// Control port; 0 takes a free one.
    pub port: u16,
    /// CPUs to run on, one worker each; empty: all that the process may use.
    pub cpus: Vec<usize>,
    /// Process with whose death [`serve()`] ends; it must be the parent.
    pub parent: Option<u32>,
}
