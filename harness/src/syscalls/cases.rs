//! Which cases are counted.

use triathlon_contract::record::Placement;
use triathlon_contract::{Case, Limits};

use crate::Result;
use crate::selection::{self, Scope, Selected, Selection};

/// Workloads whose headlines are counted where nothing is named.
const HEADLINES: [&str; 8] =
    ["fan-out", "request-loop", "connect", "files", "websocket", "query", "spawn", "ring"];

/// What is counted besides: presets of workloads whose headlines have no laps, or that have none.
const BESIDES: [&str; 2] = ["^lock@w8-0us/[^:]+$", "^sleepers@late-1ms-n1000/"];

/// Parameters in which presets differ that are the same work but for the server's delay: laps
/// follow from how long one takes.
const OF_DELAY: [&str; 2] = ["delay_us", "laps"];

/// The cases that match one of the filters; without any, headlines of most workloads, and in
/// the place of one whose server answers at once the same work with the shortest delay that
/// there is.
///
/// # Errors
/// A usage failure for an expression that does not parse or matches nothing.
pub fn select(filters: &[String], placement: &Placement, limits: Limits) -> Result<Vec<Selected>> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_string()).collect();
    if !filters.is_empty() {
        let selection = Selection { filters: filters.to_vec(), ..Selection::default() };
        return selection.cases(placement, limits);
    }
    let workloads = owned(&HEADLINES);
    let headlines = Selection { workloads, scope: Scope::Headlines, ..Selection::default() };
    let besides = Selection { filters: owned(&BESIDES), ..Selection::default() };
    let all = selection::all(placement, limits);
    let headlines = headlines.cases(placement, limits)?.into_iter();
    let mut cases: Vec<Selected> = headlines
        .filter(|selected| !selected.case.thorough)
        .map(|selected| with_delay(&selected, &all).cloned().unwrap_or(selected))
        .collect();
    let is_own = |selected: &Selected| crate::contestants::find(selected.contestant.name).is_some();
    cases.extend(besides.cases(placement, limits)?.into_iter().filter(is_own));
    Ok(cases)
}

/// The same work of the same contestant with the shortest delay; nothing for a case that has
/// one, and where there is no such preset.
///
/// A tracer hides calls where the answer comes at once: it is there before a traced process
/// waits for it.
fn with_delay<'a>(selected: &Selected, all: &'a [Selected]) -> Option<&'a Selected> {
    let who = |of: &Selected| {
        let id = &of.case.id;
        (id.workload.clone(), id.who(), id.way.clone())
    };
    let same = |other: &&Selected| {
        who(other) == who(selected) && rest(&other.case) == rest(&selected.case)
    };
    let delayed = all.iter().filter(|other| !other.case.delay().is_zero());
    delayed
        .filter(same)
        .min_by_key(|other| other.case.delay())
        .filter(|_| selected.case.answered_at_once())
}

/// A spec without what depends on the delay.
fn rest(case: &Case) -> Vec<(&'static str, u64)> {
    let own = case.parameters.iter().filter(|(name, _)| !OF_DELAY.contains(name));
    own.copied().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use triathlon_contract::Limits;

    use super::{rest, select};
    use crate::machine::two_cpus;
    use crate::selection::{self, Selected};

    const LIMITS: Limits =
        Limits { descriptors: 20_000, threads: 16_000, ports: 28_232, ..Limits::NONE };

    fn ids(filters: &[&str]) -> Vec<String> {
        let filters: Vec<String> = filters.iter().map(|filter| (*filter).to_string()).collect();
        let cases = select(&filters, &two_cpus(), LIMITS).unwrap();
        cases.into_iter().map(|selected| selected.case.id.to_string()).collect()
    }

    #[test]
    fn whose_server_answers_at_once_is_known() {
        let all = selection::all(&two_cpus(), LIMITS);
        let check = |preset: &str, want: bool| {
            let of = |selected: &&Selected| selected.case.id.what() == preset;
            let mut own = all.iter().filter(of).peekable();
            assert!(own.peek().is_some(), "no preset {preset}");
            assert!(own.all(|one| one.case.answered_at_once() == want), "{preset}");
        };
        check("request-loop@c1-d0", true);
        check("request-loop@c1-d1ms", false);
        check("fan-out@n100", false);
        check("connect@c64", true);
        check("websocket@c64-64b", true);
        check("query@p8-c64-d0", true);
        check("query@p8-c64-d1ms", false);
        // No server takes part, or the contestant is one.
        for preset in ["ring@n100-memory", "files@read-small-c16", "sleepers@n100"] {
            check(preset, false);
        }
        check("serve@crud-n5-10k-1ms-c64", false);
    }

    #[test]
    fn without_a_filter_the_same_work_with_a_delay_is_counted() {
        let ids = ids(&[]);
        let all: HashSet<&String> = ids.iter().collect();
        assert_eq!(all.len(), ids.len(), "every case once");
        for preset in ["request-loop@c64-d1ms", "query@p8-c64-d1ms", "fan-out@n100", "connect@c64"]
        {
            for who in ["blocking", "tokio/multi-thread", "smol/multi-thread"] {
                assert!(ids.contains(&format!("{preset}/{who}")), "{preset}/{who}");
            }
        }
        assert!(!ids.iter().any(|id| id.contains("-d0/")), "{ids:?}");
        // Whoever is left has no such preset.
        let every = selection::all(&two_cpus(), LIMITS);
        for one in select(&[], &two_cpus(), LIMITS).unwrap() {
            let same = |other: &&Selected| {
                other.case.id.workload == one.case.id.workload
                    && !other.case.delay().is_zero()
                    && rest(&other.case) == rest(&one.case)
            };
            let found = every.iter().find(same).map(|other| other.case.id.to_string());
            assert!(!one.case.answered_at_once() || found.is_none(), "{}: {found:?}", one.case.id);
        }
    }

    #[test]
    fn a_filter_gets_what_it_names() {
        let asked = ids(&["^request-loop@c64-d0/blocking$"]);
        assert_eq!(asked, ["request-loop@c64-d0/blocking"]);
    }
}
