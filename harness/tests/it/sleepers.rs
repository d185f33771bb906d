//! Sleepers are as many as they say, hold what the kernel says, and leave nothing behind.
//! Figures with wide head room: a build without optimisation, on a machine that is busy.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::machine::{self, Share};
use triathlon::plan;
use triathlon::selection::{self, Selected};
use triathlon::server::Server;
use triathlon::what::What;
use triathlon_contract::record::{AsleepRecord, ExecutionStatus, Record};
use triathlon_contract::{Limits, Sleepers, Workload};

use crate::support::{TRIATHLON, triathlon};

/// Executes every case of these presets that runs within limits.
fn records(limits: Limits, presets: &[&str]) -> Vec<Record> {
    let own = PathBuf::from(TRIATHLON);
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    let placement = machine::placement(Share::Half);
    let all = selection::all(&placement, limits);
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let once = |selected: &Selected| {
        let laps = selected.case.laps;
        let expected = plan::work(&selected.case, laps);
        let what = What::Case(selected);
        let due = Due { what, laps, expected, sequence: 0, round: 1, twin: false, seed: 1 };
        execute(due, &server, &shared, &Interrupt::default()).unwrap().unwrap().record
    };
    // A machine that starts a thousand threads in a second is too busy to ask: once more.
    let execute = |selected: &Selected| {
        let mut tries = (0..5).map(|_| once(selected));
        let busy = |record: &Record| record.reason.contains("took too long to lie down");
        tries.find(|record| !busy(record)).expect("five times too busy")
    };
    let wanted = |selected: &&Selected| {
        let id = &selected.case.id;
        selected.case.absent.is_none()
            && id.workload == Sleepers::NAME
            && presets.contains(&id.preset.as_str())
    };
    let records: Vec<Record> = all.iter().filter(wanted).map(execute).collect();
    for record in &records {
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
    }
    records
}

fn who(record: &Record) -> &str {
    record.id.split_once('/').unwrap().1
}

fn asleep(record: &Record) -> &AsleepRecord {
    record.asleep.as_ref().unwrap_or_else(|| panic!("{} has no sleepers", record.id))
}

/// What the second of two presets holds more, for each sleeper that it has more.
fn each(
    records: &[Record],
    few: &str,
    many: &str,
    of: fn(&AsleepRecord) -> i64,
) -> BTreeMap<String, i64> {
    let find = |who: &str, preset: &str| {
        let id = format!("sleepers@{preset}/{who}");
        asleep(records.iter().find(|record| record.id == id).unwrap())
    };
    let names = records.iter().map(|record| who(record).to_string());
    names
        .map(|who| {
            let (few, many) = (find(&who, few), find(&who, many));
            let more = (many.sleepers - few.sleepers) as i64;
            (who, (of(many) - of(few)) / more)
        })
        .collect()
}

const RUNS_HERE: [&str; 6] = [
    "threads-per-op",
    "tokio/multi-thread",
    "tokio/current-thread",
    "async-std",
    "smol/multi-thread",
    "smol/single",
];

#[test]
fn a_sleeping_thread_holds_kibibytes_and_a_sleeping_task_a_small_part_of_it() {
    let records = records(machine::limits().unwrap(), &["n100", "n1000"]);
    assert_eq!(records.len(), 2 * RUNS_HERE.len());
    for record in &records {
        let (read, threads) = (asleep(record), who(record) == "threads-per-op");
        let sleepers = if record.id.contains("@n1000/") { 1000 } else { 100 };
        assert_eq!(read.sleepers, sleepers, "{}", record.id);
        // A runtime may start a thread of its own for timers.
        let more = if threads { sleepers as i64..=sleepers as i64 } else { 0..=3 };
        assert!(more.contains(&read.threads), "{}: {read:?}", record.id);
        assert!(read.idle_ns >= 300_000_000, "{}: {read:?}", record.id);
        let busy = read.idle_cpu_ns as f64 / read.idle_ns as f64;
        assert!(busy < 0.25, "{}: {read:?}", record.id);
    }
    let resident = each(&records, "n100", "n1000", |read| read.resident_bytes);
    let thread = resident["threads-per-op"];
    assert!((4 << 10..64 << 10).contains(&thread), "{resident:?}");
    let address_space = each(&records, "n100", "n1000", |read| read.virtual_bytes);
    assert!(address_space["threads-per-op"] >= 2 << 20, "the default stack: {address_space:?}");
    // Of a thousand tasks an allocator may have had most already.
    let limits = Limits { threads: 5000, ..machine::limits().unwrap() };
    let tasks = records.into_iter().filter(|record| who(record) != "threads-per-op");
    let tasks: Vec<Record> = tasks.chain(self::records(limits, &["n10000"])).collect();
    assert_eq!(tasks.len(), 3 * (RUNS_HERE.len() - 1));
    let held = each(&tasks, "n1000", "n10000", |read| read.resident_bytes);
    for (who, task) in &held {
        assert!(*task > 0 && *task * 4 < thread, "{who}: {held:?}, {resident:?}");
    }
}

