//! Claims whose evidence is a slope over presets, or a program beside the run.

use std::fs;

use triathlon_contract::record::{AsleepRecord, CostBuild, CostFile, CostProcess, WorkloadFile};
use triathlon_reports::claims::{Claim, all, csv, of_run, text};
use triathlon_reports::render;
use triathlon_reports::summary::{Claims, Finding};

use crate::claims::claim;
use crate::cost::cost_file;
use crate::files::with_verdicts;
use crate::fixture::{Fixture, case, chart, fail, fixture_of, run};

/// What the process holds anyhow, beside its sleepers.
const ANYHOW: i64 = 3 << 20;

/// Every preset of sleepers that a claim names, and some that none does.
const PRESETS: [(&str, u64); 11] = [
    ("n100", 100),
    ("n1000", 1000),
    ("n10000", 10_000),
    ("n100000", 100_000),
    ("n1000000", 1_000_000),
    ("joined-n100", 100),
    ("joined-n1000", 1000),
    ("joined-n10000", 10_000),
    ("deep-n100", 100),
    ("deep-n1000", 1000),
    ("deep-n10000", 10_000),
];

/// Fifteen rounds with verdicts: a thread holds 24 KiB, a task 400 bytes and a few by the
/// round, a joined timer 180, a task of sixteen frames 1500; threads end at 16 000.
pub(crate) fn holding(presets: &[&str]) -> Fixture {
    let mut run = run(15);
    let chart = chart("sleepers", "sleepers", "variant", "variant", "peak_rss_bytes");
    run.workloads.push(WorkloadFile {
        name: "sleepers".to_string(),
        operation: "sleeper".to_string(),
        server: false,
        chart,
        ..run.workloads[0].clone()
    });
    let known = PRESETS.iter().filter(|(name, _)| presets.contains(name));
    for (preset, number) in known {
        for who in ["tokio/multi-thread", "threads-per-op"] {
            let parameters = [("sleepers", *number)];
            run.cases.push(case(&format!("sleepers@{preset}/{who}"), &parameters));
        }
    }
    if presets.contains(&"most") {
        for (who, number) in [("tokio/multi-thread", 1_000_000), ("threads-per-op", 16_000)] {
            run.cases.push(case(&format!("sleepers@most/{who}"), &[("sleepers", number)]));
        }
    }
    let mut fixture = with_verdicts(fixture_of(run));
    for record in &mut fixture.records {
        let case = fixture.run.cases.iter().find(|case| case.id == record.id);
        let Some(number) = case.and_then(|case| case.parameters.get("sleepers")) else { continue };
        let threads = record.id.ends_with("threads-per-op");
        let each = match record.id.split_once('@').unwrap().1 {
            _ if threads => 12_288,
            preset if preset.starts_with("joined") => 180,
            preset if preset.starts_with("deep") => 1500,
            _ => 390,
        };
        let more = (record.round * 7 % 15) as i64 + i64::from(record.twin);
        let number = *number as i64;
        record.asleep = Some(AsleepRecord {
            sleepers: number as u64,
            threads: if threads { number } else { 1 },
            resident_bytes: ANYHOW + number * (each + more),
            page_table_bytes: if threads { number * 4096 } else { 0 },
            kernel_stack_bytes: Some(number * 8192),
            virtual_bytes: number * 2_097_152,
            ..AsleepRecord::default()
        });
    }
    fixture
}

/// What is needed for all claims of memory.
pub(crate) fn everything() -> Fixture {
    let names: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).chain(["most"]).collect();
    holding(&names)
}

/// Fifteen builds and processes of tokio and of blocking, which takes half of the time and
/// `size` bytes.
pub(crate) fn programs(fixture: &Fixture, size: u64) -> CostFile {
    let mut cost = cost_file(&fixture.run);
    for program in &mut cost.programs {
        let factor = if program.contestant == "tokio" { 2 } else { 1 };
        let build = |round| CostBuild {
            round,
            wall_ns: factor * (4_000 + round % 4) * 1_000_000,
            user_ns: 1,
            system_ns: 1,
        };
        program.builds = (1..=15).map(build).collect();
        program.binary_bytes = if factor == 2 { 2 << 20 } else { size };
        for runs in &mut program.runs {
            let process = |round| CostProcess {
                round,
                up_ns: factor * 400_000 + round * 100,
                down_ns: factor * 300_000,
                ..runs.processes[0]
            };
            runs.processes = (1..=15).map(process).collect();
        }
    }
    cost
}

