//! Delays whose law is known, and the arrivals that the server saw of them.

use triathlon_contract::record::{LoadTimes, SelftestFigure};
use triathlon_load::{Arrival, Rate, audit};

use super::figure::{Found, Verdict, at_most, judge_load, near};
use super::live::{Call, Live};
use crate::Result;

const CONSTANT: &str = "constant arrivals";
const POISSON: &str = "Poisson arrivals";

/// Rate of the second attempt.
const SLOWER: f64 = 400.0;

/// 90 % take 0.1 ms and 10 % take 100 ms, at constant arrivals.
pub(crate) fn bimodal(live: &Live) -> Result<Vec<Found>> {
    let loaded = live.load(&Call {
        path: "/delay/bimodal/100/100000/100?bytes=8",
        arguments: &["-R", "1k", "-d", "4100ms", "--warmup", "100ms", "-c", "300"],
        seed: 2,
        stamps: 5000,
        stall: None,
    })?;
    let stamps_ns = &loaded.counters.arrival_ns;
    let mut constant = judge_arrivals(CONSTANT, (Arrival::Constant, 1000.0), stamps_ns)?;
    if constant.verdict != Verdict::Ok {
        constant = slower(live, CONSTANT, Arrival::Constant, 1000.0)?;
    }
    let phantom = judge_load("no phantom tail", &loaded.record, |times| phantom(times, 100.0));
    Ok(vec![phantom, constant])
}

/// The row of the ground truth: 10 % take a second.
pub(crate) fn bimodal_long(live: &Live) -> Result<Vec<Found>> {
    let loaded = live.load(&Call {
        path: "/delay/bimodal/100/1000000/100?bytes=8",
        arguments: &["-R", "1k", "-d", "10s", "--warmup", "1500ms", "-c", "400"],
        seed: 3,
        stamps: 0,
        stall: None,
    })?;
    let found = |times: &LoadTimes| phantom(times, 1000.0);
    Ok(vec![judge_load("no phantom tail, long", &loaded.record, found)])
}

/// Three quarters are far below the slow ones: correcting by the interval would
/// put p75 at six tenths of them.
fn phantom(times: &LoadTimes, slow_ms: f64) -> Vec<SelftestFigure> {
    vec![
        at_most(("p50", "ms"), times.p50, 0.2 * slow_ms),
        at_most(("p75", "ms"), times.p75, 0.2 * slow_ms),
        near(("p95", "ms"), times.p95, slow_ms, (slow_ms, 1.4 * slow_ms)),
    ]
}

/// Uniform from 5 to 15 ms.
pub(crate) fn uniform(live: &Live) -> Result<Vec<Found>> {
    let loaded = live.load(&Call {
        path: "/delay/uniform/5000/15000?bytes=8",
        arguments: &["-R", "1500", "-d", "1s", "--warmup", "100ms", "-c", "300"],
        seed: 4,
        stamps: 0,
        stall: None,
    })?;
    Ok(vec![judge_load("known law", &loaded.record, law)])
}

/// Poisson arrivals at a server that has nothing else to do: its CPU wakes for
/// each of them, and what arrives meanwhile gets the same stamp, nearly. The plan
/// of this seed is itself close to its law, which leaves room for that.
pub(crate) fn poisson(live: &Live) -> Result<Vec<Found>> {
    let found = arrivals_at(live, POISSON, (Arrival::Poisson, 800.0), "5200ms")?;
    Ok(vec![match found.verdict {
        Verdict::Ok => found,
        _ => slower(live, POISSON, Arrival::Poisson, 800.0)?,
    }])
}

/// Once more where a machine that wakes late had no room: bounds are shares of
/// the gap, and this one is longer. It is no whole number of milliseconds.
fn slower(live: &Live, name: &'static str, arrival: Arrival, before: f64) -> Result<Found> {
    let mut found = arrivals_at(live, name, (arrival, SLOWER), "10400ms")?;
    if let Verdict::Spoiled(reason) = found.verdict {
        found.verdict = Verdict::Failed(format!("at {before}/s and at {SLOWER}/s: {reason}"));
    }
    Ok(found)
}

fn arrivals_at(
    live: &Live,
    name: &'static str,
    (arrival, rate): (Arrival, f64),
    length: &str,
) -> Result<Found> {
    let per_s = rate.to_string();
    let kind = match arrival {
        Arrival::Constant => ["--arrival", "constant"].as_slice(),
        Arrival::Poisson => &["--arrival", "poisson", "--seed", "33"],
    };
    let arguments = ["-R", &per_s, "-d", length, "--warmup", "0s", "-c", "64"];
    let loaded = live.load(&Call {
        path: "/bytes/8",
        arguments: &[&arguments, kind].concat(),
        seed: 1,
        stamps: 6000,
        stall: None,
    })?;
    judge_arrivals(name, (arrival, rate), &loaded.counters.arrival_ns)
}

/// Never below the law but for chance (0.2 ms are three standard errors).
fn law(times: &LoadTimes) -> Vec<SelftestFigure> {
    vec![
        near(("p50", "ms"), times.p50, 10.0, (9.7, 12.0)),
        near(("p90", "ms"), times.p90, 14.0, (13.7, 16.0)),
    ]
}

