//! How far a thread is, for another one to read.

use std::sync::atomic::AtomicU64;

/// What is shown while it runs; written by its thread, read by another.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct Gauge {
    /// Requests started.
    pub started: AtomicU64,
    /// Good responses.
    pub ok: AtomicU64,
    /// Failed, and timed out.
    pub failed: AtomicU64,
    /// In flight.
    pub in_flight: AtomicU64,
    /// Lag of the last start, in nanoseconds.
    pub lag_ns: AtomicU64,
}
