//! The marks that a program sets as it goes, and what lies between them.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::Body;

/// Marks from the first line of `main` on, in the order in which they are set:
/// up, each body, down.
#[derive(Debug)]
pub struct Watch {
    mark: Instant,
    up: Duration,
    gets: Vec<Duration>,
    down: Duration,
    body: Option<Body>,
    differed: bool,
}

impl Watch {
    /// Starts with `main`.
    pub fn start() -> Self {
        Self {
            mark: Instant::now(),
            up: Duration::ZERO,
            gets: Vec::new(),
            down: Duration::ZERO,
            body: None,
            differed: false,
        }
    }

    /// Whatever runs the GETs is there, and the first of them is wanted.
    pub fn up(&mut self) {
        self.up = self.lap();
    }

    /// A body is in hand, and the next is wanted.
    pub fn got(&mut self, body: Body) {
        let took = self.lap();
        self.gets.push(took);
        self.differed |= self.body.is_some_and(|before| before != body);
        self.body = Some(body);
    }

    /// Everything that was started has been ended.
    pub fn down(&mut self) {
        self.down = self.lap();
    }

    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        let lap = now - self.mark;
        self.mark = now;
        lap
    }

    pub(crate) fn body(&self) -> Result<Body> {
        ensure!(!self.differed, "the same URL gave different bodies");
        self.body.context("nothing was fetched")
    }

    /// All of it; times in nanoseconds.
    pub(crate) fn json(&self, body: Body, peak_bytes: u64) -> String {
        let Body { bytes, digest } = body;
        let [up, down] = [self.up, self.down].map(|time| time.as_nanos());
        let gets: Vec<String> =
            self.gets.iter().map(|time| time.as_nanos().to_string()).collect();
        format!(
            "{{\"bytes\":{bytes},\"digest\":\"{digest:016x}\",\"up_ns\":{up},\
             \"gets_ns\":[{}],\"down_ns\":{down},\"peak_bytes\":{peak_bytes}}}",
            gets.join(",")
        )
    }
}

/// Most resident memory of this program. What the kernel tells a parent may
/// be the parent's own: a process begins as its copy.
///
/// # Errors
/// If the kernel does not tell.
pub(crate) fn peak_bytes() -> Result<u64> {
    let path = "/proc/self/status";
    let status = fs::read_to_string(path).context(path)?;
    peak_of(&status).with_context(|| format!("{path} has no peak"))
}

fn peak_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::{Watch, peak_bytes, peak_of};
    use crate::Body;
    use std::time::Duration;

    #[test]
    fn what_lies_between_the_marks_is_told() {
        let mut watch = Watch::start();
        assert!(watch.body().is_err(), "nothing was fetched yet");
        watch.up();
        let body = Body { bytes: 3, digest: 0xab };
        watch.got(body);
        watch.got(body);
        watch.down();
        (watch.up, watch.down) =
            (Duration::from_nanos(5), Duration::from_micros(7));
        watch.gets = vec![Duration::from_nanos(20), Duration::from_nanos(10)];
        let want = "{\"bytes\":3,\"digest\":\"00000000000000ab\",\"up_ns\":5,\
                    \"gets_ns\":[20,10],\"down_ns\":7000,\"peak_bytes\":9}";
        assert_eq!(watch.json(watch.body().unwrap(), 9), want);
        watch.got(Body { bytes: 4, digest: 0xab });
        assert!(watch.body().is_err(), "another body");
    }

    #[test]
    fn the_peak_is_what_the_kernel_says() {
        let status =
            "VmPeak:\t    9000 kB\nVmHWM:\t    3000 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(peak_of(status), Some(3_072_000));
        assert_eq!(peak_of("Name:\tcost\n"), None);
        let before = peak_bytes().unwrap();
        let held = vec![1u8; 32 << 20];
        let after = peak_bytes().unwrap();
        assert!(after >= before + (24 << 20), "{before} {after}");
        assert_eq!(held.len(), 32 << 20);
    }

    #[test]
    fn marks_follow_each_other() {
        let mut watch = Watch::start();
        std::thread::sleep(Duration::from_millis(3));
        watch.up();
        watch.got(Body::of(b""));
        assert!(watch.up >= Duration::from_millis(3), "{watch:?}");
        assert_eq!(watch.gets.len(), 1);
    }
}
