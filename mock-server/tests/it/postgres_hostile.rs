//! Clients of the Postgres wire that break its rules, or stop in the middle.

use triathlon_contract::query::statements as texts;

use crate::client::{Trial, both, eventually, server};
use crate::wire::{DATABASE, Wire, message, query, startup};

#[test]
fn what_is_no_session_is_refused_and_closed() {
    for server in both() {
        let trial = Trial::with(&server, DATABASE);
        let packets: [&[u8]; 4] = [
            b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
            &[0xff; 64],
            &[0, 0, 0, 4],
            &[0, 0, 0, 8, 0, 2, 0, 0],
        ];
        for (index, packet) in packets.into_iter().enumerate() {
            let mut wire = Wire::connect(&trial);
            wire.write(packet);
            let error = wire.next().unwrap();
            assert!(error.kind == 'E' && error.body.starts_with(b"SFATAL\0"), "{error:?}");
            assert_eq!(wire.next(), None, "the server hangs up");
            trial.expect(&[("bad_requests", index as u64 + 1), ("requests", 0)]);
        }
        // Who asks to cancel gets no answer, and has done nothing bad.
        let mut wire = Wire::connect(&trial);
        wire.write(&[0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2]);
        assert_eq!(wire.next(), None);
        drop(wire);
        trial.expect(&[("bad_requests", 4)]);
        eventually("all have ended", || trial.counters()["open_connections"] == 0);
        assert!(trial.counters()["database"].is_null());
    }
}

#[test]
fn messages_that_do_not_exist_end_the_session() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    let [a, b, c, d] = 0x7fff_ffffu32.to_be_bytes();
    let wrong = [message(b'!', b""), vec![b'Q', a, b, c, d], vec![b'Q', 0, 0, 0, 3], vec![0; 9]];
    for (index, bytes) in wrong.iter().enumerate() {
        let mut wire = Wire::open(&trial);
        assert_eq!(wire.simple("SELECT 1"), "TDCZ");
        wire.write(bytes);
        let error = wire.next().unwrap();
        assert_eq!((error.kind, error.code()), ('E', "08P01"));
        assert_eq!(wire.next(), None, "the server hangs up");
        trial.expect(&[("bad_requests", index as u64 + 1)]);
    }
    let counts = &trial.counters()["database"];
    assert_eq!((&counts["sessions"], &counts["errors"]), (&4.into(), &0.into()));
}

#[test]
fn half_a_message_waits_and_its_sender_may_vanish() {
    for server in both() {
        let trial = Trial::with(&server, DATABASE);
        let whole = [startup(), query("SELECT 1")].concat();
        let mut silent = Vec::new();
        for cut in [0, 1, 5, 16, startup().len() + 1, startup().len() + 7] {
            for keep in [true, false] {
                let mut wire = Wire::connect(&trial);
                wire.write(&whole[..cut]);
                if keep {
                    silent.push((cut, wire));
                }
            }
        }
        eventually("half have ended", || trial.counters()["open_connections"] == 6);
        trial.expect(&[("bad_requests", 0), ("requests", 0), ("connections", 12)]);
        // Who was silent is served when the rest comes.
        for (cut, wire) in &mut silent {
            wire.write(&whole[*cut..]);
            assert_eq!(wire.kinds(), "RSSSSSSSKZ");
            assert_eq!(wire.kinds(), "TDCZ", "{cut}");
        }
    }
}

#[test]
fn bytes_may_come_one_by_one() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    let mut wire = Wire::connect(&trial);
    let text = texts::TEN.replace("$1", "9999");
    for byte in [startup(), query(&text)].concat() {
        wire.write(&[byte]);
    }
    assert_eq!(wire.kinds(), "RSSSSSSSKZ");
    assert_eq!(wire.kinds(), "TDDCZ");
}

#[test]
fn the_largest_payload_is_taken_and_a_larger_one_is_not() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    let mut wire = Wire::open(&trial);
    let insert = |bytes: usize| {
        texts::INSERT.replace("$1", "1").replace("$2", &format!("'{}'", "x".repeat(bytes)))
    };
    assert_eq!(wire.simple(&insert(1 << 20)), "CZ");
    wire.write(&query(&insert((1 << 20) + 1)));
    let answer = wire.answer();
    assert_eq!((answer[0].kind, answer[0].code()), ('E', "54000"));
    wire.write(&query(&insert((1 << 20) + (4 << 10))));
    let error = wire.next().unwrap();
    assert_eq!((error.kind, error.code()), ('E', "08P01"));
    assert_eq!(wire.next(), None);
    assert_eq!(trial.counters()["database"]["inserted_bytes"], 1 << 20);
    trial.expect(&[("bad_requests", 2), ("requests", 1), ("bytes", 0)]);
}

#[test]
fn a_client_that_does_not_read_holds_up_itself_only() {
    for server in both() {
        let trial = Trial::with(&server, DATABASE);
        let mut deaf = Wire::open(&trial);
        deaf.stream.set_nonblocking(true).unwrap();
        let ten = query(&texts::TEN.replace("$1", "1"));
        // Until its own buffers and those of the server are full.
        let mut written = 0;
        eventually("nothing more is taken", || {
            match std::io::Write::write(&mut deaf.stream, &ten[written % ten.len()..]) {
                Ok(count) => written += count,
                Err(_) => {
                    let before = trial.counters()["requests"].clone();
                    return Wire::open(&trial).simple("SELECT 1") == "TDCZ"
                        && trial.counters()["requests"] == before;
                }
            }
            false
        });
        let mut other = Wire::open(&trial);
        assert_eq!(other.simple(&texts::ONE.replace("$1", "1")), "TDCZ");
        drop(deaf);
        drop(other);
        eventually("all have ended", || trial.counters()["open_connections"] == 0);
        trial.expect(&[("in_flight", 0)]);
    }
}
