//! How equally those who contend had what they contend for: in `lock` the mutex, in `serve`
//! the server.

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use super::scrolling;
use crate::columns::FAIRNESS;
use crate::key;
use crate::render::Model;
use crate::summary::{Cell, Spread, Status};
use crate::text::{self, quantified, quantity};

/// The workload that has contenders.
const WORKLOAD: &str = "lock";

/// The parameter that says how many.
const CONTENDERS: &str = "contenders";

/// The parameter that says how many clients a server has.
const CLIENTS: &str = "connections";

/// Nothing for any other workload, or where nobody had to share.
pub(super) fn shares(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    let cells: Vec<&Cell> = model.summary.cells.iter().filter(|cell| shared(cell)).collect();
    if workload.name != WORKLOAD || cells.is_empty() {
        return html! {};
    }
    html! {
        p.prose { strong { "Who gets it. " }
            "Share of all acquisitions that the contender with fewest and the one with most had, beside \
             an equal share; Jain's index is 1 where all had the same and 1/W where one had everything. \
             Median over executions, lowest–highest below: ranges, no verdicts." }
        (scrolling("How equally contenders had the mutex", &table(&cells)))
    }
}

/// Measured, and by more than one.
fn shared(cell: &Cell) -> bool {
    let shown = matches!(cell.status, Status::Valid | Status::Degraded);
    shown
        && cell.workload == WORKLOAD
        && contenders(cell) > 1
        && cell.metrics.contains_key("most_share")
}

fn contenders(cell: &Cell) -> u64 {
    cell.parameters.get(CONTENDERS).copied().unwrap_or(0)
}

fn table(cells: &[&Cell]) -> Markup {
    html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Preset" }
                th scope="col" { "Contestant" }
                th scope="col" { "Equal share" }
                th scope="col" { "Least share" }
                th scope="col" { "Greatest share" }
                th scope="col" { "Jain's index" }
            } }
            tbody {
                @for cell in cells {
                    @let share = |name: &str| shown(cell.metrics.get(name), |value| quantified(quantity(name), value));
                    tr {
                        td { (text::short(&cell.preset, 60)) }
                        th scope="row" { (text::short(&key::who_and_way(&key::parts(&cell.id)), 60)) }
                        td { (quantified(quantity("most_share"), 1.0 / contenders(cell) as f64)) }
                        td { (share("least_share")) }
                        td { (share("most_share")) }
                        td { (shown(cell.metrics.get(FAIRNESS), text::digits)) }
                    }
                }
            }
        }
    }
}

/// What one column says of a server: the least and the greatest share of a client to an equal
/// one, and below them Jain's index; medians over executions.
pub(super) fn served(cell: &Cell) -> Markup {
    let clients = cell.parameters.get(CLIENTS).map(|clients| *clients as f64);
    let median = |name: &str| cell.metrics.get(name).map(|spread| spread.median);
    let to_equal = |name: &str| Some(text::digits(median(name)? * clients?));
    html! {
        @match (to_equal("least_share"), to_equal("most_share"), median(FAIRNESS)) {
            (Some(least), Some(greatest), Some(jain)) => {
                (least) "–" (greatest)
                small { "Jain " (text::digits(jain)) }
            }
            _ => span.soft { "—" },
        }
    }
}

/// What that column means.
pub(super) const SERVED: &str = "Shares: when the first client had its last answer, how many the \
    client with fewest and the one with most had, to an equal share, 1; below it Jain's index, 1 \
    where all had the same and 1/C where one of C had all. Of few requests each (laps), one answer \
    more is much. Medians, no verdicts. ";

/// The median, and below it the range; records before an index was kept have none.
fn shown(spread: Option<&Spread>, digits: impl Fn(f64) -> String) -> Markup {
    html! {
        @match spread {
            Some(Spread { median, low, high, n }) => {
                (digits(*median))
                @if *n > 1 { small { (digits(*low)) "–" (digits(*high)) } }
            }
            None => span.soft { "—" },
        }
    }
}
