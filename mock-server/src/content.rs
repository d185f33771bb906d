//! What a response carries: bytes at once, or one piece after the other.
//!
//! # Protocol
//! hyper asks for the next piece from the connection's task, and only while it has
//! room for it, so a client that does not read holds up its own body alone. A piece
//! is due a while after the one before was handed over, the first a while after the
//! head; the server's timer wakes the connection's task. A dripped request is in
//! flight until its last piece is handed over. If its [`Drip`] is dropped before,
//! because the client is gone or the trial ends, it is given up.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::clock::now_ns;
use crate::listen::Port;
use crate::route::Dripping;
use crate::timer::Wait;

/// The body of every answer; no larger than its bytes, because nearly all are whole.
pub(crate) enum Content {
    /// All of it at once, empty when handed over.
    Whole(Bytes),
    /// In pieces; rare, and so boxed.
    Dripping(Box<Drip>),
}

/// Whether a request was made to wait on purpose.
pub(crate) enum Held {
    Never,
    /// By so much longer than asked so far.
    Longer {
        excess_ns: u64,
    },
}

/// A body on its way, counted as in flight and to be ended here.
pub(crate) struct Drip {
    rest: Bytes,
    chunk_bytes: usize,
    /// Before each piece.
    pause_ns: u64,
    wait: Wait,
    held: Held,
    port: Arc<Port>,
}

impl Drip {
    /// With at least one byte; its first pause begins now.
    pub(crate) fn new(body: Bytes, how: Dripping, held: Held, port: &Arc<Port>) -> Self {
        let pause_ns = how.us * 1000;
        let wait = Wait::new(now_ns() + pause_ns);
        let port = Arc::clone(port);
        Self { rest: body, chunk_bytes: how.chunk_bytes, pause_ns, wait, held, port }
    }

    /// The next piece when it is due; nothing after the last.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let Port { server, trial, .. } = &*self.port;
        if self.pause_ns > 0 {
            ready!(server.timer.poll(&mut self.wait, cx));
            if let Held::Longer { excess_ns } = &mut self.held {
                // Without the time that the client did not make room.
                *excess_ns += self.wait.late_ns();
            }
            server.timer.cancel(&mut self.wait);
            self.wait = Wait::new(now_ns() + self.pause_ns);
        }
        let piece = self.rest.split_to(self.chunk_bytes.min(self.rest.len()));
        trial.counters.hand_over(piece.len());
        if self.rest.is_empty() {
            if let Held::Longer { excess_ns } = self.held {
                trial.counters.release(excess_ns);
            }
            trial.counters.end_body(true);
        }
        Poll::Ready(Some(piece))
    }
}

impl Drop for Drip {
    fn drop(&mut self) {
        self.port.server.timer.cancel(&mut self.wait);
        if !self.rest.is_empty() {
            self.port.trial.counters.end_body(false);
        }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => None,
            Self::Whole(bytes) => Some(mem::take(bytes)),
            Self::Dripping(drip) => ready!(drip.poll_piece(cx)),
        };
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest().is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest().len() as u64)
    }
}

impl Content {
    /// What has not been handed over yet.
    fn rest(&self) -> &Bytes {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Dripping(drip) => &drip.rest,
        }
    }
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
