//! What a workload is.

use std::time::Duration;

use crate::{Ceiling, Contestant, Entry, Expected, Files, Limits, Load, Setting, Style};

/// Where a workload spends its time; results never mix across categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Over sockets, against the mock server.
    Network,
    /// On the machine's own CPUs and devices.
    Machine,
    /// Inside runtimes and kernel: what tasks, threads, switches, locks and timers cost.
    Runtime,
    /// The contestant is the server.
    Serve,
}

impl Category {
    /// As spelled in files and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Machine => "machine",
            Self::Runtime => "runtime",
            Self::Serve => "serve",
        }
    }
}

/// When a preset is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Include {
    /// Without a filter, in every way; and where only headlines are measured.
    Headline,
    /// Without a filter, in every way.
    Always,
    /// Without a filter, but not in the way [`STACK`].
    WithoutStack,
    /// Without a filter, where a run takes its time: not in a quick one.
    Thorough,
    /// The same, and in the plain ways where only headlines are measured, in a run that is to
    /// be cited: presets whose answer is read off several of them, as a crossover is.
    Cited,
    /// As [`Thorough`](Self::Thorough), in the plain way of each contestant's first flavour
    /// alone: presets that are many and take long.
    Foremost,
    /// Only if a filter names it.
    ByFilter,
}

/// The way that uses the client library of a style; the same name everywhere.
pub const STACK: &str = "stack";

impl Include {
    /// Whether a run without filter includes that way of a contestant's first
    /// or other flavour. The plain way counts in every flavour, all others in
    /// the first alone.
    pub fn by_default(self, way: &str, first_flavour: bool) -> bool {
        let included = match self {
            Self::Headline | Self::Always | Self::Thorough | Self::Cited => true,
            Self::WithoutStack => way != STACK,
            Self::Foremost => way.is_empty() && first_flavour,
            Self::ByFilter => false,
        };
        included && (way.is_empty() || first_flavour)
    }

    /// Whether a quick run leaves it out.
    pub fn thorough(self) -> bool {
        matches!(self, Self::Thorough | Self::Cited | Self::Foremost)
    }

    /// The same for a run of headlines: few presets, without the way [`STACK`].
    pub fn headline(self, way: &str, first_flavour: bool) -> bool {
        let included = match self {
            Self::Headline => way != STACK,
            Self::Cited => way.is_empty(),
            _ => false,
        };
        included && self.by_default(way, first_flavour)
    }
}

/// A named spec.
pub struct Preset<W> {
    /// Name, part of the case's id.
    pub name: &'static str,
    /// The spec.
    pub work: W,
    /// When it is measured.
    pub include: Include,
}

/// How the chart of a workload is drawn: one metric over one parameter, one
/// panel per value of another parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Parameter on the horizontal axis, a key of [`Workload::parameters`].
    pub over: &'static str,
    /// Name of the horizontal axis, with unit.
    pub over_label: &'static str,
    /// Parameter that makes panels.
    pub panel: &'static str,
    /// Name of the panel parameter, with unit.
    pub panel_label: &'static str,
    /// What the panel of the value 0 is called.
    pub panel_zero: &'static str,
    /// Metric on the vertical axis, a key of a cell's metrics.
    pub metric: &'static str,
}

/// What a server asks of the mock database behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backend {
    /// Connections.
    pub sessions: u64,
    /// Queries, each for one row.
    pub queries: u64,
    /// What each answer is, where it depends on the server how many there are: the clients'
    /// number is then the one that the others must have counted.
    pub counted_by_clients: Option<OneAnswer>,
}

/// What one answer of a server comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OneAnswer {
    /// Bytes of its body.
    pub bytes: u64,
    /// Hash of its body.
    pub checksum: u64,
    /// Queries to the database.
    pub queries: u64,
}

