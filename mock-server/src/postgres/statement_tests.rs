//! Which SQL is which statement, and why what is none is refused.

use triathlon_contract::query::statements as texts;

use super::{Data, Statement, Work, is_blank, recognise};
use crate::postgres::operand::{Operand, Value};

fn statement(text: &str) -> Statement {
    match recognise(text.as_bytes()) {
        Ok((statement, _)) => statement,
        Err(refusal) => panic!("{text}: {refusal:?}"),
    }
}

fn code(text: &str) -> &'static str {
    match recognise(text.as_bytes()) {
        Ok((statement, _)) => panic!("{text}: {statement:?}"),
        Err(refusal) => {
            assert!(refusal.sentence.ends_with('.'), "{}", refusal.sentence);
            refusal.code
        }
    }
}

const fn parameter(index: u16) -> Operand {
    Operand::Parameter { index, cast: 0 }
}

const fn id(id: i32) -> Operand {
    Operand::Value(Value::Id(id))
}

const fn pause(ns: u64) -> Option<Operand> {
    Some(Operand::Value(Value::Pause { ns }))
}

#[test]
fn the_contract_s_statements_are_served_with_parameters() {
    let check = |text, work, payload: Option<u16>, pause: Option<u16>| {
        let data = Data {
            work,
            id: match work {
                Work::Insert if pause.is_some() => Operand::Parameter { index: 0, cast: 23 },
                _ => parameter(0),
            },
            payload: payload.map(|index| match pause {
                Some(_) => Operand::Parameter { index, cast: 25 },
                None => parameter(index),
            }),
            pause: pause.map(parameter),
        };
        assert_eq!(statement(text), Statement::Data(data), "{text}");
    };
    check(texts::ONE, Work::One, None, None);
    check(texts::TEN, Work::Ten, None, None);
    check(texts::INSERT, Work::Insert, Some(1), None);
    check(texts::DELAYED_ONE, Work::One, None, Some(1));
    check(texts::DELAYED_TEN, Work::Ten, None, Some(1));
    check(texts::DELAYED_INSERT, Work::Insert, Some(1), Some(2));
}

#[test]
fn literals_case_space_and_casts_make_no_difference() {
    let one = |operand, pause| Data { work: Work::One, id: operand, payload: None, pause };
    let check =
        |text: &str, data: Data| assert_eq!(statement(text), Statement::Data(data), "{text}");
    check("select ID ,payload\nfrom Triathlon_Item where id=-7 ;", one(id(-7), None));
    check("SELECT \"id\", payload FROM triathlon_item WHERE id = '42'", one(id(42), None));
    check("SELECT id, payload FROM triathlon_item WHERE id = 7::int4", one(id(7), None));
    check(
        "SELECT id, payload FROM triathlon_item WHERE id = $1::bigint",
        one(Operand::Parameter { index: 0, cast: 20 }, None),
    );
    check(
        "SELECT id, payload FROM triathlon_item WHERE id = NULL",
        one(Operand::Value(Value::Null), None),
    );
    let delayed = texts::DELAYED_ONE.replace("$1", "3");
    check(&delayed.replace("$2", "0.01"), one(id(3), pause(10_000_000)));
    check(&delayed.replace("$2", "1"), one(id(3), pause(1_000_000_000)));
    check(&delayed.replace("$2", "'0.5'::double precision"), one(id(3), pause(500_000_000)));

    let ten = texts::TEN.replace("$1", "7");
    check(&ten, Data { work: Work::Ten, ..one(id(7), None) });
    let payload = |bytes| Some(Operand::Value(Value::Payload { bytes }));
    let entry = |payload, pause| Data { work: Work::Insert, id: id(1), payload, pause };
    let insert = texts::INSERT.replace("$1", "1");
    check(&insert.replace("$2", "'it''s'"), entry(payload(4), None));
    check(&insert.replace("$2", "'é'::text"), entry(payload(2), None));
    let delayed = texts::DELAYED_INSERT.replace("$1", "1").replace("$3", "2e-3");
    check(&delayed.replace("$2", "''"), entry(payload(0), pause(2_000_000)));
    check(&delayed.replace("$2::text", "'b'"), entry(payload(1), pause(2_000_000)));
}

