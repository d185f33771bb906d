//! What becomes of a server that is asked for more than it can do, how soon is it itself
//! again, and does it serve all of its clients alike?

use std::time::Duration;

use crate::serve::{Route, Serve};
use crate::workload::{Backend, Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected};

/// The staircase: shares of the server's own capacity in per cent, one step each. The last
/// follows the highest one without a pause: it is the recovery.
pub const STAIRCASE: [u64; 6] = [50, 100, 150, 200, 300, 50];

/// The recovery is so many times as long as every other step. A server that keeps its
/// capacity and answers in order has worked off what the highest step left, which is twice
/// what it can do in a step, after four.
pub const RECOVERY_STEPS: u32 = 5;

/// Seed of all plans: their gaps are the same for everybody, up to the rate.
pub const SEED: u64 = 0x0e12_10ad;

/// A server, and clients that find out what it can do and then ask for shares of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServeOverload {
    /// What is asked, and over how many connections.
    pub serve: Serve,
    /// How long all connections ask as often as they can; see [`ServeOverload::lead_in`].
    pub contest: Duration,
    /// Length of a step.
    pub step: Duration,
    /// How old a good answer may be, from when its request was to start.
    pub deadline: Duration,
}

/// One step of a staircase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Share of the capacity.
    pub percent: u64,
    /// How long.
    pub length: Duration,
    /// Whether everything is answered before it begins.
    pub rested: bool,
}

const fn preset(
    name: &'static str,
    (route, connections, delay_ms): (Route, u64, u64),
    (contest, step, deadline): (u64, u64, u64),
    include: Include,
) -> Preset<ServeOverload> {
    let delay = Duration::from_millis(delay_ms);
    let serve = Serve { route, connections, delay, timeouts: false, laps: 1 };
    let (contest, step) = (Duration::from_millis(contest), Duration::from_millis(step));
    let deadline = Duration::from_millis(deadline);
    Preset { name, work: ServeOverload { serve, contest, step, deadline }, include }
}

const fn crud(queries: u64) -> Route {
    Route::Crud { queries, bytes: 10 * 1024 }
}

/// Milliseconds: contest, step, deadline.
const BRIEF: (u64, u64, u64) = (400, 128, 32);
const WHOLE: (u64, u64, u64) = (1200, 3000, 1000);

/// With a deadline of a second an execution takes some 36 s, which nobody waits for unasked;
/// the brief one is the same staircase with everything shorter. The last one has a server
/// that the connections of its database bound, whatever its CPU could do.
static PRESETS: [Preset<ServeOverload>; 4] = [
    preset("plain-c256", (Route::Plain, 256, 0), BRIEF, Include::Thorough),
    preset("plain-c256-1s", (Route::Plain, 256, 0), WHOLE, Include::ByFilter),
    preset("crud-n5-10k-1ms-c256-1s", (crud(5), 256, 1), WHOLE, Include::ByFilter),
    preset("crud-n20-10k-10ms-c1024-1s", (crud(20), 1024, 10), WHOLE, Include::ByFilter),
];

impl ServeOverload {
    /// The steps, in order.
    pub fn steps(&self) -> [Step; STAIRCASE.len()] {
        let last = STAIRCASE.len() - 1;
        std::array::from_fn(|place| {
            let recovery = place == last;
            let length = self.step * if recovery { RECOVERY_STEPS } else { 1 };
            Step { percent: STAIRCASE[place], length, rested: !recovery }
        })
    }

    /// The first part of the contest, which is in no figure: a server that was asked once
    /// is not yet what it will be.
    pub fn lead_in(&self) -> Duration {
        self.contest / 4
    }

    /// How long clients take to join the contest, one after the other: half of its lead-in.
    pub fn ramp(&self) -> Duration {
        self.lead_in() / 2
    }

    /// How long everything is planned to take, with a server that keeps its capacity.
    pub fn length(&self) -> Duration {
        let steps = self.steps();
        // What is left at the end of a step is worked off before the next one.
        let left = steps.windows(2).filter(|pair| pair[1].rested).map(|pair| {
            let more = pair[0].percent.saturating_sub(100) as f64 / 100.0;
            pair[0].length.mul_f64(more)
        });
        let left: Duration = left.sum();
        self.contest + steps.iter().map(|step| step.length).sum::<Duration>() + left
    }
}

impl Workload for ServeOverload {
    type Task = Serve;

