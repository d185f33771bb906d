//! What is answered instead of what was asked for.

use std::borrow::Cow;

/// An error with its SQLSTATE (PostgreSQL's documentation, appendix A).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) message: Cow<'static, str>,
    /// Whether the connection ends with it.
    pub(super) fatal: bool,
}

impl Refused {
    pub(super) const fn new(code: &'static str, sentence: &'static str) -> Self {
        Self { code, message: Cow::Borrowed(sentence), fatal: false }
    }

    pub(super) fn owned(code: &'static str, message: String) -> Self {
        Self { code, message: message.into(), fatal: false }
    }

    /// A violation of the protocol, after which nothing can be understood.
    pub(super) const fn fatal(sentence: &'static str) -> Self {
        Self { code: "08P01", message: Cow::Borrowed(sentence), fatal: true }
    }
}
