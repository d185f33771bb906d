//! Connections that keep their prepared statement, for a pool of `r2d2`.
//!
//! `r2d2_postgres` hands out bare clients, which would prepare it again for
//! every query.

use postgres::{Client, Error, NoTls, Statement};
use r2d2::ManageConnection;
use r2d2_postgres::PostgresConnectionManager;

/// A connection and its statement.
pub(crate) struct Prepared {
    pub(crate) client: Client,
    pub(crate) statement: Statement,
}

/// Opens connections, and prepares the statement on each.
pub(crate) struct Manager {
    pub(crate) connections: PostgresConnectionManager<NoTls>,
    pub(crate) text: &'static str,
}

impl ManageConnection for Manager {
    type Connection = Prepared;
    type Error = Error;

    fn connect(&self) -> Result<Prepared, Error> {
        let mut client = self.connections.connect()?;
        let statement = client.prepare(self.text)?;
        Ok(Prepared { client, statement })
    }

    fn is_valid(&self, prepared: &mut Prepared) -> Result<(), Error> {
        self.connections.is_valid(&mut prepared.client)
    }

    fn has_broken(&self, prepared: &mut Prepared) -> bool {
        self.connections.has_broken(&mut prepared.client)
    }
}
