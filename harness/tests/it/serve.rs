//! Servers: all of them keep to one list, before any of them is timed.

mod between;
mod client;
mod conformance;
mod counts;
mod failing;
mod idle;
mod load;
mod misbehaving;
mod overload;
mod server;
mod shutdown;
mod stopped;
