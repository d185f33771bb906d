//! The self-test's certificate: which one a run has, and its file.
//!
//! A run copies the one that lies in its place if that holds for this build on
//! this machine today, and makes one first otherwise.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use triathlon_contract::record::{RowStatus, SCHEMA, SelftestRecord, SelftestRow};

use crate::failure::cannot_write;
use crate::interrupt::Interrupt;
use crate::run::Settings;
use crate::selftest::{self, Form, Watch};
use crate::{Failure, Result, build, machine, time};

/// Name of the file, below `--out` and in a run's directory.
pub const FILE: &str = "selftest.json";

/// How long a certificate holds: a kernel, a neighbour or a governor may change
/// from one day to the next.
const HOLDS_S: u64 = 24 * 3600;

/// How much a run wants a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// One that is there, or one that is made for it.
    Always,
    /// One that is there: a run that concludes nothing is not kept waiting.
    IfThere,
    /// None.
    Never,
}

/// What a run does about its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Copies the one that is there.
    Copy,
    /// Makes one first.
    Make,
    /// Has none.
    None,
}

/// What a certificate must be of.
#[derive(Clone, Debug)]
pub struct Here {
    /// Hash of the machine's facts.
    pub machine: String,
    /// Commit that was built.
    pub commit: String,
    /// Whether the tree differed from it.
    pub dirty: bool,
    /// Whether the optimiser was on.
    pub optimised: bool,
    /// Now, in seconds since 1970.
    pub now_s: u64,
}

impl Here {
    /// This build on this machine, now.
    pub fn now() -> Self {
        Self {
            machine: machine::machine().id,
            commit: build::COMMIT.to_string(),
            dirty: build::dirty(),
            optimised: build::optimised(),
            now_s: time::now_s(),
        }
    }
}

/// How much a run of a profile wants one. What an unoptimised build measures
/// means nothing, its self-test no more.
pub fn wanted(asked: bool, profile: &str, optimised: bool) -> Wanted {
    match (asked, profile) {
        (false, _) => Wanted::Never,
        (true, "smoke") => Wanted::IfThere,
        (true, _) if !optimised => Wanted::IfThere,
        (true, _) => Wanted::Always,
    }
}

/// What to do, given what is there.
pub fn choose(wanted: Wanted, here: &Here, there: Option<&SelftestRecord>) -> Choice {
    match (wanted, there) {
        (Wanted::Never, _) => Choice::None,
        (_, Some(record)) if holds(record, here) => Choice::Copy,
        (Wanted::IfThere, _) => Choice::None,
        (Wanted::Always, _) => Choice::Make,
    }
}

/// Whether a certificate is a proof for this build, here, today.
fn holds(record: &SelftestRecord, here: &Here) -> bool {
    // Such times are in the order of their text.
    let oldest = time::utc(here.now_s.saturating_sub(HOLDS_S));
    let now = time::utc(here.now_s);
    let started = record.started_at.as_str();
    let timely = started.len() == now.len() && (oldest.as_str()..=now.as_str()).contains(&started);
    let same = record.machine == here.machine
        && (record.commit.as_str(), record.dirty) == (here.commit.as_str(), here.dirty)
        && record.optimised == here.optimised;
    let has = |status| record.rows.iter().any(|row| row.status == status);
    let passed = record.failed == 0 && !has(RowStatus::Failed) && has(RowStatus::Ok);
    record.schema == SCHEMA && timely && same && passed && !record.interrupted
}

