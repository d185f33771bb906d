//! Items on their way through four stages with bounded channels between them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, Received, Tally, body};

/// Places in the shared buffer where an item's bytes may start.
const PLACES: u64 = 1021;

/// Channels: from produce to parse, to aggregate, to sink.
const CHANNELS: u64 = 3;

/// Produce, parse, aggregate, sink: one producer, one sink, and workers between.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pipeline {
    /// Items in one lap.
    pub items: u64,
    /// Bytes of each item; at least the eight of its id.
    pub item_bytes: u64,
    /// Most items that wait in each of the three channels.
    pub capacity: u64,
    /// Workers in parse, and as many in aggregate.
    pub workers: u64,
    /// How long the sink sleeps with each item before it has taken it in.
    pub sink: Duration,
    /// Repetitions of the same items, one stream with them all.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    (capacity, workers, item_bytes): (u64, u64, u64),
    (items, laps): (u64, u64),
    include: Include,
) -> Preset<Pipeline> {
    let sink = Duration::ZERO;
    let work = Pipeline { items, item_bytes, capacity, workers, sink, laps };
    Preset { name, work, include }
}

/// Items so large that a queue without bound shows in the memory of the process.
const SLOW_SINK: Preset<Pipeline> = Preset {
    name: "slow-sink",
    work: Pipeline {
        items: 300,
        item_bytes: 16 << 10,
        capacity: 64,
        workers: 1,
        sink: Duration::from_millis(1),
        laps: 1,
    },
    include: Include::ByFilter,
};

/// The chart draws the first preset at each capacity and number of workers. Tasks and
/// threads take 0.05 s to 1 s for them on a machine of 2026. Without channels it is less;
/// for the first, 0.1 s with the laps of a run that has verdicts.
static PRESETS: [Preset<Pipeline>; 7] = [
    preset("cap64-w1-64b", (64, 1, 64), (10_000, 34), Include::Headline),
    preset("cap1-w1-64b", (1, 1, 64), (10_000, 2), Include::Thorough),
    preset("cap1024-w1-64b", (1024, 1, 64), (10_000, 20), Include::ByFilter),
    preset("cap64-w4-64b", (64, 4, 64), (10_000, 20), Include::ByFilter),
    preset("cap64-w1-4kib", (64, 1, 4 << 10), (5_000, 20), Include::ByFilter),
    preset("cap64-w4-4kib", (64, 4, 4 << 10), (5_000, 20), Include::ByFilter),
    SLOW_SINK,
];

/// Items that go through all stages before the window.
const WARM_UP: u64 = 1;

/// What the producer makes items of.
#[derive(Debug)]
pub struct Source {
    buffer: Vec<u8>,
    item_bytes: usize,
}

/// From the producer: bytes that it owns, the id in the first eight.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    started_ns: u64,
    bytes: Box<[u8]>,
}

/// From parse: what the bytes said, without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    started_ns: u64,
    id: u64,
    bytes: u64,
    hash: u64,
}

/// From aggregate: what the sink adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// When its item was begun, by the lab's clock.
    pub started_ns: u64,
    /// What is to be counted; the hash is that of the item's bytes.
    pub received: Received,
}

/// The running sum of one worker in aggregate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    digest: u64,
}

/// What is on its way, for the proof that it is bounded: the sink counts what it has
/// taken in, the producer compares.
///
/// `Release` and `Acquire` as in the channels: who could send because there was
/// room sees everything that had been taken in when room was made. On cache lines of
/// its own, because both ends touch it for every item.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Backlog {
    taken: AtomicU64,
}

impl Source {
    /// Makes an item: a slice of the shared buffer, copied, with the id at its head.
    ///
    /// # Panics
    /// If items are shorter than an id.
    pub fn make(&self, id: u64, started_ns: u64) -> Item {
        let place = (id % PLACES) as usize;
        let mut bytes: Box<[u8]> = self.buffer[place..place + self.item_bytes].into();
        bytes[..8].copy_from_slice(&id.to_le_bytes());
        Item { started_ns, bytes }
    }
}

/// Reads the id back and hashes the bytes, which end here.
///
/// # Panics
/// If items are shorter than an id.
pub fn parse(item: Item) -> Parsed {
    let Item { started_ns, bytes } = item;
    let head = bytes.first_chunk().expect("an item begins with its id");
    let (id, hash) = (u64::from_le_bytes(*head), body::hash(&bytes));
    Parsed { started_ns, id, bytes: bytes.len() as u64, hash }
}

