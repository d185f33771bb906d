//! Servers under an open loop: the same schedule for all, equal counts, and what a server
//! keeps waiting is in the response times.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use triathlon::execution::{Due, Executed, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::selection::{self, Selected};
use triathlon::server::Server;
use triathlon::what::What;
use triathlon::{machine, plan};
use triathlon_contract::arrival::offsets;
use triathlon_contract::record::{ExecutionStatus, OpenRecord};
use triathlon_contract::serve::Route;
use triathlon_contract::{Arrival, Pace, ServeLoad, Workload, http};
use triathlon_execute::open_window;
use triathlon_lab::Lab;
use triathlon_load::{Clients, Target};

use super::server::{Running, servers};
use crate::interrupt::ctrl_c_leaves_nothing;
use crate::support::TRIATHLON;

/// Executes a preset with so many laps, in every way and flavour that `wanted` takes.
fn executed(preset: &str, laps: u64, wanted: impl Fn(&Selected) -> bool) -> Vec<Executed> {
    let own = PathBuf::from(TRIATHLON);
    let mock = Server::start(&own, &[]).unwrap();
    let (placement, limits) =
        (machine::placement(machine::Share::Half), machine::limits().unwrap());
    let all = selection::all(&placement, limits);
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let own = |selected: &&Selected| {
        let id = &selected.case.id;
        let named = id.workload == ServeLoad::NAME && id.preset == preset;
        named && selected.case.absent.is_none() && wanted(selected)
    };
    let execute = |selected: &Selected| {
        let what = What::Case(selected);
        let expected = plan::work(&selected.case, laps);
        let due = Due { what, laps, expected, sequence: 0, round: 1, twin: false, seed: 7 };
        execute(due, &mock, &shared, &Interrupt::default()).unwrap().unwrap()
    };
    all.iter().filter(own).map(execute).collect()
}

/// One lap: a request on each of 256 connections, at 1 000 a second.
#[test]
fn the_schedule_is_the_same_for_all_and_all_count_the_same() {
    let executed = executed("crud-n5-10k-1ms-r1000", 1, |_| true);
    assert!(executed.len() >= 2 + 5 + 5 + 2, "{}", executed.len());
    let mut offered = Vec::new();
    for Executed { record, histograms } in executed {
        let id = &record.id;
        assert_eq!(record.status, ExecutionStatus::Ok, "{id}: {}", record.reason);
        let (driven, outcome) = (record.driven.unwrap(), record.outcome.unwrap());
        assert_eq!((driven.generator.ok, outcome.ok), (512, 512), "{id}");
        assert_eq!(driven.generator.checksum, outcome.checksum, "{id}");
        assert_eq!(driven.queries, 512 * 5 + 100, "{id}");
        assert_eq!(driven.database.one_row, driven.queries, "{id}");
        let (window, open) = (record.window.unwrap(), record.open.unwrap());
        assert_eq!((window.samples, driven.punctuality.unwrap().requests), (256, 256), "{id}");
        assert_eq!(record.pace.unwrap().rate_per_s, 1000, "{id}");
        assert!(histograms.is_some(), "{id}");
        // Five pauses of a millisecond, one after the other.
        assert!(open.service_us.p50.unwrap() >= 5000.0, "{id}: {open:?}");
        let parts = open.lag_us.mean + open.service_us.mean;
        assert!((open.response_us.mean - parts).abs() < 1.0, "{id}: {open:?}");
        offered.push(open.offered_per_s);
    }
    assert!(offered.iter().all(|rate| *rate == offered[0]), "one plan: {offered:?}");
    assert!((700.0..1400.0).contains(&offered[0]), "{}", offered[0]);
}

