//! What the measured cells say of a few situations, and a calculator for others.

mod calculator;
mod measured;
mod rows;
mod situations;

use maud::{Markup, html};

use self::situations::{Asked, By, SITUATIONS};
use super::{cell_anchor, scrolling, section};
use crate::advise::{Advice, Question, advice, computing, curves, proven, words};
use crate::render::Model;

/// Most contestants that are named for a situation.
const MOST: usize = 3;

const HEADINGS: [&str; 4] = [
    "Situation",
    "What fits, the cheapest first; or what was measured",
    "What does not, or is not known",
    "Not measured",
];

pub(super) fn choose(model: &Model<'_>) -> Markup {
    let curves = curves(model);
    let proven = proven(&curves, &computing(model));
    let mut found = Found::default();
    for asked in &SITUATIONS {
        found.look(model, asked);
    }
    let table = html! {
        table.plain {
            thead { tr { @for heading in HEADINGS { th scope="col" { (heading) } } } }
            tbody { @for row in &found.answered { (row) } }
        }
    };
    let content = html! {
        p.prose { "A model, Little's law on the costs of the nearest measured cells, says what calls that wait \
            and compute would reach; it is as good as its error on cells that it was not shown, it says \
            nothing of what lies beyond them, and contestants that it mispredicts by more than 25 % are left \
            out. CPU is a share of what the contestant can use. Rows that were measured as they are need \
            no model. Figures are medians of this machine. " code { "triathlon advise" } " has the same for any situation, \
            service, crowd or pool." }
        @if let Some(errors) = errors(&found.advices) { p { (errors) } }
        @if !found.answered.is_empty() { (scrolling("Situations", &table)) }
        @for reasons in &found.unanswered { (reasons) }
        (nothing(&found.nothing))
        (calculator::calculator(&curves, &proven))
    };
    section("choose", "Choose by situation", &content)
}

/// What a run has to say of the situations.
#[derive(Default)]
struct Found {
    /// Rows of the table.
    answered: Vec<Markup>,
    /// Why cells that are near say nothing of anybody.
    unanswered: Vec<Markup>,
    /// Situations that no cell is near.
    nothing: Vec<&'static Asked>,
    /// Of calls.
    advices: Vec<Advice>,
}

impl Found {
    fn look(&mut self, model: &Model<'_>, asked: &'static Asked) {
        let row = match &asked.by {
            By::Preset { workload, preset, note } => {
                match measured::measured(model, asked.name, (workload, *preset), note) {
                    Some(row) => self.answered.push(row),
                    None => self.nothing.push(asked),
                }
                return;
            }
            By::Model(Question::Calls(situation)) => {
                let advice = advice(model, situation);
                let row = rows::calls(asked.name, &advice);
                self.advices.push(advice);
                row
            }
            By::Model(question) => rows::of(model, asked.name, question),
        };
        match row {
            row if row.is_answered() => self.answered.push(row.shown(model)),
            row if row.known() => self.unanswered.push(row.unanswered()),
            _ => self.nothing.push(asked),
        }
    }
}

/// Beside the name of a contestant that nobody should begin with.
fn fate(model: &Model<'_>, who: &str) -> &'static str {
    let own = who.split(':').next().unwrap_or(who);
    let contestants = &model.input.run.contestants;
    let found = contestants.iter().find(|contestant| contestant.who == own);
    match found.is_some_and(|contestant| contestant.about.starts_with("Discontinued")) {
        true => " (discontinued)",
        false => "",
    }
}

/// What the run has nothing on, and what would have.
fn nothing(unknown: &[&Asked]) -> Markup {
    let mut filters: Vec<(&str, Vec<&str>)> = Vec::new();
    for asked in unknown {
        match filters.iter_mut().find(|(known, _)| *known == asked.filter) {
            Some((_, names)) => names.push(asked.name),
            None => filters.push((asked.filter, vec![asked.name])),
        }
    }
    html! {
        @if !filters.is_empty() { p.soft {
            "Nothing in this run says anything of: "
            @for (place, (filter, names)) in filters.iter().enumerate() {
                @if place > 0 { "; " } "“" (names.join("”, “")) "” (" code { "triathlon run '" (filter) "'" } ")"
            }
            "."
        } }
    }
}

/// The model's error in calls; nothing where it has no answer.
fn errors(advices: &[Advice]) -> Option<String> {
    let best = advices.iter().max_by_key(|advice| advice.answers.len())?;
    let throughput = best.throughput_wrong.as_ref()?;
    Some(format!(
        "The model's error for calls in this run: throughput {}; CPU of a call that computes nothing \
         {}; memory {}.",
        words::wrong(Some(throughput)),
        words::wrong(best.cpu_wrong.as_ref()),
        words::wrong(best.memory_wrong.as_ref())
    ))
}
