//! What every connection of the server shares: the pool to the database, and
//! what becomes of a request.

use std::io;
use std::time::Duration;

use anyhow::{Context, Result};
use async_std::future::timeout;
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

/// A place in the pool that is lent. It goes back however its borrower ends;
/// where that was in the middle, by an error or because nobody waits for it any
/// more, it is empty, and the next borrower opens another connection.
struct Lent<'a> {
    pool: &'a Pool<Option<Database>>,
    database: Option<Database>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.pool.give(self.database.take());
    }
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

    /// Borrows a connection and asks one query after the other. That all are
    /// lent for too long is no failure of the database.
    async fn rows(&self, queries: u64) -> Result<Rows, Refusal> {
        let pool = self.pool.as_ref().ok_or(Refusal::NotFound)?;
        let taken = in_time(self.timeout(), pool.take()).await;
        let database = taken.map_err(|error| Refusal::of(&error))?;
        let mut lent = Lent { pool, database };
        let asked = self.ask(&mut lent.database, queries).await;
        asked.map_err(|error| self.refuse(&error))
    }

    /// Leaves nothing behind unless all is answered.
    async fn ask(
        &self,
        lent: &mut Option<Database>,
        queries: u64,
    ) -> Result<Rows> {
        let open = connect(&self.work, &self.setting);
        let mut database = match lent.take() {
            Some(database) => database,
            None => in_time(self.timeout(), open).await?,
        };
        let mut rows = Rows::default();
        for number in 0..queries {
            database.dialogue.ask(number..number + 1)?;
            let mut answer = async || database.answer().await;
            while let Some(row) = in_time(self.timeout(), answer()).await? {
                rows.add(row);
            }
        }
        *lent = Some(database);
        Ok(rows)
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

fn slow(_: async_std::future::TimeoutError) -> io::Error {
    io::ErrorKind::TimedOut.into()
}

async fn connect(work: &Serve, setting: &Setting) -> Result<Database> {
    let dialogue = work.dialogue(setting)?;
    let opened = Database::open(setting.server, dialogue).await;
    opened.context("the database of the server")
}
