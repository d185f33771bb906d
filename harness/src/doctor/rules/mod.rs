//! The rules, each a pure function of the facts, by subject.
//!
//! A rule leaves the name of its check empty: the list of checks has it.

pub(super) mod clock;
pub(super) mod cpu;
pub(super) mod limits;
pub(super) mod load;
pub(super) mod memory;
pub(super) mod network;
pub(super) mod speed;
pub(super) mod system;

use triathlon_contract::record::{Finding, Level};

/// As it should be: what was found and what it means.
fn ok(found: impl Into<String>, means: &str) -> Finding {
    finding(Level::Ok, found, means, "")
}

/// To know: what was found, what it means, what to do.
fn note(found: impl Into<String>, means: &str, advice: &str) -> Finding {
    finding(Level::Note, found, means, advice)
}

/// Makes figures worse.
fn warning(found: impl Into<String>, means: &str, advice: &str) -> Finding {
    finding(Level::Warning, found, means, advice)
}

/// A run would fail or be invalid.
fn problem(found: impl Into<String>, means: &str, advice: &str) -> Finding {
    finding(Level::Problem, found, means, advice)
}

/// Nothing is known, and what would be meant by it.
fn unreadable(means: &str) -> Finding {
    note("not readable here", means, "")
}

fn finding(level: Level, found: impl Into<String>, means: &str, advice: &str) -> Finding {
    Finding {
        check: String::new(),
        level,
        found: found.into(),
        means: means.to_string(),
        advice: advice.to_string(),
        figures: std::collections::BTreeMap::new(),
    }
}

/// The finding with figures; units are in their names.
fn with<const N: usize>(mut finding: Finding, figures: [(&str, f64); N]) -> Finding {
    finding.figures.extend(figures.map(|(name, value)| (name.to_string(), value)));
    finding
}

/// `1.5 GiB`, `312 MiB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..0x4000_0000 => format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20)),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

#[cfg(test)]
mod tests_limits;
#[cfg(test)]
mod tests_speed;

/// What a rule says of the quiet machine with one change: its level, and words
/// that are in it.
#[cfg(test)]
fn check(
    rule: fn(&super::facts::Facts) -> Finding,
    change: impl FnOnce(&mut super::facts::Facts),
    level: Level,
    words: &[&str],
) {
    let mut facts = super::facts::Facts::quiet();
    change(&mut facts);
    let finding = rule(&facts);
    let Finding { found, means, advice, .. } = &finding;
    assert_eq!(finding.level, level, "{finding:?}");
    let text = format!("{found}\n{means}\n{advice}");
    for word in words {
        assert!(text.contains(word), "no {word:?} in {text}");
    }
    assert!(means.ends_with('.') && !means.contains(".."), "{means}");
    assert_eq!(advice.is_empty(), level == Level::Ok, "{finding:?}");
    assert!(!text.contains("  "), "{text:?}");
}
