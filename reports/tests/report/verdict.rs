//! Runs with verdicts: what is said, and when nothing may be said.

use serde_json::Value;
use triathlon_contract::record::Record;

use crate::files::rendered;
use crate::fixture::{Fixture, case, fan_out, fixture_of, run};
use crate::made_up::{CONTESTANTS, records};

const FAST: &str = "fan-out@n100/threads-pool";
const REFERENCE: &str = "fan-out@n100/tokio/multi-thread";
const SAME: &str = "fan-out@n100/tokio/current-thread";

/// Five contestants of one preset, alike to about 1 %, in so many rounds.
pub(crate) fn alike(rounds: u64) -> Fixture {
    let mut run = run(rounds);
    (run.profile, run.verdicts) = ("default".to_string(), true);
    run.workloads.truncate(1);
    for (who, ..) in CONTESTANTS {
        run.cases.push(case(&format!("fan-out@n100/{who}"), &fan_out(100, 0)));
    }
    let mut fixture = fixture_of(run);
    // Nothing differs but a per cent or two from one execution to the next.
    for record in &mut fixture.records {
        let jitter = 1.0 + 0.004 * ((record.sequence * 7919 % 101) as f64 / 50.0 - 1.0);
        set(record, 1.0, jitter);
    }
    fixture
}

fn set(record: &mut Record, scale: f64, jitter: f64) {
    let window = record.window.as_mut().unwrap();
    let ns = |base: f64| (base * scale * jitter) as u64;
    (window.elapsed_ns, window.user_ns, window.system_ns) = (ns(5e7), ns(1e6), ns(3e6));
    window.server_cpu_ns = 1000;
    window.peak_resident_bytes = 8_000_000;
    (window.voluntary_switches, window.involuntary_switches) = (150, 0);
    (window.steal_ns, window.samples) = (0, 100);
    record.expected.samples = 100;
    record.witness.as_mut().unwrap().delay_excess_us = None;
}

/// Multiplies time and CPU of the executions of a case that `of` picks.
pub(crate) fn scale(fixture: &mut Fixture, factor: f64, of: impl Fn(&Record) -> bool) {
    for record in fixture.records.iter_mut().filter(|record| of(record)) {
        let window = record.window.as_mut().unwrap();
        for ns in [&mut window.elapsed_ns, &mut window.user_ns, &mut window.system_ns] {
            *ns = (*ns as f64 * factor) as u64;
        }
    }
}

pub(crate) fn summary(fixture: &Fixture) -> Value {
    serde_json::from_str(&rendered(fixture)["summary.json"]).unwrap()
}

pub(crate) fn cell<'a>(summary: &'a Value, id: &str) -> &'a Value {
    summary["cells"].as_array().unwrap().iter().find(|cell| cell["id"] == id).unwrap()
}

fn verdict(fixture: &Fixture, id: &str) -> (String, f64) {
    let summary = summary(fixture);
    let against = &cell(&summary, id)["against_reference"]["elapsed_s"];
    (against["verdict"].as_str().unwrap().to_string(), against["ratio"].as_f64().unwrap())
}

#[test]
fn a_difference_is_found_with_its_direction_and_what_is_alike_is_equivalent() {
    let mut fixture = alike(15);
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    let (word, ratio) = verdict(&fixture, FAST);
    assert!(word == "lower" && (0.895..0.905).contains(&ratio), "{word} {ratio}");
    assert_eq!(verdict(&fixture, SAME).0, "equivalent");
    let summary = summary(&fixture);
    let standing = |id: &str| cell(&summary, id)["standing"]["elapsed_s"].clone();
    assert_eq!((&standing(FAST)["best"], &standing(FAST)["worst"]), (&1.into(), &1.into()));
    assert_eq!((&standing(SAME)["best"], &standing(SAME)["worst"]), (&2.into(), &5.into()));
    assert_eq!(standing(FAST)["letters"], "a");
    assert_eq!(standing(SAME)["letters"], standing(REFERENCE)["letters"]);
    // More is better: the same cell is first, with the ratio upside down.
    let throughput = &cell(&summary, FAST)["against_reference"]["throughput_per_s"];
    assert_eq!(throughput["verdict"], "higher");
    assert_eq!(cell(&summary, FAST)["standing"]["throughput_per_s"]["worst"], 1);
    let smallest = cell(&summary, SAME)["against_reference"]["elapsed_s"]["smallest_difference"]
        .as_f64()
        .unwrap();
    assert!((1.02..1.04).contains(&smallest), "{smallest}");
}

/// The entry of the A/A in elapsed time.
fn noise(summary: &Value) -> &Value {
    let all = summary["noise"].as_array().unwrap();
    all.iter().find(|noise| noise["metric"] == "elapsed_s").unwrap()
}

