//! What a client has to say on one connection to the database, and what comes back.

use std::mem;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use bytes::{BufMut, BytesMut};
use fallible_iterator::FallibleIterator;
use postgres_protocol::IsNull;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{DataRowBody, ErrorResponseBody, Message};
use postgres_protocol::message::frontend::{self, BindError};

use super::values::{self, NO_ROWS, Values, values};
use super::{Kind, Login, items};
use crate::Received;

/// Bytes that one read takes at most.
const SPACE_BYTES: usize = 16 << 10;

/// Name of the one statement that a connection prepares.
const STATEMENT: &str = "triathlon";

/// Type ids of `int4`, `text` and `float8`, fixed in PostgreSQL's `pg_type.dat`.
const INT4: u32 = 23;
const TEXT: u32 = 25;
const FLOAT8: u32 = 701;

/// Values and rows in binary, as drivers send and ask for them.
const BINARY: i16 = 1;

/// One connection's queries: which bytes are due, and what each answer is.
///
/// As with [`crate::Reply`], a cell does the rest in its own style: as long as there is
/// no [answer](Dialogue::answer) and the connection is not [idle](Dialogue::is_idle), it
/// writes what is [due](Dialogue::due), reads into [`Dialogue::space`] and tells
/// [`Dialogue::advance`] how much came. So it does first of all, without asking
/// anything: that logs in and prepares the statement.
pub struct Dialogue {
    login: Login,
    kind: Kind,
    pause: Duration,
    stage: Stage,
    space: Box<[u8]>,
    incoming: BytesMut,
    /// Being written, and what comes after it.
    leaving: BytesMut,
    outgoing: BytesMut,
    /// Queries without their answer.
    asked: u64,
    /// The answer that is coming.
    answer: Received,
}

enum Stage {
    LoggingIn(Option<Box<ScramSha256>>),
    Preparing,
    Open,
}

impl Dialogue {
    /// Logs in and prepares the statement of that kind, with a pause in every query
    /// that is [asked](Self::ask) unless it is zero.
    ///
    /// # Errors
    /// The login has a zero byte.
    pub fn new(login: Login, kind: Kind, pause: Duration) -> Result<Self> {
        let mut outgoing = BytesMut::new();
        let parameters = [
            ("user", login.user.as_str()),
            ("database", login.database.as_str()),
            ("application_name", "triathlon"),
        ];
        frontend::startup_message(parameters, &mut outgoing).context("the login")?;
        Ok(Self {
            login,
            kind,
            pause,
            stage: Stage::LoggingIn(None),
            space: vec![0; SPACE_BYTES].into(),
            incoming: BytesMut::with_capacity(SPACE_BYTES),
            leaving: BytesMut::new(),
            outgoing,
            asked: 0,
            answer: NO_ROWS,
        })
    }

    /// Asks the queries of these numbers, each of which ends for itself, so that one
    /// need not wait for the answer of the one before.
    ///
    /// # Errors
    /// The connection is not open yet.
    pub fn ask(&mut self, numbers: Range<u64>) -> Result<()> {
        numbers.into_iter().try_for_each(|number| self.query(number, self.pause))
    }

    /// Asks the query of that number, without its pause.
    ///
    /// # Errors
    /// The connection is not open yet.
    pub fn warm_up(&mut self, number: u64) -> Result<()> {
        self.query(number, Duration::ZERO)
    }

