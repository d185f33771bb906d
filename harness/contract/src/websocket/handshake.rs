//! The handshake that makes a web socket of a connection. Source: RFC 6455, 4.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::Violation;

/// What every server appends to the key.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Most header lines that an answer may have.
const HEADERS_MAX: usize = 32;

/// The key of a request, from 16 bytes that nobody else had.
pub fn key(nonce: [u8; 16]) -> String {
    STANDARD.encode(nonce)
}

/// Whether that is the key of a request: 16 bytes in base64.
pub fn is_key(text: &[u8]) -> bool {
    STANDARD.decode(text).is_ok_and(|nonce| nonce.len() == 16)
}

/// What a server answers to a key.
pub fn accept(key: &str) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    STANDARD.encode(digest)
}

/// The bytes of a client's request.
pub fn request(path: &str, authority: &str, key: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nhost: {authority}\r\nupgrade: websocket\r\n\
         connection: upgrade\r\nsec-websocket-key: {key}\r\nsec-websocket-version: 13\r\n\r\n"
    )
    .into_bytes()
}

/// Whether one of the comma-separated names is that one, in any case.
pub fn names(list: &[u8], name: &str) -> bool {
    list.split(|byte| *byte == b',')
        .any(|one| one.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
}

/// The bytes that the server's answer takes, if `bytes` hold all of it.
///
/// # Errors
/// The answer is not the one to a request with that `accept`; no extension and no
/// subprotocol was asked for, so none may be named.
pub fn answer(bytes: &[u8], accept: &str) -> Result<Option<usize>, Violation> {
    let wrong = |reason| Err(Violation::Handshake(reason));
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let head_bytes = match response.parse(bytes) {
        Ok(httparse::Status::Complete(head_bytes)) => head_bytes,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return wrong("the answer is not HTTP/1.1"),
    };
    if response.code != Some(101) {
        return wrong("the status is not 101");
    }
    let (mut upgrade, mut connection, mut accepted) = (false, false, 0);
    for header in response.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("upgrade") {
            upgrade = header.value.eq_ignore_ascii_case(b"websocket");
        } else if is("connection") {
            connection |= names(header.value, "upgrade");
        } else if is("sec-websocket-accept") {
            if header.value != accept.as_bytes() {
                return wrong("sec-websocket-accept is not that of the key");
            }
            accepted += 1;
        } else if is("sec-websocket-extensions") || is("sec-websocket-protocol") {
            return wrong("the server uses what was not asked for");
        }
    }
    match (upgrade, connection, accepted) {
        (true, true, 1) => Ok(Some(head_bytes)),
        (false, ..) => wrong("upgrade is not websocket"),
        (_, false, _) => wrong("connection is not upgrade"),
        _ => wrong("there is not one sec-websocket-accept"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Violation, accept, answer, is_key, key, names, request};

    /// Source: RFC 6455, 1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\
        Connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    #[test]
    fn the_example_of_the_standard_is_accepted() {
        assert_eq!(key(*b"the sample nonce"), KEY);
        assert_eq!(accept(KEY), ACCEPT);
        let text = request("/ws?fragment=16", "127.0.0.1:80", KEY);
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<_> = text.split("\r\n").collect();
        assert_eq!(lines[0], "GET /ws?fragment=16 HTTP/1.1");
        assert!(lines.contains(&"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="), "{text}");
        assert!(text.ends_with("\r\n\r\n"));
        let mut bytes = ANSWER.as_bytes().to_vec();
        (0..bytes.len()).for_each(|cut| assert_eq!(answer(&bytes[..cut], ACCEPT), Ok(None)));
        bytes.extend_from_slice(&[0x81, 0]);
        assert_eq!(answer(&bytes, ACCEPT), Ok(Some(ANSWER.len())), "a frame may follow at once");
    }

    #[test]
    fn every_other_answer_is_refused_with_its_reason() {
        let check = |there: &str, instead: &str, want: &str| {
            assert!(ANSWER.contains(there), "{there}");
            let text = ANSWER.replace(there, instead);
            match answer(text.as_bytes(), ACCEPT) {
                Err(Violation::Handshake(reason)) => assert!(reason.contains(want), "{reason}"),
                other => panic!("{text}: {other:?}"),
            }
        };
        check("HTTP/1.1", "HTTQ/1.1", "not HTTP");
        check("101 Switching", "200 Switching", "status");
        check("Upgrade: WebSocket", "Upgrade: h2c", "upgrade is");
        check("Upgrade: WebSocket\r\n", "", "upgrade is");
        check("keep-alive, Upgrade", "keep-alive", "connection is");
        check("s3pPL", "S3pPL", "accept is not");
        check("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "", "not one");
        check("\r\n\r\n", "\r\nsec-websocket-protocol: chat\r\n\r\n", "not asked for");
    }

    #[test]
    fn a_key_is_sixteen_bytes_and_a_name_one_of_a_list() {
        assert!(is_key(KEY.as_bytes()));
        for text in ["", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZQ", "???"] {
            assert!(!is_key(text.as_bytes()), "{text}");
        }
        assert!(names(b"a, UPGRADE ,b", "upgrade") && !names(b"upgraded, up grade", "upgrade"));
    }
}
