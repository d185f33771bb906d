//! How late is everything else if somebody blocks the thread that runs it?

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, Load, Received, Tally, body, digest};

/// What a call does with the thread that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It sleeps in the kernel, as a driver that waits for its answer does.
    Sleep,
    /// It computes.
    Cpu,
}

/// How many make calls that block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blocked {
    /// Nobody: the hearts undisturbed.
    Nobody,
    /// One.
    One,
    /// As many as there are workers.
    All,
}

/// Hearts that beat on a schedule, beside calls that block.
///
/// A beat is due at its time whether or not the one before has come: a heart that
/// was held up is late for every beat that it missed, and makes them all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stall {
    /// Hearts; each beats every ten milliseconds, and all in equal distances.
    pub hearts: u64,
    /// How many make calls, all of them at the same times.
    pub blocked: Blocked,
    /// What a call does.
    pub kind: Kind,
    /// How long a call takes; where it computes, on a machine of 2026.
    pub call: Duration,
    /// Repetitions of the schedule.
    pub laps: u64,
}

/// From the opening of the window to the first beat: so long, all tasks and threads
/// may take to begin.
const LEAD_NS: u64 = 5_000_000;

/// From one beat of a heart to its next.
const BEAT_NS: u64 = 10_000_000;

/// Length of a lap, unless a single call needs more: 50 calls of 1 ms, 5 of 10 ms.
const LAP_NS: u64 = 13 * BEAT_NS;

/// From the start of a call to that of the next, in tenths of its length. No multiple
/// of the distance of beats, so that they fall everywhere in calls, and long enough for
/// hearts to make up for what they missed.
const PERIOD_TENTHS: u64 = 26;

/// From the start of such a period to its call, in tenths: in the middle.
const BEFORE_TENTHS: u64 = 8;

/// What a call that computes does between two points where it may give way.
const PIECE: Duration = Duration::from_micros(100);

/// Bytes that a piece hashes, read round and round: what [`PIECE`] is planned for.
const PIECE_BYTES: u64 = 150_000;

/// Bytes that are read round and round.
const BUFFER_BYTES: usize = 64 * 1024;

const fn preset(
    name: &'static str,
    (blocked, kind, call_ms): (Blocked, Kind, u64),
    laps: u64,
    include: Include,
) -> Preset<Stall> {
    let call = Duration::from_millis(call_ms);
    Preset { name, work: Stall { hearts: 32, blocked, kind, call, laps }, include }
}

use Blocked::{All, Nobody, One};
use Kind::{Cpu, Sleep};

/// Laps give 0.4 s and more than the thousand beats that a 99th percentile needs, those
/// of calls of 100 ms one second. The length that doubles the lag takes two of kw-sleep.
static PRESETS: [Preset<Stall>; 10] = [
    preset("k0", (Nobody, Sleep, 0), 3, Include::Cited),
    preset("k1-sleep-1ms", (One, Sleep, 1), 3, Include::ByFilter),
    preset("k1-sleep-10ms", (One, Sleep, 10), 3, Include::Cited),
    preset("k1-sleep-100ms", (One, Sleep, 100), 4, Include::ByFilter),
    preset("kw-sleep-1ms", (All, Sleep, 1), 3, Include::Thorough),
    preset("kw-sleep-10ms", (All, Sleep, 10), 3, Include::Headline),
    preset("kw-sleep-100ms", (All, Sleep, 100), 4, Include::ByFilter),
    preset("k1-cpu-10ms", (One, Cpu, 10), 3, Include::ByFilter),
    preset("kw-cpu-10ms", (All, Cpu, 10), 3, Include::Thorough),
    preset("kw-cpu-100ms", (All, Cpu, 100), 4, Include::ByFilter),
];

/// One call: who makes it, and which of its own it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who makes it.
    pub blocker: u64,
    /// Which of its own, from 0.
    pub number: u64,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A beat: the heart, and which of its own it is.
    Beat(u64, u64),
    /// A call.
    Call(Call),
}

/// What calls do, ready to be done by any thread.
#[derive(Debug)]
pub struct Job {
    work: Stall,
    buffer: Vec<u8>,
}

/// What a beat adds to the account.
pub fn beat(heart: u64, number: u64) -> Received {
    Received { status: 200, bytes: 0, hash: mixed(0, heart, number) }
}

