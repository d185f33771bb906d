//! A server that is stopped and goes on, as by Ctrl-Z and `fg`. The kernel does not take up a
//! read with a timeout again: it ends without a byte, and whoever takes that for an end drops
//! a client or a database that is there.

use std::time::Duration;

use triathlon::server::Server;
use triathlon_contract::serve::Route;

use super::client::Client;
use super::server::{Running, servers};
use crate::support::TRIATHLON;

/// Blocking has one client, and looks after a while without a timeout, too.
const PRESETS: [&str; 2] = ["crud-n5-10k-1ms-c1", "crud-n5-10k-1ms-c64-timeouts"];

/// As long as a hundred queries of a millisecond take: nearly always the database is awaited.
const LONG: Route = Route::Crud { queries: 100, bytes: 4096 };

/// Often enough that some find it within a read.
const STOPS: usize = 4;

const STOPPED: Duration = Duration::from_millis(10);

#[test]
fn clients_and_database_are_still_there_when_a_stopped_server_goes_on() {
    let mock = Server::start(TRIATHLON.as_ref(), &[]).unwrap();
    let mut servers = servers(&PRESETS);
    servers.retain(|selected| {
        (selected.case.id.preset == PRESETS[0]) == (selected.case.id.contestant == "blocking")
    });
    assert!(servers.len() >= 3 + 5 + 5 + 2, "{}", servers.len());
    for selected in servers {
        let mut server = Running::start(&selected, &mock);
        let id = server.id.clone();
        let mut client = Client::connect(server.address);
        assert_eq!(client.get("/plain").code(), 200, "{id}");
        // It waits for the rest of a request.
        client.send(b"GET /plain HT");
        (0..STOPS).for_each(|_| server.stall(STOPPED));
        client.send(b"TP/1.1\r\nhost: t\r\n\r\n");
        assert_eq!(client.response(true).code(), 200, "{id}: while it read a request");
        // It waits for the database.
        client.send(format!("GET {} HTTP/1.1\r\nhost: t\r\n\r\n", LONG.target()).as_bytes());
        for stop in 1..=STOPS {
            server.wait_for_queries(10 * stop as u64);
            server.stall(STOPPED);
        }
        let response = client.response(true);
        assert_eq!(response.code(), 200, "{id}: while it read an answer");
        assert!(response.body == LONG.page().body(), "{id}");
        drop(client);
        server.stop();
        let (answer, _) = server.end();
        assert_eq!((answer.outcome.ok, answer.outcome.failed), (3, 0), "{id}");
    }
}
