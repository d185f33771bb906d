//! Which checks a form has, in order.

use super::figure::Found;
use super::live::Live;
use super::{Form, accounts, laws, queue, recorder, sensitivity, stall, timer};
use crate::Result;

/// One or several loads that give one or several rows.
pub(crate) struct Check {
    /// Names of the rows, in order.
    pub(crate) rows: &'static [&'static str],
    /// How long it takes as a rule.
    pub(crate) seconds: f64,
    pub(crate) measure: fn(&Live) -> Result<Vec<Found>>,
}

const QUICK: [Check; 7] = [
    Check { rows: &["one stall"], seconds: 5.3, measure: stall::one },
    Check { rows: &["polarity"], seconds: 1.3, measure: stall::polarity },
    Check { rows: &["no phantom tail", "constant arrivals"], seconds: 4.3, measure: laws::bimodal },
    Check { rows: &["known law"], seconds: 1.3, measure: laws::uniform },
    Check { rows: &["Poisson arrivals"], seconds: 5.3, measure: laws::poisson },
    Check { rows: &["timer floor"], seconds: 2.0, measure: timer::quick },
    Check {
        rows: &["conservation", "censored tail", "slow server"],
        seconds: 1.5,
        measure: accounts::all,
    },
];

const RECORDER: Check = Check { rows: &["recorder"], seconds: 0.1, measure: recorder::recorder };

/// All of them.
pub(crate) fn of(form: Form) -> Vec<Check> {
    let mut checks: Vec<Check> = QUICK.into_iter().chain([RECORDER]).collect();
    if form == Form::Full {
        checks.extend(FULL);
    }
    checks
}

const FULL: [Check; 6] = [
    Check { rows: &["one stall, long"], seconds: 60.5, measure: stall::long },
    Check { rows: &["no phantom tail, long"], seconds: 12.5, measure: laws::bimodal_long },
    Check { rows: &["timer floor, tight"], seconds: 20.0, measure: timer::full },
    Check { rows: &["D/M/1"], seconds: 110.0, measure: queue::constant },
    Check { rows: &["M/M/1"], seconds: 331.0, measure: queue::poisson },
    Check {
        rows: &["A/A, cpu", "power, cpu", "A/A, request-loop", "power, request-loop"],
        seconds: 1020.0,
        measure: sensitivity::aa_and_power,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::of;
    use crate::selftest::Form;

    #[test]
    fn names_are_told_apart_and_the_time_is_bounded() {
        for (form, most_s) in [(Form::Quick, 22.0), (Form::Full, 1800.0)] {
            let checks = of(form);
            let names: Vec<&str> = checks.iter().flat_map(|check| check.rows).copied().collect();
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
            let seconds: f64 = checks.iter().map(|check| check.seconds).sum();
            assert!(seconds <= most_s, "{seconds} s");
        }
    }
}
