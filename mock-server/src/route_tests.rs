//! What is understood, and what is refused.

use super::{
    BYTES, Control, DELAY, DRIP, Data, Dripping, Echoing, FAULT, JSON, LIMIT, Law, MOST_ITEMS,
    MOST_PER_S, MOST_PIECES, MOST_SERVERS, MOST_US, Method, QUEUE, Queueing, Route, STALL, Shares,
    route,
};
use crate::bodies::MOST_BYTES;
use crate::respond::Refusal;

fn get(target: &str) -> Result<Route, u16> {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    route(&Method::GET, path, query, true).map_err(|Refusal { status, .. }| status.as_u16())
}

#[test]
fn what_is_right_is_understood() {
    let check = |target: &str, want| assert_eq!(get(target), Ok(want), "{target}");
    check("/bytes/0", Route::Data(Data::Bytes(0)));
    check("/bytes/67108864", Route::Data(Data::Bytes(MOST_BYTES)));
    check("/delay/60000000", Route::Data(Data::Delay { us: MOST_US, bytes: 0 }));
    check("/delay/1?bytes=2", Route::Data(Data::Delay { us: 1, bytes: 2 }));
    check("/json/100000", Route::Data(Data::Json { us: 0, items: MOST_ITEMS }));
    check("/json/7?delay_us=1000", Route::Data(Data::Json { us: 1000, items: 7 }));
    let echoing = |fragment_bytes, ping_every| Echoing { fragment_bytes, ping_every };
    check("/ws", Route::Websocket(echoing(0, 0)));
    check("/ws?fragment=65536", Route::Websocket(echoing(65_536, 0)));
    check("/ws?ping_every=10&fragment=1", Route::Websocket(echoing(1, 10)));
    check("/healthz?", Route::Control(Control::Healthz));
    check("/counters?stamps=1", Route::Control(Control::Counters { stamps: true }));
    check(
        "/trial/18446744073709551615",
        Route::Control(Control::ReadTrial { id: u64::MAX, stamps: false }),
    );
}

#[test]
fn what_is_wrong_has_its_status() {
    let check = |target: &str, want| assert_eq!(get(target), Err(want), "{target}");
    for n in ["", "+5", "-1", "5/", "1e3", "67108865", "18446744073709551616", "٣", "%35"] {
        check(&format!("/bytes/{n}"), 400);
        check(&format!("/delay/0?bytes={n}"), 400);
    }
    let wrong = ["/delay/60000001", "/json/100001", "/status/199", "/status/600", "/bytes/1?x"];
    wrong.iter().for_each(|target| check(target, 400));
    [
        "/json/1?delay_us=",
        "/json/1?delay=1",
        "/json/1?delay_us=60000001",
        "/delay/1?byte=2",
        "/counters?stamps=2",
        "/ws?fragment=0",
        "/ws?fragment=65537",
        "/ws?ping_every=1000001",
        "/ws?ping_every=1&ping_every=1",
        "/ws?x",
        "/trial/x",
        "/healthz?x",
    ]
    .iter()
    .for_each(|target| check(target, 400));
    ["/echo", "/stall/1", "/trial"].iter().for_each(|target| check(target, 405));
    ["/", "", "/bytes", "/bytes2/1", "/echo/", "/healthz/x", "*", "/Bytes/1"]
        .iter()
        .for_each(|target| check(target, 404));
}

#[test]
fn trials_are_managed_on_the_control_address_only() {
    for (method, path) in [(Method::POST, "/trial"), (Method::DELETE, "/trial/1")] {
        assert!(route(&method, path, None, true).is_ok());
        let refusal = route(&method, path, None, false).unwrap_err();
        assert_eq!(refusal.status.as_u16(), 404);
    }
}

#[test]
fn the_sentences_say_the_bounds() {
    assert!(BYTES.contains(&MOST_BYTES.to_string()) && DELAY.contains(&MOST_BYTES.to_string()));
    assert!(DRIP.contains(&MOST_BYTES.to_string()) && DRIP.contains(&MOST_US.to_string()));
    assert!(DRIP.contains(&MOST_PIECES.to_string()));
    assert!(JSON.contains(&MOST_ITEMS.to_string()));
    assert!(QUEUE.contains(&MOST_SERVERS.to_string()) && QUEUE.contains(&MOST_US.to_string()));
    assert!(LIMIT.contains(&MOST_PER_S.to_string()) && LIMIT.contains(&MOST_BYTES.to_string()));
    assert!(FAULT.contains(&MOST_BYTES.to_string()));
    assert!(DELAY.contains(&MOST_US.to_string()) && STALL.contains(&MOST_US.to_string()));
}

#[test]
fn the_laws_of_a_delay_are_understood() {
    let check = |target: &str, law, bytes| {
        assert_eq!(get(target), Ok(Route::Data(Data::Drawn { law, bytes })), "{target}");
    };
    check("/delay/uniform/1/2", Law::Uniform { low_ns: 1000, high_ns: 2000 }, 0);
    check("/delay/uniform/7/7?bytes=3", Law::Uniform { low_ns: 7000, high_ns: 7000 }, 3);
    let mean_ns = MOST_US * 1000;
    check("/delay/exponential/60000000", Law::Exponential { mean_ns }, 0);
    let law = Law::Bimodal { low_ns: 0, high_ns: 5000, high_permille: 1000 };
    check("/delay/bimodal/0/5/1000?bytes=9", law, 9);
}

