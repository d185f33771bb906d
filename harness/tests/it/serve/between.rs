//! What lies between a server and its database, and can fail.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// What becomes of what the server says to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It arrives.
    Arrives,
    /// The connection is closed, an old one and a new one.
    Closes,
    /// It is answered by an error.
    Refused,
    /// Nothing comes back.
    Silence,
}

/// An `ErrorResponse` with its severity, code and message, and `ReadyForQuery`.
const ERROR: &[u8] = b"E\0\0\0\x24SERROR\0C53300\0Mnothing is left\0\0Z\0\0\0\x05I";

struct State {
    how: How,
    database: Option<SocketAddr>,
    /// The server's ends.
    open: Vec<TcpStream>,
    ended: bool,
}

/// A listener in the place of the database. Its own threads end with their connections.
pub(super) struct Between {
    pub(super) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Between {
    pub(super) fn listen() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { how: How::Arrives, database: None, open: Vec::new(), ended: false };
        let state = Arc::new(Mutex::new(state));
        let own = Arc::clone(&state);
        thread::spawn(move || accept(&listener, &own));
        Self { address, state }
    }

    /// Says where the database is.
    pub(super) fn leads_to(&self, database: SocketAddr) {
        lock(&self.state).database = Some(database);
    }

    /// Holds for all that is said from now on.
    pub(super) fn set(&self, how: How) {
        lock(&self.state).how = how;
    }

    /// Ends every connection at once, whatever is under way.
    pub(super) fn cut(&self) {
        for stream in lock(&self.state).open.drain(..) {
            // Whoever closed already is none the worse.
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        lock(&self.state).ended = true;
        // Wakes who accepts.
        TcpStream::connect(self.address).ok();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap()
}

fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    for server in listener.incoming() {
        let (server, mut now) = (server.unwrap(), lock(state));
        if now.ended {
            return;
        }
        if now.how == How::Closes {
            continue;
        }
        let database = TcpStream::connect(now.database.unwrap()).unwrap();
        database.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        now.open.push(server.try_clone().unwrap());
        drop(now);
        let (mut from, mut to) = (database.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            // An error is an end, too.
            io::copy(&mut from, &mut to).ok();
            to.shutdown(Shutdown::Both).ok();
        });
        let state = Arc::clone(state);
        thread::spawn(move || {
            lead(&server, &database, &state).ok();
            server.shutdown(Shutdown::Both).ok();
            database.shutdown(Shutdown::Both).ok();
        });
    }
}

/// Everything that the server says on one connection.
fn lead(mut server: &TcpStream, mut database: &TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut piece = [0; 4096];
    loop {
        let count = server.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        let how = lock(state).how;
        match how {
            How::Arrives => database.write_all(&piece[..count])?,
            How::Closes => return Ok(()),
            How::Refused => server.write_all(ERROR)?,
            How::Silence => {}
        }
    }
}
