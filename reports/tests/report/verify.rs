//! A directory that is verified; what the real binary says is tested elsewhere.

use std::fs;

use triathlon_reports::{render, verify, write};

use crate::fixture::{full, tiny};

#[test]
fn a_report_is_what_its_records_give() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = full().chained();
    fixture.write(dir.path());
    write(dir.path(), &render(dir.path()).unwrap()).unwrap();
    let verified = verify(dir.path()).unwrap().unwrap();
    assert_eq!(verified.records, fixture.records.len());
    assert!(verified.same.unwrap() >= 9, "{verified:?}");
}

/// A report that another version made cannot be compared to the byte, and its
/// figures can.
#[test]
fn figures_of_another_version_are_computed_again() {
    let dir = tempfile::tempdir().unwrap();
    tiny().chained().write(dir.path());
    write(dir.path(), &render(dir.path()).unwrap()).unwrap();
    let path = dir.path().join("summary.json");
    let summary = fs::read_to_string(&path).unwrap();
    let (before, rest) = summary.split_once("\"renderer\": \"").unwrap();
    // No fingerprint, which is hexadecimal, begins so.
    let other = format!("{before}\"renderer\": \"x{}", &rest[1..]);
    let sums = dir.path().join("SHA256SUMS");
    let without: String = fs::read_to_string(&sums)
        .unwrap()
        .lines()
        .filter(|line| !line.ends_with("summary.json"))
        .map(|line| line.to_string() + "\n")
        .collect();
    fs::write(&sums, without).unwrap();
    fs::write(&path, &other).unwrap();
    let verified = verify(dir.path()).unwrap().unwrap();
    assert!(verified.same.is_none() && verified.figures > 30, "{verified:?}");
    fs::write(&path, other.replacen("\"median\": 0.", "\"median\": 1.", 1)).unwrap();
    let sentence = verify(dir.path()).unwrap().unwrap_err();
    assert!(sentence.contains("otherwise than the records give it"), "{sentence}");
}

#[test]
fn a_record_of_no_case_and_a_second_one_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let check = |change: fn(&mut Vec<triathlon_contract::record::Record>), want: &str| {
        let mut fixture = tiny();
        change(&mut fixture.records);
        fixture.chained().write(dir.path());
        let sentence = verify(dir.path()).unwrap().unwrap_err();
        assert!(sentence.contains(want), "{sentence}");
    };
    check(|records| records[1].id = "fan-out@n11/blocking".into(), "which run.json does not plan");
    check(
        |records| records[3] = records[0].clone(),
        "line 4 of records.jsonl is a second or strange",
    );
    check(|records| records[2].round = 3, "line 3 of records.jsonl is a second or strange");
}
