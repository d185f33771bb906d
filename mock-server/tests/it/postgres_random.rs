//! The session of the Postgres wire under random bytes: it never panics, what it
//! answers is framed, and what it keeps is bounded. The fuzz target `session` has
//! the same property with bytes that it learns.

use fastrand::Rng;
use triathlon_contract::query::statements as texts;
use triathlon_mock_server::postgres::{MESSAGE_MAX_BYTES, Session, Step};

use crate::wire::{extended, message, query, startup};

/// What a session may hold: a message and its answers, each in a buffer that
/// doubles.
const MOST_HELD_BYTES: usize = 2 * MESSAGE_MAX_BYTES + (1 << 20);

/// Feeds the session in random pieces and takes all its steps; whether it goes on.
fn feed(session: &mut Session, mut bytes: &[u8], rng: &mut Rng, out: &mut Vec<u8>) -> bool {
    loop {
        match session.step() {
            Step::Query { pause_ns } => {
                assert!(pause_ns <= 60_000_000_000);
                // What comes meanwhile is read ahead, if there is room.
                let ahead = session.spare().len().min(bytes.len()).min(rng.usize(..100));
                session.spare()[..ahead].copy_from_slice(&bytes[..ahead]);
                session.advance(ahead);
                bytes = &bytes[ahead..];
                assert!(session.answer() <= 640);
                continue;
            }
            step => {
                out.extend_from_slice(session.outgoing());
                session.written();
                assert!(session.held_bytes() <= MOST_HELD_BYTES);
                let (statements, portals) = session.kept();
                assert!(statements <= 256 && portals <= 256);
                match step {
                    Step::End => return false,
                    Step::Read if bytes.is_empty() => return true,
                    Step::Read => {}
                    _ => continue,
                }
            }
        }
        let space = session.space();
        let count = space.len().min(bytes.len()).min(rng.usize(1..5000));
        space[..count].copy_from_slice(&bytes[..count]);
        session.advance(count);
        bytes = &bytes[count..];
    }
}

/// Asserts that these are whole messages of kinds that a server sends.
fn check_framed(mut bytes: &[u8]) {
    while let Some((&kind, rest)) = bytes.split_first() {
        // The answer to a question for encryption.
        if kind == b'N' && rest.first().is_none_or(|byte| *byte != 0) {
            bytes = rest;
            continue;
        }
        assert!(b"RSKZTDCIENt123nsv".contains(&kind), "{kind}");
        let length = u32::from_be_bytes(*rest.first_chunk().unwrap()) as usize;
        bytes = &rest[length..];
    }
}

/// Messages that mean something, for mutation.
fn sensible(rng: &mut Rng) -> Vec<u8> {
    let all = [texts::ONE, texts::TEN, texts::INSERT, texts::DELAYED_ONE, texts::DELAYED_INSERT];
    let text = all[rng.usize(..all.len())];
    let literal = text.replace("$1", "7").replace("$2", "'0.5'").replace("$3", "1e-3");
    let name: &[u8] = [&b"\0"[..], b"s\0", b"t\0"][rng.usize(..3)];
    let parse = [name, text.as_bytes(), b"\0\0\0"].concat();
    let values = match text {
        texts::ONE | texts::TEN => &b"\0\x01\0\0\0\x01\x37"[..],
        texts::DELAYED_INSERT => b"\0\x03\0\0\0\x01\x37\0\0\0\x01x\0\0\0\x01\x30",
        _ => b"\0\x02\0\0\0\x01\x37\0\0\0\x01\x30",
    };
    let bind = [name, name, b"\0\0", values, b"\0\x01\0\x01"].concat();
    match rng.u8(..13) {
        0 => query(&literal),
        1 => query(&format!("BEGIN; {literal}; SELECT 1; COMMIT; {literal}")),
        2 => message(b'P', &parse),
        3 | 4 => [message(b'P', &parse), message(b'B', &bind)].concat(),
        5 => message(b'B', &bind),
        6 | 7 => message(b'E', &[name, &rng.u32(..4).to_be_bytes()].concat()),
        8 => message(b'D', &[&[b"SP"[rng.usize(..2)]][..], name].concat()),
        9 => message(b'C', &[&[b"SP"[rng.usize(..2)]][..], name].concat()),
        10 => extended("SHOW TimeZone"),
        11 => message(b"HFdcf"[rng.usize(..5)], b""),
        _ => message(b'S', b""),
    }
}

