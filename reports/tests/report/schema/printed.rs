//! What `triathlon compare --format json` prints, against the schema that it prints.

use std::fs;
use std::path::Path;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};
use triathlon_reports::{Comparison, Turn};

use super::wrong::{change, places};
use crate::compare::{SLOWED, drawn, recorded, slow};

struct Checker {
    compiled: Schemas,
    index: SchemaIndex,
}

impl Checker {
    fn new() -> Self {
        let schema: Value = serde_json::from_str(&Comparison::json_schema_text().unwrap()).unwrap();
        let id = schema["$id"].as_str().unwrap().to_string();
        assert_eq!(id, "urn:triathlon:schema:comparison:1");
        let (mut compiler, mut compiled) = (Compiler::new(), Schemas::new());
        compiler.add_resource(&id, schema).unwrap();
        let index = compiler.compile(&id, &mut compiled).unwrap();
        Self { compiled, index }
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        self.compiled.validate(value, self.index).map_err(|error| error.to_string())
    }
}

fn printed(comparison: &Comparison) -> Value {
    serde_json::from_str(&comparison.json().unwrap()).unwrap()
}

/// With regressions, between machines, with too few rounds, and with nothing in common.
fn comparisons() -> [Comparison; 4] {
    let recorded = recorded();
    let before = drawn(&recorded, 11, 1);
    let mut after = drawn(&recorded, 11, 2);
    slow(&mut after, SLOWED, 1.5);
    after.run.lock_sha256 = "0".repeat(64);
    let changed = Comparison::of(&before, &after);
    assert!(changed.regressions().next().is_some() && !changed.environment.is_empty());
    let mut elsewhere = after.clone();
    elsewhere.run.machine.id = "ffffffff".to_string();
    let machines = Comparison::of(&before, &elsewhere);
    assert!(machines.changes.iter().any(|change| change.verdict == Turn::Higher));
    let few = Comparison::of(&drawn(&recorded, 3, 3), &drawn(&recorded, 3, 4));
    assert!(few.changes.iter().all(|change| change.low.is_none()));
    let mut other = after;
    other.run.suite_version = "99".to_string();
    let nothing = Comparison::of(&before, &other);
    assert!(nothing.changes.is_empty());
    [changed, machines, few, nothing]
}

#[test]
fn what_compare_prints_validates_and_nothing_of_another_shape_does() {
    let checker = Checker::new();
    let all = comparisons().map(|comparison| printed(&comparison));
    for value in &all {
        assert_eq!(checker.check(value), Ok(()));
    }
    let value = &all[0];
    let mut found = Vec::new();
    places(value, "", &mut found);
    for place in &found {
        let mut wrong = value.clone();
        change(&mut wrong, place, Some(json!({ "wrong": {} })));
        assert!(checker.check(&wrong).is_err(), "{place} may be anything");
    }
    assert!(found.len() > 40, "{found:?}");
    // All of it is required.
    let fields = found.iter().filter(|place| !place.ends_with("/0"));
    for place in fields {
        let mut less = value.clone();
        change(&mut less, place, None);
        assert!(checker.check(&less).is_err(), "{place} may be missing");
    }
    for (place, word) in [("/changes/0/verdict", "worse"), ("/changes/0/of", "everything")] {
        let mut wrong = value.clone();
        change(&mut wrong, place, Some(json!(word)));
        assert!(checker.check(&wrong).is_err(), "{place} may be {word}");
    }
    let mut newer = value.clone();
    newer["from the future"] = json!(1);
    assert_eq!(checker.check(&newer), Ok(()));
}

/// A change here is a change of what programs read.
#[test]
fn the_schema_of_a_comparison_is_as_kept() {
    let text = Comparison::json_schema_text().unwrap();
    let name = "tests/golden/schemas/comparison.schema.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("TRIATHLON_BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(&path).unwrap(), "see TRIATHLON_BLESS");
}
