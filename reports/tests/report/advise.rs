//! Advice from a published run: what it says of cells that it was not shown, and where
//! it says nothing.

use std::path::Path;

use triathlon_reports::input::Input;
use triathlon_reports::{Advice, Answer, Bound, MOST_WRONG, Situation};

use crate::files::rendered;
use crate::fixture::full;

const RECORDED: &str = "20261125T122950Z-19fed071-d054cd86-20d1e550";

fn recorded() -> Input {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published");
    Input::read(&published.join(RECORDED)).unwrap()
}

fn of(in_flight: u64, wait_ms: f64) -> Situation {
    let wait_s = wait_ms / 1e3;
    Situation { in_flight, wait_s, cpu_s: 0.0, rate_per_s: None, memory_bytes: None }
}

fn advice(input: &Input, situation: &Situation) -> Advice {
    Advice::of(input, situation).unwrap()
}

/// The run as if these presets had never been measured.
fn without(input: &Input, whats: &[&str]) -> Input {
    let kept = |id: &str| !whats.iter().any(|what| id.starts_with(&format!("{what}/")));
    let mut less = input.clone();
    less.run.cases.retain(|case| kept(&case.id));
    less.records.retain(|record| kept(&record.id));
    less
}

/// Median of a measured value of a case.
fn measured(input: &Input, id: &str, value: fn(&triathlon_contract::record::Record) -> f64) -> f64 {
    let own = input.records.iter().filter(|record| record.id == id && !record.twin);
    let mut values: Vec<f64> = own.map(value).collect();
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
}

/// Presets are taken out of the run as a whole, from all contestants; whatever the model
/// then says of them is held against what was measured.
#[test]
fn held_out_presets_are_predicted_within_a_quarter() {
    let all = recorded();
    let (mut throughputs, mut memories) = (0, 0);
    let checks = [
        ("request-loop@c64-d20ms", 64, &["request-loop@c64-d20ms"][..]),
        (
            "fan-out@n100",
            100,
            &["fan-out@n100", "request-loop@c64-d20ms", "request-loop@c256-d20ms"],
        ),
        ("fan-out@n1000", 1000, &["fan-out@n1000"]),
    ];
    for (what, in_flight, hidden) in checks {
        let advice = advice(&without(&all, hidden), &of(in_flight, 20.0));
        let own = what.split('@').next().unwrap();
        for answer in advice.answers.iter().filter(|answer| answer.workload == own) {
            let id = format!("{what}/{}", answer.who);
            if !all.records.iter().any(|record| record.id == id) {
                continue;
            }
            let check = |predicted: f64, measured: f64, of: &str| {
                let error = (predicted / measured - 1.0).abs();
                println!(
                    "{id}: {of} {predicted:.0}, measured {measured:.0}: {:.1} %",
                    error * 100.0
                );
                assert!(error < MOST_WRONG, "{id}: {of} {predicted} instead of {measured}");
            };
            let throughput = measured(&all, &id, |record| {
                let window = record.window.as_ref().unwrap();
                window.operations() as f64 * 1e9 / window.elapsed_ns as f64
            });
            check(answer.throughput_per_s, throughput, "throughput");
            throughputs += 1;
            if let Some(memory) = answer.memory_bytes {
                let peak = |record: &triathlon_contract::record::Record| {
                    record.window.as_ref().unwrap().peak_resident_bytes as f64
                };
                check(memory, measured(&all, &id, peak), "memory");
                memories += 1;
            }
        }
    }
    assert!(throughputs >= 10 && memories >= 10, "only {throughputs} and {memories}");
}

