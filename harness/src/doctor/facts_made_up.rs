//! Machines that are not here.

use triathlon_contract::record::{KernelRecord, Placement};

use super::{Bounds, Busy, Clock, Cpu, Disk, Facts, Load, Memory, Needs, Network, System};

impl Facts {
    /// A machine made for measuring: every check is ok.
    pub(crate) fn quiet() -> Self {
        Self {
            placement: Placement {
                contestant_cpus: vec![2, 3],
                server_cpus: vec![0, 1],
                workers: 2,
                alone_cpus: vec![0, 1, 2, 3],
                alone_workers: 4,
                reasons: Vec::new(),
            },
            needs: needs(),
            cpu: Cpu {
                quota: Some(f64::INFINITY),
                governors: vec!["performance".into()],
                boost: Some((false, "/sys/devices/system/cpu/cpufreq/boost")),
                smt: Some(false),
                flaws: Some(Vec::new()),
                guest: Some(false),
                product: None,
                throttled: Some((0, 0)),
            },
            load: Load {
                sample_s: 2.0,
                others: Some(Vec::new()),
                steal: Some((0, 800)),
                average: Some(0.1),
                measured: Some(false),
            },
            clock: Clock {
                source: Some("tsc".into()),
                available: vec!["tsc".into(), "hpet".into()],
                resolution_ns: 1,
                cost_ns: 25.0,
                late_us: vec![55.0; 1000],
                slack_ns: Some(50_000),
            },
            bounds: Bounds {
                descriptors: Some((1024, 1_048_576)),
                threads: vec![("vm.max_map_count", 16_126), ("ulimit -u", 96_365)],
            },
            network: Network {
                ports: Some((32_768, 60_999)),
                time_wait: Some(3),
                time_wait_max: Some(131_072),
                reuse: Some(2),
                backlog: Some(4096),
                drops: Some(KernelRecord::default()),
            },
            memory: Memory {
                available_bytes: Some(8 << 30),
                permitted_bytes: 4 << 30,
                swap_used_bytes: Some(0),
                huge_pages: Some("madvise".into()),
                randomised: Some(2),
            },
            disk: Disk { path: "reports".into(), free_bytes: Some(10 << 30), writable: true },
            system: System {
                optimised: true,
                commit: "0123abcd".into(),
                kernel: Some("6.18.44".into()),
                on_battery: Some(false),
            },
        }
    }

    /// The same without `/proc` and `/sys`.
    pub(crate) fn dark() -> Self {
        let Self { placement, needs, clock, memory, disk, system, .. } = Self::quiet();
        Self {
            cpu: Cpu {
                quota: None,
                governors: Vec::new(),
                boost: None,
                smt: None,
                flaws: None,
                guest: None,
                product: None,
                throttled: None,
            },
            load: Load { sample_s: 2.0, others: None, steal: None, average: None, measured: None },
            clock: Clock {
                source: None,
                available: Vec::new(),
                late_us: Vec::new(),
                slack_ns: None,
                ..clock
            },
            bounds: Bounds { descriptors: None, threads: Vec::new() },
            network: Network {
                ports: None,
                time_wait: None,
                time_wait_max: None,
                reuse: None,
                backlog: None,
                drops: None,
            },
            memory: Memory {
                available_bytes: None,
                swap_used_bytes: None,
                huge_pages: None,
                randomised: None,
                ..memory
            },
            disk: Disk { free_bytes: None, ..disk },
            system: System { kernel: None, on_battery: None, ..system },
            placement,
            needs,
        }
    }
}

fn needs() -> Needs {
    Needs {
        cases: 150,
        descriptors: 5064,
        threads: 5001,
        without_descriptors: 0,
        without_threads: 0,
        without_ports: 0,
        at_once: 5000,
        connections: 5001,
        to_one_address: 5001,
        in_a_minute: 40_000,
        memory_bytes: 200 << 20,
        disk_bytes: 5 << 20,
    }
}

impl Busy {
    /// A neighbour.
    pub(crate) fn named(name: &str, pid: i32, share: f64) -> Self {
        Self { pid, name: name.into(), share }
    }
}
