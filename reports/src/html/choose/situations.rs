//! The situations that readers come with, those that are asked about most first.

use crate::advise::{Crowd, Idle, Pool, Question, Service, Situation};

/// A situation and what answers it.
pub(super) struct Asked {
    pub(super) name: &'static str,
    /// What has to be measured for it, as a filter.
    pub(super) filter: &'static str,
    pub(super) by: By,
}

/// What answers.
pub(super) enum By {
    /// A model on the costs of the nearest measured cells.
    Model(Question),
    /// A preset that is the situation.
    Preset {
        workload: &'static str,
        /// None for the first that was measured.
        preset: Option<&'static str>,
        /// What must be known to read its figures.
        note: &'static str,
    },
}

const MIB: f64 = 1_048_576.0;

const CALLS: &str = "^(request-loop|fan-out|mixed)@";

pub(super) static SITUATIONS: [Asked; 14] = [
    preset(
        "10 000 idle connections of a server, with their buffers",
        "^serve-idle@n10000/",
        "serve-idle",
        Some("n10000"),
        "Peak memory is what is resident. Held for each is more: with a thread's stack and page tables \
         in the kernel. What the kernel holds for the socket itself, alike for all, is in the section.",
    ),
    calls(
        "A service: 200 requests/s, each makes three calls of 50 ms, one after the other, and computes 0.6 ms",
        situation(32, 0.05, 0.2e-3, Some(600.0), Some(64.0 * MIB)),
    ),
    asked(
        "A service with a database: 5 queries of 1 ms each, answers of 10 KiB, 1000/s",
        "^serve@",
        service(8, Some(1000.0), Some(64.0 * MIB)),
    ),
    asked(
        "The same service with very many clients",
        "^serve@",
        service(1024, None, Some(64.0 * MIB)),
    ),
    calls(
        "A crawler: 1000 URLs at once, 50 ms each, nothing to compute",
        situation(1000, 0.05, 0.0, None, Some(64.0 * MIB)),
    ),
    calls(
        "A proxy: 256 connections, 20 ms behind each, 5000/s",
        situation(256, 0.02, 0.0, Some(5000.0), Some(32.0 * MIB)),
    ),
    calls(
        "A crowd of calls that are answered: 10 000 at once, 50 ms each",
        situation(10_000, 0.05, 0.0, None, Some(256.0 * MIB)),
    ),
    preset("Jobs that only compute, such as hashing what is in memory", "^cpu@", "cpu", None, ""),
    preset(
        "A large file, read and hashed in pieces",
        "^files@read-large-c16/",
        "files",
        Some("read-large-c16"),
        "Pieces of 512 KiB a second, of one file of 256 MiB in random order, 16 at once, from a warm \
         cache: what a disk gives less is not in it.",
    ),
    preset(
        "A directory of small files",
        "^files@read-small-c16/",
        "files",
        Some("read-small-c16"),
        "Files of 4 KiB a second, read and hashed, 16 at once, from a warm cache.",
    ),
    preset("Large bodies, streamed", "^download@", "download", None, ""),
    asked(
        "A pool of connections to a database: 2000 queries/s of 10 ms",
        "^query@",
        Question::Pool(Pool { rate_per_s: 2000.0, wait_s: 0.01 }),
    ),
    asked(
        "Sockets on which nothing happens: what a task or thread that waits at one holds, without a server and its buffers",
        "^sleepers@socket",
        crowd(5000, Idle::Connections, 64.0 * MIB),
    ),
    asked(
        "Timers: as many tasks or threads asleep",
        "^sleepers@",
        crowd(10_000, Idle::Sleepers, 64.0 * MIB),
    ),
];

const fn asked(name: &'static str, filter: &'static str, question: Question) -> Asked {
    Asked { name, filter, by: By::Model(question) }
}

const fn calls(name: &'static str, situation: Situation) -> Asked {
    asked(name, CALLS, Question::Calls(situation))
}

const fn preset(
    name: &'static str,
    filter: &'static str,
    workload: &'static str,
    preset: Option<&'static str>,
    note: &'static str,
) -> Asked {
    Asked { name, filter, by: By::Preset { workload, preset, note } }
}

/// As many in flight as the rate needs by Little's law, or a few more: what a call costs
/// depends on it.
const fn situation(
    in_flight: u64,
    wait_s: f64,
    cpu_s: f64,
    rate_per_s: Option<f64>,
    memory_bytes: Option<f64>,
) -> Situation {
    Situation { in_flight, wait_s, cpu_s, rate_per_s, memory_bytes }
}

const fn service(clients: u64, rate_per_s: Option<f64>, memory_bytes: Option<f64>) -> Question {
    let (queries, bytes, delay_s) = (5, 10 * 1024, 0.001);
    Question::Service(Service { queries, bytes, delay_s, clients, rate_per_s, memory_bytes })
}

const fn crowd(count: u64, of: Idle, memory_bytes: f64) -> Question {
    Question::Crowd(Crowd { count, of, memory_bytes: Some(memory_bytes) })
}
