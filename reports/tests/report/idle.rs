//! What an idle connection of a server holds, and who is not idle.

use triathlon_contract::record::{AsleepRecord, WorkloadFile};

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, run};
use crate::verdict::summary;

const KIB: i64 = 1024;

/// 9 KiB and more by round with a task for each connection, 12 KiB and a stack in the kernel
/// with a thread; 4 MiB beside them that the server holds anyhow.
fn idle(numbers: &[u64], rounds: u64) -> Fixture {
    let mut run = run(rounds);
    let chart = chart("connections", "connections", "queries", "queries", "peak_rss_bytes");
    run.workloads = vec![WorkloadFile {
        name: "serve-idle".to_string(),
        operation: "connection".to_string(),
        chart,
        ..run.workloads[0].clone()
    }];
    for who in ["tokio/multi-thread", "threads-per-op", "threads-pool"] {
        for number in numbers {
            let parameters =
                [("connections", *number), ("queries", 0), ("idle_ms", 300), ("most", 0)];
            run.cases.push(case(&format!("serve-idle@n{number}/{who}"), &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let number = record.id.split(['@', '/']).nth(1).unwrap()[1..].parse::<i64>().unwrap();
        let threads = record.id.ends_with("threads-per-op");
        let pool = record.id.ends_with("threads-pool");
        let each = if threads { 12 * KIB } else { 9 * KIB + record.round as i64 };
        record.asleep = Some(AsleepRecord {
            sleepers: number as u64,
            threads: if threads { number } else { 0 },
            resident_bytes: 4096 * KIB + number * each,
            kernel_stack_bytes: threads.then_some(number * 16 * KIB),
            slab_bytes: Some(number * 5000),
            reclaimable_bytes: Some(number * 2000),
            buffer_bytes: Some(0),
            virtual_bytes: number * each,
            idle_ns: 300_000_000,
            idle_cpu_ns: if pool { 60_000_000 } else { 300_000 },
            idle_switches: if pool { 3000 } else { 3 },
            descriptors: Some(20_000),
            ..AsleepRecord::default()
        });
    }
    fixture
}

fn page(fixture: &Fixture) -> String {
    rendered(fixture)["report.html"].replace('\u{202f}', " ")
}

#[test]
fn a_connection_holds_the_slope_and_the_page_says_who_does_not_rest() {
    let fixture = idle(&[100, 1000, 4000], 6);
    let slopes = summary(&fixture)["memory_slopes"].clone();
    let of =
        |who: &str| slopes.as_array().unwrap().iter().find(|slope| slope["who"] == who).cloned();
    let tokio = of("tokio/multi-thread").unwrap();
    assert_eq!(tokio["variant"], "connection");
    assert_eq!(tokio["sleepers"], serde_json::json!([100, 1000, 4000]));
    let median = |name: &str| tokio["bytes"][name]["over_rounds"]["median"].clone();
    assert_eq!(median("resident_bytes"), 9.0 * 1024.0 + 3.5);
    assert_eq!(tokio["bytes"]["resident_bytes"]["interval"], serde_json::json!([9217.0, 9222.0]));
    assert_eq!((median("slab_bytes"), median("reclaimable_bytes")), (5000.0.into(), 2000.0.into()));
    assert_eq!(median("buffer_bytes"), 0.0);
    let page = page(&fixture);
    for words in [
        "Bytes for each connection. ",
        "<td>100, 1000, 4000</td>",
        "holds 12.0 KiB <span class=\"nowrap\">[12.0–12.0]</span> with a thread of its own",
        "in tokio/multi-thread: the thread, 1.33 times as much.",
        "threads-pool (20.0 % of a CPU, 10 000 switches/s at 4000 connections) took a hundredth",
        "10.0 switches/s",
        "raised to the hard one, 20 000. ",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("threads-per-op (0.1"), "it rests");
    assert!(!page.contains("Bytes for each sleeper"), "nobody sleeps");
}

#[test]
fn where_all_rest_the_page_says_so_and_two_numbers_make_no_slope() {
    let mut fixture = idle(&[100, 1000], 2);
    fixture.run.cases.retain(|case| !case.id.ends_with("threads-pool"));
    fixture.records.retain(|record| !record.id.ends_with("threads-pool"));
    let page = page(&fixture);
    assert!(page.contains("Nobody took a hundredth of a CPU."));
    assert!(page.contains("2 numbers of connections; a slope needs 3"), "in its own words");
    assert!(!page.contains("times as much"), "there is nothing to compare");
}

/// A situation that one preset is, stands there if that one was measured.
#[test]
fn who_holds_least_is_advised_where_the_largest_crowd_was_measured() {
    let advised = "serve-idle@n10000, as measured";
    let large = page(&idle(&[100, 1000, 10_000], 6));
    assert!(large.contains(advised));
    let (_, row) = large.split_once(advised).unwrap();
    let (row, _) = row.split_once("</tr>").unwrap();
    for said in
        ["the lowest medians:", "; held for each ", " busy while idle", "First of each style: "]
    {
        assert!(row.contains(said), "{said} is not in {row}");
    }
    let small = page(&idle(&[100, 1000], 2));
    assert!(!small.contains(advised) && small.contains("triathlon run '^serve-idle@n10000/'"));
}

#[test]
fn the_cells_show_what_each_holds_and_the_share_of_a_cpu() {
    let fixture = idle(&[1000], 3);
    let summary = summary(&fixture);
    let cells = summary["cells"].as_array().unwrap();
    let cell = |who: &str| {
        let id = format!("serve-idle@n1000/{who}");
        cells.iter().find(|cell| cell["id"] == id).unwrap()["metrics"].clone()
    };
    assert_eq!(cell("threads-pool")["idle_cpu_share"]["median"], 0.2);
    let held = cell("threads-per-op")["held_each_bytes"]["median"].as_f64().unwrap();
    assert!((held / (4194.304 + 28.0 * 1024.0) - 1.0).abs() < 1e-4, "{held}");
    assert!(cell("threads-pool").get("throughput_per_s").is_none(), "all at once is no rate");
}
