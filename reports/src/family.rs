//! Families: the cells of one case and metric, compared pair by pair.
//!
//! Verdicts, rank intervals and letters all come from one matrix of pairs, with
//! Holm's correction over it. A family has the cells that use the same client:
//! those of the way `stack` are compared with each other.

use std::collections::{BTreeSet, HashMap};

use triathlon_contract::record::RunFile;
use triathlon_contract::{CaseId, STACK};
use triathlon_statistics::detectable::smallest_difference;
use triathlon_statistics::order::{letters, rank_intervals};
use triathlon_statistics::signed_rank::centre;
use triathlon_statistics::verdict::{self, LEAST_MARGIN, Pair, Rounds, Verdict, log_ratios, pairs};

use crate::metrics::{self, COMPARED};
use crate::ratio::{Executions, of_metric};
use crate::summary::Cell;
use crate::verdicts::LEAST_ROUNDS;
use crate::{key, text};

/// Level of a family.
pub(crate) const ALPHA: f64 = 0.05;

/// All comparisons of one case and metric.
#[derive(Clone, Debug)]
pub(crate) struct Family<'a> {
    pub(crate) workload: &'a str,
    pub(crate) preset: &'a str,
    /// `stack`, or empty for all other ways.
    pub(crate) way: &'static str,
    pub(crate) metric: &'static str,
    /// A ratio of at least 1.02.
    pub(crate) margin: f64,
    /// Ids, in the order of the plan.
    pub(crate) members: Vec<&'a str>,
    /// Values by round, in the order of the members.
    pub(crate) values: Vec<Rounds>,
    /// All pairs of members.
    pub(crate) pairs: Vec<Pair>,
    /// Pairs whose verdict was taken back, because the parts of the run do not
    /// agree, by their place in `pairs`.
    pub(crate) split: BTreeSet<usize>,
    /// Rank interval of each member; rank 1 is the best.
    pub(crate) ranks: Vec<(usize, usize)>,
    /// Letters of each member.
    pub(crate) letters: Vec<String>,
}

/// What a run's verdicts are made of.
pub(crate) struct Matter<'a> {
    pub(crate) run: &'a RunFile,
    pub(crate) cells: &'a [Cell],
    /// Values of the executions that count, by case.
    pub(crate) good: &'a HashMap<&'a str, Executions>,
    /// The same of those under a second label.
    pub(crate) twins: &'a HashMap<&'a str, Executions>,
}

/// The families of a run; none if its profile has no verdicts, or too few rounds.
pub(crate) fn families<'a>(matter: &Matter<'a>) -> Vec<Family<'a>> {
    if !matter.run.verdicts || matter.run.rounds < LEAST_ROUNDS {
        return Vec::new();
    }
    let mut cases: Vec<(&str, &str, &'static str)> = Vec::new();
    for cell in matter.cells {
        let case = (cell.workload.as_str(), cell.preset.as_str(), way(cell));
        if !cases.contains(&case) {
            cases.push(case);
        }
    }
    let all = cases.iter().flat_map(|case| COMPARED.map(|metric| (case, metric)));
    all.filter_map(|((workload, preset, way), metric)| {
        family(matter, (workload, preset, way), metric)
    })
    .collect()
}

/// The family that a cell belongs to.
fn way(cell: &Cell) -> &'static str {
    if cell.way == STACK { STACK } else { "" }
}

fn family<'a>(
    matter: &Matter<'a>,
    (workload, preset, of_way): (&'a str, &'a str, &'static str),
    metric: &'static str,
) -> Option<Family<'a>> {
    let own =
        |cell: &&Cell| cell.workload == workload && cell.preset == preset && way(cell) == of_way;
    // What may be the server's is nobody's difference.
    let limited = |cell: &Cell| metrics::limitable(metric) && cell.limited.is_some();
    let cells = matter.cells.iter().filter(own).filter(|cell| !limited(cell));
    let (members, values): (Vec<&str>, Vec<Rounds>) = cells
        .filter_map(|cell| {
            Some((cell.id.as_str(), of_metric(matter.good.get(cell.id.as_str())?, metric)))
        })
        .filter(|(_, values)| !values.is_empty())
        .unzip();
    if members.len() < 2 {
        return None;
    }
    let margin = margin(matter, workload, preset, metric);
    let mut pairs = pairs(&values, margin, ALPHA);
    let split = split(matter.run, &values, &pairs, margin);
    for place in &split {
        pairs[*place].verdict = Verdict::Undecided;
    }
    let more = metrics::more_is_better(metric);
    let count = members.len();
    let mirrored = |(low, high): (usize, usize)| (count + 1 - high, count + 1 - low);
    let ranks = rank_intervals(count, &pairs).into_iter();
    let ranks = ranks.map(|rank| if more { mirrored(rank) } else { rank }).collect();
    let letters = letters(count, &pairs, &best_first(&values, more));
    Some(Family {
        workload,
        preset,
        way: of_way,
        metric,
        margin,
        members,
        values,
        pairs,
        split,
        ranks,
        letters,
    })
}

