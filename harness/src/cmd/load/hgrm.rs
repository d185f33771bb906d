//! The percentile spectrum that HdrHistogram's tools read and plot, in
//! milliseconds.

use std::fmt::Write;

use triathlon_load::Times;

/// Steps between a percentile and the half of the way that is left to 100 %.
const TICKS: u32 = 5;

/// All of it. What timed out stands at the shortest time it can have taken.
pub(crate) fn spectrum(times: &Times) -> String {
    let histogram = times.with_censored();
    let ms = |ns: f64| ns / 1e6;
    let mut text = format!(
        "{:>12} {:>14} {:>10} {:>14}\n\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    let mut total = 0;
    for step in histogram.iter_quantiles(TICKS) {
        total += step.count_since_last_iteration();
        let value = ms(step.value_iterated_to() as f64);
        let quantile = step.quantile_iterated_to();
        // A String takes everything.
        let _ = write!(text, "{value:12.3} {quantile:.12} {total:10}");
        let _ = match quantile {
            quantile if quantile < 1.0 => writeln!(text, " {:14.2}", 1.0 / (1.0 - quantile)),
            _ => writeln!(text),
        };
    }
    let (mean, deviation) = (ms(histogram.mean()), ms(histogram.stdev()));
    let (max, count) = (ms(histogram.max() as f64), histogram.len());
    let sub = 2 * 10_u64.pow(u32::from(histogram.sigfig())).next_power_of_two();
    let buckets = histogram.buckets();
    let _ = writeln!(text, "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]");
    let _ = writeln!(text, "#[Max     = {max:12.3}, Total count    = {count:12}]");
    let _ = writeln!(text, "#[Buckets = {buckets:12}, SubBuckets     = {sub:12}]");
    text.push_str(&missing(times));
    text
}

/// What the table cannot say.
fn missing(times: &Times) -> String {
    let (censored, from_ns) = times.censored();
    let mut text = String::new();
    if censored > 0 {
        let from = from_ns as f64 / 1e6;
        let _ =
            writeln!(text, "# {censored} had no end; they stand at {from:.3} ms and took longer");
    }
    if times.failed() > 0 {
        let _ = writeln!(text, "# {} failed and are not in the table", times.failed());
    }
    text
}

#[cfg(test)]
mod tests {
    use triathlon_load::Times;

    use super::spectrum;

    #[test]
    fn a_spectrum_is_as_its_readers_expect() {
        let mut times = Times::new().unwrap();
        (1..=1000).for_each(|ms| times.record(ms * 1_000_000));
        times.censor(2_000_000_000);
        times.fail();
        let text = spectrum(&times);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "       Value     Percentile TotalCount 1/(1-Percentile)");
        assert_eq!(lines[1], "");
        assert_eq!(lines[2].split_whitespace().count(), 4);
        let last = lines.iter().rposition(|line| !line.starts_with('#')).unwrap();
        let words: Vec<&str> = lines[last].split_whitespace().collect();
        assert_eq!((words[1], words[2], words.len()), ("1.000000000000", "1001", 3));
        assert!(lines[last + 1].starts_with("#[Mean    =      501.9"), "{}", lines[last + 1]);
        assert!(lines[last + 2].contains("Total count    =         1001]"));
        assert!(lines[last + 3].contains("SubBuckets     =         2048]"));
        assert!(text.ends_with("# 1 failed and are not in the table\n"));
        assert!(text.contains("# 1 had no end; they stand at 2000.000 ms and took longer"));
    }
}
