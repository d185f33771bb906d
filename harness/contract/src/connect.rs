//! What does a new connection per request cost?

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Ceiling, Contestant, Document, Entry, Expected, Setting, body, http};

/// A closed loop without keep-alive: each of C loops connects, sends one
/// request, reads the whole response, closes, and begins again.
///
/// The client closes first, so that its side of each connection stays in
/// TIME_WAIT and holds its port for a minute; the server would keep the
/// connection alive.
///
/// No slices: while a contestant is stopped, the kernel goes on with its
/// handshakes and ends its connections, so that it would find done what it
/// pays for otherwise.
#[derive(Clone, Debug)]
pub struct Connect {
    /// Loops side by side.
    pub in_flight: u64,
    /// Bytes of each body.
    pub body_bytes: u64,
    /// Consecutive addresses of the server, dealt out to the loops in turn: a
    /// port is taken only for the address that it was connected to.
    pub addresses: u64,
    /// Connections of each loop, one after the other.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    in_flight: u64,
    addresses: u64,
    laps: u64,
    include: Include,
) -> Preset<Connect> {
    Preset { name, work: Connect { in_flight, body_bytes: 128, addresses, laps }, include }
}

/// Laps give a window of some 0.2 s to 0.4 s on a machine of 2026.
static PRESETS: [Preset<Connect>; 3] = [
    preset("c1", 1, 1, 2000, Include::Thorough),
    preset("c16", 16, 4, 250, Include::ByFilter),
    preset("c64", 64, 4, 60, Include::Headline),
];

/// Connections that each loop makes before the window.
const WARM_UP: u64 = 1;

/// What one connection takes beside its request, both sides on one CPU each; a
/// figure for planning only.
const PER_CONNECTION: Duration = Duration::from_micros(50);

impl Connect {
    /// Where loop `index` connects to, if the trial's first address is `server`.
    pub fn address(&self, server: SocketAddr, index: u64) -> SocketAddr {
        match server.ip() {
            IpAddr::V4(first) => {
                let step = (index % self.addresses) as u32;
                let ip = Ipv4Addr::from_bits(first.to_bits().wrapping_add(step));
                SocketAddr::from((ip, server.port()))
            }
            // The mock server has several addresses on IPv4 only.
            IpAddr::V6(_) => server,
        }
    }

    /// The address of every loop.
    pub fn addresses_of(&self, server: SocketAddr) -> Vec<SocketAddr> {
        (0..self.in_flight).map(|index| self.address(server, index)).collect()
    }

    /// Bytes of one request, the same for all loops and for the warm-up.
    pub fn request(&self, server: SocketAddr) -> Vec<u8> {
        http::get(&Document::Bytes(self.body_bytes).path(), &server.to_string())
    }

    /// Connections to the address that has most, warm-up included.
    fn to_one_address(&self) -> u64 {
        self.in_flight.div_ceil(self.addresses) * (self.laps + WARM_UP)
    }

    /// Checks that descriptors, threads and ports suffice.
    ///
    /// # Errors
    /// The limit that binds, as a sentence for the report.
    pub fn fits(&self, setting: &Setting, threads: u64) -> Result<(), String> {
        setting.fits(self.in_flight, threads)?;
        setting.fits_ports(self.to_one_address())
    }
}

impl Workload for Connect {
    type Task = Self;

    const NAME: &'static str = "connect";
    const CATEGORY: Category = Category::Network;
    const QUESTION: &'static str = "What does a new connection per request cost?";
    const TIMED: &'static str = "Closed loop without keep-alive: each of C loops connects, sends one GET, reads the \
         whole response, closes, and begins again. The client closes first, so TIME_WAIT is on its \
         side. One such connection per loop and starting threads lie before the window; spawning \
         tasks and joining everything lie inside. Service times begin before connecting and end after \
         closing; those of a closed loop say nothing about response times under load.";
    const OPERATION: &'static str = "connection";
    const CHART: Chart = Chart {
        over: "in_flight",
        over_label: "loops side by side (C)",
        panel: "body_bytes",
        panel_label: "body, B",
        panel_zero: "",
        metric: "cpu_us_per_op",
    };
    const SERVER: bool = true;