/// An odd multiple of each, so that no beat or call stands for another.
fn mixed(kind: u64, who: u64, number: u64) -> u64 {
    let place = (kind << 62) | (who << 32) | number;
    (place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Job {
    /// Makes a call: holds the calling thread until it is done.
    pub fn call(&self, call: Call) -> Received {
        match self.work.kind {
            Kind::Sleep => {
                thread::sleep(self.work.call);
                self.done(call, [])
            }
            Kind::Cpu => self.done(call, self.computed(call)),
        }
    }

    fn computed(&self, call: Call) -> impl Iterator<Item = u64> {
        (0..self.pieces()).map(move |piece| self.piece(call, piece))
    }

    /// Pieces of a call that computes; none of one that sleeps.
    pub fn pieces(&self) -> u64 {
        self.work.pieces()
    }

    /// Computes one piece of a call.
    pub fn piece(&self, Call { blocker, number }: Call, piece: u64) -> u64 {
        let first = [blocker, number, piece].map(u64::to_le_bytes).concat();
        digest::repeated(&first, &self.buffer, PIECE_BYTES)
    }

    /// What a call adds to the account, once its pieces are computed, in any order.
    pub fn done(&self, call: Call, pieces: impl IntoIterator<Item = u64>) -> Received {
        let own = mixed(1, call.blocker, call.number);
        let hash = pieces.into_iter().fold(own, u64::wrapping_add);
        Received { status: 200, bytes: self.pieces() * PIECE_BYTES, hash }
    }
}

impl Stall {
    /// How many make calls beside so many workers.
    pub fn blockers(&self, workers: u64) -> u64 {
        match self.blocked {
            Blocked::Nobody => 0,
            Blocked::One => 1,
            Blocked::All => workers,
        }
    }

    /// Beats of each heart.
    pub fn beats(&self) -> u64 {
        self.length_ns() / BEAT_NS
    }

    /// Calls of each that makes some.
    pub fn calls(&self) -> u64 {
        match (self.blocked, self.period_ns()) {
            (Blocked::Nobody, _) | (_, 0) => 0,
            (_, period_ns) => self.length_ns() / period_ns,
        }
    }

    /// The beats of each heart, in nanoseconds from the opening of the window,
    /// ascending.
    pub fn schedule(&self) -> Vec<Vec<u64>> {
        let apart_ns = BEAT_NS / self.hearts;
        let of = |heart| (0..self.beats()).map(move |beat| beat * BEAT_NS + heart * apart_ns);
        (0..self.hearts).map(|heart| of(heart).map(|offset| LEAD_NS + offset).collect()).collect()
    }

    /// When each of those that make calls makes its own, ascending.
    pub fn call_schedule(&self) -> Vec<u64> {
        let before_ns = self.call.as_nanos() as u64 * BEFORE_TENTHS / 10;
        let calls = 0..self.calls();
        calls.map(|call| LEAD_NS + call * self.period_ns() + before_ns).collect()
    }

    /// Beats and calls in the order in which they are due, for who hands them out.
    pub fn turns(&self, blockers: u64) -> Vec<(u64, Part)> {
        let mut turns = Vec::new();
        for (heart, offsets) in (0..).zip(self.schedule()) {
            turns.extend((0..).zip(offsets).map(|(beat, at)| (at, Part::Beat(heart, beat))));
        }
        for (number, at) in (0..).zip(self.call_schedule()) {
            let call = |blocker| (at, Part::Call(Call { blocker, number }));
            turns.extend((0..blockers).map(call));
        }
        turns.sort_by_key(|(at, _)| *at);
        turns
    }

    /// What calls do.
    pub fn job(&self) -> Job {
        Job { work: self.clone(), buffer: body::bytes(BUFFER_BYTES) }
    }

    /// Whether there is anything to keep from blocking, for the ways that do.
    ///
    /// # Errors
    /// Why not, as a sentence for the report.
    pub fn has_calls(&self) -> Result<(), String> {
        match self.blocked {
            Blocked::Nobody => {
                Err("nobody makes calls in this preset, so there is nothing to remedy".to_string())
            }
            Blocked::One | Blocked::All => Ok(()),
        }
    }

    /// Whether calls can give way in the middle.
    ///
    /// # Errors
    /// Why not, as a sentence for the report.
    pub fn can_yield(&self) -> Result<(), String> {
        self.has_calls()?;
        match self.kind {
            Kind::Cpu => Ok(()),
            Kind::Sleep => {
                Err("a call that sleeps in the kernel has no point at which it could give way"
                    .to_string())
            }
        }
    }

    /// What comes out of all beats and calls. Computed once per spec and process: calls
    /// that compute take as long as they do.
    fn tally(&self, blockers: u64) -> Tally {
        static KNOWN: OnceLock<Mutex<HashMap<(Stall, u64), Tally>>> = OnceLock::new();
        let known = KNOWN.get_or_init(Mutex::default);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry((self.clone(), blockers)).or_insert_with(|| {
            let (job, mut tally) = (self.job(), Tally::default());
            for (_, part) in self.turns(blockers) {
                tally.add(match part {
                    Part::Beat(heart, number) => beat(heart, number),
                    Part::Call(call) => job.done(call, job.computed(call)),
                });
            }
            tally
        })
    }

    /// From the first beat to the end of the schedule.
    fn length_ns(&self) -> u64 {
        self.period_ns().max(LAP_NS) * self.laps
    }

    fn period_ns(&self) -> u64 {
        self.call.as_nanos() as u64 * PERIOD_TENTHS / 10
    }

    fn pieces(&self) -> u64 {
        match self.kind {
            Kind::Sleep => 0,
            Kind::Cpu => (self.call.as_nanos() / PIECE.as_nanos()) as u64,
        }
    }
}

impl Workload for Stall {
    type Task = Self;
    const NAME: &'static str = "stall";
    const CATEGORY: Category = Category::Runtime;
    const QUESTION: &'static str = "How late is everything else if a call blocks the thread that runs it, and what do the remedies \
         cost?";
    const TIMED: &'static str = "Open loop: 32 hearts, each a task (a thread, a job) that beats every 10 ms on a fixed schedule, \
         the same for all contestants. Lag is how late a beat is: it holds the granularity of the \
         style's timer (1 ms in tokio), the wait for a worker and for a CPU; a beat that was missed is \
         made up for and late by its own time. Beside them nobody (k0), one (k1) or as many as there \
         are workers (kw; one, where one thread does everything) make calls of 1, 10 or 100 ms that \
         sleep or compute, all at the same times, each followed by 1.6 times its length without. The \
         plain way makes them where the hearts run, other ways do what keeps them from it. A call is \
         timed from when its caller is ready to hand it out until it has the result; calls that \
         compute are a number of hashes fixed for a machine of 2026. CPU time and switches per beat \
         hold those of the calls, which are as many at once as there are workers in kw. Runtime and pools are made before the window, but the runtimes' \
         blocking pools start their threads inside. No server takes part, so the contestant has all \
         CPUs.";
    const OPERATION: &'static str = "beat";
    const BESIDE: Option<&'static str> = Some("call");
    const CHART: Chart = Chart {
        over: "call_us",
        over_label: "length of a call, µs",
        panel: "blocked",
        panel_label: "blocked workers",
        panel_zero: "no calls",
        metric: "response_p99_us",
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
        self.hearts * self.beats()
    }

    fn expects(&self, blockers: u64) -> Expected {
        let Tally { ok, bytes, checksum, .. } = self.tally(blockers);
        Expected {
            ok,
            samples: self.operations(),
            bytes,
            checksum,
            connections: 0,
            peak_low: 0,
            peak_high: 0,
            queued_high: 0,
            websocket: None,
            abandoned: None,
        }
    }

    /// Beats are late by what is measured, and calls lie beside them.
    fn at_once(&self) -> Option<u64> {
        None
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        Duration::from_nanos(LEAD_NS + self.length_ns())
    }

    fn load(&self) -> Option<Load> {
        Some(Load::PerSecond(self.hearts * 1_000_000_000 / BEAT_NS))
    }

    fn per_operation(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        let blocked = match self.blocked {
            Blocked::Nobody => 0,
            Blocked::One => 1,
            Blocked::All => 2,
        };
        vec![
            ("hearts", self.hearts),
            ("blocked", blocked),
            ("call_us", self.call.as_micros() as u64),
            ("calls", self.calls()),
            ("pieces", self.pieces()),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.stall
    }
}

#[cfg(test)]
mod tests;
