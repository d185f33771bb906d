//! The mock server over real sockets, on one worker and on two.

mod client;
mod delays;
mod drips;
mod endpoints;
mod exchange;
mod faults;
mod hostile;
mod laws;
mod queues;
mod refusals;
mod trials;
mod websocket;
mod witness;
