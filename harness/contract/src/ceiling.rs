//! The null ceiling: what the bare generator is asked for.
//!
//! It fetches the same documents over as many connections, without delay and
//! without a runtime. The rate it reaches is about what server, kernel and a
//! client can do together on this machine; a contestant that comes near it may
//! be held by the pair and not by its style. It is a yardstick and no bound:
//! what a request costs a busy server depends on how a client bundles them.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};

use crate::{CaseId, Expected, body};

/// Connections beyond these do not raise the rate of one generator.
const CONNECTIONS_MAX: u64 = 256;

/// Requests in all: some 0.25 s on a machine of 2026.
const REQUESTS: u64 = 30_000;

/// Requests on one connection, where each waits for the last.
const REQUESTS_PER_CONNECTION_MAX: u64 = 5_000;

/// What stands in an id in the place of the workload; no workload has this name.
pub const WORKLOAD: &str = "ceiling";

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Document {
    /// `/bytes/{n}`
    Bytes(u64),
    /// `/json/{n}`
    Json(u64),
}

impl Document {
    /// Path at the mock server.
    pub fn path(self) -> String {
        match self {
            Self::Bytes(size) => format!("/bytes/{size}"),
            Self::Json(items) => format!("/json/{items}"),
        }
    }

    /// The body that comes.
    pub fn body(self) -> Vec<u8> {
        match self {
            Self::Bytes(size) => body::bytes(size as usize),
            Self::Json(items) => body::json(items),
        }
    }
}

/// A closed loop of the generator: connections and what each fetches.
///
/// Written `c64-bytes-128`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ceiling {
    /// Keep-alive connections.
    pub connections: u64,
    /// What each fetches again and again.
    pub document: Document,
}

impl Ceiling {
    /// For a workload with so many requests in flight.
    pub fn new(in_flight: u64, document: Document) -> Self {
        Self { connections: in_flight.clamp(1, CONNECTIONS_MAX), document }
    }

    /// The id of its records: `ceiling@c64-bytes-128/generator`.
    pub fn id(&self) -> CaseId {
        CaseId {
            workload: WORKLOAD.to_string(),
            preset: self.to_string(),
            contestant: "generator".to_string(),
            flavour: String::new(),
            way: String::new(),
        }
    }

    /// Requests on each connection; the laps of a full execution.
    pub fn requests_per_connection(&self) -> u64 {
        (REQUESTS / self.connections).min(REQUESTS_PER_CONNECTION_MAX)
    }

    /// What must come out of so many requests on each connection.
    pub fn expects(&self, requests_per_connection: u64) -> Expected {
        let ok = self.connections * requests_per_connection;
        let body = self.document.body();
        Expected {
            ok,
            samples: ok,
            bytes: ok * body.len() as u64,
            checksum: body::hash(&body).wrapping_mul(ok),
            connections: self.connections,
            peak_low: 1,
            peak_high: self.connections,
            queued_high: 0,
            websocket: None,
            abandoned: None,
        }
    }
}

impl fmt::Display for Ceiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, size) = match self.document {
            Document::Bytes(size) => ("bytes", size),
            Document::Json(items) => ("json", items),
        };
        write!(f, "c{}-{kind}-{size}", self.connections)
    }
}

impl FromStr for Ceiling {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut words = text.split('-');
        let mut next = || words.next().with_context(|| format!("{text:?} is no ceiling"));
        let connections = next()?.strip_prefix('c').context("a ceiling starts with c")?.parse()?;
        let (kind, size) = (next()?, next()?.parse()?);
        ensure!(words.next().is_none(), "{text:?} is no ceiling");
        let document = match kind {
            "bytes" => Document::Bytes(size),
            "json" => Document::Json(size),
            other => anyhow::bail!("a ceiling fetches bytes or json, not {other:?}"),
        };
        Ok(Self { connections, document })
    }
}

#[cfg(test)]
mod tests {
    use super::{Ceiling, Document};

    #[test]
    fn its_name_is_all_of_it() {
        for document in [Document::Bytes(128), Document::Json(100)] {
            let ceiling = Ceiling::new(64, document);
            assert_eq!(ceiling.to_string().parse::<Ceiling>().unwrap(), ceiling);
            let id = ceiling.id();
            assert_eq!(id.to_string().parse::<crate::CaseId>().unwrap(), id);
            assert!(crate::registry::workload(&id.workload).is_none());
        }
        assert_eq!(Ceiling::new(5000, Document::Bytes(1)).to_string(), "c256-bytes-1");
        for wrong in ["", "c1", "64-bytes-1", "c1-xml-1", "c1-bytes-x", "c1-bytes-1-1"] {
            assert!(wrong.parse::<Ceiling>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_request_is_expected() {
        let expected = Ceiling::new(64, Document::Bytes(128)).expects(10);
        assert_eq!((expected.ok, expected.bytes, expected.connections), (640, 81_920, 64));
    }
}