/// The margin of a case, from its A/A, whoever was executed twice in it.
pub(crate) fn margin(matter: &Matter<'_>, workload: &str, preset: &str, metric: &str) -> f64 {
    let twin = matter.twins.iter().find(|(id, _)| {
        let CaseId { workload: w, preset: p, .. } = key::parts(id);
        w == workload && p == preset
    });
    let both = twin.and_then(|(id, twin)| Some((twin, matter.good.get(id)?)));
    both.map_or(LEAST_MARGIN, |(twin, own)| {
        verdict::margin(&of_metric(twin, metric), &of_metric(own, metric))
    })
}

/// The pairs that are decided by the whole run and not alike by each of its
/// parts.
fn split(run: &RunFile, values: &[Rounds], pairs: &[Pair], margin: f64) -> BTreeSet<usize> {
    let agrees = |pair: &Pair, part: u64| {
        let of_part = |rounds: &Rounds| -> Rounds {
            rounds.iter().filter(|(round, _)| run.part(*round) == part).copied().collect()
        };
        let logs = log_ratios(&of_part(&values[pair.a]), &of_part(&values[pair.b]));
        let Some(part) = centre(&logs, ALPHA) else { return false };
        match pair.verdict {
            Verdict::Lower => part.high < 0.0,
            Verdict::Higher => part.low > 0.0,
            Verdict::Equivalent => part.centre.abs() <= margin.ln(),
            Verdict::Undecided => true,
        }
    };
    if run.parts < 2 {
        return BTreeSet::new();
    }
    let disagree = |pair: &Pair| (1..=run.parts).any(|part| !agrees(pair, part));
    pairs.iter().enumerate().filter(|(_, pair)| disagree(pair)).map(|(place, _)| place).collect()
}

/// Members in the order of their medians.
fn best_first(values: &[Rounds], more: bool) -> Vec<usize> {
    let median = |rounds: &Rounds| {
        let values: Vec<f64> = rounds.iter().map(|(_, value)| *value).collect();
        triathlon_statistics::median(&values).unwrap_or(f64::INFINITY)
    };
    let mut order: Vec<(usize, f64)> = values.iter().map(median).enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    if more {
        order.reverse();
    }
    order.into_iter().map(|(member, _)| member).collect()
}

/// One member against another, seen from the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// The pair, with the first in the place of `a`.
    pub(crate) pair: Pair,
    /// Whether parts of the run disagree.
    pub(crate) split: bool,
    /// Smallest ratio above 1 that would have been found.
    pub(crate) detectable: Option<f64>,
}

impl Family<'_> {
    /// A member against another; nothing if one of them is none.
    pub(crate) fn seen(&self, of: &str, to: &str) -> Option<Seen> {
        let place = |id: &str| self.members.iter().position(|member| *member == id);
        let (of, to) = (place(of)?, place(to)?);
        let (a, b) = (of.min(to), of.max(to));
        let at = self.pairs.iter().position(|pair| (pair.a, pair.b) == (a, b))?;
        let pair = self.pairs[at];
        let logs = log_ratios(&self.values[of], &self.values[to]);
        Some(Seen {
            pair: if of < to { pair } else { turned(pair) },
            split: self.split.contains(&at),
            detectable: self.detectable(&logs),
        })
    }

    /// The smallest ratio above 1 between a member and itself that would have been found, by
    /// the values under its second label; nothing for one that is no member.
    pub(crate) fn of_itself(&self, of: &str, twin: &Rounds) -> Option<f64> {
        let place = self.members.iter().position(|member| *member == of)?;
        self.detectable(&log_ratios(twin, &self.values[place]))
    }

    /// What a pair with these log ratios would have shown, at the first of Holm's levels;
    /// nothing in a family without any, which has no level.
    fn detectable(&self, logs: &[f64]) -> Option<f64> {
        let level = ALPHA / self.pairs.len() as f64;
        smallest_difference(logs, level, self.margin).map(text::six_digits)
    }
}

/// The same pair, seen from the other side.
fn turned(pair: Pair) -> Pair {
    Pair {
        a: pair.b,
        b: pair.a,
        ratio: pair.ratio.recip(),
        low: pair.high.recip(),
        high: pair.low.recip(),
        verdict: match pair.verdict {
            Verdict::Lower => Verdict::Higher,
            Verdict::Higher => Verdict::Lower,
            same => same,
        },
        ..pair
    }
}
