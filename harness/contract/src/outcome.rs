//! What a cell says it did, what it should have done, what the server saw.

use crate::{Abandoned, QueryCounts, Received, Shares, SlowClients, SocketCounts};

/// Running count of one task or connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Complete responses with status 200.
    pub ok: u64,
    /// Complete responses with another status.
    pub failed: u64,
    /// Requests given up when a read or write had taken too long.
    pub timed_out: u64,
    /// Bytes of the bodies of `ok`.
    pub bytes: u64,
    /// Wrapping sum of the hashes of the bodies of `ok`; order does not matter.
    pub checksum: u64,
    /// Connections opened.
    pub connections: u64,
}

impl Tally {
    /// Counts one response.
    #[inline]
    pub fn add(&mut self, received: Received) {
        if received.status == 200 {
            self.ok += 1;
            self.bytes += received.bytes;
            self.checksum = self.checksum.wrapping_add(received.hash);
        } else {
            self.failed += 1;
        }
    }

    /// Counts what was computed of a response that is counted already.
    #[inline]
    pub fn add_digest(&mut self, digest: u64) {
        self.checksum = self.checksum.wrapping_add(digest);
    }

    /// Adds what another task counted.
    pub fn merge(&mut self, other: Self) {
        self.ok += other.ok;
        self.failed += other.failed;
        self.timed_out += other.timed_out;
        self.bytes += other.bytes;
        self.checksum = self.checksum.wrapping_add(other.checksum);
        self.connections += other.connections;
    }
}

/// What a cell did, warm-up included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Operations that ended well.
    pub ok: u64,
    /// Operations that ended with an error.
    pub failed: u64,
    /// Operations given up after a deadline.
    pub timed_out: u64,
    /// Operations refused before they started.
    pub shed: u64,
    /// Operations still in flight at the end.
    pub unfinished: u64,
    /// Bytes of all bodies.
    pub bytes: u64,
    /// Wrapping sum of the hashes of all bodies.
    pub checksum: u64,
    /// Connections opened.
    pub connections: u64,
    /// Threads that did the work, read back from runtime or pool.
    pub workers: u64,
    /// Most items that were made and not taken in yet, where items queue.
    pub queued_peak: u64,
    /// How unequally those had their turns who contend for one thing.
    pub shares: Option<Shares>,
    /// What became of healthy and slow clients, where some are slow.
    pub slow: Option<SlowClients>,
}

impl Outcome {
    /// The outcome of a closed loop, where nothing is shed or left.
    pub fn closed(tally: Tally, workers: u64) -> Self {
        let Tally { ok, failed, timed_out, bytes, checksum, connections } = tally;
        Self {
            ok,
            failed,
            timed_out,
            bytes,
            checksum,
            connections,
            workers,
            shed: 0,
            unfinished: 0,
            queued_peak: 0,
            shares: None,
            slow: None,
        }
    }
}

/// What must come out, warm-up included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Operations, all of them well.
    pub ok: u64,
    /// Operations inside the window, each with one sample.
    pub samples: u64,
    /// Bytes of all bodies.
    pub bytes: u64,
    /// Wrapping sum of the hashes of all bodies.
    pub checksum: u64,
    /// Connections opened.
    pub connections: u64,
    /// Least peak in flight at the server that proves overlap.
    pub peak_low: u64,
    /// Most that may be in flight at the server.
    pub peak_high: u64,
    /// Most items that may be made and not taken in yet; 0 where nothing queues.
    pub queued_high: u64,
    /// What the server must count over web sockets; no demand where there are none.
    pub websocket: Option<SocketCounts>,
    /// What must be given up instead of awaited; nothing where everything is answered.
    pub abandoned: Option<Abandoned>,
}