impl Sums {
    /// Folds one item in and passes on what the sink needs.
    pub fn fold(&mut self, parsed: Parsed) -> Row {
        let Parsed { started_ns, id, bytes, hash } = parsed;
        self.digest = self.digest.wrapping_add(hash.rotate_left(32) ^ id);
        Row { started_ns, received: Received { status: 200, bytes, hash } }
    }

    /// The sum, for [`Tally::add_digest`]; order and number of workers do not matter.
    pub fn digest(self) -> u64 {
        self.digest
    }
}

impl Backlog {
    /// The sink has taken in one more.
    pub fn take(&self) {
        self.taken.fetch_add(1, Ordering::Release);
    }

    /// Items on their way if so many were made.
    pub fn of(&self, made: u64) -> u64 {
        made - self.taken.load(Ordering::Acquire)
    }
}

impl Pipeline {
    /// What the producer makes items of.
    pub fn source(&self) -> Source {
        let item_bytes = self.item_bytes as usize;
        Source { buffer: body::bytes(item_bytes + PLACES as usize), item_bytes }
    }

    /// Ids of all items, lap after lap.
    pub fn ids(&self) -> impl Iterator<Item = u64> + Send + use<> {
        let items = self.items;
        (0..self.laps).flat_map(move |_| 0..items)
    }

    /// The same pipe for what precedes the window.
    pub fn warm_up(&self) -> Self {
        Self { items: WARM_UP, laps: 1, ..self.clone() }
    }

    /// Workers of all stages together: producer, parse, aggregate, sink.
    pub fn hands(&self) -> u64 {
        2 * self.workers + 2
    }

    /// Most items that are begun and not taken in yet, where every stage has its own
    /// workers: those in the channels, and one in each hand.
    pub fn in_flight(&self) -> u64 {
        CHANNELS * self.capacity + self.hands()
    }

    /// What comes out of one lap. Computed once per spec and process.
    fn lap(&self) -> Tally {
        static KNOWN: OnceLock<Mutex<HashMap<(u64, u64), Tally>>> = OnceLock::new();
        let known = KNOWN.get_or_init(Mutex::default);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry((self.items, self.item_bytes)).or_insert_with(|| {
            let (source, mut sums, mut tally) = (self.source(), Sums::default(), Tally::default());
            for id in 0..self.items {
                tally.add(sums.fold(parse(source.make(id, 0))).received);
            }
            tally.add_digest(sums.digest());
            tally
        })
    }
}

impl Workload for Pipeline {
    type Task = Self;

    const NAME: &'static str = "pipeline";
    const CATEGORY: Category = Category::Machine;
    const QUESTION: &'static str =
        "How fast do items flow through bounded channels, and does a slow sink hold them back?";
    const TIMED: &'static str = "From the first item made to the last taken in: produce, parse, aggregate and sink, each item \
         handed on through three bounded channels, starting and joining the stages. Runtime and \
         thread pool are made before the window, and one item goes through all stages before it; \
         threads-per-op starts its threads inside. Service times are from an item's production until \
         the sink has taken it in, waiting in channels included. blocking and rayon have no channels. \
         No server takes part, so the contestant has all CPUs.";
    const OPERATION: &'static str = "item";
    const CHART: Chart = Chart {
        over: "capacity",
        over_label: "capacity of each channel",
        panel: "workers",
        panel_label: "workers in parse and in aggregate",
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
        self.items * self.laps
    }

    fn expects(&self, concurrency: u64) -> Expected {
        let (lap, warm_up) = (self.lap(), self.warm_up().lap());
        let checksum = lap.checksum.wrapping_mul(self.laps);
        Expected {
            ok: self.operations() + WARM_UP,
            samples: self.operations(),
            bytes: lap.bytes * self.laps + warm_up.bytes,
            checksum: checksum.wrapping_add(warm_up.checksum),
            queued_high: concurrency,
            ..Expected::default()
        }
    }

    fn at_once(&self) -> Option<u64> {
        // Up to the way: who has no channels has no queue. `expects` says how many.
        None
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        self.sink.saturating_mul(self.operations().try_into().unwrap_or(u32::MAX))
    }

    /// Means of the contestants on two virtual CPUs of 2026, which differ by an order of
    /// magnitude; where every item waits for the one before it, by two.
    fn per_operation(&self) -> Option<Duration> {
        Some(Duration::from_micros(if self.capacity == 1 { 6 } else { 1 }))
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("items", self.items),
            ("item_bytes", self.item_bytes),
            ("capacity", self.capacity),
            ("workers", self.workers),
            ("sink_us", self.sink.as_micros() as u64),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.pipeline
    }
}

