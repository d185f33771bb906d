//! Whether the distributions of open loops are those that the records sum up.

use std::collections::HashMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use triathlon_contract::record::{HistogramLine, OpenTimes, Record};

/// Two significant digits: a histogram's values are off by less.
const OFF: f64 = 0.01;

/// Compares the lines of `histograms.jsonl` with the records of open loops;
/// returns how many there are.
///
/// # Errors
/// One sentence with the first that does not belong.
pub(crate) fn agree(lines: &[u8], records: &[Record]) -> Result<usize, String> {
    let mut by_sequence: HashMap<u64, HistogramLine> = HashMap::new();
    for (number, line) in (1..).zip(lines.split_inclusive(|byte| *byte == b'\n')) {
        let line: HistogramLine = serde_json::from_slice(line)
            .map_err(|error| format!("line {number} of histograms.jsonl is none: {error}"))?;
        by_sequence.insert(line.sequence, line);
    }
    let open = records.iter().filter(|record| record.open.is_some());
    let mut count = 0;
    for record in open {
        let line = by_sequence.remove(&record.sequence).filter(|line| line.id == record.id);
        let Some(line) = line else {
            return Err(format!(
                "histograms.jsonl has no line of record {}, {}: one of them was edited",
                record.sequence, record.id
            ));
        };
        one(record, &line)?;
        count += 1;
    }
    match by_sequence.keys().min() {
        None => Ok(count),
        Some(sequence) => {
            Err(format!("histograms.jsonl has a line of record {sequence}, which is no open loop"))
        }
    }
}

fn one(record: &Record, line: &HistogramLine) -> Result<(), String> {
    let Some(open) = &record.open else { return Ok(()) };
    let samples = record.window.as_ref().map_or(0, |window| window.samples);
    let times = [
        ("lag", &line.histograms.lag_ns, &open.lag_us),
        ("service", &line.histograms.service_ns, &open.service_us),
        ("response", &line.histograms.response_ns, &open.response_us),
    ];
    for (name, text, kept) in times {
        let differs = || {
            format!(
                "histograms.jsonl has another {name} than record {}, {}: one of them was edited",
                record.sequence, record.id
            )
        };
        let histogram = read(text).ok_or_else(differs)?;
        if histogram.len() != samples || !same(&histogram, kept) {
            return Err(differs());
        }
    }
    Ok(())
}

fn read(text: &str) -> Option<Histogram<u64>> {
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    Deserializer::new().deserialize(&mut bytes.as_slice()).ok()
}

/// Whether percentiles and the highest value are those of the histogram.
fn same(histogram: &Histogram<u64>, kept: &OpenTimes) -> bool {
    let shares =
        [(0.5, kept.p50), (0.9, kept.p90), (0.95, kept.p95), (0.99, kept.p99), (0.999, kept.p99_9)];
    let near = |ns: u64, us: f64| {
        let want_ns = us * 1e3;
        (ns as f64 - want_ns).abs() <= (want_ns * OFF).max(1.0)
    };
    let known = shares.into_iter().filter_map(|(share, us)| Some((share, us?)));
    let mut known = known.map(|(share, us)| near(histogram.value_at_quantile(share), us));
    known.all(|near| near) && near(histogram.max(), kept.max)
}
