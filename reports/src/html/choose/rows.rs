//! One situation: what fits, what does not, and of whom nothing is known.

use maud::{Markup, html};

use super::{MOST, cell_anchor, fate};
use crate::advise::said::Said;
use crate::advise::{Advice, NotMeasured, Question, crowd, pool, service, words};
use crate::render::Model;
use crate::text::{self, quantified, quantity};

/// Share of a CPU that nobody chooses a style for.
const LITTLE: f64 = 0.01;

/// A situation and what the model says of it.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What was asked, in words.
    asked: String,
    /// The model's errors where they are not those that stand above the table, or how few
    /// calls the server had at once.
    remarks: Vec<String>,
    items: Vec<Item>,
    not_measured: Vec<NotMeasured>,
}

/// What one contestant would do.
struct Item {
    who: String,
    style: String,
    /// The measured cell that says it.
    cell: Option<String>,
    says: String,
    /// Share of the CPU that is wanted.
    busy: Option<f64>,
    fits: Option<bool>,
}

/// A situation of calls.
pub(super) fn calls(name: &'static str, advice: &Advice) -> Row {
    let at = advice.situation.rate_per_s;
    let at = at.map_or_else(String::new, |x| format!(" at {}", quantified(quantity("_per_s"), x)));
    let item = |answer: &crate::advise::Answer| Item {
        who: answer.who.clone(),
        style: answer.style.clone(),
        cell: answer.cells.first().cloned(),
        says: format!(
            "{reached}CPU {} busy{at}, {}",
            words::percent(answer.cpu_share),
            memory(answer.memory_bytes),
            reached = match answer.fits {
                Some(true) if advice.situation.rate_per_s.is_some() => String::new(),
                _ => format!("{} calls, ", quantified(quantity("_per_s"), answer.throughput_per_s)),
            },
        ),
        busy: Some(answer.cpu_share),
        fits: answer.fits,
    };
    Row {
        name,
        asked: words::situation(&advice.situation),
        remarks: words::fewest(advice).into_iter().collect(),
        items: advice.answers.iter().map(item).collect(),
        not_measured: advice.not_measured.clone(),
    }
}

/// Beside other values: what is not measured has a name.
fn memory(bytes: Option<f64>) -> String {
    bytes.map_or_else(|| format!("memory {}", words::NOT), |_| words::memory(bytes))
}

/// A question of another kind.
pub(super) fn of(model: &Model<'_>, name: &'static str, question: &Question) -> Row {
    match question {
        Question::Calls(asked) => calls(name, &crate::advise::advice(model, asked)),
        Question::Service(asked) => {
            let said = service::service(model, asked);
            row(name, service::asked(asked), said, |served| Item {
                who: served.who,
                style: served.style,
                cell: Some(served.cell),
                says: [
                    served
                        .throughput_per_s
                        .filter(|_| asked.rate_per_s.is_none())
                        .map(|x| quantified(quantity("_per_s"), x)),
                    Some(format!(
                        "{} CPU/request",
                        quantified(quantity("_us"), served.cpu_us_per_request)
                    )),
                    served.cpu_share.map(|share| format!("CPU {} busy", words::percent(share))),
                    Some(memory(served.memory_bytes)),
                ]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", "),
                busy: served.cpu_share,
                fits: served.fits,
            })
        }
        Question::Crowd(asked) => {
            let said = crowd::crowd(model, asked);
            let bytes = |value: f64| quantified(quantity("_bytes"), value);
            row(name, crowd::asked(asked), said, |held| Item {
                who: held.who,
                style: held.style,
                cell: Some(held.cell),
                says: format!("{}, {} each", bytes(held.memory_bytes), bytes(held.each_bytes)),
                busy: None,
                fits: held.fits,
            })
        }
        Question::Pool(asked) => {
            let said = pool::pool(model, asked);
            row(name, pool::asked(asked), said, |size| Item {
                says: match size.connections {
                    Some(count) => format!(
                        "{}, CPU {} busy",
                        words::count(count, "connection", "connections"),
                        words::percent(size.cpu_share)
                    ),
                    None => pool::connections(&size),
                },
                who: size.who,
                style: size.style,
                cell: size.cells.into_iter().next(),
                busy: None,
                fits: size.fits,
            })
        }
    }
}

