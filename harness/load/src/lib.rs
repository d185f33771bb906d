//! The load generator: a readiness loop by hand.
//!
//! One thread waits on one `epoll` for all of its connections; there is no
//! runtime and no `unsafe`. In the spirit of wrk it is cheap enough to stand in
//! for the null ceiling; in the spirit of wrk2 it has an open loop, whose times
//! count from when a request should have started. It verifies every body and
//! never corrects a sample: what the open loop shows is measured.
//!
//! # The open loop
//! A [`plan()`] of intended starts is made before the run, from a seed. A
//! request whose time has come takes a free connection or waits for one; it is
//! sent late, and never dropped or skipped.
//! `lag = started − intended`, `service = done − started`,
//! `response = done − intended`.
//! What has no end counts as longer than its age; what failed stands beyond
//! every percentile. Rules over the counts say whether the figures may be
//! believed.
//!
//! # The closed loop
//! The next request of a connection starts when its last response is complete.
//! What it gives is throughput and service times, and never response times
//! under an offered load. One thread serves everyone, so a response that waits
//! in the kernel while another is handled is counted in its own service time;
//! at the ceiling that is most of it.
//!
//! # Layout
//! - [`Load`]: what to do for a while; [`run`]: does it; [`Outcome`] and
//!   [`summary`]: what came of it, and whether to believe it (`verdict`).
//! - [`plan()`], [`audit()`]: arrivals, and a judge of arrivals.
//! - `engine`: the schedule, without I/O; `slots`: who is free; `world`: what
//!   it needs; `sockets`, `timer`: the real one; `simulation`: that of the tests.
//! - `reader`, `head`, `chunked`: responses, without I/O; [`Expect`]: bodies.
//! - `records`, `percentiles`: counts and times, of which some have no end.
//! - [`Plan`], [`closed_loop`], [`ClosedLoop`], [`Totals`]: the null ceiling, a
//!   closed loop by count with connecting and running apart, for a measurement
//!   window that opens in between, and with who was served how much
//!   ([`ClosedLoop::run_compared`]); [`Arrivals`]: how a crowd of clients comes.
//! - [`Beside`]: healthy clients beside slow ones, by time; whoever is in flight at its end
//!   is awaited.
//! - [`Clients`]: one load after the other over the same connections, closed by time, or open
//!   on a schedule of the caller's, who is told of every request, [`Answered`].
//! - [`little`]: does the account of requests, time and connections add up?

mod answered;
mod arrivals;
mod audit;
mod beside;
mod chunked;
mod clients;
mod connection;
mod drive;
mod engine;
mod expect;
mod fault;
mod gauge;
mod head;
mod little;
mod load;
mod pacing;
mod percentiles;
mod plan;
mod reader;
mod readiness;
mod records;
#[cfg(test)]
mod responder;
#[cfg(test)]
mod simulation;
mod slots;
mod sockets;
mod summary;
#[cfg(test)]
mod tests;
mod timer;
mod totals;
#[cfg(test)]
mod truth;
mod verdict;
mod world;

pub use answered::Answered;
pub use arrivals::{Arrival, PLANNED_MAX, Rate, plan};
pub use audit::audit;
pub use beside::{Beside, BesidePlan, Contended, Settled};
pub use clients::{Clients, Target};
pub use drive::{Moment, run};
pub use expect::Expect;
pub use fault::Fault;
pub use gauge::Gauge;
pub use little::little;
pub use load::{Load, Model, Outcome};
pub use percentiles::{At, is_weak};
pub use plan::Plan;
pub use readiness::{Arrivals, ClosedLoop, closed_loop};
pub use records::Times;
pub use summary::{PERCENTILES, summary};
pub use timer::Overshoot;
pub use totals::{Totals, Unfinished};
pub use verdict::growth;