/// Whose frames or touched stacks are not what they should be; none if all are.
fn odd_of_frames_and_stacks(records: &[Record]) -> Option<String> {
    let of = |variant: &str| {
        let own = |record: &&Record| record.id.contains(&format!("@{variant}n"));
        let own: Vec<Record> = records.iter().filter(own).cloned().collect();
        let (few, many) = (format!("{variant}n100"), format!("{variant}n1000"));
        each(&own, &few, &many, |read| read.resident_bytes)
    };
    let (plain, deep, touched) = (of(""), of("deep-"), of("touched-"));
    RUNS_HERE.into_iter().find_map(|who| {
        let [plain, deep, touched] = [&plain, &deep, &touched].map(|held| held[who]);
        let is_sound = if who == "threads-per-op" {
            // The stack stays as it was used; deep calls fit into what is there anyhow.
            touched - plain > 16 << 10 && (deep - plain).abs() < 16 << 10
        } else {
            // A task uses the stack of its worker, and holds its frames itself.
            (touched - plain).abs() < 2 << 10 && deep - plain > 700
        };
        (!is_sound).then(|| format!("{who}: touched {touched}, deep {deep}, plain {plain}"))
    })
}

#[test]
fn sockets_frames_and_touched_stacks_are_what_their_names_say() {
    let limits = machine::limits().unwrap();
    let names = ["deep-n100", "deep-n1000", "touched-n100", "touched-n1000", "joined-n100"];
    let more = ["joined-n1000", "n100", "n1000", "socket-n100", "socket-n1000"];
    // A mebibyte that an allocator takes at once is a thousand bytes for each of these.
    let mut tries = (0..3).map(|_| {
        let records = records(limits, &[&names[..], &more[..]].concat());
        // A thread joins no sleeps.
        assert_eq!(records.len(), 10 * RUNS_HERE.len() - 2);
        let odd = odd_of_frames_and_stacks(&records);
        (records, odd)
    });
    let mut odds = Vec::new();
    let records = tries.find_map(|(records, odd)| match odd {
        None => Some(records),
        Some(odd) => {
            odds.push(odd);
            None
        }
    });
    let records = records.unwrap_or_else(|| panic!("three times odd: {odds:?}"));
    let descriptors = records.iter().filter_map(|record| asleep(record).descriptors);
    assert!(descriptors.min() == Some(limits.descriptors), "raised to the hard limit");
}

#[test]
fn as_many_threads_as_there_can_be_end_at_the_limit_with_its_name() {
    // Found by the harness, not by the process: this machine has more.
    let limits =
        Limits { threads: 702, threads_by: "a limit for the test", ..machine::limits().unwrap() };
    let placement = machine::placement(Share::Half);
    let of = |preset: &str, who: &str| {
        let all = selection::all(&placement, limits);
        let id = format!("sleepers@{preset}/{who}");
        all.into_iter().find(|selected| selected.case.id.to_string() == id).unwrap().case
    };
    let most = of("most", "threads-per-op");
    assert_eq!((most.bound, most.operations), (Some("a limit for the test"), 700));
    let reason = of("n1000", "threads-per-op").absent.unwrap();
    assert_eq!(reason, "needs 1002 threads, a limit for the test allows 702 here");
    let little = Limits { memory_bytes: 20 << 20, ..limits };
    let most = records(little, &["most"]);
    assert_eq!(most.len(), RUNS_HERE.len());
    for record in most {
        let read = asleep(&record);
        let (sleepers, bound) = match who(&record) {
            "threads-per-op" => (512, "free memory"),
            _ => (27_306, "free memory"),
        };
        assert_eq!((read.sleepers, read.bound.as_deref()), (sleepers, Some(bound)));
    }
}

#[test]
fn nobody_wakes_before_its_time_and_a_timer_is_as_coarse_as_it_says() {
    let records = records(machine::limits().unwrap(), &["late-100us-n1", "late-1ms-n1000"]);
    assert_eq!(records.len(), 2 * RUNS_HERE.len());
    for record in &records {
        let late = record.late.as_ref().unwrap();
        let alone = record.id.contains("-n1/");
        assert_eq!(late.count, if alone { 1000 } else { 100_000 }, "{}", record.id);
        assert_eq!(record.window.as_ref().unwrap().service_us, None, "{}", record.id);
        let p50_us = late.late_us.p50.unwrap();
        assert!(p50_us > 0.0, "{}: {late:?}", record.id);
        if alone && who(record).starts_with("tokio") {
            // In whole milliseconds: one that asks for a tenth of one waits up to two.
            assert!((100.0..3000.0).contains(&p50_us), "{}: {p50_us} µs", record.id);
        }
    }
}

/// By `triathlon run` as a user calls it.
#[test]
fn nothing_is_left_of_sleepers() {
    let directory = tempfile::tempdir().unwrap();
    let arguments =
        ["run", "^sleepers@n1000/threads", "--profile", "smoke", "--quiet", "--out", "out"];
    let output = triathlon(directory.path(), &arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let records = fs::read_to_string(directory.path().join("out/latest/records.jsonl")).unwrap();
    assert!(records.contains(r#""sleepers":1000"#), "{records}");
    let mine = directory.path().as_os_str().to_owned();
    let left = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.as_os_str() == mine)
    });
    assert_eq!(left.count(), 0, "a process is left");
}
