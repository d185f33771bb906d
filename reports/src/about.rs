//! What each file of a run has, in a line.

use std::borrow::Cow;

use crate::schema;

/// Of a file, by its name.
pub(crate) fn file(name: &str) -> Cow<'static, str> {
    match schema::describes(name) {
        Some(file) => format!("JSON Schema of {file}").into(),
        None => of_its_own(name).into(),
    }
}

fn of_its_own(name: &str) -> &'static str {
    match name {
        "run.json" => "plan, seed, machine, versions, build",
        "records.jsonl" => "one line per execution: all that was measured",
        "histograms.jsonl" => {
            "one line per execution of an open loop: its distributions, HdrHistogram V2"
        }
        "sessions.jsonl" => "one line per session: when the run was begun and taken up again",
        "sources.json" => "code of the cells",
        "selftest.json" => "certificate of the self-test: each row with its figures and bounds",
        "cost.json" => "builds and executions of the same small program in every style",
        "syscalls.json" => "system calls per operation of some cases, counted under a tracer",
        "pairs.csv" => "every pair of contestants, by case and metric: ratio, interval, verdict",
        "summary.json" => "median and range per cell and metric, ratios, noise",
        "summary.csv" => "the same, one row per cell",
        "summary.md" => "the comparison as Markdown",
        "bencher.json" => "medians and ranges for Bencher (BMF)",
        "github-action-benchmark.json" => {
            "medians and ranges for github-action-benchmark, customSmallerIsBetter"
        }
        "report.html" => "the page",
        "ro-crate-metadata.json" => "the files of the run, described for archives",
        _ => "figure",
    }
}
