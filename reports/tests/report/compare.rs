//! Two runs against each other, made from recorded noise: what changed is found, what
//! did not is left alone, and machines have no regressions.

use std::path::Path;

use triathlon_contract::record::Record;
use triathlon_reports::input::Input;
use triathlon_reports::{Change, Comparison, Subject, Turn};

/// A published run: recorded executions of ten contestants in six rounds.
const RECORDED: &str = "20261125T122950Z-19fed071-d054cd86-20d1e550";

pub(crate) const SLOWED: &str = "smol/multi-thread";

pub(crate) fn recorded() -> Input {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published");
    Input::read(&published.join(RECORDED)).unwrap()
}

/// A run of so many rounds, each of them a recorded one, drawn with the seed: rounds
/// stay whole, so that what disturbed one round is in all of its cases.
pub(crate) fn drawn(from: &Input, rounds: u64, seed: u64) -> Input {
    let mut rng = Draw(seed);
    let mut run = from.run.clone();
    (run.profile, run.verdicts, run.seed) = ("default".to_string(), true, seed);
    run.rounds = rounds;
    run.id = format!("20261126T000000Z-19fed071-d054cd86-{seed}");
    let mut records = Vec::new();
    for round in 1..=rounds {
        let chosen = rng.below(from.run.rounds) + 1;
        for record in from.records.iter().filter(|record| record.round == chosen) {
            records.push(Record { round, sequence: records.len() as u64, ..record.clone() });
        }
    }
    Input { run, records, selftest: None, sources: Default::default(), ..from.clone() }
}

/// Knuth's generator.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Whether a record is of that contestant, whatever its way.
fn is_of(id: &str, who: &str) -> bool {
    let own = id.split_once('/').map_or("", |(_, own)| own);
    own.split(':').next() == Some(who)
}

/// Makes time and CPU of a contestant so much longer.
pub(crate) fn slow(input: &mut Input, who: &str, factor: f64) {
    for record in input.records.iter_mut().filter(|record| is_of(&record.id, who)) {
        let window = record.window.as_mut().unwrap();
        for ns in [&mut window.elapsed_ns, &mut window.user_ns, &mut window.system_ns] {
            *ns = (*ns as f64 * factor) as u64;
        }
        if let Some(open) = &mut record.open {
            for time in [&mut open.response_us.p50, &mut open.response_us.p99] {
                *time = time.map(|us| us * factor);
            }
        }
    }
}

/// Whether a change is of a contestant, as a whole or in one of its cases.
fn of(change: &Change, who: &str) -> bool {
    match change.of {
        Subject::Case => is_of(&change.id, who),
        Subject::Contestant => change.id.split(':').next() == Some(who),
        Subject::Reference => change.id == who,
    }
}

fn total<'a>(comparison: &'a Comparison, who: &str, metric: &str) -> &'a Change {
    let found = |change: &&Change| {
        change.of == Subject::Contestant && change.id == who && change.metric == metric
    };
    comparison.changes.iter().find(found).unwrap()
}

/// Twenty pairs of runs, 15 rounds each, one contestant 10 % slower in the second.
#[test]
fn a_tenth_is_found_in_twenty_of_twenty_and_nothing_else() {
    let recorded = recorded();
    let (mut found, mut cases, mut others) = (0, 0, Vec::new());
    for seed in 0..20 {
        let before = drawn(&recorded, 15, 1000 + seed);
        let mut after = drawn(&recorded, 15, 2000 + seed);
        slow(&mut after, SLOWED, 1.1);
        let comparison = Comparison::of(&before, &after);
        let whole = ["elapsed_s", "cpu_us_per_op"].map(|metric| total(&comparison, SLOWED, metric));
        found += usize::from(whole.iter().all(|change| {
            change.verdict == Turn::Regression && (1.07..1.13).contains(&change.change)
        }));
        let own = |change: &&Change| of(change, SLOWED) && change.of == Subject::Case;
        cases += comparison.regressions().filter(own).count();
        let changed = comparison.changes.iter().filter(|change| change.verdict.changed());
        let strange: Vec<String> = changed
            .filter(|change| !of(change, SLOWED) || change.verdict != Turn::Regression)
            .map(|change| format!("seed {seed}: {change:?}"))
            .collect();
        others.extend(strange.first().cloned());
        assert!(comparison.changes.len() > 100, "{}", comparison.changes.len());
    }
    println!("found in {found}, {cases} cases of it, {} seeds with anything else", others.len());
    assert_eq!(found, 20);
    assert!(cases >= 20 * 3, "only {cases} of its cases");
    assert!(others.len() <= 1, "{others:#?}");
}

