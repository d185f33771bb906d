//! The charts of whole categories.

use anyhow::Result;

use super::Drawing;
use super::profile::{Profile, profiles};
use super::trade::{Chart, trades};
use crate::render::Model;

/// Of all categories, one after the other.
pub(crate) struct Overview<'a> {
    /// None without verdicts.
    pub(crate) profiles: Vec<Profile>,
    pub(crate) trades: Vec<Chart<'a>>,
}

impl<'a> Overview<'a> {
    pub(crate) fn of(model: &Model<'a>) -> Result<Self> {
        Ok(Self { profiles: profiles(model)?, trades: trades(model)? })
    }

    /// The drawings in the order of the page.
    pub(crate) fn drawings(&self) -> impl Iterator<Item = &Drawing> {
        let profiles = self.profiles.iter().map(|profile| &profile.drawing);
        profiles.chain(self.trades.iter().map(|trade| &trade.drawing))
    }
}
