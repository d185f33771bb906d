//! Values as `tokio-postgres` and `postgres` take them.

use tokio_postgres::types::ToSql;
use triathlon_contract::query::Values;

/// The parameters of a statement, in its order; `text` is that of the values.
pub(crate) fn of<'a>(
    values: &'a Values,
    text: &'a Option<&'a str>,
) -> Vec<&'a (dyn ToSql + Sync)> {
    let Values { id, pause_s, .. } = values;
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![id];
    if let Some(text) = text {
        parameters.push(text);
    }
    if let Some(pause_s) = pause_s {
        parameters.push(pause_s);
    }
    parameters
}
