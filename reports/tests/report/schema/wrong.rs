//! What must not validate, and what must although it is not of today.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::checker::{Checker, DESCRIBED};
use super::runs::{data, directory, in_slices};
use crate::open::open;

/// The values of a run with verdicts in slices and of an open loop, one of each kind.
fn examples(checker: &Checker) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for fixture in [open(0), in_slices()] {
        let dir = directory(&fixture);
        for (file, text) in data(dir.path()) {
            if let Some(value) = checker.values(&file, &text).into_iter().next() {
                values.insert(file, value);
            }
        }
    }
    assert_eq!(values.len(), DESCRIBED.len());
    values
}

#[test]
fn what_is_wrong_does_not_validate() {
    let checker = Checker::new();
    let examples = examples(&checker);
    let fails = |file: &str, place: &str, value: Option<Value>| {
        let mut changed = examples[file].clone();
        assert_eq!(checker.validate(file, &changed), Ok(()));
        change(&mut changed, place, value.clone());
        let found = checker.validate(file, &changed);
        assert!(found.is_err(), "{file}: {value:?} at {place} validates");
    };
    let one_of_each: [(&str, &str, &str); 12] = [
        ("run.json", "/rounds", "/machine/class"),
        ("records.jsonl", "/window/elapsed_ns", "/expected"),
        ("histograms.jsonl", "/sequence", "/lag_ns"),
        ("sessions.jsonl", "/reasons", "/boot"),
        ("sources.json", "/fan-out@n10~1blocking", ""),
        ("selftest.json", "/duration_s", "/rows/0/figures"),
        ("summary.json", "/cells/0/metrics/elapsed_s/median", "/executions/planned"),
        ("summary.csv", "/elapsed_s_median", "/n"),
        ("pairs.csv", "/ratio_a_to_b", "/verdict_on_a"),
        (
            "bencher.json",
            "/fan-out@n100~1blocking/elapsed-s/value",
            "/fan-out@n100~1blocking/elapsed-s/value",
        ),
        ("github-action-benchmark.json", "/0/value", "/0/unit"),
        ("ro-crate-metadata.json", "/@graph/4/contentSize", "/@graph/4/sha256"),
    ];
    for (file, of_type, required) in one_of_each {
        fails(file, of_type, Some(json!([true])));
        if !required.is_empty() {
            fails(file, required, None);
        }
    }
    for (file, word) in [
        ("records.jsonl", "/status"),
        ("selftest.json", "/rows/0/status"),
        ("summary.json", "/cells/0/status"),
        ("summary.json", "/cells/0/against_reference/elapsed_s/verdict"),
        ("summary.csv", "/status"),
        ("summary.csv", "/elapsed_s_verdict"),
        ("pairs.csv", "/verdict_on_a"),
        ("pairs.csv", "/parts_disagree"),
        ("ro-crate-metadata.json", "/@context"),
    ] {
        fails(file, word, Some(json!("perhaps")));
    }
    // What only a check of the value finds.
    fails("run.json", "/schema", Some(json!(2)));
    fails("run.json", "/rounds", Some(json!(-1)));
    fails("run.json", "/rounds", Some(json!(1.5)));
    fails("records.jsonl", "/outcome/checksum", Some(json!("7")));
    fails("summary.json", "/performance_profiles/0/lines/0/steps/0", Some(json!([1.0])));
    fails("ro-crate-metadata.json", "/@graph/1/name", None);
}

/// Puts a value at a JSON pointer, or removes what is there.
pub(super) fn change(value: &mut Value, place: &str, to: Option<Value>) {
    match to {
        Some(to) => *value.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = to,
        None => {
            let (parent, key) = place.rsplit_once('/').unwrap();
            let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            assert!(parent.remove(key).is_some(), "no {place}");
        }
    }
}

/// The places of all values in a value; of a list, those of its first.
pub(super) fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            let key = |key: &String| key.replace('~', "~0").replace('/', "~1");
            fields.iter().map(|(name, value)| (key(name), value)).collect()
        }
        Value::Array(list) => list.iter().take(1).map(|value| ("0".to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in below {
        let place = format!("{here}/{key}");
        places(value, &place, found);
        found.push(place);
    }
}

/// Whatever stands somewhere in a file, nothing of another shape may stand there. Of the
/// graph of archives only what is ours is fixed.
#[test]
fn no_value_can_have_another_shape() {
    let checker = Checker::new();
    let mut examples = examples(&checker);
    examples.remove("ro-crate-metadata.json");
    let mut tried = 0;
    for (file, value) in &examples {
        let mut found = Vec::new();
        places(value, "", &mut found);
        for place in found {
            let mut changed = value.clone();
            change(&mut changed, &place, Some(json!({ "wrong": {} })));
            assert!(checker.validate(file, &changed).is_err(), "{file}: {place} may be anything");
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn what_a_newer_version_adds_and_an_older_one_left_out_validates() {
    let checker = Checker::new();
    let examples = examples(&checker);
    // Lists, and maps by name, have no fields that could be new.
    let fixed = ["sources.json", "bencher.json", "github-action-benchmark.json"];
    for (file, value) in examples.iter().filter(|(file, _)| !fixed.contains(&file.as_str())) {
        let mut newer = value.clone();
        newer["from the future"] = json!({ "any": [1, "shape"] });
        assert_eq!(checker.validate(file, &newer), Ok(()), "{file}");
    }
    let older = |file: &str, places: &[&str]| {
        let mut value = examples[file].clone();
        places.iter().for_each(|place| change(&mut value, place, None));
        assert_eq!(checker.validate(file, &value), Ok(()), "{file}");
    };
    older(
        "run.json",
        &["/verdicts", "/parts", "/ceilings", "/slice_study", "/placement/alone_cpus"],
    );
    older("records.jsonl", &["/previous", "/session", "/kernel", "/foreign_ns", "/slices"]);
}
