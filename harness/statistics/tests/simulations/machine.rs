//! A machine that measures contestants whose true values are known.

use fastrand::Rng;
use triathlon_statistics::verdict::Rounds;

/// How a machine disturbs what it measures.
#[derive(Clone, Copy)]
pub(crate) struct Machine {
    /// Standard deviation of the log value of each execution.
    pub noise: f64,
    /// Standard deviation of the step of the log speed from round to round,
    /// common to all contestants.
    pub drift: f64,
    /// Share of executions that a burst slows down 1.3 to 3 times.
    pub bursts: f64,
}

impl Machine {
    /// A run: one value per round for each contestant with these true values.
    pub(crate) fn run(&self, rng: &mut Rng, truth: &[f64], rounds: u64) -> Vec<Rounds> {
        let mut run = vec![Rounds::new(); truth.len()];
        let mut speed = 0.0;
        for round in 0..rounds {
            speed += self.drift * normal(rng);
            for (contestant, truth) in run.iter_mut().zip(truth) {
                let log = speed + self.noise * normal(rng);
                let burst = if rng.f64() < self.bursts { 1.3 + 1.7 * rng.f64() } else { 1.0 };
                contestant.push((round, truth * burst * log.exp()));
            }
        }
        run
    }
}

/// A standard normal value.
///
/// Source: Box and Muller (1958), doi 10.1214/aoms/1177706645.
pub(crate) fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

/// A Laplace value with standard deviation 1: tails like those of a quiet
/// machine that is sometimes disturbed, kurtosis 6.
pub(crate) fn laplace(rng: &mut Rng) -> f64 {
    let size = -(1.0 - rng.f64()).ln() / std::f64::consts::SQRT_2;
    if rng.bool() { size } else { -size }
}
