//! What bytes may mean: numbers of all sizes, LEB128, text, a pointer; and bytes as text for other programs.

/// What the bytes at an address mean as one kind of value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The kind: a name of Rust or of the specification.
    pub kind: &'static str,
    /// The value, in decimal.
    pub value: String,
}

/// Bytes that are enough for every reading.
pub(super) const READ_BYTES: usize = 64;

/// All readings of the bytes at an address, little endian; those that need more bytes than there are, are left out.
pub(super) fn readings(bytes: &[u8]) -> Vec<Reading> {
    let mut readings = Vec::new();
    let mut add = |kind, value: Option<String>| readings.extend(value.map(|value| Reading { kind, value }));
    macro_rules! numbers {
        ($($ty:ident)*) => {
            $(add(stringify!($ty), bytes.first_chunk().map(|bytes| $ty::from_le_bytes(*bytes).to_string()));)*
        };
    }
    numbers!(u8 i8 u16 i16 u32 i32 u64 i64);
    add("f32", bytes.first_chunk().map(|bytes| format!("{:?}", f32::from_le_bytes(*bytes))));
    add("f64", bytes.first_chunk().map(|bytes| format!("{:?}", f64::from_le_bytes(*bytes))));
    add("uleb128", leb128(bytes).map(|(value, size, _)| format!("{value} ({size} B)")));
    add(
        "sleb128",
        leb128(bytes).map(|(value, size, shift)| format!("{} ({size} B)", signed(value, bytes, size, shift))),
    );
    add("text", text(bytes));
    readings
}

/// An unsigned LEB128 number of at most 64 bits: value, bytes, bits.
fn leb128(bytes: &[u8]) -> Option<(u64, usize, u32)> {
    let mut value = 0u64;
    let mut shift = 0;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some((value, at + 1, shift));
        }
    }
    None
}

/// The same bits with the sign that the last byte has.
fn signed(value: u64, bytes: &[u8], size: usize, shift: u32) -> i64 {
    let is_negative = size.checked_sub(1).and_then(|last| bytes.get(last)).is_some_and(|last| last & 0x40 != 0);
    if is_negative && shift < 64 { (value | u64::MAX << shift) as i64 } else { value as i64 }
}

/// The text up to a zero, or to what is no text.
fn text(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let bytes = bytes.get(..end)?;
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?,
    };
    let printable: String = valid.chars().take_while(|c| !c.is_control() || *c == '\n' || *c == '\t').collect();
    (!printable.is_empty()).then(|| format!("{printable:?}"))
}

/// The pointer in the first bytes.
pub(super) fn pointer(bytes: &[u8], word_bytes: u64) -> Option<u64> {
    match word_bytes {
        8 => bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)),
        _ => bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes).into()),
    }
}

/// How bytes are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyAs {
    Hex,
    Rust,
    C,
    Text,
}

impl CopyAs {
    pub(super) const ALL: [CopyAs; 4] = [CopyAs::Hex, CopyAs::Rust, CopyAs::C, CopyAs::Text];
}

/// Bytes as text.
pub(super) fn copied(bytes: &[u8], copy_as: CopyAs) -> String {
    let list = || bytes.iter().map(|byte| format!("0x{byte:02x}")).collect::<Vec<_>>().join(", ");
    match copy_as {
        CopyAs::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
        CopyAs::Rust => format!("[{}]", list()),
        CopyAs::C => format!("unsigned char bytes[{}] = {{ {} }};", bytes.len(), list()),
        CopyAs::Text => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn value(bytes: &[u8], kind: &str) -> Option<String> {
        readings(bytes).into_iter().find(|reading| reading.kind == kind).map(|reading| reading.value)
    }

    #[test]
    fn bytes_are_read_as_every_kind() {
        let bytes = [0xff, 0xff, 0xff, 0x7f, 0, 0, 0xf0, 0x3f];
        assert_eq!(value(&bytes, "u8").unwrap(), "255");
        assert_eq!(value(&bytes, "i16").unwrap(), "-1");
        assert_eq!(value(&bytes, "u32").unwrap(), "2147483647");
        assert_eq!(value(&[0, 0, 0, 0, 0, 0, 0xf0, 0x3f], "f64").unwrap(), "1.0");
        assert_eq!(value(&[0xe5, 0x8e, 0x26], "uleb128").unwrap(), "624485 (3 B)");
        assert_eq!(value(&[0xc0, 0xbb, 0x78], "sleb128").unwrap(), "-123456 (3 B)");
        assert_eq!(value("größe\0x".as_bytes(), "text").unwrap(), "\"größe\"");
        assert_eq!(value(&bytes[..3], "u32"), None);
        assert_eq!(pointer(&bytes, 4), Some(0x7fff_ffff));
    }

    #[test]
    fn bytes_are_copied_for_other_programs() {
        assert_eq!(copied(b"hi", CopyAs::Hex), "68 69");
        assert_eq!(copied(b"hi", CopyAs::Rust), "[0x68, 0x69]");
        assert_eq!(copied(b"hi", CopyAs::C), "unsigned char bytes[2] = { 0x68, 0x69 };");
        assert_eq!(copied(b"hi", CopyAs::Text), "hi");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            readings(&bytes);
            for copy_as in CopyAs::ALL {
                copied(&bytes, copy_as);
            }
        }
    }
}
