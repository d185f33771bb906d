//! One mutex and those who contend for it.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::mix::mix;
use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, Tally};

/// Rounds of hashing that take a microsecond: each waits for the one before, some 17
/// cycles at 3 GHz. A figure by design: no clock is read while the mutex is held.
const ROUNDS_PER_US: u64 = 176;

/// Acquisitions after which a task lets others run. The kernel does so with threads.
pub const TURN: u64 = 100;

/// W contenders acquire one mutex until it was acquired so many times by all of them
/// together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lock {
    /// Threads or tasks that contend.
    pub contenders: u64,
    /// Acquisitions in one lap, whoever has them.
    pub acquisitions: u64,
    /// How long the mutex is meant to be held, beside the round that is the least.
    pub held: Duration,
    /// Repetitions, one long contest.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    (contenders, held_us): (u64, u64),
    laps: u64,
    include: Include,
) -> Preset<Lock> {
    let (acquisitions, held) = (10_000, Duration::from_micros(held_us));
    Preset { name, work: Lock { contenders, acquisitions, held, laps }, include }
}

static PRESETS: [Preset<Lock>; 8] = [
    preset("w1-0us", (1, 0), 50, Include::Thorough),
    preset("w2-0us", (2, 0), 50, Include::ByFilter),
    preset("w8-0us", (8, 0), 50, Include::Thorough),
    preset("w64-0us", (64, 0), 50, Include::ByFilter),
    preset("w1-1us", (1, 1), 10, Include::ByFilter),
    preset("w2-1us", (2, 1), 10, Include::ByFilter),
    preset("w8-1us", (8, 1), 10, Include::Thorough),
    preset("w64-1us", (64, 1), 10, Include::ByFilter),
];

/// What the mutex protects: a count of acquisitions and a chain of hashes. The chain
/// depends on the order of counts alone, not on who has which, so whoever enters while
/// another is inside breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    left: u64,
    chain: u64,
    rounds: u64,
    lap: u64,
    left_in_lap: u64,
    lap_began_ns: u64,
}

/// What each contender had, as far as it says how equally they had it: of a mutex, turns;
/// of a server whose clients contend, answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shares {
    /// Fewest of one.
    pub least: u64,
    /// Most.
    pub most: u64,
    /// Contenders; 0 in records before they were counted here.
    #[serde(default)]
    pub contenders: u64,
    /// Sum of the squares of what each had; 0 in records before it was kept.
    #[serde(default)]
    pub squares: u64,
}

impl Guarded {
    /// The first lap begins: all contenders are there.
    pub fn begin(&mut self, now_ns: u64) {
        self.lap_began_ns = now_ns;
    }

    /// What is done while the mutex is held; false, and nothing, once all is done.
    pub fn enter(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.left_in_lap -= 1;
        for _ in 0..self.rounds {
            self.chain = mix(self.chain.wrapping_add(self.left));
        }
        true
    }

    /// Whether this was the last acquisition of a lap.
    pub fn ends_lap(&self) -> bool {
        self.left_in_lap == 0
    }

    /// The next lap begins; when the one that ends did.
    pub fn next_lap(&mut self, now_ns: u64) -> u64 {
        self.left_in_lap = self.lap;
        std::mem::replace(&mut self.lap_began_ns, now_ns)
    }

    /// What the chain has come to.
    pub fn chain(&self) -> u64 {
        self.chain
    }
}

impl Shares {
    /// Of what each contender had; nothing if there was none.
    pub fn of(entered: &[u64]) -> Option<Self> {
        let (least, most) = (entered.iter().min()?, entered.iter().max()?);
        let squares = entered.iter().map(|own| own * own).sum();
        Some(Self { least: *least, most: *most, contenders: entered.len() as u64, squares })
    }
}

/// What all contenders together did, and what came of it.
pub fn tally(entered: &[u64], chain: u64) -> Tally {
    Tally { ok: entered.iter().sum(), checksum: chain, ..Tally::default() }
}

impl Lock {
    /// What the mutex is to protect, before anybody has entered.
    pub fn guarded(&self) -> Guarded {
        Guarded {
            left: self.operations(),
            chain: 0,
            rounds: self.rounds(),
            lap: self.acquisitions,
            left_in_lap: self.acquisitions,
            lap_began_ns: 0,
        }
    }

    /// The same contest for what precedes the window: as many acquisitions as contenders.
    pub fn warm_up(&self) -> Self {
        Self { acquisitions: self.contenders, laps: 1, ..self.clone() }
    }

    /// Rounds of hashing in one critical section.
    fn rounds(&self) -> u64 {
        1 + self.held.as_micros() as u64 * ROUNDS_PER_US
    }

    /// What the chain must come to. Computed once per spec and process.
    fn chain(&self) -> u64 {
        static KNOWN: OnceLock<Mutex<HashMap<(u64, u64), u64>>> = OnceLock::new();
        let known = KNOWN.get_or_init(Mutex::default);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry((self.operations(), self.rounds())).or_insert_with(|| {
            let mut guarded = Guarded { left_in_lap: u64::MAX, ..self.guarded() };
            while guarded.enter() {}
            guarded.chain
        })
    }
}

impl Workload for Lock {
    type Task = Self;

