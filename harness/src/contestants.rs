//! Every contestant of the suite, in the order of the page.

use triathlon_contract::{Contestant, Limits, Login, Pace, Setting};

/// The list.
pub static ALL: [&Contestant; 7] = [
    &contestant_blocking::BLOCKING,
    &contestant_threads_per_op::THREADS_PER_OP,
    &contestant_threads_pool::THREADS_POOL,
    &contestant_rayon::RAYON,
    &contestant_tokio::TOKIO,
    &contestant_async_std::ASYNC_STD,
    &contestant_smol::SMOL,
];

/// The contestant and flavour that ratios refer to: it has every cell.
pub const REFERENCE: &str = "tokio/multi-thread";

/// The contestant of that name.
pub fn find(name: &str) -> Option<&'static Contestant> {
    ALL.into_iter().find(|contestant| contestant.name == name)
}

/// Contestant and flavour in one word.
pub fn who(contestant: &Contestant, flavour: &str) -> String {
    match flavour {
        "" => contestant.name.to_string(),
        _ => format!("{}/{flavour}", contestant.name),
    }
}

/// A setting for planning, where no server listens yet.
pub fn planning(flavour: &'static str, workers: usize, limits: Limits) -> Setting {
    let server = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    Setting {
        server,
        workers,
        flavour,
        limits,
        pace: Pace::default(),
        login: Login::default(),
        files: None,
    }
}
