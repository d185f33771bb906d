//! Executions that something else disturbed: they are kept and do not count.
//!
//! Causes come from outside and are told by other clocks than the contestant's, so
//! dropping them favours nobody.

use triathlon_contract::record::{Machine, Record, RunFile};

use crate::{late, metrics};

/// Share of one CPU that other processes may take while an execution lives.
///
/// Source: research rule V23, "other-process CPU > 5 % of any pinned core".
const FOREIGN_LIMIT: f64 = 0.05;

/// Share of all CPUs that the hypervisor may take within a window.
///
/// Source: research rule V23, "steal > 1 %".
const STEAL_LIMIT: f64 = 0.01;

/// Steal is read in steps of so much, and one step is no proof.
const STEAL_STEP_NS: u64 = 10_000_000;

/// Whether the rule holds in a run: one round has nothing to spare, and the user
/// may want to keep everything.
pub(crate) fn applies(run: &RunFile) -> bool {
    run.rounds > 1 && !run.keep_disturbed
}

/// What disturbed an execution, in words; nothing if it was left alone, or if it
/// was made before anybody looked at other processes: such runs say what they
/// said.
pub(crate) fn why(record: &Record, machine: &Machine) -> Option<String> {
    record.foreign_ns?;
    let reasons: Vec<String> = [foreign(record), stolen(record, machine), late::why(record)]
        .into_iter()
        .flatten()
        .collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn foreign(record: &Record) -> Option<String> {
    let wall_ns = record.process.filter(|process| process.wall_ns > 0)?.wall_ns;
    let share = record.foreign_ns? as f64 / wall_ns as f64;
    let percent = share * 100.0;
    (share > FOREIGN_LIMIT).then(|| format!("other processes took {percent:.0} % of a CPU"))
}

fn stolen(record: &Record, machine: &Machine) -> Option<String> {
    let window = record.window.as_ref().filter(|window| window.elapsed_ns > 0)?;
    let cpus = metrics::machine_cpus(machine).unwrap_or(1.0);
    let share = window.steal_ns as f64 / (window.elapsed_ns as f64 * cpus);
    let percent = share * 100.0;
    let much = share > STEAL_LIMIT && window.steal_ns > STEAL_STEP_NS;
    much.then(|| format!("the hypervisor took {percent:.0} % of the CPU time"))
}

#[cfg(test)]
mod tests {
    use triathlon_contract::record::{Machine, ProcessRecord, Record, WindowRecord};

    use super::why;

    fn record(foreign_ms: u64, steal_ms: u64) -> Record {
        let line = r#"{"schema":1,"sequence":0,"round":1,"id":"a@b/c","twin":false,"status":"ok",
            "reason":"","started_ms":0,"laps":1,"expected":{"ok":1,"samples":1,"bytes":0,
            "checksum":"0000000000000000","connections":0,"peak_low":0,"peak_high":0,"workers":1},
            "outcome":null,"witness":null,"window":null,"per_operation":null,"process":null}"#;
        let record: Record = serde_json::from_str(line).unwrap();
        let process = ProcessRecord { wall_ns: 1_000_000_000, ..ProcessRecord::default() };
        let window = WindowRecord {
            elapsed_ns: 500_000_000,
            steal_ns: steal_ms * 1_000_000,
            ..WindowRecord::default()
        };
        let foreign_ns = Some(foreign_ms * 1_000_000);
        Record { foreign_ns, process: Some(process), window: Some(window), ..record }
    }

    #[test]
    fn a_twentieth_of_a_cpu_or_a_hundredth_of_all_is_too_much() {
        let machine = Machine { class: "2 CPUs, a model".to_string(), ..Machine::default() };
        let check = |foreign_ms, steal_ms, want: Option<&str>| {
            assert_eq!(why(&record(foreign_ms, steal_ms), &machine).as_deref(), want);
        };
        check(0, 0, None);
        check(50, 10, None);
        check(51, 0, Some("other processes took 5 % of a CPU"));
        // One step of 10 ms is 1 % of two CPUs in half a second, and no proof.
        check(0, 20, Some("the hypervisor took 2 % of the CPU time"));
        check(
            400,
            20,
            Some("other processes took 40 % of a CPU; the hypervisor took 2 % of the CPU time"),
        );
    }
}
