//! The CPUs of an execution, and whether they were those that it was given.

use triathlon_contract::record::Answer;

use super::Shared;
use crate::what::What;

impl Shared {
    /// Whether it might use the CPUs that it was given.
    pub(super) fn pinned(&self, what: What<'_>, answer: &Answer) -> Result<(), String> {
        let (given, _) = self.placement.within(what.server(), what.cpus());
        as_given(given, answer.window.cpus)
    }

    /// The CPUs of an execution, of the server too where it takes part; none if
    /// nobody is pinned.
    pub(super) fn cpus_of(&self, what: What<'_>) -> Vec<usize> {
        let mut cpus = self.placement.within(what.server(), what.cpus()).0.to_vec();
        if what.server() && !cpus.is_empty() {
            cpus.extend(&self.placement.server_cpus);
        }
        cpus
    }
}

/// Compares the number of CPUs that the process `had` with those it was given. Nothing
/// is asked of one that does not say, as guests need not, or where nobody is pinned.
///
/// # Errors
/// One sentence: then the placement is a mere word of the plan.
fn as_given(given: &[usize], had: Option<u64>) -> Result<(), String> {
    let given = given.len() as u64;
    match had {
        Some(had) if given > 0 && had != given => {
            let plural = if had == 1 { "CPU" } else { "CPUs" };
            Err(format!("it might use {had} {plural} instead of {given}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::as_given;

    #[test]
    fn as_many_as_given_unless_nobody_is_pinned_or_it_does_not_say() {
        let check = |given: &[usize], had, want: Option<&str>| {
            assert_eq!(as_given(given, had).err().as_deref(), want);
        };
        check(&[1], Some(1), None);
        check(&[1], Some(2), Some("it might use 2 CPUs instead of 1"));
        check(&[0, 1], Some(1), Some("it might use 1 CPU instead of 2"));
        check(&[], Some(2), None);
        check(&[1], None, None);
    }
}
