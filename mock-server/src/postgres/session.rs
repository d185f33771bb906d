//! One client's talk, without a socket: bytes come, queries are due, bytes go.
//!
//! # Protocol
//! Whoever owns a session [reads](Session::receive) into it and asks for the next
//! [step](Session::step) until it is [`Step::Idle`], [`Step::Wait`] or [`Step::End`].
//! A [`Step::Query`] waits as long as it says and is then [answered](Session::answer).
//! What is [outgoing](Session::outgoing) is written before anything is waited for.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use triathlon_contract::QueryCounts;
use triathlon_contract::query::Kind;

use super::message::{self, Bind, Message, Opening};
use super::refusal::Refused;
use super::reply::{Column, Reply};
use super::rows;
use super::statement::{self, Asked, Effect, Statement};
use super::values::{self, Values};

/// Most statements, and most portals, of a session.
const MOST_NAMES: usize = 256;

/// Bytes of answers that are written before the next query is looked at.
const OUTGOING_MAX_BYTES: usize = 64 << 10;

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A query to be counted and, after its pause, to be answered.
    Query { pause: Duration },
    /// What is outgoing is to be written first.
    Write,
    /// More bytes are wanted, once what is outgoing is written.
    Read,
    /// What is outgoing is to be written, and then the connection ends.
    End,
}

/// A session.
pub(super) struct Session {
    incoming: Vec<u8>,
    taken: usize,
    reply: Reply,
    stage: Stage,
    transaction: u8,
    /// After an error, what comes before the next Sync is passed over.
    failed: bool,
    statements: HashMap<String, Prepared>,
    portals: HashMap<String, Portal>,
    /// Statements of one simple query that are not done yet.
    simple: Option<VecDeque<Statement>>,
    /// The query whose pause is going on.
    due: Option<Due>,
    counts: QueryCounts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    Open,
    Ended,
}

struct Prepared {
    statement: Statement,
    /// Type ids that the client gave, or ours.
    types: Vec<u32>,
}

struct Portal {
    statement: Statement,
    values: Option<Values>,
    results: Vec<bool>,
    /// Rows that have been sent.
    sent: u64,
    done: bool,
}