    /// Whether nothing is left to say or to come.
    pub fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Open) && self.asked == 0
    }

    /// The bytes to write now, perhaps none.
    pub fn due(&mut self) -> &[u8] {
        self.leaving.clear();
        mem::swap(&mut self.leaving, &mut self.outgoing);
        &self.leaving
    }

    /// Where the next bytes from the socket go; never empty.
    pub fn space(&mut self) -> &mut [u8] {
        &mut self.space
    }

    /// Takes notice of `count` bytes that were read into [`Dialogue::space`].
    ///
    /// # Errors
    /// The peer closed the connection (`count` is 0).
    pub fn advance(&mut self, count: usize) -> Result<()> {
        ensure!(count > 0, "the database closed the connection");
        self.incoming.extend_from_slice(&self.space[..count]);
        Ok(())
    }

    /// The next answer, if one is complete.
    ///
    /// # Errors
    /// The server answers with an error, breaks the protocol, or says what it was not
    /// asked.
    pub fn answer(&mut self) -> Result<Option<Received>> {
        while let Some(message) = Message::parse(&mut self.incoming).context("a message")? {
            match message {
                Message::ErrorResponse(body) => return Err(refused(&body)),
                Message::NoticeResponse(_)
                | Message::ParameterStatus(_)
                | Message::NotificationResponse(_) => {}
                message => {
                    if let Some(answer) = self.take(message)? {
                        return Ok(Some(answer));
                    }
                }
            }
        }
        Ok(None)
    }

    fn take(&mut self, message: Message) -> Result<Option<Received>> {
        match (&mut self.stage, message) {
            (Stage::Open, Message::BindComplete) | (Stage::Preparing, Message::ParseComplete) => {}
            (Stage::Open, Message::DataRow(row)) => add(&mut self.answer, &row)?,
            (Stage::Open, Message::CommandComplete(done)) => {
                let tag = done.tag().context("a command tag")?;
                ensure!(tag == self.kind.tag(), "the database did {tag:?}");
                if self.kind == Kind::Insert {
                    self.answer.hash = items::inserted_hash();
                }
            }
            (Stage::Open, Message::ReadyForQuery(_)) => {
                ensure!(self.asked > 0, "an answer came that was not asked for");
                self.asked -= 1;
                return Ok(Some(mem::replace(&mut self.answer, NO_ROWS)));
            }
            (Stage::LoggingIn(_), Message::ReadyForQuery(_)) => {
                self.prepare()?;
                self.stage = Stage::Preparing;
            }
            (Stage::LoggingIn(_), message) => self.log_in(message)?,
            (Stage::Preparing, Message::ReadyForQuery(_)) => self.stage = Stage::Open,
            _ => bail!("the database says what nobody asked for"),
        }
        Ok(None)
    }

    fn prepare(&mut self) -> Result<()> {
        let delayed = !self.pause.is_zero();
        let types: &[u32] = match (self.kind, delayed) {
            (Kind::One | Kind::Ten, false) => &[INT4],
            (Kind::One | Kind::Ten, true) => &[INT4, FLOAT8],
            (Kind::Insert, false) => &[INT4, TEXT],
            (Kind::Insert, true) => &[INT4, TEXT, FLOAT8],
        };
        let text = self.kind.statement(delayed);
        frontend::parse(STATEMENT, text, types.iter().copied(), &mut self.outgoing)?;
        frontend::sync(&mut self.outgoing);
        Ok(())
    }

    fn query(&mut self, number: u64, pause: Duration) -> Result<()> {
        ensure!(matches!(self.stage, Stage::Open), "a query before the login is complete");
        let pause_s = (!self.pause.is_zero()).then_some(pause.as_secs_f64());
        let Values { id, payload, pause_s } = values(self.kind, number, pause_s);
        let values = [Some(Value::Id(id)), payload.map(Value::Payload), pause_s.map(Value::Pause)];
        let bound = frontend::bind(
            "",
            STATEMENT,
            [BINARY],
            values.into_iter().flatten(),
            |value, buffer| {
                value.put(buffer);
                Ok(IsNull::No)
            },
            [BINARY],
            &mut self.outgoing,
        );
        bound.map_err(|error| match error {
            BindError::Conversion(error) => anyhow!(error),
            BindError::Serialization(error) => error.into(),
        })?;
        frontend::execute("", 0, &mut self.outgoing)?;
        frontend::sync(&mut self.outgoing);
        self.asked += 1;
        Ok(())
    }

    fn log_in(&mut self, message: Message) -> Result<()> {
        let Stage::LoggingIn(scram) = &mut self.stage else {
            bail!("the database asks for a password again");
        };
        let password = || {
            let password = self.login.password.as_deref();
            password
                .map(str::as_bytes)
                .context("the database wants a password: name one in its URL")
        };
        match message {
            Message::AuthenticationOk | Message::BackendKeyData(_) => {}
            Message::AuthenticationCleartextPassword => {
                frontend::password_message(password()?, &mut self.outgoing)?;
            }
            Message::AuthenticationMd5Password(body) => {
                let hash = md5_hash(self.login.user.as_bytes(), password()?, body.salt());
                frontend::password_message(hash.as_bytes(), &mut self.outgoing)?;
            }
            Message::AuthenticationSasl(body) => {
                let offered = body.mechanisms().any(|offered| Ok(offered == SCRAM_SHA_256))?;
                ensure!(offered, "the database does not offer {SCRAM_SHA_256}");
                let begun = ScramSha256::new(password()?, ChannelBinding::unsupported());
                frontend::sasl_initial_response(
                    SCRAM_SHA_256,
                    begun.message(),
                    &mut self.outgoing,
                )?;
                *scram = Some(Box::new(begun));
            }
            Message::AuthenticationSaslContinue(body) => {
                let scram = scram.as_mut().context("a challenge out of turn")?;
                scram.update(body.data())?;
                frontend::sasl_response(scram.message(), &mut self.outgoing)?;
            }
            Message::AuthenticationSaslFinal(body) => {
                let scram = scram.as_mut().context("a challenge out of turn")?;
                scram.finish(body.data())?;
            }
            _ => bail!("the database wants to know who asks in a way that is not known here"),
        }
        Ok(())
    }
}

/// A parameter of a query.
enum Value {
    Id(i32),
    Payload([u8; items::PAYLOAD_BYTES]),
    Pause(f64),
}

impl Value {
    fn put(&self, buffer: &mut BytesMut) {
        match self {
            Self::Id(id) => buffer.put_i32(*id),
            Self::Payload(text) => buffer.put_slice(text),
            Self::Pause(s) => buffer.put_f64(*s),
        }
    }
}

/// Adds one row to the answer that is coming.
fn add(answer: &mut Received, row: &DataRowBody) -> Result<()> {
    let mut columns = row.ranges();
    let mut next = || -> Result<&[u8]> {
        let column = columns.next()?.context("a row has fewer than two columns")?;
        Ok(&row.buffer()[column.context("a row has a null")?])
    };
    let (id, payload) = (next()?, next()?);
    let id = id.try_into().context("an id is no int4 in binary")?;
    values::add(answer, i32::from_be_bytes(id), payload);
    Ok(())
}

/// What the server says, with its SQLSTATE.
fn refused(body: &ErrorResponseBody) -> anyhow::Error {
    let mut said = (String::new(), String::new());
    let read = body.fields().for_each(|field| {
        let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => said.0 = value(),
            b'M' => said.1 = value(),
            _ => {}
        }
        Ok(())
    });
    match read {
        Ok(()) => anyhow!("the database refuses: {} ({})", said.1, said.0),
        Err(error) => anyhow::Error::new(error).context("an error of the database"),
    }
}
