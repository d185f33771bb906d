//! Every refusal: its status, its one sentence, its count.

use crate::client::{Client, Reply, Trial, server};

fn is_one_sentence(reply: &Reply) -> bool {
    let text = reply.text();
    text.ends_with('.') && !text.contains('\n') && !text.contains(". ")
}

#[test]
fn what_is_wrong_gets_a_status_and_a_sentence_and_is_counted_apart() {
    let server = server();
    let trial = Trial::new(&server);
    let mut client = trial.connect();
    let cases = [
        ("GET", "/bytes/67108865", 400, "from 0 to 67108864"),
        ("GET", "/bytes/abc", 400, "whole number"),
        ("GET", "/bytes/-1", 400, "whole number"),
        ("GET", "/delay/60000001", 400, "from 0 to 60000000"),
        ("GET", "/delay/1?bytes=67108865", 400, "from 0 to 67108864"),
        ("GET", "/delay/1?size=5", 400, "bytes=n"),
        ("GET", "/delay/uniform/2/1", 400, "low no more than high"),
        ("GET", "/delay/bimodal/1/2/1001", 400, "permille from 0 to 1000"),
        ("GET", "/delay/exponential/60000001", 400, "from 0 to 60000000"),
        ("GET", "/drip/67108865/67108864/1", 400, "up to 67108864"),
        ("GET", "/drip/10/0/1", 400, "chunk at least 1"),
        ("GET", "/drip/65537/1/0", 400, "at most 65536 pieces"),
        ("GET", "/drip/4/1/15000001", 400, "together take at most 60000000"),
        ("GET", "/queue/1?servers=1001", 400, "from 1 to 1000"),
        ("GET", "/queue/gamma/1", 400, "the same laws"),
        ("GET", "/limit/0", 400, "from 1 to 1000000"),
        ("GET", "/fault?drop=60&hang=41", 400, "no more than 100 together"),
        ("GET", "/fault?drop=0.5", 400, "whole per cent"),
        ("GET", "/json/100001", 400, "from 0 to 100000"),
        ("GET", "/status/100", 400, "from 200 to 599"),
        ("GET", "/status/600", 400, "from 200 to 599"),
        ("POST", "/stall/60000001", 400, "from 0 to 60000000"),
        ("GET", "/counters?all", 400, "stamps=1"),
        ("GET", "/nothing", 404, "/bytes/{n}"),
        ("GET", "/drip", 404, "/drip/{n}/{chunk}/{us}"),
        ("GET", "/", 404, "/healthz"),
        // Trials are managed on the control address only.
        ("POST", "/trial", 404, "control address"),
        ("GET", "/trial/0", 404, "control address"),
        ("POST", "/bytes/1", 405, "GET only"),
        ("PUT", "/delay/1", 405, "GET only"),
        ("POST", "/drip/1/1/1", 405, "GET only"),
        ("POST", "/queue/1", 405, "GET only"),
        ("POST", "/limit/1", 405, "GET only"),
        ("POST", "/fault", 405, "GET only"),
        ("GET", "/echo", 405, "POST only"),
        ("GET", "/stall/1", 405, "POST only"),
        ("DELETE", "/healthz", 405, "GET only"),
    ];
    for (method, target, status, words) in cases {
        let reply = client.request(method, target, b"");
        assert_eq!(reply.status, status, "{method} {target}");
        assert!(reply.text().contains(words), "{method} {target}: {}", reply.text());
        assert!(is_one_sentence(&reply), "{}", reply.text());
        assert_eq!(reply.header("allow").is_some(), status == 405, "{method} {target}");
    }
    client.send("HEAD", "/bytes/1", b"");
    assert_eq!(client.head().unwrap().status, 405);
    trial.expect(&[("bad_requests", cases.len() as u64 + 1), ("requests", 0), ("bytes", 0)]);
}

