//! Advice on services, from servers that are made up by a law: what the model says of it,
//! and where it says nothing.

use serde_json::Value;
use triathlon_contract::record::Spread;
use triathlon_reports::input::Input;
use triathlon_reports::{MOST_WRONG, Question, Service, Told};

use crate::files::rendered;
use crate::fixture::{Fixture, case, fixture_of, serving};

const KIB: u64 = 1024;
const MIB: f64 = 1_048_576.0;
const POOL: u64 = 100;
const TRIP_S: f64 = 50e-6;
const WHO: [&str; 2] = ["threads-per-op", "tokio/multi-thread"];

/// Queries, bytes, delay in µs, clients.
type Asked = [u64; 4];

/// As the presets of `serve`: queries and delays, bytes, and the sweep over clients.
fn cells() -> Vec<Asked> {
    let mut cells: Vec<Asked> =
        [1, 4, 16, 64, 256, 1024].map(|clients| [5, 10 * KIB, 1000, clients]).into();
    for queries in [1, 5, 20] {
        for delay_us in [200, 1000, 10_000] {
            cells.push([queries, 10 * KIB, delay_us, 64]);
        }
    }
    cells.extend([1, 100].map(|kib| [5, kib * KIB, 1000, 64]));
    cells.sort_unstable();
    cells.dedup();
    cells
}

/// CPU time of a request in seconds: threads take half as much again. Clients share
/// wake-ups as long as there is a connection for each; then they queue up.
fn cost_s(who: &str, [queries, bytes, _, clients]: Asked) -> f64 {
    let page = 40.0 + 30.0 * queries as f64 + 0.5 * bytes as f64 / 1024.0;
    let style = if who.starts_with("threads") { 1.5 } else { 1.0 };
    let clients = clients as f64;
    let alone = (0.7 / clients.min(POOL as f64)).exp();
    page * style * alone * (clients / POOL as f64).max(1.0).powf(0.1) / 1e6
}

fn throughput(who: &str, asked: Asked) -> f64 {
    let [queries, _, delay_us, clients] = asked;
    let cost = cost_s(who, asked);
    let response = queries as f64 * (delay_us as f64 / 1e6 + TRIP_S) + cost;
    (clients.min(POOL) as f64 / response).min(1.0 / cost)
}

fn memory(who: &str, [_, bytes, _, clients]: Asked) -> f64 {
    let each = if who.starts_with("threads") { 24.0 } else { 2.0 } * 1024.0;
    20.0 * MIB + clients.min(POOL) as f64 * 8192.0 + clients as f64 * (each + bytes as f64)
}

fn preset([queries, bytes, delay_us, clients]: Asked) -> String {
    format!("crud-n{queries}-{}k-{delay_us}us-c{clients}", bytes / KIB)
}