    const NAME: &'static str = "serve-overload";
    const CATEGORY: Category = Category::Serve;
    const QUESTION: &'static str = "A service is asked for up to three times what it can do: how much of its work is still in \
         time, how soon is it itself again, and does it serve all of its clients alike?";
    const TIMED: &'static str = "The servers of `serve`, unchanged, and a generator in a process of its own. First a \
         contest: every connection sends its next request as soon as it has its answer, for a fixed \
         time, of which the first quarter does not count; over half of that they join one after the \
         other. Answers per second are the capacity of this server, and answers of each connection \
         how equally it serves. Then an open loop in steps of 0.5, 1, 1.5, 2 and 3 times that \
         capacity: starts are planned before each step (Poisson, one seed for everybody, so that \
         plans differ in their rate alone), and times count from the planned start. Before each of \
         these everything is answered, so that a step shows its own load and not what others left. \
         The last step, the recovery, is 0.5 again, five times as long, and follows the highest at \
         once. Connections bound what is in flight: a request whose time has come and that finds \
         none free waits at its client, first come, first served, and its wait counts. Clients do \
         not give up: every request is made and answered, and what comes after its deadline is \
         late, not good. No server sheds. Goodput: answers within a step that came within their \
         deadline, per second. Recovered: from the planned start on from which at most one request \
         in a hundred takes longer than twice the p99 of the first step, or than the deadline. CPU \
         time, switches and memory are the server's over all of it. Generator, server and database \
         must have counted the same requests.";
    const OPERATION: &'static str = "request";
    const CHART: Chart = Chart {
        over: "connections",
        over_label: "connections (C)",
        panel: "queries",
        panel_label: "queries per request (N)",
        panel_zero: "/plain, no database",
        metric: "goodput_per_s",
    };
    const SERVER: bool = true;
    const SERVES: bool = true;

    fn presets() -> &'static [Preset<Self>] {
        &PRESETS
    }

    /// Its length is its plan's.
    fn with_laps(&self, _laps: u64) -> Self {
        *self
    }

    fn laps(&self) -> u64 {
        1
    }

    /// Those that are known before: a request on every connection.
    fn operations(&self) -> u64 {
        self.serve.connections * Serve::WARM_UP
    }

    /// Of the warm-up; the rest follows from [`Backend::counted_by_clients`] and what the clients counted.
    fn expects(&self, concurrency: u64) -> Expected {
        let warm_up = Serve { laps: 0, ..self.serve };
        warm_up.expects(concurrency)
    }

    fn backend(&self) -> Option<Backend> {
        let warm_up = Serve { laps: 0, ..self.serve }.backend()?;
        Some(Backend { counted_by_clients: Some(self.serve.one_answer()), ..warm_up })
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.serve.connections)
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        self.length()
    }

    fn once(&self) -> bool {
        true
    }

    fn database(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        let ms = |duration: Duration| duration.as_millis() as u64;
        vec![
            ("connections", self.serve.connections),
            ("queries", self.serve.route.queries()),
            ("bytes", self.serve.route.page().bytes() as u64),
            ("delay_us", self.serve.delay.as_micros() as u64),
            ("pool", self.serve.pool()),
            ("contest_ms", ms(self.contest)),
            ("step_ms", ms(self.step)),
            ("deadline_ms", ms(self.deadline)),
        ]
    }

    fn task(&self) -> &Serve {
        &self.serve
    }

    fn entry(contestant: &Contestant) -> &Entry<Serve> {
        &contestant.serve
    }
}

#[cfg(test)]
mod tests {
    use super::{PRESETS, ServeOverload};
    use crate::Workload;
    use std::time::Duration;

    /// By hand: 0.4 s, five steps and a recovery of five, and 0.5 + 1 steps of what 1.5 and 2
    /// times the capacity leave; what three times leaves is the recovery's.
    #[test]
    fn what_a_step_leaves_is_planned_to_be_worked_off_before_the_next() {
        let brief = PRESETS[0].work;
        assert_eq!(brief.length(), Duration::from_millis(400 + 128 * 10 + 192));
        let steps = brief.steps();
        assert_eq!(steps.map(|step| step.rested), [true, true, true, true, true, false]);
        assert_eq!(steps[5].length, Duration::from_millis(640));
        assert_eq!(brief.waits(1), brief.length());
    }

    /// Twice the capacity must show lateness, and the recovery have an end: else a step would
    /// be over before anything could happen.
    #[test]
    fn steps_are_long_beside_their_deadline() {
        for preset in &PRESETS {
            let ServeOverload { step, deadline, .. } = preset.work;
            assert!(step >= deadline * 3 && deadline > Duration::ZERO, "{}", preset.name);
        }
    }

    #[test]
    fn beside_the_warm_up_nothing_is_expected_before_it_was_counted() {
        let work = PRESETS[3].work;
        let (expected, backend) = (work.expects(1024), work.backend().unwrap());
        let each = backend.counted_by_clients.unwrap();
        assert_eq!((expected.ok, expected.samples), (1024, 0));
        assert_eq!((each.bytes, each.queries), (10 * 1024, 20));
        assert_eq!(expected.checksum, each.checksum.wrapping_mul(1024));
        assert_eq!((backend.sessions, backend.queries), (100, 1024 * 20 + 100));
    }
}
