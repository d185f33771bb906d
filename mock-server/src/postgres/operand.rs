//! What stands in the place of a parameter, and which values may.

use super::refusal::{
    BAD_ENCODING, DATATYPE_MISMATCH, FEATURE_NOT_SUPPORTED, INVALID_BINARY, INVALID_TEXT,
    OUT_OF_RANGE, Refusal, TOO_LARGE,
};
use super::token::Token;

/// Longest payload of an insert.
pub(super) const PAYLOAD_MAX_BYTES: usize = 1 << 20;

/// What the places of the measured statements are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Text,
    Float,
}

/// A type of PostgreSQL that a parameter may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Type {
    pub(super) oid: u32,
    kind: Kind,
}

// Source: PostgreSQL, src/include/catalog/pg_type.dat.
const INT8: Type = Type { oid: 20, kind: Kind::Int };
const INT2: Type = Type { oid: 21, kind: Kind::Int };
pub(super) const INT4: Type = Type { oid: 23, kind: Kind::Int };
pub(super) const TEXT: Type = Type { oid: 25, kind: Kind::Text };
const FLOAT4: Type = Type { oid: 700, kind: Kind::Float };
const FLOAT8: Type = Type { oid: 701, kind: Kind::Float };
const VARCHAR: Type = Type { oid: 1043, kind: Kind::Text };
/// What a client says that leaves the type to the server; so does 0.
const UNKNOWN_OID: u32 = 705;

const TYPES: [Type; 7] = [INT8, INT2, INT4, TEXT, FLOAT4, FLOAT8, VARCHAR];

impl Type {
    /// The type with that number, in a place of that kind; 0 takes the usual one.
    ///
    /// # Errors
    /// It does not go there.
    pub(super) fn of(oid: u32, kind: Kind) -> Result<Self, Refusal> {
        if oid == 0 || oid == UNKNOWN_OID {
            return Ok(kind.usual());
        }
        let known = TYPES.into_iter().find(|known| known.oid == oid && known.kind == kind);
        known.ok_or_else(|| mismatch(kind))
    }

    /// The type that SQL calls so.
    fn named(name: &[u8]) -> Option<Self> {
        match &*name.to_ascii_lowercase() {
            b"int4" | b"int" | b"integer" => Some(INT4),
            b"int8" | b"bigint" => Some(INT8),
            b"int2" | b"smallint" => Some(INT2),
            b"text" => Some(TEXT),
            b"varchar" => Some(VARCHAR),
            b"float8" => Some(FLOAT8),
            b"float4" | b"real" => Some(FLOAT4),
            _ => None,
        }
    }

    /// A value as a client sends it.
    ///
    /// # Errors
    /// It is none of this type.
    pub(super) fn value(self, bytes: Option<&[u8]>, binary: bool) -> Result<Value, Refusal> {
        let Some(bytes) = bytes else { return Ok(Value::Null) };
        if !binary || self.kind == Kind::Text {
            return self.kind.value(bytes);
        }
        let value = match self {
            INT2 => bytes.try_into().ok().map(|it| i64::from(i16::from_be_bytes(it))),
            INT4 => bytes.try_into().ok().map(|it| i64::from(i32::from_be_bytes(it))),
            INT8 => bytes.try_into().ok().map(i64::from_be_bytes),
            _ => return float(self, bytes),
        };
        value.ok_or_else(malformed).and_then(Value::id)
    }
}

fn float(of: Type, bytes: &[u8]) -> Result<Value, Refusal> {
    let value = match of {
        FLOAT4 => bytes.try_into().ok().map(|it| f64::from(f32::from_be_bytes(it))),
        _ => bytes.try_into().ok().map(f64::from_be_bytes),
    };
    value.ok_or_else(malformed).and_then(Value::pause)
}

fn malformed() -> Refusal {
    Refusal::new(INVALID_BINARY, "A binary parameter has not the length of its type.")
}

fn mismatch(kind: Kind) -> Refusal {
    let sentence = match kind {
        Kind::Int => "An id is an int4, or an int2 or int8 that fits.",
        Kind::Text => "A payload is a text.",
        Kind::Float => "pg_sleep takes a float8.",
    };
    Refusal::new(DATATYPE_MISMATCH, sentence)
}

impl Kind {
    pub(super) fn usual(self) -> Type {
        match self {
            Self::Int => INT4,
            Self::Text => TEXT,
            Self::Float => FLOAT8,
        }
    }

    /// A value written as text.
    ///
    /// # Errors
    /// It is none of this kind.
    fn value(self, bytes: &[u8]) -> Result<Value, Refusal> {
        if self == Self::Text {
            return Value::payload(bytes);
        }
        let text = str::from_utf8(bytes).map(str::trim).unwrap_or_default();
        let invalid = |what: &str| {
            let shown: String = text.chars().take(40).collect();
            Refusal::new(INVALID_TEXT, format!("{shown:?} is no {what}."))
        };
        if self == Self::Float {
            return text.parse().map_err(|_| invalid("float8")).and_then(Value::pause);
        }
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid("int4"));
        }
        // Only too many digits are left as a reason to fail.
        text.parse().map_err(|_| out_of_range()).and_then(Value::id)
    }
}

