//! The jobs on standard input, and their answers.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use serde::{Deserialize, Deserializer};
use triathlon_contract::record::{
    self, Answer, Asked, BesideRecord, FairnessRecord, Job, JobLimits, OverloadRecord, Pauses,
    Question, SCHEMA, Service, WindowRecord,
};
use triathlon_contract::{CaseId, ColdCache, Contestant, Limits, Outcome, Setting, registry};
use triathlon_lab::{Clock, Lab, Pause, Sample, Window};
use triathlon_statistics::percentile;

use crate::dialogue::{Input, Leader, say};
use crate::{allowed, asleep, limits, monotonic_ns, open_window, pin};

/// A job that this process is ready for: pinned, and with an address to ask.
pub struct Task<'a> {
    /// What is executed.
    pub id: CaseId,
    /// Everything that was asked for.
    pub job: &'a Job,
    /// Where the server listens; 0.0.0.0:0 if none takes part.
    pub server: SocketAddr,
}

impl<'a> Task<'a> {
    fn of(job: &'a Job) -> Result<Self> {
        let server = match &job.server {
            Some(server) => server.parse().context("address of the server")?,
            None => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        };
        Ok(Self { id: job.id.parse()?, job, server })
    }

    /// Executes the case of one of these contestants.
    ///
    /// # Errors
    /// It is of none of them, or what the cell does wrong.
    pub fn cell(&self, contestants: &[&'static Contestant], lab: &mut Lab) -> Result<Outcome> {
        let Self { id, job, server } = self;
        let workload = registry::workload(&id.workload).context("no such workload")?;
        let contestant = contestants.iter().find(|contestant| contestant.name == id.contestant);
        let contestant: &'static Contestant = contestant.context("no such contestant")?;
        let flavour = contestant.flavours.iter().find(|flavour| **flavour == id.flavour);
        let setting = Setting {
            server: *server,
            workers: job.workers as usize,
            flavour: flavour.context("no such flavour")?,
            limits: self.limits()?,
            pace: job.pace.unwrap_or_default(),
            login: job.login.clone().unwrap_or_default(),
            files: job.files.as_ref().map(PathBuf::from),
        };
        (workload.execute)(contestant, id, &setting, job.laps, lab)
    }

    /// What this process finds, and what was found before it where the job says so.
    fn limits(&self) -> Result<Limits> {
        // Whoever sends the job has decided, and has emptied the cache.
        let own = Limits { cold: ColdCache::Allowed, ..limits::limits()? };
        Ok(self.job.limits.map_or(own, |JobLimits { threads, memory_bytes }| Limits {
            threads,
            memory_bytes,
            ..own
        }))
    }
}

/// What was done, and what the clients of a server have to say beside that.
#[derive(Default)]
pub struct Done {
    /// What was done, warm-up included.
    pub outcome: Outcome,
    /// Of clients that asked for more than their server can do.
    pub overload: Option<OverloadRecord>,
    /// Of clients that ask as often as they can for a number of answers.
    pub fairness: Option<FairnessRecord>,
}

impl From<Outcome> for Done {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, ..Self::default() }
    }
}

/// Reads jobs until standard input ends; does each as `work` says, prints its answer
/// on a line of its own. A run sends one job to each process, criterion's targets send
/// one for each sample.
///
/// # Errors
/// In words that end up as the reason of a failed cell.
pub fn jobs<D: Into<Done>>(work: impl Fn(&Task<'_>, &mut Lab) -> Result<D>) -> Result<()> {
    let shared = Input::new()?;
    let mut input = serde_json::Deserializer::from_reader(shared.clone());
    let mut count = 0;
    while input.end().is_err() {
        let job = Job::deserialize(&mut input).context("the job on standard input is no job")?;
        let answer = execute(&job, &work, &shared, || pauses(&mut input))?;
        say(&answer)?;
        count += 1;
    }
    ensure!(count > 0, "there is no job on standard input");
    Ok(())
}

/// Asks when this process was stopped.
fn pauses<'de>(input: impl Deserializer<'de, Error = serde_json::Error>) -> Result<Pauses> {
    say(&Question::of(Asked::Pauses))?;
    Pauses::deserialize(input).context("the answer to the question for pauses is none")
}

