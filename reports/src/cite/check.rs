//! Whether a citation says what its run gives.

use std::path::Path;

use anyhow::Result;
use triathlon_contract::CaseId;

use super::{Asked, Format, cite, known};

/// What was found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// A case's id or an anchor.
    pub id: String,
    /// Words with a digit that are the same: figures, dates, ids, the checksum.
    pub numbers: usize,
}

/// Compares a citation, in whatever format and however its lines were broken, with what
/// the run's records give: every word that has a digit and every verdict must be the same,
/// in its place. The inner error, one sentence, says what is not.
///
/// # Errors
/// As [`crate::render`].
pub fn check(run_dir: &Path, citation: &str) -> Result<Result<Found, String>> {
    let id = match id(citation) {
        Ok(id) => id,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let metric = id.parse::<CaseId>().ok().and_then(|_| metric(citation));
    let asked = Asked { id: &id, metric: metric.as_deref(), format: format(citation) };
    let own = match cite(run_dir, &asked)? {
        Ok(own) => own,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let (said, given) = (decisive(citation), decisive(&own));
    let differs = said.iter().zip(&given).find(|(said, given)| said != given);
    if let Some((said, given)) = differs {
        return Ok(Err(format!("the citation of {id} says {said} where the records give {given}")));
    }
    if said.len() != given.len() {
        let (said, given) = (said.len(), given.len());
        return Ok(Err(format!(
            "the citation of {id} has {said} numbers and verdicts where the records give {given}: \
             something was left out or added"
        )));
    }
    let numbers = said.iter().filter(|word| has_digit(word)).count();
    Ok(Ok(Found { id, numbers }))
}

/// The run that a citation names, if it names one.
pub fn run_named(citation: &str) -> Option<String> {
    let words = words(citation);
    let place = words.iter().find(|word| is_run(word.split('#').next().unwrap_or_default()))?;
    place.split('#').next().map(str::to_string)
}

/// `20261125T122950Z-19fed071-d054cd86-20d1e550`.
fn is_run(word: &str) -> bool {
    let stamp = word.get(..17).unwrap_or_default();
    let shape = stamp.char_indices().all(|(at, c)| match at {
        8 => c == 'T',
        15 => c == 'Z',
        16 => c == '-',
        _ => c.is_ascii_digit(),
    });
    stamp.len() == 17 && shape
}

/// The case, or the anchor behind the run's name, or the run.
fn id(citation: &str) -> Result<String, String> {
    let words = words(citation);
    let cell = |word: &&String| {
        let workload = word.split('/').next().unwrap_or_default();
        workload.contains('@') && word.parse::<CaseId>().is_ok()
    };
    let run = words.iter().find(|word| is_run(word));
    let Some(run) = run else {
        return Err("that is no citation: it names no run".to_string());
    };
    match run.split_once('#') {
        Some((_, anchor)) if anchor.starts_with("cell-") => {
            let case = words.iter().find(cell).cloned();
            case.ok_or_else(|| "the citation names no case".to_string())
        }
        Some((_, anchor)) => Ok(anchor.to_string()),
        None => Ok("run".to_string()),
    }
}

/// The metric that a citation of a case names.
fn metric(citation: &str) -> Option<String> {
    words(citation).into_iter().find(|word| known(word))
}

fn format(citation: &str) -> Format {
    match citation.trim_start().chars().next() {
        Some('@') => Format::Bibtex,
        Some('[' | '{') => Format::Csl,
        Some('*') => Format::Markdown,
        _ => Format::Text,
    }
}

/// The words without what formats put around them.
fn words(citation: &str) -> Vec<String> {
    let plain: String = citation
        .chars()
        .filter(|c| *c != '\\')
        .map(|c| if "[](){}<>,;\"'`*–—×".contains(c) { ' ' } else { c })
        .collect();
    let words = plain.split_whitespace().map(|word| word.trim_end_matches(['.', ':']));
    words.filter(|word| !word.is_empty()).map(str::to_string).collect()
}

/// Words that say how something was decided, of a case and of a claim.
const VERDICTS: [&str; 12] = [
    "supported",
    "refuted",
    "undecided",
    "measured",
    "equivalent",
    "faster",
    "slower",
    "shorter",
    "longer",
    "fewer",
    "less",
    "more",
];

/// The words that a citation stands for: numbers and verdicts.
fn decisive(citation: &str) -> Vec<String> {
    let decides = |word: &String| has_digit(word) || VERDICTS.contains(&word.as_str());
    words(citation).into_iter().filter(decides).collect()
}

fn has_digit(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{VERDICTS, decisive, format, id, metric, run_named};
    use crate::cite::Format;

    const RUN: &str = "20261122T170501Z-0a1b2c3d-9f8e7d6c-42";

    #[test]
    fn what_a_citation_names() {
        let text =
            format!("cpu@fine/rayon: CPU (cpu_us_per_op) 0.93. Run {RUN}#cell-cpu.fine_rayon, x");
        assert_eq!(id(&text).as_deref(), Ok("cpu@fine/rayon"));
        assert_eq!(metric(&text).as_deref(), Some("cpu_us_per_op"));
        assert_eq!(run_named(&text).as_deref(), Some(RUN));
        let tex = text.replace('_', "\\_").replace('#', "\\#");
        assert_eq!(id(&tex).as_deref(), Ok("cpu@fine/rayon"));
        assert_eq!(metric(&tex).as_deref(), Some("cpu_us_per_op"));
        assert_eq!(id(&format!("all of it, run {RUN}, x")).as_deref(), Ok("run"));
        assert_eq!(id(&format!("run {RUN}#figure-cpu")).as_deref(), Ok("figure-cpu"));
        assert!(id("no run at all").is_err() && run_named("20261122T170501").is_none());
    }

    #[test]
    fn formats_are_told_by_their_first_character() {
        assert_eq!(format(" @misc{"), Format::Bibtex);
        assert_eq!(format("[\n {"), Format::Csl);
        assert_eq!(format("**a**: b"), Format::Markdown);
        assert_eq!(format("a@b/c: d"), Format::Text);
    }

    #[test]
    fn numbers_and_verdicts_survive_broken_lines_and_marks() {
        let one = "a 0.93 × [0.9–1.1] (n = 6, slower), `ab12` ≥ 2 ×: **refuted**.";
        let want = ["0.93", "0.9", "1.1", "6", "slower", "ab12", "2", "refuted"];
        assert_eq!(decisive(one), want);
        assert_eq!(decisive(&one.replace(' ', "\n")), want);
    }

    /// Whatever a verdict is called, its word is compared.
    #[test]
    fn every_verdict_has_its_word_among_those_that_are_compared() {
        use crate::metrics::COMPARED;
        use crate::summary::{Finding, Word};
        let of_cells = COMPARED.into_iter().flat_map(|metric| {
            [Word::Lower, Word::Higher, Word::Equivalent, Word::Undecided]
                .map(|word| crate::verdicts::word(metric, word))
        });
        for words in of_cells.chain(Finding::ALL.map(Finding::words)) {
            let last = words.split(' ').next_back().unwrap();
            assert!(VERDICTS.contains(&last), "{words}");
        }
    }
}
