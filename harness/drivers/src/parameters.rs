//! Values as `tokio-postgres` and `postgres` take them.

use tokio_postgres::types::ToSql;
use triathlon_contract::query::Values;

/// The parameters of a statement, in its order.
pub(crate) fn of(values: &Values) -> Vec<&(dyn ToSql + Sync)> {
    let Values { id, payload, pause_s } = values;
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![id];
    if let Some(payload) = payload {
        parameters.push(payload);
    }
    if let Some(pause_s) = pause_s {
        parameters.push(pause_s);
    }
    parameters
}
