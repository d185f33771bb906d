//! The load generator: a readiness loop by hand.
//!
//! One thread waits on one `epoll` for all connections; there is no runtime
//! and no `unsafe`. In the spirit of wrk it is cheap enough to stand in for
//! the null ceiling, but it verifies every body and never corrects a sample.
//!
//! The loop is closed: the next request of a connection starts when its last
//! response is complete. What it gives is throughput and service times, and
//! never response times under an offered load. One thread serves everyone, so
//! a response that waits in the kernel while another is handled is counted in
//! its own service time; at the ceiling that is most of it.
//!
//! # Layout
//! - [`Plan`]: what to do; [`Totals`]: what came of it.
//! - [`closed_loop`]: all of it in one call; [`ClosedLoop`]: connecting and
//!   running apart, for a measurement window that opens in between.
//! - [`little`]: does the account of requests, time and connections add up?

mod connection;
mod little;
mod plan;
mod readiness;
#[cfg(test)]
mod responder;
#[cfg(test)]
mod tests;
mod totals;

pub use little::little;
pub use plan::Plan;
pub use readiness::{ClosedLoop, closed_loop};
pub use totals::{Totals, Unfinished};
