//! The comparison on a terminal.

use triathlon_reports::table;

use crate::fixture::{Fixture, full};
use crate::verdict::alike;

#[test]
fn no_line_is_wider_than_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    full().write(dir.path());
    for width in [20, 60, 80, 120, 200] {
        let table = table(dir.path(), width).unwrap();
        let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{widest} > {width}");
    }
}

#[test]
fn without_the_reference_nothing_is_called_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut fixture = full();
    fixture.run.cases.retain(|case| !case.id.contains("tokio/multi-thread"));
    fixture.records.retain(|record| !record.id.contains("tokio/multi-thread"));
    fixture.write(dir.path());
    let table = table(dir.path(), 120).unwrap();
    assert!(table.contains("threads-per-op") && !table.contains(" ref "), "{table}");
    fixture = full();
    fixture.write(dir.path());
    assert!(triathlon_reports::table(dir.path(), 120).unwrap().contains(" ref "));
}

#[test]
fn runs_with_verdicts_say_what_they_would_find() {
    let check = |fixture: &Fixture, want: bool| {
        let dir = tempfile::tempdir().unwrap();
        fixture.write(dir.path());
        let table = table(dir.path(), 120).unwrap().replace('\u{202f}', " ");
        let line = "Nine of ten such runs find a change of one program from 2.";
        assert_eq!(table.contains(line), want, "{table}");
    };
    check(&alike(15), true);
    check(&alike(10), false);
}

#[test]
fn rows_have_values_or_reasons() {
    let dir = tempfile::tempdir().unwrap();
    full().write(dir.path());
    let table = table(dir.path(), 120).unwrap();
    assert!(table.contains("absent: needs 5064 threads, this machine allows 4096"));
    assert!(table.contains("failed: killed after the wall limit of 120 s"));
    assert!(table.contains("request-loop@c64-d20ms"));
    assert!(!table.contains('\u{1b}'));
}
