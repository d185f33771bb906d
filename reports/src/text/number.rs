//! Numbers and units for readers.

use triathlon_contract::sleepers::variant_name;

/// Between number and unit, and between groups of three digits: a narrow
/// no-break space (the SI Brochure asks for a thin space in both places).
pub(crate) const THIN: char = '\u{202f}';

/// `value` rounded to six significant digits.
pub(crate) fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// Three significant digits, no exponent, digits in groups of three:
/// `0.0123`, `1.23`, `12.3`, `123`, `12 300`.
pub(crate) fn digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_string();
    }
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    let magnitude = rounded.abs().log10().floor() as i32;
    let decimals = (2 - magnitude).clamp(0, 9) as usize;
    group(&format!("{rounded:.decimals$}"))
}

/// A whole number, all its digits, in groups of three.
pub(crate) fn whole(value: u64) -> String {
    group(&value.to_string())
}

/// Groups of three before the point; four digits stay together.
fn group(number: &str) -> String {
    let (whole, fraction) = match number.find('.') {
        Some(point) => number.split_at(point),
        None => (number, ""),
    };
    let count = whole.chars().filter(char::is_ascii_digit).count();
    let mut out = String::new();
    let mut left = count;
    for c in whole.chars() {
        if c.is_ascii_digit() {
            if count > 4 && left < count && left.is_multiple_of(3) {
                out.push(THIN);
            }
            left -= 1;
        }
        out.push(c);
    }
    out + fraction
}

/// What a metric counts, and so its units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    Seconds,
    Milliseconds,
    Microseconds,
    PerSecond,
    Count,
    Bytes,
    Share,
}

/// The quantity of a metric or a parameter, by its last word.
pub(crate) fn quantity(name: &str) -> Quantity {
    let ends = |suffix: &str| name.ends_with(suffix);
    if ends("_per_s") {
        Quantity::PerSecond
    } else if ends("_us") || name.contains("_us_per_") {
        Quantity::Microseconds
    } else if ends("_ms") {
        Quantity::Milliseconds
    } else if ends("_s") {
        Quantity::Seconds
    } else if ends("_bytes") {
        Quantity::Bytes
    } else if ends("_share") {
        Quantity::Share
    } else {
        Quantity::Count
    }
}

/// A unit and how much of the quantity one of it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    pub(crate) name: &'static str,
    pub(crate) size: f64,
}

const fn unit(name: &'static str, size: f64) -> Unit {
    Unit { name, size }
}

const SECONDS: [Unit; 4] = [unit("ns", 1e-9), unit("µs", 1e-6), unit("ms", 1e-3), unit("s", 1.0)];
const MILLISECONDS: [Unit; 4] =
    [unit("ns", 1e-6), unit("µs", 1e-3), unit("ms", 1.0), unit("s", 1e3)];
const MICROSECONDS: [Unit; 4] =
    [unit("ns", 1e-3), unit("µs", 1.0), unit("ms", 1e3), unit("s", 1e6)];
const PER_SECOND: [Unit; 3] = [unit("/s", 1.0), unit("k/s", 1e3), unit("M/s", 1e6)];
const BYTES: [Unit; 4] =
    [unit("B", 1.0), unit("KiB", 1024.0), unit("MiB", 1_048_576.0), unit("GiB", 1_073_741_824.0)];
const SHARE: [Unit; 1] = [unit("%", 0.01)];
const COUNT: [Unit; 1] = [unit("", 1.0)];

impl Quantity {
    /// The largest unit of which `value` is at least one; the smallest if none.
    pub(crate) fn unit_for(self, value: f64) -> Unit {
        let units: &[Unit] = match self {
            Self::Seconds => &SECONDS,
            Self::Milliseconds => &MILLISECONDS,
            Self::Microseconds => &MICROSECONDS,
            Self::PerSecond => &PER_SECOND,
            Self::Bytes => &BYTES,
            Self::Share => &SHARE,
            Self::Count => &COUNT,
        };
        let fits = |unit: &&Unit| value.abs() >= unit.size * 0.9995;
        *units.iter().rev().find(fits).unwrap_or(&units[0])
    }

    /// One unit for a column, so that its numbers compare at a glance: that of
    /// the lower median, or a smaller one if the least value would otherwise
    /// be below a tenth.
    pub(crate) fn unit_for_all(self, values: &[f64]) -> Unit {
        // 0 is 0 in any unit.
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| *value > 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len().saturating_sub(1) / 2;
        let of_middle = self.unit_for(sorted.get(middle).copied().unwrap_or(0.0));
        match sorted.first() {
            Some(least) if *least < of_middle.size / 10.0 => self.unit_for(least * 10.0),
            _ => of_middle,
        }
    }
}

impl Unit {
    /// The number without the unit.
    pub(crate) fn number(self, value: f64) -> String {
        digits(value / self.size)
    }

    /// Number, thin space, unit.
    pub(crate) fn with(self, value: f64) -> String {
        match self.name {
            "" => self.number(value),
            name => format!("{}{THIN}{name}", self.number(value)),
        }
    }
}

