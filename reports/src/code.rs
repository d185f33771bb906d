//! How much code a cell is, and how deep it is nested: a pure function of its source.

mod deep;
mod lines;

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow};
use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::{Item, Meta};

/// What there is to count in a source text; comments, blank lines and tests are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Code {
    /// Lines on which there is code.
    pub(crate) lines: usize,
    /// Braces of blocks and of `match`, one inside the other, the function's own included.
    pub(crate) nesting: usize,
    /// How often `.await` is written.
    pub(crate) awaits: usize,
    /// How often a closure or a block is `move`.
    pub(crate) moves: usize,
    /// Calls of `clone`.
    pub(crate) clones: usize,
    /// How often `'static`, `Send` or `Sync` is demanded.
    pub(crate) bounds: usize,
}

impl Code {
    /// Counts a file.
    ///
    /// # Errors
    /// If it is no Rust.
    pub(crate) fn of(source: &str) -> Result<Self> {
        let tokens: TokenStream = source.parse().map_err(|error| anyhow!("{error}"))?;
        let mut file: syn::File = syn::parse2(tokens.clone()).context("parse")?;
        let mut tests = BTreeSet::new();
        file.items.retain(|item| {
            let test = is_test(item);
            if test {
                let span = item.span();
                tests.extend(span.start().line..=span.end().line);
            }
            !test
        });
        let words = lines::Words::of(tokens, source, &tests);
        Ok(Self {
            lines: words.lines.len(),
            nesting: deep::nesting(&file),
            awaits: words.awaits,
            moves: words.moves,
            clones: words.clones,
            bounds: words.bounds,
        })
    }

    /// Of several files together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            lines: self.lines + other.lines,
            nesting: self.nesting.max(other.nesting),
            awaits: self.awaits + other.awaits,
            moves: self.moves + other.moves,
            clones: self.clones + other.clones,
            bounds: self.bounds + other.bounds,
        }
    }
}

/// Whether an item is compiled for tests alone.
fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

#[cfg(test)]
#[path = "code/tests.rs"]
mod tests;
