//! Who counts sleepers, and reads what they hold once all of them are asleep.
//!
//! A thread of the lab's, started before the window opens, waits for the last of them to
//! say that it lies down. It then lets them be for a moment, reads the footprint, stays
//! idle together with them and reads what CPU time that took. Nobody may have woken until
//! then: otherwise there is no reading.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::{Footprint, ProbeError};

/// From the last word of a sleeper until it is taken to be asleep: it has its timer or its
/// read yet to begin.
const SETTLING: Duration = Duration::from_millis(50);

/// How long all are watched being idle.
const IDLE: Duration = Duration::from_millis(300);

/// What sleepers say, and who hears it; a copy for each.
///
/// It is one pointer and two counters, so that it adds next to nothing to what a sleeper
/// holds.
#[derive(Clone, Debug)]
pub struct RollCall {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    expected: u64,
    asleep: AtomicU64,
    awake: AtomicU64,
    /// Whether the window is closed, so that nobody will come any more.
    over: AtomicBool,
    watcher: OnceLock<Thread>,
}

impl RollCall {
    /// How long sleepers must stay asleep after the last of them has lain down, with
    /// head room for the reading.
    pub const TAKES: Duration = Duration::from_millis(450);

    /// Says that one more is about to sleep: the next thing that it does.
    #[inline]
    pub fn lie_down(&self) {
        if self.shared.asleep.fetch_add(1, Ordering::AcqRel) + 1 == self.shared.expected {
            self.wake_watcher();
        }
    }

    /// Says that one is awake.
    #[inline]
    pub fn get_up(&self) {
        self.shared.awake.fetch_add(1, Ordering::AcqRel);
    }

    fn wake_watcher(&self) {
        if let Some(watcher) = self.shared.watcher.get() {
            watcher.unpark();
        }
    }
}

/// What was read while everybody was asleep, or every client of a server idle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asleep {
    /// Sleepers, counted.
    pub sleepers: u64,
    /// Before the first of them was started, or came.
    pub before: Footprint,
    /// While all were asleep.
    pub during: Footprint,
    /// How long all were watched being idle.
    pub idle_ns: u64,
    /// CPU time of the process meanwhile, the watcher's included, what it takes to read that
    /// left out.
    pub idle_cpu_ns: u64,
    /// Switches of the process meanwhile, the watcher's included.
    pub idle_switches: u64,
}

/// The thread that watches.
#[derive(Debug)]
pub(crate) struct Watcher {
    roll: RollCall,
    thread: JoinHandle<Result<Asleep, ProbeError>>,
}

impl Watcher {
    /// Starts it, and returns once it has read everything for the first time: what it
    /// needs itself is there from then on.
    pub(crate) fn start(expected: u64) -> Result<Self, ProbeError> {
        let shared = Arc::new(Shared {
            expected,
            asleep: AtomicU64::new(0),
            awake: AtomicU64::new(0),
            over: AtomicBool::new(false),
            watcher: OnceLock::new(),
        });
        let roll = RollCall { shared: Arc::clone(&shared) };
        let thread = thread::Builder::new()
            .name("roll-call".to_string())
            .stack_size(128 << 10)
            .spawn(move || watch(&shared))
            .map_err(|error| ProbeError(format!("start the thread that watches: {error}")))?;
        while roll.shared.watcher.get().is_none() && !thread.is_finished() {
            thread::yield_now();
        }
        Ok(Self { roll, thread })
    }

    pub(crate) fn roll(&self) -> RollCall {
        self.roll.clone()
    }

    /// What it read, with what was `before`; the window is closed.
    pub(crate) fn finish(self, before: Footprint) -> Result<Asleep, ProbeError> {
        self.roll.shared.over.store(true, Ordering::Release);
        self.thread.thread().unpark();
        let read = self.thread.join();
        let read =
            read.map_err(|_| ProbeError("the thread that watches panicked".to_string()))??;
        Ok(Asleep { before, ..read })
    }
}

fn watch(shared: &Shared) -> Result<Asleep, ProbeError> {
    Footprint::read()?;
    usage()?;
    shared.watcher.get_or_init(thread::current);
    while shared.asleep.load(Ordering::Acquire) < shared.expected {
        if shared.over.load(Ordering::Acquire) {
            let asleep = shared.asleep.load(Ordering::Acquire);
            let missing = format!("{asleep} of {} sleepers lay down", shared.expected);
            return Err(ProbeError(missing));
        }
        thread::park();
    }
    let read = stay_idle(IDLE, Footprint::read)?;
    match shared.awake.load(Ordering::Acquire) {
        0 => Ok(Asleep { sleepers: shared.asleep.load(Ordering::Acquire), ..read }),
        awake => Err(ProbeError(format!(
            "{awake} of {} sleepers were awake before all had been watched: they took too long to \
             lie down",
            shared.expected
        ))),
    }
}