/// `value` of the quantity in the unit that suits it.
pub(crate) fn quantified(quantity: Quantity, value: f64) -> String {
    quantity.unit_for(value).with(value)
}

/// Parameters that say whether something is so.
const ANSWERS: [&str; 8] =
    ["cold", "first_use", "from_outside", "most", "one_cpu", "poisson", "skewed", "writes"];

/// A parameter's value by its name: `delay_us` 20000 is `20 ms`, `fetches`
/// 5000 is `5000`.
pub(crate) fn parameter(name: &str, value: u64) -> String {
    let quantity = quantity(name);
    match quantity {
        _ if name == "variant" => variant_name(value).to_string(),
        _ if name == "blocked" && value <= 2 => ["none", "one", "all"][value as usize].to_string(),
        _ if ANSWERS.contains(&name) && value <= 1 => ["no", "yes"][value as usize].to_string(),
        Quantity::Count if name.ends_with("_percent") => format!("{}{THIN}%", whole(value)),
        Quantity::Count => whole(value),
        _ if value == 0 => "0".to_string(),
        _ => {
            let unit = quantity.unit_for(value as f64);
            let exact = value as f64 / unit.size;
            format!("{}{THIN}{}", group(&format!("{}", six_digits(exact))), unit.name)
        }
    }
}

/// A parameter's name without its unit: `delay_us` is `delay`.
pub(crate) fn parameter_name(name: &str) -> String {
    let plain = ["_us", "_ms", "_bytes", "_percent", "_per_s", "_s"]
        .iter()
        .find_map(|unit| name.strip_suffix(unit));
    plain.unwrap_or(name).replace('_', " ")
}

/// A label without the unit behind its last comma, for where values carry it.
pub(crate) fn label_without_unit(label: &str) -> &str {
    match label.rsplit_once(", ") {
        Some((label, unit)) if unit.chars().count() <= 3 => label,
        _ => label,
    }
}

#[cfg(test)]
mod tests {
    use super::{Quantity, digits, parameter, quantified, quantity, six_digits, whole};

    #[test]
    fn three_digits_and_no_exponent() {
        let check = |value: f64, want: &str| assert_eq!(digits(value), want, "{value}");
        check(0.0, "0");
        check(0.001_234, "0.00123");
        check(0.9996, "1.00");
        check(1.0, "1.00");
        check(12.34, "12.3");
        check(99.96, "100");
        check(1234.0, "1230");
        check(12_345.0, "12\u{202f}300");
        check(-1.5, "-1.50");
    }

    #[test]
    fn units_scale() {
        let check = |name: &str, value: f64, want: &str| {
            assert_eq!(quantified(quantity(name), value).replace('\u{202f}', " "), want, "{name}");
        };
        check("elapsed_s", 0.0281, "28.1 ms");
        check("elapsed_s", 20.9, "20.9 s");
        check("elapsed_s", 0.99999, "1.00 s");
        check("cpu_us_per_op", 0.5, "500 ns");
        check("cpu_us_per_op", 36.55, "36.5 µs");
        check("throughput_per_s", 12_345.0, "12.3 k/s");
        check("peak_rss_bytes", 5_242_880.0, "5.00 MiB");
        check("server_cpu_share", 0.931, "93.1 %");
        check("ctx_switches_per_op", 0.02, "0.0200");
        assert_eq!(Quantity::Seconds.unit_for_all(&[0.02, 0.03, 20.0]).name, "ms");
        assert_eq!(Quantity::PerSecond.unit_for_all(&[49.0, 4900.0, 5000.0]).name, "/s");
        assert_eq!(Quantity::PerSecond.unit_for_all(&[800.0, 4900.0, 5000.0]).name, "k/s");
        assert_eq!(Quantity::Bytes.unit_for_all(&[0.0, 0.0, 0.0, 2.1e6, 1.15e7]).name, "MiB");
        assert_eq!(Quantity::Bytes.unit_for_all(&[0.0, 0.0]).name, "B");
    }

    #[test]
    fn parameters_are_exact() {
        let check = |name: &str, value: u64, want: &str| {
            assert_eq!(parameter(name, value).replace('\u{202f}', " "), want, "{name}");
        };
        check("fetches", 5000, "5000");
        check("delay_us", 20_000, "20 ms");
        check("delay_us", 1500, "1.5 ms");
        check("delay_us", 0, "0");
        check("timeout_ms", 5000, "5 s");
        check("timeout_ms", 30, "30 ms");
        check("timeout_ms", 0, "0");
        check("body_bytes", 1024, "1 KiB");
        check("cpu_percent", 50, "50 %");
        check("variant", 2, "socket");
        check("blocked", 2, "all");
        check("one_cpu", 1, "yes");
        check("one_cpu", 0, "no");
        check("sockets", 1, "1");
        assert_eq!(whole(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn six_significant_digits() {
        assert_eq!(six_digits(0.012_345_678_9), 0.012_345_7);
        assert_eq!(six_digits(123_456_789.0), 123_457_000.0);
        assert_eq!(six_digits(0.0), 0.0);
    }
}