/// A query and where its answer goes on.
struct Due {
    kind: Kind,
    values: Values,
    results: Vec<bool>,
    /// Of a portal, which may be asked for so many rows only.
    portal: Option<(String, u32)>,
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            incoming: Vec::new(),
            taken: 0,
            reply: Reply::default(),
            stage: Stage::Opening,
            transaction: b'I',
            failed: false,
            statements: HashMap::new(),
            portals: HashMap::new(),
            simple: None,
            due: None,
            counts: QueryCounts::default(),
        }
    }

    /// What was counted so far.
    pub(super) fn counts(&self) -> QueryCounts {
        self.counts
    }

    /// Takes bytes from the client.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.incoming.drain(..self.taken);
        self.taken = 0;
        self.incoming.extend_from_slice(bytes);
    }

    /// Whether more bytes may come while a query waits.
    pub(super) fn has_room(&self) -> bool {
        self.incoming.len() - self.taken < message::MESSAGE_MAX_BYTES
    }

    /// What is to be written.
    pub(super) fn outgoing(&self) -> &[u8] {
        self.reply.bytes()
    }

    /// Everything outgoing was written.
    pub(super) fn written(&mut self) {
        self.reply.clear();
    }

    /// What is to be done next.
    pub(super) fn step(&mut self) -> Step {
        loop {
            if self.stage == Stage::Ended {
                return Step::End;
            }
            if self.reply.bytes().len() > OUTGOING_MAX_BYTES {
                return Step::Write;
            }
            let went_on = match (self.stage, &mut self.simple) {
                (Stage::Opening, _) => self.open(),
                (_, Some(_)) => self.go_on(),
                (_, None) => self.take(),
            };
            if let Some(due) = &self.due {
                return Step::Query { pause: due.values.pause };
            }
            match went_on {
                Ok(true) => {}
                Ok(false) => return Step::Read,
                Err(refused) => self.refuse(&refused),
            }
        }
    }

    /// Answers the query of the last [`Step::Query`]; bytes of the payloads that are
    /// sent.
    pub(super) fn answer(&mut self) -> u64 {
        let Some(due) = self.due.take() else { return 0 };
        let rows = rows::of(due.kind, due.values.id);
        let mut limit = rows.len();
        let mut from = 0;
        if let Some((name, most_rows)) = &due.portal {
            let portal = self.portals.get_mut(name);
            if let Some(portal) = portal {
                from = portal.sent as usize;
                if *most_rows > 0 {
                    limit = limit.min(from + *most_rows as usize);
                }
                portal.sent = limit as u64;
                portal.done = limit == rows.len();
            }
        } else if due.kind != Kind::Insert {
            self.reply.columns(&columns(&due.results));
        }
        let sent = &rows[from.min(limit)..limit];
        let mut bytes = 0;
        for (id, payload) in sent {
            let binary = values::result_format(&due.results, 0);
            self.reply.row(&[&values::int4(*id, binary), payload.as_bytes()]);
            bytes += payload.len() as u64;
        }
        self.counts.rows += sent.len() as u64;
        match due.kind {
            _ if from > 0 => {}
            Kind::One => self.counts.one_row += 1,
            Kind::Ten => self.counts.ten_rows += 1,
            Kind::Insert => {
                self.counts.inserts += 1;
                self.counts.inserted_bytes += due.values.payload_bytes;
            }
        }
        match due.kind {
            Kind::Insert => self.reply.done("INSERT 0 1"),
            _ if limit < rows.len() => self.reply.suspended(),
            _ => self.reply.selected(sent.len() as u64),
        }
        bytes
    }

    fn open(&mut self) -> Result<bool, Refused> {
        let Some((opening, length)) = message::opening(&self.incoming[self.taken..])? else {
            return Ok(false);
        };
        self.taken += length;
        match opening {
            Opening::Encryption => self.reply.no_encryption(),
            Opening::Cancel => self.stage = Stage::Ended,
            Opening::Login => {
                self.reply.welcome();
                self.counts.sessions += 1;
                self.stage = Stage::Open;
            }
        }
        Ok(true)
    }

    /// The next message, if it is there.
    fn take(&mut self) -> Result<bool, Refused> {
        // Borrowed from what nobody changes before the message is done with.
        let incoming = std::mem::take(&mut self.incoming);
        let taken = message::next(&incoming[self.taken..]);
        let went_on = taken.and_then(|taken| match taken {
            None => Ok(false),
            Some((message, length)) => {
                self.taken += length;
                self.follow(message).map(|()| true)
            }
        });
        self.incoming = incoming;
        went_on
    }

    fn follow(&mut self, message: Message<'_>) -> Result<(), Refused> {
        if self.failed && !matches!(message, Message::Sync | Message::Terminate) {
            return Ok(());
        }
        match message {
            Message::Query(text) => {
                // In text or not, an unnamed statement lives until the next one.
                self.portals.remove("");
                self.simple = Some(VecDeque::new());
                self.simple = Some(statement::parse(text)?.into());
            }
            Message::Parse { name, text, types } => self.prepare(name, text, types)?,
            Message::Bind(bind) => self.bind(&bind)?,
            Message::Describe { portal: false, name } => self.describe_statement(name)?,
            Message::Describe { portal: true, name } => self.describe_portal(name)?,
            Message::Execute { portal, most_rows } => self.execute(portal, most_rows)?,
            Message::Close { portal, name } => {
                if portal {
                    self.portals.remove(name);
                } else {
                    self.statements.remove(name);
                }
                self.reply.closed();
            }
            // Everything outgoing is written before the next bytes are read.
            Message::Flush => {}
            Message::Sync => {
                self.failed = false;
                // Outside of a transaction a portal ends with its query.
                if self.transaction == b'I' {
                    self.portals.clear();
                }
                self.reply.ready(self.transaction);
            }
            Message::Terminate => self.stage = Stage::Ended,
        }
        Ok(())
    }

    /// The next statement of a simple query, or its end.
    fn go_on(&mut self) -> Result<bool, Refused> {
        let next = self.simple.as_mut().and_then(VecDeque::pop_front);
        let Some(statement) = next else {
            self.simple = None;
            self.reply.ready(self.transaction);
            return Ok(true);
        };
        self.permitted(&statement)?;
        match statement {
            Statement::Data(asked) => {
                let values = values::literal(&asked)?;
                let kind = asked.kind;
                self.due = Some(Due { kind, values, results: Vec::new(), portal: None });
            }
            Statement::Value { column, value, int } => {
                self.reply.columns(&[value_column(&column, int, false)]);
                self.reply.row(&[value.as_bytes()]);
                self.reply.selected(1);
            }
            Statement::Done(effect) => self.take_effect(effect),
            Statement::Empty => self.reply.empty(),
        }
        Ok(true)
    }

    fn prepare(&mut self, name: &str, text: &str, types: Vec<u32>) -> Result<(), Refused> {
        let mut parsed = statement::parse(text)?;
        if parsed.len() > 1 {
            return Err(Refused::new("42601", "A prepared statement is one statement."));
        }
        if !name.is_empty() && self.statements.contains_key(name) {
            return Err(Refused::owned("42P05", format!("prepared statement \"{name}\" exists")));
        }
        if self.statements.len() >= MOST_NAMES {
            return Err(Refused::new("53400", "A session has at most 256 prepared statements."));
        }
        let Some(statement) = parsed.pop() else { return Ok(()) };
        let mut own = match &statement {
            Statement::Data(asked) => asked.parameters(),
            _ => Vec::new(),
        };
        for (own, given) in own.iter_mut().zip(types) {
            if given != 0 {
                *own = given;
            }
        }
        self.statements.insert(name.to_string(), Prepared { statement, types: own });
        self.counts.prepared += 1;
        self.reply.parsed();
        Ok(())
    }

    fn bind(&mut self, bind: &Bind<'_>) -> Result<(), Refused> {
        let prepared = self.statements.get(bind.statement).ok_or_else(|| no(bind.statement))?;
        if self.portals.len() >= MOST_NAMES {
            return Err(Refused::new("53400", "A session has at most 256 portals."));
        }
        if !bind.portal.is_empty() && self.portals.contains_key(bind.portal) {
            return Err(Refused::owned("42P03", format!("portal \"{}\" exists", bind.portal)));
        }
        if bind.values.len() != prepared.types.len() {
            let (got, want) = (bind.values.len(), prepared.types.len());
            return Err(Refused::owned("08P01", format!("{got} parameters instead of {want}")));
        }
        let values = match &prepared.statement {
            Statement::Data(asked) => Some(values::bound(asked, &bind.values)?),
            _ => None,
        };
        let columns = match &prepared.statement {
            Statement::Data(Asked { kind: Kind::Insert, .. }) => 0,
            Statement::Data(_) => 2,
            Statement::Value { .. } => 1,
            _ => 0,
        };
        if bind.results.len() > 1 && bind.results.len() != columns {
            return Err(Refused::new("08P01", "Another number of formats than of columns."));
        }
        let (statement, results) = (prepared.statement.clone(), bind.results.clone());
        let portal = Portal { statement, values, results, sent: 0, done: false };
        self.portals.insert(bind.portal.to_string(), portal);
        self.reply.bound();
        Ok(())
    }

    fn describe_statement(&mut self, name: &str) -> Result<(), Refused> {
        let prepared = self.statements.get(name).ok_or_else(|| no(name))?;
        self.reply.parameters(&prepared.types);
        describe(&mut self.reply, &prepared.statement, &[]);
        Ok(())
    }

    fn describe_portal(&mut self, name: &str) -> Result<(), Refused> {
        let portal = self.portals.get(name).ok_or_else(|| no_portal(name))?;
        describe(&mut self.reply, &portal.statement, &portal.results);
        Ok(())
    }

    fn execute(&mut self, name: &str, most_rows: u32) -> Result<(), Refused> {
        let portal = self.portals.get(name).ok_or_else(|| no_portal(name))?;
        let statement = portal.statement.clone();
        self.permitted(&statement)?;
        let Some(portal) = self.portals.get_mut(name) else { return Ok(()) };
        if portal.done {
            return Err(Refused::owned("55000", format!("portal \"{name}\" cannot be run again")));
        }
        match statement {
            Statement::Data(asked) => {
                let Some(values) = portal.values else { return Ok(()) };
                let pause = if portal.sent > 0 { Duration::ZERO } else { values.pause };
                self.due = Some(Due {
                    kind: asked.kind,
                    values: Values { pause, ..values },
                    results: portal.results.clone(),
                    portal: Some((name.to_string(), most_rows)),
                });
            }
            Statement::Value { value, int, .. } => {
                portal.done = true;
                let binary = values::result_format(&portal.results, 0);
                let number = value.parse().unwrap_or_default();
                let encoded = if int { values::int4(number, binary) } else { value.into_bytes() };
                self.reply.row(&[&encoded]);
                self.reply.selected(1);
            }
            Statement::Done(effect) => {
                portal.done = true;
                self.take_effect(effect);
            }
            Statement::Empty => self.reply.empty(),
        }
        Ok(())
    }

    /// A transaction that has failed takes its end only.
    fn permitted(&self, statement: &Statement) -> Result<(), Refused> {
        let ends = matches!(statement, Statement::Done(Effect::Commit | Effect::Rollback));
        if self.transaction == b'E' && !ends {
            let sentence = "The transaction has failed; end it with ROLLBACK.";
            return Err(Refused::new("25P02", sentence));
        }
        Ok(())
    }

    fn take_effect(&mut self, effect: Effect) {
        let failed = self.transaction == b'E';
        let tag = match effect {
            Effect::Begin => "BEGIN",
            Effect::Commit if failed => "ROLLBACK",
            Effect::Commit => "COMMIT",
            Effect::Rollback => "ROLLBACK",
            Effect::Set => "SET",
            Effect::Reset => "RESET",
            Effect::DeallocateAll => "DEALLOCATE ALL",
            Effect::DiscardAll => "DISCARD ALL",
        };
        match effect {
            Effect::Begin => self.transaction = b'T',
            Effect::Commit | Effect::Rollback => self.transaction = b'I',
            Effect::DeallocateAll | Effect::DiscardAll => self.statements.clear(),
            Effect::Set | Effect::Reset => {}
        }
        self.reply.done(tag);
    }

    fn refuse(&mut self, refused: &Refused) {
        self.reply.error(refused);
        self.counts.errors += 1;
        if self.transaction == b'T' {
            self.transaction = b'E';
        }
        if refused.fatal {
            self.stage = Stage::Ended;
        } else if self.simple.take().is_some() {
            self.reply.ready(self.transaction);
        } else {
            self.failed = true;
        }
    }
}

fn no(name: &str) -> Refused {
    Refused::owned("26000", format!("prepared statement \"{name}\" does not exist"))
}

fn no_portal(name: &str) -> Refused {
    Refused::owned("34000", format!("portal \"{name}\" does not exist"))
}

fn describe(reply: &mut Reply, statement: &Statement, results: &[bool]) {
    match statement {
        Statement::Data(asked) if asked.kind != Kind::Insert => reply.columns(&columns(results)),
        Statement::Value { column, int, .. } => {
            reply.columns(&[value_column(column, *int, values::result_format(results, 0))]);
        }
        _ => reply.no_data(),
    }
}

fn columns(results: &[bool]) -> [Column<'static>; 2] {
    let binary = |place| values::result_format(results, place);
    [
        Column { name: "id", type_id: 23, size: 4, binary: binary(0) },
        Column { name: "payload", type_id: 25, size: -1, binary: binary(1) },
    ]
}

fn value_column(name: &str, int: bool, binary: bool) -> Column<'_> {
    let (type_id, size) = if int { (23, 4) } else { (25, -1) };
    Column { name, type_id, size, binary }
}
