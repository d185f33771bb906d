//! What machine this is and who runs where on it.

pub mod cpus;
pub mod facts;
pub mod limits;

pub use cpus::{pin, placement};
pub use facts::machine;
pub use limits::limits;
