//! Idle connections: counts, limits, presets.

use std::time::Duration;

use super::{MOST, PRESETS, ServeIdle};
use crate::serve::BACKLOG;
use crate::workload::Include;
use crate::{Limits, Login, Pace, Setting, Style, Workload};

fn named(name: &str) -> ServeIdle {
    PRESETS.iter().find(|preset| preset.name == name).unwrap().work
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

#[test]
fn presets_do_what_their_names_say_and_make_a_slope_also_of_a_pool() {
    for preset in &PRESETS {
        let ServeIdle { serve, idle, most, bound } = preset.work;
        let name = if most { "most".to_string() } else { format!("n{}", serve.connections) };
        assert_eq!((preset.name, bound), (name.as_str(), None));
        assert_eq!((serve.laps, serve.sessions(), serve.timeouts), (1, 0, false), "{name}");
        assert!(idle >= Duration::from_millis(300) && idle <= Duration::from_millis(1500));
    }
    let by_default = PRESETS.iter().filter(|preset| preset.include == Include::Cited);
    let by_default: Vec<u64> = by_default.map(|preset| preset.work.serve.connections).collect();
    assert_eq!(by_default, [100, 1000, 4000, 10_000]);
    assert!(by_default[..3].iter().all(|number| *number <= BACKLOG.into()));
    assert!(PRESETS.iter().all(|preset| preset.include != Include::Headline));
}

#[test]
fn every_connection_asks_before_and_behind_the_idle_time() {
    let work = named("n1000");
    let expected = work.expects(1000);
    assert_eq!((expected.ok, expected.samples, expected.connections), (2000, 1000, 1000));
    assert_eq!((work.asleep(), work.idle()), (Some(1000), Some(Duration::from_millis(300))));
    assert_eq!(work.backend().unwrap().queries, 0);
    assert_eq!(work.task().connections, 1000);
}

/// Machines that nobody has here: the limits are made up.
#[test]
fn as_many_as_there_can_be_ends_at_a_limit_with_its_name() {
    let check = |style, limits: Limits, connections, bound| {
        let found = named("most").within(style, &limits);
        assert_eq!((found.serve.connections, found.bound()), (connections, Some(bound)));
        assert_eq!(found.asleep(), Some(connections));
    };
    let descriptors = |descriptors| Limits { descriptors, ..Limits::NONE };
    check(Style::Async, descriptors(250_000), 100_000, "the preset");
    check(Style::Async, descriptors(20_000), 18_000, "ulimit -Hn, less 2 000");
    check(Style::Async, descriptors(4096), 2096, "ulimit -Hn, less 2 000");
    check(Style::Async, descriptors(1024), 1, "ulimit -Hn, less 2 000");
    let threads = |threads| Limits { threads, threads_by: "pids.max", ..descriptors(20_000) };
    check(Style::Threads, threads(16_126), 16_124, "pids.max");
    check(Style::Threads, threads(30_000), 18_000, "ulimit -Hn, less 2 000");
    check(Style::Async, threads(16_126), 18_000, "ulimit -Hn, less 2 000");
    // 29 KiB each.
    let memory = Limits { memory_bytes: 290 << 20, ..Limits::NONE };
    check(Style::Async, memory, 10_240, "free memory");
    assert_eq!(named("n6000").within(Style::Async, &threads(10)), named("n6000"));
}

#[test]
fn what_does_not_fit_is_said_before_anybody_comes() {
    let fits = |name: &str, limits| named(name).task().fits(&setting(limits), 2);
    let limits = Limits { descriptors: 250_000, ports: 28_232, ..Limits::NONE };
    assert_eq!(fits("n100000", limits), Ok(()), "from ten addresses");
    let few = Limits { descriptors: 20_000, ..limits };
    assert_eq!(fits("n18000", few), Ok(()));
    let reason = fits("n100000", few).unwrap_err();
    assert_eq!(reason, "needs 100064 descriptors, the hard limit here is 20000");
    let reason = fits("n18000", Limits { ports: 10_000, ..limits }).unwrap_err();
    assert!(reason.contains("needs 10064 ports for one address"), "{reason}");

    let admits = |name: &str, style, concurrency, limits| {
        let work = named(name);
        work.admits(style, concurrency, &setting(limits))
    };
    assert_eq!(admits("n4000", Style::Threads, 100, limits), Ok(()), "its queue takes them in");
    let reason = admits("n6000", Style::Threads, 100, limits).unwrap_err();
    assert!(reason.contains("pool of 100 threads") && reason.contains("takes in 4096"), "{reason}");
    assert_eq!(admits("n6000", Style::Threads, 6000, limits), Ok(()));
    let little = Limits { memory_bytes: 1 << 30, ..limits };
    assert_eq!(admits("n18000", Style::Async, 18_000, little), Ok(()));
    let reason = admits("n100000", Style::Async, MOST, little).unwrap_err();
    assert!(reason.contains("about 2832 MiB") && reason.contains("1024 MiB here"), "{reason}");
}
