//! `triathlon bench`

use clap::ValueEnum;
use triathlon_contract::Category;

use crate::Result;
use crate::bench::{Call, target, verdict};

/// Which target, and the words that cargo gave it.
#[derive(clap::Args)]
pub struct Arguments {
    /// Target of `cargo bench`
    #[arg(value_enum)]
    target: Target,
    /// Its words, after `--`
    #[arg(last = true)]
    words: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    Machine,
    Network,
    Runtime,
    Verdict,
}

/// Does what the target is for.
///
/// # Errors
/// See [`target::serve`] and [`verdict::run`].
pub fn run(arguments: Arguments) -> Result<()> {
    let call = Call::parse(arguments.words)?;
    match arguments.target {
        Target::Machine => target::serve(Category::Machine, &call),
        Target::Network => target::serve(Category::Network, &call),
        Target::Runtime => target::serve(Category::Runtime, &call),
        Target::Verdict => verdict::run(&call),
    }
}
