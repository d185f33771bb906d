//! `triathlon syscalls` counts what is known, and leaves nothing behind.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal};
use triathlon::tracer::{Refused, Tracing};
use triathlon_contract::record::{SyscallsCase, SyscallsFile};

use crate::interrupt::{mark, nothing_is_left, signal};
use crate::support::{TRIATHLON, marked, output, succeeds, triathlon, until};

/// Whether a process may be traced here. What is not tested for want of it is said.
fn permitted() -> bool {
    let mut child = Command::new("/bin/cat").stdin(Stdio::piped()).spawn().unwrap();
    let attached = Tracing::attach(Pid::from_child(&child));
    drop(child.stdin.take());
    let refused = match attached {
        Ok(tracing) => tracing.calls().err(),
        Err(error) => Some(error),
    };
    child.wait().unwrap();
    match refused {
        None => true,
        Some(error) if error.is::<Refused>() => {
            eprintln!("NOT TESTED: {error}");
            false
        }
        Some(error) => panic!("{error:#}"),
    }
}

fn counted(directory: &Path, words: &[&str]) -> SyscallsFile {
    let words = [&["syscalls", "--quiet", "--format", "json"], words].concat();
    serde_json::from_str(&succeeds(directory, &words)).unwrap()
}

fn case<'a>(file: &'a SyscallsFile, id: &str) -> &'a SyscallsCase {
    let case = file.cases.iter().find(|case| case.id == id);
    let case = case.unwrap_or_else(|| panic!("no case {id}"));
    assert_eq!(case.reason, None, "{id}");
    case
}

/// How often a call was made more, by repeat; nothing if it is not among the most frequent.
fn more(case: &SyscallsCase, name: &str) -> Vec<i64> {
    let found = case.calls.iter().find(|call| call.name == name);
    found.map(|call| call.more.clone()).unwrap_or_default()
}

/// Calls of whole processes per operation, all repeats.
fn within(case: &SyscallsCase, low: f64, high: f64) {
    let all = case.per_operation();
    assert!(!all.is_empty());
    for calls in all {
        assert!((low..=high).contains(&calls), "{}: {calls} in {case:?}", case.id);
    }
}

/// A request is written once and its response read once; a file is opened, looked at, read
/// to its end and closed. Nothing else happens in between, so each count is exact.
#[test]
fn blocking_cells_call_what_their_code_says() {
    if !permitted() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let filters = ["^request-loop@c1-d0/blocking$", "^files@read-small-c16/blocking$"];
    let file = counted(directory.path(), &[&filters[..], &["--repeats", "2"]].concat());
    assert_eq!((file.repeats, file.cases.len()), (2, 2));
    assert!(!file.kernel.is_empty() && !file.architecture.is_empty());

    let requests = case(&file, "request-loop@c1-d0/blocking");
    assert_eq!((requests.laps, requests.more_laps, requests.operations), (1000, 3000, 2000));
    assert!(requests.without_delay, "{requests:?}");
    assert_eq!(more(requests, "sendto"), [2000, 2000], "{requests:?}");
    assert_eq!(more(requests, "recvfrom"), [2000, 2000], "{requests:?}");
    within(requests, 1.99, 2.02);

    let files = case(&file, "files@read-small-c16/blocking");
    assert!(!files.without_delay, "no server takes part: {files:?}");
    let each = vec![files.operations as i64; 2];
    for once in ["openat", "close"] {
        assert_eq!(more(files, once), each, "{files:?}");
    }
    // The second read finds the end.
    let twice: Vec<i64> = each.iter().map(|each| 2 * each).collect();
    assert_eq!(more(files, "read"), twice, "{files:?}");
}

/// A thread is started by one call and ends by one call of its own, which only a tracer
/// that follows threads can see.
#[test]
fn threads_are_followed() {
    if !permitted() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let filters = ["^spawn@n1000-b100/threads-per-op$", "--repeats", "1"];
    let file = counted(directory.path(), &filters);
    let spawn = case(&file, "spawn@n1000-b100/threads-per-op");
    let each = [spawn.operations as i64];
    assert_eq!(spawn.operations, 4000);
    let names: Vec<&str> = spawn.calls.iter().map(|call| call.name.as_str()).collect();
    // Which others a thread makes is the C library's; some of them more than once.
    within(spawn, 5.0, 60.0);
    let own = ["exit", "set_robust_list", "rseq", "clone3", "clone"];
    let found: Vec<&str> = own.into_iter().filter(|name| names.contains(name)).collect();
    for name in &found {
        assert_eq!(more(spawn, name), each, "{name}: {spawn:?}");
    }
    assert!(!found.is_empty(), "{spawn:?}");
    let by_threads = more(spawn, "sigaltstack").first().copied().unwrap_or(0);
    assert!(by_threads >= each[0], "a thread sets its signal stack itself: {spawn:?}");
}

