//! `p99<10ms`, `error_rate<1%`: thresholds on what came out.

use triathlon_contract::record::{LoadRecord, LoadTimes, SloRecord};

use super::units;

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
enum Figure {
    /// A percentile, the mean or the highest of the response times.
    Response(String),
    /// Requests that are not ok, as a share of all.
    ErrorRate,
}

/// A threshold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slo {
    expression: String,
    figure: Figure,
    or_equal: bool,
    /// Milliseconds, or a share.
    limit: f64,
}

/// Reads an expression.
///
/// # Errors
/// A sentence that shows what is understood.
pub(crate) fn parse(text: &str) -> Result<Slo, String> {
    let wrong = || {
        format!(
            "{text:?} is no threshold; write 'p99<10ms' (p50, p75, p90, p95, p98, p99, p99.5, \
             p99.9, mean or max) or 'error_rate<1%'"
        )
    };
    let (name, limit) = text.split_once('<').ok_or_else(wrong)?;
    let (or_equal, limit) = match limit.strip_prefix('=') {
        Some(limit) => (true, limit.trim()),
        None => (false, limit.trim()),
    };
    let (figure, limit) = match name.trim() {
        "error_rate" => {
            let percent = limit.strip_suffix('%').ok_or_else(wrong)?;
            (Figure::ErrorRate, units::rate(percent).map_err(|_| wrong())? / 100.0)
        }
        name if of(&LoadTimes::default(), name).is_some() => {
            // A bare number would be ambiguous here.
            let has_unit = limit.ends_with(|c: char| c.is_ascii_alphabetic());
            let time = units::duration(limit).ok().filter(|_| has_unit).ok_or_else(wrong)?;
            (Figure::Response(name.to_string()), time.as_nanos() as f64 / 1e6)
        }
        _ => return Err(wrong()),
    };
    Ok(Slo { expression: text.to_string(), figure, or_equal, limit })
}

/// The figure of that name; none if there is no such name.
fn of(times: &LoadTimes, name: &str) -> Option<Option<f64>> {
    Some(match name {
        "mean" => times.mean,
        "p50" => times.p50,
        "p75" => times.p75,
        "p90" => times.p90,
        "p95" => times.p95,
        "p98" => times.p98,
        "p99" => times.p99,
        "p99.5" => times.p99_5,
        "p99.9" => times.p99_9,
        "max" => times.max,
        _ => return None,
    })
}

impl Slo {
    /// Whether it can only be judged in an open loop.
    pub(crate) fn needs_response_times(&self) -> bool {
        matches!(self.figure, Figure::Response(_))
    }

    /// Compares; what is not known does not hold.
    pub(crate) fn judge(&self, record: &LoadRecord) -> SloRecord {
        let value = match &self.figure {
            Figure::Response(name) => {
                record.response_ms.as_ref().and_then(|times| of(times, name).flatten())
            }
            Figure::ErrorRate => (record.planned > 0)
                .then(|| (record.planned - record.ok) as f64 / record.planned as f64),
        };
        let holds = |value: f64| value < self.limit || self.or_equal && value <= self.limit;
        SloRecord { expression: self.expression.clone(), value, met: value.is_some_and(holds) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, parse};

    #[test]
    fn expressions_are_read() {
        let check = |text: &str, figure: Figure, or_equal, limit| {
            let slo = parse(text).unwrap();
            assert_eq!((slo.figure, slo.or_equal, slo.limit), (figure, or_equal, limit), "{text}");
        };
        let response = |name: &str| Figure::Response(name.to_string());
        check("p99<10ms", response("p99"), false, 10.0);
        check("p99.9 <= 1.5s", response("p99.9"), true, 1500.0);
        check("max<500us", response("max"), false, 0.5);
        check("error_rate<1%", Figure::ErrorRate, false, 0.01);
        let wrong =
            ["", "p99", "p99>10ms", "p98.5<1ms", "p99<10", "p99<x", "error_rate<1", "rate<1%"];
        for wrong in wrong {
            assert!(parse(wrong).unwrap_err().contains("no threshold"), "{wrong}");
        }
    }
}