#[test]
fn wrong_trials_are_refused_and_counted_in_the_server_s_own() {
    let server = server();
    let mut client = Client::connect(server.address);
    let bodies = [
        r#"{"ports":0}"#,
        r#"{"ports":17}"#,
        r#"{"ports":-1}"#,
        r#"{"addresses":0}"#,
        r#"{"addresses":17}"#,
        r#"{"arrival_stamps":2000001}"#,
        r#"{"port":1}"#,
        r#"{"seed":18446744073709551616}"#,
        r#"{"seed":-1}"#,
        r#"{"seed":0.5}"#,
        "7",
        "ports=1",
    ];
    for body in bodies {
        let reply = client.request("POST", "/trial", body.as_bytes());
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.text().contains("from 1 to 16") && is_one_sentence(&reply), "{body}");
    }
    let cases = [
        ("GET", "/trial/999", 404, "POST /trial"),
        ("DELETE", "/trial/999", 404, "POST /trial"),
        ("DELETE", "/trial/0", 400, "the server's own"),
        ("GET", "/trial/x", 400, "POST /trial"),
        ("GET", "/trial", 405, "POST only"),
        ("PUT", "/trial/0", 405, "GET and DELETE"),
    ];
    for (method, target, status, words) in cases {
        let reply = client.request(method, target, b"");
        assert_eq!(reply.status, status, "{method} {target}");
        assert!(reply.text().contains(words), "{method} {target}: {}", reply.text());
    }
    let own = client.get("/trial/0").json();
    assert_eq!(own["bad_requests"], (bodies.len() + cases.len()) as u64);
    assert_eq!(own["requests"], 0);
}

#[test]
fn several_addresses_elsewhere_than_on_loopback_are_refused() {
    let options = triathlon_mock_server::Options {
        listen: [0, 0, 0, 0].into(),
        port: 0,
        cpus: vec![],
        parent: None,
    };
    let server = triathlon_mock_server::spawn(options).unwrap();
    let mut client = Client::connect(([127, 0, 0, 1], server.address.port()).into());
    let reply = client.request("POST", "/trial", br#"{"addresses":2}"#);
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("--listen 127.0.0.1") && is_one_sentence(&reply), "{reply:?}");
    assert_eq!(client.request("POST", "/trial", br#"{"addresses":1}"#).status, 201);
}

#[test]
fn a_body_too_large_is_refused_before_it_is_sent() {
    let server = server();
    let trial = Trial::new(&server);
    let mut client = trial.connect();
    client.write(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 67108865\r\n\r\n");
    let reply = client.receive();
    assert_eq!(reply.status, 413);
    assert!(reply.text().contains("at most 67108864 bytes") && is_one_sentence(&reply));
    trial.expect(&[("bad_requests", 1), ("requests", 0)]);
}

#[test]
fn a_body_that_lies_about_its_framing_is_refused() {
    let server = server();
    let trial = Trial::new(&server);
    let mut client = trial.connect();
    client.write(b"POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n");
    let reply = client.receive();
    assert_eq!(reply.status, 400);
    assert!(is_one_sentence(&reply), "{}", reply.text());
    trial.expect(&[("bad_requests", 1), ("requests", 0)]);
}

#[test]
fn an_address_that_cannot_be_had_is_an_error_that_advises() {
    let server = server();
    let options = |listen: [u8; 4], port| triathlon_mock_server::Options {
        listen: listen.into(),
        port,
        cpus: vec![],
        parent: None,
    };
    let taken = triathlon_mock_server::spawn(options([127, 0, 0, 1], server.address.port()));
    let text = taken.unwrap_err().to_string();
    assert!(text.contains(&server.address.to_string()) && text.contains("use port 0"), "{text}");
    // 192.0.2.0/24 is reserved for documentation, so no machine has it.
    let text = triathlon_mock_server::spawn(options([192, 0, 2, 1], 0)).unwrap_err().to_string();
    assert!(text.contains("192.0.2.1:0") && text.contains("address of this machine"), "{text}");
}
