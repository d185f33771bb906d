//! The command line of `cargo bench -- …`: criterion's, with several filters.
//!
//! All targets get the same words. Criterion's targets hand them on to
//! criterion, which knows one filter and refuses a wrong value with a panic;
//! so they are read here first.

use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::PROFILE;
use crate::{Failure, Result, cli};

/// What cargo asked a bench target to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Measure: `cargo bench`.
    Measure,
    /// How to call it: `--help`.
    Help,
    /// One line per case: `--list`.
    List,
    /// Each case once: `--test`, or `cargo test --benches`.
    Test,
    /// What only criterion does: `--profile-time`, `--load-baseline`.
    Criterion,
    /// `--ignored`: there are no ignored cases.
    Nothing,
}

/// A call that was understood.
#[derive(Clone, Debug)]
pub struct Call {
    /// Regular expressions over ids; names after `--exact` are escaped.
    pub filters: Vec<String>,
    /// What to do.
    pub mode: Mode,
    /// Whether to show no progress.
    pub quiet: bool,
    /// All words but the filters and `--exact`.
    words: Vec<String>,
}

/// Flags without a value, and their short forms.
const FLAGS: [(&str, Option<char>); 14] = [
    ("bench", None),
    ("discard-baseline", None),
    ("exact", None),
    ("help", Some('h')),
    ("ignored", None),
    ("include-ignored", None),
    ("list", None),
    ("nocapture", None),
    ("noplot", Some('n')),
    ("quick", None),
    ("quiet", None),
    ("show-output", None),
    ("test", None),
    ("verbose", Some('v')),
];

/// The value as it stands, or what it should be.
type Check = fn(&str) -> std::result::Result<String, String>;

/// Flags with a value, their short forms, and what the value may be.
const VALUES: [(&str, Option<char>, Check); 15] = [
    ("baseline", Some('b'), any),
    ("baseline-lenient", None, any),
    ("color", Some('c'), |text| one_of(text, &["auto", "always", "never"])),
    ("confidence-level", None, share),
    ("format", None, |text| one_of(text, &["pretty", "terse"])),
    ("load-baseline", None, any),
    ("measurement-time", None, |text| more_than(text, 0.0)),
    ("noise-threshold", None, |text| more_than(text, 0.0)),
    ("nresamples", None, |text| at_least(text, 1)),
    ("output-format", None, |text| one_of(text, &["criterion", "bencher"])),
    ("profile-time", None, |text| more_than(text, 0.0)),
    ("sample-size", None, |text| at_least(text, 10)),
    ("save-baseline", Some('s'), any),
    ("significance-level", None, share),
    ("warm-up-time", None, |text| more_than(text, 0.0)),
];

impl Call {
    /// Understands the words after the program's name.
    ///
    /// # Errors
    /// A usage failure for a flag or a value that criterion does not take.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let matches = command().try_get_matches_from(arguments).map_err(|error| refused(&error))?;
        let mut filters: Vec<String> =
            matches.get_many("filter").unwrap_or_default().cloned().collect();
        if matches.get_flag("exact") {
            filters = filters.iter().map(|name| format!("^{}$", regex::escape(name))).collect();
        }
        Ok(Self {
            filters,
            mode: mode(&matches),
            quiet: matches.get_flag("quiet"),
            words: words(&matches),
        })
    }

    /// Criterion takes one filter. For a call with several: the words of the
    /// call with one that says the same.
    pub fn for_criterion(&self) -> Option<Vec<String>> {
        if self.filters.len() < 2 {
            return None;
        }
        let groups: Vec<_> = self.filters.iter().map(|filter| format!("(?:{filter})")).collect();
        let mut words = self.words.clone();
        words.push(groups.join("|"));
        Some(words)
    }
}

fn command() -> Command {
    let mut command = Command::new("cargo bench")
        .no_binary_name(true)
        .disable_help_flag(true)
        .arg(Arg::new("filter").num_args(0..));
    for (name, short) in FLAGS {
        let flag = Arg::new(name).long(name).action(ArgAction::SetTrue);
        command = command.arg(match short {
            Some(short) => flag.short(short),
            None => flag,
        });
    }
    for (name, short, check) in VALUES {
        let flag = Arg::new(name).long(name).value_parser(check);
        command = command.arg(match short {
            Some(short) => flag.short(short),
            None => flag,
        });
    }
    command
}

fn mode(matches: &ArgMatches) -> Mode {
    let has = |name: &str| matches.get_flag(name);
    if has("help") {
        Mode::Help
    } else if has("ignored") {
        Mode::Nothing
    } else if has("list") {
        Mode::List
    } else if has("test") || !has("bench") {
        Mode::Test
    } else if matches.contains_id("profile-time") || matches.contains_id("load-baseline") {
        Mode::Criterion
    } else {
        Mode::Measure
    }
}

