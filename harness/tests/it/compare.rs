//! `triathlon compare`: exit codes and formats, on recorded executions of three
//! contestants.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{output, root, succeeds};

const RUN: &str = "20261125T122950Z-19fed071-d054cd86-20d1e550";
const WHO: [&str; 3] = ["rayon", "smol/multi-thread", "tokio/multi-thread"];

/// The published run with one preset of three contestants, whose values of `slowed` are
/// half as high again.
fn written(directory: &Path, name: &str, machine: &str, slowed: Option<&str>) -> String {
    let published = root().join("reports/published").join(RUN);
    let read = |file: &str| fs::read_to_string(published.join(file)).unwrap();
    let ids = WHO.map(|who| format!("cpu@fine-uniform/{who}"));
    let kept = |id: &Value| ids.iter().any(|kept| id == kept);
    let mut run: Value = serde_json::from_str(&read("run.json")).unwrap();
    run["machine"]["id"] = machine.into();
    run["id"] = name.into();
    run["cases"].as_array_mut().unwrap().retain(|case| kept(&case["id"]));
    let mut lines = String::new();
    for line in read("records.jsonl").lines() {
        let mut record: Value = serde_json::from_str(line).unwrap();
        if !kept(&record["id"]) {
            continue;
        }
        if slowed.is_some_and(|who| record["id"] == format!("cpu@fine-uniform/{who}")) {
            for key in ["elapsed_ns", "user_ns", "system_ns"] {
                let value = record["window"][key].as_u64().unwrap();
                record["window"][key] = (value + value / 2).into();
            }
        }
        lines += &format!("{record}\n");
    }
    let path = directory.join(name);
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("run.json"), run.to_string()).unwrap();
    fs::write(path.join("records.jsonl"), lines).unwrap();
    name.to_string()
}

#[test]
fn a_regression_exits_with_3_where_it_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let of = |name, machine, slowed| written(directory.path(), name, machine, slowed);
    let before = of("before", "d054cd86", None);
    let same = of("same", "d054cd86", None);
    let slower = of("slower", "d054cd86", Some("rayon"));
    let elsewhere = of("elsewhere", "00000000", Some("rayon"));
    let check = |after: &str, code: i32, want: &str| {
        let output =
            output(directory.path(), &["compare", &before, after, "--fail-on", "regression"]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{errors}");
        assert!(errors.contains(want), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    };
    check(&same, 0, "");
    let said = check(&before, 2, "both are the same run, so nothing can fail");
    assert!(said.contains("Note: Both are the same run"), "{said}");
    let said = check(&slower, 3, "first cpu@fine-uniform/rayon in ");
    assert!(said.contains("Environment: no difference") && said.contains("Regressions"), "{said}");
    let said = check(&elsewhere, 2, "the runs are of different machines");
    assert!(said.starts_with("Differences between machines\n"), "{said}");
    assert!(!said.to_lowercase().contains("regression"), "{said}");
    // Without being asked for it is no failure.
    let markdown =
        succeeds(directory.path(), &["compare", &before, &slower, "--format", "markdown"]);
    assert!(markdown.contains("| regression | cpu@fine-uniform/rayon | "), "{markdown}");
    let json = succeeds(directory.path(), &["compare", &before, &slower, "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["changes"][0]["verdict"], "regression");
    let page = succeeds(directory.path(), &["compare", &before, &slower, "--format", "html"]);
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("cpu@fine-uniform/rayon"));
}

/// Two published runs of different suite versions: whatever they measured, it is not the
/// same work.
#[test]
fn other_suite_versions_have_nothing_to_compare() {
    let older = "20261122T220942Z-3e7895d2-d054cd86-685bf6c3";
    let said = succeeds(&root(), &["compare", older, RUN]);
    assert!(said.contains("Nothing can be compared."), "{said}");
    assert!(said.contains("measured by suite versions 2 and 3: "), "{said}");
    assert!(said.contains("which do not measure the same work"), "{said}");
    let output = output(&root(), &["compare", older, RUN, "--fail-on", "regression"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let want =
        "no case that can be compared, measured by suite versions 2 and 3: measure both with";
    assert!(errors.contains(want) && errors.lines().count() == 1, "{errors}");
}

#[test]
fn a_wrong_call_is_one_sentence() {
    let check = |arguments: &[&str], want: &str| {
        let output = output(&root(), &[&["compare"], arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(want) && errors.lines().count() == 1, "{errors}");
        assert!(output.stdout.is_empty());
    };
    check(&[RUN], "<AFTER>");
    check(&[RUN, "nowhere"], "nowhere holds no run");
    check(&[RUN, RUN, "--format", "csv"], "csv");
    check(&[RUN, RUN, "--fail-on", "anything"], "anything");
    check(&["--schema", RUN, RUN], "--schema");
}

/// Another tool can know what `--format json` gives without a run.
#[test]
fn the_schema_of_the_json_is_printed() {
    let schema = succeeds(&root(), &["compare", "--schema"]);
    let kept = root().join("reports/tests/golden/schemas/comparison.schema.json");
    assert_eq!(schema, fs::read_to_string(kept).unwrap());
}
