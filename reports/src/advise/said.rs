//! What a run says of a question that is not about calls.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use super::{NotMeasured, Wrong, words};
use crate::render::Model;
use crate::text;

/// What a run says of a question.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Said<Q, A> {
    /// The run.
    pub(crate) run: String,
    /// Class of its machine.
    pub(crate) machine: String,
    /// What was asked.
    pub(crate) asked: Q,
    /// Those that the model answers for: what fits first, then the cheapest.
    pub(crate) answers: Vec<A>,
    /// Those that it does not.
    pub(crate) not_measured: Vec<NotMeasured>,
    /// The model's errors on all cells held out of those that it answers for, by what it
    /// predicts.
    pub(crate) wrong: BTreeMap<&'static str, Wrong>,
}

/// What one contestant would do.
pub(crate) trait Answered {
    /// Whether all that was asked for is kept; none where that is not known.
    fn fits(&self) -> Option<bool>;
    /// What decides among those that fit.
    fn price(&self) -> f64;
    /// The model's errors on held-out cells of this contestant.
    fn wrong(&self) -> Vec<(&'static str, &Wrong)>;
}

impl<Q: Copy, A: Answered> Said<Q, A> {
    /// Puts the answers in their order; a contestant without one says why.
    pub(super) fn of(
        model: &Model<'_>,
        asked: &Q,
        each: impl IntoIterator<Item = (String, Result<A, String>)>,
    ) -> Self {
        let mut answers = Vec::new();
        let mut not_measured = Vec::new();
        for (who, found) in each {
            match found {
                Ok(answer) => answers.push(answer),
                Err(why) => not_measured.push(NotMeasured { who, why }),
            }
        }
        let order = |answer: &A| match answer.fits() {
            Some(true) => 0,
            None => 1,
            Some(false) => 2,
        };
        answers
            .sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.price().total_cmp(&b.price())));
        let mut all: BTreeMap<&'static str, Vec<&Wrong>> = BTreeMap::new();
        for (what, wrong) in answers.iter().flat_map(Answered::wrong) {
            all.entry(what).or_default().push(wrong);
        }
        let together =
            |(what, wrong): (_, Vec<&Wrong>)| Some((what, Wrong::together(wrong.into_iter())?));
        let wrong = all.into_iter().filter_map(together).collect();
        Self {
            run: text::line(&model.summary.run.id),
            machine: text::line(&model.summary.run.machine.class),
            asked: *asked,
            answers,
            not_measured,
            wrong,
        }
    }
}

impl<Q: Serialize, A: Serialize> Said<Q, A> {
    /// For programs.
    pub(super) fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The run, and what the model is worth.
    pub(super) fn head(&self, asked: String, model: &str) -> Vec<String> {
        let mut head =
            vec![asked, format!("run {}, {}", self.run, self.machine), model.to_string()];
        let error = |(what, wrong): (&&'static str, &Wrong)| {
            format!("Error in {what}: {}.", words::wrong(Some(wrong)))
        };
        head.extend(self.wrong.iter().map(error));
        head
    }
}

/// Whether a bound is kept: none where none is asked for is kept, one whose value is not
/// known is not known.
pub(super) fn kept(bounds: impl IntoIterator<Item = Option<Option<bool>>>) -> Option<bool> {
    let asked: Vec<Option<bool>> = bounds.into_iter().flatten().collect();
    match () {
        () if asked.contains(&Some(false)) => Some(false),
        () if asked.contains(&None) => None,
        () => Some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn one_bound_that_is_not_kept_decides_and_one_that_is_not_known_leaves_it_open() {
        assert_eq!(kept([]), Some(true));
        assert_eq!(kept([None, Some(Some(true))]), Some(true));
        assert_eq!(kept([Some(None), Some(Some(true))]), None);
        assert_eq!(kept([Some(None), Some(Some(false))]), Some(false));
    }
}
