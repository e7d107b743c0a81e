//! The numbers of C and Rust by their names, and what happens to them in
//! arithmetic.

use std::fmt;

/// A type of numbers, characters or truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    Signed(u32),
    Unsigned(u32),
    Float32,
    Float64,
    Boolean,
    Character,
}

/// A number, character or truth value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Its bits as the type reads them: unsigned ones of 128 bits wrap.
    Integer(i128, Builtin),
    Float(f64, Builtin),
    Boolean(bool),
    Character(char),
}

/// The type that a name means in C or Rust, where addresses are of this type.
pub(crate) fn builtin(name: &str, address: Builtin) -> Option<Builtin> {
    use Builtin::{Boolean, Character, Float32, Float64, Signed, Unsigned};
    Some(match name {
        "i8" | "int8_t" | "signed char" => Signed(8),
        "i16" | "int16_t" | "short" | "short int" | "signed short" => Signed(16),
        "i32" | "int32_t" | "int" | "signed" | "signed int" => Signed(32),
        "long" | "long int" | "isize" | "ptrdiff_t" | "ssize_t" | "intptr_t" => match address {
            Unsigned(64) => Signed(64),
            _ => Signed(32),
        },
        "i64" | "int64_t" | "long long" | "long long int" => Signed(64),
        "i128" | "__int128" => Signed(128),
        "u8" | "uint8_t" | "unsigned char" => Unsigned(8),
        "u16" | "uint16_t" | "unsigned short" | "unsigned short int" => Unsigned(16),
        "u32" | "uint32_t" | "unsigned" | "unsigned int" => Unsigned(32),
        "unsigned long" | "unsigned long int" | "usize" | "size_t" | "uintptr_t" => address,
        "u64" | "uint64_t" | "unsigned long long" | "unsigned long long int" => Unsigned(64),
        "u128" | "unsigned __int128" => Unsigned(128),
        "f32" | "float" => Float32,
        "f64" | "double" => Float64,
        "bool" | "_Bool" => Boolean,
        "char" => Character,
        _ => return None,
    })
}

/// The type that a suffix of a literal means.
pub(crate) fn literal_type(suffix: &str, address: Builtin) -> Option<Builtin> {
    let c = suffix.to_ascii_lowercase();
    Some(match c.as_str() {
        "u" => Builtin::Unsigned(32),
        "ul" | "lu" => address,
        "l" => builtin("long", address)?,
        "ll" => Builtin::Signed(64),
        "ull" | "llu" => Builtin::Unsigned(64),
        "f" => Builtin::Float32,
        _ => match builtin(suffix, address)? {
            Builtin::Boolean | Builtin::Character => return None,
            _ if suffix.contains(' ') || !suffix.starts_with(['i', 'u', 'f']) => return None,
            known => known,
        },
    })
}

impl Builtin {
    /// The size in bytes.
    pub(crate) fn size(self) -> usize {
        match self {
            Builtin::Signed(bits) | Builtin::Unsigned(bits) => (bits / 8) as usize,
            Builtin::Float32 | Builtin::Character => 4,
            Builtin::Float64 => 8,
            Builtin::Boolean => 1,
        }
    }

    /// The number that these bits are, lowest byte first.
    pub(crate) fn read(self, bytes: &[u8]) -> Number {
        let bits = bytes.iter().take(self.size()).rev().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        match self {
            Builtin::Float32 => Number::Float(f32::from_bits(bits as u32).into(), self),
            Builtin::Float64 => Number::Float(f64::from_bits(bits as u64), self),
            Builtin::Boolean => Number::Boolean(bits != 0),
            Builtin::Character => match char::from_u32(bits as u32) {
                Some(character) => Number::Character(character),
                None => Number::Integer(bits as i128, Builtin::Unsigned(32)),
            },
            _ => Number::Integer(self.wrap(bits as i128), self),
        }
    }

    /// An integer in as many bits as the type has.
    pub(crate) fn wrap(self, value: i128) -> i128 {
        match self {
            Builtin::Signed(bits @ 1..128) => value << (128 - bits) >> (128 - bits),
            Builtin::Unsigned(bits @ 1..128) => value & ((1 << bits) - 1),
            _ => value,
        }
    }
}

impl fmt::Display for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Builtin::Signed(bits) => write!(f, "i{bits}"),
            Builtin::Unsigned(bits) => write!(f, "u{bits}"),
            Builtin::Float32 => f.write_str("f32"),
            Builtin::Float64 => f.write_str("f64"),
            Builtin::Boolean => f.write_str("bool"),
            Builtin::Character => f.write_str("char"),
        }
    }
}

impl Number {
    pub(crate) fn ty(self) -> Builtin {
        match self {
            Number::Integer(_, ty) | Number::Float(_, ty) => ty,
            Number::Boolean(_) => Builtin::Boolean,
            Number::Character(_) => Builtin::Character,
        }
    }

    /// Its value as an integer; of a fraction what is before the point.
    pub(crate) fn integer(self) -> i128 {
        match self {
            Number::Integer(value, _) => value,
            Number::Float(value, _) => value as i128,
            Number::Boolean(value) => value.into(),
            Number::Character(value) => u32::from(value).into(),
        }
    }

    pub(crate) fn float(self) -> f64 {
        match self {
            Number::Float(value, _) => value,
            Number::Integer(value, Builtin::Unsigned(128)) => value as u128 as f64,
            other => other.integer() as f64,
        }
    }

    pub(crate) fn truth(self) -> bool {
        match self {
            Number::Float(value, _) => value != 0.0,
            other => other.integer() != 0,
        }
    }

    /// The number in another type, as a cast makes it.
    pub(crate) fn cast(self, to: Builtin) -> Number {
        match to {
            Builtin::Float32 => Number::Float((self.float() as f32).into(), to),
            Builtin::Float64 => Number::Float(self.float(), to),
            Builtin::Boolean => Number::Boolean(self.truth()),
            Builtin::Character => match u32::try_from(self.integer()).ok().and_then(char::from_u32) {
                Some(character) => Number::Character(character),
                None => Number::Integer(Builtin::Unsigned(32).wrap(self.integer()), Builtin::Unsigned(32)),
            },
            Builtin::Signed(_) | Builtin::Unsigned(_) => Number::Integer(to.wrap(self.integer()), to),
        }
    }

    /// The bytes, lowest first.
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Number::Float(value, Builtin::Float32) => (value as f32).to_le_bytes().to_vec(),
            Number::Float(value, _) => value.to_le_bytes().to_vec(),
            other => other.integer().to_le_bytes().into_iter().take(other.ty().size()).collect(),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Integer(value, Builtin::Unsigned(128)) => write!(f, "{}", *value as u128),
            Number::Integer(value, _) => write!(f, "{value}"),
            Number::Float(value, Builtin::Float32) => write!(f, "{:?}", *value as f32),
            Number::Float(value, _) => write!(f, "{value:?}"),
            Number::Boolean(value) => write!(f, "{value}"),
            Number::Character(value) => write!(f, "{value:?}"),
        }
    }
}
