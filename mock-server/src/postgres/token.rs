//! SQL in words.
//!
//! On bytes, because one query of many statements is taken apart piece by piece:
//! what is asked for together is checked once to be UTF-8.

use super::refusal::{Refusal, SYNTAX};

/// One piece of SQL; comments and white space are none.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token<'a> {
    /// A keyword or a name, in any case.
    Word(&'a [u8]),
    /// A name between double quotes, which are not part of it.
    Name(&'a [u8]),
    /// What is between single quotes, doubled ones as they came.
    Text(&'a [u8]),
    /// Digits, perhaps with a point and an exponent.
    Number(&'a [u8]),
    /// `$n`; 0 if the number is beyond all bounds.
    Parameter(u16),
    /// `::`
    Cast,
    /// Any other byte.
    Mark(u8),
}

impl PartialEq for Token<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Word(one), Self::Word(other)) => one.eq_ignore_ascii_case(other),
            // Names between quotes are not folded; ours are all in lower case.
            (Self::Name(name), Self::Word(word)) | (Self::Word(word), Self::Name(name)) => {
                name.eq_ignore_ascii_case(word) && !name.iter().any(u8::is_ascii_uppercase)
            }
            (Self::Name(one), Self::Name(other))
            | (Self::Text(one), Self::Text(other))
            | (Self::Number(one), Self::Number(other)) => one == other,
            (Self::Parameter(one), Self::Parameter(other)) => one == other,
            (Self::Cast, Self::Cast) => true,
            (Self::Mark(one), Self::Mark(other)) => one == other,
            _ => false,
        }
    }
}

impl Token<'_> {
    /// Whether this is that keyword, which is given in lower case.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(have) if have.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// Reads tokens from the start of a text.
pub(super) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// How far it has read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next token; nothing at the end.
    ///
    /// # Errors
    /// Something that was opened does not end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>, Refusal> {
        self.skip()?;
        let rest = &self.text[self.at..];
        let Some(&first) = rest.first() else { return Ok(None) };
        let token = match first {
            b'\'' => Token::Text(self.quoted(b'\'')?),
            b'"' => Token::Name(self.quoted(b'"')?),
            b'$' if rest.get(1).is_some_and(u8::is_ascii_digit) => {
                let digits = self.run(1, |byte| byte.is_ascii_digit());
                let number = str::from_utf8(&digits[1..]).ok().and_then(|text| text.parse().ok());
                Token::Parameter(number.unwrap_or(0))
            }
            b':' if rest.get(1) == Some(&b':') => {
                self.at += 2;
                Token::Cast
            }
            b'0'..=b'9' => Token::Number(self.number()),
            b'.' if rest.get(1).is_some_and(u8::is_ascii_digit) => Token::Number(self.number()),
            byte if is_letter(byte) => {
                Token::Word(self.run(1, |byte| is_letter(byte) || byte.is_ascii_digit()))
            }
            byte => {
                self.at += 1;
                Token::Mark(byte)
            }
        };
        Ok(Some(token))
    }

    /// The bytes from here that `belongs` holds for, after the first `least`.
    fn run(&mut self, least: usize, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = &self.text[self.at..];
        let more = rest[least..].iter().take_while(|byte| belongs(**byte)).count();
        self.at += least + more;
        &rest[..least + more]
    }

    fn number(&mut self) -> &'a [u8] {
        let start = self.at;
        self.run(1, |byte| byte.is_ascii_digit() || byte == b'.');
        let exponent = &self.text[self.at..];
        if matches!(exponent.first(), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(exponent.get(1), Some(b'+' | b'-')));
            if exponent.get(1 + sign).is_some_and(u8::is_ascii_digit) {
                self.run(2 + sign, |byte| byte.is_ascii_digit());
            }
        }
        &self.text[start..self.at]
    }

    /// What is between two quotes; a doubled one does not end it.
    fn quoted(&mut self, quote: u8) -> Result<&'a [u8], Refusal> {
        let rest = &self.text[self.at + 1..];
        let mut length = 0;
        loop {
            let next = rest[length..].iter().position(|byte| *byte == quote);
            length += next.ok_or_else(|| Refusal::new(SYNTAX, "A quoted text does not end."))?;
            if rest.get(length + 1) != Some(&quote) {
                break;
            }
            length += 2;
        }
        self.at += length + 2;
        Ok(&rest[..length])
    }

    /// Over white space and comments; those between `/*` and `*/` nest.
    fn skip(&mut self) -> Result<(), Refusal> {
        loop {
            let rest = &self.text[self.at..];
            match rest {
                [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, ..] => self.at += 1,
                [b'-', b'-', ..] => {
                    self.run(2, |byte| byte != b'\n');
                }
                [b'/', b'*', ..] => {
                    let length = comment(rest)
                        .ok_or_else(|| Refusal::new(SYNTAX, "A comment does not end."))?;
                    self.at += length;
                }
                _ => return Ok(()),
            }
        }
    }
}

/// Length of the comment that a text starts with.
fn comment(text: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    loop {
        match text.get(at..at + 2)? {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" if depth == 1 => return Some(at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::{Token, Tokens};

    fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
        let mut tokens = Tokens::new(text.as_bytes());
        let mut all = Vec::new();
        while let Some(token) = tokens.next().ok()? {
            all.push(token);
        }
        Some(all)
    }

    #[test]
    fn a_statement_is_taken_apart() {
        use Token::{Cast, Mark, Name, Number, Parameter, Text, Word};
        let check = |text: &str, want: &[Token<'_>]| assert_eq!(tokens(text).unwrap(), want);
        check("", &[]);
        check(" -- nothing\n\t/* a /* b */ c */ ", &[]);
        check("SELECT id,a_1", &[Word(b"select"), Word(b"ID"), Mark(b','), Word(b"a_1")]);
        check("$1::int4", &[Parameter(1), Cast, Word(b"int4")]);
        check("$99999999", &[Parameter(0)]);
        check("'it''s' '' \"A b\"", &[Text(b"it''s"), Text(b""), Name(b"A b")]);
        check("-7", &[Mark(b'-'), Number(b"7")]);
        check(
            "0.01 .5 1e3 2E-4 3e",
            &[
                Number(b"0.01"),
                Number(b".5"),
                Number(b"1e3"),
                Number(b"2E-4"),
                Number(b"3"),
                Word(b"e"),
            ],
        );
        check("a:=$b;", &[Word(b"a"), Mark(b':'), Mark(b'='), Mark(b'$'), Word(b"b"), Mark(b';')]);
    }

    #[test]
    fn what_does_not_end_is_an_error() {
        for text in ["'", "'a''", "\"", "/*", "/* /* */", "select '"] {
            assert!(tokens(text).is_none(), "{text}");
        }
    }

    #[test]
    fn quotes_keep_the_case_of_a_name() {
        assert_eq!(Token::Name(b"id"), Token::Word(b"ID"));
        assert_ne!(Token::Name(b"ID"), Token::Word(b"id"));
        assert_ne!(Token::Text(b"id"), Token::Word(b"id"));
    }
}
