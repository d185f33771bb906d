//! Claims against made-up runs: every verdict, and every reason not to give one.

use serde_json::Value;
use triathlon_contract::record::{OpenRecord, ProcessRecord, Record};
use triathlon_reports::claims::{Claim, all, csv, of_run, text};
use triathlon_reports::summary::{Claims, Finding};

use crate::files::{rendered, with_verdicts};
use crate::fixture::{Fixture, fail, full};
use crate::hostile::HOSTILE;
use crate::verdict::{alike, scale};

const FAST: &str = "fan-out@n100/threads-pool";
const SAME: &str = "fan-out@n100/tokio/current-thread";
const REFERENCE: &str = "fan-out@n100/tokio/multi-thread";

/// One claim with these tests.
pub(crate) fn claim(tests: &str) -> Claim {
    let head =
        "id = \"C1\"\nclaim = \"It is so.\"\nsource = { name = \"Somebody\", year = 2020 }\n";
    Claim::parse("C1", &format!("{head}{tests}")).unwrap()
}

/// A test of the ratio of a case to the reference.
fn ratio(of: &str, metric: &str, bounds: &str) -> String {
    format!("[[test]]\nof = \"{of}\"\nto = \"{REFERENCE}\"\nmetric = \"{metric}\"\n{bounds}\n")
}

/// A page without its section of claims, which is as long as the claims are.
pub(crate) fn without_claims(page: &str) -> String {
    let (before, rest) = page.split_once("<section id=\"claims\"").unwrap();
    before.to_string() + rest.split_once("</section>").unwrap().1
}

fn said(fixture: &Fixture, claims: &[Claim]) -> Claims {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    of_run(dir.path(), claims).unwrap().0
}

/// Verdict and reason of a claim with these tests.
fn verdict(fixture: &Fixture, tests: &str) -> (Finding, String) {
    let said = said(fixture, &[claim(tests)]);
    (said.claims[0].verdict, said.claims[0].reason.clone())
}

fn check(fixture: &Fixture, tests: &str, want: Finding, reason: &str) {
    let (finding, why) = verdict(fixture, tests);
    assert_eq!(finding, want, "{tests}: {why}");
    assert!(why.contains(reason) && why.is_empty() == reason.is_empty(), "{reason}: {why}");
}

/// Threads take 0.8 of the reference's time in fifteen rounds.
fn faster() -> Fixture {
    let mut fixture = alike(15);
    scale(&mut fixture, 0.80, |record| record.id == FAST);
    fixture
}

#[test]
fn a_ratio_supports_or_refutes_by_its_whole_interval() {
    use Finding::{Refuted, Supported, Undecided};
    let fixture = faster();
    let of = |metric: &str, bounds: &str| ratio(FAST, metric, bounds);
    check(&fixture, &of("elapsed_s", "at_most = 0.9"), Supported, "");
    check(&fixture, &of("elapsed_s", "at_least = 0.9"), Refuted, "");
    check(&fixture, &of("elapsed_s", "at_least = 0.7\nat_most = 0.9"), Supported, "");
    check(&fixture, &of("elapsed_s", "at_least = 0.9\nat_most = 1.1"), Refuted, "");
    check(&fixture, &of("elapsed_s", "at_least = 0.8"), Undecided, "the interval covers");
    check(&fixture, &of("throughput_per_s", "at_least = 1.2"), Supported, "");
    // Time per operation is the throughput, upside down.
    check(&fixture, &of("elapsed_us_per_op", "at_most = 0.9"), Supported, "");
    check(&fixture, &of("elapsed_us_per_op", "at_least = 1"), Refuted, "");
    // Whatever another version of the suite calls the cell.
    let said = said(&fixture, &[claim(&of("elapsed_s", "at_most = 0.9"))]);
    let test = &said.claims[0].tests[0];
    let found = test.found.unwrap();
    assert!((0.79..0.81).contains(&found.centre) && found.n == 15, "{found:?}");
    assert!(found.low <= found.centre && found.centre <= found.high, "{found:?}");
    assert!(found.confidence.unwrap() >= 0.95 && test.margin >= Some(1.02), "{test:?}");
    assert_eq!((said.level, said.comparisons, said.silent), (0.05, 1, None));
}

