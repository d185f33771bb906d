//! The rows of the table `triathlon_item`, the same in every database.

use std::ops::Range;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::Kind;
use crate::Received;

/// Rows of the table; their ids are 1 to this.
pub const ITEMS: i32 = 10_000;

/// Bytes of each payload.
pub const PAYLOAD_BYTES: usize = 64;

/// Rows that [`Kind::Ten`] asks for.
const TEN: i32 = 10;

/// A prime, so that one query after the other looks elsewhere.
const STRIDE: u64 = 7919;

/// The id that the query of that number asks for; ten rows from it on exist.
pub fn id(number: u64) -> i32 {
    let ids = (ITEMS - TEN + 1) as u64;
    1 + (number * STRIDE % ids) as i32
}

/// The payload of the row with that id: the hash of its four bytes, big-endian, as
/// sixteen hexadecimal digits, four times.
pub fn payload(id: i32) -> [u8; PAYLOAD_BYTES] {
    let hash = xxh3_64(&id.to_be_bytes());
    std::array::from_fn(|at| {
        let nibble = (hash >> (60 - 4 * (at % 16))) & 15;
        b"0123456789abcdef"[nibble as usize]
    })
}

/// Hash of one row.
#[inline]
pub fn row_hash(id: i32, payload: &[u8]) -> u64 {
    xxh3_64_with_seed(payload, u64::from(id.cast_unsigned()))
}

/// Hash that stands for one row inserted, of which nothing comes back.
pub fn inserted_hash() -> u64 {
    xxh3_64(b"INSERT 0 1")
}

/// What comes back for the query of that number.
pub fn answer(kind: Kind, number: u64) -> Received {
    let first = id(number);
    let hash = match kind {
        Kind::One => hash_of(first..first + 1),
        Kind::Ten => hash_of(first..first + TEN),
        Kind::Insert => inserted_hash(),
    };
    Received { status: 200, bytes: kind.rows() * PAYLOAD_BYTES as u64, hash }
}

fn hash_of(ids: Range<i32>) -> u64 {
    ids.map(|id| row_hash(id, &payload(id))).fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::{ITEMS, answer, id, payload};
    use crate::query::Kind;
    use xxhash_rust::xxh3::xxh3_64;

    #[test]
    fn every_query_asks_for_rows_that_exist_and_its_neighbour_for_others() {
        for number in 0..100_000 {
            assert!((1..=ITEMS - 9).contains(&id(number)), "{number}");
            assert!(id(number).abs_diff(id(number + 1)) > 9, "{number}");
        }
    }

    #[test]
    fn a_payload_is_the_hash_of_its_id_four_times() {
        for id in [1, 2, 4711, 10_000, i32::MAX] {
            let digits = format!("{:016x}", xxh3_64(&id.to_be_bytes()));
            assert_eq!(payload(id), digits.repeat(4).as_bytes(), "{id}");
        }
        assert_ne!(payload(1), payload(2));
    }

    #[test]
    fn ten_rows_are_ten_times_one_row() {
        let first = id(5);
        let at = |want| (0..100_000).find(|number| id(*number) == want).unwrap();
        let ones = (first..first + 10).map(|id| answer(Kind::One, at(id)).hash);
        let ten = answer(Kind::Ten, 5);
        assert_eq!(ones.fold(0, u64::wrapping_add), ten.hash);
        assert_eq!(ten.bytes, 640);
        assert_eq!(answer(Kind::Insert, 5).bytes, 0);
    }
}
