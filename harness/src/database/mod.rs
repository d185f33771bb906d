//! A PostgreSQL that the user named, in place of the mock server's.
//!
//! It is the user's own: two tables are made in it if they are not there
//! (`triathlon_item`, `triathlon_entry`), the second is emptied before each execution,
//! and nothing else is touched.

mod counts;
mod url;

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use postgres::{Client, NoTls};
use triathlon_contract::Login;
use triathlon_contract::query::items::{ITEMS, payload};
use triathlon_contract::record::{PostgresCounts, PostgresFile};

use crate::Failure;
use crate::selection::Selected;
pub use counts::{Marks, agree, expected};

/// How long the server may take to count what has ended.
const COUNTS_WITHIN: Duration = Duration::from_secs(5);

/// How often it is asked meanwhile.
const COUNTS_EVERY: Duration = Duration::from_millis(10);

/// First version whose statistics count sessions; number as `server_version_num`.
const VERSION_LEAST: i32 = 140_000;

/// What is made if it is not there. What is written is not worth a log, as in no
/// service; but the log is part of what an insert costs.
const TABLES: &str = "\
    CREATE TABLE IF NOT EXISTS triathlon_item (id int4 PRIMARY KEY, payload text NOT NULL);
    CREATE TABLE IF NOT EXISTS triathlon_entry (id int4 NOT NULL, payload text NOT NULL);";

/// A database, and a connection to it that observes.
pub struct Database {
    /// Where contestants find it.
    pub address: SocketAddr,
    /// Who they are.
    pub login: Login,
    /// What is kept of it.
    pub file: PostgresFile,
    /// Connections that are left for contestants.
    pub connections: u64,
    observer: Mutex<Client>,
}

impl Database {
    /// Connects, and makes the tables with their rows.
    ///
    /// # Errors
    /// A usage failure for a URL that is none, or a database that cannot be used.
    pub fn open(url: &str) -> crate::Result<Self> {
        let target = url::parse(url)?;
        let connect = || {
            target.config.connect(NoTls).map_err(|error| {
                let said = because(&error);
                let address = target.address;
                Failure::usage(format_args!(
                    "the database at {address} cannot be used: {said}; start it, or name another"
                ))
            })
        };
        let mut client = connect()?;
        let file = prepare(&mut client).map_err(|error| {
            Failure::usage(format_args!("the database cannot be used: {error:#}"))
        })?;
        let connections = connections(&mut client)?;
        // A session counts what it has read up to a second later, or when it ends.
        drop(client);
        let observer = Mutex::new(connect()?);
        Ok(Self { address: target.address, login: target.login, file, connections, observer })
    }

    /// Takes out of the cases those that need more connections than it has.
    pub fn limit(&self, cases: &mut [Selected]) {
        // A server has the mock database behind it.
        let asks = |selected: &&mut Selected| selected.case.database && !selected.case.serves;
        for selected in cases.iter_mut().filter(asks) {
            let pool = parameter(&selected.case.parameters, "pool");
            if selected.case.absent.is_none() && pool > self.connections {
                selected.case.absent = Some(format!(
                    "needs {pool} connections, the database has {} left; raise its max_connections",
                    self.connections
                ));
            }
        }
    }

    /// Empties the table of entries; what the statistics say now. The processes of the
    /// execution before have ended by then and counted all that they did, or will be
    /// found out by what they count later.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn before(&self) -> Result<Marks> {
        let mut client = self.client();
        let until = Instant::now() + COUNTS_WITHIN;
        while others(&mut client)? > 0 && Instant::now() < until {
            std::thread::sleep(COUNTS_EVERY);
        }
        client.batch_execute("TRUNCATE triathlon_entry").context("empty triathlon_entry")?;
        Marks::read(&mut client)
    }

    /// What it has counted since then. Its processes count as they end, a moment after
    /// their clients, so that it is asked until it agrees with what was `expected`, or
    /// never will.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn after(&self, before: &Marks, expected: &PostgresCounts) -> Result<PostgresCounts> {
        let mut client = self.client();
        let until = Instant::now() + COUNTS_WITHIN;
        loop {
            let counts = Marks::read(&mut client)?.since(before);
            if agree(expected, &counts).is_ok() || Instant::now() >= until {
                return Ok(counts);
            }
            std::thread::sleep(COUNTS_EVERY);
        }
    }

    fn client(&self) -> MutexGuard<'_, Client> {
        // A client that panicked says so at its next use.
        self.observer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connections to the database beside ours. A process of the server counts what it did
/// before it is no longer listed.
fn others(client: &mut Client) -> Result<i64> {
    let row = client.query_one(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
         AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        &[],
    )?;
    Ok(row.get(0))
}

fn parameter(parameters: &[(&'static str, u64)], name: &str) -> u64 {
    parameters.iter().find(|(known, _)| *known == name).map_or(0, |(_, value)| *value)
}

/// The tables and their rows; what is kept of the database.
fn prepare(client: &mut Client) -> Result<PostgresFile> {
    let row = client.query_one(
        "SELECT current_setting('server_version_num')::int4, version(), \
         current_setting('fsync'), current_setting('synchronous_commit'), \
         current_setting('shared_buffers')",
        &[],
    )?;
    let number: i32 = row.get(0);
    ensure!(number >= VERSION_LEAST, "it is older than PostgreSQL 14, which counts sessions");
    let settings = [("fsync", 2), ("synchronous_commit", 3), ("shared_buffers", 4)];
    let settings = settings.map(|(name, place)| (name.to_string(), row.get::<_, String>(place)));
    client.batch_execute(TABLES).context("make the tables")?;
    if !has_items(client)? {
        fill(client).context("fill triathlon_item")?;
    }
    // Else the planner may read a table from end to end.
    client.batch_execute("ANALYZE triathlon_item")?;
    Ok(PostgresFile { version: row.get(1), settings: settings.into() })
}

/// Whether every row is there and as it must be.
fn has_items(client: &mut Client) -> Result<bool> {
    let rows = client.query("SELECT id, payload FROM triathlon_item ORDER BY id", &[])?;
    let wanted = (1..=ITEMS).map(|id| (id, text(id)));
    let there = rows.iter().map(|row| (row.get::<_, i32>(0), row.get::<_, String>(1)));
    Ok(there.eq(wanted))
}

/// The payload of an item as text.
fn text(id: i32) -> String {
    String::from_utf8_lossy(&payload(id)).into_owned()
}

fn fill(client: &mut Client) -> Result<()> {
    let ids: Vec<i32> = (1..=ITEMS).collect();
    let payloads: Vec<String> = ids.iter().copied().map(text).collect();
    let mut transaction = client.transaction()?;
    transaction.batch_execute("TRUNCATE triathlon_item")?;
    transaction.execute(
        "INSERT INTO triathlon_item (id, payload) SELECT * FROM unnest($1::int4[], $2::text[])",
        &[&ids, &payloads],
    )?;
    Ok(transaction.commit()?)
}

/// Connections that are left beside ours and those that are reserved.
fn connections(client: &mut Client) -> Result<u64> {
    let row = client.query_one(
        "SELECT current_setting('max_connections')::int8 \
         - current_setting('superuser_reserved_connections')::int8 \
         - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')",
        &[],
    )?;
    Ok(row.get::<_, i64>(0).try_into().unwrap_or_default())
}

/// What the server or the system said, without what led there.
fn because(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => {
            let mut cause: &dyn std::error::Error = error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            cause.to_string()
        }
    }
}
