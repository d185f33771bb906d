//! Clients whose requests start when a schedule says so, whether or not the ones before
//! have been answered.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use triathlon_contract::{Outcome, ServeLoad, Workload};
use triathlon_execute::Task;
use triathlon_lab::Lab;
use triathlon_load::{Clients, Target};

/// The generator gives up after this, counted anew for connecting, for the warm-up and for
/// the load; the harness' wall limit is shorter or kills it later.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks a server for its page on a schedule: connects, makes one request on each
/// connection, waits until the harness lets it begin, makes all others. How late it was
/// although a connection was free goes beside the samples: that is not the server's doing.
pub(super) fn execute(work: &ServeLoad, task: &Task<'_>, lab: &mut Lab) -> Result<Outcome> {
    let schedule = work.schedule(task.job.pace.context("a load without a pace")?);
    complete(&schedule, work.operations())?;
    let request = work.serve.request(&task.server.to_string());
    let target = Target { server: task.server, request: &request, patience: PATIENCE };
    let (mut samples, mut own_lag) = (lab.lane(work.operations()), lab.lane(work.operations()));
    let mut clients = Clients::connect(target, work.serve.connections, lab)?;
    clients.warm_up()?;
    triathlon_execute::ready()?;
    lab.open();
    clients.follow(&schedule, Duration::ZERO, |answered| {
        samples.log(answered.sample);
        own_lag.log(answered.own_lag());
    })?;
    let tally = clients.tally();
    // As in `serve`, they go while the server's window is open.
    drop(clients);
    lab.close([samples]);
    lab.beside([own_lag]);
    triathlon_execute::over()?;
    Ok(Outcome::closed(tally, 1))
}

/// The server is expected to answer so many.
fn complete(schedule: &[u64], requests: u64) -> Result<()> {
    ensure!(
        schedule.len() as u64 == requests,
        "a schedule of {} starts for {requests} requests",
        schedule.len()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use triathlon_contract::{Pace, ServeLoad, Workload};

    use super::complete;

    #[test]
    fn a_schedule_of_another_length_is_an_error() {
        let error = complete(&[0; 5], 6).unwrap_err().to_string();
        assert_eq!(error, "a schedule of 5 starts for 6 requests");
        for preset in ServeLoad::presets() {
            let work = preset.work.with_laps(3);
            complete(&work.schedule(Pace { rate_per_s: 1000, seed: 7 }), work.operations())
                .unwrap_or_else(|error| panic!("{}: {error}", preset.name));
        }
    }
}
