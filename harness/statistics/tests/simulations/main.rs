//! Simulated runs: how often the estimators are wrong, and what they find.
//!
//! Fixed seeds, so that each figure is the same on every machine. Each test
//! prints it: `cargo test -p triathlon-statistics --test simulations --
//! --nocapture`.

mod coverage;
mod detectable;
mod machine;
mod modes;
mod null_runs;
mod power;
mod rank_sum;

/// Asserts that `count` of `of` is a share within `range`, and prints it.
#[track_caller]
fn share(what: &str, count: u32, of: u32, range: std::ops::RangeInclusive<f64>) {
    let share = f64::from(count) / f64::from(of);
    println!("{what}: {share:.4}");
    assert!(range.contains(&share), "{what}: {share} is not within {range:?}");
}
