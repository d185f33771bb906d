//! What is answered: routes, bodies, and the bytes of a response.

use std::sync::LazyLock;

use bytes::Bytes;
use serde::Serialize;

use super::{Refusal, Request};
use crate::query::Kind;
use crate::query::items;
use crate::{Received, body};

/// Most queries that a request may ask for.
const QUERIES_MAX: u64 = 100;

/// Most bytes that a request may ask for.
const BYTES_MAX: u64 = 1 << 20;

/// Bytes that one query puts at the front of a page: the hash of its row.
const ROW_BYTES: usize = 8;

/// What the head of a response fits into.
const HEAD_ROOM: usize = 160;

const HELLO: &[u8] = b"Hello, World!";

/// What follows the rows of a page.
static FILLING: LazyLock<Vec<u8>> = LazyLock::new(|| body::bytes(BYTES_MAX as usize));

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// `/plain`: a fixed text.
    Plain,
    /// `/json`: an object that is made into text for every request.
    Json,
    /// `/crud?queries=N&bytes=M`: N queries, one after the other, then M bytes.
    Crud {
        /// Queries.
        queries: u64,
        /// Bytes of the body.
        bytes: u64,
    },
}

/// What a method and a target ask for.
///
/// # Errors
/// Why nothing comes.
pub fn route(method: &str, target: &str) -> Result<Route, Refusal> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let route = match (path, query) {
        ("/plain", "") => Route::Plain,
        ("/json", "") => Route::Json,
        ("/crud", query) => crud(query).ok_or(Refusal::BadRequest)?,
        _ => return Err(Refusal::NotFound),
    };
    match method {
        "GET" | "HEAD" => Ok(route),
        _ => Err(Refusal::MethodNotAllowed),
    }
}

/// Both numbers, each once, within their bounds.
fn crud(query: &str) -> Option<Route> {
    let (mut queries, mut bytes) = (None, None);
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=')?;
        let number = match name {
            "queries" => &mut queries,
            "bytes" => &mut bytes,
            _ => return None,
        };
        if number.replace(value.parse().ok()?).is_some() {
            return None;
        }
    }
    Route::crud(queries?, bytes?).ok()
}

impl Route {
    /// So many queries, then so many bytes, which begin with what the rows hash to.
    ///
    /// # Errors
    /// More than a request may ask for, or no room for the rows.
    pub fn crud(queries: u64, bytes: u64) -> Result<Self, Refusal> {
        let fits = queries <= QUERIES_MAX && bytes <= BYTES_MAX;
        let fits = fits && queries * ROW_BYTES as u64 <= bytes;
        fits.then_some(Self::Crud { queries, bytes }).ok_or(Refusal::BadRequest)
    }

    /// As a client asks for it.
    pub fn target(self) -> String {
        match self {
            Self::Plain => "/plain".to_string(),
            Self::Json => "/json".to_string(),
            Self::Crud { queries, bytes } => format!("/crud?queries={queries}&bytes={bytes}"),
        }
    }

    /// Queries that answering takes.
    pub fn queries(self) -> u64 {
        match self {
            Self::Plain | Self::Json => 0,
            Self::Crud { queries, .. } => queries,
        }
    }

    /// Bytes of the page that must come.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Crud { bytes, .. } => bytes,
            Self::Plain | Self::Json => self.page().bytes() as u64,
        }
    }

    /// The page that must come.
    pub fn page(self) -> Page {
        match self {
            Self::Plain => Page::plain(),
            Self::Json => Page::json(),
            Self::Crud { queries, bytes } => {
                let mut rows = Rows::default();
                (0..queries).for_each(|number| rows.add(items::answer(Kind::One, number)));
                rows.page(bytes)
            }
        }
    }
}

/// What the queries of one request have answered.
#[derive(Clone, Debug, Default)]
pub struct Rows(Vec<u8>);

