//! Where a workload makes a connection for every request: which ports there were.

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use crate::render::Model;
use crate::text;

/// The fact of the machine that has first and last port.
const FACT: &str = "ephemeral ports";

/// Most addresses of the server in a preset of the workload; only workloads that use
/// up ports have the parameter.
fn addresses(model: &Model<'_>, workload: &str) -> Option<u64> {
    let own = model.summary.cells.iter().filter(|cell| cell.workload == workload);
    own.filter_map(|cell| cell.parameters.get("addresses").copied()).max()
}

/// A sentence; nothing for a workload that keeps its connections.
pub(super) fn ports(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    let range = model.summary.run.machine.facts.get(FACT);
    html! {
        @if let Some(addresses) = addresses(model, &workload.name) {
            p.prose {
                strong { "Ports. " }
                @match range.and_then(|range| range.split_once(char::is_whitespace)) {
                    Some((first, last)) => {
                        "Clients had the ports " (text::short(first.trim(), 20)) " to " (text::short(last.trim(), 20))
                        ", anew for each of up to " (addresses) " addresses of the server. "
                    }
                    None => {
                        "Which ports clients had was not read; the server had up to " (addresses) " addresses. "
                    }
                }
                "A port whose connection the client has closed stays taken for that address for a minute (TIME_WAIT)."
            }
        }
    }
}
