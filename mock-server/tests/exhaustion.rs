//! No file descriptor is left. A process of its own, because the limit is the
//! process's.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use triathlon_mock_server::{Options, spawn};

fn get(client: &mut TcpStream, target: &str) -> String {
    client.write_all(format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).unwrap();
    let mut reply = [0; 1024];
    let length = client.read(&mut reply).unwrap();
    String::from_utf8_lossy(&reply[..length]).into_owned()
}

#[test]
fn an_accept_that_fails_is_repeated_until_it_succeeds() {
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: Some(64) }).unwrap();
    let options = Options { listen: [127, 0, 0, 1].into(), port: 0, cpus: vec![], parent: None };
    let server = spawn(options).unwrap();
    let mut first = TcpStream::connect(server.address).unwrap();
    assert!(get(&mut first, "/healthz").ends_with("ok"));

    // All are taken but one, which our end of the connection takes.
    let mut files: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(!files.is_empty() && files.len() < 64);
    files.pop();
    let mut second = TcpStream::connect(server.address).unwrap();
    second.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // Many round trips: the accept has failed by now, and those who are in go on.
    for _ in 0..200 {
        let counters = get(&mut first, "/counters");
        assert!(counters.contains(r#""connections":1,"#), "{counters}");
    }
    drop(files);
    assert!(get(&mut second, "/healthz").ends_with("ok"));
    assert!(get(&mut first, "/counters").contains(r#""connections":2,"#));
}
