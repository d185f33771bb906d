//! The report of made-up runs.

mod ceiling;
mod chart;
mod crowd;
mod export;
mod files;
mod fixture;
mod golden;
mod hostile;
mod made_up;
mod open;
mod page;
mod rebuilt;
mod selftest;
mod sentences;
mod status;
mod terminal;
mod turns;
mod verdict;
mod verify;
mod warning;