/// A style-free statement of work and its expected outcome.
pub trait Workload: Clone + Send + Sync + 'static {
    /// What its cells are handed: itself, or what it has in common with others where the
    /// same cells answer several questions.
    type Task: 'static;

    /// Name, part of the case's id.
    const NAME: &'static str;
    /// Category, also the bench target.
    const CATEGORY: Category;
    /// The question that it answers, for the page.
    const QUESTION: &'static str;
    /// What lies inside the window and what does not, for the page.
    const TIMED: &'static str;
    /// One operation, in the singular: `fetch`.
    const OPERATION: &'static str;
    /// What goes on beside the operations and is timed for itself, in the singular:
    /// `call`; nothing in most workloads.
    const BESIDE: Option<&'static str> = None;
    /// How its chart is drawn.
    const CHART: Chart;
    /// Whether the mock server takes part. If not, the contestant has all CPUs
    /// and there is no witness.
    const SERVER: bool;
    /// Whether the contestant is a server itself: a generator of the harness is its
    /// client, and the mock server, if it takes part, what it asks in turn.
    const SERVES: bool = false;

    /// The named specs.
    fn presets() -> &'static [Preset<Self>];
    /// The same with another number of repetitions; criterion asks for them,
    /// a run fixes them.
    fn with_laps(&self, laps: u64) -> Self;
    /// Repetitions of this spec.
    fn laps(&self) -> u64;
    /// What must come out with so many operations in flight.
    fn expects(&self, concurrency: u64) -> Expected;
    /// Operations inside the window.
    fn operations(&self) -> u64;
    /// Operations that are wanted at once, those included that wait for a connection
    /// or for their turn; nothing where the spec does not bound them. No style has more
    /// in flight.
    fn at_once(&self) -> Option<u64>;
    /// Time that waiting alone takes with so many operations in flight.
    fn waits(&self, concurrency: u64) -> Duration;
    /// How much an open loop asks for; nothing in a closed one.
    fn load(&self) -> Option<Load> {
        None
    }
    /// How long its contestants run each before they are stopped for the next, where
    /// a stop in the middle changes nothing: closed loops that the CPU bounds.
    fn slice(&self) -> Option<Duration> {
        None
    }
    /// Most CPUs that its contestants may have, where that is part of the work: the
    /// harness pins them to so many, and those who have workers have as many. A run
    /// may give them fewer.
    fn cpus(&self) -> Option<u64> {
        None
    }
    /// Operations that one sample spans, where reading the clock would cost as much as
    /// they do; the window then has `operations() / per_sample()` samples.
    fn per_sample(&self) -> u64 {
        1
    }
    /// Whether a second lap in the same process would be other work than the first: it
    /// is then no benchmark of criterion's, and no run does more laps of it.
    fn once(&self) -> bool {
        false
    }
    /// Repetitions that fill the window of an open loop at a rate, where so many
    /// would find the capacity.
    fn laps_at(&self, _rate_per_s: u64, laps: u64) -> u64 {
        laps
    }
    /// CPU time that computing takes on a machine of 2026, all operations
    /// together; a figure for planning only.
    fn computes(&self) -> Duration {
        Duration::ZERO
    }
    /// Time that one operation is planned to take beside that, where neither a request
    /// nor a job that is handed out says it.
    fn per_operation(&self) -> Option<Duration> {
        None
    }
    /// What the bare generator is asked for, to find about what server and
    /// client can do together; none where no server takes part.
    fn ceiling(&self) -> Option<Ceiling> {
        None
    }
    /// Consecutive addresses, from the one of the setting on, that the server's
    /// trial listens on.
    fn addresses(&self) -> u64 {
        1
    }
    /// Whether it speaks PostgreSQL's protocol: the setting's server is then a
    /// database, the trial's or one that the user named.
    fn database(&self) -> bool {
        false
    }
    /// What the mock server must count where the contestant serves; nothing otherwise.
    fn backend(&self) -> Option<Backend> {
        None
    }
    /// The files that must be there before it is executed.
    fn files(&self) -> Option<Files> {
        None
    }
    /// The same as far as a style can go within these limits, where it asks for as much
    /// as there can be.
    #[must_use]
    fn within(&self, _style: Style, _limits: &Limits) -> Self {
        self.clone()
    }
    /// The limit that then bound it.
    fn bound(&self) -> Option<&'static str> {
        None
    }
    /// Memory that it is planned to hold in a style, where that does not follow from the
    /// operations at once.
    fn memory_bytes(&self, _style: Style) -> Option<u64> {
        None
    }
    /// How long the clients of a server do nothing once each has been answered, while what
    /// the server holds for them is read; nothing where they go on at once.
    fn idle(&self) -> Option<Duration> {
        None
    }
    /// What stands against it beside what its cell says, in a style that has so many
    /// operations in flight.
    ///
    /// # Errors
    /// The reason, as a sentence for the report.
    fn admits(&self, _style: Style, _concurrency: u64, _setting: &Setting) -> Result<(), String> {
        Ok(())
    }
    /// Sleepers, or idle connections, that there must be at the same time, where what they
    /// hold is read.
    fn asleep(&self) -> Option<u64> {
        None
    }
    /// The spec as named numbers, units last.
    fn parameters(&self) -> Vec<(&'static str, u64)>;
    /// What its cells are handed.
    fn task(&self) -> &Self::Task;
    /// The field of a contestant that answers this workload.
    fn entry(contestant: &Contestant) -> &Entry<Self::Task>;
}

