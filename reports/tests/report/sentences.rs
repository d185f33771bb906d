//! How many sentences stand at the head of the page, of which workloads, and
//! where they lead.

use std::collections::BTreeSet;

use crate::crowd::crowd;
use crate::files::{rendered, with_verdicts};
use crate::fixture::{Fixture, tiny};
use crate::rebuilt::in_short;
use crate::verdict::{alike, scale};

/// The run [`alike`] as several workloads `w1`, `w2`, … of these categories.
pub(crate) fn several(categories: &[&str]) -> Fixture {
    let mut all = alike(15);
    let one = alike(15);
    all.run.workloads.clear();
    all.run.cases.clear();
    all.records.clear();
    for (name, category) in (1..).map(|place| format!("w{place}")).zip(categories) {
        let renamed = |id: &str| id.replace("fan-out@", &format!("{name}@"));
        let mut workload = one.run.workloads[0].clone();
        (workload.name, workload.category) = (name.clone(), (*category).to_string());
        all.run.workloads.push(workload);
        for mut case in one.run.cases.clone() {
            case.id = renamed(&case.id);
            all.run.cases.push(case);
        }
        for mut record in one.records.clone() {
            record.id = renamed(&record.id);
            all.records.push(record);
        }
    }
    all
}

fn anchors(fixture: &Fixture) -> Vec<String> {
    let anchors = in_short(&rendered(fixture)["report.html"]).into_iter();
    anchors.map(|(anchor, _)| anchor.replace("verdict-", "")).collect()
}

#[test]
fn categories_take_turns_whatever_came_out() {
    let mut fixture = several(&["a", "a", "a", "b", "c", "c", "c"]);
    let want = ["w1", "w2", "w4", "w5", "w6", "totals"];
    assert_eq!(anchors(&fixture), want);
    let page = &rendered(&fixture)["report.html"];
    assert!(page.contains(">2 more workloads</a> have theirs in their sections."));
    // A difference in one that is left out does not bring it in.
    scale(&mut fixture, 0.5, |record| record.id == "w7@n100/threads-pool");
    assert_eq!(anchors(&fixture), want);
    // Without verdicts six, and nothing is counted.
    fixture.run.verdicts = false;
    assert_eq!(anchors(&fixture), ["w1", "w2", "w3", "w4", "w5", "w6"]);
    let page = &rendered(&fixture)["report.html"];
    assert!(page.contains(">1 more workload</a> has its own in its section."));
}

#[test]
fn a_small_run_has_a_sentence_for_each_workload_and_the_totals() {
    assert_eq!(anchors(&several(&["a"])), ["w1", "totals"]);
    assert_eq!(anchors(&several(&["a", "b", "b"])), ["w1", "w2", "w3", "totals"]);
    let names = ["fan-out", "request-loop", "cpu", "mixed"];
    assert_eq!(anchors(&crowd()), names);
    assert_eq!(anchors(&with_verdicts(crowd())), [&names[..], &["totals"]].concat());
    let page = &rendered(&crowd())["report.html"];
    assert!(!page.contains("more workload"));
}

#[test]
fn a_run_that_proves_only_that_everything_runs_has_none() {
    let mut fixture = tiny();
    assert_eq!(anchors(&fixture), ["fan-out"]);
    fixture.run.profile = "smoke".to_string();
    assert_eq!(anchors(&fixture), [""; 0]);
}

#[test]
fn each_can_be_linked_and_leads_to_what_shows_it() {
    let page = &rendered(&with_verdicts(crowd()))["report.html"];
    let values = |name: &str| -> Vec<String> {
        let open = format!(" {name}=\"");
        let values = page.split(&open).skip(1).map(|rest| rest.split_once('"').unwrap().0);
        values.map(str::to_string).collect()
    };
    let ids = values("id");
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(ids.len(), unique.len());
    for href in values("href").iter().filter_map(|href| href.strip_prefix('#')) {
        assert!(unique.contains(&href.to_string()), "{href}");
    }
    let (_, list) = page.split_once("<ul class=\"short\"").unwrap();
    for want in ["#figure-fan-out-forest", "#figure-mixed-forest", "#comparison"] {
        assert!(list.split_once("</ul>").unwrap().0.contains(want), "{want}");
    }
}
