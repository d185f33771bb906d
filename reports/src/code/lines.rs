//! Lines on which there is code, and some words, by where the tokens lie.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// What was found among the tokens.
#[derive(Default)]
pub(super) struct Words {
    pub(super) lines: BTreeSet<usize>,
    pub(super) awaits: usize,
    pub(super) moves: usize,
    pub(super) clones: usize,
    pub(super) bounds: usize,
}

/// Where a token may lie to count.
struct Where<'a> {
    text: Vec<&'a str>,
    left_out: &'a BTreeSet<usize>,
}

impl Words {
    /// Of all tokens that lie on no line that is left out.
    pub(super) fn of(tokens: TokenStream, source: &str, left_out: &BTreeSet<usize>) -> Self {
        let place = Where { text: source.lines().collect(), left_out };
        let mut words = Self::default();
        words.read(tokens, &place);
        words
    }

    fn read(&mut self, tokens: TokenStream, place: &Where<'_>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if place.comment(token) {
                // `#`, `!` where it is the file's or the block's own, and the brackets.
                at += 1;
                while !matches!(tokens.get(at), Some(TokenTree::Group(_)) | None) {
                    at += 1;
                }
            } else if !place.left_out.contains(&token.span().start().line) {
                self.take(&tokens, at, place);
            }
            at += 1;
        }
    }

    fn take(&mut self, tokens: &[TokenTree], at: usize, place: &Where<'_>) {
        let before = at.checked_sub(1).map(|at| &tokens[at]);
        match &tokens[at] {
            TokenTree::Group(group) => {
                if group.delimiter() != Delimiter::None {
                    self.lie(group.span_open());
                    self.lie(group.span_close());
                }
                self.read(group.stream(), place);
            }
            TokenTree::Ident(word) => {
                self.lie(word.span());
                let called = matches!(tokens.get(at + 1), Some(TokenTree::Group(group))
                    if group.delimiter() == Delimiter::Parenthesis);
                match word.to_string().as_str() {
                    "await" if is(before, '.') => self.awaits += 1,
                    "move" => self.moves += 1,
                    "clone" if called && !is_word(before, "fn") => self.clones += 1,
                    "static" if is(before, '\'') => self.bounds += 1,
                    "Send" | "Sync" => self.bounds += 1,
                    _ => {}
                }
            }
            other => self.lie(other.span()),
        }
    }

    /// A text may go over several lines.
    fn lie(&mut self, span: Span) {
        self.lines.extend(span.start().line..=span.end().line);
    }
}

impl Where<'_> {
    /// Whether it begins what was written as a comment: to the parser that is an attribute.
    fn comment(&self, token: &TokenTree) -> bool {
        let start = token.span().start();
        let line = start.line.checked_sub(1).and_then(|line| self.text.get(line));
        let written = line.and_then(|line| line.chars().nth(start.column));
        matches!(token, TokenTree::Punct(mark) if mark.as_char() == '#') && written == Some('/')
    }
}

fn is(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == mark)
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(found)) if found == word)
}
