//! How equally contenders had the mutex.

use triathlon_contract::Shares;
use triathlon_contract::record::WorkloadFile;

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, full, run};
use crate::verdict::{cell, summary};

const EVEN: &str = "lock@w4-0us/tokio/multi-thread";
const UNEVEN: &str = "lock@w4-0us/threads-per-op";

/// One contender, and four of which all have the same or one has nearly everything, in
/// two rounds.
fn contests() -> Fixture {
    let mut run = run(2);
    run.workloads = vec![WorkloadFile {
        name: "lock".to_string(),
        operation: "acquisition".to_string(),
        server: false,
        chart: chart("contenders", "contenders", "held_us", "held", "throughput_per_s"),
        ..run.workloads[0].clone()
    }];
    for (preset, contenders) in [("w1-0us", 1), ("w4-0us", 4)] {
        for who in ["tokio/multi-thread", "threads-per-op"] {
            let parameters = [("contenders", contenders), ("held_us", 0), ("jobs", 1000)];
            run.cases.push(case(&format!("lock@{preset}/{who}"), &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let entered: &[u64] = match record.id.as_str() {
            EVEN => &[250, 250, 250, 250],
            UNEVEN if record.round == 1 => &[10, 20, 70, 900],
            UNEVEN => &[30, 50, 120, 800],
            _ => &[1000],
        };
        record.window.as_mut().unwrap().operations = Some(1000);
        record.outcome.as_mut().unwrap().shares = Shares::of(entered);
    }
    fixture
}

#[test]
fn shares_and_the_index_are_those_of_each_execution() {
    let summary = summary(&contests());
    let median = |id: &str, metric: &str| cell(&summary, id)["metrics"][metric]["median"].clone();
    assert_eq!(median(EVEN, "jain_index"), 1.0);
    assert_eq!(
        (median(EVEN, "least_share"), median(EVEN, "most_share")),
        (0.25.into(), 0.25.into())
    );
    assert_eq!(
        (median(UNEVEN, "least_share"), median(UNEVEN, "most_share")),
        (0.02.into(), 0.85.into())
    );
    // By hand: 10⁶ / (4 · 815 400) and 10⁶ / (4 · 657 800).
    let want = f64::midpoint(1e6 / (4.0 * 815_400.0), 1e6 / (4.0 * 657_800.0));
    let got = median(UNEVEN, "jain_index").as_f64().unwrap();
    assert!((got / want - 1.0).abs() < 1e-5, "{got} instead of {want}");
}

#[test]
fn the_page_has_a_row_for_each_where_somebody_had_to_share() {
    let page = rendered(&contests())["report.html"].replace('\u{202f}', " ");
    let (_, section) = page.split_once("Who gets it.").unwrap();
    let (table, _) = section.split_once("</table>").unwrap();
    assert_eq!(table.matches("<tr>").count(), 3, "a head and two rows: {table}");
    for want in [
        "<td>25.0 %</td><td>25.0 %",
        "<td>2.00 %<small>1.00 %–3.00 %</small></td>",
        "<td>85.0 %<small>80.0 %–90.0 %</small></td>",
        "<td>0.343<small>0.307–0.380</small></td>",
    ] {
        assert!(table.contains(want), "{want}: {table}");
    }
    assert!(!rendered(&full())["report.html"].contains("Who gets it."));
}

/// Records of runs before squares were kept have shares and no index.
#[test]
fn without_squares_there_is_no_index() {
    let mut fixture = contests();
    for record in &mut fixture.records {
        let shares = record.outcome.as_mut().unwrap().shares.as_mut().unwrap();
        (shares.contenders, shares.squares) = (0, 0);
    }
    let summary = summary(&fixture);
    let metrics = &cell(&summary, UNEVEN)["metrics"];
    assert!(metrics.get("jain_index").is_none() && metrics["most_share"]["median"] == 0.85);
    let page = &rendered(&fixture)["report.html"];
    let (_, section) = page.split_once("Who gets it.").unwrap();
    assert!(
        section.split_once("</table>").unwrap().0.contains("<td><span class=\"soft\">—</span>")
    );
}
