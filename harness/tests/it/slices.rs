//! Contestants that take turns: the same work, times without the pauses, and nothing
//! that stays stopped or alive.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::interrupt::nothing_is_left;
use crate::misbehaving::{claims, script};
use crate::support::{TRIATHLON, cell, marked, output, summary, triathlon, until};

fn records(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out.join("latest/records.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Measures in a directory; the records, and how long it took.
fn measured(directory: &Path, arguments: &[&str]) -> (Vec<Value>, Duration) {
    let began = Instant::now();
    let output = output(directory, arguments);
    let took = began.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (records(&directory.join("reports")), took)
}

/// Each would fill the run alone if the pauses were in its times.
#[test]
fn work_is_whole_and_times_leave_the_pauses_out() {
    for (filter, server) in
        [("^request-loop@c64-d0/(tokio|smol|threads)", true), ("^cpu@coarse-uniform/tokio", false)]
    {
        let directory = tempfile::tempdir().unwrap();
        let arguments = [
            "run",
            filter,
            "--rounds",
            "1",
            "--slice",
            "20",
            "--keep-disturbed",
            "--quiet",
            "--no-selftest",
        ];
        let (records, took) = measured(directory.path(), &arguments);
        let mut elapsed = Duration::ZERO;
        let mut shared = 0;
        for record in &records {
            assert_eq!(record["status"], "ok", "{record}");
            let window = &record["window"];
            elapsed += Duration::from_nanos(window["elapsed_ns"].as_u64().unwrap());
            let Some(slices) = record.get("slices") else {
                assert!(record["id"].as_str().unwrap().starts_with("ceiling@"), "{record}");
                continue;
            };
            assert_eq!(slices["length_ns"], 20_000_000);
            assert_eq!(window["samples"], record["expected"]["samples"]);
            assert_eq!(server, record["witness"].is_object());
            let ran = record["process"]["wall_ns"].as_u64().unwrap();
            assert!(window["elapsed_ns"].as_u64().unwrap() <= ran, "{record}");
            let count = slices["count"].as_u64().unwrap();
            shared += u64::from(count > 1 && slices["paused_ns"].as_u64().unwrap() > 0);
        }
        assert!(shared >= 3, "{shared} of {} were ever stopped", records.len());
        assert!(elapsed < took, "windows of {elapsed:?} in a run of {took:?}");
    }
}

#[test]
fn slices_can_be_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let arguments =
        ["run", "^cpu@coarse-uniform/(rayon|threads-pool)$", "--profile", "smoke", "--slice", "0"];
    let (records, _) = measured(directory.path(), &arguments);
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| record.get("slices").is_none()), "{records:?}");
}

/// Runs `cpu@coarse-uniform` with `blocking` replaced by a script, in slices; its cell
/// and that of another contestant.
fn beside_a_guest(text: &str) -> (Value, Value) {
    let directory = tempfile::tempdir().unwrap();
    let program = script(directory.path(), "guest", text);
    let program = format!("blocking={}", program.display());
    let arguments = [
        "run",
        "^cpu@coarse-uniform/(blocking|rayon)$",
        "--slice",
        "20",
        "--rounds",
        "1",
        "--wall-limit",
        "2",
        "--keep-disturbed",
        "--program",
        &program,
        "--quiet",
    ];
    let output = output(directory.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary = summary(&directory.path().join("reports"));
    let of = |who: &str| cell(&summary, &format!("cpu@coarse-uniform/{who}")).clone();
    (of("blocking"), of("rayon"))
}

#[test]
fn a_program_of_ones_own_takes_its_turns() {
    let (guest, other) = beside_a_guest(&format!("exec {TRIATHLON} execute"));
    for cell in [guest, other] {
        assert_eq!((&cell["status"], &cell["n"]), (&"valid".into(), &1.into()), "{cell}");
    }
}

#[test]
fn one_that_hangs_in_its_slices_is_killed_and_the_others_end() {
    let (guest, other) = beside_a_guest("cat > /dev/null & sleep 1000 & wait");
    let reason = guest["reason"].as_str().unwrap();
    assert!(reason.contains("longer than its wall limit"), "{reason}");
    assert_eq!((&other["status"], &other["n"]), (&"valid".into(), &1.into()), "{other}");
}

#[test]
fn one_that_does_not_know_of_pauses_is_told() {
    let answer = claims(1);
    // Long enough to be stopped, and the input is left open.
    let (guest, other) = beside_a_guest(&format!("read job; sleep 0.3; echo '{answer}'"));
    let reason = guest["reason"].as_str().unwrap();
    assert!(reason.contains("answered without asking for its pauses"), "{reason}");
    assert_eq!(other["status"], "valid", "{other}");
}

/// A run in slices that would take many minutes, as soon as one of its processes is
/// stopped.
fn with_one_stopped(directory: &Path, mark: &str, guest: Option<&PathBuf>) -> Child {
    let filter = "^cpu@coarse-uniform/(blocking|rayon|tokio)";
    let mut arguments = vec!["run", filter, "--rounds", "900", "--slice", "20", "--no-selftest"];
    let program = guest.map(|path| format!("blocking={}", path.display()));
    if let Some(program) = &program {
        arguments.extend(["--program", program]);
    }
    let (name, value) = mark.split_once('=').unwrap();
    let mut command = triathlon(directory, &arguments);
    command.env(name, value).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    until("one is stopped", || marked(mark).iter().any(|pid| state(*pid) == Some('T')));
    child
}

fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// Ctrl-C, SIGTERM, and a harness that is killed: none of its processes is left,
/// stopped or not.
#[test]
fn nothing_stays_stopped() {
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        for time in 0..3 {
            let directory = tempfile::tempdir().unwrap();
            let mark =
                format!("TRIATHLON_TEST_MARK=slices-{signal:?}-{time}-{}", std::process::id());
            let mut child = with_one_stopped(directory.path(), &mark, None);
            kill_process(Pid::from_child(&child), signal).unwrap();
            child.wait().unwrap();
            nothing_is_left(&mark);
        }
    }
}

/// The program that is replaced does not ask the kernel for anything.
#[test]
fn a_guest_does_not_stay_stopped_when_the_harness_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let guest = script(directory.path(), "guest", "trap '' HUP; while :; do :; done");
    let mark = format!("TRIATHLON_TEST_MARK=slices-guest-{}", std::process::id());
    let mut child = with_one_stopped(directory.path(), &mark, Some(&guest));
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    nothing_is_left(&mark);
}

/// A run that is interrupted within the turns of a preset is completed with all of
/// them.
#[test]
fn an_interrupted_run_is_completed() {
    let directory = tempfile::tempdir().unwrap();
    let mark = format!("TRIATHLON_TEST_MARK=slices-resume-{}", std::process::id());
    let (name, value) = mark.split_once('=').unwrap();
    let arguments = [
        "run",
        "^cpu@coarse-uniform/(rayon|tokio)",
        "--rounds",
        "3",
        "--slice",
        "20",
        "--keep-disturbed",
        "--no-selftest",
    ];
    let mut command = triathlon(directory.path(), &arguments);
    command.env(name, value).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    until("one is stopped", || marked(&mark).iter().any(|pid| state(*pid) == Some('T')));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    nothing_is_left(&mark);
    let (records, _) = measured(directory.path(), &["run", "--resume", "--quiet"]);
    let in_slices = records.iter().filter(|record| record.get("slices").is_some()).count();
    assert_eq!(in_slices, records.len());
    assert!(records.len() >= 3 * 4 && records.len().is_multiple_of(3), "{}", records.len());
}
