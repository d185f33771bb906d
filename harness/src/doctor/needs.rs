//! What the default run asks of a machine. Pure.
//!
//! Nothing is estimated twice: limits are found by asking the plan with which it
//! leaves no case out, connections are those that equal work demands.

use std::time::Duration;

use triathlon_contract::record::Placement;
use triathlon_contract::{Limits, registry};

use crate::plan::{Item, Order, Plan};
use crate::selection::{Selected, Selection};
use crate::{Result, contestants, profile};

use super::facts::Needs;

/// No case needs more of anything.
const MOST: u64 = 1 << 20;

const UNLIMITED: Limits = Limits::NONE;

/// How long the side that closed first stays in TIME_WAIT.
///
/// Source: `TCP_TIMEWAIT_LEN` in Linux's `include/net/tcp.h`.
const TIME_WAIT: Duration = Duration::from_secs(60);

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
    let ports = |ports| running(Limits { ports, ..UNLIMITED });
    let opened: Vec<Opened> =
        all.iter().map(|selected| opened(selected, placement)).collect::<Result<_>>()?;
    let most = |of: fn(&Opened) -> u64| opened.iter().map(of).max().unwrap_or(0);
    let count = all.len() as u64;
    let profile = profile::find("default")?;
    let order = Order { rounds: profile.rounds, seed: 0, reversed: false };
    let plan = Plan::new(all, profile, order);
    let executions = plan.executions.iter().map(|planned| {
        let connections = match planned.item {
            Item::Case(index) => opened[index].connections,
            Item::Ceiling(index) => plan.ceilings[index].connections,
        };
        (plan.expected(planned.item), connections)
    });
    let executions: Vec<_> = executions.collect();
    Ok(Needs {
        cases: count,
        descriptors: least(|limit| Ok(descriptors(limit)?.len() as u64 == count))?,
        threads: least(|limit| Ok(threads(limit)?.len() as u64 == count))?,
        without_descriptors: count - descriptors(limits.descriptors)?.len() as u64,
        without_threads: count - threads(limits.threads)?.len() as u64,
        without_ports: count - ports(limits.ports)?.len() as u64,
        at_once: most(|opened| opened.at_once),
        connections: most(|opened| opened.connections),
        to_one_address: most(|opened| opened.to_one_address),
        in_a_minute: busiest(&executions, TIME_WAIT),
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

/// Connections that an execution opens.
#[derive(Default)]
struct Opened {
    connections: u64,
    /// Of them those that are open at once, at most.
    at_once: u64,
    /// Of them those to the address that has most.
    to_one_address: u64,
}

fn opened(selected: &Selected, placement: &Placement) -> Result<Opened> {
    let Selected { contestant, flavour, case } = selected;
    if !case.server {
        return Ok(Opened::default());
    }
    let setting = contestants::planning(flavour, placement.of(true).1 as usize, UNLIMITED);
    let workload = registry::workload(&case.id.workload)
        .ok_or_else(|| anyhow::anyhow!("{}: no such workload", case.id))?;
    let expected = (workload.demand)(contestant, &case.id, &setting, case.laps)?.expected;
    Ok(Opened {
        connections: expected.connections,
        // Of what was given up, the server may count some as in flight a little longer.
        at_once: expected.connections.min(expected.peak_high).min(case.at_once.unwrap_or(u64::MAX)),
        to_one_address: expected.connections.div_ceil(case.addresses),
    })
}

/// Most connections of executions that begin within one such span, as each takes so
/// long and follows the last.
fn busiest(executions: &[(Duration, u64)], span: Duration) -> u64 {
    let (mut most, mut sum, mut length, mut first) = (0, 0, Duration::ZERO, 0);
    for &(takes, connections) in executions {
        // `length` is from the beginning of the first to that of this one.
        while length >= span {
            length -= executions[first].0;
            sum -= executions[first].1;
            first += 1;
        }
        sum += connections;
        length += takes;
        most = most.max(sum);
    }
    most
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
    use super::{MOST, TIME_WAIT, UNLIMITED, busiest, least, needs, running};
    use crate::doctor::facts::Needs;
    use crate::machine::two_cpus;
    use std::time::Duration;
    use triathlon_contract::Limits;

    #[test]
    fn the_least_limit_is_found() {
        for want in [1, 2, 5064, MOST - 1] {
            assert_eq!(least(|limit| Ok(limit >= want)).unwrap(), want);
        }
    }

    #[test]
    fn the_default_run_needs_what_its_largest_case_does() {
        let limits = Limits { descriptors: 20_000, threads: 16_000, ports: 28_232, ..UNLIMITED };
        let needs = needs(&two_cpus(), limits).unwrap();
        // fan-out@n5000, and serve-idle@n10000.
        assert_eq!((needs.at_once, needs.connections), (5000, 10_000));
        // The latter's clients have an address for every 10 000 of them.
        assert_eq!(needs.to_one_address, 10_000);
        assert!(needs.descriptors > needs.at_once, "{needs:?}");
        // sleepers@n10000 and who watches them.
        assert_eq!(needs.threads, 10_002);
        let without = (needs.without_descriptors, needs.without_threads, needs.without_ports);
        assert_eq!(without, (0, 0, 0));
        assert!(needs.cases > 50 && needs.in_a_minute > 1000, "{needs:?}");
        assert!(needs.memory_bytes > 100 << 20 && needs.disk_bytes > 1_000_000, "{needs:?}");
    }

    #[test]
    fn cases_that_limits_leave_out_are_counted() {
        let limits = Limits { descriptors: 1024, threads: 500, ports: 1024, ..UNLIMITED };
        let needs = needs(&two_cpus(), limits).unwrap();
        let all = running(&two_cpus(), UNLIMITED).unwrap().len() as u64;
        let here = running(&two_cpus(), limits).unwrap().len() as u64;
        let without = [needs.without_descriptors, needs.without_threads, needs.without_ports];
        assert!(without.iter().all(|lost| *lost > 0), "{needs:?}");
        assert!(all - here <= without.iter().sum(), "{needs:?}");
        let Needs { descriptors, threads, to_one_address, .. } = needs;
        let enough = Limits { descriptors, threads, ports: to_one_address + 64, ..UNLIMITED };
        assert_eq!(running(&two_cpus(), enough).unwrap().len() as u64, all);
    }

    #[test]
    fn the_busiest_minute_is_that_in_which_most_connections_begin() {
        let check = |executions: &[(u64, u64)], want| {
            let executions: Vec<(Duration, u64)> =
                executions.iter().map(|(s, count)| (Duration::from_secs(*s), *count)).collect();
            assert_eq!(busiest(&executions, TIME_WAIT), want, "{executions:?}");
        };
        check(&[], 0);
        check(&[(1, 5)], 5);
        check(&[(30, 5), (30, 6), (30, 7)], 13);
        check(&[(59, 5), (1, 6), (1, 7)], 13);
        check(&[(200, 9), (30, 5), (1, 1)], 9);
        check(&[(1, 5); 100], 300);
        // A long one at the end of a busy minute does not hide it.
        check(&[(1, 5), (1, 5), (500, 1), (1, 2)], 11);
    }
}
