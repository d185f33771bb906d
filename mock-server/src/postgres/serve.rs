//! A session on its socket.

use std::io;
use std::pin::pin;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::rows;
use super::session::{Session, Step};
use crate::answer::hold;
use crate::listen::Port;

/// Bytes that one read takes at most.
const PIECE_BYTES: usize = 16 << 10;

/// Makes what all sessions share.
pub(crate) fn prepare() {
    rows::prepare();
}

/// Serves until either end closes. What is answered at once goes out in one write.
pub(crate) async fn serve(mut stream: TcpStream, port: &Port) {
    let trial = &*port.trial;
    let mut session = Session::new();
    let mut counted = session.counts();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let step = session.step();
        if let Step::Query { pause } = step {
            let law_ns =
                trial.query_law.map_or(0, |law| law.duration_ns(trial.draws.queries.next()));
            let arrival = trial.arrive(pause.as_nanos() as u64 + law_ns);
            if let Some(deadline_ns) = arrival.deadline_ns {
                // What is ready does not wait for what is not.
                if flush(&mut stream, &mut session).await.is_err() {
                    return;
                }
                let held = hold(deadline_ns, port);
                if !outlasts(held, &mut stream, &mut session, &mut piece).await {
                    return;
                }
            }
            let bytes = session.answer();
            arrival.flight.land(bytes as usize);
            continue;
        }
        let counts = session.counts();
        if counts != counted {
            trial.counters.query(counts.since(counted));
            counted = counts;
        }
        if flush(&mut stream, &mut session).await.is_err() {
            return;
        }
        match step {
            Step::End => return,
            Step::Read => match stream.read(&mut piece).await {
                Ok(count) if count > 0 => session.receive(&piece[..count]),
                // A client that vanished has done nothing bad.
                _ => return,
            },
            Step::Write | Step::Query { .. } => {}
        }
    }
}

async fn flush(stream: &mut TcpStream, session: &mut Session) -> io::Result<()> {
    if !session.outgoing().is_empty() {
        stream.write_all(session.outgoing()).await?;
        session.written();
    }
    Ok(())
}

/// Whether the client is still there when the pause is over; what it says meanwhile is
/// kept for later, until there is too much of it.
async fn outlasts(
    held: impl Future<Output = ()>,
    stream: &mut TcpStream,
    session: &mut Session,
    piece: &mut [u8],
) -> bool {
    let mut held = pin!(held);
    loop {
        tokio::select! {
            biased;
            () = &mut held => return true,
            read = stream.read(piece), if session.has_room() => match read {
                Ok(count) if count > 0 => session.receive(&piece[..count]),
                _ => return false,
            },
        }
    }
}
