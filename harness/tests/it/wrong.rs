//! Three contestants that are wrong on purpose, and one that is right: the
//! comparison of the three accounts catches each of the three.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use anyhow::Result;
use triathlon::machine;
use triathlon::server::Server;
use triathlon_contract::registry::workload;
use triathlon_contract::{
    Contestant, Entry, FanOut, Outcome, Received, Setting, Style, Tally, Way, Workload, outcome,
};
use triathlon_lab::{Lab, Sample};

use crate::support::TRIATHLON;

/// What one of them does otherwise.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    SkipsOne,
    ReadsOneByteLess,
    OpensOneConnectionMore,
}

fn fetch_all(work: &FanOut, setting: &Setting, lab: &mut Lab, fault: Fault) -> Result<Outcome> {
    let mut tally = Tally { connections: 1, ..Tally::default() };
    tally.add(fetch(setting, &work.warm_up_request(setting.server), work.body_bytes)?);
    let fetches = work.fetches - u64::from(fault == Fault::SkipsOne);
    let read = work.body_bytes - u64::from(fault == Fault::ReadsOneByteLess);
    let mut lane = lab.lane(fetches);
    let clock = lab.clock();
    lab.open();
    for _ in 0..fetches {
        let started_ns = clock.now_ns();
        tally.add(fetch(setting, &work.request(setting.server), read)?);
        tally.connections += 1;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
    }
    if fault == Fault::OpensOneConnectionMore {
        TcpStream::connect(setting.server)?;
    }
    lab.close([lane]);
    Ok(Outcome::closed(tally, 1))
}

/// One connection, one request, the last `read` bytes of what comes.
fn fetch(setting: &Setting, request: &[u8], read: u64) -> Result<Received> {
    let mut stream = TcpStream::connect(setting.server)?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let count = stream.read(&mut piece)?;
        bytes.extend_from_slice(&piece[..count]);
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head
            && (bytes.len() - head - 4) as u64 >= read
        {
            return Ok(Received::whole(200, &bytes[head + 4..head + 4 + read as usize]));
        }
    }
}

macro_rules! contestant {
    ($name:literal, $fault:expr) => {
        Contestant {
            name: $name,
            style: Style::Blocking,
            flavours: &[""],
            about: "for the test",
            fan_out: Entry::Runs(&[Way {
                name: "",
                source: "",
                concurrency: |_, _| 1,
                workers: |_, _| 1,
                fits: |_, _| Ok(()),
                run: |work, setting, lab| fetch_all(work, setting, lab, $fault),
            }]),
            request_loop: Entry::Absent("for the test"),
            open_loop: Entry::Absent("for the test"),
            cpu: Entry::Absent("for the test"),
            mixed: Entry::Absent("for the test"),
            connect: Entry::Absent("for the test"),
            download: Entry::Absent("for the test"),
            pipeline: Entry::Absent("for the test"),
            files: Entry::Absent("for the test"),
            websocket: Entry::Absent("for the test"),
            query: Entry::Absent("for the test"),
            stall: Entry::Absent("for the test"),
            spawn: Entry::Absent("for the test"),
            lock: Entry::Absent("for the test"),
            ring: Entry::Absent("for the test"),
            cancel: Entry::Absent("for the test"),
            deadline: Entry::Absent("for the test"),
            sleepers: Entry::Absent("for the test"),
            serve: Entry::Absent("for the test"),
        }
    };
}

static RIGHT: Contestant = contestant!("right", Fault::None);
static SKIPS: Contestant = contestant!("skips", Fault::SkipsOne);
static SHORT: Contestant = contestant!("short", Fault::ReadsOneByteLess);
static EXTRA: Contestant = contestant!("extra", Fault::OpensOneConnectionMore);

/// Runs `fan-out@n10` against a trial of its own and compares the accounts.
fn verdict(contestant: &'static Contestant, server: &Server) -> Result<(), String> {
    let trial = server.open_trial().unwrap();
    let setting = Setting {
        server: trial.address,
        workers: 1,
        flavour: "",
        limits: machine::limits().unwrap(),
        pace: triathlon_contract::Pace::default(),
        login: triathlon_contract::Login::default(),
        files: None,
    };
    let id = format!("{}@n10/{}", FanOut::NAME, contestant.name).parse().unwrap();
    let fan_out = workload(FanOut::NAME).unwrap();
    let demand = (fan_out.demand)(contestant, &id, &setting, 1).unwrap();
    let mut lab = Lab::new(Some(server.pid()));
    let outcome = (fan_out.execute)(contestant, &id, &setting, 1, &mut lab).unwrap();
    let samples = lab.finish().unwrap().samples.len() as u64;
    // The last connection may still be on its way to the accept queue.
    if outcome.connections == demand.expected.connections && contestant.name == "extra" {
        crate::support::until("the server accepts the connection too many", || {
            server.witness(&trial).unwrap().connections > demand.expected.connections
        });
    }
    let witness = server.close_trial(&trial).unwrap();
    outcome::agree(&demand.expected, demand.workers, &outcome, samples, Some(&witness.into()))
}

#[test]
fn equal_work_passes_and_each_kind_of_cheating_is_caught() {
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    assert_eq!(verdict(&RIGHT, &server), Ok(()));

    let skips = verdict(&SKIPS, &server).unwrap_err();
    assert!(skips.contains("operations: 10 instead of 11"), "{skips}");
    assert!(skips.contains("requests at the server: 10 instead of 11"), "{skips}");

    let short = verdict(&SHORT, &server).unwrap_err();
    assert!(short.contains("bytes read: 11254 instead of 11264"), "{short}");
    assert!(short.contains("checksum"), "{short}");
    assert!(!short.contains("at the server"), "{short}");

    let extra = verdict(&EXTRA, &server).unwrap_err();
    assert!(extra.contains("connections at the server: 12 instead of 11"), "{extra}");
    assert!(!extra.contains("operations"), "{extra}");
}
