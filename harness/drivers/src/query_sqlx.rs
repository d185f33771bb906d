//! A task for every caller, gathered in a `JoinSet`; all of them share a
//! `PgPool`.
//!
//! Guide: the documentation of sqlx, "Querying", and of its `PoolOptions`.

use anyhow::Result;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{PgExecutor, PgPool, Row};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use triathlon_contract::query::{Kind, Values, values};
use triathlon_contract::{Outcome, Query, Received, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

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
    pool: PgPool,
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

/// One task's life: the pool finds it a connection for every query.
async fn call(
    work: Query,
    caller: u64,
    pool: PgPool,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for number in work.batches(caller).flatten() {
        let started_ns = clock.now_ns();
        let answer = ask(&pool, &work, work.values(number)).await?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(answer);
    }
    Ok((lane, tally))
}

async fn ask(
    database: impl PgExecutor<'_>,
    work: &Query,
    values: Values,
) -> Result<Received> {
    let mut query = sqlx::query(work.statement()).bind(values.id);
    if let Some(text) = values.text() {
        query = query.bind(text);
    }
    if let Some(pause_s) = values.pause_s {
        query = query.bind(pause_s);
    }
    let rows = match work.kind {
        Kind::One => vec![query.fetch_one(database).await?],
        Kind::Ten => query.fetch_all(database).await?,
        Kind::Insert => {
            let done = query.execute(database).await?;
            return values::inserted(done.rows_affected());
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
async fn connect(work: Query, setting: Setting) -> Result<(PgPool, Tally)> {
    let size = work.lent() as u32;
    let pool = PgPoolOptions::new()
        .min_connections(size)
        .max_connections(size)
        .test_before_acquire(false)
        .connect_with(options(&setting))
        .await?;
    let mut tally = Tally::default();
    // Held, so that each is another one.
    let mut connections = Vec::new();
    for place in 0..work.lent() {
        let mut connection = pool.acquire().await?;
        let values = work.warm_up_values(place);
        tally.add(ask(&mut *connection, &work, values).await?);
        connections.push(connection);
    }
    tally.connections += u64::from(pool.size());
    Ok((pool, tally))
}

fn options(setting: &Setting) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&setting.server.ip().to_string())
        .port(setting.server.port())
        .username(&setting.login.user)
        .database(&setting.login.database)
        .ssl_mode(PgSslMode::Disable);
    match &setting.login.password {
        Some(password) => options.password(password),
        None => options,
    }
}
