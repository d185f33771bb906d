//! What the server counts of its database sessions.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Sums over the database sessions of a trial, as the server saw them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct QueryCounts {
    /// Connections that became sessions.
    pub sessions: u64,
    /// Statements that were prepared, the unnamed one each time.
    pub prepared: u64,
    /// Executed selects of one row.
    pub one_row: u64,
    /// Executed selects of ten rows.
    pub ten_rows: u64,
    /// Executed inserts.
    pub inserts: u64,
    /// Rows sent by these selects.
    pub rows: u64,
    /// Bytes of the payloads of these inserts.
    pub inserted_bytes: u64,
    /// Statements and messages that were refused with an error.
    pub errors: u64,
}

impl QueryCounts {
    /// Names and values, in the order of the record.
    pub fn fields(&self) -> [(&'static str, u64); 8] {
        let Self { sessions, prepared, one_row, ten_rows, inserts, rows, inserted_bytes, errors } =
            *self;
        [
            ("database sessions", sessions),
            ("prepared statements", prepared),
            ("selects of one row", one_row),
            ("selects of ten rows", ten_rows),
            ("inserts", inserts),
            ("rows sent", rows),
            ("inserted bytes", inserted_bytes),
            ("database errors", errors),
        ]
    }

    /// What has been counted since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            sessions: self.sessions - earlier.sessions,
            prepared: self.prepared - earlier.prepared,
            one_row: self.one_row - earlier.one_row,
            ten_rows: self.ten_rows - earlier.ten_rows,
            inserts: self.inserts - earlier.inserts,
            rows: self.rows - earlier.rows,
            inserted_bytes: self.inserted_bytes - earlier.inserted_bytes,
            errors: self.errors - earlier.errors,
        }
    }
}

impl AddAssign for QueryCounts {
    fn add_assign(&mut self, more: Self) {
        self.sessions += more.sessions;
        self.prepared += more.prepared;
        self.one_row += more.one_row;
        self.ten_rows += more.ten_rows;
        self.inserts += more.inserts;
        self.rows += more.rows;
        self.inserted_bytes += more.inserted_bytes;
        self.errors += more.errors;
    }
}

#[cfg(test)]
mod tests {
    use super::QueryCounts;

    #[test]
    fn what_was_counted_since_then_makes_the_whole() {
        let earlier = QueryCounts {
            sessions: 1,
            prepared: 2,
            one_row: 3,
            ten_rows: 4,
            inserts: 5,
            rows: 6,
            inserted_bytes: 7,
            errors: 8,
        };
        let mut now = earlier;
        now += earlier;
        let twice = earlier.fields().map(|(name, value)| (name, 2 * value));
        assert_eq!((now.fields(), now.since(earlier)), (twice, earlier));
    }
}
