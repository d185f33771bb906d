//! A simulated clock, and a server that answers by a law: the schedule of the
//! real run in no time, and to the nanosecond.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Result;

use crate::engine::Engine;
use crate::fault::Fault;
use crate::gauge::Gauge;
use crate::load::Outcome;
use crate::pacing::{Pacing, Span};
use crate::world::{Turn, World};
use crate::{Arrival, Expect, Load, Model, Overshoot, Rate, plan};

/// One millisecond.
pub(crate) const MS: u64 = 1_000_000;

/// How a request is answered, so long after it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    Good(u64),
    Status(u64),
    Closes(u64),
    Never,
}

/// Connections to a server whose answer is a function of arrival and number.
pub(crate) struct Simulation<F> {
    now_ns: u64,
    law: F,
    /// When, which connection at which generation, and what.
    coming: BinaryHeap<Reverse<(u64, u32, u32, Answer)>>,
    events: Vec<Turn>,
    generations: Vec<u32>,
    /// When requests arrived.
    pub(crate) arrivals: Vec<u64>,
    /// The generator itself is held from then on, for so long.
    pub(crate) hold: Option<(u64, u64)>,
}

impl<F: FnMut(u64, u64) -> Answer> Simulation<F> {
    pub(crate) fn new(connections: usize, law: F) -> Self {
        let (coming, events) = (BinaryHeap::new(), Vec::new());
        let generations = vec![0; connections];
        Self { now_ns: 0, law, coming, events, generations, arrivals: Vec::new(), hold: None }
    }

    fn reopen(&mut self, connection: u32) {
        self.generations[connection as usize] += 1;
        let generation = self.generations[connection as usize];
        // Never here: the connection itself comes.
        self.coming.push(Reverse((self.now_ns + 1000, connection, generation, Answer::Never)));
    }
}

impl<F: FnMut(u64, u64) -> Answer> World for Simulation<F> {
    fn now_ns(&mut self) -> u64 {
        self.now_ns
    }

    fn wait(&mut self, now_ns: u64, wake_ns: u64) -> Result<usize> {
        assert_eq!(now_ns, self.now_ns, "nothing takes time here but waiting");
        let next_ns = self.coming.peek().map_or(u64::MAX, |Reverse((at_ns, ..))| *at_ns);
        let wake_ns = wake_ns.min(next_ns).max(now_ns);
        self.now_ns = match self.hold {
            Some((at_ns, length_ns)) if at_ns <= wake_ns => {
                self.hold = None;
                at_ns + length_ns
            }
            _ => wake_ns,
        };
        self.events.clear();
        while let Some(Reverse((at_ns, connection, generation, answer))) =
            self.coming.peek().copied()
            && at_ns <= self.now_ns
        {
            self.coming.pop();
            if self.generations[connection as usize] != generation {
                continue;
            }
            let ended = |outcome, usable| Turn::Ended { connection, outcome, usable };
            self.events.push(match answer {
                Answer::Good(_) => ended(Ok(1), true),
                Answer::Status(_) => ended(Err(Fault::Status5xx), true),
                Answer::Closes(_) => ended(Err(Fault::Closed), false),
                Answer::Never => Turn::Opened(connection),
            });
        }
        Ok(self.events.len())
    }

    fn turn(&mut self, position: usize) -> Turn {
        let turn = self.events[position];
        if let Turn::Ended { connection, usable: false, .. } = turn {
            self.reopen(connection);
        }
        turn
    }

    fn send(&mut self, connection: u32) -> Result<(), Fault> {
        let answer = (self.law)(self.now_ns, self.arrivals.len() as u64);
        self.arrivals.push(self.now_ns);
        if let Answer::Good(after) | Answer::Status(after) | Answer::Closes(after) = answer {
            let generation = self.generations[connection as usize];
            self.coming.push(Reverse((self.now_ns + after, connection, generation, answer)));
        }
        Ok(())
    }

    fn abandon(&mut self, connection: u32) {
        self.reopen(connection);
    }
}

/// A load for the simulation: constant arrivals, one thread, no warm-up.
pub(crate) fn load(rate: f64, seconds: u64, connections: usize) -> Load {
    let rate = Rate::per_s(rate).unwrap();
    Load {
        target: ([127, 0, 0, 1], 1).into(),
        request: Vec::new(),
        bodyless: false,
        expect: Expect::Any,
        connections,
        threads: 1,
        model: Model::Open { rate, arrival: Arrival::Constant, seed: 1 },
        warmup: Duration::ZERO,
        duration: Duration::from_secs(seconds),
        timeout: Duration::from_secs(60),
        spin: false,
        cpus: Vec::new(),
    }
}

/// Carries it out against `law`.
pub(crate) fn simulate(load: &Load, law: impl FnMut(u64, u64) -> Answer) -> Outcome {
    simulate_in(load, Simulation::new(load.connections, law)).0
}

/// The same in a world that was prepared; also the arrivals.
pub(crate) fn simulate_in<F: FnMut(u64, u64) -> Answer>(
    load: &Load,
    world: Simulation<F>,
) -> (Outcome, Vec<u64>) {
    let ns = |duration: Duration| duration.as_nanos() as u64;
    let from_ns = ns(load.warmup);
    let until_ns = from_ns + ns(load.duration);
    let span = Span { begin_ns: 0, from_ns, until_ns, timeout_ns: ns(load.timeout) };
    let whole = match load.model {
        Model::Open { rate, arrival, seed } => {
            plan(arrival, rate, load.warmup + load.duration, seed).unwrap()
        }
        Model::Closed => Vec::new(),
    };
    let pacing = match load.model {
        Model::Open { .. } => Pacing::Open(&whole),
        Model::Closed => Pacing::Closed,
    };
    let (gauge, stop) = (Gauge::default(), AtomicBool::new(false));
    let engine = Engine::new(world, load.connections, (pacing, span), (&gauge, &stop)).unwrap();
    let (records, planned, world) = engine.run().unwrap();
    let outcome = Outcome {
        records,
        planned,
        planned_by_second: crate::drive::by_second(&whole, span, load.duration),
        busy: vec![0.1],
        spun: 0.0,
        overshoot: Overshoot::default(),
        reconnects: 0,
        cpu_ns: 0,
        steal_ns: 0,
        window: load.duration,
        interrupted: false,
    };
    (outcome, world.arrivals)
}
