use std::time::Duration;

use super::{Dialogue, Kind, Login, PRESETS, Query, items};
use crate::Workload;

fn preset(name: &str) -> Query {
    PRESETS.iter().find(|preset| preset.name == name).unwrap().work.clone()
}

#[test]
fn every_query_has_a_number_of_its_own_and_the_warm_up_others() {
    for preset in &PRESETS {
        let work = &preset.work;
        let asked = (0..work.callers).flat_map(|caller| work.batches(caller).flatten());
        let mut numbers: Vec<u64> = asked.collect();
        numbers.sort_unstable();
        let all: Vec<u64> = (0..work.operations()).collect();
        assert_eq!(numbers, all, "{}", preset.name);
        assert_eq!(work.warm_up(0), work.operations());
    }
}

#[test]
fn expectation_counts_the_warm_up_and_no_connection_that_nobody_can_use() {
    let work = preset("p8-c64-d0").with_laps(3);
    let expected = work.expects(8);
    assert_eq!((expected.ok, expected.samples, expected.connections), (200, 192, 8));
    assert_eq!((expected.bytes, expected.peak_high), (200 * 64, 8));
    let hashes = (0..200).map(|number| items::answer(Kind::One, number).hash);
    assert_eq!(expected.checksum, hashes.fold(0, u64::wrapping_add));

    let alone = work.expects(1);
    assert_eq!((alone.ok, alone.connections, alone.peak_high), (193, 1, 1));
    assert_eq!(preset("p8-c64-d0-x8").expects(8).peak_high, 64);
    assert_eq!(preset("insert-p8-c64-d0").expects(8).bytes, 0);
}

#[test]
fn waiting_alone_is_little_s_law() {
    let work = preset("p8-c512-d10ms").with_laps(2);
    assert_eq!(work.waits(512), Duration::from_millis(1280));
    assert_eq!(work.waits(1), Duration::from_millis(10_240));
}

/// What a server would say, as PostgreSQL 15 says it.
struct Script(Vec<u8>);

impl Script {
    fn message(mut self, tag: u8, body: &[u8]) -> Self {
        self.0.push(tag);
        self.0.extend((body.len() as u32 + 4).to_be_bytes());
        self.0.extend(body);
        self
    }

    fn ready(self) -> Self {
        self.message(b'Z', b"I")
    }

    fn row(self, id: i32, payload: &[u8]) -> Self {
        let mut body = vec![0, 2, 0, 0, 0, 4];
        body.extend(id.to_be_bytes());
        body.extend((payload.len() as u32).to_be_bytes());
        body.extend(payload);
        self.message(b'D', &body)
    }

    fn done(self, tag: &str) -> Self {
        self.message(b'C', format!("{tag}\0").as_bytes()).ready()
    }
}

fn script() -> Script {
    Script(Vec::new())
}

fn dialogue(kind: Kind) -> Dialogue {
    Dialogue::new(Login::default(), kind, Duration::ZERO).unwrap()
}

/// Gives the server's words to the client in pieces of that length.
fn hear(
    dialogue: &mut Dialogue,
    said: &Script,
    piece: usize,
) -> anyhow::Result<Vec<crate::Received>> {
    let mut answers = Vec::new();
    for piece in said.0.chunks(piece) {
        dialogue.space()[..piece.len()].copy_from_slice(piece);
        dialogue.advance(piece.len())?;
        while let Some(answer) = dialogue.answer()? {
            answers.push(answer);
        }
    }
    Ok(answers)
}

fn open(kind: Kind) -> Dialogue {
    let mut dialogue = dialogue(kind);
    let login = dialogue.due().to_vec();
    assert_eq!(login[4..8], [0, 3, 0, 0], "protocol 3.0");
    assert!(dialogue.due().is_empty(), "what was due once is not due again");
    let hello = script().message(b'R', &[0; 4]).message(b'S', b"TimeZone\0UTC\0").ready();
    assert!(hear(&mut dialogue, &hello, 1).unwrap().is_empty());
    let parse = dialogue.due().to_vec();
    assert_eq!(parse[0], b'P');
    assert!(String::from_utf8_lossy(&parse).contains(kind.statement(false)));
    assert!(!dialogue.is_idle());
    assert!(hear(&mut dialogue, &script().message(b'1', b"").ready(), 3).unwrap().is_empty());
    assert!(dialogue.is_idle());
    dialogue
}

