//! The one spelling of a case: `workload@preset/contestant[/flavour][:way]`.

use std::fmt;
use std::str::FromStr;

/// A case, named.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseId {
    /// Workload, `fan-out`.
    pub workload: String,
    /// Preset, `n100`.
    pub preset: String,
    /// Contestant, `tokio`.
    pub contestant: String,
    /// Flavour, `multi-thread`; empty where the contestant has none.
    pub flavour: String,
    /// Way, `stack`; empty for the plain one.
    pub way: String,
}

impl CaseId {
    /// Contestant and flavour, `tokio/multi-thread`.
    pub fn who(&self) -> String {
        match self.flavour.as_str() {
            "" => self.contestant.clone(),
            flavour => format!("{}/{flavour}", self.contestant),
        }
    }

    /// Workload and preset, `fan-out@n100`.
    pub fn what(&self) -> String {
        format!("{}@{}", self.workload, self.preset)
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}/{}", self.workload, self.preset, self.contestant)?;
        if !self.flavour.is_empty() {
            write!(f, "/{}", self.flavour)?;
        }
        if !self.way.is_empty() {
            write!(f, ":{}", self.way)?;
        }
        Ok(())
    }
}

/// A text that is no case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdError(String);

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        write!(f, "{text:?} is no case; one looks like fan-out@n100/tokio/multi-thread:stack")
    }
}

impl std::error::Error for IdError {}

impl FromStr for CaseId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || IdError(text.chars().take(120).collect());
        let (what, who) = text.split_once('/').ok_or_else(error)?;
        let (workload, preset) = what.split_once('@').ok_or_else(error)?;
        let (who, way) = who.split_once(':').map_or((who, ""), |(who, way)| (who, way));
        let (contestant, flavour) = who.split_once('/').map_or((who, ""), |(c, f)| (c, f));
        let word = |text: &str| {
            text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        let named = [workload, preset, contestant].iter().all(|part| !part.is_empty());
        let spelled = [workload, preset, contestant, flavour, way].iter().all(|part| word(part));
        let dangling = text.ends_with('/') || text.ends_with(':');
        if !named || !spelled || dangling {
            return Err(error());
        }
        let [workload, preset, contestant, flavour, way] =
            [workload, preset, contestant, flavour, way].map(str::to_string);
        Ok(Self { workload, preset, contestant, flavour, way })
    }
}

#[cfg(test)]
mod tests {
    use super::CaseId;

    #[test]
    fn an_id_survives_printing_and_parsing() {
        for text in [
            "fan-out@n100/blocking",
            "fan-out@n100/blocking:stack",
            "request-loop@c64-d20ms/tokio/multi-thread",
            "fan-out@n1000-pool64/tokio/current-thread:stack",
        ] {
            assert_eq!(text.parse::<CaseId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "fan-out", "fan-out@n1", "@n1/x", "a@b/", "a@b/c:", "a@b/c/d/e", "A@b/c"] {
            assert!(text.parse::<CaseId>().is_err(), "{text}");
        }
    }
}
