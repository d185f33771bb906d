//! cargo as a child, with nothing of the user's that would change a build.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, anyhow};
use triathlon_contract::record::ProcessRecord;

use super::interrupted;
use crate::child::{self, End, Ended, Order};
use crate::interrupt::Interrupt;
use crate::{Failure, Result};

/// How a program is built, without package, directory and number of compilers.
pub(super) const BUILD: [&str; 5] = ["build", "--locked", "--offline", "--profile", "cost"];

/// A build takes a minute on a slow machine.
const BUILD_AT_MOST: Duration = Duration::from_secs(1200);

/// Crates may have to come from the network.
const FETCH_AT_MOST: Duration = Duration::from_secs(600);

/// What only reads takes a second.
const ASK_AT_MOST: Duration = Duration::from_secs(120);

/// Variables that change what a build does or where it goes.
const CHANGING: [&str; 9] = [
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_MAKEFLAGS",
    "CARGO_TARGET_DIR",
    "MAKEFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
];

/// Root of the sources that this program was built from.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A cargo that answers.
pub(super) struct Cargo {
    program: PathBuf,
}

impl Cargo {
    /// The one that started this program, or else the one of the path.
    ///
    /// # Errors
    /// A usage failure if there is none, or no source.
    pub(super) fn find(interrupt: &Interrupt) -> Result<Self> {
        let manifest = root().join("Cargo.toml");
        if !manifest.is_file() {
            return Err(Failure::usage(format_args!(
                "the sources that this program was built from are not at {}: build it where they \
                 are",
                root().display()
            )));
        }
        let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let cargo = Self { program: program.into() };
        let answers = cargo.call(&["-V"], ASK_AT_MOST, interrupt);
        match answers {
            Ok(ended) if succeeded(&ended) => Ok(cargo),
            Err(Failure::Interrupted(sentence)) => Err(Failure::Interrupted(sentence)),
            _ => Err(Failure::usage(format_args!(
                "{} does not answer: clean builds need cargo on the path (https://rustup.rs)",
                cargo.program.display()
            ))),
        }
    }

    /// Brings the crates of this machine's target, from the network only if they are not there.
    pub(super) fn fetch(&self, interrupt: &Interrupt, say: &dyn Fn(&str)) -> Result<()> {
        let target = env!("TRIATHLON_TARGET");
        let words = ["fetch", "--locked", "--target", target];
        let there = self.call(&[&words[..], &["--offline"]].concat(), ASK_AT_MOST, interrupt)?;
        if succeeded(&there) {
            return Ok(());
        }
        say("fetching crates");
        self.text(&words, FETCH_AT_MOST, interrupt).map(|_| ())
    }

    /// The lines of `cargo tree` for a package.
    pub(super) fn tree(&self, package: &str, interrupt: &Interrupt) -> Result<String> {
        let words = ["tree", "--locked", "--offline", "-e", "normal", "--prefix", "none"];
        let words = [&words[..], &["--format", "{p}", "-p", package]].concat();
        self.text(&words, ASK_AT_MOST, interrupt)
    }

    /// The release of cargo, which is that of its compiler.
    pub(super) fn release(&self, interrupt: &Interrupt) -> Result<String> {
        Ok(self.text(&["-V"], ASK_AT_MOST, interrupt)?.trim().to_string())
    }

    /// Builds a package into a directory; what that took, by the kernel's account.
    pub(super) fn build(
        &self,
        package: &str,
        target: &Path,
        jobs: u64,
        interrupt: &Interrupt,
    ) -> Result<ProcessRecord> {
        let jobs = jobs.to_string();
        let target = target.to_str().context("the directory of the build is no text")?;
        let words = ["--quiet", "-p", package, "--jobs", &jobs, "--target-dir", target];
        let words = [&BUILD[..], &words].concat();
        let ended = self.call(&words, BUILD_AT_MOST, interrupt)?;
        if succeeded(&ended) { Ok(ended.process) } else { Err(failed(&words, &ended)) }
    }

    /// Standard output of a call that must succeed.
    fn text(&self, words: &[&str], at_most: Duration, interrupt: &Interrupt) -> Result<String> {
        let ended = self.call(words, at_most, interrupt)?;
        if !succeeded(&ended) {
            return Err(failed(words, &ended));
        }
        Ok(String::from_utf8_lossy(&ended.output).into_owned())
    }

    fn call(&self, words: &[&str], at_most: Duration, interrupt: &Interrupt) -> Result<Ended> {
        let order = Order {
            program: self.program.clone(),
            arguments: words.iter().map(|word| (*word).to_string()).collect(),
            input: Vec::new(),
            wall: at_most,
            // cargo itself is small; what it starts is the linker's and the compiler's matter.
            resident_bytes: u64::MAX,
        };
        let ended = child::run_prepared(&order, prepare, interrupt)?;
        match ended.end {
            End::Interrupted => Err(interrupted()),
            _ => Ok(ended),
        }
    }
}

/// In the root of the sources, whose settings hold, and without the user's variables.
fn prepare(command: &mut Command) {
    command.current_dir(root()).env("CARGO_TERM_COLOR", "never");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(changes) {
            command.env_remove(name);
        }
    }
    // Empty: also none that a configuration file names.
    command.env("RUSTC_WRAPPER", "");
}

fn changes(name: &str) -> bool {
    let set = |start: &str| name.starts_with(start);
    let flags = set("CARGO_TARGET_") && name.ends_with("_RUSTFLAGS");
    CHANGING.contains(&name) || set("CARGO_PROFILE_") || set("CARGO_BUILD_") || flags
}

fn succeeded(ended: &Ended) -> bool {
    matches!(ended.end, End::Exited(status) if status.success())
}

fn failed(words: &[&str], ended: &Ended) -> Failure {
    let errors = String::from_utf8_lossy(&ended.errors);
    let lines: Vec<&str> = errors.lines().filter(|line| !line.trim().is_empty()).collect();
    let said = lines[lines.len().saturating_sub(4)..].join("; ");
    let how = match &ended.end {
        End::Exited(status) => status.to_string(),
        _ => "it took too long and was ended".to_string(),
    };
    Failure::Failed(anyhow!("cargo {}: {how}: {said}", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::changes;

    #[test]
    fn what_changes_a_build_is_left_out_and_the_rest_is_not() {
        let changing = ["RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_BUILD_JOBS", "CARGO_INCREMENTAL"];
        let of_targets = ["CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "RUSTC_WRAPPER"];
        for name in [&changing[..], &of_targets, &["CARGO_PROFILE_RELEASE_LTO"]].concat() {
            assert!(changes(name), "{name}");
        }
        for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_TOOLCHAIN", "CARGO_NET_OFFLINE"] {
            assert!(!changes(name), "{name}");
        }
    }
}
