//! What a process asks the harness for while it executes, each on a line of its own.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// One line on standard output: `{"question":"pauses"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What it asks for.
    pub question: Asked,
    /// Where a server listens that asks for its clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<SocketAddr>,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    /// [`super::Pauses`], when the window of a process is closed that is stopped and
    /// continued.
    Pauses,
    /// Clients that are connected and have been answered once, for the server at the
    /// address. The answer is [`Proceed`].
    Clients,
    /// That the clients begin; the window is open. [`Proceed`] says that they have ended.
    /// A generator asks the same when it is ready, and is answered when it may begin.
    Load,
    /// Nothing: a generator has ended its load and has not counted it yet.
    Nothing,
}

/// The answer to a question that asks for nothing but to go on: `{"proceed":true}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proceed {
    /// Always true.
    pub proceed: bool,
}

impl Question {
    /// One without an address.
    pub fn of(question: Asked) -> Self {
        Self { question, address: None }
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Question};

    #[test]
    fn questions_are_written_like_this() {
        let check = |question: Question, want: &str| {
            assert_eq!(serde_json::to_string(&question).unwrap(), want);
            assert_eq!(serde_json::from_str::<Question>(want).unwrap(), question);
        };
        check(Question::of(Asked::Pauses), r#"{"question":"pauses"}"#);
        let address = Some(([127, 0, 0, 1], 80).into());
        let clients = Question { question: Asked::Clients, address };
        check(clients, r#"{"question":"clients","address":"127.0.0.1:80"}"#);
    }
}
