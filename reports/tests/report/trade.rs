//! Time against memory: who is in it, over which cases, and who is named.

use std::collections::BTreeMap;

use triathlon_contract::record::{Record, WorkloadFile};

use crate::chart::{panels, paths, texts, with_guests};
use crate::crowd::crowd;
use crate::files::{rendered, with_verdicts};
use crate::fixture::{Fixture, case, contestant_file, fail, fan_out, fixture_of, full, run, tiny};
use crate::made_up::{CONTESTANTS, OTHERS, REFERENCE};
use crate::trade_means::Means;

/// Four presets of `fan-out`, in which a contestant's time and memory are those of
/// the reference times these factors; the time differs by the preset, too.
fn known(of: impl Fn(&str, &str) -> (f64, f64)) -> Fixture {
    known_of(&CONTESTANTS, of)
}

fn known_of(contestants: &[(&str, &str, f64)], of: impl Fn(&str, &str) -> (f64, f64)) -> Fixture {
    let mut run = run(3);
    run.workloads.truncate(1);
    run.contestants =
        contestants.iter().map(|(who, style, _)| contestant_file(who, style)).collect();
    for (preset, fetches) in [("n10", 10), ("n100", 100), ("n1000", 1000), ("n5000", 5000)] {
        for (who, ..) in contestants {
            run.cases.push(case(&format!("fan-out@{preset}/{who}"), &fan_out(fetches, 0)));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let (what, who) = record.id.split_once('/').unwrap();
        let (time, memory) = of(what.strip_prefix("fan-out@").unwrap(), who);
        let window = record.window.as_mut().unwrap();
        window.elapsed_ns = (time * 1e9) as u64;
        window.peak_resident_bytes = (memory * 1e7) as u64;
        (window.server_cpu_ns, window.steal_ns) = (0, 0);
        record.witness.as_mut().unwrap().delay_excess_us = None;
    }
    fixture
}

fn front(preset: &str, who: &str) -> (f64, f64) {
    let short = ["n10", "n1000"].contains(&preset);
    match who {
        // Twice the time: √(4 × 1).
        "blocking" => (if short { 4.0 } else { 1.0 }, 0.5),
        "threads-per-op" => (if short { 0.81 } else { 1.0 }, 2.0),
        "threads-pool" => (1.2, 1.5),
        "tokio/current-thread" => (0.95, 0.9),
        _ => (1.0, 1.0),
    }
}

pub(crate) fn page(fixture: &Fixture) -> String {
    let page = rendered(fixture).remove("report.html").unwrap();
    page.replace('\u{202f}', " ")
}

pub(crate) fn figure<'a>(page: &'a str, category: &str) -> Option<&'a str> {
    let open = format!("<figure id=\"figure-{category}-trade\"");
    Some(page.split_once(&open)?.1.split_once("</figure>").unwrap().0)
}

fn finding(figure: &str) -> &str {
    let (_, rest) = figure.split_once("<p class=\"finding\">").unwrap();
    rest.split_once("</p>").unwrap().0
}

/// The table beside the chart.
pub(crate) fn table(figure: &str) -> BTreeMap<String, Means> {
    let body = figure.split_once("<tbody>").unwrap().1;
    let rows = body.split("<th scope=\"row\">").skip(1);
    let cell = |cell: &str| {
        let (mean, rest) = cell.split_once(" ×").unwrap();
        let (_, range) = rest.split_once('[').unwrap();
        let (least, most) = range.split_once(']').unwrap().0.split_once('–').unwrap();
        [mean, least, most].map(|number| number.replace(' ', "").parse().unwrap())
    };
    let row = |row: &str| {
        let (who, rest) = row.split_once("</th>").unwrap();
        let cells: Vec<[f64; 3]> = rest.split("<td>").skip(1).map(cell).collect();
        (who.to_string(), [cells[0], cells[1]])
    };
    rows.map(row).collect()
}