/// What the mock server counted in the trial of this execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// Requests that arrived complete.
    pub requests: u64,
    /// Bytes of the bodies sent.
    pub bytes: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Most requests in flight at once.
    pub peak_in_flight: u64,
    /// Requests that were answered with a 4xx or were no HTTP, and web sockets that
    /// broke the protocol.
    pub bad_requests: u64,
    /// Requests whose client was gone before all of their answer was due.
    pub given_up: u64,
    /// What went over web sockets, if there were any.
    pub websocket: Option<SocketCounts>,
    /// What was asked of it as a database, if it was one.
    pub database: Option<QueryCounts>,
}

/// Compares the three accounts and the workers read back; two accounts where
/// no server takes part.
///
/// # Errors
/// One sentence with every difference; the execution is then a failure and
/// never a fast result.
pub fn agree(
    expected: &Expected,
    workers: u64,
    outcome: &Outcome,
    samples: u64,
    witness: Option<&Witness>,
) -> Result<(), String> {
    let timed_out = expected.abandoned.map_or(0, |abandoned| abandoned.timed_out);
    let mut faults = Vec::new();
    let mut equal = |what: &str, want: u64, got: u64| {
        if want != got {
            faults.push(format!("{what}: {got} instead of {want}"));
        }
    };
    equal("operations", expected.ok, outcome.ok);
    equal("failed operations", 0, outcome.failed);
    equal("timed out operations", timed_out, outcome.timed_out);
    equal("shed operations", 0, outcome.shed);
    equal("unfinished operations", 0, outcome.unfinished);
    equal("samples in the window", expected.samples, samples);
    equal("bytes read", expected.bytes, outcome.bytes);
    equal("checksum", expected.checksum, outcome.checksum);
    equal("connections opened", expected.connections, outcome.connections);
    equal("workers", workers, outcome.workers);
    if let Some(witness) = witness {
        equal("requests at the server", expected.ok + timed_out, witness.requests);
        equal("bytes sent by the server", expected.bytes, witness.bytes);
        equal("connections at the server", expected.connections, witness.connections);
        equal("bad requests at the server", 0, witness.bad_requests);
        if let Some(Abandoned { given_up, .. }) = expected.abandoned {
            equal("requests given up at the server", given_up, witness.given_up);
        }
        if let Some(expected) = expected.websocket {
            let counted = witness.websocket.unwrap_or_default();
            for ((what, want), (_, got)) in expected.fields().into_iter().zip(counted.fields()) {
                equal(&format!("{what} at the server"), want, got);
            }
        }
        if let Some(database) = witness.database {
            let QueryCounts { sessions, one_row, ten_rows, inserts, errors, .. } = database;
            equal("sessions of the database", expected.connections, sessions);
            equal("queries of the database", expected.ok, one_row + ten_rows + inserts);
            equal("errors of the database", 0, errors);
        }
        let peak = witness.peak_in_flight;
        if !(expected.peak_low..=expected.peak_high).contains(&peak) {
            let Expected { peak_low, peak_high, .. } = expected;
            faults.push(format!("peak in flight: {peak} instead of {peak_low} to {peak_high}"));
        }
    }
    let (queued, most) = (outcome.queued_peak, expected.queued_high);
    if most > 0 && !(1..=most).contains(&queued) {
        faults.push(format!("queued at once: {queued} instead of 1 to {most}"));
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("unequal work: {}", faults.join("; "))) }
}

#[cfg(test)]
mod tests {
    use super::{Expected, Outcome, Tally, Witness, agree};
    use crate::{Abandoned, QueryCounts, Received, SocketCounts};

    const EXPECTED: Expected = Expected {
        ok: 3,
        samples: 2,
        bytes: 30,
        checksum: 7,
        connections: 1,
        peak_low: 1,
        peak_high: 2,
        queued_high: 5,
        websocket: None,
        abandoned: None,
    };

