//! How fast can what is in flight be given up?

use std::net::SocketAddr;
use std::time::Duration;

use crate::mix::mix;
use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{
    Abandoned, Connect, Contestant, Document, Entry, Expected, Received, Setting, body, http,
};

/// Cycles: N requests are brought into flight, then all of them are given up.
///
/// The head of each answer comes at once and its body half a minute later. Whoever has
/// the head knows that the server has its request, and waits for the rest; when all do,
/// they are cancelled. A connection of which a response is outstanding is of no use to
/// anybody else, so every cycle opens its own.
///
/// No slices: while a contestant is stopped, the kernel ends its connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// Requests in flight when all are given up, each on a connection of its own.
    pub in_flight: u64,
    /// Consecutive addresses of the server, dealt out to the requests in turn: whoever
    /// closes first keeps its port for a minute.
    pub addresses: u64,
    /// Cycles.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    (in_flight, addresses): (u64, u64),
    laps: u64,
    include: Include,
) -> Preset<Cancel> {
    Preset { name, work: Cancel { in_flight, addresses, laps }, include }
}

/// No more than 2 100 connections to one address and 30 000 in one execution. The largest
/// would leave a quarter of a million sockets in TIME_WAIT in one round, so it is measured
/// when it is asked for.
static PRESETS: [Preset<Cancel>; 3] = [
    preset("n100", (100, 1), 20, Include::Thorough),
    preset("n1000", (1000, 4), 4, Include::Thorough),
    preset("n10000", (10_000, 16), 2, Include::ByFilter),
];

/// Cycles before the window: stacks, tasks and buffers have been used once.
pub const WARM_UP: u64 = 1;

/// Requests that are answered before that: whatever a runtime starts at first use is
/// there when descriptors and threads are first counted.
const ANSWERED: u64 = 1;

/// Bytes of their bodies.
const BODY_BYTES: u64 = 1;

/// How long the body lets wait for itself: longer than anything in a cycle.
const BODY_AFTER: Duration = Duration::from_secs(30);

/// What one request takes from connecting to being closed, both sides on one CPU each;
/// a figure for planning only.
const PER_REQUEST: Duration = Duration::from_micros(80);

/// What a request adds to the account once the head of its answer has come: each must
/// have waited, and once a cycle.
#[inline]
pub fn waits(index: u64) -> Received {
    Received { status: 200, bytes: 0, hash: mix(index) }
}

impl Cancel {
    /// What precedes the window.
    #[must_use]
    pub fn warm_up(&self) -> Self {
        self.with_laps(WARM_UP)
    }

    /// Where each request goes, if the trial's first address is `server`.
    pub fn addresses_of(&self, server: SocketAddr) -> Vec<SocketAddr> {
        self.connecting().addresses_of(server)
    }

    /// Bytes of a request whose body does not come.
    pub fn request(&self, server: SocketAddr) -> Vec<u8> {
        http::get(&format!("/drip/1/1/{}", BODY_AFTER.as_micros()), &server.to_string())
    }

    /// Bytes of the request that is answered, before the first cycle.
    pub fn warm_up_request(&self, server: SocketAddr) -> Vec<u8> {
        http::get(&Document::Bytes(BODY_BYTES).path(), &server.to_string())
    }

    /// Checks that descriptors, threads and ports suffice.
    ///
    /// # Errors
    /// The limit that binds, as a sentence for the report.
    pub fn fits(&self, setting: &Setting, threads: u64) -> Result<(), String> {
        setting.fits(self.in_flight + ANSWERED, threads)?;
        setting.fits_ports(self.in_flight.div_ceil(self.addresses) * (self.laps + WARM_UP))
    }

    /// The same connections, as they are opened.
    fn connecting(&self) -> Connect {
        let Self { in_flight, addresses, laps } = *self;
        Connect { in_flight, body_bytes: BODY_BYTES, addresses, laps }
    }
}

impl Workload for Cancel {
    type Task = Self;

