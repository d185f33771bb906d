//! A contestant that is 5 % slower must be found.

use triathlon_statistics::verdict::{Pair, Verdict, margin, pairs};

use crate::machine::Machine;
use crate::share;

const RUNS: u32 = 5_000;

/// How often the ninth contestant is found to be higher than the reference, by
/// a margin of 2 % and by that of the twin.
fn found(slower: f64) -> (u32, u32) {
    let mut rng = fastrand::Rng::with_seed(5_000);
    let machine = Machine { noise: 0.02, drift: 0.05, bursts: 0.0 };
    let mut truth = [1.0; 10];
    truth[9] = slower;
    let last = |pairs: &[Pair]| {
        let last = pairs.iter().find(|pair| (pair.a, pair.b) == (0, 8)).unwrap();
        u32::from(last.verdict == Verdict::Lower)
    };
    let (mut fixed, mut of_twin) = (0, 0);
    for _ in 0..RUNS {
        let run = machine.run(&mut rng, &truth, 15);
        let (twin, members) = run.split_first().unwrap();
        fixed += last(&pairs(members, 1.02, 0.05));
        of_twin += last(&pairs(members, margin(twin, &members[0]), 0.05));
    }
    (fixed, of_twin)
}

#[test]
fn five_percent_are_found() {
    let (fixed, of_twin) = found(1.05);
    share("power, +5 %, margin 2 %", fixed, RUNS, 0.95..=1.0);
    share("power, +5 %, margin of the twin", of_twin, RUNS, 0.95..=1.0);
}

#[test]
fn one_percent_is_below_the_margin() {
    let (fixed, of_twin) = found(1.01);
    share("power, +1 %, margin 2 %", fixed, RUNS, 0.0..=0.05);
    share("power, +1 %, margin of the twin", of_twin, RUNS, 0.0..=0.05);
}
