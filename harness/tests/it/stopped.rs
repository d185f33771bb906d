//! A client that is stopped and goes on, as by Ctrl-Z and `fg`: what it waits for with a
//! timeout is still awaited.

use std::io::Read;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use triathlon::machine;
use triathlon::selection::{self, Selected};
use triathlon::server::{Server, Trial};
use triathlon_contract::record::Answer;
use triathlon_contract::{RequestLoop, Workload};

use crate::executing::executing;
use crate::support::{TRIATHLON, until};

/// A read and a write timeout on every operation.
const PRESET: &str = "c64-d0-timeouts";
const CONNECTIONS: u64 = 64;
const LAPS: u64 = 100;

/// Requests between two stops, and how many stops there are.
const APART: u64 = 64;
const STOPS: u64 = 10;

const STOPPED: Duration = Duration::from_millis(5);

fn clients() -> Vec<Selected> {
    let all = selection::all(&machine::placement(machine::Share::Half), machine::limits().unwrap());
    let wanted = |selected: &Selected| {
        let id = &selected.case.id;
        id.workload == RequestLoop::NAME && id.preset == PRESET && selected.case.absent.is_none()
    };
    all.into_iter().filter(wanted).collect()
}

/// Stops it again and again while it asks; how often.
fn stop_often(child: &mut Child, mock: &Server, trial: &Trial) -> u64 {
    for stop in 0..STOPS {
        until("it has asked more", || {
            mock.witness(trial).unwrap().requests >= (stop + 1) * APART
                || child.try_wait().unwrap().is_some()
        });
        if child.try_wait().unwrap().is_some() {
            return stop;
        }
        let send = |signal| kill_process(Pid::from_child(child), signal).unwrap();
        send(Signal::STOP);
        std::thread::sleep(STOPPED); // the stop itself, not synchronisation
        send(Signal::CONT);
    }
    STOPS
}

/// Nobody takes an interrupted read for an answer that is too late, or for an error.
#[test]
fn answers_are_still_awaited_when_a_stopped_client_goes_on() {
    let mock = Server::start(TRIATHLON.as_ref(), &[]).unwrap();
    let clients = clients();
    assert!(clients.len() >= 5 + 5, "{}", clients.len());
    for selected in clients {
        let id = selected.case.id.to_string();
        let trial = mock.open_trial().unwrap();
        let (mut child, _) = executing(&selected, LAPS, &mock, trial.address);
        let stops = stop_often(&mut child, &mock, &trial);
        let (mut said, mut errors) = (String::new(), String::new());
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert!(child.wait().unwrap().success(), "{id}, stopped {stops} times: {errors}");
        assert!(stops > 0, "{id}: it was over before");
        let answer: Answer = serde_json::from_str(&said).unwrap();
        let requests = mock.close_trial(&trial).unwrap().requests;
        assert_eq!(answer.outcome.ok, requests, "{id}");
        assert_eq!(answer.window.samples, CONNECTIONS * LAPS, "{id}");
        assert_eq!((answer.outcome.failed, answer.outcome.timed_out), (0, 0), "{id}");
    }
}
