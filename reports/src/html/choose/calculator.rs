//! A calculator for situations that nobody thought of.

use maud::{Markup, html};
use serde_json::{Value, json};

use crate::advise::{Curve, Proven};
use crate::text::six_digits;

/// Hidden until the script is there.
pub(super) fn calculator(curves: &[Curve], proven: &[Proven]) -> Markup {
    let fields = [
        ("flight", "Calls in flight", "64"),
        ("wait", "Wait of each, ms", "20"),
        ("cpu", "Computing of each, µs", "0"),
        ("rate", "Calls/s wanted", ""),
        ("memory", "Memory allowed, MiB", ""),
    ];
    html! {
        @if !curves.is_empty() {
            form.advise hidden data-curves=(data(curves, proven)) {
                h3 { "Another situation" }
                div.controls {
                    @for (name, label, value) in fields {
                        label { (label) " " input name=(name) type="number" min="0" step="any" value=(value); }
                    }
                }
                div.scroll role="region" tabindex="0" aria-label="What the model says" {
                    table.plain.numbers {
                        thead { tr {
                            @for heading in ["Contestant", "Fits", "Calls/s", "Bound by", "CPU per call, µs", "CPU busy, %", "Memory, MiB"] {
                                th scope="col" { (heading) }
                            }
                        } }
                        tbody {}
                    }
                }
                output.soft {}
            }
        }
    }
}

/// What the script computes with: an array for each curve.
fn data(curves: &[Curve], proven: &[Proven]) -> String {
    let of = |(curve, proven): (&Curve, &Proven)| -> Value {
        let points: Vec<[f64; 3]> = curve
            .points
            .iter()
            .map(|point| [point.in_flight, six_digits(point.wait_s), six_digits(point.cost_s)])
            .collect();
        let memory: Vec<(f64, f64)> =
            curve.memory().into_iter().map(|(n, b)| (n, six_digits(b))).collect();
        json!([
            curve.who,
            curve.workload,
            curve.batch,
            curve.most,
            curve.processors,
            proven.throughput.as_ref().map(|wrong| wrong.most),
            proven.memory.as_ref().map(|wrong| wrong.most),
            six_digits(proven.most_computing_s),
            points,
            memory,
            curve.range().1,
        ])
    };
    Value::Array(curves.iter().zip(proven).map(of).collect()).to_string()
}
