//! What the kernel dropped or had to send again.
//!
//! A connection attempt that finds the listen queue full is repeated after a
//! second; published as elapsed it would be the fault of a contestant.

use std::fs;

use anyhow::{Context, Result};
use triathlon_contract::record::KernelRecord;

/// The counters of this network namespace, since it exists.
///
/// # Errors
/// If the kernel does not tell.
pub fn drops() -> Result<KernelRecord> {
    let path = "/proc/net/netstat";
    parse(&fs::read_to_string(path).context(path)?).with_context(|| format!("read {path}"))
}

/// What happened between two readings.
pub fn since(before: &KernelRecord, after: &KernelRecord) -> KernelRecord {
    KernelRecord {
        listen_overflows: after.listen_overflows.saturating_sub(before.listen_overflows),
        listen_drops: after.listen_drops.saturating_sub(before.listen_drops),
        timeouts: after.timeouts.saturating_sub(before.timeouts),
        syn_retransmits: after.syn_retransmits.saturating_sub(before.syn_retransmits),
    }
}

/// What happened in both.
pub fn both(one: &KernelRecord, other: &KernelRecord) -> KernelRecord {
    KernelRecord {
        listen_overflows: one.listen_overflows + other.listen_overflows,
        listen_drops: one.listen_drops + other.listen_drops,
        timeouts: one.timeouts + other.timeouts,
        syn_retransmits: one.syn_retransmits + other.syn_retransmits,
    }
}

/// Names in one line, values in the next, as proc(5) has it.
fn parse(text: &str) -> Result<KernelRecord> {
    let mut lines = text.lines().filter(|line| line.starts_with("TcpExt:"));
    let names = lines.next().context("no TcpExt")?.split_whitespace();
    let values = lines.next().context("no values of TcpExt")?.split_whitespace();
    let pairs: Vec<(&str, &str)> = names.zip(values).collect();
    let value = |name: &str| -> Result<u64> {
        let (_, value) = pairs.iter().find(|(n, _)| *n == name).context(name.to_string())?;
        value.parse().with_context(|| format!("{name} is {value}"))
    };
    Ok(KernelRecord {
        listen_overflows: value("ListenOverflows")?,
        listen_drops: value("ListenDrops")?,
        timeouts: value("TCPTimeouts")?,
        syn_retransmits: value("TCPSynRetrans")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{drops, parse, since};
    use triathlon_contract::record::KernelRecord;

    #[test]
    fn names_and_values_stand_in_two_lines() {
        let text = "TcpExt: ListenOverflows ListenDrops X TCPTimeouts TCPSynRetrans\n\
                    TcpExt: 1 2 9 3 4\nIpExt: A\nIpExt: 1\n";
        let read = parse(text).unwrap();
        let want =
            KernelRecord { listen_overflows: 1, listen_drops: 2, timeouts: 3, syn_retransmits: 4 };
        assert_eq!(read, want);
        assert_eq!(since(&want, &want), KernelRecord::default());
        assert!(parse("TcpExt: ListenOverflows\nTcpExt: 1\n").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn this_kernel_tells() {
        let (before, after) = (drops().unwrap(), drops().unwrap());
        assert!(after.timeouts >= before.timeouts);
    }
}
