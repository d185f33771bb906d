//! A token that goes round: what handing over costs.

use std::time::Duration;

use crate::mix::mix;
use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, Received, Setting, Tally};

/// What lies between two members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    /// A channel of the style in memory, with room for one token.
    Memory,
    /// A connected pair of Unix stream sockets.
    Sockets,
}

/// Members in a ring, each of which hands the token to the next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ring {
    /// Threads or tasks; at least two.
    pub members: u64,
    /// What lies between two of them.
    pub medium: Medium,
    /// Whether all of them share one CPU; otherwise they have those of the contestant.
    pub one_cpu: bool,
    /// How often the token goes round.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    (members, laps): (u64, u64),
    medium: Medium,
    one_cpu: bool,
    include: Include,
) -> Preset<Ring> {
    Preset { name, work: Ring { members, medium, one_cpu, laps }, include }
}

/// The chart draws the first preset at each number of members and medium: those that are
/// not kept on one CPU. A preset has as many hops as all others of its medium.
static PRESETS: [Preset<Ring>; 12] = [
    preset("n2-memory", (2, 50_000), Medium::Memory, false, Include::ByFilter),
    preset("n100-memory", (100, 1000), Medium::Memory, false, Include::Headline),
    preset("n500-memory", (500, 200), Medium::Memory, false, Include::Thorough),
    preset("n2-sockets", (2, 20_000), Medium::Sockets, false, Include::ByFilter),
    preset("n100-sockets", (100, 400), Medium::Sockets, false, Include::ByFilter),
    preset("n500-sockets", (500, 80), Medium::Sockets, false, Include::Thorough),
    preset("n2-memory-one-cpu", (2, 50_000), Medium::Memory, true, Include::ByFilter),
    preset("n100-memory-one-cpu", (100, 1000), Medium::Memory, true, Include::ByFilter),
    preset("n500-memory-one-cpu", (500, 200), Medium::Memory, true, Include::ByFilter),
    preset("n2-sockets-one-cpu", (2, 20_000), Medium::Sockets, true, Include::ByFilter),
    preset("n100-sockets-one-cpu", (100, 400), Medium::Sockets, true, Include::ByFilter),
    preset("n500-sockets-one-cpu", (500, 80), Medium::Sockets, true, Include::Thorough),
];

/// Laps before the window, by a token of their own: every member has then waited once.
pub const WARM_UP: u64 = 1;

/// What goes round: how often it was taken, and a hash of all who took it, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Token {
    hops: u32,
    hash: u32,
}

impl Token {
    /// Bytes of a token on a socket.
    pub const BYTES: usize = 8;

    /// The token as the member that has just taken it signs it.
    #[inline]
    #[must_use]
    pub fn taken_by(self, member: u64) -> Self {
        let Self { hops, hash } = self;
        let seen = u64::from(hash) << 32 | (member + 1);
        Self { hops: hops + 1, hash: (mix(seen) >> 32) as u32 }
    }

    /// What its taker counts: one hop, and what the token has become.
    #[inline]
    pub fn received(self) -> Received {
        let hash = u64::from(self.hops) << 32 | u64::from(self.hash);
        Received { status: 200, bytes: Self::BYTES as u64, hash: mix(hash) }
    }

    /// As it goes through a socket.
    #[inline]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        (u64::from(self.hops) << 32 | u64::from(self.hash)).to_le_bytes()
    }

    /// As it comes out of a socket.
    #[inline]
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let both = u64::from_le_bytes(bytes);
        Self { hops: (both >> 32) as u32, hash: both as u32 }
    }
}

impl Ring {
    /// Checks that so many threads fit on this machine, and the ends of all pairs.
    ///
    /// # Errors
    /// The limit that binds, as a sentence for the report.
    pub fn fits(&self, setting: &Setting, threads: u64) -> Result<(), String> {
        let ends = match self.medium {
            Medium::Memory => 0,
            Medium::Sockets => 2 * self.members,
        };
        setting.fits(ends, threads)
    }

    /// What all members together count of a new token in so many laps: the first, who
    /// has it, hands it to the second, and takes it from the last.
    fn counts(&self, laps: u64) -> Tally {
        let (mut token, mut tally) = (Token::default(), Tally::default());
        for _ in 0..laps {
            for member in (1..self.members).chain([0]) {
                token = token.taken_by(member);
                tally.add(token.received());
            }
        }
        tally
    }
}

impl Workload for Ring {
    type Task = Self;

    const NAME: &'static str = "ring";
    const CATEGORY: Category = Category::Runtime;
    const QUESTION: &'static str =
        "What does it cost to hand over from one task or thread to the next?";
    const TIMED: &'static str = "From before the first member hands the token on until it has it back from its last lap. \
         Threads, tasks, channels and pairs of sockets are made before the window, one lap \
         precedes it, and all are joined after it; the first member of a runtime or pool is \
         started inside. The token has 8 bytes, and each member signs it, so that the sum of \
         what they saw says who had it when. A hop is one handing over; service times are \
         those of a lap, divided by its hops. In memory, channels have room for one. On one \
         CPU, all threads of the contestant are pinned to it and runtimes have one worker. \
         blocking and rayon are absent. No server takes part, so the contestant otherwise has \
         all CPUs.";
    const OPERATION: &'static str = "hop";
    const CHART: Chart = Chart {
        over: "members",
        over_label: "members of the ring",
        panel: "sockets",
        panel_label: "over pairs of sockets",
        panel_zero: "over channels in memory",
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
        self.members * self.laps
    }

