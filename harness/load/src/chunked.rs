//! The chunked transfer coding, byte by byte. Source: RFC 9112, section 7.1.

use crate::fault::Fault;

/// Digits of a chunk's size.
const DIGITS_MAX: u8 = 15;

/// Where in the coding the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Size,
    /// Extension of a size, up to the end of its line.
    Extension,
    Data,
    /// The line's end behind a chunk.
    DataEnd,
    /// A line of the trailer; the empty one ends everything.
    Trailer,
    End,
}

/// Decodes one body.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chunked {
    at: At,
    /// Size so far, then bytes that are left of the chunk.
    left: u64,
    digits: u8,
    /// The line of the trailer has a byte.
    filled: bool,
}

impl Chunked {
    /// Takes `bytes`, hands each piece of the body to `piece`; true at the end.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        mut piece: impl FnMut(&[u8]),
    ) -> Result<bool, Fault> {
        while let Some((&byte, rest)) = bytes.split_first() {
            match self.at {
                At::Data => {
                    let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                    piece(&bytes[..count]);
                    self.left -= count as u64;
                    if self.left == 0 {
                        self.at = At::DataEnd;
                    }
                    bytes = &bytes[count..];
                    continue;
                }
                At::Size => self.size(byte)?,
                At::Extension if byte == b'\n' => self.line()?,
                At::DataEnd if byte == b'\n' => *self = Self::default(),
                At::Trailer if byte == b'\n' && !self.filled => self.at = At::End,
                At::Trailer => self.filled = (self.filled || byte != b'\r') && byte != b'\n',
                At::Extension => {}
                At::DataEnd if byte == b'\r' => {}
                At::DataEnd | At::End => return Err(Fault::WrongLength),
            }
            bytes = rest;
        }
        Ok(self.at == At::End)
    }

    fn size(&mut self, byte: u8) -> Result<(), Fault> {
        match (byte as char).to_digit(16) {
            Some(digit) if self.digits < DIGITS_MAX => {
                self.left = self.left << 4 | u64::from(digit);
                self.digits += 1;
                Ok(())
            }
            None if byte == b'\n' => self.line(),
            None if matches!(byte, b';' | b' ' | b'\t' | b'\r') => {
                self.at = At::Extension;
                Ok(())
            }
            _ => Err(Fault::NotHttp),
        }
    }

    /// The line of a size ended.
    fn line(&mut self) -> Result<(), Fault> {
        if self.digits == 0 {
            return Err(Fault::NotHttp);
        }
        self.at = if self.left == 0 { At::Trailer } else { At::Data };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Chunked;
    use crate::fault::Fault;

    fn decode(bytes: &[u8], step: usize) -> Result<(Vec<u8>, bool), Fault> {
        let (mut chunked, mut body, mut end) = (Chunked::default(), Vec::new(), false);
        for part in bytes.chunks(step) {
            end = chunked.feed(part, |piece| body.extend_from_slice(piece))?;
        }
        Ok((body, end))
    }

    #[test]
    fn a_body_comes_out_however_it_is_cut() {
        let coded = b"5\r\nhello\r\n1;x=y\r\n \r\nB\r\nworld, ab\r\n\r\n0\r\nx: y\r\n\r\n";
        for step in 1..=coded.len() {
            let want = (b"hello world, ab\r\n".to_vec(), true);
            assert_eq!(decode(coded, step), Ok(want), "step {step}");
        }
        assert_eq!(decode(b"0\r\n\r\n", 1), Ok((Vec::new(), true)));
        assert_eq!(decode(b"5\r\nhel", 3), Ok((b"hel".to_vec(), false)));
    }

    #[test]
    fn what_is_no_chunk_is_a_fault() {
        let check = |coded: &[u8], want| assert_eq!(decode(coded, 1), Err(want));
        check(b"x\r\n", Fault::NotHttp);
        check(b"\r\n", Fault::NotHttp);
        check(b"1000000000000000\r\n", Fault::NotHttp);
        check(b"1\r\nab", Fault::WrongLength);
        check(b"0\r\n\r\nmore", Fault::WrongLength);
    }
}
