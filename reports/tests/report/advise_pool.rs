//! Advice on pools of connections to a database.

use serde_json::Value;
use triathlon_contract::record::WorkloadFile;
use triathlon_reports::input::Input;
use triathlon_reports::{Pool, Question, Told};

use crate::fixture::{Fixture, case, chart, fixture_of, run};

/// CPU time of a query.
const COST_S: f64 = 50e-6;

/// To the database and back.
const TRIP_S: f64 = 100e-6;

/// Pools that follow Little's law up to the CPU; with fewer callers than 512 they are
/// never full, and of ten rows each costs tenfold.
fn pools(sizes: &[u64]) -> Fixture {
    let mut run = run(2);
    let chart = chart("pool", "connections", "delay_us", "delay", "cpu_us_per_op");
    run.workloads = vec![WorkloadFile {
        name: "query".to_string(),
        operation: "query".to_string(),
        chart,
        ..run.workloads[0].clone()
    }];
    for pool in sizes {
        for (callers, delay_us, rows) in
            [(512, 1000, 1), (512, 10_000, 1), (64, 10_000, 1), (512, 10_000, 10)]
        {
            let parameters = [
                ("callers", callers),
                ("pool", *pool),
                ("delay_us", delay_us),
                ("rows", rows),
                ("depth", 1),
                ("laps", 10),
            ];
            let id = format!("query@p{pool}-c{callers}-d{delay_us}-r{rows}/tokio/multi-thread");
            run.cases.push(case(&id, &parameters));
        }
    }
    let parameters: Vec<_> =
        run.cases.iter().map(|case| (case.id.clone(), case.parameters.clone())).collect();
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let (_, own) = parameters.iter().find(|(id, _)| *id == record.id).unwrap();
        let cost = if own["rows"] == 1 { COST_S } else { COST_S * 10.0 };
        let wait = own["delay_us"] as f64 / 1e6;
        let full = if own["callers"] == 512 { 1.0 } else { 0.5 };
        let throughput = (own["pool"] as f64 * full / (wait + TRIP_S + cost)).min(1.0 / cost);
        let window = record.window.as_mut().unwrap();
        window.samples = 100_000;
        window.elapsed_ns = (1e14 / throughput) as u64;
        (window.user_ns, window.system_ns) = ((cost * 1e14) as u64, 0);
        window.server_cpu_ns = 0;
        record.expected.peak_high = own["pool"];
    }
    fixture
}

fn told(sizes: &[u64], rate_per_s: f64, wait_s: f64) -> Told {
    let dir = tempfile::tempdir().unwrap();
    pools(sizes).write(dir.path());
    let asked = Question::Pool(Pool { rate_per_s, wait_s });
    Told::of(&Input::read(dir.path()).unwrap(), &asked).unwrap()
}

fn json(sizes: &[u64], rate_per_s: f64, wait_s: f64) -> Value {
    serde_json::from_str(&told(sizes, rate_per_s, wait_s).json).unwrap()
}

#[test]
fn a_pool_is_rate_times_wait() {
    let check = |rate, wait, want: u64| {
        let said = json(&[1, 8, 32, 128], rate, wait);
        let answer = &said["answers"][0];
        assert_eq!(
            (&answer["connections"], &answer["fits"]),
            (&want.into(), &true.into()),
            "{said}"
        );
        let (cpu, share) = (answer["cpu_us_per_query"].as_f64(), answer["cpu_share"].as_f64());
        assert!(
            (cpu.unwrap() - 50.0).abs() < 0.01 && (share.unwrap() - rate * COST_S).abs() < 1e-4
        );
        assert!(answer["throughput_wrong"]["n"].as_u64().unwrap() >= 4, "{answer}");
    };
    // 2000 · 10.15 ms = 20.3.
    check(2000.0, 0.01, 21);
    check(500.0, 0.01, 6);
    check(9000.0, 0.005, 47);
    check(10.0, 0.01, 1);
}

#[test]
fn no_pool_passes_what_the_cpu_permits() {
    let said = json(&[1, 8, 32, 128], 30_000.0, 0.001);
    let answer = &said["answers"][0];
    assert_eq!((&answer["connections"], &answer["fits"]), (&Value::Null, &false.into()), "{said}");
    assert!((answer["throughput_per_s"].as_f64().unwrap() - 20_000.0).abs() < 1.0, "{said}");
    assert!(told(&[1, 8, 32, 128], 30_000.0, 0.001).text.contains("none is enough: CPU"));
}

#[test]
fn beyond_the_measured_pools_there_is_no_answer() {
    let why = |sizes: &[u64], rate, wait| -> String {
        let said = json(sizes, rate, wait);
        assert_eq!(said["answers"], serde_json::json!([]));
        said["not_measured"][0]["why"].as_str().unwrap().to_string()
    };
    let more = why(&[8, 32, 128], 15_000.0, 0.02);
    assert!(more.starts_with("measured with 8 to 128 connections, and these reach 6.35"), "{more}");
    let fewer = why(&[8, 32, 128], 100.0, 0.01);
    assert_eq!(fewer, "measured with 8 to 128 connections, and fewer are enough");
    assert!(why(&[1, 8, 32, 128], 100.0, 0.1).contains("measured with waits of 1 to 10 ms"));
    assert_eq!(why(&[8], 700.0, 0.1), "measured with waits of 1 to 10 ms");
}
