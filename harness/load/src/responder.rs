//! A server for tests: blocking, one thread per connection, canned answers.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What a connection does after an answer.
pub(crate) enum Then {
    /// Read the next request.
    Goes,
    /// Close.
    Closes,
}

/// A running server; its connections end when the client closes them.
pub(crate) struct Responder {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    requests: JoinHandle<u64>,
}

impl Responder {
    /// Takes exactly `connections` connections. `answer` gets the stream, the
    /// number of the connection and that of the request, both from 0.
    pub(crate) fn start<F>(connections: u64, answer: F) -> Self
    where
        F: Fn(&mut TcpStream, u64, u64) -> io::Result<Then> + Copy + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = thread::spawn(move || {
            let serve = |connection| {
                let (mut stream, _) = listener.accept().unwrap();
                stream.set_nodelay(true).unwrap();
                thread::spawn(move || {
                    let mut count = 0;
                    while read_request(&mut stream) {
                        count += 1;
                        // An error means that the client has gone: it had enough.
                        match answer(&mut stream, connection, count - 1) {
                            Ok(Then::Goes) => {}
                            Ok(Then::Closes) | Err(_) => break,
                        }
                    }
                    count
                })
            };
            let threads: Vec<_> = (0..connections).map(serve).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        Self { address, requests }
    }

    /// Takes `connections` connections and answers them in lockstep, `delay`
    /// after all have sent: no connection runs dry before the others.
    pub(crate) fn lockstep(connections: u64, response: &'static [u8], delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = thread::spawn(move || {
            let accept = |_| listener.accept().unwrap().0;
            let mut streams: Vec<_> = (0..connections).map(accept).collect();
            let mut count = 0;
            while streams.iter_mut().all(read_request) {
                count += connections;
                thread::sleep(delay); // the service itself, not synchronisation
                for stream in &mut streams {
                    stream.write_all(response).unwrap();
                }
            }
            count
        });
        Self { address, requests }
    }

    /// Answers each connection so many times in a turn, in their order, `requests` times in
    /// all. Who has more to come is left when the next request is there, so its answer was
    /// counted.
    pub(crate) fn in_turns(times: &'static [u64], requests: u64, response: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = thread::spawn(move || {
            let accept = |times: &u64| (listener.accept().unwrap().0, *times, requests);
            let mut clients: Vec<_> = times.iter().map(accept).collect();
            for (stream, ..) in &mut clients {
                stream.set_nodelay(true).unwrap();
                assert!(read_request(stream));
            }
            while clients.iter().any(|(_, _, left)| *left > 0) {
                for (stream, times, left) in &mut clients {
                    for _ in 0..(*times).min(*left) {
                        stream.write_all(response).unwrap();
                        *left -= 1;
                        assert!(*left == 0 || read_request(stream));
                    }
                }
            }
            requests * times.len() as u64
        });
        Self { address, requests }
    }

    /// Requests that arrived complete, once the client has closed.
    pub(crate) fn requests(self) -> u64 {
        self.requests.join().unwrap()
    }
}

/// Reads up to the empty line; false at the end of the stream.
fn read_request(stream: &mut TcpStream) -> bool {
    let mut buffer = vec![0; 64 * 1024];
    let mut tail = Vec::new();
    loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(count) => tail.extend_from_slice(&buffer[..count]),
        }
        tail.drain(..tail.len().saturating_sub(4));
        if tail == b"\r\n\r\n" {
            return true;
        }
    }
}

/// The bytes of one response.
pub(crate) fn response(status: u16, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Ends the server's direction, then waits for the client to close.
pub(crate) fn close_half(stream: &mut TcpStream) -> io::Result<Then> {
    stream.shutdown(Shutdown::Write)?;
    io::copy(stream, &mut io::sink())?;
    Ok(Then::Closes)
}
