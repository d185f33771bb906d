//! What is said before and after.

use std::fmt::Write;
use std::time::Duration;

use triathlon_contract::record::{SyscallsCase, SyscallsFile};
use triathlon_statistics::Summary;

use super::plan::TIMES;
use super::{Planned, Wanted};

/// What the mark of a line means.
const WITHOUT_DELAY: &str = "no delay: the server answers at once, so the answer is often there before a traced process \
     reads, and who reads first and waits after shows fewer calls than untraced; compare styles \
     at presets with a delay\n";

/// The plan in words, before anything is counted.
pub fn plan(wanted: &Wanted) -> String {
    let mut text = String::new();
    let (mut counted, mut duration) = (0, Duration::ZERO);
    for (selected, planned) in &wanted.cases {
        let id = selected.case.id.to_string();
        let _ = match planned {
            Planned::Counts { laps, .. } => {
                counted += 1;
                duration += planned.duration(wanted.repeats);
                writeln!(text, "{id:<60} {laps} and {} laps", TIMES * laps)
            }
            Planned::SitsOut(reason) => writeln!(text, "{id:<60} {reason}"),
        };
    }
    let processes = 2 * counted * wanted.repeats;
    let minutes = duration.as_secs_f64() / 60.0;
    let _ = writeln!(
        text,
        "\n{counted} cases in {} repeats, {} sit out; {processes} processes, about {minutes:.1} \
         minutes on two CPUs that do nothing else",
        wanted.repeats,
        wanted.cases.len() as u64 - counted
    );
    text
}

/// What was counted, a line for every case: medians.
pub fn table(file: &SyscallsFile) -> String {
    let mut text = format!("{:<46} {:>9} {:>15}  {}\n", "", "calls/op", "range", "of them");
    for case in &file.cases {
        match &case.reason {
            None => text += &line(case),
            Some(reason) => _ = writeln!(text, "{:<46} not counted: {reason}", case.id),
        }
    }
    let _ = writeln!(
        text,
        "system calls per operation, medians of {} repeats, counted under a tracer on Linux {} ({}); \
         calls that wait and calls that return at once count the same: no times",
        file.repeats, file.kernel, file.architecture
    );
    if file.cases.iter().any(|case| case.without_delay && case.reason.is_none()) {
        text += WITHOUT_DELAY;
    }
    for reason in &file.reasons {
        let _ = writeln!(text, "note: {reason}");
    }
    text
}

pub(super) fn line(case: &SyscallsCase) -> String {
    let Some(all) = Summary::of(&case.per_operation()) else {
        return format!("{:<46} nothing was counted\n", case.id);
    };
    let named: Vec<String> = case
        .calls
        .iter()
        .filter_map(|call| {
            let median = Summary::of(&case.per_operation_of(call))?.median;
            Some(format!("{} {}", call.name, number(median)))
        })
        .collect();
    let varies = if case.varies(all.median) { " (varies)" } else { "" };
    let delay = if case.without_delay { " (no delay)" } else { "" };
    format!(
        "{:<46} {:>9} {:>15}  {}{varies}{delay}\n",
        case.id,
        number(all.median),
        format!("{}..{}", number(all.low), number(all.high)),
        named.join(", ")
    )
}

/// Three digits of a count that may be far below one.
fn number(calls: f64) -> String {
    match calls.abs() {
        below if below < 0.0005 => "0".to_string(),
        below if below < 0.0995 => format!("{calls:.3}"),
        below if below < 99.5 => format!("{calls:.2}"),
        _ => format!("{calls:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use triathlon_contract::record::{
        Placement, SCHEMA, SyscallsCall, SyscallsCase, SyscallsFile, SyscallsProcesses,
    };

    use super::{WITHOUT_DELAY, line, number, table};

    fn file(cases: Vec<SyscallsCase>) -> SyscallsFile {
        SyscallsFile {
            schema: SCHEMA,
            started_at: String::new(),
            commit: String::new(),
            dirty: false,
            machine: String::new(),
            kernel: "6.18".to_string(),
            architecture: "x86_64".to_string(),
            repeats: 1,
            placement: Placement::default(),
            command: String::new(),
            reasons: Vec::new(),
            cases,
        }
    }

    #[test]
    fn a_line_has_median_range_and_names() {
        let process = |more| SyscallsProcesses { fewer: 100, more };
        let case = SyscallsCase {
            id: "ring@n2/tokio".to_string(),
            operations: 10,
            processes: vec![process(120), process(125), process(119)],
            calls: vec![SyscallsCall { name: "futex".to_string(), more: vec![10, 11, 9] }],
            ..SyscallsCase::default()
        };
        let want = "2.00      1.90..2.50  futex 1.00 (varies)\n";
        assert!(line(&case).ends_with(want), "{}", line(&case));
        let steady = SyscallsCase { processes: vec![process(120); 3], ..case };
        assert!(line(&steady).ends_with("futex 1.00\n"), "{}", line(&steady));
        let at_once = SyscallsCase { without_delay: true, ..steady };
        assert!(line(&at_once).ends_with("futex 1.00 (no delay)\n"), "{}", line(&at_once));
        assert!(line(&SyscallsCase::default()).contains("nothing was counted"));
    }

    #[test]
    fn what_no_delay_means_is_said_once_where_a_row_has_none() {
        let process = SyscallsProcesses { fewer: 100, more: 120 };
        let with = |without_delay| SyscallsCase {
            id: "request-loop@c1-d0/smol/single".to_string(),
            without_delay,
            operations: 10,
            processes: vec![process],
            ..SyscallsCase::default()
        };
        let out = SyscallsCase { reason: Some("absent: no".to_string()), ..with(true) };
        let check = |cases: Vec<SyscallsCase>, want: usize| {
            let text = table(&file(cases));
            assert_eq!(text.matches(WITHOUT_DELAY).count(), want, "{text}");
        };
        check(vec![with(true), with(true), with(false)], 1);
        check(vec![with(false), out], 0);
    }

    #[test]
    fn numbers_have_three_digits() {
        let check = |calls: f64, want: &str| assert_eq!(number(calls), want);
        check(0.0, "0");
        check(-0.0004, "0");
        check(0.0123, "0.012");
        check(0.5, "0.50");
        check(20.25, "20.25");
        check(123.4, "123");
        check(-0.001, "-0.001");
    }
}
