//! Tests of the whole: the real binary, real sockets, real processes.

mod benches;
mod bounds;
mod cells;
mod certificate;
mod cli;
mod crates;
mod docs;
mod doctor;
mod frame;
mod interrupt;
mod laps;
mod load;
mod misbehaving;
mod mock_server;
mod open_loop;
mod pipeline;
mod registry;
mod resume;
mod run;
mod selftest;
mod slices;
mod support;
mod timeouts;
mod verify;
mod wrong;
