//! From method, path and query to what is asked for, or to a refusal.
//!
//! Borrows and compares only: nothing here allocates.

use hyper::{Method, StatusCode};
use triathlon_contract::websocket::session::MESSAGE_MAX_BYTES;

use crate::bodies::{MOST_BYTES, MOST_ITEMS};
use crate::fault::{KINDS, Shares};
use crate::law::{Law, MOST_US};
use crate::parse::{bytes, empty, fields, law, number, only, only_bytes, stamps};
use crate::queue::{MOST_SERVERS, Queueing};
use crate::respond::Refusal;

/// Highest `/limit`.
const MOST_PER_S: u64 = 1_000_000;
/// Highest `ping_every`.
const MOST_PING_EVERY: u64 = 1_000_000;
/// Most pieces of a `/drip`; together they take no longer than one `/delay`.
const MOST_PIECES: u64 = 65_536;
const SECOND_NS: u64 = 1_000_000_000;

/// A request that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Counted, gated, with a body of ours.
    Data(Data),
    /// Counted, gated, with the client's body.
    Echo,
    /// Counted, gated, after its turn, with a body of ours.
    Queue { queueing: Queueing, bytes: usize },
    /// Counted, gated, then answered with a body of ours or not at all.
    Fault { shares: Shares, bytes: usize },
    /// Counted, gated, with a body of ours in pieces.
    Drip(Dripping),
    /// A handshake, and then messages that are counted and gated.
    Websocket(Echoing),
    /// Not counted.
    Control(Control),
}

/// How a web socket answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Echoing {
    /// Longest frame of an echo in bytes; 0 if each is one frame.
    pub(crate) fragment_bytes: usize,
    /// A ping goes before every so many-th echo; 0 for none.
    pub(crate) ping_every: u64,
}

/// How a body is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dripping {
    pub(crate) bytes: usize,
    /// Bytes of each piece but the last, which may be shorter. At least one.
    pub(crate) chunk_bytes: usize,
    /// Before each piece.
    pub(crate) us: u64,
}

/// What is asked of the server itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    Healthz,
    Counters { stamps: bool },
    Stall { us: u64 },
    CreateTrial,
    ReadTrial { id: u64, stamps: bool },
    EndTrial { id: u64, stamps: bool },
}

/// What a data request without a body asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    Bytes(usize),
    Delay { us: u64, bytes: usize },
    Drawn { law: Law, bytes: usize },
    Json { us: u64, items: usize },
    Status(StatusCode),
}

const BYTES: &str = "/bytes/{n} takes a whole number n from 0 to 67108864 and no query.";
const DELAY: &str = "/delay/ takes {us}, uniform/{low_us}/{high_us}, exponential/{mean_us} or \
    bimodal/{low_us}/{high_us}/{high_permille}, in whole microseconds from 0 to 60000000 with low \
    no more than high and permille from 0 to 1000, and, as its only query, bytes=n with n from 0 \
    to 67108864.";
const DRIP: &str = "/drip/{n}/{chunk}/{us} takes whole numbers and no query: n and chunk up to \
    67108864, chunk at least 1, so that there are at most 65536 pieces, and us so that all pieces \
    together take at most 60000000.";
const JSON: &str = "/json/{n} takes a whole number n from 0 to 100000 and, as its only query, \
    delay_us=us with us from 0 to 60000000.";
const QUEUE: &str = "/queue/ takes the same laws of service times as /delay/, in whole microseconds \
    from 0 to 60000000, and, as its only query, servers=n with n from 1 to 1000 and bytes=n with n \
    from 0 to 67108864.";
const LIMIT: &str = "/limit/{per_s} takes a whole number per_s from 1 to 1000000 and, as its only \
    query, bytes=n with n from 0 to 67108864.";
const FAULT: &str = "/fault takes, as its only query, drop, hang, reset, garbage and error in whole \
    per cent that are no more than 100 together, and bytes=n with n from 0 to 67108864.";