/// What sits out is in the file with its reason; what fails or is absent is no count.
#[test]
fn who_sits_out_says_why_and_nothing_at_all_is_a_failure() {
    if !permitted() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let filters = ["^ring@n100-memory/(rayon|tokio/current-thread)$", "--repeats", "1"];
    let file = counted(directory.path(), &filters);
    let out = file.cases.iter().find(|case| case.id.ends_with("/rayon")).unwrap();
    assert!(out.reason.as_ref().is_some_and(|why| why.starts_with("absent: ")), "{out:?}");
    assert!(out.processes.is_empty() && out.per_operation().is_empty());
    within(case(&file, "ring@n100-memory/tokio/current-thread"), -0.2, 2.0);

    let nothing =
        output(directory.path(), &["syscalls", "^serve@crud-n5-10k-1ms-c64/smol/single$"]);
    let errors = String::from_utf8_lossy(&nothing.stderr);
    assert_eq!(nothing.status.code(), Some(1), "{errors}");
    assert!(errors.contains("nothing was counted: its clients lead it"), "{errors}");
}

#[test]
fn counts_are_kept_beside_the_run_and_on_its_page() {
    if !permitted() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let filter = "^request-loop@c1-d0/(blocking|tokio/current-thread)$";
    succeeds(here, &["run", filter, "--profile", "smoke", "--keep-disturbed", "--quiet"]);
    let words = ["syscalls", filter, "--run", "reports/latest", "--repeats", "2", "--quiet"];
    let said = succeeds(here, &words);
    assert!(said.contains("request-loop@c1-d0/tokio/current-thread"), "{said}");
    assert!(said.trim_end().ends_with("report.html"), "{said}");
    assert_eq!(said.matches(" (no delay)\n").count(), 2, "{said}");
    assert!(said.contains("no delay: the server answers at once"), "{said}");
    let latest = here.join("reports/latest");
    let file = fs::read(latest.join("syscalls.json")).unwrap();
    let file: SyscallsFile = serde_json::from_slice(&file).unwrap();
    assert_eq!((file.repeats, file.cases.len()), (2, 2));
    within(case(&file, "request-loop@c1-d0/blocking"), 1.99, 2.02);
    // Write, read, and a wait for the socket at least.
    within(case(&file, "request-loop@c1-d0/tokio/current-thread"), 2.5, 12.0);
    let page = fs::read_to_string(latest.join("report.html")).unwrap();
    assert!(page.contains("id=\"cost-syscalls\"") && page.contains(">no delay<"));
    assert!(succeeds(here, &["verify"]).starts_with("ok: "));
}

#[test]
fn a_wrong_call_is_a_sentence_and_a_dry_run_counts_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let check = |words: &[&str], want: &str| {
        let ended = output(here, words);
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert_eq!((ended.status.code(), errors.lines().count()), (Some(2), 1), "{errors}");
        assert!(errors.contains(want), "{want}: {errors}");
    };
    check(&["syscalls", "("], "is no regular expression");
    check(&["syscalls", "no-such-case"], "no case matches \"no-such-case\"");
    check(&["syscalls", "--repeats", "0"], "0 is not in 1..=30");
    check(&["syscalls", "--run", "nowhere"], "nowhere holds no run");
    let plan = succeeds(here, &["syscalls", "--dry-run"]);
    assert!(plan.contains("cases in 3 repeats") && plan.contains(" minutes on two CPUs"), "{plan}");
    for workload in
        ["request-loop@c64-d1ms/", "query@p8-c64-d1ms/", "lock@", "sleepers@late", "websocket@"]
    {
        assert!(plan.contains(workload), "{workload}: {plan}");
    }
    assert_eq!(fs::read_dir(here).unwrap().count(), 0, "nothing was written");
}

/// Whoever is traced already can be traced by nobody else: the kernel's refusal is a
/// sentence, and no process is left.
#[test]
fn a_refusal_of_the_kernel_is_one_sentence() {
    if !permitted() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mark = mark("syscalls-refused");
    let (name, value) = mark.split_once('=').unwrap();
    let line =
        format!("read go; exec {TRIATHLON} syscalls --quiet '^request-loop@c1-d0/blocking$'");
    let mut child = Command::new("/bin/sh")
        .args(["-c", &line])
        .current_dir(directory.path())
        .env(name, value)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let tracing = Tracing::attach(Pid::from_child(&child)).unwrap();
    drop(child.stdin.take());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&stderr);
    assert_eq!((status.code(), errors.lines().count()), (Some(2), 1), "{errors}");
    assert!(errors.contains("does not permit to trace a process"), "{errors}");
    assert!(!tracing.calls().unwrap().is_empty());
    nothing_is_left(&mark);
}

/// A process that is traced now: its harness, the traced one, and perhaps a server.
fn at_work(directory: &Path, mark: &str) -> Child {
    let (name, value) = mark.split_once('=').unwrap();
    let words = ["syscalls", "^request-loop@c16-d20ms/threads-pool$", "--repeats", "30"];
    let mut command = triathlon(directory, &words);
    command.env(name, value).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    until("a process is traced", || {
        marked(mark).iter().any(|pid| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
        })
    });
    child
}

#[test]
fn ctrl_c_writes_nothing_and_leaves_no_process() {
    if !permitted() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mark = mark("syscalls-stopped");
    let child = at_work(directory.path(), &mark);
    signal(&child, Signal::INT);
    let ended = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{errors}");
    assert!(
        errors.ends_with("interrupted; nothing was written, and nothing is left\n"),
        "{errors}"
    );
    nothing_is_left(&mark);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_killed_tracer_leaves_no_process_stopped_or_orphaned() {
    if !permitted() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mark = mark("syscalls-killed");
    let mut child = at_work(directory.path(), &mark);
    assert!(marked(&mark).len() >= 3, "harness, server and the traced one carry the mark");
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    nothing_is_left(&mark);
}
