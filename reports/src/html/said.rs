//! The paragraphs that answer from how many clients on tasks are ahead of threads, and by
//! how much.

use triathlon_contract::record::WorkloadFile;

use crate::crossover::{self, Answer, METRICS};
use crate::render::Model;
use crate::summary::{Cell, Crossover};
use crate::text::{self, Quantity, THIN};

/// Of the reference, or of the first that was measured, against each server of threads: in
/// throughput, in CPU time, in memory with the most clients; and what cannot be concluded.
pub(super) fn paragraphs(
    model: &Model<'_>,
    workload: &WorkloadFile,
    preset: &str,
    found: &[&Crossover],
) -> Vec<String> {
    let reference = &model.summary.run.reference;
    let of = match found.iter().any(|one| one.of == *reference) {
        true => reference,
        false => found.first().map_or("", |one| one.of.as_str()),
    };
    let own =
        |metric: &'static str| found.iter().filter(move |one| one.of == of && one.metric == metric);
    let [throughput, cpu, memory] = METRICS;
    let mut answered: Vec<String> = request(model, preset, workload).into_iter().collect();
    answered.extend(own(throughput).map(|one| sentence(one)));
    let taken: Vec<String> = own(cpu).map(|one| sentence(one)).collect();
    let mut held: Vec<String> = own(memory).filter_map(|one| in_memory(model, one)).collect();
    held.push(format!("Ahead, more and less mean here: by more than 2{THIN}%."));
    held.push(cpus(model, workload));
    let paragraphs = [answered, taken, held].map(|sentences| sentences.join(" "));
    paragraphs.into_iter().filter(|paragraph| !paragraph.is_empty()).collect()
}

/// What a request is, where the parameters tell.
fn request(model: &Model<'_>, preset: &str, workload: &WorkloadFile) -> Option<String> {
    let mut cells = model.summary.cells.iter();
    let cell = cells.find(|cell| cell.workload == workload.name && cell.preset == preset)?;
    let value = |name: &str| cell.parameters.get(name).copied();
    let (queries, bytes) = (value("queries")?, text::parameter("page_bytes", value("bytes")?));
    let delay = text::parameter("delay_us", value("delay_us")?);
    Some(match queries {
        0 => format!("Each request moves {bytes} and makes no call."),
        1 => format!("Each request makes 1 call, which takes {delay}, and moves {bytes}."),
        _ => format!(
            "Each request makes {queries} calls, which take {delay} each, and moves {bytes}."
        ),
    })
}

fn sentence(one: &Crossover) -> String {
    let Crossover { of, to, rounds, clients, .. } = one;
    let (fewest, most) = (clients.first().copied(), clients.last().copied());
    let (fewest, most) = (text::whole(fewest.unwrap_or(0)), text::whole(most.unwrap_or(0)));
    let in_what = match one.metric.as_str() {
        "throughput_per_s" => "answers more requests than",
        _ => "takes less CPU time for a request than",
    };
    let (who, than) = (text::short(of, 40), text::short(to, 40));
    let rounds = format!("{rounds} {}", if *rounds == 1 { "round" } else { "rounds" });
    let number = |value: Option<f64>| text::digits(value.unwrap_or(0.0));
    let from = |value: Option<f64>| crossover::clients(value.unwrap_or(0.0));
    let by = by_how_much(one);
    let few = "too few for an interval";
    let text = match (one.answer(), one.interval) {
        (Answer::Never, None) => format!(
            "{who} never {in_what} {than} up to {most} clients, by the medians of {rounds}: {few}; {by}"
        ),
        (Answer::Never, Some(_)) => format!(
            "On this machine {who} never {in_what} {than} up to {most} clients ({rounds}); {by}"
        ),
        (Answer::Always, None) => format!(
            "{who} {in_what} {than} with any number of clients from {fewest} to {most}, by the \
             medians of {rounds}: {few}; {by}"
        ),
        (Answer::Always, Some(_)) => format!(
            "{who} {in_what} {than} with any number of clients from {fewest} to {most} ({rounds}); {by}"
        ),
        (Answer::From, None) => format!(
            "{who} {in_what} {than} from about {} on, by the medians of {rounds}: {few}; {by}",
            from(one.from)
        ),
        (Answer::From, Some([low, high])) => format!(
            "{who} {in_what} {than} from about {} on (95 % interval {} to {}, {rounds}); {by}",
            from(one.from),
            number(low),
            number(high)
        ),
        (Answer::Undecided, interval) => format!(
            "Whether {who} ever {in_what} {than} is undecided: from {} on at the earliest, \
             perhaps not even with {most} (95 % interval, {rounds}); {by}",
            from(interval.and_then(|[low, _]| low))
        ),
    };
    let limited = if one.limited { "; clients and database may have been the limit" } else { "" };
    format!("{text}{limited}.")
}

/// With the most clients; the greatest ratio where it is never ahead.
fn by_how_much(one: &Crossover) -> String {
    let most = one.clients.len().saturating_sub(1);
    if one.answer() == Answer::Never {
        let (ratio, clients) = one.greatest().unwrap_or_default();
        let place = one.clients.iter().position(|known| *known == clients).unwrap_or(most);
        let clients = crossover::clients(clients as f64);
        return format!("its greatest ratio was {}, with {clients}", factor(one, place, ratio));
    }
    let ratio = one.ratios.last().copied().unwrap_or_default();
    let clients = text::whole(one.clients.last().copied().unwrap_or(0));
    format!("with {clients} clients by a factor of {}", factor(one, most, ratio))
}

fn factor(one: &Crossover, place: usize, ratio: f64) -> String {
    let interval = one.intervals.get(place).map_or(String::new(), |[low, high]| {
        format!(" [{}–{}]", text::digits(*low), text::digits(*high))
    });
    format!("{}{interval}", text::digits(ratio))
}

/// With the most clients, since threads cost memory by their number.
fn in_memory(model: &Model<'_>, one: &Crossover) -> Option<String> {
    let (place, clients) = (one.clients.len().checked_sub(1)?, *one.clients.last()?);
    let peak = |server: &str| {
        let cell = crossover::cell_of(&model.summary.cells, &one.preset, server, clients);
        let peak = |cell: &Cell| cell.metrics.get(&one.metric).map(|value| value.median);
        cell.and_then(peak).map(|bytes| text::quantified(Quantity::Bytes, bytes))
    };
    let (of, to) = (text::short(&one.of, 40), text::short(&one.to, 40));
    Some(format!(
        "With {} clients {to} holds {}{THIN}× the peak memory of {of} ({} against {}).",
        text::whole(clients),
        factor(one, place, *one.ratios.last()?),
        peak(&one.to)?,
        peak(&one.of)?
    ))
}

/// What the CPUs permit to conclude.
fn cpus(model: &Model<'_>, workload: &WorkloadFile) -> String {
    let (set, workers) = model.input.run.placement.of(workload.server);
    let cpus = if set.is_empty() { workers } else { set.len() as u64 };
    match cpus {
        1 => "The server had one CPU: this says nothing of servers with more, where threads and \
              workers run side by side."
            .to_string(),
        _ => format!("The server had {cpus} CPUs: with more or fewer it may be otherwise."),
    }
}
