//! What is demanded of an execution whose clients find out how much they ask for.

use super::Demand;
use crate::Expected;
use crate::workload::Backend;

impl Demand {
    /// The same once the clients have counted their answers, those to the warm-up included:
    /// where what is expected was not known before, it follows from that.
    #[must_use]
    pub fn counted(self, answers: u64) -> Self {
        let Some(each) = self.each else {
            return self;
        };
        let expected = Expected {
            ok: answers,
            samples: answers.saturating_sub(self.expected.ok),
            bytes: answers * each.bytes,
            checksum: each.hash.wrapping_mul(answers),
            ..self.expected
        };
        let queries = |backend: Backend| answers * each.queries + backend.sessions;
        let backend = self.backend.map(|b| Backend { queries: queries(b), ..b });
        Self { expected, backend, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::Demand;
    use crate::{Backend, Each, Expected};

    #[test]
    fn what_clients_count_is_expected_of_the_server_and_its_database() {
        let warm_up = Expected { ok: 3, connections: 3, peak_high: 2, ..Expected::default() };
        let known = Demand {
            expected: warm_up,
            workers: 1,
            per_sample: 1,
            asleep: None,
            backend: Some(Backend { sessions: 2, queries: 17 }),
            each: None,
        };
        assert_eq!(known.counted(100), known);
        let each = Some(Each { bytes: 10, hash: 1 << 60, queries: 5 });
        let found = Demand { each, ..known }.counted(100);
        let Expected { ok, samples, bytes, checksum, .. } = found.expected;
        assert_eq!((ok, samples, bytes), (100, 97, 1000));
        assert_eq!(checksum, (1u64 << 60).wrapping_mul(100));
        assert_eq!((found.expected.connections, found.expected.peak_high), (3, 2));
        assert_eq!(found.backend, Some(Backend { sessions: 2, queries: 502 }));
    }
}