/// The stamps of the server are such arrivals, and constant ones are not
/// accepted as Poisson.
///
/// Stamps that are not accepted are spoiled and not failed at once: a CPU that
/// wakes late moves stamps and repairs none, so that a wrong tool is wrong in
/// every attempt.
fn judge_arrivals(
    name: &'static str,
    (arrival, rate): (Arrival, f64),
    stamps_ns: &[u64],
) -> Result<Found> {
    let per_s = Rate::per_s(rate)?;
    let verdict = match (audit(arrival, per_s, stamps_ns), arrival) {
        (Err(refusal), _) => Verdict::Spoiled(format!("{refusal:#}")),
        (Ok(()), Arrival::Constant) if audit(Arrival::Poisson, per_s, stamps_ns).is_ok() => {
            Verdict::Failed("they pass as Poisson, too".to_string())
        }
        (Ok(()), _) => Verdict::Ok,
    };
    let wanted = match arrival {
        Arrival::Constant => "accepted as constant, not as Poisson",
        Arrival::Poisson => "accepted as Poisson",
    };
    let said = if verdict == Verdict::Ok { "accepted" } else { "not accepted" };
    let got = format!("{} stamps of the server at {rate:.0}/s: {said}", stamps_ns.len());
    Ok(Found { name, wanted: wanted.to_string(), got, verdict, figures: Vec::new() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use triathlon_contract::record::LoadTimes;
    use triathlon_load::{Arrival, Rate, plan};

    use super::{judge_arrivals, law, phantom};
    use crate::selftest::figure::{Verdict, judge};

    fn times(p50: f64, p75: f64, p90: f64, p95: f64) -> LoadTimes {
        let [p50, p75, p90, p95] = [p50, p75, p90, p95].map(Some);
        LoadTimes { p50, p75, p90, p95, ..LoadTimes::default() }
    }

    #[test]
    fn a_corrected_tail_fails() {
        let check = |times, slow| judge("x", phantom(&times, slow)).verdict == Verdict::Ok;
        assert!(check(times(0.15, 0.2, 0.3, 100.2), 100.0));
        assert!(check(times(3.0, 8.0, 100.0, 110.0), 100.0), "a busy machine");
        assert!(!check(times(30.0, 60.0, 85.0, 95.0), 100.0), "corrected by the interval");
        assert!(!check(times(0.1, 0.1, 0.1, 0.1), 100.0), "the slow ones are missing");
        assert!(!check(times(300.0, 600.0, 850.0, 950.0), 1000.0));
        assert!(!check(LoadTimes::default(), 1000.0));
    }

    #[test]
    fn a_law_has_its_percentiles() {
        let check = |p50, p90| judge("x", law(&times(p50, p50, p90, p90))).verdict == Verdict::Ok;
        assert!(check(10.1, 14.1) && check(11.5, 15.5));
        assert!(!check(9.5, 13.5) && !check(14.0, 18.0) && !check(10.0, 10.0));
    }

    #[test]
    fn arrivals_are_those_that_were_asked_for() {
        let made = |arrival| {
            let rate = Rate::per_s(1000.0).unwrap();
            plan(arrival, rate, Duration::from_secs(5), 7).unwrap()
        };
        let check = |arrival, stamps: &[u64]| {
            judge_arrivals("x", (arrival, 1000.0), stamps).unwrap().verdict
        };
        let failed = |verdict| matches!(verdict, Verdict::Spoiled(_));
        let (constant, poisson) = (made(Arrival::Constant), made(Arrival::Poisson));
        assert_eq!(check(Arrival::Constant, &constant), Verdict::Ok);
        assert_eq!(check(Arrival::Poisson, &poisson), Verdict::Ok);
        assert!(failed(check(Arrival::Poisson, &constant)));
        assert!(failed(check(Arrival::Constant, &poisson)));
        // A timer of whole milliseconds; gaps of one would hide it.
        let slow = plan(Arrival::Constant, Rate::per_s(400.0).unwrap(), Duration::from_secs(11), 7);
        let slow = slow.unwrap();
        let whole: Vec<u64> = slow.iter().map(|at| at / 1_000_000 * 1_000_000).collect();
        let judged = |stamps| judge_arrivals("x", (Arrival::Constant, 400.0), stamps);
        assert_eq!(judged(&slow).unwrap().verdict, Verdict::Ok);
        assert!(failed(judged(&whole).unwrap().verdict), "constant, whole milliseconds");
        let whole: Vec<u64> = poisson.iter().map(|at| at / 1_000_000 * 1_000_000).collect();
        assert!(failed(check(Arrival::Poisson, &whole)));
        assert!(failed(check(Arrival::Constant, &constant[..3000])), "too few");
        let bursts: Vec<u64> = (0..5000).map(|i| i / 10 * 10_000_000).collect();
        assert!(
            failed(check(Arrival::Poisson, &bursts)) && failed(check(Arrival::Constant, &bursts))
        );
    }
}
