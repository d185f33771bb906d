//! Data requests: what a contestant measures.
//!
//! A handler runs inside its connection's task, so dropping the connection
//! drops it wherever it waits; the guard of the counters then takes the request
//! out of flight, and the delay leaves the timer's queue.

use std::error::Error;
use std::io;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::{Request, StatusCode};

use crate::bodies::MOST_BYTES;
use crate::breach::{Breach, Hanging};
use crate::clock::now_ns;
use crate::content::{Content, Drip, Held};
use crate::control;
use crate::fault::{Fault, Shares};
use crate::listen::Port;
use crate::queue::Queueing;
use crate::respond::{self, Answer, Refusal};
use crate::route::{Data, Dripping, Echoing, Route, route};
use crate::trial::Arrival;
use crate::websocket;

const TOO_LARGE: Refusal =
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "/echo takes a body of at most 67108864 bytes.");
const MALFORMED: Refusal = Refusal::invalid(
    "The body is not framed as the headers say; send the chunks that were announced.",
);

/// Answers one request; one that makes a web socket of its connection leaves in
/// `upgrade` how that is to answer.
///
/// # Errors
/// The connection is to end instead.
pub(crate) async fn answer(
    request: Request<Incoming>,
    port: &Arc<Port>,
    upgrade: &OnceLock<Echoing>,
) -> Result<Answer, Breach> {
    let uri = request.uri();
    let route = route(request.method(), uri.path(), uri.query(), port.control);
    // The rare ones are boxed: every connection has room for the largest future.
    let answer = match route {
        Ok(Route::Data(data)) => Ok(serve(data, port).await),
        Ok(Route::Queue { queueing, bytes }) => queue(queueing, bytes, port).await,
        Ok(Route::Drip(dripping)) => Ok(Box::pin(drip(dripping, port)).await),
        Ok(Route::Echo) => Box::pin(echo(request.into_body(), port)).await,
        Ok(Route::Fault { shares, bytes }) => {
            return Box::pin(fault(shares, bytes, port)).await;
        }
        Ok(Route::Websocket(echoing)) => websocket::agree(&request).inspect(|_| {
            // There is one only: hyper takes no further request.
            upgrade.get_or_init(|| echoing);
            port.trial.counters.converse(websocket::OPENED);
        }),
        Ok(Route::Control(asked)) => {
            Box::pin(control::answer(asked, request.into_body(), port)).await
        }
        Err(refusal) => Err(refusal),
    };
    Ok(answer.unwrap_or_else(|refusal| {
        port.trial.counters.refuse();
        refusal.answer()
    }))
}

async fn serve(data: Data, port: &Port) -> Answer {
    let bodies = &port.server.bodies;
    let trial = &*port.trial;
    match data {
        Data::Bytes(size) => {
            let make = || respond::bytes(bodies.bytes(size));
            deliver(trial.arrive(0), make, port).await
        }
        Data::Delay { us, bytes } => {
            let make = || respond::bytes(bodies.bytes(bytes));
            deliver(trial.arrive(us * 1000), make, port).await
        }
        Data::Drawn { law, bytes } => {
            let delay_ns = law.duration_ns(trial.draws.delays.next());
            let make = || respond::bytes(bodies.bytes(bytes));
            deliver(trial.arrive(delay_ns), make, port).await
        }
        Data::Json { us, items } => {
            let make = || respond::json(bodies.json(items));
            deliver(trial.arrive(us * 1000), make, port).await
        }
        Data::Status(code) => deliver(trial.arrive(0), || respond::status(code), port).await,
    }
}

