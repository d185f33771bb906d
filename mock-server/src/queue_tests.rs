//! Departures against a table made by hand, and simulated queues against their
//! closed forms.

use super::{Law, MOST_NS, Queueing, Servers, Slot};
use crate::draws::Stream;

const US: u64 = 1000;
const MS: u64 = 1_000_000;

#[test]
fn departures_are_those_of_the_table() {
    /// Arrival, service, departure.
    type Row = (u64, u64, u64);
    let tables: [(usize, &[Row]); 3] = [
        // Idle, waits, waits for both, idle again, at the moment of departure.
        (1, &[(0, 10, 10), (3, 5, 15), (4, 1, 16), (20, 4, 24), (24, 2, 26)]),
        // The third takes the server that is free first and overtakes nobody's
        // start; the fourth departs before the first.
        (2, &[(0, 100, 100), (1, 10, 11), (2, 20, 31), (40, 5, 45), (41, 9, 54)]),
        (3, &[(5, 7, 12), (5, 7, 12), (5, 7, 12), (5, 7, 19), (12, 1, 13), (12, 1, 13)]),
    ];
    for (servers, table) in tables {
        let mut queue = Servers::new(servers);
        for (arrival, service, departure) in table {
            let have = queue.serve(*arrival, *service);
            assert_eq!(have, *departure, "{servers} servers, arrival {arrival}");
        }
    }
}

/// Times in the system, sorted, in milliseconds.
fn simulate(servers: usize, gap: Law, service: Law, requests: usize) -> Vec<f64> {
    let (gaps, services) = (Stream::new(11), Stream::new(12));
    let (mut queue, mut now) = (Servers::new(servers), 0);
    let mut sojourns = Vec::with_capacity(requests);
    for _ in 0..requests {
        now += gap.duration_ns(gaps.next());
        let departure = queue.serve(now, service.duration_ns(services.next()));
        sojourns.push((departure - now) as f64 / MS as f64);
    }
    sojourns.sort_unstable_by(f64::total_cmp);
    sojourns
}

/// Mean and p99 in milliseconds, to so many per cent.
fn check(what: &str, sojourns: &[f64], want: (f64, Option<f64>), per_cent: f64) {
    let near = |have: f64, want: f64| {
        let off = 100.0 * (have / want - 1.0);
        assert!(off.abs() < per_cent, "{what}: {have}, expected {want}, off by {off} %");
    };
    near(sojourns.iter().sum::<f64>() / sojourns.len() as f64, want.0);
    if let Some(p99) = want.1 {
        near(sojourns[sojourns.len() * 99 / 100], p99);
    }
}

const POISSON: Law = Law::Exponential { mean_ns: 6_250 * US };
const CONSTANT: Law = Law::Fixed { ns: 6_250 * US };
const EXPONENTIAL: Law = Law::Exponential { mean_ns: 5 * MS };
const FIXED: Law = Law::Fixed { ns: 5 * MS };

/// 160 a second and 5 ms each, so four fifths busy. With service rate m and
/// load r: M/M/1 has mean 1/(m(1-r)) and is exponential; M/D/1 has mean
/// 1/m + r/(2m(1-r)); D/M/1 has mean 1/(m(1-s)), exponential, where
/// s = exp(-(1-s)/r). Source: Kleinrock, "Queueing Systems", volume 1, 1975.
/// The tolerance is four standard errors of the M/M/1 mean at this length.
#[test]
fn simulated_queues_have_the_means_of_their_closed_forms() {
    const N: usize = 1_000_000;
    let mm1 = simulate(1, POISSON, EXPONENTIAL, N);
    check("M/M/1", &mm1, (25.0, Some(115.13)), 3.5);
    assert!((mm1[N / 2] / 17.33 - 1.0).abs() < 0.035, "p50 {}", mm1[N / 2]);
    check("M/D/1", &simulate(1, POISSON, FIXED, N), (15.0, None), 3.5);
    check("D/M/1", &simulate(1, CONSTANT, EXPONENTIAL, N), (13.46, Some(62.00)), 3.5);
    check("D/D/1", &simulate(1, CONSTANT, FIXED, 1000), (5.0, Some(5.0)), 1e-9);
}

#[test]
fn two_servers_share_one_line() {
    // M/M/2 at four fifths: mean 1/(m(1-r^2)); two queues of their own have 25.
    let gap = Law::Exponential { mean_ns: 3_125 * US };
    check("M/M/2", &simulate(2, gap, EXPONENTIAL, 1_000_000), (13.889, None), 3.5);
}

#[test]
fn a_trial_has_one_queue_and_a_refusal_draws_nothing() {
    let slot = Slot::default();
    let asked = Queueing { law: Law::Fixed { ns: 10 }, servers: 1 };
    let others = [
        Queueing { law: Law::Exponential { mean_ns: 10 }, ..asked },
        Queueing { law: Law::Fixed { ns: 11 }, ..asked },
        Queueing { servers: 2, ..asked },
    ];
    assert_eq!(slot.lock().depart_ns(asked, 100, || 0), Ok(110));
    for other in others {
        let refused = slot.lock().depart_ns(other, 101, || unreachable!("drawn in vain"));
        assert_eq!(refused.unwrap_err().status.as_u16(), 409);
    }
    assert_eq!(slot.lock().depart_ns(asked, 102, || 0), Ok(120), "the others took no place");
}

#[test]
fn nobody_is_let_in_who_would_wait_longer_than_a_minute() {
    let slot = Slot::default();
    let asked = Queueing { law: Law::Fixed { ns: MOST_NS }, servers: 1 };
    assert_eq!(slot.lock().depart_ns(asked, 5, || 0), Ok(MOST_NS + 5));
    assert_eq!(slot.lock().depart_ns(asked, 5, || 0), Ok(2 * MOST_NS + 5), "waits a minute");
    let full = slot.lock().depart_ns(asked, 5, || unreachable!("drawn in vain")).unwrap_err();
    assert_eq!(full.status.as_u16(), 503);
    let later = MOST_NS + 5;
    assert_eq!(slot.lock().depart_ns(asked, later, || 0), Ok(3 * MOST_NS + 5));
}
