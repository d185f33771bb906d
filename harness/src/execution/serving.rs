//! An execution whose contestant is the server: its clients are a process of their own.
//!
//! The server says where it listens. The generator connects, makes one request on each
//! connection and says that it is ready. The server opens its window, the generator makes
//! its requests and says that it has ended, the server closes its window, stops and
//! answers. Whoever fails takes the other along: dropping a [`Live`] leaves nothing of it.

use anyhow::{Result, bail};
use triathlon_contract::record::{
    Answer, Asked, DrivenRecord, Job, Proceed, Punctuality, Question, WitnessRecord,
};
use triathlon_contract::registry::Demand;
use triathlon_contract::{Backend, CaseId};

use super::answered::{parse, well};
use super::{Due, Shared, json_line, order};
use crate::child::{self, End, Ended, Live, Order, Reply};
use crate::generator::CONTESTANT;
use crate::interrupt::Interrupt;

/// How the server ended, and what its clients say.
pub(super) struct Served {
    /// The server's end, with its answer.
    pub(super) ended: Ended,
    /// The generator's answer; none if the server ended before there was one.
    pub(super) clients: Result<Option<Answer>, String>,
}

/// How far one of the two came.
enum Step {
    Further(Live, Vec<u8>),
    Ended(Ended),
}

/// Runs the process of an execution, and its clients if it serves. `None` if the user
/// asked to stop.
pub(super) fn run(
    due: Due<'_>,
    job: &Job,
    context: &Shared,
    interrupt: &Interrupt,
) -> Result<Option<Served>> {
    if due.what.serves() {
        // A schedule is a matter for clients alone.
        let order = order(due, &Job { pace: None, ..job.clone() }, context)?;
        return serve(due, job, &order, context, interrupt);
    }
    let order = order(due, job, context)?;
    let ended = child::run(&order, interrupt)?;
    let interrupted = matches!(ended.end, End::Interrupted);
    Ok((!interrupted).then_some(Served { ended, clients: Ok(None) }))
}

/// The answer, the witness and the other side of an execution: of one that served, the
/// times and the counts of its clients.
pub(super) fn accounts(
    answer: Result<Answer, String>,
    clients: Result<Option<Answer>, String>,
    witness: Option<WitnessRecord>,
    demand: &Demand,
) -> (Result<Answer, String>, Option<WitnessRecord>, Option<DrivenRecord>) {
    match (answer, clients, witness) {
        (Ok(server), Ok(Some(clients)), Some(trial)) => {
            let (witness, driven) = self::witness(&server, &clients, demand.backend, &trial);
            (Ok(timed(server, clients)), Some(witness), Some(driven))
        }
        (_, Err(reason), witness) => (Err(reason), witness, None),
        (answer, Ok(_), witness) => (answer, witness, None),
    }
}

/// Leads one execution to its end. `None` if the user asked to stop.
fn serve(
    due: Due<'_>,
    job: &Job,
    order: &Order,
    context: &Shared,
    interrupt: &Interrupt,
) -> Result<Option<Served>> {
    let (server, said) = match step(Live::start(order)?, order, interrupt)? {
        Step::Further(server, said) => (server, said),
        Step::Ended(ended) => return early(ended),
    };
    let Some(address) = question(&said, Asked::Clients).and_then(|asked| asked.address) else {
        return unled(server, format!("the server said {}", shown(&said)), interrupt);
    };
    let clients = Job { server: Some(address.to_string()), ..clients(due, job, context) };
    let clients = Order {
        program: context.programs.own.clone(),
        arguments: vec!["execute".to_string()],
        input: json_line(&clients)?,
        ..*order
    };
    let proceed = json_line(&Proceed { proceed: true })?;
    let proceed =
        Order { program: order.program.clone(), arguments: vec![], input: proceed, ..*order };

    let generator = match asks(Live::start(&clients)?, &clients, Asked::Load, interrupt)? {
        Ok(generator) => generator,
        Err(reason) => return unled(server, reason, interrupt),
    };
    let (server, said) = match step(server, &proceed, interrupt)? {
        Step::Further(server, said) => (server, said),
        Step::Ended(ended) => return early(ended),
    };
    if question(&said, Asked::Load).is_none() {
        return unled(server, format!("the server said {}", shown(&said)), interrupt);
    }
    let generator = match asks(generator, &proceed, Asked::Nothing, interrupt)? {
        Ok(generator) => generator,
        Err(reason) => return unled(server, reason, interrupt),
    };
    let (server, answer) = match step(server, &proceed, interrupt)? {
        Step::Further(server, answer) => (server, answer),
        Step::Ended(ended) => return early(ended),
    };
    // What it counted is a line by now, or soon.
    let nothing =
        Order { program: order.program.clone(), arguments: vec![], input: vec![], ..*order };
    let clients = match step(generator, &nothing, interrupt)? {
        Step::Further(generator, counted) => {
            well(&generator.finish()?).and_then(|()| parse(&counted).map(Some))
        }
        Step::Ended(ended) if matches!(ended.end, End::Interrupted) => return Ok(None),
        Step::Ended(ended) => Err(lost(&ended)),
    };
    let ended = Ended { output: answer, ..server.finish()? };
    Ok(Some(Served { ended, clients }))
}

