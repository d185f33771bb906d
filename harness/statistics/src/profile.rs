//! Performance profiles: how often a contestant is within a factor of the best.

/// For each contestant the steps `(tau, share)`, ascending in both: it is
/// within the factor `tau` (1 or more) of the best on this `share` of the
/// problems.
///
/// `costs` is problem × contestant; lower is better. A cost that is `None`,
/// negative, NaN or infinite is a failure: it never comes within any factor,
/// but its problem still counts, also one that all fail. Where the best cost
/// is zero, only zero is within a factor of it. Rows may be of unequal length.
///
/// A contestant's share at 1 is how often it is the best; its last share is
/// how often it did not fail. One that always fails has no step.
///
/// Source: Dolan and Moré (2002), doi 10.1007/s101070100263, eq. (1) and (2).
pub fn profile(costs: &[Vec<Option<f64>>]) -> Vec<Vec<(f64, f64)>> {
    let contestants = costs.iter().map(Vec::len).max().unwrap_or(0);
    let mut factors = vec![Vec::new(); contestants];
    for problem in costs {
        let valid = |cost: &Option<f64>| cost.filter(|cost| cost.is_finite() && *cost >= 0.0);
        let best = problem.iter().filter_map(valid).fold(f64::INFINITY, f64::min);
        for (contestant, cost) in problem.iter().enumerate() {
            if let Some(factor) = valid(cost).and_then(|cost| factor(cost, best)) {
                factors[contestant].push(factor);
            }
        }
    }
    factors.into_iter().map(|factors| steps(factors, costs.len())).collect()
}

fn factor(cost: f64, best: f64) -> Option<f64> {
    let factor = if cost == best { 1.0 } else { cost / best };
    factor.is_finite().then_some(factor)
}

/// The distribution function of `factors` as its steps, in shares of
/// `problems`.
fn steps(mut factors: Vec<f64>, problems: usize) -> Vec<(f64, f64)> {
    factors.sort_by(f64::total_cmp);
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (at, factor) in factors.into_iter().enumerate() {
        let share = (at + 1) as f64 / problems as f64;
        match steps.last_mut() {
            Some(last) if last.0 == factor => last.1 = share,
            _ => steps.push((factor, share)),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::profile;

    type Costs<'a> = &'a [&'a [Option<f64>]];

    #[test]
    fn steps_of_each_contestant() {
        let check = |costs: Costs, want: &[&[(f64, f64)]]| {
            let costs: Vec<_> = costs.iter().map(|row| row.to_vec()).collect();
            assert_eq!(profile(&costs), want);
        };
        check(&[], &[]);
        check(&[&[Some(4.0)]], &[&[(1.0, 1.0)]]);
        check(
            &[&[Some(1.0), Some(2.0)], &[Some(6.0), Some(2.0)]],
            &[&[(1.0, 0.5), (3.0, 1.0)], &[(1.0, 0.5), (2.0, 1.0)]],
        );
        // A tie for the best; equal factors are one step.
        let tied: &[Option<f64>] = &[Some(1.0), Some(1.0)];
        check(&[tied, tied], &[&[(1.0, 1.0)], &[(1.0, 1.0)]]);
        // Failures count as problems; one contestant never gets through.
        check(
            &[&[Some(1.0), None], &[None, None], &[Some(1.0), Some(f64::NAN)], &[Some(3.0)]],
            &[&[(1.0, 0.75)], &[]],
        );
        // No switch at all is the best there is, and nothing is within a factor.
        check(&[&[Some(0.0), Some(5.0)]], &[&[(1.0, 1.0)], &[]]);
        check(&[&[Some(-1.0), Some(5.0)]], &[&[], &[(1.0, 1.0)]]);
    }
}
