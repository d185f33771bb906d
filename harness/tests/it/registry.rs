//! A workload that nobody answers does not compile; one that everybody answers
//! needs a handful of lines outside its own file and the contestants.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::root;

/// What somebody who adds a workload writes outside its own file, and where:
/// the text that is there, the text that takes its place.
const LINES: [(&str, &str, &str); 3] = [
    ("lib.rs", "pub mod cpu;\n", "pub mod cpu;\npub mod dummy;\n"),
    (
        "contestant.rs",
        "    pub cpu: Entry<Cpu>,\n",
        "    pub cpu: Entry<Cpu>,\n    /// Dummy.\n    pub dummy: Entry<crate::dummy::Dummy>,\n",
    ),
    ("registry.rs", "erase::<Cpu>(),", "erase::<Cpu>(), erase::<crate::dummy::Dummy>(),"),
];

const DUMMY: &str = r#"//! Dummy.
use std::time::Duration;
use crate::{Category, Chart, Contestant, Entry, Expected, Include, Preset, Workload};
/// Dummy.
#[derive(Clone)]
pub struct Dummy;
static PRESETS: [Preset<Dummy>; 1] =
    [Preset { name: "only", work: Dummy, include: Include::Always }];
const CHART: Chart = Chart {
    over: "x", over_label: "", panel: "x", panel_label: "", panel_zero: "", metric: "elapsed_s",
};
impl Workload for Dummy {
    type Task = Self;

    const NAME: &'static str = "dummy";
    const CATEGORY: Category = Category::Machine;
    const QUESTION: &'static str = "";
    const TIMED: &'static str = "";
    const OPERATION: &'static str = "";
    const CHART: Chart = CHART;
    const SERVER: bool = false;
    fn presets() -> &'static [Preset<Self>] { &PRESETS }
    fn with_laps(&self, _: u64) -> Self { self.clone() }
    fn laps(&self) -> u64 { 1 }
    fn expects(&self, _: u64) -> Expected {
        Expected {
            ok: 1, samples: 1, ..Expected::default()
        }
    }
    fn operations(&self) -> u64 { 1 }
    fn at_once(&self) -> Option<u64> { None }
    fn waits(&self, _: u64) -> Duration { Duration::ZERO }
    fn parameters(&self) -> Vec<(&'static str, u64)> { vec![("x", 0)] }
    fn task(&self) -> &Self { self }
    fn entry(contestant: &Contestant) -> &Entry<Self> { &contestant.dummy }
}
"#;

#[test]
fn a_workload_does_not_compile_until_every_contestant_answers() {
    let copy = tempfile::tempdir().unwrap();
    copy_sources(&root(), copy.path());
    let contract = copy.path().join("harness/contract/src");
    fs::write(contract.join("dummy.rs"), DUMMY).unwrap();
    for (file, there, instead) in LINES {
        replace(&contract.join(file), there, instead);
    }

    let names = triathlon::contestants::ALL.map(|contestant| contestant.name);
    let packages = names.map(|name| format!("contestant-{name}"));
    let output = check(copy.path(), &packages.each_ref().map(String::as_str));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it compiles although nobody answers");
    for name in names {
        let place = format!("harness/contestants/{name}/src/lib.rs:");
        let told = errors
            .lines()
            .any(|line| line.starts_with(&place) && line.contains("missing field `dummy`"));
        assert!(told, "{name} is not told to answer: {errors}");
    }

    let own = names.map(|name| format!("harness/contestants/{name}/src/lib.rs"));
    // Guests answer once for all that are alike.
    for path in own.iter().map(String::as_str).chain(["harness/guests/src/drivers.rs"]) {
        let path = copy.path().join(path);
        replace(&path, "    cpu: Entry::", "    dummy: Entry::Absent(\"no\"),\n    cpu: Entry::");
    }
    // Neither the harness nor the reports know the list.
    let output = check(copy.path(), &["triathlon"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Everything that cargo needs, without what it or a run has made.
fn copy_sources(from: &Path, to: &Path) {
    let made = [".git", "target", "node_modules", "runs", "latest", "published"];
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        if made.iter().any(|made| name == *made) {
            continue;
        }
        let target = to.join(&name);
        if path.is_dir() {
            fs::create_dir(&target).unwrap();
            copy_sources(&path, &target);
        } else if path.is_file() {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn replace(path: &PathBuf, there: &str, instead: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(text.matches(there).count(), 1, "{there:?} in {}", path.display());
    fs::write(path, text.replace(there, instead)).unwrap();
}

/// `cargo check` of the copy, with a target folder that is kept, so that only
/// the first call compiles the dependencies.
fn check(copy: &Path, packages: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--offline", "--locked", "--keep-going", "--message-format", "short"]);
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    cargo.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("registry"));
    cargo.current_dir(copy).output().unwrap()
}
