//! What the page says of servers over the load that they were offered.

use serde_json::{Value, json};
use triathlon_contract::record::{
    DrivenRecord, OpenRecord, OpenTimes, PaceRecord, Punctuality, Service, WorkloadFile,
};

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, run};
use crate::verdict::summary;

const RATES: [u64; 5] = [1000, 1400, 2000, 2800, 4000];

const TOKIO: &str = "tokio/multi-thread";
const POOL: &str = "threads-pool";

/// Two servers on a ladder of rates, with five queries of a millisecond: p99 of tokio and
/// of the pool in milliseconds at each rate. From a second on a server is beyond its
/// capacity.
fn ladder(rounds: u64, p99_ms: [[f64; 5]; 2]) -> Fixture {
    let mut run = run(rounds);
    run.contestants.retain(|contestant| [TOKIO, POOL].contains(&contestant.who.as_str()));
    let chart = chart("rate_per_s", "offered rate, /s", "queries", "queries", "response_p99_us");
    run.workloads = vec![WorkloadFile {
        name: "serve-load".to_string(),
        category: "serve".to_string(),
        operation: "request".to_string(),
        open: true,
        chart,
        ..run.workloads[0].clone()
    }];
    for rate in RATES {
        let parameters = [
            ("connections", 256),
            ("queries", 5),
            ("delay_us", 1000),
            ("of_capacity_percent", 0),
            ("rate_per_s", rate),
            ("laps", rate / 500),
        ];
        for who in [TOKIO, POOL] {
            run.cases.push(case(&format!("serve-load@crud-n5-r{rate}/{who}"), &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let place = RATES.iter().position(|r| record.id.contains(&format!("-r{r}/"))).unwrap();
        let of = p99_ms[usize::from(record.id.ends_with(POOL))];
        let rate = RATES[place] as f64;
        record.open = Some(open(rate, of[place]));
        record.driven = Some(DrivenRecord::default());
        record.pace = Some(PaceRecord { rate_per_s: RATES[place], seed: 7, capacity: None });
        record.witness.as_mut().unwrap().delay_excess_us = None;
        record.window.as_mut().unwrap().server_cpu_ns = 0;
    }
    fixture
}

fn open(rate: f64, p99_ms: f64) -> OpenRecord {
    let times = |p99_us: f64| {
        let (p50, p90, p99) = (Some(p99_us / 2.0), Some(p99_us * 0.8), Some(p99_us));
        OpenTimes { mean: p99_us / 2.0, p50, p90, p99, max: p99_us * 2.0, ..OpenTimes::default() }
    };
    let kept = if p99_ms >= 1000.0 { 0.8 } else { 0.99 };
    OpenRecord {
        offered_per_s: rate,
        achieved_per_s: rate * kept,
        started_in_time: 1000,
        lag_us: times(100.0),
        service_us: times(p99_ms * 1000.0),
        response_us: times(p99_ms * 1000.0),
        ..OpenRecord::default()
    }
}

/// The curve of one server.
fn curve(fixture: &Fixture, who: &str) -> Value {
    let curves = summary(fixture)["load_curves"].clone();
    let curves = curves.as_array().expect("no curves");
    curves.iter().find(|curve| curve["who"] == who).unwrap().clone()
}

/// The finding, without marks and narrow spaces.
fn said(fixture: &Fixture) -> String {
    let page = rendered(fixture)["report.html"].replace('\u{202f}', " ");
    let figure = page.split("<figure id=\"figure-serve-load-knees\"").nth(1).expect("no figure");
    let figure = figure.split("</figure>").next().unwrap();
    figure.replace("<span class=\"nowrap\">", "").replace("</span>", "")
}

/// With a bound of 25 ms: five pauses of a millisecond, and twenty.
#[test]
fn the_knee_is_read_off_the_line_between_two_rates() {
    let fixture = ladder(8, [[10.0, 12.5, 50.0, 900.0, 1500.0], [10.0, 11.0, 12.0, 13.0, 14.0]]);
    let tokio = curve(&fixture, TOKIO);
    assert_eq!(tokio["bound_us"], 25_000.0);
    let knee = tokio["knee_per_s"].as_f64().unwrap();
    // At 1400/s the bound of times is half used, that of answers 0.95/0.99.
    let (low, high) = ((0.95f64 / 0.99).ln(), 2f64.ln());
    let want = (1400f64.ln() + -low / (high - low) * (2000.0f64 / 1400.0).ln()).exp();
    assert!((knee / want - 1.0).abs() < 1e-4, "{knee} and not {want}");
    assert_eq!(tokio["interval"], json!([tokio["knee_per_s"], tokio["knee_per_s"]]));
    assert_eq!((&tokio["preset"], &tokio["rounds"]), (&json!("crud-n5"), &json!(8)));
    let pool = curve(&fixture, POOL);
    assert_eq!((&pool["knee_per_s"], &pool["interval"]), (&Value::Null, &json!([null, null])));
    let said = said(&fixture);
    let want = "Rates of crud-n5 up to which p99 of response stays within 25.0 ms and answers keep \
                up (95 % interval): threads-pool above 4000/s, tokio/multi-thread 14";
    assert!(said.contains(want), "{}", &said[..900]);
}

#[test]
fn below_the_ladder_too_few_rounds_and_too_few_rates_are_said_as_such() {
    let above = [30.0, 40.0, 50.0, 60.0, 70.0];
    let mut fixture = ladder(3, [above, [10.0, 11.0, 12.0, 13.0, 40.0]]);
    let tokio = curve(&fixture, TOKIO);
    assert_eq!((&tokio["knee_per_s"], &tokio["interval"]), (&json!(1000.0), &Value::Null));
    assert!(said(&fixture).contains("tokio/multi-thread below 1000/s"), "{}", said(&fixture));
    fixture.run.cases.retain(|case| case.id.contains("-r1000/") || case.id.contains("-r4000/"));
    let left: Vec<String> = fixture.run.cases.iter().map(|case| case.id.clone()).collect();
    fixture.records.retain(|record| left.contains(&record.id));
    let tokio = curve(&fixture, TOKIO);
    assert_eq!(tokio["missing"], "2 of at least 3 rates");
    assert!(said(&fixture).contains("crud-n5: no knee."));
}

/// Half of the rounds end two rungs earlier.
#[test]
fn what_the_rounds_do_not_agree_on_is_a_wide_interval() {
    let mut fixture = ladder(8, [[10.0, 11.0, 12.0, 13.0, 50.0]; 2]);
    for record in &mut fixture.records {
        if record.round % 2 == 0 && record.id.contains("-r2") {
            let rate = record.pace.as_ref().unwrap().rate_per_s as f64;
            record.open = Some(open(rate, 100.0));
        }
    }
    let interval = curve(&fixture, TOKIO)["interval"].clone();
    let (low, high) = (interval[0].as_f64().unwrap(), interval[1].as_f64().unwrap());
    assert!(low < 2000.0 && high > 2800.0, "{interval}");
}

/// Beyond capacity times depend on how long that goes on: they are in the curve, hollow,
/// and in no comparison.
#[test]
fn beyond_its_capacity_a_server_is_compared_in_no_times() {
    let fixture = ladder(6, [[10.0, 12.0, 15.0, 1200.0, 2400.0], [9.0, 10.0, 11.0, 12.0, 13.0]]);
    let summary = summary(&fixture);
    let cells = summary["cells"].as_array().unwrap();
    let cell = |id: &str| cells.iter().find(|cell| cell["id"] == id).unwrap();
    let beyond = cell("serve-load@crud-n5-r2800/tokio/multi-thread");
    assert_eq!(beyond["status"], "degraded", "{}", beyond["reason"]);
    let reason = beyond["reason"].as_str().unwrap();
    let want = "beyond its capacity in 6 of 6 executions: 2240 of 2800 requests a second";
    assert!(reason.starts_with(want), "{reason}");
    assert!(beyond["metrics"].get("response_p99_us").is_none());
    assert!(beyond["metrics"].get("achieved_per_s").is_some());
    assert!(beyond["metrics"].get("cpu_us_per_op").is_some());
    let within = cell("serve-load@crud-n5-r2000/tokio/multi-thread");
    assert_eq!(within["status"], "valid", "{}", within["reason"]);
    assert_eq!(within["metrics"]["response_p99_us"]["median"], 15_000.0);

    let tokio = curve(&fixture, TOKIO);
    let points = tokio["points"].as_array().unwrap();
    let hollow: Vec<bool> = points.iter().map(|p| p["beyond"].as_bool().unwrap()).collect();
    assert_eq!(hollow, [false, false, false, true, true]);
    assert_eq!(points[3]["p99_us"]["median"], 1_200_000.0);
    let said = said(&fixture);
    assert!(said.contains("Hollow: beyond capacity") && said.contains("‡"));
    assert!(rendered(&fixture)["figures/serve-load-knees.svg"].contains("class=\"ch "));
}

/// What clients and database, on their CPUs, could not bring is no limit of the server.
#[test]
fn a_knee_beyond_which_clients_were_busy_says_so() {
    let p99_ms = [[10.0, 12.0, 15.0, 100.0, 1200.0]; 2];
    let mut fixture = ladder(6, p99_ms);
    assert_eq!(curve(&fixture, TOKIO)["limited"], false);
    for record in &mut fixture.records {
        let window = record.window.as_mut().unwrap();
        if record.id.contains("-r2800/tokio") {
            window.server_cpu_ns = window.elapsed_ns * 9 / 10;
        }
    }
    assert_eq!(curve(&fixture, TOKIO)["limited"], true);
    assert_eq!(curve(&fixture, POOL)["limited"], false);
    assert!(said(&fixture).contains("may have been the limit"));
}

/// Clients that are late although they could have started measure themselves.
#[test]
fn clients_that_were_late_degrade_a_cell_or_do_not_count() {
    let check = |late_us: f64, rounds_late: u64, status: &str, want: &str| {
        let mut fixture = ladder(6, [[10.0, 11.0, 12.0, 13.0, 14.0]; 2]);
        for record in &mut fixture.records {
            let late = record.round <= rounds_late;
            let p99 = Some(if late { late_us } else { 50.0 });
            let late_us = Service { p99, ..Service::default() };
            record.driven.as_mut().unwrap().punctuality =
                Some(Punctuality { requests: 1024, late_us });
            record.foreign_ns = Some(0);
            record.window.as_mut().unwrap().steal_ns = 0;
        }
        fixture.run.keep_disturbed = false;
        let cell = summary(&fixture)["cells"][0].clone();
        assert_eq!(cell["status"], status, "{}", cell["reason"]);
        assert!(cell["reason"].as_str().unwrap().contains(want), "{}", cell["reason"]);
    };
    // A twentieth of the median of 5 ms is 250 µs.
    check(240.0, 6, "valid", "");
    check(260.0, 6, "degraded", "late in 6 of 6 executions, by up to 260");
    check(260.0, 0, "valid", "");
    check(5100.0, 1, "degraded", "the generator was late by 5.10");
    check(5100.0, 4, "invalid", "4 of 6 executions were disturbed");
}

#[test]
fn other_workloads_have_no_knee() {
    let page = &rendered(&crate::fixture::full())["report.html"];
    assert!(!page.contains("-knees\"") && !page.contains("Knee"));
}
