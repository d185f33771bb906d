//! Runs of identical contestants: nobody may win.

use triathlon_statistics::verdict::{Pair, Verdict, margin, pairs};

use crate::machine::Machine;
use crate::share;

const RUNS: u32 = 2_000;

fn decides(pairs: &[Pair]) -> bool {
    pairs.iter().any(|pair| matches!(pair.verdict, Verdict::Lower | Verdict::Higher))
}

#[test]
fn identical_contestants_are_told_apart_in_at_most_6_percent_of_runs() {
    let mut rng = fastrand::Rng::with_seed(2_000);
    let (mut with_margin, mut holm_alone, mut uncorrected) = (0, 0, 0);
    for _ in 0..RUNS {
        let noise = 0.02 + 0.08 * rng.f64();
        let machine = Machine { noise, drift: 0.05, bursts: 0.1 };
        let run = machine.run(&mut rng, &[1.0; 10], 15);
        let (twin, members) = run.split_first().unwrap();
        let found = pairs(members, margin(twin, &members[0]), 0.05);
        with_margin += u32::from(decides(&found));
        holm_alone += u32::from(decides(&pairs(members, 1.0, 0.05)));
        uncorrected += u32::from(found.iter().any(|pair| pair.p <= 0.05));
    }
    share("null runs, a false verdict", with_margin, RUNS, 0.0..=0.06);
    // The margin must not hide that the correction is wrong; and a correction
    // that never errs has no power.
    share("null runs, margin 1, a false verdict", holm_alone, RUNS, 0.005..=0.06);
    // What this simulation would say without the correction.
    share("null runs, a p below 5 % uncorrected", uncorrected, RUNS, 0.3..=1.0);
}
