//! Statements with the types of their parameters, and statements about to run.

use std::ops::RangeInclusive;

use triathlon_contract::query::items::ITEMS;

use super::operand::{INT4, Kind, Operand, TEXT, Type, Value, out_of_range};
use super::outbox::Column;
use super::refusal::{
    AMBIGUOUS_PARAMETER, INDETERMINATE_TYPE, NOT_NULL, Refusal, TOO_MANY_ARGUMENTS,
    UNDEFINED_PARAMETER,
};
use super::statement::{Data, PARAMETERS, Statement, Work};

/// Most parameters of a statement.
pub(super) const PARAMETERS_MAX: usize = 16;

pub(super) const ITEM: [Column; 2] = [
    Column { name: "id", oid: INT4.oid, size: 4 },
    Column { name: "payload", oid: TEXT.oid, size: -1 },
];
const SELECT_ONE: [Column; 1] = [Column { name: "?column?", oid: INT4.oid, size: 4 }];
const VERSION: [Column; 1] = [Column { name: "version", oid: TEXT.oid, size: -1 }];
const SHOWN: [[Column; 1]; PARAMETERS.len()] = {
    let mut shown = [VERSION; PARAMETERS.len()];
    let mut index = 0;
    while index < shown.len() {
        shown[index][0].name = PARAMETERS[index].0;
        index += 1;
    }
    shown
};

impl Statement {
    /// The columns of its rows; none if it gives no rows.
    pub(super) fn columns(&self) -> &'static [Column] {
        match self {
            Self::Data(Data { work: Work::One | Work::Ten, .. }) => &ITEM,
            Self::SelectOne => &SELECT_ONE,
            Self::Version => &VERSION,
            Self::Show(index) => &SHOWN[*index],
            _ => &[],
        }
    }

    /// Whether it may be executed in a transaction that has failed.
    pub(super) fn ends_transaction(&self) -> bool {
        matches!(self, Self::Commit | Self::Rollback)
    }
}

/// A parsed statement.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) statement: Statement,
    /// Type of each parameter, and how its values are read; those that are used
    /// nowhere are not read.
    parameters: Vec<(u32, Option<Type>)>,
}

impl Prepared {
    /// The statement with the types that the client has declared; 0 leaves one open.
    ///
    /// # Errors
    /// There are too many, some do not fit, or one cannot be known.
    pub(super) fn new(statement: Statement, declared: &[u32]) -> Result<Self, Refusal> {
        let mut parameters: Vec<_> = declared.iter().map(|oid| (*oid, None)).collect();
        if let Statement::Data(Data { id, payload, pause, .. }) = &statement {
            let places = [(Some(id), Kind::Int), (payload.as_ref(), Kind::Text)];
            for (operand, kind) in places.into_iter().chain([(pause.as_ref(), Kind::Float)]) {
                if let Some(Operand::Parameter { index, cast }) = operand {
                    require(&mut parameters, usize::from(*index), *cast, kind)?;
                }
            }
        }
        if parameters.len() > PARAMETERS_MAX {
            return Err(too_many());
        }
        if let Some(index) = parameters.iter().position(|(oid, used)| *oid == 0 && used.is_none()) {
            let sentence = format!("Parameter ${} is used nowhere and has no type.", index + 1);
            return Err(Refusal::new(INDETERMINATE_TYPE, sentence));
        }
        Ok(Self { statement, parameters })
    }

    pub(super) fn oids(&self) -> Vec<u32> {
        self.parameters.iter().map(|(oid, _)| *oid).collect()
    }

    pub(super) fn parameters(&self) -> usize {
        self.parameters.len()
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// It is none of its type.
    pub(super) fn value(
        &self,
        index: usize,
        bytes: Option<&[u8]>,
        binary: bool,
    ) -> Result<Value, Refusal> {
        let read = self.parameters[index].1;
        read.map_or(Ok(Value::Null), |of| of.value(bytes, binary))
    }
}

fn too_many() -> Refusal {
    Refusal::new(TOO_MANY_ARGUMENTS, "A statement has at most 16 parameters here.")
}

/// Notes that a place of that kind takes the parameter.
fn require(
    parameters: &mut Vec<(u32, Option<Type>)>,
    index: usize,
    cast: u32,
    kind: Kind,
) -> Result<(), Refusal> {
    if index >= PARAMETERS_MAX {
        return Err(too_many());
    }
    if parameters.len() <= index {
        parameters.resize(index + 1, (0, None));
    }
    let (declared, used) = &mut parameters[index];
    let asked = if *declared == 0 { cast } else { *declared };
    let of = Type::of(asked, kind).map_err(|refusal| match used {
        Some(_) => {
            let sentence = format!("Parameter ${} stands for two types.", index + 1);
            Refusal::new(AMBIGUOUS_PARAMETER, sentence)
        }
        None => refusal,
    })?;
    *declared = of.oid;
    *used = Some(of);
    Ok(())
}

/// A measured statement with its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) work: Work,
    id: Option<i32>,
    pub(super) payload_bytes: usize,
    pub(super) pause_ns: u64,
}

impl Run {
    /// The statement with the values of its parameters.
    ///
    /// # Errors
    /// A value is missing, null where none may be, or out of range.
    pub(super) fn new(data: &Data, values: &[Value]) -> Result<Self, Refusal> {
        let value = |operand: Operand| match operand {
            Operand::Value(value) => Ok(value),
            Operand::Parameter { index, .. } => {
                values.get(usize::from(index)).copied().ok_or_else(|| {
                    let sentence = format!("There is no parameter ${}.", index + 1);
                    Refusal::new(UNDEFINED_PARAMETER, sentence)
                })
            }
        };
        let id = match value(data.id)? {
            Value::Id(id) => Some(id),
            _ => None,
        };
        let payload = data.payload.map_or(Ok(Value::Null), value)?;
        // As in PostgreSQL, where the function is strict: nothing makes no pause.
        let pause_ns = match data.pause.map_or(Ok(Value::Null), value)? {
            Value::Pause { ns } => ns,
            _ => 0,
        };
        let payload_bytes = match (data.work, id, payload) {
            (Work::Insert, Some(_), Value::Payload { bytes }) => bytes,
            (Work::Insert, ..) => {
                let sentence = "Neither id nor payload of triathlon_entry may be null.";
                return Err(Refusal::new(NOT_NULL, sentence));
            }
            (Work::Ten, Some(id), _) if id.checked_add(9).is_none() => return Err(out_of_range()),
            _ => 0,
        };
        Ok(Self { work: data.work, id, payload_bytes, pause_ns })
    }

    /// The ids of its rows.
    #[allow(clippy::reversed_empty_ranges, reason = "an empty range is meant")]
    pub(super) fn rows(&self) -> RangeInclusive<i32> {
        match (self.work, self.id) {
            (Work::One, Some(id)) if (1..=ITEMS).contains(&id) => id..=id,
            (Work::Ten, Some(id)) => id.max(1)..=(id + 9).min(ITEMS),
            _ => 1..=0,
        }
    }
}
