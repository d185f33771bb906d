//! The documents are true: commands run, tests that are named exist.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use triathlon_contract::record::{Answer, Asked, Job, Pauses, Question, SCHEMA};
use triathlon_contract::registry::workload;
use triathlon_contract::{CaseId, Connect, Limits, Outcome, Workload};

use crate::support::{TRIATHLON, root};

const DOCUMENTS: [&str; 5] =
    ["README.md", "ARCHITECTURE.md", "METHODOLOGY.md", "CONTRIBUTING.md", "CHANGELOG.md"];

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Lines of the ```console blocks that start with `$ `.
fn commands(document: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if inside => commands.extend(line.strip_prefix("$ ").map(str::to_string)),
            _ => {}
        }
    }
    commands
}

/// Every command of the documents is one of the two that the whole gate runs,
/// or is run here: what measures or counts as a dry run, everything else as it stands.
#[test]
fn every_command_of_the_documents_works() {
    let mut tried = 0;
    for document in DOCUMENTS {
        for command in commands(&text(document)) {
            let bare = command.split(" #").next().unwrap().trim();
            if run_elsewhere(bare) {
                continue;
            }
            let Some(arguments) = bare.strip_prefix("cargo run --release -- ") else {
                panic!("{document}: nothing runs `{bare}`");
            };
            let verb = arguments.split(' ').next().unwrap_or_default();
            let measures =
                ["run", "cost", "syscalls"].contains(&verb) && !arguments.contains("--dry-run");
            let dry = if measures { " --dry-run" } else { "" };
            let line = format!("{TRIATHLON} {arguments}{dry}");
            let output = Command::new("/bin/sh").args(["-c", &line]).current_dir(root()).output();
            let output = output.unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{document}: `{bare}`: {errors}");
            tried += 1;
        }
    }
    assert!(tried >= 4, "only {tried} commands were tried");
}

/// Commands that `scripts/test` runs as such, that only show what was made
/// before, or that other tests cover with a free port.
fn run_elsewhere(command: &str) -> bool {
    let gate =
        ["cargo bench", "scripts/test", "TRIATHLON_PROFILE=smoke cargo bench", "scripts/accept"];
    gate.iter().any(|start| command.starts_with(start))
        || command.starts_with("git ")
        // What it builds is run by tests of its own.
        || command == "cargo build --release -p triathlon-drivers"
        || command.starts_with("cargo run --release -- report")
        || command.starts_with("cargo run --release -- run --resume")
        || command.starts_with("cargo run --release -- verify")
        || command.starts_with("cargo run --release -- mock-server")
        || command.starts_with("cargo run --release -- load")
        || command.starts_with("cargo run --release -- selftest")
}

/// `METHODOLOGY.md` names the test behind each claim as `file::name`.
#[test]
fn every_test_that_the_method_names_exists() {
    let document = text("METHODOLOGY.md");
    let mut named = 0;
    for word in document.split('`') {
        let Some((file, name)) = word.rsplit_once("::") else {
            continue;
        };
        let path = root().join(file);
        if !file.ends_with(".rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap_or_else(|_| panic!("no file {file}"));
        assert!(source.contains(&format!("fn {name}(")), "{file} has no test {name}");
        named += 1;
    }
    assert!(named >= 12, "only {named} tests are named");
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in DOCUMENTS {
        for part in text(document).split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(root().join(target).exists(), "{document} links to {target}");
        }
    }
}