#[test]
fn what_is_no_law_is_refused() {
    for law in [
        "uniform",
        "uniform/",
        "uniform/1",
        "uniform/2/1",
        "uniform/1/60000001",
        "uniform/1/2/3",
        "uniform/1/2/",
        "Uniform/1/2",
        "uniform/1/2?size=1",
        "uniform/1/2?bytes=1&bytes=1",
        "exponential/",
        "exponential/1/2",
        "exponential/-1",
        "exponential/60000001",
        "bimodal/1/2",
        "bimodal/1/2/1001",
        "bimodal/2/1/10",
        "bimodal/1/2/3/4",
        "bimodal/1/2/3/4/5/6",
        "gamma/1/2",
        "fixed/1",
        "/1",
    ] {
        assert_eq!(get(&format!("/delay/{law}")), Err(400), "{law}");
    }
}

#[test]
fn drips_are_understood() {
    let check = |target: &str, (bytes, chunk_bytes, us)| {
        let want = Route::Drip(Dripping { bytes, chunk_bytes, us });
        assert_eq!(get(target), Ok(want), "{target}");
    };
    check("/drip/0/1/0", (0, 1, 0));
    check("/drip/10/3/5000", (10, 3, 5000));
    check("/drip/67108864/67108864/60000000", (MOST_BYTES, MOST_BYTES, MOST_US));
    // As many pieces as may be, and as long as all may take.
    check("/drip/67108864/1024/915", (MOST_BYTES, 1024, 915));
    check("/drip/65536/1/0", (65_536, 1, 0));
    check("/drip/6/1/10000000", (6, 1, 10_000_000));
    // Nothing takes no time, whatever the pause.
    check("/drip/0/1/60000000", (0, 1, MOST_US));
}

#[test]
fn what_is_no_drip_is_refused() {
    for target in [
        "/drip/",
        "/drip/10",
        "/drip/10/1",
        "/drip/10/1/",
        "/drip/10/1/1/1",
        "/drip//1/1",
        "/drip/10/0/1",
        "/drip/-1/1/1",
        "/drip/+1/1/1",
        "/drip/1.5/1/1",
        "/drip/67108865/67108864/0",
        "/drip/10/67108865/0",
        "/drip/65537/1/0",
        "/drip/67108864/1023/0",
        "/drip/10/10/60000001",
        "/drip/6/1/10000001",
        "/drip/67108864/1024/916",
        "/drip/10/1/18446744073709551615",
        "/drip/10/1/1?bytes=1",
        "/drip/10/1/1?x",
    ] {
        assert_eq!(get(target), Err(400), "{target}");
    }
    assert_eq!(get("/drip"), Err(404));
    assert_eq!(get("/drips/1/1/1"), Err(404));
}

#[test]
fn queues_and_limits_are_understood() {
    let check = |target: &str, law, servers, bytes| {
        let queueing = Queueing { law, servers };
        assert_eq!(get(target), Ok(Route::Queue { queueing, bytes }), "{target}");
    };
    check("/queue/5000", Law::Fixed { ns: 5_000_000 }, 1, 0);
    let mean_ns = 5_000_000;
    check("/queue/exponential/5000?servers=1000", Law::Exponential { mean_ns }, 1000, 0);
    check("/queue/exponential/5000?bytes=7&servers=2", Law::Exponential { mean_ns }, 2, 7);
    check("/queue/uniform/0/1?bytes=7", Law::Uniform { low_ns: 0, high_ns: 1000 }, 1, 7);
    check("/limit/500", Law::Fixed { ns: 2_000_000 }, 1, 0);
    check("/limit/1?bytes=3", Law::Fixed { ns: 1_000_000_000 }, 1, 3);
    check("/limit/300", Law::Fixed { ns: 3_333_334 }, 1, 0);
    check("/limit/1000000", Law::Fixed { ns: 1000 }, 1, 0);
}

#[test]
fn what_is_no_queue_is_refused() {
    for target in [
        "/queue/",
        "/queue/gamma/1",
        "/queue/exponential/60000001",
        "/queue/uniform/2/1",
        "/queue/1?servers=0",
        "/queue/1?servers=1001",
        "/queue/1?servers=",
        "/queue/1?servers",
        "/queue/1?servers=1&",
        "/queue/1?&servers=1",
        "/queue/1?servers=1&servers=1",
        "/queue/1?servers=1&bytes=67108865",
        "/queue/1?server=1",
        "/limit/",
        "/limit/0",
        "/limit/1000001",
        "/limit/1/2",
        "/limit/0.5",
        "/limit/1?servers=1",
    ] {
        assert_eq!(get(target), Err(400), "{target}");
    }
    assert_eq!(get("/queue"), Err(404));
    assert_eq!(get("/limit"), Err(404));
}

#[test]
fn shares_of_faults_are_understood() {
    let check = |target: &str, per_cent, bytes| {
        let shares = Shares::new(per_cent).unwrap();
        assert_eq!(get(target), Ok(Route::Fault { shares, bytes }), "{target}");
    };
    check("/fault", [0; 5], 0);
    check("/fault?drop=1&hang=2&reset=3&garbage=4&error=5&bytes=6", [1, 2, 3, 4, 5], 6);
    check("/fault?bytes=6&error=100", [0, 0, 0, 0, 100], 6);
}

#[test]
fn what_is_no_share_is_refused() {
    for query in [
        "drop",
        "drop=",
        "drop=101",
        "drop=-1",
        "drop=0.5",
        "drop=1%25",
        "drop=1&drop=1",
        "drop=50&hang=51",
        "drop=100&hang=100&reset=100&garbage=100&error=100",
        "errors=1",
        "bytes=67108865",
        "drop=1&&hang=1",
        "&",
    ] {
        assert_eq!(get(&format!("/fault?{query}")), Err(400), "{query}");
    }
    assert_eq!(get("/fault/1"), Err(404));
}
