//! Status, headers and body of every endpoint.

use triathlon_contract::body;

use crate::client::{Client, Trial, server};

#[test]
fn bytes_are_a_prefix_of_the_stream_with_two_headers() {
    let server = server();
    let mut client = Client::connect(server.address);
    let stream = body::bytes(2 << 20);
    for size in [0, 1, 7, 128, 16 << 10, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20] {
        let reply = client.get(&format!("/bytes/{size}"));
        assert_eq!(reply.status, 200);
        assert!(reply.body == stream[..size], "size {size}");
        let mut names: Vec<_> = reply.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-length", "date"], "size {size}");
    }
}

#[test]
fn the_largest_body_arrives_whole() {
    let server = server();
    let reply = Client::connect(server.address).get("/bytes/67108864");
    assert_eq!(reply.body.len(), 64 << 20);
    assert_eq!(body::hash(&reply.body), body::hash(&body::bytes(64 << 20)));
}

#[test]
fn a_delay_carries_the_body_that_is_asked_for() {
    let server = server();
    let mut client = Client::connect(server.address);
    for (target, size) in [("/delay/0", 0), ("/delay/1000", 0), ("/delay/1000?bytes=100", 100)] {
        let reply = client.get(target);
        assert_eq!((reply.status, reply.body), (200, body::bytes(size)), "{target}");
    }
}

#[test]
fn json_is_valid_and_the_same_every_time() {
    let server = server();
    let mut client = Client::connect(server.address);
    let first = client.get("/json/1000");
    assert_eq!(first.header("content-type"), Some("application/json"));
    let array = first.json();
    let items = array.as_array().unwrap();
    assert_eq!(items.len(), 1000);
    for (id, item) in items.iter().enumerate() {
        assert_eq!(item["id"], id);
        assert_eq!(item["name"], format!("item-{id}"));
        assert!((0.0..100.0).contains(&item["score"].as_f64().unwrap()));
    }
    assert_eq!(client.get("/json/1000").body, first.body);
    assert_eq!(Client::connect(self::server().address).get("/json/1000").body, first.body);
    assert_eq!(client.get("/json/0").text(), "[]");
    assert_eq!(client.get("/json/100000").json().as_array().unwrap().len(), 100_000);
}

#[test]
fn echo_returns_what_it_gets() {
    let server = server();
    let mut client = Client::connect(server.address);
    for size in [0, 1, 100_000, 1 << 20] {
        let body = body::bytes(size);
        let reply = client.request("POST", "/echo", &body);
        assert_eq!(reply.status, 200);
        assert!(reply.body == body, "size {size}");
    }
    client.write(b"POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    client.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(client.receive().text(), "abcde");
}

#[test]
fn a_status_is_answered_as_asked() {
    let server = server();
    let mut client = Client::connect(server.address);
    for code in [200, 201, 404, 418, 500, 503, 599] {
        let reply = client.get(&format!("/status/{code}"));
        assert_eq!((reply.status, reply.body.len()), (code, 0));
        assert_eq!(reply.header("content-length"), Some("0"), "{code}");
    }
    // RFC 9110, 8.6: a 204 has no content-length.
    let reply = client.get("/status/204");
    assert_eq!((reply.status, reply.header("content-length")), (204, None));
    assert_eq!(client.get("/healthz").text(), "ok");
}

#[test]
fn health_and_counters_are_on_every_port() {
    let server = server();
    let trial = Trial::with(&server, r#"{"ports":3}"#);
    assert_eq!(trial.addresses.len(), 3);
    for (address, id) in
        trial.addresses.iter().map(|it| (*it, &*trial.id)).chain([(server.address, "0")])
    {
        let mut client = Client::connect(address);
        assert_eq!(client.get("/healthz").text(), "ok");
        let reply = client.get("/counters");
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.json()["id"], id);
        assert_eq!(reply.json()["requests"], 0);
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = server();
    let mut client = Client::connect(server.address);
    let targets =
        [("/delay/30000?bytes=3", 3), ("/bytes/1", 1), ("/delay/5000?bytes=2", 2), ("/bytes/4", 4)];
    let head = |target| format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n");
    let heads: String = targets.iter().map(|(target, _)| head(*target)).collect();
    client.write(heads.as_bytes());
    for (target, size) in targets {
        assert_eq!(client.receive().body, body::bytes(size), "{target}");
    }
}
