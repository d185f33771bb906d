//! What machine this is and who runs where on it.

pub mod alone;
pub mod cpus;
pub mod drops;
pub mod facts;
pub mod limits;

pub use cpus::{pin, placement};
pub use drops::drops;
pub use facts::machine;
pub use limits::limits;