impl Rows {
    /// Keeps what stands for the row of the next query.
    #[inline]
    pub fn add(&mut self, answer: Received) {
        self.0.extend_from_slice(&answer.hash.to_be_bytes());
    }

    /// The page of so many bytes that begins with them.
    pub fn page(self, bytes: u64) -> Page {
        let Self(made) = self;
        let fixed = &FILLING[made.len()..(bytes as usize).max(made.len())];
        Page { status: 200, reason: "OK", kind: "application/octet-stream", made, fixed }
    }
}

/// A response before it is bytes: its body is put together once, by [`answer`](Self::answer)
/// behind its head, or by [`body`](Self::body) for a library that makes heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Status code.
    pub status: u16,
    /// What stands behind it.
    pub reason: &'static str,
    /// `content-type`.
    pub kind: &'static str,
    /// What was made for this request, at the front of the body.
    made: Vec<u8>,
    /// What is behind it.
    fixed: &'static [u8],
}

#[derive(Serialize)]
struct Message {
    message: &'static str,
}

impl Page {
    /// The fixed text.
    pub fn plain() -> Self {
        Self { status: 200, reason: "OK", kind: "text/plain", made: Vec::new(), fixed: HELLO }
    }

    /// The object, made into text.
    ///
    /// # Panics
    /// Never: it has a text for a key and one for a value.
    pub fn json() -> Self {
        let text = serde_json::to_vec(&Message { message: "Hello, World!" });
        let made = text.expect("an object of texts is JSON");
        Self { status: 200, reason: "OK", kind: "application/json", made, fixed: &[] }
    }

    /// What comes in the place of a page.
    pub fn refused(refusal: Refusal) -> Self {
        let (status, reason) = (refusal.status(), refusal.reason());
        let fixed = reason.as_bytes();
        Self { status, reason, kind: "text/plain", made: Vec::new(), fixed }
    }

    /// Bytes of the body.
    pub fn bytes(&self) -> usize {
        self.made.len() + self.fixed.len()
    }

    /// The body in one piece.
    pub fn body(self) -> Bytes {
        let Self { mut made, fixed, .. } = self;
        if made.is_empty() {
            return Bytes::from_static(fixed);
        }
        made.reserve_exact(fixed.len());
        made.extend_from_slice(fixed);
        made.into()
    }

    /// What is counted of it, where a HEAD asks for it or not.
    #[inline]
    pub fn received(&self, bodyless: bool) -> Received {
        let parts = if bodyless { [&[][..]; 2] } else { [&self.made, self.fixed] };
        let bytes = parts.map(<[u8]>::len).iter().sum::<usize>() as u64;
        Received { status: self.status, bytes, hash: body::hash_of(parts) }
    }

    /// The response to a request, head and body in one piece; `last` closes the connection
    /// behind it.
    ///
    /// Made for one answer and dropped when it is sent: a buffer that each connection kept
    /// would be cold when its turn comes again, and idle connections would hold memory.
    pub fn answer(&self, request: &Request, last: bool) -> Vec<u8> {
        let Self { status, reason, kind, made, fixed } = self;
        let mut out = Vec::with_capacity(HEAD_ROOM + self.bytes());
        let mut put = |text: &str| out.extend_from_slice(text.as_bytes());
        put("HTTP/1.1 ");
        put(itoa(u64::from(*status), &mut [0; 20]));
        put(" ");
        put(reason);
        put("\r\ncontent-type: ");
        put(kind);
        put("\r\ncontent-length: ");
        put(itoa(self.bytes() as u64, &mut [0; 20]));
        put(if last { "\r\nconnection: close\r\n\r\n" } else { "\r\n\r\n" });
        if !request.bodyless {
            out.extend_from_slice(made);
            out.extend_from_slice(fixed);
        }
        out
    }
}

