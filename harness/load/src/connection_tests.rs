//! One connection against a peer in the same thread: every edge is seen.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use rustix::event::Timespec;
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use triathlon_contract::{Received, body};

use super::{Connection, INTEREST, Progress};
use crate::responder::response;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

/// More than the kernel takes: it sends at most 4 MiB ahead, and the peer's
/// window does not grow while the peer does not read.
const LONG_BYTES: usize = 16 << 20;

/// A registered connection for two requests, its peer, and its edges.
fn pair() -> (Connection, TcpStream, OwnedFd) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (peer, _) = listener.accept().unwrap();
    let connection = Connection::new(stream, 2).unwrap();
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    epoll::add(&epoll, connection.stream(), EventData::new_u64(0), INTEREST).unwrap();
    assert_eq!(edge(&epoll), EventFlags::OUT, "a new connection is writable");
    (connection, peer, epoll)
}

/// Waits for the next edge; fails instead of hanging if none comes.
fn edge(epoll: &OwnedFd) -> EventFlags {
    let mut events = [Event { flags: EventFlags::empty(), data: EventData::new_u64(0) }];
    let patience = Timespec { tv_sec: 30, tv_nsec: 0 };
    let count = epoll::wait(epoll, events.as_mut_slice(), Some(&patience)).unwrap();
    assert_eq!(count, 1, "no edge came");
    events[0].flags
}

#[test]
fn a_response_in_two_parts_takes_two_edges_wherever_it_is_cut() {
    let bytes = response(200, &body::bytes(32));
    for cut in 1..bytes.len() {
        let (mut connection, mut peer, epoll) = pair();
        connection.start(REQUEST, 7).unwrap();
        assert_eq!((connection.started_ns, connection.sent), (7, REQUEST.len()));
        peer.write_all(&bytes[..cut]).unwrap();
        let flags = edge(&epoll);
        assert_eq!(connection.ready(flags, REQUEST).unwrap(), Progress::Waits, "cut at {cut}");
        peer.write_all(&bytes[cut..]).unwrap();
        let flags = edge(&epoll);
        let want = Progress::Responded(Received::whole(200, &body::bytes(32)));
        assert_eq!(connection.ready(flags, REQUEST).unwrap(), want, "cut at {cut}");
        assert!(!connection.finish(flags).unwrap());
    }
}

#[test]
fn a_full_kernel_buffer_is_waited_for_and_not_an_error() {
    let (mut connection, mut peer, epoll) = pair();
    let request = vec![b'x'; LONG_BYTES];
    connection.start(&request, 0).unwrap();
    assert!(connection.sent < request.len(), "the kernel took all of it");
    let peer = thread::spawn(move || {
        let mut received = vec![0; LONG_BYTES];
        peer.read_exact(&mut received).unwrap();
        peer.write_all(&response(200, b"")).unwrap();
        (peer, received)
    });
    let progress = loop {
        match connection.ready(edge(&epoll), &request).unwrap() {
            Progress::Waits => {}
            progress => break progress,
        }
    };
    assert_eq!(progress, Progress::Responded(Received::whole(200, b"")));
    assert!(peer.join().unwrap().1 == request, "other bytes arrived");
}

#[test]
fn a_response_before_the_end_of_its_request_is_an_error() {
    let (mut connection, mut peer, epoll) = pair();
    let request = vec![b'x'; LONG_BYTES];
    connection.start(&request, 0).unwrap();
    peer.write_all(&response(413, b"")).unwrap();
    let error = connection.ready(edge(&epoll), &request).unwrap_err().to_string();
    assert!(error.contains("before the request"), "{error}");
}

#[test]
fn an_end_that_shares_its_edge_with_the_response_is_seen() {
    let (mut connection, mut peer, epoll) = pair();
    connection.start(REQUEST, 0).unwrap();
    peer.read_exact(&mut [0; REQUEST.len()]).unwrap();
    peer.write_all(&response(200, b"")).unwrap();
    drop(peer);
    let mut flags = EventFlags::empty();
    while !flags.contains(EventFlags::RDHUP) {
        flags = edge(&epoll); // not read yet, so the last edge shows both
    }
    assert!(matches!(connection.ready(flags, REQUEST).unwrap(), Progress::Responded(_)));
    let error = connection.finish(flags).unwrap_err().to_string();
    assert!(error.contains("behind a response"), "{error}");
}

#[test]
fn a_finished_connection_takes_no_notice_of_what_comes() {
    let (mut connection, peer, _epoll) = pair();
    connection.left = 0;
    drop(peer);
    assert_eq!(connection.ready(EventFlags::all(), REQUEST).unwrap(), Progress::Waits);
}
