//! What the generator shall do.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// A closed loop by count.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where every connection goes.
    pub server: SocketAddr,
    /// Keep-alive connections; at least 1.
    pub connections: u64,
    /// Bytes of each request, head and body; not empty.
    pub request: Vec<u8>,
    /// Requests on each connection; at least 1.
    pub requests_per_connection: u64,
    /// Most time that connecting may take, and, counted anew, most time from
    /// the first request to the last response.
    pub deadline: Duration,
}

impl Plan {
    /// Requests on all connections.
    ///
    /// # Errors
    /// If there is nothing to do, or more than can be counted.
    pub fn requests(&self) -> Result<u64> {
        ensure!(self.connections > 0, "a plan needs at least one connection");
        ensure!(self.requests_per_connection > 0, "a plan needs at least one request");
        ensure!(!self.request.is_empty(), "a plan needs the bytes of a request");
        let requests = self.connections.checked_mul(self.requests_per_connection);
        requests.context("connections times requests exceeds 64 bits; plan fewer")
    }

    /// The deadline in nanoseconds; beyond 584 years it is 584 years.
    pub(crate) fn deadline_ns(&self) -> u64 {
        self.deadline.as_nanos().try_into().unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use std::time::Duration;

    fn plan(connections: u64, requests_per_connection: u64, request: &[u8]) -> Plan {
        Plan {
            server: ([127, 0, 0, 1], 0).into(),
            connections,
            request: request.into(),
            requests_per_connection,
            deadline: Duration::MAX,
        }
    }

    #[test]
    fn a_plan_without_work_is_refused() {
        let check = |plan: Plan, want: &str| {
            let error = plan.requests().unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        assert_eq!(plan(16, 50, b"x").requests().unwrap(), 800);
        check(plan(0, 50, b"x"), "one connection");
        check(plan(16, 0, b"x"), "one request");
        check(plan(16, 50, b""), "bytes of a request");
        check(plan(u64::MAX, 2, b"x"), "64 bits");
    }

    #[test]
    fn a_deadline_without_end_is_no_overflow() {
        assert_eq!(plan(1, 1, b"x").deadline_ns(), u64::MAX);
    }
}
