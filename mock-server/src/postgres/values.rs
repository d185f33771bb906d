//! The values of a query, as they came.

use std::time::Duration;

use triathlon_contract::query::Kind;

use super::refusal::Refused;
use super::statement::{Asked, Slot};

/// Longest pause of a query.
const PAUSE_MAX_S: f64 = 60.0;

/// Longest payload that is written.
const PAYLOAD_MAX_BYTES: usize = 1 << 20;

/// What a query needs to be answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Values {
    pub(super) id: i32,
    /// Of a row that is written; 0 for others.
    pub(super) payload_bytes: u64,
    pub(super) pause: Duration,
}

/// The values of a query that has them all in its text.
///
/// # Errors
/// One is not of its type, or there is a parameter.
pub(super) fn literal(asked: &Asked) -> Result<Values, Refused> {
    decode(asked, |slot| match slot {
        Slot::Literal(text) => Ok((text.as_bytes(), false)),
        Slot::Parameter(place) => {
            Err(Refused::owned("42P02", format!("there is no parameter ${}", place + 1)))
        }
    })
}

/// The values of a query with parameters; text or binary.
///
/// # Errors
/// One is null or not of its type.
pub(super) fn bound(asked: &Asked, given: &[(Option<&[u8]>, bool)]) -> Result<Values, Refused> {
    decode(asked, |slot| match slot {
        Slot::Literal(text) => Ok((text.as_bytes(), false)),
        Slot::Parameter(place) => match given.get(*place) {
            Some((Some(bytes), binary)) => Ok((*bytes, *binary)),
            Some((None, _)) => Err(Refused::new("23502", "A parameter is null, and none may be.")),
            None => Err(Refused::new("08P01", "A parameter is missing.")),
        },
    })
}

fn decode<'a>(
    asked: &'a Asked,
    value: impl Fn(&'a Slot) -> Result<(&'a [u8], bool), Refused>,
) -> Result<Values, Refused> {
    let mut values = Values { id: 0, payload_bytes: 0, pause: Duration::ZERO };
    for (slot, type_id) in asked.values.iter().zip(asked.types()) {
        let (bytes, binary) = value(slot)?;
        match type_id {
            23 => values.id = int(bytes, binary)?,
            25 => values.payload_bytes = payload(bytes)?,
            _ => values.pause = pause(bytes, binary)?,
        }
    }
    debug_assert!(asked.kind == Kind::Insert || values.payload_bytes == 0);
    Ok(values)
}

fn int(bytes: &[u8], binary: bool) -> Result<i32, Refused> {
    let number = match (binary, bytes.len()) {
        (true, 2) => bytes.try_into().map(|it| i64::from(i16::from_be_bytes(it))).ok(),
        (true, 4) => bytes.try_into().map(|it| i64::from(i32::from_be_bytes(it))).ok(),
        (true, 8) => bytes.try_into().map(i64::from_be_bytes).ok(),
        (true, _) => return Err(Refused::new("22P03", "An id in binary has 2, 4 or 8 bytes.")),
        (false, _) => str::from_utf8(bytes).ok().and_then(|text| text.trim().parse().ok()),
    };
    let number = number.ok_or(Refused::new("22P02", "An id is no whole number."))?;
    number.try_into().map_err(|_| Refused::new("22003", "An id is out of the range of int4."))
}

fn payload(bytes: &[u8]) -> Result<u64, Refused> {
    if bytes.len() > PAYLOAD_MAX_BYTES {
        return Err(Refused::new("54000", "A payload has more than 1048576 bytes."));
    }
    str::from_utf8(bytes)
        .map(|text| text.len() as u64)
        .map_err(|_| Refused::new("22021", "A payload is not UTF-8."))
}

fn pause(bytes: &[u8], binary: bool) -> Result<Duration, Refused> {
    let pause_s = match (binary, bytes.len()) {
        (true, 4) => bytes.try_into().map(|it| f64::from(f32::from_be_bytes(it))).ok(),
        (true, 8) => bytes.try_into().map(f64::from_be_bytes).ok(),
        (true, _) => None,
        (false, _) => str::from_utf8(bytes).ok().and_then(|text| text.trim().parse().ok()),
    };
    let pause_s = pause_s.ok_or(Refused::new("22P02", "A pause is no float8."))?;
    if !(0.0..=PAUSE_MAX_S).contains(&pause_s) {
        return Err(Refused::new("22003", "A pause is not from 0 to 60 seconds."));
    }
    Ok(Duration::from_secs_f64(pause_s))
}

/// Whether the column of that place is to be in binary.
pub(super) fn result_format(results: &[bool], place: usize) -> bool {
    match results {
        [] => false,
        [one] => *one,
        all => all.get(place).copied().unwrap_or_default(),
    }
}

/// A number as it goes out.
pub(super) fn int4(number: i32, binary: bool) -> Vec<u8> {
    if binary { number.to_be_bytes().to_vec() } else { number.to_string().into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::{int, pause, payload, result_format};
    use std::time::Duration;

    #[test]
    fn numbers_come_as_text_and_in_binary() {
        assert_eq!(int(b"-7", false), Ok(-7));
        assert_eq!(int(&[0, 7], true), Ok(7));
        assert_eq!(int(&[0, 0, 0, 7], true), Ok(7));
        assert_eq!(int(&[255; 8], true), Ok(-1));
        assert_eq!(int(b"seven", false).unwrap_err().code, "22P02");
        assert_eq!(int(b"2147483648", false).unwrap_err().code, "22003");
        assert_eq!(int(&[0; 3], true).unwrap_err().code, "22P03");
        assert_eq!(pause(b"0.01", false), Ok(Duration::from_millis(10)));
        assert_eq!(pause(&0.5_f64.to_be_bytes(), true), Ok(Duration::from_millis(500)));
        for wrong in ["-1", "61", "inf", "NaN"] {
            assert_eq!(pause(wrong.as_bytes(), false).unwrap_err().code, "22003", "{wrong}");
        }
        assert_eq!(pause(b"soon", false).unwrap_err().code, "22P02");
    }

    #[test]
    fn payloads_are_text_and_bounded() {
        assert_eq!(payload("é".as_bytes()), Ok(2));
        assert_eq!(payload(&[255]).unwrap_err().code, "22021");
        assert_eq!(payload(&vec![b'x'; (1 << 20) + 1]).unwrap_err().code, "54000");
    }

    #[test]
    fn one_format_is_for_all_columns_and_none_is_text() {
        assert!(!result_format(&[], 1));
        assert!(result_format(&[true], 1));
        assert!(result_format(&[false, true], 1));
        assert!(!result_format(&[false, true], 0));
    }
}
