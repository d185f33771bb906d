//! Who asks the database.

use serde::{Deserialize, Serialize};

/// User, password and database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Role.
    pub user: String,
    /// Its password; none where the server trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Database.
    pub database: String,
}

impl Default for Login {
    /// What the mock server is asked with, which trusts everybody.
    fn default() -> Self {
        let name = || "triathlon".to_string();
        Self { user: name(), password: None, database: name() }
    }
}
