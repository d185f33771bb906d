//! The mock server over real sockets, on one worker and on two.

mod client;
mod delays;
mod drips;
mod endpoints;
mod exchange;
mod faults;
mod hostile;
mod laws;
mod plain;
mod postgres;
mod postgres_clients;
mod postgres_hostile;
mod postgres_random;
mod queues;
mod refusals;
mod trials;
mod websocket;
mod wire;
mod witness;
