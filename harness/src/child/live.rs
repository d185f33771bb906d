//! A process that does one job after the other and answers each on a line, as
//! long as its standard input is open.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::{End, Ended, LOOK, Order, Pipes, bury, raw, start, struck};
use crate::interrupt::Interrupt;

/// How long it may take to end by itself once its standard input is closed.
const GRACE: Duration = Duration::from_secs(5);

/// It lives until [`Live::finish`], until a limit strikes, or until it is
/// dropped; then nothing of its group is left.
pub struct Live {
    group: Group,
    process: OwnedFd,
    pipes: Pipes,
}

/// What came of a job.
pub enum Reply {
    /// The line that it answered; it is ready for the next job.
    Line(Live, Vec<u8>),
    /// It ended, or was killed.
    Ended(Ended),
    /// Neither within the time that was given.
    Later(Live),
}

/// How long to wait for a line.
#[derive(Clone, Copy)]
pub struct Patience {
    /// How long it ran for this job before, pauses left out.
    pub ran: Duration,
    /// For how long to wait now.
    pub at_most: Duration,
}

impl Patience {
    /// With a job that has just been given, as long as its limits allow.
    pub const FRESH: Self = Self { ran: Duration::ZERO, at_most: Duration::MAX };
}

/// A child that is killed with its group and reaped when this is dropped.
struct Group {
    child: Option<Child>,
    started: Instant,
}

impl Live {
    /// Starts the order's program; its input and its wall limit are those of
    /// each job and are looked at by [`Live::ask`].
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(order: &Order) -> Result<Self> {
        let started = Instant::now();
        let mut child = start(order)?;
        let process = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).context("pidfd");
        let pipes = Pipes::take(&mut child);
        // Owned before the first `?`, so that it never outlives a failure.
        let group = Group { child: Some(child), started };
        Ok(Self { group, process: process?, pipes: pipes? })
    }

    /// Gives it the order's input and waits for a line, the end or a limit.
    ///
    /// # Errors
    /// If the kernel fails; how it ended is no error.
    pub fn ask(mut self, order: &Order, interrupt: &Interrupt) -> Result<Reply> {
        self.feed(&order.input)?;
        self.wait(order, Patience::FRESH, interrupt)
    }

    /// Writes to it. A process that does not read it will say so by how it ends.
    ///
    /// # Errors
    /// If the kernel fails.
    pub fn feed(&mut self, input: &[u8]) -> Result<()> {
        self.group.feed(input)
    }

    /// Waits for a line, the end, a limit, or until the patience is over.
    ///
    /// # Errors
    /// If the kernel fails; how it ended is no error.
    pub fn wait(
        mut self,
        order: &Order,
        Patience { ran, at_most }: Patience,
        interrupt: &Interrupt,
    ) -> Result<Reply> {
        let began = Instant::now();
        loop {
            let left = at_most.saturating_sub(began.elapsed());
            let ended = self.pipes.wait(&self.process, LOOK.min(left))?;
            if let Some(line) = self.pipes.take_line() {
                return Ok(Reply::Line(self, line));
            }
            if ended {
                return self.end(None).map(Reply::Ended);
            }
            let waited = began.elapsed();
            if let Some(end) = struck(raw(self.group.pid()?), order, ran + waited, interrupt) {
                return self.end(Some(end)).map(Reply::Ended);
            }
            if waited >= at_most {
                return Ok(Reply::Later(self));
            }
        }
    }

    /// Its number, which is its group's.
    ///
    /// # Errors
    /// If it was reaped before.
    pub fn pid(&self) -> Result<Pid> {
        self.group.pid()
    }

    /// Closes its standard input and waits for its end; kills it if that takes
    /// longer than five seconds.
    ///
    /// # Errors
    /// If the kernel fails; how it ended is no error.
    pub fn finish(mut self) -> Result<Ended> {
        self.group.close();
        let until = Instant::now() + GRACE;
        while !self.pipes.wait(&self.process, LOOK)? {
            if Instant::now() > until {
                return self.end(Some(End::WallLimit));
            }
        }
        self.end(None)
    }

    fn end(mut self, end: Option<End>) -> Result<Ended> {
        self.pipes.drain()?;
        let child = self.group.child.take().context("the child was reaped before")?;
        let (status, process) = bury(child, self.group.started)?;
        let (output, errors) = self.pipes.into_bytes();
        Ok(Ended { end: end.unwrap_or(End::Exited(status)), output, errors, process })
    }
}

impl Group {
    fn pid(&self) -> Result<Pid> {
        let child = self.child.as_ref().context("the child was reaped before")?;
        Ok(Pid::from_child(child))
    }