#[test]
fn who_has_less_of_neither_is_not_in_the_finding() {
    let check = |of: fn(&str, &str) -> (f64, f64), names: &str| {
        let page = page(&known(of));
        let want = format!(
            "In network, over the same 4 cases, no contestant takes both less time and less memory \
             than {names}; these are means of ratios to tokio/multi-thread."
        );
        assert_eq!(finding(figure(&page, "network").unwrap()), want);
    };
    check(
        front,
        "threads-per-op (time 0.900 ×, memory 2.00 ×), tokio/current-thread (time 0.950 ×, memory \
         0.900 ×) or blocking (time 2.00 ×, memory 0.500 ×)",
    );
    let one = |_: &str, who: &str| if who == "threads-pool" { (0.5, 0.5) } else { (1.0, 1.0) };
    check(one, "threads-pool (time 0.500 ×, memory 0.500 ×)");
    // Less of one and as much of the other is not less of both.
    let tie = |_: &str, who: &str| match who {
        "blocking" => (0.5, 1.0),
        REFERENCE => (1.0, 1.0),
        _ => (2.0, 2.0),
    };
    check(
        tie,
        "blocking (time 0.500 ×, memory 1.00 ×) or tokio/multi-thread (time 1.00 ×, memory 1.00 ×)",
    );
    check(
        every,
        "blocking (time 0.125 ×, memory 8.00 ×), threads-per-op (time 0.250 ×, memory 4.00 ×), \
         threads-pool (time 0.500 ×, memory 2.00 ×), tokio/multi-thread (time 1.00 ×, memory 1.00 ×) \
         or tokio/current-thread (time 2.00 ×, memory 0.500 ×)",
    );
}

/// Each takes twice the time and half the memory of the one before it.
fn every(_: &str, who: &str) -> (f64, f64) {
    let all = CONTESTANTS.iter().chain(&OTHERS);
    let place = all.map(|(name, ..)| *name).position(|name| name == who).unwrap() as f64;
    (2f64.powf(place), 2f64.powf(-place))
}

#[test]
fn of_many_in_front_the_finding_names_four_and_counts_the_rest() {
    let of = |count: usize| {
        let all: Vec<_> = CONTESTANTS.iter().chain(&OTHERS).copied().take(count).collect();
        let page = page(&known_of(&all, every));
        finding(figure(&page, "network").unwrap()).to_string()
    };
    let six = of(6);
    assert!(six.contains("memory 1.00 ×) or 2 more; these") && !six.contains("rayon"), "{six}");
    let nine = of(9);
    assert!(nine.contains("memory 1.00 ×) or 5 more; these"), "{nine}");
}

#[test]
fn who_lacks_more_than_half_of_the_cases_is_left_out_by_name() {
    let mut fixture = known(front);
    for id in ["fan-out@n10/blocking", "fan-out@n100/blocking"] {
        let case = fixture.run.cases.iter_mut().find(|case| case.id == id).unwrap();
        case.absent = Some("has no threads to share".to_string());
        fixture.records.retain(|record| record.id != id);
    }
    // Half of the cases: it stays, and the others are compared without these.
    let page_of_half = page(&fixture);
    let half = figure(&page_of_half, "network").unwrap();
    assert!(table(half).contains_key("blocking") && half.contains("Over 2 of 4 cases"), "{half}");
    assert!(!half.contains("Left out"));
    fail(&mut fixture.records, "fan-out@n1000/blocking", 3, "killed");
    let page = page(&fixture);
    let figure = figure(&page, "network").unwrap();
    let want = "Left out: blocking, which lacks 3 of 4 comparable cases (2 absent, 1 failed).";
    assert!(figure.contains(want), "{figure}");
    assert!(figure.contains("Over 4 of 4 cases: those that all 4 contestants shown have"));
    assert!(!table(figure).contains_key("blocking"));
    assert!(texts(panels(&page, "figure-network-trade")[0], "cn").len() == 4);
}

#[test]
fn a_case_that_may_be_the_server_s_is_in_nobody_s_mean() {
    let mut fixture = known(front);
    let limited = |record: &&mut Record| record.id == "fan-out@n5000/threads-pool";
    for record in fixture.records.iter_mut().filter(limited) {
        let window = record.window.as_mut().unwrap();
        window.server_cpu_ns = window.elapsed_ns;
    }
    let page = page(&fixture);
    let figure = figure(&page, "network").unwrap();
    assert!(
        figure.contains("Over 3 of 4 cases") && figure.contains("Over fan-out@n10, n100, n1000 (5")
    );
    // ∛(4 × 1 × 4).
    let [[elapsed, ..], _] = table(figure)["blocking"];
    assert!((elapsed - 16f64.cbrt()).abs() < 0.01, "{elapsed}");
}

