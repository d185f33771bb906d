//! When requests start, and until when somebody waits for them.

/// What starts the next request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pacing<'a> {
    /// These offsets from the beginning.
    Open(&'a [u64]),
    /// The end of the last one on the same connection.
    Closed,
}

/// The instants of a run, on the world's clock, and the patience with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) begin_ns: u64,
    /// What is intended from here on is measured.
    pub(crate) from_ns: u64,
    /// Nothing is intended from here on.
    pub(crate) until_ns: u64,
    /// From the sending of a request; also how long the end is waited for.
    pub(crate) timeout_ns: u64,
}