/// The same pairs without a slowdown.
#[test]
fn what_did_not_change_is_left_alone() {
    let recorded = recorded();
    let mut wrong = Vec::new();
    for seed in 0..20 {
        let (before, after) =
            (drawn(&recorded, 15, 3000 + seed), drawn(&recorded, 15, 4000 + seed));
        let comparison = Comparison::of(&before, &after);
        let mut changed = comparison.changes.iter().filter(|change| change.verdict.changed());
        wrong.extend(changed.next().cloned());
        assert!(comparison.changes.len() > 100, "{}", comparison.changes.len());
    }
    assert!(wrong.len() <= 1, "{wrong:#?}");
}

/// A slower reference is in nobody's ratio and in everybody's.
#[test]
fn a_reference_that_changed_is_said_and_nobody_is_blamed() {
    let recorded = recorded();
    let before = drawn(&recorded, 15, 1);
    let mut after = drawn(&recorded, 15, 2);
    slow(&mut after, "tokio/multi-thread", 1.2);
    let comparison = Comparison::of(&before, &after);
    let note = "The reference tokio/multi-thread itself rose by about ";
    assert!(comparison.notes.iter().any(|one| one.starts_with(note)), "{:?}", comparison.notes);
    let regressed: Vec<&Change> = comparison.regressions().collect();
    assert!(!regressed.is_empty());
    for change in &regressed {
        assert!(change.id.contains("tokio/multi-thread"), "{change:?}");
    }
    let improved = |change: &&Change| change.verdict == Turn::Improvement;
    let improved: Vec<&Change> = comparison.changes.iter().filter(improved).collect();
    assert!(improved.len() <= 2, "{improved:#?}");
    let along = |change: &&Change| change.verdict == Turn::WithReference;
    assert!(comparison.changes.iter().filter(along).count() > 10);
}

#[test]
fn different_machines_have_no_regression() {
    let recorded = recorded();
    let before = drawn(&recorded, 15, 1);
    let mut after = drawn(&recorded, 15, 2);
    slow(&mut after, SLOWED, 1.3);
    after.run.machine.id = "ffffffff".to_string();
    after.run.machine.facts.insert("kernel".to_string(), "9.9".to_string());
    let comparison = Comparison::of(&before, &after);
    assert_eq!(comparison.title, "Differences between machines");
    assert!(comparison.changes.iter().any(|change| change.verdict == Turn::Higher));
    let texts =
        [comparison.text(), comparison.markdown(), comparison.html(), comparison.json().unwrap()];
    for text in texts {
        let lower = text.to_lowercase();
        assert!(!lower.contains("regression") && !lower.contains("improvement"), "{text}");
        assert!(text.contains("Differences between machines") && text.contains("9.9"));
    }
}

/// Machine, versions and placement come before what was measured.
#[test]
fn differences_of_the_environment_come_first() {
    let recorded = recorded();
    let before = drawn(&recorded, 11, 1);
    let mut after = drawn(&recorded, 11, 2);
    slow(&mut after, SLOWED, 1.5);
    after.run.lock_sha256 = "0".repeat(64);
    after.run.build.insert("compiler".to_string(), "rustc 2.0.0".to_string());
    after.run.placement.server_cpus = vec![7];
    let comparison = Comparison::of(&before, &after);
    let names: Vec<&str> = comparison.environment.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["build: compiler", "SHA-256 of Cargo.lock", "CPUs of the server"]);
    for text in [comparison.text(), comparison.markdown(), comparison.html()] {
        let (differs, changed) = (text.find("rustc 2.0.0"), text.find("smol/multi-thread"));
        assert!(differs.unwrap() < changed.unwrap(), "{text}");
        assert!(text.to_lowercase().contains("regression"), "{text}");
    }
    let page = comparison.html();
    assert!(page.contains("default-src") && !page.contains("<script") && !page.contains("src=\""));
}

