//! A table for each rule about CPUs, their speed, who uses them, and clocks.

use super::check;
use super::{clock, cpu, load, speed};
use crate::doctor::facts::{Busy, Facts};
use triathlon_contract::record::Level::{self, Note, Ok, Problem, Warning};
use triathlon_contract::record::Placement;

#[test]
fn placement() {
    let rule = cpu::placement;
    check(rule, |_| {}, Ok, &["contestant on CPUs 2-3", "server on CPUs 0-1", "workers 2"]);
    let narrow = "the contestant has one CPU: nothing here says how a style scales over cores";
    check(rule, |f| f.placement.reasons = vec![narrow.into()], Note, &[narrow, "fine to leave"]);
    let together = Placement {
        workers: 1,
        reasons: vec!["there is one core (CPU 0): they share".into()],
        ..Placement::default()
    };
    let words = ["not pinned", "there is one core", "--cpuset-cpus", "fine to leave"];
    check(rule, |f| f.placement = together, Warning, &words);
}

#[test]
fn quota() {
    let rule = cpu::quota;
    check(rule, |_| {}, Ok, &["no cgroup quota"]);
    check(rule, |f| f.cpu.quota = Some(3.456), Note, &["3.46 CPUs", "--cpuset-cpus"]);
    check(rule, |f| f.cpu.quota = Some(1.5), Warning, &["1.5 CPUs", "stops the whole group"]);
}

#[test]
fn virtual_machines_threads_of_a_core_and_mitigations() {
    let product = |f: &mut Facts| f.cpu.product = Some("QEMU pc".into());
    check(cpu::hypervisor, product, Ok, &["none that shows itself (QEMU pc)"]);
    check(cpu::hypervisor, |f| f.cpu.guest = Some(true), Note, &["virtual", "fine to leave"]);
    check(cpu::smt, |f| f.cpu.smt = Some(true), Note, &["smt/control", "fine to leave"]);
    let flaws = ["spectre_v2: Mitigation: Retpolines", "meltdown: Vulnerable"].map(String::from);
    let words = ["2 flaws, 1 mitigated", "spectre_v2: Mitigation", "leave them"];
    check(cpu::mitigations, |f| f.cpu.flaws = Some(flaws.into()), Note, &words);
}

#[test]
fn governor() {
    let rule = speed::governor;
    let command = "`sudo cpupower frequency-set -g performance`";
    for one in ["powersave", "schedutil", "ondemand"] {
        check(rule, |f| f.cpu.governors = vec![one.into()], Warning, &[one, command]);
    }
    let mixed = vec!["performance".into(), "powersave".into()];
    check(rule, |f| f.cpu.governors = mixed, Warning, &["performance, powersave", command]);
}

#[test]
fn boost_is_switched_off_in_the_file_that_it_has() {
    let on = |file, words: &[&str]| {
        check(speed::boost, |f| f.cpu.boost = Some((true, file)), Note, words);
    };
    let others = "/sys/devices/system/cpu/cpufreq/boost";
    on(others, &["`echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost`"]);
    let intel = "/sys/devices/system/cpu/intel_pstate/no_turbo";
    on(intel, &["`echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo`"]);
}

#[test]
fn heat_and_battery() {
    let heat = |counts, level, words: &[&str]| {
        check(speed::throttling, |f| f.cpu.throttled = Some(counts), level, words);
    };
    heat((7, 0), Note, &["7 events since boot", "fine to leave"]);
    heat((9, 2), Warning, &["2 events in the sample, 9 since boot"]);
    check(speed::battery, |f| f.system.on_battery = Some(true), Warning, &["plug it in"]);
}

/// Neighbours with such shares.
fn busy(shares: &[f64]) -> Vec<Busy> {
    let names = ["cc1plus", "sshd", "", "cron"];
    let each = shares.iter().zip(names).zip(11..);
    each.map(|((share, name), pid)| Busy::named(name, pid, *share)).collect()
}

