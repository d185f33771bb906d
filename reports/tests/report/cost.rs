//! What the page says of small programs, and of how much code the cells are.

use std::fs;

use triathlon_contract::record::{
    ContestantFile, CostBuild, CostFile, CostProcess, CostProgram, CostRuns, RunFile, SCHEMA,
};
use triathlon_reports::{render, verify, write};

use crate::fixture::{Fixture, full, tiny};
use crate::hostile::HOSTILE;

const BLOCKING: &str =
    "fn main() {\n    // Again and again.\n    for url in urls {\n        get(url);\n    }\n}\n";

/// Three builds and three processes each of two contestants, one in two flavours.
pub(crate) fn cost_file(run: &RunFile) -> CostFile {
    let build = |round| CostBuild {
        round,
        wall_ns: (4 + round) * 1_000_000_000,
        user_ns: 7_000_000_000,
        system_ns: round * 100_000_000,
    };
    let runs = |who: &str, factor: u64| {
        let process = |round| CostProcess {
            round,
            wall_ns: factor * (2_000_000 + round * 100_000),
            up_ns: factor * 30_000,
            first_ns: factor * 400_000,
            later_ns: 50_000 + round,
            down_ns: factor * 10_000,
            user_ns: 900_000,
            system_ns: 600_000,
            peak_resident_bytes: 3 << 20,
        };
        CostRuns { who: who.to_string(), processes: (1..=3).map(process).collect() }
    };
    let program = |contestant: &str, style: &str, crates: usize, runs: Vec<CostRuns>| CostProgram {
        contestant: contestant.to_string(),
        style: style.to_string(),
        package: format!("cost-{contestant}"),
        crates: (0..crates).map(|number| format!("crate-{number} 1.0.0")).collect(),
        sources: [("main.rs".to_string(), BLOCKING.to_string())].into(),
        binary_bytes: 1 << 20,
        builds: (1..=3).map(build).collect(),
        runs,
    };
    let tokio = ["tokio/multi-thread", "tokio/current-thread"].map(|who| runs(who, 4));
    CostFile {
        schema: SCHEMA,
        started_at: "2026-11-22T18:05:01Z".to_string(),
        commit: run.commit.clone(),
        dirty: run.dirty,
        machine: run.machine.id.clone(),
        compiler: "cargo 1.95.0".to_string(),
        build: "cargo build --locked --offline --profile cost".to_string(),
        profile: "inherits = \"release\", strip = true".to_string(),
        jobs: 2,
        seed: 7,
        rounds: 3,
        processes: 3,
        gets: 50,
        body_bytes: 1024,
        placement: run.placement.clone(),
        directory: "/tmp".to_string(),
        file_system: "ext4".to_string(),
        command: "cargo run --release -- cost --seed 7".to_string(),
        reasons: Vec::new(),
        programs: vec![
            program("blocking", "blocking", 21, vec![runs("blocking", 1)]),
            program("tokio", "async", 43, tokio.to_vec()),
        ],
    }
}

/// The section of the page, without narrow spaces.
fn section(fixture: &Fixture, cost: Option<&CostFile>) -> String {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    if let Some(cost) = cost {
        fs::write(dir.path().join("cost.json"), serde_json::to_vec(cost).unwrap()).unwrap();
    }
    let page = write(dir.path(), &render(dir.path()).unwrap()).unwrap();
    let page = fs::read_to_string(page).unwrap().replace('\u{202f}', " ");
    let (_, section) = page.split_once("<section id=\"cost\"").unwrap();
    section.split_once("<section id=\"environment\"").unwrap().0.to_string()
}

#[test]
fn without_a_measurement_the_page_says_how_to_make_one() {
    let section = section(&full(), None);
    assert!(section.contains("<code>cargo run --release -- cost</code>"), "{section}");
    assert!(!section.contains("cost-programs"), "{section}");
}

