//! Every request is accounted for, in its class, and judged.

use std::time::Duration;

use triathlon_contract::record::LoadStatus;

use super::{near, record, stalls};
use crate::simulation::{Answer, MS, Simulation, load, simulate, simulate_in};
use crate::{Arrival, Load, Model, Rate, audit};

#[test]
fn an_overload_is_saturation_with_the_growth_of_the_queue() {
    let load = Load { timeout: Duration::from_secs(10), ..load(5.0, 30, 1) };
    let record = record(&load, &simulate(&load, |_, _| Answer::Good(1000 * MS)));
    assert_eq!(record.status, LoadStatus::Saturated);
    assert!((record.queue_growth_per_s.unwrap() - 4.0).abs() < 0.1, "{record:?}");
    assert_eq!((record.response_ms, record.service_ms), (None, None));
    assert_eq!((record.planned, record.ok, record.unfinished), (150, 40, 110));
    assert!((record.rate_achieved_per_s - 1.0).abs() < 0.05);
}

/// 1 % is dropped, 1 % hangs, 1 % is answered with a status of 5xx.
#[test]
fn every_request_is_accounted_for_by_class() {
    let load = Load { timeout: Duration::from_secs(1), ..load(1000.0, 20, 500) };
    let law = |_, n| match n % 100 {
        10 => Answer::Closes(MS),
        40 => Answer::Never,
        70 => Answer::Status(MS),
        _ => Answer::Good(MS),
    };
    let record = record(&load, &simulate(&load, law));
    assert_eq!(
        (record.planned, record.ok, record.failed, record.timed_out),
        (20_000, 19_400, 400, 200)
    );
    assert_eq!((record.failures["connection closed"], record.failures["status 5xx"]), (200, 200));
    let times = record.response_ms.unwrap();
    near(times.p95, 1.0);
    // 3 % have no time: nothing better than "longer than the timeout" is known.
    assert_eq!((times.p98, times.p99, times.max, times.mean), (None, None, None, None));
    near(times.beyond_ms, 1000.0);
    assert_eq!((times.censored, record.status), (200, LoadStatus::Valid));
}

#[test]
fn nothing_is_sent_before_its_time_and_nothing_is_skipped() {
    for (arrival, connections) in [(Arrival::Poisson, 500), (Arrival::Constant, 500)] {
        let rate = Rate::per_s(1000.0).unwrap();
        let load =
            Load { model: Model::Open { rate, arrival, seed: 9 }, ..load(1000.0, 20, connections) };
        let world = Simulation::new(connections, stalls(3.0, Vec::new()));
        let (outcome, arrivals) = simulate_in(&load, world);
        audit(arrival, rate, &arrivals).unwrap(); // as the receiver sees them
        assert_eq!(record(&load, &outcome).ok, arrivals.len() as u64);
    }
}

#[test]
fn a_warm_up_is_in_no_count() {
    let load = Load { warmup: Duration::from_secs(2), ..load(1000.0, 10, 100) };
    let slow_at_first = |at_ns: u64, _| Answer::Good(if at_ns < 1_900 * MS { 50 * MS } else { MS });
    let record = record(&load, &simulate(&load, slow_at_first));
    assert_eq!((record.planned, record.ok, record.warmup_requests), (10_000, 10_000, 2000));
    near(record.response_ms.unwrap().max, 1.0);
}
