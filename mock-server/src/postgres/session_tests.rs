//! Whole sessions without a socket.

use super::{Session, Step};
use crate::postgres::{MESSAGE_MAX_BYTES, STARTUP_MAX_BYTES};

fn startup() -> Vec<u8> {
    let content = b"\0\x03\0\0user\0me\0database\0any\0\0";
    [&(content.len() as u32 + 4).to_be_bytes()[..], content].concat()
}

fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind][..], &(content.len() as u32 + 4).to_be_bytes(), content].concat()
}

fn query(text: &str) -> Vec<u8> {
    message(b'Q', &[text.as_bytes(), b"\0"].concat())
}

fn parse(name: &str, text: &str) -> Vec<u8> {
    message(b'P', &[name.as_bytes(), b"\0", text.as_bytes(), b"\0\0\0"].concat())
}

/// Parameters as text, results as text.
fn bind(portal: &str, statement: &str, values: &[&str]) -> Vec<u8> {
    let mut content = [portal.as_bytes(), b"\0", statement.as_bytes(), b"\0\0\0"].concat();
    content.extend_from_slice(&(values.len() as u16).to_be_bytes());
    for value in values {
        content.extend_from_slice(&(value.len() as u32).to_be_bytes());
        content.extend_from_slice(value.as_bytes());
    }
    content.extend_from_slice(&[0, 0]);
    message(b'B', &content)
}

fn execute(portal: &str, most_rows: u32) -> Vec<u8> {
    message(b'E', &[portal.as_bytes(), b"\0", &most_rows.to_be_bytes()].concat())
}

fn describe(target: &str) -> Vec<u8> {
    message(b'D', &[target.as_bytes(), b"\0"].concat())
}

fn close(target: &str) -> Vec<u8> {
    message(b'C', &[target.as_bytes(), b"\0"].concat())
}

fn sync() -> Vec<u8> {
    message(b'S', b"")
}

/// Feeds bytes in pieces and answers everything at once; what was written, and
/// whether the session has ended.
fn feed(session: &mut Session, bytes: &[u8], piece: usize) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    for mut piece in bytes.chunks(piece) {
        while !piece.is_empty() {
            let space = session.space();
            let count = space.len().min(piece.len());
            space[..count].copy_from_slice(&piece[..count]);
            session.advance(count);
            piece = &piece[count..];
            loop {
                let step = session.step();
                if let Step::Query { .. } = step {
                    session.answer();
                    continue;
                }
                out.extend_from_slice(session.outgoing());
                session.written();
                match step {
                    Step::Read => break,
                    Step::End => return (out, true),
                    _ => {}
                }
            }
        }
    }
    (out, false)
}

fn opened() -> Session {
    let mut session = Session::new(7);
    let (answer, ended) = feed(&mut session, &startup(), usize::MAX);
    assert!(!ended && answer.ends_with(b"Z\0\0\0\x05I"));
    session
}

/// The kinds of the messages that came back; of errors and warnings the code, of
/// completions the tag, of readiness the state.
fn kinds(mut bytes: &[u8]) -> String {
    let mut words = Vec::new();
    while let [kind, a, b, c, d, rest @ ..] = bytes {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize - 4;
        let (content, rest) = rest.split_at(length);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
        words.push(match kind {
            b'E' | b'N' => {
                let code = content.split(|byte| *byte == 0).find(|field| field.starts_with(b"C"));
                format!("{}{}", char::from(*kind), text(&code.unwrap()[1..]))
            }
            b'C' | b'Z' => format!("{}{}", char::from(*kind), text(content)),
            _ => char::from(*kind).to_string(),
        });
        bytes = rest;
    }
    assert!(bytes.is_empty(), "half a message");
    words.join(" ")
}

fn check(session: &mut Session, bytes: &[u8], want: &str) {
    let (out, ended) = feed(session, bytes, usize::MAX);
    assert!(!ended);
    assert_eq!(kinds(&out), want);
}