/// Decimal digits, without a formatter.
fn itoa(mut number: u64, digits: &mut [u8; 20]) -> &str {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return std::str::from_utf8(&digits[at..]).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Route, Rows, itoa, route};
    use crate::query::{Kind, items};
    use crate::serve::{Refusal, Request};
    use crate::{Received, Reply, body};

    #[test]
    fn only_what_is_there_is_found() {
        let check = |method: &str, target: &str, want: Result<Route, Refusal>| {
            assert_eq!(route(method, target), want, "{target}");
        };
        let crud = |queries, bytes| Ok(Route::Crud { queries, bytes });
        check("GET", "/plain", Ok(Route::Plain));
        check("HEAD", "/json", Ok(Route::Json));
        check("GET", "/crud?queries=5&bytes=1024", crud(5, 1024));
        check("GET", "/crud?bytes=160&queries=20", crud(20, 160));
        check("GET", "/crud?queries=0&bytes=0", crud(0, 0));
        check("DELETE", "/plain", Err(Refusal::MethodNotAllowed));
        for target in ["/", "", "/plain/", "/plain?x", "/PLAIN", "/json?queries=1"] {
            check("GET", target, Err(Refusal::NotFound));
        }
        for query in [
            "",
            "?",
            "?queries=1",
            "?bytes=1",
            "?queries=1&bytes=7",
            "?queries=101&bytes=4096",
            "?queries=1&bytes=1048577",
            "?queries=1&queries=1&bytes=99",
            "?queries=-1&bytes=9",
            "?queries=1&bytes=99&x=1",
            "?queries=1&bytes=18446744073709551616",
        ] {
            check("GET", &format!("/crud{query}"), Err(Refusal::BadRequest));
        }
        for target in [Route::Plain, Route::Json, Route::Crud { queries: 20, bytes: 1024 }] {
            assert_eq!(route("GET", &target.target()), Ok(target));
        }
    }

    #[test]
    fn a_page_begins_with_its_rows_and_has_so_many_bytes() {
        let page = Route::Crud { queries: 2, bytes: 1024 }.page();
        let hash = |number| items::answer(Kind::One, number).hash.to_be_bytes();
        let body = page.clone().body();
        assert_eq!(body[..16], [hash(0), hash(1)].concat());
        assert_eq!(body[16..], body::bytes(1024)[16..]);
        assert_eq!(page.received(false), Received::whole(200, &body));

        let mut other = Rows::default();
        other.add(items::answer(Kind::One, 1));
        other.add(items::answer(Kind::One, 0));
        assert_ne!(other.page(1024).received(false), page.received(false), "in another order");
    }

    #[test]
    fn a_client_reads_what_was_written() {
        let request = Request { asks: Ok(Route::Plain), bodyless: false, keep_alive: true };
        let crud = Route::Crud { queries: 2, bytes: 1024 }.page();
        for page in [Page::plain(), Page::json(), crud, Page::refused(Refusal::NotFound)] {
            let out = page.answer(&request, false);
            let mut reply = Reply::new();
            reply.space()[..out.len()].copy_from_slice(&out);
            assert_eq!(reply.advance(out.len()).unwrap(), Some(page.received(false)));
            assert!(out.ends_with(&page.body()));
        }
    }

    #[test]
    fn the_bytes_of_a_response_are_these() {
        let check = |bodyless, last, want: &str| {
            let request = Request { asks: Ok(Route::Json), bodyless, keep_alive: true };
            let out = Page::json().answer(&request, last);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
            assert_eq!(String::from_utf8(out).unwrap(), format!("{head}{want}"));
        };
        check(false, false, "content-length: 27\r\n\r\n{\"message\":\"Hello, World!\"}");
        check(true, true, "content-length: 27\r\nconnection: close\r\n\r\n");
        assert_eq!(Page::json().received(true).bytes, 0);
        assert_eq!(itoa(u64::MAX, &mut [0; 20]), u64::MAX.to_string());
        assert_eq!(itoa(0, &mut [0; 20]), "0");
    }
}
