//! What is done to a request instead of answering it, by seeded share.

use serde::Serialize;

use crate::draws::below;

/// What is done instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is closed without an answer.
    Drop,
    /// Nothing, until the client closes or the trial ends.
    Hang,
    /// The connection is reset.
    Reset,
    /// Bytes that are no HTTP, and the connection is closed.
    Garbage,
    /// Status 500, no body; the connection lives on.
    Error,
}

/// How many kinds there are.
pub(crate) const KINDS: usize = 5;
/// All kinds, each at the index of its number.
const ALL: [Fault; KINDS] = [Fault::Drop, Fault::Hang, Fault::Reset, Fault::Garbage, Fault::Error];

/// Per cent of each kind, together no more than 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares([u64; KINDS]);

impl Shares {
    /// In the order of [`Fault`]; nothing if they are more than 100 together.
    pub(crate) fn new(per_cent: [u64; KINDS]) -> Option<Self> {
        let sum = per_cent.iter().try_fold(0u64, |sum, share| sum.checked_add(*share));
        sum.is_some_and(|sum| sum <= 100).then_some(Self(per_cent))
    }

    /// The fault for a word of 64 uniform bits. The kinds have the lowest of
    /// hundred equal parts, in their order; the rest is answered.
    pub(crate) fn pick(self, word: u64) -> Option<Fault> {
        let part = below(100, word);
        let mut end = 0;
        ALL.into_iter().zip(self.0).find_map(|(fault, share)| {
            end += share;
            (part < end).then_some(fault)
        })
    }
}

/// How many of each, as `/counters` answers it.
#[derive(Debug, Serialize)]
pub(crate) struct FaultsRecord {
    dropped: u64,
    hung: u64,
    reset: u64,
    garbage: u64,
    errors: u64,
}

impl From<[u64; KINDS]> for FaultsRecord {
    fn from([dropped, hung, reset, garbage, errors]: [u64; KINDS]) -> Self {
        Self { dropped, hung, reset, garbage, errors }
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Fault, KINDS, Shares};
    use crate::draws::Stream;

    /// The first word of the part with this number, of a hundred.
    fn word(part: u64) -> u64 {
        (u64::MAX / 100 + 1) * part
    }

    #[test]
    fn every_kind_has_its_own_part() {
        let shares = Shares::new([1, 2, 3, 4, 5]).unwrap();
        let kinds: Vec<_> = (0..100).map(|part| shares.pick(word(part))).collect();
        let count = |kind| kinds.iter().filter(|have| **have == kind).count();
        assert_eq!(ALL.map(|fault| count(Some(fault))), [1, 2, 3, 4, 5]);
        assert_eq!(count(None), 85);
        assert_eq!((kinds[0], kinds[14]), (Some(Fault::Drop), Some(Fault::Error)));
        assert!(ALL.into_iter().enumerate().all(|(index, fault)| fault as usize == index));
    }

    #[test]
    fn shares_of_nothing_and_of_all() {
        let words = [0, u64::MAX / 2, u64::MAX];
        let nothing = Shares::new([0; KINDS]).unwrap();
        assert_eq!(words.map(|word| nothing.pick(word)), [None; 3]);
        let all = Shares::new([0, 0, 0, 100, 0]).unwrap();
        assert_eq!(words.map(|word| all.pick(word)), [Some(Fault::Garbage); 3]);
        assert_eq!(Shares::new([50, 0, 0, 0, 51]), None);
        assert_eq!(Shares::new([u64::MAX, 1, 0, 0, 0]), None);
    }

    #[test]
    fn drawn_shares_are_those_asked_for() {
        const N: usize = 100_000;
        let (stream, shares) = (Stream::new(3), Shares::new([1, 1, 2, 5, 10]).unwrap());
        let drawn: Vec<_> = (0..N).map(|_| shares.pick(stream.next())).collect();
        for (fault, per_cent) in ALL.into_iter().zip(shares.0) {
            let have = drawn.iter().filter(|it| **it == Some(fault)).count() as f64;
            let share = per_cent as f64 / 100.0;
            let deviation = (N as f64 * share * (1.0 - share)).sqrt();
            assert!((have - N as f64 * share).abs() < 4.0 * deviation, "{fault:?}: {have}");
        }
    }
}
