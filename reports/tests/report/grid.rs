//! What the page says of servers by queries, delay and bytes.

use crate::files::rendered;
use crate::fixture::{Fixture, case, fixture_of, serving};

/// Queries, delay and bytes, and how many times as much a request takes on threads.
const GRID: [(u64, u64, u64, f64); 5] = [
    (1, 200, 10, 2.0),
    (5, 200, 10, 1.25),
    (5, 1000, 10, 0.8),
    (5, 1000, 100, 0.5),
    (20, 1000, 10, 1.0),
];

/// Servers with 64 clients; threads are alike in all but the last, where rounds disagree.
fn servers(rounds: u64) -> Fixture {
    let mut run = serving(rounds, "serve", "throughput_per_s");
    for (queries, delay_us, kib, _) in GRID {
        let parameters = [
            ("connections", 64),
            ("queries", queries),
            ("delay_us", delay_us),
            ("bytes", kib * 1024),
            ("timeout_ms", 0),
        ];
        for who in ["tokio/multi-thread", "threads-per-op", "threads-pool"] {
            let id = format!("serve@crud-n{queries}-{kib}k-{delay_us}us-c64/{who}");
            run.cases.push(case(&id, &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let named = |(queries, delay_us, kib, _): &(u64, u64, u64, f64)| {
            record.id.contains(&format!("@crud-n{queries}-{kib}k-{delay_us}us-"))
        };
        let (queries, .., times) = GRID.into_iter().find(named).unwrap();
        let swings = if record.round % 2 == 0 { 1.2 } else { 0.8 };
        let factor = match record.id.ends_with("tokio/multi-thread") {
            true => 1.0,
            false if queries == 20 => swings,
            false if record.id.ends_with("threads-pool") => times * 1.1,
            false => times,
        };
        let window = record.window.as_mut().unwrap();
        window.samples = 1000;
        window.elapsed_ns = (1e9 * factor) as u64;
        (window.user_ns, window.system_ns) = ((2e8 * factor) as u64, 0);
        window.peak_resident_bytes = 8 << 20;
        window.server_cpu_ns = 0;
    }
    fixture
}

fn page(fixture: &Fixture) -> String {
    rendered(fixture)["report.html"].replace('\u{202f}', " ")
}

/// The row of the first table that begins so.
fn row(page: &str, begin: &str) -> String {
    let table = page.split("Ratio to threads-per-op in throughput").nth(1).unwrap();
    let table = table.split("</table>").next().unwrap();
    let row = table.split("<tr>").find(|row| row.starts_with(begin));
    let row = row.unwrap_or_else(|| panic!("{begin} in {table}"));
    let mut text = String::new();
    let mut tag = false;
    for letter in row.chars() {
        match letter {
            '<' => tag = true,
            '>' => (tag, text) = (false, text + " "),
            _ if !tag => text.push(letter),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_preset_has_its_ratios_and_says_who_is_first() {
    let page = page(&servers(8));
    let check = |place: usize, want: &str| {
        let (queries, delay_us, kib, _) = GRID[place];
        let delay = if delay_us == 200 { "200 µs" } else { "1 ms" };
        let begin = format!("<th scope=\"row\">{queries}</th><td>{delay}</td><td>{kib} KiB</td>");
        let begin = begin.as_str();
        assert_eq!(row(&page, begin), format!("{queries} {delay} {kib} KiB {want}"));
    };
    let behind = "0.909 × [0.909–0.909] behind";
    check(0, &format!("tokio/multi-thread 2.00 × [2.00–2.00] ahead {behind}"));
    check(1, &format!("tokio/multi-thread 1.25 × [1.25–1.25] ahead {behind}"));
    check(2, &format!("threads-per-op 0.800 × [0.800–0.800] behind {behind}"));
    check(3, &format!("threads-per-op 0.500 × [0.500–0.500] behind {behind}"));
    check(4, "undecided 1.00 × [0.800–1.20] undecided 1.00 × [1.00–1.00] undecided");
    let sentence = "First in throughput, of 5 presets: ";
    let said = page.split(sentence).nth(1).unwrap().split('.').next().unwrap();
    let mut each: Vec<&str> = said.split(", ").collect();
    each.sort_unstable();
    assert_eq!(each, ["threads-per-op 2", "tokio/multi-thread 2", "undecided 1"]);
}

#[test]
fn the_grid_is_drawn_by_delay_and_by_bytes() {
    let files = rendered(&servers(8));
    for metric in ["throughput", "cpu"] {
        let delays = &files[&format!("figures/serve-delays-{metric}.svg")];
        for panel in [1, 5, 20] {
            let title = format!("queries per request (N): {panel}");
            assert!(delays.contains(&title), "{title} in {delays}");
        }
        assert!(delays.contains("delay of each query") && delays.contains("200\u{202f}µs"));
        let bytes = &files[&format!("figures/serve-bytes-{metric}.svg")];
        assert!(bytes.contains("queries per request (N): 5, 1\u{202f}ms each"), "{bytes}");
        assert!(bytes.contains("10\u{202f}KiB") && bytes.contains("100\u{202f}KiB"), "{bytes}");
    }
    let finding = "Throughput, 64 clients, 10 KiB: tokio/multi-thread is ahead of threads-per-op \
                   by 0.800 × [0.800–0.800] (N = 5, 1 ms, 10 KiB) to 2.00 × [2.00–2.00] (N = 1, \
                   200 µs, 10 KiB)";
    let delays = files["figures/serve-delays-throughput.svg"].replace('\u{202f}', " ");
    assert!(delays.contains(finding), "{delays}");
    let summary: serde_json::Value = serde_json::from_str(&files["summary.json"]).unwrap();
    // Five presets, two servers, three metrics.
    assert_eq!(summary["advantages"].as_array().unwrap().len(), 5 * 2 * 3);
}

#[test]
fn few_rounds_have_no_interval_and_nobody_is_first() {
    let page = page(&servers(2));
    let first = row(&page, "<th scope=\"row\">1</th>");
    assert_eq!(first, "1 200 µs 10 KiB too few rounds 2.00 × 0.909 ×");
}

#[test]
fn without_a_grid_the_page_says_how_to_measure_it() {
    let mut fixture = servers(8);
    fixture.run.cases.retain(|case| case.id.contains("@crud-n5-10k-"));
    fixture.records.retain(|record| record.id.contains("@crud-n5-10k-"));
    let files = rendered(&fixture);
    let want = "triathlon run '^serve@crud-n[0-9]+-[0-9]+k-[0-9]+[mu]s-c64/'";
    assert!(files["report.html"].contains(want));
    assert!(!files.keys().any(|name| name.starts_with("figures/serve-delays")));
    let summary: serde_json::Value = serde_json::from_str(&files["summary.json"]).unwrap();
    assert!(summary.get("advantages").is_none());
}

/// Text and charts as they are read; nothing of it comes from a workload of another name.
#[test]
fn other_workloads_have_none_of_it() {
    let mut fixture = servers(8);
    fixture.run.workloads[0].name = "served".to_string();
    for case in &mut fixture.run.cases {
        case.id = case.id.replace("serve@", "served@");
    }
    for record in &mut fixture.records {
        record.id = record.id.replace("serve@", "served@");
    }
    let files = rendered(&fixture);
    assert!(!files["report.html"].contains("Queries, delays and bytes"));
    assert!(!files.keys().any(|name| name.contains("delays")));
}
