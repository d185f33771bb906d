//! What is asked of the database, as text.

/// The row with one id.
pub const ONE: &str = "SELECT id, payload FROM triathlon_item WHERE id = $1";
/// Ten rows from one id on.
pub const TEN: &str =
    "SELECT id, payload FROM triathlon_item WHERE id BETWEEN $1 AND $1 + 9 ORDER BY id";
/// One row more.
pub const INSERT: &str = "INSERT INTO triathlon_entry (id, payload) VALUES ($1, $2)";
/// [`ONE`] after a pause. The common table expression is made before the row is
/// looked up, and once.
pub const DELAYED_ONE: &str = "WITH pause AS MATERIALIZED (SELECT pg_sleep($2)) \
     SELECT id, payload FROM triathlon_item, pause WHERE id = $1";
/// [`TEN`] after one pause.
pub const DELAYED_TEN: &str = "WITH pause AS MATERIALIZED (SELECT pg_sleep($2)) \
     SELECT id, payload FROM triathlon_item, pause WHERE id BETWEEN $1 AND $1 + 9 ORDER BY id";
/// [`INSERT`] after a pause.
pub const DELAYED_INSERT: &str = "WITH pause AS MATERIALIZED (SELECT pg_sleep($3)) \
     INSERT INTO triathlon_entry (id, payload) SELECT $1::int4, $2::text FROM pause";
