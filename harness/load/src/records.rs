//! What came of the requests: counts, and three times of each in histograms
//! that are allocated before the run.

use anyhow::{Context, Result};
use hdrhistogram::Histogram;

use crate::fault::Fault;

/// Longest time that a histogram holds; what exceeds it is counted as beyond.
const HIGHEST_NS: u64 = 3_600_000_000_000;

/// Times of one kind. Those that are known to be at least something, because
/// nobody waited for their end, are kept apart and never clamped.
#[derive(Clone, Debug)]
pub struct Times {
    /// The known ones, in nanoseconds.
    pub(crate) known: Histogram<u64>,
    /// Right-censored ones.
    pub(crate) censored: u64,
    /// The least time that a censored one took.
    pub(crate) censored_from_ns: u64,
    /// Those that have no time because they failed.
    pub(crate) failed: u64,
}

impl Times {
    /// Room for all times up to an hour, with three digits.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn new() -> Result<Self> {
        let mut known = Histogram::new_with_bounds(1, HIGHEST_NS, 3).context("make a histogram")?;
        known.reset(); // writes every counter: no page fault later
        Ok(Self { known, censored: 0, censored_from_ns: u64::MAX, failed: 0 })
    }

    /// Keeps a time.
    #[inline]
    pub fn record(&mut self, ns: u64) {
        if self.known.record(ns).is_err() {
            self.censor(HIGHEST_NS);
        }
    }

    /// Keeps that one took at least so long.
    pub fn censor(&mut self, at_least_ns: u64) {
        self.censored += 1;
        self.censored_from_ns = self.censored_from_ns.min(at_least_ns);
    }

    /// Keeps that one has no time at all.
    pub fn fail(&mut self) {
        self.failed += 1;
    }

    /// All of them.
    pub fn len(&self) -> u64 {
        self.known.len() + self.censored + self.failed
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many have no end, and the least time that one of them took.
    pub fn censored(&self) -> (u64, u64) {
        (self.censored, self.censored_from_ns)
    }

    /// How many have no time because they failed.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// The known ones, and those without an end at the least time that one of
    /// them took.
    pub fn with_censored(&self) -> Histogram<u64> {
        let mut all = self.known.clone();
        if self.censored > 0 {
            // Never beyond the histogram: `record` censors at its end.
            all.saturating_record_n(self.censored_from_ns, self.censored);
        }
        all
    }

    fn merge(&mut self, other: &Self) -> Result<()> {
        self.known.add(&other.known).context("merge histograms")?;
        self.censored += other.censored;
        self.censored_from_ns = self.censored_from_ns.min(other.censored_from_ns);
        self.failed += other.failed;
        Ok(())
    }
}

/// The three instants of a request. Source: `triathlon_lab::Sample`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instants {
    pub(crate) intended_ns: u64,
    pub(crate) started_ns: u64,
    pub(crate) done_ns: u64,
}

/// Everything that one thread counted in its window.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    /// From the intended start to the end.
    pub(crate) response: Times,
    /// From the actual start to the end.
    pub(crate) service: Times,
    /// From the intended to the actual start.
    pub(crate) lag: Times,
    /// The part of it that a free connection had to wait for the generator.
    pub(crate) own_lag: Times,
    pub(crate) ok: u64,
    pub(crate) failures: [u64; Fault::COUNT],
    pub(crate) timed_out: u64,
    pub(crate) unfinished: u64,
    /// Requests before the window.
    pub(crate) warmup: u64,
    /// Bytes of the bodies of `ok`.
    pub(crate) bytes: u64,
    /// Good responses before the end of the window.
    pub(crate) in_time: u64,
    /// Starts in each second of the window, and behind it.
    pub(crate) started_by_second: Vec<u64>,
}

impl Records {
    /// Empty, for a window of so many whole or begun seconds.
    pub(crate) fn new(seconds: usize) -> Result<Self> {
        Ok(Self {
            response: Times::new()?,
            service: Times::new()?,
            lag: Times::new()?,
            own_lag: Times::new()?,
            ok: 0,
            failures: [0; Fault::COUNT],
            timed_out: 0,
            unfinished: 0,
            warmup: 0,
            bytes: 0,
            in_time: 0,
            started_by_second: vec![0; seconds + 1],
        })
    }

    /// A request started. `free_ns`: since when its connection was free.
    #[inline]
    pub(crate) fn started(
        &mut self,
        intended_ns: u64,
        started_ns: u64,
        free_ns: u64,
        second: usize,
    ) {
        assert!(started_ns >= intended_ns, "a request started before its time");
        self.lag.record(started_ns - intended_ns);
        self.own_lag.record(started_ns - intended_ns.max(free_ns));
        let last = self.started_by_second.len() - 1;
        self.started_by_second[second.min(last)] += 1;
    }

    /// A request ended, well or not.
    #[inline]
    pub(crate) fn ended(&mut self, at: Instants, outcome: Result<u64, Fault>, in_time: bool) {
        match outcome {
            Ok(bytes) => {
                let Instants { intended_ns, started_ns, done_ns } = at;
                let (response, service) = (done_ns - intended_ns, done_ns - started_ns);
                assert!(response == service + (started_ns - intended_ns), "times do not add up");
                self.response.record(response);
                self.service.record(service);
                self.ok += 1;
                self.bytes += bytes;
                self.in_time += u64::from(in_time);
            }
            Err(fault) => {
                self.failures[fault as usize] += 1;
                self.response.fail();
                self.service.fail();
            }
        }
    }

    /// A request was given up after the timeout.
    pub(crate) fn timed_out(&mut self, at: Instants) {
        self.timed_out += 1;
        self.response.censor(at.done_ns - at.intended_ns);
        self.service.censor(at.done_ns - at.started_ns);
    }

    /// A request is in flight at the end, or, without `started_ns`, was never
    /// started.
    pub(crate) fn unfinished(&mut self, intended_ns: u64, started_ns: Option<u64>, now_ns: u64) {
        self.unfinished += 1;
        self.response.censor(now_ns - intended_ns);
        match started_ns {
            Some(started_ns) => self.service.censor(now_ns - started_ns),
            None => self.lag.censor(now_ns - intended_ns),
        }
    }

    /// Requests that ended with a fault.
    pub(crate) fn failed(&self) -> u64 {
        self.failures.iter().sum()
    }

    /// Every request that is accounted for.
    pub(crate) fn accounted(&self) -> u64 {
        self.ok + self.failed() + self.timed_out + self.unfinished
    }

    /// Adds what another thread counted.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        self.response.merge(&other.response)?;
        self.service.merge(&other.service)?;
        self.lag.merge(&other.lag)?;
        self.own_lag.merge(&other.own_lag)?;
        self.ok += other.ok;
        self.timed_out += other.timed_out;
        self.unfinished += other.unfinished;
        self.warmup += other.warmup;
        self.bytes += other.bytes;
        self.in_time += other.in_time;
        let add = |sum: &mut [u64], part: &[u64]| {
            sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        };
        add(&mut self.failures, &other.failures);
        add(&mut self.started_by_second, &other.started_by_second);
        Ok(())
    }
}
