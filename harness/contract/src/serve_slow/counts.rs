//! What became of healthy and slow clients.

use serde::{Deserialize, Serialize};

/// What the generator of healthy clients beside slow ones counted, and how long the healthy
/// waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SlowClients {
    /// Slow clients.
    pub slow: u64,
    /// Length of the window.
    pub window_ns: u64,
    /// Answers to healthy clients within the window.
    pub answered: u64,
    /// Answers to healthy clients that were in flight at its end.
    pub late: u64,
    /// Answers to slow clients, all of them behind it.
    pub finished: u64,
    /// Slow clients that the server let go.
    pub let_go: u64,
    /// Bytes that slow clients sent or read within the window.
    pub slow_bytes: u64,
    /// Median service time of the healthy; a request in flight at the end of the window
    /// counts with its age.
    pub service_p50_ns: u64,
    /// The same at p99; none where fewer than ten lie beyond it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_p99_ns: Option<u64>,
    /// Whether p99 is the age of a request in flight, and so a lower bound.
    pub p99_at_least: bool,
}

impl SlowClients {
    /// Compares the counts with one another and with those of all clients together: `ok`
    /// answers on so many connections, of which the healthy had one before the window, and
    /// `samples` in it.
    ///
    /// # Errors
    /// One sentence with every difference.
    pub fn add_up(&self, ok: u64, connections: u64, samples: u64) -> Result<(), String> {
        let Self { slow, answered, late, finished, let_go, .. } = *self;
        let healthy = connections.saturating_sub(slow);
        let all = [
            ("answers of all clients", healthy + answered + late + finished, ok),
            ("answers within the window", samples, answered),
            ("slow clients that were answered or let go", slow, finished + let_go),
            ("healthy clients with an answer behind the window", healthy, late),
        ];
        let differs = all.iter().filter(|(_, want, got)| want != got);
        let faults: Vec<_> =
            differs.map(|(what, want, got)| format!("{what}: {got} instead of {want}")).collect();
        if faults.is_empty() { Ok(()) } else { Err(format!("unequal work: {}", faults.join("; "))) }
    }

    /// Answers to the healthy for each second; of none, the upper bound.
    pub fn goodput_per_s(&self) -> f64 {
        self.answered.max(1) as f64 * 1e9 / self.window_ns as f64
    }
}

#[cfg(test)]
mod tests {
    use super::SlowClients;

    #[test]
    fn every_client_has_one_end() {
        let counts = SlowClients {
            slow: 5,
            answered: 70,
            late: 10,
            finished: 4,
            let_go: 1,
            window_ns: 500_000_000,
            ..SlowClients::default()
        };
        let check = |counts: SlowClients, samples, want: &str| {
            let found = counts.add_up(10 + 70 + 10 + 4, 15, samples);
            match want {
                "" => assert_eq!(found, Ok(())),
                want => assert!(found.as_ref().unwrap_err().contains(want), "{found:?}"),
            }
        };
        check(counts, 70, "");
        check(counts, 69, "answers within the window: 70 instead of 69");
        check(SlowClients { answered: 71, ..counts }, 71, "of all clients: 94 instead of 95");
        check(SlowClients { finished: 3, ..counts }, 70, "or let go: 4 instead of 5");
        check(SlowClients { let_go: 0, ..counts }, 70, "or let go: 4 instead of 5");
        check(SlowClients { late: 9, ..counts }, 70, "behind the window: 9 instead of 10");
        assert_eq!(counts.goodput_per_s(), 140.0);
        let starved = SlowClients { answered: 0, ..counts };
        assert_eq!(starved.goodput_per_s(), 2.0, "less than one answer");
    }
}
