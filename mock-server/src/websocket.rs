//! Web sockets that echo every message.
//!
//! # Protocol
//! The task of a connection becomes that of its web socket, so the trial owns it
//! and its end aborts it. It takes everything that has come, answers it with one
//! write, and reads on; so one message of a socket is in flight at a time, from
//! when it is complete until its echo is handed over. A client that does not read
//! holds up its own socket only. What breaks the protocol is answered with a close
//! frame that names the status; then nothing more is heard.

use bytes::Bytes;
use hyper::header::{CONNECTION, HeaderName, HeaderValue, UPGRADE};
use hyper::header::{SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION};
use hyper::{Request, StatusCode, Version, body::Body};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use triathlon_contract::SocketCounts;
use triathlon_contract::websocket::{Event, Session, Violation, handshake};

use crate::answer::hold;
use crate::listen::Port;
use crate::respond::{self, Answer, Refusal};
use crate::route::Echoing;

/// Counted before the handshake is answered.
pub(crate) const OPENED: SocketCounts = SocketCounts {
    sockets: 1,
    frames_in: 0,
    frames_out: 0,
    messages: 0,
    message_bytes: 0,
    pings: 0,
    pongs: 0,
    closes: 0,
};

const HANDSHAKE: Refusal = Refusal::new(
    StatusCode::UPGRADE_REQUIRED,
    "/ws takes the handshake of a web socket: HTTP/1.1 without a body, connection: upgrade, \
     upgrade: websocket, sec-websocket-version: 13 and a sec-websocket-key of 16 bytes in base64.",
);

/// Most that is read of what a client says after it was told that it failed, in
/// pieces: with unread bytes the kernel would reset instead.
const MOST_PIECES: usize = 64;
const PIECE_BYTES: usize = 4 << 10;

/// The answer to a handshake.
///
/// # Errors
/// It is none.
pub(crate) fn agree<B: Body>(request: &Request<B>) -> Result<Answer, Refusal> {
    let header = |name: HeaderName| request.headers().get(name).map(HeaderValue::as_bytes);
    let named = |name, want| header(name).is_some_and(|list| handshake::names(list, want));
    let key = header(SEC_WEBSOCKET_KEY).filter(|key| handshake::is_key(key));
    let key = key.and_then(|key| str::from_utf8(key).ok());
    let asked = request.version() == Version::HTTP_11
        && request.body().is_end_stream()
        && named(CONNECTION, "upgrade")
        && named(UPGRADE, "websocket")
        && header(SEC_WEBSOCKET_VERSION) == Some(b"13");
    let key = key.filter(|_| asked).ok_or(HANDSHAKE)?;
    let accept = HeaderValue::try_from(handshake::accept(key)).map_err(|_| HANDSHAKE)?;
    let mut answer = respond::status(StatusCode::SWITCHING_PROTOCOLS);
    let headers = answer.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    Ok(answer)
}

/// Echoes until either end closes; `early` came together with the handshake.
pub(crate) async fn serve(mut stream: TcpStream, early: &Bytes, echoing: Echoing, port: &Port) {
    let counters = &port.trial.counters;
    let mut session = Session::server();
    let mut counted = session.counts();
    let mut early = &early[..];
    loop {
        let space = session.space();
        let count = if early.is_empty() {
            match stream.read(space).await {
                Ok(count) if count > 0 => count,
                // A client that vanished has done nothing bad.
                _ => return,
            }
        } else {
            early.read(space).await.unwrap_or_default()
        };
        session.advance(count);
        let failed = answer(&mut session, echoing, port).await.is_err_and(|violation| {
            counters.refuse();
            session.close(violation.status());
            true
        });
        let counts = session.counts();
        counters.converse(counts.since(counted));
        counted = counts;
        if stream.write_all(session.outgoing()).await.is_err() {
            return;
        }
        if failed {
            return part(stream).await;
        }
        if session.is_closed() {
            return;
        }
    }
}

/// Answers every message that is complete.
async fn answer(session: &mut Session, echoing: Echoing, port: &Port) -> Result<(), Violation> {
    while let Some(event) = session.event()? {
        let Event::Message { text } = event else { continue };
        let arrival = port.trial.arrive(0);
        if let Some(deadline_ns) = arrival.deadline_ns {
            hold(deadline_ns, port).await;
        }
        if echoing.ping_every > 0 && session.counts().messages.is_multiple_of(echoing.ping_every) {
            session.ping();
        }
        session.echo(text, echoing.fragment_bytes);
        arrival.flight.land(session.message().len());
    }
    Ok(())
}

/// Closes so that the last frame arrives: not before the client does, unless it
/// says too much.
pub(crate) async fn part(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut piece = [0; PIECE_BYTES];
    for _ in 0..MOST_PIECES {
        if !stream.read(&mut piece).await.is_ok_and(|length| length > 0) {
            return;
        }
    }
}