/// What a place holds when the statement is executed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Id(i32),
    /// So long; the text itself is kept by nobody.
    Payload {
        bytes: usize,
    },
    Pause {
        ns: u64,
    },
}

impl Value {
    fn id(id: i64) -> Result<Self, Refusal> {
        i32::try_from(id).map(Self::Id).map_err(|_| out_of_range())
    }

    fn payload(text: &[u8]) -> Result<Self, Refusal> {
        // A zero is UTF-8, but not in PostgreSQL.
        if str::from_utf8(text).is_err() || text.contains(&0) {
            return Err(Refusal::new(BAD_ENCODING, "The payload is no UTF-8 without zeroes."));
        }
        if text.len() > PAYLOAD_MAX_BYTES {
            return Err(Refusal::new(TOO_LARGE, "A payload has at most 1048576 bytes."));
        }
        Ok(Self::Payload { bytes: text.len() })
    }

    fn pause(seconds: f64) -> Result<Self, Refusal> {
        if !(0.0..=60.0).contains(&seconds) {
            let sentence = "pg_sleep takes from 0 to 60 seconds here.";
            return Err(Refusal::new(OUT_OF_RANGE, sentence));
        }
        Ok(Self::Pause { ns: (seconds * 1e9) as u64 })
    }
}

/// What is beyond the type of ids.
pub(super) fn out_of_range() -> Refusal {
    Refusal::new(OUT_OF_RANGE, "Integer out of range; ids are of the type int4.")
}

/// What stands in a place of a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operand {
    /// The parameter of this index, from 0, with the type of its cast or 0.
    Parameter {
        index: u16,
        cast: u32,
    },
    Value(Value),
}

/// The tokens that stand there, with the first of their casts.
#[derive(Clone, Copy)]
pub(super) struct Raw<'a> {
    token: Token<'a>,
    negative: bool,
    cast: Option<Type>,
    /// Whether all casts are of the place's kind.
    fits: bool,
}

impl<'a> Raw<'a> {
    /// Takes a literal or a parameter from the front, with its casts.
    pub(super) fn take(given: &mut &[Token<'a>], kind: Kind) -> Option<Self> {
        let mut rest = *given;
        let negative = rest.first() == Some(&Token::Mark(b'-'));
        rest = &rest[usize::from(negative)..];
        let (token, mut rest) = rest.split_first()?;
        let number = matches!(token, Token::Number(_));
        let other = matches!(token, Token::Text(_) | Token::Parameter(_)) || token.is("null");
        if !(number || (other && !negative)) {
            return None;
        }
        let mut raw = Self { token: *token, negative, cast: None, fits: true };
        while let [Token::Cast, Token::Word(name), more @ ..] = rest {
            let (cast, more) = match more {
                [word, more @ ..]
                    if word.is("precision") && name.eq_ignore_ascii_case(b"double") =>
                {
                    (Some(FLOAT8), more)
                }
                _ => (Type::named(name), more),
            };
            raw.fits &= cast.is_some_and(|cast| cast.kind == kind);
            raw.cast = raw.cast.or(cast);
            rest = more;
        }
        *given = rest;
        Some(raw)
    }

    /// Whether both say the same, casts apart.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.negative == other.negative && self.token == other.token
    }

    /// What that is in a place of that kind.
    ///
    /// # Errors
    /// It is no value of the kind.
    pub(super) fn operand(self, kind: Kind) -> Result<Operand, Refusal> {
        if !self.fits {
            return Err(mismatch(kind));
        }
        let value = match self.token {
            Token::Parameter(0) => {
                return Err(Refusal::new(FEATURE_NOT_SUPPORTED, "There is no such parameter."));
            }
            Token::Parameter(number) => {
                let cast = self.cast.map_or(0, |cast| cast.oid);
                return Ok(Operand::Parameter { index: number - 1, cast });
            }
            Token::Number(_) if kind == Kind::Text => return Err(mismatch(kind)),
            Token::Number(digits) if self.negative => kind.value(&[b"-", digits].concat())?,
            Token::Number(digits) => kind.value(digits)?,
            Token::Text(text) => kind.value(&undoubled(text))?,
            _ => Value::Null,
        };
        Ok(Operand::Value(value))
    }
}

/// The text between quotes, with one quote for two.
fn undoubled(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        plain.push(*byte);
        if *byte == b'\'' {
            // The other one of the two.
            bytes.next();
        }
    }
    plain
}

#[cfg(test)]
#[path = "operand_tests.rs"]
mod tests;
