//! Random numbers of a trial, from its seed.
//!
//! splitmix64, because its state only counts: any number of tasks draw from one
//! stream without a lock, and each output is drawn exactly once. Source: Steele,
//! Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Seed of a trial that names none.
pub(crate) const DEFAULT_SEED: u64 = 1;

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// One stream: the k-th request that draws from it gets its k-th output.
pub(crate) struct Stream {
    state: AtomicU64,
}

impl Stream {
    /// The outputs of splitmix64 from `state`.
    pub(crate) fn new(state: u64) -> Self {
        Self { state: AtomicU64::new(state) }
    }

    /// 64 uniform bits.
    pub(crate) fn next(&self) -> u64 {
        let mut word = self.state.fetch_add(STEP, Relaxed).wrapping_add(STEP);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

/// A stream for each kind of endpoint, so that what one draws is the same
/// whether or not the others are used in between.
pub(crate) struct Draws {
    pub(crate) delays: Stream,
    pub(crate) queue: Stream,
    pub(crate) faults: Stream,
    pub(crate) queries: Stream,
}

impl Draws {
    /// Streams whose states are the first four outputs from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        let states = Stream::new(seed);
        let stream = || Stream::new(states.next());
        Self { delays: stream(), queue: stream(), faults: stream(), queries: stream() }
    }
}

/// `word` of 64 uniform bits as one of `0..range`, each equally likely to within
/// `range` / 2^64.
pub(crate) fn below(range: u64, word: u64) -> u64 {
    ((u128::from(range) * u128::from(word)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::{Draws, Stream, below};

    #[test]
    fn the_outputs_are_those_published() {
        // Java's SplittableRandom and Vigna's splitmix64.c, from state 1234567.
        let stream = Stream::new(1_234_567);
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(published.map(|_| stream.next()), published);
    }

    #[test]
    fn a_seed_gives_a_sequence_and_each_stream_its_own() {
        let first = |stream: &Stream| [(); 100].map(|()| stream.next());
        let (one, again, other) = (Draws::new(7), Draws::new(7), Draws::new(8));
        let delays = first(&one.delays);
        again.faults.next();
        assert_eq!(first(&again.delays), delays, "other streams do not matter");
        let others = [&one.queue, &one.faults, &one.queries, &other.delays].map(first);
        assert!(others.iter().flatten().all(|word| !delays.contains(word)));
    }

    #[test]
    fn below_covers_its_range() {
        assert_eq!((below(100, 0), below(100, u64::MAX)), (0, 99));
        assert_eq!((below(1, u64::MAX), below(2, 1 << 63)), (0, 1));
    }
}
