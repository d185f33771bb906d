//! Wrong calls, limits and interruptions.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use triathlon_contract::record::LoadRecord;

use super::server;
use crate::support::{TRIATHLON, output, triathlon};

/// A call that ends without a record: exit code and one sentence.
pub(super) fn refused(arguments: &[&str], code: i32, want: &str) {
    let output = output(Path::new("/"), &[&["load"], arguments].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
    assert!(errors.starts_with("triathlon: ") && errors.contains(want), "{errors}");
    assert!(output.stdout.is_empty());
}

#[test]
fn ctrl_c_prints_what_was_measured() {
    let server = server();
    let url = format!("http://{}/bytes/1", server.address);
    let mut arguments = vec!["load", &url, "-R", "200", "-d", "60s", "--warmup", "0s"];
    arguments.extend(["--format", "json", "--slo", "p50<1us"]);
    let mut command = triathlon(Path::new("/"), &arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    lines.nth(1).unwrap().unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let record: LoadRecord = serde_json::from_str(&text).unwrap();
    assert!(record.interrupted && (200..4000).contains(&record.planned), "{record:?}");
    assert_eq!(record.ok + record.unfinished, record.planned);
    assert!(record.slo.is_empty(), "a window that was cut short was held against a threshold");
    assert!(record.duration_s >= 1.0 && record.duration_s < 30.0);
    assert!(lines.last().unwrap().unwrap().contains("interrupted"));
}

#[test]
fn too_few_descriptors_are_one_sentence() {
    let script = format!("ulimit -n 50; exec {TRIATHLON} load http://127.0.0.1:1/ -c 100");
    let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("100 connections need 132 open files and 50 are permitted"),
        "{errors}"
    );
    // The soft limit alone is no obstacle.
    let server = server();
    let url = format!("http://{}/bytes/1", server.address);
    let script =
        format!("ulimit -S -n 50; exec {TRIATHLON} load {url} -c 100 -d 200ms --warmup 0s --quiet");
    let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_wrong_call_is_one_sentence() {
    let url = "http://127.0.0.1:1/";
    let check = |arguments: &[&str], want: &str| refused(arguments, 2, want);
    check(&[], "URL");
    check(&["https://127.0.0.1/"], "needs TLS");
    check(&["127.0.0.1:80"], "begin with http://");
    check(&[url, "-d", "soon"], "write 30s");
    check(&[url, "-d", "0s"], "longer than nothing");
    check(&[url, "-R", "fast"], "write 500, 20k");
    check(&[url, "-R", "0"], "between 0.001");
    check(&[url, "-R", "900M", "-d", "1h"], "choose less");
    check(&[url, "-c", "0"], "from 1 to the number");
    check(&[url, "-c", "2", "-t", "3"], "from 1 to the number");
    check(&[url, "--arrival", "bursts", "-R", "1"], "choose constant or poisson");
    check(&[url, "--seed", "1"], "need --rate");
    check(&[url, "--format", "hgrm"], "no response times");
    check(&[url, "--slo", "p99<10ms"], "no response times");
    check(&[url, "-R", "1", "--slo", "p42<10ms"], "no threshold");
    check(&[url, "-H", "nothing"], "no header");
    check(&[url, "--method", "GE T"], "no method");
}
