//! The small run against files that are kept: `TRIATHLON_BLESS=1 cargo test -p
//! triathlon-reports` writes them anew, and the diff is for a person to read.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::crowd::crowd;
use crate::files::rendered;
use crate::fixture::{full, tiny};

fn check(name: &str) {
    let files = rendered(&tiny());
    // Whatever code made it.
    let text = &without_claims(&without_renderer(&files[name]));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("TRIATHLON_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    assert!(*text == golden, "{name} differs from {}; see TRIATHLON_BLESS", path.display());
}

fn without_renderer(text: &str) -> String {
    let Some((before, rest)) = text.split_once("\"renderer\": \"") else {
        return text.to_string();
    };
    let (fingerprint, after) = rest.split_once('"').unwrap();
    assert_eq!(fingerprint.len(), 16, "{fingerprint}");
    format!("{before}\"renderer\": \"…\"{after}")
}

/// Every file of `reports/claims` is in there; `claims.rs` sees to it.
fn without_claims(text: &str) -> String {
    let Some((before, rest)) = text.split_once("\n  \"claims\": {\n") else {
        return text.to_string();
    };
    let (_, after) = rest.split_once("\n  },\n").unwrap();
    format!("{before}\n  \"claims\": {{…}},\n{after}")
}

#[test]
fn summary_json_is_as_kept() {
    check("summary.json");
}

#[test]
fn summary_csv_is_as_kept() {
    check("summary.csv");
}

#[test]
fn summary_md_is_as_kept() {
    check("summary.md");
}

/// A change here is a change of what programs read.
#[test]
fn schemas_are_as_kept() {
    let files = rendered(&tiny());
    let schemas: Vec<&String> = files.keys().filter(|name| name.starts_with("schemas/")).collect();
    assert_eq!(schemas.len(), 14);
    schemas.into_iter().for_each(|name| check(name));
}

#[test]
fn summary_json_has_the_promised_shape() {
    let files = rendered(&full());
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    for key in ["id", "profile", "seed", "rounds", "suite_version", "machine", "versions"] {
        assert!(!summary["run"][key].is_null(), "run.{key}");
    }
    for key in ["cells", "noise", "notes"] {
        assert!(summary[key].is_array(), "{key}");
    }
    assert!(summary["interrupted"].is_boolean());
    let text =
        ["id", "workload", "preset", "contestant", "flavour", "way", "style", "status", "reason"];
    let cells = summary["cells"].as_array().unwrap();
    assert_eq!(cells.len(), full().run.cases.len());
    for cell in cells {
        assert!(text.iter().all(|key| cell[key].is_string()) && cell["n"].is_u64(), "{cell}");
        for spread in cell["metrics"].as_object().unwrap().values() {
            assert!(["median", "low", "high"].iter().all(|key| spread[key].is_number()), "{cell}");
        }
        for ratio in cell["ratio_to_reference"].as_object().unwrap().values() {
            assert!(
                ["median", "low", "high", "n"].iter().all(|key| ratio[key].is_number()),
                "{cell}"
            );
        }
    }
    let noise = summary["noise"].as_array().unwrap();
    assert_eq!(noise.len(), 17 * 5 - 1, "17 presets, 5 metrics, no switches at n10");
    for entry in noise {
        assert!(["workload", "preset", "metric"].iter().all(|key| entry[key].is_string()));
        assert!(["median", "low", "high", "n"].iter().all(|key| entry[key].is_number()));
    }
}

#[test]
fn a_way_is_compared_with_the_plain_one_and_stack_with_stack() {
    let files = rendered(&full());
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    let cells = summary["cells"].as_array().unwrap();
    let reference =
        |id: &str| cells.iter().find(|cell| cell["id"] == id).unwrap()["reference"].clone();
    assert_eq!(reference("fan-out@n10/blocking"), "fan-out@n10/tokio/multi-thread");
    assert_eq!(reference("fan-out@n10/blocking:stack"), "fan-out@n10/tokio/multi-thread:stack");
    assert_eq!(reference("fan-out@n10/tokio/multi-thread"), Value::Null);
    // Any other way is compared with the plain one, the reference's own too.
    let files = rendered(&crowd());
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    let cells = summary["cells"].as_array().unwrap();
    for who in ["tokio/multi-thread", "async-std"] {
        let id = format!("mixed@cpu10/{who}:offloaded");
        let cell = cells.iter().find(|cell| cell["id"] == id).unwrap();
        assert_eq!(cell["reference"], "mixed@cpu10/tokio/multi-thread");
    }
    // The small run's reference has no such way.
    let files = rendered(&tiny());
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    assert_eq!(summary["cells"][2]["reference"], "fan-out@n10/tokio/multi-thread");
}
