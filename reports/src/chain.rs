//! Whether the lines of `records.jsonl` hold on to each other.

use triathlon_contract::record::{Record, link};

/// The complete lines of a run's records.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The records.
    pub records: Vec<Record>,
    /// Bytes of the complete lines.
    pub bytes: usize,
    /// What the next line must hold on to.
    pub previous: String,
    /// Whether a last line was cut off, as a killed run leaves it.
    pub cut: bool,
}

/// Reads the lines and checks that each holds on to the one before it and that
/// no sequence is missing. Runs before there was a chain have sequences alone.
///
/// # Errors
/// One sentence with the first line that does not fit.
pub fn kept(run_json: &[u8], records_jsonl: &[u8]) -> Result<Kept, String> {
    let mut kept = Kept { records: Vec::new(), bytes: 0, previous: link(run_json), cut: false };
    for line in records_jsonl.split_inclusive(|byte| *byte == b'\n') {
        let number = kept.records.len() + 1;
        if line.last() != Some(&b'\n') {
            kept.cut = true;
            break;
        }
        let record: Record = serde_json::from_slice(line)
            .map_err(|error| format!("line {number} of records.jsonl is no record: {error}"))?;
        fits(&kept, &record, number)?;
        kept.previous = link(line);
        kept.bytes += line.len();
        kept.records.push(record);
    }
    Ok(kept)
}

/// Whether a record may stand at that line.
fn fits(kept: &Kept, record: &Record, number: usize) -> Result<(), String> {
    let unchained = kept.records.first().unwrap_or(record).previous.is_empty();
    if record.sequence + 1 != number as u64 {
        return Err(format!(
            "line {number} of records.jsonl has sequence {} instead of {}: lines were removed, added \
             or moved",
            record.sequence,
            number - 1
        ));
    }
    if unchained && record.previous.is_empty() || record.previous == kept.previous {
        return Ok(());
    }
    Err(match number {
        1 => "line 1 of records.jsonl does not belong to this run.json: one of them was edited"
            .into(),
        _ => format!(
            "line {number} of records.jsonl does not hold on to line {}: one of them was edited",
            number - 1
        ),
    })
}
