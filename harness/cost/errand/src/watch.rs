//! The marks that a program sets as it goes, and what lies between them.

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
    pub(crate) fn json(&self, body: Body) -> String {
        let Body { bytes, digest } = body;
        let [up, down] = [self.up, self.down].map(|time| time.as_nanos());
        let gets: Vec<String> =
            self.gets.iter().map(|time| time.as_nanos().to_string()).collect();
        format!(
            "{{\"bytes\":{bytes},\"digest\":\"{digest:016x}\",\"up_ns\":{up},\
             \"gets_ns\":[{}],\"down_ns\":{down}}}",
            gets.join(",")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Watch;
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
                    \"gets_ns\":[20,10],\"down_ns\":7000}";
        assert_eq!(watch.json(watch.body().unwrap()), want);
        watch.got(Body { bytes: 4, digest: 0xab });
        assert!(watch.body().is_err(), "another body");
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
