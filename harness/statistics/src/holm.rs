//! Holm's correction of a family of comparisons.
//!
//! Thirty-six comparisons at 5 % each would give almost two false verdicts.
//! Holm's procedure keeps the chance of a single one in the whole family
//! within the level, and finds at least as much as Bonferroni's.
//!
//! Source: Holm (1979), "A simple sequentially rejective multiple test
//! procedure", Scandinavian Journal of Statistics 6, 65–70.

/// Adjusted p-values, in the order given: the smallest family-wise level at
/// which each comparison is decided, at most 1.
///
/// Source: R's `p.adjust(p, "holm")`.
pub fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut highest = 0.0_f64;
    for (position, at) in ascending(p).into_iter().enumerate() {
        let factor = (p.len() - position) as f64;
        highest = highest.max((p[at] * factor).min(1.0));
        adjusted[at] = highest;
    }
    adjusted
}

/// The misrate of the interval that belongs to each comparison at the
/// family-wise level `alpha`, in the order given.
///
/// The comparison at position i (from 0) of the m ascending p-values has
/// `alpha / (m − i)` as long as all before it are decided; the first that is
/// not, at position k, and all after it have `alpha / (m − k)`. So `p` is at
/// most its level exactly where Holm decides, and an interval at that level
/// excludes "no difference" exactly there.
///
/// Each interval holds at its own level. They are no simultaneous set: the
/// chance that all of them cover at once is below `1 − alpha`, and what holds
/// family-wise are the decisions.
///
/// Source: Holm (1979), §3, the levels of the step-down procedure.
pub fn levels(p: &[f64], alpha: f64) -> Vec<f64> {
    let mut levels = vec![alpha; p.len()];
    let mut stopped = None;
    for (position, at) in ascending(p).into_iter().enumerate() {
        let level = stopped.unwrap_or(alpha / (p.len() - position) as f64);
        levels[at] = level;
        // Not `p > level`: a p that is NaN decides nothing.
        if stopped.is_none() && !matches!(p[at].partial_cmp(&level), Some(o) if o.is_le()) {
            stopped = Some(level);
        }
    }
    levels
}

/// Positions of `p` in ascending order of its values; equal ones keep theirs.
fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::{adjusted, levels};

    fn close(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        for (got_one, want_one) in got.iter().zip(want) {
            assert!((got_one - want_one).abs() < 1e-12, "{got:?} {want:?}");
        }
    }

    #[test]
    fn adjusted_p_values() {
        let check = |p: &[f64], want: &[f64]| close(&adjusted(p), want);
        check(&[], &[]);
        check(&[0.3], &[0.3]);
        // Source: R, p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
        check(&[0.01, 0.04, 0.03, 0.005], &[0.03, 0.06, 0.06, 0.02]);
        check(&[0.9, 0.8, 1.0], &[1.0, 1.0, 1.0]);
        check(&[0.02, 0.02, 0.02], &[0.06, 0.06, 0.06]);
    }

    #[test]
    fn levels_stop_at_the_first_undecided() {
        let check = |p: &[f64], want: &[f64]| close(&levels(p, 0.06), want);
        check(&[], &[]);
        check(&[0.3], &[0.06]);
        check(&[0.01, 0.04, 0.03, 0.005], &[0.02, 0.06, 0.03, 0.015]);
        // 0.04 would pass the level of the last place, but 0.035 stops before.
        check(&[0.04, 0.001, 0.035], &[0.03, 0.02, 0.03]);
        check(&[0.9, 0.8, 1.0], &[0.02, 0.02, 0.02]);
        check(&[0.001, 0.001, 0.001], &[0.02, 0.03, 0.06]);
        check(&[f64::NAN, 0.001], &[0.06, 0.03]);
    }

    #[test]
    fn a_level_decides_what_the_adjusted_p_decides() {
        let mut rng = fastrand::Rng::with_seed(11);
        let (mut decided, mut open) = (0, 0);
        for _ in 0..2_000 {
            let p: Vec<f64> = (0..rng.usize(1..40)).map(|_| rng.f64().powi(6)).collect();
            let alpha = rng.f64() * 0.2;
            for ((p, holm), level) in p.iter().zip(adjusted(&p)).zip(levels(&p, alpha)) {
                assert_eq!(*p <= level, holm <= alpha, "{p} {holm} {level} {alpha}");
                if holm <= alpha { decided += 1 } else { open += 1 }
            }
        }
        assert!(decided > 1_000 && open > 1_000, "{decided} {open}");
    }
}
