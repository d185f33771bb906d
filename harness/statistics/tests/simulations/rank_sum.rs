//! The shift between two runs: how often its interval covers the true one, and how
//! often runs of one and the same thing differ.

use triathlon_statistics::rank_sum::{p_value, shift};

use crate::machine::{laplace, normal};
use crate::share;

const RUNS: u32 = 20_000;

fn sample(rng: &mut fastrand::Rng, n: usize, mean: f64, spread: f64, tails: bool) -> Vec<f64> {
    let draw = |rng: &mut fastrand::Rng| if tails { laplace(rng) } else { normal(rng) };
    (0..n).map(|_| mean + spread * draw(rng)).collect()
}

#[test]
fn intervals_cover_the_true_shift() {
    let truth = 0.1;
    let check = |(from, to): (usize, usize), spread: f64, tails: bool, covers| {
        let mut rng = fastrand::Rng::with_seed((from * 100 + to) as u64);
        let mut covered = 0;
        for _ in 0..RUNS {
            let a = sample(&mut rng, from, 0.0, 0.05, tails);
            let b = sample(&mut rng, to, truth, 0.05 * spread, tails);
            let found = shift(&a, &b, 0.05).unwrap();
            covered += u32::from((found.low..=found.high).contains(&truth));
        }
        let what = format!("coverage, {from} and {to} rounds, spread {spread}, tails {tails}");
        share(&what, covered, RUNS, covers);
    };
    check((6, 6), 1.0, false, 0.945..=0.975);
    check((15, 15), 1.0, false, 0.945..=0.975);
    check((15, 30), 1.0, false, 0.945..=0.975);
    check((15, 15), 1.0, true, 0.945..=0.975);
    // A run that is twice, or four times, as noisy as the other.
    check((15, 15), 2.0, false, 0.940..=0.975);
    check((15, 15), 4.0, false, 0.925..=0.975);
}

#[test]
fn what_did_not_change_is_seldom_decided() {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut decided = 0;
    for _ in 0..RUNS {
        let a = sample(&mut rng, 15, 0.0, 0.05, false);
        let b = sample(&mut rng, 15, 0.0, 0.05, false);
        decided += u32::from(p_value(&a, &b).unwrap() <= 0.05);
    }
    share("p at most 0.05 without a shift", decided, RUNS, 0.040..=0.053);
}
