//! Each rule behind a warning, on a run in which nothing else is wrong.

use serde_json::Value;

use triathlon_contract::record::ProcessRecord;

use crate::files::rendered;
use crate::fixture::Fixture;
use crate::verdict::{alike, cell, scale, summary};

const CASE: &str = "fan-out@n100/threads-pool";

fn kinds(fixture: &Fixture) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let summary = summary(fixture);
    let warnings = summary["warnings"].as_array().unwrap();
    for warning in warnings {
        assert!(!text(&warning["advice"]).is_empty() && text(&warning["sentence"]).ends_with('.'));
    }
    warnings.iter().map(|warning| (text(&warning["kind"]), text(&warning["id"]))).collect()
}

fn one(kind: &str, id: &str) -> Vec<(String, String)> {
    vec![(kind.to_string(), id.to_string())]
}

#[test]
fn nothing_is_wrong_with_a_sound_run() {
    assert_eq!(kinds(&alike(15)), []);
    assert!(rendered(&alike(15))["report.html"].contains("None: no drift"));
}

#[test]
fn drift_of_everybody_leaves_ratios_alone() {
    let mut fixture = alike(15);
    for round in 1..=15 {
        let factor = 1.0 + 0.02 * round as f64;
        scale(&mut fixture, factor, |record| record.round == round);
    }
    let kinds = kinds(&fixture);
    assert_eq!(kinds.iter().filter(|(kind, _)| kind == "drift").count(), 5, "{kinds:?}");
    assert!(kinds.iter().all(|(kind, _)| kind == "drift" || kind == "first-round"), "{kinds:?}");
}

#[test]
fn drift_of_one_is_drift_of_its_ratio() {
    let mut fixture = alike(15);
    for round in 1..=15 {
        let factor = 1.0 + 0.02 * round as f64;
        scale(&mut fixture, factor, |record| record.round == round && record.id == CASE);
    }
    let want =
        [("ratio-drift", CASE), ("drift", CASE)].map(|(a, b)| (a.to_string(), b.to_string()));
    assert_eq!(kinds(&fixture), want);
}

#[test]
fn two_clusters_are_told_with_their_sizes() {
    let mut fixture = alike(15);
    let high = [2, 5, 7, 11, 13, 14];
    scale(&mut fixture, 1.3, |record| record.id == CASE && high.contains(&record.round));
    assert_eq!(kinds(&fixture), one("two-modes", CASE));
    let sentence = summary(&fixture)["warnings"][0]["sentence"].as_str().unwrap().to_string();
    assert!(sentence.contains("6 of 15 about 0.0649, the others about 0.0501"), "{sentence}");
}

#[test]
fn a_far_execution_is_named_with_its_round() {
    let mut fixture = alike(15);
    scale(&mut fixture, 4.0, |record| record.id == CASE && record.round == 9);
    assert_eq!(kinds(&fixture), one("outlier", CASE));
    let sentence = summary(&fixture)["warnings"][0]["sentence"].as_str().unwrap().to_string();
    assert!(sentence.contains("1 of 15") && sentence.contains("in round 9, at 3.99"), "{sentence}");
}

#[test]
fn a_first_round_that_differs_is_told_for_the_whole_run() {
    let mut fixture = alike(15);
    scale(&mut fixture, 1.08, |record| record.round == 1);
    let kinds = kinds(&fixture);
    assert!(kinds.contains(&("first-round".to_string(), String::new())), "{kinds:?}");
}

#[test]
fn a_round_in_two_sessions_is_told() {
    let mut fixture = alike(15);
    let last = fixture.records.len() as u64 - 3;
    for record in fixture.records.iter_mut().filter(|record| record.sequence >= last) {
        record.session = 2;
    }
    assert_eq!(kinds(&fixture), one("split-round", ""));
}

#[test]
fn a_case_without_a_second_label_is_told() {
    let mut fixture = alike(15);
    fixture.records.retain(|record| !record.twin);
    assert_eq!(kinds(&fixture), one("no-aa", "fan-out@n100"));
}

/// Executions of [`CASE`] in the first `count` rounds share their CPUs with
/// something else.
fn disturb(fixture: &mut Fixture, count: u64) {
    for record in &mut fixture.records {
        let disturbed = record.id == CASE && record.round <= count;
        record.foreign_ns = Some(if disturbed { 20_000_000 } else { 1_000_000 });
        record.process = Some(ProcessRecord { wall_ns: 100_000_000, ..ProcessRecord::default() });
    }
}

#[test]
fn disturbed_executions_are_kept_and_do_not_count() {
    let check = |count: u64, n: u64, status: &str, warned: usize| {
        let mut fixture = alike(15);
        disturb(&mut fixture, count);
        // They would have been three times as slow.
        scale(&mut fixture, 3.0, |record| record.id == CASE && record.round <= count);
        let summary = summary(&fixture);
        let cell = cell(&summary, CASE);
        assert_eq!((&cell["n"], &cell["status"]), (&n.into(), &status.into()), "{count}");
        assert_eq!(cell["disturbed"], count);
        assert_eq!(summary["executions"]["disturbed"], count);
        if n > 0 {
            let high = cell["metrics"]["elapsed_s"]["high"].as_f64().unwrap();
            assert!(high < 0.06, "{high}");
        }
        let kinds = kinds(&fixture);
        assert_eq!(kinds.iter().filter(|(kind, _)| kind == "disturbed").count(), warned);
    };
    check(1, 14, "valid", 0);
    check(2, 13, "degraded", 1);
    check(7, 8, "degraded", 1);
    check(8, 0, "invalid", 1);
}

#[test]
fn a_run_may_keep_them_and_a_single_round_always_does() {
    let mut fixture = alike(15);
    fixture.run.keep_disturbed = true;
    disturb(&mut fixture, 15);
    assert_eq!(cell(&summary(&fixture), CASE)["n"], 15);
    let mut fixture = alike(1);
    disturb(&mut fixture, 1);
    assert_eq!(cell(&summary(&fixture), CASE)["status"], "valid");
}

#[test]
fn a_tenth_of_invalid_cells_makes_the_run_invalid() {
    let dir = tempfile::tempdir().unwrap();
    let mut fixture = alike(15);
    disturb(&mut fixture, 8);
    fixture.write(dir.path());
    let why = triathlon_reports::unbelievable(dir.path(), false).unwrap().unwrap();
    assert!(why.starts_with("invalid: 1 of 5 cells were disturbed"), "{why}");
}
