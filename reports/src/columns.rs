//! Which metrics a workload's table shows.

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

impl Columns {
    /// Of an open loop, or of a closed one.
    pub(crate) fn of(open: bool) -> Self {
        if open { OPEN } else { CLOSED }
    }

    /// All of them in order.
    pub(crate) fn all(self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.first).chain(self.rest.iter().copied())
    }
}
