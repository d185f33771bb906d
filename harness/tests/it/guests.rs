//! Contestants of other programs: known and planned here, executed there or absent.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use triathlon::machine::{self, Share};
use triathlon::{guests, selection};
use triathlon_contract::record::{ExecutionStatus, Record, RunFile};

use crate::support::{TRIATHLON, root};

/// A folder with this program and nothing beside it.
fn alone() -> tempfile::TempDir {
    // On the same file system, so that the program need not be copied.
    let folder = tempfile::tempdir_in(Path::new(TRIATHLON).parent().unwrap()).unwrap();
    fs::hard_link(TRIATHLON, folder.path().join("triathlon")).unwrap();
    folder
}

fn triathlon(folder: &Path, words: &[&str]) -> (bool, String, String) {
    let output =
        Command::new(folder.join("triathlon")).args(words).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// A program of that name beside this one.
fn beside(folder: &Path, name: &str, script: &str) {
    let program = folder.join(name);
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_guest_runs_by_filter_alone_and_only_what_it_answers() {
    let programs: Vec<_> = guests::ALL
        .iter()
        .map(|guest| (guest.contestant.name.to_string(), "/bin/true".into()))
        .collect();
    let (placement, limits) = (machine::placement(Share::Half), machine::limits().unwrap());
    let frame = selection::all(&placement, limits);
    let all = selection::with_guests(&placement, limits, &programs);
    let of_guests: Vec<_> =
        all.iter().filter(|selected| guests::find(selected.contestant.name).is_some()).collect();
    assert_eq!(of_guests.len(), all.len() - frame.len());
    let mut runs = 0;
    for selected in of_guests {
        let case = &selected.case;
        assert_eq!(case.id.workload, "query", "{}", case.id);
        assert!(!case.by_default && !case.headline && !case.thorough, "{}", case.id);
        assert!(case.source.contains("pub(crate) fn run("), "{}", case.id);
        match &case.absent {
            None => runs += 1,
            Some(reason) => assert!(reason.len() > 40, "{}: {reason}", case.id),
        }
    }
    assert!(runs >= 70, "{runs}");
    let none = selection::with_guests(&placement, limits, &[]);
    let there = none.iter().filter(|selected| selected.case.absent.is_none()).count();
    assert_eq!(there, frame.iter().filter(|selected| selected.case.absent.is_none()).count());
}

#[test]
fn every_guest_says_what_it_hides() {
    for guest in &guests::ALL {
        let about = guest.contestant.about;
        assert!(about.contains(" hide") || about.contains("inside every client"), "{about}");
        assert!(about.ends_with(&format!("Executed by `{}`.", guest.program.name)), "{about}");
        assert!(root().join("harness/drivers/Cargo.toml").is_file());
        assert!(guest.program.build.ends_with(guest.program.name), "{}", guest.program.build);
    }
}

#[test]
fn a_guest_without_its_program_is_absent_with_the_command_that_builds_it() {
    let folder = alone();
    let (_, cells, _) = triathlon(folder.path(), &["list", "cells", "^query@p8-c64-d0/driver-"]);
    assert_eq!(cells.lines().count(), 3, "{cells}");
    let built = "build it with `cargo build --release -p triathlon-drivers`";
    assert!(cells.lines().all(|line| line.contains(built)), "{cells}");
    let words = ["run", "^query@p8-c64-d0/driver-sqlx$", "--dry-run"];
    let (ok, _, errors) = triathlon(folder.path(), &words);
    assert!(!ok && errors.contains(built), "{errors}");
}

#[test]
fn a_guest_is_executed_by_the_program_beside_this_one() {
    let folder = alone();
    let script = format!("#!/bin/sh\nexec {TRIATHLON} execute\n");
    beside(folder.path(), "triathlon-drivers", &script);
    let words = [
        "run",
        "^query@p1-c64-d10ms/(tokio/current|driver-sqlx)",
        "--profile",
        "smoke",
        "--no-selftest",
        "--out",
        "out",
    ];
    let (ok, _, errors) = triathlon(folder.path(), &words);
    assert!(ok, "{errors}");
    let latest = folder.path().join("out/latest");
    let records = fs::read_to_string(latest.join("records.jsonl")).unwrap();
    for line in records.lines() {
        let record: Record = serde_json::from_str(line).unwrap();
        let guest = record.id.ends_with("driver-sqlx");
        // The stand-in has no such contestant, which is how it can be told.
        assert_eq!(record.status == ExecutionStatus::Failed, guest, "{}", record.reason);
        assert_eq!(record.reason.contains("no such contestant"), guest, "{}", record.reason);
    }
    assert_eq!(records.lines().count(), 2);
    let run: RunFile = serde_json::from_slice(&fs::read(latest.join("run.json")).unwrap()).unwrap();
    assert_eq!(run.guests, ["driver-sqlx"]);
    let shown: Vec<_> = run.contestants.iter().filter(|c| c.who.starts_with("driver-")).collect();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].style, "async");
}

/// Drivers, and what they bring, are for those who build them.
#[test]
fn the_default_build_contains_no_pool_of_connections() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "-p",
            "triathlon",
            "--prefix",
            "none",
            "-e",
            "normal,build,dev",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let names: Vec<_> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"triathlon-guests"));
    for name in ["triathlon-drivers", "sqlx", "sqlx-core", "deadpool", "r2d2"] {
        assert!(!names.contains(&name), "{name}");
    }
}
