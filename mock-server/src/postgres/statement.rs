//! Which statements there are.

use std::sync::LazyLock;

use triathlon_contract::query::Kind;

use super::refusal::Refused;
use super::text::{self, Word};

/// A statement that is answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statement {
    /// Rows that are counted.
    Data(Asked),
    /// One row of one column.
    Value { column: String, value: String, int: bool },
    /// Nothing but its tag.
    Done(Effect),
    /// No statement at all.
    Empty,
}

/// What a statement does besides having a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Begin,
    Commit,
    Rollback,
    Set,
    DeallocateAll,
    Reset,
    DiscardAll,
}

/// A statement on our tables, and where its values come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) kind: Kind,
    pub(super) delayed: bool,
    /// As many as the text of the contract has parameters.
    pub(super) values: Vec<Slot>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Slot {
    /// The call's parameter of that place, from 0.
    Parameter(usize),
    Literal(String),
}

/// Names and values that a session reports, and `SHOW` says.
pub(super) const SETTINGS: [(&str, &str); 8] = [
    ("server_version", "15.0"),
    ("server_encoding", "UTF8"),
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO, MDY"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("integer_datetimes", "on"),
    ("standard_conforming_strings", "on"),
];

/// What there is, for whoever asks for something else.
const SERVED: &str = "This server answers the statements of Triathlon on triathlon_item and \
    triathlon_entry, SELECT 1, SELECT version(), BEGIN, COMMIT, ROLLBACK, SET, SHOW, RESET, \
    DEALLOCATE and DISCARD ALL.";

/// Our statements as words.
static TEMPLATES: LazyLock<Vec<(Kind, bool, Vec<Word>)>> = LazyLock::new(|| {
    let kinds = [Kind::One, Kind::Ten, Kind::Insert];
    let all = kinds.into_iter().flat_map(|kind| [(kind, false), (kind, true)]);
    let words = |text| text::statements(text).expect("our own statements are text").remove(0);
    all.map(|(kind, delayed)| (kind, delayed, words(kind.statement(delayed)))).collect()
});

impl Asked {
    /// Type ids of its values: `int4`, `text`, `float8`.
    pub(super) fn types(&self) -> &'static [u32] {
        match (self.kind, self.delayed) {
            (Kind::Insert, false) => &[23, 25],
            (Kind::Insert, true) => &[23, 25, 701],
            (_, false) => &[23],
            (_, true) => &[23, 701],
        }
    }

    /// Type ids of the call's parameters.
    pub(super) fn parameters(&self) -> Vec<u32> {
        let mut types = Vec::new();
        for (slot, of) in self.values.iter().zip(self.types()) {
            if let Slot::Parameter(place) = slot {
                let length = types.len().max(place + 1);
                types.resize(length, 0);
                types[*place] = *of;
            }
        }
        types
    }
}

/// Understands every statement of a text.
///
/// # Errors
/// One of them is none that is answered here.
pub(super) fn parse(text: &str) -> Result<Vec<Statement>, Refused> {
    let found = text::statements(text).map_err(|sentence| Refused::new("42601", sentence))?;
    let several = found.len() > 1;
    let kept = found.iter().filter(|words| !several || !words.is_empty());
    let parsed: Vec<_> = kept.map(|words| one(words)).collect::<Result<_, _>>()?;
    Ok(if parsed.is_empty() { vec![Statement::Empty] } else { parsed })
}

fn one(words: &[Word]) -> Result<Statement, Refused> {
    if words.is_empty() {
        return Ok(Statement::Empty);
    }
    for (kind, delayed, template) in TEMPLATES.iter() {
        if let Some(values) = bind(template, words)? {
            return Ok(Statement::Data(Asked { kind: *kind, delayed: *delayed, values }));
        }
    }
    let names: Vec<&str> = words
        .iter()
        .map(|word| match word {
            Word::Name(name) | Word::Literal(name) => name.as_str(),
            Word::Parameter(_) => "$",
        })
        .collect();
    let done = |effect| Ok(Statement::Done(effect));
    match names[..] {
        ["select", "1"] => Ok(value("?column?", "1", true)),
        ["select", "version", "(", ")"] => {
            Ok(value("version", "PostgreSQL 15.0 as spoken by Triathlon's mock server", false))
        }
        ["begin" | "start", ..] => done(Effect::Begin),
        ["commit" | "end", ..] => done(Effect::Commit),
        ["rollback" | "abort"] | ["rollback" | "abort", "work" | "transaction"] => {
            done(Effect::Rollback)
        }
        ["set", _, _, ..] => done(Effect::Set),
        ["reset", _, ..] => done(Effect::Reset),
        ["discard", "all"] => done(Effect::DiscardAll),
        ["deallocate", "all"] | ["deallocate", "prepare", "all"] => done(Effect::DeallocateAll),
        ["show", ref name @ ..] => show(&name.join("")),
        _ => Err(refuse(&names)),
    }
}

fn value(column: &str, value: &str, int: bool) -> Statement {
    Statement::Value { column: column.to_string(), value: value.to_string(), int }
}

fn show(name: &str) -> Result<Statement, Refused> {
    let known = SETTINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let (column, shown) = known.ok_or_else(|| {
        Refused::owned("42704", format!("unrecognized configuration parameter \"{name}\""))
    })?;
    Ok(value(column, shown, false))
}

