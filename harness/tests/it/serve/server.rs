//! A contestant that serves, led by a test in the place of the harness.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use triathlon::machine;
use triathlon::selection::{self, Selected};
use triathlon::server::{Server, Trial};
use triathlon_contract::record::{Answer, Asked, Proceed, Question, WitnessRecord};
use triathlon_contract::{Serve, Workload};

use super::between::Between;
use crate::executing::executing;
use crate::support::until;

/// Every server that runs here at one of these presets, in each way and flavour.
pub(super) fn servers(presets: &[&str]) -> Vec<Selected> {
    let all = selection::all(&machine::placement(machine::Share::Half), machine::limits().unwrap());
    let wanted = |selected: &Selected| {
        let id = &selected.case.id;
        id.workload == Serve::NAME
            && presets.contains(&id.preset.as_str())
            && selected.case.absent.is_none()
    };
    all.into_iter().filter(wanted).collect()
}

/// Blocking has one client; all others are asked where they have a pool.
pub(super) const ONE_OR_MANY: [&str; 2] = ["crud-n5-10k-1ms-c1", "crud-n5-10k-1ms-c64"];

/// Every server once: blocking with one client, all others with many.
pub(super) fn each() -> Vec<Selected> {
    let [one, _] = ONE_OR_MANY;
    let mut servers = servers(&ONE_OR_MANY);
    servers.retain(|selected| {
        (selected.case.id.preset == one) == (selected.case.id.contestant == "blocking")
    });
    // Blocking, two of threads, five flavours of tasks in two ways, of tokio in a third.
    assert!(servers.len() >= 3 + 5 + 5 + 2, "{}", servers.len());
    servers
}

/// A server that serves, and the mock database behind it.
pub(super) struct Running<'a> {
    pub(super) id: String,
    pub(super) address: SocketAddr,
    mock: &'a Server,
    trial: Trial,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl<'a> Running<'a> {
    /// Starts it and waits until it listens.
    pub(super) fn start(selected: &Selected, mock: &'a Server) -> Self {
        let trial = mock.open_database().unwrap();
        let database = trial.address;
        Self::start_on(selected, mock, trial, database)
    }

    /// The same, and what it says to the database goes through this.
    pub(super) fn start_behind(selected: &Selected, mock: &'a Server, between: &Between) -> Self {
        let trial = mock.open_database().unwrap();
        between.leads_to(trial.address);
        Self::start_on(selected, mock, trial, between.address)
    }

    fn start_on(selected: &Selected, mock: &'a Server, trial: Trial, database: SocketAddr) -> Self {
        let (mut child, input) = executing(selected, 1, mock, database);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let id = selected.case.id.to_string();
        let asked = question(&mut output, &id);
        assert_eq!(asked.question, Asked::Clients, "{id}");
        Self { address: asked.address.unwrap(), id, mock, trial, child, input, output }
    }

    /// Waits until the database has answered so many queries beside those of the pool.
    pub(super) fn wait_for_queries(&self, more: u64) {
        until("the database is asked", || {
            let database = self.mock.witness(&self.trial).unwrap().database.unwrap_or_default();
            database.one_row >= database.sessions + more
        });
    }

    /// Queries that the database has answered.
    pub(super) fn asked(&self) -> u64 {
        self.mock.witness(&self.trial).unwrap().database.unwrap_or_default().one_row
    }

    /// Stops its process for a while, all threads of it, and lets it go on.
    pub(super) fn stall(&self, length: Duration) {
        let send = |signal| kill_process(Pid::from_child(&self.child), signal).unwrap();
        send(Signal::STOP);
        std::thread::sleep(length); // the stall itself, not synchronisation
        send(Signal::CONT);
    }

    /// Says that the load is over: the server stops, and does not wait to be asked for
    /// what it counted.
    pub(super) fn stop(&mut self) {
        self.proceed();
        assert_eq!(question(&mut self.output, &self.id).question, Asked::Load, "{}", self.id);
        self.proceed();
    }

    /// What it answers at its end, with what the database behind it counted.
    pub(super) fn end(mut self) -> (Answer, WitnessRecord) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let answer = serde_json::from_str(&line);
        drop(self.input);
        let status = self.child.wait().unwrap();
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert!(status.success(), "{}: {status} {errors}", self.id);
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error}: {line:?}", self.id));
        (answer, self.mock.close_trial(&self.trial).unwrap())
    }

    /// Why it has no outcome at its end.
    pub(super) fn fails(mut self) -> String {
        drop(self.input);
        let (mut said, mut errors) = (String::new(), String::new());
        self.output.read_to_string(&mut said).unwrap();
        let status = self.child.wait().unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        self.mock.close_trial(&self.trial).unwrap();
        assert!(!status.success() && said.is_empty(), "{}: {status} {said:?}", self.id);
        errors
    }

    fn proceed(&mut self) {
        let proceed = serde_json::to_string(&Proceed { proceed: true }).unwrap();
        writeln!(self.input, "{proceed}").unwrap();
    }
}

fn question(output: &mut impl BufRead, id: &str) -> Question {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{id}: {error}: {line:?}"))
}