#[test]
fn answers_come_in_their_order_however_the_bytes_are_cut() {
    for piece in [1, 2, 3, 5, 7, 64, 4096] {
        let mut dialogue = open(Kind::One);
        dialogue.ask(4..6).unwrap();
        let due = dialogue.due();
        assert_eq!(due.iter().filter(|byte| **byte == b'S').count(), 2, "each ends with a Sync");
        let said = [4, 5].map(items::id).into_iter().fold(script(), |script, id| {
            script.message(b'2', b"").row(id, &items::payload(id)).done("SELECT 1")
        });
        let answers = hear(&mut dialogue, &said, piece).unwrap();
        assert_eq!(answers, [4, 5].map(|number| items::answer(Kind::One, number)));
        assert!(dialogue.is_idle());
    }
}

#[test]
fn an_insert_is_counted_by_what_the_server_says() {
    let mut dialogue = open(Kind::Insert);
    dialogue.ask(0..1).unwrap();
    let due = String::from_utf8_lossy(dialogue.due()).into_owned();
    assert!(due.as_bytes().windows(64).any(|it| it == items::payload(items::id(0))));
    let said = script().message(b'2', b"").done("INSERT 0 1");
    let answers = hear(&mut dialogue, &said, 4096).unwrap();
    assert_eq!(answers, [items::answer(Kind::Insert, 0)]);
}

#[test]
fn what_was_not_asked_for_is_an_error() {
    let check = |said: Script, want: &str| {
        let mut dialogue = open(Kind::One);
        dialogue.ask(0..1).unwrap();
        let error = hear(&mut dialogue, &said, 4096).unwrap_err();
        assert!(format!("{error:#}").contains(want), "{error:#}");
    };
    let answered = || script().message(b'2', b"").row(1, b"x").done("SELECT 1");
    check(Script([answered().0, script().ready().0].concat()), "was not asked for");
    check(script().message(b'2', b"").done("SELECT 0"), "did \"SELECT 0\"");
    check(script().message(b'D', &[0, 2, 0, 0, 0, 0, 0, 0, 0, 0]), "no int4");
    check(script().message(b'D', &[0, 1, 0, 0, 0, 4, 0, 0, 0, 1]), "fewer than two columns");
    check(script().message(b'D', &[0, 2, 255, 255, 255, 255]), "a null");
    check(script().message(b'G', &[0, 0, 0]), "nobody asked for");
    check(script().message(b'Z', b""), "a message");
    check(
        script().message(b'E', b"SERROR\0C42P01\0Mrelation \"triathlon_item\" does not exist\0\0"),
        "refuses: relation \"triathlon_item\" does not exist (42P01)",
    );
    assert!(open(Kind::One).advance(0).unwrap_err().to_string().contains("closed"));
    assert!(dialogue(Kind::One).ask(0..1).unwrap_err().to_string().contains("before the login"));
}

#[test]
fn a_password_is_asked_of_the_user_and_never_sent_as_it_is() {
    let sasl = || script().message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0");
    let mut without = dialogue(Kind::One);
    let error = hear(&mut without, &sasl(), 4096).unwrap_err();
    assert!(error.to_string().contains("wants a password"), "{error}");

    let login = Login { password: Some("open sesame".to_string()), ..Login::default() };
    let mut with = Dialogue::new(login, Kind::One, Duration::ZERO).unwrap();
    with.due();
    assert!(hear(&mut with, &sasl(), 4096).unwrap().is_empty());
    let sent = String::from_utf8_lossy(with.due()).into_owned();
    assert!(sent.contains("SCRAM-SHA-256") && !sent.contains("sesame"), "{sent}");
}
