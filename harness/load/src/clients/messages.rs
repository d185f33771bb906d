//! What is said when a load does not come to its end.

use anyhow::{Error, anyhow};

use super::{Clients, Due};
use crate::Unfinished;

impl Clients<'_> {
    /// A connection, counted from 1, and how far a plan is.
    pub(super) fn place(&self, index: usize, due: &Due<'_>) -> String {
        let (count, server) = (self.connections.len(), self.target.server);
        let connection = format!("connection {} of {count} to {server}", index + 1);
        let Due::Plan { offsets_ns, next, .. } = due else {
            return connection;
        };
        format!("{connection}, after {next} of {} requests had started", offsets_ns.len())
    }

    /// The patience is over: of a plan, with what is in flight and all that has not started.
    pub(super) fn gave_up(&self, due: &Due<'_>) -> Error {
        let (busy, server) = (self.slots.busy, self.target.server);
        let patience = self.target.patience;
        let Due::Plan { offsets_ns, next, .. } = due else {
            let count = self.connections.len();
            return anyhow!(
                "{busy} of {count} connections to {server} had no answer {patience:?} after the \
                 load began"
            );
        };
        let unfinished = Unfinished {
            server,
            requests: (offsets_ns.len() - next + busy) as u64,
            planned: offsets_ns.len() as u64,
            connections: busy as u64,
            first: self.slots.in_flight().next().map_or(0, |index| u64::from(index) + 1),
            deadline: patience,
        };
        unfinished.into()
    }
}
