//! What the measured servers say of a service: so many queries and bytes a request, from
//! so many clients, at a rate, within some memory.
//!
//! A request costs `S`, the CPU time that measured pages have for their queries and bytes
//! ([`cost`]); each of its `N` queries waits `W` and the way there and back `r`, and `k`
//! requests are answered at once: as many as there are clients, and at most as many as
//! there are connections to the database. A server then reaches
//! `min(k / (N·(W + r) + S), P/S)`, the bounds of [`super::model`].

mod cost;
mod held_out;
mod sites;

use serde::Serialize;

use super::said::{Answered, Said, kept};
use super::{Bound, MOST_WRONG, Wrong, words};
use crate::render::Model;
use crate::text::{self, quantified, quantity, six_digits};
use cost::Costs;
use held_out::{Proven, proven};
use sites::{Place, Server, Site, servers};

/// A service that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Service {
    /// Queries of a request, one after the other.
    pub queries: u64,
    /// Bytes of an answer.
    pub bytes: u64,
    /// What each query waits, in seconds.
    pub delay_s: f64,
    /// Clients, each with one request at a time.
    pub clients: u64,
    /// Requests per second that are wanted.
    pub rate_per_s: Option<f64>,
    /// Memory that may be used.
    pub memory_bytes: Option<f64>,
}

/// What a server would do.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Served {
    /// Contestant, flavour and way.
    pub(crate) who: String,
    /// Idiom.
    pub(crate) style: String,
    /// CPU time of a request.
    pub(crate) cpu_us_per_request: f64,
    /// Requests per second that it can do; none where the model cannot say, because
    /// clients and database were the limit of what was measured.
    pub(crate) throughput_per_s: Option<f64>,
    /// What keeps it from more.
    pub(crate) bound: Option<Bound>,
    /// CPU that the wanted rate, or the throughput if that is less, takes, as a share of
    /// what the server can use.
    pub(crate) cpu_share: Option<f64>,
    /// Requests in flight at that rate, by Little's law.
    pub(crate) in_flight: Option<f64>,
    /// Memory; none where the model cannot say.
    pub(crate) memory_bytes: Option<f64>,
    /// Whether rate and memory are kept; none where that is not known.
    pub(crate) fits: Option<bool>,
    /// The nearest measured cell.
    pub(crate) cell: String,
    /// The model's error in CPU time on held-out cells of this server.
    pub(crate) cpu_wrong: Wrong,
    /// The same in throughput.
    pub(crate) throughput_wrong: Option<Wrong>,
    /// The same in memory.
    pub(crate) memory_wrong: Option<Wrong>,
}

impl Answered for Served {
    fn fits(&self) -> Option<bool> {
        self.fits
    }

    fn price(&self) -> f64 {
        self.cpu_us_per_request
    }

    fn wrong(&self) -> Vec<(&'static str, &Wrong)> {
        let all = [
            ("CPU", Some(&self.cpu_wrong)),
            ("throughput", self.throughput_wrong.as_ref()),
            ("memory", self.memory_wrong.as_ref()),
        ];
        all.into_iter().filter_map(|(what, wrong)| Some((what, wrong?))).collect()
    }
}

/// What a run says of a service.
pub(crate) fn service(model: &Model<'_>, asked: &Service) -> Said<Service, Served> {
    let each = servers(model).into_iter().map(|server| {
        let found = served(&server, asked);
        (server.who, found)
    });
    Said::of(model, asked, each)
}

