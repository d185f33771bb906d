//! One process of one execution: started, fed, limited, reaped.
//!
//! The process leads a group of its own, so that everything it started ends
//! with it and a Ctrl-C at the terminal reaches only the harness, which then
//! decides. The kernel kills it when the harness dies, also while it is stopped.
//!
//! [`run`] is for a process that does one job, [`Live`] for one that does many.

pub mod environment;
mod live;
mod pipes;
mod reap;
pub(crate) mod spawn;
pub mod stop;

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use triathlon_contract::record::ProcessRecord;

use crate::interrupt::Interrupt;
use pipes::Pipes;

pub use live::{Live, Patience, Reply};

/// How often limits and interrupts are looked at. The parent sleeps between.
const LOOK: Duration = Duration::from_millis(50);

/// What to start, and how far it may go.
pub struct Order {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What it gets on standard input.
    pub input: Vec<u8>,
    /// Wall limit.
    pub wall: Duration,
    /// Limit of resident memory.
    pub resident_bytes: u64,
}

/// How it ended.
#[derive(Debug)]
pub enum End {
    /// By itself.
    Exited(ExitStatus),
    /// Killed: it ran longer than allowed.
    WallLimit,
    /// Killed: it held more memory than allowed.
    MemoryLimit,
    /// Killed: the user asked to stop.
    Interrupted,
}

/// Everything that is known once it has ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub end: End,
    /// What it wrote to standard output.
    pub output: Vec<u8>,
    /// What it wrote to standard error.
    pub errors: Vec<u8>,
    /// What it cost, by the kernel's account.
    pub process: ProcessRecord,
}

/// Runs one process to its end.
///
/// # Errors
/// If it cannot be started or reaped; how it ended is no error.
pub fn run(order: &Order, interrupt: &Interrupt) -> Result<Ended> {
    run_prepared(order, |_| {}, interrupt)
}

/// The same for a program that needs a directory or variables of its own.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_prepared(
    order: &Order,
    prepare: impl FnOnce(&mut Command),
    interrupt: &Interrupt,
) -> Result<Ended> {
    let started = Instant::now();
    let mut child = start_prepared(order, prepare)?;
    let watched =
        feed(&mut child, &order.input).and_then(|()| watch(&mut child, order, started, interrupt));
    let (status, process) = bury(child, started)?;
    let (end, pipes) = watched?;
    let (output, errors) = pipes.into_bytes();
    Ok(Ended { end: end.unwrap_or(End::Exited(status)), output, errors, process })
}

fn start(order: &Order) -> Result<Child> {
    start_prepared(order, |_| {})
}

fn start_prepared(order: &Order, prepare: impl FnOnce(&mut Command)) -> Result<Child> {
    let mut command = Command::new(&order.program);
    prepare(&mut command);
    environment::clean(&mut command)
        .args(&order.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    spawn::ending_with_us(&mut command)
        .spawn()
        .with_context(|| format!("start {}", order.program.display()))
}

/// Kills what is left of its group, reaps it, takes its costs.
///
/// Whatever happened: nothing of it may stay behind. The leader is not yet
/// reaped, so its group's number cannot have been given to others.
fn bury(child: Child, started: Instant) -> Result<(ExitStatus, ProcessRecord)> {
    let group = Pid::from_child(&child);
    match kill_process_group(group, Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => anyhow::bail!("kill process group {group:?}: {error}"),
    }
    let (status, mut process) = reap::wait4(child)?;
    process.wall_ns = started.elapsed().as_nanos() as u64;
    Ok((status, process))
}

/// Writes the input and closes the pipe. A process that does not read it will
/// say so by how it ends.
fn feed(child: &mut Child, input: &[u8]) -> Result<()> {
    let mut stdin = child.stdin.take().context("standard input")?;
    match stdin.write_all(input) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("write the job")
        }
        _ => Ok(()),
    }
}

/// Reads its pipes until it ended or a limit struck; `None` if it ended by
/// itself.
fn watch(
    child: &mut Child,
    order: &Order,
    started: Instant,
    interrupt: &Interrupt,
) -> Result<(Option<End>, Pipes)> {
    let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).context("pidfd")?;
    let mut pipes = Pipes::take(child)?;
    loop {
        if pipes.wait(&process, LOOK)? {
            pipes.drain()?;
            return Ok((None, pipes));
        }
        if let Some(end) = struck(child.id(), order, started.elapsed(), interrupt) {
            return Ok((Some(end), pipes));
        }
    }
}

/// A process' number as the kernel's files have it.
pub fn raw(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get() as u32
}

/// Whether it must be killed: a limit struck, or the user asked to stop.
fn struck(pid: u32, order: &Order, ran: Duration, interrupt: &Interrupt) -> Option<End> {
    if interrupt.asked() {
        return Some(End::Interrupted);
    }
    if ran > order.wall {
        return Some(End::WallLimit);
    }
    let too_much = resident_bytes(pid).is_some_and(|bytes| bytes > order.resident_bytes);
    too_much.then_some(End::MemoryLimit)
}

/// Resident memory of a process; nothing if it has just ended.
fn resident_bytes(pid: u32) -> Option<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[cfg(test)]
mod tests {
    use super::{End, Order, run};
    use crate::interrupt::Interrupt;
    use std::time::{Duration, Instant};

    fn shell(script: &str) -> Order {
        Order {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            input: b"hello\n".to_vec(),
            wall: Duration::from_secs(60),
            resident_bytes: 1 << 30,
        }
    }

    #[test]
    fn input_output_errors_and_costs_arrive() {
        let ended = run(&shell("cat; echo bad >&2; exit 3"), &Interrupt::default()).unwrap();
        assert!(matches!(ended.end, End::Exited(status) if status.code() == Some(3)));
        assert_eq!(ended.output, b"hello\n");
        assert_eq!(ended.errors, b"bad\n");
        assert!(ended.process.peak_resident_bytes > 0 && ended.process.wall_ns > 0);
    }

    #[test]
    fn large_output_is_read_while_it_runs() {
        let ended = run(&shell("head -c 1000000 /dev/zero"), &Interrupt::default()).unwrap();
        assert_eq!(ended.output.len(), 1_000_000);
    }

    #[test]
    fn a_process_that_hangs_is_killed_with_all_that_it_started() {
        let mut order = shell("echo $$; sleep 1000 & sleep 1000");
        order.wall = Duration::from_millis(300);
        let started = Instant::now();
        let ended = run(&order, &Interrupt::default()).unwrap();
        assert!(matches!(ended.end, End::WallLimit));
        assert!(started.elapsed() < Duration::from_secs(30));
        let group: i32 = String::from_utf8(ended.output).unwrap().trim().parse().unwrap();
        let group = rustix::process::Pid::from_raw(group).unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        // The group vanishes once init has reaped the orphan.
        while rustix::process::test_kill_process_group(group).is_ok() {
            assert!(Instant::now() < until, "a process of the group is left");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_process_that_eats_memory_is_killed() {
        let mut order = shell("exec tail /dev/zero");
        order.resident_bytes = 64 << 20;
        let ended = run(&order, &Interrupt::default()).unwrap();
        assert!(matches!(ended.end, End::MemoryLimit), "{:?}", ended.end);
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let mut order = shell("");
        order.program = "/nonexistent/program".into();
        let error = run(&order, &Interrupt::default()).unwrap_err();
        assert!(format!("{error:#}").contains("/nonexistent/program"));
    }
}
