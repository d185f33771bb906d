//! What the default run asks of a machine. Pure.
//!
//! Nothing is estimated twice: limits are found by asking the plan with which it
//! leaves no case out, connections are those that equal work demands.

use triathlon_contract::record::Placement;
use triathlon_contract::{ColdCache, Limits, registry};

use crate::plan::{Order, Plan};
use crate::selection::{Selected, Selection};
use crate::{Result, contestants, profile};

use super::facts::Needs;

/// No case needs more of anything.
const MOST: u64 = 1 << 20;

const UNLIMITED: Limits =
    Limits { descriptors: u64::MAX, threads: u64::MAX, cold: ColdCache::NotAsked };

/// What the default run needs on a machine with this placement; `limits` are
/// those it has.
///
/// # Errors
/// If a case that runs demands nothing, which is a flaw of the suite.
pub(crate) fn needs(placement: &Placement, limits: Limits) -> Result<Needs> {
    let running = |limits| running(placement, limits);
    let descriptors = |descriptors| running(Limits { descriptors, ..UNLIMITED });
    let threads = |threads| running(Limits { threads, ..UNLIMITED });
    let all = running(UNLIMITED)?;
    let (count, mut at_once, mut most, mut sum) = (all.len() as u64, 0, 0, 0);
    for selected in &all {
        let (connections, peak) = connections(selected, placement)?;
        at_once = at_once.max(peak);
        most = most.max(connections);
        sum += connections;
    }
    let profile = profile::find("default")?;
    let order = Order { rounds: profile.rounds, seed: 0, reversed: false };
    let plan = Plan::new(all, profile, order);
    let minutes = plan.duration().as_secs_f64() / 60.0;
    Ok(Needs {
        cases: count,
        descriptors: least(|limit| Ok(descriptors(limit)?.len() as u64 == count))?,
        threads: least(|limit| Ok(threads(limit)?.len() as u64 == count))?,
        without_descriptors: count - descriptors(limits.descriptors)?.len() as u64,
        without_threads: count - threads(limits.threads)?.len() as u64,
        at_once,
        connections: most,
        in_a_minute: ((sum * profile.rounds) as f64 / minutes) as u64,
        memory_bytes: plan.memory_bytes(),
        disk_bytes: plan.disk_bytes(),
    })
}

/// Default cases that run within limits.
fn running(placement: &Placement, limits: Limits) -> Result<Vec<Selected>> {
    let mut cases = Selection::default().matching(placement, limits)?;
    cases.retain(|selected| selected.case.absent.is_none());
    Ok(cases)
}

/// Connections that an execution opens, and how many of them at once.
fn connections(selected: &Selected, placement: &Placement) -> Result<(u64, u64)> {
    let Selected { contestant, flavour, case } = selected;
    if !case.server {
        return Ok((0, 0));
    }
    let setting = contestants::planning(flavour, placement.of(true).1 as usize, UNLIMITED);
    let workload = registry::workload(&case.id.workload)
        .ok_or_else(|| anyhow::anyhow!("{}: no such workload", case.id))?;
    let expected = (workload.demand)(contestant, &case.id, &setting, case.laps)?.expected;
    Ok((expected.connections, expected.connections.min(expected.peak_high)))
}

/// The least limit that is enough.
fn least(enough: impl Fn(u64) -> Result<bool>) -> Result<u64> {
    let (mut too_little, mut plenty) = (0, MOST);
    while too_little + 1 < plenty {
        let middle = too_little.midpoint(plenty);
        if enough(middle)? {
            plenty = middle;
        } else {
            too_little = middle;
        }
    }
    Ok(plenty)
}

#[cfg(test)]
mod tests {
    use super::{MOST, UNLIMITED, least, needs, running};
    use crate::machine::two_cpus;
    use triathlon_contract::Limits;

    #[test]
    fn the_least_limit_is_found() {
        for want in [1, 2, 5064, MOST - 1] {
            assert_eq!(least(|limit| Ok(limit >= want)).unwrap(), want);
        }
    }

    #[test]
    fn the_default_run_needs_what_its_largest_case_does() {
        let limits = Limits { descriptors: 20_000, threads: 16_000, ..UNLIMITED };
        let needs = needs(&two_cpus(), limits).unwrap();
        // fan-out@n5000 and one warm-up fetch.
        assert_eq!((needs.at_once, needs.connections), (5000, 5001));
        assert!(needs.descriptors > needs.at_once, "{needs:?}");
        assert!((5000..=10_000).contains(&needs.threads), "{needs:?}");
        assert_eq!((needs.without_descriptors, needs.without_threads), (0, 0));
        assert!(needs.cases > 50 && needs.in_a_minute > 1000, "{needs:?}");
        assert!(needs.memory_bytes > 100 << 20 && needs.disk_bytes > 1_000_000, "{needs:?}");
    }

    #[test]
    fn cases_that_limits_leave_out_are_counted() {
        let limits = Limits { descriptors: 1024, threads: 500, ..UNLIMITED };
        let needs = needs(&two_cpus(), limits).unwrap();
        let all = running(&two_cpus(), UNLIMITED).unwrap().len() as u64;
        let here = running(&two_cpus(), limits).unwrap().len() as u64;
        assert!(needs.without_descriptors > 0 && needs.without_threads > 0, "{needs:?}");
        assert!(all - here <= needs.without_descriptors + needs.without_threads, "{needs:?}");
        let (descriptors, threads) = (needs.descriptors, needs.threads);
        let enough = Limits { descriptors, threads, ..UNLIMITED };
        assert_eq!(running(&two_cpus(), enough).unwrap().len() as u64, all);
    }
}
