//! What of this machine disturbs or limits a run, said before one.
//!
//! [`look`] reads and changes nothing; a rule is a pure function of what was
//! read. What cannot be read is a note, never an error, and never made up.

mod facts;
mod look;
mod needs;
pub(crate) mod parse;
mod rules;
mod text;

use triathlon_contract::SUITE_VERSION;
use triathlon_contract::record::{DoctorFile, Finding, Machine, SCHEMA};

use crate::{build, time};

use facts::Facts;
pub(crate) use look::look;
pub(crate) use text::{count, text};

/// A check: what it is called, and its rule.
type Rule = (&'static str, fn(&Facts) -> Finding);

/// Every check, in the order of the findings.
const RULES: [Rule; 29] = [
    ("build", rules::system::build),
    ("placement", rules::cpu::placement),
    ("quota", rules::cpu::quota),
    ("other-run", rules::load::other_run),
    ("other-processes", rules::load::other_processes),
    ("steal", rules::load::steal),
    ("hypervisor", rules::cpu::hypervisor),
    ("governor", rules::speed::governor),
    ("boost", rules::speed::boost),
    ("throttling", rules::speed::throttling),
    ("battery", rules::speed::battery),
    ("smt", rules::cpu::smt),
    ("mitigations", rules::cpu::mitigations),
    ("clock-source", rules::clock::source),
    ("clock", rules::clock::clock),
    ("timer", rules::clock::timer),
    ("descriptors", rules::limits::descriptors),
    ("threads", rules::limits::threads),
    ("ports", rules::network::ports),
    ("time-wait", rules::network::time_wait),
    ("tcp-tw-reuse", rules::network::reuse),
    ("backlog", rules::network::backlog),
    ("listen-overflows", rules::network::overflows),
    ("memory", rules::memory::free),
    ("swap", rules::memory::swap),
    ("huge-pages", rules::memory::huge_pages),
    ("address-space", rules::memory::address_space),
    ("disk", rules::system::disk),
    ("kernel", rules::system::kernel),
];

/// What every check finds in the facts.
pub(crate) fn judge(facts: &Facts) -> Vec<Finding> {
    let find = |(check, rule): Rule| Finding { check: check.to_string(), ..rule(facts) };
    RULES.map(find).into()
}

/// Findings with what they are about, for programs.
pub(crate) fn file(machine: Machine, findings: Vec<Finding>) -> DoctorFile {
    DoctorFile {
        schema: SCHEMA,
        examined_at: time::utc(time::now_s()),
        suite_version: SUITE_VERSION.to_string(),
        commit: build::COMMIT.to_string(),
        dirty: build::dirty(),
        machine,
        findings,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use triathlon_contract::record::{DoctorFile, Level, Machine};

    use super::facts::Facts;
    use super::{RULES, file, judge};

    #[test]
    fn a_machine_made_for_it_is_ok_in_everything() {
        for finding in judge(&Facts::quiet()) {
            assert_eq!(finding.level, Level::Ok, "{finding:?}");
            assert!(finding.advice.is_empty(), "{finding:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_a_note_and_never_more() {
        let mut unreadable = BTreeSet::new();
        for finding in judge(&Facts::dark()) {
            assert!(finding.level <= Level::Note, "{finding:?}");
            if finding.found == "not readable here" {
                assert_eq!(finding.level, Level::Note, "{finding:?}");
                assert!(finding.figures.is_empty(), "{finding:?}");
                unreadable.insert(finding.check);
            }
        }
        // What this process knows of itself, and what it measures.
        let told = ["build", "placement", "clock"];
        let all = RULES.iter().map(|(check, _)| (*check).to_string());
        let want: BTreeSet<String> = all.filter(|check| !told.contains(&&**check)).collect();
        assert_eq!(unreadable, want);
    }

    #[test]
    fn every_check_has_a_name_of_its_own_and_whole_sentences() {
        let names: BTreeSet<&str> = RULES.iter().map(|(check, _)| *check).collect();
        assert_eq!(names.len(), RULES.len());
        for finding in [Facts::quiet(), Facts::dark()].iter().flat_map(judge) {
            assert!(names.contains(&*finding.check) && !finding.found.is_empty(), "{finding:?}");
            assert!(finding.means.ends_with('.'), "{finding:?}");
        }
    }

    #[test]
    fn the_file_is_what_its_type_reads() {
        let file = file(Machine::default(), judge(&Facts::quiet()));
        let text = serde_json::to_string(&file).unwrap();
        assert_eq!(serde_json::from_str::<DoctorFile>(&text).unwrap(), file);
        assert!(text.starts_with(r#"{"schema":1,"examined_at":""#), "{text}");
        let finding = r#"{"check":"governor","level":"ok","found":"performance","means":""#;
        assert!(text.contains(finding), "{text}");
    }
}
