//! `30s`, `500ms`, `20k`.

use std::time::Duration;

/// A time: a number and `us`, `ms`, `s`, `m` or `h`; without a unit, seconds.
///
/// # Errors
/// A sentence that shows what is understood.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time; write 30s, 500ms or 2m");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == 'µ');
    let unit_s = match &text[digits.len()..] {
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" | "" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let seconds = number(digits).ok_or_else(wrong)? * unit_s;
    // A day is far beyond any load, and far below what could overflow.
    if seconds > 86_400.0 {
        return Err(format!("{text} is more than a day"));
    }
    Ok(Duration::from_nanos((seconds * 1e9).round() as u64))
}

/// A number with `k` or `M` behind it, or without.
///
/// # Errors
/// A sentence that shows what is understood.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    let wrong = || format!("{text:?} is no number; write 500, 20k or 1.5M");
    let (digits, factor) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1e3),
        None => text.strip_suffix('M').map_or((text, 1.0), |digits| (digits, 1e6)),
    };
    Ok(number(digits).ok_or_else(wrong)? * factor)
}

/// As [`rate`], but whole.
///
/// # Errors
/// As [`rate`], and if it is no whole number from 0 to a thousand million.
pub(crate) fn count(text: &str) -> Result<u64, String> {
    let value = rate(text)?;
    if value.fract() != 0.0 || value > 1e9 {
        return Err(format!("{text:?} is no whole number"));
    }
    Ok(value as u64)
}

/// Digits and at most one point: no sign, no exponent, no infinity.
fn number(digits: &str) -> Option<f64> {
    let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    digits.parse().ok().filter(|_| plain && !digits.is_empty())
}

/// `12 345 678`.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let gap = |i: usize| i > 0 && (digits.len() - i).is_multiple_of(3);
    let spaced =
        digits.chars().enumerate().map(|(i, c)| if gap(i) { format!(" {c}") } else { c.into() });
    spaced.collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{count, duration, rate, thousands};

    #[test]
    fn times_have_units() {
        let check = |text, ms| assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        check("30s", 30_000);
        check("500ms", 500);
        check("2m", 120_000);
        check("1h", 3_600_000);
        check("1.5s", 1500);
        check("10", 10_000);
        check("2000us", 2);
        check("0s", 0);
        for wrong in ["", "s", "-1s", "1x", "1e3s", "inf", "nan", "1.2.3s", "1 s", "9999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_have_thousands() {
        assert_eq!((rate("20k"), rate("1.5k"), rate("2M")), (Ok(20e3), Ok(1500.0), Ok(2e6)));
        assert_eq!((count("1k"), count("64")), (Ok(1000), Ok(64)));
        for wrong in ["", "k", "-5", "1kk", "many", "0x10"] {
            assert!(rate(wrong).is_err() && count(wrong).is_err(), "{wrong}");
        }
        assert!(count("1.5").is_err() && count("9999M").is_err());
    }
    #[test]
    fn long_numbers_are_grouped() {
        let grouped = [0, 999, 1000, 12_345_678].map(thousands);
        assert_eq!(grouped, ["0", "999", "1 000", "12 345 678"]);
    }
}
