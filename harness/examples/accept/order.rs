//! `scripts/accept order`: two runs of `request-loop` and `cpu` at profile
//! default, the second backwards. No pair may have contradicting verdicts, and no
//! contestant may differ from itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use triathlon::cmd::run::Arguments;
use triathlon_contract::record::Record;

use crate::check;
use crate::measure::{print_steal, run};

/// The order of both runs, the second time backwards.
const SEED: u64 = 4;

/// Measures twice and compares; the runs are kept below `keep`, if given.
pub(crate) fn order(keep: Option<&Path>) -> Result<u32> {
    let temporary = std::env::temp_dir().join(format!("triathlon-order-{}", std::process::id()));
    let out = keep.unwrap_or(&temporary);
    let judged = measured(out).and_then(|runs| judge(&runs));
    if keep.is_none() {
        fs::remove_dir_all(&temporary).context("remove the runs")?;
    }
    judged
}

fn measured(out: &Path) -> Result<[PathBuf; 2]> {
    let arguments = |reverse: bool| Arguments {
        workload: ["request-loop", "cpu"].map(str::to_string).into(),
        seed: Some(SEED),
        reverse,
        out: out.to_path_buf(),
        no_selftest: true,
        ..Arguments::defaults()
    };
    Ok([run(&arguments(false))?, run(&arguments(true))?])
}

fn judge(runs: &[PathBuf; 2]) -> Result<u32> {
    let mut different = 0;
    for directory in runs {
        println!("{}", directory.display());
        print_steal(&records(directory)?);
        different += self_differences(directory)?;
    }
    let [first, second] = [pairs(&runs[0])?, pairs(&runs[1])?];
    let mut count: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for (pair, verdict) in &first {
        // Pair-limited rows of one run are in no family of it.
        let Some(other) = second.get(pair) else { continue };
        *count.entry((verdict, other)).or_default() += 1;
        if contradict(verdict, other) {
            println!("       {pair}: {verdict}, then {other}");
        }
    }
    for ((first, second), pairs) in &count {
        println!("       {pairs:>5} pairs {first}, then {second}");
    }
    let contradicting: u32 =
        count.iter().filter(|((a, b), _)| contradict(a, b)).map(|(_, pairs)| pairs).sum();
    let mut missed =
        check("pairs with contradicting verdicts", contradicting.into(), (0.0, 0.0), "");
    missed += check("A/A tests that differ", different.into(), (0.0, 0.0), "");
    let decided =
        count.iter().filter(|((a, _), _)| is_decided(a)).map(|(_, pairs)| pairs).sum::<u32>();
    // Two runs that decide nothing contradict each other nowhere.
    missed += check("pairs decided by the first run", decided.into(), (100.0, 1e9), "");
    Ok(missed)
}

fn is_decided(verdict: &str) -> bool {
    matches!(verdict, "lower" | "higher")
}

/// Lower against higher. Equivalent within a margin of 8 % and lower by 5 % are
/// both true; such pairs are counted above.
fn contradict(a: &str, b: &str) -> bool {
    is_decided(a) && is_decided(b) && a != b
}

fn records(directory: &Path) -> Result<Vec<Record>> {
    let text = fs::read_to_string(directory.join("records.jsonl"))?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn self_differences(directory: &Path) -> Result<u32> {
    let text = fs::read_to_string(directory.join("summary.json"))?;
    let summary: Value = serde_json::from_str(&text)?;
    let noise = summary["noise"].as_array().context("no A/A")?;
    let (mut tests, mut different) = (0, 0);
    for noise in noise.iter().filter(|noise| noise["test"]["p_holm"].is_number()) {
        tests += 1;
        different += u32::from(noise["test"]["different"] == true);
    }
    println!("       {different} of {tests} A/A tests differ");
    Ok(different)
}

/// Verdict by pair.
fn pairs(directory: &Path) -> Result<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(directory.join("pairs.csv"))?;
    let mut pairs = BTreeMap::new();
    for row in reader.records() {
        let row = row?;
        let name = row.iter().take(5).collect::<Vec<_>>().join(" ");
        pairs.insert(name, row.get(5).unwrap_or_default().to_string());
    }
    Ok(pairs)
}
