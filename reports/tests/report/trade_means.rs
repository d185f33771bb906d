//! Time against memory: the means, recomputed by hand, and where they are drawn.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::chart::{panels, paths, texts};
use crate::crowd::crowd;
use crate::files::{rendered, with_verdicts};
use crate::fixture::{Fixture, full};
use crate::made_up::REFERENCE;
use crate::trade::{figure, page, table};

/// Mean, lowest and highest case, of elapsed and of peak memory.
pub(crate) type Means = [[f64; 3]; 2];

/// Elapsed and peak memory of each contestant, if both can be compared.
type Case = BTreeMap<String, Option<[f64; 2]>>;

/// The same from `summary.json`, and over how many cases.
fn by_hand(fixture: &Fixture, category: &str) -> (BTreeMap<String, Means>, usize) {
    let summary: Value = serde_json::from_str(&rendered(fixture)["summary.json"]).unwrap();
    let of_category = |workload: &Value| {
        let own = fixture.run.workloads.iter().find(|known| *workload == known.name.as_str());
        own.is_some_and(|workload| workload.category == category && !workload.open)
    };
    let mut cases: BTreeMap<(&str, &str), Case> = BTreeMap::new();
    for cell in summary["cells"].as_array().unwrap() {
        if cell["way"] != "" || !of_category(&cell["workload"]) {
            continue;
        }
        let text = |key: &str| cell[key].as_str().unwrap();
        let who = format!("{}/{}", text("contestant"), text("flavour"));
        let who = who.trim_end_matches('/').to_string();
        let ratio = |metric: &str| cell["ratio_to_reference"][metric]["median"].as_f64();
        let limited = cell["ratio_limited"] == true;
        let ratios = ratio("elapsed_s").zip(ratio("peak_rss_bytes")).filter(|_| !limited);
        let case = cases.entry((text("workload"), text("preset"))).or_default();
        case.insert(who, ratios.map(|(elapsed, memory)| [elapsed, memory]));
    }
    cases.retain(|_, case| case.values().any(Option::is_some));
    for case in cases.values_mut() {
        case.insert(REFERENCE.to_string(), Some([1.0, 1.0]));
    }
    let has = |case: &Case, who: &str| matches!(case.get(who), Some(Some(_)));
    let count = |who: &str| cases.values().filter(|case| has(case, who)).count();
    let names = fixture.run.contestants.iter().map(|contestant| contestant.who.as_str());
    let shown: Vec<&str> = names.filter(|who| 2 * count(who) >= cases.len()).collect();
    let shared: Vec<_> =
        cases.values().filter(|case| shown.iter().all(|who| has(case, who))).collect();
    let means = |who: &str| {
        [0, 1].map(|metric| {
            let ratios: Vec<f64> = shared.iter().map(|case| case[who].unwrap()[metric]).collect();
            let product: f64 = ratios.iter().product();
            let least = ratios.iter().copied().reduce(f64::min).unwrap();
            let most = ratios.iter().copied().reduce(f64::max).unwrap();
            [product.powf(1.0 / ratios.len() as f64), least, most]
        })
    };
    (shown.iter().map(|who| ((*who).to_string(), means(who))).collect(), shared.len())
}

#[test]
fn means_and_ranges_are_those_of_the_cases_that_all_shown_have() {
    for (fixture, category) in [
        (full(), "network"),
        (crowd(), "network"),
        (crowd(), "machine"),
        (with_verdicts(crowd()), "network"),
        (with_verdicts(crowd()), "machine"),
    ] {
        let page = page(&fixture);
        let figure = figure(&page, category).unwrap();
        let ((want, cases), got) = (by_hand(&fixture, category), table(figure));
        assert!(cases >= 2 && got.len() >= 5, "{category}: {cases} {got:?}");
        assert!(got.keys().eq(want.keys()), "{category}: {got:?}");
        assert!(figure.contains(&format!("Over {cases} of ")), "{category}: {cases}");
        for (who, means) in got {
            for (got, want) in means.iter().flatten().zip(want[&who].iter().flatten()) {
                assert!((got / want - 1.0).abs() < 0.006, "{category} {who}: {got} {want}");
            }
        }
    }
}

#[test]
fn a_mark_lies_where_its_means_are() {
    let page = page(&crowd());
    for category in ["network", "machine"] {
        let (means, _) = by_hand(&crowd(), category);
        let panel = panels(&page, &format!("figure-{category}-trade"))[0];
        let names = texts(panel, "cn").into_iter().map(|(_, _, name)| name.to_string());
        // A leader starts beside its mark.
        let starts = paths(panel, "ce").into_iter().map(|d| {
            let (x, rest) = d.strip_prefix('M').unwrap().split_once(' ').unwrap();
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
            [x.parse::<f64>().unwrap(), -rest[..end].parse::<f64>().unwrap()]
        });
        let places: BTreeMap<String, [f64; 2]> = names.zip(starts).collect();
        assert!(places.keys().eq(means.keys()), "{places:?}");
        for axis in [0, 1] {
            let log = |who: &String| means[who][axis][0].ln();
            let by_value = |a: &&String, b: &&String| log(a).total_cmp(&log(b));
            let (low, high) =
                (means.keys().min_by(by_value).unwrap(), means.keys().max_by(by_value).unwrap());
            let pixels = |who: &String| places[who][axis] - places[low][axis];
            let per_e = pixels(high) / (log(high) - log(low));
            assert!(per_e > 0.0, "{category}");
            for who in means.keys() {
                let off = pixels(who) - per_e * (log(who) - log(low));
                assert!(off.abs() <= 2.0, "{category} {axis} {who}: {off}");
            }
        }
    }
}