/// Two servers that follow the law, each cell off by a factor of its own.
fn servers(off: impl Fn(&str, Asked) -> f64) -> Fixture {
    let mut run = serving(2, "serve", "throughput_per_s");
    let mut asked = Vec::new();
    for cell in cells() {
        let [queries, bytes, delay_us, clients] = cell;
        let parameters = [
            ("connections", clients),
            ("queries", queries),
            ("bytes", bytes),
            ("delay_us", delay_us),
            ("pool", clients.min(POOL)),
            ("timeout_ms", 0),
            ("backlog", 4096),
            ("laps", 10),
        ];
        for who in WHO {
            let id = format!("serve@{}/{who}", preset(cell));
            asked.push((id.clone(), who, cell));
            run.cases.push(case(&id, &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let (_, who, cell) = asked.iter().find(|(id, ..)| *id == record.id).unwrap();
        let off = off(who, *cell);
        let window = record.window.as_mut().unwrap();
        window.samples = 100_000;
        window.elapsed_ns = (1e14 / throughput(who, *cell)) as u64;
        (window.user_ns, window.system_ns) = ((cost_s(who, *cell) * off * 1e14) as u64, 0);
        window.peak_resident_bytes = (memory(who, *cell) * off) as u64;
        window.server_cpu_ns = 0;
        let spread = Spread { p50: 1.0, p90: 1.0, max: 1.0 };
        record.witness.as_mut().unwrap().delay_excess_us = Some(spread);
    }
    fixture
}

fn input(fixture: &Fixture) -> Input {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    Input::read(dir.path()).unwrap()
}

fn service([queries, bytes, delay_us, clients]: Asked) -> Service {
    let delay_s = delay_us as f64 / 1e6;
    Service { queries, bytes, delay_s, clients, rate_per_s: None, memory_bytes: None }
}

fn told(fixture: &Fixture, asked: Service) -> Value {
    let told = Told::of(&input(fixture), &Question::Service(asked)).unwrap();
    serde_json::from_str(&told.json).unwrap()
}

/// The answer of a server.
fn of(said: &Value, who: &str) -> Option<Value> {
    said["answers"].as_array().unwrap().iter().find(|answer| answer["who"] == who).cloned()
}

fn why(said: &Value, who: &str) -> String {
    let mut all = said["not_measured"].as_array().unwrap().iter();
    let one = all.find(|one| one["who"] == who).unwrap_or_else(|| panic!("{who} in {said}"));
    one["why"].as_str().unwrap().to_string()
}

fn near(value: &Value, want: f64, share: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{value}"));
    assert!((value / want - 1.0).abs() < share, "{value} instead of {want}");
}

#[test]
fn between_the_cells_the_law_is_found() {
    let fixture = servers(|_, _| 1.0);
    for asked in [
        [10, 10 * KIB, 1000, 64],
        [5, 50 * KIB, 1000, 64],
        [5, 10 * KIB, 1000, 32],
        [5, 10 * KIB, 1000, 300],
        [3, 20 * KIB, 5000, 64],
        [5, 10 * KIB, 40_000, 64],
        [5, 10 * KIB, 1000, 1],
    ] {
        let said = told(&fixture, service(asked));
        for who in WHO {
            let answer = of(&said, who).unwrap_or_else(|| panic!("{asked:?}: {said}"));
            near(&answer["cpu_us_per_request"], cost_s(who, asked) * 1e6, 0.001);
            near(&answer["throughput_per_s"], throughput(who, asked), 0.001);
            near(&answer["memory_bytes"], memory(who, asked), 0.001);
            let reached = throughput(who, asked);
            near(&answer["cpu_share"], reached * cost_s(who, asked), 0.001);
            let cpu = (reached * cost_s(who, asked) - 1.0).abs() < 1e-3;
            assert_eq!(answer["bound"], if cpu { "cpu" } else { "waiting" }, "{answer}");
            for wrong in ["cpu_wrong", "throughput_wrong", "memory_wrong"] {
                assert!(answer[wrong]["n"].as_u64().unwrap() > 4, "{wrong} of {answer}");
                assert!(answer[wrong]["most"].as_f64().unwrap() < 0.01, "{wrong} of {answer}");
            }
        }
        // Least CPU first.
        assert_eq!(said["answers"][0]["who"], "tokio/multi-thread");
    }
}

#[test]
fn the_nearest_cell_is_named_and_the_page_links_it() {
    let fixture = servers(|_, _| 1.0);
    let said = told(&fixture, service([6, 12 * KIB, 900, 60]));
    let cell = "serve@crud-n5-10k-1000us-c64/tokio/multi-thread";
    assert_eq!(said["answers"][0]["cell"], cell, "{said}");
    let page = &rendered(&fixture)["report.html"];
    let (_, section) = page.split_once("<section id=\"choose\"").unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    for part in [
        "A service with a database: ",
        "href=\"#cell-serve.crud-n5-10k-1000us-c4_tokio_multi-thread\"",
        "href=\"#cell-serve.crud-n5-10k-1000us-c1024_tokio_multi-thread\"",
        "CPU/request",
        "error in CPU: median ",
        "Nothing in this run says anything of: “10 000 idle connections of a server, ",
        "triathlon run '^serve-idle@n10000/'",
        "“A service: 200 requests/s, ",
        "“Sockets on which nothing happens: ",
        "triathlon run '^sleepers@socket'",
    ] {
        assert!(section.contains(part), "{part} is not in {section}");
    }
}

#[test]
fn beyond_the_measured_pages_there_is_no_answer() {
    let fixture = servers(|_, _| 1.0);
    let check = |asked: Asked, want: &str| {
        let said = told(&fixture, service(asked));
        assert_eq!(said["answers"], serde_json::json!([]), "{asked:?}");
        for who in WHO {
            let why = why(&said, who);
            assert!(why.contains(want), "{asked:?}: {why}");
        }
    };
    let range = "measured with 1 to 20 queries, 1 to 100 KiB and 1 to 1024 clients";
    check([21, 10 * KIB, 1000, 64], range);
    check([5, 101 * KIB, 1000, 64], range);
    check([5, 10 * KIB, 1000, 2000], range);
    // Between all that have a connection to the database and those that queue up for one.
    check([5, 10 * KIB, 1000, 200], range);
    // Each is in its range, and both together were never measured.
    check([20, 100 * KIB, 1000, 64], "and not with all of these together");
    check([20, 10 * KIB, 1000, 1024], "and not with all of these together");
    check([5, 100 * KIB, 1000, 1024], "and not with all of these together");
    check([5, 10 * KIB, 60_000, 64], "measured with waits of 0.2 to 10 ms");
    check([5, 10 * KIB, 50, 64], "measured with waits of 0.2 to 10 ms");
}

/// Twice as dear with five queries as with one and with twenty: no plane holds that.
#[test]
fn whom_the_model_gets_wrong_has_no_answer() {
    let strange = |who: &str, [queries, ..]: Asked| {
        if who.starts_with("threads") && queries == 5 { 2.0 } else { 1.0 }
    };
    let said = told(&servers(strange), service([10, 10 * KIB, 1000, 64]));
    assert!(why(&said, "threads-per-op").contains("the model is wrong by "), "{said}");
    assert!(of(&said, "tokio/multi-thread").is_some());
}

/// Cells off by up to 5 %, and a preset that the run does not have.
#[test]
fn a_preset_that_was_never_shown_is_predicted_within_a_quarter() {
    let off = |who: &str, asked: Asked| {
        let seed = asked.iter().sum::<u64>() + who.len() as u64;
        0.95 + (seed.wrapping_mul(6_364_136_223_846_793_005) >> 40) as f64 / 2f64.powi(24) * 0.1
    };
    let mut checked = 0;
    for hidden in cells() {
        let mut fixture = servers(off);
        let kept = |id: &str| !id.contains(&format!("@{}/", preset(hidden)));
        fixture.run.cases.retain(|case| kept(&case.id));
        fixture.records.retain(|record| kept(&record.id));
        let said = told(&fixture, service(hidden));
        for answer in said["answers"].as_array().unwrap() {
            let who = answer["who"].as_str().unwrap();
            near(&answer["cpu_us_per_request"], cost_s(who, hidden) * 1e6, MOST_WRONG);
            near(&answer["memory_bytes"], memory(who, hidden), MOST_WRONG);
            if !answer["throughput_per_s"].is_null() {
                near(&answer["throughput_per_s"], throughput(who, hidden), MOST_WRONG);
            }
            assert!(answer["cpu_wrong"]["most"].as_f64().unwrap() > 0.01, "{answer}");
            checked += 1;
        }
    }
    assert!(checked >= 10, "only {checked}");
}

/// Where clients and database were the limit, nothing is said of throughput; the CPU
/// still says what cannot be.
#[test]
fn throughput_that_was_never_the_servers_own_is_not_measured() {
    let mut fixture = servers(|_, _| 1.0);
    for record in &mut fixture.records {
        let window = record.window.as_mut().unwrap();
        window.server_cpu_ns = window.elapsed_ns;
    }
    let asked = service([5, 10 * KIB, 1000, 64]);
    let with = |rate| told(&fixture, Service { rate_per_s: Some(rate), ..asked });
    let said = with(1000.0);
    let answer = of(&said, "tokio/multi-thread").unwrap();
    let null = Value::Null;
    assert_eq!(
        (&answer["throughput_per_s"], &answer["bound"], &answer["fits"]),
        (&null, &null, &null)
    );
    near(
        &answer["cpu_share"],
        1000.0 * cost_s("tokio/multi-thread", [5, 10 * KIB, 1000, 64]),
        0.001,
    );
    // Some 197 µs a request: one CPU does no 6000 of them in a second.
    let answer = of(&with(6000.0), "tokio/multi-thread").unwrap();
    assert_eq!((&answer["throughput_per_s"], &answer["fits"]), (&null, &Value::Bool(false)));
    let question = Question::Service(Service { rate_per_s: Some(1000.0), ..asked });
    let text = Told::of(&input(&fixture), &question).unwrap().text;
    assert!(text.contains("not measured") && text.contains("not known"), "{text}");
}

#[test]
fn rate_and_memory_decide_what_fits() {
    let fixture = servers(|_, _| 1.0);
    let asked = service([5, 10 * KIB, 1000, 1024]);
    let said = told(&fixture, Service { memory_bytes: Some(40.0 * MIB), ..asked });
    let fits = |said: &Value, who: &str| of(said, who).unwrap()["fits"].clone();
    // 20 MiB and 1024 times 34 KiB of threads, 12 of tasks.
    assert_eq!(fits(&said, "threads-per-op"), false);
    assert_eq!(fits(&said, "tokio/multi-thread"), true);
    let reached = throughput("threads-per-op", [5, 10 * KIB, 1000, 64]);
    let asked = service([5, 10 * KIB, 1000, 64]);
    let said = told(&fixture, Service { rate_per_s: Some(reached * 1.1), ..asked });
    assert_eq!(fits(&said, "threads-per-op"), false);
    assert_eq!(fits(&said, "tokio/multi-thread"), true);
    assert_eq!(said["answers"][0]["who"], "tokio/multi-thread");
}

/// Timeouts, and whatever else a preset asks besides, are another question.
#[test]
fn other_kinds_of_cells_say_nothing_of_a_plain_service() {
    let mut fixture = servers(|_, _| 1.0);
    let asked = service([10, 10 * KIB, 1000, 64]);
    let before = told(&fixture, asked);
    for parameter in ["timeout_ms", "rate_per_s", "idle"] {
        let mut more: Vec<_> =
            fixture.run.cases.iter().filter(|case| case.id.contains("-c64/")).cloned().collect();
        for case in &mut more {
            let (what, who) = case.id.split_once('/').unwrap();
            let own = format!("{what}-{}/{who}", parameter.replace('_', "-"));
            let mut records: Vec<_> =
                fixture.records.iter().filter(|record| record.id == case.id).cloned().collect();
            for record in &mut records {
                record.id.clone_from(&own);
                record.window.as_mut().unwrap().user_ns *= 7;
            }
            fixture.records.extend(records);
            case.id = own;
            case.parameters.insert(parameter.to_string(), 5000);
        }
        fixture.run.cases.extend(more);
    }
    assert_eq!(told(&fixture, asked)["answers"], before["answers"]);
}
