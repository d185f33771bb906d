//! Runs of which not every execution counts, or not for every metric.

use triathlon_contract::record::{OpenRecord, OpenTimes, ProcessRecord, Record, Spread};

use super::{BLOCKING, FAST, MANY, REFERENCE, SAME, check, says};
use crate::fixture::{Fixture, fail};
use crate::verdict::{alike, scale};

/// The server's, late or busy, and the bare generator's.
#[test]
fn rows_that_the_pair_limits() {
    let mut fixture = alike(15);
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    for record in fixture.records.iter_mut().filter(|record| record.id == FAST) {
        let window = record.window.as_mut().unwrap();
        window.server_cpu_ns = window.elapsed_ns;
    }
    says(&check(&fixture), &["1 other has no verdict, see the notes of its row"]);
    for case in fixture.run.cases.iter_mut().filter(|case| case.id == SAME) {
        case.ceiling = Some("c64-bytes-1024".to_string());
    }
    fixture.run.ceilings = vec!["c64-bytes-1024".to_string()];
    let generator = |record: &Record| Record {
        id: "ceiling@c64-bytes-1024/generator".to_string(),
        ..record.clone()
    };
    let own = fixture.records.iter().filter(|record| record.id == SAME);
    let generators: Vec<Record> = own.map(generator).collect();
    fixture.records.extend(generators);
    says(&check(&fixture), &["2 others have no verdict, see the notes of their rows"]);
    // A tenth of its delay of 20 ms, and a little less.
    for (id, p90) in [(MANY, 2100.0), (BLOCKING, 1900.0)] {
        for record in fixture.records.iter_mut().filter(|record| record.id == id) {
            let excess = Spread { p50: 60.0, p90, max: 9000.0 };
            record.witness.as_mut().unwrap().delay_excess_us = Some(excess);
        }
    }
    says(&check(&fixture), &["blocking 0.998", "3 others have no verdict", "It would find"]);
    // And with the reference limited nothing is left to say.
    for record in fixture.records.iter_mut().filter(|record| record.id == REFERENCE) {
        let window = record.window.as_mut().unwrap();
        window.server_cpu_ns = window.elapsed_ns;
    }
    let wanted = ["On fan-out@n100 nothing can be said of the time", "No cell has a verdict"];
    says(&check(&fixture), &wanted);
}

/// Takes some CPU of an execution away.
fn disturb(fixture: &mut Fixture, of: impl Fn(&Record) -> bool) {
    for record in fixture.records.iter_mut().filter(|record| of(record)) {
        record.foreign_ns = Some(100_000_000);
        let wall_ns = 1_000_000_000;
        record.process = Some(ProcessRecord { wall_ns, ..ProcessRecord::default() });
        // Whoever counted it would see something else.
        record.window.as_mut().unwrap().elapsed_ns *= 3;
    }
}

#[test]
fn executions_that_failed_or_were_disturbed() {
    let mut fixture = alike(15);
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    disturb(&mut fixture, |record| record.id == FAST && record.round % 5 == 1);
    disturb(&mut fixture, |record| record.id == REFERENCE && record.round == 7);
    // Of this one nothing is left, and of this one too little to decide.
    disturb(&mut fixture, |record| record.id == MANY && record.round > 6);
    fail(&mut fixture.records, BLOCKING, 11, "999 instead of 1000");
    fail(&mut fixture.records, SAME, 2, "late");
    for record in fixture.records.iter_mut().filter(|record| record.id == SAME) {
        let window = record.window.as_mut().unwrap();
        let stolen = record.round == 9;
        record.foreign_ns = Some(0);
        window.steal_ns = if stolen { 20_000_000 } else { 10_000_000 };
        window.elapsed_ns *= if stolen { 2 } else { 1 };
    }
    // A round that is there twice: the first one counts.
    let mut again = fixture.records.iter().find(|record| record.id == FAST).unwrap().clone();
    (again.round, again.foreign_ns) = (9, None);
    fixture.records.push(again);
    let wanted = [
        "threads-pool 0.90",
        "1 other has no verdict",
        "blocking 0.998",
        "is undecided",
        "In the median of the 2 with enough rounds",
    ];
    says(&check(&fixture), &wanted);
    // All of them count where the run says so.
    fixture.run.keep_disturbed = true;
    let text = check(&fixture);
    assert!(!text.contains("has no verdict") && text.contains("3 with enough rounds"), "{text}");
}

/// Response times, with one of which most executions are saturated.
#[test]
fn an_open_loop() {
    let mut fixture = alike(15);
    let workload = &mut fixture.run.workloads[0];
    (workload.open, workload.chart.metric) = (true, "response_p99_us".to_string());
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    for record in &mut fixture.records {
        let us = record.window.as_ref().unwrap().elapsed_ns as f64 / 1e3;
        let response_us = OpenTimes { mean: us, p99: Some(us), ..OpenTimes::default() };
        let saturated = record.id == MANY && record.round > 3;
        let achieved_per_s = 5000.0;
        let open = OpenRecord { achieved_per_s, saturated, response_us, ..OpenRecord::default() };
        record.open = Some(open);
    }
    let wanted =
        ["in 99th percentile of response time: threads-pool", "is shorter", "1 other has no"];
    says(&check(&fixture), &wanted);
}
