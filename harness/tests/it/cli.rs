//! Bad input: one sentence, exit code 2, nothing written. Help that teaches.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{TRIATHLON, output, succeeds};

/// One sentence on standard error, nothing on standard output, exit code 2.
fn refused(output: &Output, want: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
    assert!(errors.starts_with("triathlon: ") && errors.contains(want), "{errors}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn entries(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn a_wrong_call_is_one_sentence_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str], want: &str| {
        refused(&output(directory.path(), arguments), want);
        assert_eq!(entries(directory.path()), 0, "{arguments:?} wrote something");
    };
    check(&[], "say what to do");
    check(&["--nope"], "--nope");
    check(&["runn"], "runn");
    check(&["run", "--nope"], "--nope");
    check(&["run", "--contestant", "tokyo"], "there is no contestant \"tokyo\"");
    check(&["run", "--workload", "fan-in"], "there is no workload \"fan-in\"");
    check(&["run", "--profile", "huge"], "there is no profile \"huge\"; choose smoke or quick");
    check(&["run", "("], "\"(\" is no regular expression");
    check(&["run", "no-such-case"], "no case matches \"no-such-case\"");
    check(&["run", "^fan-out@n5000/blocking"], "nothing of that runs here: one after the other");
    check(&["run", "--rounds", "0"], "--rounds");
    check(&["run", "--rounds", "many"], "--rounds");
    check(&["run", "--seed", "-1"], "-1");
    check(&["run", "--program", "nobody=/bin/true"], "there is no contestant \"nobody\"");
    check(&["run", "--program", "blocking=/nonexistent/x"], "there is no file \"/nonexistent/x\"");
    check(&["list", "cells", "["], "is no regular expression");
    check(&["list", "cells", "no-such-case"], "no case matches");
    check(&["list", "profiles", "x"], "a filter goes with");
    check(&["list", "--format", "xml"], "xml");
    check(&["doctor", "--nope"], "--nope");
    check(&["doctor", "--format", "csv"], "csv");
    check(&["doctor", "here"], "here");
    check(&["report", "nowhere"], "nowhere holds no run");
    check(&["mock-server", "--port", "70000"], "70000");
    check(&["mock-server", "--listen", "localhost"], "localhost");
}

#[test]
fn an_output_path_below_a_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "x").unwrap();
    let arguments = ["run", "^fan-out@n10/blocking$", "--rounds", "1", "--out", "file/below"];
    refused(&output(directory.path(), &arguments), "cannot write file/below/runs");
    assert_eq!(entries(directory.path()), 1);
}

#[test]
fn a_port_in_use_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    refused(&output(directory.path(), &["mock-server", "--port", &port]), &port);
}

/// A file system of 300 KiB in a mount namespace of its own: the run starts,
/// fills it, and stops with one sentence; what it kept is complete lines.
#[test]
fn a_full_file_system_is_one_sentence_and_no_half_line() {
    let directory = tempfile::tempdir().unwrap();
    let full = |size: &str, rounds: &str| {
        let script = format!(
            "mkdir -p small && mount -t tmpfs -o size={size} none small && \
             {TRIATHLON} run '^fan-out@n10/(blocking|threads-per-op)$' --quiet \
             --rounds {rounds} --out small; code=$?; \
             cat small/runs/*/records.jsonl > records 2>/dev/null; ls -A small/runs > left; \
             exit $code"
        );
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--user", "--mount", "/bin/sh", "-c", &script]);
        unshare.current_dir(directory.path()).output().unwrap()
    };
    // No room for the run's first files: nothing is left of it.
    let output = full("4k", "1");
    refused(&output, "cannot write small");
    assert_eq!(fs::read_to_string(directory.path().join("left")).unwrap(), "");
    // Room for some records.
    let output = full("64k", "1000");
    refused(&output, "cannot write small/runs/");
    assert!(String::from_utf8_lossy(&output.stderr).contains("the records so far are complete"));
    let records = fs::read_to_string(directory.path().join("records")).unwrap();
    assert!(records.lines().count() >= 3 && records.ends_with('\n'), "{records:?}");
    for line in records.lines() {
        serde_json::from_str::<triathlon_contract::record::Record>(line).unwrap();
    }
}