/// The least peak in flight that proves that operations did overlap: a quarter
/// of what can be started within the delay at 400 µs each, and never more than
/// a quarter of what was asked for.
///
/// Guards against a concurrency that is named but not wired, with head room
/// for a busy machine.
pub fn overlap_low(in_flight: u64, delay: Duration) -> u64 {
    let startable = delay.as_micros() as u64 / 400;
    in_flight.min(startable).div_ceil(4).max(1)
}

#[cfg(test)]
mod tests {
    use super::{Include, STACK, overlap_low};
    use std::time::Duration;

    #[test]
    fn the_plain_way_counts_in_every_flavour_and_others_in_the_first() {
        let check = |include: Include, way, first, want| {
            assert_eq!(include.by_default(way, first), want, "{include:?} {way} {first}");
        };
        check(Include::Always, "", false, true);
        check(Include::Always, STACK, true, true);
        check(Include::Always, STACK, false, false);
        check(Include::WithoutStack, STACK, true, false);
        check(Include::WithoutStack, "blocking-pool", true, true);
        check(Include::WithoutStack, "", false, true);
        check(Include::ByFilter, "", true, false);
        check(Include::Headline, STACK, true, true);
        check(Include::Cited, "", false, true);
        check(Include::Foremost, "", true, true);
        check(Include::Foremost, "", false, false);
        check(Include::Foremost, "blocking-pool", true, false);
        let thorough = [Include::Foremost, Include::Thorough, Include::Cited];
        assert!(thorough.into_iter().all(Include::thorough));
        assert!(!Include::Always.thorough());
    }

    #[test]
    fn headlines_leave_out_other_clients_and_other_ways_of_second_flavours() {
        let check = |include: Include, way, first, want| {
            assert_eq!(include.headline(way, first), want, "{include:?} {way} {first}");
        };
        check(Include::Headline, "", false, true);
        check(Include::Headline, "blocking-pool", true, true);
        check(Include::Headline, "blocking-pool", false, false);
        check(Include::Headline, STACK, true, false);
        check(Include::Cited, "", false, true);
        check(Include::Cited, "axum", true, false);
        check(Include::Always, "", true, false);
        check(Include::Thorough, "", true, false);
    }

    #[test]
    fn overlap_is_asked_for_only_where_the_delay_leaves_room() {
        let check = |in_flight, delay_us, want| {
            assert_eq!(overlap_low(in_flight, Duration::from_micros(delay_us)), want);
        };
        check(1, 20_000, 1);
        check(64, 0, 1);
        check(16, 1_000, 1);
        check(16, 20_000, 4);
        check(64, 20_000, 13);
        check(5_000, 20_000, 13);
    }
}
