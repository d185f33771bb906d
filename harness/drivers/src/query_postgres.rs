//! A scoped thread for every caller; all of them share a pool of `r2d2`.
//!
//! Guide: the examples of r2d2 and r2d2_postgres, and `std::thread::scope`.

use std::thread;

use anyhow::{Context, Result, anyhow};
use postgres::{Config, NoTls};
use r2d2::Pool;
use r2d2_postgres::PostgresConnectionManager;
use triathlon_contract::query::{Kind, Values, values};
use triathlon_contract::{Outcome, Query, Received, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::parameters;
use crate::prepared::{Manager, Prepared};

pub(crate) fn run(
    work: &Query,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (pool, mut tally) = connect(work, setting)?;

    let clock = lab.clock();
    let waiting = lab.lanes(work.callers, work.of_each());
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut workers = 0;
    lab.open();
    thread::scope(|scope| -> Result<()> {
        let mut threads = Vec::with_capacity(waiting.len());
        for (caller, lane) in (0..).zip(waiting) {
            let pool = &pool;
            let call = move || call(work, caller, pool, clock, lane);
            let thread = thread::Builder::new()
                .spawn_scoped(scope, call)
                .context("spawn")?;
            threads.push(thread);
        }
        workers = threads.len() as u64;
        for thread in threads {
            let called = thread.join().map_err(|_| anyhow!("panic"))?;
            let (lane, part) = called?;
            lanes.push(lane);
            tally.merge(part);
        }
        Ok(())
    })?;
    lab.close(lanes);
    Ok(Outcome::closed(tally, workers))
}

/// One thread's life: takes a connection for every query.
fn call(
    work: &Query,
    caller: u64,
    pool: &Pool<Manager>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for number in work.batches(caller).flatten() {
        let started_ns = clock.now_ns();
        let mut connection = pool.get()?;
        let answer = ask(&mut connection, work.kind, &work.values(number))?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(answer);
    }
    Ok((lane, tally))
}

fn ask(
    connection: &mut Prepared,
    kind: Kind,
    values: &Values,
) -> Result<Received> {
    let Prepared { client, statement } = connection;
    let text = values.text();
    let parameters = parameters::of(values, &text);
    let rows = match kind {
        Kind::One => vec![client.query_one(statement, &parameters)?],
        Kind::Ten => client.query(statement, &parameters)?,
        Kind::Insert => {
            let rows = client.execute(statement, &parameters)?;
            return values::inserted(rows);
        }
    };
    let mut answer = values::NO_ROWS;
    for row in &rows {
        let payload: &str = row.try_get(1)?;
        values::add(&mut answer, row.try_get(0)?, payload.as_bytes());
    }
    Ok(answer)
}

/// Fills the pool, and asks once without delay over each connection.
fn connect(work: &Query, setting: &Setting) -> Result<(Pool<Manager>, Tally)> {
    let manager = Manager {
        connections: PostgresConnectionManager::new(config(setting), NoTls),
        text: work.statement(),
    };
    let pool = Pool::builder()
        .max_size(work.lent() as u32)
        .test_on_check_out(false)
        .build(manager)?;
    let mut tally = Tally::default();
    // Held, so that each is another one.
    let mut connections = Vec::new();
    for place in 0..work.lent() {
        let mut connection = pool.get()?;
        let values = work.warm_up_values(place);
        tally.add(ask(&mut connection, work.kind, &values)?);
        connections.push(connection);
    }
    tally.connections += u64::from(pool.state().connections);
    drop(connections);
    Ok((pool, tally))
}

fn config(setting: &Setting) -> Config {
    let mut config = Config::new();
    config.host(&setting.server.ip().to_string());
    config.port(setting.server.port());
    config.user(&setting.login.user).dbname(&setting.login.database);
    if let Some(password) = &setting.login.password {
        config.password(password);
    }
    config
}
