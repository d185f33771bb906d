//! The bytes that travel, and their hash.
//!
//! Every body of `n` bytes is the first `n` bytes of one fixed stream, so the
//! server can slice instead of generating, and the expectation can be computed
//! without the server.

use std::fmt::Write;

use xxhash_rust::xxh3::xxh3_64;

/// The first `size` bytes of the stream.
///
/// The stream is the little-endian output of splitmix64 from state 0, so no
/// two positions look alike and a body read one byte short hashes differently.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014.
pub fn bytes(size: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(size + 8);
    let mut state = 0u64;
    while body.len() < size {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        body.extend_from_slice(&(word ^ (word >> 31)).to_le_bytes());
    }
    body.truncate(size);
    body
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

#[cfg(test)]
mod tests {
    use super::{bytes, hash, json, text};

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
    fn one_byte_less_hashes_differently() {
        let body = bytes(1024);
        assert_ne!(hash(&body), hash(&body[..1023]));
        assert_eq!(hash(b""), 0x2d06_8005_38d3_94c2); // published XXH3 value of no bytes
    }
}
