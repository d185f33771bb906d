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
    let want = match expected.abandoned {
        Some(abandoned) => abandoned.timed,
        None => expected.ok - expected.samples,
    };
    let got = beside.map_or(0, |beside| beside.count);
    match want == got {
        true => Ok(()),
        false => Err(format!("unequal work: times of {got} {noun}s instead of {want}")),
    }
}

#[cfg(test)]
mod tests {
    use super::timed;
    use triathlon_contract::record::BesideRecord;
    use triathlon_contract::{Abandoned, Expected};

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

    #[test]
    fn what_is_given_up_has_times_of_its_own() {
        let abandoned = Abandoned { timed: 3, ..Abandoned::default() };
        let expected =
            Expected { ok: 8, samples: 10, abandoned: Some(abandoned), ..Expected::default() };
        let check = |count| {
            let beside = BesideRecord { count, ..BesideRecord::default() };
            timed("deadline", &expected, Some(&beside))
        };
        assert_eq!(check(3), Ok(()));
        assert!(check(2).unwrap_err().contains("times of 2 timeouts instead of 3"));
    }
}
