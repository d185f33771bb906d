//! Messages of a server.
//!
//! Source: PostgreSQL's documentation, "Message Formats".

use super::refusal::Refused;
use super::statement::SETTINGS;

/// What is to be written.
#[derive(Default)]
pub(super) struct Reply {
    bytes: Vec<u8>,
}

/// A column of rows.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    pub(super) type_id: u32,
    /// Bytes of the type; -1 where they vary.
    pub(super) size: i16,
    pub(super) binary: bool,
}

impl Reply {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// A message whose length is filled in when its body is there.
    fn message(&mut self, tag: u8, body: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.push(tag);
        let start = self.bytes.len();
        self.bytes.extend([0; 4]);
        body(&mut self.bytes);
        let length = (self.bytes.len() - start) as u32;
        self.bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    /// There is no encryption.
    pub(super) fn no_encryption(&mut self) {
        self.bytes.push(b'N');
    }

    /// Whoever asks is welcome: what a session reports, and that it is ready.
    pub(super) fn welcome(&mut self) {
        self.message(b'R', |body| body.extend([0; 4]));
        for (name, value) in SETTINGS {
            self.message(b'S', |body| {
                text(body, name);
                text(body, value);
            });
        }
        // Nothing here can be cancelled, so that one key serves all.
        self.message(b'K', |body| body.extend([0; 8]));
        self.ready(b'I');
    }

    /// Waits for the next query, in that state of a transaction.
    pub(super) fn ready(&mut self, transaction: u8) {
        self.message(b'Z', |body| body.push(transaction));
    }

    pub(super) fn parsed(&mut self) {
        self.message(b'1', |_| {});
    }

    pub(super) fn bound(&mut self) {
        self.message(b'2', |_| {});
    }

    pub(super) fn closed(&mut self) {
        self.message(b'3', |_| {});
    }

    pub(super) fn no_data(&mut self) {
        self.message(b'n', |_| {});
    }

    pub(super) fn suspended(&mut self) {
        self.message(b's', |_| {});
    }

    pub(super) fn empty(&mut self) {
        self.message(b'I', |_| {});
    }

    pub(super) fn done(&mut self, tag: &str) {
        self.message(b'C', |body| text(body, tag));
    }

    /// What was selected: its tag has a number.
    pub(super) fn selected(&mut self, rows: u64) {
        self.done(&format!("SELECT {rows}"));
    }

    pub(super) fn parameters(&mut self, types: &[u32]) {
        self.message(b't', |body| {
            body.extend((types.len() as u16).to_be_bytes());
            types.iter().for_each(|of| body.extend(of.to_be_bytes()));
        });
    }

    pub(super) fn columns(&mut self, columns: &[Column<'_>]) {
        self.message(b'T', |body| {
            body.extend((columns.len() as u16).to_be_bytes());
            for column in columns {
                text(body, column.name);
                // Of no table, at no place.
                body.extend([0; 6]);
                body.extend(column.type_id.to_be_bytes());
                body.extend(column.size.to_be_bytes());
                body.extend((-1_i32).to_be_bytes());
                body.extend(u16::from(column.binary).to_be_bytes());
            }
        });
    }

    pub(super) fn row(&mut self, values: &[&[u8]]) {
        self.message(b'D', |body| {
            body.extend((values.len() as u16).to_be_bytes());
            for value in values {
                body.extend((value.len() as u32).to_be_bytes());
                body.extend(*value);
            }
        });
    }

    pub(super) fn error(&mut self, refused: &Refused) {
        let severity = if refused.fatal { "FATAL" } else { "ERROR" };
        self.message(b'E', |body| {
            let fields = [
                (b'S', severity),
                (b'V', severity),
                (b'C', refused.code),
                (b'M', refused.message.as_ref()),
            ];
            for (field, value) in fields {
                body.push(field);
                text(body, value);
            }
            body.push(0);
        });
    }
}

fn text(body: &mut Vec<u8>, text: &str) {
    // A text ends with its first zero byte, and ours have none; a name of the
    // client's that has come back was ended by one.
    body.extend(text.bytes());
    body.push(0);
}
