//! Sleepers: sums, limits, presets.

use std::time::Duration;

use super::{
    LEVELS, PRESETS, Sleepers, Variant, awake, frame, letter, touch, unwound, variant_name,
};
use crate::{Limits, Login, Pace, Setting, Style, Tally, Workload};

fn work(variant: Variant, sleepers: u64) -> Sleepers {
    Sleepers { sleepers, most: false, bound: None, variant, sleep: None, laps: 1 }
}

fn setting(limits: Limits) -> Setting {
    Setting {
        server: "127.0.0.1:1".parse().unwrap(),
        workers: 1,
        flavour: "",
        limits,
        pace: Pace::default(),
        login: Login::default(),
        files: None,
    }
}

/// What comes out if these are awake with what they brought back.
fn woken(of: &[(u64, u64)]) -> (u64, u64) {
    let mut tally = Tally::default();
    of.iter().for_each(|(index, proof)| tally.add(awake(*index, *proof)));
    (tally.ok, tally.checksum)
}

#[test]
fn the_sum_says_who_woke_and_what_each_brought_back() {
    let check = |variant, proof: fn(u64) -> u64| {
        let expected = work(variant, 3).expects(1);
        let all = [2, 0, 1].map(|index| (index, proof(index)));
        assert_eq!(woken(&all), (expected.ok, expected.checksum), "{variant:?}");
        assert_eq!(expected.samples, 1);
        let [first, second, _] = all;
        assert_ne!(woken(&[first, second, second]).1, expected.checksum, "one twice, one not");
        let without = [first, second, (all[2].0, all[2].1 ^ 1)];
        assert_ne!(woken(&without).1, expected.checksum, "one brought back something else");
    };
    check(Variant::Timer, |_| 0);
    check(Variant::Joined, |_| 0);
    check(Variant::Socket, |index| u64::from(letter(index)));
    check(Variant::Touched, touch);
    check(Variant::Deep, |index| {
        (0..LEVELS).fold(0, |below, level| unwound(&frame(index, level), below))
    });
}

#[test]
fn sleeps_that_repeat_have_a_sample_each_and_one_before() {
    let repeated =
        Sleepers { sleep: Some(Duration::from_millis(1)), laps: 3, ..work(Variant::Timer, 2) };
    let expected = repeated.expects(1);
    let all: Vec<_> = (0..2).flat_map(|index| (0..=3).map(move |lap| (index, lap))).collect();
    assert_eq!(woken(&all), (expected.ok, expected.checksum));
    assert_eq!((expected.ok, expected.samples, repeated.operations()), (8, 6, 6));
    assert_eq!((repeated.asleep(), work(Variant::Timer, 2).asleep()), (None, Some(2)));
    assert_eq!([0, 1].map(|index| repeated.apart_ns(index)), [0, 500_000]);
}

#[test]
fn limits_bind_before_the_first_is_started_and_are_named() {
    let limits = Limits { threads: 500, threads_by: "pids.max", descriptors: 1064, ..Limits::NONE };
    let check = |work: Sleepers, style, limits, want: Option<&str>| {
        let found = work.fits(&setting(limits), style).err();
        assert_eq!(found.is_some(), want.is_some(), "{found:?}");
        assert!(found.as_ref().is_none_or(|said| said.contains(want.unwrap())), "{found:?}");
    };
    check(work(Variant::Timer, 498), Style::Threads, limits, None);
    check(work(Variant::Timer, 499), Style::Threads, limits, Some("pids.max allows 500"));
    check(work(Variant::Timer, 1_000_000), Style::Async, limits, None);
    check(work(Variant::Socket, 500), Style::Async, limits, None);
    check(work(Variant::Socket, 501), Style::Async, limits, Some("the hard limit here is 1064"));
    check(work(Variant::Joined, 2), Style::Threads, limits, Some("a thread sleeps for itself"));
    let little = Limits { memory_bytes: 100 << 20, ..Limits::NONE };
    check(work(Variant::Timer, 100_000), Style::Async, little, None);
    check(work(Variant::Timer, 1_000_000), Style::Async, little, Some("about 732 MiB"));
    check(work(Variant::Timer, 10_000), Style::Threads, little, Some("may hold 100 MiB here"));
}

#[test]
fn as_many_as_there_can_be_end_at_the_limit_that_binds() {
    let most = Sleepers { most: true, ..work(Variant::Timer, 1_000_000) };
    let limits = Limits { threads: 16_126, threads_by: "vm.max_map_count", ..Limits::NONE };
    let check = |style, limits: Limits, sleepers, bound| {
        let found = most.within(style, &limits);
        assert_eq!((found.sleepers, found.bound()), (sleepers, Some(bound)));
        assert_eq!(found.fits(&setting(limits), style), Ok(()));
        assert_eq!(found.within(style, &limits), found, "known already");
    };
    check(Style::Threads, limits, 16_124, "vm.max_map_count");
    check(Style::Async, limits, 1_000_000, "the preset");
    let little = Limits { memory_bytes: 400 << 20, ..limits };
    check(Style::Threads, little, 10_240, "free memory");
    check(Style::Async, little, 546_133, "free memory");
    let few = work(Variant::Timer, 100);
    assert_eq!(few.within(Style::Threads, &limits), few, "not asked for");
}

#[test]
fn presets_do_what_their_names_say() {
    for preset in &PRESETS {
        let Sleepers { sleepers, most, bound, variant, sleep, laps } = preset.work;
        let start = match variant {
            Variant::Timer => "",
            Variant::Joined => "joined-",
            Variant::Socket => "socket-",
            Variant::Deep => "deep-",
            Variant::Touched => "touched-",
        };
        let name = match sleep {
            _ if most => "most".to_string(),
            None => format!("{start}n{sleepers}"),
            Some(sleep) => {
                let text = format!("{sleep:?}").replace('µ', "u");
                format!("late-{text}-n{sleepers}")
            }
        };
        assert_eq!(preset.name, name);
        let code = preset.work.parameters().iter().find(|(key, _)| *key == "variant").unwrap().1;
        let named = variant_name(code);
        let start = name.split('-').next().unwrap();
        assert_eq!(named, if name.contains('-') { start } else { "timer" }, "{name}");
        assert!(sleep.is_some() || laps == 1, "{name}");
        assert_eq!(bound, None, "{name}");
    }
}

#[test]
fn each_variant_has_three_numbers_for_a_slope() {
    for variant in
        [Variant::Timer, Variant::Joined, Variant::Socket, Variant::Deep, Variant::Touched]
    {
        let of = |preset: &&crate::Preset<Sleepers>| {
            preset.work.variant == variant && preset.work.sleep.is_none() && !preset.work.most
        };
        assert!(PRESETS.iter().filter(of).count() >= 3, "{variant:?}");
    }
}
