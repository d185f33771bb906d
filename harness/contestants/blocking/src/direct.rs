//! One lane's files, by calls of `std::fs` that block.
//!
//! Guide: the documentation of `std::fs::read`, `FileExt::read_exact_at` and
//! `File::sync_all`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use triathlon_contract::Received;
use triathlon_contract::files::{Kind, Ready};

/// What a lane has open, and room for what it reads there.
pub(crate) struct Direct {
    ready: Arc<Ready>,
    large: Option<File>,
    piece: Vec<u8>,
}

impl Direct {
    pub(crate) fn open(ready: &Arc<Ready>) -> io::Result<Self> {
        let ready = Arc::clone(ready);
        let (large, bytes) = match ready.kind() {
            Kind::ReadLarge => {
                (Some(File::open(ready.path(0))?), ready.chunk_bytes())
            }
            Kind::ReadSmall | Kind::WriteSmall => (None, 0),
        };
        Ok(Self { ready, large, piece: vec![0; bytes] })
    }

    /// One operation: what was read or written.
    pub(crate) fn operate(&mut self, operation: u64) -> io::Result<Received> {
        let (ready, path) = (&self.ready, self.ready.path(operation));
        match (&self.large, ready.kind()) {
            (Some(large), _) => {
                large
                    .read_exact_at(&mut self.piece, ready.offset(operation))?;
                Ok(Received::whole(200, &self.piece))
            }
            (None, Kind::WriteSmall) => {
                let content = ready.content(operation);
                let mut file = File::create(path)?;
                file.write_all(content)?;
                file.sync_all()?;
                Ok(Received::whole(200, content))
            }
            (None, _) => Ok(Received::whole(200, &fs::read(path)?)),
        }
    }
}
