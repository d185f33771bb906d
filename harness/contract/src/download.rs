//! Stream big bodies: what does a MiB cost?

use std::net::SocketAddr;
use std::time::Duration;

use triathlon_lab::{Clock, Lane, Sample};

use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Document, Entry, Expected, body, http};

/// The operation.
const MIB: u64 = 1 << 20;

/// Body of the first request on each connection: enough to touch its buffer
/// and to open its TCP window.
const WARM_UP_BYTES: u64 = MIB;

/// What reading and hashing a MiB is planned to take, both sides on one CPU each.
const PER_MIB: Duration = Duration::from_micros(300);

/// A closed loop over keep-alive connections: each fetches one body again and
/// again and hashes it while it comes, through a bounded buffer.
#[derive(Clone, Debug)]
pub struct Download {
    /// Keep-alive connections.
    pub connections: u64,
    /// Bytes of each body, whole MiB.
    pub body_bytes: u64,
    /// Bodies on each connection.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    connections: u64,
    body_mib: u64,
    laps: u64,
    include: Include,
) -> Preset<Download> {
    Preset { name, work: Download { connections, body_bytes: body_mib * MIB, laps }, include }
}

/// Laps give a window of some 0.3 s to 0.5 s on a machine of 2026.
static PRESETS: [Preset<Download>; 4] = [
    preset("c1-1mib", 1, 1, 640, Include::Thorough),
    preset("c16-1mib", 16, 1, 40, Include::Headline),
    preset("c1-64mib", 1, 64, 10, Include::Thorough),
    preset("c16-64mib", 16, 64, 1, Include::ByFilter),
];

impl Download {
    /// Bytes that every style has for what comes on a connection; a read takes no
    /// more.
    pub const BUFFER_BYTES: usize = 64 * 1024;

    /// Samples of each connection: one for every MiB.
    pub fn samples_per_connection(&self) -> u64 {
        self.laps * (self.body_bytes / MIB)
    }

    /// Bytes of one request.
    pub fn request(&self, server: SocketAddr) -> Vec<u8> {
        request(self.body_bytes, server)
    }

    /// Bytes of the requests before the window on one of the connections, which
    /// count from 0. The first asks for the whole body, too: the server makes it
    /// when it is asked for the first time.
    pub fn warm_up_requests(&self, connection: u64, server: SocketAddr) -> Vec<Vec<u8>> {
        let mut requests = vec![request(WARM_UP_BYTES, server)];
        if connection == 0 {
            requests.push(self.request(server));
        }
        requests
    }
}

fn request(bytes: u64, server: SocketAddr) -> Vec<u8> {
    http::get(&Document::Bytes(bytes).path(), &server.to_string())
}

/// Logs each MiB of a body as soon as it has come: it starts when the one before
/// it was complete, the first one just before the request is sent.
#[derive(Clone, Copy, Debug)]
pub struct Mebibytes {
    started_ns: u64,
    logged: u64,
}

impl Mebibytes {
    /// For one body, before it is asked for.
    #[inline]
    pub fn start(clock: Clock) -> Self {
        Self { started_ns: clock.now_ns(), logged: 0 }
    }

    /// Logs what has become complete when so many bytes of the body have come.
    #[inline]
    pub fn log(&mut self, come: u64, clock: Clock, lane: &mut Lane) {
        while self.logged < come / MIB {
            let done_ns = clock.now_ns();
            lane.log(Sample::closed(self.started_ns, done_ns));
            self.started_ns = done_ns;
            self.logged += 1;
        }
    }
}

impl Workload for Download {
    type Task = Self;

    const NAME: &'static str = "download";
    const CATEGORY: Category = Category::Network;
    const QUESTION: &'static str =
        "What does a MiB cost when big bodies are streamed through bounded buffers?";
    const TIMED: &'static str = "Closed loop: each of C connections reads a body into a buffer of 64 KiB, hashes it while \
         it comes, and asks for the next when it is complete and verified. The operation is one MiB; \
         its service time starts when the MiB before it was complete, that of a body's first just \
         before the request. Connecting, one MiB on each connection, the whole body once on the \
         first, and starting threads lie before the window; spawning tasks and joining everything \
         lie inside. Buffers of the kernel are not in peak memory. There is no null ceiling: how busy \
         the server was says what the pair did.";
    const OPERATION: &'static str = "MiB";
    const CHART: Chart = Chart {
        over: "connections",
        over_label: "connections (C)",
        panel: "body_bytes",
        panel_label: "size of each body, B",
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
        self.connections * self.samples_per_connection()
    }

