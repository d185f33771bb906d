//! What several tests need: the binary, its output, processes it left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The binary under test.
pub(crate) const TRIATHLON: &str = env!("CARGO_BIN_EXE_triathlon");

/// Workers of cells that run in the process of the tests: async-std starts its own
/// once in a process, so all tests must ask for as many.
pub(crate) const WORKERS: usize = 1;

/// Root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The binary with arguments, in an empty directory of its own.
pub(crate) fn triathlon(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(TRIATHLON);
    command.args(arguments).current_dir(directory).env_remove("NO_COLOR");
    command
}

/// Runs to the end.
pub(crate) fn output(directory: &Path, arguments: &[&str]) -> Output {
    triathlon(directory, arguments).output().unwrap()
}

/// Runs to the end, must succeed, gives standard output.
pub(crate) fn succeeds(directory: &Path, arguments: &[&str]) -> String {
    let output = output(directory, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {:?} {errors}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// `summary.json` of the last run below `out`.
pub(crate) fn summary(out: &Path) -> Value {
    let text = fs::read_to_string(out.join("latest/summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The cell with that id.
pub(crate) fn cell<'a>(summary: &'a Value, id: &str) -> &'a Value {
    let cells = summary["cells"].as_array().unwrap();
    cells.iter().find(|cell| cell["id"] == id).unwrap_or_else(|| panic!("no cell {id}"))
}

/// Polls until `condition` holds; fails the test after half a minute.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "never came true: {what}");
        std::thread::yield_now();
    }
}

/// Processes, zombies aside, whose environment holds `mark`: a test gives its
/// mark to the process that it starts, and every descendant inherits it.
pub(crate) fn marked(mark: &str) -> Vec<u32> {
    let mut pids = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()) {
            pids.push(pid);
        }
    }
    pids
}
