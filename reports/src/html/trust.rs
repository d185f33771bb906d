//! Whether to believe what follows: failures first.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use triathlon_contract::record::{KernelRecord, Record};
use triathlon_statistics::Summary as Estimate;

use super::{cell_anchor, facts, noise, scrolling, section, selftest, turns, warnings};
use crate::key;
use crate::metrics::{self, Cpus};
use crate::render::Model;
use crate::status::Status;
use crate::summary::Cell;
use crate::text::{self, Quantity, THIN};

pub(super) fn trust(model: &Model<'_>) -> Markup {
    let content = html! {
        (incomplete(model))
        (numbers(model))
        (selftest::selftest(model))
        h3 id="noise-floor" { "Noise floor" }
        (noise::noise(model))
        (turns::turns(model))
        (warnings::warnings(model))
        h3 id="limits" { "What this run cannot show" }
        (limits(model))
    };
    section("trust", "Can you trust it?", &content)
}

const WORST_FIRST: [Status; 5] =
    [Status::Invalid, Status::Failed, Status::Degraded, Status::NotRun, Status::Absent];

fn incomplete(model: &Model<'_>) -> Markup {
    let with = |status| model.summary.cells.iter().filter(move |cell| cell.status == status);
    let cells: Vec<&Cell> = WORST_FIRST.into_iter().flat_map(with).collect();
    let table = html! {
        table.plain {
            thead { tr { th scope="col" { "Cell" } th scope="col" { "Status" } th scope="col" { "Reason" } } }
            tbody {
                @for cell in &cells {
                    tr {
                        th scope="row" { a href=(format!("#{}", cell_anchor(&cell.id))) { (text::clip(&cell.id, 80)) } }
                        td { (super::row::status(cell.status)) }
                        td.reason { (text::line(&cell.reason)) }
                    }
                }
            }
        }
    };
    html! {
        @if cells.is_empty() {
            p { "Every planned cell has all its executions, and none is absent." }
        } @else {
            h3 id="incomplete" { "Cells that are not complete" }
            (scrolling("Cells that are not complete", &table))
        }
        @for note in &model.summary.notes { p.remark { (text::line(note)) } }
    }
}

fn numbers(model: &Model<'_>) -> Markup {
    let counts = &model.summary.executions;
    let limited = model.summary.cells.iter().filter(|cell| cell.limited.is_some()).count();
    facts([
        (
            "Executions",
            html! {
                (text::whole(counts.recorded)) ", each a fresh process; "
                (text::whole(counts.failed)) " failed; " (text::whole(counts.twins))
                " of them the reference under a second label"
                @if counts.ceilings > 0 {
                    "; besides, " (text::whole(counts.ceilings)) " of the bare generator (null ceilings)"
                }
            },
        ),
        (
            "Equal work",
            html! {
                (text::whole(counts.proven)) " of " (text::whole(counts.ok))
                " counted executions with " (accounts(model)) ", compared again for this page"
            },
        ),
        ("Disturbed executions", disturbed(model)),
        ("Time stolen by the hypervisor", steal(model)),
        ("Mock server's own delay error", excess(&model.input.records)),
        ("Dropped by the kernel", drops(&model.input.records)),
        (
            "Pair-limited rows",
            html! {
                (limited) " of " (model.summary.cells.len())
                ": the server used 80" (THIN) "% or more of its CPU"
                @if !model.summary.ceilings.is_empty() {
                    ", or the rate is 70" (THIN) "% or more of the null ceiling"
                }
                ", or the server answered late; marked † below"
            },
        ),
    ])
}

/// Which accounts agree: two of them where no server takes part.
fn accounts(model: &Model<'_>) -> Markup {
    let alone = alone(model);
    let all_alone = alone.len() == model.input.run.workloads.len();
    html! {
        @if all_alone && !alone.is_empty() {
            "outcome = expectation (operations, bytes, checksum); no server takes part, so there is no witness"
        } @else {
            "outcome = expectation = witness (operations, bytes, checksum, connections, peak in flight)"
            @if !alone.is_empty() {
                "; in " (text::clip(&alone.join(", "), 120)) ", where no server takes part, outcome = \
                 expectation (operations, bytes, checksum)"
            }
        }
    }
}

/// The workloads without the mock server.
fn alone<'a>(model: &Model<'a>) -> Vec<&'a str> {
    let alone = model.input.run.workloads.iter().filter(|workload| !workload.server);
    alone.map(|workload| workload.name.as_str()).collect()
}

/// Presets that are about fewer CPUs than there are: by how many, and by whether the
/// mock server takes part.
fn few(model: &Model<'_>) -> BTreeMap<(u64, bool), BTreeSet<String>> {
    let run = &model.input.run;
    let mut few: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for case in run.cases.iter().filter(|case| case.absent.is_none()) {
        if let Some(cpus) = case.cpus {
            let id = key::parts(&case.id);
            let server = metrics::with_server(run, &id.workload);
            few.entry((cpus, server)).or_default().insert(id.what());
        }
    }
    few
}

