//! Web sockets: echoes, what is added to them, and clients that break the rules.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;

use triathlon_contract::body;
use triathlon_contract::websocket::frame::{self, Opcode};
use triathlon_contract::websocket::session::MESSAGE_MAX_BYTES;
use triathlon_contract::websocket::{Event, Session};

use crate::client::{Client, PATIENCE, Trial, both, eventually, server};

const KEY: [u8; 4] = [1, 2, 3, 4];

/// One web socket.
struct Socket {
    stream: TcpStream,
    session: Session,
}

impl Socket {
    fn open(trial: &Trial, path: &str) -> Self {
        let stream = TcpStream::connect(trial.addresses[0]).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut socket = Self { stream, session: Session::client(path, "x", 1) };
        assert_eq!(socket.next(), Some(Event::Open));
        socket
    }

    fn flush(&mut self) {
        self.stream.write_all(self.session.outgoing()).unwrap();
    }

    fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next event; nothing once the server has hung up.
    fn next(&mut self) -> Option<Event> {
        self.flush();
        loop {
            if let Some(event) = self.session.event().unwrap() {
                return Some(event);
            }
            match self.stream.read(self.session.space()) {
                Ok(0) => return None,
                Ok(count) => self.session.advance(count),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn exchange(&mut self, text: bool, message: &[u8]) {
        self.session.send(text, message);
        assert_eq!(self.next(), Some(Event::Message { text }));
        assert_eq!(self.session.message(), message);
    }

    fn close(mut self) {
        self.session.close(1000);
        assert_eq!(self.next(), Some(Event::Close(Some(1000))));
        assert_eq!(self.next(), None, "the server hangs up");
    }
}

fn frame(opcode: Opcode, last: bool, key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write(&mut out, opcode, last, key, payload);
    out
}

#[test]
fn messages_come_back_and_are_counted_exactly() {
    for server in both() {
        let trial = Trial::new(&server);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut socket = Socket::open(&trial, "/ws");
                    for size in [0, 1, 64, 4096, 20_000, MESSAGE_MAX_BYTES] {
                        socket.exchange(false, &body::bytes(size));
                        socket.exchange(true, &body::text(size));
                    }
                    socket.close();
                });
            }
        });
        let bytes = 8 * 2 * (1 + 64 + 4096 + 20_000 + MESSAGE_MAX_BYTES as u64);
        trial.expect(&[("requests", 96), ("answered", 96), ("bytes", bytes), ("connections", 8)]);
        trial.expect(&[("bad_requests", 0), ("in_flight", 0), ("given_up", 0)]);
        let counters = trial.counters();
        let peak = counters["peak_in_flight"].as_u64().unwrap();
        assert!((1..=8).contains(&peak), "{peak}");
        let want = serde_json::json!({
            "sockets": 8, "frames_in": 104, "frames_out": 104, "messages": 96,
            "message_bytes": bytes, "pings": 0, "pongs": 0, "closes": 8,
        });
        assert_eq!(counters["websocket"], want);
        eventually("all have ended", || trial.counters()["open_connections"] == 0);
    }
}

#[test]
fn echoes_come_in_fragments_with_pings_between() {
    let server = server();
    let trial = Trial::new(&server);
    let mut socket = Socket::open(&trial, "/ws?fragment=16&ping_every=3");
    for number in 1..=10 {
        socket.session.send(true, &body::text(40));
        if number % 3 == 0 {
            assert_eq!(socket.next(), Some(Event::Ping), "{number}");
        }
        assert_eq!(socket.next(), Some(Event::Message { text: true }), "{number}");
        assert_eq!(socket.session.message(), body::text(40));
    }
    socket.close();
    let want = serde_json::json!({
        "sockets": 1, "frames_in": 10 + 3 + 1, "frames_out": 30 + 3 + 1, "messages": 10,
        "message_bytes": 400, "pings": 3, "pongs": 3, "closes": 1,
    });
    assert_eq!(trial.counters()["websocket"], want);
}

#[test]
fn a_client_s_fragments_are_one_message_and_its_pings_are_answered() {
    let server = server();
    let trial = Trial::new(&server);
    let mut socket = Socket::open(&trial, "/ws");
    let parts = [
        frame(Opcode::Text, false, Some(KEY), b"one, "),
        frame(Opcode::Ping, true, Some(KEY), b"there?"),
        frame(Opcode::Continuation, true, Some(KEY), b"two"),
    ];
    // Byte by byte, so that the server has half a frame again and again.
    parts.concat().iter().for_each(|byte| socket.write(&[*byte]));
    assert_eq!(socket.next(), Some(Event::Pong));
    assert_eq!(socket.next(), Some(Event::Message { text: true }));
    assert_eq!(socket.session.message(), b"one, two");
    socket.close();
    trial.expect(&[("requests", 1), ("bytes", 8), ("bad_requests", 0)]);
}

