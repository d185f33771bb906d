//! What starts threads does start them, and what starts tasks starts none: the kernel
//! says so, not the contestant.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use triathlon_contract::spawn::{Origin, Spawn};
use triathlon_contract::{Include, Workload};

use crate::support::{output, succeeds, triathlon};

/// What ran, and what the kernel had of it.
struct Seen {
    /// All that one who looks again and again finds in `/proc/<pid>/task`.
    threads: BTreeSet<u64>,
    /// Processes and threads that the whole machine started meanwhile.
    started: u64,
    answer: Value,
}

/// Threads that a process of two workers may have without starting any for a task: the
/// main thread, two workers, one for a reactor, one for timers or blocking calls.
const STANDING: usize = 5;

fn run(preset: &str, who: &str, laps: u64) -> Seen {
    let directory = tempfile::tempdir().unwrap();
    let id = format!("spawn@{preset}/{who}");
    let job = json!({"schema": 1, "id": id, "parameters": {}, "laps": laps, "workers": 2,
        "cpus": [], "parent_pid": std::process::id()});
    let mut command = triathlon(directory.path(), &["execute"]);
    let started = started();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
    let threads = watch(&mut child);
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{id}");
    Seen { threads, started: self::started() - started, answer: text.parse().unwrap() }
}

/// Looks until it has ended.
fn watch(child: &mut Child) -> BTreeSet<u64> {
    let folder = format!("/proc/{}/task", child.id());
    let mut threads = BTreeSet::new();
    while child.try_wait().unwrap().is_none() {
        let found = fs::read_dir(&folder).into_iter().flatten().flatten();
        threads.extend(found.filter_map(|task| task.file_name().to_str()?.parse::<u64>().ok()));
    }
    threads
}

/// Source: proc(5), `processes` of /proc/stat: what fork and clone have made since boot.
fn started() -> u64 {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let line = stat.lines().find_map(|line| line.strip_prefix("processes "));
    line.unwrap().parse().unwrap()
}

fn spec(preset: &str) -> Spawn {
    let found = Spawn::presets().iter().find(|known| known.name == preset);
    found.unwrap().work.clone()
}

/// One by one, so that few are there at once, and many at once.
#[test]
fn a_thread_for_every_task_is_a_thread_to_the_kernel() {
    for preset in ["n10000-b1", "outside-n1000-b100", "first-n1000"] {
        let seen = run(preset, "threads-per-op", 2);
        let expected = spec(preset).with_laps(2).expects(1);
        assert_eq!(seen.answer["outcome"]["ok"], expected.ok, "{preset}");
        let started = seen.started;
        assert!(started >= expected.ok, "{preset}: the machine started {started}");
        let found = seen.threads.len();
        assert!(found > 4 * STANDING, "{preset}: only {found} threads were ever seen");
        // All are joined; the kernel may still have the last of them for a moment.
        let left = seen.answer["window"]["threads_close"].as_u64().unwrap();
        assert!(left <= 1 + spec(preset).batch / 10 + 1, "{preset}: {left} are left");
    }
}

#[test]
fn no_thread_is_started_for_a_task() {
    let all = [
        "threads-pool",
        "rayon",
        "tokio/multi-thread",
        "tokio/current-thread",
        "async-std",
        "smol/multi-thread",
        "smol/single",
    ];
    for who in all {
        for (preset, laps) in [("n10000-b1", 3), ("outside-n1000-b100", 30)] {
            let seen = run(preset, who, laps);
            let expected = spec(preset).with_laps(laps).expects(1);
            assert_eq!(seen.answer["outcome"]["ok"], expected.ok, "{preset}/{who}");
            let found = seen.threads.len();
            assert!((1..=STANDING).contains(&found), "{preset}/{who}: {found} threads");
            let window = &seen.answer["window"];
            assert_eq!(window["threads_open"], window["threads_close"], "{preset}/{who}");
        }
    }
}

/// A run does one lap of it whatever the profile, and criterion does none.
#[test]
fn a_first_use_is_measured_once_in_a_process() {
    let directory = tempfile::tempdir().unwrap();
    let words = ["bench", "runtime", "--", "--list", "^spawn@"];
    let listed: Value = succeeds(directory.path(), &words).parse().unwrap();
    let listed = listed["nothing"].as_str().unwrap();
    for preset in Spawn::presets() {
        let once = preset.work.first_use;
        assert_eq!(once, preset.work.once());
        let id = format!("spawn@{}/tokio/multi-thread: benchmark\n", preset.name);
        assert_eq!(listed.contains(&id), !once, "{id}");
        assert!(!once || preset.work.laps() == 1);
    }
    let words =
        ["run", "^spawn@first-n10/rayon$", "--profile", "default", "--out", "out", "--quiet"];
    // 4: what else runs here has disturbed it, which changes no count.
    let code = output(directory.path(), &words).status.code();
    assert!(matches!(code, Some(0 | 4)), "{code:?}");
    let records = fs::read_to_string(directory.path().join("out/latest/records.jsonl")).unwrap();
    assert_eq!(records.lines().count(), 30, "fifteen rounds, twice each");
    for line in records.lines() {
        let record: Value = line.parse().unwrap();
        assert_eq!(record["status"], "ok", "{record}");
        let window = &record["window"];
        assert_eq!((&record["laps"], &window["samples"]), (&json!(1), &json!(1)));
        assert_eq!((&window["operations"], &record["outcome"]["ok"]), (&json!(10), &json!(10)));
    }
}

/// A pool of one thread cannot wait for itself; asked from outside it can.
#[test]
fn a_pool_of_one_does_not_wait_for_itself() {
    let directory = tempfile::tempdir().unwrap();
    let run = |preset: &str| {
        let id = format!("spawn@{preset}/threads-pool");
        let job = json!({"schema": 1, "id": id, "parameters": {}, "laps": 1, "workers": 1,
            "cpus": [], "parent_pid": std::process::id()});
        let mut command = triathlon(directory.path(), &["execute"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    for preset in Spawn::presets().iter().filter(|p| p.include != Include::ByFilter) {
        let (well, errors) = run(preset.name);
        let waits = preset.work.origin == Origin::Worker;
        assert_eq!(well, !waits, "{}: {errors}", preset.name);
        assert_eq!(errors.contains("a pool of one thread has none left"), waits, "{errors}");
    }
}