#[test]
fn programs_have_medians_ranges_and_what_was_measured() {
    let fixture = full();
    let section = section(&fixture, Some(&cost_file(&fixture.run)));
    let row = |who: &str| {
        let (_, row) = section.split_once(&format!("id=\"cost.program_{who}\"")).unwrap();
        row.split_once("</tr>").unwrap().0.replace("<i>", "").replace("</i>", "")
    };
    let blocking = row("blocking");
    // Lines and depth, crates, build, its CPU, size.
    assert!(blocking.contains("<td>5<small>2 deep</small></td>"), "{blocking}");
    assert!(blocking.contains("<td>21</td>"), "{blocking}");
    assert!(blocking.contains("<td>6.00 s<small>5.00–7.00</small></td>"), "{blocking}");
    assert!(blocking.contains("<td>7.20 s<small>7.10–7.30</small></td>"), "{blocking}");
    assert!(blocking.contains("<td>1.00 MiB</td>"), "{blocking}");
    // A process, its parts, its memory.
    assert!(blocking.contains("<td>2.20 ms<small>2.10–2.30</small></td>"), "{blocking}");
    assert!(blocking.contains("<td>3.00 MiB<small>3.00–3.00</small></td>"), "{blocking}");
    for who in ["tokio_multi-thread", "tokio_current-thread"] {
        let row = row(who);
        assert!(row.contains("<td>43</td>") && row.contains("<td>8.80 ms"), "{row}");
    }
    assert!(section.contains("built 3 times") && section.contains("50 GETs of 1 KiB"), "{section}");
    assert!(
        section.contains("<code class=\"command\">cargo run --release -- cost --seed 7</code>")
    );
    assert!(!section.contains("class=\"remark\""), "everything belongs together: {section}");
}

#[test]
fn what_is_of_another_machine_or_commit_or_was_disturbed_says_so() {
    let fixture = full();
    let mut cost = cost_file(&fixture.run);
    (cost.machine, cost.commit) = ("ffffffff".to_string(), "1234567890abcdef".to_string());
    cost.reasons = vec!["a run measured on this machine at the same time".to_string()];
    let section = section(&fixture, Some(&cost));
    for want in [
        "measured on another machine than the run",
        "at commit <code>1234567890ab…</code>, not at the run&#39;s",
        "A run measured on this machine at the same time.",
    ] {
        assert!(section.replace('\'', "&#39;").contains(want), "{want}: {section}");
    }
}

/// Two workloads that three contestants have, and one that a guest has alone.
fn written(who: &[(&str, &str)], sources: &[(&str, usize, usize)]) -> Fixture {
    let mut fixture = tiny();
    let contestant = |(who, style): &(&str, &str)| ContestantFile {
        who: (*who).to_string(),
        style: (*style).to_string(),
        about: String::new(),
    };
    fixture.run.contestants = who.iter().map(contestant).collect();
    fixture.run.guests = vec!["driver-sqlx".to_string()];
    let text = |lines: usize, depth: usize| {
        let deep = "{".repeat(depth - 1) + &"}".repeat(depth - 1);
        format!("fn f() {{ {deep}\n{}}}\n", "    g(); // h\n".repeat(lines - 2))
    };
    let source = |&(id, lines, depth): &(&str, usize, usize)| (id.to_string(), text(lines, depth));
    fixture.sources = sources.iter().map(source).collect();
    fixture
}

#[test]
fn lines_and_nesting_are_medians_over_the_workloads_that_all_have() {
    let who = [
        ("blocking", "blocking"),
        ("tokio/multi-thread", "async"),
        ("tokio/current-thread", "async"),
        ("driver-sqlx", "async"),
    ];
    let fixture = written(
        &who,
        &[
            ("fan-out/blocking", 30, 2),
            ("fan-out/tokio", 41, 3),
            ("fan-out/tokio:stack", 900, 9),
            ("request-loop/blocking", 41, 2),
            ("request-loop/tokio", 61, 5),
            ("spawn/tokio", 500, 8),
            ("query/driver-sqlx", 700, 7),
        ],
    );
    let section = section(&fixture, None);
    let want = "Over the 2 workloads that all have a cell of, the median cell has so many lines: \
                blocking 35.5, tokio 51; it is nested 2 to 4 deep.";
    assert!(section.contains(want), "{section}");
    // Folded: every cell, ways apart, guests left out.
    assert!(section.contains("Lines and nesting of 6 cells"), "{section}");
    assert!(section.contains("<td>900<small>9 deep</small></td>"), "{section}");
    assert!(!section.contains("sqlx") && !section.contains(">700<"), "{section}");
}

#[test]
fn one_contestant_has_cells_and_no_comparison() {
    let section =
        section(&written(&[("blocking", "blocking")], &[("fan-out/blocking", 30, 2)]), None);
    assert!(section.contains("Lines and nesting of 1 cell<") && !section.contains("median cell"));
}

