//! A fingerprint of the code that makes a report from records, so that a
//! verifier knows whether it may expect the same bytes.

use std::fs;
use std::path::{Path, PathBuf};

/// Whatever decides a byte of a report.
const SOURCES: [&str; 3] = ["src", "../harness/statistics/src", "../harness/contract/src"];

fn main() {
    let mut files = Vec::new();
    for folder in SOURCES {
        println!("cargo::rerun-if-changed={folder}");
        collect(Path::new(folder), &mut files);
    }
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for file in &files {
        let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        hash = fingerprint(hash, file.to_string_lossy().as_bytes());
        hash = fingerprint(hash, &bytes);
    }
    println!("cargo::rustc-env=TRIATHLON_RENDERER={hash:016x}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        match entry.path() {
            path if path.is_dir() => collect(&path, files),
            path => files.push(path),
        }
    }
}

/// FNV-1a.
///
/// Source: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>.
fn fingerprint(hash: u64, bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