/// The examples of the JSON contract are what the types read, and the numbers
/// in them are those that the workload expects.
#[test]
fn the_json_contract_is_as_documented() {
    let document = text("harness/contract/README.md");
    let blocks: Vec<&str> = document.split("```json").skip(1).collect();
    let block = |index: usize| blocks[index].split("```").next().unwrap();
    let job: Job = serde_json::from_str(block(0)).unwrap();
    let pauses: Pauses = serde_json::from_str(block(1)).unwrap();
    assert!(pauses.pauses.iter().all(|pause| pause.from_ns < pause.to_ns), "{pauses:?}");
    let question = serde_json::to_string(&Question::of(Asked::Pauses)).unwrap();
    assert!(document.contains(&question), "{question}");
    let answer: Answer = serde_json::from_str(block(2)).unwrap();
    assert_eq!((job.schema, answer.schema), (SCHEMA, SCHEMA));
    let id: CaseId = job.id.parse().unwrap();
    let contestant = triathlon::contestants::find(&id.contestant).unwrap();
    let limits = Limits { descriptors: 1000, threads: 1000, ports: 1000, ..Limits::NONE };
    let setting = triathlon::contestants::planning("", 1, limits);
    let fan_out = workload(&id.workload).unwrap();
    let demand = (fan_out.demand)(contestant, &id, &setting, job.laps).unwrap();
    let case = (fan_out.cases)(contestant, &setting).into_iter().find(|case| case.id == id);
    assert_eq!(triathlon::what::named(&case.unwrap().parameters), job.parameters);
    let outcome: Outcome = answer.outcome.into();
    assert_eq!(outcome.checksum, demand.expected.checksum);
    assert_eq!((outcome.ok, outcome.bytes), (demand.expected.ok, demand.expected.bytes));
    assert_eq!(answer.window.samples, demand.expected.samples);

    let job: Job = serde_json::from_str(block(3)).unwrap();
    let id: CaseId = job.id.parse().unwrap();
    let work = &Connect::presets().iter().find(|preset| preset.name == id.preset).unwrap().work;
    assert_eq!(triathlon::what::named(&work.parameters()), job.parameters);
    assert_eq!(job.laps, work.laps());
    let address = work.address(job.server.unwrap().parse().unwrap(), 6);
    assert!(document.contains(&format!("here loop 6 to\n`{address}`")), "{address}");
}

/// A published run is what was measured: its checksums hold, and its page and
/// summary are named in the list.
#[test]
fn published_runs_are_unchanged() {
    let published = root().join("reports/published");
    let list = fs::read_to_string(published.join("README.md")).unwrap();
    let mut runs = 0;
    for entry in fs::read_dir(&published).unwrap().flatten() {
        if !entry.path().is_dir() {
            continue;
        }
        let output = Command::new("sha256sum")
            .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
            .current_dir(entry.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {said}", entry.path().display());
        assert!(list.contains(entry.file_name().to_str().unwrap()), "{list}");
        runs += 1;
    }
    assert!(runs >= 1);
}

#[test]
fn nothing_is_left_undone_and_the_frame_is_complete() {
    for name in [
        "Cargo.lock",
        "benches",
        "harness",
        "mock-server",
        "reports",
        "reports/claims",
        "reports/published",
        "scripts/test",
        "scripts/accept",
        ".ci/run",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "CITATION.cff",
        "deny.toml",
    ] {
        assert!(root().join(name).exists(), "{name} is missing");
    }
    let tracked = Command::new("git").args(["ls-files"]).current_dir(root()).output();
    // A released archive has no git; then there is nothing to check.
    let tracked = tracked.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    for line in tracked.unwrap_or_default().lines() {
        let path = PathBuf::from(line);
        let generated = ["target", "reports/runs", "reports/latest", "node_modules"];
        assert!(!generated.iter().any(|start| path.starts_with(start)), "{line} is tracked");
    }
}

/// A quoted diff is the diff of the two files that it names, all of it.
#[test]
fn a_quoted_diff_is_the_diff() {
    let document = text("CONTRIBUTING.md");
    let block = document.split("```diff\n").nth(1).unwrap().split("```").next().unwrap();
    let name = |mark: &str| {
        let line = block.lines().find(|line| line.starts_with(mark)).unwrap();
        line.trim_start_matches(mark).to_string()
    };
    let (from, to) = (name("--- "), name("+++ "));
    let names = ["--label", &from, "--label", &to, &from, &to];
    let output = Command::new("diff").arg("-U0").args(names).current_dir(root()).output().unwrap();
    assert_eq!(block, String::from_utf8(output.stdout).unwrap());
    assert!(block.lines().count() < 60, "the style takes more than a screen");
}
