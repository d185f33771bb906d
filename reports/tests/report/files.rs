//! Reading a run's directory and writing the report into it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use triathlon_reports::{Rendered, render, write};

use crate::crowd::crowd;
use crate::fixture::{Fixture, full, tiny};
use crate::made_up::records;

/// The files of the report of a made-up run, by name.
pub(crate) fn rendered(fixture: &Fixture) -> BTreeMap<String, String> {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    let files = render(dir.path()).unwrap().files.into_iter();
    files.map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect()
}

fn tiny_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    tiny().write(dir.path());
    dir
}

/// Writes a report with every contestant to look at if asked to:
/// `TRIATHLON_CROWD_TO=/tmp/y`.
#[test]
fn a_crowd_is_written_too() {
    let own = tempfile::tempdir().unwrap();
    let to = std::env::var_os("TRIATHLON_CROWD_TO");
    let dir = to.as_deref().map_or(own.path(), Path::new);
    crowd().write(dir);
    let page = write(dir, &render(dir).unwrap()).unwrap();
    let size = fs::metadata(page).unwrap().len();
    assert!(size < 1_000_000, "{size} bytes");
}

/// The same with verdicts, for `scripts/test` to open in a browser:
/// `TRIATHLON_VERDICTS_TO=/tmp/z`.
#[test]
fn a_crowd_with_verdicts_is_written_too() {
    let own = tempfile::tempdir().unwrap();
    let to = std::env::var_os("TRIATHLON_VERDICTS_TO");
    let dir = to.as_deref().map_or(own.path(), Path::new);
    with_verdicts(crowd()).chained().write(dir);
    let page = write(dir, &render(dir).unwrap()).unwrap();
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.len() < 1_500_000, "{} bytes", text.len());
    for id in ["overview", "figure-network-profile", "figure-machine-profile", "geometric-means"] {
        assert!(text.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

/// The same plan in 15 rounds, with verdicts.
pub(crate) fn with_verdicts(mut fixture: Fixture) -> Fixture {
    (fixture.run.profile, fixture.run.rounds) = ("default".to_string(), 15);
    fixture.run.verdicts = true;
    Fixture { records: records(&fixture.run), ..fixture }
}

/// Writes a report to look at if asked to: `TRIATHLON_REPORT_TO=/tmp/x`.
#[test]
fn a_full_run_is_written_with_its_checksums() {
    let own = tempfile::tempdir().unwrap();
    let to = std::env::var_os("TRIATHLON_REPORT_TO");
    let dir = to.as_deref().map_or(own.path(), Path::new);
    full().write(dir);
    let page = write(dir, &render(dir).unwrap()).unwrap();
    assert_eq!(page, dir.join("report.html"));
    let sums = fs::read_to_string(dir.join("SHA256SUMS")).unwrap();
    let names: Vec<&str> = sums.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    let inputs = ["run.json", "records.jsonl", "sources.json"];
    let views = ["summary.json", "summary.csv", "summary.md"];
    let exports = ["bencher.json", "github-action-benchmark.json"];
    let drawn = ["fan-out", "request-loop"].map(|workload| {
        ["forest", "scaling", "strip"].map(|kind| format!("figures/{workload}-{kind}.svg"))
    });
    let mut want: Vec<&str> = [inputs.as_slice(), &views, &exports].concat();
    want.extend(drawn.iter().flatten().map(String::as_str));
    want.extend(["report.html", "ro-crate-metadata.json"]);
    assert_eq!(names, want);
    assert!(names.iter().all(|name| dir.join(name).is_file()));
    let size = fs::metadata(page).unwrap().len();
    assert!(size < 2_000_000, "{size} bytes");
}

/// Runs that were published are read for ever.
#[test]
fn every_published_run_still_renders() {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published");
    let mut tried = 0;
    for run in fs::read_dir(published).unwrap() {
        let run = run.unwrap().path();
        if run.join("run.json").is_file() {
            let rendered =
                render(&run).unwrap_or_else(|error| panic!("{}: {error:#}", run.display()));
            let drawn = rendered.files.iter().filter(|(name, _)| name.ends_with("-forest.svg"));
            assert!(drawn.count() >= 1, "{}", run.display());
            // The bound of a full run; two workloads took 0.3 MB, four take 0.5.
            assert!(page(&rendered).len() < 2_000_000);
            tried += 1;
        }
    }
    assert!(tried >= 1);
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let dir = tiny_dir();
    let first = render(dir.path()).unwrap();
    write(dir.path(), &first).unwrap();
    assert_eq!(render(dir.path()).unwrap(), first);
}

#[test]
fn a_last_line_that_was_cut_off_is_mentioned() {
    let dir = tiny_dir();
    let lines = tiny().lines();
    let fifth = lines.match_indices('\n').nth(4).unwrap().0;
    fs::write(dir.path().join("records.jsonl"), &lines[..fifth - 40]).unwrap();
    let page = page(&render(dir.path()).unwrap());
    assert!(page.contains("cut off"));
    assert!(page.contains("Interrupted."));
}

#[test]
fn any_other_malformed_line_is_named() {
    let dir = tiny_dir();
    let mut lines: Vec<String> = tiny().lines().lines().map(str::to_string).collect();
    lines[1].truncate(30);
    fs::write(dir.path().join("records.jsonl"), lines.join("\n") + "\n").unwrap();
    let error = format!("{:#}", render(dir.path()).unwrap_err());
    assert!(error.contains("records.jsonl") && error.contains("line 2"), "{error}");
}

#[test]
fn a_malformed_last_line_with_line_feed_is_named() {
    let dir = tiny_dir();
    fs::write(dir.path().join("records.jsonl"), tiny().lines() + "{\"schema\":1}\n").unwrap();
    let error = format!("{:#}", render(dir.path()).unwrap_err());
    assert!(error.contains("line 7"), "{error}");
}

#[test]
fn a_missing_run_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let error = format!("{:#}", render(dir.path()).unwrap_err());
    assert!(error.contains("run.json"), "{error}");
}

#[test]
fn a_run_without_records_renders() {
    let dir = tiny_dir();
    fs::remove_file(dir.path().join("records.jsonl")).unwrap();
    fs::remove_file(dir.path().join("sources.json")).unwrap();
    let rendered = render(dir.path()).unwrap();
    let page = page(&rendered);
    assert!(page.contains("not-run") && page.contains("Interrupted."));
    assert!(!rendered.files.iter().any(|(name, _)| name.starts_with("figures/")));
}

#[test]
fn a_failure_leaves_no_temporary_file_and_no_new_report() {
    let dir = tiny_dir();
    let rendered = render(dir.path()).unwrap();
    fs::write(dir.path().join("figures"), "a file where a directory is needed").unwrap();
    assert!(write(dir.path(), &rendered).is_err());
    // A directory where a file is needed fails only when renamed.
    fs::remove_file(dir.path().join("figures")).unwrap();
    fs::create_dir_all(dir.path().join("report.html/in-the-way")).unwrap();
    assert!(write(dir.path(), &rendered).is_err());
    for directory in [dir.path().to_path_buf(), dir.path().join("figures")] {
        for entry in fs::read_dir(directory).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.contains(".tmp"), "{name}");
        }
    }
}

fn page(rendered: &Rendered) -> String {
    let (_, bytes) = rendered.files.iter().find(|(name, _)| name == "report.html").unwrap();
    String::from_utf8(bytes.clone()).unwrap()
}
