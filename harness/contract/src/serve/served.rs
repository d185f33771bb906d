//! What a server counts.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, bail};

use super::Page;
use crate::{Outcome, Tally};

/// Counts that all connections of a server share. Sums alone, so the order in which they
/// are added does not matter, and none waits for another.
#[derive(Debug, Default)]
pub struct Served {
    connections: AtomicU64,
    lost: AtomicU64,
    ok: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
    checksum: AtomicU64,
    fault: OnceLock<String>,
}

impl Served {
    /// A client came.
    pub fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// A client went away in the middle, or what was read or written failed.
    pub fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// The database behind the server failed; the first such error is kept.
    pub fn failed(&self, error: &anyhow::Error) {
        self.fault.get_or_init(|| format!("{error:#}"));
    }

    /// A request has its answer.
    #[inline]
    pub fn answered(&self, page: &Page, bodyless: bool) {
        let received = page.received(bodyless);
        if received.status == 200 {
            self.ok.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(received.bytes, Ordering::Relaxed);
            self.checksum.fetch_add(received.hash, Ordering::Relaxed);
        } else {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What came of all of it, once nobody counts any more.
    ///
    /// # Errors
    /// The first error of the database.
    pub fn outcome(&self, workers: u64) -> Result<Outcome> {
        if let Some(fault) = self.fault.get() {
            bail!("the database behind the server: {fault}");
        }
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let tally = Tally {
            ok: read(&self.ok),
            failed: read(&self.failed),
            timed_out: 0,
            bytes: read(&self.bytes),
            checksum: read(&self.checksum),
            connections: read(&self.connections),
        };
        Ok(Outcome { unfinished: read(&self.lost), ..Outcome::closed(tally, workers) })
    }
}

#[cfg(test)]
mod tests {
    use super::Served;
    use crate::serve::{Page, Refusal};

    #[test]
    fn every_answer_is_counted_once_by_its_kind() {
        let served = Served::default();
        served.connected();
        let page = Page::plain();
        let hashes = [false, false, true].map(|bodyless| {
            served.answered(&page, bodyless);
            page.received(bodyless).hash
        });
        served.answered(&Page::refused(Refusal::NotFound), false);
        served.lost();
        let outcome = served.outcome(3).unwrap();
        assert_eq!((outcome.ok, outcome.failed, outcome.unfinished), (3, 1, 1));
        assert_eq!((outcome.bytes, outcome.connections, outcome.workers), (26, 1, 3));
        assert_eq!(outcome.checksum, hashes.into_iter().fold(0, u64::wrapping_add));
        served.failed(&anyhow::anyhow!("first"));
        served.failed(&anyhow::anyhow!("second"));
        assert!(served.outcome(3).unwrap_err().to_string().ends_with("server: first"));
    }
}
