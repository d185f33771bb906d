//! A run as large as the whole course: 17 workloads, 12 contestants, 30 rounds.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use triathlon_contract::record::WorkloadFile;
use triathlon_reports::{Rendered, render, write};

use crate::fixture::{Fixture, case, chart, contestant_file, fan_out, fixture_of, run};
use crate::made_up::{CONTESTANTS, OTHERS};

const WORKLOADS: [(&str, &str); 17] = [
    ("fan-out", "network"),
    ("request-loop", "network"),
    ("open-loop", "network"),
    ("connect", "network"),
    ("download", "network"),
    ("websocket", "network"),
    ("query", "network"),
    ("cpu", "machine"),
    ("mixed", "machine"),
    ("files", "machine"),
    ("pipeline", "machine"),
    ("spawn", "runtime"),
    ("ring", "runtime"),
    ("lock", "runtime"),
    ("sleepers", "runtime"),
    ("stall", "runtime"),
    ("serve", "serve"),
];

/// Two each; a run of headlines has six presets of five workloads.
const PRESETS: [(&str, u64); 2] = [("n10", 10), ("n1000", 1000)];

fn everybody() -> Vec<(String, &'static str)> {
    let nine =
        CONTESTANTS.iter().chain(&OTHERS).map(|(who, style, _)| ((*who).to_string(), *style));
    let more = [
        ("rayon/scoped", "threads"),
        ("threads-pool/parked", "threads"),
        ("async-std/one", "async"),
    ];
    nine.chain(more.map(|(who, style)| (who.to_string(), style))).collect()
}

/// As long as cells are on average, 3.3 KB on the page, and no two alike.
fn source(what: &str, who: &str) -> String {
    let line = |place: usize| {
        format!(
            "    let step_{place} = {what}::step({place}, &{who}).context(\"step {place}\")?;\n"
        )
    };
    let lines: String = (0..40).map(line).collect();
    format!("//! {what}, as {who} does it.\n\npub fn run() -> Result<()> {{\n{lines}}}\n")
}

fn synthetic() -> Fixture {
    let mut run = run(30);
    (run.profile, run.verdicts, run.parts) = ("publish".to_string(), true, 2);
    let everybody = everybody();
    run.contestants = everybody.iter().map(|(who, style)| contestant_file(who, style)).collect();
    let mut sources = BTreeMap::new();
    run.workloads.clear();
    for (place, (name, category)) in WORKLOADS.into_iter().enumerate() {
        run.workloads.push(workload(name, category, place));
        for (preset, fetches) in PRESETS {
            for (who, _) in &everybody {
                run.cases.push(case(&format!("{name}@{preset}/{who}"), &fan_out(fetches, 0)));
            }
        }
        // Flavours share their files.
        for (who, _) in &everybody {
            let who = who.split('/').next().unwrap();
            sources.insert(format!("{name}/{who}"), source(name, who));
        }
    }
    Fixture { sources, ..fixture_of(run) }
}

fn workload(name: &str, category: &str, place: usize) -> WorkloadFile {
    let metric = ["elapsed_s", "cpu_us_per_op", "throughput_per_s"][place % 3];
    WorkloadFile {
        open: false,
        name: name.to_string(),
        category: category.to_string(),
        question: "What does one operation cost, and how does the cost grow with many of them?".to_string(),
        timed: "From the first operation wanted to the last one verified, with all that the style needs for it.".to_string(),
        operation: "operation".to_string(),
        beside: None,
        server: true,
        chart: chart("fetches", "operations at once (N)", "pool", "pooled", metric),
    }
}

fn page(rendered: &Rendered) -> &[u8] {
    &rendered.files.iter().find(|(name, _)| name == "report.html").unwrap().1
}

fn gzipped(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().len()
}

/// Written for `scripts/test` to time and to open, if asked to:
/// `TRIATHLON_SYNTHETIC_TO=/tmp/s`.
#[test]
fn a_full_run_is_small_and_always_the_same() {
    let own = tempfile::tempdir().unwrap();
    let to = std::env::var_os("TRIATHLON_SYNTHETIC_TO");
    let dir = to.as_deref().map_or(own.path(), Path::new);
    synthetic().chained().write(dir);
    let first = render(dir).unwrap();
    let page = page(&first);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    let small = gzipped(page);
    assert!(small < 500_000, "{small} bytes");
    let text = String::from_utf8(page.to_vec()).unwrap();
    assert_eq!(text.matches("id=\"cell-").count(), WORKLOADS.len() * PRESETS.len() * 12);
    write(dir, &first).unwrap();
    assert!(render(dir).unwrap() == first, "not the same bytes");
    assert!(fs::metadata(dir.join("figures/serve-forest.svg")).unwrap().len() > 1000);
}
