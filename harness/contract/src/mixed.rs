//! Fetch, decode, hash: waiting and computing in one operation.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::workload::{self, Category, Chart, Include, Preset, Workload};
use crate::{Ceiling, Contestant, Document, Entry, Expected, body, digest, http};

/// A closed loop over keep-alive connections; what comes is decoded and hashed
/// before the connection's next request.
#[derive(Clone, Debug)]
pub struct Mixed {
    /// Keep-alive connections.
    pub connections: u64,
    /// Delay at the server, from the complete request to the response.
    pub delay: Duration,
    /// Objects of the JSON array that is fetched.
    pub items: u64,
    /// Bytes of SHA-256 over what was decoded.
    pub hash_bytes: u64,
    /// The share of computing in delay and computing together that
    /// `hash_bytes` is meant to give on a machine of 2026.
    pub cpu_percent: u64,
    /// Operations on each connection.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    cpu_percent: u64,
    hash_bytes: u64,
    laps: u64,
    include: Include,
) -> Preset<Mixed> {
    let delay = Duration::from_millis(1);
    let work = Mixed { connections: 16, delay, items: 100, hash_bytes, cpu_percent, laps };
    Preset { name, work, include }
}

/// With 1 ms of waiting, computing takes 0.11 ms, 1 ms and 9 ms: 20 µs of
/// decoding, the rest hashing at 1.8 GB/s.
static PRESETS: [Preset<Mixed>; 3] = [
    preset("cpu10", 10, 160_000, 80, Include::Cited),
    preset("cpu50", 50, 1_750_000, 20, Include::Cited),
    preset("cpu90", 90, 16_000_000, 2, Include::Always),
];

/// Requests that each connection makes before the window.
const WARM_UP: u64 = 1;

/// An object of the array.
#[derive(Deserialize)]
struct Item {
    id: u64,
    name: String,
    score: f64,
}

impl Mixed {
    /// Bytes of one request.
    pub fn request(&self, server: SocketAddr) -> Vec<u8> {
        let path = format!("/json/{}?delay_us={}", self.items, self.delay.as_micros());
        http::get(&path, &server.to_string())
    }

    /// Bytes of a warm-up request: the same body without the delay, only
    /// counted.
    pub fn warm_up_request(&self, server: SocketAddr) -> Vec<u8> {
        http::get(&Document::Json(self.items).path(), &server.to_string())
    }

    /// The computing: decodes `document` and hashes what it says, round and
    /// round; the first 8 bytes of the digest.
    ///
    /// # Errors
    /// If it is no array of so many objects.
    pub fn digest(&self, document: &[u8]) -> Result<u64> {
        let items: Vec<Item> = serde_json::from_slice(document).context("decode")?;
        ensure!(items.len() as u64 == self.items, "{} objects came", items.len());
        let mut content = Vec::with_capacity(document.len());
        for Item { id, name, score } in items {
            content.extend_from_slice(&id.to_le_bytes());
            content.extend_from_slice(name.as_bytes());
            content.extend_from_slice(&score.to_le_bytes());
        }
        Ok(digest::repeated(&[], &content, self.hash_bytes))
    }
}

impl Workload for Mixed {
    type Task = Self;

    const NAME: &'static str = "mixed";
    const CATEGORY: Category = Category::Machine;
    const QUESTION: &'static str =
        "What if each response must be computed with: inline, or handed to other threads?";
    const TIMED: &'static str = "Closed loop: each of C connections fetches a JSON array, decodes it, hashes what it \
         says, and only then sends its next request. Connecting, one warm-up request per connection \
         and starting threads lie before the window; spawning tasks, the threads of a blocking pool \
         and joining lie inside. Service times include the computing. The share is nominal: what \
         SHA-256 costs differs by machine.";
    const OPERATION: &'static str = "operation";
    const CHART: Chart = Chart {
        over: "cpu_percent",
        over_label: "share of computing, %",
        panel: "connections",
        panel_label: "connections",
        panel_zero: "",
        metric: "throughput_per_s",
    };
    const SERVER: bool = true;

