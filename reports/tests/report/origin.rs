//! A figure that lies alone says which run, figure and cells it is of.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::crowd::crowd;
use crate::files::{rendered, with_verdicts};
use crate::fixture::{Fixture, case, fan_out, fixture_of, full, run, tiny};
use crate::made_up::CONTESTANTS;
use crate::open::open;

/// The lines below the panels.
fn footer(svg: &str) -> Vec<&str> {
    let lines = svg.split("<text class=\"ck\" x=\"32\" y=\"").skip(1);
    lines.map(|rest| rest.split_once('>').unwrap().1.split_once('<').unwrap().0).collect()
}

/// What the metadata say under a name.
fn said<'a>(svg: &'a str, name: &str) -> Vec<&'a str> {
    let (_, rest) = svg.split_once("<metadata>").unwrap();
    let lines = rest.split_once("</metadata>").unwrap().0.lines();
    lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
}

fn ids(summary: &str) -> BTreeSet<String> {
    let summary: Value = serde_json::from_str(summary).unwrap();
    let cells = summary["cells"].as_array().unwrap().iter();
    cells.map(|cell| cell["id"].as_str().unwrap().to_string()).collect()
}

fn figures(fixture: &Fixture) -> usize {
    let files = rendered(fixture);
    let (page, ids) = (&files["report.html"], ids(&files["summary.json"]));
    let svgs = files.iter().filter_map(|(name, svg)| {
        Some((name.strip_prefix("figures/")?.strip_suffix(".svg")?, svg))
    });
    let mut count = 0;
    for (name, svg) in svgs {
        let (anchor, lines) = (format!("figure-{name}"), footer(svg));
        assert!(page.contains(&format!("<figure id=\"{anchor}\"")), "{anchor}");
        assert!(lines.contains(&fixture.run.id.as_str()), "{name}: {lines:?}");
        assert!(lines.contains(&format!("triathlon · {anchor}").as_str()), "{name}: {lines:?}");
        assert_eq!(said(svg, "run"), [fixture.run.id.as_str()]);
        assert_eq!(said(svg, "figure"), [anchor.as_str()]);
        let cells = said(svg, "cell");
        assert!(!cells.is_empty() && cells.iter().all(|id| ids.contains(*id)), "{name}");
        assert_eq!(cells.iter().collect::<BTreeSet<_>>().len(), cells.len(), "{name}");
        check_scope(name, &lines.join(" "), &cells);
        count += 1;
    }
    count
}

/// The footer names what the metadata list.
fn check_scope(name: &str, footer: &str, cells: &[&str]) {
    assert!(!footer.contains('…'), "{name}: {footer}");
    let who = |id: &str| id.split_once('/').unwrap().1.split(':').next().unwrap().to_string();
    let contestants: BTreeSet<String> = cells.iter().map(|id| who(id)).collect();
    let count = match contestants.len() {
        1 => "(1 contestant)".to_string(),
        count => format!("({count} contestants)"),
    };
    assert!(footer.ends_with(&count), "{name}: {footer}");
    let cases: BTreeSet<&str> = cells.iter().map(|id| id.split_once('/').unwrap().0).collect();
    if let Some(category) = name.strip_suffix("-trade").or(name.strip_suffix("-profile")) {
        assert!(footer.contains(&format!("{category}: {} cases (", cases.len())), "{footer}");
        return;
    }
    let (workload, _) = cases.first().unwrap().split_once('@').unwrap();
    let listed = footer.split_once(&format!("{workload}@")).unwrap().1.split_once(" (").unwrap().0;
    let listed: BTreeSet<String> =
        listed.split(", ").map(|preset| format!("{workload}@{preset}")).collect();
    assert!(listed.iter().eq(cases.iter().copied()), "{name}: {footer}");
}

#[test]
fn every_figure_says_its_run_its_anchor_and_its_cells() {
    for (fixture, count) in
        [(tiny(), 3), (full(), 7), (crowd(), 14), (with_verdicts(crowd()), 16), (open(0), 3)]
    {
        assert_eq!(figures(&fixture), count);
    }
}

#[test]
fn the_cells_of_a_forest_are_those_that_have_a_row() {
    let files = rendered(&full());
    for kind in ["forest", "strip"] {
        let svg = &files[&format!("figures/fan-out-{kind}.svg")];
        let rows = svg.matches("class=\"cv\"").count();
        assert_eq!(said(svg, "cell").len(), rows, "{kind}");
    }
    let forest = said(&files["figures/fan-out-forest.svg"], "cell");
    assert!(forest.contains(&"fan-out@n10/blocking"));
    assert!(!forest.contains(&"fan-out@n5000/blocking"), "it has failed");
    assert!(!forest.contains(&"fan-out@n10/tokio/multi-thread"), "the reference has no row");
    // Another client is no question of scaling.
    let scaling = said(&files["figures/fan-out-scaling.svg"], "cell");
    assert!(scaling.contains(&"fan-out@n10/tokio/multi-thread"));
    assert!(scaling.iter().all(|id| !id.contains(':')));
}

#[test]
fn of_very_many_cells_the_rest_is_counted() {
    let mut run = run(1);
    run.workloads.truncate(1);
    for fetches in 1..=60 {
        for (who, ..) in CONTESTANTS {
            run.cases.push(case(&format!("fan-out@n{fetches}/{who}"), &fan_out(fetches, 0)));
        }
    }
    let files = rendered(&fixture_of(run));
    let svg = &files["figures/fan-out-strip.svg"];
    assert_eq!((said(svg, "cell").len(), said(svg, "more cells")), (200, vec!["100"]));
    let footer = footer(svg).join(" ");
    assert!(footer.ends_with("n11, n12 and 48 more (5 contestants)"), "{footer}");
}
