//! The thread that waits for the others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use triathlon_lab::{Clock, Probe};

use super::{Moment, Part, Said};
use crate::gauge::Gauge;
use crate::load::Load;
use crate::pacing::Span;

/// The calling thread while the others work.
pub(super) struct Watcher<'a> {
    pub(super) load: &'a Load,
    pub(super) clock: Clock,
    pub(super) span: Span,
    pub(super) gauges: &'a [Gauge],
    pub(super) stop: &'a AtomicBool,
}

/// What was heard until all threads had ended.
pub(super) struct Heard {
    pub(super) parts: Vec<Part>,
    pub(super) cpu_ns: u64,
    pub(super) steal_ns: u64,
    pub(super) window: Duration,
    pub(super) interrupted: bool,
}

impl Watcher<'_> {
    pub(super) fn watch(
        &self,
        hear: &Receiver<Said>,
        tick: Duration,
        watch: &mut dyn FnMut(&Moment<'_>),
    ) -> Result<Heard> {
        let Span { begin_ns, from_ns, until_ns, .. } = self.span;
        let tick_ns = (tick.as_nanos() as u64).max(1);
        let (mut parts, mut opened, mut closed) = (Vec::new(), None, None);
        let mut tick_at_ns = begin_ns + tick_ns;
        let mut ended_ns = until_ns;
        while parts.len() < self.gauges.len() {
            let now_ns = self.clock.now_ns();
            if now_ns >= from_ns && opened.is_none() {
                opened = Some(Probe::read(None).context("read the costs")?);
            }
            if now_ns >= until_ns && closed.is_none() {
                closed = Some(Probe::read_closing(None).context("read the costs")?);
            }
            if now_ns >= tick_at_ns {
                tick_at_ns += tick_ns;
                let elapsed = Duration::from_nanos(now_ns - begin_ns);
                let length = self.load.warmup + self.load.duration;
                watch(&Moment { elapsed, length, gauges: self.gauges });
                continue;
            }
            let edge_ns = if opened.is_none() { from_ns } else { until_ns };
            let edge_ns = if closed.is_none() { edge_ns } else { u64::MAX };
            let next_ns = tick_at_ns.min(edge_ns);
            match hear.recv_timeout(Duration::from_nanos(next_ns.saturating_sub(now_ns))) {
                Ok(Said::Done(part)) => {
                    ended_ns = ended_ns.min(self.clock.now_ns());
                    parts.push(*part);
                }
                Ok(Said::Failed(error)) => return Err(error),
                Ok(Said::Ready(_)) | Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    bail!("a thread of the load ended early")
                }
            }
        }
        let now = Probe::read_closing(None).context("read the costs")?;
        let (opened, closed) = (opened.unwrap_or(now), closed.unwrap_or(now));
        let cpu_ns = |probe: &Probe| probe.user_ns + probe.system_ns;
        let interrupted = self.stop.load(Ordering::Relaxed);
        let end_ns = if interrupted { ended_ns } else { until_ns };
        Ok(Heard {
            parts,
            cpu_ns: cpu_ns(&closed) - cpu_ns(&opened),
            steal_ns: closed.steal_ns.saturating_sub(opened.steal_ns),
            window: Duration::from_nanos(end_ns.saturating_sub(from_ns)),
            interrupted,
        })
    }
}
