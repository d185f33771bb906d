//! The measurement window of one execution.
//!
//! A cell takes a [`Clock`] and its [`Lane`]s, prepares everything that is not
//! measured, calls [`Lab::open`], does the work and calls [`Lab::close`] with
//! the lanes. Inside the window this crate neither allocates nor locks nor
//! makes a system call other than reading the clock, unless a cell asks what
//! the process holds: [`Held`].
//!
//! A cell that is a server has no operations of its own: [`Lab::drive`] has a load brought
//! to it and keeps the window; [`Lab::idles_for`] reads before it opens what an idle crowd
//! holds.

mod clock;
mod drive;
mod footprint;
mod held;
mod lane;
mod pause;
mod probe;
mod roll_call;
mod window;

pub use clock::Clock;
pub use drive::{Conductor, Drive};
pub use footprint::{Footprint, Sockets};
pub use held::Held;
pub use lane::{Lane, Sample};
pub use pause::Pause;
pub use probe::{Probe, ProbeError};
pub use roll_call::{Asleep, RollCall};
pub use window::{Lab, Window};
