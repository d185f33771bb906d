//! What the page says of system calls, where they were counted beside the run.

use std::fs;

use triathlon_contract::record::{
    RunFile, SCHEMA, SyscallsCall, SyscallsCase, SyscallsFile, SyscallsProcesses,
};
use triathlon_reports::{render, verify, write};

use crate::fixture::{Fixture, full, tiny};
use crate::hostile::HOSTILE;

/// Three repeats of a steady case, of one that varies, and one that was not counted.
pub(crate) fn syscalls_file(run: &RunFile) -> SyscallsFile {
    let case = |id: &str, more: [u64; 3], calls: &[(&str, [i64; 3])]| SyscallsCase {
        id: id.to_string(),
        style: "blocking".to_string(),
        reason: None,
        without_delay: false,
        laps: 500,
        more_laps: 1500,
        operations: 1000,
        processes: more.map(|more| SyscallsProcesses { fewer: 400, more: 400 + more }).to_vec(),
        calls: calls
            .iter()
            .map(|(name, more)| SyscallsCall { name: (*name).to_string(), more: more.to_vec() })
            .collect(),
    };
    let steady = case(
        "fan-out@n10/blocking",
        [2001, 2000, 2002],
        &[("recvfrom", [1000; 3]), ("sendto", [1000; 3])],
    );
    let varying = case(
        "fan-out@n10/tokio/multi-thread",
        [5250, 8000, 9000],
        &[("epoll_wait", [2210, 4960, 6000]), ("write", [1000; 3]), ("call 999", [15, 20, 12])],
    );
    let out = SyscallsCase {
        id: "fan-out@n10/rayon".to_string(),
        reason: Some("absent: for the test".to_string()),
        ..SyscallsCase::default()
    };
    SyscallsFile {
        schema: SCHEMA,
        started_at: "2026-11-29T15:05:01Z".to_string(),
        commit: run.commit.clone(),
        dirty: run.dirty,
        machine: run.machine.id.clone(),
        kernel: "6.18.1".to_string(),
        architecture: "x86_64".to_string(),
        repeats: 3,
        placement: run.placement.clone(),
        command: "cargo run --release -- syscalls --repeats 3 '^fan-out@'".to_string(),
        reasons: Vec::new(),
        cases: vec![steady, varying, out],
    }
}

/// The section of the page, without narrow spaces.
fn section(fixture: &Fixture, file: Option<&SyscallsFile>) -> String {
    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    if let Some(file) = file {
        fs::write(dir.path().join("syscalls.json"), serde_json::to_vec(file).unwrap()).unwrap();
    }
    let page = write(dir.path(), &render(dir.path()).unwrap()).unwrap();
    let page = fs::read_to_string(page).unwrap().replace('\u{202f}', " ");
    let (_, section) = page.split_once("<section id=\"cost\"").unwrap();
    section.split_once("<section id=\"environment\"").unwrap().0.to_string()
}

#[test]
fn counts_have_medians_ranges_names_and_no_unit_of_time() {
    let fixture = full();
    let section = section(&fixture, Some(&syscalls_file(&fixture.run)));
    let row = |id: &str| {
        let (_, row) = section.split_once(&format!("<th scope=\"row\">{id}</th>")).unwrap();
        row.split_once("</tr>").unwrap().0.to_string()
    };
    assert_eq!(
        row("fan-out@n10/blocking"),
        "<td>2<small>2–2</small></td><td>recvfrom 1, sendto 1</td>"
    );
    assert_eq!(
        row("fan-out@n10/tokio/multi-thread"),
        "<td>8<small>5.25–9</small><small>varies</small></td>\
         <td>epoll_wait 4.96, write 1, call 999 0.015</td>"
    );
    let finding = "2 cases: furthest apart in fan-out@n10, 2 of blocking against 8 of \
                   tokio/multi-thread";
    assert!(section.contains(finding), "{section}");
    assert!(section.contains("1 case was not counted"), "{section}");
    assert!(section.contains("a count is no time"), "{section}");
    assert!(section.contains("syscalls --repeats 3 '^fan-out@'"), "{section}");
    assert!(!section.contains("class=\"remark\""), "everything belongs together: {section}");
}