#[test]
fn every_answer_names_its_error_and_it_is_under_a_quarter() {
    let input = recorded();
    let mut answers = 0;
    for in_flight in [1, 10, 64, 256, 1000, 5000] {
        for wait_ms in [5.0, 20.0, 100.0] {
            let advice = advice(&input, &of(in_flight, wait_ms));
            for answer in &advice.answers {
                let wrong = &answer.throughput_wrong;
                assert!(wrong.n > 0 && wrong.most <= MOST_WRONG, "{answer:?}");
                let cpu = answer.cpu_wrong.as_ref().unwrap();
                assert!(cpu.n >= 1 && cpu.median <= cpu.most, "{answer:?}");
                let memory = answer.memory_wrong.as_ref();
                assert_eq!(memory.is_some(), answer.memory_bytes.is_some(), "{answer:?}");
                assert!(memory.is_none_or(|wrong| wrong.n > 0 && wrong.most <= MOST_WRONG));
                assert!(!answer.cells.is_empty());
                answers += 1;
            }
            let text = advice.text();
            if !advice.answers.is_empty() {
                let most = advice.throughput_wrong.as_ref().unwrap().most;
                assert!(most <= MOST_WRONG && text.contains("held-out cells."), "{text}");
            }
        }
    }
    assert!(answers > 60, "only {answers} answers");
}

#[test]
fn beyond_what_was_measured_there_is_no_answer() {
    let input = recorded();
    let check = |situation: Situation, want: &str| {
        let advice = advice(&input, &situation);
        assert!(advice.answers.is_empty(), "{:?}", advice.answers);
        assert!(advice.not_measured.len() >= 9);
        let why = &advice.not_measured[0].why;
        assert!(why.contains(want), "{why}");
        assert!(advice.text().contains("Not measured"), "{}", advice.text());
    };
    check(of(5001, 20.0), "in flight");
    check(of(64, 101.0), "measured with waits of");
    check(of(64, 0.0), "");
    let beyond = advice(&input, &of(5000, 20.0));
    let why = |who: &str| {
        let one = beyond.not_measured.iter().find(|one| one.who == who);
        one.map(|one| one.why.clone()).unwrap_or_default()
    };
    assert!(why("smol/single").contains("beyond 500 in flight the server limited"));
    assert!(why("blocking").contains("fan-out: measured with 10 to 100 in flight"));
    let computing = Situation { cpu_s: 1.0, ..of(64, 20.0) };
    let advice = advice(&input, &computing);
    let tokio = advice.not_measured.iter().find(|one| one.who == "tokio/current-thread").unwrap();
    assert!(tokio.why.contains("no cell of mixed computes more than "), "{}", tokio.why);
    // A run without `mixed` says nothing of computing.
    let less = without(&input, &["mixed@cpu50", "mixed@cpu90"]);
    let little = Advice::of(&less, &Situation { cpu_s: 1e-6, ..of(64, 20.0) }).unwrap();
    assert!(little.answers.is_empty(), "{:?}", little.answers);
}

/// Whoever the model gets wrong has no answer.
#[test]
fn a_contestant_that_is_predicted_wrongly_has_no_answer() {
    let mut input = recorded();
    let who = |advice: &Advice, who: &str| advice.answers.iter().any(|answer| answer.who == who);
    let asked = of(100, 20.0);
    assert!(who(&advice(&input, &asked), "smol/single"));
    for record in &mut input.records {
        // Twice as long as cost and wait give, and nobody knows why.
        if record.id == "request-loop@c256-d20ms/smol/single" {
            record.window.as_mut().unwrap().elapsed_ns *= 2;
        }
    }
    let input = without(&input, &["fan-out@n10", "fan-out@n100", "fan-out@n1000", "fan-out@n5000"]);
    let advice = advice(&input, &asked);
    assert!(!who(&advice, "smol/single") && who(&advice, "smol/multi-thread"));
    let why = &advice.not_measured.iter().find(|one| one.who == "smol/single").unwrap().why;
    assert!(why.contains("the model is wrong by ") && why.contains("on a held-out cell"), "{why}");
}

