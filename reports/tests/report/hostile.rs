//! Text from outside is inert wherever it is shown.

use crate::claims::without_claims;
use crate::files::rendered;
use crate::fixture::{Fixture, full, tiny};

pub(crate) const HOSTILE: &str =
    "\"'><script>alert(1)</script><img src=x onerror=y>\u{1b}[2J\u{0}\u{202e}]]>--></style>";

/// Hostile text, long, wherever a run can have text of its own.
fn hostile() -> Fixture {
    let mut fixture = tiny();
    let long = HOSTILE.repeat(10_000 / HOSTILE.len());
    let run = &mut fixture.run;
    for text in [&mut run.id, &mut run.profile, &mut run.commit, &mut run.started_at] {
        *text = long.clone();
    }
    run.machine.class = long.clone();
    run.machine.facts.insert(long.clone(), long.clone());
    run.versions.insert(long.clone(), long.clone());
    run.placement.reasons.push(long.clone());
    run.filters.push(format!("'; rm -rf {HOSTILE}"));
    run.contestants[0].about = long.clone();
    run.workloads[0].question = long.clone();
    run.workloads[0].operation = long.clone();
    run.workloads[0].chart.over_label = long.clone();
    run.workloads[0].chart.panel_label = long.clone();
    run.cases[2].absent = Some(long.clone());
    run.cases[0].ceiling = Some(long.clone());
    run.ceilings = vec![long.clone(), "c1-bytes-1".to_string()];
    let mut strange = run.cases[0].clone();
    strange.id = format!("fan-out@n10/{long}");
    strange.parameters.insert(long.clone(), 1);
    for record in fixture.records.clone().iter().filter(|record| record.id == run.cases[0].id) {
        fixture
            .records
            .push(triathlon_contract::record::Record { id: strange.id.clone(), ..record.clone() });
    }
    run.contestants[1].who = long.clone();
    run.cases.push(strange);
    fixture.sources.insert("fan-out@n10/blocking".to_string(), long);
    fixture
}

#[test]
fn markup_in_texts_is_shown_and_not_obeyed() {
    for (name, text) in rendered(&hostile()) {
        if [".html", ".svg", ".md"].iter().any(|end| name.ends_with(end)) {
            for markup in ["<script>alert", "<img", "</style>\"", "]]>"] {
                assert!(!text.contains(markup), "{markup} in {name}");
            }
            let control = |c: &char| c.is_control() && !matches!(c, '\n' | '\t');
            assert_eq!(text.chars().find(control), None, "{name}");
            assert!(!text.contains('\u{202e}'), "{name}");
        }
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "./-_".contains(c)), "{name}");
    }
}

#[test]
fn long_texts_do_not_make_a_long_page() {
    let page = without_claims(&rendered(&hostile())["report.html"]);
    assert!(page.len() < 140_000, "{} bytes", page.len());
}

#[test]
fn a_workload_cannot_name_a_file_elsewhere() {
    let mut fixture = full();
    fixture.run.workloads[0].name = "../../etc/x".to_string();
    for case in &mut fixture.run.cases {
        case.id = case.id.replace("fan-out@", "../../etc/x@");
    }
    let names: Vec<String> = rendered(&fixture).into_keys().collect();
    assert!(names.iter().all(|name| !name.contains("..")), "{names:?}");
}

#[test]
fn a_strange_case_has_no_command_to_paste() {
    let page = &rendered(&hostile())["report.html"];
    let commands = page.matches("class=\"command\"").count();
    assert_eq!(commands, 3, "two proper cells and the whole run");
}
