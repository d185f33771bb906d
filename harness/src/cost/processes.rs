//! Executions in turn, against a mock server, proven as all work is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use triathlon_contract::body;
use triathlon_contract::record::{CostProcess, CostProgram, Placement, WitnessRecord};
use triathlon_statistics::median;

use super::builds::program;
use super::{BODY_BYTES, Wanted, interrupted};
use crate::child::{self, End, Ended, Order};
use crate::interrupt::Interrupt;
use crate::machine;
use crate::server::Server;

/// Some thousand GETs take a second.
const AT_MOST: Duration = Duration::from_secs(60);

/// A small program is far below.
const RESIDENT_BYTES: u64 = 1 << 30;

/// What a program tells of itself.
#[derive(Debug, Deserialize)]
struct Told {
    bytes: u64,
    digest: String,
    up_ns: u64,
    gets_ns: Vec<u64>,
    down_ns: u64,
    peak_bytes: u64,
}

/// One of the rows that take turns: program and flavour.
#[derive(Clone, Copy)]
struct Row {
    program: usize,
    runs: usize,
}

/// Executes every program in every flavour once a round, in another order each round; round 0
/// only brings programs and libraries into memory.
pub(super) fn processes(
    wanted: &Wanted,
    placement: &Placement,
    folder: &Path,
    programs: &mut [CostProgram],
    interrupt: &Interrupt,
) -> crate::Result<()> {
    let rows: Vec<Row> = programs
        .iter()
        .enumerate()
        .flat_map(|(program, of)| (0..of.runs.len()).map(move |runs| Row { program, runs }))
        .collect();
    wanted.say(&format!("executing {} programs {} times", rows.len(), wanted.processes));
    let own = std::env::current_exe().context("the path of this program")?;
    let server = Server::start(&own, &placement.server_cpus)?;
    let allowed = machine::cpus::allowed().context("read the CPUs of this process")?;
    // What is started from here inherits them.
    machine::pin(&placement.contestant_cpus).context("pin the programs")?;
    let executed = rounds(wanted, &server, folder, programs, &rows, interrupt);
    machine::pin(&allowed).context("give the harness its CPUs back")?;
    executed
}

fn rounds(
    wanted: &Wanted,
    server: &Server,
    folder: &Path,
    programs: &mut [CostProgram],
    rows: &[Row],
    interrupt: &Interrupt,
) -> crate::Result<()> {
    for round in 0..=wanted.processes {
        for place in wanted.order(round, rows.len()) {
            let row = rows[place];
            let built = &mut programs[row.program];
            let runs = &mut built.runs[row.runs];
            let flavour = runs.who.split_once('/').map(|(_, flavour)| flavour);
            let path = program(folder, &built.package);
            let Some(process) = execute(wanted, server, path, flavour, round, interrupt)
                .with_context(|| format!("{} of {}", built.package, runs.who))?
            else {
                return Err(interrupted());
            };
            if round > 0 {
                runs.processes.push(process);
            }
        }
    }
    Ok(())
}

/// One process in a trial of its own; none if the user asked to stop.
fn execute(
    wanted: &Wanted,
    server: &Server,
    program: PathBuf,
    flavour: Option<&str>,
    round: u64,
    interrupt: &Interrupt,
) -> Result<Option<CostProcess>> {
    let trial = server.open_trial()?;
    let url = format!("http://{}/bytes/{BODY_BYTES}", trial.address);
    let mut arguments = vec![url, "--repeat".to_string(), wanted.gets.to_string()];
    if let Some(flavour) = flavour {
        arguments.extend(["--flavour", flavour].map(str::to_string));
    }
    let order = Order {
        program,
        arguments,
        input: Vec::new(),
        wall: AT_MOST,
        resident_bytes: RESIDENT_BYTES,
    };
    let ended = child::run(&order, interrupt)?;
    let witness = server.close_trial(&trial)?;
    if let End::Interrupted = ended.end {
        return Ok(None);
    }
    let told = told(&ended)?;
    proven(&told, &witness, wanted.gets)?;
    measured(round, &told, &ended).map(Some)
}

fn told(ended: &Ended) -> Result<Told> {
    match ended.end {
        End::Exited(status) if status.success() => {}
        ref end => bail!("{end:?}: {}", String::from_utf8_lossy(&ended.errors).trim()),
    }
    serde_json::from_slice(&ended.output)
        .with_context(|| format!("it told {:?}", String::from_utf8_lossy(&ended.output).trim()))
}

