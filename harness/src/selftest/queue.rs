//! One server with exponential service times, four fifths busy, against queueing
//! theory: with Poisson arrivals (M/M/1), and with constant ones (D/M/1), which
//! wait half as long. So arrivals, response times and their pooling are right.

use triathlon_contract::record::SelftestFigure;
use triathlon_load::Times;

use super::figure::{Found, Verdict, believed, judge, near};
use super::live::{Call, Live};
use crate::Result;

const RATE: &str = "160";
const PATH: &str = "/queue/exponential/5000?bytes=8";

/// Independent repeats: waits within one depend on each other for seconds.
const REPEATS: u64 = 10;

/// Student's t for 95 % and `REPEATS − 1` degrees of freedom. Source: tables.
const T: f64 = 2.262;

/// Beyond the interval, for the timers on the way.
const MORE_MS: f64 = 0.5;

/// Half of an interval that says nothing any more, as a share of the figure.
const HALF_MAX: f64 = 0.3;

/// A queue, what theory says of it, and how long a repeat takes.
struct Queue {
    name: &'static str,
    arrival: &'static str,
    mean_ms: f64,
    p99_ms: f64,
    seconds: (&'static str, &'static str),
}

/// Source: response times are exponential with mean `1/(μ − λ)`.
const MM1: Queue = Queue {
    name: "M/M/1",
    arrival: "poisson",
    mean_ms: 25.0,
    p99_ms: 115.13,
    seconds: ("3s", "30s"),
};

/// Source: exponential with mean `1/(μ(1 − σ))`, σ being the root below 1 of
/// `σ = exp(−(1 − σ)/0.8)`.
const DM1: Queue = Queue {
    name: "D/M/1",
    arrival: "constant",
    mean_ms: 13.46,
    p99_ms: 62.0,
    seconds: ("1s", "10s"),
};

/// Ten times half a minute.
pub(crate) fn poisson(live: &Live) -> Result<Vec<Found>> {
    measure(live, &MM1)
}

/// Ten times ten seconds.
pub(crate) fn constant(live: &Live) -> Result<Vec<Found>> {
    measure(live, &DM1)
}

/// The seeds are fixed: plan and service times are the same on every machine,
/// and so is what chance adds.
fn measure(live: &Live, queue: &Queue) -> Result<Vec<Found>> {
    let (warmup, length) = queue.seconds;
    let (mut parts, mut refused) = (Vec::new(), None);
    for seed in 1..=REPEATS {
        let plan = seed.to_string();
        let mut arguments = vec!["-R", RATE, "-d", length, "--warmup", warmup, "-c", "400"];
        arguments.extend(["--arrival", queue.arrival]);
        if queue.arrival == "poisson" {
            arguments.extend(["--seed", &plan]);
        }
        let call = Call { path: PATH, arguments: &arguments, seed, stamps: 0, stall: None };
        let loaded = live.load(&call)?;
        match believed(&loaded.record) {
            Ok(_) => parts.push(loaded.response),
            Err(reason) => refused = Some(reason),
        }
    }
    let mut found = judge_queue(queue, &parts);
    if let Some(reason) = refused {
        found.verdict = Verdict::Failed(format!("a repeat must not be believed: {reason}"));
    }
    Ok(vec![found])
}

/// Mean and p99 of all repeats together, each within its interval from
/// independent repeats.
fn judge_queue(queue: &Queue, parts: &[Times]) -> Found {
    let mean = interval(parts, |pooled| pooled.0);
    let p99 = interval(parts, |pooled| pooled.1);
    let figure = |name, found: Option<(f64, f64)>, wanted| -> SelftestFigure {
        let room = found.map_or(0.0, |(_, half)| half.min(HALF_MAX * wanted) + MORE_MS);
        let value = found.map(|(value, _)| value);
        near((name, "ms"), value, wanted, (wanted - room, wanted + room))
    };
    let figures = vec![figure("mean", mean, queue.mean_ms), figure("p99", p99, queue.p99_ms)];
    let half = |found: Option<(f64, f64)>| found.map_or(f64::NAN, |(_, half)| half);
    let mut found = judge(queue.name, figures);
    found.got = format!("{} (± {:.1}, {:.1})", found.got, half(mean), half(p99));
    found
}

