//! From SQL to one of the statements that are served, or to a refusal.

use std::sync::LazyLock;

use triathlon_contract::query::statements as texts;

use super::operand::{Kind, Operand, Raw};
use super::refusal::{INVALID_VALUE, Refusal, UNDEFINED_OBJECT};
use super::token::{Token, Tokens};
use super::unserved::unserved;

/// More than any statement that is served has.
const MOST_TOKENS: usize = 64;

/// Parameters of the session, as `SHOW` answers.
pub(super) const PARAMETERS: [(&str, &str); 9] = [
    ("server_version", "15.0 (triathlon)"),
    ("server_encoding", "UTF8"),
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO, MDY"),
    ("integer_datetimes", "on"),
    ("standard_conforming_strings", "on"),
    ("TimeZone", "UTC"),
    ("IntervalStyle", "postgres"),
    ("transaction_isolation", "read committed"),
];
/// So many of them are told when a session starts; the others are only shown.
pub(super) const REPORTED: usize = 7;

/// A statement that is served.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statement {
    Empty,
    Data(Data),
    SelectOne,
    Version,
    /// An index of [`PARAMETERS`].
    Show(usize),
    Begin {
        start: bool,
    },
    Commit,
    Rollback,
    Set,
    Reset,
    DiscardAll,
    /// One by its name, or all.
    Deallocate(Option<Box<[u8]>>),
}

/// What a measured statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    One,
    Ten,
    Insert,
}

/// A measured statement and what stands in the places of its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Data {
    pub(super) work: Work,
    pub(super) id: Operand,
    pub(super) payload: Option<Operand>,
    pub(super) pause: Option<Operand>,
}

/// A measured statement as the contract has it.
struct Template {
    work: Work,
    slots: &'static [Kind],
    tokens: Vec<Token<'static>>,
}

static TEMPLATES: LazyLock<[Template; 6]> = LazyLock::new(|| {
    use Kind::{Float, Int, Text};
    let template = |work, slots, text: &'static str| {
        let (tokens, _) = split(text.as_bytes()).expect("the contract's statements are SQL");
        Template { work, slots, tokens }
    };
    [
        template(Work::One, &[Int], texts::ONE),
        template(Work::Ten, &[Int], texts::TEN),
        template(Work::Insert, &[Int, Text], texts::INSERT),
        template(Work::One, &[Int, Float], texts::DELAYED_ONE),
        template(Work::Ten, &[Int, Float], texts::DELAYED_TEN),
        template(Work::Insert, &[Int, Text, Float], texts::DELAYED_INSERT),
    ]
});

/// The tokens of the first statement of a text, up to but without its semicolon,
/// and how far it goes; nothing for the length if it is the last.
fn split(text: &[u8]) -> Result<(Vec<Token<'_>>, Option<usize>), Refusal> {
    let mut tokens = Tokens::new(text);
    let mut statement = Vec::with_capacity(MOST_TOKENS);
    while let Some(token) = tokens.next()? {
        if token == Token::Mark(b';') {
            return Ok((statement, Some(tokens.at())));
        }
        // What is longer is refused; that much of it says why.
        if statement.len() <= MOST_TOKENS {
            statement.push(token);
        }
    }
    Ok((statement, None))
}

/// Whether there is nothing but white space, comments and semicolons.
pub(super) fn is_blank(text: &[u8]) -> bool {
    let mut tokens = Tokens::new(text);
    loop {
        match tokens.next() {
            Ok(None) => return true,
            Ok(Some(Token::Mark(b';'))) => {}
            _ => return false,
        }
    }
}

/// The first statement of a text, and where the next one starts, if there may be one.
///
/// # Errors
/// It is none of those that are served.
pub(super) fn recognise(text: &[u8]) -> Result<(Statement, Option<usize>), Refusal> {
    let (tokens, next) = split(text)?;
    let statement = match data(&tokens)? {
        Some(data) => Statement::Data(data),
        None => other(&tokens)?,
    };
    Ok((statement, next))
}

