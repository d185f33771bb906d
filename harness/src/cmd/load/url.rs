//! `http://host[:port][/path][?query]`.

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// Name or address; an IPv6 address without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What stands in the `host` header.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
}

/// Reads a URL.
///
/// # Errors
/// A sentence that says what is wrong.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    let wrong = |what: &str| format!("{text:?} {what}; write http://host:port/path");
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
            return Err(wrong("needs TLS, which is not spoken here"));
        }
        Some(_) | None => return Err(wrong("does not begin with http://")),
    };
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("has spaces or letters that a URL must encode"));
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.contains('@') {
        return Err(wrong("has a user, which is not sent; use --header"));
    }
    let (host, port) = split(authority).ok_or_else(|| wrong("has no host and port"))?;
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    Ok(Url { host, port, authority: authority.to_string(), path })
}

/// Host and port; 80 if there is none.
fn split(authority: &str) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = port.map_or(Some(80), |port| port.parse().ok().filter(|port| *port > 0))?;
    (!host.is_empty()).then(|| (host.to_string(), port))
}

#[cfg(test)]
mod tests {
    use super::{Url, parse};

    #[test]
    fn urls_are_taken_apart() {
        let check = |text: &str, host: &str, port, authority: &str, path: &str| {
            let (host, authority, path) = (host.into(), authority.into(), path.into());
            assert_eq!(parse(text), Ok(Url { host, port, authority, path }), "{text}");
        };
        check("http://a", "a", 80, "a", "/");
        check("HTTP://a:81/b?c=d#e", "a", 81, "a:81", "/b?c=d");
        check("http://127.0.0.1:8080/bytes/1", "127.0.0.1", 8080, "127.0.0.1:8080", "/bytes/1");
        check("http://[::1]:80/x", "::1", 80, "[::1]:80", "/x");
        check("http://[::1]", "::1", 80, "[::1]", "/");
        check("http://a?q", "a", 80, "a", "/?q");
    }

    #[test]
    fn what_is_no_url_is_a_sentence() {
        let check = |text: &str, want: &str| {
            let error = parse(text).unwrap_err();
            assert!(error.contains(want) && error.ends_with("http://host:port/path"), "{error}");
        };
        check("https://a", "TLS");
        check("a:80/x", "begin with http://");
        check("ftp://a", "begin with http://");
        check("http://", "no host");
        check("http://:80/", "no host");
        check("http://a:x/", "no host and port");
        check("http://a:0/", "no host and port");
        check("http://a:70000/", "no host and port");
        check("http://[::1/", "no host and port");
        check("http://[x]/", "no host and port");
        check("http://u:p@a/", "user");
        check("http://a/b c", "spaces");
        check("http://a/b\r\nx: y", "spaces");
    }
}
