//! The bytes that are served, made once.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use triathlon_contract::body;

/// Largest `/bytes/{n}`, and largest body of `/echo`.
pub(crate) const MOST_BYTES: usize = 64 << 20;
/// Largest `/json/{n}`.
pub(crate) const MOST_ITEMS: usize = 100_000;

/// The smallest prefix that is made; at the start, so that no ordinary request
/// is the first.
const FIRST_SIZE: usize = 1 << 20;
const SIZES: usize = (MOST_BYTES / FIRST_SIZE).ilog2() as usize + 1;
/// Bodies of `/json` that are kept; the largest has 4.4 MB.
const KEPT_JSON: usize = 8;

/// Prefixes of the one stream, in powers of two, and the most recent JSON.
pub(crate) struct Bodies {
    /// Each made when first needed and then only sliced: no lock, no growth
    /// under a reader's hand. At most 127 MiB together.
    prefixes: [OnceLock<Bytes>; SIZES],
    json: Mutex<VecDeque<(usize, Bytes)>>,
}

impl Bodies {
    /// With the first MiB made.
    pub(crate) fn new() -> Self {
        let bodies = Self { prefixes: Default::default(), json: Mutex::default() };
        bodies.bytes(FIRST_SIZE);
        bodies
    }

    /// The first `size` bytes of the stream, shared. At most [`MOST_BYTES`].
    pub(crate) fn bytes(&self, size: usize) -> Bytes {
        let power = size.max(FIRST_SIZE).next_power_of_two();
        let prefix = &self.prefixes[(power / FIRST_SIZE).ilog2() as usize];
        prefix.get_or_init(|| body::bytes(power).into()).slice(..size)
    }

    /// The same, borrowed. At most the MiB that is made from the start.
    pub(crate) fn first(&self, size: usize) -> &[u8] {
        &self.prefixes[0].get_or_init(|| body::bytes(FIRST_SIZE).into())[..size]
    }

    /// An array of `items` objects, shared if it was asked for recently.
    pub(crate) fn json(&self, items: usize) -> Bytes {
        // The lock is held while a body is made: who asks for the same waits
        // instead of making it twice.
        let mut kept = self.json.lock().unwrap_or_else(PoisonError::into_inner);
        let position = kept.iter().position(|(size, _)| *size == items);
        let body = match position.and_then(|index| kept.remove(index)) {
            Some((_, body)) => body,
            None => body::json(items as u64).into(),
        };
        kept.truncate(KEPT_JSON - 1);
        kept.push_front((items, body.clone()));
        body
    }
}

#[cfg(test)]
mod tests {
    use super::{Bodies, FIRST_SIZE, KEPT_JSON, MOST_BYTES, body};

    #[test]
    fn every_size_is_a_prefix_of_the_stream() {
        let bodies = Bodies::new();
        let stream = body::bytes(3 * FIRST_SIZE);
        for size in [0, 1, FIRST_SIZE - 1, FIRST_SIZE, FIRST_SIZE + 1, 3 * FIRST_SIZE] {
            assert!(bodies.bytes(size) == stream[..size], "size {size}");
        }
        assert_eq!(bodies.bytes(MOST_BYTES).len(), MOST_BYTES);
    }

    #[test]
    fn two_bodies_share_their_memory() {
        let bodies = Bodies::new();
        assert_eq!(bodies.bytes(10).as_ptr(), bodies.bytes(1000).as_ptr());
        assert_eq!(bodies.json(3).as_ptr(), bodies.json(3).as_ptr());
    }

    #[test]
    fn json_is_bounded_and_the_most_recent_stays() {
        let bodies = Bodies::new();
        let first = bodies.json(1);
        for items in 2..50 {
            bodies.json(items);
            assert_eq!(bodies.json(1).as_ptr(), first.as_ptr());
        }
        assert_eq!(bodies.json.lock().unwrap().len(), KEPT_JSON);
        assert_eq!(bodies.json(0), "[]");
        let two =
            r#"[{"id":0,"name":"item-0","score":0.00},{"id":1,"name":"item-1","score":79.19}]"#;
        assert_eq!(bodies.json(2), two);
    }
}