/// What the run says of some claims, with or without programs beside it.
fn said(fixture: &Fixture, cost: Option<&CostFile>, claims: &[Claim]) -> Claims {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    if let Some(cost) = cost {
        fs::write(dir.path().join("cost.json"), serde_json::to_vec(cost).unwrap()).unwrap();
    }
    of_run(dir.path(), claims).unwrap().0
}

/// The verdict on a claim of the suite, and why.
fn of(said: &Claims, id: &str) -> (Finding, String) {
    let found = said.claims.iter().find(|claim| claim.id == id).unwrap();
    (found.verdict, found.reason.clone())
}

const LINE: &str = "slope = { over = \"sleepers\", presets = [\"n100\", \"n1000\", \"n10000\"] }\n";

fn sleepers(who: &str, bounds: &str) -> String {
    format!("[[test]]\nof = \"sleepers@n10000/{who}\"\nmetric = \"held_bytes\"\n{LINE}{bounds}\n")
}

#[test]
fn a_slope_leaves_out_what_the_process_holds_anyhow() {
    let fixture = holding(&["n100", "n1000", "n10000"]);
    let slope = [claim(&sleepers("tokio/multi-thread", "at_least = 300\nat_most = 500"))];
    let found = said(&fixture, None, &slope).claims[0].clone();
    assert_eq!(found.verdict, Finding::Supported, "{}", found.reason);
    let centre = found.tests[0].found.unwrap();
    assert!((390.0..405.0).contains(&centre.centre) && centre.n == 15, "{centre:?}");
    // With a quotient at the same number, 3 MiB would be 315 bytes more for each.
    let mut heavy = fixture;
    for record in &mut heavy.records {
        if let Some(asleep) = &mut record.asleep {
            asleep.resident_bytes += 10 * ANYHOW;
        }
    }
    let again = said(&heavy, None, &slope).claims[0].clone();
    assert_eq!(again.tests[0].found, Some(centre));
    let threads = claim(&sleepers("threads-per-op", "at_least = 24000\nat_most = 25000"));
    assert_eq!(said(&heavy, None, &[threads]).claims[0].verdict, Finding::Supported);
    // A task that holds more is found.
    for record in heavy.records.iter_mut().filter(|record| record.id.contains("/tokio")) {
        if let Some(asleep) = &mut record.asleep {
            asleep.resident_bytes += 200 * asleep.sleepers as i64;
        }
    }
    assert_eq!(said(&heavy, None, &slope).claims[0].verdict, Finding::Refuted);
}

#[test]
fn a_round_that_lacks_a_preset_is_in_no_slope_and_a_spoiled_preset_spoils_it() {
    let test = [claim(&sleepers("tokio/multi-thread", "at_most = 500"))];
    let mut fixture = holding(&["n100", "n1000", "n10000"]);
    let one = |id: &str| id == "sleepers@n1000/tokio/multi-thread";
    fixture.records.retain(|record| !(one(&record.id) && record.round > 9));
    let found = said(&fixture, None, &test).claims[0].tests[0].found.unwrap();
    assert_eq!(found.n, 9);
    let check = |fixture: &Fixture, want: Finding, reason: &str| {
        let said = said(fixture, None, &test);
        let (finding, why) = (said.claims[0].verdict, &said.claims[0].reason);
        assert_eq!(finding, want, "{why}");
        assert!(why.contains(reason), "{why}");
    };
    fixture.records.retain(|record| !one(&record.id));
    check(&fixture, Finding::NotMeasured, "n1000/tokio/multi-thread was not executed");
    fixture.run.cases.retain(|case| !one(&case.id));
    check(&fixture, Finding::NotMeasured, "this run has no sleepers@n1000/tokio/multi-thread");
    let mut fixture = holding(&["n100", "n1000", "n10000"]);
    fixture.records.retain(|record| {
        let odd = record.round % 2 == 1;
        !record.id.ends_with("/tokio/multi-thread")
            || !(record.id.contains("@n100/") && odd || record.id.contains("@n1000/") && !odd)
    });
    check(&fixture, Finding::NotMeasured, "no round has all that the slope of sleepers@n10000");
    let mut fixture = holding(&["n100", "n1000", "n10000"]);
    for case in fixture.run.cases.iter_mut().filter(|case| one(&case.id)) {
        case.parameters.clear();
    }
    check(&fixture, Finding::Undecided, "n1000/tokio/multi-thread has no parameter sleepers");
    let mut fixture = holding(&["n100", "n1000", "n10000"]);
    fail(&mut fixture.records, "sleepers@n100/tokio/multi-thread", 15, "no memory");
    check(&fixture, Finding::NotMeasured, "n100/tokio/multi-thread failed: no memory");
}

