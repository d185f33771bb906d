//! A session of the Postgres wire under bytes that try to break it.
//!
//! The first byte says how the others are cut and whether a startup packet goes
//! before them. Nothing panics, what is held is bounded, and how the bytes are cut
//! makes no difference to the answers.

#![no_main]

use libfuzzer_sys::fuzz_target;
use triathlon_mock_server::postgres::{MESSAGE_MAX_BYTES, Session, Step};

const STARTUP: &[u8] = b"\0\0\0\x11\0\x03\0\0user\0me\0\0";
/// A message and its answers, each in a buffer that doubles.
const MOST_HELD_BYTES: usize = 2 * MESSAGE_MAX_BYTES + (1 << 20);

fuzz_target!(|data: &[u8]| {
    let Some((&how, bytes)) = data.split_first() else { return };
    let bytes = if how & 1 == 0 { [STARTUP, bytes].concat() } else { bytes.to_vec() };
    let whole = answers(&bytes, bytes.len().max(1));
    let pieces = answers(&bytes, 1 + usize::from(how >> 1));
    assert_eq!(whole, pieces);
});

/// All that is written for these bytes in pieces of that length, and whether the
/// session has ended.
fn answers(bytes: &[u8], piece: usize) -> (Vec<u8>, bool) {
    let (mut session, mut out) = (Session::new(1), Vec::new());
    for mut piece in bytes.chunks(piece) {
        while !piece.is_empty() {
            let space = session.space();
            let count = space.len().min(piece.len());
            space[..count].copy_from_slice(&piece[..count]);
            session.advance(count);
            piece = &piece[count..];
            if !steps(&mut session, &mut out) {
                return (out, true);
            }
        }
    }
    (out, false)
}

/// Takes steps until more has to be read; false once the session has ended.
fn steps(session: &mut Session, out: &mut Vec<u8>) -> bool {
    loop {
        let step = session.step();
        if let Step::Query { pause_ns } = step {
            assert!(pause_ns <= 60_000_000_000);
            assert!(session.answer() <= 640);
            continue;
        }
        out.extend_from_slice(session.outgoing());
        session.written();
        assert!(session.held_bytes() <= MOST_HELD_BYTES);
        let (statements, portals) = session.kept();
        assert!(statements <= 256 && portals <= 256);
        match step {
            Step::Read => return true,
            Step::End => return false,
            _ => {}
        }
    }
}
