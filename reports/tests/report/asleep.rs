//! What a sleeper holds, how late it wakes, and what bound.

use triathlon_contract::record::{AsleepRecord, LateRecord, OpenTimes, WorkloadFile};

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, run};
use crate::verdict::summary;

const KIB: i64 = 1024;

/// Sleepers of tokio (400 bytes and more by round) and of threads (20 KiB, with 16 KiB
/// in the kernel), beside 3 MiB that the process holds anyhow.
pub(crate) fn sleepers(numbers: &[u64], rounds: u64) -> Fixture {
    let mut run = run(rounds);
    let chart = chart("sleepers", "sleepers", "variant", "variant", "peak_rss_bytes");
    run.workloads = vec![WorkloadFile {
        name: "sleepers".to_string(),
        operation: "sleeper".to_string(),
        server: false,
        chart,
        ..run.workloads[0].clone()
    }];
    for who in ["tokio/multi-thread", "threads-pool"] {
        for number in numbers {
            let parameters =
                [("sleepers", *number), ("variant", 0), ("most", 0), ("sleep_us", 0), ("laps", 1)];
            run.cases.push(case(&format!("sleepers@n{number}/{who}"), &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let number = record.id.split(['@', '/']).nth(1).unwrap()[1..].parse::<i64>().unwrap();
        let threads = record.id.ends_with("threads-pool");
        let each = if threads { 20 * KIB } else { 400 + record.round as i64 };
        record.asleep = Some(AsleepRecord {
            sleepers: number as u64,
            threads: if threads { number } else { 1 },
            resident_bytes: 3072 * KIB + number * each,
            kernel_stack_bytes: threads.then_some(number * 16 * KIB),
            virtual_bytes: number * each * 100,
            idle_ns: 300_000_000,
            idle_cpu_ns: 600_000,
            descriptors: Some(20_000),
            ..AsleepRecord::default()
        });
    }
    fixture
}

/// The stacks of threads in the kernel are theirs, whatever else the machine did.
#[test]
fn rows_have_what_all_hold_together() {
    let mut fixture = sleepers(&[1000], 6);
    for record in &mut fixture.records {
        let asleep = record.asleep.as_mut().unwrap();
        asleep.page_table_bytes = 1000 * 100;
        asleep.kernel_stack_bytes = Some(1000 * 16 * KIB);
    }
    let summary = summary(&fixture);
    let check = |who: &str, metric: &str, want: f64| {
        let cells = summary["cells"].as_array().unwrap();
        let cell = cells.iter().find(|cell| cell["id"] == format!("sleepers@n1000/{who}")).unwrap();
        let got = cell["metrics"][metric]["median"].as_f64().unwrap();
        assert!((got / want - 1.0).abs() < 1e-4, "{who} {metric}: {got} and not {want}");
    };
    let anyhow = 3072.0 * 1024.0;
    check("tokio/multi-thread", "held_bytes", anyhow + 1000.0 * (403.5 + 100.0));
    check("threads-pool", "held_bytes", anyhow + 1000.0 * (36.0 * 1024.0 + 100.0));
    check("threads-pool", "reserved_bytes", 1000.0 * 2000.0 * 1024.0);
    check("threads-pool", "sleepers", 1000.0);
    check("threads-pool", "held_each_bytes", anyhow / 1000.0 + 36.0 * 1024.0 + 100.0);
}

fn page(fixture: &Fixture) -> String {
    rendered(fixture)["report.html"].replace('\u{202f}', " ")
}

#[test]
fn what_the_process_holds_anyhow_is_in_no_slope() {
    let fixture = sleepers(&[100, 1000, 10_000], 6);
    let slopes = summary(&fixture)["memory_slopes"].clone();
    let of =
        |who: &str| slopes.as_array().unwrap().iter().find(|slope| slope["who"] == who).cloned();
    let tokio = of("tokio/multi-thread").unwrap();
    assert_eq!(tokio["variant"], "timer");
    assert_eq!(tokio["sleepers"], serde_json::json!([100, 1000, 10_000]));
    let resident = &tokio["bytes"]["resident_bytes"];
    assert_eq!(resident["over_rounds"]["median"], 403.5, "{tokio}");
    assert_eq!(resident["over_rounds"]["n"], 6);
    assert_eq!(resident["interval"], serde_json::json!([401.0, 406.0]));
    assert_eq!(tokio["idle_cpu_us_per_s"]["median"], 2000.0);
    assert!(tokio["bytes"].get("kernel_stack_bytes").is_none(), "the kernel did not tell");
    let threads = of("threads-pool").unwrap();
    assert_eq!(threads["bytes"]["kernel_stack_bytes"]["over_rounds"]["median"], 16384.0);
    let page = page(&fixture);
    for words in ["<td>100, 1000, 10 000</td>", "20.0 KiB", "404 B", "[401–406], ", "2.00 ms/s"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn with_two_numbers_there_is_no_slope_and_the_page_says_so() {
    let fixture = sleepers(&[100, 1000], 6);
    let slopes = summary(&fixture)["memory_slopes"].clone();
    let words = "2 numbers of sleepers; a slope needs 3";
    assert_eq!(slopes[0]["missing"], words);
    assert_eq!(slopes[0]["bytes"], serde_json::json!({}));
    assert!(page(&fixture).contains(words));
}

#[test]
fn a_round_that_lacks_a_number_is_in_no_slope() {
    let mut fixture = sleepers(&[100, 1000, 10_000], 3);
    fixture.records.retain(|record| !(record.round == 2 && record.id.contains("@n1000/")));
    let slope = summary(&fixture)["memory_slopes"][0].clone();
    let resident = &slope["bytes"]["resident_bytes"];
    assert_eq!(resident["over_rounds"]["n"], 2, "{slope}");
    assert!(resident.get("interval").is_none(), "too few rounds for one");
    fixture.records.retain(|record| !record.id.contains("@n1000/"));
    let slope = summary(&fixture)["memory_slopes"][0].clone();
    assert_eq!(slope["missing"], "2 numbers of sleepers; a slope needs 3");
}

#[test]
fn the_limit_that_bound_stands_beside_the_number_that_it_left() {
    let mut fixture = sleepers(&[100, 1000, 16_124], 2);
    let words =
        "As many as there can be, and what ended it: threads-pool 16 124 (vm.max_map_count). ";
    assert!(!page(&fixture).contains("As many as there can be, and"));
    let most = |case: &&mut triathlon_contract::record::CaseFile| {
        case.id == "sleepers@n16124/threads-pool"
    };
    let most = fixture.run.cases.iter_mut().find(most).unwrap();
    most.bound = Some("vm.max_map_count".to_string());
    let page = page(&fixture);
    assert!(page.contains(words));
    assert!(page.contains("raised to the hard one, 20 000. "));
}

#[test]
fn lateness_is_the_median_of_the_percentiles_of_executions() {
    let mut fixture = sleepers(&[1000], 3);
    for case in &mut fixture.run.cases {
        case.parameters.insert("sleep_us".to_string(), 1000);
    }
    for record in &mut fixture.records {
        let p50 = Some(record.round as f64 * 1100.0);
        let late_us = OpenTimes { mean: 1.0, p50, max: 9000.0, ..OpenTimes::default() };
        record.asleep = None;
        record.late = Some(LateRecord { count: 1000, late_us, late_ns: String::new() });
    }
    let page = page(&fixture);
    assert!(page.contains("How late sleepers wake"));
    assert!(page.contains("<td>2.20 ms</td>") && page.contains("<td>9.00 ms</td>"), "no medians");
    assert!(!page.contains("Bytes for each sleeper. "));
    let cells = summary(&fixture)["cells"].clone();
    assert_eq!(cells[0]["metrics"]["lag_p50_us"]["median"], 2200.0);
    assert!(cells[0]["metrics"].get("elapsed_s").is_none(), "the schedule's");
}
