//! Numbers as the page writes them, digit by digit.

/// Between number and unit, and between groups of three digits.
pub(super) const THIN: char = '\u{202f}';

/// Six significant digits, which is what `summary.json` keeps.
pub(super) fn six(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap()
}

/// Three significant digits without an exponent.
pub(super) fn three(value: f64) -> String {
    let written = format!("{value:.2e}");
    let (digits, exponent) = written.split_once('e').unwrap();
    let (digits, exponent) = (digits.replace('.', ""), exponent.parse::<i32>().unwrap());
    if value == 0.0 {
        return "0".to_string();
    }
    match exponent {
        2.. => grouped(&(digits + &"0".repeat(exponent as usize - 2))),
        0 | 1 => format!("{}.{}", &digits[..=exponent as usize], &digits[exponent as usize + 1..]),
        _ => format!("0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
    }
}

/// Groups of three from the right, where there are five digits or more.
pub(super) fn grouped(digits: &str) -> String {
    if digits.len() < 5 {
        return digits.to_string();
    }
    let (head, tail) = digits.split_at(digits.len() - 3);
    format!("{}{THIN}{tail}", if head.len() > 3 { grouped_all(head) } else { head.to_string() })
}

fn grouped_all(digits: &str) -> String {
    match digits.len() {
        ..=3 => digits.to_string(),
        long => format!("{}{THIN}{}", grouped_all(&digits[..long - 3]), &digits[long - 3..]),
    }
}

/// How far a ratio is above 1, in per cent.
pub(super) fn percent(ratio: f64) -> String {
    format!("{}{THIN}%", three((ratio - 1.0) * 100.0))
}

#[test]
fn three_digits_are_written_out() {
    let check = |value: f64, want: &str| assert_eq!(three(value), want, "{value}");
    check(0.0, "0");
    check(0.0367, "0.0367");
    check(0.9996, "1.00");
    check(4.18, "4.18");
    check(79.44, "79.4");
    check(123.4, "123");
    check(1234.0, "1230");
    check(12_345.0, "12\u{202f}300");
    check(1_234_567.0, "1\u{202f}230\u{202f}000");
}
