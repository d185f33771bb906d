//! Citations: what they say, of what, and that every number is found again.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use triathlon_reports::{Asked, Format, check, cite, render, run_named, write};

use crate::claims::without_claims;
use crate::crowd::crowd;
use crate::files::{rendered, with_verdicts};
use crate::fixture::{Fixture, fail, full};
use crate::verdict::{alike, scale};

fn written(fixture: &Fixture) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    dir
}

fn cited(dir: &Path, id: &str, metric: Option<&str>, format: Format) -> String {
    cite(dir, &Asked { id, metric, format }).unwrap().unwrap()
}

fn refused(dir: &Path, id: &str, metric: Option<&str>) -> String {
    cite(dir, &Asked { id, metric, format: Format::Text }).unwrap().unwrap_err()
}

/// A run with verdicts in which one contestant takes a third longer.
fn judged() -> Fixture {
    let mut fixture = alike(15);
    scale(&mut fixture, 1.3, |record| record.id.ends_with("/threads-pool"));
    fixture
}

#[test]
fn a_case_with_a_verdict_bears_all_that_a_citation_needs() {
    let fixture = judged();
    let dir = written(&fixture);
    let text = cited(dir.path(), "fan-out@n100/threads-pool", None, Format::Text);
    assert!(!text.contains("Not to be cited"), "{text}");
    let rendered = rendered(&fixture);
    let summary: Value = serde_json::from_str(&rendered["summary.json"]).unwrap();
    let sums = &rendered["SHA256SUMS"];
    let records = sums.lines().find_map(|line| line.strip_suffix("  records.jsonl")).unwrap();
    let run = &fixture.run;
    for part in [records, &run.id, &run.commit, &run.machine.class, "2026-11-22", "n = 15, slower"]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let cells = summary["cells"].as_array().unwrap();
    let own = cells.iter().find(|cell| cell["id"] == "fan-out@n100/threads-pool").unwrap();
    let against = &own["against_reference"]["elapsed_s"];
    let [ratio, low, high] =
        ["ratio", "low", "high"].map(|key| format!("{:.2}", against[key].as_f64().unwrap()));
    let wanted = format!("{ratio} × tokio/multi-thread [{low}–{high}] (");
    assert!(text.contains(&wanted), "{wanted} is not in {text}");
    assert!(text.contains("; median 6"), "{text}");
}

#[test]
fn another_metric_can_be_asked_for_and_what_is_not_there_is_refused() {
    let dir = written(&full());
    let cell = "request-loop@c64-d20ms/blocking";
    let memory = cited(dir.path(), cell, Some("peak_rss_bytes"), Format::Text);
    assert!(
        memory.contains("Peak memory (peak_rss_bytes) ") && memory.contains(" MiB ["),
        "{memory}"
    );
    let own = cited(dir.path(), cell, None, Format::Text);
    assert!(own.contains("(cpu_us_per_op) "), "{own}");
    for (id, metric, want) in [
        (cell, Some("beauty"), "has no metric beauty; it has contestant_cpu_share, cpu_"),
        (cell, Some("response_p99_us"), "was not measured in response_p99_us"),
        ("fan-out@n5000/threads-per-op", None, "no figures to cite, it is absent: needs 5064"),
        ("fan-out@n7/blocking", None, "is no case of run"),
        ("figure-nothing", None, "has nothing called"),
        ("run", Some("elapsed_s"), "only a case has metrics"),
    ] {
        let sentence = refused(dir.path(), id, metric);
        assert!(sentence.contains(want), "{sentence}");
    }
}

/// Smoke and quick runs, a dirty tree, a failed run, a cell that is not valid.
#[test]
fn what_is_not_to_be_cited_says_why_in_every_format() {
    type Change = fn(&mut Fixture);
    let cases: [(Change, &str); 6] = [
        (|_| {}, ""),
        (|fixture| fixture.run.dirty = true, "changes that are in no commit"),
        (|fixture| fixture.run.commit = "unknown".to_string(), "no known commit"),
        (
            |fixture| {
                (fixture.run.profile, fixture.run.verdicts) = ("quick".to_string(), false);
            },
            "exploratory: 15 rounds, ranges and no verdicts",
        ),
        (|fixture| fixture.run.profile = "smoke".to_string(), "a smoke run proves"),
        (|fixture| scale(fixture, 1.2, |record| record.twin), "differs from itself"),
    ];
    for (change, want) in cases {
        let mut fixture = judged();
        change(&mut fixture);
        let dir = written(&fixture);
        for format in Format::ALL {
            let text = cited(dir.path(), "fan-out@n100/threads-pool", None, format);
            assert_eq!(text.contains("Not to be cited as a result"), !want.is_empty(), "{text}");
            assert!(text.contains(want), "{want} is not in {text}");
        }
    }
    let dir = written(&full());
    let text = cited(dir.path(), "fan-out@n1000/threads-per-op", None, Format::Csl);
    assert!(text.contains("the cell is degraded: "), "{text}");
}

