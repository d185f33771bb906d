//! A run's directory in, the report out. Never measures.
//!
//! [`render`] is a pure function of the files that a run left (`run.json`,
//! `records.jsonl`, `sources.json`, `selftest.json`, …): no clock, no environment, so the same run gives the same
//! bytes for ever. [`write()`] puts the files beside them.
//!
//! # Layout
//! - [`input`]: the run's directory as values.
//! - [`metrics`], `status`, `ratio`, `ceiling`, `counts`: one execution, one
//!   cell, two cells, the bare generator, the run; `crossover`: servers over clients;
//!   `grid`: over queries, delays and bytes; `slow`: what slow clients take from others;
//!   `knee`: servers over load; `doubling`: lag over the length of calls;
//!   `summarise` puts them together.
//! - `code`, `complexity`: how much code the cells are, from their sources.
//! - [`summary`]: `summary.json`, which everything below draws from.
//! - `text`: numbers, units and outside text for readers.
//! - [`claims`]: what people say, held against a run.
//! - `smallest`: how small a difference it would have found.
//! - `sentences`: the few at the head of the page.
//! - `csv`, `markdown`, `table`, `chart`, `html`: the views; `export`: other tools';
//!   `schema`: what the files may have, for programs.
//! - `cite`: one result as text, and whether such a text is right.
//! - `compare`: two runs through the ratios to their own references.
//! - `advise`: what measured cells say of a situation, and how wrong that may be.
//! - `write`: to disk, whole or not at all.

mod aa;
mod about;
mod advise;
mod asleep;
mod believe;
mod ceiling;
pub mod chain;
mod chart;
mod cite;
pub mod claims;
mod code;
mod columns;
mod compare;
mod complexity;
mod counts;
mod crossover;
mod csv;
mod disturbed;
mod doubling;
mod export;
mod family;
mod grid;
mod histograms;
mod html;
pub mod input;
mod judged;
mod key;
mod knee;
mod late;
mod markdown;
mod matrix;
mod means;
pub mod metrics;
mod overload;
mod pairs;
mod profiles;
mod ratio;
mod remedies;
mod render;
mod saturated;
mod schema;
mod selftest;
mod sentences;
mod slow;
mod smallest;
mod status;
mod summarise;
pub mod summary;
mod table;
mod text;
mod trades;
mod verdicts;
mod verify;
mod warnings;
mod write;

pub use advise::{
    Advice, Answer, Bound, Crowd, Idle, MOST_WRONG, NotMeasured, Pool, Question, Service,
    Situation, Told, Wrong, advise,
};
pub use believe::unbelievable;
pub use cite::{Asked, Format, Found, check, cite, run_named};
pub use code::Code;
pub use compare::{Change, Comparison, Difference, NotCompared, Side, Subject, Turn, compare};
pub use render::{Rendered, render};
pub use table::table;
pub use verify::{Verified, verify};
pub use write::write;
