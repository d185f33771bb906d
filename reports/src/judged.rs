//! What the families say of a cell, for the summary.

use std::collections::BTreeMap;

use triathlon_statistics::verdict::Verdict;

use crate::family::{Family, Seen};
use crate::summary::{Against, Cell, FamilyPart, Standing};
use crate::text;

/// Against the reference, and the standing, each by metric.
pub(crate) type Judged = (BTreeMap<String, Against>, BTreeMap<String, Standing>);

/// What the families say of a cell, by metric.
pub(crate) fn judged(cell: &Cell, families: &[Family<'_>]) -> Judged {
    let mut judged = Judged::default();
    for family in families {
        let Some(place) = family.members.iter().position(|id| *id == cell.id) else { continue };
        let (best, worst) = family.ranks[place];
        let (of, letters) = (family.members.len(), family.letters[place].clone());
        judged.1.insert(family.metric.to_string(), Standing { best, worst, of, letters });
        if let Some(against) = cell.reference.as_ref().and_then(|to| against(family, cell, to)) {
            judged.0.insert(family.metric.to_string(), against);
        }
    }
    judged
}

fn against(family: &Family<'_>, cell: &Cell, reference: &str) -> Option<Against> {
    let Seen { pair, split, detectable } = family.seen(&cell.id, reference)?;
    let [ratio, low, high, confidence, p, p_holm, margin] =
        [pair.ratio, pair.low, pair.high, pair.confidence, pair.p, pair.p_holm, family.margin]
            .map(text::six_digits);
    Some(Against {
        verdict: pair.verdict.into(),
        ratio,
        low,
        high,
        confidence,
        n: pair.n,
        p,
        p_holm,
        margin,
        smallest_difference: detectable,
        parts_disagree: split,
    })
}

/// How many pairs a family has, and how many are decided.
pub(crate) fn family_part(family: &Family<'_>) -> FamilyPart {
    let count = |wanted: &[Verdict]| {
        family.pairs.iter().filter(|pair| wanted.contains(&pair.verdict)).count()
    };
    FamilyPart {
        workload: family.workload.to_string(),
        preset: family.preset.to_string(),
        way: family.way.to_string(),
        metric: family.metric.to_string(),
        margin: text::six_digits(family.margin),
        members: family.members.len(),
        pairs: family.pairs.len(),
        decided: count(&[Verdict::Lower, Verdict::Higher]),
        equivalent: count(&[Verdict::Equivalent]),
        split: family.split.len(),
    }
}
