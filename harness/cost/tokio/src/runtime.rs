//! The only file that knows the flavour.

use std::io;

use tokio::runtime::{Builder, Runtime};

pub(crate) const FLAVOURS: [&str; 2] = ["multi-thread", "current-thread"];

pub(crate) fn build(flavour: &str) -> io::Result<Runtime> {
    match flavour {
        "current-thread" => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread().enable_all().build(),
    }
}