#[test]
fn a_share_of_the_capacity_is_one_of_what_the_same_server_reached() {
    let wanted = |selected: &Selected| {
        let id = &selected.case.id;
        let plain = id.way.is_empty();
        plain && (id.contestant == "threads-per-op" || id.who() == "smol/single")
    };
    let executed = executed("crud-n5-10k-1ms-p50", 1, wanted);
    assert_eq!(executed.len(), 2);
    for Executed { record, .. } in executed {
        let id = &record.id;
        assert_eq!(record.status, ExecutionStatus::Ok, "{id}: {}", record.reason);
        let (pace, open) = (record.pace.unwrap(), record.open.unwrap());
        let capacity = pace.capacity.unwrap();
        assert_eq!((capacity.requests, pace.seed), (256, 7), "{id}");
        let want = capacity.per_s / 2.0;
        assert!((pace.rate_per_s as f64 - want).abs() <= 1.0, "{id}: {pace:?}");
        let offered = open.offered_per_s / pace.rate_per_s as f64;
        assert!((0.7..1.4).contains(&offered), "{id}: {offered}");
    }
}

/// Ground truth: in a schedule of 1.2 s the server's process is stopped for 0.4 s. A third of
/// all requests are due meanwhile, so a tenth of all wait longer than 0.28 s; a closed loop
/// would have told of one wait for each connection.
#[test]
fn what_a_server_keeps_waiting_is_in_the_response() {
    const CONNECTIONS: u64 = 16;
    let (rate_per_s, laps) = (800, 60);
    let schedule =
        offsets(Arrival::Constant, Pace { rate_per_s, seed: 0 }, (CONNECTIONS * laps) as usize);
    let (at, length) = (Duration::from_millis(500), Duration::from_millis(400));
    let mock = Server::start(TRIATHLON.as_ref(), &[]).unwrap();
    let mut servers = servers(&["plain-c64"]);
    servers.retain(|selected| selected.case.id.way.is_empty());
    assert!(servers.len() >= 7, "{}", servers.len());
    for selected in servers {
        let mut server = Running::start(&selected, &mock);
        let request = http::get(&Route::Plain.target(), &server.address.to_string());
        let patience = Duration::from_secs(60);
        let target = Target { server: server.address, request: &request, patience };
        let lab = Lab::new(None);
        let mut samples = lab.lane(CONNECTIONS * laps);
        let mut own_lag = lab.lane(CONNECTIONS * laps);
        let mut clients = Clients::connect(target, CONNECTIONS, &lab).unwrap();
        clients.warm_up().unwrap();
        thread::scope(|scope| {
            let stalling = scope.spawn(|| {
                thread::sleep(at);
                server.stall(length);
            });
            let followed = clients.follow(&schedule, Duration::ZERO, |answered| {
                samples.log(answered.sample);
                own_lag.log(answered.own_lag());
            });
            stalling.join().unwrap();
            followed.unwrap_or_else(|error| panic!("{}: {error:#}", server.id));
        });
        let tally = clients.tally();
        drop(clients);
        server.stop();
        let id = server.id.clone();
        let (answer, _) = server.end();
        assert_eq!(answer.outcome.ok, CONNECTIONS * (laps + 1), "{id}");
        assert_eq!(tally.ok, answer.outcome.ok, "{id}");
        assert_eq!(own_lag.samples().len(), schedule.len(), "{id}");
        let (open, _) = open_window::of(samples.samples()).unwrap();
        let OpenRecord { lag_us, service_us, response_us, .. } = open;
        assert!(response_us.max >= 370_000.0, "{id}: {response_us:?}");
        let p90 = response_us.p90.unwrap();
        assert!((150_000.0..600_000.0).contains(&p90), "{id}: {p90}");
        assert!(service_us.mean < response_us.mean / 2.0, "{id}: {service_us:?}");
        assert!(lag_us.max >= 250_000.0, "{id}: {lag_us:?}");
        // The wait for a connection is none of the generator's.
        let own = own_lag.samples().iter().map(|sample| sample.service_ns());
        let own_us = own.sum::<u64>() as f64 / 1e3 / schedule.len() as f64;
        assert!(own_us < lag_us.mean / 2.0, "{id}: {own_us} of {lag_us:?}");
    }
}

#[test]
fn ctrl_c_in_the_middle_of_a_load_leaves_no_process() {
    ctrl_c_leaves_nothing("^serve-load@crud-n5-10k-1ms-r1000/tokio/multi-thread$", "load");
}