/// Gives it the order's input and waits for a line or for its end.
fn step(live: Live, order: &Order, interrupt: &Interrupt) -> Result<Step> {
    match live.ask(order, interrupt)? {
        Reply::Line(live, line) => Ok(Step::Further(live, line)),
        Reply::Ended(ended) => Ok(Step::Ended(ended)),
        Reply::Later(_) => bail!("a step without patience"),
    }
}

/// The same with a generator, which must ask this next.
fn asks(
    live: Live,
    order: &Order,
    next: Asked,
    interrupt: &Interrupt,
) -> Result<Result<Live, String>> {
    Ok(match step(live, order, interrupt)? {
        Step::Further(live, said) if question(&said, next).is_some() => Ok(live),
        Step::Further(_, said) => Err(format!("the generator said {}", shown(&said))),
        Step::Ended(ended) => Err(lost(&ended)),
    })
}

fn question(line: &[u8], asked: Asked) -> Option<Question> {
    let question: Question = serde_json::from_slice(line).ok()?;
    (question.question == asked).then_some(question)
}

fn shown(line: &[u8]) -> String {
    let said: String = String::from_utf8_lossy(line).chars().take(80).collect();
    format!("{said:?} out of turn")
}

/// Why a generator is gone.
fn lost(ended: &Ended) -> String {
    let reason = well(ended).err().unwrap_or_else(|| "it ended before its load".to_string());
    format!("no load: the generator: {reason}")
}

/// The server ended by itself, or was made to.
fn early(ended: Ended) -> Result<Option<Served>> {
    let interrupted = matches!(ended.end, End::Interrupted);
    Ok((!interrupted).then_some(Served { ended, clients: Ok(None) }))
}

/// There is no load: the server's input is closed, which it takes as its end. If the user
/// asked to stop, that is why.
fn unled(server: Live, reason: String, interrupt: &Interrupt) -> Result<Option<Served>> {
    if interrupt.asked() {
        return Ok(None);
    }
    Ok(Some(Served { ended: server.finish()?, clients: Err(reason) }))
}

/// The job of the generator, on the CPUs of the mock server.
fn clients(due: Due<'_>, job: &Job, context: &Shared) -> Job {
    let CaseId { workload, preset, .. } = due.what.id();
    let (flavour, way) = (String::new(), String::new());
    let id = CaseId { workload, preset, contestant: CONTESTANT.to_string(), flavour, way };
    Job {
        id: id.to_string(),
        server_pid: None,
        login: None,
        workers: 1,
        cpus: context.placement.server_cpus.clone(),
        ..job.clone()
    }
}

/// What is known of both sides, and the witness that the generator is.
///
/// The peak in flight is the database's: the generator has a request on every connection.
fn witness(
    server: &Answer,
    clients: &Answer,
    backend: Option<Backend>,
    trial: &WitnessRecord,
) -> (WitnessRecord, DrivenRecord) {
    let counted = &clients.outcome;
    let witness = WitnessRecord {
        requests: counted.ok,
        bytes: counted.bytes,
        connections: counted.connections,
        bad_requests: counted.failed,
        peak_in_flight: trial.peak_in_flight,
        delayed: trial.delayed,
        delay_excess_us: trial.delay_excess_us,
        ..WitnessRecord::default()
    };
    let Backend { sessions, queries, .. } = backend.unwrap_or_default();
    let driven = DrivenRecord {
        generator: counted.clone(),
        generator_cpu_ns: clients.window.user_ns + clients.window.system_ns,
        generator_cpus: clients.window.cpus,
        database_cpu_ns: server.window.server_cpu_ns,
        server_elapsed_ns: server.window.elapsed_ns,
        database: trial.database.unwrap_or_default(),
        sessions,
        queries,
        punctuality: clients
            .beside
            .as_ref()
            .map(|beside| Punctuality { requests: beside.count, late_us: beside.service_us }),
        overload: clients.overload.clone(),
        fairness: clients.fairness,
    };
    (witness, driven)
}

/// The server's answer with the times of its clients: what they waited for, from the
/// intended starts where they have a schedule. Their CPU time counts with the database's,
/// whose CPUs they share.
fn timed(server: Answer, clients: Answer) -> Answer {
    let mut window = server.window;
    window.elapsed_ns = clients.window.elapsed_ns;
    window.samples = clients.window.samples;
    window.service_us = clients.window.service_us;
    window.server_cpu_ns += clients.window.user_ns + clients.window.system_ns;
    let (open, histograms) = (clients.open, clients.histograms);
    Answer { window, open, histograms, ..server }
}
