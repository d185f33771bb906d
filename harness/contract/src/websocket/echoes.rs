//! What a client has to say on one web socket, and what comes back.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};

use super::session::{Event, Session};
use crate::Received;

/// The messages of one web socket: which are due, and what each echo is.
///
/// As with [`crate::Reply`], a cell does the rest in its own style, as long as
/// [`Echoes::is_done`] says no: it writes what is [due](Echoes::due), reads into
/// [`Echoes::space`], tells [`Echoes::advance`] how much came, and takes
/// [echoes](Echoes::echo) until there is none. So it does three times: to shake
/// hands and warm up, then for what it [asks](Echoes::ask), then to
/// [close](Echoes::close).
pub struct Echoes {
    session: Session,
    message: Arc<[u8]>,
    text: bool,
    window: usize,
    unsent: u64,
    /// Of the messages without an echo, oldest first: echoes keep the order.
    started_ns: VecDeque<u64>,
    stage: Stage,
}

/// How far a web socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    Open,
    Closing,
    Closed,
}

/// One message that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// When the message was handed to the socket.
    pub started_ns: u64,
    /// What came back.
    pub received: Received,
}

impl Echoes {
    /// Of a web socket that will be opened with `session`, with one message to
    /// warm up.
    pub(super) fn new(session: Session, message: Arc<[u8]>, text: bool, window: u64) -> Self {
        let window = window as usize;
        let started_ns = VecDeque::with_capacity(window);
        Self { session, message, text, window, unsent: 1, started_ns, stage: Stage::Opening }
    }

    /// Has so many messages sent and echoed.
    pub fn ask(&mut self, messages: u64) {
        self.unsent += messages;
    }

    /// Says goodbye; done as the server does.
    pub fn close(&mut self) {
        self.session.close(1000);
        self.stage = Stage::Closing;
    }

    /// Whether nothing is left to send or to come.
    pub fn is_done(&self) -> bool {
        match self.stage {
            Stage::Opening | Stage::Closing => false,
            Stage::Open => self.unsent == 0 && self.started_ns.is_empty(),
            Stage::Closed => true,
        }
    }

    /// The bytes to write now, perhaps none: as many messages as the window has
    /// room for, which start now, and pongs.
    pub fn due(&mut self, now_ns: u64) -> &[u8] {
        if self.stage == Stage::Open {
            while self.unsent > 0 && self.started_ns.len() < self.window {
                self.session.send(self.text, &self.message);
                self.started_ns.push_back(now_ns);
                self.unsent -= 1;
            }
        }
        self.session.outgoing()
    }

    /// Where the next bytes from the socket go; never empty.
    pub fn space(&mut self) -> &mut [u8] {
        self.session.space()
    }

    /// Takes notice of `count` bytes that were read into [`Echoes::space`].
    ///
    /// # Errors
    /// The peer closed the connection (`count` is 0).
    pub fn advance(&mut self, count: usize) -> Result<()> {
        ensure!(count > 0, "the server closed the connection of an open web socket");
        self.session.advance(count);
        Ok(())
    }

    /// The next message that came back, if one is complete.
    ///
    /// # Errors
    /// The server breaks the protocol, closes before it is told to, or says what
    /// it was not asked.
    pub fn echo(&mut self) -> Result<Option<Echo>> {
        while let Some(event) = self.session.event()? {
            match (event, self.stage) {
                (Event::Ping | Event::Pong, _) => {}
                (Event::Open, _) => self.stage = Stage::Open,
                (Event::Close(_), Stage::Closing) => self.stage = Stage::Closed,
                (Event::Close(status), _) => bail!("the server closed: {status:?}"),
                (Event::Message { text }, _) => {
                    let Some(started_ns) = self.started_ns.pop_front() else {
                        bail!("a message came that is no echo");
                    };
                    ensure!(text == self.text, "text came back as bytes, or bytes as text");
                    let received = Received::whole(200, self.session.message());
                    return Ok(Some(Echo { started_ns, received }));
                }
            }
        }
        Ok(None)
    }
}
