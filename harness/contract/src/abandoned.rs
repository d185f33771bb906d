//! What is given up on purpose, and what must be left of it.

use serde::{Deserialize, Serialize};

use crate::record::WindowRecord;

/// What is given up on purpose, warm-up included, and what must be left of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Abandoned {
    /// Operations whose deadline must pass; they are none of those that are `ok`.
    pub timed_out: u64,
    /// Requests whose client must be gone before their answer was due.
    pub given_up: u64,
    /// Times of giving up that must be taken inside the window.
    pub timed: u64,
    /// Descriptors that the process must have fewer at the closing edge of the window
    /// than at the opening one: more is a leak, less was closed twice.
    pub closed: u64,
}

impl Abandoned {
    /// Whether as many descriptors were closed inside the window as must be. Nothing is
    /// asked of a program that does not count them, as guests need not.
    ///
    /// # Errors
    /// One sentence: something leaks, or what belongs to somebody else was closed.
    pub fn left(&self, window: &WindowRecord) -> Result<(), String> {
        let Some((open, close)) = window.descriptors_open.zip(window.descriptors_close) else {
            return Ok(());
        };
        let want = open.saturating_sub(self.closed);
        match close == want {
            true => Ok(()),
            false => {
                Err(format!("unequal work: {close} descriptors open at the end instead of {want}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Abandoned;
    use crate::record::WindowRecord;

    #[test]
    fn a_descriptor_too_many_or_too_few_is_found_where_they_are_counted() {
        let abandoned = Abandoned { closed: 3, ..Abandoned::default() };
        let check = |open: Option<u64>, close: Option<u64>| {
            let window = WindowRecord {
                descriptors_open: open,
                descriptors_close: close,
                ..WindowRecord::default()
            };
            abandoned.left(&window)
        };
        assert_eq!(check(Some(12), Some(9)), Ok(()));
        let leak = check(Some(12), Some(10)).unwrap_err();
        assert!(leak.contains("10 descriptors open at the end instead of 9"), "{leak}");
        assert!(check(Some(12), Some(8)).unwrap_err().contains("8 descriptors"));
        assert_eq!(check(None, None), Ok(()));
    }
}
