//! What the placement needs to know of a machine, read from its files.
//!
//! What a file does not tell is taken for the plain case: a CPU is a core of
//! its own, all are of one kind, in one package and at one memory.

use std::ops::RangeInclusive;

use super::quota::{self, Quota};

/// The text of a file; none if it cannot be read.
pub(crate) type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the rule of placement needs to know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Topology {
    /// The CPUs that this process may use, ascending.
    pub(crate) cpus: Vec<Cpu>,
    /// The quota that binds, if there is one.
    pub(crate) quota: Option<Quota>,
    /// Why nobody can be pinned; none if it is possible.
    pub(crate) unpinnable: Option<String>,
}

/// One CPU as the scheduler sees it: a core, or a hardware thread of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cpu {
    /// Its number.
    pub(crate) id: usize,
    /// The least number among the hardware threads of its core, also where
    /// this process may not use that one.
    pub(crate) core: usize,
    /// How much it can do; only comparable within a machine.
    pub(crate) capacity: u64,
    /// Package: what is in one socket.
    pub(crate) package: usize,
    /// NUMA node: whose memory is its own.
    pub(crate) node: usize,
}

/// Intel's kinds of cores, the most capable first. Their capacities are no
/// kinds: favoured cores have greater ones, and with SMT all have the same.
const INTEL_KINDS: [(&str, u64); 3] = [
    ("/sys/devices/cpu_core/cpus", 3),
    ("/sys/devices/cpu_atom/cpus", 2),
    ("/sys/devices/cpu_lowpower/cpus", 1),
];

/// Nodes that are asked for at most; the kernel has no more.
const NODES_MAX: usize = 1024;

impl Topology {
    /// What the files say about the CPUs `allowed`.
    pub(crate) fn read(allowed: &[usize], unpinnable: Option<String>, read: Read<'_>) -> Self {
        let intel: Vec<(CpuList, u64)> = INTEL_KINDS
            .iter()
            .filter_map(|(path, rank)| Some((list(path, read)?, *rank)))
            .collect();
        let nodes = nodes(read);
        let cpus = allowed.iter().map(|id| Cpu {
            id: *id,
            core: core(*id, read),
            capacity: capacity(*id, &intel, read),
            package: number(*id, "topology/physical_package_id", read).unwrap_or(0),
            node: nodes.iter().find(|(_, cpus)| cpus.contains(*id)).map_or(0, |(node, _)| *node),
        });
        Self { cpus: cpus.collect(), quota: quota::least(read), unpinnable }
    }
}

fn core(id: usize, read: Read<'_>) -> usize {
    // The second is the newer name of the first.
    let files = ["topology/thread_siblings_list", "topology/core_cpus_list"];
    let siblings = files.iter().find_map(|name| list(&file(id, name), read));
    siblings.filter(|siblings| siblings.contains(id)).map_or(id, |siblings| siblings.least())
}

fn capacity(id: usize, intel: &[(CpuList, u64)], read: Read<'_>) -> u64 {
    match intel {
        [] => number(id, "cpu_capacity", read).unwrap_or(0) as u64,
        kinds => kinds.iter().find(|(cpus, _)| cpus.contains(id)).map_or(0, |(_, rank)| *rank),
    }
}

fn nodes(read: Read<'_>) -> Vec<(usize, CpuList)> {
    let online = list("/sys/devices/system/node/online", read);
    let nodes = online.iter().flat_map(|online| online.0.iter().cloned().flatten());
    let path = |node| format!("/sys/devices/system/node/node{node}/cpulist");
    nodes.take(NODES_MAX).filter_map(|node| Some((node, list(&path(node), read)?))).collect()
}

fn file(id: usize, name: &str) -> String {
    format!("/sys/devices/system/cpu/cpu{id}/{name}")
}

fn number(id: usize, name: &str, read: Read<'_>) -> Option<usize> {
    read(&file(id, name))?.trim().parse().ok()
}

fn list(path: &str, read: Read<'_>) -> Option<CpuList> {
    CpuList::parse(&read(path)?)
}

/// A list of the kernel such as `0-3,8,10-11`. Ranges stay ranges, so that no
/// file makes a long list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CpuList(Vec<RangeInclusive<usize>>);

impl CpuList {
    /// None for an empty list and for what is no list.
    fn parse(text: &str) -> Option<Self> {
        let ranges: Option<Vec<_>> = text.trim().split(',').map(range).collect();
        ranges.map(Self)
    }

