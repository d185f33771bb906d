//! `triathlon verify` finds what was cut, moved or edited, in one sentence.

use std::fs;
use std::path::Path;

use crate::support::{output, root, succeeds};

/// A small real run.
fn measured(directory: &Path) {
    let filter = "^fan-out@n10/(threads-pool|tokio/current-thread)$";
    succeeds(
        directory,
        &["run", filter, "--profile", "smoke", "--rounds", "2", "--keep-disturbed", "--quiet"],
    );
}

/// The one sentence on standard error, with exit code 1.
fn refused(directory: &Path) -> String {
    let output = output(directory, &["verify"]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    errors
}

#[test]
fn whatever_was_done_to_the_files_is_found() {
    let directory = tempfile::tempdir().unwrap();
    measured(directory.path());
    let latest = directory.path().join("reports/latest");
    let untouched = succeeds(directory.path(), &["verify"]);
    assert!(untouched.starts_with("ok: 6 records hold together"), "{untouched}");
    assert!(untouched.contains("byte for byte"), "{untouched}");
    let records = fs::read_to_string(latest.join("records.jsonl")).unwrap();
    let lines: Vec<&str> = records.split_inclusive('\n').collect();
    let check = |name: &str, content: String, want: &str| {
        let path = latest.join(name);
        let before = fs::read(&path).unwrap();
        assert_ne!(before, content.as_bytes(), "{name}");
        fs::write(&path, content).unwrap();
        let sentence = refused(directory.path());
        assert!(sentence.contains(want), "{name}: {sentence}");
        fs::write(&path, before).unwrap();
    };
    let faster = |line: &str| {
        let key = "\"elapsed_ns\":";
        let (head, tail) = line.split_once(key).unwrap();
        format!("{head}{key}1{tail}")
    };
    let cut = "is not the file that the report was made from: it was cut, extended or edited";
    check("records.jsonl", lines[..5].concat(), cut);
    check("records.jsonl", records[..records.len() - 40].to_string(), cut);
    check(
        "records.jsonl",
        lines[1..].concat(),
        "line 1 of records.jsonl has sequence 1 instead of 0",
    );
    check(
        "records.jsonl",
        [lines[0], lines[2], lines[1], lines[3], lines[4], lines[5]].concat(),
        "line 2 of records.jsonl has sequence 2 instead of 1",
    );
    let edited = [lines[0], &faster(lines[1]), lines[2], lines[3], lines[4], lines[5]].concat();
    check("records.jsonl", edited, "line 3 of records.jsonl does not hold on to line 2");
    let last = lines[..5].concat() + &faster(lines[5]);
    check("records.jsonl", last, cut);
    let run = fs::read_to_string(latest.join("run.json")).unwrap();
    let run = run.replace("\"seed\": ", "\"seed\": 1");
    check("run.json", run, "line 1 of records.jsonl does not belong to this run.json");
    let page = fs::read_to_string(latest.join("report.html")).unwrap();
    check("report.html", page.replace("Triathlon", "Biathlon"), "report.html is not the file that");
    assert_eq!(succeeds(directory.path(), &["verify"]), untouched, "everything was put back");
}

/// Whoever edits a table and makes its checksum anew is found as well.
#[test]
fn a_table_is_computed_again_from_the_records() {
    let directory = tempfile::tempdir().unwrap();
    measured(directory.path());
    let latest = directory.path().join("reports/latest");
    let table = fs::read_to_string(latest.join("summary.csv")).unwrap();
    let edited = table.replacen(",valid,", ",failed,", 1);
    fs::write(latest.join("summary.csv"), &edited).unwrap();
    let sums = fs::read_to_string(latest.join("SHA256SUMS")).unwrap();
    let sum = |bytes: &str| {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(bytes);
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    fs::write(latest.join("SHA256SUMS"), sums.replace(&sum(&table), &sum(&edited))).unwrap();
    let sentence = refused(directory.path());
    assert!(sentence.contains("summary.csv is not what the records give: it differs from line 2"));
}

#[test]
fn a_killed_run_says_how_to_go_on() {
    let directory = tempfile::tempdir().unwrap();
    measured(directory.path());
    fs::remove_file(directory.path().join("reports/latest/SHA256SUMS")).unwrap();
    let sentence = refused(directory.path());
    assert!(sentence.contains("killed after 6 records; `triathlon run --resume` completes it"));
}

/// Published runs stay as they are while the suite changes: their records hold
/// together and give the figures that they publish.
#[test]
fn published_runs_are_verified() {
    let published = root().join("reports/published");
    let mut count = 0;
    for entry in fs::read_dir(published).unwrap().flatten() {
        if entry.path().join("run.json").is_file() {
            let path = entry.path().display().to_string();
            let said = succeeds(&root(), &["verify", &path]);
            assert!(said.starts_with("ok: "), "{said}");
            count += 1;
        }
    }
    assert!(count >= 2);
}
