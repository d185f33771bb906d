//! Many who sleep: what each of them holds meanwhile, and how late it wakes.

use std::hint::black_box;
use std::time::Duration;

use triathlon_lab::{Clock, RollCall};

use Variant::{Deep, Joined, Socket, Timer, Touched};
use presets::{MOST, PRESETS};

use crate::mix::mix;
use crate::workload::{Category, Chart, Preset, Workload};
use crate::{Contestant, Entry, Expected, Limits, Received, Setting, Style};

mod presets;

/// What lies between falling asleep and waking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variant {
    /// A timer, and nothing else.
    Timer,
    /// A read from a pair of sockets that nobody writes to until all wake.
    Socket,
    /// A timer below [`LEVELS`] calls, each of which holds a frame over it.
    Deep,
    /// A timer, after a call that used [`TOUCHED_BYTES`] of the stack.
    Touched,
    /// Timers that one task joins: no task has one for itself.
    Joined,
}

/// Tasks or threads asleep.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sleepers {
    /// Sleepers; what is asked for until [`Workload::within`] knows how many there can be.
    pub sleepers: u64,
    /// Whether as many are asked for as there can be.
    pub most: bool,
    /// The limit that bound them then.
    pub bound: Option<&'static str>,
    /// What they sleep in.
    pub variant: Variant,
    /// How long each sleeps, again and again, where the question is how late it wakes;
    /// none where it is what they hold.
    pub sleep: Option<Duration>,
    /// Sleeps of each, where they are repeated.
    pub laps: u64,
}

/// Nested calls of a deep sleeper.
pub const LEVELS: u64 = 16;

/// Words that each of them holds.
pub const FRAME: usize = 8;

/// What a sleeper used of the stack before.
pub const TOUCHED_BYTES: usize = 32 << 10;

/// From the start of the first to the common time to wake: so long the roll call takes,
/// and the start of a few.
const LEAD: Duration = Duration::from_millis(650);

/// The same where nobody is watched.
const LEAD_UNWATCHED: Duration = Duration::from_millis(100);

/// The same for each task more: several times of what one takes to start.
const LEAD_PER_TASK: Duration = Duration::from_micros(20);

/// The same for each thread more.
const LEAD_PER_THREAD: Duration = Duration::from_micros(150);

/// Threads of a process that are no sleepers: the main thread, and who calls the roll.
const OTHER_THREADS: u64 = 2;

/// What the value of the parameter `variant` stands for.
pub fn variant_name(code: u64) -> &'static str {
    NAMES.get(usize::try_from(code).unwrap_or(usize::MAX)).unwrap_or(&"unknown")
}

/// In the order of their codes.
const NAMES: [&str; 6] = ["timer", "joined", "socket", "deep", "touched", "late"];

/// What all sleepers of an execution share, so that each holds one pointer to it.
#[derive(Clone, Debug)]
pub struct Night {
    /// When they all wake, on this clock.
    pub wake_ns: u64,
    /// The clock.
    pub clock: Clock,
    /// Who counts them.
    pub roll: RollCall,
}

/// What a sleeper counts when it is awake: `proof` is what it brought back from its sleep,
/// or which of its sleeps it was.
#[inline]
pub fn awake(index: u64, proof: u64) -> Received {
    Received { status: 200, bytes: 0, hash: mix(index ^ mix(proof)) }
}

/// The byte that wakes a sleeper in a socket.
#[inline]
pub fn letter(index: u64) -> u8 {
    mix(index) as u8
}

/// What a call of a deep sleeper holds while it sleeps.
#[inline]
pub fn frame(index: u64, level: u64) -> [u64; FRAME] {
    [mix(index ^ level << 48); FRAME]
}

/// What a call brings back, with what the calls below it brought.
#[inline]
pub fn unwound(frame: &[u64; FRAME], below: u64) -> u64 {
    below.rotate_left(7).wrapping_add(frame[(below % FRAME as u64) as usize])
}

