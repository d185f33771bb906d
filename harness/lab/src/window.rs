//! The window: what lies between opening and closing is measured.

use std::time::Duration;

use crate::roll_call::Watcher;
use crate::{Asleep, Clock, Conductor, Footprint, Lane, Probe, ProbeError, RollCall, Sample};

/// Everything that was measured between [`Lab::open`] and [`Lab::close`].
#[derive(Debug, Default)]
pub struct Window {
    /// When it opened, by the clock of its lab.
    pub opened_ns: u64,
    /// Wall time between the edges.
    pub elapsed_ns: u64,
    /// Reading at the opening edge.
    pub opened: Probe,
    /// Reading at the closing edge.
    pub closed: Probe,
    /// The samples of all lanes.
    pub samples: Vec<Sample>,
    /// Samples of what went on beside the operations.
    pub beside: Vec<Sample>,
    /// Samples that exceeded the quota of their lane.
    pub refused: u64,
    /// What was read while all sleepers were asleep, where they were called, or all clients
    /// of a server idle.
    pub asleep: Option<Asleep>,
    /// Whether samples tell by how much each was late, and nothing else.
    pub late: bool,
}

/// Hands out clock and lanes, and reads the probes at the window's edges.
pub struct Lab {
    pub(crate) clock: Clock,
    pub(crate) server: Option<u32>,
    opened: Option<(u64, Probe)>,
    pub(crate) window: Option<Window>,
    watcher: Option<Watcher>,
    before: Footprint,
    late: bool,
    fault: Option<String>,
    /// Who leads the clients of a server.
    pub(crate) conductor: Option<Box<dyn Conductor>>,
    /// How long these do nothing before the window.
    pub(crate) idle: Option<Duration>,
}

impl Lab {
    /// A lab for one execution; `server` is the pid of the mock server.
    pub fn new(server: Option<u32>) -> Self {
        Self {
            clock: Clock::start(),
            server,
            opened: None,
            window: None,
            watcher: None,
            before: Footprint::default(),
            late: false,
            fault: None,
            conductor: None,
            idle: None,
        }
    }

    /// The clock that every lane uses.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// One lane for `quota` samples.
    pub fn lane(&self, quota: u64) -> Lane {
        Lane::with_quota(quota as usize)
    }

    /// `count` lanes for `quota` samples each.
    pub fn lanes(&self, count: u64, quota: u64) -> Vec<Lane> {
        (0..count).map(|_| self.lane(quota)).collect()
    }

    /// What so many sleepers say when they lie down and when they get up. Everything that
    /// they hold is read while all of them are asleep, and held against what the process
    /// held when the window opened: call it before. A second call is a fault of the cell.
    ///
    /// # Errors
    /// If the thread that watches them does not start.
    pub fn roll_call(&mut self, sleepers: u64) -> Result<RollCall, ProbeError> {
        if self.watcher.is_some() || self.opened.is_some() {
            self.fault.get_or_insert_with(|| "sleepers were called twice or too late".to_string());
        }
        Ok(self.watcher.insert(Watcher::start(sleepers)?).roll())
    }

    /// Says that samples tell by how much each was late: from when it was to be over to
    /// when it was.
    pub fn late(&mut self) {
        self.late = true;
    }

    /// Opens the window. A second call is a fault of the cell.
    pub fn open(&mut self) {
        if self.opened.is_some() {
            self.fault.get_or_insert_with(|| "the window was opened twice".to_string());
        }
        if self.watcher.is_some() {
            match Footprint::read() {
                Ok(footprint) => self.before = footprint,
                Err(error) => self.fail(&error),
            }
        }
        match Probe::read(self.server) {
            Ok(probe) => self.opened = Some((self.clock.now_ns(), probe)),
            Err(error) => self.fail(&error),
        }
    }

    /// Closes the window and takes the lanes.
    pub fn close(&mut self, lanes: impl IntoIterator<Item = Lane>) {
        let end_ns = self.clock.now_ns();
        let closed = match Probe::read_closing(self.server) {
            Ok(probe) => probe,
            Err(error) => return self.fail(&error),
        };
        let Some((start_ns, opened)) = self.opened else {
            self.fault.get_or_insert_with(|| "the window was closed before it was opened".into());
            return;
        };
        if self.window.is_some() {
            self.fault.get_or_insert_with(|| "the window was closed twice".to_string());
        }
        let (opened_ns, elapsed_ns) = (start_ns, end_ns - start_ns);
        let late = self.late;
        let mut window =
            Window { opened_ns, elapsed_ns, opened, closed, late, ..Window::default() };
        let asleep = self.watcher.take().map(|watcher| watcher.finish(self.before));
        match asleep.transpose() {
            Ok(asleep) => window.asleep = asleep,
            Err(error) => self.fail(&error),
        }
        for lane in lanes {
            window.refused += lane.refused();
            window.samples.extend_from_slice(lane.samples());
        }
        self.window = Some(window);
    }

