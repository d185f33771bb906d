//! Nothing is left of what was held, queued and hung: no descriptor, no thread,
//! no connection. A process of its own, because descriptors are the process's.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;
use triathlon_mock_server::{Options, spawn};

const PATIENCE: Duration = Duration::from_secs(20);
const TARGETS: [&str; 7] = [
    "/fault?hang=100",
    "/fault?drop=100",
    "/fault?reset=100",
    "/fault?garbage=100",
    "/delay/uniform/50000000/60000000",
    "/drip/1000/10/100000",
    "/queue/exponential/1000000?servers=3",
];

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

fn begin(address: SocketAddr, method: &str, target: &str, close: bool) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let close = if close { "connection: close\r\n" } else { "" };
    write!(stream, "{method} {target} HTTP/1.1\r\nhost: x\r\n{close}\r\n").unwrap();
    stream
}

fn ask(address: SocketAddr, method: &str, target: &str) -> Value {
    let mut text = String::new();
    begin(address, method, target, true).read_to_string(&mut text).unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
    }
}

#[test]
fn of_hung_queued_and_broken_requests_nothing_is_left() {
    let start =
        || spawn(Options { listen: [127, 0, 0, 1].into(), port: 0, cpus: vec![], parent: None });
    // tokio keeps one pair of sockets for signals as long as the process lives.
    drop(start().unwrap());
    let before = (open_files(), threads());
    let server = start().unwrap();
    ask(server.address, "GET", "/counters");
    let counters = |path: &str| ask(server.address, "GET", path);
    eventually("only this request is open", || counters("/counters")["open_connections"] == 1);
    let idle = open_files();

    for (round, client_closes) in [true, false, true, false].into_iter().enumerate() {
        let created = ask(server.address, "POST", "/trial");
        let address = created["addresses"][0].as_str().unwrap().parse().unwrap();
        let path = format!("/trial/{}", created["id"].as_str().unwrap());
        let clients = TARGETS.iter().cycle().take(140);
        let mut clients: Vec<_> =
            clients.map(|target| begin(address, "GET", target, false)).collect();
        eventually("all have arrived", || counters(&path)["requests"] == 140);
        assert!(counters(&path)["in_flight"].as_u64().unwrap() >= 20, "what hangs");
        if client_closes {
            clients.clear();
            eventually("all are gone", || counters(&path)["open_connections"] == 0);
            let left = counters(&path);
            assert_eq!(left["in_flight"], 0, "{left}");
        }
        let last = ask(server.address, "DELETE", &path);
        assert_eq!((&last["in_flight"], &last["open_connections"]), (&0.into(), &0.into()));
        let faults = ["dropped", "hung", "reset", "garbage", "errors"];
        let faults = faults.map(|class| last["faults"][class].as_u64().unwrap());
        assert_eq!(faults, [20, 20, 20, 20, 0]);
        let [answered, given_up] = ["answered", "given_up"].map(|it| last[it].as_u64().unwrap());
        assert_eq!(answered + given_up + faults.iter().sum::<u64>(), 140, "{last}");
        assert_eq!(last["requests"], 140);
        drop(clients);
        eventually("their descriptors are free", || open_files() <= idle);
        assert_eq!(counters("/counters")["in_flight"], 0, "round {round}");
    }
    drop(server);
    assert_eq!((open_files(), threads()), before);
}