#[test]
fn rate_and_memory_decide_what_fits() {
    let input = recorded();
    let find = |situation: Situation, who: &str| -> Answer {
        let advice = advice(&input, &situation);
        advice.answers.into_iter().find(|answer| answer.who == who).unwrap()
    };
    let threads = "threads-per-op";
    let plain = find(of(200, 20.0), threads);
    assert_eq!((plain.fits, plain.bound), (Some(true), Bound::Waiting));
    // Little: 200 in flight over 20 ms.
    assert!((plain.throughput_per_s / 10_000.0 - 1.0).abs() < 0.01, "{plain:?}");
    let fast = Situation { rate_per_s: Some(20_000.0), ..of(200, 20.0) };
    assert_eq!(find(fast, threads).fits, Some(false));
    let slow = find(Situation { rate_per_s: Some(1000.0), ..of(200, 20.0) }, threads);
    assert!((slow.in_flight - 20.0).abs() < 0.2 && slow.fits == Some(true), "{slow:?}");
    let small = Situation { memory_bytes: Some(1e6), ..of(200, 20.0) };
    assert_eq!(find(small, threads).fits, Some(false));
    let busy = find(Situation { cpu_s: 1e-3, ..of(200, 20.0) }, threads);
    assert_eq!(busy.bound, Bound::Cpu);
    assert!((900.0..1000.0).contains(&busy.throughput_per_s), "{busy:?}");
    // One thing after the other, however many are wanted.
    let alone = find(of(10, 20.0), "blocking");
    assert!((45.0..50.0).contains(&alone.throughput_per_s), "{alone:?}");
}

/// The page has the situations, their evidence and the calculator's numbers.
#[test]
fn the_page_says_what_fits_and_shows_the_evidence() {
    let dir = tempfile::tempdir().unwrap();
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published").join(RECORDED);
    for name in ["run.json", "records.jsonl"] {
        std::fs::copy(published.join(name), dir.path().join(name)).unwrap();
    }
    let rendered = triathlon_reports::render(dir.path()).unwrap();
    let page = rendered.files.iter().find(|(name, _)| name == "report.html").unwrap();
    let page = String::from_utf8(page.1.clone()).unwrap();
    let section = page.split("<section id=\"choose\"").nth(1).unwrap();
    let section = section.split("</section>").next().unwrap();
    for part in [
        "A crawler: 1000 URLs",
        "Jobs that only compute",
        "held-out cells",
        "href=\"#cell-fan-out.n1000_",
        "href=\"#cell-cpu.coarse-uniform_",
        "measured with 10 to 5000 in flight",
    ] {
        assert!(section.contains(part), "{part}");
    }
    let curves = section.split("data-curves=\"").nth(1).unwrap().split('"').next().unwrap();
    let curves: serde_json::Value = serde_json::from_str(&curves.replace("&quot;", "\"")).unwrap();
    assert!(curves.as_array().unwrap().len() >= 15, "{curves}");
}

/// Where calls that are wanted at once were not all there at once, the page says so, with
/// the number that the advice has, and otherwise nothing.
#[test]
fn the_page_says_how_many_were_served_at_once() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("published").join(RECORDED);
    let files = triathlon_reports::render(&directory).unwrap().files;
    let (_, page) = files.iter().find(|(name, _)| name == "report.html").unwrap();
    let page = String::from_utf8(page.clone()).unwrap().replace('\u{202f}', " ");
    let input = recorded();
    let check = |name: &str, situation: &Situation| {
        let (_, row) = page.split_once(name).unwrap();
        let (row, _) = row.split_once("</th>").unwrap();
        let answers = advice(&input, situation).answers;
        let served = answers.iter().filter_map(|answer| answer.served_at_once);
        let least = served.min_by(f64::total_cmp).unwrap();
        let few = least < situation.in_flight as f64 / 2.0;
        let said = row.contains(&format!("the server had as few as {least:.0} at a time"));
        assert_eq!((said, row.contains("at a time")), (few, few), "{name}, {least}: {row}");
        few
    };
    assert!(check("A crawler: 1000 URLs at once", &of(1000, 50.0)));
    check("A proxy: 256 connections", &of(256, 20.0));
    // Made up: the server has all at once, whoever asks concurrently.
    let made_up = &rendered(&full())["report.html"];
    assert!(made_up.contains("A crawler: 1000 URLs at once"));
    assert!(!made_up.contains("the server had as few as"));
}
