//! The charts, on the page and alone.

use std::collections::BTreeSet;

use triathlon_contract::record::{CaseFile, Record};

use crate::crowd::crowd;
use crate::files::rendered;
use crate::fixture::{Fixture, contestant_file, full, tiny};

/// The panels of a chart of the page.
pub(crate) fn panels<'a>(page: &'a str, anchor: &str) -> Vec<&'a str> {
    let start = page.split_once(&format!("<figure id=\"{anchor}\"")).unwrap().1;
    let figure = start.split_once("</figure>").unwrap().0;
    let charts = figure.split("<svg class=\"chart\"").skip(1);
    charts.map(|rest| rest.split_once("</svg>").unwrap().0).collect()
}

fn all_panels(page: &str) -> Vec<&str> {
    let charts = page.split("<svg class=\"chart\"").skip(1);
    charts.map(|rest| rest.split_once("</svg>").unwrap().0).collect()
}

/// Class, vertical place and content of the texts that have a class.
pub(crate) fn texts<'a>(panel: &'a str, class: &str) -> Vec<(&'a str, i32, &'a str)> {
    let attribute = |tag: &'a str, name: &str| -> Option<&'a str> {
        Some(tag.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0)
    };
    let texts = panel.split("<text").skip(1).filter_map(|rest| {
        let (tag, rest) = rest.split_once('>')?;
        let (own, y) = (attribute(tag, "class")?, attribute(tag, "y")?.parse().ok()?);
        Some((own, y, rest.split_once("</text>")?.0))
    });
    texts.filter(|(own, ..)| own.split(' ').next() == Some(class)).collect()
}

/// The `d` of the paths that have a class.
pub(crate) fn paths<'a>(panel: &'a str, class: &str) -> Vec<&'a str> {
    let paths = panel.split("<path d=\"").skip(1).filter_map(|rest| {
        let (d, rest) = rest.split_once('"')?;
        let own = rest.split_once("class=\"")?.1.split_once('"')?.0;
        (own.split(' ').next() == Some(class)).then_some(d)
    });
    paths.collect()
}

/// Where the first horizontal step of a path starts, and how far it goes.
fn span(d: &str) -> (f64, f64) {
    let (x, rest) = d.strip_prefix('M').unwrap().split_once(' ').unwrap();
    let step = rest.split_once('h').unwrap().1;
    let end = step.find(|c: char| !c.is_ascii_digit()).unwrap_or(step.len());
    (x.parse().unwrap(), step[..end].parse().unwrap())
}

/// The small run with elapsed times of our own: `(round, id, twin, ns)`.
fn timed(elapsed_ns: impl Fn(u64, &str, bool) -> u64) -> Fixture {
    let mut fixture = tiny();
    for record in &mut fixture.records {
        let window = record.window.as_mut().unwrap();
        window.elapsed_ns = elapsed_ns(record.round, &record.id, record.twin);
        window.server_cpu_ns = 0;
    }
    fixture
}

/// Ratios of blocking 3 and 0.5, of the reference to itself 0.9 and 1.1.
fn known(round: u64, id: &str, twin: bool) -> u64 {
    match (round, id.ends_with("blocking"), twin) {
        (1, true, _) => 30_000_000,
        (_, true, _) | (1, _, false) => 10_000_000,
        (1, _, true) => 9_000_000,
        (_, _, false) => 20_000_000,
        (_, _, true) => 22_000_000,
    }
}

#[test]
fn a_panel_is_small_and_so_is_a_chart_of_everything() {
    let page = &rendered(&crowd())["report.html"];
    for workload in ["fan-out", "request-loop", "cpu", "mixed"] {
        for kind in ["forest", "scaling", "strip"] {
            let panels = panels(page, &format!("figure-{workload}-{kind}"));
            let largest = panels.iter().map(|panel| panel.len()).max().unwrap();
            let all: usize = panels.iter().map(|panel| panel.len()).sum();
            assert!(largest <= 6_000, "{workload} {kind}: a panel of {largest} bytes");
            assert!(all <= 16_384, "{workload} {kind}: {all} bytes");
        }
    }
}

#[test]
fn a_chart_has_a_title_a_description_and_text_as_text() {
    let page = &rendered(&full())["report.html"];
    for panel in all_panels(page) {
        assert!(panel.contains("role=\"img\""));
        assert!(panel.contains("<title>") && panel.contains("<desc>"));
    }
    for kind in ["scaling", "strip"] {
        let panel = panels(page, &format!("figure-request-loop-{kind}"))[0];
        assert!(panel.contains(">blocking</text>") && panel.contains(">tokio/multi-thread</text>"));
    }
}

