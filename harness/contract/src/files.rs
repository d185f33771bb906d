//! Reading and writing files.

mod ready;

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

pub use ready::{Ready, Share};

use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, Setting, body};

/// Seed of the order in which pieces are read or written.
const ORDER_SEED: u64 = 7;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Reads a small file, all of it.
    ReadSmall,
    /// Reads a piece of one large file that is open already.
    ReadLarge,
    /// Makes a small file, writes it and waits until it is on the device.
    WriteSmall,
}

/// So many lanes read or write files, each one piece after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Files {
    /// What an operation does.
    pub kind: Kind,
    /// Files that are there, or that one lap writes.
    pub files: u64,
    /// Bytes of each.
    pub file_bytes: u64,
    /// Bytes of an operation; all of a small file.
    pub chunk_bytes: u64,
    /// Operations in flight at once, each lane having one.
    pub in_flight: u64,
    /// Whether the page cache is empty at first. Of several laps, only the first
    /// finds it so.
    pub cold: bool,
    /// Repetitions.
    pub laps: u64,
}

const fn small(
    name: &'static str,
    (files, laps): (u64, u64),
    in_flight: u64,
    cold: bool,
    include: Include,
) -> Preset<Files> {
    let (kind, bytes) = (Kind::ReadSmall, 4096);
    let work = Files { kind, files, file_bytes: bytes, chunk_bytes: bytes, in_flight, cold, laps };
    Preset { name, work, include }
}

const fn large(
    name: &'static str,
    (laps, in_flight): (u64, u64),
    cold: bool,
    include: Include,
) -> Preset<Files> {
    let (kind, file_bytes, chunk_bytes) = (Kind::ReadLarge, 256 << 20, 512 << 10);
    let work = Files { kind, files: 1, file_bytes, chunk_bytes, in_flight, cold, laps };
    Preset { name, work, include }
}

const fn write(name: &'static str, in_flight: u64) -> Preset<Files> {
    let (kind, bytes) = (Kind::WriteSmall, 4096);
    let (files, cold, laps) = (200, false, 1);
    let work = Files { kind, files, file_bytes: bytes, chunk_bytes: bytes, in_flight, cold, laps };
    Preset { name, work, include: Include::ByFilter }
}

/// What is cold is read once; writing is by filter, because it wears a disk. The laps of
/// the first two read the same warm files again, until even a direct read has a window
/// of 0.1 s on a machine of 2026.
static PRESETS: [Preset<Files>; 9] = [
    small("read-small-c1", (1000, 40), 1, false, Include::Thorough),
    small("read-small-c16", (1000, 40), 16, false, Include::Headline),
    small("read-10k-c16", (10_000, 1), 16, false, Include::ByFilter),
    small("read-small-c16-cold", (2000, 1), 16, true, Include::ByFilter),
    large("read-large-c1", (4, 1), false, Include::ByFilter),
    large("read-large-c16", (4, 16), false, Include::Cited),
    large("read-large-c16-cold", (1, 16), true, Include::ByFilter),
    write("write-small-c1", 1),
    write("write-small-c16", 16),
];

impl Files {
    /// Operations of one lap: every piece of every file once.
    pub fn pieces(&self) -> u64 {
        self.files * self.chunks()
    }

    /// Pieces of one file.
    pub fn chunks(&self) -> u64 {
        self.file_bytes / self.chunk_bytes
    }

    /// Whether files are written.
    pub fn writes(&self) -> bool {
        self.kind == Kind::WriteSmall
    }

    /// What a piece has, or gets: no two are alike.
    pub fn content(&self, piece: u64) -> Vec<u8> {
        // Far from the streams of its neighbours.
        let state = (piece + 1).wrapping_mul(0xd134_2543_de82_ef95);
        body::stream(state, self.chunk_bytes as usize)
    }

    /// The pieces in the order in which a lap takes them.
    pub fn order(&self) -> Vec<u64> {
        let mut order: Vec<u64> = (0..self.pieces()).collect();
        fastrand::Rng::with_seed(ORDER_SEED).shuffle(&mut order);
        order
    }

