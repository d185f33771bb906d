//! Where a figure comes from: the run, its anchor on the page and the cells that
//! it draws. A stand-alone file says so in its footer, for readers, and in its
//! metadata, for programs.

use super::data::who;
use crate::render::Model;
use crate::summary::Cell;
use crate::text;

/// Most cells that the metadata list.
const MOST_CELLS: usize = 200;
/// Most presets of a workload that a sentence names.
const MOST_PRESETS: usize = 12;
/// Longest name of a workload or a preset, in characters.
const LONGEST: usize = 40;

/// The run and what is drawn of it.
pub(super) struct Origin<'a> {
    run: &'a str,
    /// What is drawn, for readers.
    scope: String,
    /// In the order of the plan.
    cells: Vec<&'a Cell>,
}

impl<'a> Origin<'a> {
    /// Of the cells that have one of these ids.
    pub(super) fn of_cells(model: &Model<'a>, drawn: &[&str]) -> Self {
        let cells = model.summary.cells.iter().filter(|cell| drawn.contains(&cell.id.as_str()));
        let cells: Vec<&Cell> = cells.collect();
        Self { run: &model.summary.run.id, scope: cases(&cells), cells }
    }

    /// Of these cells, which are so many cases of a category.
    pub(super) fn of_category(
        model: &Model<'a>,
        category: &str,
        cases: usize,
        cells: Vec<&'a Cell>,
    ) -> Self {
        let scope = format!(
            "{}: {} ({})",
            text::short(category, 30),
            counted(cases, "case"),
            contestants(&cells)
        );
        Self { run: &model.summary.run.id, scope, cells }
    }

    /// Lines below the panels of the figure with an anchor.
    pub(super) fn footer(&self, anchor: &str) -> Vec<String> {
        vec![format!("triathlon · {anchor}"), text::short(self.run, 56), self.scope.clone()]
    }

    /// A line each for run, figure and cells: `cell: fan-out@n10/blocking`.
    pub(super) fn metadata(&self, anchor: &str) -> String {
        let mut lines = vec![format!("run: {}", text::line(self.run)), format!("figure: {anchor}")];
        let listed = self.cells.iter().take(MOST_CELLS);
        lines.extend(listed.map(|cell| format!("cell: {}", text::line(&cell.id))));
        let more = self.cells.len().saturating_sub(MOST_CELLS);
        if more > 0 {
            lines.push(format!("more cells: {more}"));
        }
        lines.join("\n")
    }
}

/// The cases of cells by workload, `fan-out@n10, n100 (9 contestants)`.
pub(crate) fn cases(cells: &[&Cell]) -> String {
    let mut workloads: Vec<(&str, Vec<&Cell>)> = Vec::new();
    for cell in cells {
        match workloads.iter_mut().find(|(workload, _)| *workload == cell.workload) {
            Some((_, own)) => own.push(cell),
            None => workloads.push((&cell.workload, vec![cell])),
        }
    }
    let of_workload = |(workload, cells): (&str, Vec<&Cell>)| {
        let mut presets: Vec<String> = Vec::new();
        for cell in &cells {
            let preset = text::short(&cell.preset, LONGEST);
            if !presets.contains(&preset) {
                presets.push(preset);
            }
        }
        let more = presets.len().saturating_sub(MOST_PRESETS);
        presets.truncate(MOST_PRESETS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let workload = text::short(workload, LONGEST);
        format!("{workload}@{}{more} ({})", presets.join(", "), contestants(&cells))
    };
    workloads.into_iter().map(of_workload).collect::<Vec<_>>().join("; ")
}

fn contestants(cells: &[&Cell]) -> String {
    let mut names: Vec<String> = cells.iter().map(|cell| who(cell)).collect();
    names.sort_unstable();
    names.dedup();
    counted(names.len(), "contestant")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
