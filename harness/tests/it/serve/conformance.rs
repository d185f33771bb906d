//! The list that every server keeps to, and each point of it by what goes over the wire.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use triathlon::server::Server;
use triathlon_contract::serve::{HEAD_MAX_BYTES, Route, TIMEOUT};

use super::client::{Client, Response};
use super::server::{Running, each, servers};
use crate::support::TRIATHLON;

const CRUD: Route = Route::Crud { queries: 3, bytes: 2048 };

/// Pages that a server answered, by what its clients saw.
#[derive(Default)]
struct Seen {
    ok: u64,
    bytes: u64,
    connections: u64,
    queries: u64,
}

impl Seen {
    fn connect(&mut self, server: &Running<'_>) -> Client {
        self.connections += 1;
        Client::connect(server.address)
    }

    /// Counts a page that must be this one.
    fn page(&mut self, id: &str, response: &Response, route: Route, bodyless: bool) {
        let page = route.page();
        assert_eq!(response.status, "HTTP/1.1 200 OK", "{id}");
        assert_eq!(response.header("content-type"), page.kind, "{id}");
        assert_eq!(response.header("content-length"), page.bytes().to_string(), "{id}");
        assert_eq!(response.header("transfer-encoding"), "", "{id}");
        assert_eq!(response.header("date"), "", "{id}: all answers have the same headers");
        let whole = page.body();
        let body: &[u8] = if bodyless { &[] } else { &whole };
        assert!(response.body == body, "{id}: another body than {route:?}");
        self.ok += 1;
        self.bytes += body.len() as u64;
        self.queries += route.queries();
    }
}

