//! What a request costs: a plane over queries and bytes, and a factor for the clients.

use triathlon_statistics::median;

use super::sites::{Place, Site};
use crate::advise::fit::{Plane, among};
use crate::advise::model::{FURTHER, IDLE_ENOUGH, LONGER, SHORTER, interpolated};

/// What is known of some cells of one server.
pub(super) struct Costs<'a> {
    sites: Vec<&'a Site>,
    /// CPUs that the server can use.
    processors: f64,
    /// Number of clients at which most pages were measured.
    clients: f64,
    /// Connections to the database.
    pool: f64,
    /// [`crowded`], and the logarithm of the factor to the cost at [`Self::clients`],
    /// ascending.
    crowd: Vec<(f64, f64)>,
    memory: Option<Plane<3>>,
}

impl<'a> Costs<'a> {
    /// Of some cells; none if there are none.
    pub(super) fn of(sites: &[&'a Site], processors: f64) -> Option<Self> {
        let count = |of: &dyn Fn(&Site) -> bool| sites.iter().filter(|site| of(site)).count();
        let most = |site: &Site| count(&|other| other.place.clients == site.place.clients);
        let clients = first_most(sites, most)?.place.clients;
        let sites = sites.to_vec();
        let pool = sites.iter().map(|site| site.pool).fold(1.0, f64::max);
        let memory = memory(&sites, pool);
        let mut costs = Self { sites, processors, clients, pool, crowd: Vec::new(), memory };
        costs.crowd = costs.crowd();
        Some(costs)
    }

    /// How the cost depends on clients: the cells of the page that was measured with most
    /// numbers of them, each as a ratio to what the plane says with the usual number.
    fn crowd(&self) -> Vec<(f64, f64)> {
        let alike = |a: &Site, b: &Site| {
            a.place.page() == b.place.page() && a.place.delay_s == b.place.delay_s
        };
        let count = |site: &Site| self.sites.iter().filter(|other| alike(site, other)).count();
        let swept = first_most(&self.sites, count);
        let mut crowd = vec![(crowded(self.clients, self.pool), 0.0)];
        for site in self.sites.iter().filter(|site| swept.is_some_and(|swept| alike(swept, site))) {
            let usual = self.plane(&site.place).map(|usual| (site.cost_s / usual).ln());
            if let Some(factor) = usual.filter(|_| site.place.clients != self.clients) {
                crowd.push((crowded(site.place.clients, self.pool), factor));
            }
        }
        crowd.sort_by(|a, b| a.0.total_cmp(&b.0));
        crowd
    }

    /// The cost at the usual number of clients: the plane over the pages of a wait.
    fn plane(&self, place: &Place) -> Option<f64> {
        let near = self.near(place)?;
        let points: Vec<_> =
            near.iter().map(|s| ([s.place.queries, s.place.bytes], s.cost_s)).collect();
        let cost = Plane::through(&points)?.at([place.queries, place.bytes]);
        Some(cost).filter(|cost| *cost > 0.0)
    }

    /// The cells of the usual number of clients that have the nearest of the waits whose
    /// pages surround this one.
    fn near(&self, place: &Place) -> Option<Vec<&'a Site>> {
        let far = |delay: f64| (delay.ln() - place.delay_s.ln()).abs();
        let mut delays: Vec<f64> = self.usual().map(|site| site.place.delay_s).collect();
        delays.retain(|delay| reaches(*delay, place.delay_s));
        delays.sort_by(|a, b| far(*a).total_cmp(&far(*b)));
        delays.dedup();
        let of = |delay: f64| -> Vec<&Site> {
            self.usual().filter(|site| site.place.delay_s == delay).collect()
        };
        let surround = |sites: &Vec<&Site>| {
            let pages: Vec<_> = sites.iter().map(|site| site.place.page()).collect();
            among(&pages, place.page())
        };
        delays.into_iter().map(of).find(surround)
    }

