//! How each line of `records.jsonl` holds on to the one before it.

use sha2::{Digest, Sha256};

/// What a line, or `run.json`, hashes to for the line after it: the first half
/// of SHA-256 over its bytes, the line feed included, as 32 hexadecimal digits.
///
/// The chain shows where a file was cut, reordered or edited, also in a run that
/// was killed and so has no checksums. It is no signature: whoever makes every
/// line after an edit anew is found by the checksum that a citation carries.
pub fn link(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn every_byte_counts() {
        // Source: FIPS 180-4, SHA-256 of the empty message and of "abc".
        assert_eq!(link(b""), "e3b0c44298fc1c149afbf4c8996fb924");
        assert_eq!(link(b"abc"), "ba7816bf8f01cfea414140de5dae2223");
        assert_ne!(link(b"abc\n"), link(b"abc"));
    }
}
