//! The rule on machines that are not here.

use std::collections::{BTreeMap, BTreeSet};

use triathlon_contract::record::Placement;

use super::{Share, place};
use crate::machine::quota::Quota;
use crate::machine::topology::{Cpu, Topology};

/// CPUs 0, 1, … of these cores, all of one kind, in one package.
fn machine(cores: &[usize]) -> Topology {
    let cpus = cores.iter().enumerate().map(|(id, core)| Cpu {
        id,
        core: *core,
        capacity: 1024,
        package: 0,
        node: 0,
    });
    Topology { cpus: cpus.collect(), ..Topology::default() }
}

/// So many cores with two hardware threads each, numbered as x86 does: the
/// second threads come after all first ones.
fn two_threads_each(cores: usize) -> Topology {
    machine(&(0..cores).chain(0..cores).collect::<Vec<_>>())
}

/// As a process sees it that may use only these.
fn only(mut topology: Topology, allowed: &[usize]) -> Topology {
    topology.cpus.retain(|cpu| allowed.contains(&cpu.id));
    topology
}

fn with(mut topology: Topology, change: impl Fn(&mut Cpu)) -> Topology {
    topology.cpus.iter_mut().for_each(change);
    topology
}

fn with_quota(topology: Topology, us: u64) -> Topology {
    Topology { quota: Quota::new(us, 100_000), ..topology }
}

fn list(ids: impl IntoIterator<Item = usize>) -> Vec<usize> {
    ids.into_iter().collect()
}

/// Two sets; by default the alone set is both of them. Returns the reasons.
fn apart(topology: &Topology, contestant: &[usize], server: &[usize]) -> String {
    let placement = place(topology, Share::Half);
    assert_eq!(placement.contestant_cpus, contestant, "{topology:?}");
    assert_eq!(placement.server_cpus, server, "{topology:?}");
    assert_eq!(placement.workers, contestant.len() as u64);
    let both: BTreeSet<usize> = contestant.iter().chain(server).copied().collect();
    assert_eq!(placement.alone_cpus, Vec::from_iter(both), "{topology:?}");
    assert_eq!(placement.alone_workers, placement.alone_cpus.len() as u64);
    // One contestant CPU of its own, and the same server, whatever the machine.
    let one = place(topology, Share::One);
    assert_eq!((&one.contestant_cpus[..], one.workers), (&contestant[..1], 1), "{topology:?}");
    assert_eq!((&one.alone_cpus[..], one.alone_workers), (&contestant[..1], 1), "{topology:?}");
    assert_eq!(one.server_cpus, server, "{topology:?}");
    placement.reasons.join("\n")
}

/// No sets, for this reason.
fn together(topology: &Topology, workers: u64, why: &str) {
    for share in [Share::One, Share::Half] {
        let placement = place(topology, share);
        let reasons = placement.reasons.clone();
        let want = Placement { workers, alone_workers: workers, reasons, ..Placement::default() };
        assert_eq!(placement, want);
        let shared =
            format!("{why}: contestant and server share what there is and nobody is pinned");
        assert!(placement.reasons[0].starts_with(&shared), "{placement:?}");
    }
}

#[test]
fn contestant_and_server_have_cores_of_their_own() {
    let reasons = apart(&machine(&[0, 1]), &[1], &[0]);
    assert!(reasons.starts_with("beside the server the contestant has one CPU"), "{reasons}");
    assert_eq!(apart(&machine(&[0, 1, 2]), &[1, 2], &[0]), "");
    assert_eq!(apart(&machine(&[0, 1, 2, 3]), &[2, 3], &[0, 1]), "");
    assert_eq!(apart(&two_threads_each(2), &[1, 3], &[0, 2]), "");
    let (contestant, server) = (list((4..8).chain(12..16)), list((0..4).chain(8..12)));
    assert_eq!(apart(&two_threads_each(8), &contestant, &server), "");
    // Neighbours are threads of a core, as some firmware numbers them.
    assert_eq!(apart(&machine(&[0, 0, 2, 2]), &[2, 3], &[0, 1]), "");
}

#[test]
fn one_core_is_shared_with_a_reason() {
    together(&machine(&[0]), 1, "there is one core (CPU 0)");
    together(&machine(&[0, 0]), 2, "there is one core (CPUs 0-1)");
    together(&only(two_threads_each(4), &[2, 6]), 2, "there is one core (CPUs 2, 6)");
}

