//! What was measured of servers whose answers take queries.

use super::Service;
use crate::advise::curves::{name, processors};
use crate::crossover::WORKLOAD;
use crate::render::Model;
use crate::summary::{Cell, Status};
use crate::text;

/// Parameters of the plain sub-case: a cell that has others, and not as 0, asks something
/// else.
const PLAIN: [&str; 7] = ["connections", "queries", "bytes", "delay_us", "pool", "backlog", "laps"];

/// Somewhere among the measured cells, or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) queries: f64,
    pub(super) bytes: f64,
    pub(super) delay_s: f64,
    pub(super) clients: f64,
}

impl Place {
    pub(super) fn of(asked: &Service) -> Self {
        Self {
            queries: asked.queries as f64,
            bytes: asked.bytes as f64,
            delay_s: asked.delay_s,
            clients: asked.clients as f64,
        }
    }

    /// Queries and bytes: what a request asks for.
    pub(super) fn page(&self) -> (f64, f64) {
        (self.queries, self.bytes)
    }

    /// What a request takes that waits for no CPU.
    pub(super) fn response_s(&self, cost_s: f64, trip_s: f64) -> f64 {
        self.queries * (self.delay_s + trip_s) + cost_s
    }
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Site {
    pub(super) id: String,
    pub(super) place: Place,
    /// Connections to the database.
    pub(super) pool: f64,
    /// CPU time of a request.
    pub(super) cost_s: f64,
    pub(super) memory_bytes: f64,
    /// None where clients or database may have been the limit.
    pub(super) throughput_per_s: Option<f64>,
}

impl Site {
    /// Requests that are answered at once.
    pub(super) fn at_once(&self) -> f64 {
        self.place.clients.min(self.pool)
    }
}

/// All cells of a contestant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Server {
    pub(super) who: String,
    pub(super) style: String,
    /// CPUs that it can use.
    pub(super) processors: f64,
    pub(super) sites: Vec<Site>,
}

impl Server {
    /// Requests that are answered at once: the pool of connections to the database bounds
    /// them, and is as large as the largest that was measured.
    pub(super) fn at_once(&self, place: &Place) -> f64 {
        let pool = self.sites.iter().map(|site| site.pool).fold(1.0, f64::max);
        place.clients.min(pool)
    }
}

/// The servers of a run, in the order of its plan.
pub(super) fn servers(model: &Model<'_>) -> Vec<Server> {
    let mut servers: Vec<Server> = Vec::new();
    for cell in model.summary.cells.iter().filter(|cell| plain(cell)) {
        let Some(site) = site(cell) else { continue };
        let who = name(&cell.id);
        match servers.iter_mut().find(|server| server.who == who) {
            Some(server) => server.sites.push(site),
            None => servers.push(Server {
                who,
                style: text::short(&cell.style, 30),
                processors: processors(model, cell),
                sites: vec![site],
            }),
        }
    }
    servers
}

fn plain(cell: &Cell) -> bool {
    let counts = cell.n > 0 && matches!(cell.status, Status::Valid | Status::Degraded);
    let mut parameters = cell.parameters.iter();
    cell.workload == WORKLOAD
        && counts
        && parameters.all(|(name, value)| PLAIN.contains(&name.as_str()) || *value == 0)
}

/// None of what takes no query, or was not measured.
fn site(cell: &Cell) -> Option<Site> {
    let parameter = |name: &str| cell.parameters.get(name).map(|value| *value as f64);
    let metric = |name: &str| cell.metrics.get(name).map(|spread| spread.median);
    let above = |value: &f64| *value > 0.0;
    Some(Site {
        id: cell.id.clone(),
        place: Place {
            queries: parameter("queries").filter(above)?,
            bytes: parameter("bytes")?,
            delay_s: parameter("delay_us").filter(above)? / 1e6,
            clients: parameter("connections").filter(above)?,
        },
        pool: parameter("pool").filter(above)?,
        cost_s: metric("cpu_us_per_op").filter(above)? / 1e6,
        memory_bytes: metric("peak_rss_bytes").filter(above)?,
        throughput_per_s: metric("throughput_per_s").filter(|_| cell.limited.is_none()),
    })
}