/// Three accounts that must agree: the errand, the program and the server.
fn proven(told: &Told, witness: &WitnessRecord, gets: u64) -> Result<()> {
    let want = format!("{:016x}", body::hash_of_bytes(BODY_BYTES));
    ensure!(told.bytes == BODY_BYTES, "{} bytes instead of {BODY_BYTES}", told.bytes);
    ensure!(told.digest == want, "the digest is {} instead of {want}", told.digest);
    ensure!(told.gets_ns.len() as u64 == gets, "{} GETs instead of {gets}", told.gets_ns.len());
    ensure!(witness.requests == gets, "the server saw {} of {gets} GETs", witness.requests);
    ensure!(witness.connections == 1, "{} connections instead of one", witness.connections);
    ensure!(witness.bad_requests == 0, "{} bad requests", witness.bad_requests);
    Ok(())
}

/// One value of each kind; its marks must fit into its life.
fn measured(round: u64, told: &Told, ended: &Ended) -> Result<CostProcess> {
    let (first_ns, later) = told.gets_ns.split_first().context("there was no GET")?;
    let later: Vec<f64> = later.iter().map(|ns| *ns as f64).collect();
    let later_ns = median(&later).context("there was no later GET")? as u64;
    let process = &ended.process;
    let marks = told.up_ns + told.gets_ns.iter().sum::<u64>() + told.down_ns;
    ensure!(marks <= process.wall_ns, "its marks span {marks} ns of {}", process.wall_ns);
    Ok(CostProcess {
        round,
        wall_ns: process.wall_ns,
        up_ns: told.up_ns,
        first_ns: *first_ns,
        later_ns,
        down_ns: told.down_ns,
        user_ns: process.user_ns,
        system_ns: process.system_ns,
        // `wait4` would give at least what the harness itself had in memory.
        peak_resident_bytes: told.peak_bytes,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use triathlon_contract::body;
    use triathlon_contract::record::{ProcessRecord, WitnessRecord};

    use super::{BODY_BYTES, Told, measured, proven, told};
    use crate::child::{End, Ended};

    fn ended(code: i32, output: &str) -> Ended {
        let process = ProcessRecord { wall_ns: 1000, ..ProcessRecord::default() };
        Ended {
            end: End::Exited(ExitStatus::from_raw(code << 8)),
            output: output.as_bytes().to_vec(),
            errors: b"no route\n".to_vec(),
            process,
        }
    }

    fn good() -> Told {
        let digest = format!("{:016x}", body::hash_of_bytes(BODY_BYTES));
        let gets_ns = vec![400, 30, 20, 25];
        Told { bytes: BODY_BYTES, digest, up_ns: 10, gets_ns, down_ns: 5, peak_bytes: 4096 }
    }

    fn seen() -> WitnessRecord {
        WitnessRecord { requests: 4, connections: 1, ..WitnessRecord::default() }
    }

    #[test]
    fn every_difference_between_the_accounts_is_named() {
        proven(&good(), &seen(), 4).unwrap();
        let check = |told: Told, witness: WitnessRecord, want: &str| {
            let error = proven(&told, &witness, 4).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check(Told { bytes: 7, ..good() }, seen(), "7 bytes instead of 1024");
        check(Told { digest: "00".into(), ..good() }, seen(), "the digest is 00 instead of");
        check(Told { gets_ns: vec![1], ..good() }, seen(), "1 GETs instead of 4");
        let witness = |change: fn(&mut WitnessRecord)| {
            let mut witness = seen();
            change(&mut witness);
            witness
        };
        check(good(), witness(|seen| seen.requests = 3), "the server saw 3 of 4 GETs");
        check(good(), witness(|seen| seen.connections = 2), "2 connections instead of one");
        check(good(), witness(|seen| seen.bad_requests = 1), "1 bad requests");
    }

    #[test]
    fn the_first_get_is_apart_and_of_the_others_it_is_the_median() {
        let process = measured(3, &good(), &ended(0, "")).unwrap();
        assert_eq!((process.round, process.wall_ns, process.up_ns), (3, 1000, 10));
        assert_eq!((process.first_ns, process.later_ns, process.down_ns), (400, 25, 5));
        assert_eq!(process.peak_resident_bytes, 4096);
        let long = Told { gets_ns: vec![900, 100], ..good() };
        assert!(measured(1, &long, &ended(0, "")).is_err(), "longer than its life");
        let one = Told { gets_ns: vec![1], ..good() };
        assert!(measured(1, &one, &ended(0, "")).is_err(), "no later GET");
    }

    #[test]
    fn what_a_program_tells_is_read_and_a_failure_has_its_words() {
        let line = "{\"bytes\":1,\"digest\":\"ab\",\"up_ns\":2,\"gets_ns\":[3,4],\"down_ns\":5,\"peak_bytes\":6}\n";
        let read = told(&ended(0, line)).unwrap();
        assert_eq!((read.bytes, read.up_ns, read.down_ns, read.gets_ns), (1, 2, 5, vec![3, 4]));
        let failed = told(&ended(1, line)).unwrap_err().to_string();
        assert!(failed.contains("no route"), "{failed}");
        assert!(told(&ended(0, "hello")).unwrap_err().to_string().contains("it told \"hello\""));
    }
}
