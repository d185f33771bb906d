//! What a session has and how it answers the messages of the simple protocol.

use std::collections::HashMap;

use triathlon_contract::QueryCounts;

use super::fields::Fields;
use super::outbox::{Outbox, ROW_PAYLOAD_BYTES, Severity};
use super::portal::Portal;
use super::prepared::{Prepared, Run};
use super::refusal::{
    ACTIVE_TRANSACTION, BAD_ENCODING, FAILED_TRANSACTION, FEATURE_NOT_SUPPORTED, NO_STATEMENT,
    NO_TRANSACTION, PROTOCOL_VIOLATION, Refusal,
};
use super::statement::{PARAMETERS, Statement, Work, is_blank, recognise};

/// Where a session is between `BEGIN` and `COMMIT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transaction {
    None,
    Open,
    Failed,
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// It is done with.
    Done,
    /// There is more in it.
    More,
    /// A measured statement waits for [`Backend::answer`]; then there may be more.
    Query { pause_ns: u64, done: bool },
    /// The session has ended.
    End,
}

/// A measured statement that has arrived.
#[derive(Debug)]
enum Waiting {
    Simple(Run),
    Portal { name: Box<[u8]>, most_rows: u64 },
}

/// A session.
pub(super) struct Backend {
    pub(super) out: Outbox,
    pub(super) counts: QueryCounts,
    /// Errors of both kinds, those that end the session included.
    pub(super) refused: u64,
    pub(super) transaction: Transaction,
    /// After an error in the extended protocol: until the next Sync.
    pub(super) skipping: bool,
    pub(super) statements: HashMap<Box<[u8]>, Prepared>,
    pub(super) portals: HashMap<Box<[u8]>, Portal>,
    /// How far the query that is not yet done has been read.
    read: Option<usize>,
    waiting: Option<Waiting>,
}

impl Backend {
    pub(super) fn new() -> Self {
        Self {
            out: Outbox::default(),
            counts: QueryCounts::default(),
            refused: 0,
            transaction: Transaction::None,
            skipping: false,
            statements: HashMap::new(),
            portals: HashMap::new(),
            read: None,
            waiting: None,
        }
    }

    /// Answers one message, or goes on with it.
    pub(super) fn handle(&mut self, kind: u8, body: &[u8]) -> Flow {
        let answered = match kind {
            b'X' => return Flow::End,
            b'S' => {
                self.sync(body);
                return Flow::Done;
            }
            _ if self.skipping => return Flow::Done,
            b'Q' => return self.simple(body),
            b'P' => self.parse(body),
            b'B' => self.bind(body),
            b'D' => self.describe(body),
            b'C' => self.close(body),
            b'E' => match self.execute(body) {
                Ok(flow) => return flow,
                Err(refusal) => Err(refusal),
            },
            b'H' => {
                self.out.flush();
                Ok(())
            }
            b'F' => {
                let sentence = "Function calls are not served; call functions in a SELECT.";
                self.refuse(&Refusal::new(FEATURE_NOT_SUPPORTED, sentence));
                self.ready();
                return Flow::Done;
            }
            // What a client still says of a copy that was refused: PostgreSQL
            // passes over it too.
            _ => Ok(()),
        };
        if let Err(refusal) = answered {
            self.refuse(&refusal);
            self.skipping = true;
        }
        Flow::Done
    }

    /// Whether a message may be of that kind.
    pub(super) fn knows(kind: u8) -> bool {
        b"XSQPBDCEHFdcf".contains(&kind)
    }

    /// Also what is malformed ends the skipping.
    fn sync(&mut self, body: &[u8]) {
        self.skipping = false;
        if !body.is_empty() {
            self.refuse(&Refusal::malformed("Sync"));
        }
        if self.transaction == Transaction::None {
            self.portals.clear();
        }
        self.ready();
    }

    pub(super) fn ready(&mut self) {
        self.out.ready(match self.transaction {
            Transaction::None => b'I',
            Transaction::Open => b'T',
            Transaction::Failed => b'E',
        });
    }

    /// Answers with an error; a transaction has failed with it.
    pub(super) fn refuse(&mut self, refusal: &Refusal) {
        self.counts.errors += 1;
        self.refused += 1;
        self.out.problem(Severity::Error, refusal);
        self.out.flush();
        if self.transaction == Transaction::Open {
            self.transaction = Transaction::Failed;
            self.portals.clear();
        }
    }

    /// Answers with the error that ends the session.
    pub(super) fn fatal(&mut self, code: &'static str, sentence: &'static str) {
        self.refused += 1;
        self.out.problem(Severity::Fatal, &Refusal::new(code, sentence));
        self.out.flush();
    }

    /// The next statement of a query.
    fn simple(&mut self, body: &[u8]) -> Flow {
        match self.next_simple(body) {
            Ok(Some(flow)) => return flow,
            Ok(None) => {}
            Err(refusal) => self.refuse(&refusal),
        }
        self.read = None;
        if self.transaction == Transaction::None {
            self.portals.clear();
        }
        self.ready();
        Flow::Done
    }