    fn feed(&mut self, input: &[u8]) -> Result<()> {
        let stdin = self.child.as_mut().and_then(|child| child.stdin.as_mut());
        match stdin.context("standard input")?.write_all(input) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(error).context("write the job")
            }
            _ => Ok(()),
        }
    }

    fn close(&mut self) {
        drop(self.child.as_mut().and_then(|child| child.stdin.take()));
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            // Only on the way out of another failure, which says more.
            bury(child, self.started).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Live, Patience, Reply};
    use crate::child::stop::{go_on, stop};
    use crate::child::{End, Ended, Order};
    use crate::interrupt::Interrupt;
    use std::time::Duration;

    fn shell(script: &str) -> Order {
        Order {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            input: b"job\n".to_vec(),
            wall: Duration::from_secs(60),
            resident_bytes: 1 << 30,
        }
    }

    fn ask(live: Live, order: &Order) -> Reply {
        live.ask(order, &Interrupt::default()).unwrap()
    }

    fn line(live: Live, order: &Order) -> (Live, Vec<u8>) {
        match ask(live, order) {
            Reply::Line(live, line) => (live, line),
            Reply::Ended(ended) => panic!("{ended:?}"),
            Reply::Later(_) => panic!("no line"),
        }
    }

    fn ended(live: Live, order: &Order) -> Ended {
        match ask(live, order) {
            Reply::Line(_, line) => panic!("{line:?}"),
            Reply::Ended(ended) => ended,
            Reply::Later(_) => panic!("it lives"),
        }
    }

    #[test]
    fn one_process_answers_every_job_and_ends_with_its_input() {
        let order = shell("while read word; do echo $$ $word; done; echo bye >&2");
        let (live, first) = line(Live::start(&order).unwrap(), &order);
        let (live, second) = line(live, &order);
        assert_eq!(first, second, "one process");
        assert!(first.ends_with(b" job\n"));
        let ended = live.finish().unwrap();
        assert!(matches!(ended.end, End::Exited(status) if status.success()), "{ended:?}");
        assert_eq!(ended.errors, b"bye\n");
    }

    #[test]
    fn an_end_a_hang_and_a_glutton_are_told_apart() {
        let order = shell("read word; echo bad >&2; exit 3");
        let ended_by_itself = ended(Live::start(&order).unwrap(), &order);
        assert!(matches!(ended_by_itself.end, End::Exited(status) if status.code() == Some(3)));
        assert_eq!(ended_by_itself.errors, b"bad\n");

        let mut order = shell("sleep 1000 & sleep 1000");
        order.wall = Duration::from_millis(100);
        let hang = ended(Live::start(&order).unwrap(), &order);
        assert!(matches!(hang.end, End::WallLimit), "{hang:?}");

        let mut order = shell("exec tail /dev/zero");
        order.resident_bytes = 64 << 20;
        let glutton = ended(Live::start(&order).unwrap(), &order);
        assert!(matches!(glutton.end, End::MemoryLimit), "{glutton:?}");
    }

    #[test]
    fn nothing_is_left_when_it_is_dropped() {
        let order = shell("read word; echo $$; sleep 1000 & sleep 1000");
        let (live, line) = line(Live::start(&order).unwrap(), &order);
        let group = String::from_utf8(line).unwrap().trim().parse().unwrap();
        let group = rustix::process::Pid::from_raw(group).unwrap();
        drop(live);
        let until = std::time::Instant::now() + Duration::from_secs(30);
        // The group vanishes once init has reaped the orphan.
        while rustix::process::test_kill_process_group(group).is_ok() {
            assert!(std::time::Instant::now() < until, "a process of the group is left");
            std::thread::yield_now();
        }
    }

    /// CPU time of a process in nanoseconds.
    fn cpu_ns(live: &Live) -> u64 {
        let pid = nix::unistd::Pid::from_raw(live.pid().unwrap().as_raw_nonzero().get());
        let time = nix::time::clock_getcpuclockid(pid).unwrap().now().unwrap();
        time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
    }

    fn until(mut condition: impl FnMut() -> bool) {
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        while !condition() {
            assert!(std::time::Instant::now() < deadline, "it never came true");
            std::thread::yield_now();
        }
    }

    #[test]
    fn what_is_stopped_stands_still_until_it_goes_on() {
        let live = Live::start(&shell("while :; do :; done")).unwrap();
        until(|| cpu_ns(&live) > 1_000_000);
        let pids = [live.pid().unwrap()];
        let from_ns = stop(&pids).unwrap();
        let stopped = cpu_ns(&live);
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(cpu_ns(&live), stopped);
        let to_ns = go_on(&pids).unwrap();
        assert!(to_ns - from_ns >= 50_000_000, "{from_ns} {to_ns}");
        until(|| cpu_ns(&live) > stopped + 1_000_000);
        // Twice, and once more while it stands.
        for _ in 0..3 {
            stop(&pids).unwrap();
        }
    }

    #[test]
    fn one_that_has_ended_can_be_stopped_and_reaped() {
        let live = Live::start(&shell("exit 3")).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let pids = [live.pid().unwrap()];
        stop(&pids).unwrap();
        go_on(&pids).unwrap();
        let ended = ended(live, &shell(""));
        assert!(matches!(ended.end, End::Exited(status) if status.code() == Some(3)), "{ended:?}");
    }

    #[test]
    fn patience_ends_before_the_process_does_and_limits_count_what_ran_before() {
        let order = shell("read word; echo $word; sleep 1000");
        let mut live = Live::start(&order).unwrap();
        let patience = |ran| Patience { ran, at_most: Duration::from_millis(10) };
        let Reply::Later(waiting) =
            live.wait(&order, patience(Duration::ZERO), &Interrupt::default()).unwrap()
        else {
            panic!("there is no job yet");
        };
        live = waiting;
        live.feed(b"job\n").unwrap();
        let (live, line) = line_of(live.wait(&order, Patience::FRESH, &Interrupt::default()));
        assert_eq!(line, b"job\n");
        let late = live.wait(&order, patience(order.wall), &Interrupt::default()).unwrap();
        assert!(matches!(late, Reply::Ended(ended) if matches!(ended.end, End::WallLimit)));
    }

    fn line_of(reply: anyhow::Result<Reply>) -> (Live, Vec<u8>) {
        match reply.unwrap() {
            Reply::Line(live, line) => (live, line),
            _ => panic!("no line"),
        }
    }
}
