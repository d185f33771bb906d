//! Why a statement is not served.

use super::refusal::{FEATURE_NOT_SUPPORTED, Refusal, SYNTAX, UNDEFINED_TABLE};
use super::token::Token;

const SERVED: &str = "served are the selects and inserts on triathlon_item and triathlon_entry \
    that the README lists, SELECT 1, SELECT version(), BEGIN, COMMIT, ROLLBACK, SET, SHOW, \
    DEALLOCATE, DISCARD ALL and RESET ALL";

/// What SQL starts with, besides what is served; anything else is none.
const VERBS: &str = "alter analyze call checkpoint close cluster comment copy create declare delete do drop \
    execute explain fetch grant import insert listen load lock merge move notify prepare \
    reassign refresh reindex release revoke savepoint security select set show table \
    truncate unlisten update vacuum values with discard deallocate reset";

/// Why that is not served, as precisely as PostgreSQL would say.
pub(super) fn unserved(tokens: &[Token<'_>]) -> Refusal {
    let is_verb = |token: &Token<'_>| VERBS.split(' ').any(|verb| token.is(verb));
    let known = ["begin", "start", "commit", "end", "rollback", "abort"];
    match tokens.first() {
        Some(first) if is_verb(first) || known.iter().any(|verb| first.is(verb)) => {}
        Some(first) => {
            let sentence = format!("Syntax error at {}; {SERVED}.", shown(first));
            return Refusal::new(SYNTAX, sentence);
        }
        None => return Refusal::new(SYNTAX, "There is no statement."),
    }
    let ours = [Token::Word(b"triathlon_item"), Token::Word(b"triathlon_entry")];
    let mut pairs = tokens.windows(2);
    let stranger = pairs.find_map(|pair| match pair {
        [word, name @ (Token::Word(_) | Token::Name(_))]
            if ["from", "into", "update", "join", "table"].iter().any(|at| word.is(at)) =>
        {
            (!ours.contains(name) && !name.is("pause")).then_some(name)
        }
        _ => None,
    });
    match stranger {
        Some(name) => {
            let sentence = format!("There is no relation {}; {SERVED}.", shown(name));
            Refusal::new(UNDEFINED_TABLE, sentence)
        }
        None => Refusal::new(FEATURE_NOT_SUPPORTED, format!("No such statement; {SERVED}.")),
    }
}

/// A token for a sentence: the start of it, if it is long.
fn shown(token: &Token<'_>) -> String {
    const MOST_BYTES: usize = 40;
    let bytes = match token {
        Token::Word(bytes) | Token::Name(bytes) | Token::Text(bytes) | Token::Number(bytes) => {
            bytes
        }
        Token::Mark(byte) => std::slice::from_ref(byte),
        Token::Parameter(number) => return format!("${number}"),
        Token::Cast => b"::".as_slice(),
    };
    format!("{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_BYTES)]))
}
