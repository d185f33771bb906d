//! A crowd of clients: they come a group at a time, and from several addresses.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_reuseaddr, set_socket_timeout};
use rustix::net::{self, AddressFamily, SocketFlags, SocketType};
use triathlon_lab::Lab;

use super::{ClosedLoop, connect, remaining};
use crate::Plan;

/// Ports that a connection from an address of its own may have; who listens on one of
/// them is passed by.
const PORTS: std::ops::RangeInclusive<u16> = 20_000..=65_000;

/// How many clients come, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// Connections that are opened before the server has to answer; at least 1, and no more
    /// than its backlog.
    pub together: u64,
    /// Connections from one address of the loopback; at least 1. For one pair of addresses
    /// and one port of the server there are no more than the kernel has ports to give.
    pub from_one_address: u64,
}

impl<'a> ClosedLoop<'a> {
    /// Opens the connections of a plan, one group after the other, and makes one request
    /// on each, which is not logged, before the next group comes: whatever came is
    /// accepted and has been answered.
    ///
    /// # Errors
    /// As [`ClosedLoop::connect`] and [`ClosedLoop::warm_up`].
    pub fn arrive(plan: &'a Plan, arrivals: Arrivals, lab: &Lab) -> Result<Self> {
        let Arrivals { together, from_one_address } = arrivals;
        ensure!(together > 0 && from_one_address > 0, "nobody would come");
        let mut clients = Self::nobody(plan, lab)?;
        let begun = Instant::now();
        while clients.tally.connections < plan.connections {
            let first = clients.tally.connections;
            for _ in first..plan.connections.min(first + together) {
                clients.join(|plan, index| {
                    match source(plan.server, index / from_one_address)? {
                        None => connect(plan, begun),
                        Some(source) => {
                            let port = index % from_one_address;
                            connect_from(source, port, plan, begun).context("connecting")
                        }
                    }
                })?;
            }
            clients.warm_up_from(first as usize)?;
        }
        Ok(clients)
    }
}

/// The address that so many groups of clients have before this one; none for the first,
/// for which the kernel chooses.
fn source(server: SocketAddr, number: u64) -> Result<Option<Ipv4Addr>> {
    if number == 0 {
        return Ok(None);
    }
    match server.ip() {
        IpAddr::V4(first) if first.is_loopback() => {
            let [.., last] = first.octets();
            ensure!(number < 250 - u64::from(last), "no address is left for more clients");
            Ok(Some(Ipv4Addr::from_bits(first.to_bits() + number as u32)))
        }
        _ => Ok(None),
    }
}

/// Opens a connection from an address, if possible from the port of that number.
///
/// A port that the kernel chose for a socket without destination would be kept from all
/// others for as long as the connection is remembered; one that is named, by sockets that
/// all say that they share it, is taken for its destination alone.
fn connect_from(source: Ipv4Addr, number: u64, plan: &Plan, begun: Instant) -> Result<TcpStream> {
    let count = PORTS.len() as u64;
    for more in 0..count {
        let port = *PORTS.start() + ((number + more) % count) as u16;
        let kind = SocketType::STREAM;
        let socket = net::socket_with(AddressFamily::INET, kind, SocketFlags::CLOEXEC, None)?;
        set_socket_reuseaddr(&socket, true)?;
        // Connecting waits no longer than sending may.
        set_socket_timeout(&socket, Timeout::Send, Some(remaining(plan, begun)))?;
        let connected = net::bind(&socket, &SocketAddr::from((source, port)))
            .and_then(|()| net::connect(&socket, &plan.server));
        match connected {
            Ok(()) => {
                set_socket_timeout(&socket, Timeout::Send, None)?;
                return Ok(TcpStream::from(socket));
            }
            Err(Errno::ADDRINUSE | Errno::ADDRNOTAVAIL) => {}
            Err(error) => return Err(error).context(format!("from {source}:{port}")),
        }
    }
    Err(Errno::ADDRNOTAVAIL).context(format!("from {source}"))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::io::Write;
    use std::net::{Ipv4Addr, SocketAddr, TcpListener};
    use std::sync::Mutex;
    use std::time::Duration;

    use triathlon_contract::{body, http};
    use triathlon_lab::Lab;

    use super::{Arrivals, PORTS, source};
    use crate::responder::{Responder, Then, response};
    use crate::{ClosedLoop, Plan};

    fn plan(server: SocketAddr, connections: u64) -> Plan {
        let request = http::get("/bytes/128", &server.to_string());
        let deadline = Duration::from_secs(30);
        Plan { server, connections, request, requests_per_connection: 2, deadline }
    }

    static CAME: Mutex<BTreeMap<u64, SocketAddr>> = Mutex::new(BTreeMap::new());

    #[test]
    fn a_crowd_comes_from_several_addresses_and_each_is_asked_once_and_then_again() {
        // Somebody listens where the second address would begin.
        let taken = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), *PORTS.start()));
        let server = Responder::start(25, |stream, number, _| {
            CAME.lock().unwrap().insert(number, stream.peer_addr()?);
            stream.write_all(&response(200, &body::bytes(128)))?;
            Ok(Then::Goes)
        });
        let plan = plan(server.address, 25);
        let arrivals = Arrivals { together: 4, from_one_address: 10 };
        let clients = ClosedLoop::arrive(&plan, arrivals, &Lab::new(None)).unwrap();
        assert_eq!(CAME.lock().unwrap().len(), 25, "all have been answered");
        let totals = clients.run().unwrap();
        assert_eq!((totals.tally.ok, totals.tally.connections), (75, 25));
        assert_eq!(totals.lane.samples().len(), 50);
        assert_eq!(server.requests(), 75);
        let came = CAME.lock().unwrap();
        let of = |last: u8| {
            let own = |address: &&SocketAddr| address.ip() == Ipv4Addr::new(127, 0, 0, last);
            came.values().filter(own).map(SocketAddr::port).collect::<BTreeSet<_>>()
        };
        assert_eq!([1, 2, 3].map(|last| of(last).len()), [10, 10, 5]);
        if taken.is_ok() {
            assert!(!of(2).contains(PORTS.start()), "the listener is passed by");
        }
    }

    #[test]
    fn addresses_follow_that_of_the_server_as_far_as_there_are_some() {
        let server = |text: &str| format!("{text}:80").parse::<SocketAddr>().unwrap();
        let of = |text, number| source(server(text), number).unwrap();
        assert_eq!(of("127.0.0.1", 0), None);
        assert_eq!(of("127.0.0.1", 9), Some(Ipv4Addr::new(127, 0, 0, 10)));
        assert_eq!(of("192.0.2.1", 1), None, "not ours to give");
        assert!(source(server("127.0.0.1"), 250).is_err());
    }

    #[test]
    fn nobody_is_no_crowd() {
        let plan = plan(([127, 0, 0, 1], 9).into(), 2);
        let arrivals = Arrivals { together: 0, from_one_address: 1 };
        let error = ClosedLoop::arrive(&plan, arrivals, &Lab::new(None)).err().unwrap();
        assert!(error.to_string().contains("nobody would come"), "{error}");
    }
}
