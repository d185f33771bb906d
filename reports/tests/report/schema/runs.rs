//! Directories of runs with every file that a run can have.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use triathlon_contract::record::{
    HistogramLine, Histograms, KernelRecord, PerOperation, ProcessRecord, Record, SCHEMA,
    SessionFile, SlicesRecord,
};
use triathlon_reports::{render, write};

use crate::cost::cost_file;
use crate::crowd::crowd;
use crate::files::with_verdicts;
use crate::fixture::{Fixture, case, fan_out, full, tiny};
use crate::made_up::{CONTESTANTS, records};
use crate::open::open;
use crate::selftest::certificate;
use crate::syscalls::syscalls_file;
use crate::turns::study;
use crate::verdict::alike;

/// Two presets with verdicts, in slices, with all that a record can have.
pub(super) fn in_slices() -> Fixture {
    let mut fixture = alike(15);
    for (who, ..) in CONTESTANTS {
        fixture.run.cases.push(case(&format!("fan-out@n10/{who}"), &fan_out(10, 0)));
    }
    fixture.records = records(&fixture.run);
    for case in &mut fixture.run.cases {
        case.slice_ms = Some(80);
    }
    fixture.run.slice_study = Some(study("fan-out@n100", Some(80)));
    for record in &mut fixture.records {
        record.slices =
            Some(SlicesRecord { length_ns: 80_000_000, count: 3, paused_ns: 9, turns: 5 });
        record.per_operation = record.window.as_ref().and_then(PerOperation::of);
        record.kernel = Some(KernelRecord::default());
        record.process = Some(ProcessRecord::default());
        record.foreign_ns = Some(u64::MAX);
    }
    fixture
}

pub(super) fn fixtures() -> [(&'static str, Fixture); 8] {
    let mut without_answer = tiny();
    for record in &mut without_answer.records {
        (record.outcome, record.window, record.witness) = (None, None, None);
    }
    [
        ("tiny", tiny()),
        ("full", full()),
        ("crowd", crowd()),
        ("crowd with verdicts", with_verdicts(crowd())),
        ("alike", alike(15)),
        ("open loop", open(1)),
        ("slices", in_slices()),
        ("without answer", without_answer),
    ]
}

/// A run's directory with every input and the report of it.
pub(super) fn directory(fixture: &Fixture) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    let write_lines = |name: &str, lines: Vec<String>| {
        fs::write(dir.path().join(name), lines.concat()).unwrap();
    };
    let session = |session| SessionFile {
        schema: SCHEMA,
        session,
        started_at: "2026-11-22T17:05:01Z".to_string(),
        first_sequence: 0,
        boot: "0a1b2c3d".to_string(),
        reasons: vec!["it began on a busy machine".to_string()],
    };
    write_lines("sessions.jsonl", [1, 2].map(|number| line(&session(number))).into());
    let text = || "HISTFAAAAB542pNpmSzMAAIAC6oA6A==".to_string();
    let open = fixture.records.iter().filter(|record| record.open.is_some());
    let histogram = |record: &Record| HistogramLine {
        schema: SCHEMA,
        sequence: record.sequence,
        id: record.id.clone(),
        twin: record.twin,
        histograms: Histograms { lag_ns: text(), service_ns: text(), response_ns: text() },
    };
    write_lines("histograms.jsonl", open.map(|record| line(&histogram(record))).collect());
    write_lines("selftest.json", vec![line(&certificate())]);
    write_lines("cost.json", vec![line(&cost_file(&fixture.run))]);
    write_lines("syscalls.json", vec![line(&syscalls_file(&fixture.run))]);
    write(dir.path(), &render(dir.path()).unwrap()).unwrap();
    dir
}

fn line(of: &impl serde::Serialize) -> String {
    serde_json::to_string(of).unwrap() + "\n"
}

/// Files of a directory that programs read, by name.
pub(super) fn data(dir: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let for_programs = |path: &PathBuf| {
        path.extension().is_some_and(|kind| kind == "json" || kind == "jsonl" || kind == "csv")
    };
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_string();
    files
        .filter(for_programs)
        .map(|path| (name(&path), fs::read_to_string(path).unwrap()))
        .collect()
}

pub(super) fn published() -> Vec<PathBuf> {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published");
    let runs = fs::read_dir(published).unwrap().map(|run| run.unwrap().path());
    let runs: Vec<PathBuf> = runs.filter(|run| run.join("run.json").is_file()).collect();
    assert!(runs.len() >= 3, "{runs:?}");
    runs
}
