//! Claims are about cells that exist, and the verb says what a run says of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use triathlon::selection::Selection;
use triathlon::{contestants, machine, selection};
use triathlon_contract::{Contestant, Limits};
use triathlon_reports::claims::{Claim, TIME_PER_OPERATION, Test, all, measures};

use crate::support::{output, root, succeeds};

/// Every case of the suite, on a machine that limits nothing, and whether it runs there.
fn cases() -> BTreeMap<String, bool> {
    let all = selection::all(&machine::placement(machine::Share::Half), Limits::NONE);
    all.iter().map(|one| (one.case.id.to_string(), one.case.absent.is_none())).collect()
}

/// Whether `triathlon cost` builds and executes such a program.
fn is_program(id: &str) -> bool {
    let of = |contestant: &&'static Contestant| {
        contestant.flavours.iter().map(|flavour| contestants::who(contestant, flavour))
    };
    let mut programs = contestants::ALL.iter().flat_map(of);
    programs.any(|who| id == format!("cost@program/{who}"))
}

/// What is in the way of a claim, if anything: the cases and metrics that there are not.
fn missing(claim: &Claim, cases: &BTreeMap<String, bool>) -> Vec<String> {
    let runs = |id: &String| cases.get(id).copied().unwrap_or(false) || is_program(id);
    let unknown = claim
        .tests
        .iter()
        .filter(|test| test.of.iter().chain(&test.to).any(|id| !measures(id, &test.metric)));
    let metrics = unknown.map(|test| test.metric.clone());
    claim.cases().into_iter().filter(|id| !runs(id)).chain(metrics).collect()
}

#[test]
fn every_claim_is_about_cells_that_exist_or_says_what_it_needs() {
    let (claims, cases) = (all().unwrap(), cases());
    assert!(cases.len() > 1000, "{}", cases.len());
    for claim in &claims {
        let missing = missing(claim, &cases);
        match &claim.needs {
            None => assert!(missing.is_empty(), "{}: nothing has {missing:?}", claim.id),
            // What it waited for has come: take `needs` away.
            Some(needs) => assert!(
                claim.tests.is_empty() || !missing.is_empty(),
                "{} needs nothing any more: {needs}",
                claim.id
            ),
        }
    }
}

/// Otherwise `triathlon run` would leave it open, whatever it measured.
#[test]
fn a_run_without_filter_measures_what_a_claim_is_tested_by() {
    let limits = machine::limits().unwrap();
    let all = selection::all(&machine::placement(machine::Share::Half), limits);
    let filtered: BTreeSet<String> =
        all.iter().filter(|one| !one.case.by_default).map(|one| one.case.id.to_string()).collect();
    assert!(filtered.len() > 100, "{}", filtered.len());
    for claim in all_tested() {
        let cases: BTreeSet<String> = claim.tests.iter().flat_map(Test::cases).collect();
        let left_out: Vec<&String> = cases.intersection(&filtered).collect();
        match &claim.filter {
            None => assert!(left_out.is_empty(), "{}: {left_out:?} by filter only", claim.id),
            // What it says measures all of its cells, and there is need of it.
            Some(filter) => {
                assert!(!left_out.is_empty(), "{} needs no filter", claim.id);
                let selection = Selection { filters: vec![filter.clone()], ..Selection::default() };
                let placement = machine::placement(machine::Share::Half);
                let selected = selection.cases(&placement, limits).unwrap();
                let selected: BTreeSet<String> =
                    selected.iter().map(|one| one.case.id.to_string()).collect();
                assert!(cases.is_subset(&selected), "{}: {cases:?} by {filter}", claim.id);
            }
        }
    }
}

fn all_tested() -> impl Iterator<Item = Claim> {
    all().unwrap().into_iter().filter(|claim| claim.needs.is_none())
}

/// Whoever copies the example of the guide for contributors has a claim.
#[test]
fn the_documented_example_is_one() {
    let document = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let text = document.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let claim = Claim::parse("C45", text).unwrap();
    assert_eq!(missing(&claim, &cases()), Vec::<String>::new());
    assert_eq!((claim.tests[0].of.len(), claim.tests[0].to.len()), (1, 2));
    assert!(all().unwrap().iter().all(|other| other.id != claim.id), "it is taken");
}

