//! Time against memory: per category, the geometric mean of both for each
//! contestant, as ratios to the reference over the same cases.

use triathlon_contract::record::RunFile;

use crate::chart::data::who;
use crate::means;
use crate::status::Status;
use crate::summary::Cell;

/// Fewest cases, and fewest contestants, that make a picture.
const LEAST: usize = 2;

/// One category. Means are comparable with each other: they are over the cases
/// that all of `contestants` have.
pub(crate) struct Trade<'a> {
    pub(crate) category: &'a str,
    /// Cases behind each mean.
    pub(crate) cases: usize,
    /// Cases that the category has, without open loops.
    pub(crate) planned: usize,
    /// Whether the category has open loops, whose time is the schedule's.
    pub(crate) open: bool,
    /// What the means are of, the reference's too, in the order of the plan.
    pub(crate) cells: Vec<&'a Cell>,
    /// In the order of the run; the reference is one of them.
    pub(crate) contestants: Vec<Contestant<'a>>,
    /// Who lacks more than half of the cases.
    pub(crate) left_out: Vec<LeftOut<'a>>,
}

/// A contestant in its plain way.
pub(crate) struct Contestant<'a> {
    pub(crate) who: &'a str,
    /// Place among all contestants of the run.
    pub(crate) place: usize,
    pub(crate) elapsed: Mean,
    pub(crate) memory: Mean,
}

/// Over cases, of the median of the ratio per round.
#[derive(Clone, Copy)]
pub(crate) struct Mean {
    /// Geometric mean.
    pub(crate) ratio: f64,
    /// Lowest case.
    pub(crate) least: f64,
    /// Highest case.
    pub(crate) most: f64,
}

impl Mean {
    fn of(ratios: &[f64]) -> Self {
        let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
        Self {
            ratio: (sum / ratios.len() as f64).exp(),
            least: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            most: ratios.iter().copied().fold(0.0, f64::max),
        }
    }
}

/// A contestant that has too few of the cases.
pub(crate) struct LeftOut<'a> {
    pub(crate) who: &'a str,
    pub(crate) lacks: usize,
    /// Cases that could be compared.
    pub(crate) of: usize,
    /// Why it lacks them, each with how many.
    pub(crate) why: Vec<(&'static str, usize)>,
}

impl Trade<'_> {
    /// Those beside whom no other has both less time and less memory, the least
    /// time first: the Pareto front.
    pub(crate) fn front(&self) -> Vec<&Contestant<'_>> {
        let less_of_both = |a: &Contestant<'_>, b: &Contestant<'_>| {
            a.elapsed.ratio < b.elapsed.ratio && a.memory.ratio < b.memory.ratio
        };
        let undominated =
            |own: &&Contestant<'_>| !self.contestants.iter().any(|other| less_of_both(other, own));
        let mut front: Vec<&Contestant<'_>> = self.contestants.iter().filter(undominated).collect();
        front.sort_by(|a, b| a.elapsed.ratio.total_cmp(&b.elapsed.ratio));
        front
    }
}

/// The categories in which at least two contestants share at least two cases.
pub(crate) fn trades<'a>(run: &'a RunFile, cells: &'a [Cell]) -> Vec<Trade<'a>> {
    means::categories(run).into_iter().filter_map(|category| of(run, cells, category)).collect()
}

