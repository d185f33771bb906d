//! The connections of a server that are open, each with its thread.

use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A thread enters with its connection and leaves when it is done with it.
/// Whoever stops the server shuts their receiving sides: a thread that waits
/// for a request then sees the end, one that answers answers first.
#[derive(Default)]
pub(crate) struct Crowd {
    open: Mutex<Open>,
    left: Condvar,
}

#[derive(Default)]
struct Open {
    streams: HashMap<u64, Arc<TcpStream>>,
    next: u64,
    most: u64,
}

impl Crowd {
    /// Takes in a connection; its number.
    pub(crate) fn enter(&self, stream: &Arc<TcpStream>) -> u64 {
        let mut open = self.lock();
        open.next += 1;
        let number = open.next;
        open.streams.insert(number, Arc::clone(stream));
        open.most = open.most.max(open.streams.len() as u64);
        number
    }

    /// Lets one go; wakes whoever waits for the last.
    pub(crate) fn leave(&self, number: u64) {
        self.lock().streams.remove(&number);
        self.left.notify_one();
    }

    /// Most that were here at once.
    pub(crate) fn most(&self) -> u64 {
        self.lock().most
    }

    /// Ends all that wait for a request, waits until the others have answered
    /// theirs, but no longer than this, and then ends those too.
    pub(crate) fn drain(&self, at_most: Duration) {
        let until = Instant::now() + at_most;
        let mut open = self.lock();
        shut(&open, Shutdown::Read);
        while !open.streams.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                shut(&open, Shutdown::Both);
                return;
            }
            let waited = self.left.wait_timeout(open, left);
            open = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shut(open: &Open, how: Shutdown) {
    for stream in open.streams.values() {
        // A client that is gone already needs no end.
        stream.shutdown(how).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::Crowd;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::thread;
    use std::time::{Duration, Instant};

    fn pair() -> (TcpStream, Arc<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        (client.unwrap(), Arc::new(listener.accept().unwrap().0))
    }

    #[test]
    fn whoever_waits_is_ended_and_the_last_one_out_ends_the_drain() {
        let crowd = Arc::new(Crowd::default());
        let pairs = [pair(), pair()];
        let threads = pairs.each_ref().map(|(_, stream)| {
            let (crowd, stream) = (Arc::clone(&crowd), Arc::clone(stream));
            let number = crowd.enter(&stream);
            thread::spawn(move || {
                let count = (&*stream).read(&mut [0; 1]).unwrap();
                crowd.leave(number);
                count
            })
        });
        crowd.drain(Duration::from_secs(30));
        assert_eq!(threads.map(|thread| thread.join().unwrap()), [0, 0]);
        assert_eq!(crowd.most(), 2);
    }

    #[test]
    fn a_drain_ends() {
        let (crowd, (mut client, stream)) = (Crowd::default(), pair());
        crowd.enter(&stream);
        let began = Instant::now();
        crowd.drain(Duration::from_millis(20));
        assert!(began.elapsed() >= Duration::from_millis(20));
        assert_eq!(client.read(&mut [0; 1]).unwrap(), 0, "both sides are shut");
    }
}
