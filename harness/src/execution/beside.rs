//! What goes on beside the operations has times of its own, one of each.

use triathlon_contract::record::BesideRecord;
use triathlon_contract::{Expected, registry};

/// Whether every one of those that a workload expects beside its operations was timed.
///
/// # Errors
/// How many are missing or too many, as a reason.
pub(super) fn timed(
    workload: &str,
    expected: &Expected,
    beside: Option<&BesideRecord>,
) -> Result<(), String> {
    let Some(noun) = registry::workload(workload).and_then(|known| known.beside) else {
        return Ok(());
    };
    let (want, got) = (expected.ok - expected.samples, beside.map_or(0, |beside| beside.count));
    match want == got {
        true => Ok(()),
        false => Err(format!("unequal work: times of {got} {noun}s instead of {want}")),
    }
}

#[cfg(test)]
mod tests {
    use super::timed;
    use triathlon_contract::Expected;
    use triathlon_contract::record::BesideRecord;

    #[test]
    fn calls_without_times_are_found_where_a_workload_has_calls() {
        let expected = Expected { ok: 12, samples: 10, ..Expected::default() };
        let check = |workload, count: Option<u64>| {
            let beside = count.map(|count| BesideRecord { count, ..BesideRecord::default() });
            timed(workload, &expected, beside.as_ref())
        };
        assert_eq!(check("stall", Some(2)), Ok(()));
        let missing = "unequal work: times of 0 calls instead of 2";
        assert_eq!(check("stall", None), Err(missing.to_string()));
        assert!(check("stall", Some(3)).unwrap_err().contains("3 calls instead of 2"));
        assert_eq!(check("cpu", None), Ok(()), "a warm-up is no call");
    }
}