    const NAME: &'static str = "cancel";
    const CATEGORY: Category = Category::Runtime;
    const QUESTION: &'static str =
        "How fast can requests in flight be given up, and is anything left of them?";
    const TIMED: &'static str = "Giving up: from the call that cancels the first of N requests in flight until all tasks or \
         threads are joined and the kernel lists as many descriptors and threads of the process as \
         before the cycle (/proc/self/fd and /proc/self/task); all N together, not each. A request is in \
         flight when the head of its answer has come; the body would come half a minute later. \
         Whoever cancels does it as the style does: tasks are aborted or cancelled, threads find \
         their socket shut down. Elapsed time, throughput, CPU time, switches and service times are \
         those of whole cycles, divided by their requests: spawning, connecting, sending and the \
         head lie inside the window and outside of giving up. One request that is answered and one \
         cycle precede the window. An execution fails if a request completes all the same, or a \
         descriptor or a thread is left of a cycle. blocking and rayon are absent.";
    const OPERATION: &'static str = "request";
    const BESIDE: Option<&'static str> = Some("cancellation");
    const CHART: Chart = Chart {
        over: "in_flight",
        over_label: "requests given up at once",
        panel: "warm_up",
        panel_label: "cycles before the window",
        panel_zero: "",
        metric: "giving_up_mean_us",
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

    /// A sample is a cycle.
    fn per_sample(&self) -> u64 {
        self.in_flight
    }

    fn expects(&self, _concurrency: u64) -> Expected {
        let cycles = self.laps + WARM_UP;
        let given_up = self.in_flight * cycles;
        let cycle = (0..self.in_flight).map(mix).fold(0, u64::wrapping_add);
        let answer = body::hash(&body::bytes(BODY_BYTES as usize));
        Expected {
            ok: given_up + ANSWERED,
            samples: self.laps,
            bytes: ANSWERED * BODY_BYTES,
            checksum: cycle.wrapping_mul(cycles).wrapping_add(answer),
            connections: given_up + ANSWERED,
            // All of them wait when the first is given up.
            peak_low: self.in_flight,
            // The server may not have seen that the last cycle's clients are gone.
            peak_high: given_up,
            queued_high: 0,
            websocket: None,
            abandoned: Some(Abandoned { timed_out: 0, given_up, timed: self.laps, closed: 0 }),
        }
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.in_flight)
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        Duration::ZERO
    }

    fn per_operation(&self) -> Option<Duration> {
        Some(PER_REQUEST)
    }

    fn addresses(&self) -> u64 {
        self.addresses
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("in_flight", self.in_flight),
            ("addresses", self.addresses),
            ("warm_up", WARM_UP),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.cancel
    }
}

#[cfg(test)]
mod tests {
    use super::{ANSWERED, Cancel, PRESETS, waits};
    use crate::{Limits, Login, Pace, Setting, Tally, Workload};

    fn work(in_flight: u64, addresses: u64, laps: u64) -> Cancel {
        Cancel { in_flight, addresses, laps }
    }

    #[test]
    fn every_request_of_every_cycle_is_given_up_and_one_before_them_is_answered() {
        let expected = work(50, 1, 4).expects(50);
        assert_eq!((expected.ok, expected.connections), (50 * 5 + 1, 50 * 5 + 1));
        assert_eq!((expected.samples, expected.bytes), (4, 1));
        assert_eq!((expected.peak_low, expected.peak_high), (50, 250));
        let abandoned = expected.abandoned.unwrap();
        assert_eq!((abandoned.given_up, abandoned.timed, abandoned.closed), (250, 4, 0));
        assert_eq!(abandoned.timed_out, 0, "no deadline passes");
    }

    /// A request that did not wait, or waited for two, shows.
    #[test]
    fn the_sum_says_which_requests_waited() {
        let sum = |indices: &[u64]| {
            let mut tally = Tally::default();
            indices.iter().for_each(|index| tally.add(waits(*index)));
            tally.checksum
        };
        let [one, two] = [1, 2].map(|laps| work(3, 1, laps).expects(3).checksum);
        let cycle = two.wrapping_sub(one);
        assert_eq!(cycle, sum(&[2, 0, 1]));
        assert_ne!(cycle, sum(&[0, 1, 1]));
    }

    #[test]
    fn requests_share_the_addresses_in_turn() {
        let addresses = work(5, 2, 1).addresses_of("127.0.0.1:4000".parse().unwrap());
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let (one, two) = ("127.0.0.1:4000", "127.0.0.2:4000");
        assert_eq!(addresses, [one, two, one, two, one]);
    }

    #[test]
    fn presets_leave_ports_for_others() {
        for preset in &PRESETS {
            let Cancel { in_flight, addresses, laps } = preset.work;
            assert_eq!(preset.name, format!("n{in_flight}"));
            assert!((1..=16).contains(&addresses) && in_flight % addresses == 0, "{in_flight}");
            assert!(in_flight / addresses * (laps + 1) <= 2100, "{in_flight} to one address");
            assert!(in_flight * (laps + 1) <= 30_000, "{in_flight} in one execution");
            assert_eq!((preset.work.slice(), preset.work.ceiling()), (None, None));
        }
    }

    #[test]
    fn descriptors_threads_and_ports_bind() {
        let check = |work: Cancel, threads, want: Option<&str>| {
            let setting = Setting {
                server: "127.0.0.1:1".parse().unwrap(),
                workers: 1,
                flavour: "",
                limits: Limits { descriptors: 1000, threads: 900, ports: 2000, ..Limits::NONE },
                pace: Pace::default(),
                login: Login::default(),
                files: None,
            };
            let reason = work.fits(&setting, threads).err();
            assert_eq!(reason.is_some(), want.is_some(), "{reason:?}");
            assert!(reason.unwrap_or_default().contains(want.unwrap_or_default()));
        };
        check(work(936 - ANSWERED, 1, 1), 1, None);
        check(work(936, 1, 1), 1, Some("1001 descriptors"));
        check(work(900, 1, 1), 901, Some("901 threads"));
        check(work(484, 1, 3), 1, None);
        check(work(485, 1, 3), 1, Some("2004 ports for one address"));
    }
}
