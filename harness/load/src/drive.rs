//! The threads of a load: connect, calibrate, start together, count together.
//!
//! Each thread owns its connections, its share of the plan and its records.
//! The calling thread starts them, reads their gauges and the probes at the
//! window's edges, and ends when they do. Nothing is locked within the window.

mod thread;
mod watch;

use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use triathlon_lab::Clock;

use crate::arrivals::{plan, share};
use crate::gauge::Gauge;
use crate::load::{Load, Model, Outcome};
use crate::pacing::Span;
use crate::records::Records;
use crate::sockets::Idle;
use crate::timer::Overshoot;

use thread::Thread;
use watch::{Heard, Watcher};

/// From the order to start to the beginning of the plan: everyone has it then.
const AHEAD: Duration = Duration::from_millis(5);

/// What a thread says to the one that started it.
enum Said {
    Ready(Overshoot),
    Done(Box<Part>),
    Failed(anyhow::Error),
}

/// What one thread brings home.
struct Part {
    records: Records,
    planned: u64,
    idle: Idle,
    ran_ns: u64,
    reconnects: u64,
}

/// How far a load is, for someone who watches.
pub struct Moment<'a> {
    /// Since the beginning, warm-up included.
    pub elapsed: Duration,
    /// Warm-up and window.
    pub length: Duration,
    /// One for each thread.
    pub gauges: &'a [Gauge],
}

/// Carries out a load; calls `watch` every `tick`.
///
/// # Errors
/// If a connection cannot be made at the start, the server goes away for good,
/// the plan is impossible, or the kernel refuses something.
pub fn run(
    load: &Load,
    stop: &AtomicBool,
    tick: Duration,
    watch: &mut dyn FnMut(&Moment<'_>),
) -> Result<Outcome> {
    let whole = match load.model {
        Model::Open { rate, arrival, seed } => {
            plan(arrival, rate, load.warmup + load.duration, seed)?
        }
        Model::Closed => Vec::new(),
    };
    let clock = Clock::start();
    let gauges: Vec<Gauge> = (0..load.threads).map(|_| Gauge::default()).collect();
    std::thread::scope(|scope| {
        let (say, hear) = mpsc::channel();
        let mut orders = Vec::new();
        for (index, gauge) in gauges.iter().enumerate() {
            let (order, ordered) = mpsc::channel();
            orders.push(order);
            let thread = Thread { load, index, clock, gauge, stop };
            let (say, plan) = (say.clone(), share(&whole, index, load.threads));
            let thread = move || thread.run(&plan, &say, &ordered);
            std::thread::Builder::new().spawn_scoped(scope, thread).context("start a thread")?;
        }
        drop(say);
        let overshoot = ready(load.threads, &hear)?;
        let begin_ns = clock.now_ns() + AHEAD.as_nanos() as u64;
        let span = span(load, begin_ns);
        for order in orders {
            order.send(span).ok(); // one that has ended says why
        }
        let heard =
            Watcher { load, clock, span, gauges: &gauges, stop }.watch(&hear, tick, watch)?;
        outcome(&whole, overshoot, span, heard)
    })
}

fn span(load: &Load, begin_ns: u64) -> Span {
    let ns = |duration: Duration| duration.as_nanos() as u64;
    let from_ns = begin_ns + ns(load.warmup);
    Span { begin_ns, from_ns, until_ns: from_ns + ns(load.duration), timeout_ns: ns(load.timeout) }
}

/// Waits until every thread is ready; the worst timer.
fn ready(threads: usize, hear: &Receiver<Said>) -> Result<Overshoot> {
    let mut worst = Overshoot::default();
    for _ in 0..threads {
        match hear.recv().context("a thread ended before it was ready")? {
            Said::Ready(overshoot) if overshoot.p99 > worst.p99 => worst = overshoot,
            Said::Ready(_) => {}
            Said::Failed(error) => return Err(error),
            Said::Done(_) => bail!("a thread was done before it began"),
        }
    }
    Ok(worst)
}

fn outcome(whole: &[u64], overshoot: Overshoot, span: Span, heard: Heard) -> Result<Outcome> {
    let Heard { parts, cpu_ns, steal_ns, window, interrupted } = heard;
    let share = |ns: u64, part: &Part| ns as f64 / part.ran_ns.max(1) as f64;
    let idle_ns = |part: &Part| part.idle.slept_ns + part.idle.spun_ns;
    let busy = parts.iter().map(|part| (1.0 - share(idle_ns(part), part)).max(0.0)).collect();
    let spun = parts.iter().map(|part| share(part.idle.spun_ns, part)).fold(0.0, f64::max);
    let planned = parts.iter().map(|part| part.planned).sum();
    let reconnects = parts.iter().map(|part| part.reconnects).sum();
    let mut parts = parts.into_iter().map(|part| part.records);
    let mut records = parts.next().context("a load has at least one thread")?;
    for other in parts {
        records.merge(&other)?;
    }
    let planned_by_second = by_second(whole, span, window);
    Ok(Outcome {
        records,
        planned,
        planned_by_second,
        busy,
        spun,
        overshoot,
        reconnects,
        cpu_ns,
        steal_ns,
        window,
        interrupted,
    })
}

/// Intended starts in each whole or begun second of the window.
pub(crate) fn by_second(whole: &[u64], span: Span, window: Duration) -> Vec<u64> {
    if whole.is_empty() {
        return Vec::new();
    }
    let (from_ns, end_ns) = (span.from_ns - span.begin_ns, window.as_nanos() as u64);
    let mut seconds = vec![0; end_ns.div_ceil(1_000_000_000) as usize];
    let measured = whole.iter().filter_map(|offset| offset.checked_sub(from_ns));
    for since_ns in measured.take_while(|since_ns| *since_ns < end_ns) {
        seconds[(since_ns / 1_000_000_000) as usize] += 1;
    }
    seconds
}
