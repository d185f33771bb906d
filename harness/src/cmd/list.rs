//! `triathlon list`

use std::collections::BTreeSet;

use clap::ValueEnum;
use triathlon_contract::WORKLOADS;
use triathlon_contract::record::Listed;

use crate::selection::{Selected, Selection};
use crate::{Failure, Result, contestants, guests, machine, profile, selection};

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

/// A line of everything but the cells.
#[derive(serde::Serialize)]
struct Row {
    name: String,
    about: &'static str,
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
        Format::Text => {
            rows.iter().map(|row| format!("{:<24} {}\n", row.name, row.about)).collect()
        }
        Format::Csv => csv(&rows)?,
        Format::Json => json(&rows)?,
    };
    print(&text)
}

fn cells(arguments: &Arguments) -> Result<()> {
    let limits = machine::limits()?;
    let placement = machine::placement(machine::Share::Half);
    let own = std::env::current_exe().map_err(anyhow::Error::from)?;
    let programs = guests::beside(&own);
    let cases = if arguments.filters.is_empty() {
        selection::with_guests(&placement, limits, &programs)
    } else {
        let filters = arguments.filters.clone();
        let selection = Selection { filters, programs, ..Selection::default() };
        selection.cases(&placement, limits)?
    };
    let listed: Vec<Listed> = cases.iter().map(listed).collect();
    let text = match arguments.format {
        Format::Json => json(&listed)?,
        Format::Text if arguments.filters.is_empty() => in_short(&listed),
        Format::Text => listed.iter().map(text_line).collect(),
        Format::Csv => csv(&listed)?,
    };
    print(&text)
}

/// Most presets of a workload that are listed one by one although only a filter includes
/// them.
const MANY: usize = 40;

/// A line for each cell. Where more than [`MANY`] presets of a workload are left to filters,
/// these have one line, and the filter that shows them.
fn in_short(listed: &[Listed]) -> String {
    let by_filter = |workload: &str| {
        let cells = listed.iter().filter(|cell| cell.workload == workload);
        let presets: BTreeSet<&str> = cells.clone().map(|cell| cell.preset.as_str()).collect();
        let usual: BTreeSet<&str> =
            cells.filter(|cell| cell.by_default).map(|cell| cell.preset.as_str()).collect();
        presets.difference(&usual).copied().collect::<BTreeSet<&str>>()
    };
    let mut text = String::new();
    for workload in listed.chunk_by(|one, next| one.workload == next.workload) {
        let name = &workload[0].workload;
        let presets = by_filter(name);
        let many = presets.len() > MANY;
        let (left, shown): (Vec<&Listed>, Vec<&Listed>) =
            workload.iter().partition(|cell| many && presets.contains(cell.preset.as_str()));
        shown.into_iter().for_each(|cell| text.push_str(&text_line(cell)));
        if many {
            let (cells, presets) = (left.len(), presets.len());
            let what = format!("{name}@…");
            text.push_str(&format!(
                "{what:<60} {cells} cells of {presets} presets, `triathlon list cells '^{name}@'` \
                 has them all, by filter only\n"
            ));
        }
    }
    text
}

fn text_line(cell: &Listed) -> String {
    let note = match (cell.status.as_str(), cell.by_default, cell.thorough) {
        ("absent", ..) => format!("absent: {}", cell.reason),
        (_, true, false) => cell.style.clone(),
        (_, true, true) => format!("{}, not in cargo bench without a filter", cell.style),
        (_, false, _) => format!("{}, by filter only", cell.style),
    };
    format!("{:<60} {note}\n", cell.id)
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
        thorough: case.thorough,
    }
}

fn contestants_rows() -> Vec<Row> {
    let guests = guests::ALL.iter().map(|guest| guest.contestant);
    let rows = contestants::ALL.into_iter().chain(guests).flat_map(|contestant| {
        contestant.flavours.iter().map(move |flavour| {
            let name = contestants::who(contestant, flavour);
            Row { name, about: contestant.about }
        })
    });
    rows.collect()
}

fn workload_rows() -> Vec<Row> {
    WORKLOADS.iter().map(|w| Row { name: w.name.to_string(), about: w.question }).collect()
}

fn profile_rows() -> Vec<Row> {
    let rows = profile::PROFILES.iter();
    rows.map(|profile| Row { name: profile.name.to_string(), about: profile.about }).collect()
}

fn json(rows: &[impl serde::Serialize]) -> Result<String> {
    let mut text = serde_json::to_string_pretty(rows).map_err(anyhow::Error::from)?;
    text.push('\n');
    Ok(text)
}

fn csv(rows: &[impl serde::Serialize]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(anyhow::Error::from)?;
    }
    let bytes = writer.into_inner().map_err(anyhow::Error::from)?;
    Ok(String::from_utf8(bytes).map_err(anyhow::Error::from)?)
}
