//! Servers: all of them keep to one list, before any of them is timed.

mod client;
mod conformance;
mod counts;
mod misbehaving;
mod overload;
mod server;
mod shutdown;
