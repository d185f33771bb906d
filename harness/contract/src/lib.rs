//! What a workload is and what a contestant must answer.
//!
//! Data and pure functions only. Control flow (spawning, waiting, joining,
//! limiting, owning sockets) lives in the contestants, because it is the
//! subject.
//!
//! # Layout
//! - [`workload`]: the trait of a workload; [`fan_out`], [`request_loop`],
//!   [`open_loop`], [`cpu`], [`mixed`], [`connect`], [`download`], [`pipeline`], [`files`],
//!   [`websocket`], [`query`], [`stall`], [`spawn`], [`lock`], [`ring`], [`cancel`], [`deadline`], [`sleepers`], [`serve`],
//!   [`serve_idle`], [`serve_slow`], [`serve_load`], [`serve_overload`]: the specs;
//!   [`arrival`]: how starts follow one another.
//! - [`contestant`]: the registry, a struct of function pointers.
//! - [`registry`]: workloads with their types erased, so that run, list, tests
//!   and report are loops.
//! - [`outcome`]: what a cell says it did, what it should have done, what the
//!   server saw, and the comparison of the three; [`abandoned`]: what is given up.
//! - [`http`], [`body`]: the sans-I/O codec and the bytes; [`query`]: what is asked of a database.
//! - [`ceiling`]: what the bare generator is asked for.
//! - [`record`]: everything that is written to a file or a pipe.

pub mod abandoned;
pub mod arrival;
pub mod body;
pub mod cancel;
pub mod ceiling;
pub mod connect;
pub mod contestant;
pub mod cpu;
pub mod deadline;
mod digest;
pub mod download;
pub mod fan_out;
pub mod files;
pub mod http;
pub mod id;
pub mod lock;
mod mix;
pub mod mixed;
pub mod open_loop;
pub mod outcome;
pub mod pipeline;
pub mod query;
pub mod record;
pub mod registry;
pub mod request_loop;
pub mod ring;
pub mod serve;
pub mod serve_idle;
pub mod serve_load;
pub mod serve_overload;
pub mod serve_slow;
pub mod setting;
pub mod sleepers;
pub mod spawn;
pub mod stall;
pub mod websocket;
pub mod workload;

pub use abandoned::Abandoned;
pub use arrival::Arrival;
pub use cancel::Cancel;
pub use ceiling::{Ceiling, Document};
pub use connect::Connect;
pub use contestant::{Contestant, Entry, Style, Way};
pub use cpu::Cpu;
pub use deadline::Deadline;
pub use download::{Download, Mebibytes};
pub use fan_out::{Connections, FanOut};
pub use files::Files;
pub use http::{Received, Reply};
pub use id::CaseId;
pub use lock::{Lock, Shares};
pub use mixed::Mixed;
pub use open_loop::{Load, OpenLoop};
pub use outcome::{Expected, Outcome, Tally, Witness};
pub use pipeline::Pipeline;
pub use query::{Batches, Dialogue, Login, Query, QueryCounts};
pub use registry::{AnyWorkload, Case, WORKLOADS};
pub use request_loop::RequestLoop;
pub use ring::Ring;
pub use serve::Serve;
pub use serve_idle::ServeIdle;
pub use serve_load::ServeLoad;
pub use serve_overload::ServeOverload;
pub use serve_slow::{ServeSlow, SlowClients};
pub use setting::{ColdCache, Limits, Pace, Setting};
pub use sleepers::Sleepers;
pub use spawn::Spawn;
pub use stall::Stall;
pub use websocket::{Echoes, SocketCounts, Websocket};
pub use workload::{Backend, Category, Chart, Include, OneAnswer, Preset, STACK, Workload};

/// Bumped by any change inside a measurement window; results of two suite
/// versions are never compared without saying so.
pub const SUITE_VERSION: &str = "4";
