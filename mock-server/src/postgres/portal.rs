//! The messages of the extended protocol.

use super::backend::{Backend, Flow};
use super::fields::Fields;
use super::operand::Value;
use super::prepared::{PARAMETERS_MAX, Prepared, Run};
use super::refusal::{
    BAD_ENCODING, DUPLICATE_PORTAL, DUPLICATE_STATEMENT, NAME_TOO_LONG, NO_PORTAL, NO_STATEMENT,
    PORTAL_DONE, PROTOCOL_VIOLATION, Refusal, SYNTAX, TOO_MANY, TOO_MANY_ARGUMENTS,
};
use super::statement::{Statement, Work, is_blank, recognise};

/// Most statements, and most portals, of a session.
const MOST_KEPT: usize = 256;
/// Longest name of either.
const MOST_NAME_BYTES: usize = 255;

/// A statement with values, ready to be executed.
#[derive(Debug)]
pub(super) struct Portal {
    statement: Statement,
    /// What is measured.
    run: Option<Run>,
    /// Whether each column of the result is binary.
    binary: [bool; 2],
    /// The rows that are not yet fetched, from the first to the last.
    next: i32,
    last: i32,
    started: bool,
}

impl Portal {
    fn new(statement: Statement, run: Option<Run>, binary: [bool; 2]) -> Self {
        // A statement of one row that is not measured has a row 1.
        let rows = run.map_or(1..=1, |run| run.rows());
        let (next, last) = rows.into_inner();
        Self { statement, run, binary, next, last, started: false }
    }
}

impl Backend {
    pub(super) fn parse(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let malformed = || Refusal::malformed("Parse");
        let mut fields = Fields(body);
        let name = fields.text().ok_or_else(malformed)?;
        let text = fields.text().ok_or_else(malformed)?;
        let count = fields.count().ok_or_else(malformed)?;
        let types = fields.bytes(4 * count).ok_or_else(malformed)?;
        fields.end().ok_or_else(malformed)?;
        if count > PARAMETERS_MAX {
            let sentence = "A statement has at most 16 parameters here.";
            return Err(Refusal::new(TOO_MANY_ARGUMENTS, sentence));
        }
        let types: Vec<u32> = types
            .chunks_exact(4)
            .map(|oid| u32::from_be_bytes([oid[0], oid[1], oid[2], oid[3]]))
            .collect();
        if str::from_utf8(text).is_err() {
            return Err(Refusal::new(BAD_ENCODING, "The statement is no UTF-8."));
        }
        check_name(name)?;
        // The unnamed one is replaced, also by what is refused then.
        if name.is_empty() {
            self.statements.remove(name);
        } else if self.statements.contains_key(name) {
            return Err(Refusal::new(DUPLICATE_STATEMENT, "A statement has this name already."));
        }
        if self.statements.len() == MOST_KEPT {
            let sentence = "A session keeps at most 256 statements; close one first.";
            return Err(Refusal::new(TOO_MANY, sentence));
        }
        let (statement, next) = recognise(text)?;
        if next.is_some_and(|next| !is_blank(&text[next..])) {
            return Err(Refusal::new(SYNTAX, "Only one statement can be prepared at once."));
        }
        self.permit(&statement)?;
        self.statements.insert(name.into(), Prepared::new(statement, &types)?);
        self.counts.prepared += 1;
        self.out.empty(b'1');
        Ok(())
    }

    pub(super) fn bind(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let malformed = || Refusal::malformed("Bind");
        let mut fields = Fields(body);
        let portal = fields.text().ok_or_else(malformed)?;
        let name = fields.text().ok_or_else(malformed)?;
        let prepared = self.statements.get(name).ok_or_else(no_statement)?;
        let formats = Formats::read(&mut fields).ok_or_else(malformed)?;
        let count = fields.count().ok_or_else(malformed)?;
        if count != prepared.parameters() || !formats.suit(count) {
            let sentence = format!(
                "The statement has {} parameters; Bind has {count}.",
                prepared.parameters()
            );
            return Err(Refusal::new(PROTOCOL_VIOLATION, sentence));
        }
        let mut values = [Value::Null; PARAMETERS_MAX];
        for (index, value) in values[..count].iter_mut().enumerate() {
            let bytes = fields.value().ok_or_else(malformed)?;
            *value = prepared.value(index, bytes, formats.binary(index))?;
        }
        let results = Formats::read(&mut fields).ok_or_else(malformed)?;
        fields.end().ok_or_else(malformed)?;
        if !results.suit(prepared.statement.columns().len()) {
            let sentence = "Bind has formats for more or fewer columns than there are.";
            return Err(Refusal::new(PROTOCOL_VIOLATION, sentence));
        }
        self.permit(&prepared.statement)?;
        check_name(portal)?;
        if !portal.is_empty() && self.portals.contains_key(portal) {
            return Err(Refusal::new(DUPLICATE_PORTAL, "A portal has this name already."));
        }
        if self.portals.len() >= MOST_KEPT && !self.portals.contains_key(portal) {
            let sentence = "A session keeps at most 256 portals; close one first.";
            return Err(Refusal::new(TOO_MANY, sentence));
        }
        let run = match &prepared.statement {
            Statement::Data(data) => Some(Run::new(data, &values[..count])?),
            _ => None,
        };
        let binary = [0, 1].map(|column| results.binary(column));
        let made = Portal::new(prepared.statement.clone(), run, binary);
        self.portals.insert(portal.into(), made);
        self.out.empty(b'2');
        Ok(())
    }