    fn contains(&self, id: usize) -> bool {
        self.0.iter().any(|range| range.contains(&id))
    }

    fn least(&self) -> usize {
        self.0.iter().map(|range| *range.start()).min().unwrap_or(0)
    }
}

fn range(text: &str) -> Option<RangeInclusive<usize>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::{Cpu, CpuList, Topology};

    /// Core, capacity, package and node of each CPU, of a machine with these
    /// files below `/sys/devices`.
    fn check(allowed: &[usize], files: &[(&str, &str)], want: &[(usize, u64, usize, usize)]) {
        let read = |path: &str| {
            let name = path.strip_prefix("/sys/devices/")?;
            files.iter().find(|(file, _)| *file == name).map(|(_, text)| text.to_string())
        };
        let found = Topology::read(allowed, None, &read).cpus;
        let what = |cpu: &Cpu| (cpu.core, cpu.capacity, cpu.package, cpu.node);
        assert_eq!(found.iter().map(what).collect::<Vec<_>>(), want, "{files:?}");
        assert_eq!(found.iter().map(|cpu| cpu.id).collect::<Vec<_>>(), allowed);
    }

    #[test]
    fn threads_of_a_core_packages_and_nodes() {
        let files = [
            ("system/cpu/cpu0/topology/thread_siblings_list", "0,8\n"),
            ("system/cpu/cpu8/topology/thread_siblings_list", "0,8\n"),
            ("system/cpu/cpu9/topology/core_cpus_list", "1-1,9\n"),
            ("system/cpu/cpu0/topology/physical_package_id", "0\n"),
            ("system/cpu/cpu8/topology/physical_package_id", "0\n"),
            ("system/cpu/cpu9/topology/physical_package_id", "1\n"),
            ("system/cpu/cpu0/cpu_capacity", "1024\n"),
            ("system/node/online", "0-1\n"),
            ("system/node/node0/cpulist", "0,8\n"),
            ("system/node/node1/cpulist", "1,9\n"),
        ];
        check(&[0, 8, 9], &files, &[(0, 1024, 0, 0), (0, 0, 0, 0), (1, 0, 1, 1)]);
    }

    #[test]
    fn kinds_of_cores() {
        let arm = [
            ("system/cpu/cpu0/cpu_capacity", "446\n"),
            ("system/cpu/cpu1/cpu_capacity", "1024\n"),
            ("system/cpu/cpu1/topology/physical_package_id", "-1\n"),
        ];
        check(&[0, 1], &arm, &[(0, 446, 0, 0), (1, 1024, 0, 0)]);
        let intel = [
            ("cpu_core/cpus", "0-1\n"),
            ("cpu_atom/cpus", "2\n"),
            ("cpu_lowpower/cpus", "3\n"),
            // A favoured core and one that is not are of one kind.
            ("system/cpu/cpu0/cpu_capacity", "1024\n"),
            ("system/cpu/cpu1/cpu_capacity", "900\n"),
        ];
        let want = [(0, 3, 0, 0), (1, 3, 0, 0), (2, 2, 0, 0), (3, 1, 0, 0), (4, 0, 0, 0)];
        check(&[0, 1, 2, 3, 4], &intel, &want);
    }

    #[test]
    fn odd_files_are_the_plain_case_and_no_panic() {
        check(&[3, 5], &[], &[(3, 0, 0, 0), (5, 0, 0, 0)]);
        for text in
            ["", "\n", "-", ",", "7-", "5-3", "x", "6,,7", "-1", "99999999999999999999", "6"]
        {
            let files = [
                ("system/cpu/cpu3/topology/thread_siblings_list", text),
                ("cpu_core/cpus", text),
                ("system/node/online", text),
                ("system/node/node6/cpulist", "6"),
            ];
            check(&[3], &files, &[(3, 0, 0, 0)]);
        }
        // A range that nobody could count through.
        let files = [("system/node/online", "0-18446744073709551615")];
        check(&[0], &files, &[(0, 0, 0, 0)]);
    }

    #[test]
    fn lists_of_the_kernel() {
        let list = CpuList::parse("0-3,8,10-11\n").unwrap();
        let inside: Vec<usize> = (0..20).filter(|id| list.contains(*id)).collect();
        assert_eq!(inside, [0, 1, 2, 3, 8, 10, 11]);
        assert_eq!(CpuList::parse("9,4-5").unwrap().least(), 4);
        assert_eq!(CpuList::parse(" \n"), None);
    }
}