#[test]
fn a_session_starts_with_what_clients_must_know() {
    let mut session = Session::new(7);
    let ssl = [0, 0, 0, 8, 4, 210, 22, 47];
    let gss = [0, 0, 0, 8, 4, 210, 22, 48];
    let (answer, _) = feed(&mut session, &[ssl, gss].concat(), usize::MAX);
    assert_eq!(answer, b"NN");
    let (answer, _) = feed(&mut session, &startup(), usize::MAX);
    assert_eq!(kinds(&answer), "R S S S S S S S K ZI");
    let has = |text: &[u8]| answer.windows(text.len()).any(|window| window == text);
    assert!(has(b"server_version\x0015.0 (triathlon)\0") && has(b"client_encoding\0UTF8\0"));
    assert!(has(b"integer_datetimes\0on\0") && has(b"K\0\0\0\x0c\0\0\0\x07"));
    assert_eq!(session.counts().sessions, 1);
}

#[test]
fn what_cannot_become_a_session_ends_with_its_code() {
    let check = |packet: &[u8], want: &str, refused| {
        let mut session = Session::new(1);
        let (answer, ended) = feed(&mut session, packet, usize::MAX);
        assert_eq!((kinds(&answer).as_str(), ended, session.refused()), (want, true, refused));
        assert_eq!(session.counts(), Default::default());
    };
    check(b"GET / HTTP/1.1\r\n\r\n", "E08P01", 1);
    check(&[0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2], "", 0);
    check(&[0, 0, 0, 8, 0, 2, 0, 0], "E0A000", 1);
    check(&[0, 0, 0, 9, 0, 3, 0, 0, 0], "E28000", 1);
    check(&[0, 0, 0, 8, 0, 3, 0, 0], "E08P01", 1);
    check(&[0, 0, 0, 4], "E08P01", 1);
    check(&(STARTUP_MAX_BYTES as u32 + 1).to_be_bytes(), "E08P01", 1);
}

#[test]
fn a_newer_minor_version_and_extensions_are_negotiated_down() {
    let mut session = Session::new(1);
    let content = b"\0\x03\0\x02user\0me\0_pq_.wish\0on\0\0";
    let packet = [&(content.len() as u32 + 4).to_be_bytes()[..], content].concat();
    let (answer, _) = feed(&mut session, &packet, usize::MAX);
    assert_eq!(answer[..23], *b"v\0\0\0\x16\0\0\0\0\0\0\0\x01_pq_.wish\0");
    assert!(kinds(&answer).starts_with("v R S"));
}

#[test]
fn queries_of_several_statements_are_answered_in_order() {
    let mut session = opened();
    check(&mut session, &query(""), "I ZI");
    check(&mut session, &query(" ; -- none\n"), "I ZI");
    check(&mut session, &query("SELECT 1"), "T D CSELECT 1 ZI");
    let text = "BEGIN; SELECT id, payload FROM triathlon_item WHERE id = 7;;
        SELECT id, payload FROM triathlon_item WHERE id BETWEEN 9995 AND 9995 + 9 ORDER BY id;
        INSERT INTO triathlon_entry (id, payload) VALUES (1, 'abc'); COMMIT;";
    let want = "CBEGIN T D CSELECT 1 T D D D D D D CSELECT 6 CINSERT 0 1 CCOMMIT ZI";
    check(&mut session, &query(text), want);
    check(&mut session, &query("SELECT 1; nonsense; SELECT 1"), "T D CSELECT 1 E42601 ZI");
    check(&mut session, &query("SHOW TimeZone; SELECT version()"), "T D CSHOW T D CSELECT 1 ZI");
    let counts = session.counts();
    assert_eq!((counts.one_row, counts.ten_rows, counts.inserts), (1, 1, 1));
    assert_eq!((counts.rows, counts.inserted_bytes), (7, 3));
    assert_eq!((counts.prepared, counts.errors, session.refused()), (0, 1, 1));
}

