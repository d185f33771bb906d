//! Cargo's targets: what `cargo bench` runs, in which order, with which ids.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{root, triathlon};

/// Targets of criterion.
const CATEGORIES: [&str; 3] = ["machine", "network", "runtime"];

#[test]
fn every_bench_is_declared_and_the_verdict_comes_last() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("autobenches = false"));
    let paths = fs::read_dir(root().join("benches")).unwrap().map(|entry| entry.unwrap().path());
    // A folder holds what targets share.
    let files = paths.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let mut names: Vec<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_string()).collect();
    names.sort();
    assert_eq!(names, ["machine", "network", "runtime", "verdict"]);
    for name in &names {
        let target = format!(
            "[[bench]]\nname = \"{name}\"\npath = \"benches/{name}.rs\"\nharness = false\n"
        );
        assert!(manifest.contains(&target), "benches/{name}.rs is not declared");
    }
    assert_eq!(manifest.matches("[[bench]]").count(), names.len());
}

/// Otherwise the arguments of `cargo bench -- --save-baseline x` reach
/// libtest, which refuses them.
#[test]
fn no_library_and_no_binary_is_a_bench() {
    let mut manifests = vec![root().join("Cargo.toml")];
    let mut folders =
        vec![root().join("harness"), root().join("mock-server"), root().join("reports")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("src") {
                folders.push(path);
            } else if path.ends_with("Cargo.toml") {
                manifests.push(path);
            }
        }
    }
    assert!(manifests.len() >= 11);
    for path in manifests {
        let manifest = fs::read_to_string(&path).unwrap();
        let targets = manifest.matches("[lib]").count() + manifest.matches("[[bin]]").count();
        assert_eq!(manifest.matches("bench = false").count(), targets, "{}", path.display());
    }
}

/// Criterion must not switch features of crates that contestants and harness
/// are made of: `cargo bench` and `cargo run` would be two builds, and measure
/// two programs.
#[test]
fn the_benches_change_no_feature_of_what_is_measured() {
    let tree = |edges: &str| -> BTreeSet<String> {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--offline", "-p", "triathlon", "--prefix", "none"])
            .args(["--format", "{p} {f}", "-e", edges])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.trim_end_matches("(*)").trim_end().to_string()).collect()
    };
    let (run, bench) = (tree("normal,build"), tree("normal,build,dev"));
    assert!(!run.iter().any(|line| line.starts_with("criterion ")));
    assert!(bench.iter().any(|line| line.starts_with("criterion ")));
    let changed: Vec<_> = run.difference(&bench).collect();
    assert!(changed.is_empty(), "without criterion these were {changed:#?}");
}

fn bench(target: &str, words: &[&str]) -> Output {
    let mut arguments = vec!["bench", target, "--", "--bench"];
    arguments.extend(words);
    let mut command = triathlon(Path::new("/"), &arguments);
    command.env_remove("TRIATHLON_PROFILE").env_remove("TRIATHLON_CPUS").output().unwrap()
}

