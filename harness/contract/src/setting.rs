//! What the harness decided for one execution.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Login;

/// How far this machine lets a process go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open files (`RLIMIT_NOFILE`, hard; the soft one is raised to it).
    pub descriptors: u64,
    /// Threads, the least of all limits that bind.
    pub threads: u64,
    /// The limit that gives the least, `vm.max_map_count`; empty where it is not known.
    pub threads_by: &'static str,
    /// Memory that one execution may hold.
    pub memory_bytes: u64,
    /// Ports that the kernel picks from for connections (`ip_local_port_range`).
    pub ports: u64,
    /// Whether executions may find the page cache empty.
    pub cold: ColdCache,
}

impl Limits {
    /// Where nothing binds.
    pub const NONE: Self = Self {
        descriptors: u64::MAX,
        threads: u64::MAX,
        threads_by: "",
        memory_bytes: u64::MAX,
        ports: u64::MAX,
        cold: ColdCache::NotAsked,
    };
}

/// Whether files may be taken out of the page cache, so that a device has to read them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColdCache {
    /// The user did not ask for it.
    #[default]
    NotAsked,
    /// The user asked, and the files stay there.
    Refused,
    /// The user asked, and it was tried and works.
    Allowed,
}

impl ColdCache {
    /// Nothing where it is allowed.
    ///
    /// # Errors
    /// Why not, as a sentence for the report.
    pub fn fits(self) -> Result<(), String> {
        match self {
            Self::NotAsked => {
                Err("it takes its files out of the page cache and reads them from a device; \
                 measured only with `triathlon run --cold-files`"
                    .to_string())
            }
            Self::Refused => {
                Err("files do not leave the page cache here, as on a file system in memory; \
                 choose a directory on a disk with --files-dir"
                    .to_string())
            }
            Self::Allowed => Ok(()),
        }
    }
}

/// When the starts of an open loop are due; the same for all contestants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Requests per second; 0 if everything is due at once.
    pub rate_per_s: u64,
    /// Seed of the schedule.
    pub seed: u64,
}

/// Address, parallelism and flavour of one execution; read back and checked.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Where the trial of this execution listens; 0.0.0.0:0 for a workload
    /// without server.
    pub server: SocketAddr,
    /// Worker threads for those who have workers: the CPUs of the set.
    pub workers: usize,
    /// The flavour, one of the contestant's own; empty where it has none.
    pub flavour: &'static str,
    /// Limits of the machine.
    pub limits: Limits,
    /// When starts are due; of no concern where no schedule says so.
    pub pace: Pace,
    /// Who asks the database, where the server is one.
    pub login: Login,
    /// Folder of the run's files, below which a workload has its own; none where
    /// it needs none.
    pub files: Option<PathBuf>,
}

/// Descriptors that a process needs besides its connections.
const DESCRIPTORS_SPARE: u64 = 64;

/// Ports of the range on which somebody may listen, the mock server included: the
/// kernel gives them to no connection.
const PORTS_SPARE: u64 = 64;

impl Setting {
    /// Checks that so many connections and threads fit on this machine.
    ///
    /// # Errors
    /// The limit that binds, as a sentence for the report.
    pub fn fits(&self, connections: u64, threads: u64) -> Result<(), String> {
        let Limits { descriptors, threads: threads_max, threads_by, .. } = self.limits;
        let needed = connections + DESCRIPTORS_SPARE;
        if needed > descriptors {
            return Err(format!(
                "needs {needed} descriptors, the hard limit here is {descriptors}"
            ));
        }
        if threads > threads_max {
            let by = if threads_by.is_empty() { "this machine" } else { threads_by };
            return Err(format!("needs {threads} threads, {by} allows {threads_max} here"));
        }
        Ok(())
    }

    /// Checks that so many bytes may be held: past half of what is free, the machine
    /// might have to look for memory elsewhere, and everything else with it.
    ///
    /// # Errors
    /// Both figures, as a sentence for the report.
    pub fn fits_memory(&self, bytes: u64) -> Result<(), String> {
        let most = self.limits.memory_bytes;
        if bytes > most {
            return Err(format!(
                "would hold about {} MiB, and one execution may hold {} MiB here (half of what is \
                 free, at most 4 GiB)",
                bytes >> 20,
                most >> 20
            ));
        }
        Ok(())
    }

    /// The same with workers for so many CPUs at most.
    #[must_use]
    pub fn within(&self, cpus: Option<u64>) -> Self {
        let workers = cpus.map_or(self.workers, |cpus| self.workers.min(cpus as usize));
        Self { workers, ..self.clone() }
    }

    /// Checks that so many connections to one address, opened one after the other,
    /// find a port each: whoever closes first keeps its own for a minute
    /// (TIME_WAIT).
    ///
    /// # Errors
    /// The limit that binds, as a sentence for the report.
    pub fn fits_ports(&self, connections: u64) -> Result<(), String> {
        let (needed, ports) = (connections + PORTS_SPARE, self.limits.ports);
        if needed > ports {
            return Err(format!(
                "needs {needed} ports for one address, net.ipv4.ip_local_port_range here has {ports}"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, Login, Pace, Setting};

    #[test]
    fn names_the_limit_that_binds() {
        let setting = Setting {
            server: "127.0.0.1:1".parse().unwrap(),
            workers: 1,
            flavour: "",
            limits: Limits {
                descriptors: 1000,
                threads: 500,
                threads_by: "pids.max",
                memory_bytes: 64 << 20,
                ports: 300,
                ..Limits::NONE
            },
            pace: Pace::default(),
            login: Login::default(),
            files: None,
        };
        assert_eq!(setting.fits(936, 500), Ok(()));
        assert!(setting.fits(937, 1).unwrap_err().contains("1001 descriptors"));
        assert!(setting.fits(1, 501).unwrap_err().contains("501 threads, pids.max allows 500"));
        assert_eq!(setting.fits_memory(64 << 20), Ok(()));
        let reason = setting.fits_memory(65 << 20).unwrap_err();
        assert!(reason.contains("about 65 MiB") && reason.contains("64 MiB here"), "{reason}");
        assert_eq!(setting.fits_ports(236), Ok(()));
        let reason = setting.fits_ports(237).unwrap_err();
        assert!(reason.contains("301 ports") && reason.ends_with("has 300"), "{reason}");
    }
}
