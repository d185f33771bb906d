//! The certificate of the self-test in the report: proof, disproof, neither.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use triathlon_contract::record::{RowStatus, SCHEMA, SelftestRecord, SelftestRow};
use triathlon_reports::{render, unbelievable, verify, write};

use crate::fixture::{Fixture, tiny};
use crate::hostile::HOSTILE;

/// The certificate of the made-up runs' machine and build: two rows passed, one
/// was not measured.
pub(crate) fn certificate() -> SelftestRecord {
    let run = tiny().run;
    SelftestRecord {
        schema: SCHEMA,
        started_at: "2026-11-22T16:59:00Z".to_string(),
        duration_s: 19.5,
        commit: run.commit,
        dirty: run.dirty,
        optimised: true,
        machine: run.machine.id,
        form: "quick".to_string(),
        interrupted: false,
        rows: vec![
            row("one stall", RowStatus::Ok, None),
            row("polarity", RowStatus::Ok, None),
            row("recorder", RowStatus::NotMeasured, Some("this build is not optimised")),
        ],
        passed: 2,
        failed: 0,
        not_measured: 1,
    }
}

fn row(name: &str, status: RowStatus, reason: Option<&str>) -> SelftestRow {
    SelftestRow {
        name: name.to_string(),
        wanted: format!("what {name} wants"),
        got: format!("what {name} got"),
        status,
        reason: reason.map(str::to_string),
        figures: Vec::new(),
    }
}

fn failed() -> SelftestRecord {
    let mut record = certificate();
    record.rows[1] = row("polarity", RowStatus::Failed, Some("p99 is 12 ms; it must be 180 ms"));
    record.rows.push(row("known law", RowStatus::Failed, Some("another reason")));
    record
}

/// A run's directory with a certificate, or without.
fn directory(fixture: &Fixture, record: Option<&SelftestRecord>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    if let Some(record) = record {
        let text = serde_json::to_vec_pretty(record).unwrap();
        fs::write(dir.path().join("selftest.json"), text).unwrap();
    }
    dir
}

fn files(record: Option<&SelftestRecord>) -> BTreeMap<String, String> {
    let rendered = render(directory(&tiny(), record).path()).unwrap();
    let files = rendered.files.into_iter();
    files.map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect()
}

/// From its heading to the next.
fn section(page: &str) -> &str {
    let (_, rest) = page.split_once("<h3 id=\"self-test\">Self-test</h3>").unwrap();
    rest.split_once("<h3").unwrap().0
}

fn why(record: Option<&SelftestRecord>) -> Option<String> {
    unbelievable(directory(&tiny(), record).path(), false).unwrap()
}

#[test]
fn a_certificate_that_passed_is_shown_row_by_row() {
    let record = certificate();
    let files = files(Some(&record));
    let section = section(&files["report.html"]);
    let want = "The quick form, 2026-11-22T16:59:00Z, on this machine, by the build that measured: 2 of \
                2 measured rows passed; 1 not measured here.";
    assert!(section.contains(want), "{section}");
    for row in &record.rows {
        for text in [&row.name, &row.wanted, &row.got] {
            assert!(section.contains(text.as_str()), "{text}: {section}");
        }
    }
    // In words, with a sign that a screen reader skips.
    assert_eq!(section.matches("<span aria-hidden=\"true\">✓</span> ok").count(), 2, "{section}");
    assert!(section.contains("</span> not measured</span>: this build is not optimised"));
    assert_eq!(section.matches("<details>").count(), 1, "closed");
    assert!(files["summary.md"].contains(&format!("Self-test: {want}")));
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    let part = &summary["selftest"];
    assert_eq!((&part["form"], &part["commit"]), (&"quick".into(), &record.commit.into()));
    let counts = ["passed", "failed", "not_measured"].map(|key| part[key].as_u64().unwrap());
    assert_eq!(counts, [2, 0, 1]);
    assert_eq!(part["rows"][2]["status"], "not-measured");
    assert_eq!(part["rows"][2]["reason"], "this build is not optimised");
    assert_eq!(part["rows"][0]["got"], "what one stall got");
    assert!(part["of_another"].is_null());
    assert!(files["SHA256SUMS"].contains("  selftest.json\n"));
    assert_eq!(why(Some(&certificate())), None);
}

#[test]
fn a_failed_row_makes_the_run_invalid_and_is_named() {
    let sentence = why(Some(&failed())).unwrap();
    assert!(sentence.starts_with("invalid: the self-test failed on this machine at “polarity”"));
    assert!(sentence.contains("p99 is 12 ms; it must be 180 ms"), "{sentence}");
    let files = files(Some(&failed()));
    let page = &files["report.html"];
    assert!(page.contains("invalid — believe nothing here"));
    let (head, _) = page.split_once("<main>").unwrap();
    assert!(head.contains("at “polarity”"), "before anything else");
    let section = section(page);
    assert!(section.contains("2 of 3 measured rows failed, first “polarity”"), "{section}");
    assert!(section.contains("<details open"), "{section}");
    assert!(section.contains("<span aria-hidden=\"true\">✕</span> failed</span>: p99 is 12 ms"));
    assert!(files["summary.md"].contains("**Invalid**: the self-test failed"));
}