/// What the criterion target prints as `id: benchmark`.
fn listed(target: &str, words: &[&str]) -> Vec<String> {
    let words = [words, &["--list"]].concat();
    let output = bench(target, &words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    let line: String =
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["nothing"]
            .as_str()
            .unwrap()
            .to_string();
    line.lines().map(|line| line.strip_suffix(": benchmark").unwrap().to_string()).collect()
}

/// The cases that a quick `triathlon run` would execute, in the order of the page,
/// without the open loops, what happens once in a process and servers, which have no laps to
/// time.
fn run(words: &[&str]) -> Vec<String> {
    let arguments = [&["run", "--profile", "quick", "--dry-run"], words].concat();
    let output = triathlon(Path::new("/"), &arguments).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let cases = text.lines().take_while(|line| !line.is_empty() && !line.contains(" absent: "));
    let paced = ["open-loop@", "stall@"];
    // A second lap in the same process would be other work.
    let once = ["spawn@first", "sleepers@"];
    // Laps are those of its clients.
    let serves = ["serve@", "serve-idle@", "serve-slow@", "serve-load@", "serve-overload@"];
    let untimed = paced.iter().chain(&once).chain(&serves);
    let untimed = |line: &&str| untimed.clone().any(|what| line.starts_with(what));
    let timed = cases.filter(|line| !untimed(line));
    timed.map(|line| line.split_whitespace().next().unwrap().to_string()).collect()
}

#[test]
fn criterion_has_the_ids_and_filters_of_a_run() {
    let check = |words: &[&str]| -> usize {
        let targets = CATEGORIES.map(|category| listed(category, words));
        let of_run = run(words);
        let of_target = |target: &[String]| -> Vec<String> {
            of_run.iter().filter(|id| target.contains(id)).cloned().collect()
        };
        for target in &targets {
            assert_eq!(*target, of_target(target), "the order of the page, {words:?}");
        }
        let all: BTreeSet<_> = targets.iter().flatten().collect();
        assert_eq!(all, of_run.iter().collect(), "{words:?}");
        assert_eq!(all.len(), targets.iter().map(Vec::len).sum::<usize>(), "no id in two targets");
        assert!(bench("verdict", &[words, &["--list"]].concat()).status.success());
        all.len()
    };
    assert!(check(&[]) > 100);
    assert!(check(&["^fan-out@n100/"]) > 10);
    assert!(check(&["c8-d10ms"]) >= 5, "what a filter alone includes");
    assert!(check(&["^cpu@.*/rayon$", "@n10/blocking"]) >= 4, "one of two must match");
    assert!(check(&["(?i)TOKIO/CURRENT"]) > 10);
    for target in CATEGORIES {
        assert!(listed(target, &["no-such-case"]).is_empty());
        assert!(listed(target, &["--ignored"]).is_empty());
    }
    let exact = ["--exact", "fan-out@n10/blocking", "fan-out@n10/block"];
    assert_eq!(listed("network", &exact), ["fan-out@n10/blocking"]);
    assert!(listed("machine", &exact).is_empty());
}

#[test]
fn a_wrong_call_is_one_sentence_from_every_target() {
    let refused = |output: &Output, want: &str| {
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.contains(want), "{errors}");
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    };
    for target in CATEGORIES.into_iter().chain(["verdict"]) {
        refused(&bench(target, &["("]), "\"(\" is no regular expression");
        refused(&bench(target, &["--seed", "1"]), "cargo bench takes no --seed");
        refused(&bench(target, &["--sample-size", "9"]), "a number from 10 on");
        for (name, value, want) in [
            ("TRIATHLON_PROFILE", "huge", "there is no profile \"huge\""),
            ("TRIATHLON_CPUS", "two", "TRIATHLON_CPUS is \"two\""),
        ] {
            let mut command = triathlon(Path::new("/"), &["bench", target, "--", "--bench"]);
            refused(&command.env(name, value).output().unwrap(), want);
        }
    }
    // Nothing matches in any target: the last one says so.
    refused(&bench("verdict", &["no-such-case"]), "no case matches \"no-such-case\"");
}

/// Criterion names directories after ids, shortens them to 64 bytes and numbers
/// what is then equal, so that one name would depend on what else runs.
#[test]
fn criterions_directories_depend_on_the_id_alone() {
    let mut known = HashSet::new();
    let cells = crate::support::succeeds(Path::new("/"), &["list", "cells", "@"]);
    for line in cells.lines() {
        let id = line.split_whitespace().next().unwrap();
        assert!(id.len() <= 100, "criterion shortens the title of {id}");
        let (group, function) = id.split_once('/').unwrap();
        let safe = |name: &str| name.replace(['/', ':'], "_");
        assert!(safe(group).len() <= 64 && safe(function).len() <= 64, "{id}");
        assert!(known.insert((safe(group), safe(function))), "{id} shares its directory");
    }
}
