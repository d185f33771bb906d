//! Laps for criterion: one process does them all, and every sample counts only
//! if its work is what was asked for.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use triathlon::execution::laps::{Laps, Stop};
use triathlon::execution::{Programs, Shared};
use triathlon::interrupt::Interrupt;
use triathlon::machine::{self, Share};
use triathlon::plan;
use triathlon::selection::{self, Selected};
use triathlon_contract::record::{Assignment, LapsReply, LapsRequest, Placement};

use crate::misbehaving::{claims, script};
use crate::support::{TRIATHLON, marked, until};

/// Read once, because whoever does laps pins its thread.
fn placement() -> &'static Placement {
    static PLACEMENT: OnceLock<Placement> = OnceLock::new();
    PLACEMENT.get_or_init(|| machine::placement(Share::Half))
}

fn laps(guests: Vec<(String, PathBuf)>) -> Laps {
    let programs = Programs { own: PathBuf::from(TRIATHLON), guests };
    let mut shared = Shared::new(programs, placement().clone(), machine::limits().unwrap());
    if !shared.programs.guests.is_empty() {
        shared.wall_least = Duration::from_secs(4);
    }
    Laps::new(shared, Interrupt::default()).unwrap()
}

fn all() -> Vec<Selected> {
    selection::all(placement(), machine::limits().unwrap())
}

fn case(id: &str) -> Selected {
    all().into_iter().find(|selected| selected.case.id.to_string() == id).unwrap()
}

