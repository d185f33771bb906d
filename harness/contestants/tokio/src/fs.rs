//! One lane's files, by `tokio::fs`.
//!
//! Guide: the documentation of `tokio::fs`. Inside, `read` is one hop to a
//! thread of the blocking pool, where open, size, reading and closing happen
//! together; a `File` hops for opening, for each seek, for each read of up to 2
//! MiB into a buffer of its own, for each write out of one, and for `sync_all`.
//! It is closed where it is dropped, on the worker.

use std::io::{self, SeekFrom};
use std::sync::Arc;

use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use triathlon_contract::Received;
use triathlon_contract::files::{Kind, Ready};

/// What a lane has open, and room for what it reads there.
pub(crate) struct Fs {
    ready: Arc<Ready>,
    large: Option<File>,
    piece: Vec<u8>,
}

impl Fs {
    pub(crate) async fn open(ready: &Arc<Ready>) -> io::Result<Self> {
        let ready = Arc::clone(ready);
        let (large, bytes) = match ready.kind() {
            Kind::ReadLarge => {
                (Some(File::open(ready.path(0)).await?), ready.chunk_bytes())
            }
            Kind::ReadSmall | Kind::WriteSmall => (None, 0),
        };
        Ok(Self { ready, large, piece: vec![0; bytes] })
    }

    /// One operation: what was read or written.
    pub(crate) async fn operate(
        &mut self,
        operation: u64,
    ) -> io::Result<Received> {
        let (ready, path) = (&self.ready, self.ready.path(operation));
        match (&mut self.large, ready.kind()) {
            (Some(large), _) => {
                large.seek(SeekFrom::Start(ready.offset(operation))).await?;
                large.read_exact(&mut self.piece).await?;
                Ok(Received::whole(200, &self.piece))
            }
            (None, Kind::WriteSmall) => {
                let content = ready.content(operation);
                let mut file = File::create(path).await?;
                file.write_all(content).await?;
                // `sync_all` waits for the write, but keeps its error.
                file.flush().await?;
                file.sync_all().await?;
                Ok(Received::whole(200, content))
            }
            (None, _) => Ok(Received::whole(200, &fs::read(path).await?)),
        }
    }
}
