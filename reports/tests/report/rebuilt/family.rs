//! All pairs of the cells of one case in one metric, and what is said of them.

use super::rank::{interval, levels, p_value, smallest};
use super::raw::{Raw, Rounds, cut};

const ALPHA: f64 = 0.05;

/// What the rounds say of one against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Lower,
    Higher,
    Equivalent,
    Undecided,
}

/// One against another.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) said: Said,
    pub(super) ratio: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Whether the parts of the run took it back.
    pub(super) split: bool,
    pub(super) logs: Vec<f64>,
}

pub(super) struct Family<'a> {
    raw: &'a Raw,
    pub(super) margin: f64,
    pub(super) members: Vec<(&'a str, Rounds)>,
    /// Pairs that have a round in common, with their level.
    pairs: Vec<(usize, usize, f64)>,
}

/// Whether an id uses a client of its own.
pub(super) fn is_stack(id: &str) -> bool {
    cut(id).who.ends_with(":stack")
}

/// What may be the server's.
pub(super) fn of_time(metric: &str) -> bool {
    ["elapsed_s", "throughput_per_s"].contains(&metric) || metric.starts_with("response")
}

fn logs(a: &Rounds, b: &Rounds) -> Vec<f64> {
    let both = a.iter().filter_map(|(round, a)| Some(a / b.get(round)?));
    both.filter(|ratio| *ratio > 0.0 && ratio.is_finite()).map(f64::ln).collect()
}

impl<'a> Family<'a> {
    pub(super) fn of(
        raw: &'a Raw,
        (workload, preset): (&str, &str),
        stack: bool,
        metric: &str,
    ) -> Self {
        let own = raw.ids().into_iter().filter(|id| {
            cut(id).workload == workload && cut(id).preset == preset && is_stack(id) == stack
        });
        let members: Vec<(&str, Rounds)> = own
            .filter(|id| !(of_time(metric) && raw.limited(id)))
            .map(|id| (id, raw.rounds(id, false, metric)))
            .filter(|(_, rounds)| !rounds.is_empty())
            .collect();
        let mut pairs = Vec::new();
        for a in 0..members.len() {
            for b in a + 1..members.len() {
                let logs = logs(&members[a].1, &members[b].1);
                if !logs.is_empty() {
                    pairs.push((a, b, p_value(&logs)));
                }
            }
        }
        let p: Vec<f64> = pairs.iter().map(|(.., p)| *p).collect();
        let levels = levels(&p, ALPHA).into_iter();
        let pairs = pairs.iter().zip(levels).map(|((a, b, _), level)| (*a, *b, level)).collect();
        Self { raw, margin: margin(raw, (workload, preset), metric), members, pairs }
    }

    /// One member against another, by id.
    pub(super) fn seen(&self, of: &str, to: &str) -> Option<Seen> {
        let place = |id: &str| self.members.iter().position(|(member, _)| *member == id);
        let (of, to) = (place(of)?, place(to)?);
        let pair = |(a, b, _): &&(usize, usize, f64)| (*a, *b) == (of.min(to), of.max(to));
        let (.., level) = self.pairs.iter().find(pair)?;
        let (of, to) = (&self.members[of].1, &self.members[to].1);
        let logs = logs(of, to);
        let whole = interval(&logs, *level)?;
        let margin = self.margin.ln();
        let alike = margin.min(1.10_f64.ln());
        let said = match whole {
            found if !found.exact => Said::Undecided,
            found if found.high < 0.0 && found.centre < -margin => Said::Lower,
            found if found.low > 0.0 && found.centre > margin => Said::Higher,
            found if found.low >= -alike && found.high <= alike => Said::Equivalent,
            _ => Said::Undecided,
        };
        let split = !self.parts_agree(of, to, said);
        Some(Seen {
            said: if split { Said::Undecided } else { said },
            ratio: whole.centre.exp(),
            low: whole.low.exp(),
            high: whole.high.exp(),
            split,
            logs,
        })
    }

    /// The smallest ratio that a repetition would find, at the first of Holm's
    /// levels.
    pub(super) fn finds(&self, seen: &Seen) -> Option<f64> {
        smallest(&seen.logs, ALPHA / self.pairs.len() as f64, self.margin)
    }

    /// The smallest change of a member itself that a repetition would find, from what its
    /// second label measured.
    pub(super) fn finds_changed(&self, of: &str, metric: &str) -> Option<f64> {
        let (_, own) = self.members.iter().find(|(member, _)| *member == of)?;
        let twin = self.raw.rounds(of, true, metric);
        smallest(&logs(&twin, own), ALPHA / self.pairs.len() as f64, self.margin)
    }

    /// Whether each part of the run, alone, is on the same side.
    fn parts_agree(&self, of: &Rounds, to: &Rounds, said: Said) -> bool {
        let count = |name: &str| self.raw.run[name].as_u64().unwrap();
        let (rounds, parts) = (count("rounds"), count("parts"));
        // Part k ends with the last round that is at most k/parts of all.
        let within = |round: u64, part: u64| {
            (part - 1) * rounds < round * parts && round * parts <= part * rounds
        };
        let agrees = |part: u64| {
            let own = of.iter().filter(|(round, _)| within(**round, part));
            let logs = logs(&own.map(|(round, value)| (*round, *value)).collect(), to);
            let Some(found) = interval(&logs, ALPHA).filter(|found| found.exact) else {
                return false;
            };
            match said {
                Said::Lower => found.high < 0.0,
                Said::Higher => found.low > 0.0,
                Said::Equivalent => found.centre.abs() <= self.margin.ln(),
                Said::Undecided => true,
            }
        };
        parts < 2 || (1..=parts).all(agrees)
    }

    /// The one that is on the wanted side of all others.
    pub(super) fn first(&self, wanted: Said) -> Option<&'a str> {
        let ids = || self.members.iter().map(|(id, _)| *id);
        let beats = |id: &str, other: &str| {
            id == other || self.seen(id, other).is_some_and(|seen| seen.said == wanted)
        };
        let first = ids().find(|id| ids().all(|other| beats(id, other)));
        first.filter(|_| self.members.len() > 1)
    }
}

/// What the contestant that is executed twice differs from itself by, at least
/// 2 %.
pub(super) fn margin(raw: &Raw, (workload, preset): (&str, &str), metric: &str) -> f64 {
    let Some(id) = raw.twin(workload, preset) else { return 1.02 };
    margin_of(&raw.rounds(id, true, metric), &raw.rounds(id, false, metric))
}

/// The same of what was measured twice.
pub(super) fn margin_of(twin: &Rounds, own: &Rounds) -> f64 {
    let logs = logs(twin, own);
    let further = interval(&logs, 0.05).map_or(0.0, |found| found.high.max(-found.low));
    further.exp().max(1.02)
}
