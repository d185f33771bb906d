//! The four ways in which a citation is written. `page.js` has the same four, in the
//! same order; `scripts/browser/cite.mjs` compares their bytes.

use serde::Serialize;

use super::{Claim, Origin};

/// How a citation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line.
    Text,
    /// One paragraph.
    Markdown,
    /// An entry for BibTeX or biber.
    Bibtex,
    /// CSL-JSON, for Zotero, pandoc and others.
    Csl,
}

impl Format {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Text, Self::Markdown, Self::Bibtex, Self::Csl];
}

/// The citation of a claim, with a line feed at its end.
pub(super) fn citation(origin: &Origin, claim: &Claim, format: Format) -> String {
    let warning = warning(origin, claim);
    match format {
        Format::Text => text(origin, claim, &warning),
        Format::Markdown => markdown(origin, claim, &warning),
        Format::Bibtex => bibtex(origin, claim, &warning),
        Format::Csl => csl(origin, claim, &warning),
    }
}

/// Why it is not to be cited; empty if it may be.
fn warning(origin: &Origin, claim: &Claim) -> String {
    let own = claim.warning.as_deref().unwrap_or("");
    let both: Vec<&str> =
        [&*origin.warning, own].into_iter().filter(|one| !one.is_empty()).collect();
    both.join("; ")
}

/// `20261125T…#cell-…`.
fn place(origin: &Origin, claim: &Claim) -> String {
    match claim.anchor.as_str() {
        "" => origin.run.clone(),
        anchor => format!("{}#{anchor}", origin.run),
    }
}

fn text(origin: &Origin, claim: &Claim, warning: &str) -> String {
    let Origin { suite, machine, commit, date, records, .. } = origin;
    let Claim { name, words, .. } = claim;
    let place = place(origin, claim);
    let line = format!(
        "{name}: {words}. Triathlon, suite {suite}, run {place}, {date}, on {machine}, commit \
         {commit}, SHA-256 of the records {records}.\n"
    );
    match warning {
        "" => line,
        why => format!("{line}Not to be cited as a result: {why}.\n"),
    }
}

fn markdown(origin: &Origin, claim: &Claim, warning: &str) -> String {
    let Origin { suite, date, commit, records, .. } = origin;
    let (name, words) = (marked(&claim.name), marked(&claim.words));
    let (machine, place) = (marked(&origin.machine), code(&place(origin, claim)));
    let (commit, records) = (code(commit), code(records));
    let (suite, date) = (marked(suite), marked(date));
    let line = format!(
        "**{name}**: {words}. Triathlon, suite {suite}, run {place}, {date}, on {machine}, commit \
         {commit}, SHA-256 of the records {records}.\n"
    );
    match warning {
        "" => line,
        why => format!("{line}\n> **Not to be cited as a result**: {}.\n", marked(why)),
    }
}

/// Text that Markdown takes as it stands.
fn marked(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '<' | '|') {
            out.push('\\');
        }
        out.push(c);
    }
    out.replace("](", "]\\(")
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

fn bibtex(origin: &Origin, claim: &Claim, warning: &str) -> String {
    let month = origin.date.get(5..7).and_then(|month| month.parse::<usize>().ok());
    let month = month.and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    let month = month.map_or(String::new(), |month| format!("  month = {month},\n"));
    let year = braced(origin.date.get(..4).unwrap_or(""));
    let title = braced(&format!("{}: {}", claim.name, claim.words));
    let (key, place) = (key(origin, claim), braced(&place(origin, claim)));
    let note = braced(&note(origin, warning));
    let suite = braced(&origin.suite);
    format!(
        "@misc{{{key},\n  author = {{{{Triathlon}}}},\n  title = {{{title}}},\n  year = {{{year}}},\n\
         {month}  howpublished = {{Triathlon, suite {suite}, run {place}}},\n  note = {{{note}}},\n}}\n"
    )
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// What identifies the citation in a list of others.
fn key(origin: &Origin, claim: &Claim) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || "-_.:".contains(c) { c } else { '-' };
    let key = match claim.anchor.as_str() {
        "" => format!("triathlon:{}", origin.run),
        anchor => format!("triathlon:{}:{anchor}", origin.run),
    };
    key.chars().map(kept).collect()
}

/// Machine, commit, checksum and warning, as one sentence each.
fn note(origin: &Origin, warning: &str) -> String {
    let Origin { machine, commit, date, records, .. } = origin;
    let note = format!("{date}, on {machine}, commit {commit}, SHA-256 of the records {records}.");
    match warning {
        "" => note,
        why => format!("{note} Not to be cited as a result: {why}."),
    }
}

