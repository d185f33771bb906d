//! Idle connections are all there, hold what the kernel says, and are asked once more.
//! Figures with wide head room: a build without optimisation, on a machine that is busy.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::machine::{self, Share};
use triathlon::plan;
use triathlon::selection::{self, Selected};
use triathlon::server::Server;
use triathlon::what::What;
use triathlon_contract::record::{AsleepRecord, ExecutionStatus, Record};
use triathlon_contract::{Case, Limits, ServeIdle, Workload};

use crate::interrupt::ctrl_c_leaves_nothing;
use crate::support::TRIATHLON;

/// Executes every case of these presets that runs within limits and is wanted.
fn records(limits: Limits, presets: &[&str], who: impl Fn(&str) -> bool) -> Vec<Record> {
    let own = PathBuf::from(TRIATHLON);
    let mock = Server::start(&own, &[]).unwrap();
    let placement = machine::placement(Share::Half);
    let all = selection::all(&placement, limits);
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let execute = |selected: &Selected| {
        let (what, laps) = (What::Case(selected), selected.case.laps);
        // Threads wait for their turn on a machine that has others to serve.
        let expected = plan::work(&selected.case, laps).max(Duration::from_secs(15));
        let due = Due { what, laps, expected, sequence: 0, round: 1, twin: false, seed: 1 };
        execute(due, &mock, &shared, &Interrupt::default()).unwrap().unwrap().record
    };
    let wanted = |selected: &&Selected| {
        let id = &selected.case.id;
        id.workload == ServeIdle::NAME
            && presets.contains(&id.preset.as_str())
            && who(self::who(&id.to_string()))
            && selected.case.absent.is_none()
    };
    let records: Vec<Record> = all.iter().filter(wanted).map(execute).collect();
    for record in &records {
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
    }
    records
}

fn who(id: &str) -> &str {
    id.split_once('/').unwrap().1
}

fn asleep(record: &Record) -> &AsleepRecord {
    record.asleep.as_ref().unwrap_or_else(|| panic!("{} was not watched", record.id))
}

/// In every style and way, by five accounts: the plan's, the server's, its sockets', the
/// generator's and, of threads, the kernel's.
#[test]
fn all_connections_are_idle_at_once_and_are_asked_once_more() {
    let records = records(machine::limits().unwrap(), &["n100", "n1000"], |_| true);
    // Two of threads, five flavours of tasks in two ways, of tokio in a third.
    assert_eq!(records.len(), 2 * (2 + 5 + 5 + 2));
    let mut held: BTreeMap<String, Vec<&AsleepRecord>> = BTreeMap::new();
    for record in &records {
        let (id, read) = (&record.id, asleep(record));
        let number = if id.contains("@n1000/") { 1000 } else { 100 };
        assert_eq!(read.sleepers, number, "{id}");
        let (driven, outcome) = (record.driven.as_ref().unwrap(), record.outcome.as_ref().unwrap());
        assert_eq!((outcome.ok, outcome.unfinished), (2 * number, 0), "{id}");
        assert_eq!((driven.generator.ok, driven.generator.failed), (2 * number, 0), "{id}");
        assert_eq!((driven.generator.connections, outcome.connections), (number, number), "{id}");
        assert_eq!(record.window.as_ref().unwrap().samples, number, "{id}");
        let more = match who(id) {
            "threads-per-op" => number as i64..=number as i64,
            // A runtime may start a thread of its own.
            _ => -2..=3,
        };
        assert!(more.contains(&read.threads), "{id}: {read:?}");
        assert!(read.idle_ns >= 300_000_000, "{id}: {read:?}");
        let busy = read.idle_cpu_ns as f64 / read.idle_ns as f64;
        assert!(busy < 0.25 || who(id) == "threads-pool", "{id}: {read:?}");
        held.entry(who(id).to_string()).or_default().push(read);
    }
    let each = |who: &str, of: fn(&AsleepRecord) -> i64| {
        let [few, many] = held[who][..] else { panic!("{who}") };
        (of(many) - of(few)) / 900
    };
    let resident = |who: &str| each(who, |read| read.resident_bytes);
    for who in ["threads-per-op", "tokio/multi-thread", "smol/multi-thread"] {
        let bytes = resident(who);
        assert!((1 << 10..64 << 10).contains(&bytes), "{who}: {bytes}");
    }
    assert!(each("threads-per-op", |read| read.virtual_bytes) >= 2 << 20, "its stack");
    assert!(each("tokio/multi-thread", |read| read.virtual_bytes) < 1 << 20, "it has none");
    // A pool looks at those that wait, and everybody else does nothing.
    let switches = |who: &str| held[who][1].idle_switches;
    assert!(switches("threads-pool") > 1000, "{:?}", held["threads-pool"]);
    assert!(switches("threads-per-op") < 1000, "{:?}", held["threads-per-op"]);
}

