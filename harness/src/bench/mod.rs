//! What `cargo bench` does: criterion's targets, one per category, then the
//! target `verdict`, which makes a run and its report.
//!
//! All of them have the same command line ([`Call`]), the same ids and the same
//! filters. The programs in `benches/` are thin and start this one; criterion
//! is known to them alone.

mod call;
pub mod target;
pub mod verdict;

use std::ffi::OsStr;

use clap::ValueEnum;

use crate::cmd::run::Arguments;
use crate::machine::Share;
use crate::{Failure, Result};

pub use call::{Call, Mode};

/// Environment variable that names the profile.
pub const PROFILE: &str = "TRIATHLON_PROFILE";

/// The profile of `cargo bench` unless another is named: with criterion's targets
/// before it, the run of more rounds would take twice as long.
const USUAL: &str = "quick";

/// Environment variable that says how many CPUs the contestant has.
pub const CPUS: &str = "TRIATHLON_CPUS";

/// The call and the environment as `triathlon run` would be called.
///
/// # Errors
/// A usage failure for a share of the CPUs that `triathlon run` does not take.
fn ask(call: &Call) -> Result<Arguments> {
    let filters = call.filters.clone();
    let mut arguments = Arguments { filters, quiet: call.quiet, ..Arguments::defaults() };
    arguments.profile = std::env::var(PROFILE).unwrap_or_else(|_| USUAL.to_string());
    if let Some(share) = std::env::var_os(CPUS) {
        arguments.cpus = cpus(&share)?;
    }
    Ok(arguments)
}

/// The value of [`CPUS`].
///
/// # Errors
/// A usage failure for a value that `triathlon run --cpus` does not take.
fn cpus(value: &OsStr) -> Result<Share> {
    let share = value.to_str().and_then(|text| Share::from_str(text, false).ok());
    share.ok_or_else(|| Failure::usage(format_args!("{CPUS} is {value:?}; choose one or half")))
}

#[cfg(test)]
mod tests {
    use super::{Share, cpus};

    #[test]
    fn the_cpus_of_the_contestant() {
        let share = |text: &str| cpus(text.as_ref());
        assert_eq!(share("one").unwrap(), Share::One);
        assert_eq!(share("half").unwrap(), Share::Half);
        for wrong in ["", "One", "2", "all"] {
            let sentence = share(wrong).unwrap_err().to_string();
            let want = format!("TRIATHLON_CPUS is {wrong:?}; choose one or half");
            assert_eq!(sentence, want);
        }
    }
}
