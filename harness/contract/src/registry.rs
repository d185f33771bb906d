//! Workloads with their types erased: the only place that knows `W`.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use triathlon_lab::Lab;

use crate::contestant::Way;
use crate::workload::{Backend, Category, Chart, Workload};
use crate::{
    Cancel, CaseId, Ceiling, Connect, Contestant, Cpu, Deadline, Download, Entry, Expected, FanOut,
    Files, Load, Lock, Mixed, OpenLoop, Outcome, Pipeline, Query, RequestLoop, Ring, Serve,
    ServeIdle, ServeLoad, ServeOverload, ServeSlow, Setting, Sleepers, Spawn, Stall, Websocket,
};

/// A cell at a preset, as far as it can be known without running it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub id: CaseId,
    /// Idiom of its contestant.
    pub style: &'static str,
    /// Why it does not run here, or nothing.
    pub absent: Option<String>,
    /// Whether a run without filter includes it.
    pub by_default: bool,
    /// Whether a quick run without filter leaves it out.
    pub thorough: bool,
    /// Whether a run of headlines includes it.
    pub headline: bool,
    /// The spec as named numbers.
    pub parameters: Vec<(&'static str, u64)>,
    /// Repetitions of the preset.
    pub laps: u64,
    /// Time that waiting alone takes.
    pub waits: Duration,
    /// CPU time that computing is planned to take.
    pub computes: Duration,
    /// Time that one operation is planned to take beside that, if it says so.
    pub per_operation: Option<Duration>,
    /// Operations inside the window.
    pub operations: u64,
    /// Operations that are wanted at once; nothing where the spec does not bound them.
    pub at_once: Option<u64>,
    /// Whether only the first lap of a process is this work.
    pub once: bool,
    /// What the bare generator is asked for.
    pub ceiling: Option<Ceiling>,
    /// Whether the mock server takes part.
    pub server: bool,
    /// Whether the contestant is the server of a load.
    pub serves: bool,
    /// Most CPUs that it may have; nothing where it has all of its set.
    pub cpus: Option<u64>,
    /// Consecutive addresses on which its trial listens.
    pub addresses: u64,
    /// Whether the server is a database.
    pub database: bool,
    /// The files that must be there before it is executed.
    pub files: Option<Files>,
    /// How much an open loop asks for; nothing in a closed one.
    pub load: Option<Load>,
    /// The limit that bound how much it does, where it does as much as there can be.
    pub bound: Option<&'static str>,
    /// Memory that it is planned to hold, where that does not follow from the operations
    /// at once.
    pub memory_bytes: Option<u64>,
    /// Length of the slices in which contestants take turns; nothing where each is
    /// measured after the other.
    pub slice: Option<Duration>,
    /// Source of the cell; empty if absent for all presets.
    pub source: &'static str,
}

impl Case {
    /// Whether its laps can be timed: the time of an open loop is its schedule's, what
    /// happens once in a process has no laps, and those of a server are its load's.
    pub fn is_benchmark(&self) -> bool {
        self.absent.is_none() && self.load.is_none() && !self.once && !self.serves
    }

    /// How long the mock server pauses before it answers, as far as the spec says.
    pub fn delay(&self) -> Duration {
        let delay_us = self.parameters.iter().find(|(name, _)| *name == "delay_us");
        Duration::from_micros(delay_us.map_or(0, |(_, delay_us)| *delay_us))
    }

    /// Whether a contestant asks the mock server, and that answers without a pause.
    pub fn answered_at_once(&self) -> bool {
        self.server && !self.serves && self.delay().is_zero()
    }
}

/// Expectation and read-back of one execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What must come out.
    pub expected: Expected,
    /// Threads that must have done the work.
    pub workers: u64,
    /// Operations that one sample spans.
    pub per_sample: u64,
    /// Sleepers that must have been asleep at the same time, where that is read.
    pub asleep: Option<u64>,
    /// What the mock server must count, where it is not whom the load is for.
    pub backend: Option<Backend>,
}

