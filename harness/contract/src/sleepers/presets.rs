//! The presets.

use std::time::Duration;

use super::Sleepers;
use super::Variant::{self, Deep, Joined, Socket, Timer, Touched};
use crate::workload::Include::{self, ByFilter, Cited, Headline, Thorough};
use crate::workload::Preset;

/// Most that is asked for.
pub(super) const MOST: u64 = 1_000_000;

const fn held(
    name: &'static str,
    variant: Variant,
    sleepers: u64,
    include: Include,
) -> Preset<Sleepers> {
    let work = Sleepers { sleepers, most: false, bound: None, variant, sleep: None, laps: 1 };
    Preset { name, work, include }
}

const fn late(
    name: &'static str,
    (sleep_us, sleepers, laps): (u64, u64, u64),
    include: Include,
) -> Preset<Sleepers> {
    let sleep = Some(Duration::from_micros(sleep_us));
    let variant = Variant::Timer;
    Preset {
        name,
        work: Sleepers { sleepers, most: false, bound: None, variant, sleep, laps },
        include,
    }
}

/// A slope needs three numbers of sleepers. Sockets end at five thousand pairs, because
/// each has two descriptors. Laps of the second kind give some seconds of sleep at most.
pub(super) static PRESETS: [Preset<Sleepers>; 36] = [
    held("n1", Timer, 1, ByFilter),
    held("n100", Timer, 100, Cited),
    held("n1000", Timer, 1000, Cited),
    held("n10000", Timer, 10_000, Headline),
    held("n100000", Timer, 100_000, ByFilter),
    held("n1000000", Timer, 1_000_000, ByFilter),
    Preset {
        name: "most",
        work: Sleepers {
            sleepers: MOST,
            most: true,
            bound: None,
            variant: Timer,
            sleep: None,
            laps: 1,
        },
        include: ByFilter,
    },
    held("joined-n100", Joined, 100, ByFilter),
    held("joined-n1000", Joined, 1000, ByFilter),
    held("joined-n10000", Joined, 10_000, Thorough),
    held("joined-n100000", Joined, 100_000, ByFilter),
    held("joined-n1000000", Joined, 1_000_000, ByFilter),
    held("socket-n100", Socket, 100, Cited),
    held("socket-n1000", Socket, 1000, Cited),
    held("socket-n5000", Socket, 5000, Cited),
    held("deep-n100", Deep, 100, ByFilter),
    held("deep-n1000", Deep, 1000, ByFilter),
    held("deep-n10000", Deep, 10_000, ByFilter),
    held("deep-n100000", Deep, 100_000, ByFilter),
    held("touched-n100", Touched, 100, ByFilter),
    held("touched-n1000", Touched, 1000, ByFilter),
    held("touched-n10000", Touched, 10_000, ByFilter),
    held("touched-n100000", Touched, 100_000, ByFilter),
    late("late-100us-n1", (100, 1, 1000), ByFilter),
    late("late-1ms-n1", (1000, 1, 1000), ByFilter),
    late("late-10ms-n1", (10_000, 1, 100), ByFilter),
    late("late-100ms-n1", (100_000, 1, 20), ByFilter),
    late("late-100us-n1000", (100, 1000, 100), ByFilter),
    late("late-1ms-n1000", (1000, 1000, 100), Thorough),
    late("late-10ms-n1000", (10_000, 1000, 50), ByFilter),
    late("late-100ms-n1000", (100_000, 1000, 20), ByFilter),
    late("late-100us-n100000", (100, 100_000, 5), ByFilter),
    late("late-1ms-n100000", (1000, 100_000, 5), ByFilter),
    late("late-10ms-n100000", (10_000, 100_000, 5), ByFilter),
    late("late-100ms-n100000", (100_000, 100_000, 5), ByFilter),
    late("late-1s-n100000", (1_000_000, 100_000, 3), ByFilter),
];