#[test]
fn values_that_do_not_fit_are_refused() {
    let check = |text: &str, from: &str, to: &str, want| {
        assert_eq!(code(&text.replace(from, to)), want, "{to}");
    };
    check(texts::ONE, "$1", "2147483648", "22003");
    check(texts::ONE, "$1", "99999999999999999999", "22003");
    check(texts::ONE, "$1", "'abc'", "22P02");
    check(texts::ONE, "$1", "1.5", "22P02");
    check(texts::ONE, "$1", "7::text", "42804");
    check(texts::ONE, "$1", "7::nothing", "42804");
    check(texts::INSERT, "$2", "7", "42804");
    let delayed = texts::DELAYED_ONE.replace("$1", "1");
    for seconds in ["-1", "60.001", "'NaN'", "'inf'", "1e300"] {
        check(&delayed, "$2", seconds, "22003");
    }
    check(&delayed, "$2", "'soon'", "22P02");
    check(texts::TEN, "$1 AND $1", "1 AND 2", "0A000");
}

#[test]
fn sessions_have_their_statements_too() {
    let check = |text: &str, want: Statement| assert_eq!(statement(text), want, "{text}");
    check("", Statement::Empty);
    check(" ; ", Statement::Empty);
    check("select 1", Statement::SelectOne);
    check("SELECT version()", Statement::Version);
    for text in [
        "BEGIN",
        "begin work",
        "BEGIN TRANSACTION",
        "BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY",
    ] {
        check(text, Statement::Begin { start: false });
    }
    check("START TRANSACTION READ WRITE", Statement::Begin { start: true });
    check("COMMIT", Statement::Commit);
    check("END WORK", Statement::Commit);
    check("ROLLBACK", Statement::Rollback);
    check("abort transaction", Statement::Rollback);
    for text in [
        "SET a = 1",
        "SET LOCAL TimeZone TO 'UTC'",
        "set session x to a, b",
        "SET client_encoding TO 'utf8'",
    ] {
        check(text, Statement::Set);
    }
    check("SHOW server_version", Statement::Show(0));
    check("show timezone", Statement::Show(6));
    check("SHOW TRANSACTION ISOLATION LEVEL", Statement::Show(8));
    check("DEALLOCATE ALL", Statement::Deallocate(None));
    check("DEALLOCATE PREPARE S1", Statement::Deallocate(Some(b"s1".as_slice().into())));
    check("DEALLOCATE \"S1\"", Statement::Deallocate(Some(b"S1".as_slice().into())));
    check("DISCARD ALL", Statement::DiscardAll);
    check("RESET ALL", Statement::Reset);
}

#[test]
fn what_is_not_served_says_so_with_its_code() {
    let check = |text: &str, want: &str| assert_eq!(code(text), want, "{text}");
    check("nonsense", "42601");
    check("7", "42601");
    check("SELECT 'open", "42601");
    check("SELECT * FROM pg_class", "42P01");
    check("INSERT INTO elsewhere VALUES (1)", "42P01");
    check("DROP TABLE other", "42P01");
    check("SELECT * FROM triathlon_item", "0A000");
    check("SELECT id, payload FROM triathlon_item WHERE id = $1 LIMIT 1", "0A000");
    check("SELECT 2", "0A000");
    check("COPY triathlon_item TO STDOUT", "0A000");
    check("SAVEPOINT a", "0A000");
    check("BEGIN DEEPLY", "0A000");
    check("SHOW nothing", "42704");
    check("SET client_encoding TO 'LATIN1'", "22023");
    check(&format!("SELECT {}", "1, ".repeat(1000)), "0A000");
}

#[test]
fn statements_follow_one_another() {
    let text = b"SELECT 1 ; -- a; b\n BEGIN; ';'";
    let (first, next) = recognise(text).unwrap();
    assert_eq!((first, next), (Statement::SelectOne, Some(10)));
    let (second, more) = recognise(&text[10..]).unwrap();
    assert_eq!((second, more), (Statement::Begin { start: false }, Some(16)));
    assert!(is_blank(b" ; /* ; */ ;") && !is_blank(b" ; ';'") && !is_blank(b"'"));
}
