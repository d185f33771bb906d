use super::{Answer, Asked, Side, Why, answers, comparisons, range};

/// So many values, evenly spread around a centre.
fn spread(n: usize, centre: f64, half: f64) -> Vec<f64> {
    let step = 2.0 * half / (n.max(2) - 1) as f64;
    (0..n).map(|place| centre - half + step * place as f64).collect()
}

fn asked(values: Vec<f64>, at_least: Option<f64>, at_most: Option<f64>) -> Asked {
    Asked { values, at_least, at_most, ..Asked::default() }
}

fn one(asked: Asked) -> Answer {
    answers(&[asked])[0].unwrap()
}

#[test]
fn the_side_is_that_of_the_whole_interval() {
    let check = |centre: f64, at_least, at_most, want: Side| {
        let got = one(asked(spread(15, centre, 0.2), at_least, at_most));
        assert_eq!(got.side, want, "{centre} {at_least:?} {at_most:?}: {got:?}");
        assert!((got.centre - centre).abs() < 1e-9 && got.confidence.unwrap() >= 0.95);
    };
    check(2.0, Some(1.5), None, Side::Claimed);
    check(1.0, Some(1.5), None, Side::Other);
    check(1.5, Some(1.5), None, Side::Open(Why::Covers));
    check(1.0, None, Some(1.5), Side::Claimed);
    check(2.0, None, Some(1.5), Side::Other);
    check(1.5, None, Some(1.5), Side::Open(Why::Covers));
    check(1.5, Some(1.0), Some(2.0), Side::Claimed);
    check(0.5, Some(1.0), Some(2.0), Side::Other);
    check(2.5, Some(1.0), Some(2.0), Side::Other);
    check(1.0, Some(1.0), Some(2.0), Side::Open(Why::Covers));
}

/// Five values have no 95 % interval, six have one; a family needs more.
#[test]
fn too_few_rounds_say_how_many_it_takes() {
    let check = |n: usize, others: usize, want: Side| {
        let mut all = vec![asked(spread(n, 5.0, 0.1), Some(1.0), None)];
        all.extend((0..others).map(|_| asked(spread(n, 1.0, 0.1), Some(1.0), None)));
        let got = answers(&all)[0].unwrap();
        assert_eq!(got.side, want, "{n} {others}");
        assert_eq!(got.confidence.is_none(), matches!(want, Side::Open(_)), "{n} {others}");
    };
    check(1, 0, Side::Open(Why::Few(6)));
    check(5, 0, Side::Open(Why::Few(6)));
    check(6, 0, Side::Claimed);
    check(6, 1, Side::Open(Why::Few(7)));
    check(7, 1, Side::Claimed);
    check(10, 29, Side::Open(Why::Few(11)));
    check(11, 29, Side::Claimed);
}

/// A comparison that alone would be decided is not where many are asked.
#[test]
fn all_bounds_are_one_family() {
    let own = || {
        // Two of fifteen on the other side: p is 0.008.
        let mut values = spread(15, 0.6, 0.5);
        values[0] = -0.15;
        values[1] = -0.10;
        asked(values, Some(0.0), None)
    };
    assert_eq!(one(own()).side, Side::Claimed);
    let unclear = || asked(spread(15, 0.0, 1.0), Some(0.0), None);
    let mut many = vec![own()];
    many.extend((0..400).map(|_| unclear()));
    let got = answers(&many)[0].unwrap();
    assert_eq!(got.side, Side::Open(Why::Covers), "{got:?}");
    assert!(got.confidence.unwrap() > one(own()).confidence.unwrap());
    assert_eq!(comparisons(&many), 401);
    let both = asked(vec![1.0], Some(0.0), Some(2.0));
    assert_eq!(comparisons(&[both, asked(Vec::new(), Some(1.0), None)]), 2);
}

#[test]
fn what_lies_within_the_noise_is_open() {
    let check = |centre: f64, bound: f64, floor: f64, want: Side| {
        let mut asked = asked(spread(15, centre, 0.002), Some(bound), None);
        asked.floor = Some(floor);
        assert_eq!(one(asked).side, want, "{centre} {bound} {floor}");
    };
    check(0.03, 0.0, 0.04, Side::Open(Why::Noise));
    check(-0.03, 0.0, 0.04, Side::Open(Why::Noise));
    check(0.05, 0.0, 0.04, Side::Claimed);
    check(-0.05, 0.0, 0.04, Side::Other);
    // Near one, and far from what is claimed.
    check(0.01, 0.7, 0.04, Side::Other);
    check(0.03, 0.05, 0.04, Side::Other);
}

#[test]
fn every_part_must_show_the_same() {
    let check = |parts: [f64; 2], want: Side| {
        let parts = parts.map(|centre| spread(15, centre, 0.2)).to_vec();
        let values = parts.concat();
        assert_eq!(one(Asked { parts, ..asked(values, Some(1.0), None) }).side, want);
    };
    check([2.0, 2.1], Side::Claimed);
    check([0.1, 0.2], Side::Other);
    check([9.0, 1.02], Side::Open(Why::Parts));
    // Of two rounds nothing is known.
    let parts = vec![spread(28, 2.0, 0.2), spread(2, 2.0, 0.2)];
    let values = parts.concat();
    let got = one(Asked { parts, ..asked(values, Some(1.0), None) });
    assert_eq!(got.side, Side::Open(Why::Parts));
}

/// A size of a file is no sample: it decides alone, and takes nothing from the others.
#[test]
fn a_count_needs_no_rounds_and_is_in_no_family() {
    let count = |value: f64, at_least: f64| Asked {
        count: true,
        floor: Some(0.02),
        ..asked(vec![value], Some(at_least), None)
    };
    let check = |value: f64, at_least: f64, want: Side| {
        let got = one(count(value, at_least));
        assert_eq!((got.side, got.n, got.confidence), (want, 1, None));
        assert_eq!((got.low, got.centre, got.high), (value, value, value));
    };
    check(2.0, 1.5, Side::Claimed);
    check(1.0, 1.5, Side::Other);
    check(1.5, 1.5, Side::Open(Why::Covers));
    check(0.01, 0.0, Side::Open(Why::Noise));
    // Six rounds have an interval at the level of a family of one, and no other is in it.
    let six = asked(spread(6, 5.0, 0.1), Some(1.0), None);
    let all = [count(2.0, 1.5), six.clone(), count(1.0, 1.5), count(2.0, 9.0)];
    assert_eq!((comparisons(&all), comparisons(&all[..1])), (1, 0));
    let got = answers(&all);
    assert_eq!(got[1], answers(&[six])[0]);
    let sides: Vec<Side> = got.iter().map(|answer| answer.unwrap().side).collect();
    assert_eq!(sides, [Side::Claimed, Side::Claimed, Side::Other, Side::Other]);
}

#[test]
fn without_values_nothing_is_said() {
    assert_eq!(answers(&[asked(Vec::new(), Some(1.0), None)]), [None]);
    assert_eq!(range(&[]), None);
    let got = range(&[3.0, 1.0, 2.0]).unwrap();
    assert_eq!((got.n, got.centre, got.low, got.high), (3, 2.0, 1.0, 3.0));
    assert_eq!(got.confidence, None);
}
