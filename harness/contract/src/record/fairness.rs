//! How equally the clients of a closed loop were served.

use serde::{Deserialize, Serialize};

use crate::Shares;

/// The answers of each client when the first of them had its last one. Up to then all of them
/// ask for more; at the end all have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FairnessRecord {
    /// Answers to all clients.
    pub answers: u64,
    /// Those to each.
    pub shares: Shares,
}

impl FairnessRecord {
    /// Of the answers to each; nothing where one client has nobody to share with.
    pub fn of(of_each: &[u64]) -> Option<Self> {
        let shares = Shares::of(of_each).filter(|shares| shares.contenders > 1)?;
        Some(Self { answers: of_each.iter().sum(), shares })
    }
}

#[cfg(test)]
mod tests {
    use super::FairnessRecord;
    use crate::Shares;

    #[test]
    fn all_answers_are_shared_and_one_client_shares_with_nobody() {
        let shares = Shares { least: 3, most: 8, contenders: 3, squares: 9 + 16 + 64 };
        assert_eq!(FairnessRecord::of(&[4, 3, 8]), Some(FairnessRecord { answers: 15, shares }));
        assert_eq!(FairnessRecord::of(&[8]), None);
        assert_eq!(FairnessRecord::of(&[]), None);
    }
}
