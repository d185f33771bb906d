//! Of the workload `serve-idle`: bytes for each connection at rest, and who does not rest.

use maud::{Markup, html};
use triathlon_contract::record::{AsleepRecord, WorkloadFile};
use triathlon_statistics::median;

use super::asleep::{bytes, limits, numbers, time};
use super::{scrolling, unbroken};
use crate::asleep::{CONNECTION, Each, IDLE, OF_SOCKETS, READINGS, Slope};
use crate::render::Model;
use crate::text::{self, Quantity};
use crate::{key, status};

/// Share of one CPU from which on somebody who has nothing to do is not idle.
const RESTLESS: f64 = 0.01;

/// Who has a thread for each connection.
const THREADS: &str = "threads-per-op";

/// Nothing for any other workload, or where it was not measured.
pub(super) fn idle(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    let slopes = model.summary.memory_slopes.iter();
    let slopes: Vec<&Slope> = slopes.filter(|slope| slope.variant == CONNECTION).collect();
    if workload.name != IDLE || slopes.is_empty() {
        return html! {};
    }
    html! {
        p.prose { strong { "Bytes for each connection. " }
            "Slope by least squares over the number of connections of what the server held more \
             than before the first came, round by round; median [interval] over n rounds: 95 % of \
             the Hodges–Lehmann centre from six rounds on, lowest and highest below. Page tables \
             and what lies in the kernel come on top of what is resident. Slab, inodes and buffers \
             are those of the whole machine: of both ends of each connection, and others disturb \
             them. Idle is CPU time and context switches of the server in a second in which nobody \
             asks, at the highest number of connections." }
        (scrolling("Bytes for each connection", &table(model, &slopes)))
        @if let Some(sentence) = held(&slopes, &model.summary.run.reference) {
            p.prose { strong { "Held. " } (unbroken(&sentence)) }
        }
        p.prose { strong { "While idle. " } (restless(model, &slopes)) }
        @if let Some(sentence) = limits(model, IDLE, "connections") {
            p.prose { strong { "Limits. " } (sentence) }
        }
    }
}

fn table(model: &Model<'_>, slopes: &[&Slope]) -> Markup {
    let readings = || READINGS.iter().chain(&OF_SOCKETS);
    html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Contestant" }
                th scope="col" { "Connections" }
                th scope="col" { "Resident" }
                th scope="col" { "Page tables" }
                th scope="col" { "Kernel stacks" }
                th scope="col" { "Slab" }
                th scope="col" { "Address space" }
                th scope="col" { "Inodes" }
                th scope="col" { "Buffers" }
                th scope="col" { "Idle" }
            } }
            tbody {
                @for slope in slopes { tr {
                    th scope="row" { (text::short(&slope.who, 60)) }
                    td { (numbers(&slope.sleepers)) }
                    @match &slope.missing {
                        Some(why) => { td colspan=(readings().count()) { (why) } }
                        None => { @for (name, _) in readings() { td { (bytes(slope.bytes.get(*name))) } } }
                    }
                    td { (time(slope.idle_cpu_us_per_s.median)) "/s"
                        @if let Some(per_s) = switches_per_s(model, slope) {
                            small { (text::digits(per_s)) " switches/s" }
                        }
                    }
                } }
            }
        }
    }
}

/// What a thread for each connection holds, and what the reference does.
fn held(slopes: &[&Slope], reference: &str) -> Option<String> {
    let resident = |who: &str| {
        let slope = slopes.iter().find(|slope| slope.who == who)?;
        slope.bytes.get(READINGS[0].0)
    };
    let (threads, reference_held) = (resident(THREADS)?, resident(reference)?);
    let each = |Each { over_rounds, interval }: &Each| {
        let unit = Quantity::Bytes.unit_for(over_rounds.median);
        let [low, high] = interval.unwrap_or([over_rounds.low, over_rounds.high]);
        let range = format!(" [{}–{}]", unit.number(low), unit.number(high));
        let range = if over_rounds.n > 1 { range } else { String::new() };
        format!("{}{range}", unit.with(over_rounds.median))
    };
    let reference = text::short(reference, 60);
    let times = threads.over_rounds.median / reference_held.over_rounds.median;
    let times = if times.is_finite() && times > 0.0 {
        format!(", {} times as much", text::digits(times))
    } else {
        String::new()
    };
    Some(format!(
        "Resident, a connection at rest holds {} with a thread of its own and {} in {reference}: \
         the thread{times}. In the kernel it has a stack and page tables besides. Both hold a buffer \
         of 8 KiB in which the next request would be read.",
        each(threads),
        each(reference_held)
    ))
}

/// Who takes CPU time although nobody asks.
fn restless(model: &Model<'_>, slopes: &[&Slope]) -> String {
    let share = |slope: &Slope| slope.idle_cpu_us_per_s.median / 1e6;
    let words = |slope: &&Slope| {
        let most = slope.sleepers.last().copied().unwrap_or(0);
        let switches = switches_per_s(model, slope);
        let switches = switches.map(|per_s| format!(", {} switches/s", text::digits(per_s)));
        format!(
            "{} ({} of a CPU{} at {} connections)",
            text::short(&slope.who, 60),
            text::quantified(Quantity::Share, share(slope)),
            switches.unwrap_or_default(),
            text::whole(most)
        )
    };
    let busy = slopes.iter().copied().filter(|slope| share(slope) >= RESTLESS);
    let busy: Vec<String> = busy.map(|slope| words(&slope)).collect();
    match busy.is_empty() {
        true => "Nobody took a hundredth of a CPU.".to_string(),
        false => format!(
            "{} took a hundredth of a CPU or more: whoever looks whether something has come takes \
             time although nothing has.",
            busy.join(", ")
        ),
    }
}

/// Median over executions at the highest number of connections.
fn switches_per_s(model: &Model<'_>, slope: &Slope) -> Option<f64> {
    let run = &model.input.run;
    let most = *slope.sleepers.last()?;
    let own = model.input.records.iter().filter(|record| {
        let id = key::parts(&record.id);
        id.workload == IDLE && key::who_and_way(&id) == slope.who && !record.twin
    });
    let own = own.filter(|record| status::counts(record));
    let own = own.filter(|record| status::disturbed(run, record).is_none());
    let of = |read: &AsleepRecord| read.idle_switches as f64 * 1e9 / read.idle_ns as f64;
    let read = own.filter_map(|record| record.asleep.as_ref());
    let read = read.filter(|read| read.sleepers == most && read.idle_ns > 0);
    median(&read.map(of).collect::<Vec<f64>>())
}