#[test]
fn colours_are_roles_and_sizes_are_the_page_s() {
    for panel in all_panels(&rendered(&full())["report.html"]) {
        for left_over in ["#", "stroke=", "fill=", "font-family", "width=\"", "<circle"] {
            assert!(!panel.contains(left_over), "{left_over}");
        }
    }
}

#[test]
fn a_figure_alone_says_what_it_shows_and_where_it_comes_from() {
    let files = rendered(&full());
    for kind in ["forest", "scaling", "strip"] {
        let figure = &files[&format!("figures/fan-out-{kind}.svg")];
        assert!(figure.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
        assert!(figure.contains(&format!(">triathlon · figure-fan-out-{kind}</text>")));
        assert!(figure.contains(">20261122T170501Z-0a1b2c3d-9f8e7d6c-42</text>"));
        assert!(figure.contains("prefers-color-scheme:dark"));
    }
    assert!(files["figures/fan-out-forest.svg"].contains("grey band: the reference against"));
}

#[test]
fn the_finding_of_the_lines_comes_from_the_data() {
    let page = rendered(&full())["report.html"].replace('\u{202f}', " ");
    let finding = "At C = 256 and delay at the server 20 ms, threads-per-op spends 2.";
    assert!(page.contains(finding));
    assert!(page.contains("the CPU time per request of tokio/multi-thread"));
    assert!(page.contains("the reference against itself:"));
}

#[test]
fn the_finding_of_the_forest_counts_rounds() {
    let check = |elapsed_ns: fn(u64, &str, bool) -> u64, want: &str| {
        let page = rendered(&timed(elapsed_ns))["report.html"].replace('\u{202f}', " ");
        let page = page.replace("<span class=\"nowrap\">", "").replace("</span>", "");
        assert!(page.contains(want), "{want}");
    };
    check(
        known,
        "On fan-out@n10, blocking takes 1.75 × [0.500–3.00] the time of tokio/multi-thread, less in \
         1 of 2 rounds. The reference against itself: 1.00 × [0.900–1.10].",
    );
    let always = |_, id: &str, _| if id.ends_with("blocking") { 7_000_000 } else { 10_000_000 };
    check(always, "0.700 × [0.700–0.700] the time of tokio/multi-thread, less in all 2 rounds.");
    let never = |_, id: &str, _| if id.ends_with("blocking") { 770_000_000 } else { 10_000_000 };
    check(never, "77.0 × [77.0–77.0] the time of tokio/multi-thread, less in none of 2 rounds.");
    let equal = |_, _: &str, _| 10_000_000;
    check(equal, "less in none of 2 rounds, within the noise floor.");
}

#[test]
fn both_ends_of_the_forest_are_in_its_finding_and_who_leads_elsewhere() {
    let page = rendered(&crowd())["report.html"].replace('\u{202f}', " ");
    let page = page.replace("<span class=\"nowrap\">", "").replace("</span>", "");
    let (_, rest) = page.split_once("<figure id=\"figure-fan-out-forest\"").unwrap();
    let finding = rest.split_once("</p>").unwrap().0;
    assert!(finding.contains("On fan-out@n100, "), "{finding}");
    assert!(
        finding.contains("; blocking ") && finding.contains("more in all 6 rounds"),
        "{finding}"
    );
    assert!(finding.contains("Lowest median in the other presets: "), "{finding}");
    let (_, rest) = page.split_once("<figure id=\"figure-cpu-forest\"").unwrap();
    let finding = rest.split_once("</p>").unwrap().0;
    assert!(finding.contains("reaches") && finding.contains("the throughput of"), "{finding}");
    assert!(finding.contains("Highest median in the other presets: "), "{finding}");
}

#[test]
fn the_band_is_the_reference_against_itself() {
    let band = |fixture: &Fixture| {
        let page = &rendered(fixture)["report.html"];
        let panel = panels(page, "figure-fan-out-forest")[0];
        let ranges: Vec<_> = paths(panel, "cr").into_iter().map(span).collect();
        (paths(panel, "cb").into_iter().map(span).collect::<Vec<_>>(), ranges)
    };
    // The band of 0.9 to 1.1 on an axis where 0.5 to 3 is the range of a row.
    let (bands, ranges) = band(&timed(known));
    let ((from, width), (low, length)) = (bands[0], ranges[0]);
    let per_e = length / (3.0f64 / 0.5).ln();
    assert!((from - (low + (0.9f64 / 0.5).ln() * per_e)).abs() <= 2.0, "{bands:?} {ranges:?}");
    assert!((width - (1.1f64 / 0.9).ln() * per_e).abs() <= 4.0, "{bands:?} {ranges:?}");
    let mut fixture = timed(known);
    fixture.records.retain(|record| !record.twin);
    assert_eq!(band(&fixture).0, []);
    let files = rendered(&fixture);
    assert!(files["report.html"].contains("No noise floor"));
    assert!(!files["figures/fan-out-forest.svg"].contains("grey band"));
}

#[test]
fn rows_of_the_forest_are_in_the_order_of_their_ratios() {
    let page = &rendered(&crowd())["report.html"];
    let ratios = |panel: &str| -> Vec<f64> {
        let numbers = texts(panel, "cv").into_iter().map(|(_, _, text)| text);
        numbers.map(|text| text.trim_matches(['×', '†']).parse().unwrap()).collect()
    };
    let cpu = panels(page, "figure-cpu-forest")[0];
    assert!(ratios(cpu).is_sorted_by(|a, b| a >= b), "more is wanted");
    assert!(cpu.contains(">higher is better →, log scale</text>"));
    let fan_out = panels(page, "figure-fan-out-forest")[0];
    assert!(ratios(fan_out).is_sorted_by(|a, b| a <= b), "less is wanted");
    assert!(fan_out.contains(">← lower is better, log scale</text>"));
    // A name on each row: those of ways have a second line.
    let names: Vec<_> = texts(fan_out, "cn").into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(names.len(), ratios(fan_out).len() + 1);
    assert!(names.contains(&":pool-of-n"));
}

#[test]
fn a_row_without_a_ratio_is_named_with_its_reason() {
    let page = &rendered(&full())["report.html"];
    let last = panels(page, "figure-fan-out-forest")[3];
    assert!(
        last.contains(">Not here: blocking (failed), threads-per-op (absent)</text>"),
        "{last}"
    );
}

#[test]
fn a_pair_limited_row_is_hollow_with_a_dagger() {
    let mut fixture = timed(known);
    for record in fixture.records.iter_mut().filter(|record| record.id.ends_with("blocking")) {
        let window = record.window.as_mut().unwrap();
        window.server_cpu_ns = window.elapsed_ns;
    }
    let page = &rendered(&fixture)["report.html"];
    let forest = panels(page, "figure-fan-out-forest")[0];
    assert_eq!(paths(forest, "co").len(), 1);
    assert_eq!(texts(forest, "cv")[0].2, "×1.75†");
    let strip = panels(page, "figure-fan-out-strip")[0];
    assert_eq!(paths(strip, "cp").concat().matches("h0").count(), 2, "both executions");
    let plain = &rendered(&timed(known))["report.html"];
    assert!(paths(panels(plain, "figure-fan-out-forest")[0], "co").is_empty());
}

#[test]
fn the_strip_has_a_mark_for_every_execution_that_counts() {
    let fixture = full();
    let page = &rendered(&fixture)["report.html"];
    let marks = |panel: &str| paths(panel, "cx").concat().matches("h0").count();
    let panels = panels(page, "figure-fan-out-strip");
    // n1000: seven cases, of which one has lost two executions; blocking and
    // threads-per-op have none at n5000.
    assert_eq!(marks(panels[2]), 7 * 6 - 2);
    assert_eq!(marks(panels[3]), 5 * 6);
    // One path for all marks of a style, and a tick per row.
    assert_eq!(paths(panels[2], "cx").len(), 3);
    assert_eq!(paths(panels[2], "cz").concat().matches('v').count(), 7);
}

#[test]
fn the_strip_says_how_far_executions_lie_apart() {
    let page = rendered(&timed(known))["report.html"].replace('\u{202f}', " ");
    let want = "Elapsed: in half of the 2 cells the highest execution is at most 2.50 × the lowest; \
                furthest apart are those of fan-out@n10/blocking, 10.0 ms to 30.0 ms (3.00 ×).";
    assert!(page.contains(want));
}

/// Guests that do what blocking does, so that more names want one place.
pub(crate) fn with_guests(mut fixture: Fixture) -> Fixture {
    for guest in ["guest-a", "guest-b", "guest-c", "guest-d", "guest-e"] {
        fixture.run.contestants.push(contestant_file(guest, "guest"));
        let renamed = |id: &str| id.replace("/blocking", &format!("/{guest}"));
        let cases = fixture.run.cases.iter().filter(|case| case.id.ends_with("/blocking"));
        let cases: Vec<_> =
            cases.map(|case| CaseFile { id: renamed(&case.id), ..case.clone() }).collect();
        fixture.run.cases.extend(cases);
        let records = fixture.records.iter().filter(|record| record.id.ends_with("/blocking"));
        let records: Vec<_> =
            records.map(|record| Record { id: renamed(&record.id), ..record.clone() }).collect();
        fixture.records.extend(records);
    }
    fixture
}

#[test]
fn names_of_seventeen_lines_have_room() {
    let page = &rendered(&with_guests(crowd()))["report.html"];
    for panel in panels(page, "figure-cpu-scaling") {
        let mut places: Vec<i32> = texts(panel, "cn").iter().map(|(_, y, _)| *y).collect();
        places.sort_unstable();
        assert_eq!(places.len(), 17);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 30), "{places:?}");
        let height = panel.split_once("viewBox=\"0 0 880 ").unwrap().1.split_once('"').unwrap().0;
        assert!(places[16] < height.parse::<i32>().unwrap() - 90, "{places:?} {height}");
    }
}