#[test]
fn a_value_itself_is_held_against_its_bounds() {
    let own =
        |bounds: &str| format!("[[test]]\nof = \"{FAST}\"\nmetric = \"elapsed_s\"\n{bounds}\n");
    let fixture = faster();
    // 40 ms.
    check(&fixture, &own("at_most = 0.05"), Finding::Supported, "");
    check(&fixture, &own("at_least = 0.05"), Finding::Refuted, "");
    check(&fixture, &own("at_least = 0.04"), Finding::Undecided, "the interval covers");
    check(&fixture, &own("at_least = 0.03\nat_most = 0.05"), Finding::Supported, "");
    let said = said(&fixture, &[claim(&own("at_most = 0.05"))]);
    assert_eq!(said.claims[0].tests[0].margin, None);
    let per_operation = own("at_most = 500").replace("elapsed_s", "elapsed_us_per_op");
    check(&fixture, &per_operation, Finding::Supported, "");
}

#[test]
fn what_differs_no_more_than_the_noise_is_undecided() {
    let mut fixture = alike(15);
    scale(&mut fixture, 1.1, |record| record.twin && record.round % 2 == 0);
    scale(&mut fixture, 0.9, |record| record.twin && record.round % 2 == 1);
    scale(&mut fixture, 0.96, |record| record.id == FAST);
    let test = ratio(FAST, "elapsed_s", "at_most = 1");
    check(&fixture, &test, Finding::Undecided, "within the noise floor of");
    // What is claimed lies far from it.
    check(&fixture, &ratio(FAST, "elapsed_s", "at_least = 2"), Finding::Refuted, "");
    // And the same difference counts where the twin does not swing.
    let mut fixture = alike(15);
    scale(&mut fixture, 0.96, |record| record.id == FAST);
    check(&fixture, &test, Finding::Supported, "");
}

#[test]
fn few_rounds_and_runs_without_verdicts_decide_nothing() {
    let test = ratio(FAST, "elapsed_s", "at_most = 0.9");
    for (rounds, verdicts) in [(10, true), (15, false)] {
        let mut fixture = alike(rounds);
        fixture.run.verdicts = verdicts;
        scale(&mut fixture, 0.5, |record| record.id == FAST);
        check(&fixture, &test, Finding::Undecided, "draws no conclusions");
        let said = said(&fixture, &[claim(&test)]);
        let found = said.claims[0].tests[0].found.unwrap();
        assert!(found.confidence.is_none() && (0.49..0.51).contains(&found.centre), "{found:?}");
        assert!(said.silent.is_some());
    }
    // Enough rounds in all, and too few that both have.
    let mut fixture = faster();
    fixture.records.retain(|record| record.id != FAST || record.round <= 5);
    check(
        &fixture,
        &test,
        Finding::Undecided,
        "it has 5 rounds, and an interval at this level takes 6",
    );
}

#[test]
fn a_run_that_cannot_be_believed_decides_nothing() {
    let mut fixture = faster();
    scale(&mut fixture, 2.0, |record| record.twin);
    let test = ratio(FAST, "elapsed_s", "at_most = 0.9");
    check(&fixture, &test, Finding::Undecided, "differs from itself");
}

#[test]
fn parts_that_do_not_agree_decide_nothing() {
    let mut fixture = alike(30);
    fixture.run.parts = 2;
    scale(&mut fixture, 0.60, |record| record.id == FAST && record.round > 15);
    scale(&mut fixture, 0.899, |record| record.id == FAST && record.round <= 15);
    let test = ratio(FAST, "elapsed_s", "at_most = 0.9");
    check(&fixture, &test, Finding::Undecided, "the parts of the run do not show the same");
    check(&fixture, &ratio(FAST, "elapsed_s", "at_most = 0.95"), Finding::Supported, "");
}

