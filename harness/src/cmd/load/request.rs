//! The bytes of the request, made once.

/// Headers that decide where a message ends or whether the connection stays.
const OURS: [&str; 4] = ["content-length", "transfer-encoding", "connection", "expect"];

/// Method, path, headers and body as bytes.
///
/// # Errors
/// A sentence, if a header or the method cannot be sent.
pub(crate) fn bytes(
    (method, authority, path): (&str, &str, &str),
    headers: &[String],
    body: Option<&str>,
) -> Result<Vec<u8>, String> {
    if !is_token(method) {
        return Err(format!("{method:?} is no method; write GET or POST"));
    }
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    let mut host = Some(format!("host: {authority}\r\n"));
    let mut lines = String::new();
    for header in headers {
        let (name, value) = split(header)?;
        if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
            return Err(format!("the header {name} is set by triathlon itself; leave it out"));
        }
        if name.eq_ignore_ascii_case("host") {
            host = None;
        }
        lines.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&host.unwrap_or_default());
    text.push_str(&lines);
    if let Some(body) = body {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    Ok(text.into_bytes())
}

fn split(header: &str) -> Result<(&str, &str), String> {
    let parts = header.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
    match parts {
        Some((name, value)) if is_token(name) && !value.chars().any(char::is_control) => {
            Ok((name, value))
        }
        _ => Err(format!("{header:?} is no header; write 'name: value'")),
    }
}

/// Source: RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let permitted = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(permitted)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    fn check(method: &str, headers: &[&str], body: Option<&str>, want: Result<&str, &str>) {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_string()).collect();
        match (bytes((method, "h:1", "/p"), &headers, body), want) {
            (Ok(found), Ok(want)) => assert_eq!(String::from_utf8(found).unwrap(), want),
            (Err(found), Err(want)) => assert!(found.contains(want), "{found}"),
            (found, want) => panic!("{found:?} instead of {want:?}"),
        }
    }

    #[test]
    fn a_request_is_what_was_asked_for() {
        check("GET", &[], None, Ok("GET /p HTTP/1.1\r\nhost: h:1\r\n\r\n"));
        let posted = "POST /p HTTP/1.1\r\nhost: h:1\r\nx: y z\r\ncontent-length: 2\r\n\r\nab";
        check("POST", &["x:  y z "], Some("ab"), Ok(posted));
        check("GET", &["Host: other"], None, Ok("GET /p HTTP/1.1\r\nHost: other\r\n\r\n"));
    }

    #[test]
    fn what_cannot_be_sent_is_a_sentence() {
        check("GE T", &[], None, Err("no method"));
        check("", &[], None, Err("no method"));
        check("GET", &["x"], None, Err("no header"));
        check("GET", &[": y"], None, Err("no header"));
        check("GET", &["x: y\r\nz: 1"], None, Err("no header"));
        check("GET", &["Content-Length: 5"], None, Err("by triathlon itself"));
        check("GET", &["connection: close"], None, Err("by triathlon itself"));
    }
}
