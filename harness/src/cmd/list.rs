//! `triathlon list`

use clap::ValueEnum;
use triathlon_contract::WORKLOADS;
use triathlon_contract::record::Listed;

use crate::selection::{Selected, Selection};
use crate::{Failure, Result, contestants, machine, profile, selection};

use super::print;

const EXAMPLES: &str = "\
Examples:
  triathlon list                          every cell, one a line
  triathlon list cells '^request-loop@'   some of them
  triathlon list cells --format json      the same for programs
  triathlon list contestants
  triathlon list workloads
  triathlon list profiles";

/// What to list, and how.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What to list
    #[arg(value_enum, default_value = "cells")]
    what: What,
    /// Regular expressions over ids, for cells
    filters: Vec<String>,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Cells,
    Contestants,
    Workloads,
    Profiles,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

/// Lists.
///
/// # Errors
/// A usage failure for a filter that does not parse or matches nothing.
pub fn run(arguments: &Arguments) -> Result<()> {
    if arguments.what != What::Cells && !arguments.filters.is_empty() {
        return Err(Failure::usage("a filter goes with `triathlon list cells` only"));
    }
    let rows = match arguments.what {
        What::Cells => return cells(arguments),
        What::Contestants => contestants_rows(),
        What::Workloads => workload_rows(),
        What::Profiles => profile_rows(),
    };
    let text = match arguments.format {
        Format::Text => rows.iter().map(|(name, about)| format!("{name:<24} {about}\n")).collect(),
        Format::Csv => {
            let line = |(name, about): &(String, String)| format!("{name},{}\n", quoted(about));
            std::iter::once("name,about\n".to_string()).chain(rows.iter().map(line)).collect()
        }
        Format::Json => {
            let objects: Vec<_> = rows
                .iter()
                .map(|(name, about)| serde_json::json!({ "name": name, "about": about }))
                .collect();
            json(&objects)?
        }
    };
    print(&text)
}

fn cells(arguments: &Arguments) -> Result<()> {
    let limits = machine::limits()?;
    let workers = machine::placement().workers as usize;
    let cases = if arguments.filters.is_empty() {
        selection::all(workers, limits)
    } else {
        let selection = Selection { filters: arguments.filters.clone(), ..Selection::default() };
        selection.cases(workers, limits)?
    };
    let listed: Vec<Listed> = cases.iter().map(listed).collect();
    let text = match arguments.format {
        Format::Json => json(&listed)?,
        Format::Text => listed.iter().map(text_line).collect(),
        Format::Csv => {
            let header =
                "id,workload,preset,contestant,flavour,way,style,status,reason,by_default\n";
            std::iter::once(header.to_string()).chain(listed.iter().map(csv_line)).collect()
        }
    };
    print(&text)
}

fn text_line(cell: &Listed) -> String {
    let note = match (cell.status.as_str(), cell.by_default) {
        ("absent", _) => format!("absent: {}", cell.reason),
        (_, true) => cell.style.clone(),
        (_, false) => format!("{}, by filter only", cell.style),
    };
    format!("{:<60} {note}\n", cell.id)
}

fn csv_line(cell: &Listed) -> String {
    let Listed { id, workload, preset, contestant, flavour, way, style, status, .. } = cell;
    let reason = quoted(&cell.reason);
    let by_default = cell.by_default;
    format!(
        "{id},{workload},{preset},{contestant},{flavour},{way},{style},{status},{reason},{by_default}\n"
    )
}

fn listed(selected: &Selected) -> Listed {
    let case = &selected.case;
    let id = case.id.clone();
    Listed {
        id: id.to_string(),
        workload: id.workload,
        preset: id.preset,
        contestant: id.contestant,
        flavour: id.flavour,
        way: id.way,
        style: case.style.to_string(),
        status: if case.absent.is_some() { "absent" } else { "runs" }.to_string(),
        reason: case.absent.clone().unwrap_or_default(),
        by_default: case.by_default,
    }
}

fn contestants_rows() -> Vec<(String, String)> {
    let rows = contestants::ALL.into_iter().flat_map(|contestant| {
        contestant.flavours.iter().map(move |flavour| {
            (contestants::who(contestant, flavour), contestant.about.to_string())
        })
    });
    rows.collect()
}

fn workload_rows() -> Vec<(String, String)> {
    WORKLOADS.iter().map(|w| (w.name.to_string(), w.question.to_string())).collect()
}

fn profile_rows() -> Vec<(String, String)> {
    let rows = profile::PROFILES.iter();
    rows.map(|profile| (profile.name.to_string(), profile.about.to_string())).collect()
}

fn json(rows: &[impl serde::Serialize]) -> Result<String> {
    let mut text = serde_json::to_string_pretty(rows).map_err(anyhow::Error::from)?;
    text.push('\n');
    Ok(text)
}

/// A field of CSV; RFC 4180.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
