//! All files of the report, as bytes.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use sha2::{Digest, Sha256};

use crate::export::{action::action, bencher::bencher, ro_crate::ro_crate};
use crate::input::Input;
use crate::matrix::Matrix;
use crate::ratio::{self, Executions};
use crate::summarise::{Summed, summarise};
use crate::summary::Summary;
use crate::{believe, chart, claims, csv, export, html, markdown, schema};

/// The files of a report, in the order in which they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Path below the run's directory, with `/`, and content.
    pub files: Vec<(String, Vec<u8>)>,
}

/// What every view draws from.
pub(crate) struct Model<'a> {
    pub(crate) input: &'a Input,
    pub(crate) summary: &'a Summary,
    /// All pairs of cells, by case and metric; none without verdicts.
    pub(crate) matrices: &'a [Matrix],
    /// Values of the executions that count, by case.
    pub(crate) executions: &'a HashMap<&'a str, Executions>,
    /// Why the run as a whole cannot be believed; nothing if it can.
    pub(crate) invalid: Option<String>,
}

/// Renders the directory of a run. Reads `run.json`, `records.jsonl` and
/// `sources.json` there and nothing else; the same files give the same bytes.
///
/// # Errors
/// A missing or malformed file, named; for a record with its line. A last line
/// that was cut off is no error: the report mentions it.
pub fn render(run_dir: &Path) -> Result<Rendered> {
    let input = Input::read(run_dir)?;
    let executions = ratio::executions(&input, false);
    let claims = claims::all()?;
    let Summed { summary, pairs, matrices } = summarise(&input, &executions, &claims)?;
    let invalid = believe::why(&summary, false);
    let model = Model {
        input: &input,
        summary: &summary,
        matrices: &matrices,
        executions: &executions,
        invalid,
    };
    let json = export::json(&summary)?;
    let charts = chart::charts(&model)?;
    let mut files = vec![
        ("summary.json".to_string(), json),
        ("summary.csv".to_string(), csv::csv(&summary)?),
        ("summary.md".to_string(), markdown::markdown(&model).into_bytes()),
    ];
    files.push(("bencher.json".to_string(), bencher(&model)?));
    files.push(("github-action-benchmark.json".to_string(), action(&model)?));
    if !pairs.is_empty() {
        files.push(("pairs.csv".to_string(), pairs));
    }
    let overview = chart::overview::Overview::of(&model)?;
    let drawings = charts.iter().flat_map(chart::Charts::drawings);
    for drawing in drawings.chain(overview.drawings()) {
        files.push((drawing.file.clone(), drawing.stand_alone.clone().into_bytes()));
    }
    files.extend(schema::files()?);
    let mut sums = sums(input.files.iter().chain(&files));
    let page =
        ("report.html".to_string(), html::page(&model, &charts, &overview, &sums).into_bytes());
    sums.extend(self::sums([&page]));
    files.push(page);
    let described = input.files.iter().chain(&files).zip(&sums);
    let described: Vec<(&str, &[u8], &str)> =
        described.map(|((name, bytes), (_, sum))| (&**name, &**bytes, &**sum)).collect();
    let described = ("ro-crate-metadata.json".to_string(), ro_crate(&model, &described)?);
    sums.extend(self::sums([&described]));
    files.push(described);
    let list: String = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    files.push(("SHA256SUMS".to_string(), list.into_bytes()));
    Ok(Rendered { files })
}

/// Lets a view see a run.
///
/// # Errors
/// Whatever the view's are, and those of the summary.
pub(crate) fn with_model<T>(input: &Input, see: impl FnOnce(&Model<'_>) -> Result<T>) -> Result<T> {
    let executions = ratio::executions(input, false);
    let Summed { summary, matrices, .. } = summarise(input, &executions, &claims::all()?)?;
    let invalid = believe::why(&summary, false);
    see(&Model { input, summary: &summary, matrices: &matrices, executions: &executions, invalid })
}

/// SHA-256 of each file, by name.
fn sums<'a>(files: impl IntoIterator<Item = &'a (String, Vec<u8>)>) -> Vec<(String, String)> {
    files.into_iter().map(|(name, bytes)| (name.clone(), sha256(bytes))).collect()
}

/// In hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
