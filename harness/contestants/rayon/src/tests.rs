use crate::RAYON;
use crate::fits::{at_once, bearable, pool_fits};
use std::time::Duration;
use triathlon_contract::{
    Connections, FanOut, Limits, Login, Pace, RequestLoop, Setting,
};

fn setting(workers: usize) -> Setting {
    let server = "127.0.0.1:1".parse().unwrap();
    let (descriptors, threads, ports) = (20_000, 16_000, 28_232);
    let limits = Limits { descriptors, threads, ports, ..Limits::NONE };
    let (flavour, pace) = (RAYON.flavours[0], Pace::default());
    Setting {
        server,
        workers,
        flavour,
        limits,
        pace,
        login: Login::default(),
        files: None,
    }
}

#[test]
fn the_default_pool_waits_in_waves_of_its_threads() {
    let connections = Connections::PerFetch;
    let delay = Duration::from_millis(20);
    let check = |fetches, workers, want: Result<(), &str>| {
        let (body_bytes, laps) = (1024, 1);
        let work = FanOut { fetches, delay, body_bytes, connections, laps };
        let at_once = at_once(work.in_flight(), &setting(workers));
        let got = bearable(&work, at_once, "fetches");
        assert_eq!(got, want.map_err(str::to_string));
    };
    let bound = "measured where the sum is at most 2.5 s";
    let long = format!("1 at a time, 1000 fetches take 20.0 s; {bound}");
    check(1000, 1, Err(&long));
    let long = format!("4 at a time, 1000 fetches take 5.0 s; {bound}");
    check(1000, 4, Err(&long));
    check(1000, 8, Ok(()));
    check(10, 64, Ok(()));
}

#[test]
fn no_more_are_at_once_than_are_wanted() {
    let (connections, delay) = (16, Duration::from_millis(20));
    let work = RequestLoop {
        connections,
        delay,
        body_bytes: 128,
        timeout: None,
        laps: 20,
    };
    assert_eq!(at_once(work.connections, &setting(4)), 4);
    assert_eq!(at_once(work.connections, &setting(64)), 16);
    assert!(bearable(&work, 4, "requests").is_ok());
    assert!(bearable(&work, 2, "requests").is_err());
}

#[test]
fn a_pool_of_n_is_bounded_by_rayon_before_the_machine_binds() {
    assert_eq!(pool_fits(256, &setting(1)), Ok(()));
    let reason = pool_fits(1000, &setting(1)).unwrap_err();
    assert!(reason.contains("a pool of 1000 threads"), "{reason}");
    let mut narrow = setting(1);
    narrow.limits.threads = 100;
    let reason = pool_fits(256, &narrow).unwrap_err();
    assert!(reason.contains("machine allows 100"), "{reason}");
}
