//! A validator that is not ours, with the schemas of a rendered run.

use std::collections::BTreeMap;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Map, Value};

use crate::files::rendered;
use crate::fixture::tiny;

/// The files that have a schema, and what it is called.
pub(super) const DESCRIBED: [(&str, &str); 14] = [
    ("run.json", "run"),
    ("records.jsonl", "record"),
    ("histograms.jsonl", "histogram"),
    ("sessions.jsonl", "session"),
    ("sources.json", "sources"),
    ("selftest.json", "selftest"),
    ("cost.json", "cost"),
    ("syscalls.json", "syscalls"),
    ("summary.json", "summary"),
    ("summary.csv", "summary-row"),
    ("pairs.csv", "pair"),
    ("bencher.json", "bencher"),
    ("github-action-benchmark.json", "github-action-benchmark"),
    ("ro-crate-metadata.json", "ro-crate-metadata"),
];

/// All schemas, compiled.
pub(super) struct Checker {
    compiled: Schemas,
    pub(super) of: BTreeMap<&'static str, (Value, SchemaIndex)>,
}

impl Checker {
    pub(super) fn new() -> Self {
        let files = rendered(&tiny());
        let (mut compiler, mut compiled) = (Compiler::new(), Schemas::new());
        let mut of = BTreeMap::new();
        for (file, name) in DESCRIBED {
            let text = &files[&format!("schemas/{name}.schema.json")];
            let schema: Value = serde_json::from_str(text).unwrap();
            let id = schema["$id"].as_str().unwrap().to_string();
            assert_eq!(id, format!("urn:triathlon:schema:{name}:1"));
            compiler.add_resource(&id, schema.clone()).unwrap();
            let compile = compiler.compile(&id, &mut compiled);
            let index = compile.unwrap_or_else(|error| panic!("{file}: {error:#}"));
            of.insert(file, (schema, index));
        }
        Self { compiled, of }
    }

    /// Holds one value against the schema of a file.
    pub(super) fn validate(&self, file: &str, value: &Value) -> Result<(), String> {
        let (_, index) = self.of[file];
        self.compiled.validate(value, index).map_err(|error| error.to_string())
    }

    /// How many values a file has, if all of them validate; else the first that does not.
    pub(super) fn check(&self, file: &str, text: &str) -> Result<usize, String> {
        let values = self.values(file, text);
        for (place, value) in (1..).zip(&values) {
            let why = |why| format!("value {place} of {file}: {why}");
            self.validate(file, value).map_err(why)?;
        }
        Ok(values.len())
    }

    /// The values that a schema describes: the file, its lines or its rows.
    pub(super) fn values(&self, file: &str, text: &str) -> Vec<Value> {
        let parse = |text| serde_json::from_str(text).unwrap();
        match file.rsplit_once('.').unwrap().1 {
            "jsonl" => text.lines().map(parse).collect(),
            "csv" => rows(text, &self.of[file].0["properties"]),
            _ => vec![parse(text)],
        }
    }
}

/// Rows as a program reads them that knows the schema: an empty field is null, and what
/// may be a number is one.
fn rows(text: &str, properties: &Value) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let value = |column: &str, field: &str| {
        let of = &properties[column]["type"];
        let number = ["number", "integer"]
            .iter()
            .any(|kind| of == kind || of.as_array().is_some_and(|of| of.contains(&(*kind).into())));
        match field {
            "" => Value::Null,
            _ if number => serde_json::from_str(field).unwrap_or(field.into()),
            _ => field.into(),
        }
    };
    let row = |row: csv::StringRecord| -> Value {
        let fields = header.iter().zip(&row).map(|(column, field)| (column, value(column, field)));
        fields.map(|(column, value)| (column.to_string(), value)).collect::<Map<_, _>>().into()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}
