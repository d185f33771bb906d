//! Both ends against the standard's examples, in pieces of every size, and
//! against rubbish.

use super::super::frame::{self, Opcode};
use super::{BUFFER_BYTES, Event, MESSAGE_MAX_BYTES, Session, Violation};
use crate::body;
use fastrand::Rng;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// An event and, of a message, what it says.
type Told = (Event, Vec<u8>);

/// A client's end behind the handshake.
fn client() -> Session {
    let mut session = Session::client("/ws", "x", 7);
    session.opening = None;
    session.out.clear();
    session
}

/// Feeds pieces of at most `step` bytes; gives what is told.
fn feed(session: &mut Session, mut bytes: &[u8], step: usize) -> Result<Vec<Told>, Violation> {
    let mut told = Vec::new();
    while !bytes.is_empty() {
        let space = session.space();
        let count = bytes.len().min(step).min(space.len());
        assert!(count > 0, "there is always space");
        space[..count].copy_from_slice(&bytes[..count]);
        bytes = &bytes[count..];
        session.advance(count);
        while let Some(event) = session.event()? {
            let says = matches!(event, Event::Message { .. });
            told.push((event, if says { session.message().to_vec() } else { Vec::new() }));
        }
    }
    Ok(told)
}

fn frame(opcode: Opcode, last: bool, key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write(&mut out, opcode, last, key, payload);
    out
}

fn text(says: &str) -> Told {
    (Event::Message { text: true }, says.as_bytes().to_vec())
}

fn silent(event: Event) -> Told {
    (event, Vec::new())
}

