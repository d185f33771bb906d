//! Advice on crowds that are idle.

use serde_json::Value;
use triathlon_reports::input::Input;
use triathlon_reports::{Crowd, Idle, Question, Told};

use crate::asleep::sleepers;
use crate::fixture::Fixture;

const KIB: f64 = 1024.0;

fn told(fixture: &Fixture, count: u64, memory_bytes: Option<f64>) -> Told {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    let asked = Crowd { count, of: Idle::Sleepers, memory_bytes };
    Told::of(&Input::read(dir.path()).unwrap(), &Question::Crowd(asked)).unwrap()
}

fn json(fixture: &Fixture, count: u64, memory_bytes: Option<f64>) -> Value {
    serde_json::from_str(&told(fixture, count, memory_bytes).json).unwrap()
}

fn of(said: &Value, who: &str) -> Value {
    let mut all = said["answers"].as_array().unwrap().iter();
    all.find(|answer| answer["who"] == who).unwrap_or_else(|| panic!("{who} in {said}")).clone()
}

/// Six rounds, in which a task holds 401 to 406 bytes and a thread 36 KiB; 3 MiB came with
/// all of them.
#[test]
fn a_crowd_holds_what_the_nearest_held_and_the_slope_for_those_more_or_fewer() {
    let fixture = sleepers(&[100, 1000, 10_000], 6);
    let said = json(&fixture, 5000, Some(16.0 * KIB * KIB));
    let tokio = of(&said, "tokio/multi-thread");
    assert_eq!(tokio["each_bytes"], 403.5);
    let memory = tokio["memory_bytes"].as_f64().unwrap();
    let want = 3072.0 * KIB + 5000.0 * 403.5;
    assert!((memory / want - 1.0).abs() < 1e-4, "{memory} instead of {want}");
    assert_eq!(
        (&tokio["fits"], &tokio["cell"]),
        (&true.into(), &"sleepers@n10000/tokio/multi-thread".into())
    );
    let threads = of(&said, "threads-pool");
    assert_eq!(threads["each_bytes"], 36.0 * KIB);
    assert_eq!(threads["fits"], false);
    assert_eq!(said["answers"][0]["who"], "tokio/multi-thread");
    for answer in [tokio, threads] {
        assert_eq!(answer["memory_wrong"]["n"], 1);
        assert!(answer["memory_wrong"]["most"].as_f64().unwrap() < 0.01, "{answer}");
    }
    let text = told(&fixture, 5000, None).text;
    assert!(text.starts_with("5000 sleepers\n") && text.contains("404 B"), "{text}");
}

#[test]
fn beyond_the_crowds_that_were_measured_there_is_no_answer() {
    let mut fixture = sleepers(&[100, 1000, 10_000], 6);
    let why = |fixture: &Fixture, count: u64, place: usize| -> String {
        let said = json(fixture, count, None);
        assert_eq!(said["answers"], serde_json::json!([]), "{count}");
        said["not_measured"][place]["why"].as_str().unwrap().to_string()
    };
    assert_eq!(why(&fixture, 99, 0), "measured with 100 to 10000");
    assert_eq!(why(&fixture, 20_000, 0), "measured with 100 to 10000");
    // The machine has no more threads: the plan says so.
    let mut more =
        fixture.run.cases.iter().find(|case| case.id.contains("@n10000/threads")).unwrap().clone();
    more.id = "sleepers@n100000/threads-pool".to_string();
    more.absent = Some("100002 threads, and vm.max_map_count allows 16124".to_string());
    more.parameters.insert("sleepers".to_string(), 100_000);
    fixture.run.cases.push(more);
    let said = why(&fixture, 20_000, 1);
    assert!(said.ends_with("beyond, 100002 threads, and vm.max_map_count allows 16124"), "{said}");
}

/// What is no line has no slope that could be trusted.
#[test]
fn a_crowd_that_is_no_line_has_no_answer() {
    let mut fixture = sleepers(&[100, 1000, 10_000], 6);
    for record in fixture.records.iter_mut().filter(|record| record.id.contains("@n1000/")) {
        record.asleep.as_mut().unwrap().resident_bytes *= 3;
    }
    let said = json(&fixture, 5000, None);
    let why = said["not_measured"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("the model is wrong by "), "{said}");
    let two = json(&sleepers(&[100, 10_000], 6), 5000, None);
    assert_eq!(two["not_measured"][0]["why"], "2 numbers of sleepers; a slope needs 3");
    // Nobody was asked to sleep in a socket.
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    let asked = Crowd { count: 1000, of: Idle::Connections, memory_bytes: None };
    let told = Told::of(&Input::read(dir.path()).unwrap(), &Question::Crowd(asked)).unwrap();
    assert!(
        told.text.contains("no contestant has cells that say anything of this"),
        "{}",
        told.text
    );
}