/// A workload with its type forgotten.
pub struct AnyWorkload {
    /// Name.
    pub name: &'static str,
    /// Category.
    pub category: Category,
    /// The question that it answers.
    pub question: &'static str,
    /// What is timed.
    pub timed: &'static str,
    /// One operation, in the singular.
    pub operation: &'static str,
    /// What goes on beside the operations, in the singular, if it is timed.
    pub beside: Option<&'static str>,
    /// How its chart is drawn.
    pub chart: Chart,
    /// Whether the mock server takes part.
    pub server: bool,
    /// All cases of one contestant in one setting.
    pub cases: fn(&'static Contestant, &Setting) -> Vec<Case>,
    /// What must come out of a case with so many laps.
    pub demand: fn(&'static Contestant, &CaseId, &Setting, u64) -> Result<Demand>,
    /// Laps that fill the window of an open loop of that preset at a rate, where
    /// so many would find the capacity.
    pub laps_at: fn(&str, u64, u64) -> Result<u64>,
    /// Runs a case with so many laps in this process.
    pub execute: fn(&'static Contestant, &CaseId, &Setting, u64, &mut Lab) -> Result<Outcome>,
}

/// Every workload of the suite, in the order of the page.
pub static WORKLOADS: &[AnyWorkload] = &[
    erase::<FanOut>(),
    erase::<RequestLoop>(),
    erase::<OpenLoop>(),
    erase::<Cpu>(),
    erase::<Mixed>(),
    erase::<Connect>(),
    erase::<Download>(),
    erase::<Pipeline>(),
    erase::<Files>(),
    erase::<Websocket>(),
    erase::<Query>(),
    erase::<Stall>(),
    erase::<Spawn>(),
    erase::<Lock>(),
    erase::<Ring>(),
    erase::<Cancel>(),
    erase::<Deadline>(),
    erase::<Sleepers>(),
    erase::<Serve>(),
    erase::<ServeIdle>(),
    erase::<ServeSlow>(),
    erase::<ServeLoad>(),
    erase::<ServeOverload>(),
];

/// The workload of that name.
pub fn workload(name: &str) -> Option<&'static AnyWorkload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}

/// Erases the type of a workload.
pub const fn erase<W: Workload>() -> AnyWorkload {
    AnyWorkload {
        name: W::NAME,
        category: W::CATEGORY,
        question: W::QUESTION,
        timed: W::TIMED,
        operation: W::OPERATION,
        beside: W::BESIDE,
        chart: W::CHART,
        server: W::SERVER,
        cases: cases::<W>,
        demand: demand::<W>,
        laps_at: laps_at::<W>,
        execute: execute::<W>,
    }
}

fn cases<W: Workload>(contestant: &'static Contestant, setting: &Setting) -> Vec<Case> {
    let mut cases = Vec::new();
    let first_flavour = contestant.flavours.first() == Some(&setting.flavour);
    for preset in W::presets() {
        let setting = &setting.within(preset.work.cpus());
        let work = preset.work.within(contestant.style, &setting.limits);
        let case = |way: &str, absent, source, concurrency| Case {
            id: CaseId {
                workload: W::NAME.to_string(),
                preset: preset.name.to_string(),
                contestant: contestant.name.to_string(),
                flavour: setting.flavour.to_string(),
                way: way.to_string(),
            },
            style: contestant.style.name(),
            absent,
            by_default: preset.include.by_default(way, first_flavour),
            thorough: preset.include.thorough(),
            headline: preset.include.headline(way, first_flavour),
            parameters: work.parameters(),
            laps: work.laps(),
            waits: work.waits(concurrency),
            computes: work.computes(),
            per_operation: work.per_operation(),
            operations: work.operations(),
            at_once: work.at_once(),
            once: work.once(),
            ceiling: work.ceiling(),
            server: W::SERVER,
            cpus: work.cpus(),
            addresses: work.addresses(),
            database: work.database(),
            files: work.files(),
            load: work.load(),
            bound: work.bound(),
            memory_bytes: work.memory_bytes(contestant.style),
            slice: work.slice(),
            serves: W::SERVES,
            source,
        };
        match W::entry(contestant) {
            Entry::Absent(reason) => cases.push(case("", Some((*reason).to_string()), "", 1)),
            Entry::Runs(ways) => cases.extend(ways.iter().map(|way| {
                let concurrency = (way.concurrency)(work.task(), setting);
                let fits = (way.fits)(work.task(), setting);
                let fits = fits.and_then(|()| work.admits(contestant.style, concurrency, setting));
                case(way.name, fits.err(), way.source, concurrency)
            })),
        }
    }
    cases
}

fn named<W: Workload>(preset: &str) -> Result<&'static W> {
    let known = W::presets().iter().find(|known| known.name == preset);
    let known = known.with_context(|| format!("{} has no preset {preset:?}", W::NAME))?;
    Ok(&known.work)
}

fn laps_at<W: Workload>(preset: &str, rate_per_s: u64, laps: u64) -> Result<u64> {
    Ok(named::<W>(preset)?.laps_at(rate_per_s, laps))
}

fn find<W: Workload>(
    contestant: &'static Contestant,
    id: &CaseId,
    setting: &Setting,
    laps: u64,
) -> Result<(W, &'static Way<W::Task>)> {
    let work = named::<W>(&id.preset)?;
    match W::entry(contestant) {
        Entry::Absent(reason) => bail!("{id} is absent: {reason}"),
        Entry::Runs(ways) => {
            let way = ways.iter().find(|way| way.name == id.way);
            let work = work.with_laps(laps).within(contestant.style, &setting.limits);
            Ok((work, way.with_context(|| format!("{id} has no such way"))?))
        }
    }
}

fn demand<W: Workload>(
    contestant: &'static Contestant,
    id: &CaseId,
    setting: &Setting,
    laps: u64,
) -> Result<Demand> {
    let (work, way) = find::<W>(contestant, id, setting, laps)?;
    let setting = &setting.within(work.cpus());
    let expected = work.expects((way.concurrency)(work.task(), setting));
    let (workers, per_sample) = ((way.workers)(work.task(), setting), work.per_sample());
    let (asleep, backend) = (work.asleep(), work.backend());
    Ok(Demand { expected, workers, per_sample, asleep, backend })
}

fn execute<W: Workload>(
    contestant: &'static Contestant,
    id: &CaseId,
    setting: &Setting,
    laps: u64,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (work, way) = find::<W>(contestant, id, setting, laps)?;
    let setting = &setting.within(work.cpus());
    if let Err(reason) = (way.fits)(work.task(), setting) {
        bail!("{id} does not run here: {reason}");
    }
    if let Some(idle) = work.idle() {
        lab.idles_for(idle);
    }
    (way.run)(work.task(), setting, lab)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{WORKLOADS, workload};
    use crate::{Contestant, Entry, Limits, Login, Pace, Setting, Style};

    static ABSENT: Contestant = Contestant {
        name: "absent",
        style: Style::Blocking,
        flavours: &[""],
        about: "does nothing",
        fan_out: Entry::Absent("for the test"),
        request_loop: Entry::Absent("for the test"),
        open_loop: Entry::Absent("for the test"),
        cpu: Entry::Absent("for the test"),
        mixed: Entry::Absent("for the test"),
        connect: Entry::Absent("for the test"),
        download: Entry::Absent("for the test"),
        pipeline: Entry::Absent("for the test"),
        files: Entry::Absent("for the test"),
        websocket: Entry::Absent("for the test"),
        query: Entry::Absent("for the test"),
        stall: Entry::Absent("for the test"),
        spawn: Entry::Absent("for the test"),
        lock: Entry::Absent("for the test"),
        ring: Entry::Absent("for the test"),
        cancel: Entry::Absent("for the test"),
        deadline: Entry::Absent("for the test"),
        sleepers: Entry::Absent("for the test"),
        serve: Entry::Absent("for the test"),
    };

    fn setting() -> Setting {
        Setting {
            server: "127.0.0.1:1".parse().unwrap(),
            workers: 1,
            flavour: "",
            limits: Limits { descriptors: 20_000, threads: 16_000, ports: 28_232, ..Limits::NONE },
            pace: Pace::default(),
            login: Login::default(),
            files: None,
        }
    }

    #[test]
    fn an_absent_cell_has_a_case_with_its_reason_for_every_preset() {
        for workload in WORKLOADS {
            let cases = (workload.cases)(&ABSENT, &setting());
            assert!(!cases.is_empty());
            let ids: HashSet<_> = cases.iter().map(|case| case.id.to_string()).collect();
            assert_eq!(ids.len(), cases.len(), "ids are unique");
            for case in cases {
                assert_eq!(case.absent.as_deref(), Some("for the test"));
                assert_eq!(case.id, case.id.to_string().parse().unwrap());
                let keys: Vec<_> = case.parameters.iter().map(|(key, _)| *key).collect();
                assert!(
                    keys.contains(&workload.chart.over),
                    "{} draws over {keys:?}",
                    workload.name
                );
                assert!(keys.contains(&workload.chart.panel), "{}", workload.name);
            }
        }
        assert!(workload("fan-out").is_some());
        assert!(workload("fan-in").is_none());
    }

    #[test]
    fn asking_an_absent_cell_for_its_demand_is_an_error() {
        let id = "fan-out@n10/absent".parse().unwrap();
        let error = (WORKLOADS[0].demand)(&ABSENT, &id, &setting(), 1).unwrap_err();
        assert!(error.to_string().contains("for the test"), "{error}");
    }
}
