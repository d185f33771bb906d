//! The head of a response, reduced to what finds the end of its body.

use crate::fault::Fault;

/// Most header lines that a response may have.
const HEADERS_MAX: usize = 64;

/// How the end of a body is found. Source: RFC 9112, section 6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    /// It ends with the connection.
    UntilClose,
}

/// Status line and headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Its own length.
    pub(crate) bytes: usize,
    pub(crate) framing: Framing,
    pub(crate) keep_alive: bool,
}

/// The head at the start of `bytes`, if all of it is there. `bodyless`: the
/// request was a HEAD.
pub(crate) fn parse(bytes: &[u8], bodyless: bool) -> Result<Option<Head>, Fault> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(bytes).map_err(|_| Fault::NotHttp)?;
    let httparse::Status::Complete(length) = parsed else {
        return Ok(None);
    };
    let status = response.code.ok_or(Fault::NotHttp)?;
    let mut keep_alive = response.version == Some(1);
    let (mut promised, mut chunked) = (None, false);
    for header in response.headers.iter() {
        let has = |word: &str| {
            let words = std::str::from_utf8(header.value).unwrap_or_default().split(',');
            words.map(str::trim).any(|text| text.eq_ignore_ascii_case(word))
        };
        if header.name.eq_ignore_ascii_case("content-length") {
            let digits = std::str::from_utf8(header.value).map_err(|_| Fault::NotHttp)?;
            promised = Some(digits.trim().parse().map_err(|_| Fault::NotHttp)?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = has("chunked");
        } else if header.name.eq_ignore_ascii_case("connection") {
            keep_alive = !has("close") && (keep_alive || has("keep-alive"));
        }
    }
    let framing = match (bodyless || matches!(status, 100..=199 | 204 | 304), chunked, promised) {
        (true, ..) => Framing::Length(0),
        (false, true, _) => Framing::Chunked,
        (false, false, Some(length)) => Framing::Length(length),
        (false, false, None) => Framing::UntilClose,
    };
    keep_alive &= framing != Framing::UntilClose;
    Ok(Some(Head { status, bytes: length, framing, keep_alive }))
}

/// The last head and what it said: the same bytes say the same, and a server
/// repeats its head until the second of its date changes.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    bytes: Vec<u8>,
    head: Option<Head>,
}

impl Memo {
    /// As [`parse`], without parsing where the bytes are those of the last time.
    #[inline]
    pub(crate) fn parse(&mut self, bytes: &[u8], bodyless: bool) -> Result<Option<Head>, Fault> {
        if self.head.is_some() && bytes.starts_with(&self.bytes) {
            return Ok(self.head);
        }
        let head = parse(bytes, bodyless)?;
        if let Some(Head { bytes: length, .. }) = head {
            self.bytes.clear();
            self.bytes.extend_from_slice(&bytes[..length]);
            self.head = head;
        }
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::{Framing, Head, Memo, parse};
    use crate::fault::Fault;

    #[test]
    fn the_end_of_a_body_is_found_as_the_standard_says() {
        let check = |text: &str, bodyless, framing, keep_alive| {
            let head = parse(text.as_bytes(), bodyless).unwrap().unwrap();
            assert_eq!((head.framing, head.keep_alive), (framing, keep_alive), "{text}");
            assert_eq!(head.bytes, text.len());
        };
        use Framing::{Chunked, Length, UntilClose};
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, Length(5), true);
        check("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", true, Length(0), true);
        check("HTTP/1.1 204 X\r\n\r\n", false, Length(0), true);
        check("HTTP/1.1 304 X\r\ncontent-length: 5\r\n\r\n", false, Length(0), true);
        let both =
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\ncontent-length: 5\r\n\r\n";
        check(both, false, Chunked, true);
        check("HTTP/1.1 200 OK\r\n\r\n", false, UntilClose, false);
        check("HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\n", false, Length(5), false);
        let kept = "HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 5\r\n\r\n";
        check(kept, false, Length(5), true);
        let closes = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\n";
        check(closes, false, Length(5), false);
    }

    #[test]
    fn what_is_no_head_is_a_fault() {
        for text in ["SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"] {
            assert_eq!(parse(text.as_bytes(), false), Err(Fault::NotHttp), "{text}");
        }
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\ncontent-le", false), Ok(None));
    }

    #[test]
    fn a_memo_says_what_parsing_says() {
        let mut memo = Memo::default();
        let texts = [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 51\r\n\r\n",
            "HTTP/1.1 404 No\r\ncontent-length: 5\r\n\r\n",
        ];
        for text in [texts[0], texts[0], texts[1], texts[2], texts[2], texts[0]] {
            let body = [text.as_bytes(), b"hello"].concat();
            let head: Option<Head> = parse(text.as_bytes(), false).unwrap();
            assert_eq!(memo.parse(&body, false).unwrap(), head);
            assert_eq!(memo.parse(&body[..text.len() - 1], false).unwrap(), None);
        }
    }
}