    fn equal_work() -> (Outcome, u64, Witness) {
        let outcome = Outcome {
            ok: 3,
            bytes: 30,
            checksum: 7,
            connections: 1,
            workers: 1,
            queued_peak: 5,
            ..Outcome::default()
        };
        let witness = Witness {
            requests: 3,
            bytes: 30,
            connections: 1,
            peak_in_flight: 2,
            ..Witness::default()
        };
        (outcome, 2, witness)
    }

    #[test]
    fn equal_work_agrees_and_every_single_difference_is_named() {
        let (outcome, samples, witness) = equal_work();
        assert_eq!(agree(&EXPECTED, 1, &outcome, samples, Some(&witness)), Ok(()));
        assert_eq!(agree(&EXPECTED, 1, &outcome, samples, None), Ok(()));

        type Change = fn(&mut Outcome, &mut u64, &mut Witness);
        let changes: [(&str, Change); 16] = [
            ("operations: 2", |o, _, _| o.ok = 2),
            ("failed operations: 1", |o, _, _| o.failed = 1),
            ("timed out operations: 1", |o, _, _| o.timed_out = 1),
            ("shed operations: 1", |o, _, _| o.shed = 1),
            ("unfinished operations: 1", |o, _, _| o.unfinished = 1),
            ("samples in the window: 1", |_, s, _| *s = 1),
            ("bytes read: 29", |o, _, _| o.bytes = 29),
            ("checksum: 8", |o, _, _| o.checksum = 8),
            ("connections opened: 2", |o, _, _| o.connections = 2),
            ("workers: 9", |o, _, _| o.workers = 9),
            ("queued at once: 6 instead of 1 to 5", |o, _, _| o.queued_peak = 6),
            ("queued at once: 0 instead of 1 to 5", |o, _, _| o.queued_peak = 0),
            ("requests at the server: 4", |_, _, w| w.requests = 4),
            ("bytes sent by the server: 31", |_, _, w| w.bytes = 31),
            ("bad requests at the server: 1", |_, _, w| w.bad_requests = 1),
            ("peak in flight: 3 instead of 1 to 2", |_, _, w| w.peak_in_flight = 3),
        ];
        for (want, change) in changes {
            let (mut outcome, mut samples, mut witness) = equal_work();
            change(&mut outcome, &mut samples, &mut witness);
            let fault = agree(&EXPECTED, 1, &outcome, samples, Some(&witness)).unwrap_err();
            assert!(fault.contains(want), "{fault}");
        }
    }

    #[test]
    fn a_database_has_sessions_and_queries_of_its_own_and_no_errors() {
        let (outcome, samples, witness) = equal_work();
        let counts = QueryCounts { sessions: 1, one_row: 1, ten_rows: 2, ..QueryCounts::default() };
        let check = |database: QueryCounts| {
            let witness = Witness { database: Some(database), ..witness };
            agree(&EXPECTED, 1, &outcome, samples, Some(&witness))
        };
        assert_eq!(check(counts), Ok(()));
        for (database, want) in [
            (QueryCounts { sessions: 2, ..counts }, "sessions of the database: 2 instead of 1"),
            (QueryCounts { ten_rows: 1, ..counts }, "queries of the database: 2 instead of 3"),
            (QueryCounts { errors: 1, ..counts }, "errors of the database: 1 instead of 0"),
        ] {
            assert!(check(database).unwrap_err().contains(want), "{want}");
        }
    }

