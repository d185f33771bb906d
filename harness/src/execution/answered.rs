//! What the process of an execution answered, or how it failed.

use rustix::io::Errno;
use triathlon_contract::record::{Answer, SCHEMA};

use crate::child::{End, Ended};

/// What the process answered, or how it failed, in one sentence.
pub(super) fn answer(ended: &Ended) -> Result<Answer, String> {
    well(ended)?;
    parse(&ended.output)
}

/// Whether a process ended well; if not, how, in one sentence.
pub(super) fn well(ended: &Ended) -> Result<(), String> {
    match &ended.end {
        End::WallLimit => Err("killed: it ran longer than its wall limit".to_string()),
        End::MemoryLimit => Err("killed: it held more memory than its limit".to_string()),
        End::Exited(status) if !status.success() => {
            let last_words = last_line(&ended.errors);
            Err(format!("the process ended with {status}{last_words}"))
        }
        End::Exited(_) | End::Interrupted => Ok(()),
    }
}

/// One answer, in the schema of this program.
pub(super) fn parse(output: &[u8]) -> Result<Answer, String> {
    let answer: Answer = serde_json::from_slice(output).map_err(|error| {
        let said: String = String::from_utf8_lossy(output).chars().take(80).collect();
        format!("the process answered what is no answer ({error}): {said:?}")
    })?;
    match answer.schema {
        SCHEMA => Ok(answer),
        other => Err(format!("the process answered in schema {other} instead of {SCHEMA}")),
    }
}

/// `: ` and the last line of what was said, shortened; nothing if nothing was.
fn last_line(errors: &[u8]) -> String {
    let text = String::from_utf8_lossy(errors);
    let Some(line) = text.lines().rev().find(|line| !line.trim().is_empty()) else {
        return String::new();
    };
    let line: String = line.chars().take(300).collect();
    let no_port = format!("(os error {})", Errno::ADDRNOTAVAIL.raw_os_error());
    match line.ends_with(&no_port) {
        true => format!(": {line}; no port was left for one more connection to the same address"),
        false => format!(": {line}"),
    }
}
