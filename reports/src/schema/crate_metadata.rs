//! `ro-crate-metadata.json`, which is no type of ours.
//!
//! Source: RO-Crate 1.2, w3id.org/ro/crate/1.2, "RO-Crate structure", "Root data entity".

use schemars::{Schema, SchemaGenerator, json_schema};

/// A flat graph with a descriptor, a root and an entity for each file.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["@context", "@graph"],
        "properties": {
            "@context": { "const": "https://w3id.org/ro/crate/1.2/context" },
            "@graph": {
                "type": "array",
                "items": { "$ref": "#/$defs/Entity" },
                "allOf": [
                    { "contains": { "$ref": "#/$defs/Descriptor" } },
                    { "contains": { "$ref": "#/$defs/Root" } },
                ],
            },
        },
        "$defs": {
            "Reference": {
                "type": "object",
                "required": ["@id"],
                "properties": { "@id": { "type": "string" } },
            },
            "Entity": {
                "type": "object",
                "required": ["@id", "@type"],
                "properties": { "@id": { "type": "string" }, "@type": { "type": "string" } },
                "if": { "properties": { "@type": { "const": "File" } } },
                "then": { "$ref": "#/$defs/File" },
            },
            "File": {
                "type": "object",
                "required": ["name", "description", "encodingFormat", "contentSize", "sha256"],
                "properties": {
                    "name": { "type": "string" },
                    "description": { "type": "string" },
                    "encodingFormat": { "type": "string" },
                    "contentSize": { "type": "string", "pattern": "^[0-9]+$" },
                    "sha256": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
                    "conformsTo": { "$ref": "#/$defs/Reference" },
                },
            },
            "Descriptor": {
                "type": "object",
                "required": ["@id", "@type", "about", "conformsTo"],
                "properties": {
                    "@id": { "const": "ro-crate-metadata.json" },
                    "@type": { "const": "CreativeWork" },
                    "about": { "$ref": "#/$defs/Reference" },
                    "conformsTo": { "$ref": "#/$defs/Reference" },
                },
            },
            "Root": {
                "type": "object",
                "required": [
                    "@id", "@type", "name", "description", "datePublished", "license", "hasPart",
                ],
                "properties": {
                    "@id": { "const": "./" },
                    "@type": { "const": "Dataset" },
                    "name": { "type": "string" },
                    "description": { "type": "string" },
                    "datePublished": { "type": "string" },
                    "license": { "type": "string" },
                    "hasPart": { "type": "array", "items": { "$ref": "#/$defs/Reference" } },
                },
            },
        },
    })
}