#[test]
fn other_runs_and_processes() {
    check(load::other_run, |f| f.load.measured = Some(true), Problem, &["wait until it ends"]);
    let rule = load::other_processes;
    let with = |shares: &[f64], level, words: &[&str]| {
        check(rule, |f| f.load.others = Some(busy(shares)), level, words);
    };
    let words = ["4.0 % of a CPU in 2.0 s, load average 0.10: cc1plus (pid 11) 3.0 %"];
    with(&[0.03, 0.01], Ok, &words);
    with(&[0.04, 0.02], Warning, &["6.0 % of a CPU", "sshd (pid 12) 2.0 %", "fine to leave"]);
    let words = ["122.0 % of a CPU", "one that ended (pid 13)", "the run would be invalid"];
    with(&[0.9, 0.2, 0.1, 0.02], Problem, &words);
    let mut facts = Facts::quiet();
    facts.load.others = Some(busy(&[0.9, 0.2, 0.1, 0.02]));
    assert!(!rule(&facts).found.contains("cron"), "three are named");
    assert!((rule(&facts).figures["others_cpu_share"] - 1.22).abs() < 1e-9);
}

#[test]
fn steal() {
    let stolen = |stolen, all, level, words: &[&str]| {
        check(load::steal, |f| f.load.steal = Some((stolen, all)), level, words);
    };
    stolen(0, 400, Ok, &["0.0 % of all CPUs in 2.0 s"]);
    stolen(4, 400, Ok, &["1.0 %"]);
    // One tick is no proof, however short the sample.
    stolen(1, 40, Ok, &["2.5 %"]);
    stolen(8, 400, Warning, &["2.0 %", "fine to leave if it is a burst"]);
    stolen(60, 400, Problem, &["15.0 %", "the run would be invalid"]);
    stolen(0, 0, Ok, &["0.0 %"]);
}

#[test]
fn clock_sources() {
    let from = |source: &str, level, words: &[&str]| {
        check(clock::source, |f| f.clock.source = Some(source.into()), level, words);
    };
    for fast in ["tsc", "kvm-clock", "arch_sys_counter"] {
        from(fast, Ok, &[fast]);
    }
    let file = "sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource`";
    for slow in ["hpet", "acpi_pm"] {
        from(slow, Warning, &[slow, "`echo tsc | ", file]);
    }
    let alone = |f: &mut Facts| {
        f.clock.source = Some("hpet".into());
        f.clock.available = vec!["hpet".into(), "acpi_pm".into()];
    };
    check(clock::source, alone, Warning, &["none that is faster is available", "fine to leave"]);
}

#[test]
fn clock_readings() {
    let reading = |resolution_ns, cost_ns, level, words: &[&str]| {
        let change = |f: &mut Facts| {
            (f.clock.resolution_ns, f.clock.cost_ns) = (resolution_ns, cost_ns);
        };
        check(clock::clock, change, level, words);
    };
    reading(1, 100.0, Ok, &["resolution 1 ns, one reading 100 ns"]);
    reading(1, 400.0, Note, &["one reading 400 ns", "fine to leave"]);
    reading(1, 1200.0, Warning, &["`clock-source`"]);
    reading(4_000_000, 30.0, Warning, &["resolution 4000000 ns"]);
}

/// Sleeps that ended so late, on a thread with so much slack.
fn late(late_us: Vec<f64>, slack_us: u64, level: Level, words: &[&str]) {
    let change = |f: &mut Facts| {
        (f.clock.late_us, f.clock.slack_ns) = (late_us, Some(slack_us * 1000));
    };
    check(clock::timer, change, level, words);
}

#[test]
fn timers() {
    let tail = |p99| [vec![60.0; 980], vec![p99; 20]].concat();
    late(tail(900.0), 50, Ok, &["1000 sleeps of 1 ms", "p50 60 µs, p99 900 µs", "slack 50 µs"]);
    late(tail(1100.0), 50, Note, &["p99 1100 µs"]);
    late(tail(6000.0), 50, Warning, &["p99 6000 µs", "`other-processes`"]);
    late(vec![300.0; 1000], 50, Note, &["p50 300 µs"]);
    late(vec![1500.0; 1000], 50, Warning, &["p50 1500 µs"]);
    late(vec![60.0; 1000], 4000, Note, &["timer slack 4000 µs"]);
    // So few fix no tail.
    late(vec![60.0; 900], 50, Note, &["too few for a p99"]);
}
