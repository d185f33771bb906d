//! A blocking client that sees every byte, and handles to server and trials.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;
use triathlon_mock_server::{Options, Running, spawn};

/// Far beyond anything that should happen; a hang becomes a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server with as many workers as the machine has CPUs.
pub(crate) fn server() -> Running {
    on(vec![])
}

/// One server with one worker and one with several.
pub(crate) fn both() -> [Running; 2] {
    let mine = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).unwrap();
    let cpu = (0..1024).find(|cpu| mine.is_set(*cpu).unwrap_or(false)).unwrap();
    [on(vec![cpu]), on(vec![cpu, cpu])]
}

fn on(cpus: Vec<usize>) -> Running {
    spawn(Options { listen: [127, 0, 0, 1].into(), port: 0, cpus, parent: None }).unwrap()
}

/// Repeats until it holds; each try is a round trip, so there is no sleep.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
    }
}

/// One keep-alive connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

/// One response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    pub(crate) fn send(&mut self, method: &str, target: &str, body: &[u8]) {
        let length = body.len();
        let head = match length {
            0 => format!("{method} {target} HTTP/1.1\r\nhost: x\r\n\r\n"),
            _ => {
                format!("{method} {target} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n")
            }
        };
        self.write(head.as_bytes());
        self.write(body);
    }

    pub(crate) fn request(&mut self, method: &str, target: &str, body: &[u8]) -> Reply {
        self.send(method, target, body);
        self.receive()
    }

    pub(crate) fn get(&mut self, target: &str) -> Reply {
        self.request("GET", target, b"")
    }

    pub(crate) fn receive(&mut self) -> Reply {
        self.try_receive().unwrap()
    }

    pub(crate) fn try_receive(&mut self) -> io::Result<Reply> {
        let mut reply = self.head()?;
        let length = reply.header("content-length").map_or(0, |text| text.parse().unwrap());
        reply.body = vec![0; length];
        self.stream.read_exact(&mut reply.body)?;
        Ok(reply)
    }

    /// Status and headers; what follows stays unread.
    pub(crate) fn head(&mut self) -> io::Result<Reply> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).unwrap_or_default().parse().unwrap_or(0);
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else {
                return Ok(Reply { status, headers, body: Vec::new() });
            };
            headers.push((name.to_owned(), value.to_owned()));
        }
    }

    /// So many bytes of a body.
    pub(crate) fn read(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Says that nothing more will be sent, which the server takes for gone.
    pub(crate) fn hang_up(&self) {
        self.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    }

    /// All that comes until the server hangs up.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).unwrap();
        rest
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Whether the server has hung up; waits for it.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => rest.is_empty(),
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }
}

/// A trial of a running server, seen from the control address.
pub(crate) struct Trial {
    pub(crate) id: String,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) postgres: Option<SocketAddr>,
    pub(crate) control: SocketAddr,
}

impl Trial {
    pub(crate) fn new(server: &Running) -> Self {
        Self::with(server, "")
    }

    pub(crate) fn with(server: &Running, json: &str) -> Self {
        let reply = Client::connect(server.address).request("POST", "/trial", json.as_bytes());
        assert_eq!(reply.status, 201, "{}", reply.text());
        let created = reply.json();
        let addresses = created["addresses"].as_array().unwrap();
        let addresses = addresses.iter().map(|it| it.as_str().unwrap().parse().unwrap()).collect();
        let id = created["id"].as_str().unwrap().to_owned();
        let postgres = created["postgres"].as_str().map(|it| it.parse().unwrap());
        Self { id, addresses, postgres, control: server.address }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.addresses[0])
    }

    pub(crate) fn counters(&self) -> Value {
        self.ask("GET", "")
    }

    pub(crate) fn ask(&self, method: &str, query: &str) -> Value {
        let target = format!("/trial/{}{query}", self.id);
        let reply = Client::connect(self.control).request(method, &target, b"");
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Asserts some counters by name.
    pub(crate) fn expect(&self, want: &[(&str, u64)]) {
        let have = self.counters();
        for (name, value) in want {
            assert_eq!(have[name], *value, "{name} in {have}");
        }
    }
}
