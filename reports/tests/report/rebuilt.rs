//! Every sentence at the head of the page, made anew from the raw records.
//!
//! The path of [`raw`], [`rank`], [`family`], [`said`] and [`claims`] uses no type and no
//! function of the suite, only its published rules: it reads JSON, counts
//! executions, enumerates the signed ranks, corrects by Holm, and writes the
//! sentence. What the page says must be the same text, to the last digit.

mod claims;
mod executions;
mod family;
mod number;
mod page;
mod plan;
mod programs;
mod rank;
mod raw;
mod said;
mod sweep;

use std::path::Path;

use triathlon_contract::record::Record;

pub(crate) use page::in_short;

use crate::crowd::crowd;
use crate::files::{rendered, with_verdicts};
use crate::fixture::{Fixture, fail};
use crate::sentences::several;
use crate::verdict::{alike, scale};

const FAST: &str = "fan-out@n100/threads-pool";
const SAME: &str = "fan-out@n100/tokio/current-thread";
const MANY: &str = "fan-out@n100/threads-per-op";
const BLOCKING: &str = "fan-out@n100/blocking";
const REFERENCE: &str = "fan-out@n100/tokio/multi-thread";

/// The sentences of a run's files and the workloads without one.
fn rebuilt(fixture: &Fixture) -> (Vec<(String, String)>, usize) {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    said::sentences(&raw::Raw::read(dir.path()))
}

/// That page and path say the same; the text of all sentences.
fn check(fixture: &Fixture) -> String {
    let page = &rendered(fixture)["report.html"];
    let (want, left_out) = rebuilt(fixture);
    assert_eq!(in_short(page), want);
    assert!((2..=6).contains(&want.len()), "{} sentences", want.len());
    let more = format!("{left_out} more workload");
    assert_eq!(page.contains("more workload"), left_out > 0, "{left_out}");
    assert!(left_out == 0 || page.contains(&more), "{more}");
    want.into_iter().map(|(_, text)| text + "\n").collect()
}

fn says(text: &str, wanted: &[&str]) {
    let text = text.replace('\u{202f}', " ");
    for want in wanted {
        assert!(text.contains(want), "{want} is missing: {text}");
    }
}

#[test]
fn one_that_is_faster_and_some_that_are_alike() {
    let mut fixture = alike(15);
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    scale(&mut fixture, 1.3, |record| record.id == BLOCKING && record.round % 2 == 0);
    scale(&mut fixture, 0.8, |record| record.id == BLOCKING && record.round % 2 == 1);
    let wanted = [
        "compared with tokio/multi-thread in time: threads-pool 0.90",
        "is faster",
        "are equivalent within ± 2.00 %",
        "blocking",
        "is undecided",
        "better than the reference in 1, worse in 0, equivalent in 2, undecided in 1.",
    ];
    says(&check(&fixture), &wanted);
}

#[test]
fn a_crowd_in_all_its_presets_and_ways() {
    let text = check(&with_verdicts(crowd()));
    let wanted = ["First in the other presets:", "reaches", "spend more", "others"];
    says(&text, &wanted);
}

#[test]
fn parts_that_disagree() {
    let mut fixture = alike(30);
    (fixture.run.profile, fixture.run.parts) = ("publish".to_string(), 2);
    scale(&mut fixture, 0.80, |record| record.id == FAST && record.round > 12);
    scale(&mut fixture, 1.15, |record| record.id == FAST && record.round <= 4);
    scale(&mut fixture, 1.07, |record| record.id == MANY);
    let text = check(&fixture);
    let wanted = ["is slower", "undecided in 1 (1 because not every part"];
    says(&text, &wanted);
}

/// One part is only probably on the side of the whole.
#[test]
fn a_part_that_shows_nothing() {
    let mut fixture = alike(30);
    fixture.run.parts = 2;
    scale(&mut fixture, 0.80, |record| record.id == FAST);
    scale(&mut fixture, 3.0, |record| record.id == FAST && [2, 9].contains(&record.round));
    says(&check(&fixture), &["undecided in 1 (1 because not every part"]);
}

/// Certainly a difference, and one within the margin.
#[test]
fn a_difference_that_is_too_small() {
    let mut fixture = alike(15);
    scale(&mut fixture, 1.012, |record| record.id == FAST);
    scale(&mut fixture, 1.012, |record| record.id == FAST && record.round % 2 == 0);
    says(&check(&fixture), &["threads-pool 1.02 × [1.01–1.02] is undecided"]);
}

/// Equivalent as a whole, and not in one of its parts.
#[test]
fn a_part_that_is_not_equivalent() {
    let mut fixture = alike(30);
    fixture.run.parts = 3;
    scale(&mut fixture, 1.045, |record| record.twin && record.round % 3 != 0);
    scale(&mut fixture, 1.06, |record| record.id == FAST && record.round <= 8);
    let wanted = ["is undecided", "equivalent in 3, undecided in 1 (1 because not every part"];
    says(&check(&fixture), &wanted);
}

/// One part has a round less than the others.
#[test]
fn three_parts_that_agree() {
    let mut fixture = alike(29);
    fixture.run.parts = 3;
    scale(&mut fixture, 0.93, |record| record.id == FAST);
    says(&check(&fixture), &["is faster", "better than the reference in 1,"]);
}

#[test]
fn a_twin_that_swings_widens_the_margin() {
    let mut fixture = alike(15);
    scale(&mut fixture, 1.06, |record| record.twin && record.round % 2 == 0);
    scale(&mut fixture, 0.96, |record| record.twin && record.round % 3 == 1);
    scale(&mut fixture, 0.85, |record| record.id == FAST);
    scale(&mut fixture, 1.03, |record| record.id == SAME);
    let text = check(&fixture);
    says(&text, &["is faster", "are equivalent within ± "]);
    assert!(!text.contains("2.00"), "{text}");
}

