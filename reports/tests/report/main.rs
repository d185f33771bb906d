//! The report of made-up runs.

mod ceiling;
mod chart;
mod crowd;
mod export;
mod files;
mod fixture;
mod golden;
mod hops;
mod hostile;
mod made_up;
mod open;
mod origin;
mod page;
mod rebuilt;
mod schema;
mod selftest;
mod sentences;
mod status;
mod synthetic;
mod terminal;
mod trade;
mod trade_means;
mod turns;
mod verdict;
mod verify;
mod warning;