    #[test]
    fn what_is_to_be_given_up_is_given_up_by_both_accounts_and_nothing_else_is() {
        let abandoned = Abandoned { timed_out: 2, given_up: 2, ..Abandoned::default() };
        let expected = Expected { abandoned: Some(abandoned), ..EXPECTED };
        let (outcome, samples, witness) = equal_work();
        let outcome = Outcome { timed_out: 2, ..outcome };
        let witness = Witness { requests: 5, given_up: 2, ..witness };
        assert_eq!(agree(&expected, 1, &outcome, samples, Some(&witness)), Ok(()));
        let check = |outcome: Outcome, witness: Witness, want: &str| {
            let fault = agree(&expected, 1, &outcome, samples, Some(&witness)).unwrap_err();
            assert!(fault.contains(want), "{fault}");
        };
        check(Outcome { timed_out: 3, ..outcome }, witness, "timed out operations: 3 instead of 2");
        let answered = Witness { given_up: 1, ..witness };
        check(outcome, answered, "requests given up at the server: 1 instead of 2");
        check(
            outcome,
            Witness { requests: 3, ..witness },
            "requests at the server: 3 instead of 5",
        );
        // Cancelled before a deadline, requests are operations that ended well.
        let cancelled = Abandoned { given_up: 2, ..Abandoned::default() };
        let expected = Expected { abandoned: Some(cancelled), ..EXPECTED };
        let (outcome, samples, witness) = equal_work();
        let witness = Witness { given_up: 2, ..witness };
        assert_eq!(agree(&expected, 1, &outcome, samples, Some(&witness)), Ok(()));
    }

    #[test]
    fn where_nothing_queues_nothing_is_asked_of_a_queue() {
        let expected = Expected { queued_high: 0, ..EXPECTED };
        let (outcome, samples, witness) = equal_work();
        for queued_peak in [0, 5, u64::MAX] {
            let outcome = Outcome { queued_peak, ..outcome };
            assert_eq!(agree(&expected, 1, &outcome, samples, Some(&witness)), Ok(()));
        }
    }

    #[test]
    fn each_count_over_web_sockets_is_compared_where_one_is_expected() {
        let (outcome, samples, witness) = equal_work();
        let mut counts = SocketCounts { sockets: 1, messages: 3, ..SocketCounts::default() };
        let with = Witness { websocket: Some(counts), ..witness };
        assert_eq!(agree(&EXPECTED, 1, &outcome, samples, Some(&with)), Ok(()), "no demand");

        let expected = Expected { websocket: Some(counts), ..EXPECTED };
        assert_eq!(agree(&expected, 1, &outcome, samples, Some(&with)), Ok(()));
        let fault = agree(&expected, 1, &outcome, samples, Some(&witness)).unwrap_err();
        assert!(fault.contains("messages at the server: 0 instead of 3"), "{fault}");

        let changes: [fn(&mut SocketCounts); 8] = [
            |c| c.sockets += 1,
            |c| c.frames_in += 1,
            |c| c.frames_out += 1,
            |c| c.messages += 1,
            |c| c.message_bytes += 1,
            |c| c.pings += 1,
            |c| c.pongs += 1,
            |c| c.closes += 1,
        ];
        for (change, (what, _)) in changes.into_iter().zip(counts.fields()) {
            let before = counts;
            change(&mut counts);
            let other = Witness { websocket: Some(counts), ..witness };
            let fault = agree(&expected, 1, &outcome, samples, Some(&other)).unwrap_err();
            assert!(fault.contains(&format!("{what} at the server: ")), "{fault}");
            assert_eq!(fault.matches(';').count(), 0, "{fault}");
            counts = before;
        }
    }

    #[test]
    fn a_tally_counts_failures_apart() {
        let mut tally = Tally::default();
        tally.add(Received { status: 200, bytes: 10, hash: u64::MAX });
        tally.add(Received { status: 200, bytes: 10, hash: 2 });
        tally.add(Received { status: 500, bytes: 99, hash: 99 });
        tally.timed_out += 1;
        let want = Tally { ok: 2, failed: 1, timed_out: 1, bytes: 20, checksum: 1, connections: 0 };
        assert_eq!(tally, want);
        tally.merge(want);
        let (twice, outcome) = (tally, Outcome::closed(tally, 1));
        assert_eq!((twice.ok, twice.failed, twice.timed_out), (4, 2, 2));
        assert_eq!((twice.bytes, twice.checksum, twice.connections), (40, 2, 0));
        assert_eq!((outcome.ok, outcome.failed, outcome.timed_out), (4, 2, 2));
    }
}
