//! What does a message over a web socket cost?

mod counts;
mod echoes;
pub mod frame;
pub mod handshake;
pub mod session;
mod violation;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use counts::SocketCounts;
pub use echoes::{Echo, Echoes};
pub use session::{Event, Session};
pub use violation::Violation;

use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, body};

/// A closed loop over web sockets: the next message of a socket is sent when one
/// of those before it has come back.
#[derive(Clone, Debug)]
pub struct Websocket {
    /// Web sockets, each with a connection of its own.
    pub sockets: u64,
    /// Bytes of each message.
    pub message_bytes: u64,
    /// Whether messages are text, which both ends check to be UTF-8, or bytes.
    pub text: bool,
    /// Most messages of a socket without their echo.
    pub window: u64,
    /// Longest frame of an echo in bytes; 0 if each is one frame.
    pub fragment_bytes: u64,
    /// The server sends a ping before every so many-th echo of a socket; 0 for none.
    pub ping_every: u64,
    /// Messages on each socket.
    pub laps: u64,
}

const BASE: Websocket = Websocket {
    sockets: 64,
    message_bytes: 64,
    text: false,
    window: 1,
    fragment_bytes: 0,
    ping_every: 0,
    laps: 300,
};

/// Laps give a window of some 0.2 s to 0.5 s on a machine of 2026.
static PRESETS: [Preset<Websocket>; 5] = [
    Preset { name: "c64-64b", work: BASE, include: Include::Headline },
    Preset {
        name: "c64-64b-w8",
        work: Websocket { window: 8, laps: 1000, ..BASE },
        include: Include::ByFilter,
    },
    Preset {
        name: "c1-64b",
        work: Websocket { sockets: 1, laps: 8000, ..BASE },
        include: Include::Thorough,
    },
    Preset {
        name: "c64-4kib-text",
        work: Websocket { message_bytes: 4096, text: true, ..BASE },
        include: Include::Thorough,
    },
    Preset {
        name: "c64-64b-fragments",
        work: Websocket { fragment_bytes: 16, ping_every: 10, ..BASE },
        include: Include::ByFilter,
    },
];

/// Messages that each socket sends before the window.
const WARM_UP: u64 = 1;

impl Websocket {
    /// Path of the handshake.
    pub fn path(&self) -> String {
        match (self.fragment_bytes, self.ping_every) {
            (0, 0) => "/ws".to_string(),
            (fragment, 0) => format!("/ws?fragment={fragment}"),
            (0, every) => format!("/ws?ping_every={every}"),
            (fragment, every) => format!("/ws?fragment={fragment}&ping_every={every}"),
        }
    }

    /// The bytes of each message.
    pub fn message(&self) -> Vec<u8> {
        let size = self.message_bytes as usize;
        if self.text { body::text(size) } else { body::bytes(size) }
    }

    /// What every socket has to say, before it is connected.
    pub fn echoes(&self, server: SocketAddr) -> Vec<Echoes> {
        let (path, authority) = (self.path(), server.to_string());
        let message: Arc<[u8]> = self.message().into();
        let session = |seed| Session::client(&path, &authority, seed);
        let echoes = |session| Echoes::new(session, Arc::clone(&message), self.text, self.window);
        (0..self.sockets).map(session).map(echoes).collect()
    }

    /// Messages in flight if so many sockets are served at once.
    pub fn in_flight(&self, sockets: u64) -> u64 {
        sockets.min(self.sockets) * self.window
    }
}

impl Workload for Websocket {
    type Task = Self;

    const NAME: &'static str = "websocket";
    const CATEGORY: Category = Category::Network;
    const QUESTION: &'static str =
        "What does a message over a web socket cost, in ping-pong and with eight in flight?";
    const TIMED: &'static str = "Closed loop: each of C web sockets keeps up to W messages in \
         flight and sends the next when the echo of one is complete and verified; all that is due \
         goes out in one write. Every style has the same codec, which masks what it sends with \
         a key a frame and checks that text is UTF-8. Connecting, the opening handshake, one \
         warm-up message per socket and starting threads lie before the window, the closing \
         handshake behind it; spawning tasks and joining everything lie inside. Service times of \
         a closed loop say nothing about response times under load.";
    const OPERATION: &'static str = "message";
    const CHART: Chart = Chart {
        over: "window",
        over_label: "messages in flight per socket (W)",
        panel: "message_bytes",
        panel_label: "message, bytes",
        panel_zero: "empty messages",
        metric: "cpu_us_per_op",
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
        self.sockets * self.laps
    }

    fn expects(&self, concurrency: u64) -> Expected {
        let samples = self.operations();
        let of_one = self.laps + WARM_UP;
        let ok = self.sockets * of_one;
        let bytes = ok * self.message_bytes;
        let frames = match self.fragment_bytes {
            0 => 1,
            fragment => self.message_bytes.div_ceil(fragment).max(1),
        };
        let pings = self.sockets * of_one.checked_div(self.ping_every).unwrap_or(0);
        let closes = self.sockets;
        Expected {
            ok,
            samples,
            bytes,
            checksum: body::hash(&self.message()).wrapping_mul(ok),
            connections: self.sockets,
            peak_low: 1,
            // The server echoes the messages of a socket one after the other.
            peak_high: concurrency.div_ceil(self.window).min(self.sockets),
            queued_high: 0,
            websocket: Some(SocketCounts {
                sockets: self.sockets,
                frames_in: ok + pings + closes,
                frames_out: ok * frames + pings + closes,
                messages: ok,
                message_bytes: bytes,
                pings,
                pongs: pings,
                closes,
            }),
            abandoned: None,
        }
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.in_flight(self.sockets))
    }

    fn waits(&self, _: u64) -> Duration {
        Duration::ZERO
    }

    /// Many sockets share system calls; the laps above are chosen so.
    fn per_operation(&self) -> Option<Duration> {
        (self.sockets > 1).then_some(Duration::from_micros(20))
    }

    // No `ceiling`: the bare generator speaks HTTP only, and has no web socket whose
    // rate could bound anybody's.

    // No `slice`: what a stop does to sockets with messages in flight has not been
    // tried, so each contestant is measured after the other.

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("sockets", self.sockets),
            ("message_bytes", self.message_bytes),
            ("text", self.text.into()),
            ("window", self.window),
            ("fragment_bytes", self.fragment_bytes),
            ("ping_every", self.ping_every),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.websocket
    }
}

#[cfg(test)]
#[path = "websocket/tests.rs"]
mod tests;
