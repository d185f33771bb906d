//! Which metrics a workload's table shows.

use triathlon_contract::record::WorkloadFile;

use crate::asleep::{IDLE, WORKLOAD};
use crate::crossover::WORKLOAD as SERVE;
use crate::overload;
use crate::summary::Cell;

/// Columns of the table of a workload, one of them first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    /// Before the ratio.
    pub(crate) first: &'static str,
    /// After it.
    pub(crate) rest: &'static [&'static str],
}

/// A closed loop is told by its time and throughput.
const CLOSED: Columns = Columns {
    first: "elapsed_s",
    rest: &["throughput_per_s", "cpu_us_per_op", "ctx_switches_per_op", "peak_rss_bytes"],
};

/// What stands for how equally clients were served.
pub(crate) const FAIRNESS: &str = "jain_index";

/// Servers in a closed loop are told by how equally they serve besides.
const SERVED: Columns = Columns {
    first: "elapsed_s",
    rest: &["throughput_per_s", "cpu_us_per_op", "ctx_switches_per_op", "peak_rss_bytes", FAIRNESS],
};

/// In an open loop time and rate are the schedule's.
const OPEN: Columns = Columns {
    first: "achieved_per_s",
    rest: &[
        "response_p50_us",
        "response_p99_us",
        "lag_p50_us",
        "lag_p99_us",
        "service_p50_us",
        "service_p99_us",
        "cpu_us_per_op",
        "ctx_switches_per_op",
    ],
};

/// Where something goes on beside an open loop, it is told by how late the loop becomes
/// and by what it costs itself.
const LATE: Columns = Columns {
    first: "response_p99_us",
    rest: &[
        "lag_p50_us",
        "lag_p99_us",
        "lag_max_us",
        "calls",
        "call_mean_us",
        "call_max_us",
        "cpu_us_per_op",
        "ctx_switches_per_op",
    ],
};

/// Where a closed loop gives up, it is told by how long that takes.
const GIVING_UP: Columns = Columns {
    first: "giving_up_mean_us",
    rest: &[
        "giving_up_p50_us",
        "giving_up_p90_us",
        "giving_up_max_us",
        "given_up",
        "elapsed_s",
        "cpu_us_per_op",
        "ctx_switches_per_op",
        "peak_rss_bytes",
    ],
};

/// Sleepers are told by what they hold and by how late they wake.
const ASLEEP: Columns = Columns {
    first: "peak_rss_bytes",
    rest: &[
        "held_bytes",
        "reserved_bytes",
        "lag_p50_us",
        "lag_p99_us",
        "lag_max_us",
        "cpu_us_per_op",
        "ctx_switches_per_op",
    ],
};

/// Idle connections are told by what they hold and take, and by what it costs to ask them
/// again.
const AT_REST: Columns = Columns {
    first: "peak_rss_bytes",
    rest: &[
        "held_each_bytes",
        "reserved_each_bytes",
        "idle_cpu_share",
        "threads",
        "cpu_us_per_op",
        "ctx_switches_per_op",
    ],
};

/// Overloaded servers are told by what is in time at twice their capacity; elapsed time is
/// the plan's.
const OVERLOAD: Columns = Columns {
    first: "goodput_per_s",
    rest: &[
        "goodput_share",
        "capacity_per_s",
        "recovery_us",
        "cpu_us_per_op",
        "ctx_switches_per_op",
        "peak_rss_bytes",
    ],
};

impl Columns {
    /// Of a workload with these cells, of which older records say less.
    pub(crate) fn of(workload: &WorkloadFile, cells: &[Cell]) -> Self {
        let fair = |cell: &Cell| cell.workload == SERVE && cell.metrics.contains_key(FAIRNESS);
        match (workload.open, &workload.beside) {
            (false, None) if workload.name == SERVE && cells.iter().any(fair) => SERVED,
            (false, _) if workload.name == WORKLOAD => ASLEEP,
            (false, _) if workload.name == IDLE => AT_REST,
            (false, _) if workload.name == overload::WORKLOAD => OVERLOAD,
            (false, None) => CLOSED,
            (false, Some(_)) => GIVING_UP,
            (true, None) => OPEN,
            (true, Some(_)) => LATE,
        }
    }

    /// All of them in order.
    pub(crate) fn all(self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.first).chain(self.rest.iter().copied())
    }
}