fn row<Q, A>(name: &'static str, asked: String, said: Said<Q, A>, item: impl Fn(A) -> Item) -> Row {
    let error = |(what, wrong)| format!("error in {what}: {}", words::wrong(Some(wrong)));
    Row {
        name,
        asked,
        remarks: said.wrong.iter().map(error).collect(),
        items: said.answers.into_iter().map(item).collect(),
        not_measured: said.not_measured,
    }
}

impl Row {
    /// Whether the run has cells that could say something of it.
    pub(super) fn known(&self) -> bool {
        self.is_answered() || !self.not_measured.is_empty()
    }

    /// Whether they say something.
    pub(super) fn is_answered(&self) -> bool {
        !self.items.is_empty()
    }

    /// Why they say nothing of anybody.
    pub(super) fn unanswered(&self) -> Markup {
        html! { details {
            summary { "No answer in this run: " (self.name) }
            (self.reasons())
        } }
    }

    fn reasons(&self) -> Markup {
        html! { ul { @for one in &self.not_measured { li { (one.who) ": " (one.why) } } } }
    }

    pub(super) fn shown(&self, model: &Model<'_>) -> Markup {
        let (fit, not): (Vec<&Item>, Vec<&Item>) =
            self.items.iter().partition(|item| item.fits == Some(true));
        html! {
            tr {
                th scope="row" {
                    (self.name) small { (self.asked) }
                    @for remark in &self.remarks { small { (remark) } }
                }
                td { (listed(model, &fit)) @if let Some(all) = all(&fit) { small { (all) } } }
                td { (listed(model, &not)) }
                td { @if self.not_measured.is_empty() { "—" } @else {
                    details { summary { (self.not_measured.len()) } (self.reasons()) }
                } }
            }
        }
    }
}

fn listed(model: &Model<'_>, items: &[&Item]) -> Markup {
    let entries = items.iter().map(|item| entry(model, item));
    html! { @if items.is_empty() { "—" } @else { (first(entries)) } }
}

/// The first few, and the rest to be opened.
pub(super) fn first(entries: impl Iterator<Item = Markup>) -> Markup {
    let mut all: Vec<Markup> = entries.collect();
    let rest = all.split_off(all.len().min(MOST));
    html! {
        ul { @for entry in &all { (entry) } }
        @if !rest.is_empty() { details {
            summary { (text::whole(rest.len() as u64)) " more" }
            ul { @for entry in &rest { (entry) } }
        } }
    }
}

fn entry(model: &Model<'_>, item: &Item) -> Markup {
    html! { li {
        @match &item.cell {
            Some(id) => a href=(format!("#{}", cell_anchor(id))) { (item.who) },
            None => (item.who),
        }
        (fate(model, &item.who)) " " (item.says)
        @if item.fits.is_none() { "; not known whether that fits" }
    } }
}

/// The least CPU of each style among those that fit, and whether that is worth a choice.
fn all(items: &[&Item]) -> Option<String> {
    let mut best: Vec<(&str, f64)> = Vec::new();
    for item in items {
        let busy = item.busy?;
        match best.iter_mut().find(|(style, _)| *style == item.style) {
            Some((_, least)) => *least = least.min(busy),
            None => best.push((&item.style, busy)),
        }
    }
    best.sort_by(|a, b| a.1.total_cmp(&b.1));
    let ((_, least), (_, most)) = (best.first()?, best.last()?);
    let apart = match best.len() > 1 && most - least < LITTLE {
        true => ": less than a hundredth of a CPU apart, so choose by something else",
        false => "",
    };
    let said = best.iter().map(|(style, busy)| format!("{style} {}", words::percent(*busy)));
    let said = said.collect::<Vec<_>>().join(", ");
    Some(format!("Least CPU of each style: {said} busy{apart}."))
}
