//! The only file that knows the flavour.

use std::io;

use tokio::runtime::{Builder, Runtime};
use triathlon_contract::Setting;

pub(crate) fn build(setting: &Setting) -> io::Result<Runtime> {
    match setting.flavour {
        "current-thread" => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread()
            .worker_threads(setting.workers)
            .enable_all()
            .build(),
    }
}

/// Workers that the flavour must have, to compare with what it says it has.
pub(crate) fn workers(setting: &Setting) -> u64 {
    match setting.flavour {
        "current-thread" => 1,
        _ => setting.workers as u64,
    }
}
