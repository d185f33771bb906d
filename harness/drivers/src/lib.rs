//! Contestants that ask a database through the drivers people use; each file
//! has one.
//!
//! They are a program of their own, so that nobody who measures runtimes builds
//! drivers. What they say of themselves is in `triathlon_guests`, where the
//! harness reads it, too.
//!
//! # Layout
//! - [`ALL`]: the contestants; `main.rs` executes them by the JSON contract.
//! - `query_tokio_postgres`, `query_sqlx`, `query_postgres`: the cells.
//! - `prepared`: connections that keep their statement, in the pool of
//!   `postgres`.
//! - `parameters`: values as two of the drivers take them.

mod parameters;
mod prepared;
mod query_postgres;
mod query_sqlx;
mod query_tokio_postgres;

use triathlon_contract::{Contestant, Query, Way};
use triathlon_guests::drivers::{POSTGRES, SQLX, TOKIO_POSTGRES};

static WAYS: [[Way<Query>; 1]; 3] = [
    [TOKIO_POSTGRES.way(query_tokio_postgres::run)],
    [SQLX.way(query_sqlx::run)],
    [POSTGRES.way(query_postgres::run)],
];

static CONTESTANTS: [Contestant; 3] = [
    TOKIO_POSTGRES.contestant(&WAYS[0]),
    SQLX.contestant(&WAYS[1]),
    POSTGRES.contestant(&WAYS[2]),
];

/// The contestants.
pub static ALL: [&Contestant; 3] =
    [&CONTESTANTS[0], &CONTESTANTS[1], &CONTESTANTS[2]];