/// A figure of all parts together, and half of its interval.
///
/// Source: jackknife over independent parts; the p99 of a short part would be
/// biased, that of all but one is not.
fn interval(parts: &[Times], of: fn((f64, f64)) -> f64) -> Option<(f64, f64)> {
    let k = parts.len() as f64;
    let whole = of(pooled(parts, None)?);
    let without: Option<Vec<f64>> =
        (0..parts.len()).map(|out| pooled(parts, Some(out)).map(of)).collect();
    let without = without?;
    let mean = without.iter().sum::<f64>() / k;
    let squares: f64 = without.iter().map(|value| (value - mean).powi(2)).sum();
    Some((whole, T * ((k - 1.0) / k * squares).sqrt()))
}

/// Mean and p99 of all parts but one, in milliseconds: histograms are added,
/// percentiles never averaged. None if there are fewer than two or one is lost.
fn pooled(parts: &[Times], out: Option<usize>) -> Option<(f64, f64)> {
    if parts.len() < REPEATS as usize {
        return None;
    }
    let mut kept = parts.iter().enumerate().filter(|(i, _)| Some(*i) != out);
    let mut all = kept.next()?.1.with_censored();
    for (_, part) in kept {
        all.add(part.with_censored()).ok()?;
    }
    Some((all.mean() / 1e6, all.value_at_quantile(0.99) as f64 / 1e6))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use triathlon_load::{Arrival, Rate, Times, plan};

    use super::{DM1, MM1, Queue, REPEATS, judge_queue};
    use crate::selftest::accounts::splitmix;
    use crate::selftest::figure::Verdict;

    /// The queue without server or generator, from the same seeds: each waits for
    /// the one before. Source: Lindley's recursion; mock-server/README.md, "Draws".
    fn simulate(arrival: Arrival, (warmup_s, length_s): (u64, u64)) -> Vec<Times> {
        let repeat = |seed: u64| {
            let rate = Rate::per_s(160.0).unwrap();
            let plan = plan(arrival, rate, Duration::from_secs(warmup_s + length_s), seed).unwrap();
            let mut state = seed;
            let mut stream = [(); 2].map(|()| splitmix(&mut state))[1];
            let (mut times, mut free_ns) = (Times::new().unwrap(), 0);
            for at_ns in plan {
                let uniform = ((splitmix(&mut stream) >> 11) + 1) as f64 / (1u64 << 53) as f64;
                free_ns = at_ns.max(free_ns) + (-5e6 * uniform.ln()) as u64;
                if at_ns >= warmup_s * 1_000_000_000 {
                    times.record(free_ns - at_ns);
                }
            }
            times
        };
        (1..=REPEATS).map(repeat).collect()
    }

    fn verdict(queue: &Queue, parts: &[Times]) -> Verdict {
        judge_queue(queue, parts).verdict
    }

    #[test]
    fn the_fixed_seeds_agree_with_theory_and_other_arrivals_do_not() {
        let poisson = simulate(Arrival::Poisson, (3, 30));
        let constant = simulate(Arrival::Constant, (1, 10));
        for (queue, parts) in [(&MM1, &poisson), (&DM1, &constant)] {
            let found = judge_queue(queue, parts);
            assert_eq!(found.verdict, Verdict::Ok, "{}", found.got);
        }
        let failed = |verdict| matches!(verdict, Verdict::Failed(_));
        assert!(failed(verdict(&MM1, &simulate(Arrival::Constant, (3, 30)))), "constant arrivals");
        assert!(failed(verdict(&DM1, &simulate(Arrival::Poisson, (1, 10)))), "Poisson arrivals");
        assert!(failed(verdict(&MM1, &poisson[..3])), "too few repeats");
    }

    /// Times of the service alone: what a tool reports that counts from when a
    /// connection was free.
    #[test]
    fn service_times_fail() {
        let parts: Vec<Times> = (0..REPEATS)
            .map(|_| {
                let mut times = Times::new().unwrap();
                (1..2000).for_each(|i| times.record((-5e6 * (f64::from(i) / 2e3).ln()) as u64));
                times
            })
            .collect();
        assert!(matches!(verdict(&MM1, &parts), Verdict::Failed(_)));
        assert!(matches!(verdict(&DM1, &parts), Verdict::Failed(_)));
    }
}
