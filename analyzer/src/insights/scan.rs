//! What the code is made of, counted in one pass: bytes that only pad integers, and what only unoptimised code does.

use wasm_binary::{ItemKind, Map};
use wasmparser::{VisitOperator, VisitSimdOperator};

/// Counts over all bodies of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    /// Bytes by which integers (indices, constants, lengths) are longer than they need to be, section sizes included.
    pub(super) padding: u64,
    /// Instructions.
    pub(super) operators: u64,
    /// Writes to a local that the next instruction reads back: in optimised code that is a `local.tee`, or the value
    /// stays on the operand stack.
    pub(super) set_then_get: u64,
}

impl std::ops::AddAssign for Scan {
    fn add_assign(&mut self, other: Scan) {
        self.padding += other.padding;
        self.operators += other.operators;
        self.set_then_get += other.set_then_get;
    }
}

impl Scan {
    /// Decodes all bodies, on all cores with the feature `parallel`.
    pub(super) fn new(map: &Map<'_>) -> Scan {
        let sum = |mut a: Scan, b: Scan| {
            a += b;
            a
        };
        #[cfg(feature = "parallel")]
        let code = {
            use rayon::prelude::*;
            (0..map.items().len()).into_par_iter().with_min_len(64).map(|at| body(map, at)).reduce(Scan::default, sum)
        };
        #[cfg(not(feature = "parallel"))]
        let code = (0..map.items().len()).map(|at| body(map, at)).fold(Scan::default(), sum);
        let framing = map.sections().iter().map(|section| {
            let from = section.range.start as usize + 1;
            map.bytes().get(from..).map_or(0, |bytes| first_padding(bytes, false))
        });
        Scan { padding: code.padding + framing.sum::<u64>(), ..code }
    }
}

fn body(map: &Map<'_>, at: usize) -> Scan {
    let mut scan = Scan::default();
    let id = wasm_binary::ItemId(at as u32);
    let item = map.item(id);
    if item.kind != ItemKind::Function {
        return scan;
    }
    let Some(mut reader) = map.function_body(id).and_then(|body| body.get_operators_reader().ok()) else { return scan };
    let bytes = map.bytes();
    let mut visitor = Visitor::default();
    let mut set = None;
    while !reader.eof() {
        let start = reader.original_position() as usize;
        // A damaged body has been named by the graph; what comes before the damage counts.
        if reader.visit_operator(&mut visitor).is_err() {
            break;
        }
        let end = reader.original_position() as usize;
        scan.operators += 1;
        scan.set_then_get += u64::from(set.is_some_and(|local| visitor.class == Class::Get(local)));
        set = match visitor.class {
            Class::Set(local) => Some(local),
            _ => None,
        };
        if end - start > 2 && visitor.class != Class::Raw {
            scan.padding += operator_padding(&bytes[start..end]);
        }
    }
    let length = body_length(bytes, item.start as usize, item.end as usize, scan.padding);
    scan.padding += length;
    scan
}

/// Bytes by which a body's length is longer than the length without padding needs to be.
fn body_length(bytes: &[u8], start: usize, end: usize, padding: u64) -> u64 {
    let width = bytes[start..end].iter().take_while(|&&b| b >= 0x80).count() + 1;
    let mut length = ((end - start).saturating_sub(width) as u64).saturating_sub(padding);
    let mut needed = 1;
    while length >= 0x80 {
        length >>= 7;
        needed += 1;
    }
    (width as u64).saturating_sub(needed)
}

/// Padding in the immediates of an instruction that holds no raw floats or vectors.
fn operator_padding(bytes: &[u8]) -> u64 {
    // `block`, `loop`, `if`, `try`, `try_table`, `select t`, `i32.const`, `i64.const`, `ref.null` and the instructions
    // of the GC proposal have signed immediates (block types, heap types, constants).
    let signed = matches!(bytes[0], 0x02..=0x06 | 0x1c | 0x1f | 0x41 | 0x42 | 0xd0 | 0xfb);
    let prefixed = matches!(bytes[0], 0xfb..=0xfe);
    let mut rest = &bytes[1..];
    let mut padding = 0;
    if prefixed {
        padding += first_padding(rest, false);
        rest = after_first(rest);
    }
    while !rest.is_empty() {
        padding += first_padding(rest, signed);
        rest = after_first(rest);
    }
    padding
}

fn after_first(bytes: &[u8]) -> &[u8] {
    let more = bytes.iter().take_while(|&&b| b >= 0x80).count();
    bytes.get(more + 1..).unwrap_or(&[])
}

/// Bytes that the LEB128 integer at the start has for nothing.
fn first_padding(bytes: &[u8], signed: bool) -> u64 {
    let mut last = bytes.iter().take(10).take_while(|&&b| b >= 0x80).count();
    let mut padding = 0;
    while last > 0 && last < bytes.len() {
        // As a last byte, the one before would have no continuation bit.
        let (byte, before) = (bytes[last] & 0x7f, bytes[last - 1] & 0x7f);
        let is_padding = match signed {
            false => byte == 0,
            true => (byte == 0 && before & 0x40 == 0) || (byte == 0x7f && before & 0x40 != 0),
        };
        if !is_padding {
            break;
        }
        padding += 1;
        last -= 1;
    }
    padding
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Class {
    #[default]
    Other,
    Get(u32),
    Set(u32),
    /// Has bytes that are no LEB128.
    Raw,
}

#[derive(Default)]
struct Visitor {
    class: Class,
}

macro_rules! class {
    (LocalGet $local:ident) => {
        Class::Get($local)
    };
    (LocalSet $local:ident) => {
        Class::Set($local)
    };
    (F32Const $($arg:ident)*) => {
        Class::Raw
    };
    (F64Const $($arg:ident)*) => {
        Class::Raw
    };
    (V128Const $($arg:ident)*) => {
        Class::Raw
    };
    ($op:ident $($arg:ident)*) => {
        Class::Other
    };
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* $(,)? })? => $visit:ident ($($ann:tt)*))*) => {$(
        #[inline]
        #[allow(unused_variables)]
        fn $visit(&mut self $($(, $arg: $argty)*)?) {
            self.class = class!($op $($($arg)*)?);
        }
    )*};
}

impl<'a> VisitOperator<'a> for Visitor {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a> VisitSimdOperator<'a> for Visitor {
    wasmparser::for_each_visit_simd_operator!(visit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_what_a_shorter_integer_would_leave_out() {
        assert_eq!(first_padding(&[0x80, 0x80, 0x80, 0x80, 0x00], false), 4);
        assert_eq!(first_padding(&[0x80, 0x01], false), 0);
        assert_eq!(first_padding(&[0xc0, 0x00], true), 0, "64 needs a second byte where the sign counts");
        assert_eq!(first_padding(&[0xc0, 0x00], false), 1);
        assert_eq!(first_padding(&[0xff, 0xff, 0x7f], true), 2, "-1");
        assert_eq!(first_padding(&[0x80], false), 0, "cut off");
        assert_eq!(operator_padding(&[0x10, 0x81, 0x80, 0x80, 0x80, 0x00]), 4, "call 1");
        assert_eq!(operator_padding(&[0x11, 0x81, 0x80, 0x00, 0x80, 0x00]), 3, "call_indirect");
    }
}