    fn presets() -> &'static [Preset<Self>] {
        &PRESETS
    }

    fn with_laps(&self, laps: u64) -> Self {
        Self { laps, ..self.clone() }
    }

    fn laps(&self) -> u64 {
        self.laps
    }

    fn operations(&self) -> u64 {
        self.connections * self.laps
    }

    fn expects(&self, concurrency: u64) -> Expected {
        let samples = self.operations();
        let ok = samples + self.connections * WARM_UP;
        let body = body::json(self.items);
        let digest = self.digest(&body).expect("the body that the server sends is decodable");
        let in_flight = concurrency.min(self.connections);
        // Who computes does not wait: at half the time, half are in flight.
        let waiting = (in_flight * (100 - self.cpu_percent) / 100).max(1);
        Expected {
            ok,
            samples,
            bytes: ok * body.len() as u64,
            checksum: body::hash(&body).wrapping_mul(ok).wrapping_add(digest.wrapping_mul(samples)),
            connections: self.connections,
            peak_low: workload::overlap_low(waiting, self.delay),
            peak_high: in_flight,
            queued_high: 0,
            websocket: None,
            abandoned: None,
        }
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.connections)
    }

    fn waits(&self, concurrency: u64) -> Duration {
        let waves = self.connections.div_ceil(concurrency.max(1)) * self.laps;
        self.delay.saturating_mul(waves.try_into().unwrap_or(u32::MAX))
    }

    fn computes(&self) -> Duration {
        digest::planned(self.operations() * self.hash_bytes)
    }

    fn ceiling(&self) -> Option<Ceiling> {
        Some(Ceiling::new(self.connections, Document::Json(self.items)))
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("connections", self.connections),
            ("delay_us", self.delay.as_micros() as u64),
            ("items", self.items),
            ("hash_bytes", self.hash_bytes),
            ("cpu_percent", self.cpu_percent),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.mixed
    }
}

#[cfg(test)]
mod tests {
    use super::Mixed;
    use crate::{Workload, body};
    use sha2::{Digest, Sha256};
    use std::time::Duration;

    fn work(items: u64, hash_bytes: u64) -> Mixed {
        let delay = Duration::from_millis(1);
        Mixed { connections: 16, delay, items, hash_bytes, cpu_percent: 50, laps: 5 }
    }

    #[test]
    fn the_digest_is_of_what_the_document_says() {
        let mut content = Vec::new();
        for (id, score) in [(0u64, 0.0f64), (1, 79.19)] {
            content.extend_from_slice(&id.to_le_bytes());
            content.extend_from_slice(format!("item-{id}").as_bytes());
            content.extend_from_slice(&score.to_le_bytes());
        }
        let want = Sha256::digest([content.as_slice(), &content[..3]].concat());
        let got = work(2, content.len() as u64 + 3).digest(&body::json(2)).unwrap();
        assert_eq!(got.to_le_bytes(), want[..8]);
    }

    #[test]
    fn another_document_is_an_error() {
        assert!(work(2, 10).digest(b"[").is_err());
        assert!(work(2, 10).digest(&body::json(3)).unwrap_err().to_string().contains("3 objects"));
    }

    #[test]
    fn the_body_fits_the_codec_so_that_it_can_be_decoded() {
        for preset in Mixed::presets() {
            assert!(body::json(preset.work.items).len() < 7000, "{}", preset.name);
        }
    }

    #[test]
    fn warm_up_is_counted_and_not_hashed() {
        let (work, body) = (work(2, 10), body::json(2));
        let expected = work.expects(16);
        assert_eq!((expected.ok, expected.samples, expected.connections), (96, 80, 16));
        let digest = work.digest(&body).unwrap();
        let want = body::hash(&body).wrapping_mul(96).wrapping_add(digest.wrapping_mul(80));
        assert_eq!(expected.checksum, want);
    }
}
