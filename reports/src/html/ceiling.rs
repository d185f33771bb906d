//! What the bare generator reached, beside the table that is held against it.

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use super::scrolling;
use crate::render::Model;
use crate::summary::Spread;
use crate::text::{self, Unit};

/// The ceilings that the cells of a workload refer to; nothing if there are
/// none.
pub(super) fn ceilings(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    let ceilings = model.summary.ceilings_of(&workload.name);
    let medians: Vec<f64> = ceilings
        .iter()
        .filter_map(|ceiling| Some(ceiling.throughput_per_s.as_ref()?.median))
        .collect();
    let rate = text::quantity("throughput_per_s").unit_for_all(&medians);
    let share = text::quantity("server_cpu_share").unit_for_all(&[]);
    let table = html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Null ceiling" } th scope="col" { "Connections" }
                th scope="col" { "Document" } th scope="col" { "Reached" }
                th scope="col" { "Server CPU" } th scope="col" { "Generator CPU" }
                th scope="col" { "n" }
            } }
            tbody { @for ceiling in &ceilings { tr {
                th scope="row" { (text::short(&ceiling.name, 60)) }
                td { (text::whole(ceiling.connections)) }
                td { code { (text::short(&ceiling.document, 60)) } }
                td { (spread(ceiling.throughput_per_s.as_ref(), rate)) }
                td { (spread(ceiling.server_cpu_share.as_ref(), share)) }
                td { (spread(ceiling.generator_cpu_share.as_ref(), share)) }
                td { (ceiling.n) }
            } } }
        }
    };
    html! {
        @if !ceilings.is_empty() {
            p.prose {
                "Null ceiling: the load generator alone, without a runtime and without delay, against \
                 the same server on the same CPUs. It is a yardstick and no bound: where the server is \
                 busy, what a request costs it depends on how a client bundles them, and a row may \
                 come out above 100 %. A row that reaches 70 % of its ceiling is pair-limited. \
                 Median, below it lowest–highest."
            }
            (scrolling(&format!("Null ceilings of {}", text::short(&workload.name, 60)), &table))
        }
    }
}

fn spread(spread: Option<&Spread>, unit: Unit) -> Markup {
    html! {
        @match spread {
            Some(spread) => {
                (unit.with(spread.median))
                @if spread.n > 1 {
                    small { (unit.number(spread.low)) "–" (unit.number(spread.high)) }
                }
            }
            None => span.soft { "—" },
        }
    }
}
