//! A table for each rule about limits, the network, memory and the system.

use super::check;
use super::{limits, memory, network, size, system};
use crate::doctor::facts::Facts;
use triathlon_contract::record::KernelRecord;
use triathlon_contract::record::Level::{Note, Ok, Problem, Warning};

#[test]
fn descriptors() {
    let rule = limits::descriptors;
    check(rule, |_| {}, Ok, &["soft limit 1024, hard limit 1048576; the largest case needs 5064"]);
    let few = |lost, level, words: &[&str]| {
        let change = |f: &mut Facts| {
            f.bounds.descriptors = Some((1024, 4096));
            f.needs.without_descriptors = lost;
        };
        check(rule, change, level, words);
    };
    let command = "`sudo prlimit --pid $$ --nofile=5064:5064`";
    few(9, Warning, &["9 of 150 default cases are absent", command]);
    few(76, Problem, &["76 of 150"]);
}

#[test]
fn threads() {
    let rule = limits::threads;
    check(rule, |_| {}, Ok, &["up to 16126; the largest case needs 5001", "ulimit -u: 96365"]);
    let few = |setting, words: &[&str]| {
        let change = |f: &mut Facts| {
            f.bounds.threads = vec![(setting, 4000)];
            f.needs.without_threads = 4;
        };
        check(rule, change, Warning, words);
    };
    few("vm.max_map_count", &["4 of 150", "`sudo sysctl vm.max_map_count=21028`"]);
    few("ulimit -u", &["`sudo prlimit --pid $$ --nproc=10002:10002`", "fine to leave"]);
    few("kernel.pid_max", &["`sudo sysctl kernel.pid_max=10002`"]);
    few("pids.max of the cgroup", &["up to 4000", "`--pids-limit -1`", "fine to leave"]);
    few("free memory", &["end what holds memory"]);
}

#[test]
fn ports_and_sockets_that_wait() {
    let rule = network::ports;
    check(rule, |_| {}, Ok, &["28232 (32768-60999); an execution opens up to 5001"]);
    let few = |f: &mut Facts| f.network.ports = Some((60_000, 60_999));
    check(rule, few, Problem, &["1000 (", "`sudo sysctl net.ipv4.ip_local_port_range="]);
    check(rule, |f| f.network.time_wait = Some(59_230), Note, &["TIME_WAIT", "fine to leave"]);
    let absent = |f: &mut Facts| (f.network.ports, f.needs.without_ports) = (Some((1, 3000)), 20);
    let words = ["20 of 150 default cases are absent", "ip_local_port_range=", "fine to leave"];
    check(rule, absent, Warning, &words);
    let most = |f: &mut Facts| (f.network.ports, f.needs.without_ports) = (Some((1, 9)), 80);
    check(rule, most, Problem, &["80 of 150"]);
    let half = |f: &mut Facts| f.network.ports = Some((32_768, 42_000));
    check(rule, half, Note, &["9233 (", "every second port", "fine to leave"]);

    let rule = network::time_wait;
    check(rule, |_| {}, Ok, &["3 sockets, up to 131072 are kept", "up to 40000 in a minute"]);
    check(rule, |f| f.network.time_wait = Some(30_000), Note, &["30000 sockets", "wait a minute"]);
    let words = ["tcp_max_tw_buckets=80000`", "fine to leave"];
    check(rule, |f| f.network.time_wait_max = Some(8192), Note, &words);
}

#[test]
fn reuse_of_ports() {
    let with = |reuse, level, words: &[&str]| {
        check(network::reuse, |f| f.network.reuse = Some(reuse), level, words);
    };
    with(2, Ok, &["2, on loopback"]);
    with(1, Ok, &["1, on"]);
    with(0, Note, &["(470 in a second)", "`sudo sysctl net.ipv4.tcp_tw_reuse=2`", "fine to leave"]);
}

#[test]
fn listen_queues() {
    let rule = network::backlog;
    check(rule, |_| {}, Ok, &["somaxconn 4096; the largest case connects 5000 at once"]);
    let words = ["somaxconn 128", "`sudo sysctl net.core.somaxconn=4096`", "fine to leave"];
    check(rule, |f| f.network.backlog = Some(128), Warning, &words);
    let small = |f: &mut Facts| (f.network.backlog, f.needs.at_once) = (Some(128), 100);
    check(rule, small, Ok, &["128"]);

    let drops = KernelRecord { listen_overflows: 530, listen_drops: 531, ..Default::default() };
    let words = ["530 overflows and 531 drops since boot", "fine to leave"];
    check(network::overflows, |f| f.network.drops = Some(drops), Note, &words);
}

#[test]
fn free_memory_and_swap() {
    let rule = memory::free;
    check(rule, |_| {}, Ok, &["8.0 GiB available", "may hold 4.0 GiB", "planned with 200 MiB"]);
    check(rule, |f| f.memory.permitted_bytes = 300 << 20, Warning, &["only just"]);
    check(rule, |f| f.memory.permitted_bytes = 100 << 20, Problem, &["would be killed"]);

    let rule = memory::swap;
    check(rule, |f| f.memory.swap_used_bytes = Some(5 << 20), Note, &["5 MiB", "swapoff -a"]);
    check(rule, |f| f.memory.swap_used_bytes = Some(3 << 30), Warning, &["3.0 GiB", "tails"]);
}

#[test]
fn huge_pages_and_addresses() {
    let always = |f: &mut Facts| f.memory.huge_pages = Some("always".into());
    check(memory::huge_pages, always, Note, &["`echo madvise | sudo tee ", "fine to leave"]);
    check(memory::huge_pages, |f| f.memory.huge_pages = Some("never".into()), Ok, &["never"]);
    for fixed in [0, 1] {
        let words = ["`sudo sysctl kernel.randomize_va_space=2`", "bias"];
        check(memory::address_space, |f| f.memory.randomised = Some(fixed), Note, &words);
    }
}

#[test]
fn build_and_kernel() {
    check(system::build, |_| {}, Ok, &["optimised, commit 0123abcd"]);
    let words = ["not optimised", "No figure", "`cargo run --release -- doctor`"];
    check(system::build, |f| f.system.optimised = false, Problem, &words);
    let kernel = |release: &str, level, words: &[&str]| {
        check(system::kernel, |f| f.system.kernel = Some(release.into()), level, words);
    };
    kernel("6.18.44-fc-v669", Ok, &["6.18.44"]);
    kernel("5.3.0", Ok, &["5.3.0"]);
    kernel("4.19.0-27-amd64", Problem, &["pidfd_open", "5.3"]);
    kernel("5.15.153.1-microsoft-standard-WSL2", Note, &["WSL", "fine to leave"]);
    kernel("unheard of", Ok, &["unheard of"]);
}

#[test]
fn room_for_runs() {
    let rule = system::disk;
    check(rule, |_| {}, Ok, &["10.0 GiB free below reports; the run keeps 5 MiB"]);
    check(rule, |f| f.disk.free_bytes = Some(8 << 20), Warning, &["`--out DIR`", "fine to leave"]);
    check(rule, |f| f.disk.free_bytes = Some(1 << 20), Problem, &["fills", "`--out DIR`"]);
    check(rule, |f| f.disk.writable = false, Problem, &["reports cannot be written"]);
}

#[test]
fn sizes() {
    let sizes = [0, 5 << 20, 1023 << 20, 3 << 29].map(size);
    assert_eq!(sizes, ["0 MiB", "5 MiB", "1023 MiB", "1.5 GiB"]);
}
