//! What a body must be.

use triathlon_contract::body;

/// Longest body that the mock server sends.
const BYTES_MAX: u64 = 64 << 20;

/// Longest list that the mock server sends.
const ITEMS_MAX: u64 = 100_000;

/// What every body of a 2xx response is compared with. Its length must be the
/// one that its head promised in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Any bytes.
    Any,
    /// So many bytes.
    Length(u64),
    /// These bytes.
    Exactly(Vec<u8>),
}

impl Expect {
    /// The bytes that the mock server sends for this path, if it has them:
    /// `/bytes/n`, `/delay/us?bytes=n`, `/drip/n/chunk/us`, `/json/n`.
    pub fn of_path(path: &str) -> Option<Self> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parameter = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let (_, rest) = path.split_once('/')?;
        let (kind, argument) = rest.split_once('/')?;
        let within = |text: &str, most: u64| text.parse().ok().filter(|n| *n <= most);
        match kind {
            "bytes" => Some(body::bytes(within(argument, BYTES_MAX)? as usize)),
            "delay" => Some(body::bytes(within(parameter("bytes")?, BYTES_MAX)? as usize)),
            "drip" => {
                let (size, _) = argument.split_once('/')?;
                Some(body::bytes(within(size, BYTES_MAX)? as usize))
            }
            "json" => Some(body::json(within(argument, ITEMS_MAX)?)),
            _ => None,
        }
        .map(Self::Exactly)
    }

    /// Whether `piece` may stand at `offset`; lengths are compared at the end.
    #[inline]
    pub(crate) fn permits(&self, offset: u64, piece: &[u8]) -> bool {
        match self {
            Self::Any | Self::Length(_) => true,
            Self::Exactly(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..));
                rest.is_some_and(|rest| rest.starts_with(piece))
            }
        }
    }

    /// Whether a body may have so many bytes.
    #[inline]
    pub(crate) fn permits_length(&self, length: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Length(want) => *want == length,
            Self::Exactly(bytes) => bytes.len() as u64 == length,
        }
    }
}

#[cfg(test)]
mod tests {
    use triathlon_contract::body;

    use super::Expect;

    #[test]
    fn paths_of_the_mock_server_are_known() {
        let stream = |n| Some(Expect::Exactly(body::bytes(n)));
        assert_eq!(Expect::of_path("/bytes/128"), stream(128));
        assert_eq!(Expect::of_path("/delay/1000?bytes=3"), stream(3));
        assert_eq!(Expect::of_path("/delay/1000?x=1&bytes=3"), stream(3));
        assert_eq!(Expect::of_path("/drip/5/2/1000"), stream(5));
        assert_eq!(Expect::of_path("/json/2"), Some(Expect::Exactly(body::json(2))));
        for other in
            ["/", "/bytes", "/bytes/x", "/bytes/67108865", "/delay/5", "/drip/5", "/a/1", ""]
        {
            assert_eq!(Expect::of_path(other), None, "{other}");
        }
    }

    #[test]
    fn pieces_are_compared_where_they_stand() {
        let expect = Expect::Exactly(b"abcdef".to_vec());
        assert!(expect.permits(0, b"abc") && expect.permits(3, b"def") && expect.permits(6, b""));
        assert!(
            !expect.permits(1, b"abc") && !expect.permits(3, b"defg") && !expect.permits(7, b"")
        );
        assert!(expect.permits_length(6) && !expect.permits_length(5));
        assert!(Expect::Any.permits_length(1) && !Expect::Length(2).permits_length(1));
    }
}