    /// Takes the lanes of what went on beside the operations, once the window is
    /// closed.
    pub fn beside(&mut self, lanes: impl IntoIterator<Item = Lane>) {
        let Some(window) = &mut self.window else {
            self.fault.get_or_insert_with(|| {
                "lanes beside the operations were handed in before the window was closed".into()
            });
            return;
        };
        for lane in lanes {
            window.refused += lane.refused();
            window.beside.extend_from_slice(lane.samples());
        }
    }

    /// What was measured.
    ///
    /// # Errors
    /// One sentence, if the cell used the window wrongly or a probe failed.
    pub fn finish(self) -> Result<Window, ProbeError> {
        match (self.fault, self.window) {
            (Some(fault), _) => Err(ProbeError(fault)),
            (None, Some(window)) => Ok(window),
            (None, None) => Err(ProbeError("the cell never closed its window".to_string())),
        }
    }

    pub(crate) fn fail(&mut self, error: &ProbeError) {
        self.fault.get_or_insert_with(|| error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::Lab;
    use crate::Sample;

    #[test]
    fn a_window_holds_the_samples_of_all_lanes() {
        let mut lab = Lab::new(None);
        let clock = lab.clock();
        let mut lanes = lab.lanes(2, 3);
        lab.open();
        for lane in &mut lanes {
            let started = clock.now_ns();
            lane.log(Sample::closed(started, clock.now_ns()));
        }
        lab.close(lanes);
        let window = lab.finish().unwrap();
        assert_eq!(window.samples.len(), 2);
        assert_eq!(window.refused, 0);
        assert!(window.samples.iter().all(|s| s.done_ns - s.started_ns <= window.elapsed_ns));
    }

    #[test]
    fn what_went_on_beside_is_kept_apart_and_within_its_quota() {
        let mut lab = Lab::new(None);
        let (mut own, mut calls) = (lab.lane(1), lab.lane(1));
        lab.open();
        own.log(Sample::closed(1, 2));
        calls.log(Sample::closed(3, 4));
        calls.log(Sample::closed(5, 6));
        lab.close([own]);
        lab.beside([calls]);
        let window = lab.finish().unwrap();
        assert_eq!(window.samples, [Sample::closed(1, 2)]);
        assert_eq!((window.beside, window.refused), (vec![Sample::closed(3, 4)], 1));
    }

    #[test]
    fn sleepers_are_read_within_the_window_and_are_no_samples() {
        let mut lab = Lab::new(None);
        let roll = lab.roll_call(1).unwrap();
        lab.open();
        let sleeper = std::thread::spawn(move || {
            roll.lie_down();
            std::thread::sleep(std::time::Duration::from_secs(2));
            roll.get_up();
        });
        sleeper.join().unwrap();
        lab.close([]);
        let window = lab.finish().unwrap();
        let asleep = window.asleep.unwrap();
        assert_eq!((asleep.sleepers, window.samples.len(), window.late), (1, 0, false));
        assert!(asleep.before.resident_bytes > 0 && asleep.during.threads > 0, "{asleep:?}");

        let mut lab = Lab::new(None);
        lab.open();
        assert!(lab.roll_call(1).is_ok());
        lab.close([]);
        assert!(lab.finish().unwrap_err().0.contains("too late"));
    }

    #[test]
    fn misuse_is_an_error_and_never_a_window() {
        let never_closed = Lab::new(None);
        assert!(never_closed.finish().unwrap_err().0.contains("never closed"));

        let mut never_opened = Lab::new(None);
        never_opened.close([]);
        assert!(never_opened.finish().unwrap_err().0.contains("before it was opened"));

        let mut open = Lab::new(None);
        open.open();
        open.beside([]);
        open.close([]);
        assert!(open.finish().unwrap_err().0.contains("before the window was closed"));

        let mut twice = Lab::new(None);
        twice.open();
        twice.open();
        twice.close([]);
        assert!(twice.finish().unwrap_err().0.contains("twice"));
    }
}
