//! What `triathlon run --dry-run` says: cases, time, memory and disk.

use std::time::Duration;

use triathlon_contract::{Files, Workload};

use crate::files;
use crate::plan::{Item, Plan};
use crate::run::Settings;

/// The plan in words, a line per case; `selftest` is the time before it.
pub(super) fn describe(plan: &Plan, settings: &Settings, selftest: Duration) -> String {
    let mut text = String::new();
    let absent: Vec<_> =
        plan.cases.iter().filter_map(|s| s.case.absent.as_ref().map(|r| (s, r))).collect();
    for (index, selected) in plan.cases.iter().enumerate() {
        if selected.case.absent.is_none() {
            let ms = plan.expected(Item::Case(index)).as_millis();
            text += &format!("{:<60} {ms:>6} ms\n", selected.case.id.to_string());
        }
    }
    for (selected, reason) in &absent {
        text += &format!("{:<60} absent: {reason}\n", selected.case.id.to_string());
    }
    let executions = plan.executions.len();
    let minutes = (plan.duration() + selftest).as_secs_f64() / 60.0;
    let disk_mb = plan.disk_bytes() as f64 / 1e6;
    text += &format!(
        "\n{} cases run, {} are absent; {} rounds, seed {}\n",
        plan.cases.len() - absent.len(),
        absent.len(),
        plan.order.rounds,
        plan.order.seed
    );
    text += &format!(
        "{executions} executions, about {minutes:.1} minutes; memory up to {} MiB for one of them; \
         about {disk_mb:.1} MB below {}\n",
        plan.memory_bytes() >> 20,
        settings.out.display()
    );
    let files: Vec<Files> = plan.files().map(|(work, laps)| work.with_laps(laps)).collect();
    if !files.is_empty() {
        let mib = files::bytes(&files).div_ceil(1 << 20);
        let below = settings.files_dir.display();
        text += &format!("{mib} MiB of files below {below}, removed at the end\n");
    }
    if !selftest.is_zero() {
        text += &format!("of them {:.0} s for the self-test, once a day\n", selftest.as_secs_f64());
    }
    let Settings { placement, .. } = settings;
    text += &format!(
        "contestant {}, server {}, workers {}; where no server takes part: contestant {}, workers {}\n",
        set(&placement.contestant_cpus),
        set(&placement.server_cpus),
        placement.workers,
        set(&placement.alone_cpus),
        placement.alone_workers
    );
    for reason in &placement.reasons {
        text += &format!("note: {reason}\n");
    }
    text
}

fn set(cpus: &[usize]) -> String {
    match cpus {
        [] => "not pinned".to_string(),
        cpus => format!("on CPUs {cpus:?}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::describe;
    use crate::cmd::run::{Arguments, prepare};

    #[test]
    fn the_time_of_the_self_test_is_planned() {
        let filters = vec!["^cpu@".to_string()];
        let arguments = Arguments { filters, ..Arguments::defaults() };
        let (plan, settings) = prepare(&arguments, "triathlon".into()).unwrap();
        let minutes = |selftest: Duration| -> (f64, bool) {
            let text = describe(&plan, &settings, selftest);
            let (_, rest) = text.split_once("executions, about ").unwrap();
            let minutes = rest.split(' ').next().unwrap().parse().unwrap();
            (minutes, text.contains("of them 60 s for the self-test, once a day"))
        };
        let (without, none) = minutes(Duration::ZERO);
        let (with, said) = minutes(Duration::from_secs(60));
        assert!(!none && said);
        assert!((with - without - 1.0).abs() < 0.15, "{without}, {with}");
    }
}
