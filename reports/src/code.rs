//! How much code a cell is, and how deep it is nested: a pure function of its source.

mod deep;
mod lines;

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow, ensure};
use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{Item, Meta};

/// Most tokens of a text that is parsed; cells have half of it.
const TOKENS_MAX: usize = 4000;

/// Deepest brackets of a text that is parsed; in cells they are a dozen deep.
const DEPTH_MAX: usize = 64;

/// Stack that is enough to parse as many tokens, whatever they are: each may lead a level
/// down, as in `return return return`.
pub(crate) const STACK_BYTES: usize = 256 << 20;

/// What there is to count in a source text; comments, blank lines and tests are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// Lines on which there is code.
    pub lines: usize,
    /// Braces of blocks and of `match`, one inside the other, the function's own included.
    pub nesting: usize,
    /// How often `.await` is written.
    pub awaits: usize,
    /// How often a closure or a block is `move`.
    pub moves: usize,
    /// Calls of `clone`.
    pub clones: usize,
    /// How often `'static`, `Send` or `Sync` is demanded.
    pub bounds: usize,
}

impl Code {
    /// Counts a file.
    ///
    /// # Errors
    /// If it is no Rust, or so long or deep that it is no code of a person's.
    pub fn of(source: &str) -> Result<Self> {
        let tokens: TokenStream = source.parse().map_err(|error| anyhow!("{error}"))?;
        bounded(&tokens)?;
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

/// Whether the parser will come to its end: walks without going down itself.
fn bounded(tokens: &TokenStream) -> Result<()> {
    let mut open = vec![tokens.clone().into_iter()];
    let mut count = 0;
    while let Some(innermost) = open.last_mut() {
        match innermost.next() {
            None => _ = open.pop(),
            Some(token) => {
                count += 1;
                if let TokenTree::Group(group) = token {
                    open.push(group.stream().into_iter());
                }
            }
        }
        ensure!(count <= TOKENS_MAX, "more than {TOKENS_MAX} tokens");
        ensure!(open.len() <= DEPTH_MAX, "brackets are more than {DEPTH_MAX} deep");
    }
    Ok(())
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
