//! Frames: their heads, and the mask. Source: RFC 6455, 5.2 and 5.3.

use super::Violation;

/// Longest payload of a control frame.
pub const CONTROL_MAX_BYTES: usize = 125;

/// Longest head: two bytes, the length in eight, the mask's key.
pub const HEAD_MAX_BYTES: usize = 14;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// A further part of a message.
    Continuation,
    /// The first part of a message of text.
    Text,
    /// The first part of a message of bytes.
    Binary,
    /// The end.
    Close,
    /// To be answered.
    Ping,
    /// The answer.
    Pong,
}

impl Opcode {
    fn of(bits: u8) -> Result<Self, Violation> {
        Ok(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return Err(Violation::Opcode(bits)),
        })
    }

    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    /// Whether it may come between the parts of a message.
    pub fn is_control(self) -> bool {
        self.bits() >= 8
    }
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whether a message ends with this frame.
    pub last: bool,
    /// What it is.
    pub opcode: Opcode,
    /// The key of its mask, if it has one.
    pub key: Option<[u8; 4]>,
    /// Bytes of its payload.
    pub payload_bytes: u64,
    /// Bytes of the head itself.
    pub bytes: usize,
}

/// The head at the beginning of `bytes`, if they hold all of it.
///
/// # Errors
/// It breaks a rule that holds in both directions.
pub fn head(bytes: &[u8]) -> Result<Option<Head>, Violation> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    if first & RESERVED != 0 {
        return Err(Violation::ReservedBits);
    }
    let opcode = Opcode::of(first & 0x0f)?;
    let last = first & FIN != 0;
    let short = second & !MASKED;
    if opcode.is_control() && usize::from(short) > CONTROL_MAX_BYTES {
        return Err(Violation::LongControl);
    }
    if opcode.is_control() && !last {
        return Err(Violation::FragmentedControl);
    }
    let (payload_bytes, length_bytes) = match short {
        126 => match rest.first_chunk() {
            Some(length) => (u64::from(u16::from_be_bytes(*length)), 2),
            None => return Ok(None),
        },
        127 => match rest.first_chunk() {
            Some(length) => (u64::from_be_bytes(*length), 8),
            None => return Ok(None),
        },
        _ => (u64::from(short), 0),
    };
    let least = [0, 0, 126, 0, 0, 0, 0, 0, 1 << 16][length_bytes];
    if payload_bytes < least || payload_bytes > u64::MAX >> 1 {
        return Err(Violation::Length);
    }
    let mut head = Head { last, opcode, key: None, payload_bytes, bytes: 2 + length_bytes };
    if second & MASKED != 0 {
        let Some(key) = rest[length_bytes..].first_chunk() else { return Ok(None) };
        head.key = Some(*key);
        head.bytes += key.len();
    }
    Ok(Some(head))
}

