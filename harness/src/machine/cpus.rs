//! Disjoint CPU sets for contestant and server.

use std::collections::BTreeMap;
use std::fs;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use triathlon_contract::record::Placement;

/// Pins the calling thread, and what it spawns from now on, to `cpus`.
///
/// # Errors
/// If the kernel refuses; an empty list is no request and no error.
pub fn pin(cpus: &[usize]) -> nix::Result<()> {
    if cpus.is_empty() {
        return Ok(());
    }
    let mut set = CpuSet::new();
    for cpu in cpus {
        set.set(*cpu)?;
    }
    sched_setaffinity(Pid::from_raw(0), &set)
}

/// Where contestant and server run on this machine.
pub fn placement() -> Placement {
    let allowed = match allowed() {
        Ok(allowed) => allowed,
        Err(error) => {
            return unpinned(1, &format!("the CPUs of this process are unknown ({error})"));
        }
    };
    if let Err(error) = pin(&allowed) {
        let reason = format!("pinning is not permitted here ({error})");
        return unpinned(allowed.len(), &reason);
    }
    let siblings = allowed.iter().map(|cpu| (*cpu, siblings(*cpu))).collect();
    place(&allowed, &siblings)
}

/// The rule, on a list of CPUs and the core that each belongs to.
///
/// Whole cores only: of the cores the second half, rounded up, is the
/// contestant's, the first the server's, because the first CPU usually serves
/// interrupts. One core: both share it.
pub fn place(allowed: &[usize], core_of: &BTreeMap<usize, usize>) -> Placement {
    let mut cores: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for cpu in allowed {
        cores.entry(core_of.get(cpu).copied().unwrap_or(*cpu)).or_default().push(*cpu);
    }
    let cores: Vec<Vec<usize>> = cores.into_values().collect();
    if cores.len() < 2 {
        let reason = "there is one core: contestant and server share it, so throughput and elapsed \
                      say what both can do together";
        return unpinned(allowed.len(), reason);
    }
    let (server, contestant) = cores.split_at(cores.len() / 2);
    let contestant_cpus = contestant.concat();
    let mut reasons = Vec::new();
    if contestant_cpus.len() == 1 {
        reasons.push(
            "contestant and server have one CPU each: nothing here says how a style scales over \
             cores"
                .to_string(),
        );
    }
    let workers = contestant_cpus.len() as u64;
    Placement { contestant_cpus, server_cpus: server.concat(), workers, reasons }
}

fn unpinned(cpus: usize, reason: &str) -> Placement {
    Placement {
        contestant_cpus: Vec::new(),
        server_cpus: Vec::new(),
        workers: cpus.max(1) as u64,
        reasons: vec![format!("{reason}; nobody is pinned")],
    }
}

fn allowed() -> nix::Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0))?;
    Ok((0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).collect())
}

/// The least CPU of the same core; the CPU itself where nothing is known.
fn siblings(cpu: usize) -> usize {
    let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split([',', '-']).next().and_then(|first| first.trim().parse().ok()).unwrap_or(cpu)
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn cores_are_never_split_between_roles() {
        let check = |cores: &[usize], contestant: &[usize], server: &[usize], workers| {
            let allowed: Vec<usize> = (0..cores.len()).collect();
            let core_of = allowed.iter().map(|cpu| (*cpu, cores[*cpu])).collect();
            let placement = place(&allowed, &core_of);
            assert_eq!(placement.contestant_cpus, contestant, "{cores:?}");
            assert_eq!(placement.server_cpus, server, "{cores:?}");
            assert_eq!(placement.workers, workers);
        };
        check(&[0, 1], &[1], &[0], 1); // two CPUs
        check(&[0, 0], &[], &[], 2); // one core with two threads
        check(&[0, 1, 2], &[1, 2], &[0], 2);
        check(&[0, 1, 0, 1], &[1, 3], &[0, 2], 2); // two cores with two threads each
        check(&[0, 1, 2, 3], &[2, 3], &[0, 1], 2);
    }

    #[test]
    fn one_cpu_degrades_with_a_reason() {
        let placement = place(&[3], &[(3, 3)].into());
        assert!(placement.contestant_cpus.is_empty());
        assert!(placement.reasons[0].contains("share"), "{placement:?}");
    }
}
