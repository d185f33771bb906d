//! The times of an open loop's window, from its samples. Pure.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use triathlon_contract::record::{Histograms, OpenRecord, OpenTimes};
use triathlon_lab::Sample;
use triathlon_statistics::percentile;

/// Share of the schedule that must have started when it ends.
const REACHED: f64 = 0.99;

/// A start that is later than this by a timer's granularity and the wait for a
/// CPU is no queue.
const GRACE_NS: u64 = 2_000_000;

/// Parts of the schedule at whose ends the queue is counted.
const PARTS: u64 = 10;

/// What the samples say, and their distributions.
///
/// # Errors
/// If there are none, or one started before its time.
pub fn of(samples: &[Sample]) -> Result<(OpenRecord, Histograms)> {
    let intended = samples.iter().map(|sample| sample.intended_ns);
    let (first, last) = (intended.clone().min(), intended.max());
    let (first, last) = first.zip(last).context("an open loop without samples")?;
    let early = |s: &&Sample| s.started_ns < s.intended_ns || s.done_ns < s.started_ns;
    ensure!(samples.iter().find(early).is_none(), "a request started before its intended start");
    let schedule_s = (last - first).max(1) as f64 / 1e9;
    let by =
        |at: fn(&Sample) -> u64, end: u64| samples.iter().filter(|s| at(s) <= end).count() as u64;
    let started_in_time = by(|sample| sample.started_ns, last + GRACE_NS);
    let count = samples.len() as f64;
    let (lag, service, response) = (
        sorted(samples, |s| s.started_ns - s.intended_ns),
        sorted(samples, |s| s.done_ns - s.started_ns),
        sorted(samples, |s| s.done_ns - s.intended_ns),
    );
    let record = OpenRecord {
        offered_per_s: count / schedule_s,
        achieved_per_s: by(|sample| sample.done_ns, last) as f64 / schedule_s,
        started_in_time,
        // One may in any case cross the end.
        saturated: (started_in_time as f64) < (count * REACHED).min(count - 1.0),
        queue_growth_per_s: queue_growth_per_s(samples, first, last),
        lag_us: times(&lag),
        service_us: times(&service),
        response_us: times(&response),
    };
    let histograms = Histograms {
        lag_ns: histogram(&lag)?,
        service_ns: histogram(&service)?,
        response_ns: histogram(&response)?,
    };
    Ok((record, histograms))
}

pub(crate) fn sorted(samples: &[Sample], ns: fn(&Sample) -> u64) -> Vec<u64> {
    let mut values: Vec<u64> = samples.iter().map(ns).collect();
    values.sort_unstable();
    values
}

pub(crate) fn times(sorted_ns: &[u64]) -> OpenTimes {
    let us: Vec<f64> = sorted_ns.iter().map(|ns| *ns as f64 / 1e3).collect();
    OpenTimes {
        mean: us.iter().sum::<f64>() / us.len() as f64,
        p50: percentile(&us, 0.5),
        p90: percentile(&us, 0.9),
        p95: percentile(&us, 0.95),
        p99: percentile(&us, 0.99),
        p99_9: percentile(&us, 0.999),
        max: us.last().copied().unwrap_or_default(),
    }
}

pub(crate) fn histogram(sorted_ns: &[u64]) -> Result<String> {
    let mut histogram = Histogram::<u64>::new(2).context("make a histogram")?;
    for ns in sorted_ns {
        histogram.record(*ns).context("a time beyond the histogram")?;
    }
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(&histogram, &mut bytes)
        .map_err(|error| anyhow::anyhow!("write a histogram: {error:?}"))?;
    Ok(BASE64_STANDARD.encode(bytes))
}

/// Slope by least squares of what was due and had not started, at the ends of
/// the parts of the schedule.
fn queue_growth_per_s(samples: &[Sample], first: u64, last: u64) -> f64 {
    let part_ns = ((last - first) / PARTS).max(1);
    let mut planned = vec![0; PARTS as usize];
    let mut started = vec![0; PARTS as usize];
    let count = |parts: &mut Vec<u64>, at_ns: u64| {
        // The very last start falls on the end of the last part.
        let part = ((at_ns - first) / part_ns).min(PARTS - 1);
        parts[part as usize] += 1;
    };
    for sample in samples {
        count(&mut planned, sample.intended_ns);
        if sample.started_ns <= last {
            count(&mut started, sample.started_ns);
        }
    }
    triathlon_load::growth(&planned, &started) / (part_ns as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::of;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use triathlon_lab::Sample;

    const MS: u64 = 1_000_000;

    /// 1 000 requests, one a millisecond, from 5 ms on.
    fn samples(lag: fn(u64) -> u64, service_ns: u64) -> Vec<Sample> {
        let sample = |index: u64| {
            let intended_ns = 5 * MS + index * MS;
            let started_ns = intended_ns + lag(index);
            Sample { intended_ns, started_ns, done_ns: started_ns + service_ns }
        };
        (0..1000).map(sample).collect()
    }

    #[test]
    fn response_is_lag_and_service() {
        let (open, _) = of(&samples(|index| index * 100, 200_000)).unwrap();
        let close = |got: f64, want: f64| assert!((got - want).abs() < 0.2, "{got} {want}");
        close(open.lag_us.p50.unwrap(), 49.9);
        close(open.service_us.p99.unwrap(), 200.0);
        close(open.response_us.p99.unwrap(), 298.9);
        close(open.response_us.mean, open.lag_us.mean + open.service_us.mean);
        assert_eq!(open.response_us.p99_9, None, "one sample lies beyond");
        assert!(!open.saturated);
        assert!((open.offered_per_s - 1000.0).abs() < 2.0, "{}", open.offered_per_s);
    }

    #[test]
    fn a_queue_that_grows_is_saturated_with_its_growth() {
        // Each starts half a millisecond later than the one before.
        let (open, _) = of(&samples(|index| index * MS / 2, MS)).unwrap();
        assert!(open.saturated);
        assert!(open.started_in_time < 700, "{}", open.started_in_time);
        assert!((open.queue_growth_per_s - 333.0).abs() < 10.0, "{}", open.queue_growth_per_s);
        assert!(open.achieved_per_s < 0.7 * open.offered_per_s);
    }

    #[test]
    fn a_stall_that_is_made_up_for_is_no_saturation() {
        let stall: fn(u64) -> u64 = |index| if index < 100 { (100 - index) * MS } else { 0 };
        let (open, _) = of(&samples(stall, MS)).unwrap();
        assert!(!open.saturated);
        assert!(open.response_us.p99.unwrap() > 80_000.0);
    }

    #[test]
    fn the_histograms_are_those_of_the_samples() {
        let (open, histograms) = of(&samples(|index| index * 1000, 500_000)).unwrap();
        let bytes = BASE64_STANDARD.decode(histograms.response_ns).unwrap();
        let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).unwrap();
        assert_eq!(histogram.len(), 1000);
        let p99_us = histogram.value_at_quantile(0.99) as f64 / 1e3;
        assert!((p99_us / open.response_us.p99.unwrap() - 1.0).abs() < 0.01, "{p99_us}");
    }

    #[test]
    fn what_starts_before_its_time_is_an_error() {
        let early = Sample { intended_ns: 2, started_ns: 1, done_ns: 3 };
        assert!(of(&[early]).unwrap_err().to_string().contains("before its intended start"));
        assert!(of(&[]).is_err());
    }
}