    const NAME: &'static str = "lock";
    const CATEGORY: Category = Category::Runtime;
    const QUESTION: &'static str =
        "What does a mutex cost when W contend for it, and who gets it how often?";
    const TIMED: &'static str = "From before the first contender is started to after the last is joined: all acquire one \
         mutex in a loop until it was acquired so many times by all of them together; none \
         begins before all are started. While it is held, a count and a chain of hashes go on by \
         one round, or by as many as are meant to take a microsecond. A task yields after 100 \
         acquisitions. The plain way uses the standard library's mutex everywhere, `own-mutex` \
         the runtime's. As many acquisitions as contenders precede the window. Service times \
         are those of a lap of ten thousand acquisitions by all, divided by them. blocking and \
         rayon are absent where more contend than they have threads. No server takes part, so \
         the contestant has all CPUs.";
    const OPERATION: &'static str = "acquisition";
    const CHART: Chart = Chart {
        over: "contenders",
        over_label: "contenders",
        panel: "held_us",
        panel_label: "held for (µs)",
        panel_zero: "held for one round of hashing",
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
        self.acquisitions * self.laps
    }

    fn per_sample(&self) -> u64 {
        self.acquisitions
    }

    fn expects(&self, _concurrency: u64) -> Expected {
        let warm_up = self.warm_up();
        Expected {
            ok: self.operations() + warm_up.operations(),
            samples: self.laps,
            checksum: self.chain().wrapping_add(warm_up.chain()),
            ..Expected::default()
        }
    }

    /// One acquisition each, those that wait for their turn included.
    fn at_once(&self) -> Option<u64> {
        Some(self.contenders)
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        Duration::ZERO
    }

    fn per_operation(&self) -> Option<Duration> {
        Some(self.held + Duration::from_nanos(300))
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("contenders", self.contenders),
            ("acquisitions", self.acquisitions),
            ("held_us", self.held.as_micros() as u64),
            ("rounds", self.rounds()),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.lock
    }
}

#[cfg(test)]
mod tests {
    use super::{Guarded, Lock, PRESETS, Shares, tally};
    use crate::Workload;
    use std::time::Duration;

    fn work(laps: u64) -> Lock {
        Lock { contenders: 3, acquisitions: 5, held: Duration::ZERO, laps }
    }

    fn through(mut guarded: Guarded) -> (u64, u64) {
        let mut entered = 0;
        while guarded.enter() {
            entered += 1;
            if guarded.ends_lap() {
                guarded.next_lap(0);
            }
        }
        (entered, guarded.chain())
    }

    #[test]
    fn the_expectation_is_what_one_after_the_other_makes_of_it() {
        let work = work(2);
        let (window, warm_up) = (through(work.guarded()), through(work.warm_up().guarded()));
        let mut both = tally(&[4, 6], window.1);
        both.merge(tally(&[1, 1, 1], warm_up.1));
        let expected = work.expects(3);
        assert_eq!((window.0, warm_up.0, expected.samples), (10, 3, 2));
        assert_eq!((both.ok, both.checksum), (expected.ok, expected.checksum));
    }

    /// Two that are inside at once both start from what was there before: one step of
    /// the chain is lost, and one more acquisition is had.
    #[test]
    fn whoever_enters_while_another_is_inside_breaks_count_or_chain() {
        let (entered, chain) = through(work(1).guarded());
        let mut guarded = work(1).guarded();
        assert!(guarded.enter());
        let mut other = guarded.clone();
        assert!(guarded.enter() && other.enter());
        let (rest, same) = through(other);
        assert_eq!((3 + rest, same), (entered + 1, chain), "an acquisition too many");

        // The count goes on, a hash of it is lost.
        let mut other = work(1).guarded();
        assert!(other.enter());
        let before = other.chain;
        assert!(other.enter());
        let (rest, differs) = through(Guarded { chain: before, ..other });
        assert_eq!(2 + rest, entered);
        assert_ne!(differs, chain);
    }

    #[test]
    fn laps_follow_one_another_and_each_has_its_beginning() {
        let mut guarded = work(2).guarded();
        guarded.begin(7);
        let ends = (1..=10).filter(|at| {
            assert!(guarded.enter());
            let ends = guarded.ends_lap();
            if ends {
                assert_eq!(guarded.next_lap(100 * at), if *at == 5 { 7 } else { 500 });
            }
            ends
        });
        assert_eq!(ends.collect::<Vec<u64>>(), [5, 10]);
        assert!(!guarded.enter());
    }

    #[test]
    fn shares_are_the_extremes_and_what_an_index_of_fairness_takes() {
        assert_eq!(Shares::of(&[]), None);
        let want = Shares { least: 0, most: 9, contenders: 3, squares: 25 + 81 };
        assert_eq!(Shares::of(&[5, 0, 9]), Some(want));
    }

    /// The longest contest, had by one alone, still fits.
    #[test]
    fn squares_do_not_overflow() {
        let all = PRESETS.iter().map(|preset| preset.work.operations()).max().unwrap();
        assert_eq!(Shares::of(&[all, 0]).unwrap().squares, all.checked_pow(2).unwrap());
    }

    /// Records of runs that were published before.
    #[test]
    fn shares_without_squares_are_read() {
        let old: Shares = serde_json::from_str("{\"least\": 3, \"most\": 4}").unwrap();
        assert_eq!(old, Shares { least: 3, most: 4, ..Shares::default() });
    }

    #[test]
    fn presets_do_what_their_names_say() {
        for preset in &PRESETS {
            let Lock { contenders, held, .. } = preset.work;
            assert_eq!(preset.name, format!("w{contenders}-{}us", held.as_micros()));
            let rounds = if held.is_zero() { 1 } else { 177 };
            assert!(preset.work.parameters().contains(&("rounds", rounds)));
        }
    }
}
