//! Tasks that do next to nothing: what starting and joining costs.

use std::ops::Range;
use std::time::Duration;

use crate::mix::mix;
use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, Received};

/// Who starts the tasks and joins them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A task of the same kind: it runs where they run.
    Worker,
    /// The main thread, which is none of the runtime's or pool's.
    Outside,
}

/// Start and join, batch after batch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spawn {
    /// Tasks in one lap; a multiple of the batch.
    pub tasks: u64,
    /// Tasks that are started before the first of them is joined. 1: start, join, next.
    pub batch: u64,
    /// Who starts them.
    pub origin: Origin,
    /// Whether the window has the first tasks of the process; otherwise a lap of the
    /// same precedes it.
    pub first_use: bool,
    /// Repetitions, one after the other.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    origin: Origin,
    (tasks, batch, laps): (u64, u64, u64),
    include: Include,
) -> Preset<Spawn> {
    Preset { name, work: Spawn { tasks, batch, origin, first_use: false, laps }, include }
}

/// From outside, because a driver that is a task would be the first itself.
const fn first(name: &'static str, tasks: u64) -> Preset<Spawn> {
    let (batch, origin, first_use, laps) = (tasks, Origin::Outside, true, 1);
    let work = Spawn { tasks, batch, origin, first_use, laps };
    Preset { name, work, include: Include::Thorough }
}

/// The chart draws the first preset at each batch, from a worker and from outside.
/// Batches of ten thousand are left out: so many threads at once are more than some
/// machines allow.
static PRESETS: [Preset<Spawn>; 12] = [
    preset("n1000-b1", Origin::Worker, (1000, 1, 25), Include::Thorough),
    preset("n1000-b10", Origin::Worker, (1000, 10, 25), Include::ByFilter),
    preset("n1000-b100", Origin::Worker, (1000, 100, 11), Include::Headline),
    preset("n1000-b1000", Origin::Worker, (1000, 1000, 25), Include::Cited),
    preset("n10000-b1", Origin::Worker, (10_000, 1, 3), Include::ByFilter),
    preset("n10000-b1000", Origin::Worker, (10_000, 1000, 3), Include::ByFilter),
    preset("outside-n1000-b1", Origin::Outside, (1000, 1, 25), Include::ByFilter),
    preset("outside-n1000-b100", Origin::Outside, (1000, 100, 25), Include::ByFilter),
    preset("outside-n1000-b1000", Origin::Outside, (1000, 1000, 25), Include::ByFilter),
    preset("outside-n10000-b1000", Origin::Outside, (10_000, 1000, 3), Include::ByFilter),
    first("first-n10", 10),
    first("first-n1000", 1000),
];

/// All that a task does: a number that follows from its index, so that each must have
/// run, and run once.
#[inline]
pub fn mark(index: u64) -> Received {
    Received { status: 200, bytes: 0, hash: mix(index) }
}

impl Spawn {
    /// The batches of all laps, each as the indices of its tasks.
    pub fn batches(&self) -> impl Iterator<Item = Range<u64>> + Send + use<> {
        let Self { tasks, batch, laps, .. } = *self;
        let lap = move |_| (0..tasks).step_by(batch as usize).map(move |at| at..at + batch);
        (0..laps).flat_map(lap)
    }

    /// Samples inside the window, one for each batch.
    pub fn samples(&self) -> u64 {
        self.operations() / self.batch
    }

    /// What precedes the window; nothing where the first use is measured.
    pub fn warm_up(&self) -> Option<Self> {
        (!self.first_use).then(|| self.with_laps(1))
    }
}

impl Workload for Spawn {
    type Task = Self;

    const NAME: &'static str = "spawn";
    const CATEGORY: Category = Category::Runtime;
    const QUESTION: &'static str =
        "What does it cost to start a task and to join it, one by one and in batches?";
    const TIMED: &'static str = "From before the first start to after the last join, of tasks that compute one number. A \
         batch is started, then joined in order, then the next begins. From a worker: what starts \
         and joins them is a task itself, started and joined inside the window, too. From outside: \
         it is the main thread. A lap of the same precedes the window, so that stacks and queues \
         are in use already; in the presets `first`, which start one batch from outside, nothing \
         precedes it. Runtime and thread pool are made before. Service times are those of a batch, \
         divided by its tasks. blocking starts nothing and is absent. No server takes part, so \
         the contestant has all CPUs.";
    const OPERATION: &'static str = "task";
    const CHART: Chart = Chart {
        over: "batch",
        over_label: "tasks started, then joined",
        panel: "from_outside",
        panel_label: "started from outside",
        panel_zero: "started from a worker",
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
        self.tasks * self.laps
    }

