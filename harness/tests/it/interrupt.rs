//! Ctrl-C and kill: what was measured is kept, nothing is left running.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::{marked, summary, triathlon, until};

/// Starts a run that would take many minutes and waits until it has kept two
/// records, so that a contestant is at work or about to be.
fn long_run(directory: &Path, mark: &str) -> Child {
    long_run_of("^request-loop@c16-d20ms/", directory, mark)
}

/// The same of other cases.
fn long_run_of(filter: &str, directory: &Path, mark: &str) -> Child {
    let arguments =
        ["run", filter, "--rounds", "900", "--seed", "1", "--keep-disturbed", "--out", "out"];
    let mut command: Command = triathlon(directory, &arguments);
    let (name, value) = mark.split_once('=').unwrap();
    command.env(name, value).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    let runs = directory.join("out/runs");
    until("two records are kept", || {
        let Ok(mut entries) = fs::read_dir(&runs) else {
            return false;
        };
        let Some(Ok(run)) = entries.next() else {
            return false;
        };
        let records = fs::read_to_string(run.path().join("records.jsonl")).unwrap_or_default();
        records.lines().count() >= 2
    });
    child
}

/// Ctrl-C in the middle of a run ends it, and nothing of it is left; where it wrote to.
pub(crate) fn ctrl_c_leaves_nothing(filter: &str, test: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let mark = mark(test);
    let mut child = long_run_of(filter, directory.path(), &mark);
    signal(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    nothing_is_left(&mark);
    directory
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

pub(crate) fn mark(test: &str) -> String {
    format!("TRIATHLON_TEST_MARK={test}-{}", std::process::id())
}

/// Nothing that carries the mark is alive after five seconds.
pub(crate) fn nothing_is_left(mark: &str) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !marked(mark).is_empty() {
        assert!(Instant::now() < deadline, "left behind: {:?}", marked(mark));
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_keeps_what_was_measured_and_writes_a_partial_report() {
    for stop in [Signal::INT, Signal::TERM] {
        let directory = tempfile::tempdir().unwrap();
        let mark = mark(&format!("stop-{}", stop.as_raw()));
        let mut child = long_run(directory.path(), &mark);
        assert!(marked(&mark).len() >= 2, "harness and server carry the mark");
        signal(&child, stop);
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(130));
        nothing_is_left(&mark);
        let out = directory.path().join("out");
        let summary = summary(&out);
        assert_eq!(summary["interrupted"], true, "{}", summary["run"]);
        let cells = summary["cells"].as_array().unwrap();
        let executions: u64 = cells.iter().map(|cell| cell["n"].as_u64().unwrap()).sum();
        assert!((1..900).contains(&executions), "{executions}");
        let page = fs::read_to_string(out.join("latest/report.html")).unwrap();
        assert!(page.contains("nterrupted"), "the page must say so");
    }
}

#[test]
fn a_killed_harness_leaves_complete_records_and_no_process() {
    let directory = tempfile::tempdir().unwrap();
    let mark = mark("kill");
    let mut child = long_run(directory.path(), &mark);
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    nothing_is_left(&mark);
    let run = fs::read_dir(directory.path().join("out/runs")).unwrap().next().unwrap().unwrap();
    let records = fs::read_to_string(run.path().join("records.jsonl")).unwrap();
    assert!(records.ends_with('\n') && records.lines().count() >= 2);
    // The report of what is there can still be made.
    let path = run.path();
    let report = triathlon(directory.path(), &["report", path.to_str().unwrap()]).output().unwrap();
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    let text = fs::read_to_string(path.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(summary["interrupted"], true);
}