const STATUS: &str = "/status/{code} takes a whole number code from 200 to 599 and no query.";
const STALL: &str = "/stall/{us} takes a whole number us from 0 to 60000000 and no query.";
const WS: &str = "/ws takes, as its only query, fragment=n with n from 1 to 65536 and ping_every=k \
    with k from 1 to 1000000.";
const STAMPS: &str = "The only query here is stamps=1.";
const PLAIN: &str = "This path takes no query.";
const TRIAL: &str = "/trial/{id} takes the id that POST /trial answered and, as its only query, \
    stamps=1.";

/// Understands one request. `control` says whether it came in by the server's
/// own address, where alone the trials are managed.
///
/// # Errors
/// The refusal to answer with.
pub(crate) fn route(
    method: &Method,
    path: &str,
    query: Option<&str>,
    control: bool,
) -> Result<Route, Refusal> {
    let query = query.unwrap_or("");
    let path = path.strip_prefix('/').unwrap_or(path);
    let (name, argument) = match path.split_once('/') {
        Some((name, argument)) => (name, Some(argument)),
        None => (path, None),
    };
    match (name, argument) {
        ("bytes", Some(size)) => {
            only(method, &Method::GET)?;
            empty(query, BYTES)?;
            Ok(Route::Data(Data::Bytes(bytes(size, BYTES)?)))
        }
        ("delay", Some(delayed)) => {
            only(method, &Method::GET)?;
            delay(delayed, query)
        }
        ("drip", Some(pieces)) => {
            only(method, &Method::GET)?;
            drip(pieces, query)
        }
        ("queue", Some(service)) => {
            only(method, &Method::GET)?;
            queue(service, query)
        }
        ("limit", Some(per_s)) => {
            only(method, &Method::GET)?;
            limit(per_s, query)
        }
        ("fault", None) => {
            only(method, &Method::GET)?;
            fault(query)
        }
        ("json", Some(items)) => {
            only(method, &Method::GET)?;
            json(items, query)
        }
        ("status", Some(code)) => {
            only(method, &Method::GET)?;
            status(code, query)
        }
        ("echo", None) => {
            only(method, &Method::POST)?;
            empty(query, PLAIN).map(|()| Route::Echo)
        }
        ("ws", None) => {
            only(method, &Method::GET)?;
            websocket(query)
        }
        ("stall", Some(us)) => {
            only(method, &Method::POST)?;
            empty(query, STALL)?;
            Ok(Route::Control(Control::Stall { us: number(us, 0..=MOST_US, STALL)? }))
        }
        ("healthz", None) => {
            only(method, &Method::GET)?;
            empty(query, PLAIN).map(|()| Route::Control(Control::Healthz))
        }
        ("counters", None) => {
            only(method, &Method::GET)?;
            Ok(Route::Control(Control::Counters { stamps: stamps(query, STAMPS)? }))
        }
        ("trial", argument) if control => trial(method, argument, query),
        _ => Err(Refusal::not_found()),
    }
}

fn delay(delay: &str, query: &str) -> Result<Route, Refusal> {
    let bytes = only_bytes(query, DELAY)?;
    Ok(Route::Data(match number(delay, 0..=MOST_US, DELAY) {
        Ok(us) => Data::Delay { us, bytes },
        Err(_) => Data::Drawn { law: law(delay, DELAY)?, bytes },
    }))
}

fn drip(pieces: &str, query: &str) -> Result<Route, Refusal> {
    empty(query, DRIP)?;
    let mut parts = pieces.splitn(4, '/');
    let parts = [(); 4].map(|()| parts.next());
    let [Some(size), Some(chunk), Some(us), None] = parts else {
        return Err(Refusal::invalid(DRIP));
    };
    let bytes = bytes(size, DRIP)?;
    let chunk = number(chunk, 1..=MOST_BYTES as u64, DRIP)?;
    let us = number(us, 0..=MOST_US, DRIP)?;
    let pieces = (bytes as u64).div_ceil(chunk);
    if pieces > MOST_PIECES || pieces * us > MOST_US {
        return Err(Refusal::invalid(DRIP));
    }
    Ok(Route::Drip(Dripping { bytes, chunk_bytes: chunk as usize, us }))
}