/// Whoever edits the counts and leaves the rows hides nothing.
#[test]
fn what_failed_is_counted_from_the_rows() {
    let mut record = failed();
    (record.passed, record.failed) = (4, 0);
    assert!(why(Some(&record)).is_some());
    let summary: Value = serde_json::from_str(&files(Some(&record))["summary.json"]).unwrap();
    assert_eq!(
        (&summary["selftest"]["passed"], &summary["selftest"]["failed"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn a_certificate_of_something_else_proves_nothing() {
    let check = |record: SelftestRecord, reason: &str| {
        let files = files(Some(&record));
        let section = section(&files["report.html"]);
        assert!(section.contains("Not proven here."), "{reason}: {section}");
        assert!(section.contains(reason) && !section.contains("on this machine"), "{section}");
        assert!(files["summary.md"].contains(reason));
        let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
        assert_eq!(summary["selftest"]["of_another"], reason);
        assert_eq!(why(Some(&record)), None, "nor does it disprove: {reason}");
    };
    let machine = "it was made on another machine";
    check(SelftestRecord { machine: "0".into(), ..certificate() }, machine);
    check(SelftestRecord { machine: "0".into(), ..failed() }, machine);
    let commit = "it was made by the build of another commit";
    check(SelftestRecord { commit: "0".into(), ..certificate() }, commit);
    check(SelftestRecord { dirty: true, ..certificate() }, commit);
    let other = "it was made by a build with other optimisation";
    check(SelftestRecord { optimised: false, ..certificate() }, other);
    let later = "it was made after the run had begun";
    check(SelftestRecord { started_at: "2026-11-23T00:00:00Z".into(), ..certificate() }, later);
    let cut = "it was interrupted before its last row";
    check(SelftestRecord { interrupted: true, ..certificate() }, cut);
    check(SelftestRecord { rows: Vec::new(), ..certificate() }, "it measured nothing");
}

#[test]
fn a_run_without_one_says_so_and_how_to_have_one() {
    let files = files(None);
    let section = section(&files["report.html"]);
    assert!(section.contains("was not proven on this machine"), "{section}");
    assert!(section.contains("<code>cargo run --release -- selftest</code>"), "{section}");
    assert!(!section.contains("<details"), "{section}");
    assert!(files["summary.md"].contains("Self-test: None: that the tool measures right was not"));
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    assert!(summary["selftest"].is_null());
    assert!(!files["SHA256SUMS"].contains("selftest.json"));
    assert_eq!(why(None), None);
}

#[test]
fn a_certificate_that_was_edited_removed_or_added_is_found() {
    let found = |before: Option<&SelftestRecord>, after: Option<&SelftestRecord>, want: &str| {
        let dir = directory(&tiny().chained(), before);
        write(dir.path(), &render(dir.path()).unwrap()).unwrap();
        verify(dir.path()).unwrap().unwrap();
        let path = dir.path().join("selftest.json");
        match after {
            Some(record) => fs::write(&path, serde_json::to_vec(record).unwrap()).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let sentence = verify(dir.path()).unwrap().unwrap_err();
        assert!(sentence.contains(want), "{sentence}");
    };
    let (good, bad) = (certificate(), failed());
    found(Some(&bad), Some(&good), "selftest.json is not the file that SHA256SUMS lists");
    found(Some(&bad), None, "selftest.json is listed in SHA256SUMS and is not there");
    found(None, Some(&good), "is not what the records give");
}

#[test]
fn what_is_no_certificate_is_named() {
    let dir = directory(&tiny(), None);
    fs::write(dir.path().join("selftest.json"), "{}").unwrap();
    let error = format!("{:#}", render(dir.path()).unwrap_err());
    assert!(error.contains("selftest.json is no certificate of a self-test"), "{error}");
    let other = SelftestRecord { schema: SCHEMA + 1, ..certificate() };
    let error = render(directory(&tiny(), Some(&other)).path()).unwrap_err();
    assert!(error.to_string().contains("selftest.json has schema 2"), "{error}");
}

#[test]
fn markup_in_a_certificate_is_shown_and_not_obeyed() {
    let long = HOSTILE.repeat(10_000 / HOSTILE.len());
    let mut hostile = failed();
    hostile.form = long.clone();
    for row in &mut hostile.rows {
        for text in [&mut row.name, &mut row.wanted, &mut row.got] {
            *text = long.clone();
        }
        row.reason = Some(long.clone());
    }
    hostile.rows = std::iter::repeat_n(hostile.rows, 100).flatten().collect();
    for machine in [hostile.machine.clone(), long] {
        hostile.machine = machine;
        let files = files(Some(&hostile));
        for name in ["report.html", "summary.md"] {
            let text = &files[name];
            for markup in
                ["<script>alert", "<img", "</style>\"", "]]>", "\u{202e}", "\u{1b}", "\u{0}"]
            {
                assert!(!text.contains(markup), "{markup:?} in {name}");
            }
        }
        let page = crate::claims::without_claims(&files["report.html"]);
        assert!(page.len() < 140_000, "{}", page.len());
        assert!(section(&files["report.html"]).contains("360 more in <code>selftest.json</code>"));
        let sentence = why(Some(&hostile)).unwrap_or_default();
        assert!(sentence.chars().count() < 400 && !sentence.contains(char::is_control));
    }
}
