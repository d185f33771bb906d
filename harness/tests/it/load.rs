//! `triathlon load` against the mock server, and against servers that misbehave.

mod calls;
mod results;
mod servers;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Output;

use triathlon_contract::record::{LoadRecord, LoadStatus};
use triathlon_mock_server::{Options, Running, spawn};

use crate::support::output;

fn server() -> Running {
    let listen = [127, 0, 0, 1].into();
    spawn(Options { listen, port: 0, cpus: vec![], parent: None }).unwrap()
}

/// Standard output as a record, exit code, standard error.
fn run(address: SocketAddr, path: &str, arguments: &[&str]) -> (LoadRecord, i32, String) {
    let url = format!("http://{address}{path}");
    let mut words = vec!["load", &url, "--format", "json", "--quiet"];
    words.extend(arguments);
    let Output { status, stdout, stderr } = output(Path::new("/"), &words);
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    let record: LoadRecord =
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    let parts = [record.ok, record.failed, record.timed_out, record.shed, record.unfinished];
    assert_eq!(parts.iter().sum::<u64>(), record.planned, "the account does not add up");
    assert_eq!(record.failures.values().sum::<u64>(), record.failed);
    (record, status.code().unwrap(), stderr)
}

/// Asks the mock server for something that is not counted.
fn ask(address: SocketAddr, method: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// As little as shows something.
const SHORT: [&str; 6] = ["-c", "8", "-d", "500ms", "--warmup", "0s"];

/// The first of five runs that may be believed: a machine that is busy with
/// other tests spoils some, which is what the rules are there to say.
fn believed(address: SocketAddr, path: &str, arguments: &[&str]) -> (LoadRecord, i32, String) {
    let mut spoiled = Vec::new();
    for _ in 0..5 {
        let found = run(address, path, arguments);
        if found.0.status <= LoadStatus::Degraded {
            return found;
        }
        spoiled.push(found.0.reasons);
    }
    panic!("five runs in a row were spoiled: {spoiled:?}");
}
