//! The window: what lies between opening and closing is measured.

use crate::{Clock, Conductor, Lane, Probe, ProbeError, Sample};

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
}

/// Hands out clock and lanes, and reads the probes at the window's edges.
pub struct Lab {
    pub(crate) clock: Clock,
    pub(crate) server: Option<u32>,
    opened: Option<(u64, Probe)>,
    pub(crate) window: Option<Window>,
    fault: Option<String>,
    /// Who leads the clients of a server.
    pub(crate) conductor: Option<Box<dyn Conductor>>,
}

impl Lab {
    /// A lab for one execution; `server` is the pid of the mock server.
    pub fn new(server: Option<u32>) -> Self {
        let clock = Clock::start();
        Self { clock, server, opened: None, window: None, fault: None, conductor: None }
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

    /// Opens the window. A second call is a fault of the cell.
    pub fn open(&mut self) {
        if self.opened.is_some() {
            self.fault.get_or_insert_with(|| "the window was opened twice".to_string());
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
        let mut window = Window { opened_ns, elapsed_ns, opened, closed, ..Window::default() };
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
