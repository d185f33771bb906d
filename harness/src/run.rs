//! A run: every execution of the plan, each kept as it ends, then the report.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::Limits;
use triathlon_contract::record::{Placement, Record};

use crate::describe::{run_file, session_file, sources};
use crate::execution::{Due, Executed, Programs, Shared, execute};
use crate::failure::cannot_write;
use crate::interrupt::Interrupt;
use crate::machine::alone::Hold;
use crate::plan::{Order, Plan};
use crate::progress::Progress;
use crate::server::Server;
use crate::store::{Begin, Store};
use crate::{Failure, certificate, machine};

/// How often a mock server that died is started again before a run gives up.
const SERVER_STARTS_MAX: u32 = 5;

/// How the ids of null ceilings begin.
const CEILING: &str = "ceiling@";

/// Everything that a run needs besides its plan.
pub struct Settings {
    /// Where runs are kept: `<out>/runs/<id>`, `<out>/latest`.
    pub out: PathBuf,
    /// Which program executes which contestant.
    pub programs: Programs,
    /// Who runs where.
    pub placement: Placement,
    /// Limits of the machine.
    pub limits: Limits,
    /// Shortest wall limit of an execution; the usual one if none is given.
    pub wall_least: Option<Duration>,
    /// What the user asked for, for the reproduce commands.
    pub filters: Vec<String>,
    /// Whether executions that something else disturbed count as well.
    pub keep_disturbed: bool,
    /// Whether to show no progress.
    pub quiet: bool,
    /// Whether a certificate of the self-test is taken along, see
    /// [`crate::certificate`].
    pub selftest: bool,
}

/// What a run left.
pub struct Done {
    /// Its directory.
    pub directory: PathBuf,
    /// Its page.
    pub report: PathBuf,
    /// Executions by how they ended.
    pub count: Count,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

/// Executions by how they ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// Executions of cases that count.
    pub cases: u64,
    /// Executions that do not count, null ceilings included.
    pub failed: u64,
}

impl Count {
    fn add(&mut self, record: &Record) {
        match (record.reason.is_empty(), record.id.starts_with(CEILING)) {
            (true, false) => self.cases += 1,
            (true, true) => {}
            (false, _) => self.failed += 1,
        }
    }
}

/// Measures everything in the plan and writes the report.
///
/// # Errors
/// A usage failure if the run cannot be kept where the user wants it; a
/// failure if the server cannot be started. What contestants do wrong is in
/// the records.
pub fn run(plan: &Plan, settings: &Settings, interrupt: &Interrupt) -> crate::Result<Done> {
    // Before anything is kept: a limit that cannot be raised ends the run.
    machine::limits::raise_descriptors()?;
    let certificate = certificate::obtain(plan.profile.name, settings, interrupt)?;
    let run = run_file(plan, settings);
    let begin = Begin { run: &run, sources: &sources(plan), certificate: certificate.as_deref() };
    let store = Store::create(&settings.out, &begin)?;
    carry_on(plan, settings, Begun { store, done: Vec::new() }, interrupt)
}

/// Measures what is left of a run that was interrupted or killed.
///
/// # Errors
/// As [`run`]; a usage failure if its records do not hold together.
pub fn resume(
    directory: &Path,
    plan: &Plan,
    settings: &Settings,
    interrupt: &Interrupt,
) -> crate::Result<Done> {
    machine::limits::raise_descriptors()?;
    let (store, done) = Store::take_up(directory)?;
    carry_on(plan, settings, Begun { store, done }, interrupt)
}

/// A run's directory and the records that it has.
struct Begun {
    store: Store,
    done: Vec<Record>,
}

fn carry_on(
    plan: &Plan,
    settings: &Settings,
    Begun { mut store, done }: Begun,
    interrupt: &Interrupt,
) -> crate::Result<Done> {
    // Held until the last execution has ended.
    let hold = machine::alone::hold();
    let session = done.last().map_or(1, |record| record.session + 1);
    let first = done.len();
    if first < plan.executions.len() {
        store.begin(&session_file(session, first as u64, &hold))?;
    }
    let left: Duration =
        plan.executions.iter().skip(first).map(|planned| plan.expected(planned.item)).sum();
    let mut progress = Progress::new(plan.order.rounds, left, settings.quiet);
    progress.say(&opening(plan, store.directory(), first));
    if let Hold::Shared = hold {
        progress.say("warning: another run measures on this machine; wait for it, then repeat");
    }
    let mut shared =
        Shared::new(settings.programs.clone(), settings.placement.clone(), settings.limits);
    shared.session = session;
    if let Some(wall_least) = settings.wall_least {
        shared.wall_least = wall_least;
    }
    let mut count = Count::default();
    for record in &done {
        count.add(record);
    }
    let allowed = machine::cpus::allowed().context("read the CPUs of this process")?;
    let measured = measure(plan, first, &shared, &mut store, &mut progress, &mut count, interrupt);
    progress.finish();
    drop(hold);
    // Whoever runs again in this process must find the CPUs that there are.
    if !shared.placement.server_cpus.is_empty() {
        machine::pin(&allowed).context("give the harness its CPUs back")?;
    }
    measured?;
    let report = report(store.directory())?;
    store.link_latest(&settings.out)?;
    let directory = store.directory().to_path_buf();
    Ok(Done { directory, report, count, interrupted: interrupt.asked() })
}