#[test]
fn what_comes_together_with_the_handshake_is_answered() {
    let server = server();
    let trial = Trial::new(&server);
    let mut stream = TcpStream::connect(trial.addresses[0]).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut session = Session::client("/ws", "x", 1);
    let mut bytes = session.outgoing().to_vec();
    (0..100).for_each(|_| session.send(false, &body::bytes(64)));
    bytes.extend_from_slice(session.outgoing());
    stream.write_all(&bytes).unwrap();
    let mut socket = Socket { stream, session };
    assert_eq!(socket.next(), Some(Event::Open));
    (0..100).for_each(|_| assert_eq!(socket.next(), Some(Event::Message { text: false })));
    socket.close();
    trial.expect(&[("requests", 100), ("bytes", 6400), ("connections", 1)]);
}

#[test]
fn each_breach_is_answered_with_its_status_and_counted_as_bad() {
    let long = frame(Opcode::Binary, true, Some(KEY), &[0; MESSAGE_MAX_BYTES + 1]);
    let huge = [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4];
    let breaches: [(Vec<u8>, u16); 9] = [
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), 1002),
        (frame(Opcode::Text, true, None, b"no mask"), 1002),
        (vec![0xc1, 0x80, 1, 2, 3, 4], 1002),
        (frame(Opcode::Continuation, true, Some(KEY), b"of nothing"), 1002),
        (vec![0x89, 0xfe, 0, 126], 1002),
        (frame(Opcode::Close, true, Some(KEY), &[3]), 1002),
        (frame(Opcode::Text, true, Some(KEY), b"a\xffz"), 1007),
        (long, 1009),
        (huge.to_vec(), 1009),
    ];
    for server in both() {
        let trial = Trial::new(&server);
        for (index, (bytes, status)) in breaches.iter().enumerate() {
            let mut socket = Socket::open(&trial, "/ws");
            socket.exchange(false, b"good so far");
            socket.write(bytes);
            assert_eq!(socket.next(), Some(Event::Close(Some(*status))), "{index}");
            assert_eq!(socket.next(), None, "the server hangs up");
            trial.expect(&[("bad_requests", index as u64 + 1), ("in_flight", 0)]);
        }
        eventually("all have ended", || trial.counters()["open_connections"] == 0);
        trial.expect(&[("requests", 9), ("answered", 9)]);
        assert_eq!(trial.connect().get("/bytes/5").body.len(), 5);
    }
}

#[test]
fn who_vanishes_ends_and_has_done_nothing_bad() {
    for server in both() {
        let trial = Trial::new(&server);
        let half = frame(Opcode::Binary, true, Some(KEY), &[0; 100]);
        for cut in [0, 1, 5, 50] {
            let mut socket = Socket::open(&trial, "/ws");
            socket.write(&half[..cut]);
        }
        eventually("all have ended", || trial.counters()["open_connections"] == 0);
        trial.expect(&[("requests", 0), ("bad_requests", 0), ("in_flight", 0)]);
        assert_eq!(trial.counters()["websocket"]["sockets"], 4);
    }
}

#[test]
fn a_closed_gate_holds_messages_and_the_end_of_a_trial_takes_its_sockets() {
    let server = server();
    let trial = Trial::new(&server);
    let mut socket = Socket::open(&trial, "/ws");
    trial.connect().request("POST", "/stall/50000", b"");
    socket.exchange(false, b"held");
    trial.expect(&[("requests", 1), ("delayed", 1)]);

    trial.connect().request("POST", "/stall/60000000", b"");
    socket.session.send(false, b"never");
    socket.flush();
    eventually("it arrives", || trial.counters()["in_flight"] == 1);
    let last = trial.ask("DELETE", "");
    assert_eq!((&last["given_up"], &last["answered"]), (&1.into(), &1.into()));
    assert_eq!((&last["in_flight"], &last["open_connections"]), (&0.into(), &0.into()));
    assert_eq!(socket.next(), None);
}

#[test]
fn what_is_no_handshake_is_refused_and_the_connection_lives_on() {
    let server = server();
    let trial = Trial::new(&server);
    let good = "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: keep-alive, Upgrade\r\n\
        upgrade: WebSocket\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let wrong = [
        ("connection: keep-alive, Upgrade\r\n", ""),
        ("upgrade: WebSocket\r\n", "upgrade: h2c\r\n"),
        ("version: 13", "version: 8"),
        ("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="),
    ];
    let mut client: Client = trial.connect();
    for (there, instead) in wrong {
        client.write(good.replacen(there, instead, 1).as_bytes());
        let reply = client.receive();
        assert_eq!((reply.status, reply.header("sec-websocket-version")), (426, Some("13")));
    }
    trial.expect(&[("requests", 0), ("bad_requests", 5)]);
    assert!(trial.counters()["websocket"].is_null());
    client.write(good.as_bytes());
    let head = client.head().unwrap();
    assert_eq!(head.status, 101);
    assert_eq!(head.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    trial.expect(&[("requests", 0), ("bad_requests", 5)]);
    assert_eq!(trial.counters()["websocket"]["sockets"], 1);
}
