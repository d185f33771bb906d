//! Which cases a call is about.

use std::collections::HashMap;
use std::path::PathBuf;

use regex::Regex;
use triathlon_contract::record::Placement;
use triathlon_contract::{AnyWorkload, Case, Contestant, Limits, WORKLOADS};

use crate::{Failure, Result, contestants, guests};

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Regular expressions over ids; a case needs to match one of them.
    pub filters: Vec<String>,
    /// Exact names of workloads; empty for all.
    pub workloads: Vec<String>,
    /// Exact names of contestants, with or without flavour; empty for all.
    pub contestants: Vec<String>,
    /// What is meant without a filter.
    pub scope: Scope,
    /// Contestants and the programs that execute them; guests of which none does are
    /// absent.
    pub programs: Vec<(String, PathBuf)>,
}

/// What a selection without filter includes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The usual presets.
    #[default]
    Usual,
    /// The same without what a quick run leaves out.
    Quick,
    /// Headlines alone.
    Headlines,
}

/// A case with the contestant that runs it.
#[derive(Clone)]
pub struct Selected {
    /// The contestant.
    pub contestant: &'static Contestant,
    /// Its flavour.
    pub flavour: &'static str,
    /// The case.
    pub case: Case,
}

impl Selection {
    /// The cases that match, in the order of the page.
    ///
    /// Without a filter these are the presets of the default run; a filter
    /// looks at all presets.
    ///
    /// # Errors
    /// A usage failure for a name that does not exist, an expression that
    /// does not parse, or a selection that is empty.
    pub fn cases(&self, placement: &Placement, limits: Limits) -> Result<Vec<Selected>> {
        let cases = self.matching(placement, limits)?;
        if cases.is_empty() {
            return Err(Failure::usage(format_args!(
                "no case matches {}; `triathlon list cells` shows every id",
                self.described()
            )));
        }
        Ok(cases)
    }

    /// The same, where nothing at all is an answer, too.
    ///
    /// # Errors
    /// A usage failure for a name that does not exist or an expression that
    /// does not parse.
    pub fn matching(&self, placement: &Placement, limits: Limits) -> Result<Vec<Selected>> {
        self.check_names()?;
        let filters = self.expressions()?;
        let matches = |selected: &Selected| {
            let id = &selected.case.id;
            let (text, who) = (id.to_string(), id.who());
            let one_of = |names: &[String], name: &str| {
                names.is_empty() || names.iter().any(|n| n.as_str() == name)
            };
            one_of(&self.workloads, &id.workload)
                && (one_of(&self.contestants, &id.contestant) || self.contestants.contains(&who))
                && match filters.as_slice() {
                    [] => match self.scope {
                        Scope::Usual => selected.case.by_default,
                        Scope::Quick => selected.case.by_default && !selected.case.thorough,
                        Scope::Headlines => selected.case.headline,
                    },
                    filters => filters.iter().any(|filter| filter.is_match(&text)),
                }
        };
        let cases = with_guests(placement, limits, &self.programs);
        Ok(cases.into_iter().filter(matches).collect())
    }

    fn described(&self) -> String {
        let parts = [&self.filters, &self.workloads, &self.contestants];
        let words: Vec<_> = parts.into_iter().flatten().map(|word| format!("{word:?}")).collect();
        words.join(" and ")
    }

    fn expressions(&self) -> Result<Vec<Regex>> {
        self.filters
            .iter()
            .map(|text| {
                Regex::new(text).map_err(|error| {
                    let error = error.to_string();
                    let reason = error.lines().last().unwrap_or("").trim_start_matches("error: ");
                    Failure::usage(format_args!("{text:?} is no regular expression: {reason}"))
                })
            })
            .collect()
    }

    fn check_names(&self) -> Result<()> {
        let workloads: Vec<_> = WORKLOADS.iter().map(|w| w.name.to_string()).collect();
        check("workload", &self.workloads, &workloads)?;
        let mut names: Vec<String> = Vec::new();
        let guests = guests::ALL.iter().map(|guest| guest.contestant);
        for contestant in contestants::ALL.into_iter().chain(guests) {
            names.push(contestant.name.to_string());
            names.extend(contestant.flavours.iter().map(|f| contestants::who(contestant, f)));
        }
        names.dedup();
        check("contestant", &self.contestants, &names)
    }
}

fn check(kind: &str, asked: &[String], known: &[String]) -> Result<()> {
    match asked.iter().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Failure::usage(format_args!(
            "there is no {kind} {name:?}; choose among {}",
            known.join(", ")
        ))),
    }
}

/// Every case of every contestant of this program, in the order of the page: by
/// workload, then preset, then contestant.
pub fn all(placement: &Placement, limits: Limits) -> Vec<Selected> {
    ordered(placement, limits, |_, _| Vec::new())
}

/// The same with the guests, which only a filter includes: absent unless one of
/// `programs` executes them. Of a workload that they never do they have no cases.
pub fn with_guests(
    placement: &Placement,
    limits: Limits,
    programs: &[(String, PathBuf)],
) -> Vec<Selected> {
    ordered(placement, limits, |workload, workers| {
        let of_guest = |guest: &guests::Guest| {
            let missing = guest.missing(programs);
            let mut cases = of_contestant(guest.contestant, workload, workers, limits);
            cases.retain(|selected| !selected.case.source.is_empty());
            for Selected { case, .. } in &mut cases {
                (case.by_default, case.thorough, case.headline) = (false, false, false);
                case.absent = case.absent.take().or(missing.clone());
            }
            cases
        };
        guests::ALL.iter().flat_map(of_guest).collect()
    })
}

