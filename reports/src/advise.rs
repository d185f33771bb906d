//! What the measured cells say of a situation: so many calls in flight, each waiting and
//! computing so long, at a rate, within some memory; a service, a crowd or a pool
//! ([`service`], [`crowd`], [`pool`]).
//!
//! The model is Little's law on measured costs ([`model`]); what it is worth is its error
//! on measured cells that it was not shown ([`held_out`]). A contestant that it gets
//! wrong by more than [`MOST_WRONG`] has no answer, and neither has a situation outside
//! of what was measured: it would have to guess.

pub(crate) mod crowd;
mod curves;
mod fit;
mod held_out;
mod model;
pub(crate) mod pool;
pub(crate) mod said;
pub(crate) mod service;
pub(crate) mod words;

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

pub use crowd::{Crowd, Idle};
pub(crate) use curves::{Curve, curves};
pub use held_out::Wrong;
pub(crate) use held_out::{Proven, proven};
pub use model::Bound;
pub(crate) use model::{answer, computing};
pub use pool::Pool;
pub use service::Service;

use crate::input::Input;
use crate::render::{Model, with_model};
use crate::text;

/// The largest error on a held-out cell with which the model answers.
pub const MOST_WRONG: f64 = 0.25;

/// A situation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Situation {
    /// Calls in flight at once.
    pub in_flight: u64,
    /// What each of them waits, in seconds.
    pub wait_s: f64,
    /// What each of them computes, in seconds.
    pub cpu_s: f64,
    /// Calls per second that are wanted.
    pub rate_per_s: Option<f64>,
    /// Memory that may be used.
    pub memory_bytes: Option<f64>,
}

/// What a run says of a situation.
#[derive(Clone, Debug, Serialize)]
pub struct Advice {
    /// The run.
    pub run: String,
    /// Class of its machine.
    pub machine: String,
    /// What was asked.
    pub situation: Situation,
    /// Those that the model answers for: what fits first, then the least CPU.
    pub answers: Vec<Answer>,
    /// Those that it does not.
    pub not_measured: Vec<NotMeasured>,
    /// The model's errors on all cells held out of those that it answers for.
    pub throughput_wrong: Option<Wrong>,
    /// The same for the CPU time of a call that computes nothing.
    pub cpu_wrong: Option<Wrong>,
    /// The same for memory.
    pub memory_wrong: Option<Wrong>,
}

/// What a contestant would do.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Contestant, flavour and way.
    pub who: String,
    /// Idiom.
    pub style: String,
    /// Workload whose cells say it.
    pub workload: String,
    /// Calls per second that it can do.
    pub throughput_per_s: f64,
    /// What keeps it from more.
    pub bound: Bound,
    /// CPU time of a call: its own and what it computes.
    pub cpu_us_per_call: f64,
    /// CPU that the wanted rate, or the throughput if that is less, takes, as a share of
    /// what the contestant can use.
    pub cpu_share: f64,
    /// Calls in flight at that rate, by Little's law.
    pub in_flight: f64,
    /// Memory; none where the model cannot say.
    pub memory_bytes: Option<f64>,
    /// Whether rate and memory are kept; none where that is not known.
    pub fits: Option<bool>,
    /// Most calls that the server had at once in the cell next above; less than asked for
    /// where the first were done before the last began.
    pub served_at_once: Option<f64>,
    /// The measured cells next to the situation.
    pub cells: Vec<String>,
    /// The model's error in throughput on held-out cells of this contestant.
    pub throughput_wrong: Wrong,
    /// The same in the CPU time of a call that computes nothing.
    pub cpu_wrong: Option<Wrong>,
    /// The same in memory.
    pub memory_wrong: Option<Wrong>,
}

/// A contestant without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotMeasured {
    /// Contestant, flavour and way.
    pub who: String,
    /// Why.
    pub why: String,
}

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Question {
    /// Who can have so many calls in flight?
    Calls(Situation),
    /// Who can serve so many requests, and at which cost?
    Service(Service),
    /// What do so many hold that are idle?
    Crowd(Crowd),
    /// How many connections does a pool need?
    Pool(Pool),
}

/// What a run says of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// For a terminal.
    pub text: String,
    /// For programs: JSON.
    pub json: String,
}

/// What a run says of a question.
///
/// # Errors
/// As [`crate::render`].
pub fn advise(run_dir: &Path, question: &Question) -> Result<Told> {
    Told::of(&Input::read(run_dir)?, question)
}

impl Told {
    /// Of what a run left.
    ///
    /// # Errors
    /// If the run cannot be summarised.
    pub fn of(input: &Input, question: &Question) -> Result<Self> {
        with_model(input, |model| {
            let (text, json) = match question {
                Question::Calls(asked) => {
                    let advice = advice(model, asked);
                    (advice.text(), advice.json()?)
                }
                Question::Service(asked) => {
                    let said = service::service(model, asked);
                    (service::text(&said), said.json()?)
                }
                Question::Crowd(asked) => {
                    let said = crowd::crowd(model, asked);
                    (crowd::text(&said), said.json()?)
                }
                Question::Pool(asked) => {
                    let said = pool::pool(model, asked);
                    (pool::text(&said), said.json()?)
                }
            };
            Ok(Self { text, json })
        })
    }
}

/// The same of a run that was read.
pub(crate) fn advice(model: &Model<'_>, situation: &Situation) -> Advice {
    let curves = curves(model);
    let proven: Vec<Proven> = proven(&curves, &computing(model));
    let mut answers: Vec<Answer> = Vec::new();
    let mut not_measured: Vec<NotMeasured> = Vec::new();
    let mut whos: Vec<&str> = Vec::new();
    for curve in &curves {
        if !whos.contains(&curve.who.as_str()) {
            whos.push(&curve.who);
        }
    }
    for who in whos {
        let own = curves.iter().zip(&proven).filter(|(curve, _)| curve.who == who);
        let mut reasons = Vec::new();
        let mut found = None;
        for (curve, proven) in own {
            match answer(curve, proven, situation) {
                Ok(answer) if found.is_none() => found = Some(answer),
                Ok(_) => {}
                Err(why) => reasons.push(format!("{}: {why}", curve.workload)),
            }
        }
        match found {
            Some(answer) => answers.push(answer),
            None => {
                let why = reasons.join("; ");
                not_measured.push(NotMeasured { who: who.to_string(), why });
            }
        }
    }
    let order = |answer: &Answer| (answer.fits != Some(true), answer.fits == Some(false));
    answers.sort_by(|a, b| {
        let by_cpu = a.cpu_us_per_call.total_cmp(&b.cpu_us_per_call);
        order(a).cmp(&order(b)).then(by_cpu)
    });
    Advice {
        run: text::line(&model.summary.run.id),
        machine: text::line(&model.summary.run.machine.class),
        situation: *situation,
        throughput_wrong: Wrong::together(answers.iter().map(|answer| &answer.throughput_wrong)),
        cpu_wrong: Wrong::together(answers.iter().filter_map(|a| a.cpu_wrong.as_ref())),
        memory_wrong: Wrong::together(answers.iter().filter_map(|a| a.memory_wrong.as_ref())),
        answers,
        not_measured,
    }
}

impl Advice {
    /// Of what a run left.
    ///
    /// # Errors
    /// If the run cannot be summarised.
    pub fn of(input: &Input, situation: &Situation) -> Result<Self> {
        with_model(input, |model| Ok(advice(model, situation)))
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        words::text(self)
    }

    /// For programs.
    ///
    /// # Errors
    /// If a number cannot be written.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