#[test]
fn a_prepared_statement_is_bound_described_and_executed() {
    let mut session = opened();
    let one = "SELECT id, payload FROM triathlon_item WHERE id = $1";
    let bytes = [parse("s", one), describe("Ss"), sync()].concat();
    check(&mut session, &bytes, "1 t T ZI");
    let bytes = [bind("", "s", &["3"]), describe("P"), execute("", 0), close("P"), sync()].concat();
    check(&mut session, &bytes, "2 T D CSELECT 1 3 ZI");
    let bytes = [bind("", "s", &["10001"]), execute("", 0), sync()].concat();
    check(&mut session, &bytes, "2 CSELECT 0 ZI");
    let begin = [parse("", "BEGIN"), bind("", "", &[]), describe("P"), execute("", 0), sync()];
    check(&mut session, &begin.concat(), "1 2 n CBEGIN ZT");
    let bytes = [parse("", ""), bind("", "", &[]), execute("", 0), sync()].concat();
    check(&mut session, &bytes, "1 2 I ZT");
    assert_eq!(session.counts().prepared, 3);
}

#[test]
fn rows_are_fetched_in_parts() {
    let mut session = opened();
    let ten = "SELECT id, payload FROM triathlon_item WHERE id BETWEEN $1 AND $1 + 9 ORDER BY id";
    let bytes = [parse("", ten), bind("p", "", &["1"]), execute("p", 4), execute("p", 4)].concat();
    let bytes = [bytes, execute("p", 4), execute("p", 4), sync()].concat();
    let want = "1 2 D D D D s D D D D s D D CSELECT 2 CSELECT 0 ZI";
    check(&mut session, &bytes, want);
    assert_eq!((session.counts().ten_rows, session.counts().rows), (1, 10));
    check(&mut session, &[execute("p", 0), sync()].concat(), "E34000 ZI");
    let insert = "INSERT INTO triathlon_entry (id, payload) VALUES ($1, $2)";
    let bytes = [parse("", insert), bind("", "", &["1", "x"]), execute("", 1)].concat();
    check(&mut session, &[bytes, execute("", 1), sync()].concat(), "1 2 CINSERT 0 1 E55000 ZI");
}

#[test]
fn after_an_error_everything_is_skipped_up_to_sync() {
    let mut session = opened();
    let bytes = [parse("", "nonsense"), bind("", "", &[]), query("SELECT 1"), execute("", 0)];
    check(&mut session, &[bytes.concat(), sync()].concat(), "E42601 ZI");
    check(&mut session, &query("SELECT 1"), "T D CSELECT 1 ZI");
    // A request to flush shows what has been answered so far.
    check(&mut session, &parse("a", "SELECT 1"), "");
    check(&mut session, &message(b'H', b""), "1");
    check(&mut session, &[parse("a", "SELECT 1"), sync()].concat(), "E42P05 ZI");
}

#[test]
fn a_failed_transaction_takes_nothing_but_its_end() {
    let mut session = opened();
    check(&mut session, &query("BEGIN"), "CBEGIN ZT");
    check(&mut session, &query("BEGIN"), "N25001 CBEGIN ZT");
    check(&mut session, &query("nonsense"), "E42601 ZE");
    check(&mut session, &query("SELECT 1"), "E25P02 ZE");
    check(&mut session, &[parse("", "SELECT 1"), sync()].concat(), "E25P02 ZE");
    check(&mut session, &query("COMMIT"), "CROLLBACK ZI");
    check(&mut session, &query("COMMIT"), "N25P01 CCOMMIT ZI");
    check(&mut session, &query("BEGIN; DISCARD ALL"), "CBEGIN E25001 ZE");
    check(&mut session, &query("ROLLBACK; DISCARD ALL"), "CROLLBACK CDISCARD ALL ZI");
}