#[test]
fn the_smaller_share_is_one_cpu_whose_siblings_stay_idle() {
    let placement = place(&two_threads_each(4), Share::One);
    assert_eq!(placement.contestant_cpus, [2]);
    assert_eq!(placement.server_cpus, [0, 1, 4, 5]);
    assert_eq!(placement.alone_cpus, [2]);
    assert_eq!((placement.workers, placement.alone_workers), (1, 1));
    assert!(placement.reasons[0].starts_with("the contestant has one CPU: "), "{placement:?}");
}

#[test]
fn only_cpus_that_are_allowed_are_used() {
    // Of 8 cores with two threads: one thread of 1 and 5, both of 3.
    let placed = only(two_threads_each(8), &[3, 5, 9, 11]);
    assert_eq!(apart(&placed, &[3, 5, 11], &[9]), "");
    let placed = only(machine(&list(0..64)), &[7, 21, 40, 41]);
    assert_eq!(apart(&placed, &[40, 41], &[7, 21]), "");
    let placed = only(two_threads_each(4), &[2, 5]);
    assert!(apart(&placed, &[2], &[5]).contains("one CPU"));
}

#[test]
fn roles_have_cores_of_the_most_capable_kind_with_two() {
    // Intel: 4 performance cores with two threads, 4 efficient ones.
    let intel = with(machine(&[0, 0, 2, 2, 4, 4, 6, 6, 8, 9, 10, 11]), |cpu| {
        cpu.capacity = if cpu.id < 8 { 3 } else { 2 };
    });
    let reasons = apart(&intel, &[4, 5, 6, 7], &[0, 1, 2, 3]);
    assert_eq!(reasons, "CPUs 8-11 stay idle: only cores of one kind are used");
    // Arm: 4 little, 3 middle, 1 big.
    let arm = with(machine(&[0, 1, 2, 3, 4, 5, 6, 7]), |cpu| {
        cpu.capacity = [250, 250, 250, 250, 768, 768, 768, 1024][cpu.id];
    });
    let reasons = apart(&arm, &[5, 6], &[4]);
    assert_eq!(reasons, "CPUs 0-3, 7 stay idle: only cores of one kind are used");
    // What firmware finds better than others is of no kind of its own.
    let binned = with(machine(&[0, 1, 2, 3]), |cpu| cpu.capacity = 1024 - 10 * cpu.id as u64);
    assert_eq!(apart(&binned, &[2, 3], &[0, 1]), "");
    let unequal = with(machine(&[0, 1, 1]), |cpu| cpu.capacity = 512 + cpu.core as u64 * 512);
    together(&unequal, 3, "no two cores are of one kind (CPUs 0-2)");
}

#[test]
fn both_roles_are_in_the_package_with_most_cores() {
    let two_packages = with(two_threads_each(8), |cpu| {
        cpu.package = cpu.core / 4;
        cpu.node = cpu.package;
    });
    let reasons = apart(&two_packages, &[2, 3, 10, 11], &[0, 1, 8, 9]);
    assert!(reasons.starts_with("CPUs 4-7, 12-15 stay idle: only one package"), "{reasons}");
    let reasons = apart(&only(two_packages.clone(), &[3, 4, 5, 6]), &[5, 6], &[4]);
    assert!(reasons.starts_with("CPU 3 stays idle: only one package"), "{reasons}");
    // One core in each: there is no other way than one package each.
    let reasons = apart(&only(two_packages, &[1, 6]), &[6], &[1]);
    assert!(!reasons.contains("idle"), "{reasons}");
    // Several memories in a package make no packages, nor do packages without.
    let nodes = with(machine(&[0, 1, 2, 3]), |cpu| cpu.node = cpu.id / 2);
    assert_eq!(apart(&nodes, &[2, 3], &[0, 1]), "");
    let virtual_machine = with(machine(&[0, 1, 2, 3]), |cpu| cpu.package = cpu.id);
    assert_eq!(apart(&virtual_machine, &[2, 3], &[0, 1]), "");
}

