use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use triathlon_contract::record::OverloadRecord;
use triathlon_contract::serve::Route;
use triathlon_contract::{Serve, ServeOverload};
use triathlon_lab::Lab;
use triathlon_load::{Clients, Target};

use super::{Answers, climb, contest, plans, record};

/// One request takes so long, and there is one server for all connections.
const PAUSE: Duration = Duration::from_millis(1);

/// A server whose capacity is known: it answers one request after the other, in the order of
/// their arrival, each a pause after the one before. Departures are computed, so that whoever
/// wakes late holds up nobody else. Its threads end with their connections.
fn known_server(connections: u64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let free: &Mutex<Instant> = Box::leak(Box::new(Mutex::new(Instant::now())));
    thread::spawn(move || {
        for _ in 0..connections {
            let (stream, _) = listener.accept().unwrap();
            thread::spawn(move || answer(stream, free));
        }
    });
    address
}

fn answer(mut stream: TcpStream, free: &Mutex<Instant>) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 1024];
    // Requests are small and one at a time, so that each is one read.
    while stream.read(&mut buffer).is_ok_and(|count| count > 0) {
        let departs = {
            let mut free = free.lock().unwrap_or_else(PoisonError::into_inner);
            *free = Instant::now().max(*free) + PAUSE;
            *free
        };
        thread::sleep(departs.saturating_duration_since(Instant::now()));
        let response = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
        if stream.write_all(response).is_err() {
            return;
        }
    }
}

fn work(connections: u64) -> ServeOverload {
    let (route, delay) = (Route::Plain, Duration::ZERO);
    ServeOverload {
        serve: Serve { route, connections, delay, timeouts: false, laps: 1 },
        contest: Duration::from_millis(300),
        step: Duration::from_millis(300),
        deadline: Duration::from_millis(75),
    }
}

fn carried_out(work: &ServeOverload, server: SocketAddr) -> (OverloadRecord, u64) {
    let lab = Lab::new(None);
    let request = work.serve.request(&server.to_string());
    let target = Target { server, request: &request, patience: Duration::from_secs(60) };
    let mut clients = Clients::connect(target, work.serve.connections, &lab).unwrap();
    clients.warm_up().unwrap();
    let mut answers = Answers::new(work, &lab);
    let found = contest(work, &mut clients, &mut answers).unwrap();
    let plans = plans(work, found.capacity_per_s).unwrap();
    let lane = lab.lane(plans.iter().map(|plan| plan.len() as u64).sum());
    let (lane, taken) = climb(work, &plans, &mut clients, lane).unwrap();
    assert_eq!((lane.refused(), answers.lane.refused()), (0, 0));
    (record(work, found, &taken, lane.samples()), clients.tally().ok)
}

/// A thousand a second, whatever is asked for. With three times as much for 300 ms, 112 of
/// its 300 answers are within 75 ms; with half as much all are. Bounds have head room of
/// three.
#[test]
fn a_server_of_known_capacity_shows_what_arithmetic_says() {
    let work = work(16);
    let (found, answered) = carried_out(&work, known_server(16));
    assert_eq!(found.requests() + 16, answered);
    let capacity_per_s = found.contest.capacity_per_s;
    assert!((330.0..1050.0).contains(&capacity_per_s), "{:?}", found.contest);
    // In turn, so all alike.
    assert!(found.contest.jain > 0.9 && found.contest.least > 0.3, "{:?}", found.contest);
    assert!(found.contest.greatest < 3.0 && found.contest.generator_cpu_ns > 0);

    let percents: Vec<u64> = found.steps.iter().map(|step| step.percent).collect();
    assert_eq!(percents, [50, 100, 150, 200, 300, 50]);
    for step in &found.steps {
        let asked = capacity_per_s * step.percent as f64 / 100.0 * step.length_ns as f64 / 1e9;
        let gap = (step.offered as f64 - asked).abs() / asked.sqrt();
        assert!(gap < 6.0, "{step:?}: not the planned {asked}");
    }
    let [half, .., thrice, after] = found.steps.as_slice() else { panic!("{found:?}") };
    assert!(half.late * 3 <= half.offered, "{half:?}");
    let share = thrice.goodput_per_s() / capacity_per_s;
    assert!((0.12..0.9).contains(&share), "{share}: {thrice:?}");
    assert!(thrice.late * 2 > thrice.offered, "{thrice:?}");
    assert!(thrice.answered_per_s() > capacity_per_s / 3.0, "it goes on at its capacity");
    // What was left is answered in the recovery.
    assert!(after.started > after.offered && after.answered > after.offered, "{after:?}");
    // 600 ms of work are left, and half of its time.
    if let Some(us) = found.recovery_us {
        assert!((400_000.0..1_500_000.0).contains(&us), "{us}");
    }
}

/// Where a step is rested for, nothing of the one before is in it.
#[test]
fn a_step_begins_with_nothing_in_flight_but_for_the_recovery() {
    let work = ServeOverload { step: Duration::from_millis(60), ..work(4) };
    let server = known_server(4);
    let lab = Lab::new(None);
    let request = work.serve.request(&server.to_string());
    let target = Target { server, request: &request, patience: Duration::from_secs(60) };
    let mut clients = Clients::connect(target, 4, &lab).unwrap();
    let plans = plans(&work, 1000.0).unwrap();
    let lane = lab.lane(plans.iter().map(|plan| plan.len() as u64).sum());
    let (lane, taken) = climb(&work, &plans, &mut clients, lane).unwrap();
    for pair in taken.windows(2).take(4) {
        let crossing = lane.samples().iter().filter(|sample| {
            sample.intended_ns < pair[1].from_ns && sample.done_ns > pair[1].from_ns
        });
        assert_eq!(crossing.count(), 0, "{pair:?}");
        assert!(pair[0].until_ns <= pair[1].from_ns, "a step is as long as it says: {pair:?}");
    }
    assert_eq!(taken[4].until_ns, taken[5].from_ns, "at once");
}

/// The same gaps for everybody, and other ones in every step.
#[test]
fn plans_differ_in_their_rate_alone() {
    let work = work(1);
    let of = |capacity_per_s: f64| plans(&work, capacity_per_s).unwrap();
    let (slow, fast) = (of(1000.0), of(2000.0));
    for (slow, fast) in slow.iter().zip(&fast) {
        assert!(slow.len() < fast.len());
        let pairs = slow.iter().zip(fast);
        let apart = pairs.map(|(slow, fast)| slow.abs_diff(2 * fast)).max().unwrap();
        assert!(apart <= 2 * slow.len() as u64, "rounding alone: {apart}");
    }
    assert_ne!(slow[0][..50], slow[5][..50], "the same rate, another seed");
    assert_eq!(of(1000.0), slow);
}
