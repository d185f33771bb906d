//! Clients that find out what a server can do, and then ask for shares of that.

mod account;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};
use triathlon_contract::record::{ContestRecord, OverloadRecord};
use triathlon_contract::serve_overload::SEED;
use triathlon_contract::{Arrival, Outcome, ServeOverload};
use triathlon_execute::Done;
use triathlon_lab::{Lab, Lane, Probe, Sample};
use triathlon_load::{Clients, Rate, Target, plan};

use account::{Taken, recovery, shares, steps};

/// No server answers more in a second; the lane of the contest has room for so many.
const ANSWERS_PER_S: f64 = 400_000.0;

/// The generator gives up after so many times what is planned, and this: a server that loses
/// most of its capacity takes long to work off what it was asked for. The harness' wall limit
/// is shorter or kills it later.
const PATIENCE: u32 = 5;
const PATIENCE_LEAST: Duration = Duration::from_secs(30);

/// Asks a server for its page: connects, makes one request on each connection, waits until
/// the harness lets it begin; then the contest, and the staircase.
pub(super) fn execute(work: &ServeOverload, server: SocketAddr, lab: &mut Lab) -> Result<Done> {
    let request = work.serve.request(&server.to_string());
    let patience = PATIENCE_LEAST + work.length() * PATIENCE;
    let target = Target { server, request: &request, patience };
    let mut clients = Clients::connect(target, work.serve.connections, lab)?;
    clients.warm_up()?;
    let mut answers = Answers::new(work, lab);
    triathlon_execute::ready()?;
    lab.open();
    let contest = contest(work, &mut clients, &mut answers)?;
    let plans = plans(work, contest.capacity_per_s)?;
    let lane = lab.lane(plans.iter().map(|plan| plan.len() as u64).sum());
    let (stairs, taken) = climb(work, &plans, &mut clients, lane)?;
    let samples = stairs.samples().to_vec();
    lab.close([answers.lane, stairs]);
    triathlon_execute::over()?;
    let overload = Some(record(work, contest, &taken, &samples));
    let outcome = Outcome::closed(clients.tally(), 1);
    Ok(Done { outcome, overload, ..Done::default() })
}

/// The answers of the contest, and whose they are; both written once before it.
struct Answers {
    lane: Lane,
    of: Vec<u32>,
}

impl Answers {
    fn new(work: &ServeOverload, lab: &Lab) -> Self {
        let room = (work.contest.as_secs_f64() * ANSWERS_PER_S) as u64 + work.serve.connections;
        let mut of = vec![u32::MAX; room as usize];
        of.clear();
        Self { lane: lab.lane(room), of }
    }
}

/// Takes one step after the other; the samples, and when each step was.
fn climb(
    work: &ServeOverload,
    plans: &[Vec<u64>],
    clients: &mut Clients<'_>,
    mut lane: Lane,
) -> Result<(Lane, Vec<Taken>)> {
    let mut taken: Vec<Taken> = Vec::new();
    let (staircase, mut place) = (work.steps(), 0);
    while place < staircase.len() {
        // Whatever follows without a rest belongs to one plan.
        let more = staircase[place + 1..].iter().take_while(|step| !step.rested).count();
        let last = place + more;
        let (mut offsets_ns, mut from_ns) = (Vec::new(), 0);
        for (step, plan) in staircase.iter().zip(plans).take(last + 1).skip(place) {
            offsets_ns.extend(plan.iter().map(|offset_ns| from_ns + offset_ns));
            let until_ns = from_ns + step.length.as_nanos() as u64;
            taken.push(Taken { percent: step.percent, from_ns, until_ns });
            from_ns = until_ns;
        }
        let length = Duration::from_nanos(from_ns);
        let begin_ns = clients.follow(&offsets_ns, length, |answered| lane.log(answered.sample))?;
        taken[place..].iter_mut().for_each(|step| step.since(begin_ns));
        place = last + 1;
    }
    Ok((lane, taken))
}

fn record(
    work: &ServeOverload,
    contest: ContestRecord,
    taken: &[Taken],
    samples: &[Sample],
) -> OverloadRecord {
    let deadline_ns = work.deadline.as_nanos() as u64;
    let steps = steps(taken, samples, deadline_ns);
    let (below_ns, recovery_ns) = recovery(taken, samples, &steps, deadline_ns);
    OverloadRecord {
        contest,
        deadline_ms: work.deadline.as_millis() as u64,
        steps,
        recovered_below_us: below_ns as f64 / 1e3,
        recovery_us: recovery_ns.map(|ns| ns as f64 / 1e3),
    }
}

/// All connections ask as often as they can, once they have joined.
fn contest(
    work: &ServeOverload,
    clients: &mut Clients<'_>,
    answers: &mut Answers,
) -> Result<ContestRecord> {
    let Answers { lane, of } = answers;
    let cpu_ns = |probe: Probe| probe.user_ns + probe.system_ns;
    let before = Probe::read(None)?;
    let begin_ns = clients.contest(work.contest, work.ramp(), |answered| {
        lane.log(answered.sample);
        of.push(answered.connection as u32);
    })?;
    let generator_cpu_ns = cpu_ns(Probe::read(None)?) - cpu_ns(before);
    let (lead_in_ns, end_ns) = (work.lead_in().as_nanos() as u64, work.contest.as_nanos() as u64);
    let length_ns = end_ns - lead_in_ns;
    let mut of_each = vec![0u64; work.serve.connections as usize];
    for (connection, sample) in of.iter().zip(lane.samples()) {
        let counts = (lead_in_ns..end_ns).contains(&(sample.done_ns - begin_ns));
        of_each[*connection as usize] += u64::from(counts);
    }
    let answers: u64 = of_each.iter().sum();
    ensure!(answers > 0, "the server answered nothing within {:?}", work.contest);
    let (least, greatest, jain) = shares(&of_each);
    Ok(ContestRecord {
        length_ns,
        answers,
        beside: of.len() as u64 - answers,
        capacity_per_s: answers as f64 * 1e9 / length_ns as f64,
        least,
        greatest,
        jain,
        generator_cpu_ns,
    })
}

/// The offsets of each step from its own beginning.
fn plans(work: &ServeOverload, capacity_per_s: f64) -> Result<Vec<Vec<u64>>> {
    let seeds = (SEED..).zip(work.steps());
    let plans = seeds.map(|(seed, step)| {
        let rate = Rate::per_s(capacity_per_s * step.percent as f64 / 100.0)?;
        plan(Arrival::Poisson, rate, step.length, seed)
    });
    plans.collect()
}

#[cfg(test)]
#[path = "overload/tests.rs"]
mod tests;