fn of<'a>(run: &'a RunFile, cells: &'a [Cell], category: &'a str) -> Option<Trade<'a>> {
    let cases = cases(run, cells, category);
    // Where the reference has nothing to compare with, nobody has.
    let comparable: Vec<&Case<'_>> = cases.iter().filter(|case| case.is_comparable()).collect();
    let taking_part = |(_, who): &(usize, &str)| cases.iter().any(|case| case.cell(who).is_some());
    let names = run.contestants.iter().map(|contestant| contestant.who.as_str());
    let (left_out, shown): (Vec<_>, Vec<_>) = names
        .enumerate()
        .filter(taking_part)
        .partition(|(_, who)| 2 * lacking(&comparable, who).len() > comparable.len());
    let by_all = |case: &&&Case<'_>| shown.iter().all(|(_, who)| case.ratios(who).is_some());
    let shared: Vec<&&Case<'_>> = comparable.iter().filter(by_all).collect();
    if shared.len() < LEAST || shown.len() < LEAST {
        return None;
    }
    let contestant = |(place, who): &(usize, &'a str)| {
        let ratios: Vec<[f64; 2]> = shared.iter().filter_map(|case| case.ratios(who)).collect();
        let of = |metric: usize| {
            Mean::of(&ratios.iter().map(|ratios| ratios[metric]).collect::<Vec<f64>>())
        };
        Contestant { who, place: *place, elapsed: of(0), memory: of(1) }
    };
    let drawn = |cell: &&Cell| shown.iter().any(|(_, name)| who(cell) == *name);
    Some(Trade {
        category,
        cases: shared.len(),
        planned: cases.len(),
        open: run.workloads.iter().any(|workload| workload.open && workload.category == category),
        cells: shared.iter().flat_map(|case| case.cells.iter().copied()).filter(drawn).collect(),
        contestants: shown.iter().map(contestant).collect(),
        left_out: left_out.iter().map(|(_, who)| missing(&comparable, who)).collect(),
    })
}

/// A case with its cells in the plain way.
struct Case<'a> {
    workload: &'a str,
    preset: &'a str,
    cells: Vec<&'a Cell>,
}

impl Case<'_> {
    fn cell(&self, name: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| who(cell) == name).copied()
    }

    /// Elapsed and peak memory of a contestant over those of the reference.
    fn ratios(&self, name: &str) -> Option<[f64; 2]> {
        let cell = self.cell(name)?;
        match cell.reference {
            None => self.is_comparable().then_some([1.0; 2]),
            Some(_) => ratios(cell),
        }
    }

    /// Whether anybody has ratios here.
    fn is_comparable(&self) -> bool {
        self.cells.iter().any(|cell| ratios(cell).is_some())
    }
}

/// None where the elapsed time may be the server's, and for the reference.
fn ratios(cell: &Cell) -> Option<[f64; 2]> {
    let ratio = |metric: &str| {
        let median = cell.ratio_to_reference.get(metric)?.median;
        Some(median).filter(|median| *median > 0.0)
    };
    if cell.ratio_limited { None } else { Some([ratio("elapsed_s")?, ratio("peak_rss_bytes")?]) }
}

/// The cases of a category without open loops, in the order of the plan.
fn cases<'a>(run: &RunFile, cells: &'a [Cell], category: &str) -> Vec<Case<'a>> {
    let mut cases: Vec<Case<'a>> = Vec::new();
    let closed = |name: &str| {
        let workload = run.workloads.iter().find(|workload| workload.name == name);
        workload.is_some_and(|workload| !workload.open && workload.category == category)
    };
    for cell in cells.iter().filter(|cell| cell.way.is_empty() && closed(&cell.workload)) {
        let same =
            |case: &&mut Case<'_>| case.workload == cell.workload && case.preset == cell.preset;
        match cases.iter_mut().find(same) {
            Some(case) => case.cells.push(cell),
            None => cases.push(Case {
                workload: &cell.workload,
                preset: &cell.preset,
                cells: vec![cell],
            }),
        }
    }
    cases
}

/// Why a contestant lacks each case that it lacks.
fn lacking(cases: &[&Case<'_>], who: &str) -> Vec<&'static str> {
    let why = |case: &&Case<'_>| match case.cell(who) {
        None => "not planned",
        Some(cell) => match cell.status {
            Status::Valid | Status::Degraded if cell.ratio_limited => "pair-limited",
            Status::Valid | Status::Degraded => "no ratio",
            status => status.name(),
        },
    };
    cases.iter().filter(|case| case.ratios(who).is_none()).map(why).collect()
}

fn missing<'a>(cases: &[&Case<'_>], who: &'a str) -> LeftOut<'a> {
    let lacking = lacking(cases, who);
    let mut why: Vec<(&'static str, usize)> = Vec::new();
    for reason in &lacking {
        match why.iter_mut().find(|(known, _)| known == reason) {
            Some((_, count)) => *count += 1,
            None => why.push((reason, 1)),
        }
    }
    LeftOut { who, lacks: lacking.len(), of: cases.len(), why }
}
