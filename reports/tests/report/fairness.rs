//! How equally a server serves its clients, in the comparison of `serve`.

use triathlon_contract::record::{DrivenRecord, FairnessRecord};

use crate::files::rendered;
use crate::fixture::{Fixture, case, fixture_of, full, serving};
use crate::verdict::{cell, summary};

const EVEN: &str = "serve@plain-c4/tokio/multi-thread";
const UNEVEN: &str = "serve@plain-c4/threads-pool";
const ALONE: &str = "serve@plain-c1/threads-pool";

/// One client, and four of which all have the same or one has twice as much and more, in two
/// rounds.
fn served() -> Fixture {
    let mut run = serving(2, "serve", "throughput_per_s");
    for (preset, connections) in [("plain-c1", 1), ("plain-c4", 4)] {
        for who in ["tokio/multi-thread", "threads-pool"] {
            let parameters = [("connections", connections), ("queries", 0), ("laps", 200)];
            run.cases.push(case(&format!("serve@{preset}/{who}"), &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let answers: &[u64] = match record.id.as_str() {
            EVEN => &[200, 200, 200, 200],
            UNEVEN if record.round == 1 => &[100, 100, 100, 200],
            UNEVEN => &[50, 125, 125, 200],
            _ => &[200],
        };
        let fairness = FairnessRecord::of(answers);
        record.driven = Some(DrivenRecord { fairness, ..DrivenRecord::default() });
    }
    fixture
}

fn page(fixture: &Fixture) -> String {
    rendered(fixture)["report.html"].replace('\u{202f}', " ")
}

/// The row of a preset and server in the comparison.
fn row<'a>(page: &'a str, anchor: &str) -> &'a str {
    let (_, row) = page.split_once(&format!("id=\"cell-serve.{anchor}\"")).unwrap();
    row.split_once("</tr>").unwrap().0
}

/// By hand: 500 answers in both rounds, so shares of 0.2 and 0.1, and of 0.4.
#[test]
fn shares_are_of_all_answers_until_the_first_client_had_its_last() {
    let summary = summary(&served());
    let median = |id: &str, metric: &str| cell(&summary, id)["metrics"][metric]["median"].as_f64();
    for (metric, even, uneven) in [("least_share", 0.25, 0.15), ("most_share", 0.25, 0.4)] {
        assert_eq!((median(EVEN, metric), median(UNEVEN, metric)), (Some(even), Some(uneven)));
    }
    assert_eq!(median(EVEN, "jain_index"), Some(1.0));
    // 500² / (4 · 70 000) and 500² / (4 · 73 750).
    let want = f64::midpoint(25.0 / 28.0, 25.0 / 29.5);
    let got = median(UNEVEN, "jain_index").unwrap();
    assert!((got / want - 1.0).abs() < 1e-5, "{got} instead of {want}");
    assert!(median(UNEVEN, "throughput_per_s").is_some(), "what it had before is still there");
    for metric in ["least_share", "most_share", "jain_index"] {
        assert_eq!(median(ALONE, metric), None, "one client shares with nobody");
    }
}

#[test]
fn the_comparison_has_a_column_and_says_what_it_means() {
    let fixture = served();
    let page = page(&fixture);
    assert!(page.contains("<th scope=\"col\">Shares, Jain’s index</th>"));
    assert!(page.contains("when the first client had its last answer"));
    let even = "<td>1.00–1.00<small>Jain 1.00</small></td>";
    let uneven = "<td>0.600–1.60<small>Jain 0.870</small></td>";
    for (anchor, want) in [("plain-c4_tokio_multi-thread", even), ("plain-c4_threads-pool", uneven)]
    {
        let row = row(&page, anchor);
        assert!(row.contains(want), "{anchor}: {row}");
    }
    assert!(!row(&page, "plain-c1_threads-pool").contains("Jain"));
    let markdown = &rendered(&fixture)["summary.md"];
    assert!(markdown.contains("| Jain's index |"), "{markdown}");
}

/// Runs before it was kept have no column, and nobody else has.
#[test]
fn without_records_there_is_no_column() {
    let mut fixture = served();
    for record in &mut fixture.records {
        record.driven = Some(DrivenRecord::default());
    }
    for without in [page(&fixture), page(&full())] {
        assert!(without.contains("id=\"comparison\""));
        assert!(!without.contains("Jain’s index") && !without.contains("Shares: when"));
    }
    assert!(cell(&summary(&fixture), UNEVEN)["metrics"].get("jain_index").is_none());
    assert!(!rendered(&fixture)["summary.md"].contains("Jain"));
}
