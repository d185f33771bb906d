//! Rows of CSV files, from the columns that are written.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

/// A column of a CSV file.
pub(crate) struct Column {
    /// Its name in the header.
    pub(crate) name: String,
    /// Schema of one of its fields.
    field: fn(&mut SchemaGenerator) -> Schema,
}

impl Column {
    /// Of fields that are a `T` once read; an empty field is none of an `Option`.
    pub(crate) fn of<T: JsonSchema>(name: impl Into<String>) -> Self {
        Self { name: name.into(), field: SchemaGenerator::subschema_for::<T> }
    }

    /// Of fields that either have this word or are empty.
    pub(crate) fn yes_or_empty(name: &str) -> Self {
        let field = |_: &mut SchemaGenerator| json_schema!({ "enum": ["yes", null] });
        Self { name: name.to_string(), field }
    }

    /// Schema of a row as an object, by name of the column: of all columns that a
    /// file can have, and of those that every file has.
    pub(crate) fn row(all: &[Self], always: &[Self], generator: &mut SchemaGenerator) -> Schema {
        let property =
            |column: &Self| (column.name.clone(), Value::from((column.field)(generator)));
        let properties: Map<String, Value> = all.iter().map(property).collect();
        let required: Vec<&str> = always.iter().map(|column| column.name.as_str()).collect();
        json_schema!({
            "description": "What each field is once it is read, by name of its column; an empty field is null.",
            "type": "object",
            "properties": properties,
            "required": required,
        })
    }
}
