//! Servers: all of them keep to one list, before any of them is timed.

mod client;
mod conformance;
mod counts;
mod idle;
mod misbehaving;
mod server;
mod shutdown;
