//! What one end of web sockets counts.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Sums over the web sockets of a trial, as the server saw them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct SocketCounts {
    /// Connections that became web sockets.
    pub sockets: u64,
    /// Complete frames that came, of every kind.
    pub frames_in: u64,
    /// Frames sent, of every kind.
    pub frames_out: u64,
    /// Complete messages that came.
    pub messages: u64,
    /// Bytes of these messages, without heads and masks.
    pub message_bytes: u64,
    /// Pings sent.
    pub pings: u64,
    /// Pongs that came with the payload of the oldest ping without one.
    pub pongs: u64,
    /// Close frames that came.
    pub closes: u64,
}

impl SocketCounts {
    /// Names and values, in the order of the record.
    pub fn fields(&self) -> [(&'static str, u64); 8] {
        let Self { sockets, frames_in, frames_out, messages, message_bytes, pings, pongs, closes } =
            *self;
        [
            ("web sockets", sockets),
            ("frames received", frames_in),
            ("frames sent", frames_out),
            ("messages", messages),
            ("message bytes", message_bytes),
            ("pings", pings),
            ("pongs", pongs),
            ("closes", closes),
        ]
    }
}

impl SocketCounts {
    /// What has been counted since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            sockets: self.sockets - earlier.sockets,
            frames_in: self.frames_in - earlier.frames_in,
            frames_out: self.frames_out - earlier.frames_out,
            messages: self.messages - earlier.messages,
            message_bytes: self.message_bytes - earlier.message_bytes,
            pings: self.pings - earlier.pings,
            pongs: self.pongs - earlier.pongs,
            closes: self.closes - earlier.closes,
        }
    }
}

impl AddAssign for SocketCounts {
    fn add_assign(&mut self, more: Self) {
        self.sockets += more.sockets;
        self.frames_in += more.frames_in;
        self.frames_out += more.frames_out;
        self.messages += more.messages;
        self.message_bytes += more.message_bytes;
        self.pings += more.pings;
        self.pongs += more.pongs;
        self.closes += more.closes;
    }
}

#[cfg(test)]
mod tests {
    use super::SocketCounts;

    #[test]
    fn what_was_counted_since_then_makes_the_whole() {
        let earlier = SocketCounts {
            sockets: 1,
            frames_in: 2,
            frames_out: 3,
            messages: 4,
            message_bytes: 5,
            pings: 6,
            pongs: 7,
            closes: 8,
        };
        let mut now = earlier;
        now += earlier;
        let twice = earlier.fields().map(|(name, value)| (name, 2 * value));
        assert_eq!((now.fields(), now.since(earlier)), (twice, earlier));
    }
}
