//! Distributions that are known beforehand.

use hdrhistogram::Histogram;

use super::{near, record};
use crate::simulation::{Answer, MS, load, simulate};
use crate::{Arrival, Load, Model, Rate};

#[test]
fn independent_delays_get_no_phantom_tail() {
    let load = load(1000.0, 30, 2000);
    let law = |_, n| Answer::Good(if n % 10 == 9 { 1000 * MS } else { MS / 10 });
    let times = record(&load, &simulate(&load, law)).response_ms.unwrap();
    near(times.p50, 0.1);
    near(times.p75, 0.1);
    near(times.p90, 0.1);
    near(times.p95, 1000.0);
}

#[test]
fn known_distributions_come_out() {
    let load = load(1000.0, 30, 200);
    let uniform = |_, n| Answer::Good(5 * MS + n * 7919 % 10_000 * 1000);
    let times = record(&load, &simulate(&load, uniform)).response_ms.unwrap();
    near(times.p50, 10.0);
    near(times.p90, 14.0);
    near(times.p99, 14.9);
    let bimodal = |_, n: u64| Answer::Good(if n % 100 == 50 { 50 * MS } else { 2 * MS });
    let times = record(&load, &simulate(&load, bimodal)).response_ms.unwrap();
    near(times.p98, 2.0);
    near(times.p99_5, 50.0);
}

/// One server with exponential service times of 5 ms, four fifths busy.
#[test]
fn a_queue_has_the_times_of_queueing_theory_and_arrivals_matter() {
    let times = |arrival| {
        let rate = Rate::per_s(160.0).unwrap();
        let load = Load { model: Model::Open { rate, arrival, seed: 3 }, ..load(160.0, 1000, 800) };
        let (mut random, mut free_ns) = (fastrand::Rng::with_seed(5), 0);
        let queue = |at_ns: u64, _| {
            let service_ns = (-(1.0 - random.f64()).ln() * 5.0 * MS as f64) as u64;
            free_ns = at_ns.max(free_ns) + service_ns;
            Answer::Good(free_ns - at_ns)
        };
        record(&load, &simulate(&load, queue)).response_ms.unwrap()
    };
    let within = |found: Option<f64>, want: f64| {
        let found = found.unwrap();
        assert!((found / want - 1.0).abs() < 0.1, "{found} instead of {want}");
    };
    let poisson = times(Arrival::Poisson); // M/M/1
    within(poisson.mean, 25.0);
    within(poisson.p50, 17.3);
    within(poisson.p99, 115.1);
    let constant = times(Arrival::Constant); // D/M/1
    within(constant.mean, 13.46);
    within(constant.p99, 62.0);
}

/// The published vector of HdrHistogram. Its correction is used here only.
#[test]
fn the_histogram_vector_comes_out() {
    let mut raw = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).unwrap();
    raw.record_n(1000, 10_000).unwrap();
    raw.record(100_000_000).unwrap();
    assert_eq!(raw.len(), 10_001);
    assert!((raw.mean() / 10_998.9 - 1.0).abs() < 1e-3, "{}", raw.mean());
    let corrected = raw.clone_correct(10_000);
    assert_eq!(corrected.len(), 20_000);
    assert!((corrected.mean() / 25_000_500.0 - 1.0).abs() < 1e-3, "{}", corrected.mean());
    let near = |p, want: f64| {
        let found = corrected.value_at_percentile(p) as f64;
        assert!((found / want - 1.0).abs() < 1e-2, "{found} at {p}");
    };
    near(50.0, 1000.0);
    near(75.0, 50_000_000.0);
}
