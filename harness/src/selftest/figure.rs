//! Figures with bounds, and the verdict on them. Pure.

use triathlon_contract::record::{LoadRecord, LoadStatus, LoadTimes, SelftestFigure};

/// What a row found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) name: &'static str,
    pub(crate) wanted: String,
    pub(crate) got: String,
    pub(crate) verdict: Verdict,
    pub(crate) figures: Vec<SelftestFigure>,
}

/// What is thought of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ok,
    Failed(String),
    /// The tool itself says that these figures must not be believed, or the
    /// machine may have spoiled them: another attempt may do.
    Spoiled(String),
    NotMeasured(String),
}

/// A figure that is right, from `low` to `high`.
pub(crate) fn near(
    (name, unit): (&str, &str),
    found: Option<f64>,
    wanted: f64,
    (low, high): (f64, f64),
) -> SelftestFigure {
    SelftestFigure {
        name: name.to_string(),
        unit: unit.to_string(),
        wanted: Some(wanted),
        low: Some(low),
        high: Some(high),
        found,
    }
}

/// A count that must be exactly this.
pub(crate) fn exactly(name: &str, found: u64, wanted: u64) -> SelftestFigure {
    let wanted = wanted as f64;
    near((name, ""), Some(found as f64), wanted, (wanted, wanted))
}

/// A figure that must not exceed something.
pub(crate) fn at_most((name, unit): (&str, &str), found: Option<f64>, high: f64) -> SelftestFigure {
    let (name, unit) = (name.to_string(), unit.to_string());
    SelftestFigure { name, unit, wanted: None, low: None, high: Some(high), found }
}

/// A figure that must not fall short of something.
pub(crate) fn at_least((name, unit): (&str, &str), found: Option<f64>, low: f64) -> SelftestFigure {
    let (name, unit) = (name.to_string(), unit.to_string());
    SelftestFigure { name, unit, wanted: None, low: Some(low), high: None, found }
}

/// All figures within their bounds, or which are not.
pub(crate) fn judge(name: &'static str, figures: Vec<SelftestFigure>) -> Found {
    // A unit that all have is said once.
    let unit = figures.first().map_or("", |figure| figure.unit.as_str());
    let all = figures.iter().all(|figure| figure.unit == unit);
    let same = all && !unit.is_empty() && figures.len() > 1;
    let words = |word: fn(&SelftestFigure, &str) -> String| {
        let word = |figure| word(figure, if same { "" } else { &figure.unit });
        let words = figures.iter().map(word).collect::<Vec<_>>().join(", ");
        if same { format!("{words} {unit}") } else { words }
    };
    let (wanted, got) = (words(wanted), words(got));
    let outside: Vec<String> = figures.iter().filter_map(outside).collect();
    let verdict = match outside.is_empty() {
        true => Verdict::Ok,
        false => Verdict::Failed(outside.join("; ")),
    };
    Found { name, wanted, got, verdict, figures }
}

/// As [`judge`], of a load whose response times may be believed.
pub(crate) fn judge_load(
    name: &'static str,
    record: &LoadRecord,
    figures: impl Fn(&LoadTimes) -> Vec<SelftestFigure>,
) -> Found {
    match believed(record) {
        Ok(times) => judge(name, figures(times)),
        Err(reason) => Found {
            got: "no figures".to_string(),
            verdict: Verdict::Spoiled(reason),
            ..judge(name, figures(&LoadTimes::default()))
        },
    }
}

/// The response times of a load, or why there are none.
pub(crate) fn believed(record: &LoadRecord) -> Result<&LoadTimes, String> {
    match &record.response_ms {
        Some(times) if record.status <= LoadStatus::Degraded => Ok(times),
        _ => Err(reason(record)),
    }
}

/// The first reason against a load.
pub(crate) fn reason(record: &LoadRecord) -> String {
    let unnamed = || format!("its status is {:?}, without a reason", record.status);
    record.reasons.first().cloned().unwrap_or_else(unnamed)
}

fn wanted(figure: &SelftestFigure, unit: &str) -> String {
    let SelftestFigure { name, wanted, low, high, .. } = figure;
    let (sign, value) = match (wanted, low, high) {
        (Some(wanted), ..) => ("", *wanted),
        (None, None, Some(high)) => ("≤ ", *high),
        (None, Some(low), _) => ("≥ ", *low),
        (None, None, None) => return format!("{name} any"),
    };
    format!("{name} {sign}{}", with(value, unit))
}