/// Source: the examples of RFC 6455, 5.7.
#[test]
fn the_examples_of_the_standard_are_understood_cut_at_every_byte() {
    let hello: &[u8] = &[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    let fragments: &[u8] = &[0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f];
    let ping: &[u8] = &[0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    let masked: &[u8] = &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    let pong: &[u8] = &[0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    for cut in 1..=fragments.len() {
        assert_eq!(feed(&mut client(), hello, cut), Ok(vec![text("Hello")]));
        assert_eq!(feed(&mut client(), fragments, cut), Ok(vec![text("Hello")]));
        assert_eq!(feed(&mut client(), ping, cut), Ok(vec![silent(Event::Ping)]));
        assert_eq!(feed(&mut Session::server(), masked, cut), Ok(vec![text("Hello")]));
        assert_eq!(feed(&mut Session::server(), pong, cut), Ok(vec![silent(Event::Pong)]));
    }
    for size in [256, 1 << 16] {
        let bytes = body::bytes(size);
        let want = vec![(Event::Message { text: false }, bytes.clone())];
        for step in [1, 7, 1000, usize::MAX] {
            let plain = frame(Opcode::Binary, true, None, &bytes);
            assert_eq!(feed(&mut client(), &plain, step).as_ref(), Ok(&want), "{size} {step}");
            let masked = frame(Opcode::Binary, true, Some(KEY), &bytes);
            assert_eq!(feed(&mut Session::server(), &masked, step).as_ref(), Ok(&want));
        }
    }
}

#[test]
fn control_frames_come_between_fragments_and_are_answered() {
    let bytes = [
        frame(Opcode::Text, false, Some(KEY), "Grü".as_bytes()),
        frame(Opcode::Ping, true, Some(KEY), b"one"),
        // The cut is within a character.
        frame(Opcode::Continuation, false, Some(KEY), b"\xc3"),
        frame(Opcode::Pong, true, Some(KEY), b"unasked"),
        frame(Opcode::Ping, true, Some(KEY), &[5; 125]),
        frame(Opcode::Continuation, true, Some(KEY), b"\x9fe"),
        frame(Opcode::Close, true, Some(KEY), b"\x03\xe8bye"),
        b"what comes behind the end".to_vec(),
    ]
    .concat();
    for step in 1..=bytes.len() {
        let mut server = Session::server();
        let want = vec![
            silent(Event::Ping),
            silent(Event::Pong),
            silent(Event::Ping),
            text("Grüße"),
            silent(Event::Close(Some(1000))),
        ];
        assert_eq!(feed(&mut server, &bytes, step), Ok(want), "{step}");
        let out = [
            frame(Opcode::Pong, true, None, b"one"),
            frame(Opcode::Pong, true, None, &[5; 125]),
            frame(Opcode::Close, true, None, b"\x03\xe8"),
        ]
        .concat();
        assert_eq!(server.outgoing(), out, "{step}");
        assert!(server.is_closed() && server.outgoing().is_empty());
        let counts = server.counts();
        assert_eq!((counts.frames_in, counts.frames_out, counts.messages), (7, 3, 1));
        assert_eq!((counts.message_bytes, counts.pongs, counts.closes), (7, 0, 1));
    }
}

/// Two ends that exchange everything there is, byte by byte or at once.
#[test]
fn what_one_end_says_the_other_understands() {
    for step in [1, 3, usize::MAX] {
        let (mut client, mut server) = (client(), Session::server());
        for (size, fragment) in [(0, 16), (1, 16), (16, 16), (17, 16), (64, 16), (4096, 0)] {
            let says = body::text(size);
            client.send(true, &says);
            let sent = client.outgoing().to_vec();
            assert!(size < 16 || !sent.windows(16).any(|part| part == &says[..16]), "masked");
            let want = [(Event::Message { text: true }, says)];
            assert_eq!(feed(&mut server, &sent, step).unwrap(), want);
            let before = server.counts().frames_out;
            server.ping();
            server.echo(true, fragment);
            let frames = if fragment == 0 { 1 } else { size.div_ceil(fragment).max(1) };
            assert_eq!(server.counts().frames_out - before, 1 + frames as u64);
            let back = server.outgoing().to_vec();
            let [ping, echo] = &feed(&mut client, &back, step).unwrap()[..] else { panic!() };
            assert_eq!((ping, echo), (&silent(Event::Ping), &want[0]));
            let pong = client.outgoing().to_vec();
            assert_eq!(feed(&mut server, &pong, step).unwrap(), [silent(Event::Pong)]);
        }
        client.close(1000);
        let close = client.outgoing().to_vec();
        assert_eq!(feed(&mut server, &close, step).unwrap(), [silent(Event::Close(Some(1000)))]);
        let back = server.outgoing().to_vec();
        assert_eq!(feed(&mut client, &back, step).unwrap(), [silent(Event::Close(Some(1000)))]);
        assert!(client.is_closed() && client.outgoing().is_empty(), "answered once");
        let (here, there) = (client.counts(), server.counts());
        assert_eq!((here.frames_in, here.frames_out), (there.frames_out, there.frames_in));
        assert_eq!((there.pings, there.pongs, there.messages, there.closes), (6, 6, 6, 1));
    }
}

#[test]
fn only_the_pong_to_the_oldest_ping_counts() {
    let mut server = Session::server();
    server.ping();
    server.ping();
    let pong = |number: u64| frame(Opcode::Pong, true, Some(KEY), &number.to_be_bytes());
    for (number, pongs) in [(1, 0), (7, 0), (0, 1), (0, 1), (1, 2), (2, 2)] {
        feed(&mut server, &pong(number), 100).unwrap();
        assert_eq!(server.counts().pongs, pongs, "{number}");
    }
}

#[test]
fn each_breach_has_its_name_and_status() {
    let check = |bytes: &[Vec<u8>], want: Violation, status: u16| {
        for step in [1, usize::MAX] {
            let told = feed(&mut Session::server(), &bytes.concat(), step);
            assert_eq!(told, Err(want), "{step}");
        }
        assert_eq!(want.status(), status, "{want}");
    };
    let masked = |opcode, last, payload: &[u8]| frame(opcode, last, Some(KEY), payload);
    check(&[frame(Opcode::Text, true, None, b"a")], Violation::Mask, 1002);
    check(&[vec![0xf1, 0x80]], Violation::ReservedBits, 1002);
    check(&[vec![0x83, 0x80]], Violation::Opcode(3), 1002);
    check(&[vec![0x89, 0xfe]], Violation::LongControl, 1002);
    check(&[masked(Opcode::Ping, false, b"")], Violation::FragmentedControl, 1002);
    check(&[masked(Opcode::Continuation, true, b"")], Violation::Continuation, 1002);
    let begun = masked(Opcode::Text, false, b"a");
    check(&[begun.clone(), masked(Opcode::Text, true, b"")], Violation::Interrupted, 1002);
    check(&[masked(Opcode::Text, true, b"a\xff")], Violation::NotUtf8, 1007);
    check(&[begun, masked(Opcode::Continuation, true, b"\xc3")], Violation::NotUtf8, 1007);
    for status in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
        let close = masked(Opcode::Close, true, &u16::to_be_bytes(status));
        check(&[close], Violation::CloseStatus, 1002);
    }
    check(&[masked(Opcode::Close, true, &[3])], Violation::CloseStatus, 1002);
    check(&[masked(Opcode::Close, true, b"\x03\xe8\xff")], Violation::NotUtf8, 1007);
    // Known from the head, before any of it came.
    let long = masked(Opcode::Binary, true, &[0; MESSAGE_MAX_BYTES + 1]);
    check(&[long[..14].to_vec()], Violation::TooBig, 1009);
    let part = masked(Opcode::Binary, false, &[0; MESSAGE_MAX_BYTES]);
    check(&[part, masked(Opcode::Continuation, true, b"1")], Violation::TooBig, 1009);

    let own = masked(Opcode::Text, true, b"a");
    assert_eq!(feed(&mut client(), &own, 100), Err(Violation::Mask), "a server never masks");
    let mut opening = Session::client("/ws", "x", 7);
    let refusal = b"HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n";
    assert!(matches!(feed(&mut opening, refusal, 1), Err(Violation::Handshake(_))));
    let endless = [b"HTTP/1.1 101 X\r\nx: ".as_slice(), &[b'y'; BUFFER_BYTES]].concat();
    let mut opening = Session::client("/ws", "x", 7);
    assert!(matches!(feed(&mut opening, &endless, 999), Err(Violation::Handshake(_))));
}

#[test]
fn a_close_without_status_is_answered_without() {
    let mut server = Session::server();
    let close = frame(Opcode::Close, true, Some(KEY), b"");
    assert_eq!(feed(&mut server, &close, 1), Ok(vec![silent(Event::Close(None))]));
    assert_eq!(server.outgoing(), [0x88, 0]);
}

/// Rubbish, and good frames with a few bits turned: there is an event, an error
/// or nothing, never a panic, and what is held stays bounded.
#[test]
fn random_bytes_never_panic() {
    let mut rng = Rng::with_seed(6455);
    let mut failed = 0;
    for round in 0..4000 {
        let mut bytes = Vec::new();
        if round % 2 == 0 {
            bytes.extend((0..rng.usize(..400)).map(|_| rng.u8(..)));
        } else {
            let opcodes = [Opcode::Text, Opcode::Continuation, Opcode::Ping, Opcode::Pong];
            for _ in 0..rng.usize(1..6) {
                let payload = body::text(rng.usize(..200).min(100));
                let opcode = *rng.choice(&opcodes).unwrap();
                frame::write(&mut bytes, opcode, rng.bool(), Some(KEY), &payload);
            }
            for _ in 0..rng.usize(..3) {
                let at = rng.usize(..bytes.len());
                bytes[at] ^= 1 << rng.u32(..8);
            }
        }
        let step = rng.usize(1..50);
        let mut server = Session::server();
        failed += u32::from(feed(&mut server, &bytes, step).is_err());
        assert!(server.message.len() <= MESSAGE_MAX_BYTES);
        assert_eq!(server.input.len(), BUFFER_BYTES);
        let mut opening = Session::client("/ws", "x", round);
        let _ = feed(&mut opening, &bytes, step);
        let _ = feed(&mut client(), &bytes, step);
    }
    assert!((100..4000).contains(&failed), "{failed}");
}