/// Hands over the head at once, or as the gate opens; the body then drips from the
/// connection's task, and the request stays in flight until its last piece.
async fn drip(dripping: Dripping, port: &Arc<Port>) -> Answer {
    let (counters, body) = (&port.trial.counters, port.server.bodies.bytes(dripping.bytes));
    let Arrival { flight, deadline_ns } = port.trial.arrive(0);
    if body.is_empty() {
        return deliver(Arrival { flight, deadline_ns }, || respond::bytes(body), port).await;
    }
    let mut held = Held::Never;
    // However often it waits, it is one request that is held.
    if deadline_ns.is_some() || dripping.us > 0 {
        counters.hold();
        held = Held::Longer { excess_ns: 0 };
    }
    if let Some(deadline_ns) = deadline_ns {
        port.server.timer.until(deadline_ns).await;
        held = Held::Longer { excess_ns: now_ns() - deadline_ns };
    }
    let drip = Box::new(Drip::new(body, dripping, held, port));
    flight.outlast();
    Answer::new(Content::Dripping(drip))
}

async fn queue(queueing: Queueing, bytes: usize, port: &Port) -> Result<Answer, Refusal> {
    let arrival = port.trial.queue(queueing)?;
    Ok(deliver(arrival, || respond::bytes(port.server.bodies.bytes(bytes)), port).await)
}

async fn fault(shares: Shares, bytes: usize, port: &Port) -> Result<Answer, Breach> {
    let trial = &port.trial;
    let fault = shares.pick(trial.draws.faults.next());
    let arrival = trial.arrive(0);
    let Some(fault) = fault else {
        return Ok(deliver(arrival, || respond::bytes(port.server.bodies.bytes(bytes)), port).await);
    };
    if let Some(deadline_ns) = arrival.deadline_ns {
        hold(deadline_ns, port).await;
    }
    arrival.flight.fail(fault);
    match fault {
        Fault::Drop => Err(Breach::Drop),
        Fault::Hang => Err(Breach::Hang { _request: Hanging::new(trial) }),
        Fault::Reset => Err(Breach::Reset),
        Fault::Garbage => Err(Breach::Garbage),
        Fault::Error => Ok(respond::status(StatusCode::INTERNAL_SERVER_ERROR)),
    }
}

async fn echo(body: Incoming, port: &Port) -> Result<Answer, Refusal> {
    let body = match read_within(body, MOST_BYTES).await {
        Ok(body) => body,
        Err(Unread::TooLarge) => return Err(TOO_LARGE),
        Err(Unread::Malformed) => return Err(MALFORMED),
        // Never arrived, so it is no request, and nobody reads this answer.
        Err(Unread::BrokenOff) => return Ok(MALFORMED.answer()),
    };
    Ok(deliver(port.trial.arrive(0), || respond::bytes(body), port).await)
}

/// Makes the answer, holds it as long as the request's delay and the gate ask
/// for, counts the body and hands it over.
async fn deliver(arrival: Arrival<'_>, make: impl FnOnce() -> Answer, port: &Port) -> Answer {
    let answer = make();
    if let Some(deadline_ns) = arrival.deadline_ns {
        hold(deadline_ns, port).await;
    }
    arrival.flight.land(length(&answer));
    answer
}

pub(crate) async fn hold(deadline_ns: u64, port: &Port) {
    let counters = &port.trial.counters;
    counters.hold();
    port.server.timer.until(deadline_ns).await;
    counters.release(now_ns() - deadline_ns);
}

fn length(answer: &Answer) -> usize {
    answer.body().size_hint().exact().unwrap_or(0) as usize
}

/// Why there is no body.
pub(crate) enum Unread {
    TooLarge,
    /// The chunks are none.
    Malformed,
    /// The client has gone in the middle.
    BrokenOff,
}

/// The whole body of a request, refused as soon as it is known to be larger
/// than `most_bytes`.
pub(crate) async fn read_within(body: Incoming, most_bytes: usize) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > most_bytes as u64 {
        return Err(Unread::TooLarge);
    }
    match Limited::new(body, most_bytes).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Err(error) if is_malformed(&*error) => Err(Unread::Malformed),
        Err(_) => Err(Unread::BrokenOff),
    }
}

/// hyper reports bad chunks as an `io::Error` of invalid input or data below
/// its own error, and a vanished client as the end of the file or a reset.
fn is_malformed(error: &(dyn Error + 'static)) -> bool {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|cause| {
        matches!(cause.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
    })
}