    pub(super) fn describe(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let (columns, binary) = match target(body, "Describe")? {
            (b'S', name) => {
                let prepared = self.statements.get(name).ok_or_else(no_statement)?;
                self.permit(&prepared.statement)?;
                self.out.parameters(&prepared.oids());
                (prepared.statement.columns(), [false; 2])
            }
            (_, name) => {
                let portal = self.portals.get(name).ok_or_else(no_portal)?;
                (portal.statement.columns(), portal.binary)
            }
        };
        if columns.is_empty() {
            self.out.empty(b'n');
        } else {
            self.out.columns(columns, binary);
        }
        Ok(())
    }

    /// That there is none of the name is no error.
    pub(super) fn close(&mut self, body: &[u8]) -> Result<(), Refusal> {
        match target(body, "Close")? {
            (b'S', name) => _ = self.statements.remove(name),
            (_, name) => _ = self.portals.remove(name),
        }
        self.out.empty(b'3');
        Ok(())
    }

    pub(super) fn execute(&mut self, body: &[u8]) -> Result<Flow, Refusal> {
        let malformed = || Refusal::malformed("Execute");
        let mut fields = Fields(body);
        let name = fields.text().ok_or_else(malformed)?;
        let most_rows = fields.i32().ok_or_else(malformed)?;
        fields.end().ok_or_else(malformed)?;
        // As in PostgreSQL: nothing and less ask for all.
        let most_rows = u64::try_from(most_rows).ok().filter(|most| *most > 0).unwrap_or(u64::MAX);
        let portal = self.portals.get(name).ok_or_else(no_portal)?;
        self.permit(&portal.statement)?;
        let has_rows = !portal.statement.columns().is_empty();
        if portal.started && !has_rows {
            return Err(Refusal::new(PORTAL_DONE, "The portal has been executed already."));
        }
        if let Some(run) = portal.run {
            let pause_ns = if portal.started { 0 } else { run.pause_ns };
            return Ok(self.wait(name, most_rows, pause_ns));
        }
        if has_rows {
            self.fetch(name, most_rows);
            return Ok(Flow::Done);
        }
        let statement = portal.statement.clone();
        if statement == Statement::Empty {
            self.out.empty(b'I');
            return Ok(Flow::Done);
        }
        let tag = self.execute_other(&statement)?;
        self.out.complete(tag);
        // It has gone with its transaction, or is kept to say that it is done.
        if let Some(portal) = self.portals.get_mut(name) {
            portal.started = true;
        }
        Ok(Flow::Done)
    }

    /// Executes a portal as far as it is allowed to; how many rows it gave.
    pub(super) fn fetch(&mut self, name: &[u8], most_rows: u64) -> usize {
        // It was there when its turn came, and nothing has been done since.
        let Some(mut portal) = self.portals.remove(name) else { return 0 };
        if let Some(run) = portal.run
            && !portal.started
        {
            self.count(run);
        }
        portal.started = true;
        let mut rows = 0;
        while portal.next <= portal.last && rows < most_rows {
            match portal.run {
                Some(_) => self.out.item(portal.next, portal.binary[0]),
                None => self.row(&portal.statement, portal.binary[0]),
            }
            portal.next += 1;
            rows += 1;
        }
        match &portal.statement {
            Statement::Data(data) if data.work == Work::Insert => self.out.complete("INSERT 0 1"),
            _ if rows == most_rows => self.out.empty(b's'),
            Statement::Show(_) => self.out.complete("SHOW"),
            _ => self.out.selected(rows),
        }
        self.portals.insert(name.into(), portal);
        rows as usize
    }
}

/// Which of several values are binary.
struct Formats<'a>(&'a [u8]);

impl<'a> Formats<'a> {
    /// Nothing if one of them is no format.
    fn read(fields: &mut Fields<'a>) -> Option<Self> {
        let count = fields.count()?;
        let codes = fields.bytes(2 * count)?;
        codes.chunks_exact(2).all(|code| matches!(code, [0, 0 | 1])).then_some(Self(codes))
    }

    /// Whether there are as many as values, or one for all, or none.
    fn suit(&self, values: usize) -> bool {
        let count = self.0.len() / 2;
        count <= 1 || count == values
    }

    fn binary(&self, index: usize) -> bool {
        match self.0 {
            [] => false,
            [_, code] => *code == 1,
            codes => codes.get(2 * index + 1) == Some(&1),
        }
    }
}

/// Whether a statement or a portal, and its name.
fn target<'a>(body: &'a [u8], message: &str) -> Result<(u8, &'a [u8]), Refusal> {
    let mut fields = Fields(body);
    let read = fields.u8().zip(fields.text()).zip(fields.end());
    match read {
        Some(((kind @ (b'S' | b'P'), name), ())) => Ok((kind, name)),
        _ => Err(Refusal::malformed(message)),
    }
}

fn check_name(name: &[u8]) -> Result<(), Refusal> {
    if name.len() > MOST_NAME_BYTES {
        return Err(Refusal::new(NAME_TOO_LONG, "A name has at most 255 bytes here."));
    }
    Ok(())
}

fn no_statement() -> Refusal {
    Refusal::new(NO_STATEMENT, "No statement has this name.")
}

fn no_portal() -> Refusal {
    Refusal::new(NO_PORTAL, "No portal has this name.")
}
