//! Every file of a run against the JSON Schema that is written beside it.

mod checker;
mod printed;
mod runs;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use boon::{Compiler, Schemas};
use serde_json::json;
use triathlon_reports::{render, verify};

use crate::files::rendered;
use crate::fixture::{Fixture, tiny};
use crate::verdict::alike;
use checker::{Checker, DESCRIBED};
use runs::{data, directory, fixtures, published};

const META: &str = "https://json-schema.org/draft/2020-12/schema";

#[test]
fn every_schema_is_one_itself() {
    let checker = Checker::new();
    let mut compiled = Schemas::new();
    let meta = Compiler::new().compile(META, &mut compiled).unwrap();
    for (file, (schema, _)) in &checker.of {
        assert_eq!(schema["$schema"], META);
        let found = compiled.validate(schema, meta);
        assert!(found.is_ok(), "{file}: {}", found.unwrap_err());
        for key in ["title", "description"] {
            assert!(schema[key].as_str().is_some_and(|text| !text.is_empty()), "{file}: {key}");
        }
    }
    let wrong = json!({ "type": "text" });
    assert!(compiled.validate(&wrong, meta).is_err(), "and it can say no");
}

#[test]
fn schemas_are_the_same_beside_every_run_and_all_are_listed() {
    let schemas = |fixture: &Fixture| {
        let mut files = rendered(fixture);
        let sums = files["SHA256SUMS"].clone();
        files.retain(|name, _| name.starts_with("schemas/"));
        assert_eq!(files.len(), DESCRIBED.len());
        assert!(files.keys().all(|name| sums.contains(&format!("  {name}\n"))), "{sums}");
        files
    };
    assert_eq!(schemas(&tiny()), schemas(&alike(15)));
}

#[test]
fn the_page_links_a_schema_from_the_row_of_its_file() {
    let dir = directory(&alike(15));
    let page = fs::read_to_string(dir.path().join("report.html")).unwrap();
    let (_, table) = page.split_once("Files of this run").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    for (file, name) in DESCRIBED.iter().filter(|(file, _)| *file != "ro-crate-metadata.json") {
        let (_, row) = table.split_once(&format!("<a href=\"{file}\">")).unwrap();
        let (row, _) = row.split_once("</tr>").unwrap();
        let link = format!("<a href=\"schemas/{name}.schema.json\">");
        assert!(row.contains(&link), "{file}: {row}");
    }
    assert!(page.contains("<a href=\"schemas/ro-crate-metadata.schema.json\">"));
    assert!(!table.contains("JSON Schema of"), "no row of their own");
}

#[test]
fn every_file_of_a_made_up_run_validates() {
    let checker = Checker::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (name, fixture) in fixtures() {
        let dir = directory(&fixture);
        for (file, text) in data(dir.path()) {
            let count = checker.check(&file, &text);
            let count = count.unwrap_or_else(|why| panic!("{name}: {why}"));
            *counts.entry(file).or_default() += count;
        }
    }
    let kinds: BTreeSet<&str> = counts.keys().map(String::as_str).collect();
    assert_eq!(kinds, DESCRIBED.iter().map(|(file, _)| *file).collect());
    assert!(counts.values().all(|count| *count > 5), "{counts:?}");
}

/// Files that a report of an older version made, with something that it did not have yet;
/// `triathlon report` makes them anew. What a run itself wrote is never among them.
const BEFORE: [(&str, &str, &str); 5] = [
    // Before there were open loops and disturbed executions were counted.
    (FIRST, "summary.csv", "'response_p99_us_median'"),
    (SECOND, "summary.csv", "'response_p99_us_median'"),
    // Before the longest lag and calls beside had columns.
    (THIRD, "summary.csv", "'lag_max_us_median'"),
    // Before there were verdicts, warnings and sessions.
    (FIRST, "summary.json", "missing properties 'families', 'geometric_means'"),
    (SECOND, "summary.json", "missing properties 'families', 'geometric_means'"),
];

const FIRST: &str = "20261122T183133Z-88dbb886-d054cd86-d4992734";
const SECOND: &str = "20261122T220942Z-3e7895d2-d054cd86-685bf6c3";
const THIRD: &str = "20261125T122950Z-19fed071-d054cd86-20d1e550";

#[test]
fn every_published_run_validates() {
    let checker = Checker::new();
    for run in published() {
        let name = run.file_name().unwrap().to_str().unwrap();
        for (file, text) in data(&run) {
            let found = checker.check(&file, &text);
            let before = BEFORE.iter().find(|(run, of, _)| *run == name && *of == file);
            match (found, before) {
                (Err(why), Some((.., lacks))) => {
                    assert!(why.contains(lacks) && only_lacks(&why), "{name}: {why}");
                }
                (Err(why), None) => panic!("{name}: {why}"),
                (Ok(_), Some(_)) => panic!("{name}: {file} validates, so it is no exception"),
                (Ok(count), None) => assert!(count > 0, "{name}: {file}"),
            }
        }
        for (file, bytes) in render(&run).unwrap().files {
            if DESCRIBED.iter().any(|(described, _)| *described == file) {
                let found = checker.check(&file, &String::from_utf8(bytes).unwrap());
                found.unwrap_or_else(|why| panic!("{name}, rendered again: {why}"));
            }
        }
    }
}

/// Whether nothing is wrong but that something is not there.
fn only_lacks(why: &str) -> bool {
    let lacks =
        |line: &str| line.contains(": missing propert") || line.ends_with("validation failed");
    why.lines().skip(1).all(lacks)
}

/// Their reports are from before there were schemas.
#[test]
fn every_published_run_still_verifies() {
    for run in published() {
        let verified = verify(&run).unwrap().unwrap_or_else(|why| panic!("{why}"));
        let compared = verified.same.unwrap_or(0) + verified.figures;
        assert!(compared > 10, "{}: {verified:?}", run.display());
    }
}
