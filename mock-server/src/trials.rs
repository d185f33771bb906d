//! The trials that are alive.
//!
//! # Protocol
//! A live trial owns its accept tasks, and each of those its connections. To
//! end it, it is taken out of the registry, told to stop by dropping the sender
//! and waited for; if nobody waits until the end, dropping it aborts the tasks.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::StatusCode;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::draws::DEFAULT_SEED;
use crate::law::Law;
use crate::listen::{Port, Server, Wire, accept, bind_each, consecutive};
use crate::respond::Refusal;
use crate::trial::Trial;

/// Most ports of one trial.
pub(crate) const MOST_PORTS: usize = 16;
/// Most addresses of one trial.
pub(crate) const MOST_ADDRESSES: usize = 16;
/// Most stamps of one trial.
pub(crate) const MOST_STAMPS: usize = 2_000_000;
/// Most trials alive.
const MOST_TRIALS: usize = 1024;
/// Most stamps of all live trials together: 128 MB.
const MOST_STAMPS_ALIVE: usize = 16_000_000;

const FULL: Refusal = Refusal::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "At most 1024 trials with at most 16000000 arrival_stamps together are alive; DELETE one first.",
);
const NO_PORT: Refusal = Refusal::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "No free port or file descriptor is left; DELETE a trial or raise the limit of open files.",
);

const NO_LOOPBACK: Refusal = Refusal::invalid(
    "More than one address can only be had on the loopback of IPv4; start the server with \
     --listen 127.0.0.1.",
);

/// What is asked of a new trial: the body of `POST /trial`.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wanted {
    pub(crate) ports: usize,
    /// Consecutive addresses, each with the same ports.
    pub(crate) addresses: usize,
    pub(crate) arrival_stamps: usize,
    pub(crate) seed: u64,
    /// Whether there is a port for the Postgres wire as well.
    pub(crate) postgres: bool,
    /// What delays each query there in addition, as in a path of `/delay/`.
    pub(crate) query_law: Option<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            ports: 1,
            addresses: 1,
            arrival_stamps: 0,
            seed: DEFAULT_SEED,
            postgres: false,
            query_law: None,
        }
    }
}

/// A new trial.
pub(crate) struct Created {
    pub(crate) id: u64,
    /// Where it speaks HTTP, port by port.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Where it speaks the Postgres wire.
    pub(crate) postgres: Option<SocketAddr>,
}

/// A listener and where it listens.
type Listener = (Wire, TcpListener, SocketAddr);

/// One port on each of the addresses.
fn listeners(wire: Wire, ips: &[IpAddr]) -> io::Result<Vec<Listener>> {
    let listener = |(listener, address)| Ok((wire, TcpListener::from_std(listener)?, address));
    bind_each(ips)?.into_iter().map(listener).collect()
}

/// Registry of all trials but the server's own.
#[derive(Default)]
pub(crate) struct Trials {
    registry: Mutex<Registry>,
}

#[derive(Default)]
struct Registry {
    live: HashMap<u64, Live>,
    created: u64,
}

struct Live {
    trial: Arc<Trial>,
    stamps: usize,
    accepting: JoinSet<()>,
    stop: watch::Sender<()>,
}

impl Trials {
    /// Opens a trial and its ports; it serves when this returns.
    ///
    /// # Errors
    /// The registry is full, no port or file descriptor is left, or there are no
    /// addresses after the server's.
    pub(crate) fn create(
        &self,
        server: &Arc<Server>,
        wanted: &Wanted,
        query_law: Option<Law>,
    ) -> Result<Created, Refusal> {
        let Wanted { ports, addresses, arrival_stamps: stamps, seed, postgres, .. } = *wanted;
        let ips: Vec<IpAddr> = consecutive(server.ip, addresses).ok_or(NO_LOOPBACK)?;
        let mut registry = self.registry();
        let alive: usize = registry.live.values().map(|live| live.stamps).sum();
        if registry.live.len() >= MOST_TRIALS || alive + stamps > MOST_STAMPS_ALIVE {
            return Err(FULL);
        }
        let each = (0..ports).map(|_| (Wire::Http, &ips[..]));
        let each = each.chain(postgres.then_some((Wire::Postgres, &ips[..1])));
        let listeners =
            each.map(|(wire, ips)| listeners(wire, ips)).collect::<io::Result<Vec<_>>>();
        let listeners = listeners.map_err(|_| NO_PORT)?.into_iter().flatten();

        registry.created += 1;
        let id = registry.created;
        let mut trial = Trial::new(id, stamps, seed);
        trial.query_law = query_law;
        let trial = Arc::new(trial);
        let mut accepting = JoinSet::new();
        let (stop, stopped) = watch::channel(());
        let mut created = Created { id, addresses: Vec::new(), postgres: None };
        for (wire, listener, address) in listeners {
            let (server, trial) = (Arc::clone(server), Arc::clone(&trial));
            let port = Port { server, trial, wire, control: false };
            accepting.spawn(accept(listener, Arc::new(port), stopped.clone()));
            match wire {
                Wire::Http => created.addresses.push(address),
                Wire::Postgres => created.postgres = Some(address),
            }
        }
        registry.live.insert(id, Live { trial, stamps, accepting, stop });
        Ok(created)
    }

    /// A live trial.
    pub(crate) fn find(&self, id: u64) -> Option<Arc<Trial>> {
        self.registry().live.get(&id).map(|live| Arc::clone(&live.trial))
    }

    /// Closes a trial's ports and connections; when this returns nothing counts
    /// in it any more.
    pub(crate) async fn end(&self, id: u64) -> Option<Arc<Trial>> {
        let live = self.registry().live.remove(&id)?;
        let Live { trial, accepting, stop, .. } = live;
        drop(stop);
        accepting.join_all().await;
        Some(trial)
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        // Every change is one insertion or removal, complete before a panic.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