/// Other parameters, other laps, another suite, cases of one run only.
#[test]
fn what_is_not_one_thing_is_not_compared() {
    let recorded = recorded();
    let before = drawn(&recorded, 11, 1);
    let mut after = drawn(&recorded, 11, 2);
    for case in &mut after.run.cases {
        match case.id.as_str() {
            "cpu@fine-uniform/rayon" => *case.parameters.get_mut("jobs").unwrap() += 1,
            "cpu@fine-uniform/blocking" => case.laps += 1,
            "mixed@cpu90/blocking" => case.slice_ms = Some(7),
            "cpu@coarse-uniform/rayon" => case.id = "cpu@coarse-other/rayon".to_string(),
            _ => {}
        }
    }
    let comparison = Comparison::of(&before, &after);
    let why = |id: &str| {
        let mut all = comparison.not_compared.iter();
        all.find(|one| one.id == id).map(|one| one.why.clone()).unwrap()
    };
    assert_eq!(why("cpu@fine-uniform/rayon"), "its preset has other parameters");
    assert_eq!(why("cpu@fine-uniform/blocking"), "it had other laps, so other warm-up and drift");
    assert_eq!(why("mixed@cpu90/blocking"), "it took turns, or had CPUs, otherwise");
    assert_eq!(why("cpu@coarse-uniform/rayon"), "only in the run before");
    assert_eq!(why("cpu@coarse-other/rayon"), "only in the run after");
    assert_eq!(why("fan-out@n5000/blocking"), "absent in both");
    after.run.suite_version = "4".to_string();
    let comparison = Comparison::of(&before, &after);
    assert!(comparison.changes.is_empty());
    assert!(comparison.text().contains("measured by suite versions 3 and 4: "));
    assert!(comparison.text().contains("Nothing can be compared."));
    let note = "The runs are of suite versions 3 and 4, which do not measure the same work: none of their \
                cases can be compared.";
    assert_eq!(comparison.notes[0], note);
    let why = comparison.nothing_because().unwrap();
    assert_eq!(why, "measured by suite versions 3 and 4");
}

/// Twice the same run, and the runs in the wrong order, are said before anything else.
#[test]
fn a_call_that_was_not_meant_is_said_first() {
    let recorded = recorded();
    let (before, mut after) = (drawn(&recorded, 11, 1), drawn(&recorded, 11, 2));
    let notes = |a: &Input, b: &Input| Comparison::of(a, b).notes;
    assert_eq!(notes(&before, &before)[0], "Both are the same run, so nothing can have changed.");
    after.run.started_at = "2020-01-01T00:00:00Z".to_string();
    assert_eq!(notes(&before, &after)[0], "The run after began before the run before.");
    assert!(!notes(&after, &before).iter().any(|note| note.contains("began before")));
}

/// The same run twice, and a run whose rounds are too few for any decision.
#[test]
fn nothing_is_decided_without_a_difference_or_without_rounds() {
    let recorded = recorded();
    let one = drawn(&recorded, 15, 5);
    let same = Comparison::of(&one, &one);
    assert!(same.environment.is_empty());
    assert!(same.changes.iter().all(|change| change.change == 1.0 && !change.verdict.changed()));
    let mut after = drawn(&recorded, 3, 6);
    slow(&mut after, SLOWED, 3.0);
    let few = Comparison::of(&drawn(&recorded, 3, 7), &after);
    assert!(few.changes.iter().all(|change| change.verdict == Turn::Undecided));
    assert!(few.changes.iter().all(|change| change.low.is_none()));
    assert!(few.text().contains("exploratory, with 3 rounds"), "{}", few.text());
}
