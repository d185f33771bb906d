//! What every connection of the server shares: the pool to the database, and
//! what becomes of a request.

use std::io;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::timeout;
use triathlon_contract::serve::{Page, Refusal, Route, Rows, Served};
use triathlon_contract::{Serve, Setting};

use crate::database::Database;
use crate::pool::Pool;

pub(crate) struct Service {
    work: Serve,
    setting: Setting,
    pool: Option<Pool<Option<Database>>>,
    pub(crate) served: Served,
}

impl Service {
    /// Fills the pool, and asks once without delay over each connection.
    pub(crate) async fn open(work: Serve, setting: Setting) -> Result<Self> {
        let mut databases = Vec::new();
        for number in 0..work.sessions() {
            let mut database = connect(&work, &setting).await?;
            database.dialogue.warm_up(number)?;
            while database.answer().await?.is_some() {}
            databases.push(Some(database));
        }
        let pool = (!databases.is_empty()).then(|| Pool::new(databases));
        Ok(Self { work, setting, pool, served: Served::default() })
    }

    /// How long a silent client is borne.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.work.timeout()
    }

    /// What comes of a request.
    pub(crate) async fn page(&self, asks: Result<Route, Refusal>) -> Page {
        match asks {
            Ok(Route::Plain) => Page::plain(),
            Ok(Route::Json) => Page::json(),
            Ok(Route::Crud { queries, bytes }) => {
                let rows = self.rows(queries).await;
                rows.map_or_else(Page::refused, |rows| rows.page(bytes))
            }
            Err(refusal) => Page::refused(refusal),
        }
    }

    /// Borrows a connection and asks one query after the other. One that failed
    /// is not given back: the next borrower opens another in its place.
    async fn rows(&self, queries: u64) -> Result<Rows, Refusal> {
        let pool = self.pool.as_ref().ok_or(Refusal::NotFound)?;
        let taken = in_time(self.timeout(), pool.take()).await;
        let (lent, permit) = taken.map_err(|error| self.refuse(&error))?;
        let (database, rows) = match self.ask(lent, queries).await {
            Ok((database, rows)) => (Some(database), Ok(rows)),
            Err(error) => (None, Err(self.refuse(&error))),
        };
        pool.give(database, permit);
        rows
    }

    async fn ask(
        &self,
        lent: Option<Database>,
        queries: u64,
    ) -> Result<(Database, Rows)> {
        let mut database = match lent {
            Some(database) => database,
            None => connect(&self.work, &self.setting).await?,
        };
        let mut rows = Rows::default();
        for number in 0..queries {
            database.dialogue.ask(number..number + 1)?;
            let mut answer = async || database.answer().await;
            while let Some(row) = in_time(self.timeout(), answer()).await? {
                rows.add(row);
            }
        }
        Ok((database, rows))
    }

    fn refuse(&self, error: &anyhow::Error) -> Refusal {
        self.served.failed(error);
        Refusal::of(error)
    }
}

/// Awaits, but no longer than this, if there is a bound at all.
pub(crate) async fn in_time<T, E: Into<anyhow::Error>>(
    at_most: Option<Duration>,
    awaited: impl Future<Output = Result<T, E>>,
) -> Result<T> {
    let done = match at_most {
        Some(at_most) => timeout(at_most, awaited).await.map_err(slow)?,
        None => awaited.await,
    };
    done.map_err(Into::into)
}

fn slow(elapsed: tokio::time::error::Elapsed) -> io::Error {
    elapsed.into()
}

async fn connect(work: &Serve, setting: &Setting) -> Result<Database> {
    let dialogue = work.dialogue(setting)?;
    let opened = Database::open(setting.server, dialogue).await;
    opened.context("the database of the server")
}