#[test]
fn cells_that_say_nothing_are_not_used() {
    use Finding::{NotMeasured, Supported, Undecided};
    let time = ratio(FAST, "elapsed_s", "at_most = 0.9");
    let cpu = ratio(FAST, "cpu_us_per_op", "at_most = 0.9");
    // The server's, perhaps: time and rate, and nothing else.
    for id in [FAST, REFERENCE] {
        let mut fixture = faster();
        for record in fixture.records.iter_mut().filter(|record| record.id == id) {
            let window = record.window.as_mut().unwrap();
            window.server_cpu_ns = window.elapsed_ns;
        }
        check(&fixture, &time, Undecided, "is pair-limited: the mock server used");
        check(&fixture, &time.replace("elapsed_s", "elapsed_us_per_op"), Undecided, "pair-limited");
        check(&fixture, &cpu, Supported, "");
    }
    // More than half of it was disturbed. Of five cells that is too many for the run.
    let mut fixture = with_verdicts(full());
    let disturb = |record: &mut Record| {
        record.foreign_ns = Some(100_000_000);
        record.process = Some(ProcessRecord { wall_ns: 1_000_000_000, ..ProcessRecord::default() });
    };
    fixture.records.iter_mut().filter(|record| record.id == FAST).for_each(disturb);
    check(&fixture, &time, Undecided, "fan-out@n100/threads-pool is invalid: 15 of 15 executions");
    // It failed, was not executed, is absent, is not there.
    let mut fixture = faster();
    fail(&mut fixture.records, FAST, 15, "999 instead of 1000");
    check(&fixture, &time, NotMeasured, "threads-pool failed: 999 instead of 1000");
    fixture.records.retain(|record| record.id != FAST);
    check(&fixture, &time, NotMeasured, "threads-pool was not executed");
    fixture.run.cases.iter_mut().find(|case| case.id == FAST).unwrap().absent =
        Some("it is elsewhere".to_string());
    check(&fixture, &time, NotMeasured, "threads-pool is absent: it is elsewhere");
    fixture.run.cases.retain(|case| case.id != FAST);
    check(&fixture, &time, NotMeasured, "this run has no fan-out@n100/threads-pool");
    // There, and without such a value.
    check(&faster(), &ratio(FAST, "lag_p99_us", "at_most = 1"), Undecided, "has no lag_p99_us");
    // Saturated, so that times would depend on how long it went on.
    let mut fixture = faster();
    for record in fixture.records.iter_mut().filter(|record| record.id == FAST) {
        record.open = Some(OpenRecord { saturated: true, ..OpenRecord::default() });
    }
    let response = ratio(FAST, "response_mean_us", "at_most = 0.9");
    check(&fixture, &response, Undecided, "has no response_mean_us (saturated in 15 of 15");
}

#[test]
fn several_cases_make_several_tests_and_one_verdict() {
    let fixture = faster();
    let both = format!(
        "[[test]]\nof = [\"{FAST}\", \"{SAME}\"]\nto = \"{REFERENCE}\"\nmetric = \"elapsed_s\"\n\
         at_most = 0.9\n"
    );
    check(&fixture, &both, Finding::Refuted, "");
    check(&fixture, &format!("combine = \"any\"\n{both}"), Finding::Supported, "");
    let said = said(&fixture, &[claim(&both)]);
    let verdicts: Vec<Finding> = said.claims[0].tests.iter().map(|test| test.verdict).collect();
    assert_eq!(verdicts, [Finding::Supported, Finding::Refuted]);
    assert_eq!(said.comparisons, 2);
    let open = both.replace(SAME, "fan-out@n10/rayon");
    check(
        &fixture,
        &open,
        Finding::Undecided,
        "1 of 2 tests are open: this run has no fan-out@n10",
    );
    let needs = format!("needs = \"a cell\"\n{both}");
    check(&fixture, &needs, Finding::NotMeasured, "the suite has not got what it takes: a cell");
}

