//! Independent jobs that only compute.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, Received, body, digest};

/// Bytes that all jobs read, again and again: small enough for a private
/// cache, so that jobs do not contend for memory.
const BUFFER_BYTES: usize = 64 * 1024;

/// Jobs of which one is long, if lengths are skewed.
const BLOCK: u64 = 16;

/// J independent jobs, each the SHA-256 of some bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cpu {
    /// Jobs in one lap, all wanted at once.
    pub jobs: u64,
    /// Bytes that a job hashes on average.
    pub job_bytes: u64,
    /// Whether one job in sixteen, at a seeded place, is 8.5 times as long as
    /// the mean, and the others half of it.
    pub skewed: bool,
    /// Repetitions, one after the other.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    jobs: u64,
    job_bytes: u64,
    skewed: bool,
    laps: u64,
    include: Include,
) -> Preset<Cpu> {
    Preset { name, work: Cpu { jobs, job_bytes, skewed, laps }, include }
}

/// Coarse: 2.4 ms a job, the short ones of the skewed 1.2 ms; fine: 5 µs, on a
/// machine of 2026 with instructions for SHA-256.
static PRESETS: [Preset<Cpu>; 4] = [
    preset("coarse-uniform", 64, 4 << 20, false, 2, Include::Headline),
    preset("coarse-skewed", 64, 4 << 20, true, 2, Include::ByFilter),
    preset("fine-uniform", 10_000, 8 << 10, false, 4, Include::Headline),
    preset("fine-skewed", 10_000, 8 << 10, true, 4, Include::ByFilter),
];

/// The jobs of a spec, ready to be done in any order by any thread.
#[derive(Debug)]
pub struct Jobs {
    work: Cpu,
    buffer: Vec<u8>,
}

impl Jobs {
    /// Does one job: SHA-256 of its number and of the buffer, read round and
    /// round. `hash` of what comes out is the first 8 bytes of the digest.
    pub fn compute(&self, job: u64) -> Received {
        let bytes = self.work.bytes_of(job);
        let hash = digest::repeated(&job.to_le_bytes(), &self.buffer, bytes);
        Received { status: 200, bytes, hash }
    }
}

impl Cpu {
    /// The jobs, with the buffer that they read.
    pub fn ready(&self) -> Jobs {
        Jobs { work: self.clone(), buffer: body::bytes(BUFFER_BYTES) }
    }