/// Everything that the page has a button for, in every format, also with its lines
/// broken otherwise.
#[test]
fn every_number_of_every_citation_is_found_again() {
    let mut checked = 0;
    for fixture in [crowd(), judged()] {
        let dir = written(&fixture);
        let page = &rendered(&fixture)["report.html"];
        let anchors = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let wanted = ["figure-fan-out-", "verdict-", "trust", "data", "workload-"];
        let mut ids: Vec<&str> =
            anchors.filter(|id| wanted.iter().any(|w| id.starts_with(w))).collect();
        ids.retain(|id| !id.ends_with("-title") && *id != "figure-fan-out");
        let every = if ids.len() > 20 { 3 } else { 1 };
        let mut ids: Vec<&str> = ids.into_iter().step_by(every).collect();
        ids.extend(["run", "fan-out@n100/threads-pool", "#cell-fan-out.n100_threads-pool"]);
        // Two formats of each keep this short; what differs between them is not the id.
        for (place, id) in ids.iter().enumerate() {
            for format in [Format::ALL[place % 4], Format::ALL[(place + 1) % 4]] {
                let text = cited(dir.path(), id, None, format);
                assert_eq!(run_named(&text).as_deref(), Some(fixture.run.id.as_str()), "{text}");
                let found = check(dir.path(), &text).unwrap();
                let found = found.unwrap_or_else(|sentence| panic!("{id}: {sentence}\n{text}"));
                let broken = text.replace(' ', "\n  ");
                assert_eq!(check(dir.path(), &broken).unwrap().as_ref(), Ok(&found), "{broken}");
                checked += found.numbers;
            }
        }
    }
    assert!(checked > 200, "only {checked} numbers");
}

/// A claim of what people say is cited by its verdict, with what it rests on, under its id
/// and under the anchor of the page.
#[test]
fn a_claim_is_cited_with_its_verdict_and_its_evidence() {
    let fixture = with_verdicts(crowd());
    let dir = written(&fixture);
    let files = rendered(&fixture);
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    let claims = summary["claims"]["claims"].as_array().unwrap();
    let mut said = BTreeSet::new();
    // One claim of each verdict: each citation sums the run up anew.
    for claim in claims {
        let (id, verdict) = (claim["id"].as_str().unwrap(), claim["verdict"].as_str().unwrap());
        if !said.insert(verdict) {
            continue;
        }
        if verdict == "not-measured" {
            let sentence = refused(dir.path(), id, None);
            let want = format!("{id} was not measured in this run: ");
            assert!(sentence.starts_with(&want), "{sentence}");
            continue;
        }
        let text = cited(dir.path(), id, None, Format::Text);
        let statement = claim["claim"].as_str().unwrap().trim_end_matches('.');
        let head = format!("{id}: “{statement}”: {verdict} on this machine");
        assert!(text.starts_with(&head), "{head} is not at the head of {text}");
        for test in claim["tests"].as_array().unwrap() {
            let ids = [&test["of"], &test["to"]].into_iter().filter_map(Value::as_str);
            let verdict = format!(": {}", test["verdict"].as_str().unwrap().replace('-', " "));
            let found = test["found"].is_object().then(|| format!("n {}", test["found"]["n"]));
            for part in ids.map(str::to_string).chain([verdict]).chain(found) {
                assert!(text.contains(&part), "{part} is not in {text}");
            }
        }
        let anchor = format!("{}#claim-{id}, 2026-11-22, on ", fixture.run.id);
        assert!(text.contains(&anchor), "{anchor} is not in {text}");
        assert_eq!(cited(dir.path(), &format!("#claim-{id}"), None, Format::Text), text);
    }
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(refused(dir.path(), "C99", None).contains("has nothing called \"C99\""));
}

/// A ratio's centre and interval are those of the summary.
#[test]
fn a_cited_claim_has_the_ratio_with_its_interval() {
    let fixture = with_verdicts(crowd());
    let dir = written(&fixture);
    let summary: Value = serde_json::from_str(&rendered(&fixture)["summary.json"]).unwrap();
    let claims = summary["claims"]["claims"].as_array().unwrap();
    let own = claims.iter().find(|claim| claim["id"] == "C17").unwrap();
    let text = cited(dir.path(), "C17", None, Format::Text);
    for test in own["tests"].as_array().unwrap() {
        let found = &test["found"];
        let [centre, low, high] = ["centre", "low", "high"].map(|key| {
            let value = found[key].as_f64().unwrap();
            let decimals = if value < 1.0 { 3 } else { 2 };
            format!("{value:.decimals$}")
        });
        let want = format!("{centre} × [{low}–{high}], ");
        assert!(text.contains(&want), "{want} is not in {text}");
    }
}

#[test]
fn a_claim_with_another_verdict_or_figure_is_found() {
    let fixture = with_verdicts(crowd());
    let dir = written(&fixture);
    for format in Format::ALL {
        let text = cited(dir.path(), "C17", None, format);
        assert!(check(dir.path(), &text).unwrap().is_ok(), "{text}");
        let wrong = |from: &str, to: &str| {
            assert!(text.contains(from), "{from} is not in {text}");
            check(dir.path(), &text.replacen(from, to, 1)).unwrap().unwrap_err()
        };
        let sentence = wrong("refuted on this machine", "supported on this machine");
        assert!(sentence.contains("says supported where the records give refuted"), "{sentence}");
        assert!(wrong("claimed at least 2 ×", "claimed at least 3 ×").contains("says 3 where"));
        assert!(wrong("refuted on this machine", "right on this machine").contains("records give"));
    }
}