/// As many as a pool's queue takes in, and more with a thread or a task each.
#[test]
fn thousands_come_and_stay() {
    let check = |preset, number, who: &str| {
        let records = records(machine::limits().unwrap(), &[preset], |other| other == who);
        let [record] = &records[..] else { panic!("{preset} of {who}: {}", records.len()) };
        assert_eq!(asleep(record).sleepers, number, "{}", record.id);
        assert_eq!(record.driven.as_ref().unwrap().generator.ok, 2 * number, "{}", record.id);
        asleep(record).idle_ns
    };
    assert!(check("n4000", 4000, "threads-pool") >= 300_000_000);
    assert!(check("n6000", 6000, "tokio/current-thread") >= 1_500_000_000);
    assert!(check("n6000", 6000, "threads-per-op") >= 1_500_000_000);
}

/// Who sits out, and what the plan makes of a machine with such limits.
#[test]
fn the_plan_knows_how_many_there_can_be_before_anybody_comes() {
    let limits = |descriptors| Limits {
        descriptors,
        threads: 16_126,
        threads_by: "vm.max_map_count",
        memory_bytes: 4 << 30,
        ports: 28_232,
        ..Limits::NONE
    };
    let of = |descriptors, what: &str| -> Case {
        let all = selection::all(&machine::placement(Share::Half), limits(descriptors));
        let id = format!("serve-idle@{what}");
        all.into_iter().find(|selected| selected.case.id.to_string() == id).unwrap().case
    };
    let connections =
        |case: &Case| case.parameters.iter().find(|(name, _)| *name == "connections").unwrap().1;
    let task = of(250_000, "n100000/tokio/multi-thread");
    assert_eq!((connections(&task), &task.absent), (100_000, &None));
    let thread = of(250_000, "n100000/threads-per-op").absent.unwrap();
    assert_eq!(thread, "needs 100001 threads, vm.max_map_count allows 16126 here");
    let most = of(250_000, "most/tokio/multi-thread");
    assert_eq!((connections(&most), most.bound, most.absent), (100_000, Some("the preset"), None));

    let task = of(20_000, "n100000/tokio/multi-thread").absent.unwrap();
    assert_eq!(task, "needs 100064 descriptors, the hard limit here is 20000");
    assert_eq!(of(20_000, "n18000/tokio/multi-thread").absent, None);
    let most = of(20_000, "most/smol/single");
    assert_eq!((connections(&most), most.bound), (18_000, Some("ulimit -Hn, less 2 000")));
    assert_eq!(most.absent, None);
    let most = of(20_000, "most/threads-per-op");
    assert_eq!((connections(&most), most.bound), (16_124, Some("vm.max_map_count")));
    assert_eq!(most.absent, None);
    for preset in ["n100", "n1000", "n4000"] {
        assert_eq!(of(20_000, &format!("{preset}/threads-pool")).absent, None, "{preset}");
    }
    assert_eq!(of(20_000, "n10000/threads-per-op").absent, None);
    let pool = of(20_000, "n10000/threads-pool").absent.unwrap();
    assert!(pool.starts_with("a pool of 100 threads looks at one idle client after"), "{pool}");
    assert_eq!(of(20_000, "n1/blocking").absent, None);
    assert!(of(20_000, "n100/blocking").absent.unwrap().contains("one client at a time"));
}

/// As many as a limit leaves, which the process finds again by itself or is told.
#[test]
fn as_many_as_there_can_be_come_and_the_record_has_the_limit() {
    let memory_bytes = 300 * (29 << 10);
    let limits = Limits { memory_bytes, ..machine::limits().unwrap() };
    let records = records(limits, &["most"], |who| who.starts_with("tokio/multi-thread"));
    assert_eq!(records.len(), 3, "the plain way, hyper and axum");
    for record in records {
        let read = asleep(&record);
        assert_eq!((read.sleepers, read.bound.as_deref()), (300, Some("free memory")));
    }
}

#[test]
fn ctrl_c_leaves_neither_server_nor_clients() {
    let directory = ctrl_c_leaves_nothing("^serve-idle@n1000/(threads-per-op|tokio)", "idle-stop");
    let records = std::fs::read_to_string(directory.path().join("out/latest/records.jsonl"));
    for line in records.unwrap().lines() {
        let record: Record = serde_json::from_str(line).unwrap();
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
        assert_eq!(asleep(&record).sleepers, 1000, "{}", record.id);
    }
}
