//! Instructions as text, in the words of the text format.

use wasmparser::{
    BlockType, BrTable, Ieee32, Ieee64, MemArg, MemArgTarget, Operator, RefType, TryTable, V128, ValType,
};

use crate::code::Code;

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The offset of its first byte in the module's file.
    pub offset: u32,
    /// How many blocks it is in.
    pub depth: usize,
    /// Its text, with the names of functions after their indices.
    pub text: String,
}

impl Code<'_> {
    /// The instructions of a function as text, indented by block.
    pub fn disassembly(&self, function: u32) -> Vec<Line> {
        let mut depth = 0_usize;
        let all = self.instructions(function).into_iter();
        let lines = all.map(|(offset, operator)| {
            let closes =
                matches!(operator, Operator::End | Operator::Else | Operator::Catch { .. } | Operator::CatchAll);
            let opens = matches!(
                operator,
                Operator::Block { .. }
                    | Operator::Loop { .. }
                    | Operator::If { .. }
                    | Operator::Else
                    | Operator::Try { .. }
                    | Operator::TryTable { .. }
                    | Operator::Catch { .. }
                    | Operator::CatchAll
            );
            depth = depth.saturating_sub(usize::from(closes));
            let mut text = format!("{:1$}{2}", "", depth * 2, operator_text(&operator));
            if let Operator::Call { function_index } | Operator::ReturnCall { function_index } = operator {
                text += &format!(" ({})", self.function_name(function_index));
            }
            let line = Line { offset, depth, text };
            depth += usize::from(opens);
            line
        });
        lines.collect()
    }
}

/// An immediate as the text format writes it.
trait Immediate {
    fn push(&self, text: &mut String);
}

macro_rules! immediates {
    ($($ty:ty => |$value:ident, $text:ident| $body:expr;)*) => {$(
        impl Immediate for $ty {
            fn push(&self, $text: &mut String) {
                let $value = self;
                $body;
            }
        }
    )*};
}

immediates! {
    u32 => |value, text| *text += &format!(" {value}");
    u8 => |value, text| *text += &format!(" {value}");
    i32 => |value, text| *text += &format!(" {value}");
    i64 => |value, text| *text += &format!(" {value}");
    Ieee32 => |value, text| *text += &format!(" {:?}", f32::from_bits(value.bits()));
    Ieee64 => |value, text| *text += &format!(" {:?}", f64::from_bits(value.bits()));
    V128 => |value, text| *text += &format!(" i64x2 {:#x} {:#x}", value.i128() as u64, (value.i128() >> 64) as u64);
    [u8; 16] => |value, text| value.iter().for_each(|lane| *text += &format!(" {lane}"));
    ValType => |value, text| *text += &format!(" (result {value})");
    RefType => |value, text| *text += &format!(" {value}");
    MemArg => |value, text| {
        if let MemArgTarget::Memory(memory) = value.target
            && memory != 0
        {
            *text += &format!(" {memory}");
        }
        if value.offset != 0 {
            *text += &format!(" offset={}", value.offset);
        }
        if value.align != value.max_align {
            *text += &format!(" align={}", 1_u32 << value.align);
        }
    };
    BlockType => |value, text| match value {
        BlockType::Empty => {}
        BlockType::Type(ty) => *text += &format!(" (result {ty})"),
        BlockType::FuncType(index) => *text += &format!(" (type {index})"),
    };
    BrTable<'_> => |value, text| {
        value.targets().flatten().for_each(|target| *text += &format!(" {target}"));
        *text += &format!(" {}", value.default());
    };
    TryTable => |value, text| {
        value.ty.push(text);
        for catch in &value.catches {
            *text += &match catch {
                wasmparser::Catch::One { tag, label } => format!(" (catch {tag} {label})"),
                wasmparser::Catch::OneRef { tag, label } => format!(" (catch_ref {tag} {label})"),
                wasmparser::Catch::All { label } => format!(" (catch_all {label})"),
                wasmparser::Catch::AllRef { label } => format!(" (catch_all_ref {label})"),
            };
        }
    };
}

/// Immediates that are rare, as the decoder shows them.
macro_rules! shown {
    ($($ty:ty),*) => {$(
        impl Immediate for $ty {
            fn push(&self, text: &mut String) {
                *text += &format!(" {self:?}");
            }
        }
    )*};
}

shown!(wasmparser::HeapType, wasmparser::Ordering, wasmparser::ResumeTable, Vec<ValType>);

/// The text of an instruction without its place.
fn operator_text(operator: &Operator<'_>) -> String {
    macro_rules! text {
        ($(@$proposal:ident $op:ident $({ $($field:ident: $ty:ty),* })? => $visit:ident ($($annotation:tt)*))*) => {
            match operator {
                $(Operator::$op $({ $($field),* })? => {
                    #[allow(unused_mut)]
                    let mut text = mnemonic(stringify!($visit));
                    $($($field.push(&mut text);)*)?
                    text
                })*
                other => format!("{other:?}"),
            }
        };
    }
    wasmparser::for_each_operator!(text)
}

/// The name of an instruction from that of its visitor: `visit_i32_add` is
/// `i32.add`, `visit_br_if` is `br_if`.
fn mnemonic(visit: &str) -> String {
    const SPACES: [&str; 22] = [
        "i32", "i64", "f32", "f64", "v128", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2", "local", "global",
        "memory", "table", "ref", "struct", "array", "elem", "data", "any", "extern",
    ];
    let name = visit.strip_prefix("visit_").unwrap_or(visit);
    let name = name.strip_prefix("typed_").unwrap_or(name);
    match name.split_once('_') {
        Some((space, rest)) if SPACES.contains(&space) => {
            // `i32.atomic.rmw8.add_u`
            let rest = match rest.strip_prefix("atomic_") {
                Some(atomic) => format!(
                    "atomic.{}",
                    atomic
                        .strip_prefix("rmw")
                        .map_or_else(|| atomic.to_string(), |rmw| format!("rmw{}", rmw.replacen('_', ".", 1)),)
                ),
                None => rest.to_string(),
            };
            format!("{space}.{rest}")
        }
        _ => name.to_string(),
    }
}
