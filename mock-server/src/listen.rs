//! Sockets, the accept loop, and one task per connection.
//!
//! # Protocol
//! One accept task per address and port owns the listener and the tasks of its connections.
//! It ends when its stop channel closes: it drops the listener, aborts the
//! connections and waits until the last is gone. There is no limit of
//! connections but that of open files, and none of silence: a silent client
//! costs one idle task until its trial ends, and a timeout would hang up on
//! contestants that only pause.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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
use crate::plain::{self, Plain};
use crate::postgres;
use crate::rewound::Rewound;
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
/// Ports that are tried before none is said to be free on several addresses.
const PORT_TRIES: usize = 16;

/// What all trials share.
pub(crate) struct Server {
    pub(crate) ip: IpAddr,
    pub(crate) bodies: Bodies,
    pub(crate) timer: Timer,
    pub(crate) trials: Trials,
}

/// What is spoken at a listening address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    Http,
    Postgres,
}

/// One listening address: whose it is, what is spoken there, and whether trials are
/// managed there.
pub(crate) struct Port {
    pub(crate) server: Arc<Server>,
    pub(crate) trial: Arc<Trial>,
    pub(crate) wire: Wire,
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

/// As many loopback addresses as asked for, one after the other from `first`; the
/// only one may be any.
pub(crate) fn consecutive(first: IpAddr, count: usize) -> Option<Vec<IpAddr>> {
    let ip = |step: usize| match first {
        _ if step == 0 => Some(first),
        IpAddr::V4(first) => {
            let next = first.to_bits().checked_add(step as u32).map(Ipv4Addr::from_bits)?;
            (first.is_loopback() && next.is_loopback()).then_some(IpAddr::V4(next))
        }
        IpAddr::V6(_) => None,
    };
    (0..count).map(ip).collect()
}

/// A listening socket and where it listens.
type Bound = (std::net::TcpListener, SocketAddr);

/// Listening sockets, one for each address, all on the same port.
///
/// # Errors
/// An address is not ours, no file descriptor is left, or of the ports that the
/// kernel chose none was free on all addresses.
pub(crate) fn bind_each(ips: &[IpAddr]) -> io::Result<Vec<Bound>> {
    free(|| bind_on(ips, 0))
}

/// Tries again, a few times, as long as what it came upon is taken.
fn free<T>(attempt: impl Fn() -> io::Result<T>) -> io::Result<T> {
    let taken = |tried: &io::Result<T>| {
        tried.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
    };
    let again = (1..PORT_TRIES).map(|_| attempt()).find(|tried| !taken(tried));
    again.unwrap_or_else(attempt)
}

/// The same with that port; with 0, the one that the kernel chooses for the first
/// address.
fn bind_on(ips: &[IpAddr], mut port: u16) -> io::Result<Vec<Bound>> {
    let listeners = ips.iter().map(|ip| {
        let listener = bind(SocketAddr::new(*ip, port))?;
        let address = listener.local_addr()?;
        port = address.port();
        Ok((listener, address))
    });
    listeners.collect()
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
    match port.wire {
        Wire::Http => converse(stream, &port).await,
        // Boxed, because every connection has room for what is not.
        Wire::Postgres => Box::pin(postgres::serve(stream, &port)).await,
    }
    drop(open);
}

/// Serves a connection until its end; it is closed when this returns.
async fn converse(mut stream: TcpStream, port: &Arc<Port>) {
    let Plain::Other(read) = plain::serve(&mut stream, port).await else { return };
    let stream = Rewound::new(read, stream);
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
        let (stream, unread) = parts.io.into_inner().into_parts();
        let read = [&parts.read_buf[..], &unread].concat().into();
        return Box::pin(websocket::serve(stream, &read, *echoing, port)).await;
    };
    if let Some(breach) = Breach::behind(&error) {
        let (stream, _) = http.into_parts().io.into_inner().into_parts();
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;
    use std::net::IpAddr;

    use super::{PORT_TRIES, bind, bind_each, bind_on, consecutive, free};

    #[test]
    fn addresses_follow_one_another_on_the_loopback_of_ipv4() {
        let check = |first: &str, count, want: Option<&[&str]>| {
            let got = consecutive(first.parse().unwrap(), count);
            let want = want.map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect::<Vec<_>>());
            assert_eq!(got, want, "{count} from {first}");
        };
        check("127.0.0.1", 3, Some(&["127.0.0.1", "127.0.0.2", "127.0.0.3"]));
        check("127.0.0.255", 2, Some(&["127.0.0.255", "127.0.1.0"]));
        check("127.255.255.255", 2, None);
        check("126.255.255.255", 2, None);
        check("10.0.0.1", 1, Some(&["10.0.0.1"]));
        check("10.0.0.1", 2, None);
        check("::1", 1, Some(&["::1"]));
        check("::1", 2, None);
    }

    #[test]
    fn one_port_is_bound_on_each_address() {
        let ips: Vec<IpAddr> = consecutive([127, 0, 0, 1].into(), 5).unwrap();
        let bound = bind_each(&ips).unwrap();
        let port = bound[0].1.port();
        for ((listener, address), ip) in bound.iter().zip(&ips) {
            assert_eq!((address.ip(), address.port()), (*ip, port));
            assert_eq!(listener.local_addr().unwrap(), *address);
        }
        // Taken on one address is taken for all of them.
        drop(bound);
        let _taken = bind((ips[4], port).into()).unwrap();
        let error = bind_on(&ips, port).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert_ne!(bind_each(&ips).unwrap()[0].1.port(), port);
    }

    #[test]
    fn what_is_taken_is_tried_again_a_few_times() {
        let check = |taken: usize, tries: usize, free_at_last: bool| {
            let tried = Cell::new(0);
            let got = free(|| {
                tried.set(tried.get() + 1);
                if tried.get() > taken { Ok(()) } else { Err(io::ErrorKind::AddrInUse.into()) }
            });
            assert_eq!((got.is_ok(), tried.get()), (free_at_last, tries));
        };
        check(0, 1, true);
        check(3, 4, true);
        check(PORT_TRIES - 1, PORT_TRIES, true);
        check(PORT_TRIES, PORT_TRIES, false);
    }

    #[test]
    fn an_address_of_somebody_else_is_an_error_and_not_tried_again() {
        // 192.0.2.0/24 is reserved for documentation, so no machine has it.
        let ips: [IpAddr; 2] = [[127, 0, 0, 1].into(), [192, 0, 2, 1].into()];
        let error = bind_each(&ips).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
    }
}
