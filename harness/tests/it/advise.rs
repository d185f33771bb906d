//! `triathlon advise` on a published run.

use serde_json::Value;

use crate::support::{output, root, succeeds};

const RUN: &str = "20261125T122950Z-19fed071-d054cd86-20d1e550";

#[test]
fn advice_names_errors_cells_and_what_was_not_measured() {
    let call = ["advise", "--run", RUN, "--in-flight", "100", "--wait", "50ms", "--cpu", "200us"];
    let more = ["--rate", "1000/s", "--memory", "64MiB"];
    let text = succeeds(&root(), &[&call[..], &more[..]].concat());
    let first = "100 calls in flight, each waits 50.0 ms, and computes 200 µs, 1.00 k/s wanted, 64.0 MiB allowed";
    assert_eq!(text.lines().next(), Some(first));
    for part in [
        "Throughput: median ",
        "Memory: median ",
        "request-loop@c64-d20ms/tokio/current-thread",
        "Not measured\n  blocking: ",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let json = succeeds(&root(), &[&call[..], &more[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    let answers = json["answers"].as_array().unwrap();
    assert!(answers.len() >= 5, "{json}");
    for answer in answers {
        assert!(answer["throughput_wrong"]["most"].as_f64().unwrap() <= 0.25, "{answer}");
    }
}

#[test]
fn a_wrong_situation_is_one_sentence() {
    let check = |arguments: &[&str], want: &str| {
        let output = output(&root(), &[&["advise", "--run", RUN], arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(want) && errors.lines().count() == 1, "{errors}");
    };
    check(&["--in-flight", "5"], "--wait");
    check(&["--in-flight", "many", "--wait", "5ms"], "\"many\" is no number");
    check(&["--in-flight", "5", "--wait", "50"], "has no unit; write 50ms");
    check(&["--in-flight", "5", "--wait", "5ms", "--rate", "fast"], "is no rate; write 2000/s");
    check(&["--in-flight", "5", "--wait", "5ms", "--memory", "9"], "is no size; write 512MiB");
    check(&["--in-flight", "0", "--wait", "5ms"], "at least one call in flight");
    check(&[], "--in-flight");
    check(&["--in-flight", "5", "--wait", "5ms", "--queries", "5"], "cannot be used with");
    check(&["--queries", "5", "--bytes", "1KiB"], "--delay");
    check(&["--queries", "0", "--bytes", "1KiB", "--delay", "1ms"], "at least one query");
    check(&["--queries", "5", "--bytes", "10", "--delay", "1ms"], "is no size; write 512MiB");
    check(&["--idle", "5000", "--rate", "5/s"], "cannot be used with");
    check(&["--idle", "0"], "at least one that is idle");
    check(&["--pool", "--wait", "5ms"], "--rate");
    check(&["--pool", "--rate", "5/s", "--wait", "5ms", "--memory", "5MiB"], "cannot be used with");
    check(&["--in-flight", "5", "--wait", "5ms", "--clients", "5"], "--queries");
}

/// The published run has neither servers, sleepers nor pools.
#[test]
fn what_the_run_does_not_have_is_not_measured() {
    let questions: [&[&str]; 3] = [
        &["--queries", "5", "--bytes", "10KiB", "--delay", "1ms", "--rate", "100/s"],
        &["--idle", "5000", "--memory", "64MiB"],
        &["--pool", "--rate", "2000/s", "--wait", "5ms"],
    ];
    for question in questions {
        let call = [&["advise", "--run", RUN], question].concat();
        let text = succeeds(&root(), &call);
        assert!(text.contains("Not measured: no contestant has cells that say anything"), "{text}");
        let json = succeeds(&root(), &[&call[..], &["--format", "json"]].concat());
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["answers"], serde_json::json!([]), "{json}");
        assert!(json["run"] == RUN && json["asked"].is_object(), "{json}");
    }
}
