//! Whether a run's report is what its records give.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use triathlon_contract::record::{Record, RunFile};

use crate::chain::kept;
use crate::histograms;
use crate::render::{render, sha256};

/// Fingerprint of the code that makes a report from records.
pub(crate) const RENDERER: &str = env!("TRIATHLON_RENDERER");

/// What was found to be in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Records that hold together.
    pub records: usize,
    /// Open loops whose distributions are those of their record.
    pub histograms: usize,
    /// Executions that the plan has.
    pub planned: usize,
    /// Files whose checksum is right.
    pub sums: usize,
    /// Files that were made again from the records and are the same to the byte;
    /// none if another version of the code made them.
    pub same: Option<usize>,
    /// Figures of `summary.json` that were computed again and are the same;
    /// counted where bytes cannot be compared.
    pub figures: usize,
}

/// Checks a run's directory: that its records are whole and belong to its plan,
/// that its files are those of its checksums, and that the report follows from
/// the records, to the byte where the same code made it.
///
/// # Errors
/// A file that cannot be read. What is not in order is the inner error, one
/// sentence.
pub fn verify(run_dir: &Path) -> Result<Result<Verified, String>> {
    let read = |name: &str| {
        let path = run_dir.join(name);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let run_json = read("run.json")?;
    let run: RunFile = serde_json::from_slice(&run_json)
        .with_context(|| format!("{} is no run file", run_dir.join("run.json").display()))?;
    let records = read("records.jsonl")?;
    let kept = match kept(&run_json, &records) {
        Ok(kept) => kept,
        Err(sentence) => return Ok(Err(sentence)),
    };
    if let Err(sentence) = belongs(&run, &kept.records) {
        return Ok(Err(sentence));
    }
    let distributions = match run_dir.join("histograms.jsonl").is_file() {
        true => read("histograms.jsonl")?,
        false => Vec::new(),
    };
    let histograms = match histograms::agree(&distributions, &kept.records) {
        Ok(histograms) => histograms,
        Err(sentence) => return Ok(Err(sentence)),
    };
    if !run_dir.join("SHA256SUMS").is_file() {
        let sentence = format!(
            "there is no SHA256SUMS: the run was killed after {} records; `triathlon run --resume` \
             completes it, `triathlon report` makes a report of what it has",
            kept.records.len()
        );
        return Ok(Err(sentence));
    }
    let listed = String::from_utf8_lossy(&read("SHA256SUMS")?).into_owned();
    let sums = match sums(run_dir, &listed, kept.records.len()) {
        Ok(sums) => sums,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let summary: Value = serde_json::from_slice(&read("summary.json")?)
        .with_context(|| format!("{} is no JSON", run_dir.join("summary.json").display()))?;
    let planned = run.cases.iter().filter(|case| case.absent.is_none()).count();
    let made = again(run_dir, &summary)?;
    Ok(made.map(|(same, figures)| Verified {
        records: kept.records.len(),
        histograms,
        planned: (planned + run.ceilings.len()) * run.rounds as usize,
        sums,
        same,
        figures,
    }))
}

/// Whether every record is of a case or ceiling of the plan, once a round.
fn belongs(run: &RunFile, records: &[Record]) -> Result<(), String> {
    let cases: HashSet<&str> = run
        .cases
        .iter()
        .filter(|case| case.absent.is_none())
        .map(|case| case.id.as_str())
        .collect();
    let ceiling = |id: &str| crate::ceiling::name(run, id).is_some();
    let mut seen = HashSet::new();
    for (line, record) in (1..).zip(records) {
        let Record { id, round, twin, .. } = record;
        if !cases.contains(id.as_str()) && !ceiling(id) {
            return Err(format!(
                "line {line} of records.jsonl is of {id}, which run.json does not plan"
            ));
        }
        if !(1..=run.rounds).contains(round) || !seen.insert((id, round, twin)) {
            return Err(format!(
                "line {line} of records.jsonl is a second or strange execution of {id} in round {round}"
            ));
        }
    }
    Ok(())
}

/// Checks each line of `SHA256SUMS`; returns how many there are.
fn sums(run_dir: &Path, listed: &str, records: usize) -> Result<usize, String> {
    let lines: Vec<(&str, &str)> =
        listed.lines().filter_map(|line| line.split_once("  ")).collect();
    if !lines.iter().any(|(_, name)| *name == "records.jsonl") {
        return Err("SHA256SUMS does not list records.jsonl: it was edited".to_string());
    }
    for (sum, name) in &lines {
        let inside = !name.starts_with('/') && !name.split('/').any(|part| part == "..");
        let bytes = inside.then(|| fs::read(run_dir.join(name)).ok()).flatten();
        match bytes {
            None => return Err(format!("{name} is listed in SHA256SUMS and is not there")),
            Some(bytes) if sha256(&bytes) == *sum => {}
            Some(_) if *name == "records.jsonl" => {
                return Err(format!(
                    "records.jsonl, with {records} whole records, is not the file that the report was \
                     made from: it was cut, extended or edited since"
                ));
            }
            Some(_) => {
                return Err(format!("{name} is not the file that SHA256SUMS lists: it was edited"));
            }
        }
    }
    Ok(lines.len())
}

/// Makes the report again. Files that are the same, or, where another version of
/// the code made them, figures that are.
fn again(run_dir: &Path, summary: &Value) -> Result<Result<(Option<usize>, usize), String>> {
    let rendered = render(run_dir)?;
    if summary["run"]["renderer"] == RENDERER {
        for (name, bytes) in &rendered.files {
            let there = fs::read(run_dir.join(name)).unwrap_or_default();
            if there != *bytes {
                let line = differing_line(&there, bytes);
                let sentence =
                    format!("{name} is not what the records give: it differs from line {line} on");
                return Ok(Err(sentence));
            }
        }
        return Ok(Ok((Some(rendered.files.len()), 0)));
    }
    let fresh = rendered.files.iter().find(|(name, _)| name == "summary.json");
    let fresh: Value = serde_json::from_slice(fresh.map_or(b"", |(_, bytes)| bytes))?;
    Ok(figures(summary, &fresh).map(|figures| (None, figures)))
}

fn differing_line(a: &[u8], b: &[u8]) -> usize {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    1 + a[..same].iter().filter(|byte| **byte == b'\n').count()
}

/// Compares median, range and n of every metric that both have; how many.
fn figures(old: &Value, new: &Value) -> Result<usize, String> {
    let cells = |summary: &'_ Value| summary["cells"].as_array().cloned().unwrap_or_default();
    let fresh = cells(new);
    let mut count = 0;
    for cell in cells(old) {
        let Some(now) = fresh.iter().find(|now| now["id"] == cell["id"]) else {
            return Err(format!("summary.json has {}, which run.json does not plan", cell["id"]));
        };
        let none = serde_json::Map::new();
        for (metric, old) in cell["metrics"].as_object().unwrap_or(&none) {
            let new = &now["metrics"][metric];
            if !new.is_null() && new != old {
                return Err(format!(
                    "summary.json has {metric} of {} otherwise than the records give it",
                    cell["id"]
                ));
            }
            count += usize::from(!new.is_null());
        }
    }
    match count {
        0 => Err("summary.json has no figure that the records give".to_string()),
        count => Ok(count),
    }
}