/// Uses [`TOUCHED_BYTES`] of the stack, as anything does that formats, parses or calls
/// deeply before it waits.
#[inline(never)]
pub fn touch(index: u64) -> u64 {
    let mut words = [0; TOUCHED_BYTES / 8];
    words.fill(mix(index));
    let words = black_box(words);
    words[(index % words.len() as u64) as usize]
}

impl Sleepers {
    /// Time from the start of the first sleeper to when all wake, or begin to sleep again
    /// and again.
    pub fn lead(&self, style: Style) -> Duration {
        let each = match style {
            Style::Async => LEAD_PER_TASK,
            Style::Threads | Style::Blocking => LEAD_PER_THREAD,
        };
        let few = if self.sleep.is_some() { LEAD_UNWATCHED } else { LEAD };
        few + each * self.sleepers as u32
    }

    /// The same in nanoseconds.
    pub fn lead_ns(&self, style: Style) -> u64 {
        self.lead(style).as_nanos() as u64
    }

    /// How much later than the first a sleeper begins, where sleeps are repeated: they
    /// are spread evenly over one sleep, so that not all are to wake at once.
    pub fn apart_ns(&self, index: u64) -> u64 {
        let sleep_ns = self.sleep.unwrap_or_default().as_nanos() as u64;
        sleep_ns * index / self.sleepers
    }

    /// Checks that so many can be had in a style, with all that they hold.
    ///
    /// # Errors
    /// The limit that binds, as a sentence for the report.
    pub fn fits(&self, setting: &Setting, style: Style) -> Result<(), String> {
        let threads = match style {
            Style::Async => OTHER_THREADS,
            Style::Threads | Style::Blocking => self.sleepers + OTHER_THREADS,
        };
        if self.variant == Joined && style != Style::Async {
            return Err(
                "a thread sleeps for itself: in one of them nothing joins many sleeps, so \
                 there is nothing to compare"
                    .to_string(),
            );
        }
        let ends = if self.variant == Socket { 2 * self.sleepers } else { 0 };
        setting.fits(ends, threads)?;
        setting.fits_memory(self.held(style))
    }

    /// Memory that all together are planned to hold.
    fn held(&self, style: Style) -> u64 {
        let threads = style != Style::Async;
        let each = match self.variant {
            _ if threads => {
                (40 << 10) + if self.variant == Touched { TOUCHED_BYTES as u64 } else { 0 }
            }
            Timer | Touched => 768,
            Joined => 512,
            Socket => 2 << 10,
            Deep => 4 << 10,
        };
        let samples = if self.sleep.is_some() { self.laps * 24 + 64 } else { 0 };
        self.sleepers * (each + samples)
    }

    /// What a sleeper brings back.
    fn proof(&self, index: u64) -> u64 {
        match self.variant {
            Timer | Joined => 0,
            Socket => u64::from(letter(index)),
            Touched => mix(index),
            Deep => (0..LEVELS).fold(0, |below, level| unwound(&frame(index, level), below)),
        }
    }

    fn code(&self) -> u64 {
        match self.variant {
            _ if self.sleep.is_some() => 5,
            Timer => 0,
            Joined => 1,
            Socket => 2,
            Deep => 3,
            Touched => 4,
        }
    }
}

impl Workload for Sleepers {
    type Task = Self;

