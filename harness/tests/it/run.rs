//! A small run from end to end: records, summary, page, latest, same bytes
//! again.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use triathlon_contract::record::{ExecutionStatus, Record, RunFile};

use crate::support::{TRIATHLON, cell, output, succeeds, summary};

const FILTER: &str = "^(fan-out@n10|request-loop@c16-d0)/(blocking|tokio/multi-thread)$";

fn small_run(directory: &Path) {
    // Without optimisation, beside other tests, four times the laps take their time.
    let patient = ["--keep-disturbed", "--wall-limit", "600"];
    let arguments =
        [&["run", FILTER, "--rounds", "3", "--seed", "11", "--out", "out"], &patient[..]];
    let output = output(directory, &arguments.concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    // Not a terminal: the start, then one plain line a round.
    // Other tests may run at the same time.
    let lines: Vec<_> = errors.lines().filter(|line| !line.starts_with("warning: ")).collect();
    assert_eq!(lines.len(), 4, "{errors}");
    assert!(lines[0].contains("24 executions in 3 rounds, seed 11"), "{errors}");
    assert!(lines[3].starts_with("round 3 of 3"), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let last = Path::new(text.trim_end().lines().last().unwrap());
    assert!(last.is_absolute() && last.ends_with("report.html") && last.is_file(), "{text}");
    assert!(text.contains("fan-out") && text.contains("tokio/multi-thread"), "{text}");
}

#[test]
fn a_run_leaves_records_summary_and_page() {
    let directory = tempfile::tempdir().unwrap();
    small_run(directory.path());
    let latest = directory.path().join("out/latest");
    let run: RunFile =
        serde_json::from_str(&fs::read_to_string(latest.join("run.json")).unwrap()).unwrap();
    assert_eq!((run.seed, run.rounds, run.profile.as_str()), (11, 3, "default"));
    check_records(&latest, &run);
    check_summary(&summary(&directory.path().join("out")));
    for file in ["report.html", "summary.csv", "summary.md", "sources.json", "SHA256SUMS"] {
        assert!(latest.join(file).is_file(), "{file}");
    }
    for workload in ["fan-out", "request-loop"] {
        for kind in ["forest", "scaling", "strip"] {
            let figure = latest.join(format!("figures/{workload}-{kind}.svg"));
            assert!(figure.is_file(), "{}", figure.display());
        }
    }
    let page = fs::read(latest.join("report.html")).unwrap();
    let text = String::from_utf8_lossy(&page);
    assert!(text.contains("A task for every URL, gathered in a"), "the code of a cell is shown");
    check_whole_run(directory.path(), &text, &run);
    succeeds(directory.path(), &["report", "out/latest"]);
    assert_eq!(page, fs::read(latest.join("report.html")).unwrap(), "the same bytes again");
    let table = succeeds(directory.path(), &["report", "out/latest", "--table"]);
    assert!(table.contains("blocking"));
}

/// The command that the page gives for the whole run plans the same run.
fn check_whole_run(directory: &Path, page: &str, run: &RunFile) {
    let commands = page.split("<code class=\"command\">").skip(1);
    let command = commands.last().unwrap().split("</code>").next().unwrap();
    let arguments = command.strip_prefix("cargo run --release -- ").unwrap();
    let arguments = arguments.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    let line = format!("{TRIATHLON} {arguments} --dry-run");
    let output = Command::new("/bin/sh").args(["-c", &line]).current_dir(directory).output();
    let output = output.unwrap();
    let plan = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{line}");
    let want = format!(
        "{} cases run, 0 are absent; {} rounds, seed {}",
        run.cases.len(),
        run.rounds,
        run.seed
    );
    assert!(plan.contains(&want), "{line}: {plan}");
}

fn check_records(latest: &Path, run: &RunFile) {
    let text = fs::read_to_string(latest.join("records.jsonl")).unwrap();
    let records: Vec<Record> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 24, "four cases, two twins, two ceilings, three rounds");
    let mut seen: HashMap<(u64, &str, bool), u32> = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        assert_eq!(record.sequence, index as u64);
        assert_eq!(record.status, ExecutionStatus::Ok, "{}", record.reason);
        let ceiling =
            run.ceilings.iter().any(|name| record.id == format!("ceiling@{name}/generator"));
        assert!(ceiling || run.cases.iter().any(|case| case.id == record.id), "{}", record.id);
        *seen.entry((record.round, &record.id, record.twin)).or_default() += 1;
    }
    assert!(seen.values().all(|count| *count == 1), "{seen:?}");
}

fn check_summary(summary: &Value) {
    for key in ["id", "profile", "seed", "rounds", "suite_version", "machine", "versions"] {
        assert!(!summary["run"][key].is_null(), "run.{key}");
    }
    assert_eq!(summary["interrupted"], false);
    let cells = summary["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 4);
    let metrics =
        ["elapsed_s", "throughput_per_s", "cpu_us_per_op", "ctx_switches_per_op", "peak_rss_bytes"];
    for cell in cells {
        assert_eq!((&cell["status"], &cell["n"]), (&"valid".into(), &3.into()), "{cell}");
        for metric in metrics {
            let value = |edge: &str| cell["metrics"][metric][edge].as_f64().unwrap();
            assert!(value("low") <= value("median") && value("median") <= value("high"));
            assert!(value("low") >= 0.0);
        }
    }
    // What the field agrees on, with ample head room: ten waits of 20 ms one
    // after the other, against all at once.
    let elapsed = |id: &str| cell(summary, id)["metrics"]["elapsed_s"]["median"].as_f64().unwrap();
    let (alone, together) =
        (elapsed("fan-out@n10/blocking"), elapsed("fan-out@n10/tokio/multi-thread"));
    assert!(alone >= 0.2, "{alone}");
    assert!(together >= 0.02 && together < alone, "{together}");
}
