//! The run's directory as values.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use triathlon_contract::record::{
    CostFile, Record, RunFile, SCHEMA, SelftestRecord, SessionFile, SyscallsFile,
};

/// What a run left behind.
#[derive(Clone, Debug)]
pub struct Input {
    /// `run.json`.
    pub run: RunFile,
    /// `records.jsonl`, in the order of execution.
    pub records: Vec<Record>,
    /// Whether the last line was cut off, as a killed run leaves it.
    pub truncated: bool,
    /// `sessions.jsonl`, in their order; empty if missing.
    pub sessions: Vec<SessionFile>,
    /// `sources.json`, source text by id of cell or case; empty if missing.
    pub sources: BTreeMap<String, String>,
    /// `selftest.json`, the certificate; none if the run has none.
    pub selftest: Option<SelftestRecord>,
    /// `cost.json`, what the small programs cost; none if it was not measured.
    pub cost: Option<CostFile>,
    /// `syscalls.json`, what cases ask of the kernel; none if it was not counted.
    pub syscalls: Option<SyscallsFile>,
    /// The bytes of these files by name, for checksums.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Input {
    /// Reads the directory; a missing `records.jsonl` is a run without records.
    ///
    /// # Errors
    /// With the path, and for a malformed record its line.
    pub fn read(run_dir: &Path) -> Result<Self> {
        let mut files = Vec::new();
        let run = required(run_dir, "run.json", &mut files)?;
        let run: RunFile = serde_json::from_slice(&run)
            .with_context(|| format!("{} is no run file", run_dir.join("run.json").display()))?;
        ensure!(
            run.schema == SCHEMA,
            "{} has schema {}, this build reads {SCHEMA}; render it with the version that made it",
            run_dir.join("run.json").display(),
            run.schema
        );
        let lines = optional(run_dir, "records.jsonl", &mut files)?.unwrap_or_default();
        let (records, truncated) =
            records(&lines).with_context(|| run_dir.join("records.jsonl").display().to_string())?;
        let sessions = match optional(run_dir, "sessions.jsonl", &mut files)? {
            Some(bytes) => sessions(&bytes)
                .with_context(|| run_dir.join("sessions.jsonl").display().to_string())?,
            None => Vec::new(),
        };
        // Only for the checksums: what is shown of them is in the records.
        optional(run_dir, "histograms.jsonl", &mut files)?;
        let sources = match optional(run_dir, "sources.json", &mut files)? {
            Some(bytes) => serde_json::from_slice(&bytes).with_context(|| {
                format!("{} is no map of texts", run_dir.join("sources.json").display())
            })?,
            None => BTreeMap::new(),
        };
        let what = ("selftest.json", "certificate of a self-test");
        let selftest = added(run_dir, what, |file: &SelftestRecord| file.schema, &mut files)?;
        let what = ("cost.json", "file of `triathlon cost`");
        let cost = added(run_dir, what, |file: &CostFile| file.schema, &mut files)?;
        let what = ("syscalls.json", "file of `triathlon syscalls`");
        let syscalls = added(run_dir, what, |file: &SyscallsFile| file.schema, &mut files)?;
        Ok(Self { run, records, truncated, sessions, sources, selftest, cost, syscalls, files })
    }
}

/// A file that was added to a run, of the schema that this build reads.
fn added<T: DeserializeOwned>(
    run_dir: &Path,
    (name, what): (&str, &str),
    schema: impl FnOnce(&T) -> u32,
    files: &mut Files,
) -> Result<Option<T>> {
    let Some(bytes) = optional(run_dir, name, files)? else {
        return Ok(None);
    };
    let path = run_dir.join(name);
    let file: T = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is no {what}", path.display()))?;
    let found = schema(&file);
    ensure!(found == SCHEMA, "{} has schema {found}, this build reads {SCHEMA}", path.display());
    Ok(Some(file))
}

/// All lines, and whether the last one was cut off: it has no line feed and
/// does not parse.
fn records(bytes: &[u8]) -> Result<(Vec<Record>, bool)> {
    let mut records = Vec::new();
    let mut lines = bytes.split(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let last = lines.peek().is_none();
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice(line) {
            Ok(record) => records.push(record),
            Err(_) if last => return Ok((records, true)),
            Err(error) => {
                return Err(error).with_context(|| format!("line {} is no record", index + 1));
            }
        }
    }
    Ok((records, false))
}

/// A session that was killed as it began may have left half a line.
fn sessions(bytes: &[u8]) -> Result<Vec<SessionFile>> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let whole = lines.filter(|line| line.ends_with(b"\n"));
    whole.map(|line| serde_json::from_slice(line).context("a line is no session")).collect()
}

type Files = Vec<(String, Vec<u8>)>;

fn required(run_dir: &Path, name: &str, files: &mut Files) -> Result<Vec<u8>> {
    let path = run_dir.join(name);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    files.push((name.to_string(), bytes.clone()));
    Ok(bytes)
}

fn optional(run_dir: &Path, name: &str, files: &mut Files) -> Result<Option<Vec<u8>>> {
    if run_dir.join(name).try_exists().unwrap_or(true) {
        return required(run_dir, name, files).map(Some);
    }
    Ok(None)
}
