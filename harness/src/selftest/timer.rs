//! The timer is finer than what is measured: response times at gaps that are no
//! whole milliseconds, beside a bare blocking round trip.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};

use super::figure::{Found, Verdict, at_least, at_most, believed, judge};
use super::live::{Call, Live};
use crate::{Result, machine};

/// One request in 1.37 ms.
const RATE: &str = "729.927";
const GAP: Duration = Duration::from_micros(1370);
const PATH: &str = "/delay/100?bytes=8";

/// The delay in it.
const DELAY_US: f64 = 100.0;

/// Slices of both, in turn, so that a drift of the machine meets both.
const SLICES: usize = 3;

/// Round trips of a slice.
const TRIPS: usize = 100;

/// Three times the 60 µs of the ground truth; a timer of whole milliseconds
/// adds 500.
const MORE_MAX_US: f64 = 180.0;
const MORE_MAX_FULL_US: f64 = 60.0;

/// With head room.
pub(crate) fn quick(live: &Live) -> Result<Vec<Found>> {
    measure(live, "timer floor", (SLICES, "400ms"), MORE_MAX_US)
}

/// The row of the ground truth.
pub(crate) fn full(live: &Live) -> Result<Vec<Found>> {
    measure(live, "timer floor, tight", (15, "1s"), MORE_MAX_FULL_US)
}

fn measure(
    live: &Live,
    name: &'static str,
    (slices, length): (usize, &str),
    most_us: f64,
) -> Result<Vec<Found>> {
    let trial = live.open_trial()?;
    let call = Call {
        path: PATH,
        arguments: &["-R", RATE, "-d", length, "--warmup", "50ms", "-c", "16"],
        seed: 1,
        stamps: 0,
        stall: None,
    };
    let (mut pairs_us, mut refused) = (Vec::new(), None);
    for _ in 0..slices {
        let bare_us = bare(live, trial.address)?;
        let (record, _) = live.load_trial(&trial, &call)?;
        match believed(&record) {
            Ok(times) => pairs_us.extend(times.p50.map(|p50| (bare_us, 1e3 * p50))),
            Err(reason) => refused = Some(reason),
        }
    }
    live.close_trial(&trial)?;
    // One slice that was believed is no median.
    let refused = refused.filter(|_| 2 * pairs_us.len() <= slices);
    Ok(vec![judge_timer(name, &pairs_us, most_us, refused)])
}

/// Medians of both in each slice. What counts is the middle one of their
/// differences: the two of a slice had the same machine. A generator that spins
/// may wake before a thread that sleeps, so the difference has no lower bound; but
/// nothing is answered before the server's own delay is over.
fn judge_timer(
    name: &'static str,
    pairs_us: &[(f64, f64)],
    most_us: f64,
    refused: Option<String>,
) -> Found {
    let differences: Vec<f64> = pairs_us.iter().map(|(bare, load)| load - bare).collect();
    let middle = |values: &[f64]| triathlon_statistics::median(values);
    let bare = middle(&pairs_us.iter().map(|(bare, _)| *bare).collect::<Vec<_>>());
    let more = middle(&differences);
    let p50 = middle(&pairs_us.iter().map(|(_, load)| *load).collect::<Vec<_>>());
    let figures =
        vec![at_most(("p50 − bare", "µs"), more, most_us), at_least(("p50", "µs"), p50, DELAY_US)];
    let mut found = judge(name, figures);
    if let Some(bare) = bare {
        found.got = format!("{}, bare {bare:.0} µs", found.got);
    }
    if let Some(reason) = refused {
        found.verdict = Verdict::Spoiled(reason);
    }
    found
}

/// Median of blocking round trips in µs, on the generator's CPU and at its pace,
/// so that the server has slept as long before each.
fn bare(live: &Live, address: SocketAddr) -> Result<f64> {
    thread::scope(|scope| {
        let trips = scope.spawn(|| {
            // Without permission it runs where the generator runs, too: anywhere.
            machine::pin(&live.cpus).ok();
            trips(address)
        });
        let trips_us = trips.join().map_err(|_| anyhow!("the round trips panicked"))??;
        Ok(triathlon_statistics::median(&trips_us).context("no round trip was made")?)
    })
}

fn trips(address: SocketAddr) -> anyhow::Result<Vec<f64>> {
    let mut stream = TcpStream::connect(address).context("connect")?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let request = format!("GET {PATH} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut buffer = [0; 1024];
    let mut trips_us = Vec::with_capacity(TRIPS);
    for _ in 0..TRIPS {
        thread::sleep(GAP);
        let start = Instant::now();
        stream.write_all(request.as_bytes())?;
        let mut length = 0;
        while !complete(&buffer[..length]) {
            let read = stream.read(&mut buffer[length..])?;
            ensure!(read > 0, "the server closed a bare connection");
            length += read;
        }
        trips_us.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(trips_us)
}

/// Head and eight bytes.
fn complete(bytes: &[u8]) -> bool {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").is_some_and(|at| bytes.len() >= at + 12)
}

#[cfg(test)]
mod tests {
    use super::{MORE_MAX_FULL_US, MORE_MAX_US, complete, judge_timer};
    use crate::selftest::figure::Verdict;

    #[test]
    fn a_timer_of_whole_milliseconds_fails() {
        let check = |pairs: &[(f64, f64)], most| judge_timer("x", pairs, most, None).verdict;
        let fine = [(250.0, 270.0), (400.0, 1900.0), (260.0, 290.0)]; // one slice was disturbed
        assert_eq!(check(&fine, MORE_MAX_FULL_US), Verdict::Ok);
        let coarse = [(250.0, 750.0), (400.0, 900.0), (260.0, 770.0)];
        assert!(matches!(check(&coarse, MORE_MAX_US), Verdict::Failed(_)));
        let early = [(250.0, 0.0), (240.0, 90.0), (260.0, 290.0)];
        assert!(matches!(check(&early, MORE_MAX_US), Verdict::Failed(_)), "before the server");
        let few = judge_timer("x", &fine[..1], MORE_MAX_US, Some("late".to_string()));
        assert_eq!(few.verdict, Verdict::Spoiled("late".to_string()));
        let spoiled = judge_timer("x", &[], MORE_MAX_US, Some("late".to_string()));
        assert_eq!(spoiled.verdict, Verdict::Spoiled("late".to_string()));
        assert!(matches!(check(&[], MORE_MAX_US), Verdict::Failed(_)));
    }

    #[test]
    fn a_response_is_complete_with_its_body() {
        assert!(complete(b"HTTP/1.1 200 OK\r\n\r\n12345678"));
        assert!(!complete(b"HTTP/1.1 200 OK\r\n\r\n1234567") && !complete(b"HTTP/1.1 200 OK\r\n"));
    }
}
