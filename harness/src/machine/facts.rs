//! What identifies and describes the machine; no name and no address in it.

use std::collections::BTreeMap;
use std::fs;

use sha2::{Digest, Sha256};
use triathlon_contract::record::Machine;

use super::limits::memory_bytes;
use crate::build::hex;

/// Facts that are one line of one file: name and path.
const FILES: [(&str, &str); 14] = [
    ("kernel", "/proc/sys/kernel/osrelease"),
    ("kernel version", "/proc/sys/kernel/version"),
    ("clock source", "/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    ("cpu governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    ("cpu boost", "/sys/devices/system/cpu/cpufreq/boost"),
    ("SMT", "/sys/devices/system/cpu/smt/active"),
    ("transparent huge pages", "/sys/kernel/mm/transparent_hugepage/enabled"),
    ("address space randomisation", "/proc/sys/kernel/randomize_va_space"),
    ("ephemeral ports", "/proc/sys/net/ipv4/ip_local_port_range"),
    ("tcp_tw_reuse", "/proc/sys/net/ipv4/tcp_tw_reuse"),
    ("listen backlog limit", "/proc/sys/net/core/somaxconn"),
    ("memory maps limit", "/proc/sys/vm/max_map_count"),
    ("load average at start", "/proc/loadavg"),
    ("loopback MTU", "/sys/class/net/lo/mtu"),
];

/// Reads the facts. What a machine does not tell is left out.
pub fn machine() -> Machine {
    let mut facts: BTreeMap<String, String> =
        FILES.iter().filter_map(|(name, path)| Some(((*name).to_string(), line(path)?))).collect();
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = value(&cpuinfo, "model name").unwrap_or("unknown CPU");
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    let cpus = cpuinfo.lines().filter(|line| line.starts_with("processor")).count().max(allowed);
    let memory = memory_gib().map_or_else(|| "unknown".to_string(), |gib| format!("{gib} GiB"));
    let guest = value(&cpuinfo, "flags").is_some_and(|flags| flags.contains(" hypervisor"));
    let place = if guest { "virtual machine" } else { "physical machine or hidden hypervisor" };
    let mut fact = |name: &str, value: &str| facts.insert(name.to_string(), value.to_string());
    fact("cpu model", model);
    fact("cpus", &allowed.to_string());
    fact("cpus of the machine", &cpus.to_string());
    fact("memory", &memory);
    fact("kind", place);
    fact("architecture", std::env::consts::ARCH);
    fact("mitigations", &mitigations());
    let secret = line("/etc/machine-id").unwrap_or_default();
    let identity = format!("{secret}|{model}|{cpus}|{memory}");
    let kernel = line(FILES[0].1).unwrap_or_else(|| std::env::consts::OS.to_string());
    let class = format!(
        "{cpus} CPUs ({model}), {memory}, {}, Linux {kernel}",
        if guest { "virtual" } else { "physical" }
    );
    Machine { id: hex(&Sha256::digest(identity))[..8].to_string(), class, facts }
}

fn line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_string())
}

/// The value of the first `name : value` line.
fn value<'a>(cpuinfo: &'a str, name: &str) -> Option<&'a str> {
    let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

fn memory_gib() -> Option<u64> {
    Some((memory_bytes("MemTotal:")? + (1 << 29)) >> 30)
}

/// What the kernel does against flaws of the CPU, where it does anything.
fn mitigations() -> String {
    let Ok(files) = fs::read_dir("/sys/devices/system/cpu/vulnerabilities") else {
        return "unknown".to_string();
    };
    let mut lines: Vec<String> = files
        .flatten()
        .filter_map(|file| {
            let text = line(file.path().to_str()?)?;
            (text != "Not affected").then(|| format!("{}: {text}", file.file_name().display()))
        })
        .collect();
    lines.sort();
    if lines.is_empty() { "none needed".to_string() } else { lines.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::{machine, value};

    #[test]
    fn the_machine_is_the_same_when_asked_twice() {
        let (first, second) = (machine(), machine());
        assert_eq!(first.id, second.id);
        assert_eq!(first.id.len(), 8);
        assert!(first.facts.contains_key("cpu model"));
        assert!(first.class.contains("CPUs"));
    }

    #[test]
    fn values_of_cpuinfo() {
        assert_eq!(value("model name\t: AMD EPYC\nx: y", "model name"), Some("AMD EPYC"));
        assert_eq!(value("x: y", "model name"), None);
    }
}
