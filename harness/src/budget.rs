//! How criterion's targets measure, and how long they are planned to take.

use std::time::Duration;

use triathlon_contract::Case;
use triathlon_contract::record::CriterionSettings;

use crate::plan::work;
use crate::selection::Selected;

/// Samples of a benchmark; criterion takes no fewer.
const SAMPLES: u32 = 10;

/// Time before the samples.
const WARM_UP: Duration = Duration::from_millis(200);

/// Time of all samples; more if ten laps take longer.
const MEASUREMENT: Duration = Duration::from_millis(500);

/// Resamples of criterion's bootstrap; its usual 100 000 would cost more than
/// most benchmarks measure.
const RESAMPLES: u64 = 10_000;

/// Start and end of the child and criterion's analysis.
const PER_BENCHMARK: Duration = Duration::from_millis(100);

/// Trial, job, connecting, warming up and comparing: what a sample takes beside
/// its laps.
const PER_SAMPLE: Duration = Duration::from_millis(10);

/// How criterion is set.
pub fn settings() -> CriterionSettings {
    CriterionSettings {
        samples: SAMPLES.into(),
        warm_up_ms: WARM_UP.as_millis() as u64,
        measurement_ms: MEASUREMENT.as_millis() as u64,
        resamples: RESAMPLES,
    }
}

/// Whether all samples of a case have the same number of laps: those whose lap
/// takes so long that 1 + 2 + … + 10 of them exceed the measurement time.
pub fn flat(case: &Case) -> bool {
    work(case, 1) * (SAMPLES * (SAMPLES + 1) / 2) > MEASUREMENT
}

/// Time that criterion's targets are planned to take for these cases.
pub fn criterion(cases: &[Selected]) -> Duration {
    let run = cases.iter().filter(|selected| selected.case.is_benchmark());
    run.map(|selected| benchmark(&selected.case)).sum()
}

/// The same for one case, as criterion goes about it.
fn benchmark(case: &Case) -> Duration {
    let sample = |laps: u32| PER_SAMPLE + work(case, u64::from(laps));
    // Warm-up: 1, 2, 4, … laps until the time is over.
    let (mut warm_up, mut laps, mut done) = (Duration::ZERO, 1, 0);
    while warm_up <= WARM_UP {
        warm_up += sample(laps);
        done += laps;
        laps *= 2;
    }
    let lap_s = warm_up.as_secs_f64() / f64::from(done);
    let share = |parts: u32| (MEASUREMENT.as_secs_f64() / f64::from(parts) / lap_s).ceil() as u32;
    let samples: Duration = if flat(case) {
        sample(share(SAMPLES)) * SAMPLES
    } else {
        let step = share(SAMPLES * (SAMPLES + 1) / 2);
        (1..=SAMPLES).map(|index| sample(index * step)).sum()
    };
    PER_BENCHMARK + warm_up + samples
}

#[cfg(test)]
mod tests {
    use super::{benchmark, criterion, flat};
    use crate::machine::two_cpus;
    use crate::plan::{Order, Plan, work};
    use crate::{profile, selection, selftest};
    use std::time::Duration;
    use triathlon_contract::Limits;

    const LIMITS: Limits =
        Limits { descriptors: 20_000, threads: 16_000, ports: 28_232, ..Limits::NONE };

    #[test]
    fn a_benchmark_takes_its_time_or_ten_laps_and_a_warm_up() {
        for selected in selection::all(&two_cpus(), LIMITS) {
            let (case, lap) = (&selected.case, work(&selected.case, 1));
            let planned = benchmark(case);
            assert!(planned >= lap * 11, "{}: {planned:?}", case.id);
            assert!(planned >= Duration::from_millis(600), "{}: {planned:?}", case.id);
            let most = Duration::from_millis(2000) + lap * 24;
            assert!(planned <= most, "{}: {planned:?} for laps of {lap:?}", case.id);
            assert_eq!(flat(case), lap.as_secs_f64() > 0.5 / 55.0, "{}", case.id);
        }
    }

    /// Agreed for two CPUs: what a user waits for after the build.
    #[test]
    fn cargo_bench_fits_its_budget() {
        let quick = profile::find("quick").unwrap();
        let selection = selection::Selection { scope: quick.scope, ..Default::default() };
        let cases = selection.cases(&two_cpus(), LIMITS).unwrap();
        let criterion = criterion(&cases).as_secs_f64() / 60.0;
        let order = Order { rounds: quick.rounds, seed: 1, reversed: false };
        let verdict = Plan::new(cases, quick, order).duration().as_secs_f64() / 60.0;
        let certificate = selftest::planned(selftest::Form::Quick).as_secs_f64() / 60.0;
        let planned = criterion + verdict + certificate;
        assert!(planned <= 15.0, "criterion {criterion:.1} and verdict {verdict:.1} minutes");
    }
}
