//! The same figures for other tools, and the description for archives.

use serde_json::Value;

use crate::files::rendered;
use crate::fixture::{Fixture, full};
use crate::verdict::{alike, scale, summary};

fn json(fixture: &Fixture, file: &str) -> Value {
    serde_json::from_str(&rendered(fixture)[file]).unwrap()
}

/// Cells that count, of a summary.
fn counting(summary: &Value) -> Vec<&Value> {
    let counts = |cell: &&Value| cell["status"] == "valid" || cell["status"] == "degraded";
    summary["cells"].as_array().unwrap().iter().filter(counts).collect()
}

/// Schema of the format: objects of objects, each with a number `value` and two that may
/// be there.
#[test]
fn bencher_has_the_medians_and_ranges_of_what_counts() {
    let fixture = full();
    let (file, summary) = (json(&fixture, "bencher.json"), summary(&fixture));
    let benchmarks = file.as_object().unwrap();
    let cells = counting(&summary);
    assert!(cells.len() > 50 && cells.len() < summary["cells"].as_array().unwrap().len());
    assert_eq!(benchmarks.len(), cells.len());
    for cell in cells {
        let measures = benchmarks[cell["id"].as_str().unwrap()].as_object().unwrap();
        assert!(measures.contains_key("cpu-us-per-op") && measures.contains_key("elapsed-s"));
        for (measure, metric) in measures {
            assert_eq!(metric.as_object().unwrap().len(), 3);
            let of = &cell["metrics"][measure.replace('-', "_")];
            let parts = ["value", "lower_value", "upper_value"].map(|part| &metric[part]);
            assert_eq!(parts, ["median", "low", "high"].map(|part| &of[part]), "{measure}");
        }
    }
}

#[test]
fn the_action_gets_what_is_better_when_it_is_smaller() {
    let fixture = full();
    let (file, summary) = (json(&fixture, "github-action-benchmark.json"), summary(&fixture));
    let entries = file.as_array().unwrap();
    assert!(entries.len() >= 4 * counting(&summary).len(), "{}", entries.len());
    for entry in entries {
        let (id, metric) = entry["name"].as_str().unwrap().split_once(' ').unwrap();
        let cells = counting(&summary);
        let cell = cells.iter().find(|cell| cell["id"] == id).unwrap();
        assert_eq!(entry["value"], cell["metrics"][metric]["median"], "{entry}");
        assert!(entry["value"].is_number() && metric != "throughput_per_s", "{entry}");
        assert!(!entry["unit"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_run_that_cannot_be_believed_gives_other_tools_nothing() {
    let mut fixture = alike(15);
    assert!(!json(&fixture, "bencher.json").as_object().unwrap().is_empty());
    scale(&mut fixture, 1.5, |record| record.twin);
    assert_eq!(json(&fixture, "bencher.json"), serde_json::json!({}));
    assert_eq!(json(&fixture, "github-action-benchmark.json"), serde_json::json!([]));
    let described = json(&fixture, "ro-crate-metadata.json").to_string();
    assert!(described.contains("must not be cited"));
}

/// RO-Crate 1.2: a flat graph with a descriptor, a root that names its parts, and one
/// entity for each of them.
#[test]
fn the_crate_describes_every_file_with_its_sum() {
    let fixture = full();
    let files = rendered(&fixture);
    let metadata = json(&fixture, "ro-crate-metadata.json");
    assert_eq!(metadata["@context"], "https://w3id.org/ro/crate/1.2/context");
    let graph = metadata["@graph"].as_array().unwrap();
    let entity = |id: &str| {
        let mut found = graph.iter().filter(|entity| entity["@id"] == id);
        let entity = found.next().unwrap_or_else(|| panic!("no entity {id}"));
        assert!(found.next().is_none(), "{id} twice");
        entity
    };
    let descriptor = entity("ro-crate-metadata.json");
    assert_eq!(descriptor["about"]["@id"], "./");
    assert_eq!(descriptor["conformsTo"]["@id"], "https://w3id.org/ro/crate/1.2");
    let root = entity("./");
    for property in ["name", "description", "datePublished", "license"] {
        assert!(!root[property].as_str().unwrap().is_empty(), "{property}");
    }
    assert_eq!(entity("#run")["instrument"]["@id"], "#suite");
    assert_eq!(entity("#suite")["@type"], "SoftwareApplication");
    let sums = &files["SHA256SUMS"];
    let listed: Vec<(&str, &str)> =
        sums.lines().map(|line| line.split_once("  ").unwrap()).collect();
    let parts = root["hasPart"].as_array().unwrap();
    assert_eq!(parts.len() + 1, listed.len(), "all but itself");
    for part in parts {
        let id = part["@id"].as_str().unwrap();
        let (sum, _) = listed.iter().find(|(_, name)| *name == id).unwrap();
        let file = entity(id);
        assert_eq!((&file["@type"], &file["sha256"]), (&"File".into(), &(*sum).into()), "{id}");
        if let Some(content) = files.get(id) {
            assert_eq!(file["contentSize"], content.len().to_string());
        }
        assert_ne!(file["encodingFormat"], "text/plain", "{id}");
        let schema = file["conformsTo"]["@id"].as_str();
        let for_programs = [".json", ".jsonl", ".csv"].iter().any(|end| id.ends_with(end));
        assert_eq!(schema.is_some(), for_programs && !id.starts_with("schemas/"), "{id}");
        if let Some(schema) = schema {
            assert_eq!(entity(schema)["description"], format!("JSON Schema of {id}"));
            assert_eq!(entity(schema)["encodingFormat"], "application/schema+json");
        }
    }
}
