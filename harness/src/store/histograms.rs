//! `histograms.jsonl`: the distributions of open loops, a line for each record
//! that has some.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use triathlon_contract::record::{HistogramLine, Histograms as Distributions, Record, SCHEMA};

use super::line;
use crate::Result;
use crate::failure::cannot_write;

/// The file; it is made with its first line.
pub(super) struct Histograms {
    path: PathBuf,
}

impl Histograms {
    pub(super) fn of(directory: &Path) -> Self {
        Self { path: directory.join("histograms.jsonl") }
    }

    /// Appends what belongs to a record.
    pub(super) fn append(&self, record: &Record, histograms: Distributions) -> Result<()> {
        let Record { sequence, id, twin, .. } = record;
        let kept = HistogramLine {
            schema: SCHEMA,
            sequence: *sequence,
            id: id.clone(),
            twin: *twin,
            histograms,
        };
        let line = line(&kept).map_err(anyhow::Error::from)?;
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        file.and_then(|mut file| whole(&mut file, &line))
            .map_err(|error| cannot_write(&self.path, &error))
    }

    /// Takes back lines of records that a killed run did not keep.
    pub(super) fn cut(&self, records: u64) -> Result<()> {
        let failed = |error: &io::Error| cannot_write(&self.path, error);
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(&error)),
        };
        let belongs = |line: &&[u8]| {
            let line = serde_json::from_slice::<HistogramLine>(line);
            line.is_ok_and(|line| line.sequence < records)
        };
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let kept: usize = lines.take_while(belongs).map(<[u8]>::len).sum();
        let file = OpenOptions::new().write(true).open(&self.path);
        file.and_then(|file| file.set_len(kept as u64)).map_err(|error| failed(&error))
    }
}

/// Writes all of a line or takes it back.
fn whole(file: &mut fs::File, line: &[u8]) -> io::Result<()> {
    let before = file.metadata()?.len();
    file.write_all(line).inspect_err(|_| {
        // The sentence about the first error is what helps.
        file.set_len(before).ok();
    })
}

#[cfg(test)]
mod tests {
    use super::Histograms;
    use std::fs;

    #[test]
    fn lines_of_lost_records_and_half_a_line_are_taken_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("histograms.jsonl");
        let line = |sequence: u64| {
            let times = r#""lag_ns":"","service_ns":"","response_ns":"""#;
            format!(r#"{{"schema":1,"sequence":{sequence},"id":"a","twin":false,{times}}}"#) + "\n"
        };
        let whole = [line(0), line(3), line(4)].concat();
        fs::write(&path, whole.clone() + &line(5)[..20]).unwrap();
        let histograms = Histograms::of(directory.path());
        histograms.cut(5).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), whole);
        histograms.cut(4).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), [line(0), line(3)].concat());
        fs::remove_file(&path).unwrap();
        histograms.cut(4).unwrap();
        assert!(!path.exists());
    }
}
