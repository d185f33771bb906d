//! The statements that are measured, and the rows that they are about.
//!
//! `triathlon_item` has the ids from 1 to [`ITEMS`], each with a payload that
//! follows from it; `triathlon_entry` takes inserts. The delayed statements rest
//! at the server for as many seconds as their last parameter says, which a real
//! PostgreSQL does as well: the pause is materialised once, before the rows.

use xxhash_rust::xxh3::xxh3_64;

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

/// Highest id of `triathlon_item`; the lowest is 1.
pub const ITEMS: i32 = 10_000;
/// Bytes of the payload of each item.
pub const PAYLOAD_BYTES: usize = 64;

/// The payload of an item: four times the hash of its id, as hexadecimal digits.
pub fn payload(id: i32) -> [u8; PAYLOAD_BYTES] {
    let hash = xxh3_64(&id.to_be_bytes());
    std::array::from_fn(|at| {
        let nibble = (hash >> (60 - 4 * (at % 16))) & 15;
        b"0123456789abcdef"[nibble as usize]
    })
}

#[cfg(test)]
mod tests {
    use super::payload;
    use xxhash_rust::xxh3::xxh3_64;

    #[test]
    fn a_payload_is_the_hash_of_its_id_four_times() {
        for id in [1, 2, 4711, 10_000, i32::MAX] {
            let digits = format!("{:016x}", xxh3_64(&id.to_be_bytes()));
            assert_eq!(payload(id), digits.repeat(4).as_bytes(), "{id}");
        }
        assert_ne!(payload(1), payload(2));
    }
}