/// Text that TeX takes as it stands.
fn braced(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            other => out.push(other),
        }
    }
    out
}

#[derive(Serialize)]
struct Item {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    author: [Author; 1],
    issued: Issued,
    publisher: String,
    number: String,
    note: String,
}

#[derive(Serialize)]
struct Author {
    literal: &'static str,
}

#[derive(Serialize)]
struct Issued {
    #[serde(rename = "date-parts")]
    date_parts: [Vec<u32>; 1],
}

fn csl(origin: &Origin, claim: &Claim, warning: &str) -> String {
    let date = origin.date.split('-').filter_map(|part| part.parse().ok());
    let item = Item {
        id: key(origin, claim),
        kind: "dataset",
        title: format!("{}: {}", claim.name, claim.words),
        author: [Author { literal: "Triathlon" }],
        issued: Issued { date_parts: [date.collect()] },
        publisher: format!("Triathlon, suite {}", origin.suite),
        number: place(origin, claim),
        note: note(origin, warning),
    };
    // Strings and whole numbers: there is nothing that could not be written.
    serde_json::to_string_pretty(&[item]).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Format, braced, citation, marked};
    use crate::cite::{Claim, Origin};

    fn origin(warning: &str) -> Origin {
        Origin {
            run: "20261122T170501Z-0a1b2c3d-9f8e7d6c-42".to_string(),
            suite: "3".to_string(),
            machine: "2 CPUs, AMD_EPYC & more".to_string(),
            commit: "0a1b2c3d".to_string(),
            date: "2026-11-22".to_string(),
            records: "ab".repeat(32),
            warning: warning.to_string(),
        }
    }

    fn claim() -> Claim {
        Claim {
            anchor: "cell-cpu.fine_rayon".to_string(),
            name: "cpu@fine/rayon".to_string(),
            words: "CPU time per job (cpu_us_per_op) 0.932 × x [0.9–1.1] (range, n = 6)"
                .to_string(),
            warning: None,
        }
    }

    #[test]
    fn a_text_is_one_line_and_has_everything() {
        let text = citation(&origin(""), &claim(), Format::Text);
        assert_eq!(
            text,
            "cpu@fine/rayon: CPU time per job (cpu_us_per_op) 0.932 × x [0.9–1.1] (range, n = 6). \
             Triathlon, suite 3, run 20261122T170501Z-0a1b2c3d-9f8e7d6c-42#cell-cpu.fine_rayon, \
             2026-11-22, on 2 CPUs, AMD_EPYC & more, commit 0a1b2c3d, SHA-256 of the records \
             abababababababababababababababababababababababababababababababab.\n"
        );
    }

    #[test]
    fn every_format_warns() {
        for format in Format::ALL {
            let without = citation(&origin(""), &claim(), format);
            assert!(!without.contains("Not to be cited"), "{without}");
            let own = Claim { warning: Some("one".to_string()), ..claim() };
            let with = citation(&origin("smoke"), &own, format);
            assert!(with.contains("Not to be cited as a result"), "{with}");
            assert!(with.contains("smoke; one."), "{with}");
        }
    }

    #[test]
    fn bibtex_and_csl_are_what_their_readers_take() {
        let bibtex = citation(&origin("100 % & more"), &claim(), Format::Bibtex);
        assert!(bibtex.starts_with("@misc{triathlon:2026"), "{bibtex}");
        assert!(bibtex.contains("(cpu\\_us\\_per\\_op)") && bibtex.contains("  month = nov,\n"));
        assert!(bibtex.contains("AMD\\_EPYC \\& more") && bibtex.contains("100 \\% \\& more"));
        let depth = bibtex.replace("\\{", "").replace("\\}", "");
        assert_eq!(depth.matches('{').count(), depth.matches('}').count(), "{bibtex}");
        let csl: serde_json::Value =
            serde_json::from_str(&citation(&origin(""), &claim(), Format::Csl)).unwrap();
        assert_eq!(csl[0]["issued"]["date-parts"], serde_json::json!([[2026, 11, 22]]));
        assert_eq!(csl[0]["type"], "dataset");
    }

    #[test]
    fn outside_text_stays_text() {
        assert_eq!(marked("a_b*c<d>[x](y)"), "a\\_b\\*c\\<d>[x]\\(y)");
        assert_eq!(
            braced("50 % of {a}\\~^"),
            "50 \\% of \\{a\\}\\textbackslash{}\\textasciitilde{}\\textasciicircum{}"
        );
    }
}