fn got(figure: &SelftestFigure, unit: &str) -> String {
    let value = figure.found.map_or("none".to_string(), |found| with(found, unit));
    format!("{} {value}", figure.name)
}

/// What is wrong with a figure; nothing if it is right. What is no number is
/// within no bounds.
fn outside(figure: &SelftestFigure) -> Option<String> {
    let SelftestFigure { name, unit, low, high, found, .. } = figure;
    let (least, most) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
    let bounds = match (low, high) {
        (Some(low), Some(high)) if low == high => format!("it must be {}", with(*low, unit)),
        (Some(low), Some(high)) => {
            format!("it must be from {} to {}", number(*low), with(*high, unit))
        }
        (Some(low), None) => format!("it must be at least {}", with(*low, unit)),
        (None, Some(high)) => format!("it must be at most {}", with(*high, unit)),
        (None, None) => return None,
    };
    match found {
        Some(found) if (least..=most).contains(found) => None,
        Some(found) => Some(format!("{name} is {}; {bounds}", with(*found, unit))),
        None => Some(format!("{name} is missing; {bounds}")),
    }
}

fn with(value: f64, unit: &str) -> String {
    let space = if unit.is_empty() || unit == "/s" { "" } else { " " };
    format!("{}{space}{unit}", number(value))
}

/// Three or more digits, no more than help.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        whole if whole >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        some if some >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use triathlon_contract::record::LoadTimes;

    use super::{Verdict, at_least, at_most, exactly, judge, judge_load, near};
    use crate::selftest::stall::tests::record;

    #[test]
    fn figures_within_their_bounds_are_ok() {
        let figures = |p99: Option<f64>, lost: u64| {
            vec![
                near(("p99", "ms"), p99, 151.0, (121.0, 196.0)),
                at_most(("p50", "ms"), Some(1.5), 2.0),
                at_least(("max", "ms"), Some(200.0), 150.0),
                exactly("lost", lost, 0),
            ]
        };
        let same = judge("x", figures(Some(152.25), 0).drain(..2).collect());
        assert_eq!(same.wanted, "p99 151, p50 ≤ 2 ms");
        let good = judge("x", figures(Some(152.25), 0));
        assert_eq!(good.wanted, "p99 151 ms, p50 ≤ 2 ms, max ≥ 150 ms, lost 0");
        assert_eq!(good.got, "p99 152 ms, p50 1.50 ms, max 200 ms, lost 0");
        assert_eq!(good.verdict, Verdict::Ok);
        let check = |p99, lost, want: &str| {
            assert_eq!(judge("x", figures(p99, lost)).verdict, Verdict::Failed(want.to_string()));
        };
        check(Some(120.9), 0, "p99 is 121 ms; it must be from 121 to 196 ms");
        check(None, 0, "p99 is missing; it must be from 121 to 196 ms");
        check(Some(f64::NAN), 0, "p99 is NaN ms; it must be from 121 to 196 ms");
        check(Some(151.0), 2, "lost is 2; it must be 0");
    }

    #[test]
    fn what_must_not_be_believed_is_spoiled_and_not_judged() {
        let figures = |times: &LoadTimes| vec![at_most(("p50", "ms"), times.p50, 2.0)];
        let mut record = record(LoadTimes { p50: Some(1.0), ..LoadTimes::default() });
        assert_eq!(judge_load("x", &record, figures).verdict, Verdict::Ok);
        (record.response_ms, record.reasons) = (None, vec!["the generator was late".to_string()]);
        let found = judge_load("x", &record, figures);
        assert_eq!(found.verdict, Verdict::Spoiled("the generator was late".to_string()));
        assert_eq!((found.wanted.as_str(), found.got.as_str()), ("p50 ≤ 2 ms", "no figures"));
        record.reasons.clear();
        let Verdict::Spoiled(reason) = judge_load("x", &record, figures).verdict else {
            panic!("no response times are believed");
        };
        assert!(reason.contains("without a reason"), "{reason}");
    }
}
