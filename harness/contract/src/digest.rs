//! SHA-256 as work: as many bytes as a spec asks for, of content that repeats.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// SHA-256 of a machine of 2026 with the instructions for it, for planning.
const BYTES_PER_S: f64 = 1.5e9;

/// Hashes `first` and then `bytes` of `content`, read round and round; the
/// first 8 bytes of the digest. Nothing follows `first` if there is no content.
pub(crate) fn repeated(first: &[u8], content: &[u8], bytes: u64) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(first);
    let mut left = bytes as usize;
    while left > 0 && !content.is_empty() {
        let piece = left.min(content.len());
        hasher.update(&content[..piece]);
        left -= piece;
    }
    let digest = hasher.finalize();
    u64::from_le_bytes(std::array::from_fn(|index| digest[index]))
}

/// CPU time that so many bytes are planned to take.
pub(crate) fn planned(bytes: u64) -> Duration {
    Duration::from_secs_f64(bytes as f64 / BYTES_PER_S)
}