#[cfg(test)]
mod tests {
    use super::{Backlog, PRESETS, Pipeline, Sums, parse};
    use crate::{Tally, Workload, body};
    use std::time::Duration;

    fn work(items: u64, laps: u64) -> Pipeline {
        let sink = Duration::from_micros(5);
        Pipeline { items, item_bytes: 64, capacity: 3, workers: 2, sink, laps }
    }

    #[test]
    fn an_item_owns_its_slice_of_the_stream_and_begins_with_its_id() {
        let source = work(1, 1).source();
        let stream = body::bytes(64 + 1021);
        for (id, place) in [(0u64, 0), (7, 7), (1020, 1020), (1021, 0), (5000, 5000 % 1021)] {
            let item = source.make(id, 9);
            assert_eq!(item.bytes[..8], id.to_le_bytes());
            assert_eq!(item.bytes[8..], stream[place + 8..place + 64]);
            let hash = body::hash(&item.bytes);
            let parsed = parse(item);
            assert_eq!((parsed.started_ns, parsed.id, parsed.bytes), (9, id, 64));
            assert_eq!(parsed.hash, hash);
        }
    }

    /// What one worker folds and what two do, in any order, is the same; a stage
    /// that is left out is not.
    #[test]
    fn sums_depend_on_every_stage_and_on_no_order() {
        let work = work(5, 1);
        let source = work.source();
        let parsed = |id| parse(source.make(id, 0));
        let (mut one, mut tally) = (Sums::default(), Tally::default());
        for id in [3, 1, 4, 0, 2] {
            tally.add(one.fold(parsed(id)).received);
        }
        let mut two = [Sums::default(); 2];
        (0..5).for_each(|id| _ = two[usize::from(id < 2)].fold(parsed(id)));
        let together = two[0].digest().wrapping_add(two[1].digest());
        assert_eq!(together, one.digest());
        let want = work.lap();
        assert_ne!(tally, want, "aggregate counts");
        tally.add_digest(one.digest());
        assert_eq!(tally, want);
        assert_ne!(one.fold(parsed(6)).received.hash, one.fold(parsed(7)).received.hash);
    }

    #[test]
    fn laps_repeat_the_same_items_and_one_precedes_them() {
        let (one, three) = (work(5, 1).expects(1), work(5, 3).expects(1));
        assert_eq!((one.ok, one.samples, three.ok, three.samples), (6, 5, 16, 15));
        assert_eq!((one.bytes, three.bytes), (6 * 64, 16 * 64));
        let first = work(5, 3).warm_up().lap().checksum;
        let lap = one.checksum.wrapping_sub(first);
        assert_eq!(three.checksum, lap.wrapping_mul(3).wrapping_add(first));
        assert_eq!(work(2, 3).ids().collect::<Vec<_>>(), [0, 1, 0, 1, 0, 1]);
        assert_eq!(work(2, 3).waits(1), Duration::from_micros(30));
    }

    /// Three channels of three, two workers in each of two stages, and both ends.
    #[test]
    fn what_is_in_flight_is_what_channels_and_hands_hold() {
        let work = work(5, 1);
        assert_eq!((work.hands(), work.in_flight()), (6, 15));
        assert_eq!(work.expects(work.in_flight()).queued_high, 15);
        assert_eq!(work.expects(1).queued_high, 1);
    }

    #[test]
    fn the_backlog_is_what_was_made_and_not_taken_in() {
        let backlog = Backlog::default();
        assert_eq!(backlog.of(3), 3);
        backlog.take();
        backlog.take();
        assert_eq!(backlog.of(3), 1);
    }

    #[test]
    fn presets_do_what_their_names_say() {
        for preset in &PRESETS {
            let Pipeline { item_bytes, capacity, workers, sink, .. } = preset.work;
            let bytes = match item_bytes {
                64 => "64b",
                4096 => "4kib",
                _ => "large",
            };
            let name = match sink.is_zero() {
                true => format!("cap{capacity}-w{workers}-{bytes}"),
                false => "slow-sink".to_string(),
            };
            assert_eq!(preset.name, name);
            assert!(preset.work.operations() > 3 * preset.work.in_flight() / 2, "{name} fills");
        }
    }
}