type Point = fn(&Running<'_>, &mut Seen);

const LIST: [(&str, Point); 12] = [
    ("status, headers and body of every page", pages),
    ("keep-alive", keep_alive),
    ("pipelined requests are answered in their order", pipelined),
    ("a request in pieces", in_pieces),
    ("a HEAD has the headers and no body", head),
    ("what is not there", not_found),
    ("a method that is not allowed", method),
    ("connection: close, and the older protocol", closing),
    ("bad requests", bad_requests),
    ("a head that is too long", head_too_long),
    ("a client that closed its sending side is answered", half_closed),
    ("a client that leaves in the middle", leaving),
];

#[test]
fn every_server_keeps_to_the_list() {
    let mock = Server::start(TRIATHLON.as_ref(), &[]).unwrap();
    for selected in each() {
        let mut server = Running::start(&selected, &mock);
        let mut seen = Seen::default();
        for (what, point) in LIST {
            eprintln!("{}: {what}", server.id);
            point(&server, &mut seen);
        }
        let (id, sessions) = (server.id.clone(), sessions(&selected.case.parameters));
        server.stop();
        let (answer, witness) = server.end();
        let outcome = &answer.outcome;
        assert_eq!((outcome.ok, outcome.bytes), (seen.ok, seen.bytes), "{id}");
        assert_eq!(outcome.connections, seen.connections, "{id}");
        let database = witness.database.unwrap();
        assert_eq!(database.sessions, sessions, "{id}");
        assert_eq!(database.one_row, seen.queries + sessions, "{id}");
    }
}

fn sessions(parameters: &[(&str, u64)]) -> u64 {
    parameters.iter().find(|(name, _)| *name == "pool").unwrap().1
}

fn pages(server: &Running<'_>, seen: &mut Seen) {
    for route in [Route::Plain, Route::Json, CRUD, Route::Crud { queries: 0, bytes: 1 << 20 }] {
        let response = seen.connect(server).get(&route.target());
        seen.page(&server.id, &response, route, false);
    }
}

fn keep_alive(server: &Running<'_>, seen: &mut Seen) {
    let mut client = seen.connect(server);
    for route in [Route::Plain, CRUD, CRUD, Route::Json, Route::Plain] {
        let response = client.get(&route.target());
        seen.page(&server.id, &response, route, false);
        assert_ne!(response.header("connection"), "close", "{}", server.id);
    }
}

fn pipelined(server: &Running<'_>, seen: &mut Seen) {
    let routes = [Route::Plain, CRUD, Route::Json, Route::Plain];
    let requests =
        routes.map(|route| format!("GET {} HTTP/1.1\r\nhost: t\r\n\r\n", route.target()));
    let mut client = seen.connect(server);
    client.send(requests.concat().as_bytes());
    for route in routes {
        let response = client.response(true);
        seen.page(&server.id, &response, route, false);
    }
}

fn in_pieces(server: &Running<'_>, seen: &mut Seen) {
    let mut client = seen.connect(server);
    for byte in b"GET /plain HTTP/1.1\r\nhost: test\r\n\r\n" {
        client.send(&[*byte]);
    }
    let response = client.response(true);
    seen.page(&server.id, &response, Route::Plain, false);
}

fn head(server: &Running<'_>, seen: &mut Seen) {
    let mut client = seen.connect(server);
    for route in [Route::Plain, CRUD] {
        client.send(format!("HEAD {} HTTP/1.1\r\nhost: t\r\n\r\n", route.target()).as_bytes());
        let response = client.response(false);
        seen.page(&server.id, &response, route, true);
    }
    let response = client.get("/plain");
    seen.page(&server.id, &response, Route::Plain, false);
}

fn not_found(server: &Running<'_>, seen: &mut Seen) {
    let mut client = seen.connect(server);
    for target in ["/", "/plain/x", "/crude"] {
        assert_eq!(client.get(target).code(), 404, "{}: {target}", server.id);
    }
    for query in ["", "?queries=1", "?queries=x&bytes=8", "?queries=101&bytes=4096"] {
        assert_eq!(client.get(&format!("/crud{query}")).code(), 400, "{}: {query}", server.id);
    }
    let response = client.get("/plain");
    seen.page(&server.id, &response, Route::Plain, false);
}

fn method(server: &Running<'_>, seen: &mut Seen) {
    let mut client = seen.connect(server);
    client.send(b"DELETE /plain HTTP/1.1\r\nhost: test\r\n\r\n");
    assert_eq!(client.response(true).code(), 405, "{}", server.id);
    let response = client.get("/plain");
    seen.page(&server.id, &response, Route::Plain, false);
}

fn closing(server: &Running<'_>, seen: &mut Seen) {
    for head in ["HTTP/1.1\r\nhost: t\r\nconnection: close", "HTTP/1.0\r\nhost: t"] {
        let mut client = seen.connect(server);
        client.send(format!("GET /plain {head}\r\n\r\n").as_bytes());
        let mut response = client.response(true);
        // hyper answers in the version that it was asked in.
        response.status = response.status.replace("HTTP/1.0", "HTTP/1.1");
        seen.page(&server.id, &response, Route::Plain, false);
        assert!(client.ends(), "{}: {head:?}", server.id);
    }
}

fn bad_requests(server: &Running<'_>, seen: &mut Seen) {
    for bytes in ["nonsense\r\n\r\n", "GET /plain HTTP/1.1\r\nno colon\r\n\r\n"] {
        let mut client = seen.connect(server);
        client.send(bytes.as_bytes());
        assert_eq!(client.response(true).code(), 400, "{}: {bytes:?}", server.id);
        assert!(client.ends(), "{}: {bytes:?}", server.id);
    }
}

fn head_too_long(server: &Running<'_>, seen: &mut Seen) {
    let mut client = seen.connect(server);
    client.send(b"GET /plain HTTP/1.1\r\nhost: test\r\nx: ");
    client.send(&vec![b'y'; 2 * HEAD_MAX_BYTES]);
    assert_eq!(client.response(true).code(), 431, "{}", server.id);
    assert!(client.ends(), "{}", server.id);
}

fn half_closed(server: &Running<'_>, seen: &mut Seen) {
    let mut client = seen.connect(server);
    client.send(format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", CRUD.target()).as_bytes());
    client.half_close();
    let response = client.response(true);
    seen.page(&server.id, &response, CRUD, false);
    assert!(client.ends(), "{}", server.id);
}

fn leaving(server: &Running<'_>, seen: &mut Seen) {
    seen.connect(server).send(b"GET /pla");
    drop(seen.connect(server));
    let response = seen.connect(server).get("/plain");
    seen.page(&server.id, &response, Route::Plain, false);
}

/// Where there are timeouts, and in all servers at once, since that takes its time.
#[test]
fn a_silent_client_is_let_go_where_there_are_timeouts() {
    let mock = Server::start(TRIATHLON.as_ref(), &[]).unwrap();
    let servers = servers(&["plain-c64-timeouts"]);
    assert!(servers.len() >= 2 + 5 + 5 + 2, "{}", servers.len());
    thread::scope(|scope| {
        for selected in &servers {
            let mock = &mock;
            scope.spawn(move || {
                let mut server = Running::start(selected, mock);
                let began = Instant::now();
                let (mut silent, mut slow) =
                    (Client::connect(server.address), Client::connect(server.address));
                slow.send(b"GET /plain HT");
                assert!(silent.ends() && slow.ends(), "{}", server.id);
                let took = began.elapsed();
                let borne = TIMEOUT - Duration::from_millis(100)..TIMEOUT * 3;
                assert!(borne.contains(&took), "{}: {took:?}", server.id);
                server.stop();
                server.end();
            });
        }
    });
}

/// What people try first.
#[test]
fn curl_is_answered_without_an_error() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("curl is not installed: nothing is shown");
        return;
    }
    let mock = Server::start(TRIATHLON.as_ref(), &[]).unwrap();
    for selected in each() {
        let mut server = Running::start(&selected, &mock);
        let url = |route: Route| format!("http://{}{}", server.address, route.target());
        let urls = [Route::Plain, CRUD].map(url);
        let curl = Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "20"])
            .args(urls)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&curl.stderr);
        assert!(curl.status.success(), "{}: {errors}", server.id);
        assert!(
            curl.stdout == [Route::Plain.page().body(), CRUD.page().body()].concat(),
            "{}",
            server.id
        );
        server.stop();
        assert_eq!(server.end().0.outcome.connections, 1);
    }
}