/// The page's button has the same words, and only what was measured has one.
#[test]
fn claims_of_the_page_have_what_their_buttons_need() {
    let mut fixture = with_verdicts(crowd());
    fail(&mut fixture.records, "cpu@fine-uniform/rayon", 3, "no");
    let dir = written(&fixture);
    let files = rendered(&fixture);
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    let page = files["report.html"].replace("&quot;", "\"");
    for claim in summary["claims"]["claims"].as_array().unwrap() {
        let id = claim["id"].as_str().unwrap();
        let (_, article) = page.split_once(&format!(" id=\"claim-{id}\"")).unwrap();
        let head = article.split_once("<h3>").unwrap().0;
        let measured = claim["verdict"] != "not-measured";
        assert_eq!(head.contains(" data-cite=\""), measured, "{id}: {head}");
        // One with tests that are decided and one with a ratio of many.
        if ["C17", "C28"].contains(&id) {
            let text = cited(dir.path(), id, None, Format::Text);
            let words =
                text.split_once(": ").unwrap().1.split(". Triathlon, suite").next().unwrap();
            let words = words.replace('<', "&lt;").replace('>', "&gt;");
            assert!(head.contains(&format!("data-cite=\"{words}\"")), "{words}: {head}");
        }
    }
    let text = cited(dir.path(), "C17", None, Format::Text);
    let warning = "Not to be cited as a result: cpu@fine-uniform/rayon is degraded: ";
    assert!(text.contains(warning), "{text}");
    let (_, article) = page.split_once(" id=\"claim-C17\"").unwrap();
    let want = " data-warning=\"cpu@fine-uniform/rayon is degraded: ";
    assert!(article.split_once("<h3>").unwrap().0.contains(want));
}

#[test]
fn a_citation_that_was_edited_is_found() {
    let dir = written(&judged());
    let text = cited(dir.path(), "fan-out@n100/threads-pool", None, Format::Markdown);
    let wrong = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in {text}");
        check(dir.path(), &text.replacen(from, to, 1)).unwrap().unwrap_err()
    };
    assert!(wrong("1.30 ×", "1.20 ×").contains("says 1.20 where the records give 1.30"));
    assert!(wrong("n = 15", "n = 150").contains("says 150 where"));
    assert!(wrong("2026-11-22,", "2026-11-23,").contains("says 2026-11-23"));
    let sum = text.split('`').rev().nth(1).unwrap();
    assert!(wrong(sum, &sum.replace(&sum[..4], "0000")).contains("where the records give"));
    assert!(wrong(sum, "").contains("left out or added"));
    assert!(wrong("elapsed\\_s", "throughput\\_per\\_s").contains("where the records give"));
}

/// Records that changed after the citation was written do not have its checksum.
#[test]
fn a_citation_of_other_records_is_found() {
    let fixture = judged();
    let dir = written(&fixture);
    let text = cited(dir.path(), "run", None, Format::Bibtex);
    let mut other = judged();
    other.records[0].started_ms += 1;
    other.write(dir.path());
    let sentence = check(dir.path(), &text).unwrap().unwrap_err();
    assert!(sentence.starts_with("the citation of run says "), "{sentence}");
}

#[test]
fn sections_are_those_of_the_page() {
    let fixture = crowd();
    let dir = written(&fixture);
    let page = &rendered(&fixture)["report.html"];
    let mut titled = BTreeSet::new();
    for part in page.split("<section id=\"").skip(1) {
        let (id, rest) = part.split_once('"').unwrap();
        let Some((_, title)) = rest.split("</h2>").next().unwrap().rsplit_once("\">") else {
            continue;
        };
        if !rest.starts_with(" aria-labelledby") {
            continue;
        }
        let title = title.trim_end_matches("</a>");
        let text = cited(dir.path(), id, None, Format::Text);
        assert!(text.starts_with(&format!("{title}: section of the report. ")), "{text}");
        titled.insert(id);
    }
    assert!(titled.len() >= 6, "{titled:?}");
}

/// A page without script says how to cite, and each row that can be cited has what its
/// button says.
#[test]
fn the_page_has_what_its_buttons_need() {
    let fixture = judged();
    let page = rendered(&fixture)["report.html"].replace("&quot;", "\"");
    assert!(page.contains("<summary>How to cite</summary>"));
    let rows = without_claims(&page).matches(" data-cite=\"").count();
    assert_eq!(rows, fixture.run.cases.len());
    let dir = written(&fixture);
    write(dir.path(), &render(dir.path()).unwrap()).unwrap();
    let text = cited(dir.path(), "fan-out@n100/blocking", None, Format::Text);
    let words = text.split_once(": ").unwrap().1.split(". Triathlon").next().unwrap();
    assert!(page.contains(&format!("data-cite=\"{words}\"")), "{words}");
}