/// The ratio of two slopes, round by round, each over presets of its own.
#[test]
fn two_slopes_make_a_ratio() {
    let said = said(&everything(), None, &all().unwrap());
    let joined = said.claims.iter().find(|claim| claim.id == "C10").unwrap();
    assert_eq!(joined.verdict, Finding::Supported, "{}", joined.reason);
    let test = &joined.tests[0];
    let (found, slope) = (test.found.unwrap(), test.slope.as_ref().unwrap());
    assert!((0.46..0.48).contains(&found.centre), "{found:?}");
    assert_eq!((slope.parameter.as_str(), slope.cases.len()), ("sleepers", 6));
    assert_eq!(slope.cases[0], "sleepers@joined-n100/tokio/multi-thread");
    assert_eq!(slope.cases[5], "sleepers@n10000/tokio/multi-thread");
    let printed = text(&said).replace('\n', " ").replace("     ", " ");
    let words = "slope of memory held by all over sleepers: 0.47";
    assert!(printed.contains(words), "{printed}");
    let rows = csv(&said).unwrap();
    let row = rows.lines().find(|line| line.starts_with("C10,")).unwrap();
    assert!(row.contains(",sleepers,sleepers@joined-n100/tokio/multi-thread "), "{row}");
}

/// The margin is that of slopes: a twin that holds more anyhow is no other, one that holds
/// more for each is.
#[test]
fn the_noise_floor_of_slopes_is_that_of_slopes() {
    let margin = |more: fn(i64) -> i64| {
        let mut fixture = everything();
        for record in fixture.records.iter_mut().filter(|record| record.twin) {
            if let Some(asleep) = &mut record.asleep {
                asleep.resident_bytes += more(asleep.sleepers as i64);
            }
        }
        let said = said(&fixture, None, &all().unwrap());
        let joined = said.claims.iter().find(|claim| claim.id == "C10").unwrap().clone();
        (joined.tests[0].margin.unwrap(), joined.verdict)
    };
    assert_eq!(margin(|_| 20 * ANYHOW), (1.02, Finding::Supported));
    let (wide, verdict) = margin(|sleepers| 1000 * sleepers);
    assert!(wide > 5.0 && verdict == Finding::Undecided, "{wide} {verdict:?}");
}

#[test]
fn claims_of_memory_are_told_by_slopes_and_those_by_filter_name_their_command() {
    use Finding::{NotMeasured, Refuted, Supported};
    let said_all = said(&everything(), None, &all().unwrap());
    let wants = [
        ("C5", Supported),
        ("C6", Refuted),
        ("C7", Refuted),
        ("C8", Supported),
        ("C10", Supported),
        ("C41", Refuted),
    ];
    for (id, want) in wants {
        let (finding, why) = of(&said_all, id);
        assert_eq!(finding, want, "{id}: {why}");
    }
    let usual = holding(&["n100", "n1000", "n10000", "joined-n10000"]);
    let said_usual = said(&usual, None, &all().unwrap());
    for (id, filter) in [
        ("C7", "sleepers@most/(threads-per-op|tokio/multi-thread)$"),
        ("C8", "sleepers@n10{4,6}/tokio/multi-thread$"),
        ("C10", "sleepers@(joined-)?n10{2,4}/tokio/multi-thread$"),
        ("C41", "sleepers@deep-n10{2,4}/tokio/multi-thread$"),
    ] {
        let (finding, why) = of(&said_usual, id);
        assert_eq!(finding, NotMeasured, "{id}");
        assert!(why.contains(&format!("`triathlon run '{filter}'` measures it")), "{id}: {why}");
    }
    assert_eq!(of(&said_usual, "C5").0, Supported);
}

