//! Sockets, the accept loop, and one task per connection.
//!
//! # Protocol
//! One accept task per port owns the listener and the tasks of its connections.
//! It ends when its stop channel closes: it drops the listener, aborts the
//! connections and waits until the last is gone. There is no limit of
//! connections but that of open files, and none of silence: a silent client
//! costs one idle task until its trial ends, and a timeout would hang up on
//! contestants that only pause.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::answer::answer;
use crate::bodies::Bodies;
use crate::breach::Breach;
use crate::clock::now_ns;
use crate::timer::Timer;
use crate::trial::Trial;
use crate::trials::Trials;
use crate::websocket;

/// Connections that the kernel keeps for us; it takes the lesser of this and
/// `net.core.somaxconn`, which is 4096 as well.
const BACKLOG: i32 = 4096;
/// Largest head of a request; more is answered with 431.
const MOST_HEAD_BYTES: usize = 16 << 10;
/// Pause after an accept that failed, mostly for want of file descriptors.
const BACK_OFF_NS: u64 = 5_000_000;

/// What all trials share.
pub(crate) struct Server {
    pub(crate) ip: IpAddr,
    pub(crate) bodies: Bodies,
    pub(crate) timer: Timer,
    pub(crate) trials: Trials,
}

/// One listening address: whose it is, and whether trials are managed there.
pub(crate) struct Port {
    pub(crate) server: Arc<Server>,
    pub(crate) trial: Arc<Trial>,
    pub(crate) control: bool,
}

/// A listening, non-blocking socket.
///
/// # Errors
/// The address is taken or not ours, or no file descriptor is left.
pub(crate) fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart on the same port must not wait for the last connections to fade.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Accepts until the sender of `stop` is dropped, then ends all connections.
pub(crate) async fn accept(listener: TcpListener, port: Arc<Port>, mut stop: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = stop.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let open = Open::new(Arc::clone(&port.trial));
                    connections.spawn(connection(stream, Arc::clone(&port), open));
                }
                // Nothing was accepted, and the next one may be: go on, but
                // leave those who hold file descriptors time to end.
                Err(_) => port.server.timer.until(now_ns() + BACK_OFF_NS).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, port: Arc<Port>, open: Open) {
    // Without it a response that does not fill a segment may wait for an
    // acknowledgement. It fails only if the client has gone.
    let _ = stream.set_nodelay(true);
    converse(stream, &port).await;
    drop(open);
}

/// Serves a connection until its end; it is closed when this returns.
async fn converse(stream: TcpStream, port: &Port) {
    let upgrade = OnceLock::new();
    let service = service_fn(|request| answer(request, port, &upgrade));
    let mut http = http1::Builder::new()
        .max_buf_size(MOST_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let Err(error) = (&mut http).await else {
        let Some(echoing) = upgrade.get() else { return };
        // hyper has written its last answer and left the socket open. Its own
        // upgrade would hand it to another task, which no trial's end aborts.
        let parts = http.into_parts();
        let stream = parts.io.into_inner();
        return Box::pin(websocket::serve(stream, &parts.read_buf, *echoing, port)).await;
    };
    if let Some(breach) = Breach::behind(&error) {
        let stream = http.into_parts().io.into_inner();
        // Boxed, because every connection has room for what is not.
        Box::pin(breach.commit(stream)).await;
    } else if error.is_parse() {
        // No HTTP; a client that vanished has done nothing bad.
        port.trial.counters.refuse();
    }
}

/// An accepted connection, counted as open until dropped, also by an abort.
struct Open(Arc<Trial>);

impl Open {
    fn new(trial: Arc<Trial>) -> Self {
        trial.counters.open();
        Self(trial)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.counters.close();
    }
}