    fn per_sample(&self) -> u64 {
        self.members
    }

    fn cpus(&self) -> Option<u64> {
        self.one_cpu.then_some(1)
    }

    fn expects(&self, _concurrency: u64) -> Expected {
        let mut tally = self.counts(WARM_UP);
        tally.merge(self.counts(self.laps));
        Expected {
            ok: tally.ok,
            samples: self.laps,
            bytes: tally.bytes,
            checksum: tally.checksum,
            ..Expected::default()
        }
    }

    fn at_once(&self) -> Option<u64> {
        // Tokens, not members: a lap begins when the one before it is over.
        Some(1)
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        Duration::ZERO
    }

    /// Between a task in memory, which takes a fraction of one, and a thread that wakes
    /// another on an idle CPU.
    fn per_operation(&self) -> Option<Duration> {
        Some(Duration::from_micros(match self.medium {
            Medium::Memory => 3,
            Medium::Sockets => 8,
        }))
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("members", self.members),
            ("sockets", u64::from(self.medium == Medium::Sockets)),
            ("one_cpu", u64::from(self.one_cpu)),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.ring
    }
}

#[cfg(test)]
mod tests {
    use super::{Medium, PRESETS, Ring, Token};
    use crate::{Limits, Login, Pace, Setting, Tally, Workload};

    fn work(members: u64, laps: u64) -> Ring {
        Ring { members, medium: Medium::Sockets, one_cpu: false, laps }
    }

    /// What is counted if the token goes by these members.
    fn seen(takers: &[u64]) -> Tally {
        let (mut token, mut tally) = (Token::default(), Tally::default());
        for member in takers {
            token = token.taken_by(*member);
            tally.add(token.received());
        }
        tally
    }

    #[test]
    fn the_token_goes_from_the_first_to_the_second_and_back_from_the_last() {
        assert_eq!(work(3, 2).counts(2), seen(&[1, 2, 0, 1, 2, 0]));
        assert_eq!(work(2, 1).counts(1), seen(&[1, 0]));
    }

    /// As many hops, and each member as often: only who had it when differs.
    #[test]
    fn the_sum_says_who_had_the_token_when() {
        let right = work(4, 2).counts(2);
        for wrong in [
            [2, 1, 3, 0, 1, 2, 3, 0], // two changed places
            [1, 2, 3, 0, 2, 1, 3, 0], // later
            [3, 2, 1, 0, 3, 2, 1, 0], // the other way round
            [1, 1, 3, 0, 1, 2, 3, 0], // one twice, one not
        ] {
            let wrong = seen(&wrong);
            assert_eq!((wrong.ok, wrong.bytes), (right.ok, right.bytes));
            assert_ne!(wrong.checksum, right.checksum);
        }
        let lost = seen(&[1, 2, 3, 0, 1, 2, 3]);
        assert_eq!(lost.ok, right.ok - 1);
    }

    #[test]
    fn a_token_comes_out_of_a_socket_as_it_went_in() {
        let token = (1..100).fold(Token::default(), Token::taken_by);
        assert_eq!(Token::from_bytes(token.to_bytes()), token);
        assert_eq!(token.to_bytes()[4..], 99u32.to_le_bytes());
        assert_ne!(Token::from_bytes(token.to_bytes()), token.taken_by(0));
    }

    #[test]
    fn a_lap_precedes_the_window_and_has_no_sample() {
        let (expected, laps) = (work(5, 3).expects(1), work(5, 3).counts(3));
        let warm_up = work(5, 1).counts(1);
        assert_eq!((expected.ok, expected.samples, expected.bytes), (20, 3, 160));
        assert_eq!(expected.checksum, laps.checksum.wrapping_add(warm_up.checksum));
        assert_eq!((work(5, 3).operations(), work(5, 3).per_sample()), (15, 5));
    }

    #[test]
    fn both_ends_of_every_pair_need_a_descriptor() {
        let check = |work: Ring, descriptors, threads, want: Option<&str>| {
            let setting = Setting {
                server: "127.0.0.1:1".parse().unwrap(),
                workers: 1,
                flavour: "",
                limits: Limits { descriptors, threads, ..Limits::NONE },
                pace: Pace::default(),
                files: None,
                login: Login::default(),
            };
            let found = work.fits(&setting, work.members).err();
            assert_eq!(found.is_some(), want.is_some(), "{found:?}");
            assert!(found.unwrap_or_default().contains(want.unwrap_or_default()));
        };
        check(work(500, 1), 1064, 500, None);
        check(work(500, 1), 1063, 500, Some("needs 1064 descriptors"));
        check(work(500, 1), 1064, 499, Some("needs 500 threads"));
        check(Ring { medium: Medium::Memory, ..work(500, 1) }, 64, 500, None);
    }

    #[test]
    fn presets_do_what_their_names_say() {
        for preset in &PRESETS {
            let Ring { members, medium, one_cpu, .. } = preset.work;
            let (medium, hops) = match medium {
                Medium::Memory => ("memory", 100_000),
                Medium::Sockets => ("sockets", 40_000),
            };
            let end = if one_cpu { "-one-cpu" } else { "" };
            assert_eq!(preset.name, format!("n{members}-{medium}{end}"));
            assert_eq!(preset.work.operations(), hops, "{}", preset.name);
            assert_eq!(preset.work.cpus(), one_cpu.then_some(1), "{}", preset.name);
        }
    }
}