    fn presets() -> &'static [Preset<Self>] {
        &PRESETS
    }

    fn with_laps(&self, laps: u64) -> Self {
        Self { laps, ..self.clone() }
    }

    fn laps(&self) -> u64 {
        self.laps
    }

    fn operations(&self) -> u64 {
        self.in_flight * self.laps
    }

    fn expects(&self, concurrency: u64) -> Expected {
        let samples = self.operations();
        let ok = samples + self.in_flight * WARM_UP;
        let hash = body::hash(&body::bytes(self.body_bytes as usize));
        Expected {
            ok,
            samples,
            bytes: ok * self.body_bytes,
            checksum: hash.wrapping_mul(ok),
            connections: ok,
            // Without a delay nothing need overlap at the server.
            peak_low: 1,
            peak_high: concurrency.min(self.in_flight),
            queued_high: 0,
            websocket: None,
            abandoned: None,
        }
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.in_flight)
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        Duration::ZERO
    }

    fn computes(&self) -> Duration {
        PER_CONNECTION.mul_f64(self.operations() as f64)
    }

    fn addresses(&self) -> u64 {
        self.addresses
    }

    /// None: the bare generator keeps its connections alive, so what it reaches
    /// is no yardstick for those who open one for each request. A busy server
    /// still marks a row as pair-limited.
    fn ceiling(&self) -> Option<Ceiling> {
        None
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("in_flight", self.in_flight),
            ("body_bytes", self.body_bytes),
            ("addresses", self.addresses),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.connect
    }
}

#[cfg(test)]
mod tests {
    use super::{Connect, PRESETS};
    use crate::{Limits, Login, Pace, Setting, Workload};

    fn work(in_flight: u64, addresses: u64, laps: u64) -> Connect {
        Connect { in_flight, body_bytes: 128, addresses, laps }
    }

    #[test]
    fn every_request_has_a_connection_of_its_own_and_so_has_the_warm_up() {
        let expected = work(64, 4, 60).expects(64);
        assert_eq!((expected.ok, expected.samples), (64 * 61, 64 * 60));
        assert_eq!((expected.connections, expected.bytes), (64 * 61, 64 * 61 * 128));
        assert_eq!((expected.peak_low, expected.peak_high), (1, 64));
        assert_eq!(work(64, 4, 60).expects(1).peak_high, 1);
        assert_eq!(work(4, 4, 60).expects(64).peak_high, 4);
    }

    #[test]
    fn loops_share_the_addresses_in_turn() {
        let server = "127.0.0.1:4000".parse().unwrap();
        let of = |work: Connect| -> Vec<String> {
            work.addresses_of(server).iter().map(ToString::to_string).collect()
        };
        let three = ["127.0.0.1:4000", "127.0.0.2:4000", "127.0.0.3:4000"];
        assert_eq!(of(work(5, 3, 1)), [three[0], three[1], three[2], three[0], three[1]]);
        assert_eq!(of(work(2, 1, 1)), [three[0]; 2]);
        let last = "127.0.0.255:4000".parse().unwrap();
        assert_eq!(work(2, 2, 1).address(last, 1).to_string(), "127.0.1.0:4000");
        let other = "[::1]:4000".parse().unwrap();
        assert_eq!(work(2, 2, 1).address(other, 1), other);
    }

    /// So that an address has an equal share of the connections, as the count of
    /// ports supposes.
    #[test]
    fn presets_deal_out_their_loops_evenly_and_within_what_a_trial_listens_on() {
        for preset in &PRESETS {
            let Connect { in_flight, addresses, .. } = preset.work;
            assert!((1..=16).contains(&addresses), "{}", preset.name);
            assert_eq!(in_flight % addresses, 0, "{}", preset.name);
            assert_eq!(preset.work.slice(), None, "{}", preset.name);
            assert_eq!(preset.work.ceiling(), None, "{}", preset.name);
        }
    }

    #[test]
    fn a_port_is_held_by_every_connection_to_the_same_address() {
        let check = |work: Connect, ports, want: Result<(), &str>| {
            let setting = Setting {
                server: "127.0.0.1:1".parse().unwrap(),
                workers: 1,
                flavour: "",
                limits: Limits { descriptors: 1000, threads: 1000, ports, ..Limits::NONE },
                pace: Pace::default(),
                login: Login::default(),
                files: None,
            };
            let got = work.fits(&setting, 1);
            match want {
                Ok(()) => assert_eq!(got, Ok(())),
                Err(words) => assert!(got.as_ref().unwrap_err().contains(words), "{got:?}"),
            }
        };
        // 64 are spare: others listen there.
        check(work(1, 1, 935), 1000, Ok(()));
        check(work(1, 1, 936), 1000, Err("needs 1001 ports for one address"));
        check(work(16, 4, 233), 1000, Ok(()));
        check(work(16, 4, 234), 1000, Err("ip_local_port_range here has 1000"));
        check(work(1000, 1, 1), 100_000, Err("1064 descriptors"));
    }
}
