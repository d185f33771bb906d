//! What becomes of a request, for a thread that has its own connection to the
//! database.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::serve::{Page, Refusal, Request, Route, Rows, Served};
use triathlon_contract::{Serve, Setting};

use crate::database::Database;

pub(crate) struct Service {
    work: Serve,
    setting: Setting,
    /// None where no page needs one, or if it failed: another is opened then.
    database: Option<Database>,
    pub(crate) served: Arc<Served>,
}

impl Service {
    /// Opens the connection, if there is to be one, and asks once without
    /// delay.
    pub(crate) fn open(
        work: &Serve,
        setting: &Setting,
        number: u64,
        served: &Arc<Served>,
    ) -> Result<Self> {
        let served = Arc::clone(served);
        let (work, setting) = (*work, setting.clone());
        let mut service = Self { work, setting, database: None, served };
        if number < service.work.sessions() {
            let mut database = service.connect()?;
            database.dialogue.warm_up(number)?;
            while database.answer()?.is_some() {}
            service.database = Some(database);
        }
        Ok(service)
    }

    /// How long a silent client is borne.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.work.timeout()
    }

    /// What comes of a request.
    pub(crate) fn page(&mut self, request: &Request) -> Page {
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

    /// Asks one query after the other. A connection that failed is let go.
    fn rows(&mut self, queries: u64) -> Result<Rows, Refusal> {
        if self.work.sessions() == 0 {
            return Err(Refusal::NotFound);
        }
        self.ask(queries).map_err(|error| {
            self.database = None;
            self.served.failed(&error);
            Refusal::of(&error)
        })
    }

    fn ask(&mut self, queries: u64) -> Result<Rows> {
        let opened = match self.database.take() {
            Some(database) => database,
            None => self.connect()?,
        };
        let database = self.database.insert(opened);
        let mut rows = Rows::default();
        for number in 0..queries {
            database.dialogue.ask(number..number + 1)?;
            while let Some(answer) = database.answer()? {
                rows.add(answer);
            }
        }
        Ok(rows)
    }

    fn connect(&self) -> Result<Database> {
        let (server, each) = (self.setting.server, self.work.timeout());
        let dialogue = self.work.dialogue(&self.setting)?;
        Database::open_within(server, dialogue, each)
            .context("the database of the server")
    }
}
