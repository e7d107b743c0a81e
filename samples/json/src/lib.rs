//! Reads JSON and writes it back in one form: no spaces, keys in order (of keys that are there twice the last counts),
//! numbers with three decimals, only what must be is escaped. Of a text that is no JSON it says where.

#[cfg(feature = "program")]
#[path = "../../block.rs"]
mod block;
mod parse;
mod write;

#[cfg(feature = "program")]
#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();

pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    /// In the order of the keys.
    Object(Vec<(String, Value)>),
}

/// Appends the answer to `out`.
pub fn run(input: &[u8], out: &mut Vec<u8>) {
    match parse::parse(input) {
        Ok(value) => write::value(&value, out),
        Err(at) => {
            out.extend_from_slice(b"error at ");
            out.extend_from_slice(at.to_string().as_bytes());
        }
    }
}
