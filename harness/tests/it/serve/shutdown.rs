//! A server that is told to stop: what is in flight is answered, who is idle is let go,
//! nobody comes in.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use triathlon::server::Server;
use triathlon_contract::serve::{DRAIN, Route};

use super::client::Client;
use super::server::{Running, each};
use crate::support::{TRIATHLON, until};

/// As long as a hundred queries of a millisecond take.
const LONG: Route = Route::Crud { queries: 100, bytes: 4096 };

#[test]
fn what_is_in_flight_is_answered_and_the_idle_are_let_go() {
    let mock = Server::start(TRIATHLON.as_ref(), &[]).unwrap();
    for selected in each() {
        let mut server = Running::start(&selected, &mock);
        let alone = selected.case.id.contestant == "blocking";
        let mut idle: Vec<_> =
            (0..if alone { 0 } else { 3 }).map(|_| Client::connect(server.address)).collect();
        for client in &mut idle {
            assert_eq!(client.get("/plain").code(), 200, "{}", server.id);
        }
        let mut busy = Client::connect(server.address);
        let before = busy.get("/crud?queries=1&bytes=64");
        assert_eq!(before.code(), 200, "{}", server.id);
        busy.send(format!("GET {} HTTP/1.1\r\nhost: t\r\n\r\n", LONG.target()).as_bytes());
        server.wait_for_queries(3);

        let told = Instant::now();
        server.stop();
        let response = busy.response(true);
        assert_eq!(response.code(), 200, "{}", server.id);
        assert!(response.body == LONG.page().body(), "{}", server.id);
        assert!(busy.ends(), "{}", server.id);
        assert!(idle.iter_mut().all(Client::ends), "{}", server.id);
        drop((busy, idle));
        let (id, address) = (server.id.clone(), server.address);
        let (answer, _) = server.end();
        assert!(told.elapsed() < DRAIN + Duration::from_secs(5), "{id}: {:?}", told.elapsed());
        let pages = if alone { 2 } else { 5 };
        assert_eq!(answer.outcome.ok, pages, "{id}");
        assert_eq!((answer.outcome.failed, answer.outcome.unfinished), (0, 0), "{id}");
        until("nobody listens any more", || TcpStream::connect(address).is_err());
    }
}