#[test]
fn a_row_whose_server_answers_at_once_says_so_and_what_that_means() {
    let fixture = full();
    let mut file = syscalls_file(&fixture.run);
    let meaning = "the answer is often there before a traced process reads";
    let plain = section(&fixture, Some(&file));
    assert!(!plain.contains(meaning) && !plain.contains(">no delay<"), "{plain}");
    file.cases[1].without_delay = true;
    let marked = section(&fixture, Some(&file));
    assert!(plain.contains("furthest apart") && !marked.contains("furthest apart"), "{marked}");
    assert_eq!((marked.matches(meaning).count(), marked.matches(">no delay<").count()), (1, 1));
    let (_, row) =
        marked.split_once("<th scope=\"row\">fan-out@n10/tokio/multi-thread</th>").unwrap();
    assert!(row.split_once("</tr>").unwrap().0.contains(">no delay<"), "{row}");
    // A file from before the mark is read, and has none.
    let text = serde_json::to_string(&syscalls_file(&fixture.run)).unwrap();
    assert!(!text.contains("without_delay"), "{text}");
    assert_eq!(serde_json::from_str::<SyscallsFile>(&text).unwrap(), syscalls_file(&fixture.run));
}

#[test]
fn without_counts_the_page_has_nothing_of_them() {
    assert!(!section(&full(), None).contains("cost-syscalls"));
}

#[test]
fn what_is_of_another_machine_or_commit_or_was_disturbed_says_so() {
    let fixture = full();
    let mut file = syscalls_file(&fixture.run);
    (file.machine, file.commit) = ("ffffffff".to_string(), "1234567890abcdef".to_string());
    file.reasons = vec!["a run measured on this machine at the same time".to_string()];
    let section = section(&fixture, Some(&file));
    for want in ["another machine than the run", "1234567890ab", "a run measured on this machine"] {
        assert!(section.contains(want), "{want}: {section}");
    }
}

#[test]
fn hostile_text_and_numbers_are_shown_and_not_obeyed() {
    let fixture = tiny();
    let mut file = syscalls_file(&fixture.run);
    let long = HOSTILE.repeat(200);
    for text in [&mut file.started_at, &mut file.commit, &mut file.kernel, &mut file.command] {
        text.clone_from(&long);
    }
    file.architecture.clone_from(&long);
    file.reasons = vec![long.clone(); 100];
    let mut hostile = file.cases[0].clone();
    let name = HOSTILE.repeat(3);
    (hostile.id, hostile.operations) = (name.clone(), 0);
    hostile.processes[0] = SyscallsProcesses { fewer: u64::MAX, more: 0 };
    hostile.calls = vec![SyscallsCall { name, more: vec![i64::MIN, i64::MAX] }; 10];
    file.cases = vec![hostile; 1000];
    let section = section(&fixture, Some(&file));
    assert!(section.len() < 300_000, "{} bytes", section.len());
    for markup in ["<script", "<img", "</style>", "]]>"] {
        assert!(!section.contains(markup), "{markup}");
    }
    assert!(section.contains("800 more are in"), "{section}");
}

#[test]
fn the_file_is_summed_with_the_run_and_an_edit_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = full().chained();
    fixture.write(dir.path());
    let file = syscalls_file(&fixture.run);
    let path = dir.path().join("syscalls.json");
    fs::write(&path, serde_json::to_vec(&file).unwrap()).unwrap();
    write(dir.path(), &render(dir.path()).unwrap()).unwrap();
    let sums = fs::read_to_string(dir.path().join("SHA256SUMS")).unwrap();
    assert!(
        sums.contains("  syscalls.json\n") && sums.contains("  schemas/syscalls.schema.json\n")
    );
    assert!(verify(dir.path()).unwrap().is_ok());
    let edited = SyscallsFile { repeats: 8, ..file };
    fs::write(&path, serde_json::to_vec(&edited).unwrap()).unwrap();
    let why = verify(dir.path()).unwrap().unwrap_err();
    assert!(why.contains("syscalls.json is not the file that SHA256SUMS lists"), "{why}");
    fs::write(&path, "{\"schema\":1}").unwrap();
    let error = format!("{:#}", render(dir.path()).unwrap_err());
    assert!(error.contains("syscalls.json is no file of `triathlon syscalls`"), "{error}");
}
