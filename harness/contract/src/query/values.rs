//! The values of one query, and what comes back for it.

use anyhow::{Result, ensure};

use super::{Kind, Query, items};
use crate::Received;

/// The parameters of a query, in the order of its statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// Which row, or the first of ten.
    pub id: i32,
    /// What is written, where it writes.
    pub payload: Option<[u8; items::PAYLOAD_BYTES]>,
    /// Pause at the server, where the statement has one.
    pub pause_s: Option<f64>,
}

impl Values {
    /// The payload as text, which its hexadecimal digits are.
    pub fn text(&self) -> Option<&str> {
        self.payload.as_ref().and_then(|payload| str::from_utf8(payload).ok())
    }
}

impl Query {
    /// The text that every connection prepares.
    pub fn statement(&self) -> &'static str {
        self.kind.statement(!self.delay.is_zero())
    }

    /// The parameters of the query of that number.
    pub fn values(&self, number: u64) -> Values {
        let pause_s = (!self.delay.is_zero()).then_some(self.delay.as_secs_f64());
        values(self.kind, number, pause_s)
    }

    /// The parameters of the query without pause that warms up the pool's connection of
    /// that place.
    pub fn warm_up_values(&self, connection: u64) -> Values {
        let pause_s = (!self.delay.is_zero()).then_some(0.0);
        values(self.kind, self.warm_up(connection), pause_s)
    }
}

pub(super) fn values(kind: Kind, number: u64, pause_s: Option<f64>) -> Values {
    let id = items::id(number);
    Values { id, payload: (kind == Kind::Insert).then(|| items::payload(id)), pause_s }
}

/// An answer without rows, to which they are [added](add).
pub const NO_ROWS: Received = Received { status: 200, bytes: 0, hash: 0 };

/// Adds one row to an answer.
#[inline]
pub fn add(answer: &mut Received, id: i32, payload: &[u8]) {
    answer.bytes += payload.len() as u64;
    answer.hash = answer.hash.wrapping_add(items::row_hash(id, payload));
}

/// The answer to an insert of so many rows.
///
/// # Errors
/// It was not one.
pub fn inserted(rows: u64) -> Result<Received> {
    ensure!(rows == 1, "the database inserted {rows} rows instead of one");
    Ok(Received { hash: items::inserted_hash(), ..NO_ROWS })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{NO_ROWS, Values, add, inserted};
    use crate::Workload;
    use crate::query::{Kind, Query, items, statements};

    fn work(kind: Kind, delay: Duration) -> Query {
        Query { kind, delay, ..Query::presets()[0].work.clone() }
    }

    #[test]
    fn a_statement_has_a_value_for_each_of_its_parameters() {
        for kind in [Kind::One, Kind::Ten, Kind::Insert] {
            for delay in [Duration::ZERO, Duration::from_millis(1)] {
                let work = work(kind, delay);
                let values = work.values(7);
                let Values { id, pause_s, .. } = values;
                let text = values.text();
                let given = 1 + usize::from(text.is_some()) + usize::from(pause_s.is_some());
                assert!(text.is_none_or(|text| text.as_bytes() == items::payload(id)));
                let text = work.statement();
                let wanted = (1..=3).filter(|n| text.contains(&format!("${n}"))).count();
                assert_eq!(given, wanted, "{text}");
                assert_eq!(id, items::id(7));
                assert_eq!(pause_s.unwrap_or_default(), delay.as_secs_f64());
                let warm_up = work.warm_up_values(3);
                assert_eq!(warm_up.pause_s, pause_s.map(|_| 0.0), "it waits for nothing");
                assert_eq!(warm_up.id, items::id(work.warm_up(3)));
            }
        }
        assert_eq!(work(Kind::Ten, Duration::ZERO).statement(), statements::TEN);
    }

    #[test]
    fn rows_that_are_added_make_the_answer() {
        let first = items::id(5);
        let mut answer = NO_ROWS;
        for id in first..first + 10 {
            add(&mut answer, id, &items::payload(id));
        }
        assert_eq!(answer, items::answer(Kind::Ten, 5));
        assert_eq!(inserted(1).unwrap(), items::answer(Kind::Insert, 5));
        assert!(inserted(0).is_err() && inserted(2).is_err());
    }
}
