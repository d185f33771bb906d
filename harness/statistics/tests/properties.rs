//! What must hold for any data: random values with ties and zeros.

use pragmastat::{Sample, center, center_bounds};
use triathlon_statistics::signed_rank::{Centre, centre, least_p, p_value};
use triathlon_statistics::verdict::{Rounds, pairs};

/// Values of four kinds: continuous, coarse so that many are tied or zero,
/// logarithms of coarse ratios, and mostly zeros.
fn random(rng: &mut fastrand::Rng, n: usize) -> Vec<f64> {
    let (kind, centre) = (rng.u8(0..4), rng.f64() - 0.5);
    let value = |rng: &mut fastrand::Rng| {
        let value = (rng.f64() - 0.5 + centre) * 0.2;
        match kind {
            0 => value,
            1 => (value * 40.0).round() / 40.0,
            2 => ((1.0 + value) * 40.0).round().ln() - 40.0_f64.ln(),
            _ => value * f64::from(rng.u8(0..4) / 3),
        }
    };
    (0..n).map(|_| value(rng)).collect()
}

fn excludes_zero(interval: &Centre) -> bool {
    interval.low > 0.0 || interval.high < 0.0
}

#[test]
fn an_interval_excludes_zero_if_and_only_if_p_is_at_most_its_level() {
    let mut rng = fastrand::Rng::with_seed(17);
    let (mut outside, mut inside) = (0, 0);
    for _ in 0..3_000 {
        let size = if rng.u8(..) == 0 { rng.usize(60..120) } else { rng.usize(1..31) };
        let values = random(&mut rng, size);
        let p = p_value(&values).unwrap();
        // At p itself, next to it, at 1 % and 5 %, and at random.
        let levels = [p, p.next_down(), p.next_up(), 0.05, 0.01, rng.f64(), rng.f64().powi(8)];
        for level in levels {
            let Some(found) = centre(&values, level) else {
                assert!(level >= 1.0 || least_p(size) > level, "{size} {level}");
                continue;
            };
            assert_eq!(excludes_zero(&found), p <= level, "{values:?} {p} {level} {found:?}");
            assert!(found.misrate <= level && found.low <= found.centre, "{found:?}");
            assert!(found.centre <= found.high, "{found:?}");
            if p <= level { outside += 1 } else { inside += 1 }
        }
    }
    assert!(outside > 2_000 && inside > 2_000, "{outside} {inside}");
}

#[test]
fn intervals_are_those_of_pragmastat() {
    let mut rng = fastrand::Rng::with_seed(19);
    for _ in 0..3_000 {
        let size = rng.usize(2..50);
        let values = random(&mut rng, size);
        let sample = Sample::new(values.clone()).unwrap();
        let Some(got) = centre(&values, rng.f64().powi(4)) else { continue };
        // It takes the first rank whose level is at least the one asked for.
        let want = center_bounds(&sample, got.misrate).unwrap();
        let centre = center(&sample).unwrap().value;
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        let same = close(got.low, want.lower) && close(got.high, want.upper);
        assert!(same && close(got.centre, centre), "{values:?} {got:?} {want:?}");
    }
}

#[test]
fn the_interval_of_a_pair_excludes_1_if_and_only_if_holm_decides_it() {
    let mut rng = fastrand::Rng::with_seed(23);
    let (mut decided, mut open) = (0, 0);
    for _ in 0..300 {
        let n = rng.usize(12..31);
        let levels: Vec<f64> = (0..9).map(|_| 1.0 + 0.1 * rng.f64()).collect();
        let noise = 0.01 + 0.1 * rng.f64();
        let member = |level: &f64| {
            let value = |at| (at, level * (1.0 + noise * (rng.f64() - 0.5)));
            (0..n as u64).map(value).collect::<Rounds>()
        };
        let members: Vec<Rounds> = levels.iter().map(member).collect();
        for pair in pairs(&members, 1.02, 0.05) {
            let excludes = pair.low > 1.0 || pair.high < 1.0;
            assert_eq!(excludes, pair.p_holm <= 0.05, "{pair:?}");
            if excludes { decided += 1 } else { open += 1 }
        }
    }
    assert!(decided > 1_000 && open > 1_000, "{decided} {open}");
}
