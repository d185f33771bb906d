//! `ro-crate-metadata.json`: the run as a research object, for archives.
//!
//! Source: RO-Crate 1.2, w3id.org/ro/crate/1.2, "Root data entity", "Data entities".

use anyhow::Result;
use serde_json::{Value, json};

use super::name;
use crate::metrics::METRICS;
use crate::render::Model;
use crate::{about, schema};

const FILE: &str = "ro-crate-metadata.json";

/// Describes the files of a run, the page included: name, content and SHA-256.
pub(crate) fn ro_crate(model: &Model<'_>, files: &[(&str, &[u8], &str)]) -> Result<Vec<u8>> {
    let parts: Vec<Value> = files.iter().map(|(name, ..)| json!({ "@id": name })).collect();
    let mut graph = vec![
        json!({
            "@id": FILE,
            "@type": "CreativeWork",
            "conformsTo": { "@id": "https://w3id.org/ro/crate/1.2" },
            "about": { "@id": "./" },
        }),
        root(model, &parts),
        action(model, &parts),
        suite(model),
    ];
    graph.extend(files.iter().map(|(name, bytes, sum)| file(name, bytes, sum)));
    super::json(&json!({ "@context": "https://w3id.org/ro/crate/1.2/context", "@graph": graph }))
}

fn root(model: &Model<'_>, parts: &[Value]) -> Value {
    let run = &model.summary.run;
    let badge = match (&model.invalid, run.verdicts) {
        (Some(why), _) => format!("It must not be cited: {}", name(why)),
        (None, true) => "Verdicts with intervals.".to_string(),
        (None, false) => "Exploratory: ranges and no verdicts.".to_string(),
    };
    json!({
        "@id": "./",
        "@type": "Dataset",
        "identifier": name(&run.id),
        "name": format!("Triathlon run {}", name(&run.id)),
        "description": format!(
            "The same work in blocking, threaded and async style, profile {}, on {}. {badge}",
            name(&run.profile),
            name(&run.machine.class),
        ),
        "datePublished": name(&run.started_at),
        "license": "That of whoever measured it; runs published with the suite are CC BY 4.0.",
        "measurementTechnique":
            "Interleaved executions in fresh processes, paired by round; see report.html#method",
        "variableMeasured": METRICS.as_slice(),
        "mainEntity": { "@id": "report.html" },
        "mentions": { "@id": "#run" },
        "hasPart": parts,
    })
}

fn action(model: &Model<'_>, parts: &[Value]) -> Value {
    let run = &model.summary.run;
    json!({
        "@id": "#run",
        "@type": "CreateAction",
        "name": "The measurement",
        "startTime": name(&run.started_at),
        "instrument": { "@id": "#suite" },
        "result": parts,
    })
}

fn suite(model: &Model<'_>) -> Value {
    let run = &model.summary.run;
    json!({
        "@id": "#suite",
        "@type": "SoftwareApplication",
        "name": "Triathlon",
        "version": name(&run.suite_version),
        "softwareVersion": format!("{}{}", name(&run.commit), if run.dirty { "+dirty" } else { "" }),
    })
}

fn file(name: &str, bytes: &[u8], sum: &str) -> Value {
    let mut entity = json!({
        "@id": name,
        "@type": "File",
        "name": name,
        "description": about::file(name),
        "encodingFormat": media_type(name),
        "contentSize": bytes.len().to_string(),
        "sha256": sum,
    });
    if let Some((_, path)) = schema::of(name) {
        entity["conformsTo"] = json!({ "@id": path });
    }
    entity
}

fn media_type(name: &str) -> &'static str {
    if schema::describes(name).is_some() {
        return "application/schema+json";
    }
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "json" => "application/json",
        "jsonl" => "application/jsonl",
        "csv" => "text/csv",
        "md" => "text/markdown",
        "svg" => "image/svg+xml",
        "html" => "text/html",
        _ => "text/plain",
    }
}
