//! Why something is refused, as PostgreSQL would say it.

use std::borrow::Cow;

/// A code of SQLSTATE and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) sentence: Cow<'static, str>,
}

impl Refusal {
    pub(super) fn new(code: &'static str, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self { code, sentence: sentence.into() }
    }

    /// A message whose content is not what its kind asks for.
    pub(super) fn malformed(kind: &str) -> Self {
        Self::new(PROTOCOL_VIOLATION, format!("The message {kind} is malformed."))
    }
}

// Source: PostgreSQL, appendix A, error codes.
pub(super) const PROTOCOL_VIOLATION: &str = "08P01";
pub(super) const FEATURE_NOT_SUPPORTED: &str = "0A000";
pub(super) const OUT_OF_RANGE: &str = "22003";
pub(super) const BAD_ENCODING: &str = "22021";
pub(super) const INVALID_VALUE: &str = "22023";
pub(super) const INVALID_TEXT: &str = "22P02";
pub(super) const INVALID_BINARY: &str = "22P03";
pub(super) const NOT_NULL: &str = "23502";
pub(super) const ACTIVE_TRANSACTION: &str = "25001";
pub(super) const NO_TRANSACTION: &str = "25P01";
pub(super) const FAILED_TRANSACTION: &str = "25P02";
pub(super) const NO_STATEMENT: &str = "26000";
pub(super) const NO_USER: &str = "28000";
pub(super) const NO_PORTAL: &str = "34000";
pub(super) const SYNTAX: &str = "42601";
pub(super) const NAME_TOO_LONG: &str = "42622";
pub(super) const UNDEFINED_OBJECT: &str = "42704";
pub(super) const DATATYPE_MISMATCH: &str = "42804";
pub(super) const UNDEFINED_PARAMETER: &str = "42P02";
pub(super) const UNDEFINED_TABLE: &str = "42P01";
pub(super) const DUPLICATE_PORTAL: &str = "42P03";
pub(super) const DUPLICATE_STATEMENT: &str = "42P05";
pub(super) const AMBIGUOUS_PARAMETER: &str = "42P08";
pub(super) const INDETERMINATE_TYPE: &str = "42P18";
pub(super) const TOO_MANY: &str = "53400";
pub(super) const TOO_LARGE: &str = "54000";
pub(super) const TOO_MANY_ARGUMENTS: &str = "54023";
pub(super) const PORTAL_DONE: &str = "55000";