/// Nothing further apart than 10 % is equivalent, however wide the margin.
#[test]
fn a_twin_that_swings_far_makes_nothing_equivalent() {
    let mut fixture = alike(15);
    scale(&mut fixture, 1.2, |record| record.twin && record.round % 2 == 0);
    scale(&mut fixture, 0.8, |record| record.twin && record.round % 2 == 1);
    scale(&mut fixture, 0.88, |record| record.id == FAST);
    says(&check(&fixture), &["are equivalent within ± 10.0 %; threads-pool 0.88", "is undecided"]);
}

/// Rounds without any difference count for both sides.
#[test]
fn rounds_that_are_tied() {
    says(&check(&tied(1)), &["threads-pool 1.0", "is slower", "are faster"]);
    says(&check(&tied(-1)), &["threads-pool 0.9", "is faster", "are slower"]);
}

/// One contestant as the reference in three rounds, and further from it on one
/// side in each of the others; the rest on the other side.
fn tied(side: i64) -> Fixture {
    let mut fixture = alike(15);
    let own = |record: &Record| [FAST, REFERENCE].contains(&record.id.as_str());
    scale(&mut fixture, 1.0 - 0.03 * side as f64, |record| !own(record));
    for record in fixture.records.iter_mut().filter(|record| own(record)) {
        let further = if record.round > 3 && record.id == FAST { record.round as i64 } else { 0 };
        let elapsed_ns = 500_000 * (100 + side * further);
        record.window.as_mut().unwrap().elapsed_ns = elapsed_ns as u64;
    }
    fixture
}

#[test]
fn more_workloads_than_sentences() {
    let mut fixture = several(&["a", "a", "b", "a", "c", "c", "c"]);
    scale(&mut fixture, 0.90, |record| record.id.starts_with("w2@"));
    assert_eq!(check(&fixture).lines().count(), 6);
}

/// Whoever's run is published with verdicts is held to the same.
#[test]
fn published_runs_with_verdicts() {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published");
    for run in std::fs::read_dir(published).unwrap() {
        let dir = run.unwrap().path();
        if dir.join("run.json").is_file() {
            let raw = raw::Raw::read(&dir);
            if raw.run["verdicts"] == true && raw.run["rounds"].as_u64() >= Some(11) {
                let files = triathlon_reports::render(&dir).unwrap().files;
                let (_, page) = files.iter().find(|(name, _)| name == "report.html").unwrap();
                let page = String::from_utf8(page.clone()).unwrap();
                let (of_page, rebuilt) = (in_short(&page), said::sentences(&raw).0);
                let swept = |all: &[(String, String)]| -> Vec<(String, String)> {
                    let points = |(anchor, text): &(String, String)| match anchor.as_str() {
                        "verdict-serve" => (anchor.clone(), sweep::without_intervals(text)),
                        _ => (anchor.clone(), text.clone()),
                    };
                    all.iter().map(points).collect()
                };
                assert_eq!(swept(&of_page), swept(&rebuilt), "{}", dir.display());
            }
        }
    }
}

/// Whatever the path shared with the suite would be wrong in both.
#[test]
fn the_path_uses_nothing_of_the_suite() {
    for source in [
        include_str!("rebuilt/claims.rs").split("mod tests").next().unwrap(),
        include_str!("rebuilt/family.rs"),
        include_str!("rebuilt/number.rs"),
        include_str!("rebuilt/plan.rs"),
        include_str!("rebuilt/rank.rs"),
        include_str!("rebuilt/raw.rs"),
        include_str!("rebuilt/said.rs"),
        include_str!("rebuilt/sweep.rs"),
    ] {
        assert!(!source.contains("triathlon_") && !source.contains("crate::"));
    }
}

/// The comparison can fail: other records give other sentences than the page
/// that was made before.
#[test]
fn records_that_were_changed_do_not_give_the_sentences_of_the_page() {
    let mut fixture = alike(15);
    scale(&mut fixture, 0.90, |record| record.id == FAST);
    let page = in_short(&rendered(&fixture)["report.html"]);
    assert_eq!(rebuilt(&fixture).0, page);
    let differ = |change: &dyn Fn(&mut Fixture)| -> Vec<bool> {
        let mut fixture = Fixture {
            run: fixture.run.clone(),
            records: fixture.records.clone(),
            sources: [].into(),
        };
        change(&mut fixture);
        rebuilt(&fixture).0.iter().zip(&page).map(|(new, old)| new != old).collect()
    };
    let longer = |factor: f64, of: fn(&Record) -> bool| {
        move |fixture: &mut Fixture| {
            for record in fixture.records.iter_mut().filter(|record| of(record)) {
                let window = record.window.as_mut().unwrap();
                window.elapsed_ns = (window.elapsed_ns as f64 * factor) as u64;
            }
        }
    };
    // One contestant, a fifth longer: the verdict and the totals.
    let one = |record: &Record| record.id == FAST && !record.twin;
    assert_eq!(differ(&longer(1.2, one)), [true, true]);
    // One execution of one contestant, far enough to be seen.
    let once = |record: &Record| record.id == FAST && record.round == 4;
    assert!(differ(&longer(1.2, once)).contains(&true));
    // The second label: another margin.
    assert_eq!(differ(&longer(1.08, |record| record.twin)), [true, true]);
    // What is not compared changes nothing.
    let nothing = |fixture: &mut Fixture| {
        for record in &mut fixture.records {
            record.window.as_mut().unwrap().minor_faults += 1;
        }
    };
    assert_eq!(differ(&nothing), [false, false]);
    // Rules of the run.
    assert_eq!(differ(&|fixture| fail(&mut fixture.records, FAST, 15, "no")), [true, true]);
}