#[test]
fn a_change_of_one_program_is_found_where_two_programs_react_differently() {
    let mut fixture = alike(15);
    // Every second round costs one contestant a fifth more, and the reference nothing.
    scale(&mut fixture, 1.2, |record| record.id == FAST && record.round % 2 == 0);
    let files = rendered(&fixture);
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    let between = &cell(&summary, FAST)["against_reference"]["elapsed_s"]["smallest_difference"];
    assert!(between.as_f64().unwrap() > 1.08, "{between}");
    let same = noise(&summary)["smallest_difference"].as_f64().unwrap();
    assert!((1.02..1.04).contains(&same), "{same}");
    let percent = format!("{:.2} %", (same - 1.0) * 100.0);
    let plain = |name: &str| files[name].replace('\u{202f}', " ");
    let page = plain("report.html");
    let (_, table) = page.split_once("id=\"noise-floor\"").unwrap();
    let (table, after) = table.split_once("</table>").unwrap();
    assert!(table.contains("same program</th><th scope=\"col\">Smallest difference, different"));
    assert!(table.contains(&format!("<td>{percent}, worst {percent}</td>")), "{table}");
    assert!(after.contains("so much this run resolves"));
    let found = format!("a change of one program from {percent} on, a difference of two from ");
    assert!(plain("summary.md").contains(&found), "{found}: {}", plain("summary.md"));
    // The second label itself, from round to round: the method resolves less.
    scale(&mut fixture, 1.1, |record| record.twin && record.round % 2 == 0);
    let noisy = noise(&self::summary(&fixture))["smallest_difference"].as_f64().unwrap();
    assert!(noisy > 1.08, "{noisy}");
}

#[test]
fn without_a_second_label_in_enough_rounds_no_change_is_said_to_be_found() {
    let mut fixture = alike(15);
    fixture.records.retain(|record| !record.twin || record.round <= 5);
    let files = rendered(&fixture);
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    assert_eq!(
        (&noise(&summary)["n"], noise(&summary).get("smallest_difference")),
        (&5.into(), None)
    );
    assert!(!files["summary.md"].contains("a change of one program"));
    assert!(files["summary.md"].contains("find a difference of two from"));
    let (_, table) = files["report.html"].split_once("id=\"noise-floor\"").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    assert!(table.contains("<td>—</td>"), "{table}");
    fixture.records.retain(|record| !record.twin);
    assert_eq!(self::summary(&fixture)["noise"], Value::Array(Vec::new()));
    // Too few rounds for any verdict.
    let few = self::summary(&alike(10));
    assert_eq!(noise(&few).get("smallest_difference"), None);
}

#[test]
fn every_pair_is_in_a_file() {
    let mut fixture = alike(15);
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    let files = rendered(&fixture);
    let rows: Vec<&str> = files["pairs.csv"].lines().collect();
    assert_eq!(rows.len(), 1 + 5 * 10, "five metrics, ten pairs of five contestants");
    let row =
        rows.iter().find(|row| row.starts_with("fan-out,n100,elapsed_s,threads-pool,tokio/multi"));
    assert!(row.unwrap().contains(",lower,0.9"), "{row:?}");
}

#[test]
fn a_cell_is_on_the_page_with_word_interval_rank_and_margin() {
    let mut fixture = alike(15);
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    let files = rendered(&fixture);
    let page = &files["report.html"];
    let (_, row) = page.split_once("id=\"cell-fan-out.n100_threads-pool\"").unwrap();
    let (row, _) = row.split_once("</tr>").unwrap();
    for want in [">faster<", "0.90", "of 5 · a", "finds 2."] {
        assert!(row.contains(want), "{want}: {row}");
    }
    assert!(page.contains("verdicts with intervals") && page.contains("margin ±"));
    assert!(page.contains("equivalent within ±") && page.contains("id=\"warnings\""));
    assert!(files["summary.md"].contains(" faster |"), "{}", files["summary.md"]);
}

#[test]
fn few_rounds_and_profiles_without_verdicts_say_nothing() {
    for (rounds, verdicts) in [(10, true), (15, false)] {
        let mut fixture = alike(rounds);
        fixture.run.verdicts = verdicts;
        scale(&mut fixture, 0.5, |record| record.id == FAST);
        let files = rendered(&fixture);
        let page = &files["report.html"];
        assert!(page.contains("exploratory"), "{rounds} {verdicts}");
        assert!(!page.contains(">faster<") && !page.contains("equivalent within"));
    }
}

#[test]
fn a_noisy_reference_widens_the_margin_and_never_makes_things_equivalent() {
    let mut fixture = alike(15);
    // Its second label swings by a fifth from round to round.
    scale(&mut fixture, 1.2, |record| record.twin && record.round % 2 == 0);
    scale(&mut fixture, 0.8, |record| record.twin && record.round % 2 == 1);
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    let summary = summary(&fixture);
    let against = &cell(&summary, FAST)["against_reference"]["elapsed_s"];
    assert!(against["margin"].as_f64().unwrap() > 1.10, "{against}");
    assert_eq!(against["verdict"], "undecided", "ten per cent are within the noise");
}

