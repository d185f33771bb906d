//! The files of the workload `files`: where they lie, and that they go.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use triathlon::files::Place;
use triathlon_contract::files::Kind;
use triathlon_contract::{Files, Workload};

use crate::support::{TRIATHLON, output, succeeds, triathlon, until};

const QUIET: [&str; 4] = ["--quiet", "--no-selftest", "--out", "out"];

fn entries(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    output(directory, &[&["run"], arguments, &QUIET].concat())
}

fn refused(output: &Output, want: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.lines().count() == 1 && errors.contains(want), "{errors}");
}

fn run_file(directory: &Path) -> Value {
    let text = fs::read_to_string(directory.join("out/latest/run.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_run_says_where_its_files_lay_and_leaves_none() {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("below");
    fs::create_dir(&below).unwrap();
    let filter = "^files@(read-small-c16|write-small-c1)/(blocking|tokio/multi-thread)$";
    let arguments = [filter, "--profile", "smoke", "--files-dir", "below"];
    let output = run(directory.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(entries(&below), [""; 0]);
    let run = run_file(directory.path());
    let files = &run["files"];
    assert_eq!(files["directory"], below.display().to_string());
    assert_eq!(files["cold"], false);
    let page = fs::read_to_string(directory.path().join("out/latest/report.html")).unwrap();
    let want = format!("Files lay in {} on ", below.display());
    assert!(page.contains(&want) && page.contains("read from a warm page cache."), "{want}");
    let words: Vec<_> = run["filters"].as_array().unwrap().iter().collect();
    assert!(words.iter().any(|word| *word == "--files-dir"), "{words:?}");
    // Another workload needs none.
    let output = self::run(directory.path(), &["^cpu@fine-uniform/blocking$", "--rounds", "1"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(run_file(directory.path())["files"], Value::Null);
}

#[test]
fn a_wrong_directory_is_one_sentence_before_anything_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "x").unwrap();
    for wrong in ["none", "file", "/proc"] {
        let arguments = ["^files@read-small-c1/blocking$", "--files-dir", wrong];
        let output = run(directory.path(), &arguments);
        refused(&output, "choose another place with --files-dir");
        assert!(String::from_utf8_lossy(&output.stderr).contains(wrong));
    }
    assert_eq!(entries(directory.path()), ["file"]);
}

/// A file system of 16 MiB in a mount namespace of its own: 256 MiB have no room, nor
/// have 1 000 files where there are few names, and nothing is left of what was begun.
#[test]
fn a_directory_that_is_too_small_is_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let small = |filter: &str, inodes: u64| {
        let script = format!(
            "mkdir -p small && mount -t tmpfs -o size=16m,nr_inodes={inodes} none small && \
             {TRIATHLON} run '{filter}' --rounds 1 --files-dir small {}; code=$?; \
             ls -A small > left; exit $code",
            QUIET.join(" ")
        );
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--user", "--mount", "/bin/sh", "-c", &script]);
        let output = unshare.current_dir(directory.path()).output().unwrap();
        assert_eq!(fs::read_to_string(directory.path().join("left")).unwrap(), "");
        output
    };
    let large = "^files@read-large-c1/blocking$";
    refused(&small(large, 0), "MiB free, and the files of this run need 260");
    let few = "^files@read-small-c1/blocking$";
    // Room, and too few places for names.
    refused(&small(few, 100), "cannot write files below");
    let output = small(few, 0);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(run_file(directory.path())["files"]["file_system"], "tmpfs");
}

#[test]
fn files_are_gone_after_ctrl_c_and_after_a_kill_with_the_next_run() {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("below");
    fs::create_dir(&below).unwrap();
    let begin = || {
        let filter = "^files@read-small-c1/";
        let arguments = ["run", filter, "--rounds", "900", "--files-dir", "below"];
        let mut command = triathlon(directory.path(), &[&arguments[..], &QUIET].concat());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("the files are there", || {
            let folders = entries(&below).into_iter().map(|name| below.join(name));
            folders.into_iter().any(|folder| folder.join("1000x4096/000999").exists())
        });
        child
    };
    let mut child = begin();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(entries(&below), [""; 0]);

    let mut child = begin();
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    assert_eq!(entries(&below).len(), 1, "nobody was there to remove it");
    let again = ["^files@read-small-c1/blocking$", "--rounds", "1", "--files-dir", "below"];
    let output = run(directory.path(), &again);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(entries(&below), [""; 0]);
}

#[test]
fn files_are_gone_after_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("below");
    fs::create_dir(&below).unwrap();
    let arguments = ["^files@read-small-c1/blocking$", "--files-dir", "below"];
    // The files are made, then the run cannot be kept.
    fs::write(directory.path().join("out"), "").unwrap();
    refused(&run(directory.path(), &arguments), "cannot write out/runs");
    assert_eq!(entries(&below), [""; 0]);
    // The contestant fails.
    fs::remove_file(directory.path().join("out")).unwrap();
    let failing = [&arguments[..], &["--rounds", "1", "--program", "blocking=/bin/false"]].concat();
    assert_eq!(run(directory.path(), &failing).status.code(), Some(1));
    assert_eq!(entries(&below), [""; 0]);
}

/// The runtime's own module reads in threads of a blocking pool, which `inline` and the
/// styles that block do without.
#[test]
fn a_runtime_reads_files_in_its_pool_and_the_others_where_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let filter =
        "^files@read-small-c16/(blocking|tokio/current-thread|smol/single)(:handle|:inline)?$";
    let arguments = [filter, "--profile", "smoke", "--rounds", "1", "--keep-disturbed"];
    let output = run(directory.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(directory.path().join("out/latest/records.jsonl")).unwrap();
    let mut threads = BTreeMap::new();
    for record in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        assert_eq!(record["status"], "ok", "{record}");
        let id = record["id"].as_str().unwrap().split_once('/').unwrap().1.to_string();
        let count = |edge: &str| record["window"][edge].as_u64().unwrap();
        threads.insert(id, count("threads_open").max(count("threads_close")));
    }
    assert_eq!((threads.len(), threads["blocking"]), (7, 1), "{threads:?}");
    for runtime in ["tokio/current-thread", "smol/single"] {
        // Of 16 lanes that read at once; the pool grows as fast as it likes.
        let inline = threads[&format!("{runtime}:inline")];
        let (plain, handle) = (threads[runtime], threads[&format!("{runtime}:handle")]);
        assert!(plain > inline && handle > inline, "{threads:?}");
    }
}