#[test]
fn an_open_loop_s_time_is_the_schedule_s() {
    let mut fixture = known(front);
    let open = WorkloadFile {
        name: "open-loop".to_string(),
        open: true,
        ..fixture.run.workloads[0].clone()
    };
    fixture.run.workloads.push(open);
    let own = |id: &str| id.replace("fan-out@n10/", "open-loop@n10/");
    let cases: Vec<_> = fixture.run.cases.iter().filter(|case| case.id.contains("@n10/")).collect();
    let cases: Vec<_> = cases.iter().map(|c| case(&own(&c.id), &fan_out(10, 0))).collect();
    fixture.run.cases.extend(cases);
    let records = fixture.records.iter().filter(|record| record.id.contains("@n10/"));
    let records: Vec<_> =
        records.map(|record| Record { id: own(&record.id), ..record.clone() }).collect();
    fixture.records.extend(records);
    let page = page(&fixture);
    let figure = figure(&page, "network").unwrap();
    assert!(figure.contains("Over 4 of 4 cases") && figure.contains("Open loops are left out"));
    assert!((table(figure)["blocking"][0][0] - 2.0).abs() < 0.01);
}

#[test]
fn bars_are_drawn_where_each_can_be_told_whose_it_is() {
    let check = |of: fn(&str, &str) -> (f64, f64), bars: usize| {
        let page = page(&known(of));
        let panel = panels(&page, "figure-network-trade")[0];
        assert_eq!(paths(panel, "cr").len(), bars, "{panel}");
        let says = |text: &str| figure(&page, "network").unwrap().contains(text);
        assert_eq!(says("bars: lowest to highest case"), bars > 0);
        assert_eq!(says("lowest and highest case are in the table"), bars == 0);
    };
    // Far apart in both.
    let apart = |preset: &str, who: &str| {
        let place = CONTESTANTS.iter().position(|(name, ..)| *name == who).unwrap() as f64;
        let wide = if preset == "n10" && who != REFERENCE { 1.5 } else { 1.0 };
        (4f64.powf(place) * wide, 4f64.powf(-place) * wide)
    };
    check(apart, CONTESTANTS.len());
    check(|_, _| (1.0, 1.0), 0);
    // All in a row: a bar would go through others.
    let row = |preset: &str, who: &str| {
        let place = CONTESTANTS.iter().position(|(name, ..)| *name == who).unwrap() as f64;
        let long = preset == "n10" && who != REFERENCE;
        (2f64.powf(place) * if long { 30.0 } else { 1.0 }, 1.0)
    };
    check(row, 0);
}

#[test]
fn without_two_cases_and_two_contestants_there_is_no_chart() {
    assert_eq!(figure(&page(&tiny()), "network"), None);
    let mut one_case = known(front);
    one_case.run.cases.retain(|case| case.id.contains("@n10/"));
    one_case.records.retain(|record| record.id.contains("@n10/"));
    assert_eq!(figure(&page(&one_case), "network"), None);
    let mut alone = known(front);
    alone.run.cases.retain(|case| case.id.ends_with(REFERENCE));
    alone.records.retain(|record| record.id.ends_with(REFERENCE));
    assert_eq!(figure(&page(&alone), "network"), None);
    let mut without_reference = known(front);
    without_reference.run.cases.retain(|case| !case.id.ends_with(REFERENCE));
    without_reference.records.retain(|record| !record.id.ends_with(REFERENCE));
    assert_eq!(figure(&page(&without_reference), "network"), None);
}

#[test]
fn the_overview_has_it_with_verdicts_and_without() {
    let plain = page(&full());
    for want in ["href=\"#overview\"", "id=\"overview\"", "id=\"trade\"", "means and no verdict"] {
        assert!(plain.contains(want), "{want}");
    }
    assert!(!plain.contains("id=\"profile\"") && !plain.contains("id=\"geometric-means\""));
    let verdicts = page(&with_verdicts(crowd()));
    let at = |id: &str| verdicts.find(&format!("id=\"{id}\"")).unwrap();
    assert!(at("profile") < at("trade") && at("trade") < at("geometric-means"));
    assert!(!page(&tiny()).contains("id=\"overview\""));
}

#[test]
fn the_chart_of_a_crowd_is_small_and_its_names_have_room() {
    for fixture in [crowd(), with_guests(crowd()), with_verdicts(crowd())] {
        let page = &rendered(&fixture)["report.html"];
        for category in ["network", "machine"] {
            let panel = panels(page, &format!("figure-{category}-trade"))[0];
            assert!(panel.len() <= 12_288, "{category}: {} bytes", panel.len());
            let names = texts(panel, "cn");
            let mut places: Vec<i32> = names.iter().map(|(_, y, _)| *y).collect();
            places.sort_unstable();
            assert!(names.len() >= 8 && places.windows(2).all(|pair| pair[1] - pair[0] >= 30));
            assert_eq!(paths(panel, "cm").len(), names.len(), "a mark for each");
        }
    }
}