fn queue(service: &str, query: &str) -> Result<Route, Refusal> {
    let law = law(service, QUEUE)?;
    let [servers, size] = fields(query, ["servers", "bytes"], QUEUE)?;
    let servers = servers.map_or(Ok(1), |text| number(text, 1..=MOST_SERVERS, QUEUE))? as usize;
    let bytes = size.map_or(Ok(0), |text| bytes(text, QUEUE))?;
    Ok(Route::Queue { queueing: Queueing { law, servers }, bytes })
}

fn limit(per_s: &str, query: &str) -> Result<Route, Refusal> {
    // Rounded up: at most so many a second.
    let ns = SECOND_NS.div_ceil(number(per_s, 1..=MOST_PER_S, LIMIT)?);
    let queueing = Queueing { law: Law::Fixed { ns }, servers: 1 };
    Ok(Route::Queue { queueing, bytes: only_bytes(query, LIMIT)? })
}

fn fault(query: &str) -> Result<Route, Refusal> {
    let names = ["drop", "hang", "reset", "garbage", "error", "bytes"];
    let [shares @ .., size] = fields(query, names, FAULT)?;
    let mut per_cent = [0; KINDS];
    for (share, text) in per_cent.iter_mut().zip(shares) {
        *share = text.map_or(Ok(0), |text| number(text, 0..=100, FAULT))?;
    }
    let shares = Shares::new(per_cent).ok_or(Refusal::invalid(FAULT))?;
    let bytes = size.map_or(Ok(0), |text| bytes(text, FAULT))?;
    Ok(Route::Fault { shares, bytes })
}

fn websocket(query: &str) -> Result<Route, Refusal> {
    let [fragment, every] = fields(query, ["fragment", "ping_every"], WS)?;
    let most_bytes = MESSAGE_MAX_BYTES as u64;
    let bytes = fragment.map_or(Ok(0), |text| number(text, 1..=most_bytes, WS))?;
    let ping_every = every.map_or(Ok(0), |text| number(text, 1..=MOST_PING_EVERY, WS))?;
    Ok(Route::Websocket(Echoing { fragment_bytes: bytes as usize, ping_every }))
}

fn json(items: &str, query: &str) -> Result<Route, Refusal> {
    let items = number(items, 0..=MOST_ITEMS as u64, JSON)? as usize;
    let us = match query.strip_prefix("delay_us=") {
        Some(us) => number(us, 0..=MOST_US, JSON)?,
        None => empty(query, JSON).map(|()| 0)?,
    };
    Ok(Route::Data(Data::Json { us, items }))
}

fn status(code: &str, query: &str) -> Result<Route, Refusal> {
    empty(query, STATUS)?;
    let code = number(code, 200..=599, STATUS)?;
    let code = StatusCode::from_u16(code as u16).map_err(|_| Refusal::invalid(STATUS))?;
    Ok(Route::Data(Data::Status(code)))
}

fn trial(method: &Method, id: Option<&str>, query: &str) -> Result<Route, Refusal> {
    let Some(id) = id else {
        only(method, &Method::POST)?;
        return empty(query, PLAIN).map(|()| Route::Control(Control::CreateTrial));
    };
    if !matches!(*method, Method::GET | Method::DELETE) {
        return Err(Refusal::method("GET, DELETE", "This path takes GET and DELETE only."));
    }
    let id = number(id, 0..=u64::MAX, TRIAL)?;
    let stamps = stamps(query, TRIAL)?;
    Ok(if method == Method::GET {
        Route::Control(Control::ReadTrial { id, stamps })
    } else {
        Route::Control(Control::EndTrial { id, stamps })
    })
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