/// What the rule dropped, or why there is no rule.
fn disturbed(model: &Model<'_>) -> Markup {
    let run = &model.summary.run;
    let all = model.summary.executions.ok;
    html! {
        @if run.keep_disturbed {
            "not dropped: the run was asked to keep them (--keep-disturbed)"
        } @else if run.rounds < 2 {
            "not dropped: one round has nothing to spare"
        } @else {
            (text::whole(model.summary.executions.disturbed)) " of " (text::whole(all))
            " are kept and do not count, because other processes took more than 5" (THIN)
            "% of a CPU meanwhile or the hypervisor more than 1" (THIN) "% of all"
        }
    }
}

/// Steal is of all CPUs, so it is a share of their time.
fn steal(model: &Model<'_>) -> Markup {
    let windows = || model.input.records.iter().filter_map(|record| record.window.as_ref());
    let steal: f64 = windows().map(|window| window.steal_ns as f64).sum();
    let elapsed: f64 = windows().map(|window| window.elapsed_ns as f64).sum();
    match Cpus::of(&model.input.run, true).all {
        Some(cpus) if elapsed > 0.0 => html! {
            (text::digits(100.0 * steal / (elapsed * cpus))) (THIN) "% of the CPU time of "
            (windows().count()) " windows (read in steps of 10" (THIN) "ms)"
        },
        _ => html! { "not known" },
    }
}

/// How precisely the mock server keeps its delays: the worst execution and the
/// median one.
fn excess(records: &[Record]) -> Markup {
    let excesses: Vec<(f64, &str)> = records
        .iter()
        .filter_map(|record| {
            let excess = record.witness.as_ref()?.delay_excess_us?;
            Some((excess.p90, record.id.as_str()))
        })
        .collect();
    let values: Vec<f64> = excesses.iter().map(|(excess, _)| *excess).collect();
    let worst = excesses.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let (Some(Estimate { n, median, .. }), Some((excess, id))) = (Estimate::of(&values), worst)
    else {
        return html! { "not measured: no delayed requests" };
    };
    let time = |us| text::quantified(Quantity::Microseconds, us);
    html! {
        "in the worst execution (" (text::short(id, 80)) ") a tenth of the responses were held "
        (time(*excess)) " or more beyond the delay asked for; in the median of " (n)
        " executions " (time(median))
    }
}

/// Connections that were dropped or tried again, and in which executions: a
/// second attempt costs a second that is no contestant's.
fn drops(records: &[Record]) -> Markup {
    let read: Vec<(&str, KernelRecord)> =
        records.iter().filter_map(|record| Some((record.id.as_str(), record.kernel?))).collect();
    let some: Vec<&str> = read
        .iter()
        .filter(|(_, kernel)| *kernel != KernelRecord::default())
        .map(|(id, _)| *id)
        .collect();
    html! {
        @match (read.len(), some.first()) {
            (0, _) => "not read",
            (count, None) => {
                "nothing: no full listen queue, no connection tried again, no retransmission \
                 timer in " (count) " executions"
            }
            (count, Some(first)) => {
                "something in " (some.len()) " of " (count) " executions, first in "
                (text::short(first, 80)) " (`kernel` in its record): its elapsed may hold a second \
                 attempt to connect"
            }
        }
    }
}

fn limits(model: &Model<'_>) -> Markup {
    let placement = &model.input.run.placement;
    let alone = alone(model);
    let sessions: Vec<(u64, &String)> = model
        .input
        .sessions
        .iter()
        .flat_map(|session| session.reasons.iter().map(|reason| (session.session, reason)))
        .collect();
    let workers = |count: u64| {
        let workers = if count == 1 { "worker" } else { "workers" };
        format!("{count} {workers} for those who have workers")
    };
    let set = |cpus: &[usize]| match cpus {
        [] => "not pinned".to_string(),
        cpus => {
            let names: Vec<String> = cpus.iter().map(ToString::to_string).collect();
            format!("CPU {}", names.join(", "))
        }
    };
    html! {
        p {
            "Placement: contestant " (set(&placement.contestant_cpus)) ", mock server "
            (set(&placement.server_cpus)) ", " (workers(placement.workers)) "."
            @if !alone.is_empty() {
                @let (cpus, count) = placement.of(false);
                " Where no server takes part (" (text::clip(&alone.join(", "), 120)) "): contestant "
                (set(cpus)) ", " (workers(count)) "."
            }
            @for ((most, server), presets) in few(model) {
                @let (cpus, count) = placement.within(server, Some(most));
                @let presets = presets.into_iter().collect::<Vec<_>>().join(", ");
                " Presets about fewer CPUs (" (text::clip(&presets, 240)) "): contestant "
                (set(cpus)) ", " (workers(count)) "."
            }
        }
        @let guests = &model.summary.run.guests;
        @if !placement.reasons.is_empty() || !sessions.is_empty() || !guests.is_empty() {
            ul {
                @for reason in &placement.reasons { li { (text::line(reason)) } }
                @for (session, reason) in &sessions {
                    li { "In session " (session) ": " (text::line(reason)) }
                }
                @for guest in guests {
                    li { (text::short(guest, 60)) " was executed by a program of its own, not by this suite." }
                }
            }
        }
    }
}
