//! The page's script and the policy that lets it run, and nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Plain JavaScript, the same on every page.
pub(super) const SCRIPT: &str = include_str!("page.js");

/// What a page may do: show its own style, run this script, load nothing, send
/// nothing.
pub(super) fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    format!(
        "default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; img-src data:; \
         base-uri 'none'; form-action 'none'"
    )
}
