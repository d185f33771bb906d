//! How this binary was made, for `run.json`.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

const LOCK: &str = include_str!("../../Cargo.lock");
const MANIFEST: &str = include_str!("../../Cargo.toml");

/// Crates whose version decides results.
const CRATES: [&str; 8] =
    ["tokio", "mio", "hyper", "hyper-util", "httparse", "ureq", "ureq-proto", "xxhash-rust"];

/// Commit that was built; `unknown` outside a repository.
pub const COMMIT: &str = env!("TRIATHLON_COMMIT");

/// Whether the tree differed from the commit.
pub fn dirty() -> bool {
    env!("TRIATHLON_DIRTY") == "true"
}

/// Whether the optimiser was on.
pub fn optimised() -> bool {
    env!("TRIATHLON_OPT_LEVEL") == "3"
}

/// Compiler, target, flags and profile.
pub fn facts() -> BTreeMap<String, String> {
    let profile = if optimised() { release_profile() } else { "not the release profile".into() };
    let facts = [
        ("compiler", env!("TRIATHLON_RUSTC").to_string()),
        ("target", env!("TRIATHLON_TARGET").to_string()),
        ("opt-level", env!("TRIATHLON_OPT_LEVEL").to_string()),
        ("cargo profile", env!("TRIATHLON_BUILD").to_string()),
        ("rustflags", env!("TRIATHLON_RUSTFLAGS").to_string()),
        ("profile settings", profile),
        ("allocator", "the system's".to_string()),
    ];
    facts.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// What the small programs of `triathlon cost` are built with.
pub fn cost_profile() -> String {
    format!("{}, {}", settings("[profile.cost]"), release_profile())
}

/// The lines of `[profile.release]`, from the manifest that was built.
fn release_profile() -> String {
    settings("[profile.release]")
}

fn settings(profile: &str) -> String {
    let lines = MANIFEST.lines().skip_while(|line| *line != profile).skip(1);
    let settings: Vec<_> =
        lines.take_while(|line| !line.starts_with('[')).filter(|line| line.contains('=')).collect();
    settings.join(", ")
}

/// Versions of the crates that decide results, from the lock file.
pub fn versions() -> BTreeMap<String, String> {
    let mut versions = BTreeMap::new();
    let mut name = "";
    for line in LOCK.lines() {
        if let Some(rest) = line.strip_prefix("name = ") {
            name = rest.trim_matches('"');
        } else if let Some(rest) = line.strip_prefix("version = ")
            && CRATES.contains(&name)
        {
            let version = rest.trim_matches('"');
            versions
                .entry(name.to_string())
                .and_modify(|all: &mut String| *all = format!("{all}, {version}"))
                .or_insert_with(|| version.to_string());
        }
    }
    versions
}

/// SHA-256 of the lock file.
pub fn lock_sha256() -> String {
    hex(&Sha256::digest(LOCK))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{CRATES, cost_profile, lock_sha256, release_profile, versions};

    #[test]
    fn the_lock_file_names_every_crate_that_matters() {
        let versions = versions();
        for name in CRATES {
            assert!(versions.get(name).is_some_and(|v| v.contains('.')), "{name} in {versions:?}");
        }
        assert_eq!(lock_sha256().len(), 64);
    }

    #[test]
    fn the_profile_of_small_programs_is_the_release_profile_without_symbols() {
        let profile = cost_profile();
        assert!(
            profile.starts_with("inherits = \"release\", strip = true, opt-level = 3"),
            "{profile}"
        );
    }

    #[test]
    fn the_release_profile_is_recorded() {
        let profile = release_profile();
        for setting in ["opt-level", "lto", "codegen-units", "panic"] {
            assert!(profile.contains(setting), "{profile}");
        }
    }
}
