//! A contestant's process, led by a test in the place of the harness.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};

use triathlon::selection::Selected;
use triathlon::server::Server;
use triathlon_contract::record::{Job, SCHEMA};

use crate::support::TRIATHLON;

/// Executes a case with so many laps, its server being there: the process, and what it is
/// told through.
pub(crate) fn executing(
    selected: &Selected,
    laps: u64,
    mock: &Server,
    server: SocketAddr,
) -> (Child, ChildStdin) {
    let job = Job {
        schema: SCHEMA,
        id: selected.case.id.to_string(),
        parameters: triathlon::what::named(&selected.case.parameters),
        laps,
        server: Some(server.to_string()),
        login: None,
        server_pid: Some(mock.pid()),
        pace: None,
        pauses: false,
        files: None,
        workers: 1,
        limits: None,
        cpus: Vec::new(),
        parent_pid: std::process::id(),
    };
    let mut child = Command::new(TRIATHLON)
        .arg("execute")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{}", serde_json::to_string(&job).unwrap()).unwrap();
    (child, input)
}
