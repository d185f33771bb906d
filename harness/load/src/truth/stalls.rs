//! A global stall of `S` in a window `T` over a base `b`, with `f = S/T`:
//! `L(p) = b` up to `1 − f`, above it `b + S·(1 − (1 − p)/f)`; its mean is
//! `b + S²/(2T)`.

use std::time::Duration;

use triathlon_contract::record::{LoadStatus, LoadTimes};

use super::{near, record, stalls};
use crate::simulation::{MS, Simulation, load, simulate, simulate_in};
use crate::{Load, Model};

#[test]
fn one_stall_has_the_percentiles_of_the_closed_form() {
    let load = load(1000.0, 60, 2000);
    let record = record(&load, &simulate(&load, stalls(10.0, vec![(20_000, 21_000)])));
    let LoadTimes { mean, p95, p98, p99, p99_5, p99_9, max, .. } = record.response_ms.unwrap();
    [p95, p98].into_iter().for_each(|found| near(found, 10.0));
    near(p99, 410.0);
    near(p99_5, 710.0);
    near(p99_9, 950.0);
    near(max, 1010.0);
    near(mean, 18.33);
    assert_eq!((record.status, record.planned), (LoadStatus::Valid, 60_000));
}

#[test]
fn one_short_stall_has_the_percentiles_of_the_closed_form() {
    let load = load(2000.0, 10, 1000);
    let record = record(&load, &simulate(&load, stalls(1.0, vec![(5000, 5200)])));
    let LoadTimes { mean, p98, p99, p99_9, .. } = record.response_ms.unwrap();
    near(p98, 1.0);
    near(p99, 101.0);
    near(p99_9, 191.0);
    near(mean, 3.0);
}

#[test]
fn six_stalls_add_up() {
    let load = load(1000.0, 60, 500);
    let six = (0..6).map(|i| (5000 + i * 9000, 5200 + i * 9000)).collect();
    let times = record(&load, &simulate(&load, stalls(10.0, six))).response_ms.unwrap();
    near(times.p95, 10.0);
    near(times.p99, 110.0);
    near(times.p99_5, 160.0);
    near(times.p99_9, 200.0);
}

/// With the correction (response) the stall shows, without it (service, with
/// few connections) it does not; the flag of another tool had this inverted.
#[test]
fn response_times_show_a_stall_that_service_times_hide() {
    let load = load(1000.0, 60, 20);
    let record = record(&load, &simulate(&load, stalls(10.0, vec![(20_000, 21_000)])));
    assert!(record.response_ms.unwrap().p99.unwrap() > 400.0);
    near(record.service_ms.unwrap().p99, 10.0);
    // The wait for a free connection is lag, and not the generator's.
    assert!(record.lag_ms.unwrap().p99.unwrap() > 400.0);
    assert_eq!(record.lag_own_ms.unwrap().max, Some(0.0));
    assert_eq!(record.status, LoadStatus::Degraded, "{:?}", record.reasons);
}

#[test]
fn a_closed_loop_hides_a_stall_and_calls_nothing_a_response_time() {
    let load = Load { model: Model::Closed, ..load(1.0, 60, 10) };
    let record = record(&load, &simulate(&load, stalls(10.0, vec![(20_000, 21_000)])));
    assert!(record.ok.abs_diff(59_010) <= 10, "{}", record.ok);
    let service = record.service_ms.unwrap();
    near(service.p99_9, 10.0);
    near(service.max, 1010.0);
    near(service.mean, 10.17);
    assert_eq!((record.response_ms, record.lag_ms, record.arrival), (None, None, None));
}

/// wrk2's own example, from one queue for all connections. With few of them,
/// what piled up is sent as fast as they become free, `c / b` a second: request
/// `k` of the stall ends `S − k/λ + (k − c)·b/c + b` after its time.
#[test]
fn a_stall_with_few_connections_is_made_up_for() {
    let check = |connections, p95, p99, status| {
        let load = load(2000.0, 20, connections);
        let record = record(&load, &simulate(&load, stalls(4.6, vec![(10_000, 11_413)])));
        let times = record.response_ms.unwrap();
        near(times.p95, p95);
        near(times.p99, p99);
        assert_eq!(record.status, status, "{:?}", record.reasons);
    };
    check(3000, 417.6, 1217.6, LoadStatus::Valid);
    check(100, 505.0, 1231.4, LoadStatus::Degraded);
}

#[test]
fn a_stall_of_the_generator_is_lag_and_not_service() {
    let load = load(1000.0, 30, 200);
    let law = stalls(0.1, Vec::new());
    let mut world = Simulation::new(load.connections, law);
    world.hold = Some((5000 * MS + MS / 2, 151 * MS));
    let record = record(&load, &simulate_in(&load, world).0);
    let (response, service) = (record.response_ms.unwrap(), record.service_ms.unwrap());
    assert!(response.max.unwrap() >= 150.0 && record.lag_ms.unwrap().max.unwrap() >= 150.0);
    assert!(record.lag_own_ms.unwrap().max.unwrap() >= 150.0);
    near(service.max, 0.1);
    near(response.p99, 0.1);
    near(response.p99_9, 121.6); // 151 of 30 000 were late, by 150.5 ms and less
}

/// A run that ends within a stall says that its tail is unknown; a run that
/// waits says the same percentiles below it.
#[test]
fn an_early_end_makes_no_percentile_better() {
    let law = || stalls(1.0, vec![(9500, 20_000)]);
    let patient = load(1000.0, 10, 2000);
    let hasty = Load { timeout: Duration::from_millis(400), ..patient.clone() };
    let whole = record(&patient, &simulate(&patient, law())).response_ms.unwrap();
    let cut = record(&hasty, &simulate(&hasty, law()));
    assert_eq!((cut.timed_out, cut.unfinished), (500, 0));
    let times = cut.response_ms.unwrap();
    assert_eq!((whole.p90, times.p90), (times.p90, whole.p90));
    assert!(whole.p98.unwrap() > 10_000.0);
    assert_eq!((times.p98, times.p99, times.mean), (None, None, None));
    near(times.beyond_ms, 400.0);
}
