//! A task for every caller, gathered in a `JoinSet`; all of them share a pool
//! of `deadpool-postgres`.
//!
//! Guide: the example of deadpool-postgres, and "Pipelining" in the
//! documentation of tokio-postgres.

use anyhow::Result;
use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, RecyclingMethod,
};
use futures_util::future::try_join_all;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio_postgres::{Config, NoTls, Statement};
use triathlon_contract::query::{Kind, Values, values};
use triathlon_contract::{Outcome, Query, Received, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::parameters;

pub(crate) fn run(
    work: &Query,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(setting.workers).enable_all();
    let runtime = builder.build()?;
    let connect = connect(work.clone(), setting.clone());
    let (pool, mut tally) = runtime.block_on(runtime.spawn(connect))??;

    let clock = lab.clock();
    let lanes = lab.lanes(work.callers, work.of_each());
    let gather = gather(work.clone(), pool, clock, lanes);
    lab.open();
    let driver = runtime.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)??;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// The driver: spawns a task for every caller and joins them.
async fn gather(
    work: Query,
    pool: Pool,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = JoinSet::new();
    for (caller, lane) in (0..).zip(waiting) {
        tasks.spawn(call(work.clone(), caller, pool.clone(), clock, lane));
    }
    while let Some(done) = tasks.join_next().await {
        let (lane, part) = done??;
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// One task's life: takes a connection for every batch.
async fn call(
    work: Query,
    caller: u64,
    pool: Pool,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for batch in work.batches(caller) {
        let started_ns = clock.now_ns();
        let client = pool.get().await?;
        let statement = client.prepare_cached(work.statement()).await?;
        let ask = async |number| {
            let values = work.values(number);
            let answer = ask(&client, &statement, work.kind, &values).await?;
            anyhow::Ok((clock.now_ns(), answer))
        };
        let answers = match work.depth {
            1 => vec![ask(batch.start).await?],
            _ => try_join_all(batch.map(ask)).await?,
        };
        for (done_ns, answer) in answers {
            lane.log(Sample::closed(started_ns, done_ns));
            tally.add(answer);
        }
    }
    Ok((lane, tally))
}

async fn ask(
    client: &Object,
    statement: &Statement,
    kind: Kind,
    values: &Values,
) -> Result<Received> {
    let text = values.text();
    let parameters = parameters::of(values, &text);
    let rows = match kind {
        Kind::One => vec![client.query_one(statement, &parameters).await?],
        Kind::Ten => client.query(statement, &parameters).await?,
        Kind::Insert => {
            let rows = client.execute(statement, &parameters).await?;
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
async fn connect(work: Query, setting: Setting) -> Result<(Pool, Tally)> {
    let manager = Manager::from_config(
        config(&setting),
        NoTls,
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    let size = work.lent() as usize;
    let pool = Pool::builder(manager).max_size(size).build()?;
    let mut tally = Tally::default();
    // Held, so that each is another one.
    let mut clients = Vec::new();
    for place in 0..work.lent() {
        let client = pool.get().await?;
        let statement = client.prepare_cached(work.statement()).await?;
        let values = work.warm_up_values(place);
        tally.add(ask(&client, &statement, work.kind, &values).await?);
        clients.push(client);
    }
    tally.connections += pool.status().size as u64;
    Ok((pool, tally))
}

fn config(setting: &Setting) -> Config {
    let mut config = Config::new();
    config.host(setting.server.ip().to_string());
    config.port(setting.server.port());
    config.user(&setting.login.user).dbname(&setting.login.database);
    if let Some(password) = &setting.login.password {
        config.password(password);
    }
    config
}