#[test]
fn what_small_programs_cost_decides_where_it_was_measured_often_enough() {
    use Finding::{NotMeasured, Refuted, Supported, Undecided};
    let fixture = holding(&["n100"]);
    let check = |cost: Option<&CostFile>, wants: [(Finding, &str); 2]| {
        let said = said(&fixture, cost, &all().unwrap());
        for (id, (want, reason)) in ["C30", "C31"].into_iter().zip(wants) {
            let (finding, why) = of(&said, id);
            assert_eq!(finding, want, "{id}: {why}");
            assert!(why.contains(reason) && why.is_empty() == reason.is_empty(), "{id}: {why}");
        }
    };
    let none = "`triathlon cost` measures the programs beside a run";
    check(None, [(NotMeasured, none), (NotMeasured, none)]);
    // Twice the time of a build and twice the size; 1.4 ms to start and to end.
    let cost = programs(&fixture, 1 << 20);
    check(Some(&cost), [(Supported, ""), (Supported, "")]);
    // A size has no rounds and no interval, and decides all the same.
    check(Some(&programs(&fixture, 2 << 20)), [(Refuted, ""), (Supported, "")]);
    let mut few = cost.clone();
    few.programs.iter_mut().for_each(|program| program.builds.truncate(3));
    check(Some(&few), [(Undecided, "it has 3 rounds, and an interval"), (Supported, "")]);
    let elsewhere = CostFile { machine: "another".to_string(), ..cost.clone() };
    let why = "on another machine than the run";
    check(Some(&elsewhere), [(Undecided, why), (Undecided, why)]);
    let mut quick = cost.clone();
    for runs in quick.programs.iter_mut().flat_map(|program| &mut program.runs) {
        runs.processes.iter_mut().for_each(|process| process.up_ns = 1000);
    }
    check(Some(&quick), [(Supported, ""), (Refuted, "")]);
    quick.programs.retain(|program| program.contestant != "tokio");
    let gone = "no program of tokio/multi-thread has";
    check(Some(&quick), [(NotMeasured, gone), (NotMeasured, gone)]);
}

/// Rows of programs are what their claims link to.
#[test]
fn the_page_links_claims_to_programs_and_says_what_a_slope_is_of() {
    let fixture = everything();
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    let cost = serde_json::to_vec(&programs(&fixture, 1 << 20)).unwrap();
    fs::write(dir.path().join("cost.json"), cost).unwrap();
    let files = render(dir.path()).unwrap().files;
    let page = files.iter().find(|(name, _)| name == "report.html").unwrap();
    let page = String::from_utf8(page.1.clone()).unwrap().replace('\u{202f}', " ");
    let (_, section) = page.split_once("<section id=\"claims\"").unwrap();
    for want in [
        "<a href=\"#cost.program_tokio_multi-thread\">row</a>",
        "<a href=\"#cost.program_blocking\">row of the other</a>",
        "in cost@program, clean build: <strong>",
        "size of the program without symbols: <strong>",
        "threads-per-op in sleepers@n10000, slope of memory held by all over sleepers: <strong>",
    ] {
        assert!(section.contains(want), "{want}");
    }
    assert!(page.contains("id=\"cost.program_tokio_multi-thread\""));
}

#[test]
fn what_is_no_slope_is_found() {
    let check = |from: &str, to: &str, want: &str| {
        let head = "id = \"C1\"\nclaim = \"a\"\nsource = { name = \"b\" }\n";
        let tests = sleepers("tokio/multi-thread", "at_most = 1").replace(from, to);
        let error = Claim::parse("C1", &format!("{head}{tests}")).unwrap_err();
        assert!(format!("{error:#}").contains(want), "{error:#}");
    };
    check("\"n1000\", ", "", "a slope needs 3 presets");
    check("\"n1000\"", "\"n100\"", "a slope has a preset twice");
    check(", \"n10000\"]", ", \"n1\"]", "is not the last of its slope");
    check("over = \"sleepers\"", "over = \"\"", "a slope is over no parameter");
    check("[\"n100\"", "[\"n1 00\"", "is no id of a case");
    check("] }", "], two = 1 }", "unknown field `two`");
}
