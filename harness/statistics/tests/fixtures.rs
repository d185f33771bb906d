//! The estimators against R, SciPy, NumPy and plain arithmetic.
//!
//! `scripts/fixtures/statistics.R` and `statistics.py` wrote the files under
//! `tests/fixtures`; their headers say when, with which versions and how.

use std::collections::BTreeSet;

use serde_json::Value;
use triathlon_statistics::autocorrelation::time;
use triathlon_statistics::detectable::smallest_difference;
use triathlon_statistics::drift::trend;
use triathlon_statistics::geomean::geomean;
use triathlon_statistics::modes::modes;
use triathlon_statistics::order::letters;
use triathlon_statistics::outlier::robust_z;
use triathlon_statistics::profile::profile;
use triathlon_statistics::signed_rank::{centre, hodges_lehmann, p_value};
use triathlon_statistics::verdict::{Pair, Rounds, Verdict};
use triathlon_statistics::{holm, signed_rank};

const R: &str = include_str!("fixtures/r.json");
const PYTHON: &str = include_str!("fixtures/python.json");

/// Hands every case of a part to `check`, and makes sure that there is one.
fn each(file: &str, part: &str, check: impl Fn(&Value)) {
    let file: Value = serde_json::from_str(file).unwrap();
    let cases = file[part].as_array().unwrap();
    assert!(cases.len() > 2, "{part}: {}", cases.len());
    cases.iter().for_each(check);
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn rounds(value: &Value) -> Rounds {
    let round = |pair: &Value| (pair[0].as_u64().unwrap(), number(&pair[1]));
    value.as_array().unwrap().iter().map(round).collect()
}

#[track_caller]
fn close(got: f64, want: &Value) {
    within(got, want, 1e-9);
}

#[track_caller]
fn within(got: f64, want: &Value, tolerance: f64) {
    let want = number(want);
    assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{got} {want}");
}

#[track_caller]
fn all_close(got: &[f64], want: &Value) {
    let want = want.as_array().unwrap();
    assert_eq!(got.len(), want.len());
    got.iter().zip(want).for_each(|(got, want)| close(*got, want));
}

#[test]
fn signed_rank_interval_and_p() {
    each(R, "signed_rank", |case| {
        let values = numbers(&case["values"]);
        close(hodges_lehmann(&values).unwrap(), &case["centre"]);
        close(p_value(&values).unwrap(), &case["p"]);
        for want in case["intervals"].as_array().unwrap() {
            let got = centre(&values, number(&want["level"]));
            assert_eq!(got.is_none(), want["low"].is_null(), "{want}");
            let Some(got) = got else { continue };
            close(got.centre, &case["centre"]);
            close(got.low, &want["low"]);
            close(got.high, &want["high"]);
            close(got.misrate, &want["misrate"]);
        }
    });
}

#[test]
fn signed_rank_p_with_ties_and_zeros() {
    each(PYTHON, "signed_rank_ties", |case| {
        close(signed_rank::p_value(&numbers(&case["values"])).unwrap(), &case["p"]);
    });
}

#[test]
fn holm_adjusted_p() {
    let r: Value = serde_json::from_str(R).unwrap();
    // R writes a family of one as a number.
    let family =
        |value: &Value| if value.is_array() { numbers(value) } else { vec![number(value)] };
    for case in r["holm"].as_array().unwrap() {
        let got = holm::adjusted(&family(&case["p"]));
        let want = family(&case["adjusted"]);
        assert_eq!(got.len(), want.len());
        assert!(got.iter().zip(&want).all(|(got, want)| (got - want).abs() < 1e-12), "{case}");
    }
}

#[test]
fn exact_kendall() {
    each(R, "kendall", |case| {
        let rounds: Rounds = (1..).zip(numbers(&case["values"])).collect();
        let got = trend(&rounds).unwrap();
        close(got.tau, &case["tau"]);
        close(got.p, &case["p"]);
    });
}

#[test]
fn kendall_with_ties_and_theil_sen() {
    each(PYTHON, "trend", |case| {
        let got = trend(&rounds(&case["rounds"])).unwrap();
        close(got.tau, &case["tau"]);
        close(got.p, &case["p"]);
        close(got.change, &case["change"]);
    });
}

#[test]
fn robust_z_of_the_logarithms() {
    each(R, "robust_z", |case| all_close(&robust_z(&numbers(&case["values"])), &case["z"]));
}

#[test]
fn letters_as_multcomp_view() {
    each(R, "letters", |case| {
        let decided = |pair: &Value| {
            let (a, b) = (count(&pair[0]), count(&pair[1]));
            let (n, ratio, low, high, confidence, p) = (15, 0.5, 0.4, 0.6, 0.95, 0.01);
            Pair { a, b, n, ratio, low, high, confidence, p, p_holm: p, verdict: Verdict::Lower }
        };
        let pairs: Vec<Pair> = case["decided"].as_array().unwrap().iter().map(decided).collect();
        let members = count(&case["members"]);
        let order: Vec<usize> = (0..members).collect();
        let (got, want) = (letters(members, &pairs, &order), texts(&case["letters"]));
        // multcompView keeps letters that the others make superfluous. Which
        // pairs share one, `order`'s own tests check.
        let different = |all: &[String]| all.concat().chars().collect::<BTreeSet<_>>().len();
        let fewer = different(&got) < different(&want);
        assert!(got == want || fewer && members == 9, "{got:?} {want:?} {case}");
    });
}

#[test]
fn performance_profile() {
    each(PYTHON, "profile", |case| {
        let row = |row: &Value| row.as_array().unwrap().iter().map(Value::as_f64).collect();
        let costs: Vec<Vec<_>> = case["costs"].as_array().unwrap().iter().map(row).collect();
        let got = profile(&costs);
        let want = case["steps"].as_array().unwrap();
        assert_eq!(got.len(), want.len());
        for (got, want) in got.iter().zip(want) {
            let want = want.as_array().unwrap();
            assert_eq!(got.len(), want.len());
            for ((tau, share), want) in got.iter().zip(want) {
                close(*tau, &want[0]);
                close(*share, &want[1]);
            }
        }
    });
}

#[test]
fn geometric_mean_with_the_same_resamples() {
    each(PYTHON, "geomean", |case| {
        let cells: Vec<Rounds> = case["cells"].as_array().unwrap().iter().map(rounds).collect();
        let part =
            |part: &Value| part.as_array().unwrap().iter().filter_map(Value::as_u64).collect();
        let parts: Vec<Vec<u64>> = case["parts"].as_array().unwrap().iter().map(part).collect();
        let seed = case["seed"].as_str().unwrap().parse().unwrap();
        let got = geomean(&cells, &parts, seed, count(&case["replicates"])).unwrap();
        assert_eq!(got.cells, cells.len());
        let want = &case["want"];
        close(got.ratio, &want["ratio"]);
        close(got.low, &want["low"]);
        close(got.high, &want["high"]);
        close(got.wide_low, &want["wide_low"]);
        close(got.wide_high, &want["wide_high"]);
        close(got.least, &want["least"]);
        close(got.most, &want["most"]);
        close(got.without_low, &want["without_low"]);
        close(got.without_high, &want["without_high"]);
    });
}

#[test]
fn autocorrelation_time() {
    each(PYTHON, "autocorrelation", |case| match time(&numbers(&case["values"])) {
        Some(got) => close(got, &case["time"]),
        None => assert!(case["time"].is_null(), "{case}"),
    });
}

#[test]
fn modes_and_their_p() {
    each(PYTHON, "modes", |case| {
        let got = modes(&numbers(&case["values"])).unwrap();
        close(got.gap, &case["gap"]);
        close(got.low, &case["low"]);
        close(got.high, &case["high"]);
        assert_eq!(got.in_high, count(&case["in_high"]));
        // Both are simulated: ours with 50 hits, or 5 000 draws.
        let (want, error) = (number(&case["p"]), 1.0 / 50.0_f64.sqrt());
        assert!((got.p - want).abs() < 4.0 * error * want + 5e-4, "{} {want}", got.p);
    });
}

#[test]
fn the_smallest_difference() {
    each(PYTHON, "smallest_difference", |case| {
        let values = numbers(&case["values"]);
        let got = smallest_difference(&values, number(&case["misrate"]), number(&case["margin"]));
        // Our quantile of Student's t is a series.
        within(got.unwrap() - 1.0, &Value::from(number(&case["want"]) - 1.0), 2e-4);
    });
}