#[test]
fn random_bytes_end_a_session_or_wait_for_more() {
    for seed in 0..4000 {
        let mut rng = Rng::with_seed(seed);
        let (mut session, mut out) = (Session::new(1), Vec::new());
        if seed % 2 == 0 {
            assert!(feed(&mut session, &startup(), &mut rng, &mut out));
        }
        let bytes: Vec<u8> = (0..rng.usize(..3000)).map(|_| rng.u8(..)).collect();
        feed(&mut session, &bytes, &mut rng, &mut out);
        check_framed(&out);
    }
}

#[test]
fn mutated_messages_are_answered_or_refused() {
    let (mut went_on, mut answered) = (0, 0);
    for seed in 0..3000 {
        let mut rng = Rng::with_seed(seed);
        let (mut session, mut out) = (Session::new(1), Vec::new());
        assert!(feed(&mut session, &startup(), &mut rng, &mut out));
        let mut bytes: Vec<u8> = (0..rng.usize(1..40)).flat_map(|_| sensible(&mut rng)).collect();
        for _ in 0..rng.usize(..3) {
            let at = rng.usize(..bytes.len());
            match rng.u8(..4) {
                0 => bytes[at] = rng.u8(..),
                1 => bytes[at] ^= 1 << rng.u8(..8),
                2 => _ = bytes.remove(at),
                _ => bytes.insert(at, rng.u8(..)),
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
        went_on += u32::from(feed(&mut session, &bytes, &mut rng, &mut out));
        answered += session.counts().one_row + session.counts().ten_rows + session.counts().inserts;
        check_framed(&out);
    }
    // What is sensible mostly survives: this reaches more than the first message.
    assert!(went_on > 1000 && answered > 2000, "{went_on} {answered}");
}

#[test]
fn sessions_without_a_mutation_go_on_and_cuts_make_no_difference() {
    for seed in 0..1000 {
        let mut rng = Rng::with_seed(seed);
        let bytes: Vec<u8> = (0..30).flat_map(|_| sensible(&mut rng)).collect();
        let bytes = [startup(), bytes].concat();
        let [first, second] = [0, 1].map(|salt| {
            let mut rng = Rng::with_seed(seed ^ salt << 32);
            let (mut session, mut out) = (Session::new(1), Vec::new());
            assert!(feed(&mut session, &bytes, &mut rng, &mut out), "{seed}");
            (out, session.counts(), session.refused())
        });
        assert_eq!(first, second, "{seed}");
    }
}

#[test]
fn many_large_things_are_held_in_bounded_memory() {
    let mut rng = Rng::with_seed(1);
    let (mut session, mut out) = (Session::new(1), Vec::new());
    assert!(feed(&mut session, &startup(), &mut rng, &mut out));
    // Statements and portals keep no text: not of one of a megabyte each.
    let large = "x".repeat(1 << 20);
    assert!(feed(&mut session, &query("BEGIN"), &mut rng, &mut out));
    for number in 0..20 {
        let text = texts::INSERT.replace("$1", "1").replace("$2", &format!("'{large}'"));
        let name = format!("s{number}\0");
        let parse = [name.as_bytes(), text.as_bytes(), b"\0\0\0"].concat();
        let bind = [name.as_bytes(), name.as_bytes(), &[0; 6]].concat();
        let bytes = [message(b'P', &parse), message(b'B', &bind), message(b'S', b"")].concat();
        assert!(feed(&mut session, &bytes, &mut rng, &mut out));
    }
    assert_eq!((session.kept(), session.refused()), ((20, 20), 0));
    // A query of very many statements is answered piece by piece.
    out.clear();
    let many = query(&"SELECT 1;".repeat(100_000));
    assert!(feed(&mut session, &many, &mut rng, &mut out));
    assert!(out.len() > 5_000_000);
    check_framed(&out);
}
