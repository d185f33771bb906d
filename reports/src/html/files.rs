//! Of the workload `files`: where its files lay, and what a hop to another thread
//! costs beside a direct read.

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use super::unbroken;
use crate::chart::times;
use crate::ratio;
use crate::render::Model;
use crate::summary::{Cell, Status};
use crate::{key, text};

/// The workload that has files.
const WORKLOAD: &str = "files";

/// The metric of the finding: what a hop costs, whoever waits meanwhile.
const METRIC: &str = "cpu_us_per_op";

/// The way that reads on the worker itself.
const DIRECT: &str = "inline";

/// Nothing for any other workload.
pub(super) fn files(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    if workload.name != WORKLOAD {
        return html! {};
    }
    html! {
        @if let Some(place) = place(model) { p.prose { strong { "Where. " } (place) } }
        @for sentence in findings(model) { p.prose { strong { "A hop. " } (unbroken(&sentence)) } }
    }
}

/// `Files lay in /tmp on ext4 (/dev/vda1), read from a warm page cache.`
fn place(model: &Model<'_>) -> Option<String> {
    let files = model.input.run.files.as_ref()?;
    let (directory, file_system, device) = (
        text::line(&files.directory),
        text::short(&files.file_system, 40),
        text::line(&files.device),
    );
    let ran = |name: &str| cells(model).any(|cell| cell.n > 0 && parameter(cell, name) == 1);
    let cold = match ran("cold") {
        true => ", and from an empty one where a preset is cold",
        false => "",
    };
    let memory = match file_system.as_str() {
        "tmpfs" | "ramfs" if ran("writes") => ". It is in memory, where `fsync` has nothing to do",
        _ => "",
    };
    Some(format!(
        "Files lay in {directory} on {file_system} ({device}), read from a warm page cache{cold}{memory}."
    ))
}

fn cells<'a>(model: &Model<'a>) -> impl Iterator<Item = &'a Cell> {
    model.summary.cells.iter().filter(|cell| cell.workload == WORKLOAD)
}

fn parameter(cell: &Cell, name: &str) -> u64 {
    cell.parameters.get(name).copied().unwrap_or(0)
}

/// A sentence for each contestant that reads small warm files directly, too, at the
/// preset with the most in flight.
fn findings(model: &Model<'_>) -> Vec<String> {
    let small = |cell: &&Cell| {
        parameter(cell, "writes") == 0
            && parameter(cell, "cold") == 0
            && parameter(cell, "files") > 1
    };
    let direct = || cells(model).filter(small).filter(|cell| cell.way == DIRECT && cell.n > 0);
    let most = direct().map(|cell| parameter(cell, "in_flight")).max();
    let preset = direct().find(|cell| Some(parameter(cell, "in_flight")) == most);
    let chosen = direct().filter(|cell| preset.is_some_and(|first| first.preset == cell.preset));
    chosen.filter_map(|direct| finding(model, direct)).collect()
}

/// Nothing unless all that is compared was measured.
fn finding(model: &Model<'_>, direct: &Cell) -> Option<String> {
    let beside = |way: &str| {
        let same = |cell: &&Cell| {
            cell.preset == direct.preset
                && cell.contestant == direct.contestant
                && cell.flavour == direct.flavour
                && cell.way == way
        };
        cells(model).find(same)
    };
    let costs = |cell: &Cell| {
        let shown = matches!(cell.status, Status::Valid | Status::Degraded);
        let cpu = cell.metrics.get(METRIC).filter(|_| shown)?;
        Some(text::quantified(text::quantity(METRIC), cpu.median))
    };
    let over_direct = |cell: &Cell| {
        let [of, to] = [cell, direct].map(|cell| model.executions.get(cell.id.as_str()));
        let ratio = ratio::ratios(of?, to?).remove(METRIC)?;
        Some(times(&ratio))
    };
    let (plain, handle) = (beside("")?, beside("handle")?);
    Some(format!(
        "With {} in flight, a warm file of {} costs {} {} of CPU by one hop to its pool (the plain \
         way), {} by an open file, which hops for each call ({}), and {} read directly on a worker \
         ({DIRECT}): {} and {} as much.",
        parameter(direct, "in_flight"),
        text::parameter("file_bytes", parameter(direct, "file_bytes")),
        text::line(&key::parts(&direct.id).who()),
        costs(plain)?,
        costs(handle)?,
        text::line(&handle.way),
        costs(direct)?,
        over_direct(plain)?,
        over_direct(handle)?,
    ))
}
