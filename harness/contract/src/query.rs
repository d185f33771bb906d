//! What does a query cost?

mod counts;
pub mod statements;

pub use counts::QueryCounts;
