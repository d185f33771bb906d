//! Run directories made up for the tests: the shapes are those of real runs,
//! the numbers are invented and always the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use triathlon_contract::record::{
    CaseFile, ChartFile, ContestantFile, ExecutionStatus, Machine, Placement, Record, RunFile,
    SCHEMA, WorkloadFile, link,
};

use crate::made_up::{CONTESTANTS, REFERENCE, contestant, records};

/// A run and its records, before they are written.
pub(crate) struct Fixture {
    pub(crate) run: RunFile,
    pub(crate) records: Vec<Record>,
    pub(crate) sources: BTreeMap<String, String>,
}

impl Fixture {
    /// Writes the three files of a run.
    pub(crate) fn write(&self, dir: &Path) {
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join("run.json"), serde_json::to_vec_pretty(&self.run).unwrap()).unwrap();
        fs::write(dir.join("records.jsonl"), self.lines()).unwrap();
        fs::write(dir.join("sources.json"), serde_json::to_vec(&self.sources).unwrap()).unwrap();
    }

    /// `records.jsonl`.
    pub(crate) fn lines(&self) -> String {
        self.records.iter().map(|r| serde_json::to_string(r).unwrap() + "\n").collect()
    }

    /// The same, each record holding on to the one before it.
    pub(crate) fn chained(mut self) -> Self {
        let mut previous = link(&serde_json::to_vec_pretty(&self.run).unwrap());
        for (sequence, record) in (0..).zip(&mut self.records) {
            (record.sequence, record.previous) = (sequence, previous);
            previous = link((serde_json::to_string(record).unwrap() + "\n").as_bytes());
        }
        self
    }
}

/// Two cases of one workload and two rounds: small enough to read its files.
pub(crate) fn tiny() -> Fixture {
    let mut run = run(2);
    run.contestants.retain(|c| c.who == "blocking" || c.who == REFERENCE);
    run.workloads.truncate(1);
    for who in ["blocking", REFERENCE] {
        run.cases.push(case(&format!("fan-out@n10/{who}"), &fan_out(10, 0)));
    }
    run.cases.push(CaseFile {
        absent: Some("one thread has nothing to share | see *docs*".to_string()),
        ..case("fan-out@n10/blocking:stack", &fan_out(10, 0))
    });
    let records = records(&run);
    Fixture { run, records, sources: sources() }
}

/// The records that a run's plan gives.
pub(crate) fn fixture_of(run: RunFile) -> Fixture {
    let records = records(&run);
    Fixture { run, records, sources: sources() }
}

/// Every preset, contestant and status of a first report.
pub(crate) fn full() -> Fixture {
    let mut run = run(6);
    let fan_outs = [("n10", 10, 0), ("n100", 100, 0), ("n1000", 1000, 0), ("n5000", 5000, 0)];
    for (preset, fetches, pool) in fan_outs.into_iter().chain([("n1000-pool64", 1000, 64)]) {
        add(&mut run, "fan-out", preset, &fan_out(fetches, pool));
    }
    for (delay, delay_us) in [("d0", 0), ("d1ms", 1000), ("d20ms", 20_000)] {
        for connections in [1, 16, 64, 256] {
            let parameters = [
                ("body_bytes", 128),
                ("connections", connections),
                ("delay_us", delay_us),
                ("laps", 100),
            ];
            add(&mut run, "request-loop", &format!("c{connections}-{delay}"), &parameters);
        }
    }
    absent(
        &mut run,
        "fan-out@n5000/threads-per-op",
        "needs 5064 threads, this machine allows 4096",
    );
    let mut records = records(&run);
    fail(&mut records, "fan-out@n5000/blocking", 6, "killed after the wall limit of 120 s");
    fail(&mut records, "fan-out@n1000/threads-per-op", 2, "operations: 999 instead of 1000");
    Fixture { run, records, sources: sources() }
}

fn add(run: &mut RunFile, workload: &str, preset: &str, parameters: &[(&str, u64)]) {
    for (who, _, _) in CONTESTANTS {
        run.cases.push(case(&format!("{workload}@{preset}/{who}"), parameters));
        if matches!(who, "blocking" | "tokio/multi-thread") {
            run.cases.push(case(&format!("{workload}@{preset}/{who}:stack"), parameters));
        }
    }
}

fn absent(run: &mut RunFile, id: &str, reason: &str) {
    run.cases.iter_mut().find(|case| case.id == id).unwrap().absent = Some(reason.to_string());
}

/// Makes the first `count` executions of a case failures.
pub(crate) fn fail(records: &mut [Record], id: &str, count: usize, reason: &str) {
    for record in records.iter_mut().filter(|r| r.id == id && !r.twin).take(count) {
        record.status = ExecutionStatus::Failed;
        record.reason = reason.to_string();
    }
}