    fn usual(&self) -> impl Iterator<Item = &'a Site> {
        self.sites.iter().filter(|site| site.place.clients == self.clients).copied()
    }

    /// CPU time of a request.
    pub(super) fn at(&self, place: &Place) -> Option<f64> {
        let factor = interpolated(&self.crowd, crowded(place.clients, self.pool)).exp();
        Some(self.plane(place)? * factor)
    }

    /// Memory of the process.
    pub(super) fn memory(&self, place: &Place) -> Option<f64> {
        let value = self.memory?.at(held(place, self.pool));
        Some(value).filter(|value| *value > 0.0)
    }

    /// The way to the database and back, beyond the wait, of cells whose throughput is the
    /// server's own and bound by waiting.
    pub(super) fn trip_s(&self) -> Option<f64> {
        let trips = self.own().map(|(site, throughput)| {
            let response = site.at_once() / throughput;
            (response - site.cost_s) / site.place.queries - site.place.delay_s
        });
        median(&trips.collect::<Vec<f64>>()).map(|trip| trip.max(0.0))
    }

    fn own(&self) -> impl Iterator<Item = (&'a Site, f64)> {
        let own = |site: &&'a Site| Some((*site, site.throughput_per_s?));
        let idle = |(site, throughput): &(&Site, f64)| {
            throughput * site.cost_s / self.processors < IDLE_ENOUGH
        };
        self.sites.iter().filter_map(own).filter(idle)
    }

    /// Clients up to which a throughput can be said: beyond, nothing shows that the model
    /// still holds.
    pub(super) fn own_clients(&self) -> f64 {
        self.own().map(|(site, _)| site.place.clients).fold(0.0, f64::max) * FURTHER
    }

    /// The cell that is nearest in all that was asked for.
    pub(super) fn nearest(&self, place: &Place) -> Option<&'a Site> {
        let far = |site: &&&Site| {
            let Place { queries, bytes, delay_s, clients } = site.place;
            let each = [
                (queries, place.queries),
                (bytes, place.bytes),
                (delay_s, place.delay_s),
                (clients, place.clients),
            ];
            each.iter().map(|(own, asked)| ((own + 1e-9) / (asked + 1e-9)).ln().abs()).sum::<f64>()
        };
        self.sites.iter().min_by(|a, b| far(a).total_cmp(&far(b))).copied()
    }

    /// Whether so many clients were measured, or fewer and more that find as much: those
    /// who all have a connection to the database say nothing of those who queue up for one.
    fn knows(&self, clients: f64) -> bool {
        let at = crowded(clients, self.pool);
        let alike = || self.crowd.iter().map(|(own, _)| *own).filter(|x| (*x < 0.0) == (at < 0.0));
        alike().any(|own| own <= at) && alike().any(|own| own >= at)
    }

    /// Whether a place lies among what was measured.
    ///
    /// # Errors
    /// What was measured instead, without a full stop.
    pub(super) fn know(&self, place: &Place) -> Result<(), String> {
        let pairs = |of: fn(&Place) -> (f64, f64)| -> bool {
            let all: Vec<(f64, f64)> = self.sites.iter().map(|site| of(&site.place)).collect();
            among(&all, of(place))
        };
        let range = |of: fn(&Place) -> f64| {
            let all = self.sites.iter().map(|site| of(&site.place));
            all.fold((f64::INFINITY, 0.0), |(l, h): (f64, f64), v| (l.min(v), h.max(v)))
        };
        if !self.sites.iter().any(|site| reaches(site.place.delay_s, place.delay_s)) {
            let (shortest, longest) = range(|place| place.delay_s);
            let (low, high) = (shortest * 1e3, longest * 1e3);
            return Err(format!("measured with waits of {low} to {high} ms"));
        }
        let within = self.near(place).is_some()
            && self.knows(place.clients)
            && pairs(|place| (place.queries, place.clients.ln()))
            && pairs(|place| (place.bytes, place.clients.ln()));
        if within {
            return Ok(());
        }
        let say = |(low, high): (f64, f64), unit: f64| match low == high {
            true => format!("{}", low / unit),
            false => format!("{} to {}", low / unit, high / unit),
        };
        let queries = say(range(|place| place.queries), 1.0);
        let kib = say(range(|place| place.bytes), 1024.0);
        let clients = say(range(|place| place.clients), 1.0);
        Err(format!(
            "measured with {queries} queries, {kib} KiB and {clients} clients, and not with all of \
             these together"
        ))
    }
}

/// Where so many clients lie between others: as long as each finds a connection to the
/// database they share what a wake-up costs, so that the cost falls with 1/C (below 0); then
/// they queue up, and it changes with the logarithm (above 0).
fn crowded(clients: f64, pool: f64) -> f64 {
    if clients <= pool { -clients.recip() } else { (clients / pool).ln() }
}

/// Whether a cell with one wait says something of another.
fn reaches(measured_s: f64, asked_s: f64) -> bool {
    asked_s >= measured_s / SHORTER && asked_s <= measured_s * LONGER
}

/// What memory depends on: requests that are answered at once, clients, and the bytes of
/// all their answers.
fn held(place: &Place, pool: f64) -> [f64; 3] {
    [place.clients.min(pool), place.clients, place.clients * place.bytes]
}

fn memory(sites: &[&Site], pool: f64) -> Option<Plane<3>> {
    let points: Vec<_> =
        sites.iter().map(|site| (held(&site.place, pool), site.memory_bytes)).collect();
    Plane::through(&points)
}

/// The first of those of which there is most.
fn first_most<'a>(sites: &[&'a Site], most: impl Fn(&Site) -> usize) -> Option<&'a Site> {
    let mut found: Option<(&Site, usize)> = None;
    for site in sites {
        let count = most(site);
        if found.is_none_or(|(_, before)| count > before) {
            found = Some((site, count));
        }
    }
    found.map(|(site, _)| site)
}
