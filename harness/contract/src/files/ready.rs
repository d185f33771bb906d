//! The files of one execution, as a cell needs them.

use std::iter::StepBy;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{Files, Kind};
use crate::{Setting, Workload};

/// Paths, places and contents of all operations; made before the window.
///
/// Operations are numbered through all laps; the one behind the last is the
/// warm-up.
#[derive(Debug)]
pub struct Ready {
    work: Files,
    order: Vec<u64>,
    paths: Vec<PathBuf>,
    contents: Vec<Vec<u8>>,
}

/// The operations of one lane.
pub type Share = StepBy<Range<u64>>;

impl Ready {
    pub(super) fn new(work: &Files, folder: &Path) -> Self {
        let paths = match work.kind {
            // Each operation writes a file of its own.
            Kind::WriteSmall => 0..=work.operations(),
            _ => 0..=work.files - 1,
        };
        let contents = if work.writes() { 0..work.pieces() } else { 0..0 };
        Self {
            work: work.clone(),
            order: work.order(),
            paths: paths.map(|file| folder.join(Files::name(file))).collect(),
            contents: contents.map(|piece| work.content(piece)).collect(),
        }
    }

    /// What an operation does.
    pub fn kind(&self) -> Kind {
        self.work.kind
    }

    /// Bytes that an operation reads or writes.
    pub fn chunk_bytes(&self) -> usize {
        self.work.chunk_bytes as usize
    }

    /// The operations of a lane, in order.
    pub fn share(&self, lane: u64) -> Share {
        (lane..self.work.operations()).step_by(self.work.in_flight as usize)
    }

    /// The operation before the window.
    pub fn warm_up(&self) -> u64 {
        self.work.operations()
    }

    /// The file of an operation.
    pub fn path(&self, operation: u64) -> &Path {
        let file = match self.work.kind {
            Kind::WriteSmall => operation,
            _ => self.piece(operation) / self.work.chunks(),
        };
        &self.paths[file as usize]
    }

    /// Where in its file an operation reads.
    pub fn offset(&self, operation: u64) -> u64 {
        self.piece(operation) % self.work.chunks() * self.work.chunk_bytes
    }

    /// What an operation writes.
    pub fn content(&self, operation: u64) -> &[u8] {
        &self.contents[self.piece(operation) as usize]
    }

    fn piece(&self, operation: u64) -> u64 {
        self.work.piece(operation, &self.order)
    }
}

impl Files {
    /// Name of a file; for the reader of a listing in the order of the numbers.
    pub fn name(file: u64) -> String {
        format!("{file:06}")
    }

    /// Name of the folder below the run's: one for each content, one for what is
    /// written.
    pub fn folder(&self) -> String {
        match self.kind {
            Kind::WriteSmall => "written".to_string(),
            _ => format!("{}x{}", self.files, self.file_bytes),
        }
    }

    /// The files of an execution, ready to be read or written.
    ///
    /// # Errors
    /// If the job of this process names no folder.
    pub fn ready(&self, setting: &Setting) -> anyhow::Result<Ready> {
        let folder = setting.files.as_deref();
        let folder = folder.ok_or_else(|| anyhow::anyhow!("the job names no folder of files"))?;
        Ok(Ready::new(self, &folder.join(self.folder())))
    }

    /// The piece that an operation reads or writes, given the [`Files::order`].
    pub fn piece(&self, operation: u64, order: &[u64]) -> u64 {
        order[(operation % self.pieces()) as usize]
    }
}
