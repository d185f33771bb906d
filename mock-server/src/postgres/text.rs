//! A statement's text as words.

/// Most words of one call; a statement of ours has 33.
const MOST_WORDS: usize = 256;

/// One word of SQL.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// A keyword, a name or a sign; in lower case unless it was quoted.
    Name(String),
    /// `$n`.
    Parameter(usize),
    /// A number with its sign, as it stands, or a text without its quotes.
    Literal(String),
}

/// The words of all statements of a text, statement by statement, without casts and
/// comments; what is between two semicolons may be nothing.
///
/// # Errors
/// There is no end to a text or a comment, or to the words.
pub(super) fn statements(text: &str) -> Result<Vec<Vec<Word>>, &'static str> {
    let mut found = vec![Vec::new()];
    let mut rest = text.trim_start();
    let mut count = 0;
    while !rest.is_empty() {
        count += 1;
        if count > MOST_WORDS {
            return Err("The text has more words than any statement that is answered here.");
        }
        let (word, after) = word(rest)?;
        rest = after.trim_start();
        let Some(statement) = found.last_mut() else { break };
        match word {
            None => {}
            Some(Word::Name(sign)) if sign == ";" => found.push(Vec::new()),
            Some(Word::Name(sign)) if sign == "::" => rest = cast(rest).trim_start(),
            Some(word) => statement.push(word),
        }
    }
    Ok(found)
}

/// The first word of a text that begins with one; nothing for a comment.
fn word(text: &str) -> Result<(Option<Word>, &str), &'static str> {
    let first = text.chars().next().unwrap_or(' ');
    if let Some(comment) = text.strip_prefix("--") {
        let end = comment.find('\n').unwrap_or(comment.len());
        return Ok((None, &comment[end..]));
    }
    if let Some(comment) = text.strip_prefix("/*") {
        let end = comment.find("*/").ok_or("A comment has no end.")?;
        return Ok((None, &comment[end + 2..]));
    }
    if first == '\'' {
        return quoted(text, '\'').map(|(text, rest)| (Some(Word::Literal(text)), rest));
    }
    if first == '"' {
        return quoted(text, '"').map(|(text, rest)| (Some(Word::Name(text)), rest));
    }
    if let Some(digits) = text.strip_prefix('$') {
        let (number, rest) = split(digits, |c| c.is_ascii_digit());
        let number = number.parse().map_err(|_| "A $ is followed by no number.")?;
        return Ok((Some(Word::Parameter(number)), rest));
    }
    let after_sign = text.strip_prefix('-').unwrap_or(text);
    if after_sign.starts_with(|c: char| c.is_ascii_digit()) {
        let (number, rest) = split(after_sign, |c| c.is_ascii_alphanumeric() || c == '.');
        let length = text.len() - after_sign.len() + number.len();
        return Ok((Some(Word::Literal(text[..length].to_string())), rest));
    }
    if first.is_alphabetic() || first == '_' {
        let (name, rest) = split(text, |c| c.is_alphanumeric() || c == '_');
        return Ok((Some(Word::Name(name.to_lowercase())), rest));
    }
    let length = if text.starts_with("::") { 2 } else { first.len_utf8() };
    Ok((Some(Word::Name(text[..length].to_string())), &text[length..]))
}

/// What follows `::`: a name, of two words in one case.
fn cast(text: &str) -> &str {
    let (name, rest) = split(text, |c| c.is_alphanumeric() || c == '_');
    let second = rest.trim_start();
    if name.eq_ignore_ascii_case("double") {
        let (_, rest) = split(second, |c| c.is_alphabetic());
        return rest;
    }
    rest
}

/// A text up to its quote, which is doubled within.
fn quoted(text: &str, quote: char) -> Result<(String, &str), &'static str> {
    let mut found = String::new();
    let mut rest = &text[quote.len_utf8()..];
    loop {
        let end = rest.find(quote).ok_or("A quoted text has no end.")?;
        found.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix(quote) {
            Some(more) => {
                found.push(quote);
                rest = more;
            }
            None => return Ok((found, rest)),
        }
    }
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::{Word, statements};

    fn name(text: &str) -> Word {
        Word::Name(text.to_string())
    }

    fn literal(text: &str) -> Word {
        Word::Literal(text.to_string())
    }

    #[test]
    fn words_are_told_apart_whatever_lies_between_them() {
        let check = |text: &str, want: &[&[Word]]| {
            assert_eq!(statements(text).unwrap(), want, "{text}");
        };
        check("", &[&[]]);
        check(" ; ", &[&[], &[]]);
        check("SELECT  1", &[&[name("select"), literal("1")]]);
        check("select-1", &[&[name("select"), literal("-1")]]);
        check("id=$12", &[&[name("id"), name("="), Word::Parameter(12)]]);
        check("'it''s; -- $1'", &[&[literal("it's; -- $1")]]);
        check("\"ID\" /* no; */ x -- y\n;z", &[&[name("ID"), name("x")], &[name("z")]]);
        check(
            "$1::int4, 0.5::double  precision)",
            &[&[Word::Parameter(1), name(","), literal("0.5"), name(")")]],
        );
        check("é§", &[&[name("é"), name("§")]]);
    }

    #[test]
    fn what_has_no_end_is_refused() {
        for text in ["'", "x 'y''", "\"", "/*", "$", "$x", &"x ".repeat(300)] {
            assert!(statements(text).is_err(), "{text}");
        }
    }
}