pub(crate) fn fan_out(fetches: u64, pool: u64) -> [(&'static str, u64); 5] {
    [("body_bytes", 1024), ("delay_us", 20_000), ("fetches", fetches), ("laps", 1), ("pool", pool)]
}

pub(crate) fn case(id: &str, parameters: &[(&str, u64)]) -> CaseFile {
    let (_, style, _) = contestant(id);
    CaseFile {
        slice_ms: None,
        cpus: None,
        bound: None,
        id: id.to_string(),
        style: style.to_string(),
        absent: None,
        parameters: parameters.iter().map(|(name, value)| ((*name).to_string(), *value)).collect(),
        laps: 1,
        ceiling: None,
    }
}

pub(crate) fn contestant_file(who: &str, style: &str) -> ContestantFile {
    let about = "What it is and which guide it follows, in one sentence.".to_string();
    ContestantFile { who: who.to_string(), style: style.to_string(), about }
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect()
}

pub(crate) fn run(rounds: u64) -> RunFile {
    let contestants = CONTESTANTS.iter().map(|(who, style, _)| contestant_file(who, style));
    RunFile {
        slice_study: None,
        postgres: None,
        files: None,
        schema: SCHEMA,
        id: "20261122T170501Z-0a1b2c3d-9f8e7d6c-42".to_string(),
        profile: "quick".to_string(),
        verdicts: false,
        parts: 1,
        reversed: false,
        keep_disturbed: false,
        seed: 42,
        rounds,
        started_at: "2026-11-22T17:05:01Z".to_string(),
        suite_version: "1".to_string(),
        package_version: "0.1.0".to_string(),
        commit: "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567".to_string(),
        dirty: false,
        build: map(&[("compiler", "rustc 1.95.0"), ("lto", "thin"), ("opt-level", "3")]),
        machine: Machine {
            id: "9f8e7d6c".to_string(),
            class: "2 CPUs, AMD EPYC, KVM guest, Linux 6.18".to_string(),
            facts: map(&[
                ("cpus", "2"),
                ("cpu model", "AMD EPYC"),
                ("kernel", "6.18.5"),
                ("memory", "7.8 GiB"),
                ("hypervisor", "KVM"),
            ]),
        },
        placement: Placement {
            contestant_cpus: vec![0],
            server_cpus: vec![1],
            workers: 1,
            alone_cpus: vec![0, 1],
            alone_workers: 2,
            reasons: vec![
                "Two CPUs: one for each side, so nothing here speaks of more than one core."
                    .to_string(),
            ],
        },
        versions: map(&[("hyper", "1.12.0"), ("tokio", "1.54.1"), ("ureq", "3.5.2")]),
        lock_sha256: "5f".repeat(32),
        reference: REFERENCE.to_string(),
        filters: Vec::new(),
        guests: Vec::new(),
        contestants: contestants.collect(),
        workloads: workloads(),
        cases: Vec::new(),
        ceilings: Vec::new(),
    }
}

fn workloads() -> Vec<WorkloadFile> {
    vec![
            WorkloadFile {
                open: false,
                name: "fan-out".to_string(),
                category: "network".to_string(),
                question: "How long does it take to fetch N URLs at once, and what does each fetch cost?".to_string(),
                timed: "From the first fetch wanted to the last body verified: spawning, connecting, sending, waiting, reading, closing, joining.".to_string(),
                operation: "fetch".to_string(),
                beside: None,
                server: true,
                chart: chart("fetches", "fetches at once (N)", "pool", "pooled connections (0: one per fetch)", "elapsed_s"),
            },
            WorkloadFile {
                open: false,
                name: "request-loop".to_string(),
                category: "network".to_string(),
                question: "What does one request cost on a keep-alive connection, and what does waiting cost?".to_string(),
                timed: "Closed loop: each of C connections sends its next request when its last response is complete and verified.".to_string(),
                operation: "request".to_string(),
                beside: None,
                server: true,
                chart: chart("connections", "connections (C)", "delay_us", "delay at the server, µs", "cpu_us_per_op"),
            },
        ]
}

/// A run of one of the workloads of servers, still without cases.
pub(crate) fn serving(rounds: u64, workload: &str, metric: &str) -> RunFile {
    let mut run = run(rounds);
    run.workloads = vec![WorkloadFile {
        name: workload.to_string(),
        category: "serve".to_string(),
        operation: "request".to_string(),
        chart: chart("connections", "clients (C)", "queries", "queries", metric),
        ..run.workloads[0].clone()
    }];
    run
}

pub(crate) fn chart(
    over: &str,
    over_label: &str,
    panel: &str,
    panel_label: &str,
    metric: &str,
) -> ChartFile {
    let [over, over_label, panel, panel_label, metric] =
        [over, over_label, panel, panel_label, metric].map(str::to_string);
    ChartFile { over, over_label, panel, panel_label, panel_zero: String::new(), metric }
}

pub(crate) fn sources() -> BTreeMap<String, String> {
    let blocking = "//! One thing after the other.\n\npub fn run() {\n    for url in urls {\n        fetch(url)?;\n    }\n}\n";
    let tokio = "//! One task per fetch.\n\npub fn run() {\n    let tasks: Vec<_> = urls.map(|url| tokio::spawn(fetch(url))).collect();\n    for task in tasks {\n        task.await??;\n    }\n}\n";
    map(&[
        ("fan-out@n10/blocking", blocking),
        ("fan-out@n10/tokio/multi-thread", tokio),
        ("fan-out@n100/blocking", blocking),
        ("fan-out@n100/tokio/multi-thread", tokio),
        ("fan-out@n100/tokio/current-thread", tokio),
    ])
}