#[test]
fn help_teaches_by_example() {
    let directory = tempfile::tempdir().unwrap();
    let verbs =
        ["run", "list", "report", "verify", "claims", "syscalls", "load", "doctor", "mock-server"];
    for verb in verbs {
        let help = succeeds(directory.path(), &[verb, "--help"]);
        let example = format!("triathlon {verb}");
        assert!(help.contains("Examples:") && help.contains(&example), "{help}");
        assert!(succeeds(directory.path(), &["--help"]).contains(verb));
    }
    assert!(succeeds(directory.path(), &["--version"]).starts_with("triathlon "));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let script = format!("{TRIATHLON} list cells | head -n 1; {TRIATHLON} --help | head -n 1");
    let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 2);
}

#[test]
fn listed_cells_have_the_agreed_shape() {
    let directory = tempfile::tempdir().unwrap();
    let text = succeeds(directory.path(), &["list", "cells", "--format", "json"]);
    let cells: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(cells.len() > 100);
    for cell in &cells {
        for key in [
            "id",
            "workload",
            "preset",
            "contestant",
            "flavour",
            "way",
            "style",
            "status",
            "reason",
        ] {
            assert!(cell[key].is_string(), "{key} in {cell}");
        }
        match cell["status"].as_str().unwrap() {
            "runs" => assert_eq!(cell["reason"], ""),
            "absent" => assert!(cell["reason"].as_str().unwrap().len() > 20, "{cell}"),
            other => panic!("{other}"),
        }
    }
    let csv = succeeds(directory.path(), &["list", "cells", "--format", "csv"]);
    assert_eq!(csv.lines().count(), cells.len() + 1);
    let all = succeeds(directory.path(), &["list", "cells", "@"]);
    assert_eq!(all.lines().count(), cells.len());
    let plain = succeeds(directory.path(), &["list"]);
    let in_short = plain.lines().filter_map(|line| line.split_once("@… "));
    let counted: usize = in_short
        .clone()
        .map(|(_, rest)| rest.split_whitespace().next().unwrap().parse::<usize>().unwrap())
        .sum();
    assert!(counted > 1000, "the full cube of `serve` has a line for all: {plain}");
    assert_eq!(plain.lines().count() - in_short.count() + counted, cells.len());
    for what in ["contestants", "workloads", "profiles"] {
        let rows: Vec<Value> =
            serde_json::from_str(&succeeds(directory.path(), &["list", what, "--format", "json"]))
                .unwrap();
        assert!(rows.len() >= 2 && rows.iter().all(|row| row["about"].is_string()), "{rows:?}");
    }
}

/// Cells without a note are exactly those of `cargo bench`, which is a quick run.
#[test]
fn the_list_says_what_is_left_to_filters() {
    let directory = tempfile::tempdir().unwrap();
    let list = succeeds(directory.path(), &["list"]);
    let arguments = ["run", "--dry-run", "--profile", "quick", "--seed", "5"];
    let plan = succeeds(directory.path(), &arguments);
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_string();
    let planned = plan.lines().filter(|line| line.ends_with(" ms")).map(first);
    let planned: BTreeSet<String> = planned.filter(|id| id.contains('@')).collect();
    let with = |note: &'static str| list.lines().filter(move |line| line.ends_with(note));
    let (thorough, by_filter) = (", not in cargo bench without a filter", ", by filter only");
    assert!(with(thorough).count() > 20 && with(by_filter).count() > 20, "{list}");
    for line in list.lines().filter(|line| !line.contains(" absent: ")) {
        let left_out = line.ends_with(thorough) || line.ends_with(by_filter);
        assert_eq!(planned.contains(&first(line)), !left_out, "{line}");
    }
    for preset in ["files@read-large-c1/blocking", "websocket@c64-64b-fragments/blocking"] {
        assert!(with(by_filter).any(|line| first(line) == preset), "{preset}");
    }
}

#[test]
fn a_dry_run_tells_cases_time_memory_and_disk_and_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let text = succeeds(directory.path(), &["run", "--dry-run", "--seed", "5"]);
    for want in [
        "fan-out@n100/blocking",
        "absent:",
        "seed 5",
        "executions, about",
        "memory up to",
        "MB below",
    ] {
        assert!(text.contains(want), "{want} in {text}");
    }
    assert_eq!(entries(directory.path()), 0);
}
