//! A socket of which something has been read already.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Gives the bytes that were read before, then those of the socket.
pub(crate) struct Rewound {
    before: Vec<u8>,
    given: usize,
    stream: TcpStream,
}

impl Rewound {
    pub(crate) fn new(before: Vec<u8>, stream: TcpStream) -> Self {
        Self { before, given: 0, stream }
    }

    /// The socket, and what has not been given yet.
    pub(crate) fn into_parts(self) -> (TcpStream, Vec<u8>) {
        let mut left = self.before;
        left.drain(..self.given);
        (self.stream, left)
    }
}

impl AsyncRead for Rewound {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let left = &this.before[this.given..];
        if left.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, space);
        }
        let count = left.len().min(space.remaining());
        space.put_slice(&left[..count]);
        this.given += count;
        if this.given == this.before.len() {
            (this.before, this.given) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::Rewound;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    #[test]
    fn what_was_read_comes_first_and_what_is_left_is_given_back() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
            let (mut client, server) = (client.unwrap(), server.unwrap().0);
            client.write_all(b"later").await.unwrap();

            let mut rewound = Rewound::new(b"before".to_vec(), server);
            let mut piece = [0; 4];
            rewound.read_exact(&mut piece).await.unwrap();
            assert_eq!(&piece, b"befo");
            let (server, left) = rewound.into_parts();
            assert_eq!(left, b"re");

            let mut rewound = Rewound::new(left, server);
            let mut all = [0; 7];
            rewound.read_exact(&mut all).await.unwrap();
            assert_eq!(&all, b"relater");
            rewound.write_all(b"answer").await.unwrap();
            let (server, left) = rewound.into_parts();
            assert!(left.is_empty());
            drop(server);
            let mut text = String::new();
            client.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "answer");
        });
    }
}