#[test]
fn lines_of_a_crowd_differ_and_their_names_have_room() {
    let page = &rendered(&crowd())["report.html"];
    for workload in ["fan-out", "request-loop", "cpu", "mixed"] {
        for panel in panels(page, &format!("figure-{workload}-scaling")) {
            let names = texts(panel, "cn");
            let mut places: Vec<i32> = names.iter().map(|(_, y, _)| *y).collect();
            places.sort_unstable();
            assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 30), "{places:?}");
            let looks: BTreeSet<&str> = names.iter().map(|(class, ..)| *class).collect();
            assert_eq!(looks.len(), names.len(), "{workload}: {names:?}");
        }
    }
    let names = |workload: &str| -> Vec<&str> {
        let panel = panels(page, &format!("figure-{workload}-scaling"))[0];
        texts(panel, "cn").into_iter().map(|(_, _, text)| text).collect()
    };
    assert_eq!(names("fan-out").len(), 10, "no stack");
    assert!(names("fan-out").contains(&"rayon:pool-of-n"));
    assert!(names("mixed").contains(&"tokio/…:offloaded"));
}

#[test]
fn a_panel_of_a_yes_or_no_parameter_has_words_for_both() {
    let page = &rendered(&crowd())["report.html"];
    let panels = panels(page, "figure-cpu-scaling");
    assert_eq!(texts(panels[0], "ct")[0].2, "jobs of equal length");
    assert_eq!(texts(panels[1], "ct")[0].2, "one job in sixteen is long");
}