#[test]
fn a_quota_limits_what_is_used_and_is_always_named() {
    let four = machine(&[0, 1, 2, 3]);
    let named = "a cgroup quota of 1.5 CPUs is in force";
    together(&with_quota(four.clone(), 150_000), 1, "the quota is below two CPUs");
    let placement = place(&with_quota(four.clone(), 150_000), Share::Half);
    assert!(placement.reasons[1].starts_with(named), "{placement:?}");
    together(&with_quota(four.clone(), 50_000), 1, "the quota is below two CPUs");
    together(&with_quota(machine(&[0, 0]), 150_000), 1, "there is one core (CPUs 0-1)");
    let reasons = apart(&with_quota(four.clone(), 350_000), &[1, 2], &[0]);
    assert!(reasons.starts_with("CPU 3 stays idle: the quota does not pay"), "{reasons}");
    assert!(reasons.contains("a cgroup quota of 3.5 CPUs is in force"), "{reasons}");
    let reasons = apart(&with_quota(four, 400_000), &[2, 3], &[0, 1]);
    assert!(reasons.starts_with("a cgroup quota of 4 CPUs is in force"), "{reasons}");
    // One thread of each core before two of one.
    let reasons = apart(&with_quota(two_threads_each(4), 200_000), &[1], &[0]);
    assert!(reasons.starts_with("CPUs 2-7 stay idle: "), "{reasons}");
    apart(&with_quota(two_threads_each(4), 600_000), &[2, 3], &[0, 1]);
    apart(&with_quota(two_threads_each(4), 800_000), &[2, 3, 6, 7], &[0, 1, 4, 5]);
}

#[test]
fn nobody_is_pinned_where_that_is_not_permitted() {
    let unpinnable = Some("pinning is not permitted here (EPERM)".to_string());
    let topology = Topology { unpinnable, ..machine(&[0, 1, 2, 3]) };
    together(&topology, 4, "pinning is not permitted here (EPERM)");
    together(&with_quota(topology, 250_000), 2, "pinning is not permitted here (EPERM)");
}

/// What must hold on any machine.
#[test]
fn no_machine_splits_a_core_or_a_kind_between_roles() {
    let mut pinned = 0;
    for seed in 0..20_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let topology = any(&mut random);
        let share = if random.bool() { Share::One } else { Share::Half };
        let placement = place(&topology, share);
        check(&topology, &placement);
        pinned += u64::from(!placement.contestant_cpus.is_empty());
    }
    assert!((5_000..19_000).contains(&pinned), "{pinned} machines had two sets");
}

/// A machine, some of whose CPUs are not allowed.
fn any(random: &mut fastrand::Rng) -> Topology {
    let threads = random.usize(1..=3);
    let (kinds, packages, nodes) = (random.u64(1..=3), random.usize(1..=3), random.usize(1..=3));
    let mut cpus = Vec::new();
    for number in 0..random.usize(1..=12) {
        let (capacity, package) = (random.u64(0..kinds) * 300, random.usize(0..packages));
        let node = random.usize(0..nodes);
        for thread in 0..threads {
            let cpu = Cpu {
                id: number * threads + thread,
                core: number * threads,
                capacity,
                package,
                node,
            };
            if random.u8(..) < 200 {
                cpus.push(cpu);
            }
        }
    }
    let quota = Quota::new(random.u64(0..1_500_000), 100_000).filter(|_| random.bool());
    let unpinnable = (random.u8(..) < 10).then(|| "no".to_string());
    Topology { cpus, quota, unpinnable }
}

fn check(topology: &Topology, placement: &Placement) {
    let of: BTreeMap<usize, &Cpu> = topology.cpus.iter().map(|cpu| (cpu.id, cpu)).collect();
    let Placement { contestant_cpus, server_cpus, alone_cpus, .. } = placement;
    assert!(placement.workers >= 1 && placement.alone_workers >= 1, "{topology:?}");
    if contestant_cpus.is_empty() {
        assert!(server_cpus.is_empty() && alone_cpus.is_empty(), "{topology:?}");
        assert!(!placement.reasons.is_empty(), "{topology:?}");
        return;
    }
    assert!(!server_cpus.is_empty() && !alone_cpus.is_empty(), "{topology:?}");
    let cores = |cpus: &[usize]| cpus.iter().map(|id| of[id].core).collect::<BTreeSet<_>>();
    assert!(cores(contestant_cpus).is_disjoint(&cores(server_cpus)), "{topology:?}");
    let used = [&contestant_cpus[..], server_cpus, alone_cpus].concat();
    let kinds: BTreeSet<u64> = used.iter().map(|id| of[id].capacity).collect();
    assert_eq!(kinds.len(), 1, "{topology:?}");
    let used: BTreeSet<usize> = used.into_iter().collect();
    let paid = topology.quota.map_or(usize::MAX, Quota::whole_cpus);
    assert!(used.len() <= paid, "{topology:?}");
    assert_eq!(placement.workers, contestant_cpus.len() as u64);
    assert_eq!(placement.alone_workers, alone_cpus.len() as u64);
}