fn data(tokens: &[Token<'_>]) -> Result<Option<Data>, Refusal> {
    for Template { work, slots, tokens: template } in &*TEMPLATES {
        let Some(raw) = fill(template, slots, tokens) else { continue };
        let slot = |at: usize| raw[at].map(|raw| raw.operand(slots[at])).transpose();
        let id = slot(0)?.ok_or_else(|| unserved(tokens))?;
        let payload = if *work == Work::Insert { slot(1)? } else { None };
        let pause = if slots.last() == Some(&Kind::Float) { slot(slots.len() - 1)? } else { None };
        return Ok(Some(Data { work: *work, id, payload, pause }));
    }
    Ok(None)
}

/// What stands in a template's places; nothing if the rest is not equal.
fn fill<'a>(
    template: &[Token<'static>],
    slots: &[Kind],
    mut given: &[Token<'a>],
) -> Option<[Option<Raw<'a>>; 3]> {
    let mut raw = [None; 3];
    let mut template = template.iter();
    while let Some(token) = template.next() {
        match token {
            Token::Parameter(number) => {
                let slot = usize::from(*number) - 1;
                let found = Raw::take(&mut given, slots[slot])?;
                if raw[slot].is_some_and(|before: Raw<'_>| !before.is_same(&found)) {
                    return None;
                }
                raw[slot].get_or_insert(found);
            }
            // Whatever casts there are have gone with the place before.
            Token::Cast => _ = template.next(),
            fixed => {
                let (first, rest) = given.split_first()?;
                if first != fixed {
                    return None;
                }
                given = rest;
            }
        }
    }
    given.is_empty().then_some(raw)
}

fn other(tokens: &[Token<'_>]) -> Result<Statement, Refusal> {
    let Some((verb, rest)) = tokens.split_first() else { return Ok(Statement::Empty) };
    let Token::Word(word) = verb else { return Err(unserved(tokens)) };
    let served = match &*word.to_ascii_lowercase() {
        b"select" => select(rest),
        b"begin" => is_modes(rest, true).then_some(Statement::Begin { start: false }),
        b"start" => match rest.split_first() {
            Some((word, modes)) if word.is("transaction") && is_modes(modes, false) => {
                Some(Statement::Begin { start: true })
            }
            _ => None,
        },
        b"commit" | b"end" => is_block(rest).then_some(Statement::Commit),
        b"rollback" | b"abort" => is_block(rest).then_some(Statement::Rollback),
        b"set" => return set(rest).ok_or_else(|| unserved(tokens))?,
        b"show" => return show(rest).ok_or_else(|| unserved(tokens))?,
        b"reset" => {
            (matches!(rest, [Token::Word(_)]) || rest.len() == 2).then_some(Statement::Reset)
        }
        b"discard" => matches!(rest, [word] if word.is("all")).then_some(Statement::DiscardAll),
        b"deallocate" => deallocate(rest),
        _ => None,
    };
    served.ok_or_else(|| unserved(tokens))
}

fn select(rest: &[Token<'_>]) -> Option<Statement> {
    match rest {
        [Token::Number(b"1")] => Some(Statement::SelectOne),
        [word, Token::Mark(b'('), Token::Mark(b')')] if word.is("version") => {
            Some(Statement::Version)
        }
        _ => None,
    }
}

/// `WORK`, `TRANSACTION` or nothing.
fn is_block(rest: &[Token<'_>]) -> bool {
    match rest {
        [] => true,
        [word] => word.is("work") || word.is("transaction"),
        _ => false,
    }
}

/// Modes of a transaction, which make no difference here.
fn is_modes(mut rest: &[Token<'_>], block: bool) -> bool {
    if let [first, more @ ..] = rest
        && block
        && is_block(&[*first])
    {
        rest = more;
    }
    let known = |token: &Token<'_>| {
        let words = "isolation level serializable repeatable read committed uncommitted write \
            only not deferrable";
        *token == Token::Mark(b',') || words.split(' ').any(|word| token.is(word))
    };
    rest.iter().all(known)
}

/// `SET [SESSION | LOCAL] name {= | TO} value`, which changes nothing here; so what
/// would have to is refused. The answer is nothing for what is no `SET`.
fn set(mut rest: &[Token<'_>]) -> Option<Result<Statement, Refusal>> {
    if let [first, more @ ..] = rest
        && (first.is("session") || first.is("local"))
    {
        rest = more;
    }
    let [Token::Word(_), to, first, more @ ..] = rest else { return None };
    if !(to.is("to") || *to == Token::Mark(b'=')) || *first == Token::Mark(b'=') {
        return None;
    }
    let utf8 = |token: &Token<'_>| match token {
        Token::Word(word) | Token::Text(word) | Token::Name(word) => {
            [&b"utf8"[..], b"utf-8", b"unicode", b"default"]
                .iter()
                .any(|name| word.eq_ignore_ascii_case(name))
        }
        _ => false,
    };
    if rest[0].is("client_encoding") && !(more.is_empty() && utf8(first)) {
        let sentence = "This server speaks UTF8 only, so client_encoding cannot be set.";
        return Some(Err(Refusal::new(INVALID_VALUE, sentence)));
    }
    Some(Ok(Statement::Set))
}

fn show(rest: &[Token<'_>]) -> Option<Result<Statement, Refusal>> {
    let name = match rest {
        [Token::Word(name)] => *name,
        [one, two, three] if one.is("transaction") && two.is("isolation") && three.is("level") => {
            b"transaction_isolation"
        }
        _ => return None,
    };
    let index =
        PARAMETERS.iter().position(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
    Some(index.map(Statement::Show).ok_or_else(|| {
        let name = String::from_utf8_lossy(name);
        let known = PARAMETERS.map(|(name, _)| name).join(", ");
        let sentence = format!("There is no parameter {name:?}; SHOW knows {known}.");
        Refusal::new(UNDEFINED_OBJECT, sentence)
    }))
}

fn deallocate(mut rest: &[Token<'_>]) -> Option<Statement> {
    if let [first, more @ ..] = rest
        && !more.is_empty()
        && first.is("prepare")
    {
        rest = more;
    }
    match rest {
        [word] if word.is("all") => Some(Statement::Deallocate(None)),
        [Token::Word(name)] => Some(Statement::Deallocate(Some(name.to_ascii_lowercase().into()))),
        [Token::Name(name)] => Some(Statement::Deallocate(Some((*name).into()))),
        _ => None,
    }
}

#[cfg(test)]
#[path = "statement_tests.rs"]
mod tests;
