//! A contestant that hangs, crashes, prints garbage or eats memory is a failed
//! cell with its reason; the run goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{cell, output, summary};

pub(crate) fn script(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Runs `fan-out@n10` with `blocking` replaced by a script; gives the reason of
/// its failure. The other contestant must not be touched by it.
fn reason(text: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let program = script(directory.path(), "guest", text);
    let program = format!("blocking={}", program.display());
    let arguments = [
        "run",
        "^fan-out@n10/(blocking|threads-per-op)$",
        "--keep-disturbed",
        "--rounds",
        "2",
        "--wall-limit",
        "2",
        "--program",
        &program,
        "--quiet",
    ];
    let output = output(directory.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary = summary(&directory.path().join("reports"));
    let healthy = cell(&summary, "fan-out@n10/threads-per-op");
    assert_eq!((&healthy["status"], &healthy["n"]), (&"valid".into(), &2.into()), "{healthy}");
    let failed = cell(&summary, "fan-out@n10/blocking");
    assert_eq!((&failed["status"], &failed["n"]), (&"failed".into(), &0.into()), "{failed}");
    let page = fs::read_to_string(directory.path().join("reports/latest/report.html")).unwrap();
    let reason = failed["reason"].as_str().unwrap().to_string();
    assert!(page.contains("failed"), "the page must say so");
    reason
}

/// An answer, on one line, that claims so many operations and one before them.
pub(crate) fn claims(operations: u64) -> String {
    let (ok, bytes) = (operations + 1, (operations + 1) * 1024);
    let outcome = format!(
        r#"{{"ok":{ok},"failed":0,"timed_out":0,"shed":0,"unfinished":0,"bytes":{bytes},
        "checksum":"0000000000000000","connections":{ok},"workers":1}}"#
    );
    let window = r#"{"elapsed_ns":1,"user_ns":1,"system_ns":1,"voluntary_switches":0,
        "involuntary_switches":0,"minor_faults":0,"major_faults":0,"resident_open_bytes":1,
        "resident_close_bytes":1,"peak_resident_bytes":1,"page_table_bytes":1,"threads_open":1,
        "threads_close":1,"server_cpu_ns":0,"steal_ns":0,"service_us":null"#;
    let answer =
        format!(r#"{{"schema":1,"outcome":{outcome},"window":{window},"samples":{operations}}}}}"#);
    answer.split_whitespace().collect()
}

#[test]
fn one_that_hangs() {
    let reason = reason("cat > /dev/null; sleep 1000");
    assert!(reason.contains("longer than its wall limit"), "{reason}");
}

#[test]
fn one_that_crashes() {
    let reason = reason("cat > /dev/null; echo out of luck >&2; kill -SEGV $$");
    assert!(reason.contains("signal: 11") && reason.contains("out of luck"), "{reason}");
}

#[test]
fn one_that_prints_garbage() {
    let reason = reason("cat > /dev/null; echo '<html>'");
    assert!(reason.contains("no answer") && reason.contains("<html>"), "{reason}");
}

#[test]
fn one_that_says_nothing() {
    let reason = reason("exit 0");
    assert!(reason.contains("no answer"), "{reason}");
}

#[test]
fn one_that_claims_work_it_did_not_do() {
    let answer = claims(10);
    let reason = reason(&format!("cat > /dev/null; echo '{answer}'"));
    assert!(reason.contains("requests at the server: 0 instead of 11"), "{reason}");
}

#[test]
fn a_run_in_which_nothing_counts_fails() {
    let directory = tempfile::tempdir().unwrap();
    let program = script(directory.path(), "guest", "exit 7");
    let program = format!("blocking={}", program.display());
    let arguments =
        ["run", "^fan-out@n10/blocking$", "--rounds", "1", "--program", &program, "--quiet"];
    let output = output(directory.path(), &arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("no execution counts"), "{errors}");
    let reason = summary(&directory.path().join("reports"));
    let reason = cell(&reason, "fan-out@n10/blocking")["reason"].to_string();
    assert!(reason.contains("exit status: 7"), "{reason}");
}
