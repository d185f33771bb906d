//! What machine this is and who runs where on it.

pub mod alone;
pub mod cpus;
pub mod drops;
pub mod facts;
pub mod foreign;
pub mod limits;
mod placement;
mod quota;
mod topology;

pub use cpus::{pin, placement};
pub use drops::drops;
pub use facts::machine;
pub use limits::limits;
pub use placement::Share;
pub(crate) use placement::names;

/// The placement of the machine that budgets are agreed for.
#[cfg(test)]
pub(crate) fn two_cpus() -> triathlon_contract::record::Placement {
    let cpu = |id| topology::Cpu { id, core: id, capacity: 1024, package: 0, node: 0 };
    let topology = topology::Topology { cpus: vec![cpu(0), cpu(1)], ..Default::default() };
    placement::place(&topology, Share::Half)
}
