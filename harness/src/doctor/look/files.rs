//! What stands in files and is read once.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use crate::doctor::facts::{Cpu, Disk, Network};
use crate::doctor::parse::{self, Supply};
use crate::machine;
use triathlon_execute::limits::port_range;

const CPUS: &str = "/sys/devices/system/cpu";

/// The text of a file; none if it cannot be read.
pub(super) fn text(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The first line, if there is anything in it.
pub(super) fn line(path: &str) -> Option<String> {
    let text = text(path)?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_string())
}

/// A file that is one number.
pub(super) fn number(path: &str) -> Option<u64> {
    text(path)?.trim().parse().ok()
}

/// CPUs; throttling is read by the sample.
pub(super) fn cpu(throttled: Option<(u64, u64)>) -> Cpu {
    Cpu {
        quota: machine::cpus::quota(),
        governors: governors(),
        boost: boost(),
        smt: number(&format!("{CPUS}/smt/active")).map(|active| active == 1),
        flaws: flaws(),
        guest: text("/proc/cpuinfo").and_then(|info| parse::guest(&info)),
        product: product(),
        throttled,
    }
}

/// A file of every CPU that has it.
fn of_each_cpu(name: &str) -> impl Iterator<Item = String> {
    let directories = fs::read_dir(CPUS).into_iter().flatten().flatten();
    let name = name.to_string();
    let cpus = directories.filter(|entry| {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("cpu"));
        number.is_some_and(|number| number.parse::<usize>().is_ok())
    });
    cpus.filter_map(move |cpu| fs::read_to_string(cpu.path().join(&name)).ok())
}

fn governors() -> Vec<String> {
    let names = of_each_cpu("cpufreq/scaling_governor");
    let different: BTreeSet<String> = names.map(|name| parse::printable(&name)).collect();
    different.into_iter().collect()
}

fn boost() -> Option<(bool, &'static str)> {
    let intel = "/sys/devices/system/cpu/intel_pstate/no_turbo";
    let others = "/sys/devices/system/cpu/cpufreq/boost";
    let off = number(intel).map(|off| (off == 0, intel));
    off.or_else(|| number(others).map(|on| (on == 1, others)))
}

/// Events of thermal throttling of all cores since boot.
pub(super) fn throttled() -> Option<u64> {
    let counts = of_each_cpu("thermal_throttle/core_throttle_count");
    counts.filter_map(|count| count.trim().parse().ok()).reduce(|a: u64, b| a.saturating_add(b))
}

fn flaws() -> Option<Vec<String>> {
    let files = fs::read_dir(format!("{CPUS}/vulnerabilities")).ok()?;
    let state = |file: fs::DirEntry| {
        let state = line(file.path().to_str()?)?;
        let name = file.file_name();
        (state != "Not affected").then(|| format!("{}: {state}", name.display()))
    };
    let mut flaws: Vec<String> = files.flatten().filter_map(state).collect();
    flaws.sort();
    Some(flaws)
}

fn product() -> Option<String> {
    let names = ["sys_vendor", "product_name"];
    let read = |name| line(&format!("/sys/class/dmi/id/{name}"));
    let words: Vec<String> = names.into_iter().filter_map(read).collect();
    (!words.is_empty()).then(|| parse::printable(&words.join(" ")))
}

/// Ports, sockets and counters of this network namespace.
pub(super) fn network() -> Network {
    let ipv4 = |name: &str| format!("/proc/sys/net/ipv4/{name}");
    Network {
        ports: text(&ipv4("ip_local_port_range")).and_then(|text| port_range(&text)),
        time_wait: text("/proc/net/sockstat").and_then(|text| parse::time_wait(&text)),
        time_wait_max: number(&ipv4("tcp_max_tw_buckets")),
        reuse: number(&ipv4("tcp_tw_reuse")),
        backlog: number("/proc/sys/net/core/somaxconn"),
        drops: machine::drops().ok(),
    }
}

/// The file system where `out` is, or where it would be made.
pub(super) fn disk(out: &Path) -> Disk {
    let place = existing(out);
    let space = rustix::fs::statvfs(&place).ok();
    Disk {
        path: out.display().to_string(),
        free_bytes: space.map(|space| space.f_bavail.saturating_mul(space.f_frsize)),
        writable: place.is_dir() && rustix::fs::access(&place, Access::WRITE_OK).is_ok(),
    }
}

/// The directory itself, or the nearest above it that exists.
fn existing(out: &Path) -> PathBuf {
    let out = std::path::absolute(out).unwrap_or_else(|_| out.to_path_buf());
    let there = out.ancestors().find(|path| path.exists());
    there.unwrap_or(Path::new("/")).to_path_buf()
}

/// What feeds the machine; empty where nothing is listed, none if the list
/// cannot be read.
pub(super) fn supplies() -> Option<Vec<Supply>> {
    let entries = match fs::read_dir("/sys/class/power_supply") {
        Ok(entries) => entries,
        // A kernel without the class has no battery to tell of.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Path::new("/sys/class").is_dir().then(Vec::new);
        }
        Err(_) => return None,
    };
    let supply = |entry: fs::DirEntry| {
        let file = |name| {
            let text = fs::read_to_string(entry.path().join(name)).unwrap_or_default();
            text.trim().to_string()
        };
        let (kind, scope) = (file("type"), file("scope"));
        Supply { kind, scope, online: file("online"), status: file("status") }
    };
    Some(entries.flatten().map(supply).collect())
}
