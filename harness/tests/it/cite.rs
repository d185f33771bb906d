//! `triathlon cite` on a published run, and `triathlon verify --citation` on what it
//! prints.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::support::{output, root, succeeds, triathlon};

const RUN: &str = "20261125T122950Z-19fed071-d054cd86-20d1e550";
const CASE: &str = "request-loop@c256-d20ms/smol/single";

/// Exit code and the one sentence of a verification of a text.
fn verified(citation: &str) -> (Option<i32>, String) {
    let mut command = triathlon(&root(), &["verify", "--citation", "-"]);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(citation.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let both = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(both).unwrap())
}

#[test]
fn what_is_cited_is_found_again_in_the_records() {
    let of = |format: &str| {
        succeeds(
            &root(),
            &["cite", CASE, "--run", RUN, "--metric", "peak_rss_bytes", "--format", format],
        )
    };
    let text = of("text");
    assert!(text.starts_with(&format!("{CASE}: Peak memory (peak_rss_bytes) ")), "{text}");
    assert!(text.contains("Not to be cited as a result: exploratory: 6 rounds"), "{text}");
    assert_eq!(text.lines().count(), 2, "the citation and its warning: {text}");
    let sums = fs::read_to_string(root().join("reports/published").join(RUN).join("SHA256SUMS"));
    let sums = sums.unwrap();
    let records = sums.lines().find_map(|line| line.strip_suffix("  records.jsonl")).unwrap();
    assert!(text.contains(records), "{text}");
    let (code, said) = verified(&text);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("the citation of {CASE} is what the records give, ")), "{said}");
    let edited = of("bibtex").replacen("n = 6", "n = 60", 1);
    let (code, said) = verified(&edited);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("says 60 where the records give 6"), "{said}");
}

/// What people say is cited like a row, and its verdict is verified with its numbers.
#[test]
fn a_claim_is_cited_and_its_verdict_found_again() {
    let text = succeeds(&root(), &["cite", "G1", "--run", RUN]);
    assert!(text.starts_with("G1: “Synchronous code takes as long as all its waits"), "{text}");
    for part in [": undecided on this machine; ", "fan-out@n100/blocking, elapsed (elapsed_s) "] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(text.contains(&format!(" run {RUN}#claim-G1, ")), "{text}");
    let (code, said) = verified(&text);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the citation of claim-G1 is what the records give, "), "{said}");
    let edited = text.replacen("undecided on this machine", "supported on this machine", 1);
    let (code, said) = verified(&edited);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("says supported where the records give undecided"), "{said}");
}

#[test]
fn a_wrong_call_is_one_sentence() {
    let check = |arguments: &[&str], want: &str| {
        let output = output(&root(), arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(want) && errors.lines().count() == 1, "{errors}");
    };
    check(&["cite", "cpu@none/rayon", "--run", RUN], "is no case of run");
    check(&["cite", "nonsense", "--run", RUN], "has nothing called \"nonsense\"");
    check(&["cite", "C9", "--run", RUN], "C9 was not measured in this run: the suite has not got");
    check(&["cite", CASE, "--run", "reports/none"], "holds no run");
    check(&["cite", CASE, "--run", RUN, "--metric", "speed"], "has no metric speed; it has");
    check(&["verify", "--citation", "README.none"], "cannot read README.none");
    check(&["verify", "--citation", "LICENSE-MIT"], "names no run");
}
