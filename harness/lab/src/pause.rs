//! A window without the times for which its process was stopped.

use crate::{Sample, Window};

/// A time for which the process and its server were stopped, by the clock of its lab,
/// and what others had of the hypervisor meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pause {
    /// When it was stopped.
    pub from_ns: u64,
    /// When it was continued.
    pub to_ns: u64,
    /// Time that the hypervisor took from all CPUs meanwhile.
    pub steal_ns: u64,
}

impl Window {
    /// The same window as if no pause had been: edges and samples lie on a clock
    /// that stands still meanwhile, and what others had is not counted.
    ///
    /// Pauses are in order. One that crosses an edge by the time that stopping
    /// takes belongs to the side on which most of it lies.
    #[must_use]
    pub fn without(mut self, pauses: &[Pause]) -> Self {
        let closed_ns = self.opened_ns + self.elapsed_ns;
        for pause in pauses {
            let middle = pause.from_ns.midpoint(pause.to_ns);
            if (self.opened_ns..closed_ns).contains(&middle) {
                self.closed.steal_ns = self.closed.steal_ns.saturating_sub(pause.steal_ns);
            }
        }
        let running = Running::new(pauses);
        for sample in self.samples.iter_mut().chain(&mut self.beside) {
            *sample = Sample {
                intended_ns: running.at(sample.intended_ns),
                started_ns: running.at(sample.started_ns),
                done_ns: running.at(sample.done_ns),
            };
        }
        let opened_ns = running.at(self.opened_ns);
        Self { opened_ns, elapsed_ns: running.at(closed_ns) - opened_ns, ..self }
    }
}

/// The clock that stands still in pauses.
struct Running {
    /// Each pause's beginning and end, and what all before it have taken.
    pauses: Vec<(u64, u64, u64)>,
}

impl Running {
    fn new(pauses: &[Pause]) -> Self {
        let mut taken = 0;
        let with_taken = |pause: &Pause| {
            let before = taken;
            taken += pause.to_ns - pause.from_ns;
            (pause.from_ns, pause.to_ns, before)
        };
        Self { pauses: pauses.iter().map(with_taken).collect() }
    }

    fn at(&self, ns: u64) -> u64 {
        let begun = self.pauses.partition_point(|(from, ..)| *from <= ns);
        match begun.checked_sub(1).map(|last| self.pauses[last]) {
            Some((from, to, before)) => ns - before - (ns.min(to) - from),
            None => ns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pause;
    use crate::{Probe, Sample, Window};

    fn pause(from_ns: u64, to_ns: u64) -> Pause {
        Pause { from_ns, to_ns, steal_ns: 5 }
    }

    fn window() -> Window {
        let closed = Probe { steal_ns: 50, ..Probe::default() };
        let samples = vec![Sample::closed(1000, 1100), Sample::closed(1100, 1900)];
        let beside = samples.clone();
        Window { opened_ns: 1000, elapsed_ns: 1000, closed, samples, beside, ..Window::default() }
    }

    #[test]
    fn nothing_changes_without_a_pause() {
        let kept = window().without(&[]);
        assert_eq!((kept.opened_ns, kept.elapsed_ns), (1000, 1000));
        assert_eq!(kept.samples, window().samples);
        assert_eq!(kept.closed.steal_ns, 50);
    }

    #[test]
    fn what_lies_in_a_pause_is_in_no_time_and_no_account() {
        // Before the window, twice in its second sample, after it.
        let pauses = [pause(100, 300), pause(1200, 1500), pause(1600, 1700), pause(2100, 2500)];
        let kept = window().without(&pauses);
        assert_eq!((kept.opened_ns, kept.elapsed_ns), (800, 600));
        assert_eq!(kept.samples, [Sample::closed(800, 900), Sample::closed(900, 1300)]);
        assert_eq!(kept.beside, kept.samples);
        assert_eq!(kept.closed.steal_ns, 40);
    }

    #[test]
    fn what_happened_while_it_was_being_stopped_happened_at_the_stop() {
        let kept = window().without(&[pause(1090, 1400)]);
        assert_eq!(kept.samples, [Sample::closed(1000, 1090), Sample::closed(1090, 1590)]);
        // The stop was asked for a little before the window opened.
        let kept = window().without(&[pause(990, 1010)]);
        assert_eq!((kept.opened_ns, kept.elapsed_ns), (990, 990));
        assert_eq!(kept.closed.steal_ns, 45, "most of it lies in the window");
    }
}
