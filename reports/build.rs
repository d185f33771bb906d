//! A fingerprint of the code that makes a report from records, so that a
//! verifier knows whether it may expect the same bytes; and the list of claims, so
//! that no file of them can be forgotten.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Whatever decides a byte of a report.
const SOURCES: [&str; 4] = ["src", CLAIMS, "../harness/statistics/src", "../harness/contract/src"];

/// One file a claim.
const CLAIMS: &str = "claims";

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
    let list = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("claims.rs");
    fs::write(&list, claims(&files)).unwrap_or_else(|error| panic!("{}: {error}", list.display()));
}

/// Name and text of every claim, as an expression, in the order of the names.
fn claims(files: &[PathBuf]) -> String {
    let own = files.iter().filter(|file| {
        file.starts_with(CLAIMS) && file.extension().is_some_and(|kind| kind == "toml")
    });
    let entry = |file: &PathBuf| {
        let name = file.file_stem().expect("it ends with .toml").to_string_lossy();
        let path = fs::canonicalize(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        format!("({name:?}, include_str!({:?})),\n", path.display().to_string())
    };
    format!("&[\n{}]", own.map(entry).collect::<String>())
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