/// A cell may be called again in the process that has run it: what a runtime or
/// pool keeps for the process must not be in its way.
#[test]
fn every_cell_does_equal_work_again_and_again_in_one_process() {
    let mut cheapest: BTreeMap<String, Selected> = BTreeMap::new();
    for selected in all() {
        let id = &selected.case.id;
        let cell = format!("{}/{}:{}", id.workload, id.who(), id.way);
        let lap = |selected: &Selected| plan::work(&selected.case, 1);
        // Laps of a server are those of its clients.
        if selected.case.absent.is_none()
            && !selected.case.serves
            && cheapest.get(&cell).is_none_or(|known| lap(&selected) < lap(known))
        {
            cheapest.insert(cell, selected);
        }
    }
    assert!(cheapest.len() >= 30, "{}", cheapest.len());
    let mut laps = laps(Vec::new());
    let mut faults = Vec::new();
    for selected in cheapest.values() {
        for count in [1, 2, 1] {
            match laps.measure(selected, count) {
                Ok(elapsed) => assert!(elapsed > Duration::ZERO),
                Err(stop) => faults.push(format!("{}: {stop:?}", selected.case.id)),
            }
        }
        if let Err(stop) = laps.end() {
            faults.push(format!("{}: end: {stop:?}", selected.case.id));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The reason why laps of `fan-out@n10/blocking`, done by a script, do not count.
fn reason(text: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let guest = script(directory.path(), "guest", text);
    let mut laps = laps(vec![("blocking".to_string(), guest)]);
    let reason = match laps.measure(&case("fan-out@n10/blocking"), 1) {
        Err(Stop::Failed(reason)) => reason,
        other => panic!("{other:?}"),
    };
    // The next benchmark is none the worse for it.
    laps.measure(&case("fan-out@n10/threads-per-op"), 1).unwrap();
    reason
}

#[test]
fn what_goes_wrong_is_a_reason_and_the_next_benchmark_runs() {
    let check = |text: &str, wants: &[&str]| {
        let reason = reason(text);
        assert!(wants.iter().all(|want| reason.contains(want)), "{reason}");
    };
    check("sleep 1000", &["longer than its wall limit"]);
    check("echo out of luck >&2; kill -SEGV $$", &["signal: 11", "out of luck"]);
    check("echo '<html>'; sleep 1000", &["no answer", "<html>"]);
    check("exit 0", &["no answer"]);
    let full = "echo 'connect: Cannot assign requested address (os error 99)' >&2; exit 1";
    check(full, &["Cannot assign requested address", "no port was left"]);
    let lie = format!("echo '{}'; sleep 1000", claims(10));
    check(&lie, &["requests at the server: 0 instead of 11"]);
}

#[test]
fn one_that_dies_between_two_samples_fails_and_starts_anew() {
    let directory = tempfile::tempdir().unwrap();
    let pid = directory.path().join("pid");
    let text = format!("echo $$ > {}; exec {TRIATHLON} execute", pid.display());
    let guest = script(directory.path(), "guest", &text);
    let mut laps = laps(vec![("blocking".to_string(), guest)]);
    let case = case("fan-out@n10/blocking");
    let process = || fs::read_to_string(&pid).unwrap().trim().parse::<i32>().unwrap();
    laps.measure(&case, 1).unwrap();
    let first = process();
    laps.measure(&case, 2).unwrap();
    assert_eq!(process(), first, "one process does all laps");
    kill_process(Pid::from_raw(first).unwrap(), Signal::KILL).unwrap();
    match laps.measure(&case, 1) {
        Err(Stop::Failed(reason)) => assert!(reason.contains("signal: 9"), "{reason}"),
        other => panic!("{other:?}"),
    }
    laps.measure(&case, 1).unwrap();
    assert_ne!(process(), first);
    laps.end().unwrap();
}

/// `triathlon bench network`, as the bench target starts it.
struct Target {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Target {
    fn start(words: &[&str], mark: &str) -> (Self, Assignment) {
        let (name, value) = mark.split_once('=').unwrap();
        let mut child = Command::new(TRIATHLON)
            .args(["bench", "network", "--"])
            .args(words)
            .env_remove("TRIATHLON_PROFILE")
            .env(name, value)
            .current_dir(Path::new("/"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut target = Self { child, lines };
        let assignment = target.hear();
        (target, assignment)
    }

    fn tell(&mut self, request: &LapsRequest) {
        let line = serde_json::to_string(request).unwrap();
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn hear<T: serde::de::DeserializeOwned>(&mut self) -> T {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

const ID: &str = "fan-out@n10/tokio/current-thread";

fn request(laps: u64) -> LapsRequest {
    LapsRequest::Laps { id: ID.to_string(), laps }
}

#[test]
fn a_target_is_assigned_benchmarks_and_gets_its_laps() {
    let words = ["--bench", "--exact", ID];
    let (mut target, assignment) = Target::start(&words, "TRIATHLON_TEST_MARK=laps");
    let Assignment::Benchmarks(benchmarks) = assignment else {
        panic!("{assignment:?}");
    };
    assert_eq!((benchmarks.settings.samples, benchmarks.strict), (10, false));
    let [benchmark] = benchmarks.list.as_slice() else {
        panic!("{:?}", benchmarks.list);
    };
    assert_eq!((benchmark.id().as_str(), benchmark.operations, benchmark.flat), (ID, 10, true));
    assert_eq!(benchmark.group, "fan-out@n10");
    for laps in [1, 3] {
        target.tell(&request(laps));
        let reply: LapsReply = target.hear();
        // Each lap waits for 20 ms.
        assert!(matches!(reply, LapsReply::Elapsed { ns } if ns > laps * 19_000_000), "{reply:?}");
    }
    target.tell(&LapsRequest::End);
    assert_eq!(target.hear::<LapsReply>(), LapsReply::Ended);
    drop(target.child.stdin.take());
    assert!(target.child.wait().unwrap().success());
}

#[test]
fn several_filters_and_smoke_are_assignments_of_their_own() {
    let (mut target, assignment) =
        Target::start(&["--bench", "--test", "n10/", "n100/"], "TRIATHLON_TEST_MARK=again");
    let words = ["--bench", "--test", "(?:n10/)|(?:n100/)"].map(str::to_string).to_vec();
    assert_eq!(assignment, Assignment::Again(words));
    assert!(target.child.wait().unwrap().success());
    let (mut target, assignment) = Target::start(&["--bench"], "TRIATHLON_PROFILE=smoke");
    let Assignment::Nothing(sentence) = assignment else {
        panic!("{assignment:?}");
    };
    assert!(sentence.starts_with("network: nothing to measure in a smoke run"), "{sentence}");
    assert!(target.child.wait().unwrap().success());
}

#[test]
fn ctrl_c_in_the_middle_of_laps_leaves_nothing() {
    let mark = format!("TRIATHLON_TEST_MARK=mid-laps-{}", std::process::id());
    let (mut target, _) = Target::start(&["--bench", "--exact", ID], &mark);
    target.tell(&request(1000));
    until("server and contestant are at work", || marked(&mark).len() >= 3);
    kill_process(Pid::from_child(&target.child), Signal::INT).unwrap();
    assert_eq!(target.child.wait().unwrap().code(), Some(130));
    assert!(marked(&mark).is_empty(), "{:?}", marked(&mark));
}
