//! The statements that are measured.
//!
//! `triathlon_item` has the ids from 1 to [`ITEMS`](super::items::ITEMS), each with a payload that
//! follows from it; `triathlon_entry` takes inserts. The delayed statements rest
//! at the server for as many seconds as their last parameter says, which a real
//! PostgreSQL does as well: the pause is materialised once, before the rows.

/// One row by its id: `$1` is an `int4`.
pub const ONE: &str = "SELECT id, payload FROM triathlon_item WHERE id = $1";
/// Ten rows from an id on, in order.
pub const TEN: &str =
    "SELECT id, payload FROM triathlon_item WHERE id BETWEEN $1 AND $1 + 9 ORDER BY id";
/// A row to keep: `$1` is an `int4`, `$2` a `text`.
pub const INSERT: &str = "INSERT INTO triathlon_entry (id, payload) VALUES ($1, $2)";
/// [`ONE`] after a pause of `$2` seconds, a `float8`.
pub const DELAYED_ONE: &str = "WITH pause AS MATERIALIZED (SELECT pg_sleep($2)) \
     SELECT id, payload FROM triathlon_item, pause WHERE id = $1";
/// [`TEN`] after a pause of `$2` seconds.
pub const DELAYED_TEN: &str = "WITH pause AS MATERIALIZED (SELECT pg_sleep($2)) \
     SELECT id, payload FROM triathlon_item, pause WHERE id BETWEEN $1 AND $1 + 9 ORDER BY id";
/// [`INSERT`] after a pause of `$3` seconds.
pub const DELAYED_INSERT: &str = "WITH pause AS MATERIALIZED (SELECT pg_sleep($3)) \
     INSERT INTO triathlon_entry (id, payload) SELECT $1::int4, $2::text FROM pause";