#[test]
fn what_is_wrong_has_its_code() {
    let mut session = opened();
    let insert = "INSERT INTO triathlon_entry (id, payload) VALUES ($1, $2)";
    let mut refused = |bytes: &[Vec<u8>], want: &str| {
        check(&mut session, &[bytes.concat(), sync()].concat(), &format!("{want} ZI"));
    };
    refused(&[bind("", "none", &[])], "E26000");
    refused(&[execute("none", 0)], "E34000");
    refused(&[describe("Pnone")], "E34000");
    refused(&[describe("X")], "E08P01");
    refused(&[close("Snone")], "3");
    refused(&[parse("", insert), bind("", "", &["1"])], "1 E08P01");
    refused(&[parse("", insert), bind("", "", &["x", "y"])], "1 E22P02");
    refused(&[parse("", "SELECT 1; SELECT 1")], "E42601");
    refused(&[parse("", "SELECT id, payload FROM triathlon_item WHERE id = $2")], "E42P18");
    refused(&[parse("", "SELECT id, payload FROM triathlon_item WHERE id = $17")], "E54023");
    refused(&[parse(&"n".repeat(256), "SELECT 1")], "E42622");
    refused(&[message(b'P', b"no zero")], "E08P01");
    refused(&[message(b'B', b"\0\0\0")], "E26000");
    refused(&[message(b'F', b"")], "E0A000 ZI");
    check(
        &mut session,
        &query("SELECT id, payload FROM triathlon_item WHERE id = $1"),
        "E42P02 ZI",
    );
    check(&mut session, &message(b'Q', b"no zero"), "E08P01 ZI");
    check(&mut session, &message(b'S', b"more"), "E08P01 ZI");
    check(&mut session, &[message(b'd', b"rows"), message(b'c', b"")].concat(), "");
}

#[test]
fn statements_and_portals_are_bounded() {
    let mut session = opened();
    for number in 0..256 {
        check(&mut session, &[parse(&number.to_string(), "SELECT 1"), sync()].concat(), "1 ZI");
    }
    check(&mut session, &[parse("more", "SELECT 1"), sync()].concat(), "E53400 ZI");
    check(&mut session, &query("BEGIN"), "CBEGIN ZT");
    for number in 0..256 {
        check(&mut session, &[bind(&number.to_string(), "0", &[]), sync()].concat(), "2 ZT");
    }
    check(&mut session, &[bind("more", "0", &[]), sync()].concat(), "E53400 ZE");
    assert_eq!(session.kept(), (256, 0), "a failed transaction takes its portals along");
    check(&mut session, &query("ROLLBACK; DEALLOCATE ALL"), "CROLLBACK CDEALLOCATE ALL ZI");
    assert_eq!(session.kept(), (0, 0));
}

#[test]
fn kinds_and_lengths_that_do_not_exist_end_the_session() {
    for bytes in [message(b'?', b""), b"z".to_vec(), message(b'p', b"secret\0")] {
        let mut session = opened();
        let (answer, ended) = feed(&mut session, &bytes, usize::MAX);
        assert_eq!((kinds(&answer).as_str(), ended), ("E08P01", true));
        assert_eq!((session.refused(), session.counts().errors), (1, 0));
    }
    let [a, b, c, d] = (MESSAGE_MAX_BYTES as u32 + 1).to_be_bytes();
    let (answer, ended) = feed(&mut opened(), &[b'Q', a, b, c, d], usize::MAX);
    assert_eq!((kinds(&answer).as_str(), ended), ("E08P01", true));
    let (answer, ended) = feed(&mut opened(), &message(b'X', b""), usize::MAX);
    assert_eq!((kinds(&answer).as_str(), ended), ("", true));
}

#[test]
fn where_the_bytes_are_cut_makes_no_difference() {
    let one = "SELECT id, payload FROM triathlon_item WHERE id = $1";
    let bytes = [
        startup(),
        query("BEGIN; SELECT 1; SELECT id, payload FROM triathlon_item WHERE id = 5; COMMIT"),
        parse("s", one),
        bind("", "s", &["7"]),
        execute("", 0),
        sync(),
        parse("", "nonsense"),
        sync(),
        message(b'X', b""),
    ]
    .concat();
    let whole = feed(&mut Session::new(1), &bytes, usize::MAX);
    assert!(whole.1);
    for cut in 1..bytes.len() {
        let mut session = Session::new(1);
        let (mut first, ended) = feed(&mut session, &bytes[..cut], usize::MAX);
        assert!(!ended, "{cut}");
        let (second, ended) = feed(&mut session, &bytes[cut..], usize::MAX);
        first.extend(second);
        assert_eq!((first, ended), whole, "{cut}");
    }
    assert_eq!(feed(&mut Session::new(1), &bytes, 1), whole);
}
