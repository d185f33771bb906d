//! PostgreSQL's protocol, version 3.0, for the statements of the workload `query`.
//!
//! Everybody may log in, nothing is encrypted, and what is written is not kept. The
//! protocol is a state machine without a socket ([`session`]); `serve` gives it one.

mod message;
mod refusal;
mod reply;
mod rows;
mod serve;
mod session;
mod statement;
mod text;
mod values;

pub(crate) use serve::{prepare, serve};