/// Appends a frame; with a key, its payload is masked in `out`.
pub fn write(out: &mut Vec<u8>, opcode: Opcode, last: bool, key: Option<[u8; 4]>, payload: &[u8]) {
    let masked = if key.is_some() { MASKED } else { 0 };
    out.push(opcode.bits() | if last { FIN } else { 0 });
    match payload.len() {
        length @ 0..126 => out.push(masked | length as u8),
        length @ 126..0x1_0000 => {
            out.push(masked | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(masked | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(key.as_ref().map_or(&[], |key| key.as_slice()));
    let begin = out.len();
    out.extend_from_slice(payload);
    if let Some(key) = key {
        mask(&mut out[begin..], key, 0);
    }
}

/// Masks or unmasks the bytes of a payload that are `offset` bytes behind its
/// beginning.
pub fn mask(bytes: &mut [u8], mut key: [u8; 4], offset: usize) {
    key.rotate_left(offset % 4);
    let word = u32::from_ne_bytes(key);
    // Four bytes at a time, of which the compiler makes more.
    let mut words = bytes.chunks_exact_mut(4);
    for four in &mut words {
        let masked = u32::from_ne_bytes([four[0], four[1], four[2], four[3]]) ^ word;
        four.copy_from_slice(&masked.to_ne_bytes());
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(key) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::{HEAD_MAX_BYTES, Head, Opcode, Violation, head, mask, write};

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    fn frame(opcode: Opcode, last: bool, key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, opcode, last, key, payload);
        out
    }

    /// Source: the examples of RFC 6455, 5.7.
    #[test]
    fn the_examples_of_the_standard_are_written_so() {
        let hello = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
        assert_eq!(frame(Opcode::Text, true, None, b"Hello"), hello);
        let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(frame(Opcode::Text, true, Some(KEY), b"Hello"), masked);
        assert_eq!(frame(Opcode::Text, false, None, b"Hel"), [0x01, 0x03, 0x48, 0x65, 0x6c]);
        assert_eq!(frame(Opcode::Continuation, true, None, b"lo"), [0x80, 0x02, 0x6c, 0x6f]);
        let ping = [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
        assert_eq!(frame(Opcode::Ping, true, None, b"Hello"), ping);
        let pong = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(frame(Opcode::Pong, true, Some(KEY), b"Hello"), pong);
        let bytes = frame(Opcode::Binary, true, None, &[7; 256]);
        assert_eq!(bytes[..4], [0x82, 0x7e, 0x01, 0x00]);
        assert_eq!(bytes.len(), 4 + 256);
        let bytes = frame(Opcode::Binary, true, None, &[7; 1 << 16]);
        assert_eq!(bytes[..10], [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(bytes.len(), 10 + (1 << 16));
    }

    #[test]
    fn a_head_reads_back_and_is_not_there_until_its_last_byte() {
        for key in [None, Some(KEY)] {
            for size in [0, 1, 125, 126, 255, 65_535, 65_536] {
                let bytes = frame(Opcode::Binary, false, key, &vec![0; size]);
                let have = head(&bytes).unwrap().unwrap();
                let want = Head {
                    last: false,
                    opcode: Opcode::Binary,
                    key,
                    payload_bytes: size as u64,
                    bytes: bytes.len() - size,
                };
                assert_eq!(have, want);
                assert!(have.bytes <= HEAD_MAX_BYTES);
                (0..have.bytes).for_each(|cut| assert_eq!(head(&bytes[..cut]), Ok(None)));
            }
        }
    }

    #[test]
    fn what_no_frame_may_be_is_refused() {
        let check = |bytes: &[u8], want| assert_eq!(head(bytes), Err(want), "{bytes:x?}");
        [0xc1, 0xa1, 0x91].iter().for_each(|&bits| check(&[bits, 0], Violation::ReservedBits));
        for bits in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            check(&[0x80 | bits, 0], Violation::Opcode(bits));
        }
        check(&[0x89, 126, 0, 126], Violation::LongControl);
        check(&[0x88, 127], Violation::LongControl);
        [0x08, 0x09, 0x0a].iter().for_each(|&bits| check(&[bits, 0], Violation::FragmentedControl));
        check(&[0x82, 126, 0, 125], Violation::Length);
        check(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], Violation::Length);
        check(&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], Violation::Length);
    }

    #[test]
    fn masking_in_pieces_is_masking_at_once_and_twice_is_not_at_all() {
        let plain: Vec<u8> = (0..=255).collect();
        for size in [0, 1, 3, 4, 5, 64, 255] {
            let want: Vec<u8> =
                plain[..size].iter().zip(KEY.iter().cycle()).map(|(a, b)| a ^ b).collect();
            for cut in 0..=size {
                let mut pieces = plain[..size].to_vec();
                let (one, other) = pieces.split_at_mut(cut);
                mask(one, KEY, 0);
                mask(other, KEY, cut);
                assert_eq!(pieces, want, "{size} {cut}");
            }
            let mut twice = want;
            mask(&mut twice, KEY, 0);
            assert_eq!(twice, plain[..size]);
        }
    }
}
