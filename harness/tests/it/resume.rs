//! A run that is killed again and again loses nothing and can be completed.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{marked, output, succeeds, triathlon, until};

const FILTER: &str = "^fan-out@n10/(threads-pool|tokio/current-thread|smol/single)$";

/// Three cases and their null ceiling in each of 16 short rounds.
const BEGIN: [&str; 10] = [
    "run",
    FILTER,
    "--profile",
    "smoke",
    "--rounds",
    "16",
    "--seed",
    "9",
    "--keep-disturbed",
    "--quiet",
];

fn the_run(directory: &Path) -> Option<PathBuf> {
    let runs = fs::read_dir(directory.join("reports/runs")).ok()?.flatten();
    // Without its plan a directory is no run.
    runs.map(|run| run.path()).find(|run| run.join("run.json").is_file())
}

fn whole_lines(directory: &Path) -> Vec<String> {
    let records = the_run(directory).map(|run| run.join("records.jsonl"));
    let text = records.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(str::to_string).collect()
}

fn spawn(directory: &Path, arguments: &[&str], mark: &str) -> Child {
    let mut command = triathlon(directory, arguments);
    let (name, value) = mark.split_once('=').unwrap();
    command.env(name, value).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn twenty_kills_lose_no_record_and_the_run_is_completed() {
    let directory = tempfile::tempdir().unwrap();
    let mark = format!("TRIATHLON_TEST_MARK=kills-{}", std::process::id());
    let mut random = fastrand::Rng::with_seed(20);
    let mut kept: Vec<String> = Vec::new();
    for kill in 0..20 {
        let begun = the_run(directory.path()).is_some();
        let arguments: &[&str] = if begun { &["run", "--resume", "--quiet"] } else { &BEGIN };
        let mut child = spawn(directory.path(), arguments, &mark);
        // Anywhere: before the server stands, within an execution, within a line.
        std::thread::sleep(Duration::from_micros(random.u64(1_000..400_000)));
        kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
        child.wait().unwrap();
        until("nothing is left", || marked(&mark).is_empty());
        let lines = whole_lines(directory.path());
        assert!(lines.starts_with(&kept), "kill {kill} lost one of {} records", kept.len());
        kept = lines;
    }
    succeeds(directory.path(), &["run", "--resume", "--quiet"]);
    let lines = whole_lines(directory.path());
    assert!(lines.starts_with(&kept) && lines.len() == 64, "{} of 64 records", lines.len());
    let mut seen = HashSet::new();
    for line in &lines {
        let record: Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["status"], "ok", "{record}");
        assert!(seen.insert((record["id"].to_string(), record["round"].to_string())));
    }
    let verified = succeeds(directory.path(), &["verify"]);
    assert!(verified.starts_with("ok: 64 records hold together"), "{verified}");
    let again = succeeds(directory.path(), &["run", "--resume"]);
    assert!(again.contains("report.html"), "{again}");
    assert_eq!(whole_lines(directory.path()), lines, "a complete run is measured no further");
}

#[test]
fn what_cannot_be_resumed_is_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], want: &str| {
        let output = output(directory.path(), arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(want) && errors.lines().count() == 1, "{errors}");
    };
    refused(&["run", "--resume"], "reports/runs holds no run to resume");
    refused(&["run", "--resume", "nowhere"], "nowhere holds no run to resume");
    refused(&["run", "--resume", "--seed", "3"], "cannot be used with");
    succeeds(directory.path(), &["run", FILTER, "--profile", "smoke", "--quiet"]);
    let run = the_run(directory.path()).unwrap();
    let path = run.join("run.json");
    let text = fs::read_to_string(&path).unwrap();
    let changed = |from: &str, to: &str, want: &str| {
        let other = text.replace(from, to);
        assert_ne!(other, text, "{from}");
        fs::write(&path, other).unwrap();
        refused(&["run", "--resume"], want);
    };
    changed("\"commit\": \"", "\"commit\": \"0", "cannot be resumed: it was begun by the build of");
    changed("\"fetches\": 10", "\"fetches\": 11", "its words select other cases here");
    changed("\"suite_version\": \"", "\"suite_version\": \"0", "it was begun by the build of");
    // What was measured belongs to the run.json that it was measured under.
    changed("\"package_version\": \"", "\"package_version\": \"0", "one of them was edited");
    fs::write(&path, &text).unwrap();
    succeeds(directory.path(), &["run", "--resume", "--quiet"]);
}

#[test]
fn two_processes_never_continue_the_same_run() {
    let directory = tempfile::tempdir().unwrap();
    let mark = format!("TRIATHLON_TEST_MARK=twice-{}", std::process::id());
    let mut first = spawn(directory.path(), &BEGIN, &mark);
    until("a record is kept", || !whole_lines(directory.path()).is_empty());
    let second = output(directory.path(), &["run", "--resume", "--quiet"]);
    let errors = String::from_utf8_lossy(&second.stderr).into_owned();
    kill_process(Pid::from_child(&first), Signal::KILL).unwrap();
    first.wait().unwrap();
    assert_eq!(second.status.code(), Some(2), "{errors}");
    assert!(errors.contains("is being measured by another process"), "{errors}");
}