    fn expects(&self, concurrency: u64) -> Expected {
        let warm_ups = self.connections;
        let bodies = self.connections * self.laps + 1;
        let hashed = |bytes, count| body::hash_of_bytes(bytes).wrapping_mul(count);
        Expected {
            ok: warm_ups + bodies,
            samples: self.operations(),
            bytes: warm_ups * WARM_UP_BYTES + bodies * self.body_bytes,
            checksum: hashed(WARM_UP_BYTES, warm_ups).wrapping_add(hashed(self.body_bytes, bodies)),
            connections: self.connections,
            // The server counts a response as given when its head is on its way.
            peak_low: 1,
            peak_high: concurrency.min(self.connections),
            queued_high: 0,
            websocket: None,
            abandoned: None,
        }
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.connections)
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        Duration::ZERO
    }

    fn computes(&self) -> Duration {
        PER_MIB.saturating_mul(self.operations().try_into().unwrap_or(u32::MAX))
    }

    // No `slice`: what a stop does here has not been tried. All contestants of a
    // preset would be alive at once, each with megabytes in the socket buffers of
    // every connection, and there is a limit to those of the whole machine
    // (`tcp_mem`) near which the kernel narrows the windows of all.

    // No `ceiling`: the bare generator reads into 8 KiB and counts requests. What
    // it reached would be lower than a contestant with larger reads, and not in MiB.

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("connections", self.connections),
            ("body_bytes", self.body_bytes),
            ("buffer_bytes", Self::BUFFER_BYTES as u64),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.download
    }
}

#[cfg(test)]
mod tests {
    use super::{Download, MIB, Mebibytes};
    use crate::{Workload, body};
    use triathlon_lab::Lab;

    #[test]
    fn every_body_and_what_precedes_them_is_expected() {
        let work = Download { connections: 3, body_bytes: 2 * MIB, laps: 5 };
        let server = "127.0.0.1:1".parse().unwrap();
        let before: usize = (0..3).map(|index| work.warm_up_requests(index, server).len()).sum();
        let expected = work.expects(16);
        assert_eq!((expected.ok, before), (15 + 4, 4));
        assert_eq!((expected.samples, expected.bytes), (30, (15 * 2 + 3 + 2) * MIB));
        assert_eq!((expected.connections, expected.peak_low, expected.peak_high), (3, 1, 3));
        let [small, whole] = [1, 2].map(|mib| body::hash(&body::bytes(mib << 20)));
        let want = small.wrapping_mul(3).wrapping_add(whole.wrapping_mul(16));
        assert_eq!(expected.checksum, want);
        assert_eq!(work.expects(1).peak_high, 1);
    }

    #[test]
    fn the_first_connection_asks_for_the_whole_body_before_the_window() {
        let work = Download { connections: 2, body_bytes: 64 * MIB, laps: 1 };
        let server = "127.0.0.1:1".parse().unwrap();
        let [first, second] = [0, 1].map(|index| work.warm_up_requests(index, server));
        assert_eq!((first.len(), &first[1]), (2, &work.request(server)));
        assert_eq!(second, first[..1]);
        assert!(first[0].starts_with(b"GET /bytes/1048576 "));
    }

    #[test]
    fn bodies_are_whole_mebibytes_and_longer_than_a_buffer() {
        for preset in Download::presets() {
            let bytes = preset.work.body_bytes;
            assert_eq!(bytes % MIB, 0, "{}", preset.name);
            assert!(bytes > Download::BUFFER_BYTES as u64, "{}", preset.name);
            assert_eq!(preset.work.samples_per_connection(), preset.work.laps * bytes / MIB);
        }
    }

    #[test]
    fn a_mebibyte_starts_where_the_one_before_it_ends() {
        let mut lab = Lab::new(None);
        let (clock, mut lane) = (lab.clock(), lab.lane(3));
        lab.open();
        let mut mebibytes = Mebibytes::start(clock);
        for (come, logged) in [(0, 0), (MIB - 1, 0), (MIB, 1), (MIB + 1, 1), (3 * MIB, 3)] {
            mebibytes.log(come, clock, &mut lane);
            assert_eq!(lane.samples().len(), logged, "{come}");
        }
        let edges = lane.samples().windows(2);
        assert!(edges.clone().all(|pair| pair[0].done_ns == pair[1].started_ns));
        assert_eq!(edges.count(), 2);
        lab.close([lane]);
    }
}
