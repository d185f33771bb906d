//! What every connection of the server shares: the pool to the database, and
//! what becomes of a request.

use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::serve::{Page, Refusal, Request, Route, Rows, Served};
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
    pub(crate) fn open(work: &Serve, setting: &Setting) -> Result<Self> {
        let mut databases = Vec::new();
        for number in 0..work.sessions() {
            let mut database = connect(work, setting)?;
            database.dialogue.warm_up(number)?;
            while database.answer()?.is_some() {}
            databases.push(Some(database));
        }
        let pool = (!databases.is_empty()).then(|| Pool::new(databases));
        let (work, setting, served) =
            (*work, setting.clone(), Served::default());
        Ok(Self { work, setting, pool, served })
    }

    /// How long a silent client is borne.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.work.timeout()
    }

    /// What comes of a request.
    pub(crate) fn page(&self, request: &Request) -> Page {
        match request.asks {
            Ok(Route::Plain) => Page::plain(),
            Ok(Route::Json) => Page::json(),
            Ok(Route::Crud { queries, bytes }) => {
                let rows = self.rows(queries);
                rows.map_or_else(Page::refused, |rows| rows.page(bytes))
            }
            Err(refusal) => Page::refused(refusal),
        }
    }

    /// Borrows a connection and asks one query after the other. One that failed
    /// is not given back: the next borrower opens another in its place. That
    /// all are lent for too long is no failure of the database.
    fn rows(&self, queries: u64) -> Result<Rows, Refusal> {
        let pool = self.pool.as_ref().ok_or(Refusal::NotFound)?;
        let lent = pool.take_within(self.timeout()).ok_or(Refusal::TimedOut)?;
        let asked = self.ask(lent, queries);
        let (database, rows) = match asked {
            Ok((database, rows)) => (Some(database), Ok(rows)),
            Err(error) => {
                self.served.failed(&error);
                (None, Err(Refusal::of(&error)))
            }
        };
        pool.give(database);
        rows
    }

    fn ask(
        &self,
        lent: Option<Database>,
        queries: u64,
    ) -> Result<(Database, Rows)> {
        let mut database = match lent {
            Some(database) => database,
            None => connect(&self.work, &self.setting)?,
        };
        let mut rows = Rows::default();
        for number in 0..queries {
            database.dialogue.ask(number..number + 1)?;
            while let Some(answer) = database.answer()? {
                rows.add(answer);
            }
        }
        Ok((database, rows))
    }
}

fn connect(work: &Serve, setting: &Setting) -> Result<Database> {
    let (dialogue, each) = (work.dialogue(setting)?, work.timeout());
    Database::open_within(setting.server, dialogue, each)
        .context("the database of the server")
}
