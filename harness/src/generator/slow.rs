//! Healthy clients in a closed loop, and slow ones beside them.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};
use triathlon_contract::serve_slow::{HEALTHY, LEAD};
use triathlon_contract::{Outcome, ServeSlow, SlowClients};
use triathlon_lab::{Lab, Sample};
use triathlon_load::{Beside, BesidePlan, Contended, Settled};
use triathlon_statistics::percentile;

/// The generator gives up after this; the harness' wall limit is shorter or
/// kills it later.
const DEADLINE: Duration = Duration::from_secs(60);

/// Asks a server for its page for a while; at the end of it the window is closed, and then
/// everybody is answered, so that all can count the same.
pub(super) fn execute(work: &ServeSlow, server: SocketAddr, lab: &mut Lab) -> Result<Outcome> {
    let plan = BesidePlan {
        server,
        healthy: HEALTHY,
        slow: work.slow,
        kind: work.kind,
        every: work.every,
        request: work.serve.request(&server.to_string()),
        lead: LEAD,
        window: work.window(),
        deadline: DEADLINE,
    };
    let mut clients = Beside::connect(&plan, lab)?;
    clients.warm_up()?;
    triathlon_execute::ready()?;
    lab.open();
    let contended = clients.contend(lab)?;
    let slow = waited(work, &contended);
    lab.close([contended.lane]);
    let Settled { tally, late, finished, let_go } = clients.settle()?;
    triathlon_execute::over()?;
    may_let_go(work, let_go)?;
    let slow = Some(SlowClients { late, finished, let_go, ..slow });
    Ok(Outcome { slow, ..Outcome::closed(tally, 1) })
}

/// A server bears slow clients as long as nothing says how long.
fn may_let_go(work: &ServeSlow, let_go: u64) -> Result<()> {
    ensure!(
        let_go == 0 || work.serve.timeouts,
        "the server let {let_go} of {} slow clients go, and it has no timeouts",
        work.slow
    );
    Ok(())
}

/// How long the healthy waited: who still did at the end, at least as long as they had.
fn waited(work: &ServeSlow, contended: &Contended) -> SlowClients {
    let Contended { lane, ages_ns, slow_bytes } = contended;
    let answered = lane.samples().iter().copied().map(Sample::service_ns);
    let mut all: Vec<(u64, bool)> = answered.map(|ns| (ns, false)).collect();
    all.extend(ages_ns.iter().map(|ns| (*ns, true)));
    all.sort_unstable();
    let ns: Vec<f64> = all.iter().map(|(ns, _)| *ns as f64).collect();
    let p99 = percentile(&ns, 0.99);
    SlowClients {
        slow: work.slow,
        window_ns: work.window().as_nanos() as u64,
        answered: lane.samples().len() as u64,
        slow_bytes: *slow_bytes,
        service_p50_ns: percentile(&ns, 0.5).unwrap_or_default() as u64,
        service_p99_ns: p99.map(|ns| ns as u64),
        // Of the same length, who was answered stands first.
        p99_at_least: p99.is_some_and(|p99| all.contains(&(p99 as u64, true))),
        ..SlowClients::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{may_let_go, waited};
    use triathlon_contract::{ServeSlow, Workload};
    use triathlon_lab::{Lab, Sample};
    use triathlon_load::Contended;

    fn contended(answered: u64, ages_ns: Vec<u64>) -> Contended {
        let mut lane = Lab::new(None).lane(answered);
        (1..=answered).for_each(|ns| lane.log(Sample::closed(1000, 1000 + ns)));
        Contended { lane, ages_ns, slow_bytes: 7 }
    }

    fn work() -> ServeSlow {
        let preset = ServeSlow::presets().iter().find(|preset| preset.work.slow == 100);
        preset.unwrap().work.with_laps(2)
    }

    #[test]
    fn who_still_waits_counts_with_its_age() {
        // 900 answers after 1 to 900 ns, and 100 that have waited for 5000 ns.
        let counts = waited(&work(), &contended(900, vec![5000; 100]));
        assert_eq!((counts.answered, counts.slow, counts.slow_bytes), (900, 100, 7));
        assert_eq!((counts.window_ns, counts.service_p50_ns), (100_000_000, 500));
        assert_eq!((counts.service_p99_ns, counts.p99_at_least), (Some(5000), true));
        // Those who have waited for less than others were answered in.
        let counts = waited(&work(), &contended(9900, vec![10; 100]));
        assert_eq!((counts.service_p50_ns, counts.service_p99_ns), (4900, Some(9800)));
        assert!(!counts.p99_at_least);
    }

    #[test]
    fn without_timeouts_nobody_may_be_let_go() {
        let mut work = work();
        assert!(may_let_go(&work, 0).is_ok());
        let fault = may_let_go(&work, 3).unwrap_err().to_string();
        assert!(fault.contains("let 3 of 100 slow clients go"), "{fault}");
        work.serve.timeouts = true;
        assert!(may_let_go(&work, 3).is_ok());
    }

    #[test]
    fn where_nobody_was_answered_all_wait() {
        let counts = waited(&work(), &contended(0, vec![300; 100]));
        assert_eq!((counts.answered, counts.service_p50_ns), (0, 300));
        assert_eq!((counts.service_p99_ns, counts.p99_at_least), (None, false));
        assert_eq!(counts.goodput_per_s(), 10.0, "less than one in a tenth of a second");
    }
}
