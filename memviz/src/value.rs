//! Values of globals and locals in files and messages: a type and the bits in hexadecimal, as JSON numbers can't hold
//! 64 bits.

use serde::{Deserialize, Serialize};
use wasm_source::WasmValue;

/// A value as it is saved: `{"type": "i32", "bits": "0x10"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct SavedValue(pub WasmValue);

#[derive(Clone, Serialize, Deserialize)]
struct Written {
    r#type: String,
    bits: String,
}

impl From<SavedValue> for Written {
    fn from(value: SavedValue) -> Written {
        let (ty, bits) = match value.0 {
            WasmValue::I32(bits) => ("i32", u128::from(bits)),
            WasmValue::I64(bits) => ("i64", bits.into()),
            WasmValue::F32(bits) => ("f32", bits.into()),
            WasmValue::F64(bits) => ("f64", bits.into()),
            WasmValue::V128(bits) => ("v128", bits),
        };
        Written { r#type: ty.to_string(), bits: format!("{bits:#x}") }
    }
}

impl TryFrom<Written> for SavedValue {
    type Error = String;

    fn try_from(written: Written) -> Result<SavedValue, String> {
        let digits = written.bits.strip_prefix("0x").filter(|digits| !digits.starts_with('+'));
        let bits = digits.and_then(|digits| u128::from_str_radix(digits, 16).ok());
        let value = bits.and_then(|bits| match written.r#type.as_str() {
            "i32" => Some(WasmValue::I32(bits.try_into().ok()?)),
            "i64" => Some(WasmValue::I64(bits.try_into().ok()?)),
            "f32" => Some(WasmValue::F32(bits.try_into().ok()?)),
            "f64" => Some(WasmValue::F64(bits.try_into().ok()?)),
            "v128" => Some(WasmValue::V128(bits)),
            _ => None,
        });
        value.map(SavedValue).ok_or_else(|| format!("no {} with the bits {}", written.r#type, written.bits))
    }
}
