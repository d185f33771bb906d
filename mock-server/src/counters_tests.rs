//! What is counted, and how it is read back.

use super::{Asked, Counters, Fault, WitnessRecord};

const ASKED: Asked = Asked { id: 7, stalled: false, stamps: true };

#[test]
fn the_record_reads_back_as_the_contract_s_witness() {
    let counters = Counters::new(1);
    counters.open();
    let flights = [counters.arrive(|| 5), counters.arrive(|| 6)];
    counters.hold();
    counters.release(2_000);
    counters.refuse();
    flights.into_iter().for_each(|flight| flight.land(10));

    let text = serde_json::to_string(&counters.record(&ASKED)).unwrap();
    let witness: WitnessRecord = serde_json::from_str(&text).unwrap();
    let excess = witness.delay_excess_us.unwrap();
    assert!((2.0..2.1).contains(&excess.p50) && excess.p50 == excess.max, "{excess:?}");
    let plain = WitnessRecord { delay_excess_us: None, ..witness };
    let want = WitnessRecord {
        requests: 2,
        bytes: 20,
        connections: 1,
        peak_in_flight: 2,
        bad_requests: 1,
        delayed: 1,
        delay_excess_us: None,
        given_up: 0,
        websocket: None,
        database: None,
    };
    assert_eq!(plain, want);
    assert!(text.contains(r#""id":"7""#) && text.contains(r#""arrival_ns":[5]"#), "{text}");
    assert!(text.contains(r#""in_flight":0,"stalled":false"#), "{text}");
}

#[test]
fn a_dropped_flight_is_not_in_flight_and_sent_nothing() {
    let counters = Counters::new(0);
    drop(counters.arrive(|| unreachable!("no stamp is asked for")));
    let record = counters.record(&ASKED);
    assert_eq!((record.in_flight, record.witness.requests, record.witness.bytes), (0, 1, 0));
    assert_eq!(record.arrival_ns, Some(vec![]));
}

#[test]
fn excess_beyond_the_bound_is_kept_as_the_bound() {
    let counters = Counters::new(0);
    counters.release(u64::MAX);
    assert!(counters.spread().unwrap().max >= 59_000_000.0);
}

#[test]
fn every_request_ends_in_one_way() {
    let counters = Counters::new(0);
    let arrive = || counters.arrive(|| unreachable!("no stamp is asked for"));
    let check = |answered, given_up, in_flight| {
        let have = counters.record(&ASKED);
        assert_eq!(
            (have.answered, have.witness.given_up, have.in_flight),
            (answered, given_up, in_flight)
        );
    };
    let (first, second) = (arrive(), arrive());
    check(0, 0, 2);
    first.land(10);
    check(1, 0, 1);
    drop(second);
    check(1, 1, 0);
    let ends = [Fault::Drop, Fault::Reset, Fault::Reset, Fault::Garbage, Fault::Error];
    ends.into_iter().for_each(|fault| arrive().fail(fault));
    check(1, 1, 0);
    // A hung request is counted as such at once, and in flight until it ends.
    let last = arrive();
    arrive().fail(Fault::Hang);
    check(1, 1, 2);
    last.land(5);
    check(2, 1, 1);
    counters.end_hang();
    check(2, 1, 0);

    let text = serde_json::to_string(&counters.record(&ASKED)).unwrap();
    let faults = r#""faults":{"dropped":1,"hung":1,"reset":2,"garbage":1,"errors":1}"#;
    assert!(text.contains(faults) && text.contains(r#""requests":9,"bytes":15,"#), "{text}");
}
