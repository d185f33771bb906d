//! What PostgreSQL's own statistics say.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use postgres::Client;
use triathlon_contract::query::items::PAYLOAD_BYTES;
use triathlon_contract::record::PostgresCounts;
use triathlon_contract::registry::Demand;

/// Scans and rows of `triathlon_item` by its index, sessions and failed transactions
/// of the database, and what lies in `triathlon_entry`.
const QUERY: &str = "\
    SELECT d.sessions, coalesce(t.idx_scan, 0), coalesce(t.idx_tup_fetch, 0), \
    coalesce(t.seq_scan, 0), d.xact_rollback, \
    (SELECT count(*) FROM triathlon_entry), \
    (SELECT coalesce(sum(length(payload)), 0)::int8 FROM triathlon_entry) \
    FROM pg_stat_database d, pg_stat_user_tables t \
    WHERE d.datname = current_database() AND t.relid = 'triathlon_item'::regclass";

/// Statistics at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    counts: PostgresCounts,
}

impl Marks {
    pub(super) fn read(client: &mut Client) -> Result<Self> {
        let row = client.query_one(QUERY, &[]).context("read the statistics of the database")?;
        let count = |place: usize| row.get::<_, i64>(place).cast_unsigned();
        let counts = PostgresCounts {
            sessions: count(0),
            // A scan from end to end is no lookup, and would be one too many.
            lookups: count(1) + count(3),
            rows: count(2),
            rollbacks: count(4),
            inserts: count(5),
            inserted_bytes: count(6),
        };
        Ok(Self { counts })
    }

    /// What was counted since then. The table of entries was empty then.
    pub(super) fn since(self, before: &Self) -> PostgresCounts {
        let (now, then) = (self.counts, before.counts);
        PostgresCounts {
            sessions: now.sessions.saturating_sub(then.sessions),
            lookups: now.lookups.saturating_sub(then.lookups),
            rows: now.rows.saturating_sub(then.rows),
            rollbacks: now.rollbacks.saturating_sub(then.rollbacks),
            inserts: now.inserts,
            inserted_bytes: now.inserted_bytes,
        }
    }
}

/// What must be counted for so many queries, each of which reads so many rows, or
/// writes one if it reads none.
pub fn expected(demand: &Demand, parameters: &BTreeMap<String, u64>) -> PostgresCounts {
    let expected = &demand.expected;
    let rows = parameters.get("rows").copied().unwrap_or_default();
    let writes = if rows == 0 { expected.ok } else { 0 };
    PostgresCounts {
        sessions: expected.connections,
        lookups: expected.ok - writes,
        rows: expected.ok * rows,
        rollbacks: 0,
        inserts: writes,
        inserted_bytes: writes * PAYLOAD_BYTES as u64,
    }
}

/// How often each session's planner may look into the index itself, for the lowest and
/// the highest id: it makes five plans for the values of a statement and one for all.
/// Source: PostgreSQL's `plancache.c` and `get_actual_variable_range`.
const PLANNER_LOOKS: u64 = 12;

/// Compares both. Where rows are read, planners may have looked at some more.
///
/// # Errors
/// One sentence with every difference.
pub fn agree(expected: &PostgresCounts, seen: &PostgresCounts) -> Result<(), String> {
    let slack = if expected.lookups > 0 { expected.sessions * PLANNER_LOOKS } else { 0 };
    let most = PostgresCounts {
        lookups: expected.lookups + slack,
        rows: expected.rows + slack,
        ..*expected
    };
    let all = expected.fields().into_iter().zip(most.fields()).zip(seen.fields());
    let differ = all.filter(|(((_, least), (_, most)), (_, got))| !(least..=most).contains(&got));
    let faults: Vec<String> = differ
        .map(|(((what, want), _), (_, got))| format!("{what}: {got} instead of {want}"))
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!(
        "unequal work by the statistics of the database, which nobody else may use meanwhile: {}",
        faults.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::{agree, expected};
    use triathlon_contract::Expected;
    use triathlon_contract::record::PostgresCounts;
    use triathlon_contract::registry::Demand;

    #[test]
    fn reads_are_looked_up_and_writes_lie_there() {
        let work = Expected { ok: 72, connections: 8, ..Expected::default() };
        let demand = Demand {
            expected: work,
            workers: 1,
            per_sample: 1,
            asleep: None,
            backend: None,
            each: None,
        };
        let of = |rows| expected(&demand, &[("rows".to_string(), rows)].into());
        let ten = of(10);
        assert_eq!((ten.sessions, ten.lookups, ten.rows, ten.inserts), (8, 72, 720, 0));
        let insert = of(0);
        assert_eq!((insert.lookups, insert.inserts, insert.inserted_bytes), (0, 72, 4608));
        assert_eq!(agree(&ten, &ten), Ok(()));
        let planned = PostgresCounts { lookups: 72 + 96, rows: 720 + 96, ..ten };
        assert_eq!(agree(&ten, &planned), Ok(()));
        let check = |seen: PostgresCounts, want: &str| {
            let fault = agree(&ten, &seen).unwrap_err();
            assert!(fault.contains(want), "{fault}");
        };
        check(PostgresCounts { rows: 719, ..ten }, "rows read: 719 instead of 720");
        check(PostgresCounts { lookups: 71, ..ten }, "lookups: 71 instead of 72");
        check(PostgresCounts { lookups: 72 + 97, ..ten }, "lookups: 169 instead of 72");
        check(PostgresCounts { rollbacks: 1, ..ten }, "failed transactions: 1 instead of 0");
        check(PostgresCounts { sessions: 9, ..ten }, "sessions: 9 instead of 8");
        let one_more = PostgresCounts { inserts: 73, ..insert };
        assert!(agree(&insert, &one_more).unwrap_err().contains("rows written: 73"));
        let looked = PostgresCounts { lookups: 1, ..insert };
        assert!(agree(&insert, &looked).is_err());
    }
}
