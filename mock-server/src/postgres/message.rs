//! Messages of a client.
//!
//! Source: PostgreSQL's documentation, "Message Formats".

use super::refusal::Refused;

/// Longest message with its length: an insert of a mebibyte, and what is around it.
pub(super) const MESSAGE_MAX_BYTES: usize = (1 << 20) + 4096;

/// Longest first message; PostgreSQL's own bound.
const STARTUP_MAX_BYTES: usize = 10_000;

/// Most parameters of one call.
const MOST_PARAMETERS: usize = 16;

/// The first message of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// Asks for encryption, which is not to be had.
    Encryption,
    /// Asks to cancel a query of another connection.
    Cancel,
    Login,
}

/// A message of a client that has logged in.
#[derive(Debug, PartialEq)]
pub(super) enum Message<'a> {
    Query(&'a str),
    Parse { name: &'a str, text: &'a str, types: Vec<u32> },
    Bind(Bind<'a>),
    Describe { portal: bool, name: &'a str },
    Execute { portal: &'a str, most_rows: u32 },
    Close { portal: bool, name: &'a str },
    Flush,
    Sync,
    Terminate,
}

/// A statement's values.
#[derive(Debug, PartialEq)]
pub(super) struct Bind<'a> {
    pub(super) portal: &'a str,
    pub(super) statement: &'a str,
    /// None for a null; whether it is in binary.
    pub(super) values: Vec<(Option<&'a [u8]>, bool)>,
    /// Whether a column is to be in binary: none, one for all, or one each.
    pub(super) results: Vec<bool>,
}

/// The length of the first message, once it is there.
///
/// # Errors
/// It is none.
pub(super) fn opening(bytes: &[u8]) -> Result<Option<(Opening, usize)>, Refused> {
    let Some(length) = length(bytes) else { return Ok(None) };
    if !(8..=STARTUP_MAX_BYTES).contains(&length) {
        return Err(Refused::fatal("The first message is no login: its length is out of bounds."));
    }
    if bytes.len() < length {
        return Ok(None);
    }
    let mut body = Body(&bytes[4..length]);
    let opening = match body.u32()? {
        // 1234 in the upper half marks requests that are no login.
        80_877_103 | 80_877_104 => Opening::Encryption,
        80_877_102 => Opening::Cancel,
        version if version >> 16 == 3 => {
            login(body)?;
            Opening::Login
        }
        _ => return Err(Refused::fatal("Only version 3 of the protocol is spoken here.")),
    };
    Ok(Some((opening, length)))
}

/// Pairs of names and values, until an empty name.
fn login(mut body: Body<'_>) -> Result<(), Refused> {
    let mut user = false;
    loop {
        match body.text()? {
            "" => break,
            name => {
                user |= name == "user";
                body.text()?;
            }
        }
    }
    if user { Ok(()) } else { Err(Refused::fatal("The login names no user.")) }
}

/// The next message, once it is there, and its length.
///
/// # Errors
/// It is none that a client may send here.
pub(super) fn next(bytes: &[u8]) -> Result<Option<(Message<'_>, usize)>, Refused> {
    let Some((tag, rest)) = bytes.split_first() else { return Ok(None) };
    if !b"QPBDECHSXdcfF".contains(tag) {
        return Err(Refused::fatal("A message has a type that no client sends here."));
    }
    let Some(length) = length(rest) else { return Ok(None) };
    if !(4..=MESSAGE_MAX_BYTES).contains(&length) {
        return Err(Refused::fatal("A message has a length that is out of bounds."));
    }
    let Some(body) = rest.get(4..length) else { return Ok(None) };
    let mut body = Body(body);
    let message = match tag {
        b'Q' => Message::Query(body.text()?),
        b'P' => {
            let (name, text) = (body.text()?, body.text()?);
            Message::Parse { name, text, types: body.many(Body::u32)? }
        }
        b'B' => Message::Bind(bind(&mut body)?),
        b'D' => Message::Describe { portal: body.is_portal()?, name: body.text()? },
        b'E' => Message::Execute { portal: body.text()?, most_rows: body.u32()? },
        b'C' => Message::Close { portal: body.is_portal()?, name: body.text()? },
        b'H' => Message::Flush,
        b'S' => Message::Sync,
        b'X' => Message::Terminate,
        _ => return Err(Refused::fatal("Neither COPY nor function calls are served here.")),
    };
    if !body.0.is_empty() {
        return Err(Refused::fatal("A message is longer than what it says."));
    }
    Ok(Some((message, length + 1)))
}

fn bind<'a>(body: &mut Body<'a>) -> Result<Bind<'a>, Refused> {
    let (portal, statement) = (body.text()?, body.text()?);
    let formats = body.many(Body::format)?;
    let values: Vec<_> = body.many(Body::value)?;
    if formats.len() > 1 && formats.len() != values.len() {
        return Err(Refused::fatal("A Bind has another number of formats than of values."));
    }
    let format = |place: usize| match formats[..] {
        [] => false,
        [one] => one,
        _ => formats[place],
    };
    let values = values.into_iter().enumerate().map(|(place, it)| (it, format(place))).collect();
    Ok(Bind { portal, statement, values, results: body.many(Body::format)? })
}

fn length(bytes: &[u8]) -> Option<usize> {
    let length = bytes.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*length) as usize)
}

