//! `triathlon mock-server` as a process: its first line, its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{TRIATHLON, marked, triathlon, until};

fn start(arguments: &[&str]) -> (Child, SocketAddr) {
    let mut words = vec!["mock-server"];
    words.extend(arguments);
    let mut command = triathlon(Path::new("/"), &words);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let hello: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(hello["pid"], child.id());
    (child, hello["address"].as_str().unwrap().parse().unwrap())
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn it_says_where_it_listens_serves_and_ends_on_sigterm_and_ctrl_c() {
    for signal in [Signal::TERM, Signal::INT] {
        let (mut child, address) = start(&[]);
        assert!(address.ip().is_loopback());
        assert!(get(address, "/healthz").starts_with("HTTP/1.1 200"));
        assert!(get(address, "/bytes/10").contains("content-length: 10"));
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert!(child.wait().unwrap().success());
        assert!(TcpStream::connect(address).is_err());
    }
}

#[test]
fn it_ends_when_its_parent_dies() {
    let mark = format!("TRIATHLON_TEST_MARK=orphan-{}", std::process::id());
    let (name, value) = mark.split_once('=').unwrap();
    // The shell is the parent; it prints the server's line by itself.
    let mut shell = Command::new("/bin/sh")
        .args(["-c", &format!("{TRIATHLON} mock-server --parent $$ & wait")])
        .env(name, value)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("address"), "{line}");
    assert_eq!(marked(&mark).len(), 2);
    shell.kill().unwrap();
    shell.wait().unwrap();
    until("the server ends with its parent", || marked(&mark).is_empty());
}

#[test]
fn a_parent_that_is_gone_already_ends_it_at_once() {
    // This test's own parent is not the server's parent.
    let parent = std::os::unix::process::parent_id().to_string();
    let output = triathlon(Path::new("/"), &["mock-server", "--parent", &parent]).output().unwrap();
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}
