//! From method, path and query to what is asked for, or to a refusal.
//!
//! Borrows and compares only: nothing here allocates.

use std::ops::RangeInclusive;

use hyper::{Method, StatusCode};

use crate::bodies::{MOST_BYTES, MOST_ITEMS};
use crate::respond::Refusal;

/// Longest `/delay` and `/stall`: a minute.
pub(crate) const MOST_US: u64 = 60_000_000;

/// A request that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Counted, gated, with a body of ours.
    Data(Data),
    /// Counted, gated, with the client's body.
    Echo,
    /// Not counted.
    Control(Control),
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
    Json { us: u64, items: usize },
    Status(StatusCode),
}

const BYTES: &str = "/bytes/{n} takes a whole number n from 0 to 67108864 and no query.";
const DELAY: &str = "/delay/{us} takes a whole number us from 0 to 60000000 and, as its only \
    query, bytes=n with n from 0 to 67108864.";
const JSON: &str = "/json/{n} takes a whole number n from 0 to 100000 and, as its only query, \
    delay_us=us with us from 0 to 60000000.";
const STATUS: &str = "/status/{code} takes a whole number code from 200 to 599 and no query.";
const STALL: &str = "/stall/{us} takes a whole number us from 0 to 60000000 and no query.";
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
        ("delay", Some(us)) => {
            only(method, &Method::GET)?;
            let us = number(us, 0..=MOST_US, DELAY)?;
            let bytes = match query.strip_prefix("bytes=") {
                Some(size) => bytes(size, DELAY)?,
                None => empty(query, DELAY).map(|()| 0)?,
            };
            Ok(Route::Data(Data::Delay { us, bytes }))
        }
        ("json", Some(items)) => {
            only(method, &Method::GET)?;
            let items = number(items, 0..=MOST_ITEMS as u64, JSON)? as usize;
            let us = match query.strip_prefix("delay_us=") {
                Some(us) => number(us, 0..=MOST_US, JSON)?,
                None => empty(query, JSON).map(|()| 0)?,
            };
            Ok(Route::Data(Data::Json { us, items }))
        }
        ("status", Some(code)) => {
            only(method, &Method::GET)?;
            empty(query, STATUS)?;
            let code = number(code, 200..=599, STATUS)?;
            let code = StatusCode::from_u16(code as u16).map_err(|_| Refusal::invalid(STATUS))?;
            Ok(Route::Data(Data::Status(code)))
        }
        ("echo", None) => {
            only(method, &Method::POST)?;
            empty(query, PLAIN).map(|()| Route::Echo)
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

fn only(method: &Method, allowed: &Method) -> Result<(), Refusal> {
    if method == allowed {
        return Ok(());
    }
    Err(if allowed == Method::GET {
        Refusal::method("GET", "This path takes GET only.")
    } else {
        Refusal::method("POST", "This path takes POST only.")
    })
}

fn empty(query: &str, sentence: &'static str) -> Result<(), Refusal> {
    if query.is_empty() { Ok(()) } else { Err(Refusal::invalid(sentence)) }
}

fn stamps(query: &str, sentence: &'static str) -> Result<bool, Refusal> {
    match query {
        "stamps=1" => Ok(true),
        "" | "stamps=0" => Ok(false),
        _ => Err(Refusal::invalid(sentence)),
    }
}

fn bytes(text: &str, sentence: &'static str) -> Result<usize, Refusal> {
    number(text, 0..=MOST_BYTES as u64, sentence).map(|size| size as usize)
}

/// Digits only: `parse` alone would also take a leading plus.
fn number(text: &str, range: RangeInclusive<u64>, sentence: &'static str) -> Result<u64, Refusal> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|number| digits && range.contains(number))
        .ok_or_else(|| Refusal::invalid(sentence))
}

#[cfg(test)]
mod tests {
    use super::{
        BYTES, Control, DELAY, Data, JSON, MOST_BYTES, MOST_ITEMS, MOST_US, Method, Route, STALL,
        route,
    };
    use crate::respond::Refusal;

    fn get(target: &str) -> Result<Route, u16> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        route(&Method::GET, path, query, true).map_err(|Refusal { status, .. }| status.as_u16())
    }

    #[test]
    fn what_is_right_is_understood() {
        let check = |target: &str, want| assert_eq!(get(target), Ok(want), "{target}");
        check("/bytes/0", Route::Data(Data::Bytes(0)));
        check("/bytes/67108864", Route::Data(Data::Bytes(MOST_BYTES)));
        check("/delay/60000000", Route::Data(Data::Delay { us: MOST_US, bytes: 0 }));
        check("/delay/1?bytes=2", Route::Data(Data::Delay { us: 1, bytes: 2 }));
        check("/json/100000", Route::Data(Data::Json { us: 0, items: MOST_ITEMS }));
        check("/json/7?delay_us=1000", Route::Data(Data::Json { us: 1000, items: 7 }));
        check("/healthz?", Route::Control(Control::Healthz));
        check("/counters?stamps=1", Route::Control(Control::Counters { stamps: true }));
        check(
            "/trial/18446744073709551615",
            Route::Control(Control::ReadTrial { id: u64::MAX, stamps: false }),
        );
    }

    #[test]
    fn what_is_wrong_has_its_status() {
        let check = |target: &str, want| assert_eq!(get(target), Err(want), "{target}");
        for n in ["", "+5", "-1", "5/", "1e3", "67108865", "18446744073709551616", "٣", "%35"] {
            check(&format!("/bytes/{n}"), 400);
            check(&format!("/delay/0?bytes={n}"), 400);
        }
        let wrong = ["/delay/60000001", "/json/100001", "/status/199", "/status/600", "/bytes/1?x"];
        wrong.iter().for_each(|target| check(target, 400));
        [
            "/json/1?delay_us=",
            "/json/1?delay=1",
            "/json/1?delay_us=60000001",
            "/delay/1?byte=2",
            "/counters?stamps=2",
            "/trial/x",
            "/healthz?x",
        ]
        .iter()
        .for_each(|target| check(target, 400));
        ["/echo", "/stall/1", "/trial"].iter().for_each(|target| check(target, 405));
        ["/", "", "/bytes", "/bytes2/1", "/echo/", "/healthz/x", "*", "/Bytes/1"]
            .iter()
            .for_each(|target| check(target, 404));
    }

    #[test]
    fn trials_are_managed_on_the_control_address_only() {
        for (method, path) in [(Method::POST, "/trial"), (Method::DELETE, "/trial/1")] {
            assert!(route(&method, path, None, true).is_ok());
            let refusal = route(&method, path, None, false).unwrap_err();
            assert_eq!(refusal.status.as_u16(), 404);
        }
    }

    #[test]
    fn the_sentences_say_the_bounds() {
        assert!(BYTES.contains(&MOST_BYTES.to_string()) && DELAY.contains(&MOST_BYTES.to_string()));
        assert!(JSON.contains(&MOST_ITEMS.to_string()));
        assert!(DELAY.contains(&MOST_US.to_string()) && STALL.contains(&MOST_US.to_string()));
    }
}