#[test]
fn figures_of_others_stand_beside_those_of_the_run() {
    let figure = |of: &str| {
        format!(
            "[[published]]\nwhat = \"Fetching\"\nvalue = 0.01\nby = \"a laptop\"\n\
             metric = \"elapsed_s\"\nof = \"{of}\"\nwhy = \"Other work.\"\n"
        )
    };
    let test = ratio(FAST, "elapsed_s", "at_most = 0.9");
    let ratio = figure(FAST).replace("why =", &format!("to = \"{REFERENCE}\"\nwhy ="));
    let tests = format!("{test}{}{ratio}{}", figure(FAST), figure("fan-out@n7/rayon"));
    let said = said(&faster(), &[claim(&tests)]);
    let published = &said.claims[0].published;
    let medians: Vec<Option<f64>> =
        published.iter().map(|one| one.ours.map(|ours| ours.median)).collect();
    assert!((0.039..0.041).contains(&medians[0].unwrap()), "{medians:?}");
    assert!((0.79..0.81).contains(&medians[1].unwrap()), "{medians:?}");
    assert_eq!(medians[2], None);
    assert!(published[2].reason.contains("this run has no fan-out@n7/rayon"));
}

/// The page of a run with verdicts, from the claims of the suite.
#[test]
fn the_page_has_every_claim_with_its_verdict_and_evidence() {
    let mut fixture = faster();
    fixture.run.cases.iter_mut().for_each(|case| case.ceiling = None);
    // G5: a tenth of the time of blocking.
    scale(&mut fixture, 20.0, |record| record.id == "fan-out@n100/blocking");
    let files = rendered(&fixture);
    let (_, section) = files["report.html"].split_once("<section id=\"claims\"").unwrap();
    let (section, after) = section.split_once("</section>").unwrap();
    assert!(after.contains("id=\"environment\""), "claims come before the environment");
    let claims = all().unwrap();
    for claim in &claims {
        assert_eq!(
            section.matches(&format!(" id=\"claim-{}\"", claim.id)).count(),
            1,
            "{}",
            claim.id
        );
    }
    let section = section.replace('\u{202f}', " ");
    for want in [
        "? undecided</span> on this machine: 3 of 5 tests are open: this run has no fan-out@n100/async-std",
        "current-thread over blocking in fan-out@n100, elapsed: <strong>0.0500 × ",
        "claimed at most 0.1 ×: supported",
        "<a href=\"#cell-fan-out.n100_tokio_current-thread\">row</a>",
        "<a href=\"#cell-fan-out.n100_blocking\">row of the other</a>",
        "claims that were not measured",
        "On this machine: 0 supported, ",
        "Source: ",
        "Against it: ",
    ] {
        assert!(section.contains(want), "{want}");
    }
    let summary: Value = serde_json::from_str(&files["summary.json"]).unwrap();
    assert_eq!(summary["claims"]["claims"].as_array().unwrap().len(), claims.len());
}

#[test]
fn what_is_decided_can_be_chosen_and_is_said_in_words() {
    let fixture = faster();
    let claims = [
        claim(&ratio(FAST, "elapsed_s", "at_most = 0.9")),
        claim(&ratio(SAME, "elapsed_s", "at_most = 0.5")),
    ];
    let said = said(&fixture, &claims);
    let printed = text(&said);
    for want in [
        "C1  supported on this machine: It is so.",
        "C1  refuted on this machine: It is so.",
        "threads-pool over tokio/multi-thread in fan-out@n100, elapsed: 0.80",
        "claimed at most 0.9 ×: supported",
        "On this machine: 1 supported, 1 refuted, 0 undecided, 0 not measured.",
    ] {
        assert!(
            printed.replace('\n', " ").replace("     ", " ").contains(want),
            "{want}: {printed}"
        );
    }
    assert!(printed.lines().all(|line| line.chars().count() <= 98), "{printed}");
    let rows = csv(&said).unwrap();
    assert_eq!(rows.lines().count(), 3);
    assert!(rows.contains("C1,It is so.,refuted,fan-out@n100/tokio/current-thread,"), "{rows}");
}

/// A run's texts reach the reasons of claims.
#[test]
fn what_a_run_says_is_inert_in_the_reasons() {
    let mut fixture = faster();
    let long = HOSTILE.repeat(50);
    fail(&mut fixture.records, "fan-out@n100/blocking", 15, &long);
    let page = &rendered(&fixture)["report.html"];
    let (_, section) = page.split_once("<section id=\"claims\"").unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    assert!(section.contains("blocking failed: "));
    for markup in ["<script>alert", "<img", "\u{202e}", "\u{1b}"] {
        assert!(!section.contains(markup), "{markup:?}");
    }
    assert!(section.len() < 150_000, "{} bytes", section.len());
}
