use super::{Rounds, Verdict, different, log_ratios, margin, pairs};

/// Rounds 1, 2, … of these values.
fn rounds(values: &[f64]) -> Rounds {
    (1..).zip(values.iter().copied()).collect()
}

/// Fifteen rounds about `level`, up to `spread` apart from it either way.
fn about(level: f64, spread: f64) -> Rounds {
    let values: Vec<f64> =
        (-7..=7).map(|at| level * (1.0 + spread * f64::from(at) / 7.0)).collect();
    rounds(&values)
}

fn ones(n: usize) -> Rounds {
    rounds(&vec![1.0; n])
}

#[test]
fn the_rule() {
    let check = |a: &Rounds, margin, want| {
        let found = pairs(&[a.clone(), ones(15)], margin, 0.05);
        assert_eq!(found[0].verdict, want, "{:?}", found[0]);
        // Seen from the other side.
        let mirrored = match want {
            Verdict::Lower => Verdict::Higher,
            Verdict::Higher => Verdict::Lower,
            same => same,
        };
        let back = pairs(&[ones(15), a.clone()], margin, 0.05);
        assert_eq!(back[0].verdict, mirrored, "{:?}", back[0]);
    };
    check(&about(1.05, 0.02), 1.02, Verdict::Higher);
    check(&about(0.95, 0.02), 1.02, Verdict::Lower);
    // The interval excludes 1, but the centre is within the margin.
    check(&about(1.015, 0.02), 1.02, Verdict::Undecided);
    check(&about(1.015, 0.001), 1.02, Verdict::Equivalent);
    check(&about(1.0, 0.01), 1.02, Verdict::Equivalent);
    // The centre is beyond the margin, but the interval includes 1.
    check(&about(1.05, 0.5), 1.02, Verdict::Undecided);
    check(&about(1.015, 0.02), 1.0, Verdict::Higher);
    check(&ones(15), 1.02, Verdict::Equivalent);
    // A wide margin makes nothing equivalent that lies further apart than a tenth.
    check(&about(1.0, 0.05), 1.5, Verdict::Equivalent);
    check(&about(1.0, 0.4), 1.5, Verdict::Undecided);
}

#[test]
fn too_few_rounds_are_undecided_with_their_widest_interval() {
    let check = |n: usize, confidence| {
        let values: Vec<f64> = (0..n).map(|at| 2.0 + at as f64).collect();
        let found = pairs(&[rounds(&values), ones(n)], 1.02, 0.05)[0];
        assert_eq!((found.n, found.verdict), (n, Verdict::Undecided));
        assert_eq!(found.confidence, confidence);
        let highest = values[n - 1];
        assert!((found.low - 2.0).abs() < 1e-12 && (found.high - highest).abs() < 1e-12);
    };
    check(1, 0.0);
    check(2, 0.5);
    check(5, 0.9375);
}

#[test]
fn every_pair_with_a_common_round_counts_in_the_family() {
    // Six rounds decide one comparison (p = 0.031), not three.
    let (high, low) = (rounds(&[2.0, 2.1, 2.2, 2.3, 2.4, 2.5]), ones(6));
    assert_eq!(pairs(&[high.clone(), low.clone()], 1.02, 0.05)[0].verdict, Verdict::Higher);
    let late = vec![(6, 1.0)];
    let found = pairs(&[high.clone(), low.clone(), late], 1.02, 0.05);
    let seen: Vec<_> = found.iter().map(|pair| (pair.a, pair.b, pair.n)).collect();
    assert_eq!(seen, [(0, 1, 6), (0, 2, 1), (1, 2, 1)]);
    assert_eq!(found[0].verdict, Verdict::Undecided);
    assert_eq!((found[0].p, found[0].p_holm), (0.03125, 0.09375));
    // A member that shares no round is in no pair and costs nothing.
    let apart = vec![(9, 1.0)];
    let found = pairs(&[high, low, apart], 1.02, 0.05);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].verdict, Verdict::Higher);
}

#[test]
fn rounds_without_two_positive_values_are_no_pair() {
    let check = |a: &[(u64, f64)], b: &[(u64, f64)], want: &[f64]| {
        assert_eq!(log_ratios(a, b), want);
    };
    check(&[], &[], &[]);
    check(&[(1, 1.0)], &[(2, 1.0)], &[]);
    check(&[(1, 0.0), (2, -1.0), (3, f64::NAN), (4, f64::INFINITY)], &ones(4), &[]);
    check(&ones(4), &[(1, 0.0), (2, -1.0), (3, f64::NAN), (4, f64::INFINITY)], &[]);
    check(&[(2, 3.0), (1, 2.0)], &ones(2), &[2.0_f64.ln(), 3.0_f64.ln()]);
    // The first value of a round counts, also one that is no value.
    check(&[(1, 2.0), (1, 8.0)], &ones(1), &[2.0_f64.ln()]);
    check(&[(1, 0.0), (1, 8.0)], &ones(1), &[]);
}

#[test]
fn the_margin_covers_the_twin() {
    let check = |twin: &Rounds, want: f64| {
        let got = margin(twin, &ones(15));
        assert!((got - want).abs() < 1e-12, "{got} {want}");
    };
    check(&vec![], 1.02);
    check(&ones(15), 1.02);
    check(&about(1.0, 0.001), 1.02);
    // Too few rounds: the furthest single ratio, on either side.
    check(&rounds(&[1.0, 1.1, 0.99]), 1.1);
    check(&rounds(&[1.0, 1.1, 0.8]), 1.25);
    let wide = about(1.0, 0.2);
    let aa = different(&wide, &ones(15), 0.05).unwrap();
    check(&wide, aa.low.recip());
    assert!(aa.low.recip() > aa.high && aa.high > 1.02, "{aa:?}");
}

#[test]
fn the_twin_has_its_p_value() {
    let check = |twin: &Rounds, want: Option<f64>| {
        assert_eq!(different(twin, &ones(15), 0.05).map(|aa| aa.p), want);
    };
    check(&vec![], None);
    check(&ones(15), Some(1.0));
    check(&about(1.05, 0.01), Some(0.00006103515625));
    check(&rounds(&[1.1, 1.2]), Some(0.5));
}
