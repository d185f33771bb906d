//! `triathlon selftest`: the quick form as people call it, wrong calls, Ctrl-C.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use triathlon_contract::record::{RowStatus, SCHEMA, SelftestRecord};

use crate::support::{marked, output, triathlon};

const ROWS: [&str; 11] = [
    "one stall",
    "polarity",
    "no phantom tail",
    "constant arrivals",
    "known law",
    "Poisson arrivals",
    "timer floor",
    "conservation",
    "censored tail",
    "slow server",
    "recorder",
];

fn certificate(out: &Path) -> SelftestRecord {
    let text = fs::read_to_string(out.join("selftest.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A machine that runs other tests may fail rows about time, so only what does
/// not depend on time is asserted to be ok.
#[test]
fn the_quick_form_has_every_row_once() {
    let directory = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let output = output(directory.path(), &["selftest", "--out", "out"]);
    let took = started.elapsed();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(took < Duration::from_secs(60), "it took {took:?}: {text}");
    let record = certificate(&directory.path().join("out"));
    assert_eq!((record.schema, record.form.as_str(), record.interrupted), (SCHEMA, "quick", false));
    let names: Vec<&str> = record.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ROWS);

    let count = |status| record.rows.iter().filter(|row| row.status == status).count() as u64;
    let counts = [RowStatus::Ok, RowStatus::Failed, RowStatus::NotMeasured].map(count);
    assert_eq!(counts, [record.passed, record.failed, record.not_measured]);
    let code = if record.failed == 0 { 0 } else { 4 };
    assert_eq!(output.status.code(), Some(code), "{text}{errors}");
    assert_eq!(errors.contains("cannot be believed"), code == 4, "{errors}");
    assert!(record.rows.iter().all(|row| row.reason.is_some() == (row.status != RowStatus::Ok)));

    // One line a row, in order, and one for all.
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), ROWS.len() + 1, "{text}");
    assert!(lines.iter().zip(ROWS).all(|(line, row)| line.starts_with(row)), "{text}");
    assert!(lines[ROWS.len()].starts_with(&format!("quick selftest: {} ok", record.passed)));

    let exact = record.rows.iter().find(|row| row.name == "conservation").unwrap();
    assert_eq!((exact.status, &exact.reason), (RowStatus::Ok, &None), "{exact:?}");
    assert!(exact.figures.len() >= 10);
    assert!(exact.figures.iter().all(|figure| figure.found == figure.wanted), "{exact:?}");
    // Nothing else is left.
    assert_eq!(fs::read_dir(directory.path().join("out")).unwrap().count(), 1);
}

#[test]
fn a_wrong_call_and_a_place_that_cannot_be_written_are_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "x").unwrap();
    let check = |arguments: &[&str], want: &str| {
        let output = output(directory.path(), &[&["selftest"], arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
        assert!(errors.starts_with("triathlon: ") && errors.contains(want), "{errors}");
        assert!(output.stdout.is_empty());
    };
    check(&["--nope"], "--nope");
    check(&["--format", "xml"], "xml");
    check(&["quick"], "quick");
    check(&["--out", "file/below"], "cannot write file/below");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

/// Within the second row: the certificate has the first one, and the server is
/// gone.
#[test]
fn ctrl_c_keeps_the_rows_until_then_and_leaves_no_process() {
    let directory = tempfile::tempdir().unwrap();
    let mark = format!("TRIATHLON_TEST_MARK=selftest-{}", std::process::id());
    let (name, value) = mark.split_once('=').unwrap();
    let mut command = triathlon(directory.path(), &["selftest", "--full", "--out", "out"]);
    command.env(name, value).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with(ROWS[0]));
    assert!(marked(&mark).len() >= 2, "selftest and server carry the mark");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let rest: Vec<String> = lines.map(|line| line.unwrap()).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(rest.last().unwrap().ends_with("interrupted"), "{rest:?}");
    let deadline = Instant::now() + Duration::from_secs(5);
    while !marked(&mark).is_empty() {
        assert!(Instant::now() < deadline, "left behind: {:?}", marked(&mark));
        std::thread::yield_now();
    }
    let record = certificate(&directory.path().join("out"));
    assert!(record.interrupted && record.form == "full");
    assert!((1..4).contains(&record.rows.len()), "{:?}", record.rows);
}