    const NAME: &'static str = "sleepers";
    const CATEGORY: Category = Category::Runtime;
    const QUESTION: &'static str =
        "What does it cost to have N tasks or threads asleep, and how late do they wake?";
    const TIMED: &'static str = "Memory: N sleepers are started inside the window and sleep until a time that is the same for \
         all. When the last of them has said that it lies down, and 50 ms later, what the process \
         holds is read and held against what it held before the first was started; then nothing \
         happens for 300 ms, whose CPU time is read. A sleeper is a task or a thread with a timer \
         of its own, and its handle is kept; other presets: timers that one task joins, a read \
         from a pair of sockets, a timer below sixteen calls that each hold 64 bytes, and a timer \
         after a call that used 32 KiB of stack. Threads have the standard library's stack of 2 MiB. Bytes for each \
         sleeper are a slope over N, see below; elapsed time is the schedule's. Lateness (late): \
         each sleeper sleeps so long, again and again; lag is from the end of the time asked for to \
         when it runs again, with the granularity of the style's timer (1 ms in tokio), the wait \
         for a worker and for a CPU. Sleepers begin evenly spread over one sleep. blocking, \
         threads-pool and rayon are absent. No server takes part, so the contestant has all CPUs.";
    const OPERATION: &'static str = "sleeper";
    const CHART: Chart = Chart {
        over: "sleepers",
        over_label: "sleepers",
        panel: "variant",
        panel_label: "variant",
        panel_zero: "a timer each",
        metric: "peak_rss_bytes",
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

    fn within(&self, style: Style, limits: &Limits) -> Self {
        if !self.most {
            return self.clone();
        }
        let each = Self { sleepers: 1, ..self.clone() }.held(style);
        let threads = match style {
            Style::Async => u64::MAX,
            Style::Threads | Style::Blocking => limits.threads.saturating_sub(OTHER_THREADS),
        };
        let bounds = [
            ("the preset", MOST),
            ("free memory", limits.memory_bytes / each),
            (limits.threads_by, threads),
        ];
        let (bound, sleepers) =
            bounds.into_iter().min_by_key(|(_, most)| *most).unwrap_or(bounds[0]);
        Self { sleepers, bound: Some(bound), ..self.clone() }
    }

    fn bound(&self) -> Option<&'static str> {
        self.bound
    }

    fn memory_bytes(&self, style: Style) -> Option<u64> {
        Some(self.held(style))
    }

    fn asleep(&self) -> Option<u64> {
        self.sleep.is_none().then_some(self.sleepers)
    }

    fn operations(&self) -> u64 {
        match self.sleep {
            None => self.sleepers,
            Some(_) => self.sleepers * self.laps,
        }
    }

    /// One sample from the first start to the last join: a sample for each would be
    /// memory of its own.
    fn per_sample(&self) -> u64 {
        match self.sleep {
            None => self.sleepers,
            Some(_) => 1,
        }
    }

    /// Its time is the schedule's.
    fn once(&self) -> bool {
        true
    }

    fn expects(&self, _concurrency: u64) -> Expected {
        let sum =
            |hash: &dyn Fn(u64) -> u64| (0..self.sleepers).map(hash).fold(0, u64::wrapping_add);
        match self.sleep {
            None => Expected {
                ok: self.sleepers,
                samples: 1,
                checksum: sum(&|index| awake(index, self.proof(index)).hash),
                ..Expected::default()
            },
            Some(_) => {
                let of_all = |lap| sum(&|index| awake(index, lap).hash);
                Expected {
                    ok: self.sleepers * (1 + self.laps),
                    samples: self.sleepers * self.laps,
                    checksum: (0..=self.laps).map(of_all).fold(0, u64::wrapping_add),
                    ..Expected::default()
                }
            }
        }
    }

    /// Of sleepers whose memory is read there is one sample for all.
    fn at_once(&self) -> Option<u64> {
        self.sleep.is_none().then_some(1)
    }

    /// With more than one thread, these are the sleepers.
    fn waits(&self, concurrency: u64) -> Duration {
        let style = if concurrency > 1 { Style::Threads } else { Style::Async };
        let repeated = self.sleep.map_or(Duration::ZERO, |sleep| {
            // A coarse timer ends a millisecond or two later.
            (sleep + Duration::from_micros(1500)) * self.laps as u32
        });
        self.lead(style) + repeated
    }

    /// To wake and to join, while others still sleep.
    fn per_operation(&self) -> Option<Duration> {
        Some(Duration::from_micros(4))
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("sleepers", self.sleepers),
            ("variant", self.code()),
            ("most", u64::from(self.most)),
            ("sleep_us", self.sleep.unwrap_or_default().as_micros() as u64),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.sleepers
    }
}

#[cfg(test)]
mod tests;
