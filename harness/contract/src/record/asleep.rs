//! What sleepers, or idle connections, held and how late sleepers woke.

use serde::{Deserialize, Serialize};

use super::OpenTimes;

/// What a process held more while all its sleepers were asleep than before the first of
/// them was started, in bytes, all sleepers together; of a server, while all its clients were
/// idle and before the first of them came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AsleepRecord {
    /// Sleepers, counted while they slept, or idle connections, counted by open sockets.
    pub sleepers: u64,
    /// Threads.
    pub threads: i64,
    /// Resident memory.
    pub resident_bytes: i64,
    /// Page tables.
    pub page_table_bytes: i64,
    /// Address space.
    pub virtual_bytes: i64,
    /// Stacks of threads in the kernel, of the whole machine; none where it does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_stack_bytes: Option<i64>,
    /// Small objects of the kernel that it cannot give back, of the whole machine; none
    /// where it does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slab_bytes: Option<i64>,
    /// Objects of the kernel that it gives back once nobody uses them, of the whole machine:
    /// of a server, among them the inodes of both ends of its connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaimable_bytes: Option<i64>,
    /// Pages of the buffers of all TCP sockets, of the whole machine; of a server alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffer_bytes: Option<i64>,
    /// How long all were watched being idle.
    pub idle_ns: u64,
    /// CPU time of the process meanwhile.
    pub idle_cpu_ns: u64,
    /// Context switches of the process meanwhile.
    pub idle_switches: u64,
    /// Soft limit of open files, which was raised to the hard one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptors: Option<u64>,
    /// The limit that bound the number of sleepers, where as many were asked for as there
    /// can be; the harness fills it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<String>,
}

/// By how much sleepers woke too late.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LateRecord {
    /// Sleeps.
    pub count: u64,
    /// From the end of the time that was asked for to when the sleeper ran again.
    pub late_us: OpenTimes,
    /// The whole distribution, a histogram as in [`super::Histograms`].
    pub late_ns: String,
}
