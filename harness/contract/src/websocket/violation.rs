//! How a peer breaks the protocol.

use std::error::Error;
use std::fmt;

/// A breach of the protocol by the peer; the connection is to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The answer to the handshake is none, for this reason.
    Handshake(&'static str),
    /// A reserved bit is set although no extension was agreed on.
    ReservedBits,
    /// An opcode that is reserved.
    Opcode(u8),
    /// A client's frame without a mask, or a server's frame with one.
    Mask,
    /// A length that is not written as short as it can be, or of more than 63 bits.
    Length,
    /// A control frame with more than 125 bytes.
    LongControl,
    /// A control frame in fragments.
    FragmentedControl,
    /// A continuation of nothing.
    Continuation,
    /// A message that begins before the one before it has ended.
    Interrupted,
    /// A message that is longer than what is accepted.
    TooBig,
    /// A text, or the reason of a close, that is not UTF-8.
    NotUtf8,
    /// A close frame whose status is cut off or must not be sent.
    CloseStatus,
}

impl Violation {
    /// The status to close with. Source: RFC 6455, 7.4.1.
    pub fn status(self) -> u16 {
        match self {
            Self::TooBig => 1009,
            Self::NotUtf8 => 1007,
            _ => 1002,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Handshake(reason) => return write!(f, "no web socket: {reason}"),
            Self::Opcode(bits) => return write!(f, "a frame has the reserved opcode {bits}"),
            Self::ReservedBits => "a frame has a reserved bit",
            Self::Mask => "a client's frame has no mask or a server's frame has one",
            Self::Length => "a frame's length is not written as short as it can be",
            Self::LongControl => "a control frame has more than 125 bytes",
            Self::FragmentedControl => "a control frame comes in fragments",
            Self::Continuation => "a frame continues nothing",
            Self::Interrupted => "a message begins within another",
            Self::TooBig => "a message is longer than what is accepted",
            Self::NotUtf8 => "a text is not UTF-8",
            Self::CloseStatus => "the status of a close frame must not be sent",
        };
        f.write_str(what)
    }
}

impl Error for Violation {}