/// A table that is not ours is told from a statement that is not.
fn refuse(names: &[&str]) -> Refused {
    let table = names.windows(2).find_map(|pair| match pair {
        ["from" | "into" | "update" | "join" | "table", table] => Some(*table),
        _ => None,
    });
    match table {
        Some(table) if table != "triathlon_item" && table != "triathlon_entry" && table != "(" => {
            Refused::owned("42P01", format!("relation \"{table}\" does not exist. {SERVED}"))
        }
        _ => Refused::new("0A000", SERVED),
    }
}

/// The values where the words are those of the template.
///
/// # Errors
/// A number has more than the protocol's parameters.
fn bind(template: &[Word], words: &[Word]) -> Result<Option<Vec<Slot>>, Refused> {
    if template.len() != words.len() {
        return Ok(None);
    }
    let mut values: Vec<Option<Slot>> = vec![None; 3];
    for (wanted, word) in template.iter().zip(words) {
        let slot = match (wanted, word) {
            (Word::Parameter(place), Word::Parameter(number)) => {
                if !(1..=16).contains(number) {
                    return Err(Refused::new(
                        "42P02",
                        "A statement here has at most 16 parameters.",
                    ));
                }
                (place, Slot::Parameter(number - 1))
            }
            (Word::Parameter(place), Word::Literal(text)) => (place, Slot::Literal(text.clone())),
            _ if wanted == word => continue,
            _ => return Ok(None),
        };
        let (place, slot) = slot;
        match &values[place - 1] {
            Some(before) if *before != slot => return Ok(None),
            _ => values[place - 1] = Some(slot),
        }
    }
    Ok(Some(values.into_iter().flatten().collect()))
}

#[cfg(test)]
mod tests {
    use super::{Asked, Effect, Slot, Statement, parse};
    use triathlon_contract::query::{Kind, statements};

    fn data(text: &str) -> Asked {
        match parse(text).unwrap().remove(0) {
            Statement::Data(asked) => asked,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn our_statements_are_known_as_they_stand_and_with_literals() {
        let check = |text: &str, kind, delayed, parameters: &[u32]| {
            let asked = data(text);
            assert_eq!((asked.kind, asked.delayed), (kind, delayed), "{text}");
            assert_eq!(asked.parameters(), parameters, "{text}");
            assert_eq!(asked.values.len(), asked.types().len(), "{text}");
        };
        check(statements::ONE, Kind::One, false, &[23]);
        check(statements::TEN, Kind::Ten, false, &[23]);
        check(statements::INSERT, Kind::Insert, false, &[23, 25]);
        check(statements::DELAYED_ONE, Kind::One, true, &[23, 701]);
        check(statements::DELAYED_TEN, Kind::Ten, true, &[23, 701]);
        check(statements::DELAYED_INSERT, Kind::Insert, true, &[23, 25, 701]);
        check("select id,payload from triathlon_item where id=7;", Kind::One, false, &[]);
        check(
            "SELECT id, payload FROM triathlon_item WHERE id BETWEEN $2 AND $2+9 ORDER BY id",
            Kind::Ten,
            false,
            &[0, 23],
        );
        let asked = data("INSERT INTO triathlon_entry (id, payload) VALUES (-3, 'it''s')");
        let literal = |text: &str| Slot::Literal(text.to_string());
        assert_eq!(asked.values, [literal("-3"), literal("it's")]);
        let ten = "SELECT id, payload FROM triathlon_item WHERE id BETWEEN 4 AND 5 + 9 ORDER BY id";
        assert_eq!(parse(ten).unwrap_err().code, "0A000", "the two ids are one");
    }

    #[test]
    fn a_session_may_say_what_sessions_say() {
        let check = |text: &str, want: Effect| {
            assert_eq!(parse(text).unwrap(), [Statement::Done(want)], "{text}");
        };
        check("BEGIN", Effect::Begin);
        check("START TRANSACTION ISOLATION LEVEL SERIALIZABLE", Effect::Begin);
        check("commit;", Effect::Commit);
        check("ROLLBACK", Effect::Rollback);
        check("SET extra_float_digits = 3", Effect::Set);
        check("DISCARD ALL", Effect::DiscardAll);
        check("DEALLOCATE ALL", Effect::DeallocateAll);
        assert_eq!(parse("").unwrap(), [Statement::Empty]);
        assert_eq!(parse(" ;; ").unwrap(), [Statement::Empty]);
        assert_eq!(parse("BEGIN; SELECT 1; COMMIT").unwrap().len(), 3);
        assert!(matches!(parse("show timezone").unwrap()[..], [Statement::Value { .. }]));
    }

    #[test]
    fn all_others_are_refused_with_their_state() {
        let check = |text: &str, code: &str| {
            let refused = parse(text).unwrap_err();
            assert_eq!(refused.code, code, "{text}: {}", refused.message);
        };
        check("SELECT 2", "0A000");
        check("DELETE FROM triathlon_item", "0A000");
        check("SELECT * FROM pg_catalog.pg_class", "42P01");
        check("SELECT 'x", "42601");
        check("SHOW everything", "42704");
        check("SELECT id, payload FROM triathlon_item WHERE id = $99", "42P02");
        check("ROLLBACK TO SAVEPOINT x", "0A000");
    }
}