/// What a server would do.
///
/// # Errors
/// Why that is not known, without a full stop.
fn served(server: &Server, asked: &Service) -> Result<Served, String> {
    let sites: Vec<&Site> = server.sites.iter().collect();
    let costs = Costs::of(&sites, server.processors).ok_or("no page with queries was measured")?;
    let place = Place::of(asked);
    costs.know(&place)?;
    let Proven { cpu, throughput, memory } = proven(server);
    let cpu_wrong = cpu.ok_or("no cell could be held out to know the error by")?;
    if cpu_wrong.most > MOST_WRONG {
        return Err(words::wrong_by(&cpu_wrong));
    }
    let cost = costs.at(&place).ok_or("no cost was measured")?;
    let throughput_wrong = throughput.filter(|wrong| wrong.most <= MOST_WRONG);
    let reached = throughput_wrong
        .as_ref()
        .filter(|_| place.clients <= costs.own_clients())
        .and_then(|_| Some(throughput_of(server, &place, cost, costs.trip_s()?)));
    let memory_wrong = memory.filter(|wrong| wrong.most <= MOST_WRONG);
    let memory = memory_wrong.as_ref().and_then(|_| costs.memory(&place)).map(six_digits);
    let most = server.processors / cost;
    let fast = asked.rate_per_s.map(|rate| match reached {
        Some((reached, _)) => Some(reached >= rate),
        None => (most < rate).then_some(false),
    });
    let small = asked.memory_bytes.map(|most| memory.map(|memory| memory <= most));
    let rate = match (asked.rate_per_s, reached) {
        (Some(rate), reached) => Some(rate.min(reached.map_or(most, |(reached, _)| reached))),
        (None, reached) => reached.map(|(reached, _)| reached),
    };
    let trip = costs.trip_s().filter(|_| reached.is_some());
    Ok(Served {
        who: server.who.clone(),
        style: server.style.clone(),
        cpu_us_per_request: six_digits(cost * 1e6),
        throughput_per_s: reached.map(|(reached, _)| six_digits(reached)),
        bound: reached.map(|(_, bound)| bound),
        cpu_share: rate.map(|rate| six_digits(rate * cost / server.processors)),
        in_flight: rate
            .zip(trip)
            .map(|(rate, trip)| six_digits(rate * place.response_s(cost, trip))),
        memory_bytes: memory,
        fits: kept([fast, small]),
        cell: costs.nearest(&place).map_or_else(String::new, |site| site.id.clone()),
        throughput_wrong: throughput_wrong.filter(|_| reached.is_some()),
        memory_wrong: memory_wrong.filter(|_| memory.is_some()),
        cpu_wrong,
    })
}

/// Requests per second of a server, and what bounds it.
fn throughput_of(server: &Server, place: &Place, cost_s: f64, trip_s: f64) -> (f64, Bound) {
    let waiting = server.at_once(place) / place.response_s(cost_s, trip_s);
    let cpu = server.processors / cost_s;
    if cpu < waiting { (cpu, Bound::Cpu) } else { (waiting, Bound::Waiting) }
}

/// What was asked, in words.
pub(crate) fn asked(service: &Service) -> String {
    let Service { queries, bytes, delay_s, clients, rate_per_s, memory_bytes } = service;
    let mut parts = vec![
        format!(
            "{} of {} and {} a request",
            words::count(*queries, "query", "queries"),
            quantified(quantity("_s"), *delay_s),
            quantified(quantity("_bytes"), *bytes as f64)
        ),
        words::count(*clients, "client", "clients"),
    ];
    parts.extend(words::bounds(*rate_per_s, *memory_bytes));
    parts.join(", ")
}

/// For a terminal.
pub(super) fn text(said: &Said<Service, Served>) -> String {
    let headings = [
        "server",
        "fits",
        "per second",
        "bound by",
        "CPU/request",
        "CPU busy",
        "in flight",
        "memory",
        "nearest cell",
    ];
    let known = |value: Option<String>| value.unwrap_or_else(|| words::NOT.to_string());
    let rows = said.answers.iter().map(|answer| {
        [
            answer.who.clone(),
            words::fits(answer.fits).to_string(),
            known(answer.throughput_per_s.map(|x| quantified(quantity("_per_s"), x))),
            known(answer.bound.map(|bound| words::bound(bound).to_string())),
            quantified(quantity("_us"), answer.cpu_us_per_request),
            known(answer.cpu_share.map(words::percent)),
            known(answer.in_flight.map(text::digits)),
            words::memory(answer.memory_bytes),
            answer.cell.clone(),
        ]
    });
    let model =
        "CPU time of a request by least squares over measured pages; Little's law for what waits.";
    let head = said.head(asked(&said.asked), model);
    words::page(head, headings, rows.collect(), None, &said.not_measured)
}
