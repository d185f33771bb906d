//! The mock server's process and its trials.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Pid;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use triathlon_contract::record::WitnessRecord;
use ureq::Agent;

use crate::child::spawn::ending_with_us;

/// How long a control request may take; the server does nothing else then.
const CONTROL_TIMEOUT: Duration = Duration::from_secs(20);

/// A running mock server; it ends when this is dropped.
pub struct Server {
    child: Child,
    control: SocketAddr,
    agent: Agent,
}

/// What the server keeps for one execution.
pub struct Trial {
    id: String,
    /// Where the execution finds it.
    pub address: SocketAddr,
}

/// What a trial shall be, beyond the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// Of its draws: delays, queue, faults.
    pub seed: u64,
    /// Room for the stamps of so many arrivals.
    pub arrival_stamps: u64,
}

/// Everything that a trial counted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Counters {
    /// What executions are compared with.
    #[serde(flatten)]
    pub witness: WitnessRecord,
    /// Requests whose answer was handed over.
    pub answered: u64,
    /// Requests that were not answered on purpose, by kind.
    pub faults: BTreeMap<String, u64>,
    /// Arrivals since the trial's start, ascending, as many as had room.
    #[serde(default)]
    pub arrival_ns: Vec<u64>,
}

#[derive(Deserialize)]
struct Hello {
    address: SocketAddr,
}

#[derive(Deserialize)]
struct Opened {
    id: String,
    addresses: Vec<SocketAddr>,
    /// Where it speaks PostgreSQL's protocol, if it was asked to.
    #[serde(default)]
    postgres: Option<SocketAddr>,
}

impl Server {
    /// Starts `program mock-server` on `cpus` and waits until it listens.
    ///
    /// # Errors
    /// If it does not start or does not say where it listens.
    pub fn start(program: &Path, cpus: &[usize]) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg("mock-server");
        if !cpus.is_empty() {
            let cpus: Vec<_> = cpus.iter().map(usize::to_string).collect();
            command.args(["--cpus", &cpus.join(",")]);
        }
        // A group of its own, so that a Ctrl-C at the terminal reaches only the harness.
        // Killed with us, not told: one that is stopped would not hear it.
        command.process_group(0);
        let mut child = ending_with_us(&mut command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {} mock-server", program.display()))?;
        let stdout = child.stdout.take().context("standard output of the mock server")?;
        // Its end, if it ended at once, closes the pipe, so this cannot hang.
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        let hello = read.context("read").and_then(|_| {
            serde_json::from_str::<Hello>(&line).with_context(|| format!("it said {line:?}"))
        });
        let config =
            Agent::config_builder().proxy(None).timeout_global(Some(CONTROL_TIMEOUT)).build();
        match hello {
            Ok(Hello { address }) => {
                Ok(Self { child, control: address, agent: config.new_agent() })
            }
            Err(error) => {
                end(&mut child);
                Err(error.context("the mock server did not say where it listens"))
            }
        }
    }

    /// Process id, to read its CPU clock.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The same, to stop it with its contestant.
    pub fn group(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether its process has ended.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait().context("look at the mock server")?.is_some())
    }

    /// Opens a trial: own port, own counters.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn open_trial(&self) -> Result<Trial> {
        self.open(|url| self.agent.post(url).send_empty())
    }

    /// Opens a trial that listens on so many consecutive addresses, the first of
    /// which is the trial's.
    ///
    /// # Errors
    /// If the server does not answer, or cannot listen there.
    pub fn open_trial_on(&self, addresses: u64) -> Result<Trial> {
        let body = format!(r#"{{"addresses":{addresses}}}"#);
        self.open(|url| self.agent.post(url).send(body))
    }

    /// Opens a trial that is a database: it speaks PostgreSQL's protocol at its address.
    ///
    /// # Errors
    /// If the server does not answer, or cannot listen there.
    pub fn open_database(&self) -> Result<Trial> {
        self.open(|url| self.agent.post(url).send(r#"{"postgres":true}"#))
    }

    /// Opens a trial with a seed and room for stamps.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn open_trial_of(&self, wanted: &Wanted) -> Result<Trial> {
        let body = serde_json::to_vec(wanted).context("write what the trial shall be")?;
        self.open(|url| self.agent.post(url).send(&body[..]))
    }

    fn open(
        &self,
        post: impl FnOnce(&str) -> std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Trial> {
        let response = post(&format!("http://{}/trial", self.control)).context("open a trial")?;
        let opened: Opened = json(response)?;
        let first = opened.postgres.or_else(|| opened.addresses.first().copied());
        let address = first.context("the trial has no address")?;
        Ok(Trial { id: opened.id, address })
    }

    /// What a trial has counted so far.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn witness(&self, trial: &Trial) -> Result<WitnessRecord> {
        let url = format!("http://{}/trial/{}", self.control, trial.id);
        json(self.agent.get(&url).call().context("read the trial's counters")?)
    }

    /// Ends a trial and returns what it has counted.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn close_trial(&self, trial: &Trial) -> Result<WitnessRecord> {
        let url = format!("http://{}/trial/{}", self.control, trial.id);
        json(self.agent.delete(&url).call().context("close the trial")?)
    }

    /// Ends a trial; everything that it counted, with the stamps of arrivals.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn close_counters(&self, trial: &Trial) -> Result<Counters> {
        let url = format!("http://{}/trial/{}?stamps=1", self.control, trial.id);
        json(self.agent.delete(&url).call().context("close the trial")?)
    }

    /// Closes a trial's gate: what arrives until then is released together.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn stall(&self, trial: &Trial, length: Duration) -> Result<()> {
        let url = format!("http://{}/stall/{}", trial.address, length.as_micros());
        let response = self.agent.post(&url).send_empty().context("stall the trial")?;
        ensure!(response.status().is_success(), "the mock server answered {}", response.status());
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Kills and reaps; one that has ended already is fine.
fn end(child: &mut Child) {
    child.kill().ok();
    child.wait().ok();
}

fn json<T: DeserializeOwned>(mut response: ureq::http::Response<ureq::Body>) -> Result<T> {
    let text = response.body_mut().read_to_string().context("read the answer")?;
    ensure!(response.status().is_success(), "the mock server answered {}", response.status());
    serde_json::from_str(&text).with_context(|| format!("the mock server answered {text:?}"))
}
