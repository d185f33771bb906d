//! A database that refuses, dies, or says nothing: every server answers the same, and takes
//! up its work again with it.

use std::thread;
use std::time::{Duration, Instant};

use triathlon::selection::Selected;
use triathlon::server::Server;
use triathlon_contract::serve::{Route, TIMEOUT};

use super::between::{Between, How};
use super::client::{Client, Response};
use super::server::{Running, each, servers};
use crate::support::{TRIATHLON, until};

const CRUD: Route = Route::Crud { queries: 3, bytes: 2048 };

/// As long as a hundred queries of a millisecond take.
const LONG: Route = Route::Crud { queries: 100, bytes: 4096 };

/// Connections to the database.
fn sessions(selected: &Selected) -> usize {
    let pool = selected.case.parameters.iter().find(|(name, _)| *name == "pool");
    usize::try_from(pool.unwrap().1).unwrap()
}

/// What so many clients are answered that ask at the same time.
fn wave(server: &Running<'_>, clients: usize) -> Vec<Response> {
    let mut clients: Vec<Client> = (0..clients).map(|_| Client::connect(server.address)).collect();
    let request = format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", CRUD.target());
    for client in &mut clients {
        client.send(request.as_bytes());
    }
    clients.iter_mut().map(|client| client.response(true)).collect()
}

fn is_page(response: &Response) -> bool {
    response.code() == 200 && response.body == CRUD.page().body()
}

/// The same words in every style.
fn refused(id: &str, what: &str, response: &Response, want: (u16, &str)) {
    let (code, reason) = want;
    assert_eq!(response.status, format!("HTTP/1.1 {code} {reason}"), "{id}: {what}");
    assert_eq!(response.header("content-type"), "text/plain", "{id}: {what}");
    assert_eq!(response.body, reason.as_bytes(), "{id}: {what}");
}

const FAILED: (u16, &str) = (500, "Internal Server Error");
const TIMED_OUT: (u16, &str) = (503, "Service Unavailable");

/// Each connection that broke may cost one more request, and none costs two.
fn is_found_again(server: &Running<'_>, what: &str, sessions: usize) {
    let mut broken = 0;
    loop {
        let answers = wave(server, sessions);
        let failed = answers.iter().filter(|answer| !is_page(answer));
        let failed = failed.inspect(|answer| refused(&server.id, what, answer, FAILED)).count();
        if failed == 0 {
            return;
        }
        broken += failed;
        assert!(broken <= sessions, "{}: {what}: {broken} of {sessions}", server.id);
    }
}

#[test]
fn a_database_that_refuses_or_dies_is_a_500_and_is_found_again() {
    let mock = Server::start(TRIATHLON.as_ref(), &[]).unwrap();
    for selected in each() {
        let (between, sessions) = (Between::listen(), sessions(&selected));
        let mut server = Running::start_behind(&selected, &mock, &between);
        let id = server.id.clone();
        let mut client = Client::connect(server.address);
        assert!(is_page(&client.get(&CRUD.target())), "{id}");
        for how in [How::Closes, How::Refused] {
            let what = format!("{how:?}");
            between.set(how);
            for _ in 0..3 {
                refused(&id, &what, &client.get(&CRUD.target()), FAILED);
            }
            // What needs no database goes on.
            assert_eq!(client.get("/plain").code(), 200, "{id}: {what}");
            between.set(How::Arrives);
            assert!(is_page(&client.get(&CRUD.target())), "{id}: {what}");
        }
        let before = server.asked();
        client.send(format!("GET {} HTTP/1.1\r\nhost: t\r\n\r\n", LONG.target()).as_bytes());
        until("the database is asked", || server.asked() >= before + 3);
        between.cut();
        refused(&id, "cut", &client.response(true), FAILED);
        drop(client);
        is_found_again(&server, "cut", sessions);
        server.stop();
        let reason = server.fails();
        assert!(reason.contains("the database behind the server: "), "{id}: {reason}");
    }
}

/// More clients than connections: some wait for one, and that takes too long as well.
#[test]
fn a_database_that_says_nothing_is_a_503_in_time_and_is_found_again() {
    let mock = Server::start(TRIATHLON.as_ref(), &[]).unwrap();
    let servers = servers(&["crud-n5-10k-1ms-c64-timeouts"]);
    assert!(servers.len() >= 2 + 5 + 5 + 2, "{}", servers.len());
    let check = |selected: &Selected| {
        let (between, sessions) = (Between::listen(), sessions(selected));
        let mut server = Running::start_behind(selected, &mock, &between);
        let id = server.id.clone();
        assert!(wave(&server, sessions).iter().all(is_page), "{id}");
        between.set(How::Silence);
        let began = Instant::now();
        for answer in wave(&server, sessions + 8) {
            refused(&id, "silence", &answer, TIMED_OUT);
        }
        let took = began.elapsed();
        // Who waits for a connection first may have to wait for the database, too.
        let borne = TIMEOUT - Duration::from_millis(100)..TIMEOUT * 4;
        assert!(borne.contains(&took), "{id}: {took:?}");
        between.set(How::Arrives);
        assert!(wave(&server, sessions).iter().all(is_page), "{id}");
        server.stop();
        let reason = server.fails();
        assert!(reason.contains("the database behind the server: "), "{id}: {reason}");
    };
    for some in servers.chunks(5) {
        thread::scope(|scope| {
            for selected in some {
                scope.spawn(|| check(selected));
            }
        });
    }
}