    /// Bytes that a job hashes.
    fn bytes_of(&self, job: u64) -> u64 {
        if !self.skewed {
            return self.job_bytes;
        }
        let (block, place) = (job / BLOCK, job % BLOCK);
        // The generator of the body's stream, so that the place is fixed.
        let mixed = (block + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let long = (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 60;
        if place == long { self.job_bytes * 17 / 2 } else { self.job_bytes / 2 }
    }

    /// Bytes and wrapping sum of the hashes of one lap. Computed once per spec
    /// and process: it takes as long as the blocking contestant.
    fn lap(&self) -> (u64, u64) {
        static KNOWN: OnceLock<Mutex<HashMap<Cpu, (u64, u64)>>> = OnceLock::new();
        let known = KNOWN.get_or_init(Mutex::default);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(Self { laps: 1, ..self.clone() }).or_insert_with(|| {
            let jobs = self.ready();
            (0..self.jobs).map(|job| jobs.compute(job)).fold((0, 0), |(bytes, hashes), done| {
                (bytes + done.bytes, hashes.wrapping_add(done.hash))
            })
        })
    }
}

impl Workload for Cpu {
    type Task = Self;

    const NAME: &'static str = "cpu";
    const CATEGORY: Category = Category::Machine;
    const QUESTION: &'static str =
        "How fast are J independent jobs that only compute, and what does handing each out cost?";
    const TIMED: &'static str = "From the first job wanted to the last result summed: handing out, computing, \
         collecting, joining. Runtime and thread pool are made before the window, and one job \
         precedes it; the blocking pool of a runtime starts its threads inside. No server takes \
         part, so the contestant has all CPUs.";
    const OPERATION: &'static str = "job";
    const CHART: Chart = Chart {
        over: "job_bytes",
        over_label: "bytes hashed by a job (B)",
        panel: "skewed",
        panel_label: "one job in sixteen is long",
        panel_zero: "jobs of equal length",
        metric: "throughput_per_s",
    };
    const SERVER: bool = false;

    fn presets() -> &'static [Preset<Self>] {
        &PRESETS
    }

    fn with_laps(&self, laps: u64) -> Self {
        Self { laps, ..self.clone() }
    }

    fn laps(&self) -> u64 {
        self.laps
    }

    fn operations(&self) -> u64 {
        self.jobs * self.laps
    }

    fn expects(&self, _concurrency: u64) -> Expected {
        let (bytes, hashes) = self.lap();
        let warm_up = self.ready().compute(0);
        Expected {
            ok: self.operations() + 1,
            samples: self.operations(),
            bytes: bytes * self.laps + warm_up.bytes,
            checksum: hashes.wrapping_mul(self.laps).wrapping_add(warm_up.hash),
            connections: 0,
            peak_low: 0,
            peak_high: 0,
            queued_high: 0,
            websocket: None,
            abandoned: None,
        }
    }

    fn at_once(&self) -> Option<u64> {
        // Each job is timed from its start, and how many start is up to the pool.
        None
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        Duration::ZERO
    }

    fn slice(&self) -> Option<Duration> {
        // Between short jobs, a queue that threads contend for is another one after a
        // stop.
        (self.job_bytes >= 1 << 20).then_some(Duration::from_millis(50))
    }

    fn computes(&self) -> Duration {
        digest::planned(self.operations() * self.job_bytes)
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("jobs", self.jobs),
            ("job_bytes", self.job_bytes),
            ("skewed", u64::from(self.skewed)),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.cpu
    }
}

#[cfg(test)]
mod tests {
    use super::Cpu;
    use crate::Workload;
    use sha2::{Digest, Sha256};

    fn work(skewed: bool) -> Cpu {
        Cpu { jobs: 64, job_bytes: 100_000, skewed, laps: 1 }
    }

    #[test]
    fn a_job_is_the_sha_256_of_its_number_and_the_stream() {
        let stream = crate::body::bytes(64 * 1024);
        let mut text = 3u64.to_le_bytes().to_vec();
        text.extend_from_slice(&stream);
        text.extend_from_slice(&stream[..100_000 - 64 * 1024]);
        let want = Sha256::digest(&text);
        let done = work(false).ready().compute(3);
        assert_eq!(done.bytes, 100_000);
        assert_eq!(done.hash.to_le_bytes(), want[..8]);
    }

    #[test]
    fn skewed_jobs_have_one_long_one_in_sixteen_and_the_same_sum() {
        let lengths: Vec<u64> = (0..64).map(|job| work(true).bytes_of(job)).collect();
        assert_eq!(lengths.iter().sum::<u64>(), 64 * 100_000);
        for block in lengths.chunks(16) {
            assert_eq!(block.iter().filter(|length| **length == 850_000).count(), 1);
            assert_eq!(block.iter().filter(|length| **length == 50_000).count(), 15);
        }
        let place = |block: &[u64]| block.iter().position(|length| *length > 100_000);
        let places: std::collections::HashSet<_> = lengths.chunks(16).map(place).collect();
        assert!(places.len() > 1, "{places:?}");
    }

    #[test]
    fn laps_repeat_the_same_jobs_and_one_precedes_them() {
        let (one, three) = (work(true).expects(1), work(true).with_laps(3).expects(1));
        assert_eq!((one.ok, one.samples, three.ok, three.samples), (65, 64, 193, 192));
        let first = work(true).ready().compute(0);
        let lap = one.checksum.wrapping_sub(first.hash);
        assert_eq!(three.checksum, lap.wrapping_mul(3).wrapping_add(first.hash));
    }
}
