//! What the page says of servers over their numbers of clients.

use crate::files::rendered;
use crate::fixture::{Fixture, case, fixture_of, serving};
use crate::rebuilt::in_short;

const CLIENTS: [u64; 4] = [1, 4, 16, 64];

/// Servers of tasks and of threads over four numbers of clients: a request takes
/// `advantage` times as much CPU and time on threads as on tasks.
fn servers(rounds: u64, advantage: [f64; 4]) -> Fixture {
    let mut run = serving(rounds, "serve", "throughput_per_s");
    for clients in CLIENTS {
        let parameters = [
            ("connections", clients),
            ("queries", 5),
            ("pool", clients.min(100)),
            ("laps", 1000 / clients),
        ];
        for who in ["tokio/multi-thread", "threads-per-op", "threads-pool"] {
            run.cases.push(case(&format!("serve@crud-n5-c{clients}/{who}"), &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let place = CLIENTS.iter().position(|c| record.id.contains(&format!("-c{c}/"))).unwrap();
        let clients = CLIENTS[place];
        let factor = if record.id.ends_with("threads-per-op") { advantage[place] } else { 1.0 };
        let window = record.window.as_mut().unwrap();
        window.samples = 1000;
        window.elapsed_ns = (1e9 * factor) as u64;
        // A thread is dearer by its stack.
        let mib = if record.id.contains("/threads-per-op") { 8 + clients / 8 } else { 8 };
        window.peak_resident_bytes = mib << 20;
        (window.user_ns, window.system_ns) = ((2e8 * factor) as u64, 0);
        window.server_cpu_ns = 0;
    }
    fixture
}

/// The page's text, without marks and narrow spaces.
fn page(fixture: &Fixture) -> String {
    let page = rendered(fixture)["report.html"].replace('\u{202f}', " ");
    page.replace("<span class=\"nowrap\">", "").replace("</span>", "")
}

fn check(rounds: u64, advantage: [f64; 4], want: &str) {
    let text = page(&servers(rounds, advantage));
    let said = text.split("Crossover, crud-n5.").nth(1).unwrap_or("no crossover");
    let said: String = said.chars().take(3000).collect();
    assert!(said.contains(want), "{said}");
}

#[test]
fn the_number_of_clients_is_read_off_the_line_between_two_that_were_measured() {
    let want = "tokio/multi-thread answers more requests than threads-per-op from about 8.2 clients \
                on (95 % interval 8.16 to 8.16, 8 rounds); with 64 clients by a factor of 2.00 \
                [2.00–2.00].";
    check(8, [0.5, 0.5, 2.0, 2.0], want);
    let want = "tokio/multi-thread takes less CPU time for a request than threads-per-op from \
                about 8.2 clients on (95 % interval 8.16 to 8.16, 8 rounds); with 64 clients by a factor of \
                2.00 [2.00–2.00].";
    check(8, [0.5, 0.5, 2.0, 2.0], want);
}

#[test]
fn an_advantage_within_the_margin_is_none() {
    let never = "On this machine tokio/multi-thread never answers more requests than \
                 threads-per-op up to 64 clients (8 rounds); its greatest ratio was 1.01";
    check(8, [0.99, 1.01, 1.015, 1.015], never);
    let beyond =
        "tokio/multi-thread answers more requests than threads-per-op from about 32 clients on";
    check(8, [1.0, 1.0, 1.0, 1.04], beyond);
}

#[test]
fn memory_is_told_with_the_most_clients_and_what_one_cpu_permits() {
    let want = "With 64 clients threads-per-op holds 2.00 [2.00–2.00] × the peak memory of \
                tokio/multi-thread (16.0 MiB against 8.00 MiB).";
    check(8, [1.5; 4], want);
    let want = "With 64 clients threads-pool holds 1.00 [1.00–1.00] × the peak memory of \
                tokio/multi-thread";
    check(8, [1.5; 4], want);
    check(8, [1.5; 4], "The server had one CPU: this says nothing of servers with more");
    let mut fixture = servers(8, [1.5; 4]);
    fixture.run.placement.contestant_cpus = vec![0, 2];
    assert!(page(&fixture).contains("The server had 2 CPUs: with more or fewer"));
}

#[test]
fn what_a_request_is_begins_the_paragraph() {
    let mut fixture = servers(8, [1.5; 4]);
    let begins = |fixture: &Fixture, want: &str| {
        let text = page(fixture);
        let text = text.split("Crossover, crud-n5. </strong>").nth(1).unwrap_or("no crossover");
        assert!(text.starts_with(want), "{}", text.chars().take(300).collect::<String>());
    };
    begins(&fixture, "tokio/multi-thread answers");
    for (queries, want) in [
        (5, "Each request makes 5 calls, which take 1 ms each, and moves 10 KiB. tokio"),
        (1, "Each request makes 1 call, which takes 1 ms, and moves 10 KiB. tokio"),
        (0, "Each request moves 10 KiB and makes no call. tokio"),
    ] {
        for case in &mut fixture.run.cases {
            let more = [("queries", queries), ("delay_us", 1000), ("bytes", 10 << 10)];
            case.parameters.extend(more.map(|(name, value)| (name.to_string(), value)));
        }
        begins(&fixture, want);
    }
}

#[test]
fn always_never_and_too_few_rounds_are_said_as_such() {
    let always = "tokio/multi-thread answers more requests than threads-per-op with any number of \
                  clients from 1 to 64 (8 rounds); with 64 clients by a factor of 1.50 [1.50–1.50].";
    check(8, [1.5; 4], always);
    let never = "On this machine tokio/multi-thread never answers more requests than \
                 threads-per-op up to 64 clients (8 rounds); its greatest ratio was 0.900 \
                 [0.900–0.900], with 16 clients.";
    check(8, [0.8, 0.7, 0.9, 0.8], never);
    check(8, [0.9, 0.7, 0.8, 0.8], "its greatest ratio was 0.900 [0.900–0.900], with 1 client.");
    let few = "from about 8.2 clients on, by the medians of 2 rounds: too few for an interval; with \
               64 clients by a factor of 2.00.";
    check(2, [0.5, 0.5, 2.0, 2.0], few);
    let few = "never answers more requests than threads-per-op up to 64 clients, by the medians of \
               2 rounds: too few for an interval; its greatest ratio was 0.800, with ";
    check(2, [0.8; 4], few);
    let few = "with any number of clients from 1 to 64, by the medians of 2 rounds";
    check(2, [1.5; 4], few);
}

/// In half of the rounds threads are behind at the end, in the others ahead.
#[test]
fn what_the_rounds_do_not_agree_on_is_undecided() {
    let mut fixture = servers(8, [0.8, 0.8, 0.9, 1.2]);
    for record in &mut fixture.records {
        if record.id.ends_with("-c64/threads-per-op") && record.round <= 4 {
            record.window.as_mut().unwrap().elapsed_ns = 900_000_000;
        }
    }
    let text = page(&fixture);
    let want = "Whether tokio/multi-thread ever answers more requests than threads-per-op is \
                undecided: from ";
    assert!(text.contains(want), "{}", text.split("Crossover,").nth(1).unwrap_or("none"));
}

#[test]
fn the_table_has_every_pair_and_the_summary_its_numbers() {
    let files = rendered(&servers(8, [0.5, 0.5, 2.0, 2.0]));
    let summary: serde_json::Value = serde_json::from_str(&files["summary.json"]).unwrap();
    let crossovers = summary["crossovers"].as_array().unwrap();
    // Against two servers of threads, in three metrics.
    assert_eq!(crossovers.len(), 6);
    assert_eq!(crossovers[0]["intervals"][2], serde_json::json!([2.0, 2.0]));
    assert_eq!(crossovers[0]["ratios"], serde_json::json!([0.5, 0.5, 2.0, 2.0]));
    assert_eq!(crossovers[0]["clients"], serde_json::json!(CLIENTS));
    let page = files["report.html"].replace('\u{202f}', " ");
    for ratio in ["0.500", "2.00"] {
        let cell = format!("<td>{ratio} ×<small>[{ratio}–{ratio}]</small></td>");
        assert!(page.contains(&cell), "{cell}");
    }
}

/// Small multiples: one panel for each server of tasks, a line over each of threads, one at
/// 1, and a mark where it is passed.
#[test]
fn the_chart_has_a_panel_for_each_server_and_marks_the_crossing() {
    let files = rendered(&servers(8, [0.5, 0.5, 2.0, 2.0]));
    for (file, what) in [
        ("figures/serve-crossover-throughput.svg", "throughput"),
        ("figures/serve-crossover-cpu.svg", "CPU time per request"),
    ] {
        let drawing = &files[file];
        assert!(drawing.contains(&format!("Ahead of threads-per-op in {what}: ")), "{drawing}");
        assert!(drawing.contains("tokio/multi-thread from about 8.2 clients on"), "{drawing}");
        for name in ["over threads-per-op", "over threads-pool", "clients (C)"] {
            assert!(drawing.contains(name), "{name} in {drawing}");
        }
        // The tick of one crossing: over the pool it is never ahead.
        assert_eq!(drawing.matches("class=\"cz\"").count(), 1, "{drawing}");
        assert!(drawing.len() < 24_000, "{} bytes", drawing.len());
    }
    let page = &files["report.html"];
    assert!(page.contains("id=\"figure-serve-crossover-throughput\""));
    assert!(page.contains("above 1 by more than 2 % from about 8.2 on"), "the crossing in words");
    let (_, first) = &in_short(page)[0];
    let answer = "serve crud-n5. Ahead of threads-per-op in CPU time per request: tokio/multi-thread from \
                  about 8.2 clients on [";
    let first = first.replace('\u{202f}', " ");
    assert!(first.starts_with(answer) && first.contains(" Ahead of threads-pool in "), "{first}");
    let always = rendered(&servers(8, [1.5; 4]));
    assert!(!always["figures/serve-crossover-throughput.svg"].contains("class=\"cz\""));
}

#[test]
fn a_sweep_needs_three_numbers_of_clients() {
    let mut fixture = servers(8, [0.5, 0.5, 2.0, 2.0]);
    fixture.run.cases.retain(|case| !case.id.contains("-c1/") && !case.id.contains("-c4/"));
    fixture.records.retain(|record| !record.id.contains("-c1/") && !record.id.contains("-c4/"));
    let text = page(&fixture);
    assert!(!text.contains("Crossover,"));
    assert!(text.contains("triathlon run '^serve@crud-n5-10k-1ms-c[0-9]+/'"), "how to do it");
}