/// The first line of a session.
fn opening(plan: &Plan, directory: &Path, done: usize) -> String {
    let id = directory.file_name().unwrap_or_default().to_string_lossy();
    let Order { rounds, seed, .. } = plan.order;
    let all = plan.executions.len();
    let taken_up = if done > 0 { format!(", {done} of them done before") } else { String::new() };
    format!("run {id}: {all} executions in {rounds} rounds, seed {seed}{taken_up}")
}

/// Renders and writes the report of a run's directory; returns its path.
///
/// # Errors
/// A usage failure if the directory holds no run or cannot be written.
pub fn report(directory: &Path) -> crate::Result<PathBuf> {
    let rendered = triathlon_reports::render(directory)?;
    triathlon_reports::write(directory, &rendered).map_err(|error| {
        match error.downcast_ref::<std::io::Error>() {
            Some(cause) => cannot_write(directory, cause),
            None => Failure::Failed(error),
        }
    })
}

fn measure(
    plan: &Plan,
    first: usize,
    shared: &Shared,
    store: &mut Store,
    progress: &mut Progress,
    count: &mut Count,
    interrupt: &Interrupt,
) -> crate::Result<()> {
    // The harness sleeps while a contestant works; when it wakes, it is on the
    // server's CPUs.
    machine::pin(&shared.placement.server_cpus).context("pin the harness")?;
    let mut keeper = Keeper { shared, server: None, starts: 0 };
    for (sequence, planned) in plan.executions.iter().enumerate().skip(first) {
        let due = Due {
            what: plan.what(planned.item),
            laps: plan.laps(planned.item),
            expected: plan.expected(planned.item),
            sequence: sequence as u64,
            round: planned.round,
            twin: planned.twin,
            // Other arrivals every round, and the same for everybody in it.
            seed: plan.order.seed.wrapping_mul(1_000_003).wrapping_add(planned.round),
        };
        let id = due.what.id().to_string();
        progress.begin(planned.round, &id);
        let Some(executed) = keeper.execute(due, interrupt, progress)? else {
            break;
        };
        count.add(&executed.record);
        progress.end(due.expected, &id, &executed.record.reason);
        store.append(executed)?;
        let next = plan.executions.get(sequence + 1);
        if next.is_none_or(|next| next.round != planned.round) {
            progress.round(planned.round);
        }
        // Parts that must agree share no server.
        if next.is_some_and(|next| plan.part(next.round) != plan.part(planned.round)) {
            keeper.server = None;
        }
    }
    Ok(())
}

/// Keeps a mock server alive across executions.
struct Keeper<'a> {
    shared: &'a Shared,
    server: Option<Server>,
    starts: u32,
}

impl Keeper<'_> {
    /// Executes; starts the server if there is none, and once more if it died
    /// under the execution.
    fn execute(
        &mut self,
        due: Due<'_>,
        interrupt: &Interrupt,
        progress: &Progress,
    ) -> Result<Option<Executed>> {
        loop {
            if interrupt.asked() {
                return Ok(None);
            }
            let mut server = match self.server.take() {
                Some(server) => server,
                None => self.start()?,
            };
            match execute(due, &server, self.shared, interrupt) {
                Ok(executed) => {
                    self.server = Some(server);
                    return Ok(executed);
                }
                Err(error) if self.starts < SERVER_STARTS_MAX && server.has_ended()? => {
                    let id = due.what.id();
                    progress.say(&format!("{id}: {error:#}; with a fresh server once more"));
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn start(&mut self) -> Result<Server> {
        self.starts += 1;
        Server::start(&self.shared.programs.own, &self.shared.placement.server_cpus)
    }
}
