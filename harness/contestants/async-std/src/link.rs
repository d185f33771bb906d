//! What lies between two members of a ring: a channel or a pair of sockets.

use anyhow::{Context, Result};
use async_std::channel::{self, Receiver, Sender};
use async_std::io::{ReadExt, WriteExt};
use async_std::os::unix::net::UnixStream;
use triathlon_contract::ring::{Medium, Token};

/// Where a member takes the token from the one before it.
pub(crate) enum Inlet {
    Memory(Receiver<Token>),
    Socket(UnixStream),
}

/// Where a member gives the token to the next.
pub(crate) enum Outlet {
    Memory(Sender<Token>),
    Socket(UnixStream),
}

/// Both ends, with room for one token.
pub(crate) fn link(medium: Medium) -> Result<(Outlet, Inlet)> {
    Ok(match medium {
        Medium::Memory => {
            let (sender, receiver) = channel::bounded(1);
            (Outlet::Memory(sender), Inlet::Memory(receiver))
        }
        Medium::Sockets => {
            let (to, from) = UnixStream::pair().context("a pair of sockets")?;
            (Outlet::Socket(to), Inlet::Socket(from))
        }
    })
}

impl Inlet {
    /// The token; nothing once the member before has left.
    pub(crate) async fn take(&mut self) -> Result<Option<Token>> {
        match self {
            Self::Memory(receiver) => Ok(receiver.recv().await.ok()),
            Self::Socket(stream) => {
                let mut bytes = [0; Token::BYTES];
                let count = stream.read(&mut bytes).await?;
                if count == 0 {
                    return Ok(None);
                }
                stream.read_exact(&mut bytes[count..]).await?;
                Ok(Some(Token::from_bytes(bytes)))
            }
        }
    }
}

impl Outlet {
    pub(crate) async fn give(&mut self, token: Token) -> Result<()> {
        match self {
            Self::Memory(sender) => {
                sender.send(token).await.context("the next member is gone")
            }
            Self::Socket(stream) => {
                Ok(stream.write_all(&token.to_bytes()).await?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::link;
    use crate::runtime::{block_on, start};
    use triathlon_contract::ring::{Medium, Token};

    #[test]
    fn a_token_comes_out_as_it_went_in_and_then_the_end() {
        start(2);
        for medium in [Medium::Memory, Medium::Sockets] {
            let (mut outlet, mut inlet) = link(medium).unwrap();
            let token = Token::default().taken_by(7);
            block_on(outlet.give(token)).unwrap();
            assert_eq!(block_on(inlet.take()).unwrap(), Some(token));
            drop(outlet);
            assert_eq!(block_on(inlet.take()).unwrap(), None);
        }
    }

    #[test]
    fn nobody_takes_what_is_given_to_one_who_left() {
        start(2);
        for medium in [Medium::Memory, Medium::Sockets] {
            let (mut outlet, inlet) = link(medium).unwrap();
            drop(inlet);
            assert!(block_on(outlet.give(Token::default())).is_err());
        }
    }
}