/// The certificate that a run of that profile takes with it, as bytes of its
/// file; made first if none is there that holds.
///
/// # Errors
/// A usage failure if it cannot be written, an interruption, or what keeps the
/// self-test from being made. Rows that failed are no error: the report judges.
pub fn obtain(
    profile: &str,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<Option<Vec<u8>>> {
    let (choice, bytes) = look(profile, settings);
    match choice {
        Choice::None => Ok(None),
        Choice::Copy => Ok(bytes),
        Choice::Make => make(settings, interrupt).map(Some),
    }
}

/// Time that a run of that profile is planned to take for its certificate.
pub fn planned(profile: &str, settings: &Settings) -> Duration {
    match look(profile, settings).0 {
        Choice::Make => selftest::planned(Form::Quick),
        Choice::Copy | Choice::None => Duration::ZERO,
    }
}

/// The choice, and the file that is there.
fn look(profile: &str, settings: &Settings) -> (Choice, Option<Vec<u8>>) {
    let wanted = wanted(settings.selftest, profile, build::optimised());
    // A file that cannot be read or is no certificate is none.
    let bytes = fs::read(settings.out.join(FILE)).ok();
    let record: Option<SelftestRecord> =
        bytes.as_ref().and_then(|bytes| serde_json::from_slice(bytes).ok());
    (choose(wanted, &Here::now(), record.as_ref()), bytes)
}

fn make(settings: &Settings, interrupt: &Interrupt) -> Result<Vec<u8>> {
    let place = Place::prepare(&settings.out)?;
    let mut watch = Briefly { quiet: settings.quiet };
    watch.say(&format!(
        "self-test first, {:.0} s: does it measure right on this machine today?",
        selftest::planned(Form::Quick).as_secs_f64()
    ));
    let record = selftest::run(Form::Quick, interrupt.clone(), &mut watch).map_err(unmade)?;
    if record.interrupted {
        let sentence =
            "interrupted in the self-test, before anything was measured; no run was begun";
        return Err(Failure::Interrupted(sentence.to_string()));
    }
    watch.say(selftest::summary(&record).trim_end());
    place.write(&record)
}

fn unmade(failure: Failure) -> Failure {
    match failure {
        Failure::Failed(error) => Failure::Failed(
            error.context("the self-test cannot be made (--no-selftest runs without)"),
        ),
        other => other,
    }
}

/// Tells of rows that fail, and of nothing else.
struct Briefly {
    quiet: bool,
}

impl Briefly {
    fn say(&self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }
}

impl Watch for Briefly {
    fn begin(&mut self, _: &str, _: usize, _: usize, _: f64) {}

    fn row(&mut self, row: &SelftestRow) {
        if row.status == RowStatus::Failed {
            self.say(selftest::line(row).trim_end());
        }
    }
}

/// A file that can be written, known before anything is measured.
pub struct Place {
    path: PathBuf,
    unnamed: PathBuf,
}

impl Place {
    /// Makes the directory.
    ///
    /// # Errors
    /// A usage failure if nothing can be written there.
    pub fn prepare(out: &Path) -> Result<Self> {
        fs::create_dir_all(out).map_err(|error| cannot_write(out, &error))?;
        let unnamed = out.join(format!(".selftest-{}.json", std::process::id()));
        fs::write(&unnamed, "")
            .and_then(|()| fs::remove_file(&unnamed))
            .map_err(|error| cannot_write(&unnamed, &error))?;
        Ok(Self { path: out.join(FILE), unnamed })
    }

    /// Writes it, whole or not at all; its bytes.
    ///
    /// # Errors
    /// A usage failure that names the path.
    pub fn write(&self, record: &SelftestRecord) -> Result<Vec<u8>> {
        let bytes = json(record)?.into_bytes();
        fs::write(&self.unnamed, &bytes)
            .and_then(|()| fs::rename(&self.unnamed, &self.path))
            .map_err(|error| {
                fs::remove_file(&self.unnamed).ok(); // what is half written
                cannot_write(&self.path, &error)
            })?;
        Ok(bytes)
    }
}

/// A certificate as its file has it.
///
/// # Errors
/// If it is no JSON.
pub fn json(record: &SelftestRecord) -> Result<String> {
    let text = serde_json::to_string_pretty(record).context("write the certificate")?;
    Ok(text + "\n")
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
pub(crate) mod tests;