#[test]
fn cold_presets_are_absent_unless_they_are_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let filter = "^files@read-small-c16-cold/blocking$";
    let output = run(directory.path(), &[filter, "--rounds", "1"]);
    refused(&output, "measured only with `triathlon run --cold-files`");
    let text = succeeds(directory.path(), &["list", "cells", filter]);
    assert!(text.contains("absent: it takes its files out of the page cache"), "{text}");
}

/// Every execution of a cold preset took its files from the device, each time again, and
/// the others did not; the record says both. On a file system in memory it is the refusal
/// that is tested.
#[test]
fn cold_files_come_from_the_device_and_the_record_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let filter = "^files@read-small-c(1|16-cold)/(blocking|tokio/multi-thread)$";
    let arguments =
        [filter, "--profile", "smoke", "--rounds", "2", "--cold-files", "--keep-disturbed"];
    let output = run(directory.path(), &arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let run = run_file(directory.path());
    let in_memory = ["tmpfs", "ramfs"].contains(&run["files"]["file_system"].as_str().unwrap());
    assert_eq!(run["files"]["cold"], !in_memory);
    let text = fs::read_to_string(directory.path().join("out/latest/records.jsonl")).unwrap();
    let (mut cold, mut warm) = (0, 0);
    for record in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        assert_eq!(record["status"], "ok", "{record}");
        let read_bytes = record["process"]["device_read_bytes"].as_u64().unwrap();
        if record["id"].as_str().unwrap().contains("-cold/") {
            cold += 1;
            assert!(read_bytes >= 2000 * 4096, "{read_bytes} bytes: {record}");
        } else {
            warm += 1;
            assert!(read_bytes < 1000 * 4096 / 4, "{read_bytes} bytes: {record}");
        }
    }
    // Two contestants in two rounds, and none is executed twice in a smoke run.
    assert_eq!((cold, warm), (if in_memory { 0 } else { 4 }, 4));
    let page = fs::read_to_string(directory.path().join("out/latest/report.html")).unwrap();
    let want = "from an empty one where a preset is cold";
    assert_eq!(page.contains(want), !in_memory);
}

#[test]
fn a_job_names_its_folder_and_a_cold_one_is_done() {
    let below = tempfile::tempdir().unwrap();
    let preset = Files::presets().iter().find(|preset| preset.work.cold).unwrap();
    assert_eq!(preset.work.kind, Kind::ReadSmall);
    let place = Place::below(below.path());
    let folder = place.before(&Files { cold: false, ..preset.work.clone() }).unwrap();
    let done = |files: Option<&Path>| {
        let id = format!("files@{}/blocking", preset.name);
        let mut job = json!({"schema": 1, "id": id, "parameters": {}, "laps": 1, "workers": 1,
            "cpus": [], "parent_pid": std::process::id()});
        if let Some(files) = files {
            job["files"] = files.display().to_string().into();
        }
        let mut command = triathlon(below.path(), &["execute"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let output = done(Some(&folder));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["outcome"]["ok"], preset.work.operations() + 1);
    let expected = preset.work.expects(1);
    assert_eq!(answer["outcome"]["checksum"], format!("{:016x}", expected.checksum));
    let output = done(None);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("names no folder of files"), "{errors}");
}
