//! How long calls may be until everything else is twice as late.

use serde_json::{Value, json};
use triathlon_contract::record::{OpenRecord, OpenTimes, WorkloadFile};

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, full, run};
use crate::verdict::summary;

/// Presets with the length of their calls, who makes some, and whether they compute.
const PRESETS: [(&str, u64, u64, u64); 5] = [
    ("k0", 0, 0, 0),
    ("kw-sleep-1ms", 1000, 2, 0),
    ("kw-sleep-10ms", 10_000, 2, 0),
    // Neither is of the sweep.
    ("k1-sleep-10ms", 10_000, 1, 0),
    ("kw-cpu-10ms", 10_000, 2, 100),
];

/// Lag of a contestant without calls, and with calls of one and of ten milliseconds.
type Lags = (&'static str, [f64; 3]);

/// The line passes twice the lag at √10 ms, below 1 ms, above 10 ms.
const LAGS: [Lags; 3] = [
    ("tokio/multi-thread", [1000.0, 1000.0, 4000.0]),
    ("threads-pool", [100.0, 900.0, 9000.0]),
    ("threads-per-op", [100.0, 110.0, 120.0]),
];

/// In so many rounds, each a few per cent slower than the one before in all presets.
fn stalls(rounds: u64) -> Fixture {
    let mut run = run(rounds);
    let chart = chart("call_us", "length of a call, µs", "blocked", "blocked", "response_p99_us");
    run.workloads = vec![WorkloadFile {
        name: "stall".to_string(),
        category: "runtime".to_string(),
        operation: "beat".to_string(),
        beside: Some("call".to_string()),
        server: false,
        open: true,
        chart,
        ..run.workloads[0].clone()
    }];
    for (who, _) in LAGS {
        for (preset, call_us, blocked, pieces) in PRESETS {
            let parameters =
                [("call_us", call_us), ("blocked", blocked), ("pieces", pieces), ("hearts", 32)];
            for way in ["", ":blocking-pool"] {
                run.cases.push(case(&format!("stall@{preset}/{who}{way}"), &parameters));
            }
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let (_, lags) =
            LAGS.iter().find(|(who, _)| record.id.contains(&format!("/{who}"))).unwrap();
        let plain = !record.id.ends_with(":blocking-pool");
        let p99_us = match record.id.split(['@', '/']).nth(1).unwrap() {
            "k0" if plain => lags[0],
            "kw-sleep-1ms" if plain => lags[1],
            "kw-sleep-10ms" if plain => lags[2],
            _ => 77_000.0,
        };
        let p99_us = p99_us * (1.0 + 0.05 * record.round as f64);
        let lag_us = OpenTimes { p99: Some(p99_us), max: p99_us * 2.0, ..OpenTimes::default() };
        record.open = Some(OpenRecord { lag_us, response_us: lag_us, ..OpenRecord::default() });
    }
    fixture
}

fn doubling(summary: &Value, who: &str) -> Value {
    let all = summary["doublings"].as_array().unwrap();
    assert_eq!(all.len(), LAGS.len());
    all.iter().find(|one| one["who"] == who).unwrap().clone()
}

fn page(fixture: &Fixture) -> String {
    rendered(fixture)["report.html"].replace('\u{202f}', " ")
}

#[test]
fn the_length_is_read_off_the_line_between_two_that_were_measured() {
    let summary = summary(&stalls(8));
    let tokio = doubling(&summary, "tokio/multi-thread");
    // Half way between ln 1 and ln 4 is ln 2, so half way between 1 and 10 ms.
    assert_eq!(tokio["from_us"], 3162.28, "{tokio}");
    assert_eq!(tokio["interval_us"], json!([3162.28, 3162.28]), "what slows all slows none");
    assert_eq!((&tokio["calls_us"], &tokio["rounds"]), (&json!([1000, 10_000]), &json!(8)));
    assert_eq!(tokio["times"], json!([1.0, 4.0]));
    assert_eq!(tokio["undisturbed_us"]["median"], 1225.0);
    let pool = doubling(&summary, "threads-pool");
    assert_eq!((&pool["from_us"], &pool["times"]), (&json!(1000.0), &json!([9.0, 90.0])));
    let per_op = doubling(&summary, "threads-per-op");
    assert_eq!((&per_op["from_us"], &per_op["interval_us"]), (&Value::Null, &json!([null, null])));
}

#[test]
fn the_page_says_it_with_its_interval_and_on_which_side_it_lies() {
    let page = page(&stalls(8));
    let (_, section) = page.split_once("How long a call may block.").unwrap();
    let row = |who: &str| {
        let (_, row) = section.split_once(&format!("<th scope=\"row\">{who}</th>")).unwrap();
        row.split_once("</tr>").unwrap().0.to_string()
    };
    let check = |who: &str, wants: &[&str]| {
        let row = row(who);
        for want in wants {
            assert!(row.contains(want), "{want}: {row}");
        }
    };
    let both = ["<strong>3.16 ms</strong>", "<td>3.16 ms</td>", "<td>1.23 ms<small>"];
    check("tokio/multi-thread", &both);
    check("tokio/multi-thread", &["1.00 × at 1.00 ms, 4.00 × at 10.0 ms"]);
    check("threads-pool", &["<strong>at most 1.00 ms</strong>", "<td>≤ 1.00 ms</td>"]);
    check("threads-per-op", &["<strong>not up to 10.0 ms</strong>", "<td>&gt; 10.0 ms</td>"]);
}

/// Rounds that do not agree make an interval, and few rounds make none.
#[test]
fn rounds_that_differ_make_an_interval() {
    let mut fixture = stalls(8);
    for record in &mut fixture.records {
        if record.id == "stall@kw-sleep-10ms/tokio/multi-thread" && record.round % 2 == 0 {
            record.open.as_mut().unwrap().lag_us.p99 = Some(1.0e5);
        }
    }
    let summary_of = |fixture: &Fixture| doubling(&summary(fixture), "tokio/multi-thread");
    let bounds = summary_of(&fixture)["interval_us"].clone();
    let [low, high] = [0, 1].map(|place| bounds[place].as_f64().unwrap());
    assert!((1000.0..2000.0).contains(&low) && high == 3162.28, "{bounds}");
    let few = summary_of(&stalls(5));
    assert_eq!((&few["interval_us"], &few["rounds"]), (&Value::Null, &json!(5)));
    assert!(page(&stalls(5)).contains("<td>— (5 rounds)</td>"));
}

/// One length is no sweep, and without k0 there is nothing to be twice of; a loop that
/// cannot keep up has no lag.
#[test]
fn what_was_not_measured_has_no_row() {
    let without = |gone: &str| {
        let mut fixture = stalls(6);
        fixture.run.cases.retain(|case| !case.id.contains(gone));
        fixture.records.retain(|record| !record.id.contains(gone));
        fixture
    };
    for gone in ["@k0/", "@kw-sleep-1ms/"] {
        let fixture = without(gone);
        assert!(summary(&fixture).get("doublings").is_none(), "{gone}");
        assert!(!page(&fixture).contains("How long a call may block."), "{gone}");
    }
    assert!(!page(&full()).contains("How long a call may block."));
    let mut fixture = stalls(6);
    for record in &mut fixture.records {
        if record.id == "stall@kw-sleep-10ms/tokio/multi-thread" {
            record.open.as_mut().unwrap().saturated = true;
        }
    }
    let all = summary(&fixture)["doublings"].clone();
    assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
    assert!(all.as_array().unwrap().iter().all(|one| one["who"] != "tokio/multi-thread"));
}
