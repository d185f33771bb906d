//! The registry: what every contestant must answer.

use anyhow::Result;
use triathlon_lab::Lab;

use crate::{
    Cancel, Connect, Cpu, Deadline, Download, FanOut, Files, Lock, Mixed, OpenLoop, Outcome,
    Pipeline, Query, RequestLoop, Ring, Serve, Setting, Sleepers, Spawn, Stall, Websocket,
};

/// Idiom of control flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// One thread, one thing after the other.
    Blocking,
    /// Operating system threads that block.
    Threads,
    /// Tasks that await.
    Async,
}

impl Style {
    /// As spelled in files and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Threads => "threads",
            Self::Async => "async",
        }
    }
}

/// Everything that one contestant answers, one field per workload.
///
/// Adding a workload does not compile until every contestant answers it.
pub struct Contestant {
    /// Name, `threads-per-op`.
    pub name: &'static str,
    /// Its idiom.
    pub style: Style,
    /// Settings of its runtime; `[""]` where there is none to set.
    pub flavours: &'static [&'static str],
    /// One sentence for the report: what it is and which guide it follows.
    pub about: &'static str,
    /// The workload `fan-out`.
    pub fan_out: Entry<FanOut>,
    /// The workload `request-loop`.
    pub request_loop: Entry<RequestLoop>,
    /// The workload `open-loop`.
    pub open_loop: Entry<OpenLoop>,
    /// The workload `cpu`.
    pub cpu: Entry<Cpu>,
    /// The workload `mixed`.
    pub mixed: Entry<Mixed>,
    /// The workload `connect`.
    pub connect: Entry<Connect>,
    /// The workload `download`.
    pub download: Entry<Download>,
    /// The workload `pipeline`.
    pub pipeline: Entry<Pipeline>,
    /// The workload `files`.
    pub files: Entry<Files>,
    /// The workload `websocket`.
    pub websocket: Entry<Websocket>,
    /// The workload `query`.
    pub query: Entry<Query>,
    /// The workload `stall`.
    pub stall: Entry<Stall>,
    /// The workload `spawn`.
    pub spawn: Entry<Spawn>,
    /// The workload `lock`.
    pub lock: Entry<Lock>,
    /// The workload `ring`.
    pub ring: Entry<Ring>,
    /// The workload `cancel`.
    pub cancel: Entry<Cancel>,
    /// The workload `deadline`.
    pub deadline: Entry<Deadline>,
    /// The workload `sleepers`.
    pub sleepers: Entry<Sleepers>,
    /// The workload `serve`.
    pub serve: Entry<Serve>,
}

/// The answer of a contestant to one workload.
pub enum Entry<W: 'static> {
    /// It does it, in these ways.
    Runs(&'static [Way<W>]),
    /// It does not, for this reason, printed on the page.
    Absent(&'static str),
}

/// One way of doing a workload: `""`, `stack`. Most cells have one, named `""`.
pub struct Way<W> {
    /// Name, part of the case's id.
    pub name: &'static str,
    /// Source of the cell, by `include_str!`.
    pub source: &'static str,
    /// Operations in flight at once; 1 for blocking. The witness' peak is
    /// checked against it, and the queue's where items queue.
    pub concurrency: fn(&W, &Setting) -> u64,
    /// Threads that do the work, as the cell must read them back.
    pub workers: fn(&W, &Setting) -> u64,
    /// Whether preset, flavour and machine suit it.
    pub fits: Fits<W>,
    /// The cell.
    pub run: Cell<W>,
}

/// Nothing, or the reason why a way does not run here.
pub type Fits<W> = fn(&W, &Setting) -> Result<(), String>;

/// A cell: does the work inside the lab's window and says what it did.
pub type Cell<W> = fn(&W, &Setting, &mut Lab) -> Result<Outcome>;
