//! What the page says of pools of connections, and of the database behind them.

use triathlon_contract::record::{PostgresFile, WorkloadFile};

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, run};

/// Two rounds of three contestants over 8 and over 32 connections that are held 10 ms:
/// 750 and 800 queries per second, and four times as many.
fn queries(callers: u64) -> Fixture {
    let mut run = run(2);
    let chart =
        chart("pool", "connections in the pool (P)", "delay_us", "delay, µs", "cpu_us_per_op");
    run.workloads = vec![WorkloadFile {
        name: "query".to_string(),
        operation: "query".to_string(),
        chart,
        ..run.workloads[0].clone()
    }];
    for pool in [8, 32] {
        let parameters = [
            ("callers", callers),
            ("pool", pool),
            ("delay_us", 10_000),
            ("rows", 1),
            ("depth", 1),
            ("laps", 1),
        ];
        for who in ["tokio/multi-thread", "threads-pool", "blocking"] {
            run.cases.push(case(&format!("query@p{pool}/{who}"), &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let per_s = match (record.id.contains("@p8/"), record.id.ends_with("threads-pool")) {
            _ if record.id.ends_with("blocking") => 95,
            (true, false) => 800,
            (true, true) => 750,
            (false, false) => 3200,
            (false, true) => 3000,
        };
        let window = record.window.as_mut().unwrap();
        window.samples = 1200;
        window.elapsed_ns = window.samples * 1_000_000_000 / per_s;
    }
    fixture
}

/// The page's text, without marks and narrow spaces.
fn page(fixture: &Fixture) -> String {
    let page = rendered(fixture)["report.html"].replace('\u{202f}', " ");
    page.replace("<span class=\"nowrap\">", "").replace("</span>", "")
}

#[test]
fn the_pool_permits_what_little_s_law_says_and_the_measured_range_stands_beside_it() {
    let want = "8 connections that a query holds for 10 ms each answer at most 800 /s, whoever asks \
                and in whatever style. Measured with 512 callers (p8): 750 /s to 800 /s in 2 cells.";
    let text = page(&queries(512));
    assert!(text.contains(want), "{}", text.split("law.").nth(1).unwrap_or("no law"));
}

#[test]
fn the_same_code_gives_either_answer_with_unequal_pools() {
    let text = page(&queries(512));
    let want = "threads-pool with 32 connections answers 3.75 × [3.75–3.75] as many queries as \
                tokio/multi-thread with 8; tokio/multi-thread with 32 answers 4.27 × [4.27–4.27] as \
                many as threads-pool with 8.";
    assert!(text.contains(want), "{}", text.split("pools.").nth(1).unwrap_or("no pools"));
    assert!(text.contains("<td>3.20 k/s</td>") && text.contains("<td>750 /s</td>"));
}

#[test]
fn nothing_is_said_where_one_of_the_four_is_missing() {
    for missing in ["@p32/threads-pool", "@p32/tokio/multi-thread", "@p8/tokio/multi-thread"] {
        let mut fixture = queries(512);
        fixture.records.retain(|record| !record.id.ends_with(missing));
        assert!(!page(&fixture).contains("Unequal pools."), "{missing}");
    }
}

#[test]
fn the_page_says_which_database_answered() {
    let mut fixture = queries(512);
    assert!(page(&fixture).contains("Queries went to the mock server, which speaks"));
    fixture.run.postgres = Some(PostgresFile {
        version: "PostgreSQL <15>".to_string(),
        settings: [("fsync".to_string(), "on".to_string())].into(),
    });
    assert!(page(&fixture).contains("Queries went to PostgreSQL &lt;15&gt; (fsync on), whose own"));
}
