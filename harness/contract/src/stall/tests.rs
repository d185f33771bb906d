//! The schedule, and what is exact about it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::{Blocked, Call, Kind, LEAD_NS, PRESETS, Part, Stall, beat};
use crate::Workload;

const MS: u64 = 1_000_000;

fn work(blocked: Blocked, kind: Kind, call_ms: u64) -> Stall {
    let call = Duration::from_millis(call_ms);
    Stall { hearts: 32, blocked, kind, call, laps: 4 }
}

#[test]
fn hearts_beat_in_equal_distances() {
    let schedule = work(Blocked::All, Kind::Sleep, 10).schedule();
    assert_eq!(schedule.len(), 32);
    for (heart, beats) in (0u64..).zip(&schedule) {
        assert_eq!(beats.len(), 52);
        assert_eq!(beats[0], LEAD_NS + heart * 312_500);
        assert!(beats.windows(2).all(|two| two[1] - two[0] == 10 * MS));
    }
    let mut all = schedule.concat();
    all.sort_unstable();
    assert!(all.windows(2).all(|two| two[1] - two[0] == 312_500));
}

/// Calls lie in the middle of their periods, so that the last one ends well before
/// the last beat, and beats fall everywhere in them.
#[test]
fn calls_follow_one_another_with_equal_pauses_and_end_before_the_schedule() {
    for (call_ms, laps, calls) in [(1, 10, 500), (10, 10, 50), (100, 5, 5)] {
        let work = Stall { laps, ..work(Blocked::All, Kind::Sleep, call_ms) };
        let starts_ns = work.call_schedule();
        let length_ns = call_ms * MS;
        assert_eq!((starts_ns.len(), work.calls()), (calls, calls as u64));
        assert!(starts_ns.windows(2).all(|two| (two[1] - two[0]) * 10 == length_ns * 26));
        let end_ns = starts_ns[calls - 1] + length_ns;
        assert!(end_ns + length_ns * 7 / 10 <= LEAD_NS + 1_300 * MS, "{call_ms}");
        let within = |beat: &u64| {
            let call = starts_ns.iter().find(|start| (**start..**start + length_ns).contains(beat));
            call.map(|start| beat - start)
        };
        let within: Vec<u64> = work.schedule().concat().iter().filter_map(within).collect();
        let share = within.len() as f64 / work.operations() as f64;
        assert!((share - 1.0 / 2.6).abs() < 0.02, "{call_ms}: {share}");
        let places: HashSet<u64> = within.iter().map(|ns| ns * 16 / length_ns).collect();
        assert_eq!(places.len(), 16, "{call_ms}: beats in each part of a call");
    }
}

#[test]
fn turns_are_all_beats_and_calls_in_the_order_in_which_they_are_due() {
    let work = work(Blocked::All, Kind::Sleep, 10);
    let turns = work.turns(3);
    assert_eq!(turns.len() as u64, 32 * 52 + 3 * 20);
    assert!(turns.is_sorted_by_key(|(at, _)| *at));
    let distinct: HashSet<String> = turns.iter().map(|(_, part)| format!("{part:?}")).collect();
    assert_eq!(distinct.len(), turns.len());
    for (at, part) in turns {
        let want = match part {
            Part::Beat(heart, number) => work.schedule()[heart as usize][number as usize],
            Part::Call(Call { number, .. }) => work.call_schedule()[number as usize],
        };
        assert_eq!(at, want, "{part:?}");
    }
}

#[test]
fn as_many_are_blocked_as_there_are_workers_and_the_account_says_so() {
    let expects = |blocked, workers| {
        let work = work(blocked, Kind::Sleep, 10);
        work.expects(work.blockers(workers))
    };
    for workers in [1, 2, 8] {
        assert_eq!(expects(Blocked::Nobody, workers).ok, 32 * 52);
        assert_eq!(expects(Blocked::One, workers).ok, 32 * 52 + 20);
        assert_eq!(expects(Blocked::All, workers).ok, 32 * 52 + 20 * workers);
        assert_eq!(expects(Blocked::All, workers).samples, 32 * 52);
    }
    assert_eq!(expects(Blocked::All, 1), expects(Blocked::One, 8), "one is one");
    assert_ne!(expects(Blocked::One, 1).checksum, expects(Blocked::All, 2).checksum);
}

/// One beat or call left out, made twice or made for another shows in the sum.
#[test]
fn every_beat_and_call_counts_by_its_own() {
    let job = Stall { laps: 1, ..work(Blocked::All, Kind::Sleep, 1) }.job();
    let mut hashes = HashSet::new();
    for who in 0..32 {
        for number in 0..104 {
            assert!(hashes.insert(beat(who, number).hash));
            assert!(hashes.insert(job.done(Call { blocker: who, number }, []).hash));
        }
    }
}

#[test]
fn a_call_that_computes_is_its_pieces_in_any_order() {
    let work = work(Blocked::One, Kind::Cpu, 1);
    let (job, call) = (work.job(), Call { blocker: 0, number: 7 });
    assert_eq!(job.pieces(), 10);
    let whole = job.call(call);
    assert_eq!((whole.status, whole.bytes), (200, 1_500_000));
    let backwards = (0..10).rev().map(|piece| job.piece(call, piece));
    assert_eq!(job.done(call, backwards), whole);
    let short = (0..9).map(|piece| job.piece(call, piece));
    assert_ne!(job.done(call, short).hash, whole.hash, "a piece less");
    let other = Call { blocker: 1, number: 7 };
    assert_ne!(job.call(other).hash, whole.hash);
}

#[test]
fn a_call_that_sleeps_holds_its_thread_so_long() {
    let started = Instant::now();
    let received = work(Blocked::One, Kind::Sleep, 20).job().call(Call { blocker: 0, number: 0 });
    assert!(started.elapsed() >= Duration::from_millis(20));
    assert_eq!((received.status, received.bytes), (200, 0));
}

#[test]
fn remedies_are_for_presets_with_calls_and_yielding_for_those_that_compute() {
    let check = |blocked, kind, remedy, yields| {
        let work = work(blocked, kind, 10);
        assert_eq!((work.has_calls().is_ok(), work.can_yield().is_ok()), (remedy, yields));
    };
    check(Blocked::Nobody, Kind::Sleep, false, false);
    check(Blocked::Nobody, Kind::Cpu, false, false);
    check(Blocked::One, Kind::Sleep, true, false);
    check(Blocked::All, Kind::Cpu, true, true);
}

#[test]
fn names_say_what_is_blocked_and_samples_suffice_for_a_percentile() {
    for preset in &PRESETS {
        let Stall { blocked, kind, call, .. } = &preset.work;
        let who = match blocked {
            Blocked::Nobody => "k0".to_string(),
            Blocked::One => "k1".to_string(),
            Blocked::All => "kw".to_string(),
        };
        let kind = if *kind == Kind::Cpu { "cpu" } else { "sleep" };
        let want = match blocked {
            Blocked::Nobody => who,
            _ => format!("{who}-{kind}-{}ms", call.as_millis()),
        };
        assert_eq!(preset.name, want);
        assert!(preset.work.operations() > 1000, "ten beyond the 99th percentile");
    }
}
