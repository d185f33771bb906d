//! The Postgres wire: a database that has two tables and knows a few statements.
//!
//! # Layout
//! - [`Session`]: the protocol without its socket; [`Step`]: what it asks of whoever
//!   owns the socket. `backend`: the simple protocol; `portal`: the extended one;
//!   `inbox`, `fields`, `outbox`: messages.
//! - `token`, `statement`, `operand`, `prepared`: SQL, and what it is about;
//!   `refusal`, `unserved`: errors.
//! - `connection`: the socket.

mod backend;
mod connection;
mod fields;
mod inbox;
mod operand;
mod outbox;
mod portal;
mod prepared;
mod refusal;
mod session;
mod statement;
mod token;
mod unserved;

pub(crate) use connection::serve;
pub use inbox::{MESSAGE_MAX_BYTES, STARTUP_MAX_BYTES};
pub use session::{Session, Step};