/// A cell that never runs, or a metric that nobody has, does not pass for one.
#[test]
fn a_claim_about_nothing_is_found() {
    let cases = cases();
    let check = |of: &str, metric: &str, want: &[&str]| {
        let text = format!(
            "id = \"C1\"\nclaim = \"a\"\nneeds = \"b\"\nsource = {{ name = \"c\" }}\n[[test]]\n\
             of = \"{of}\"\nmetric = \"{metric}\"\nat_least = 1\n"
        );
        assert_eq!(missing(&Claim::parse("C1", &text).unwrap(), &cases), want);
    };
    check("cpu@coarse-uniform/rayon", "elapsed_s", &[]);
    check("cpu@coarse-uniform/rayon", TIME_PER_OPERATION, &[]);
    check("cpu@coarse-uniform/rayon", "bytes_per_task", &["bytes_per_task"]);
    check("cpu@no-such/rayon", "elapsed_s", &["cpu@no-such/rayon"]);
    check("ring@n2-memory/blocking", "elapsed_s", &["ring@n2-memory/blocking"]);
    check("cost@program/tokio/current-thread", "build_s", &[]);
    check("cost@program/tokio/multi-thread", "elapsed_s", &["elapsed_s"]);
    check("cost@program/tokio", "crates", &["cost@program/tokio"]);
    check("cost@program/none", "crates", &["cost@program/none"]);
}

#[test]
fn all_of_the_guide_and_of_the_research_are_there_and_none_is_forgotten() {
    let claims = all().unwrap();
    let ids: Vec<&str> = claims.iter().map(|claim| claim.id.as_str()).collect();
    let want = (1..=7).map(|n| format!("G{n}")).chain((1..=44).map(|n| format!("C{n}")));
    assert_eq!(ids, want.collect::<Vec<_>>());
    let files = fs::read_dir(root().join("reports/claims")).unwrap();
    let files: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files, ids.iter().map(|id| format!("{id}.toml")).collect());
    let tested = claims.iter().filter(|claim| claim.needs.is_none()).count();
    assert!(tested >= 20, "{tested} claims are tested");
    let published = claims.iter().flat_map(|claim| &claim.published).filter(|one| one.of.is_some());
    assert!(published.count() >= 15);
}

#[test]
fn the_verb_prints_what_a_run_says() {
    let run = "reports/published/20261125T122950Z-19fed071-d054cd86-20d1e550";
    let text = succeeds(&root(), &["claims", run]);
    // Six rounds of a quick run decide nothing.
    assert!(text.contains("G1  undecided on this machine: Synchronous code"), "{text}");
    assert!(text.contains("draws no conclusions"), "{text}");
    assert!(text.contains("On this machine: 0 supported, 0 refuted, "), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&succeeds(&root(), &["claims", run, "--format", "json"])).unwrap();
    assert_eq!(json["claims"].as_array().unwrap().len(), all().unwrap().len());
    let found = &json["claims"][0]["tests"][0]["found"];
    assert!(found["centre"].as_f64().unwrap() > 2.0 && found["n"] == 6, "{found}");
    let csv = succeeds(&root(), &["claims", run, "--format", "csv"]);
    let rows: Vec<&str> = csv.lines().collect();
    assert!(rows[0].starts_with("id,claim,verdict,of,to,metric,at_least,at_most,test,centre,"));
    assert!(rows.len() > 60 && rows[1].starts_with("G1,"), "{csv}");
}

/// The figures are printed all the same: somebody may want to know what was disturbed.
#[test]
fn a_run_that_cannot_be_believed_ends_with_4() {
    let from = root().join("reports/published/20261125T122950Z-19fed071-d054cd86-20d1e550");
    let directory = tempfile::tempdir().unwrap();
    let run = directory.path().join("reports/latest");
    fs::create_dir_all(&run).unwrap();
    fs::copy(from.join("run.json"), run.join("run.json")).unwrap();
    let lines = fs::read_to_string(from.join("records.jsonl")).unwrap();
    let disturbed = lines.lines().map(|line| {
        let mut record: serde_json::Value = serde_json::from_str(line).unwrap();
        record["foreign_ns"] = 1_000_000_000_000_u64.into();
        format!("{record}\n")
    });
    fs::write(run.join("records.jsonl"), disturbed.collect::<String>()).unwrap();
    let output = output(directory.path(), &["claims"]);
    assert_eq!(output.status.code(), Some(4));
    let [said, why] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(said.starts_with("Nothing is decided: invalid: "), "{said}");
    assert!(said.contains("On this machine: 0 supported, 0 refuted, "), "{said}");
    assert!(why.contains("were disturbed in more than half") && why.lines().count() == 1, "{why}");
}

#[test]
fn without_a_run_it_says_how_to_make_one() {
    let directory = tempfile::tempdir().unwrap();
    let output = output(directory.path(), &["claims"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("holds no run") && said.lines().count() == 1, "{said}");
}