fn words(matches: &ArgMatches) -> Vec<String> {
    let flags = FLAGS.iter().filter(|(name, _)| *name != "exact" && matches.get_flag(name));
    let flags = flags.map(|(name, _)| format!("--{name}"));
    let values = VALUES.iter().filter_map(|(name, ..)| {
        matches.get_one::<String>(name).map(|value| format!("--{name}={value}"))
    });
    flags.chain(values).collect()
}

fn refused(error: &clap::Error) -> Failure {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(flag)) => Failure::usage(format_args!(
            "cargo bench takes no {flag}; `triathlon run` has more flags, and {PROFILE} names the \
             profile"
        )),
        _ => Failure::usage(cli::sentence(error)),
    }
}

fn any(text: &str) -> std::result::Result<String, String> {
    Ok(text.to_string())
}

fn one_of(text: &str, words: &[&str]) -> std::result::Result<String, String> {
    if words.contains(&text) { any(text) } else { Err(format!("choose {}", words.join(" or "))) }
}

fn at_least(text: &str, least: usize) -> std::result::Result<String, String> {
    match text.parse::<usize>() {
        Ok(number) if number >= least => any(text),
        _ => Err(format!("a number from {least} on")),
    }
}

fn more_than(text: &str, bound: f64) -> std::result::Result<String, String> {
    match text.parse::<f64>() {
        Ok(number) if number > bound && number < 1e6 => any(text),
        _ => Err(format!("a number above {bound:.0}")),
    }
}

fn share(text: &str) -> std::result::Result<String, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number < 1.0 => any(text),
        _ => Err("a number between 0 and 1".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Mode};

    fn call(line: &str) -> crate::Result<Call> {
        Call::parse(line.split_whitespace().map(str::to_string))
    }

    #[test]
    fn modes_and_filters_of_cargo_and_criterion() {
        let check = |line: &str, mode: Mode, filters: &[&str]| {
            let call = call(line).unwrap();
            assert_eq!((call.mode, call.filters.as_slice()), (mode, &own(filters)[..]), "{line}");
        };
        fn own(words: &[&str]) -> Vec<String> {
            words.iter().map(|word| (*word).to_string()).collect()
        }
        check("--bench", Mode::Measure, &[]);
        check("fan-out --bench", Mode::Measure, &["fan-out"]);
        check("a b --bench", Mode::Measure, &["a", "b"]);
        check("a --noplot b --bench", Mode::Measure, &["a", "b"]);
        check("--save-baseline main x --noplot --bench", Mode::Measure, &["x"]);
        check("-s main -n x --bench", Mode::Measure, &["x"]);
        check("--baseline=main --quick x --bench", Mode::Measure, &["x"]);
        check("a@b/c.d --exact --bench", Mode::Measure, &["^a@b/c\\.d$"]);
        check("--help --bench", Mode::Help, &[]);
        check("--list --format terse --bench", Mode::List, &[]);
        check("--list --format terse --ignored", Mode::Nothing, &[]);
        check("--test x --bench", Mode::Test, &["x"]);
        check("--profile-time 5 x --bench", Mode::Criterion, &["x"]);
        check("--load-baseline a --baseline b --bench", Mode::Criterion, &[]);
        check("", Mode::Test, &[]);
        check("--exact a --nocapture", Mode::Test, &["^a$"]);
    }

    #[test]
    fn several_filters_become_one_and_everything_else_stays() {
        assert_eq!(call("x --bench").unwrap().for_criterion(), None);
        let several = call("a|b -s main --sample-size 20 c --bench").unwrap();
        let words = several.for_criterion().unwrap();
        assert_eq!(words, ["--bench", "--sample-size=20", "--save-baseline=main", "(?:a|b)|(?:c)"]);
        let again = Call::parse(words).unwrap();
        assert_eq!((again.mode, again.for_criterion()), (Mode::Measure, None));
        let exact = call("a b --exact --bench").unwrap().for_criterion().unwrap();
        assert_eq!(exact, ["--bench", "(?:^a$)|(?:^b$)"]);
    }

    #[test]
    fn what_criterion_does_not_take_is_one_sentence() {
        let check = |line: &str, want: &str| {
            let sentence = call(line).unwrap_err().to_string();
            assert!(sentence.contains(want) && !sentence.contains('\n'), "{line}: {sentence}");
        };
        check("--seed 1 --bench", "cargo bench takes no --seed; `triathlon run`");
        check("--sample-size 5 --bench", "a number from 10 on");
        check("--sample-size --bench", "--sample-size");
        check("--measurement-time 0 --bench", "a number above 0");
        check("--warm-up-time=-1 --bench", "a number above 0");
        check("--confidence-level 95 --bench", "between 0 and 1");
        check("--color blue --bench", "choose auto or always or never");
    }
}
