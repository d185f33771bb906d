//! A run with every contestant, workload and way of the suite, with ceilings
//! and with a workload that has no server.

use triathlon_contract::record::{CaseFile, WorkloadFile};

use crate::fixture::{Fixture, case, chart, contestant_file, fan_out, run, sources};
use crate::made_up::{CONTESTANTS, OTHERS, records};

/// Contestants that have another way: the first flavour of each.
const WITH_WAYS: [&str; 3] = ["tokio/multi-thread", "async-std", "smol/multi-thread"];

/// Two hundred cases, six rounds.
pub(crate) fn crowd() -> Fixture {
    let mut run = run(6);
    run.contestants.extend(OTHERS.iter().map(|(who, style, _)| contestant_file(who, style)));
    run.workloads.extend(workloads());
    run.ceilings = ["c64-bytes-1024", "c64-bytes-128", "c16-json-100"].map(str::to_string).into();
    run.cases = network();
    run.cases.extend(machine());
    let records = records(&run);
    let mut sources = sources();
    for who in ["blocking", "threads-pool", "rayon", "tokio", "smol"] {
        sources.insert(
            format!("request-loop/{who}"),
            format!("//! As {who} does it.\n\npub fn run() {{}}\n"),
        );
    }
    Fixture { run, records, sources }
}

fn everybody() -> impl Iterator<Item = &'static str> {
    CONTESTANTS.iter().chain(&OTHERS).map(|(who, ..)| *who)
}

fn network() -> Vec<CaseFile> {
    let mut cases = Vec::new();
    for (preset, fetches) in [("n10", 10), ("n100", 100), ("n1000", 1000), ("n5000", 5000)] {
        let who = everybody().chain(["rayon:pool-of-n"]);
        let who = who.filter(|who| fetches < 1000 || *who != "blocking");
        let what = format!("fan-out@{preset}");
        let ceiling = Some("c64-bytes-1024".to_string());
        for who in who.map(str::to_string).chain(stacks(fetches == 100)) {
            let case = case(&format!("{what}/{who}"), &fan_out(fetches, 0));
            cases.push(CaseFile { ceiling: ceiling.clone(), ..case });
        }
    }
    for (connections, delay_us) in [(1, 0), (64, 0), (256, 0), (64, 20_000), (256, 20_000)] {
        let delay = if delay_us == 0 { "d0" } else { "d20ms" };
        let what = format!("request-loop@c{connections}-{delay}");
        let parameters = [
            ("body_bytes", 128),
            ("connections", connections),
            ("delay_us", delay_us),
            ("laps", 100),
        ];
        for who in everybody().map(str::to_string).chain(stacks(true)) {
            let case = case(&format!("{what}/{who}"), &parameters);
            cases.push(CaseFile { ceiling: Some("c64-bytes-128".to_string()), ..case });
        }
    }
    cases
}

fn stacks(any: bool) -> Vec<String> {
    let who = ["blocking", "threads-per-op", "threads-pool"].into_iter().chain(WITH_WAYS);
    who.filter(|_| any).map(|who| format!("{who}:stack")).collect()
}

fn machine() -> Vec<CaseFile> {
    let mut cases = Vec::new();
    let and_ways = |way: &str| -> Vec<String> {
        let ways = WITH_WAYS.iter().map(|who| format!("{who}:{way}"));
        everybody().map(str::to_string).chain(ways).collect()
    };
    for (preset, jobs, job_bytes, skewed) in [
        ("coarse-uniform", 64, 4 << 20, 0),
        ("coarse-skewed", 64, 4 << 20, 1),
        ("fine-uniform", 10_000, 8 << 10, 0),
        ("fine-skewed", 10_000, 8 << 10, 1),
    ] {
        let parameters =
            [("jobs", jobs), ("job_bytes", job_bytes), ("skewed", skewed), ("laps", 2)];
        for who in and_ways("blocking-pool") {
            cases.push(case(&format!("cpu@{preset}/{who}"), &parameters));
        }
    }
    for (percent, hash_bytes) in [(10, 160_000), (50, 1_750_000), (90, 16_000_000)] {
        let parameters = [
            ("connections", 16),
            ("delay_us", 1000),
            ("items", 100),
            ("hash_bytes", hash_bytes),
            ("cpu_percent", percent),
            ("laps", 80),
        ];
        for who in and_ways("offloaded") {
            let case = case(&format!("mixed@cpu{percent}/{who}"), &parameters);
            cases.push(CaseFile { ceiling: Some("c16-json-100".to_string()), ..case });
        }
    }
    cases
}

fn workloads() -> [WorkloadFile; 2] {
    let workload = |name: &str, operation: &str, server: bool| WorkloadFile {
        open: false,
        name: name.to_string(),
        category: "machine".to_string(),
        question: "What is asked?".to_string(),
        timed: "From the first to the last.".to_string(),
        operation: operation.to_string(),
        beside: None,
        server,
        chart: chart("", "", "", "", "throughput_per_s"),
    };
    let mut cpu = workload("cpu", "job", false);
    cpu.chart = triathlon_contract::record::ChartFile {
        panel_zero: "jobs of equal length".to_string(),
        ..chart(
            "job_bytes",
            "bytes hashed by a job (B)",
            "skewed",
            "one job in sixteen is long",
            "throughput_per_s",
        )
    };
    let mut mixed = workload("mixed", "operation", true);
    mixed.chart = chart(
        "cpu_percent",
        "share of computing, %",
        "connections",
        "connections",
        "throughput_per_s",
    );
    [cpu, mixed]
}
