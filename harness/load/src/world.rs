//! What the schedule needs of the world: a clock, and connections that send.
//! Sockets are one; the simulation of the tests is the other.

use anyhow::Result;

use crate::fault::Fault;

/// What an event means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing yet.
    Nothing,
    /// The connection is open and free.
    Opened(u32),
    /// A free connection was closed by the other side and is opened again.
    Lost(u32),
    /// The request in flight on the connection ended. `usable`: the connection
    /// is free; otherwise it is opened again.
    Ended { connection: u32, outcome: Result<u64, Fault>, usable: bool },
}

/// Clock and connections, numbered from 0; all of them are free at first.
pub(crate) trait World {
    /// Nanoseconds of a clock that never goes back.
    fn now_ns(&mut self) -> u64;

    /// Waits for events, at most until about `wake_ns`; how many came. It may
    /// return earlier with none, and does after a while, so that an
    /// interruption is seen.
    ///
    /// # Errors
    /// If the server is gone for good, or the kernel refuses.
    fn wait(&mut self, now_ns: u64, wake_ns: u64) -> Result<usize>;

    /// Looks at event `position` of the last wait.
    fn turn(&mut self, position: usize) -> Turn;

    /// Sends the request on a free connection.
    ///
    /// # Errors
    /// If it cannot be sent; the connection is opened again.
    fn send(&mut self, connection: u32) -> Result<(), Fault>;

    /// Closes a connection whose request is given up, and opens it again.
    fn abandon(&mut self, connection: u32);
}
