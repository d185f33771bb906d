//! JSON Schemas of the files of a run, made from the types that write them.
//!
//! They say nothing of a run, so their bytes are the same beside every one. What is
//! written today validates, and so does what a run of an older version wrote: a field
//! that it has not is one with a `default`. Unknown fields are permitted, so that a
//! newer run's files validate, too.

mod crate_metadata;
mod row;
mod tidy;

use std::collections::BTreeMap;

use anyhow::Result;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
use triathlon_contract::record::{
    CostFile, HistogramLine, Record, RunFile, SCHEMA, SelftestRecord, SessionFile, SyscallsFile,
};

pub(crate) use row::Column;

use crate::compare::Comparison;
use crate::export::{self, action::Entry, bencher::Benchmarks};
use crate::summary::Summary;
use crate::{about, csv, pairs};

/// A file of a run that has a schema.
struct Described {
    /// Name of the file.
    file: &'static str,
    /// Name of the schema: what one value of the file is.
    name: &'static str,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

const fn described(
    file: &'static str,
    name: &'static str,
    schema: fn(&mut SchemaGenerator) -> Schema,
) -> Described {
    Described { file, name, schema }
}

const DESCRIBED: [Described; 14] = [
    described("run.json", "run", RunFile::json_schema),
    described("records.jsonl", "record", Record::json_schema),
    described("histograms.jsonl", "histogram", HistogramLine::json_schema),
    described("sessions.jsonl", "session", SessionFile::json_schema),
    described("sources.json", "sources", BTreeMap::<String, String>::json_schema),
    described("selftest.json", "selftest", SelftestRecord::json_schema),
    described("cost.json", "cost", CostFile::json_schema),
    described("syscalls.json", "syscalls", SyscallsFile::json_schema),
    described("summary.json", "summary", Summary::json_schema),
    described("summary.csv", "summary-row", csv::schema),
    described("pairs.csv", "pair", pairs::schema),
    described("bencher.json", "bencher", Benchmarks::json_schema),
    described("github-action-benchmark.json", "github-action-benchmark", Vec::<Entry>::json_schema),
    described("ro-crate-metadata.json", "ro-crate-metadata", crate_metadata::schema),
];

/// Of what `triathlon compare` prints: no file of a run.
const COMPARISON: Described = described("comparison.json", "comparison", Comparison::json_schema);

/// The schema of a comparison of two runs.
///
/// # Errors
/// If it cannot be written as JSON.
pub(crate) fn comparison() -> Result<String> {
    Ok(String::from_utf8(export::json(&COMPARISON.whole_schema())?)?)
}

/// All schemas: path below the run's directory, and content.
///
/// # Errors
/// If one cannot be written as JSON.
pub(crate) fn files() -> Result<Vec<(String, Vec<u8>)>> {
    let file =
        |described: &Described| Ok((described.path(), export::json(&described.whole_schema())?));
    DESCRIBED.iter().map(file).collect()
}

/// The schema of a file: its name and its path; none if the file has none.
pub(crate) fn of(file: &str) -> Option<(&'static str, String)> {
    let described = DESCRIBED.iter().find(|described| described.file == file)?;
    Some((described.name, described.path()))
}

/// The file that the schema at a path describes; none if there is no schema.
pub(crate) fn describes(path: &str) -> Option<&'static str> {
    let described = DESCRIBED.iter().find(|described| described.path() == path)?;
    Some(described.file)
}

impl Described {
    fn path(&self) -> String {
        format!("schemas/{}.schema.json", self.name)
    }

    /// What the schema is of.
    fn title(&self) -> String {
        match self.file.rsplit_once('.') {
            Some((_, "jsonl")) => format!("A line of {}", self.file),
            Some((_, "csv")) => format!("A row of {} as an object", self.file),
            _ => self.file.to_string(),
        }
    }

    fn whole_schema(&self) -> Schema {
        // Of what is written: a field that is never left out is required.
        let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let mut schema = (self.schema)(&mut generator);
        let definitions = generator.take_definitions(true);
        if !definitions.is_empty() {
            schema.insert("$defs".to_string(), definitions.into());
        }
        RecursiveTransform(tidy::tidy).transform(&mut schema);
        let mut insert = |key: &str, value: String| schema.insert(key.to_string(), value.into());
        insert("$schema", "https://json-schema.org/draft/2020-12/schema".to_string());
        insert("$id", format!("urn:triathlon:schema:{}:{SCHEMA}", self.name));
        insert("title", self.title());
        insert("$comment", COMMENT.to_string());
        if schema.get("description").is_none_or(Value::is_null) {
            let about = about::file(self.file).into_owned();
            schema.insert("description".to_string(), about.into());
        }
        schema
    }
}

const COMMENT: &str = "Unknown fields are permitted. A field with a default is missing in files from before \
                       it was written.";
