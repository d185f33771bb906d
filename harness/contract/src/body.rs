//! The bytes that travel, and their hash.
//!
//! Every body of `n` bytes is the first `n` bytes of one fixed stream, so the
//! server can slice instead of generating, and the expectation can be computed
//! without the server.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// What [`hash_of_bytes`] makes at once; whole words.
const PIECE_BYTES: usize = 64 * 1024;

/// The first `size` bytes of the stream.
pub fn bytes(size: usize) -> Vec<u8> {
    stream(0, size)
}

/// The first `size` bytes of the stream that begins in that state.
///
/// A stream is the little-endian output of splitmix64, that of [`bytes`] from state 0, so no
/// two positions look alike and a body read one byte short hashes differently.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014.
pub(crate) fn stream(state: u64, size: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(size + 8);
    for word in words(state).take(size.div_ceil(8)) {
        body.extend_from_slice(&word);
    }
    body.truncate(size);
    body
}

/// The stream, 8 bytes at a time.
fn words(mut state: u64) -> impl Iterator<Item = [u8; 8]> {
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)).to_le_bytes()
    })
}

/// Hash of the first `size` bytes of the stream, without holding them; kept,
/// because every execution asks and long ones take their time.
pub fn hash_of_bytes(size: u64) -> u64 {
    static KNOWN: Mutex<BTreeMap<u64, u64>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    *known.entry(size).or_insert_with(|| {
        let (mut hasher, mut stream) = (Xxh3::new(), words(0));
        let (mut piece, mut left) = (Vec::with_capacity(PIECE_BYTES), size as usize);
        while left > 0 {
            piece.clear();
            for word in stream.by_ref().take(PIECE_BYTES / 8) {
                piece.extend_from_slice(&word);
            }
            let count = left.min(PIECE_BYTES);
            hasher.update(&piece[..count]);
            left -= count;
        }
        hasher.digest()
    })
}

/// The first `size` bytes of the stream, each made one of the 95 printable ones
/// of ASCII.
pub fn text(size: usize) -> Vec<u8> {
    bytes(size).into_iter().map(|byte| b' ' + byte % 95).collect()
}

/// `[{"id":0,"name":"item-0","score":0.00},…]`, the same for every call.
pub fn json(items: u64) -> Vec<u8> {
    let mut text = String::from("[");
    for id in 0..items {
        let comma = if id == 0 { "" } else { "," };
        // 7919 is prime to 10000, so neighbours differ and scores cover 0 to 100.
        let score = id * 7919 % 10_000;
        let (whole, cents) = (score / 100, score % 100);
        write!(text, r#"{comma}{{"id":{id},"name":"item-{id}","score":{whole}.{cents:02}}}"#)
            .expect("a String takes everything");
    }
    text.push(']');
    text.into_bytes()
}

/// Hash of one body (XXH3, 64 bits).
#[inline]
pub fn hash(body: &[u8]) -> u64 {
    xxh3_64(body)
}

/// Hash of one body that lies in two places.
#[inline]
pub fn hash_of([front, behind]: [&[u8]; 2]) -> u64 {
    if front.is_empty() || behind.is_empty() {
        return hash(if front.is_empty() { behind } else { front });
    }
    let mut hasher = Xxh3::new();
    hasher.update(front);
    hasher.update(behind);
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::{PIECE_BYTES, bytes, hash, hash_of, hash_of_bytes, json, text};

    #[test]
    fn json_is_an_array_of_so_many_objects() {
        assert_eq!(json(0), b"[]");
        let two =
            br#"[{"id":0,"name":"item-0","score":0.00},{"id":1,"name":"item-1","score":79.19}]"#;
        assert_eq!(json(2), two);
    }

    #[test]
    fn a_shorter_body_is_a_prefix_of_a_longer_one() {
        let long = bytes(1024);
        for size in [0, 1, 7, 8, 9, 128, 1023] {
            assert_eq!(bytes(size), long[..size], "size {size}");
        }
    }

    #[test]
    fn text_is_printable_and_a_shorter_one_a_prefix() {
        let long = text(10_000);
        assert!(long.iter().all(|byte| matches!(byte, b' '..=b'~')));
        let kinds: std::collections::HashSet<_> = long.iter().collect();
        assert_eq!(kinds.len(), 95);
        assert_eq!(text(100), long[..100]);
    }

    #[test]
    fn the_stream_is_splitmix64() {
        // First output of splitmix64 for seed 0, as published with the algorithm.
        assert_eq!(bytes(8), 0xe220_a839_7b1d_cdaf_u64.to_le_bytes());
    }

    #[test]
    fn the_hash_of_a_size_is_that_of_so_many_bytes_whenever_it_is_asked_for() {
        for size in [0, 1, 7, 8, 1024, PIECE_BYTES - 1, PIECE_BYTES, 3 * PIECE_BYTES + 13] {
            for _ in 0..2 {
                assert_eq!(hash_of_bytes(size as u64), hash(&bytes(size)), "size {size}");
            }
        }
    }

    #[test]
    fn where_a_body_is_parted_does_not_change_its_hash() {
        let body = bytes(1024);
        for at in [0, 1, 16, 512, 1024] {
            assert_eq!(hash_of([&body[..at], &body[at..]]), hash(&body), "at {at}");
        }
    }

    #[test]
    fn one_byte_less_hashes_differently() {
        let body = bytes(1024);
        assert_ne!(hash(&body), hash(&body[..1023]));
        assert_eq!(hash(b""), 0x2d06_8005_38d3_94c2); // published XXH3 value of no bytes
    }
}