#[test]
fn pair_limited_rows_get_no_verdict_on_time_and_keep_that_on_cpu() {
    let mut fixture = alike(15);
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    for record in fixture.records.iter_mut().filter(|record| record.id == FAST) {
        let window = record.window.as_mut().unwrap();
        window.server_cpu_ns = window.elapsed_ns;
    }
    let summary = summary(&fixture);
    let against = &cell(&summary, FAST)["against_reference"];
    assert_eq!(against["elapsed_s"], Value::Null);
    assert_eq!(against["cpu_us_per_op"]["verdict"], "lower");
}

#[test]
fn parts_that_disagree_take_a_verdict_back() {
    let mut fixture = alike(30);
    (fixture.run.profile, fixture.run.parts) = ("publish".to_string(), 2);
    // Nothing in the first part, much in the second; the whole would decide.
    scale(&mut fixture, 0.80, |record| record.id == FAST && record.round > 12);
    scale(&mut fixture, 1.15, |record| record.id == FAST && record.round <= 4);
    let summary = summary(&fixture);
    let against = &cell(&summary, FAST)["against_reference"]["elapsed_s"];
    assert!(against["p_holm"].as_f64().unwrap() < 0.05, "{against}");
    assert_eq!(
        (&against["verdict"], &against["parts_disagree"]),
        (&"undecided".into(), &true.into())
    );
    let page = &rendered(&fixture)["report.html"];
    assert!(page.contains("the parts disagree") && page.contains("2 parts agree"));
    // And where they agree it stays.
    let mut fixture = alike(30);
    fixture.run.parts = 2;
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    assert_eq!(verdict(&fixture, FAST).0, "lower");
}

#[test]
fn a_run_whose_reference_differs_from_itself_is_invalid() {
    let mut fixture = alike(15);
    scale(&mut fixture, 1.05, |record| record.twin);
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    let why = triathlon_reports::unbelievable(dir.path(), false).unwrap().unwrap();
    assert!(
        why.starts_with("invalid: fan-out@n100/tokio/multi-thread differs from itself"),
        "{why}"
    );
    let files = rendered(&fixture);
    assert!(
        files["report.html"].contains("badge bad") && files["summary.md"].contains("**Invalid**")
    );
    let sound = alike(15);
    sound.write(dir.path());
    assert_eq!(triathlon_reports::unbelievable(dir.path(), true).unwrap(), None);
}

#[test]
fn geometric_means_and_profile_are_of_one_category_each() {
    let mut fixture = alike(15);
    for (who, ..) in CONTESTANTS {
        fixture.run.cases.push(case(&format!("fan-out@n10/{who}"), &fan_out(10, 0)));
    }
    fixture.records = records(&fixture.run);
    for record in &mut fixture.records {
        let jitter = 1.0 + 0.004 * ((record.sequence * 7919 % 101) as f64 / 50.0 - 1.0);
        set(record, 1.0, jitter);
        let samples = record.window.as_ref().unwrap().samples;
        record.expected.samples = samples;
    }
    scale(&mut fixture, 0.81, |record| record.id == FAST);
    let summary = summary(&fixture);
    let means = summary["geometric_means"].as_array().unwrap();
    let own = |metric: &str| {
        let own = |mean: &&Value| mean["who"] == "threads-pool" && mean["metric"] == metric;
        means.iter().find(own).unwrap().clone()
    };
    let mean = own("elapsed_s");
    assert_eq!((&mean["cells"], &mean["category"]), (&2.into(), &"network".into()));
    // √(0.81 × 1).
    let ratio = mean["ratio"].as_f64().unwrap();
    assert!((0.895..0.905).contains(&ratio), "{mean}");
    assert!(mean["low"].as_f64() <= Some(ratio) && Some(ratio) <= mean["high"].as_f64());
    assert!(mean["wide_low"].as_f64().unwrap() < 0.85, "{mean}");
    let profile = &summary["performance_profiles"][0];
    assert_eq!((&profile["category"], &profile["cases"]), (&"network".into(), &2.into()));
    let line = profile["lines"].as_array().unwrap().iter().find(|l| l["who"] == "threads-pool");
    let steps = &line.unwrap()["steps"];
    assert!(steps[0][0] == 1.0 && steps[0][1].as_f64() >= Some(0.5), "{steps}");
    let files = rendered(&fixture);
    assert!(files["summary.md"].contains("## Geometric means of ratios to tokio/multi-thread"));
    assert!(files.contains_key("figures/network-profile.svg"));
    assert!(files["report.html"].contains("id=\"figure-network-profile\""));
    assert!(files["report.html"].contains("threads-pool has the best median in"));
}