/// Whoever writes `sources.json` cannot end the renderer.
#[test]
fn texts_without_sense_or_end_are_counted_as_such() {
    let mut fixture = tiny();
    let long = 48 << 10;
    let mut add = |id: &str, text: String| fixture.sources.insert(id.to_string(), text);
    add("a/blocking", "fn f( {".to_string());
    add("b/blocking", format!("fn f() {{ {} }}", "x".repeat(2 * long)));
    add("c/blocking", format!("fn f() {{ {} }}", "{".repeat(long / 3) + &"}".repeat(long / 3)));
    add("d/blocking", format!("fn f() {{ {}x; }}", "-".repeat(long - 20)));
    add("e/blocking", format!("fn f() {{ {}x{} }}", "(".repeat(long / 3), ")".repeat(long / 3)));
    add("f/blocking", format!("fn f() {{ {}{{}} }}", "if a {} else ".repeat(long / 14)));
    add("g/blocking", format!("type T = {}u8;", "&".repeat(long - 20)));
    // As much as is parsed at all.
    add("h/blocking", format!("fn f() {{ {} x; }}", "return ".repeat(3900)));
    add("i/blocking", format!("fn f() {{ {}x; }}", "-".repeat(3900)));
    add("j/blocking", format!("fn f() {{ {}{{}} }}", "if a {} else ".repeat(950)));
    add("k/blocking", format!("fn f() {{ {} x; }}", "|x|".repeat(1250)));
    add("l/blocking", format!("type T = {}u8;", "&".repeat(3900)));
    add("m/blocking", format!("type T = {}u8{};", "A<".repeat(1250), ">".repeat(1250)));
    add("n/blocking", format!("fn f() {{ {} }}", "{".repeat(60) + &"}".repeat(60)));
    add("o/blocking", format!("fn f() {{ {}x{} }}", "(".repeat(60), ")".repeat(60)));
    add("p/blocking", format!("fn f() {{ {}x{} }}", "f(|x| (".repeat(30), "))".repeat(30)));
    let section = section(&fixture, None);
    let counted = section.split(" sources could not be counted").next().unwrap();
    let number: usize = counted.rsplit('>').next().unwrap().trim().parse().unwrap();
    assert_eq!(number, 7, "{section}");
    assert!(section.contains("Lines and nesting of 11 cells"), "{section}");
}

#[test]
fn hostile_text_in_the_file_is_shown_and_not_obeyed() {
    let fixture = tiny();
    let mut cost = cost_file(&fixture.run);
    let long = HOSTILE.repeat(200);
    for text in [&mut cost.started_at, &mut cost.commit, &mut cost.compiler, &mut cost.build] {
        text.clone_from(&long);
    }
    for text in [&mut cost.profile, &mut cost.directory, &mut cost.file_system, &mut cost.command] {
        text.clone_from(&long);
    }
    cost.reasons = vec![long.clone(); 100];
    for program in &mut cost.programs {
        (program.contestant, program.style, program.package) =
            (long.clone(), long.clone(), long.clone());
        program.runs[0].who.clone_from(&long);
        program.runs = vec![program.runs[0].clone(); 100];
    }
    let section = section(&fixture, Some(&cost));
    assert!(section.len() < 150_000, "{} bytes", section.len());
    for markup in ["<script", "<img", "</style>", "]]>"] {
        assert!(!section.contains(markup), "{markup}");
    }
}

#[test]
fn the_file_is_summed_with_the_run_and_an_edit_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = full().chained();
    fixture.write(dir.path());
    let cost = cost_file(&fixture.run);
    let path = dir.path().join("cost.json");
    fs::write(&path, serde_json::to_vec(&cost).unwrap()).unwrap();
    write(dir.path(), &render(dir.path()).unwrap()).unwrap();
    let sums = fs::read_to_string(dir.path().join("SHA256SUMS")).unwrap();
    assert!(sums.contains("  cost.json\n") && sums.contains("  schemas/cost.schema.json\n"));
    assert!(verify(dir.path()).unwrap().is_ok());
    let edited = CostFile { seed: 8, ..cost };
    fs::write(&path, serde_json::to_vec(&edited).unwrap()).unwrap();
    let why = verify(dir.path()).unwrap().unwrap_err();
    assert!(why.contains("cost.json is not the file that SHA256SUMS lists"), "{why}");
    fs::write(&path, "{\"schema\":1}").unwrap();
    let error = format!("{:#}", render(dir.path()).unwrap_err());
    assert!(error.contains("cost.json is no file of `triathlon cost`"), "{error}");
}
