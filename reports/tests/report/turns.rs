//! What the page says of contestants that took turns in slices.

use triathlon_contract::record::{Moved, SliceStudy, SliceTrial, SliceWay};

use crate::files::rendered;
use crate::fixture::Fixture;
use crate::verdict::{alike, summary};

fn way(slice_ms: Option<f64>, aa_spread: f64, ratios: &[f64]) -> SliceWay {
    let moved = |ratio: &f64| Moved {
        who: "rayon".to_string(),
        ratio: *ratio,
        one_after_the_other: 1.5,
        low: 1.4,
        high: 1.6,
    };
    let ratios = ratios.iter().map(moved).collect();
    SliceWay { slice_ms, aa_spread, ratios, ..SliceWay::default() }
}

pub(crate) fn study(preset: &str, usual_ms: Option<u64>) -> SliceStudy {
    let ways = vec![
        way(None, 0.091, &[]),
        way(Some(40.0), 0.011, &[1.7]),
        way(Some(80.0), 0.022, &[1.5, 1.61, 1.4]),
        way(Some(160.0), 0.033, &[]),
    ];
    SliceStudy {
        measured_at: "2026-11-25T12:00:00Z".to_string(),
        machine: "2 CPUs".to_string(),
        command: "scripts/accept slices 15".to_string(),
        trials: vec![SliceTrial { preset: preset.to_string(), usual_ms, rounds: 15, ways }],
        ..SliceStudy::default()
    }
}

/// Cells of the row of the only preset; none if there is no such table.
fn row(fixture: &Fixture) -> Option<Vec<String>> {
    let page = &rendered(fixture)["report.html"];
    let table = page.split("Spread with and without slices").nth(1)?;
    let body = table.split("<tbody>").nth(1)?.split("</tbody>").next()?;
    let cells = body.split("<td>").skip(1).map(|cell| cell.split('<').next().unwrap());
    Some(cells.map(|cell| cell.replace('\u{202f}', " ")).collect())
}

#[test]
fn a_run_in_slices_shows_both_spreads_the_sweep_and_its_own() {
    let mut fixture = alike(15);
    for case in &mut fixture.run.cases {
        case.slice_ms = Some(80);
    }
    fixture.run.slice_study = Some(study("fan-out@n100", Some(80)));
    let cells = row(&fixture).unwrap();
    let summary = summary(&fixture);
    let noise = summary["noise"].as_array().unwrap();
    let own = noise.iter().find(|noise| noise["metric"] == "cpu_us_per_op").unwrap();
    let own = format!("{:.3}", own["spread"].as_f64().unwrap());
    assert_eq!(cells, ["80 ms", &own, "0.091", "0.011", "0.022", "0.033", "2 of 3"]);
    let page = &rendered(&fixture)["report.html"];
    assert!(page.contains("Trial of 2026-11-25 on 2 CPUs") && page.contains("href=\"#turns\""));
}

#[test]
fn a_preset_that_slices_would_move_is_told_beside_those_that_have_them() {
    let mut fixture = alike(15);
    fixture.run.slice_study = Some(study("fan-out@n100", None));
    assert_eq!(row(&fixture), None, "a run without slices says nothing of them");
    let mut other = fixture.run.cases[0].clone();
    other.id = other.id.replace("n100", "n10");
    other.slice_ms = Some(50);
    fixture.run.cases.push(other);
    let cells = row(&fixture).unwrap();
    assert_eq!(cells[0], "50 ms", "n10 stands first: {cells:?}");
    assert_eq!(cells[7], "none");
    assert_eq!(cells[9..], ["0.091", "0.011", "0.022", "0.033", "2 of 3"]);
}

#[test]
fn the_spread_of_the_noise_is_that_of_the_logarithms() {
    let summary = summary(&alike(15));
    for noise in summary["noise"].as_array().unwrap() {
        let (low, high) = (noise["low"].as_f64().unwrap(), noise["high"].as_f64().unwrap());
        let spread = noise["spread"].as_f64().unwrap();
        let range = (high / low).ln();
        assert!(spread >= 0.0 && spread <= range, "{noise}");
        assert!(range == 0.0 || spread > 0.15 * range, "{noise}");
    }
}
