//! What the page says of servers that are asked for more than they can do.

use triathlon_contract::record::{ContestRecord, DrivenRecord, OverloadRecord, StepRecord};

use crate::files::rendered;
use crate::fixture::{Fixture, case, fixture_of, serving};
use crate::verdict::{cell, summary};

const MS: u64 = 1_000_000;

/// A capacity of 1000 a second in the first round, 1010 in the second; shares of it that
/// are in time, by step; recovery in milliseconds.
fn record(round: u64, shares: [f64; 5], recovery_ms: Option<f64>) -> OverloadRecord {
    let capacity_per_s = 1000.0 + (round - 1) as f64 * 10.0;
    let contest = ContestRecord {
        length_ns: 300 * MS,
        answers: 300,
        beside: 16,
        capacity_per_s,
        least: 0.5,
        greatest: 1.5,
        jain: 0.96,
        generator_cpu_ns: 30 * MS,
    };
    let step = |percent: u64, share: f64, steps: u64| StepRecord {
        percent,
        length_ns: 1000 * MS * steps,
        offered: percent * 10,
        answered: (capacity_per_s * share.max(0.9)) as u64,
        good: (capacity_per_s * share) as u64,
        response_p99_us: Some(percent as f64 * 100.0),
        ..StepRecord::default()
    };
    let percents = [50, 100, 150, 200, 300];
    let mut steps: Vec<StepRecord> =
        percents.into_iter().zip(shares).map(|(percent, share)| step(percent, share, 1)).collect();
    steps.push(step(50, 0.5, 5));
    OverloadRecord {
        contest,
        deadline_ms: 250,
        steps,
        recovered_below_us: 10_000.0,
        recovery_us: recovery_ms.map(|ms| ms * 1e3),
    }
}

fn overloaded(rounds: u64) -> Fixture {
    overloaded_of(rounds, &["threads-pool", "tokio/multi-thread"])
}

fn overloaded_of(rounds: u64, contestants: &[&str]) -> Fixture {
    let mut run = serving(rounds, "serve-overload", "goodput_per_s");
    for who in contestants {
        let parameters = [("connections", 256), ("queries", 0), ("step_ms", 1000)];
        run.cases.push(case(&format!("serve-overload@plain-c256/{who}"), &parameters));
    }
    let mut fixture = fixture_of(run);
    for one in &mut fixture.records {
        let overload = match one.id.ends_with("threads-pool") {
            true => record(one.round, [0.5, 0.98, 0.9, 0.8, 0.0], None),
            false => record(one.round, [0.5, 0.95, 0.7, 0.38, 0.3], Some(4100.0)),
        };
        one.driven = Some(DrivenRecord { overload: Some(overload), ..DrivenRecord::default() });
    }
    fixture
}

/// The page's text, without marks and narrow spaces.
fn page(fixture: &Fixture) -> String {
    let page = rendered(fixture)["report.html"].replace('\u{202f}', " ");
    page.replace("<span class=\"nowrap\">", "").replace("</span>", "")
}

#[test]
fn cells_have_goodput_at_twice_the_capacity_and_nothing_that_the_plan_decides() {
    let summary = summary(&overloaded(2));
    let metric = |who: &str, metric: &str| {
        let cell = cell(&summary, &format!("serve-overload@plain-c256/{who}"));
        cell["metrics"][metric]["median"].as_f64()
    };
    // 380 and 383 answers in a second.
    assert_eq!(metric("tokio/multi-thread", "goodput_per_s"), Some(381.5));
    let share = metric("tokio/multi-thread", "goodput_share").unwrap();
    assert!((share - 0.38 / 0.95).abs() < 0.002, "{share}");
    assert_eq!(metric("tokio/multi-thread", "capacity_per_s"), Some(1005.0));
    assert_eq!(metric("tokio/multi-thread", "recovery_us"), Some(4_100_000.0));
    assert_eq!(metric("threads-pool", "recovery_us"), None, "it did not");
    for none in ["elapsed_s", "throughput_per_s", "service_p50_us"] {
        assert_eq!(metric("threads-pool", none), None, "{none}");
    }
    assert!(metric("threads-pool", "cpu_us_per_op").is_some());
}