    /// Operations of one lane at most.
    pub fn quota(&self) -> u64 {
        self.operations().div_ceil(self.in_flight)
    }

    /// Checks that cache, lanes and threads fit on this machine.
    ///
    /// # Errors
    /// What does not, as a sentence for the report.
    pub fn fits(&self, setting: &Setting, threads: u64) -> Result<(), String> {
        if self.cold {
            setting.limits.cold.fits()?;
        }
        setting.fits(self.in_flight, threads)
    }

    /// Bytes and wrapping sum of the hashes of one lap. Computed once per
    /// content and process.
    fn lap(&self) -> (u64, u64) {
        static KNOWN: OnceLock<Mutex<HashMap<[u64; 2], u64>>> = OnceLock::new();
        let known = KNOWN.get_or_init(Mutex::default);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let hashes = known.entry([self.pieces(), self.chunk_bytes]).or_insert_with(|| {
            let hash = |piece| body::hash(&self.content(piece));
            (0..self.pieces()).map(hash).fold(0, u64::wrapping_add)
        });
        (self.pieces() * self.chunk_bytes, *hashes)
    }
}

impl Workload for Files {
    type Task = Self;

    const NAME: &'static str = "files";
    const CATEGORY: Category = Category::Machine;
    const QUESTION: &'static str = "What does a file cost that is read or written, directly or through a runtime's pool of \
         threads?";
    const TIMED: &'static str = "Closed loop: each of C lanes reads or writes its next piece when its last one is complete \
         and hashed. A small file is opened, read to its end and closed; of the large one, which is \
         open before, pieces are read in a random order; a small file that is written is made, \
         written, synchronised with `fsync` and closed. The files are made before the run; every \
         execution finds them in a warm page cache, unless a preset is cold. Starting threads and \
         one operation lie before the window; spawning tasks, the threads of a blocking pool and \
         joining lie inside.";
    const OPERATION: &'static str = "file operation";
    const CHART: Chart = Chart {
        over: "in_flight",
        over_label: "operations in flight (C)",
        panel: "files",
        panel_label: "files",
        panel_zero: "",
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
        self.pieces() * self.laps
    }

    fn expects(&self, _concurrency: u64) -> Expected {
        let (bytes, hashes) = self.lap();
        let warm_up = self.order().first().map_or(0, |piece| body::hash(&self.content(*piece)));
        Expected {
            ok: self.operations() + 1,
            samples: self.operations(),
            bytes: bytes * self.laps + self.chunk_bytes,
            checksum: hashes.wrapping_mul(self.laps).wrapping_add(warm_up),
            connections: 0,
            peak_low: 0,
            peak_high: 0,
            queued_high: 0,
            websocket: None,
            abandoned: None,
        }
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.in_flight)
    }

    fn waits(&self, concurrency: u64) -> Duration {
        let each = match (self.kind, self.cold) {
            (Kind::WriteSmall, _) => Duration::from_millis(1),
            (_, true) => Duration::from_micros(200),
            (_, false) => Duration::ZERO,
        };
        each.mul_f64(self.operations().div_ceil(concurrency.max(1)) as f64)
    }

    fn computes(&self) -> Duration {
        // The calls, between those that go through a pool and those that do not, and
        // moving and hashing what is read.
        let each = Duration::from_micros(6) + Duration::from_nanos(self.chunk_bytes / 5);
        each.mul_f64(self.operations() as f64)
    }

    /// Nothing beside what it computes.
    fn per_operation(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    fn files(&self) -> Option<Files> {
        Some(self.clone())
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("files", self.files),
            ("file_bytes", self.file_bytes),
            ("chunk_bytes", self.chunk_bytes),
            ("in_flight", self.in_flight),
            ("writes", u64::from(self.writes())),
            ("cold", u64::from(self.cold)),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.files
    }
}

#[cfg(test)]
mod tests;
