//! The certificate of the self-test in a run. The build under test is not
//! optimised, so no run makes one here; it copies one that holds.

use std::fs;
use std::path::Path;

use triathlon_contract::record::{RowStatus, SCHEMA, SelftestRecord, SelftestRow};

use crate::support::{output, succeeds, summary};

const FILTER: &str = "^fan-out@n10/(threads-pool|tokio/current-thread)$";

/// A certificate that this build could have made here a moment ago.
fn certificate(status: RowStatus) -> SelftestRecord {
    let [name, wanted, got] = ["one stall", "p99 151 ms", "p99 152 ms"].map(str::to_string);
    let reason = (status == RowStatus::Failed).then(|| "p99 is 20 ms".to_string());
    SelftestRecord {
        schema: SCHEMA,
        started_at: triathlon::time::utc(triathlon::time::now_s() - 60),
        duration_s: 19.5,
        commit: triathlon::build::COMMIT.to_string(),
        dirty: triathlon::build::dirty(),
        optimised: triathlon::build::optimised(),
        machine: triathlon::machine::machine().id,
        form: "quick".to_string(),
        interrupted: false,
        passed: u64::from(status == RowStatus::Ok),
        failed: u64::from(status == RowStatus::Failed),
        not_measured: 0,
        rows: vec![SelftestRow { name, wanted, got, status, reason, figures: Vec::new() }],
    }
}

fn put(directory: &Path, record: &SelftestRecord) -> Vec<u8> {
    fs::create_dir_all(directory).unwrap();
    // Not as the verb writes it: what is copied is the file.
    let bytes = serde_json::to_vec(record).unwrap();
    fs::write(directory.join("selftest.json"), &bytes).unwrap();
    bytes
}

fn run(directory: &Path, more: &[&str]) {
    let arguments = ["run", FILTER, "--rounds", "1", "--keep-disturbed", "--quiet", "--out", "out"];
    succeeds(directory, &[&arguments, more].concat());
}

fn page(out: &Path) -> String {
    fs::read_to_string(out.join("latest/report.html")).unwrap()
}

#[test]
fn a_run_takes_a_certificate_along_that_holds() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let bytes = put(&out, &certificate(RowStatus::Ok));
    for profile in ["smoke", "quick"] {
        run(directory.path(), &["--profile", profile]);
        assert_eq!(fs::read(out.join("latest/selftest.json")).unwrap(), bytes, "{profile}");
        let page = page(&out);
        assert!(page.contains("1 of 1 measured rows passed"), "{profile}");
        let summary = summary(&out);
        assert_eq!(
            (&summary["selftest"]["passed"], &summary["selftest"]["failed"]),
            (&1.into(), &0.into())
        );
        let verified = succeeds(directory.path(), &["verify", "out/latest"]);
        assert!(verified.contains("byte for byte"), "{verified}");
    }
    assert_eq!(fs::read(out.join("selftest.json")).unwrap(), bytes, "it stays as it is");
}

#[test]
fn a_run_without_one_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let check = |more: &[&str], what: &str| {
        run(directory.path(), more);
        assert!(!out.join("latest/selftest.json").exists(), "{what}");
        assert!(page(&out).contains("was not proven on this machine"), "{what}");
        assert!(summary(&out)["selftest"].is_null(), "{what}");
    };
    check(&["--profile", "smoke"], "smoke");
    check(&["--profile", "quick"], "not optimised");
    assert!(!out.join("selftest.json").exists(), "none was made");
    put(&out, &certificate(RowStatus::Ok));
    check(&["--profile", "quick", "--no-selftest"], "--no-selftest");
    let other = SelftestRecord { machine: "0".to_string(), ..certificate(RowStatus::Ok) };
    put(&out, &other);
    check(&["--profile", "quick"], "of another machine");
    put(&out, &certificate(RowStatus::Failed));
    check(&["--profile", "smoke"], "with a failed row");
}

/// A resumed run keeps what it has, and what failed in it ends the run with 4.
#[test]
fn a_failed_row_ends_the_run_with_its_name_and_4() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    run(directory.path(), &["--profile", "smoke"]);
    put(&out, &certificate(RowStatus::Ok));
    let bytes = put(&out.join("latest"), &certificate(RowStatus::Failed));
    let output = output(directory.path(), &["run", "--resume", "--quiet", "--out", "out"]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{errors}");
    // Its start was a minute ago, before the run began.
    assert!(errors.contains("the self-test failed on this machine at “one stall”"), "{errors}");
    assert!(errors.contains("p99 is 20 ms") && errors.lines().count() == 1, "{errors}");
    assert_eq!(fs::read(out.join("latest/selftest.json")).unwrap(), bytes, "it keeps its own");
    assert!(page(&out).contains("invalid — believe nothing here"));
}
