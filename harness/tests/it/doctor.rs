//! `triathlon doctor` on this machine, whatever it is.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use triathlon_contract::record::{DoctorFile, Level, SCHEMA};

use crate::support::{output, succeeds, triathlon};

fn look(arguments: &[&str]) -> DoctorFile {
    let directory = tempfile::tempdir().unwrap();
    let all = [&["doctor", "--format", "json"], arguments].concat();
    let text = succeeds(directory.path(), &all);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn it_answers_soon_and_every_check_once() {
    let started = Instant::now();
    let file = look(&[]);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(file.schema, SCHEMA);
    assert_eq!(file.machine.id.len(), 8);
    let checks: BTreeSet<&str> = file.findings.iter().map(|f| f.check.as_str()).collect();
    assert_eq!(checks.len(), file.findings.len(), "{checks:?}");
    assert!(checks.len() >= 29 && checks.contains("governor"), "{checks:?}");
    for finding in &file.findings {
        assert!(!finding.found.is_empty() && !finding.means.is_empty(), "{finding:?}");
        assert!(finding.level < Level::Warning || !finding.advice.is_empty(), "{finding:?}");
    }
    // What Linux always tells.
    for check in ["placement", "clock", "timer", "descriptors", "threads", "ports", "memory"] {
        let finding = file.findings.iter().find(|finding| finding.check == check).unwrap();
        assert_ne!(finding.found, "not readable here", "{check}");
    }
}

/// Settings of the kernel stay, and no file is made. That its process keeps its
/// CPUs and limits is a test beside the code that reads.
#[test]
fn it_changes_nothing() {
    let state = || -> Vec<String> {
        let files = [
            "/proc/sys/net/ipv4/ip_local_port_range",
            "/proc/sys/net/ipv4/tcp_tw_reuse",
            "/proc/sys/net/core/somaxconn",
            "/proc/sys/vm/max_map_count",
            "/proc/sys/kernel/randomize_va_space",
            "/sys/kernel/mm/transparent_hugepage/enabled",
            "/sys/devices/system/clocksource/clocksource0/current_clocksource",
            "/proc/sys/kernel/pid_max",
        ];
        files.map(|path| fs::read_to_string(path).unwrap_or_default()).into()
    };
    let before = state();
    let directory = tempfile::tempdir().unwrap();
    let mut command = triathlon(directory.path(), &["doctor", "--out", "there/is/nothing"]);
    // Where a run would make its lock.
    assert!(command.env("TMPDIR", directory.path()).output().unwrap().status.success());
    assert_eq!(state(), before);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn lines_fit_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    for (columns, most) in [(Some("40"), 40), (None, 80), (Some("0"), 80), (Some("wide"), 80)] {
        let mut command = triathlon(directory.path(), &["doctor"]);
        match columns {
            Some(columns) => command.env("COLUMNS", columns),
            None => command.env_remove("COLUMNS"),
        };
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= most && longest > most / 2, "{longest} of {most}:\n{text}");
        assert!(text.lines().last().unwrap().ends_with(" ok"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}

/// Not optimised, as tests are built, is a problem; another machine may have
/// more of them.
#[test]
fn only_a_strict_call_fails_for_a_problem() {
    let directory = tempfile::tempdir().unwrap();
    let output = output(directory.path(), &["doctor", "--strict", "--format", "json"]);
    let file: DoctorFile = serde_json::from_slice(&output.stdout).unwrap();
    let bad = file.findings.iter().any(|finding| finding.level == Level::Problem);
    assert!(bad || !cfg!(debug_assertions), "{file:?}");
    assert_eq!(output.status.code(), Some(if bad { 4 } else { 0 }));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors.trim_end().lines().count(), usize::from(bad), "{errors}");
    assert_eq!(bad, errors.contains("a run would fail or be invalid: "), "{errors}");
}

/// A place that cannot be written is a problem of its own, found without trying.
#[test]
fn a_place_that_cannot_be_is_a_problem() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let below = file.join("below");
    let found = look(&["--out", below.to_str().unwrap()]);
    let disk = found.findings.iter().find(|finding| finding.check == "disk").unwrap();
    assert_eq!(disk.level, Level::Problem, "{disk:?}");
    assert!(disk.found.ends_with("cannot be written"), "{disk:?}");
}
