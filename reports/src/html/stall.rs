//! Of the workload `stall`: how long calls may be until everything else is twice as late.

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use super::scrolling;
use crate::doubling::WORKLOAD;
use crate::render::Model;
use crate::summary::Doubling;
use crate::text::{self, Quantity, THIN};

/// Nothing for any other workload, or where no calls of several lengths were measured.
pub(super) fn stall(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    let found = &model.summary.doublings;
    if workload.name != WORKLOAD || found.is_empty() {
        return html! {};
    }
    html! {
        p.prose { strong { "How long a call may block. " }
            "Length of calls that sleep on all workers, made where the hearts run, from which on the 99th \
             percentile of the lag is twice that of the same contestant without calls: read off a line \
             between measured lengths, both axes logarithmic, medians of the rounds; 95" (THIN) "% interval \
             by bootstrap over rounds, from six rounds on." }
        (scrolling("Calls that double the lag", &table(found)))
    }
}

fn table(found: &[Doubling]) -> Markup {
    html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Contestant" }
                th scope="col" { "Twice as late from" }
                th scope="col" { "95 % interval" }
                th scope="col" { "Lag without calls, p99" }
                th scope="col" { "Lag by length of calls" }
            } }
            tbody {
                @for one in found { tr {
                    th scope="row" { (text::short(&one.who, 60)) }
                    td { strong { (length(one)) } }
                    td { (interval(one)) }
                    td {
                        (time(one.undisturbed_us.median))
                        @if one.undisturbed_us.n > 1 {
                            small { (time(one.undisturbed_us.low)) "–" (time(one.undisturbed_us.high)) }
                        }
                    }
                    td { (by_length(one)) }
                } }
            }
        }
    }
}

/// A length within those that were measured, or on which side of them it lies.
fn length(one: &Doubling) -> String {
    match side(one, one.from_us) {
        Side::Within(us) => time(us),
        Side::Below(least) => format!("at most {}", time(least)),
        Side::Above(longest) => format!("not up to {}", time(longest)),
    }
}

fn interval(one: &Doubling) -> String {
    let bound = |from_us| match side(one, from_us) {
        Side::Within(us) => time(us),
        Side::Below(least) => format!("≤{THIN}{}", time(least)),
        Side::Above(longest) => format!(">{THIN}{}", time(longest)),
    };
    match one.interval_us.map(|bounds| bounds.map(bound)) {
        None => format!("— ({} {})", one.rounds, if one.rounds == 1 { "round" } else { "rounds" }),
        Some([low, high]) if low == high => low,
        Some([low, high]) => format!("{low} to {high}"),
    }
}

/// Where a length lies among those that were measured.
enum Side {
    Within(f64),
    Below(f64),
    Above(f64),
}

fn side(one: &Doubling, from_us: Option<f64>) -> Side {
    let least = one.calls_us.first().map_or(0.0, |least| *least as f64);
    let longest = one.calls_us.last().map_or(0.0, |longest| *longest as f64);
    match from_us {
        None => Side::Above(longest),
        Some(from_us) if from_us <= least => Side::Below(least),
        Some(from_us) => Side::Within(from_us),
    }
}

/// `1.10 × at 1.00 ms, 9.40 × at 10.0 ms`.
fn by_length(one: &Doubling) -> String {
    let each = one.calls_us.iter().zip(&one.times);
    let each = each.map(|(call_us, times)| {
        format!("{}{THIN}× at {}", text::digits(*times), time(*call_us as f64))
    });
    each.collect::<Vec<_>>().join(", ")
}

fn time(us: f64) -> String {
    text::quantified(Quantity::Microseconds, us)
}
