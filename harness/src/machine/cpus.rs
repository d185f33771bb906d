//! The CPUs of this process: which, where, and how to stay on some of them.

use std::fs;
use std::thread;

use triathlon_contract::record::Placement;
pub use triathlon_execute::{allowed, pin};

use super::placement::{Share, place};
use super::topology::Topology;

/// Where contestant and server run on this machine.
pub fn placement(share: Share) -> Placement {
    let (allowed, unpinnable) = match allowed() {
        Ok(allowed) => {
            let unpinnable = allowed.last().and_then(|cpu| refused(*cpu));
            (allowed, unpinnable)
        }
        Err(error) => {
            // Counted, for the workers; which ones they are is not known.
            let cpus = thread::available_parallelism().map_or(1, usize::from);
            let reason = format!("the CPUs of this process are unknown ({error})");
            ((0..cpus).collect(), Some(reason))
        }
    };
    let read = |path: &str| fs::read_to_string(path).ok();
    place(&Topology::read(&allowed, unpinnable, &read), share)
}

/// CPUs that the least quota of a cgroup pays for; infinite without one, none
/// if the groups cannot be read.
pub(crate) fn quota() -> Option<f64> {
    let read = |path: &str| fs::read_to_string(path).ok();
    read("/proc/self/cgroup").and(read("/proc/self/mountinfo"))?;
    Some(super::quota::least(&read).map_or(f64::INFINITY, super::quota::Quota::cpus))
}

/// CPUs of this machine, whoever may use them; at least 1.
pub fn online() -> usize {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let lines = stat.lines().filter(|line| line.starts_with("cpu")).count();
    lines.saturating_sub(1).max(1) // the first line is their sum
}

/// Why nobody can be pinned; none if it is possible.
///
/// Tried on a thread that ends with the answer, because sandboxes refuse the
/// call or accept it and do nothing.
fn refused(cpu: usize) -> Option<String> {
    let probe = thread::Builder::new().spawn(move || {
        pin(&[cpu])?;
        allowed()
    });
    match probe.map(thread::JoinHandle::join) {
        Ok(Ok(Ok(cpus))) if cpus == [cpu] => None,
        Ok(Ok(Ok(_))) => Some("pinning has no effect here".to_string()),
        Ok(Ok(Err(error))) => Some(format!("pinning is not permitted here ({error})")),
        Ok(Err(_)) => Some("the trial of pinning failed".to_string()),
        Err(error) => Some(format!("pinning could not be tried ({error})")),
    }
}

#[cfg(test)]
mod tests {
    use super::{allowed, pin, placement};
    use crate::machine::Share;

    #[test]
    fn a_thread_stays_where_it_is_pinned() {
        let before = allowed().unwrap();
        for cpu in before.clone() {
            let pinned = std::thread::spawn(move || pin(&[cpu]).and_then(|()| allowed()));
            assert_eq!(pinned.join().unwrap(), Ok(vec![cpu]));
        }
        assert_eq!(allowed(), Ok(before), "the others stay");
        assert!(pin(&[usize::MAX]).is_err());
        assert_eq!(pin(&[]), Ok(()));
    }

    #[test]
    fn this_machine_has_a_placement_that_can_be_had() {
        let before = allowed().unwrap();
        for share in [Share::One, Share::Half] {
            let placement = placement(share);
            let sets = [&placement.contestant_cpus, &placement.server_cpus, &placement.alone_cpus];
            assert!(sets.into_iter().flatten().all(|cpu| before.contains(cpu)), "{placement:?}");
            assert!(placement.workers >= 1 && placement.alone_workers >= 1, "{placement:?}");
        }
        assert_eq!(allowed(), Ok(before), "asking pins nobody");
    }
}