    fn per_sample(&self) -> u64 {
        self.batch
    }

    fn once(&self) -> bool {
        self.first_use
    }

    fn expects(&self, _concurrency: u64) -> Expected {
        let laps = self.laps + u64::from(!self.first_use);
        let lap = (0..self.tasks).map(mix).fold(0, u64::wrapping_add);
        Expected {
            ok: self.tasks * laps,
            samples: self.samples(),
            checksum: lap.wrapping_mul(laps),
            ..Expected::default()
        }
    }

    /// Tasks of one batch: the next begins once all of it are joined.
    fn at_once(&self) -> Option<u64> {
        Some(self.batch)
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        Duration::ZERO
    }

    /// Between a task, which takes less than one, and a thread.
    fn per_operation(&self) -> Option<Duration> {
        Some(Duration::from_micros(if self.batch == 1 { 15 } else { 8 }))
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("tasks", self.tasks),
            ("batch", self.batch),
            ("from_outside", u64::from(self.origin == Origin::Outside)),
            ("first_use", u64::from(self.first_use)),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.spawn
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, PRESETS, Spawn, mark};
    use crate::{Tally, Workload};

    fn work(laps: u64, first_use: bool) -> Spawn {
        Spawn { tasks: 6, batch: 3, origin: Origin::Worker, first_use, laps }
    }

    #[test]
    fn a_batch_is_a_range_of_indices_and_laps_repeat_them() {
        assert_eq!(work(2, false).batches().collect::<Vec<_>>(), [0..3, 3..6, 0..3, 3..6]);
        assert_eq!((work(2, false).samples(), work(2, false).per_sample()), (4, 3));
    }

    /// A task that is left out, run twice or run with another's index shows.
    #[test]
    fn the_sum_says_which_tasks_ran() {
        let sum = |indices: &[u64]| {
            let mut tally = Tally::default();
            indices.iter().for_each(|index| tally.add(mark(*index)));
            tally
        };
        let expected = work(1, true).expects(1);
        let (done, twice) = (sum(&[5, 3, 1, 0, 2, 4]), sum(&[5, 3, 1, 0, 2, 5]));
        assert_eq!((done.ok, done.checksum), (expected.ok, expected.checksum));
        assert_eq!(twice.ok, expected.ok);
        assert_ne!(twice.checksum, expected.checksum);
    }

    #[test]
    fn a_lap_precedes_the_window_unless_the_first_use_is_measured() {
        let (steady, first) = (work(2, false), work(2, true));
        assert_eq!(steady.warm_up(), Some(work(1, false)));
        assert_eq!(first.warm_up(), None);
        let (steady, first) = (steady.expects(1), first.expects(1));
        assert_eq!((steady.ok, steady.samples, first.ok, first.samples), (18, 4, 12, 4));
        let lap = work(1, true).expects(1).checksum;
        assert_eq!(steady.checksum, lap.wrapping_mul(3));
        assert_eq!(first.checksum, lap.wrapping_mul(2));
    }

    #[test]
    fn presets_do_what_their_names_say() {
        for preset in &PRESETS {
            let Spawn { tasks, batch, origin, first_use, laps } = preset.work;
            let name = match (first_use, origin) {
                (true, Origin::Outside) => format!("first-n{tasks}"),
                (true, Origin::Worker) => panic!("{} has a driver before", preset.name),
                (false, Origin::Outside) => format!("outside-n{tasks}-b{batch}"),
                (false, Origin::Worker) => format!("n{tasks}-b{batch}"),
            };
            assert_eq!(preset.name, name);
            assert_eq!(tasks % batch, 0, "{name} has whole batches");
            assert!(!first_use || (laps == 1 && tasks == batch), "{name} reuses nothing");
        }
    }
}