#[test]
fn a_value_without_a_logarithm_is_left_out() {
    let mut fixture = full();
    fixture.run.workloads[0].chart.metric = "ctx_switches_per_op".to_string();
    fixture.run.workloads[1].chart.over = "delay_us".to_string();
    let files = rendered(&fixture);
    assert!(files.contains_key("figures/request-loop-scaling.svg"));
    let strip = panels(&files["report.html"], "figure-fan-out-strip")[0];
    assert!(strip.contains("tokio/multi-thread (zero)"), "{strip}");
}

/// It would be a second mark of the same line at the same place.
#[test]
fn of_presets_at_the_same_place_of_scaling_the_first_is_drawn() {
    let figure = |fixture: &Fixture| {
        let page = rendered(fixture)["report.html"].clone();
        let start = page.split_once("<figure id=\"figure-request-loop-scaling\"").unwrap().1;
        start.split_once("</figure>").unwrap().0.to_string()
    };
    let says = |figure: &str| figure.contains("Of presets at the same place the first is drawn.");
    let mut fixture = full();
    fixture.run.cases.retain(|case| !case.id.starts_with("request-loop@c256-"));
    let without = figure(&fixture);
    fixture = full();
    let cases = &mut fixture.run.cases;
    for case in cases.iter_mut().filter(|case| case.id.starts_with("request-loop@")) {
        let twin = case.id.starts_with("request-loop@c256-");
        case.parameters.insert("timeout_ms".to_string(), if twin { 5000 } else { 0 });
        if twin {
            case.parameters.insert("connections".to_string(), 64);
        }
    }
    let with = figure(&fixture);
    assert!(says(&with) && !says(&without));
    assert_eq!(with.replace(" Of presets at the same place the first is drawn.", ""), without);
}