    /// Nothing when all statements are answered.
    fn next_simple(&mut self, body: &[u8]) -> Result<Option<Flow>, Refusal> {
        let at = match self.read {
            Some(at) => at,
            None => {
                self.start_simple(body)?;
                0
            }
        };
        let text = &body[..body.len() - 1];
        if at == 0 && is_blank(text) {
            self.out.empty(b'I');
            return Ok(None);
        }
        let (statement, next) = recognise(&text[at..])?;
        // The end is read once more, and gives nothing.
        self.read = Some(next.map_or(text.len(), |next| at + next));
        if statement == Statement::Empty {
            return Ok(next.map(|_| Flow::More));
        }
        self.permit(&statement)?;
        if let Statement::Data(data) = &statement {
            let run = Run::new(data, &[])?;
            self.waiting = Some(Waiting::Simple(run));
            return Ok(Some(Flow::Query { pause_ns: run.pause_ns, done: false }));
        }
        let columns = statement.columns();
        if columns.is_empty() {
            let tag = self.execute_other(&statement)?;
            self.out.complete(tag);
        } else {
            self.out.columns(columns, [false; 2]);
            self.row(&statement, false);
            self.out.complete(if matches!(statement, Statement::Show(_)) {
                "SHOW"
            } else {
                "SELECT 1"
            });
        }
        Ok(Some(Flow::More))
    }

    fn start_simple(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let mut fields = Fields(body);
        let text = fields.text().filter(|_| fields.end().is_some());
        let text = text.ok_or_else(|| Refusal::malformed("Query"))?;
        if str::from_utf8(text).is_err() {
            return Err(Refusal::new(BAD_ENCODING, "The query is no UTF-8."));
        }
        self.statements.remove(&[][..]);
        self.portals.remove(&[][..]);
        Ok(())
    }

    /// That a statement may be executed now.
    pub(super) fn permit(&self, statement: &Statement) -> Result<(), Refusal> {
        if self.transaction == Transaction::Failed && !statement.ends_transaction() {
            let sentence = "The transaction has failed; it takes nothing but ROLLBACK.";
            return Err(Refusal::new(FAILED_TRANSACTION, sentence));
        }
        Ok(())
    }

    /// The one row of a statement that is not measured.
    pub(super) fn row(&mut self, statement: &Statement, binary: bool) {
        match statement {
            Statement::SelectOne => self.out.number(1, binary),
            Statement::Show(index) => self.out.word(PARAMETERS[*index].1),
            _ => self.out.word("PostgreSQL 15.0 (triathlon)"),
        }
    }

    /// Executes a statement without rows; its tag.
    pub(super) fn execute_other(&mut self, statement: &Statement) -> Result<&'static str, Refusal> {
        Ok(match statement {
            Statement::Begin { start } => {
                if self.transaction == Transaction::Open {
                    self.warn(ACTIVE_TRANSACTION, "There is a transaction already.");
                }
                self.transaction = Transaction::Open;
                if *start { "START TRANSACTION" } else { "BEGIN" }
            }
            Statement::Commit if self.transaction == Transaction::Failed => self.end("ROLLBACK"),
            Statement::Commit => self.end("COMMIT"),
            Statement::Rollback => self.end("ROLLBACK"),
            Statement::Reset => "RESET",
            Statement::DiscardAll if self.transaction == Transaction::None => {
                self.statements.clear();
                self.portals.clear();
                "DISCARD ALL"
            }
            Statement::DiscardAll => {
                let sentence = "DISCARD ALL cannot be executed in a transaction.";
                return Err(Refusal::new(ACTIVE_TRANSACTION, sentence));
            }
            Statement::Deallocate(None) => {
                self.statements.clear();
                "DEALLOCATE ALL"
            }
            Statement::Deallocate(Some(name)) => {
                let gone = self.statements.remove(name);
                gone.ok_or_else(|| Refusal::new(NO_STATEMENT, "No statement has this name."))?;
                "DEALLOCATE"
            }
            _ => "SET",
        })
    }

    fn end(&mut self, tag: &'static str) -> &'static str {
        if self.transaction == Transaction::None {
            self.warn(NO_TRANSACTION, "There is no transaction.");
        }
        self.transaction = Transaction::None;
        self.portals.clear();
        tag
    }

    fn warn(&mut self, code: &'static str, sentence: &'static str) {
        self.out.problem(Severity::Warning, &Refusal::new(code, sentence));
    }

    /// A measured statement of the extended protocol has arrived.
    pub(super) fn wait(&mut self, name: &[u8], most_rows: u64, pause_ns: u64) -> Flow {
        self.waiting = Some(Waiting::Portal { name: name.into(), most_rows });
        Flow::Query { pause_ns, done: true }
    }

    /// Answers the measured statement that waits; the bytes of payload in its rows.
    pub(super) fn answer(&mut self) -> usize {
        let rows = match self.waiting.take() {
            Some(Waiting::Simple(run)) => {
                self.count(run);
                let rows = run.rows().count();
                if run.work == Work::Insert {
                    self.out.complete("INSERT 0 1");
                } else {
                    self.out.columns(super::prepared::ITEM.as_slice(), [false; 2]);
                    run.rows().for_each(|id| self.out.item(id, false));
                    self.out.selected(rows as u64);
                }
                rows
            }
            Some(Waiting::Portal { name, most_rows }) => self.fetch(&name, most_rows),
            None => 0,
        };
        self.counts.rows += rows as u64;
        rows * ROW_PAYLOAD_BYTES
    }

    /// Counts a measured statement that is executed.
    pub(super) fn count(&mut self, run: Run) {
        match run.work {
            Work::One => self.counts.one_row += 1,
            Work::Ten => self.counts.ten_rows += 1,
            Work::Insert => {
                self.counts.inserts += 1;
                self.counts.inserted_bytes += run.payload_bytes as u64;
            }
        }
    }

    /// The error for a message of a kind that does not exist.
    pub(super) fn unknown(&mut self) {
        self.fatal(PROTOCOL_VIOLATION, "There is no message of this kind.");
    }
}