#[test]
fn the_chart_and_its_table_have_every_step() {
    let fixture = overloaded(2);
    let overloads = summary(&fixture)["overloads"].clone();
    assert_eq!(overloads.as_array().unwrap().len(), 2);
    let tokio = &overloads[1];
    assert_eq!(tokio["id"], "serve-overload@plain-c256/tokio/multi-thread");
    assert_eq!((&tokio["recovered"], &tokio["recovery_step_ms"]), (&2.into(), &5000.0.into()));
    assert_eq!(tokio["recovery_ms"]["median"], 4100.0);
    // 30 ms for 316 answers, of which there are 1000 and 1010 in a second.
    let share = tokio["generator_share"]["median"].as_f64().unwrap();
    assert!((share - 30.0 / 316.0 * 1.005).abs() < 1e-4, "{share}");
    let steps = tokio["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 5, "the recovery is none");
    assert_eq!((&steps[3]["percent"], &steps[3]["in_order"]), (&200.into(), &0.5.into()));
    let goodput = steps[3]["goodput"]["median"].as_f64().unwrap();
    assert!((goodput - 0.38).abs() < 0.001, "{goodput}");
    assert_eq!(steps[4]["response_p99_us"], 30_000.0);
    let rendered = rendered(&fixture);
    let svg = &rendered["figures/serve-overload-goodput.svg"];
    assert_eq!(svg.matches("asked for, to capacity").count(), 2, "a panel a contestant");
    for words in ["Goodput, to capacity", "threads-pool, plain-c256", "tokio/multi-thread"] {
        assert!(svg.contains(words), "{words}");
    }
    let page = page(&fixture);
    for words in [
        "In time at 0.5 ×",
        "In time at 3 ×",
        "in order, nothing lost",
        "not within 5.00 s",
        "4.10 s",
        "Jain",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn the_sentence_says_who_is_in_time_who_recovers_and_how_equal_it_is() {
    let text = page(&overloaded(2));
    let after = |words: &str| -> String {
        text.split(words).nth(1).unwrap_or("nothing is said").chars().take(400).collect()
    };
    let said = after("plain-c256: asked for") + &after("From three times its capacity");
    for words in [
        "twice its capacity, tokio/multi-thread still answered 38.0 % of its capacity in time",
        "in order and without loss it would be 50.0 %",
        "Most in time: threads-pool (80.0 %); least: tokio/multi-thread (38.0 %)",
        " tokio/multi-thread was back to its usual response times after 4.10 s in 2 of 2 executions",
        "had 50.0 % of the mean and the one with most 150 % (Jain's index 0.960)",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_busy_generator_marks_the_row() {
    let mut fixture = overloaded(2);
    assert!(!page(&fixture).contains("k/s†"));
    for one in &mut fixture.records {
        let overload = one.driven.as_mut().unwrap().overload.as_mut().unwrap();
        // 0.9 ms for each of 316 answers, of which there are 1000 in a second.
        overload.contest.generator_cpu_ns = 284 * MS;
    }
    assert_eq!(summary(&fixture)["overloads"][0]["limited"], true);
    let page = page(&fixture);
    for one in &mut fixture.records {
        let overload = one.driven.as_mut().unwrap().overload.as_mut().unwrap();
        // As much within less time, because the lead-in's is counted as well: 0.76 of a CPU.
        overload.contest.generator_cpu_ns = 240 * MS;
    }
    assert_eq!(summary(&fixture)["overloads"][0]["limited"], false);
    let row = page.split("Overload and recovery").nth(1).unwrap();
    assert!(row.contains('†'), "no mark");
}

/// A way is in the panel of its contestant, although its row is behind all plain ones.
#[test]
fn a_contestant_has_one_panel_with_all_of_its_ways() {
    let fixture =
        overloaded_of(2, &["tokio/multi-thread", "threads-pool", "tokio/multi-thread:stack"]);
    let svg = &rendered(&fixture)["figures/serve-overload-goodput.svg"];
    assert_eq!(svg.matches("asked for, to capacity").count(), 2);
    assert!(svg.contains("tokio/…:stack") || svg.contains("tokio/multi-thread:stack"));
}

/// Disturbed executions and those of a second label are in no figure; without any record
/// there is nothing.
#[test]
fn only_what_counts_is_shown() {
    let mut fixture = overloaded(2);
    for one in &mut fixture.records {
        if one.twin {
            one.driven.as_mut().unwrap().overload = Some(record(1, [9.0; 5], None));
        }
    }
    let median = summary(&fixture)["overloads"][1]["steps"][0]["goodput"]["median"].clone();
    assert!((median.as_f64().unwrap() - 0.5).abs() < 0.01, "{median}");
    for one in &mut fixture.records {
        one.driven = None;
    }
    assert!(summary(&fixture).get("overloads").is_none());
    assert!(!page(&fixture).contains("in order, nothing lost"));
}
