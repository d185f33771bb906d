//! One thread of a load.

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::fd::OwnedFd;
use triathlon_lab::Clock;

use super::{Part, Said};
use crate::engine::Engine;
use crate::gauge::Gauge;
use crate::load::{Load, Model};
use crate::pacing::{Pacing, Span};
use crate::reader::Rules;
use crate::sockets::{Common, Sockets};
use crate::timer::calibrate;

/// One thread and what it shares with the others.
pub(super) struct Thread<'a> {
    pub(super) load: &'a Load,
    pub(super) index: usize,
    pub(super) clock: Clock,
    pub(super) gauge: &'a Gauge,
    pub(super) stop: &'a AtomicBool,
}

impl Thread<'_> {
    pub(super) fn run(&self, plan: &[u64], say: &Sender<Said>, ordered: &Receiver<Span>) {
        let said = match self.carry_out(plan, say, ordered) {
            Ok(Some(part)) => Said::Done(Box::new(part)),
            Ok(None) => return,
            Err(error) => {
                self.stop.store(true, Ordering::Relaxed); // the others need not go on
                Said::Failed(error)
            }
        };
        say.send(said).ok(); // nobody listens after another one's failure
    }

    fn carry_out(
        &self,
        plan: &[u64],
        say: &Sender<Said>,
        ordered: &Receiver<Span>,
    ) -> Result<Option<Part>> {
        let Load { cpus, threads, connections, .. } = self.load;
        if !cpus.is_empty() {
            pin(cpus[self.index % cpus.len()])?;
        }
        let count = connections / threads + usize::from(self.index < connections % threads);
        let fds = self.connect(count)?;
        let overshoot = calibrate(self.clock)?;
        let common = Common {
            target: self.load.target,
            request: &self.load.request,
            rules: Rules { expect: &self.load.expect, bodyless: self.load.bodyless },
            tail_ns: if self.load.spin { overshoot.tail_ns() } else { 0 },
        };
        let sockets = Sockets::new(common, self.clock, fds)?;
        say.send(Said::Ready(overshoot)).ok();
        let Ok(span) = ordered.recv() else {
            return Ok(None); // another thread failed
        };
        let pacing = match self.load.model {
            Model::Open { .. } => Pacing::Open(plan),
            Model::Closed => Pacing::Closed,
        };
        let engine = Engine::new(sockets, count, (pacing, span), (self.gauge, self.stop))?;
        while self.clock.now_ns() < span.begin_ns {
            std::thread::sleep(Duration::from_nanos(
                span.begin_ns - self.clock.now_ns().min(span.begin_ns),
            ));
        }
        let begun_ns = self.clock.now_ns();
        let (records, planned, sockets) = engine.run()?;
        let ran_ns = self.clock.now_ns() - begun_ns;
        let Sockets { idle, reconnects, .. } = sockets;
        Ok(Some(Part { records, planned, idle, ran_ns, reconnects }))
    }

    /// One after the other, so that no listen queue overflows.
    fn connect(&self, count: usize) -> Result<Vec<OwnedFd>> {
        let target = self.load.target;
        let begun = Instant::now();
        let one = |_| {
            let left =
                self.load.timeout.saturating_sub(begun.elapsed()).max(Duration::from_millis(1));
            let stream = TcpStream::connect_timeout(&target, left)
                .with_context(|| format!("cannot connect to {target}"))?;
            stream.set_nodelay(true).context("set TCP_NODELAY")?;
            stream.set_nonblocking(true).context("set O_NONBLOCK")?;
            Ok(OwnedFd::from(stream))
        };
        (0..count).map(one).collect()
    }
}

/// Keeps the calling thread on one CPU.
fn pin(cpu: usize) -> Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(cpu);
    rustix::thread::sched_setaffinity(None, &set).with_context(|| format!("pin to CPU {cpu}"))
}