/// `pauses` is asked once all work is done, if the job says that there are some.
fn execute<D: Into<Done>>(
    job: &Job,
    work: impl Fn(&Task<'_>, &mut Lab) -> Result<D>,
    input: &Input,
    pauses: impl FnOnce() -> Result<Pauses>,
) -> Result<Answer> {
    ensure!(job.schema == SCHEMA, "the job has schema {}, this is schema {SCHEMA}", job.schema);
    end_with(job.parent_pid)?;
    pin(&job.cpus).context("pin to the CPUs of the job")?;
    limits::raise_descriptors()?;
    let task = Task::of(job)?;
    let leader = Box::new(Leader(input.clone()));
    let mut lab = Lab::new(job.server_pid).conducted_by(leader);
    let Done { outcome, overload, fairness } = work(&task, &mut lab)?.into();
    let origin_ns = origin_ns(lab.clock())?;
    let mut measured = lab.finish()?;
    if job.pauses {
        measured = measured.without(&on_the_clock(&pauses()?, origin_ns));
    }
    let window = window_record(&measured)?;
    let (open, histograms) =
        job.pace.map(|_| open_window::of(&measured.samples)).transpose()?.unzip();
    let beside = beside(&measured.beside)?;
    let asleep =
        measured.asleep.as_ref().map(|read| asleep::asleep(read, limits::soft_descriptors()));
    let late = measured.late.then(|| asleep::late(&measured.samples)).transpose()?;
    let outcome = outcome.into();
    Ok(Answer {
        schema: SCHEMA,
        outcome,
        window,
        open,
        beside,
        asleep,
        late,
        overload,
        fairness,
        histograms,
    })
}

/// `CLOCK_MONOTONIC` at the origin of a lab's clock.
fn origin_ns(clock: Clock) -> Result<u64> {
    Ok(monotonic_ns()? - clock.now_ns())
}

/// The pauses by the clock of a lab. One before its origin is of no window.
fn on_the_clock(pauses: &Pauses, origin_ns: u64) -> Vec<Pause> {
    let shifted = |pause: &record::Pause| Pause {
        from_ns: pause.from_ns - origin_ns,
        to_ns: pause.to_ns - origin_ns,
        steal_ns: pause.steal_ns,
    };
    pauses.pauses.iter().filter(|pause| pause.from_ns >= origin_ns).map(shifted).collect()
}

/// Ends this process with its parent, even if the parent is killed.
fn end_with(parent: u32) -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("ask to end with the parent")?;
    // The parent may have ended before the request.
    if nix::unistd::getppid().as_raw() as u32 != parent {
        bail!("the process that asked for this is gone");
    }
    Ok(())
}

/// What lies between the edges, as kept.
///
/// # Errors
/// If a lane refused samples: the cell made more operations than it said.
fn window_record(window: &Window) -> Result<WindowRecord> {
    ensure!(window.refused == 0, "{} samples exceeded their lane's quota", window.refused);
    let Window { opened, closed, .. } = window;
    Ok(WindowRecord {
        elapsed_ns: window.elapsed_ns,
        user_ns: closed.user_ns - opened.user_ns,
        system_ns: closed.system_ns - opened.system_ns,
        voluntary_switches: closed.voluntary_switches - opened.voluntary_switches,
        involuntary_switches: closed.involuntary_switches - opened.involuntary_switches,
        minor_faults: closed.minor_faults - opened.minor_faults,
        major_faults: closed.major_faults - opened.major_faults,
        resident_open_bytes: opened.resident_bytes,
        resident_close_bytes: closed.resident_bytes,
        peak_resident_bytes: closed.peak_resident_bytes,
        page_table_bytes: closed.page_table_bytes,
        threads_open: opened.threads,
        threads_close: closed.threads,
        // Unknown where the kernel does not tell, where nobody is pinned either.
        cpus: allowed().ok().map(|cpus| cpus.len() as u64),
        descriptors_open: Some(opened.descriptors),
        descriptors_close: Some(closed.descriptors),
        server_cpu_ns: closed.server_cpu_ns - opened.server_cpu_ns,
        steal_ns: closed.steal_ns - opened.steal_ns,
        samples: window.samples.len() as u64,
        operations: None,
        // Lateness is no service.
        service_us: service(&window.samples).filter(|_| !window.late),
    })
}

/// What went on beside the operations; nothing if nothing did.
///
/// # Errors
/// If one ends before it begins, as a request that is given up before its deadline.
fn beside(samples: &[Sample]) -> Result<Option<BesideRecord>> {
    let early = samples.iter().any(|sample| sample.done_ns < sample.started_ns);
    ensure!(!early, "something was given up before it was due");
    let Some(service_us) = service(samples) else {
        return Ok(None);
    };
    let count = samples.len() as u64;
    let lag_ns: u64 = samples.iter().map(|s| s.started_ns.saturating_sub(s.intended_ns)).sum();
    Ok(Some(BesideRecord { count, lag_mean_us: lag_ns as f64 / 1e3 / count as f64, service_us }))
}

fn service(samples: &[Sample]) -> Option<Service> {
    let mut us: Vec<f64> = samples.iter().map(|s| s.service_ns() as f64 / 1e3).collect();
    us.sort_by(f64::total_cmp);
    let max = *us.last()?;
    let mean = us.iter().sum::<f64>() / us.len() as f64;
    Some(Service {
        mean,
        p50: percentile(&us, 0.5),
        p90: percentile(&us, 0.9),
        p99: percentile(&us, 0.99),
        max,
    })
}

#[cfg(test)]
mod tests {
    use triathlon_lab::Sample;

    use super::beside;

    #[test]
    fn what_is_given_up_before_its_deadline_is_an_error() {
        let late = |ns: [u64; 3]| ns.map(|ns| Sample::closed(1000, 1000 + ns));
        let record = beside(&late([5_000, 1_000, 3_000])).unwrap().unwrap();
        assert_eq!((record.count, record.lag_mean_us), (3, 0.0));
        assert_eq!((record.service_us.mean, record.service_us.max), (3.0, 5.0));
        let early = beside(&[Sample::closed(1000, 1001), Sample::closed(1000, 999)]);
        assert!(early.unwrap_err().to_string().contains("before it was due"));
        assert_eq!(beside(&[]).unwrap(), None);
    }
}