/// Lets everybody come to rest, reads what they hold, and what it takes to do nothing for so
/// long; how many they are, and what was there before, is for the caller to say.
pub(crate) fn stay_idle(
    idle: Duration,
    read: fn() -> Result<Footprint, ProbeError>,
) -> Result<Asleep, ProbeError> {
    thread::sleep(SETTLING);
    let during = read()?;
    let ((first_ns, _), (start_ns, switches)) = (usage()?, usage()?);
    let began = Instant::now();
    thread::sleep(idle);
    let idle = began.elapsed();
    let ((end_ns, switches_after), (last_ns, _)) = (usage()?, usage()?);
    Ok(Asleep {
        sleepers: 0,
        before: Footprint::default(),
        during,
        idle_ns: idle.as_nanos() as u64,
        idle_cpu_ns: without_reading([first_ns, start_ns, end_ns, last_ns]),
        idle_switches: switches_after - switches,
    })
}

/// CPU time between the inner two of four readings, of which the outer two followed and went
/// before at once. To read it the kernel adds up all threads, of which ten thousand take 2 ms
/// of the very time that is read: what lies between two that follow one another is no work.
fn without_reading([first, start, end, last]: [u64; 4]) -> u64 {
    (end - start).saturating_sub((start - first).midpoint(last - end))
}

/// CPU time and switches of this process.
fn usage() -> Result<(u64, u64), ProbeError> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)
        .map_err(|error| ProbeError(format!("getrusage: {error}")))?;
    let ns =
        |t: nix::sys::time::TimeVal| t.tv_sec() as u64 * 1_000_000_000 + t.tv_usec() as u64 * 1000;
    let switches = usage.voluntary_context_switches() + usage.involuntary_context_switches();
    Ok((ns(usage.user_time()) + ns(usage.system_time()), switches as u64))
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::{RollCall, Watcher, without_reading};
    use crate::Footprint;
    use crate::footprint::MEASURED;

    /// So large that an allocator gives it back at once.
    const BLOCK_BYTES: usize = 40 << 20;

    fn asleep_for(ms: u64, watcher: &Watcher) -> thread::JoinHandle<()> {
        let roll: RollCall = watcher.roll();
        thread::spawn(move || {
            let block = std::hint::black_box(vec![1u8; BLOCK_BYTES]);
            roll.lie_down();
            thread::sleep(Duration::from_millis(ms));
            roll.get_up();
            drop(block);
        })
    }

    #[test]
    fn what_all_hold_is_read_while_they_sleep() {
        let alone = MEASURED.lock();
        let watcher = Watcher::start(2).unwrap();
        let before = Footprint::read().unwrap();
        let sleepers = [asleep_for(3000, &watcher), asleep_for(3000, &watcher)];
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
        let read = watcher.finish(before).unwrap();
        assert_eq!((read.sleepers, read.before), (2, before));
        let more = read.during.resident_bytes - before.resident_bytes;
        assert!(more > 2 * BLOCK_BYTES as u64 * 9 / 10, "{more} bytes for two blocks");
        assert!(read.idle_ns >= 300_000_000, "{read:?}");
        drop(alone);
    }

    #[test]
    fn what_a_reading_takes_is_no_cpu_time_of_the_idle() {
        assert_eq!(without_reading([50, 2050, 4050, 6050]), 0);
        assert_eq!(without_reading([50, 2050, 4090, 6090]), 40);
        assert_eq!(without_reading([0, 2000, 4100, 6200]), 50, "the mean of both");
        assert_eq!(without_reading([0, 2000, 3000, 6000]), 0, "it is never less than nothing");
    }

    #[test]
    fn one_that_wakes_before_it_was_watched_or_never_comes_is_a_fault() {
        let _alone = MEASURED.lock();
        let watcher = Watcher::start(1).unwrap();
        asleep_for(1, &watcher).join().unwrap();
        let fault = watcher.finish(Footprint::default()).unwrap_err();
        assert!(fault.0.contains("1 of 1 sleepers were awake"), "{fault}");

        let watcher = Watcher::start(2).unwrap();
        asleep_for(1, &watcher).join().unwrap();
        let fault = watcher.finish(Footprint::default()).unwrap_err();
        assert!(fault.0.contains("1 of 2 sleepers lay down"), "{fault}");
    }
}
