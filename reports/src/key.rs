//! The parts of a case's id, and names made from it.

use triathlon_contract::CaseId;

/// Splits an id that may be no case: what cannot be split stays in one part,
/// so that a damaged file is still shown and never followed.
pub(crate) fn parts(id: &str) -> CaseId {
    if let Ok(id) = id.parse() {
        return id;
    }
    let (what, who) = id.split_once('/').unwrap_or((id, ""));
    let (workload, preset) = what.split_once('@').unwrap_or((what, ""));
    let (who, way) = who.split_once(':').unwrap_or((who, ""));
    let (contestant, flavour) = who.split_once('/').unwrap_or((who, ""));
    let [workload, preset, contestant, flavour, way] =
        [workload, preset, contestant, flavour, way].map(str::to_string);
    CaseId { workload, preset, contestant, flavour, way }
}

/// Contestant, flavour and way, `tokio/multi-thread:stack`.
pub(crate) fn who_and_way(id: &CaseId) -> String {
    match id.way.as_str() {
        "" => id.who(),
        way => format!("{}:{way}", id.who()),
    }
}

/// Longest name that stays readable in an address or a directory.
const LONGEST: usize = 80;

/// `text` as a name that is safe as anchor and as file.
///
/// A case's id keeps its words, `@` becomes `.`, `/` `_` and `:` `..`; no word
/// has one of these, so different cases give different names. Whatever else
/// gets hyphens for what is not safe, and a fingerprint behind `__`.
pub(crate) fn slug(text: &str) -> String {
    let word = !text.is_empty() && text.chars().all(is_plain);
    if text.len() <= LONGEST && (word || text.parse::<CaseId>().is_ok()) {
        return text.replace(':', "..").replace('@', ".").replace('/', "_");
    }
    let safe = text.chars().take(40).map(|c| if is_plain(c) { c } else { '-' });
    format!("{}__{:016x}", safe.collect::<String>(), fingerprint(text))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

/// 64 bits that tell texts apart (FNV-1a; not against an adversary, whose
/// collision only leads a link to the wrong row).
///
/// Source: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
