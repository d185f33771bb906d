//! The fields of one message, in order.

/// What is left of a message; each reading is nothing if it is not there.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// A number of things that follow.
    pub(super) fn count(&mut self) -> Option<usize> {
        self.array().map(u16::from_be_bytes).map(usize::from)
    }

    /// Bytes up to a zero, which is not among them.
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.0.iter().position(|byte| *byte == 0)?;
        let text = self.bytes(length)?;
        self.u8()?;
        Some(text)
    }

    /// A value with its length before it: inner nothing is null.
    pub(super) fn value(&mut self) -> Option<Option<&'a [u8]>> {
        match self.i32()? {
            -1 => Some(None),
            length => self.bytes(usize::try_from(length).ok()?).map(Some),
        }
    }

    /// That nothing is left.
    pub(super) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn fields_come_in_order_and_what_is_not_there_is_nothing() {
        let mut fields = Fields(b"\x07\xff\xff\xff\xfename\0\0\0\0\x02ab\xff\xff\xff\xff");
        assert_eq!((fields.u8(), fields.i32()), (Some(7), Some(-2)));
        assert_eq!(fields.text(), Some(&b"name"[..]));
        assert_eq!(fields.value(), Some(Some(&b"ab"[..])));
        assert_eq!((fields.end(), fields.value(), fields.end()), (None, Some(None), Some(())));
        assert_eq!((fields.u8(), fields.i32(), fields.text()), (None, None, None));
        assert_eq!(Fields(b"no zero").text(), None);
        assert_eq!(Fields(b"\0\0\0\x03ab").value(), None, "longer than what is left");
        assert_eq!(Fields(b"\xff\xff\xff\xfeab").value(), None, "a negative length");
        assert_eq!(Fields(b"\xff\xff").count(), Some(65535));
    }
}