/// What is left of a message.
struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Refused> {
        let taken = self.0.split_at_checked(count);
        let (taken, rest) = taken.ok_or(Refused::fatal("A message ends too early."))?;
        self.0 = rest;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16, Refused> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Result<u32, Refused> {
        self.take(4).map(|bytes| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn text(&mut self) -> Result<&'a str, Refused> {
        let end = self.0.iter().position(|byte| *byte == 0);
        let end = end.ok_or(Refused::fatal("A text in a message has no end."))?;
        let text = &self.take(end + 1)?[..end];
        str::from_utf8(text).map_err(|_| Refused::fatal("A text in a message is not UTF-8."))
    }

    fn is_portal(&mut self) -> Result<bool, Refused> {
        match self.take(1)? {
            b"P" => Ok(true),
            b"S" => Ok(false),
            _ => Err(Refused::fatal("What is meant is neither a statement nor a portal.")),
        }
    }

    fn format(&mut self) -> Result<bool, Refused> {
        match self.u16()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Refused::fatal("A format is neither text nor binary.")),
        }
    }

    fn value(&mut self) -> Result<Option<&'a [u8]>, Refused> {
        match self.u32()? {
            u32::MAX => Ok(None),
            length => self.take(length as usize).map(Some),
        }
    }

    /// So many as a number says, each read by `read`.
    fn many<T>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, Refused>,
    ) -> Result<Vec<T>, Refused> {
        let count = usize::from(self.u16()?);
        if count > MOST_PARAMETERS {
            return Err(Refused::fatal("A message has more than 16 of a kind."));
        }
        (0..count).map(|_| read(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{MESSAGE_MAX_BYTES, Message, Opening, next, opening};

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32 + 4).to_be_bytes();
        [&[tag], &length[..], body].concat()
    }

    #[test]
    fn a_message_is_taken_when_it_is_complete_and_not_before() {
        let bytes = message(b'Q', b"SELECT 1\0");
        for cut in 0..bytes.len() {
            assert_eq!(next(&bytes[..cut]), Ok(None), "{cut}");
        }
        assert_eq!(next(&bytes), Ok(Some((Message::Query("SELECT 1"), bytes.len()))));
        let login = b"\0\0\0\x10\0\x03\0\0user\0x\0\0";
        for cut in 0..login.len() {
            assert_eq!(opening(&login[..cut]), Ok(None), "{cut}");
        }
        assert_eq!(opening(login), Ok(Some((Opening::Login, login.len()))));
    }

    #[test]
    fn what_is_no_message_is_refused_before_it_is_read() {
        let refused = |bytes: &[u8]| next(bytes).unwrap_err().message.into_owned();
        assert!(refused(b"GET / HTTP/1.1").contains("a type that no client"));
        let length = (MESSAGE_MAX_BYTES as u32 + 1).to_be_bytes();
        assert!(refused(&[&b"Q"[..], &length].concat()).contains("out of bounds"));
        assert!(refused(b"Q\0\0\0\x03").contains("out of bounds"));
        assert!(refused(&message(b'Q', b"no end")).contains("no end"));
        assert!(refused(&message(b'Q', b"\xff\0")).contains("UTF-8"));
        assert!(refused(&message(b'S', b"x")).contains("longer"));
        assert!(refused(&message(b'D', b"Xy\0")).contains("neither"));
        assert!(refused(&message(b'B', b"\0\0\0\x11")).contains("more than 16"));
        assert!(
            refused(&message(b'B', b"\0\0\0\x02\0\0\0\0\0\0\0\0")).contains("number of formats")
        );
        assert!(refused(&message(b'd', b"")).contains("COPY"));
        assert!(opening(b"GET / HTTP/1.1").is_err());
        assert!(opening(b"\0\0\0\x08\0\x02\0\0").is_err());
        assert!(opening(b"\0\0\0\x09\0\x03\0\0\0").is_err(), "no user");
    }
}
