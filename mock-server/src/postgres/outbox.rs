//! What is answered, message by message.

use triathlon_contract::query::items::{PAYLOAD_BYTES, payload};

use super::refusal::Refusal;

/// Answers that are not asked for yet are written nevertheless beyond this.
const FULL_BYTES: usize = 64 << 10;

/// Answers; up to `due` they are to be written as soon as possible.
#[derive(Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    due: usize,
}

/// One column of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) oid: u32,
    /// Bytes of the type; -1 if values differ.
    pub(super) size: i16,
}

/// How grave an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    Warning,
    Error,
    Fatal,
}

impl Outbox {
    /// What is to be written.
    pub(super) fn due(&self) -> &[u8] {
        &self.bytes[..self.due]
    }

    /// That it has been.
    pub(super) fn written(&mut self) {
        self.bytes.drain(..self.due);
        self.due = 0;
        if self.bytes.is_empty() && self.bytes.capacity() > 2 * FULL_BYTES {
            self.bytes = Vec::new();
        }
    }

    /// Everything is to be written now.
    pub(super) fn flush(&mut self) {
        self.due = self.bytes.len();
    }

    /// Whether it is time to write, asked for or not; then it is due.
    pub(super) fn is_full(&mut self) -> bool {
        let full = self.bytes.len() > FULL_BYTES;
        if full {
            self.flush();
        }
        full
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// The answer to a question for encryption: no.
    pub(super) fn no_encryption(&mut self) {
        self.bytes.push(b'N');
        self.flush();
    }

    /// One message; `fill` appends its content.
    pub(super) fn message(&mut self, kind: u8, fill: impl FnOnce(&mut Vec<u8>)) {
        let bytes = &mut self.bytes;
        bytes.push(kind);
        let start = bytes.len();
        bytes.extend_from_slice(&[0; 4]);
        fill(bytes);
        let length = (bytes.len() - start) as u32;
        bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    /// A message without content.
    pub(super) fn empty(&mut self, kind: u8) {
        self.bytes.extend_from_slice(&[kind, 0, 0, 0, 4]);
    }

    pub(super) fn ready(&mut self, state: u8) {
        self.bytes.extend_from_slice(&[b'Z', 0, 0, 0, 5, state]);
        self.flush();
    }

    pub(super) fn parameter(&mut self, name: &str, value: &str) {
        self.message(b'S', |bytes| {
            text(bytes, name);
            text(bytes, value);
        });
    }

    pub(super) fn complete(&mut self, tag: &str) {
        self.message(b'C', |bytes| text(bytes, tag));
    }

    /// `SELECT` and how many rows; no formatting, since it is in every answer.
    pub(super) fn selected(&mut self, rows: u64) {
        match rows {
            1 => self.complete("SELECT 1"),
            10 => self.complete("SELECT 10"),
            _ => self.complete(&format!("SELECT {rows}")),
        }
    }

    /// What is wrong, in the fields that every client reads.
    pub(super) fn problem(&mut self, severity: Severity, refusal: &Refusal) {
        let (kind, word) = match severity {
            Severity::Warning => (b'N', "WARNING"),
            Severity::Error => (b'E', "ERROR"),
            Severity::Fatal => (b'E', "FATAL"),
        };
        self.message(kind, |bytes| {
            for (field, value) in
                [(b'S', word), (b'V', word), (b'C', refusal.code), (b'M', &refusal.sentence)]
            {
                bytes.push(field);
                // A zero would end the field.
                bytes.extend(value.bytes().filter(|byte| *byte != 0));
                bytes.push(0);
            }
            bytes.push(0);
        });
    }

    pub(super) fn parameters(&mut self, oids: &[u32]) {
        self.message(b't', |bytes| {
            bytes.extend_from_slice(&(oids.len() as u16).to_be_bytes());
            oids.iter().for_each(|oid| bytes.extend_from_slice(&oid.to_be_bytes()));
        });
    }

    /// The columns of the rows to come, each with whether it is binary.
    pub(super) fn columns(&mut self, columns: &[Column], binary: [bool; 2]) {
        self.message(b'T', |bytes| {
            bytes.extend_from_slice(&(columns.len() as u16).to_be_bytes());
            for (column, binary) in columns.iter().zip(binary) {
                text(bytes, column.name);
                // No table and no column of one: there is no catalogue to look them up in.
                bytes.extend_from_slice(&[0; 6]);
                bytes.extend_from_slice(&column.oid.to_be_bytes());
                bytes.extend_from_slice(&column.size.to_be_bytes());
                bytes.extend_from_slice(&(-1i32).to_be_bytes());
                bytes.extend_from_slice(&u16::from(binary).to_be_bytes());
            }
        });
    }

    /// A row of `triathlon_item`.
    pub(super) fn item(&mut self, id: i32, binary: bool) {
        self.message(b'D', |bytes| {
            bytes.extend_from_slice(&2u16.to_be_bytes());
            integer(bytes, id, binary);
            value(bytes, &payload(id));
        });
    }

    /// A row of one number.
    pub(super) fn number(&mut self, number: i32, binary: bool) {
        self.message(b'D', |bytes| {
            bytes.extend_from_slice(&1u16.to_be_bytes());
            integer(bytes, number, binary);
        });
    }

    /// A row of one text.
    pub(super) fn word(&mut self, word: &str) {
        self.message(b'D', |bytes| {
            bytes.extend_from_slice(&1u16.to_be_bytes());
            value(bytes, word.as_bytes());
        });
    }
}

/// Bytes of the payload in each row.
pub(super) const ROW_PAYLOAD_BYTES: usize = PAYLOAD_BYTES;

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0);
}

fn value(bytes: &mut Vec<u8>, value: &[u8]) {
    bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
    bytes.extend_from_slice(value);
}

fn integer(bytes: &mut Vec<u8>, number: i32, binary: bool) {
    if binary {
        return value(bytes, &number.to_be_bytes());
    }
    let (mut digits, mut at) = ([0; 11], 11);
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    value(bytes, &digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::{Outbox, Severity, integer};
    use crate::postgres::refusal::Refusal;

    #[test]
    fn numbers_are_written_as_std_writes_them() {
        for number in [0, 7, -7, 10, 10_000, i32::MAX, i32::MIN] {
            let mut bytes = Vec::new();
            integer(&mut bytes, number, false);
            let text = number.to_string();
            assert_eq!((bytes[3] as usize, &bytes[4..]), (text.len(), text.as_bytes()));
        }
    }

    #[test]
    fn only_what_is_due_is_given_unless_there_is_too_much() {
        let mut out = Outbox::default();
        out.empty(b'1');
        assert!(out.due().is_empty() && !out.is_full());
        out.ready(b'I');
        out.empty(b'2');
        assert_eq!(out.due(), b"1\0\0\0\x04Z\0\0\0\x05I");
        out.written();
        assert!(out.due().is_empty());
        while !out.is_full() {
            out.word(&"x".repeat(1000));
        }
        assert!((60_000..70_000).contains(&out.due().len()));
        assert_eq!(out.due()[..5], *b"2\0\0\0\x04");
    }

    #[test]
    fn a_problem_names_its_code_and_has_no_zero_inside() {
        let mut out = Outbox::default();
        out.problem(Severity::Error, &Refusal::new("42601", "Wrong\0 indeed."));
        out.flush();
        assert_eq!(&out.due()[5..], b"SERROR\0VERROR\0C42601\0MWrong indeed.\0\0");
    }
}
