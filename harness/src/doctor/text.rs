//! The findings as text that fits a terminal. Pure; words, no colour.

use triathlon_contract::record::{DoctorFile, Finding, Level};

/// Where text is too narrow for columns, it stands below its heading.
const NARROW: usize = 64;

/// Nothing is narrower.
const LEAST: usize = 20;

/// Columns of the level and of the check.
const LEVEL: usize = 9;
const CHECK: usize = 17;

/// All findings, the worst first, and a last line that counts them.
pub(crate) fn text(file: &DoctorFile, width: usize) -> String {
    let width = width.max(LEAST);
    let mut lines = wrap(&file.machine.class, width);
    lines.push(String::new());
    let mut findings: Vec<&Finding> = file.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    for finding in &findings {
        lines.extend(block(finding, width));
    }
    lines.push(String::new());
    lines.extend(wrap(&count(&file.findings), width));
    lines.join("\n") + "\n"
}

/// `1 problem, 2 warnings, 5 notes, 20 ok`.
pub(crate) fn count(findings: &[Finding]) -> String {
    let levels = [Level::Problem, Level::Warning, Level::Note, Level::Ok];
    let counts = levels.map(|level| {
        let n = findings.iter().filter(|finding| finding.level == level).count();
        let plural = if n == 1 || level == Level::Ok { "" } else { "s" };
        format!("{n} {}{plural}", level.word())
    });
    counts.join(", ")
}

fn block(finding: &Finding, width: usize) -> Vec<String> {
    let Finding { check, level, found, means, advice, .. } = finding;
    let (check, level) = (check.replace('-', " "), level.word());
    let narrow = width < NARROW;
    let indent = if narrow { 2 } else { LEVEL + CHECK };
    let mut body = wrap(found, width - indent);
    body.extend(wrap(means, width - indent));
    if !advice.is_empty() {
        body.extend(wrap(&format!("-> {advice}"), width - indent));
    }
    let mut lines = Vec::new();
    if narrow {
        lines.extend(wrap(&format!("{level}: {check}"), width));
    }
    for (index, line) in body.iter().enumerate() {
        lines.push(match index {
            0 if !narrow => format!("{level:<LEVEL$}{check:<CHECK$}{line}"),
            _ => format!("{:indent$}{line}", ""),
        });
    }
    lines
}

/// Lines of at most `width` characters; a word that is longer is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() <= width {
            line.push(' ');
            used += 1;
        } else if used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        while word.len() > width {
            lines.push(word.drain(..width).collect());
        }
        used += word.len();
        line.extend(word);
    }
    if used > 0 {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{count, text, wrap};
    use crate::doctor::facts::Facts;
    use crate::doctor::{file, judge};
    use triathlon_contract::record::{Level, Machine};

    #[test]
    fn words_are_kept_and_lines_are_short() {
        let check = |text: &str, width, want: &[&str]| assert_eq!(wrap(text, width), want);
        check("", 10, &[]);
        check("one two three", 7, &["one two", "three"]);
        check("one two three", 8, &["one two", "three"]);
        check("a /sys/devices/x b", 6, &["a", "/sys/d", "evices", "/x b"]);
        check("äöü äöü", 3, &["äöü", "äöü"]);
        check("123456", 3, &["123", "456"]);
    }

    #[test]
    fn every_width_holds_and_every_word_is_there() {
        let mut facts = Facts::quiet();
        facts.cpu.governors = vec!["powersave".into()];
        facts.system.optimised = false;
        facts.load.steal = None;
        let class = "2 CPUs (AMD EPYC), 24 GiB, virtual, Linux 6.18".to_string();
        let machine = Machine { class, ..Machine::default() };
        let file = file(machine, judge(&facts));
        for width in [1, 20, 40, 63, 64, 80, 200] {
            let text = text(&file, width);
            let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(longest <= width.max(20), "{longest} columns of {width}:\n{text}");
            assert!(!text.contains('\u{1b}'), "colour in {text:?}");
        }
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text(&file, 80);
        for finding in &file.findings {
            for words in [&finding.means, &finding.advice] {
                assert!(flat(&text).contains(&flat(words)), "{words} in {text}");
            }
        }
        // The worst first.
        let starts: Vec<&str> = text.lines().filter_map(|l| l.split(' ').next()).collect();
        let at = |word| starts.iter().position(|start| *start == word).unwrap();
        assert!(at("problem") < at("warning") && at("warning") < at("note"), "{text}");
        assert!(at("note") < at("ok"), "{text}");
    }

    #[test]
    fn findings_are_counted() {
        let mut findings = judge(&Facts::quiet());
        let all = findings.len();
        findings[0].level = Level::Problem;
        let want = format!("1 problem, 0 warnings, 0 notes, {} ok", all - 1);
        assert_eq!(count(&findings), want);
    }
}
