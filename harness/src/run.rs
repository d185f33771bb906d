//! A run: every execution of the plan, each kept as it ends, then the report.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::Limits;
use triathlon_contract::record::{Placement, Record};

use crate::database::Database;
use crate::describe::{run_file, session_file, sources};
use crate::execution::slices::execute_in_turns;
use crate::execution::{Due, Executed, Programs, Shared, execute};
use crate::failure::cannot_write;
use crate::files::Place;
use crate::interrupt::Interrupt;
use crate::machine::alone::Hold;
use crate::plan::{Order, Plan, Planned};
use crate::progress::Progress;
use crate::server::Server;
use crate::store::{Begin, Store};
use crate::{Failure, certificate, machine};

/// How often mock servers are started again, after one died, before a run gives up.
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
    /// Where executions have a folder for their files.
    pub files_dir: PathBuf,
    /// The PostgreSQL that the user named.
    pub database: Option<Arc<Database>>,
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
    let files = files(plan, settings)?;
    let certificate = certificate::obtain(plan.profile.name, settings, interrupt)?;
    let run = run_file(plan, settings, files.facts(settings.limits.cold));
    let begin = Begin { run: &run, sources: &sources(plan), certificate: certificate.as_deref() };
    let store = Store::create(&settings.out, &begin)?;
    carry_on(plan, settings, Begun { store, done: Vec::new(), files }, interrupt)
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
    let files = files(plan, settings)?;
    carry_on(plan, settings, Begun { store, done, files }, interrupt)
}

/// A run's directory, the records that it has, and the files of its executions.
struct Begun {
    store: Store,
    done: Vec<Record>,
    files: Place,
}

/// Makes the files that the plan needs.
fn files(plan: &Plan, settings: &Settings) -> crate::Result<Place> {
    let files = Place::below(&settings.files_dir);
    files.prepare(plan.files())?;
    Ok(files)
}

fn carry_on(
    plan: &Plan,
    settings: &Settings,
    Begun { mut store, done, files }: Begun,
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
    shared.files = files;
    shared.database.clone_from(&settings.database);
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
    let mut keeper = Keeper { shared, server: None, seats: Vec::new(), starts: 0 };
    let mut sequence = first;
    while let Some(planned) = plan.executions.get(sequence) {
        let (together, slice) = plan.turns(sequence);
        let due = |(index, planned)| due(plan, sequence + index, planned);
        let dues: Vec<Due<'_>> = together.iter().enumerate().map(due).collect();
        progress.begin(planned.round, &name(&dues));
        let Some(all) = keeper.execute(&dues, slice, interrupt, progress)? else {
            break;
        };
        for (due, executed) in dues.iter().zip(all) {
            count.add(&executed.record);
            progress.end(due.expected, &due.what.id().to_string(), &executed.record.reason);
            store.append(executed)?;
        }
        sequence += dues.len();
        let next = plan.executions.get(sequence);
        if next.is_none_or(|next| next.round != planned.round) {
            progress.round(planned.round);
        }
        // Parts that must agree share no server.
        if next.is_some_and(|next| plan.part(next.round) != plan.part(planned.round)) {
            keeper.let_servers_go();
        }
    }
    Ok(())
}

/// One execution of a plan, at its place.
fn due<'a>(plan: &'a Plan, sequence: usize, planned: &Planned) -> Due<'a> {
    Due {
        what: plan.what(planned.item),
        laps: plan.laps(planned.item),
        expected: plan.expected(planned.item),
        sequence: sequence as u64,
        round: planned.round,
        twin: planned.twin,
        // Other arrivals every round, and the same for everybody in it.
        seed: plan.order.seed.wrapping_mul(1_000_003).wrapping_add(planned.round),
    }
}

/// What is executed, for the eye: a case, or the preset of those that take turns.
fn name(dues: &[Due<'_>]) -> String {
    match dues {
        [due] => due.what.id().to_string(),
        [due, ..] => format!("{}, {} in turns", due.what.id().what(), dues.len()),
        [] => String::new(),
    }
}

/// Keeps mock servers alive across executions.
struct Keeper<'a> {
    shared: &'a Shared,
    /// One for those that are executed after the other.
    server: Option<Server>,
    /// One for each that takes turns; all or none are fit to be used.
    seats: Vec<Server>,
    starts: u32,
}

impl Keeper<'_> {
    /// Executes, in slices if there is a length for them; starts servers where there
    /// are none, and once more if one died meanwhile.
    fn execute(
        &mut self,
        dues: &[Due<'_>],
        slice: Option<Duration>,
        interrupt: &Interrupt,
        progress: &Progress,
    ) -> Result<Option<Vec<Executed>>> {
        loop {
            if interrupt.asked() {
                return Ok(None);
            }
            let executed = match slice {
                Some(slice) => self.in_turns(dues, slice, interrupt),
                None => self.one_after_the_other(dues, interrupt),
            };
            match executed {
                Err(error) if self.starts < SERVER_STARTS_MAX && self.server_died()? => {
                    let name = name(dues);
                    progress.say(&format!("{name}: {error:#}; with a fresh server once more"));
                    self.let_servers_go();
                    self.starts += 1;
                }
                executed => return executed,
            }
        }
    }

    fn one_after_the_other(
        &mut self,
        dues: &[Due<'_>],
        interrupt: &Interrupt,
    ) -> Result<Option<Vec<Executed>>> {
        let server = match &mut self.server {
            Some(server) => server,
            none => none.insert(self.shared.start_server()?),
        };
        dues.iter().map(|due| execute(*due, server, self.shared, interrupt)).collect()
    }

    fn in_turns(
        &mut self,
        dues: &[Due<'_>],
        slice: Duration,
        interrupt: &Interrupt,
    ) -> Result<Option<Vec<Executed>>> {
        let needed = if dues.iter().any(|due| due.what.server()) { dues.len() } else { 0 };
        while self.seats.len() < needed {
            self.seats.push(self.shared.start_server()?);
        }
        execute_in_turns(dues, slice, &self.seats, self.shared, interrupt)
    }

    fn server_died(&mut self) -> Result<bool> {
        let mut died = false;
        for server in self.server.iter_mut().chain(&mut self.seats) {
            died |= server.has_ended()?;
        }
        Ok(died)
    }

    fn let_servers_go(&mut self) {
        self.server = None;
        self.seats.clear();
    }
}