fn of_contestant(
    contestant: &'static Contestant,
    workload: &AnyWorkload,
    workers: usize,
    limits: Limits,
) -> Vec<Selected> {
    let of_flavour = |flavour: &&'static str| {
        let flavour = *flavour;
        let cases = (workload.cases)(contestant, &contestants::planning(flavour, workers, limits));
        cases.into_iter().map(move |case| Selected { contestant, flavour, case })
    };
    contestant.flavours.iter().flat_map(of_flavour).collect()
}

/// Why what is about fewer CPUs than there are is not executed where nobody is pinned.
const UNPINNED: &str =
    "it is about fewer CPUs than this process may use, and nobody is pinned here";

/// In the order of the page, with what comes after the contestants of this program.
fn ordered(
    placement: &Placement,
    limits: Limits,
    more: impl Fn(&AnyWorkload, usize) -> Vec<Selected>,
) -> Vec<Selected> {
    let mut cases = Vec::new();
    for workload in WORKLOADS {
        let (set, workers) = placement.of(workload.server);
        let workers = workers as usize;
        let mut of_workload = Vec::new();
        for contestant in contestants::ALL {
            of_workload.extend(of_contestant(contestant, workload, workers, limits));
        }
        of_workload.extend(more(workload, workers));
        if set.is_empty() {
            let fewer = of_workload.iter_mut().filter(|selected| selected.case.cpus.is_some());
            fewer.for_each(|selected| _ = selected.case.absent.get_or_insert(UNPINNED.to_string()));
        }
        let mut places: HashMap<String, usize> = HashMap::new();
        for selected in &of_workload {
            let next = places.len();
            places.entry(selected.case.id.preset.clone()).or_insert(next);
        }
        let place = |selected: &Selected| places.get(&selected.case.id.preset).copied();
        of_workload.sort_by_cached_key(|selected| (place(selected), selected.case.id.way.clone()));
        cases.extend(of_workload);
    }
    cases
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Scope, Selection, all};
    use crate::Failure;
    use crate::machine::two_cpus;
    use triathlon_contract::record::Placement;
    use triathlon_contract::{Case, Limits};

    const LIMITS: Limits =
        Limits { descriptors: 20_000, threads: 16_000, ports: 28_232, ..Limits::NONE };

    fn select(
        filters: &[&str],
        workloads: &[&str],
        contestants: &[&str],
    ) -> crate::Result<Vec<String>> {
        let own = |words: &[&str]| words.iter().map(|w| (*w).to_string()).collect();
        let selection = Selection {
            filters: own(filters),
            workloads: own(workloads),
            contestants: own(contestants),
            scope: Scope::Usual,
            ..Selection::default()
        };
        let cases = selection.cases(&two_cpus(), LIMITS)?;
        Ok(cases.into_iter().map(|selected| selected.case.id.to_string()).collect())
    }

    #[test]
    fn ids_are_unique_and_a_run_without_filter_leaves_some_out() {
        let cases = all(&two_cpus(), LIMITS);
        let ids: HashSet<_> = cases.iter().map(|selected| selected.case.id.to_string()).collect();
        assert_eq!(ids.len(), cases.len());
        assert!(select(&[], &[], &[]).unwrap().len() < cases.len());
    }

    #[test]
    fn what_is_about_one_cpu_needs_pinning() {
        let (placed, together) = (two_cpus(), Placement { alone_workers: 2, ..two_cpus() });
        let together = Placement { alone_cpus: Vec::new(), ..together };
        for (placement, pinned) in [(placed, true), (together, false)] {
            let mut found = 0;
            for selected in all(&placement, LIMITS) {
                let Case { id, cpus: Some(cpus), absent, .. } = &selected.case else { continue };
                found += 1;
                assert_eq!(*cpus, 1, "{id}");
                match absent {
                    None => assert!(pinned, "{id}"),
                    Some(reason) => {
                        let sits_out = ["blocking", "rayon"].contains(&id.contestant.as_str());
                        let told = sits_out || reason.ends_with("nobody is pinned here");
                        assert!(told && (sits_out || !pinned), "{id}: {reason}");
                    }
                }
            }
            assert!(found >= 9, "{found}");
        }
    }

    #[test]
    fn filters_and_names_narrow() {
        let ids = select(&["^fan-out@n10/"], &[], &[]).unwrap();
        assert_eq!(ids[0], "fan-out@n10/blocking");
        assert_eq!(ids.len(), 19);
        let tokio = select(&["^fan-out@n10/"], &[], &["tokio"]).unwrap();
        assert_eq!(tokio.len(), 4);
        let flavour = select(&["@c64-d0/"], &["request-loop"], &["tokio/current-thread"]).unwrap();
        assert_eq!(flavour, ["request-loop@c64-d0/tokio/current-thread"]);
        let by_filter_only = select(&["c8-d10ms"], &[], &[]).unwrap();
        assert_eq!(by_filter_only.len(), 10);
    }

    #[test]
    fn what_does_not_exist_is_one_sentence() {
        let check = |filters: &[&str], workloads: &[&str], contestants: &[&str], want: &str| {
            let failure = select(filters, workloads, contestants).unwrap_err();
            assert!(matches!(failure, Failure::Usage(_)));
            let sentence = failure.to_string();
            assert!(sentence.contains(want) && !sentence.contains('\n'), "{sentence}");
        };
        check(&["("], &[], &[], "no regular expression");
        check(&["nothing-like-it"], &[], &[], "no case matches \"nothing-like-it\"");
        check(&[], &["fan-in"], &[], "there is no workload \"fan-in\"");
        check(&[], &[], &["tokyo"], "there is no contestant \"tokyo\"");
        check(&[], &[], &["tokio/x"], "choose among blocking");
    }
}
