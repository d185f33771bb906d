//! Intervals must cover the truth as often as they say.

use triathlon_statistics::signed_rank::centre;
use triathlon_statistics::verdict::log_ratios;

use crate::machine::Machine;
use crate::share;

const RUNS: u32 = 40_000;

#[test]
fn intervals_cover_the_true_ratio() {
    let truth = 1.3_f64;
    let check = |rounds: u64, bursts| {
        let mut rng = fastrand::Rng::with_seed(rounds);
        let machine = Machine { noise: 0.05, drift: 0.05, bursts };
        let mut covered = 0;
        for _ in 0..RUNS {
            let run = machine.run(&mut rng, &[truth, 1.0], rounds);
            let found = centre(&log_ratios(&run[0], &run[1]), 0.05).unwrap();
            covered += u32::from((found.low..=found.high).contains(&truth.ln()));
        }
        let what = format!("coverage, {rounds} rounds, {bursts} in bursts");
        share(&what, covered, RUNS, 0.945..=0.975);
    };
    check(6, 0.0);
    check(10, 0.0);
    check(15, 0.0);
    check(30, 0.0);
    check(15, 0.1);
}
