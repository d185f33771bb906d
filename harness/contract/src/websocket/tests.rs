//! The spec, and the client's part of a conversation.

use super::frame::{self, Opcode};
use super::{Echoes, Event, PRESETS, Session, SocketCounts, Websocket, handshake};
use crate::{Received, Workload};

fn work() -> Websocket {
    Websocket {
        sockets: 3,
        message_bytes: 40,
        text: true,
        window: 4,
        fragment_bytes: 16,
        ping_every: 2,
        laps: 6,
    }
}

/// A server for one socket, behind the handshake, that echoes.
fn serve(server: &mut Session, work: &Websocket, mut bytes: &[u8]) -> Vec<u8> {
    while !bytes.is_empty() {
        let space = server.space();
        let count = bytes.len().min(space.len());
        space[..count].copy_from_slice(&bytes[..count]);
        bytes = &bytes[count..];
        server.advance(count);
        while let Some(event) = server.event().unwrap() {
            if let Event::Message { text } = event {
                if server.counts().messages.is_multiple_of(work.ping_every) {
                    server.ping();
                }
                server.echo(text, work.fragment_bytes as usize);
            }
        }
    }
    server.outgoing().to_vec()
}

fn take(echoes: &mut Echoes, bytes: &[u8]) -> anyhow::Result<Vec<super::Echo>> {
    echoes.space()[..bytes.len()].copy_from_slice(bytes);
    echoes.advance(bytes.len())?;
    let mut all = Vec::new();
    while let Some(echo) = echoes.echo()? {
        all.push(echo);
    }
    Ok(all)
}

/// The answer to the request in `bytes`.
fn agreed(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    let key = text.split("sec-websocket-key: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let accept = handshake::accept(key);
    format!(
        "HTTP/1.1 101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-accept: {accept}\r\n\r\n"
    )
    .into_bytes()
}

/// One that is open and has been warmed up.
fn opened(work: &Websocket, server: &mut Session) -> Echoes {
    let mut echoes = work.echoes("127.0.0.1:1".parse().unwrap()).remove(0);
    let answer = agreed(echoes.due(0));
    assert!(!echoes.is_done());
    assert_eq!(take(&mut echoes, &answer).unwrap(), []);
    let warm_up = echoes.due(1).to_vec();
    let back = serve(server, work, &warm_up);
    assert!(!echoes.is_done());
    assert_eq!(take(&mut echoes, &back).unwrap().len(), 1);
    assert!(echoes.is_done());
    echoes
}

#[test]
fn a_conversation_keeps_its_window_full_and_counts_what_is_expected() {
    let work = Websocket { sockets: 1, ..work() };
    let mut server = Session::server();
    let mut echoes = opened(&work, &mut server);
    echoes.ask(work.laps);
    let first = echoes.due(10).to_vec();
    assert!(echoes.due(11).is_empty(), "the window is full");
    let back = serve(&mut server, &work, &first);
    assert_eq!(server.counts().messages, 1 + 4);
    let want = Received::whole(200, &work.message());
    // Up to the end of the first echo: a ping is before it, as the second message's.
    let cut = 10 + (2 + 16) + (2 + 16) + (2 + 8);
    let some = take(&mut echoes, &back[..cut]).unwrap();
    assert_eq!((some.len(), some[0].started_ns, some[0].received), (1, 10, want));
    let second = echoes.due(20).to_vec();
    let rest = take(&mut echoes, &back[cut..]).unwrap();
    assert_eq!(rest.len(), 3);
    let third = echoes.due(30).to_vec();
    let back = serve(&mut server, &work, &[second, third].concat());
    let last = take(&mut echoes, &back).unwrap();
    let started: Vec<_> = last.iter().map(|echo| echo.started_ns).collect();
    assert_eq!(started, [20, 30]);
    assert!(echoes.is_done());

    echoes.close();
    let close = echoes.due(40).to_vec();
    let back = serve(&mut server, &work, &close);
    assert!(!echoes.is_done());
    assert_eq!(take(&mut echoes, &back).unwrap(), []);
    assert!(echoes.is_done() && server.is_closed());
    assert_eq!(Some(server.counts()), work.expects(4).websocket);
}

#[test]
fn what_is_no_echo_is_an_error() {
    let work = Websocket { ping_every: 1, ..work() };
    let check = |asked: u64, frames: &[u8], want: &str| {
        let mut echoes = opened(&work, &mut Session::server());
        echoes.ask(asked);
        echoes.due(1);
        let error = take(&mut echoes, frames).unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    };
    let frame = |opcode, payload: &[u8]| {
        let mut out = Vec::new();
        frame::write(&mut out, opcode, true, None, payload);
        out
    };
    check(0, &frame(Opcode::Text, b"unasked"), "no echo");
    check(1, &frame(Opcode::Binary, b"bytes"), "text came back as bytes");
    check(1, &frame(Opcode::Close, &[3, 233]), "closed: Some(1001)");
    check(1, &[0xff, 0], "reserved bit");
    let mut echoes = opened(&work, &mut Session::server());
    assert!(echoes.advance(0).unwrap_err().to_string().contains("closed the connection"));
}

#[test]
fn everything_is_expected_and_counted() {
    let expected = work().expects(12);
    assert_eq!((expected.ok, expected.samples, expected.connections), (21, 18, 3));
    assert_eq!((expected.bytes, expected.peak_low, expected.peak_high), (840, 1, 3));
    let want = SocketCounts {
        sockets: 3,
        frames_in: 21 + 9 + 3,
        frames_out: 21 * 3 + 9 + 3,
        messages: 21,
        message_bytes: 840,
        pings: 9,
        pongs: 9,
        closes: 3,
    };
    assert_eq!(expected.websocket, Some(want));
    assert_eq!(work().expects(4).peak_high, 1, "one socket after the other");
    let plain = Websocket { fragment_bytes: 0, ping_every: 0, ..work() };
    let counts = plain.expects(12).websocket.unwrap();
    assert_eq!((counts.frames_in, counts.frames_out, counts.pings), (24, 24, 0));
}

#[test]
fn a_window_is_in_flight_on_every_socket() {
    let check = |sockets, window, want| {
        let work = Websocket { sockets, window, ..work() };
        assert_eq!(work.at_once(), Some(want), "{sockets} sockets, {window} each");
        assert_eq!(work.in_flight(1), window, "one socket after the other");
    };
    check(1, 1, 1);
    check(64, 1, 64);
    check(64, 8, 512);
    for preset in &PRESETS {
        let work = &preset.work;
        assert_eq!(work.at_once(), Some(work.sockets * work.window), "{}", preset.name);
    }
    assert!(PRESETS.iter().any(|preset| preset.work.window > 1));
}

#[test]
fn the_path_says_what_the_server_adds() {
    let check = |fragment_bytes, ping_every, want: &str| {
        assert_eq!(Websocket { fragment_bytes, ping_every, ..work() }.path(), want);
    };
    check(0, 0, "/ws");
    check(16, 0, "/ws?fragment=16");
    check(0, 10, "/ws?ping_every=10");
    check(16, 10, "/ws?fragment=16&ping_every=10");
}

/// Who writes a whole window before it reads must not wait for a server that
/// waits for it: the window fits into the sockets' buffers.
#[test]
fn a_window_fits_into_the_buffers_of_two_sockets() {
    for preset in &PRESETS {
        let work = &preset.work;
        assert!(work.window * (work.message_bytes + 14) <= 64 << 10, "{}", preset.name);
        assert!(work.window >= 1 && work.laps >= work.window, "{}", preset.name);
    }
}
