//! What expressions mean in a frame of a stopped program.

mod access;
mod call;
mod objects;
mod operators;
mod show;
mod store;

use std::cell::Cell;
use std::ops::Range;

use wasm_source::{
    Encoding, EntryId, Inspector, Language, Limits, Machine as _, Place, Scalar, Shape, Source, Type, TypeId, TypeKind,
    UnitId, Value,
};

use super::frame::Stopped;
use super::syntax::{Binary, Expression, ExpressionError, Kind, Result, TypeName, Unary};
use super::types::{Builtin, Number, builtin, literal_type};
use super::{Evaluated, Handle, Variable};
use crate::engine::Reference;
pub(super) use operators::{arithmetic, compare, holds, negated};

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    /// A value of a type of the program; of a variable also its entry.
    Typed(Value, Option<EntryId>),
    Number(Number),
    /// An address that was computed.
    Pointer(u64, Target),
    /// What is at an address, as a type that the program need not have.
    Place(u64, Target),
    Register(String, Number),
    Text(String),
    /// A reference, to an object of the garbage-collected heap perhaps.
    Reference(Reference),
    /// A name that nothing goes by; perhaps a constant of an enumeration.
    Unknown(String),
}

/// What is at an address.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    /// A type of the program; of an array what is left after so many of its
    /// dimensions were indexed.
    Source(TypeId, usize),
    Builtin(Builtin),
    Pointer(Box<Target>),
    Void,
}

impl Target {
    /// What a value is.
    fn of(value: &Value) -> Target {
        Target::Source(value.ty, value.dimension())
    }

    /// What there is at an address, if that is of a type of the program.
    fn value(&self, address: u64) -> Option<Value> {
        match self {
            Target::Source(ty, dimension) => Some(Value::part_at(*ty, *dimension, address)),
            _ => None,
        }
    }
}

/// How many pointers are followed for a field, how many elements are searched
/// for a key, how many bytes are compared, how many bytes are assigned.
pub(super) const MAX_DEREFS: usize = 8;
const MAX_SEARCH: u64 = 10_000;
const MAX_COMPARED: u64 = 1 << 16;
const MAX_ASSIGNED: u64 = 1 << 16;
/// How many names of fields an error lists.
const MAX_LISTED: usize = 12;

pub(super) struct Evaluator<'s, 'e, 'm> {
    stopped: &'s Stopped<'e, 'm>,
    inspector: Option<Inspector<'s, 'm, Stopped<'e, 'm>>>,
    inlined_at: usize,
    unit: Option<UnitId>,
    pub(super) is_rust: bool,
    /// The type of addresses.
    pub(super) address: Builtin,
    /// Whether a variable of the frame has a part in what was evaluated.
    pub(super) is_local: Cell<bool>,
}

impl<'s, 'e, 'm> Evaluator<'s, 'e, 'm> {
    pub(super) fn new(stopped: &'s Stopped<'e, 'm>, inlined_at: usize) -> Self {
        let source = stopped.code.source();
        let unit = source.and_then(|source| Some(source.subprogram_at(stopped.offset)?.id.unit));
        let language = unit.and_then(|unit| source?.unit(unit).ok()?.language);
        let is_rust = language == Some(Language::Rust);
        let address = Builtin::Unsigned(if stopped.memory64 { 64 } else { 32 });
        Evaluator {
            stopped,
            address,
            inspector: stopped.inspector(),
            inlined_at,
            unit,
            is_rust,
            is_local: Cell::new(false),
        }
    }

    pub(super) fn evaluate(&mut self, expression: &Expression) -> Result<Data> {
        let column = expression.column;
        match &expression.kind {
            Kind::Integer { value, suffix } => {
                let ty = match suffix.as_deref().and_then(|suffix| literal_type(suffix, self.address)) {
                    Some(ty) => ty,
                    None if i32::try_from(*value).is_ok() => Builtin::Signed(32),
                    None if u32::try_from(*value).is_ok() => Builtin::Unsigned(32),
                    None if i64::try_from(*value).is_ok() => Builtin::Signed(64),
                    None if u64::try_from(*value).is_ok() => Builtin::Unsigned(64),
                    None => Builtin::Unsigned(128),
                };
                Ok(Data::Number(Number::Integer(*value as i128, ty).cast(ty)))
            }
            Kind::Float { value, suffix } => {
                let ty =
                    suffix.as_deref().and_then(|suffix| literal_type(suffix, self.address)).unwrap_or(Builtin::Float64);
                Ok(Data::Number(Number::Float(*value, Builtin::Float64).cast(ty)))
            }
            Kind::Character(character) => Ok(Data::Number(match self.is_rust {
                true => Number::Character(*character),
                false => Number::Integer(u32::from(*character).into(), Builtin::Signed(32)),
            })),
            Kind::Text(text) => Ok(Data::Text(text.clone())),
            Kind::Boolean(value) => Ok(Data::Number(Number::Boolean(*value))),
            Kind::Name(name) => self.name(name, column),
            Kind::Register(name) => self.register(name, column),
            Kind::Unary(operator, operand) => self.unary(*operator, operand, column),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, column),
            Kind::Field(operand, name) => {
                let data = self.evaluate(operand)?;
                self.field(data, name, column)
            }
            Kind::Index(operand, index) => {
                let data = self.evaluate(operand)?;
                let index = self.evaluate(index)?;
                self.index(data, &index, column)
            }
            Kind::Slice(operand, start, end) => {
                let data = self.evaluate(operand)?;
                let start = self.end(start.as_deref())?;
                let end = self.end(end.as_deref())?;
                self.slice(data, start.unwrap_or(0), end, column)
            }
            Kind::Call(function, arguments) => self.call(function, arguments, column),
            Kind::Cast(operand, ty) => {
                let data = self.evaluate(operand)?;
                self.cast(data, ty, column)
            }
            Kind::SizeOf(ty) => {
                let is_variable = ty.pointers == 0 && builtin(&ty.name, self.address).is_none();
                let data = if is_variable { self.name(&ty.name, column)? } else { Data::Unknown(String::new()) };
                let size = match data {
                    Data::Unknown(_) if ty.pointers > 0 => Some(self.address.size() as u64),
                    Data::Unknown(_) => self.target_size(&self.named_type(&ty.name, column)?),
                    data => self.show(data, super::LIMITS).size_bytes,
                };
                self.size(size, column)
            }
            Kind::SizeOfValue(operand) => {
                let data = self.evaluate(operand)?;
                let data = self.resolved(data, operand.column)?;
                let size = self.show(data, super::LIMITS).size_bytes;
                self.size(size, column)
            }
            Kind::Assign(place, value) => {
                let place = self.evaluate(place)?;
                let place = self.resolved(place, column)?;
                let value = self.evaluate(value)?;
                self.store(place, value, column)
            }
        }
    }

    /// The value, if there is one.
    pub(super) fn resolved(&self, data: Data, column: usize) -> Result<Data> {
        match data {
            Data::Unknown(name) => self.constant(&name).ok_or_else(|| self.unknown(&name, column)),
            data => Ok(data),
        }
    }

    /// A constant of an enumeration.
    fn constant(&self, name: &str) -> Option<Data> {
        let source = self.source()?;
        let (ty, value) = source.find_enumerator(name, self.unit)?;
        let size = usize::try_from(source.size_of(ty)?).ok().filter(|size| *size <= 16)?;
        let bytes = value.to_le_bytes().get(..size)?.to_vec();
        Some(Data::Typed(Value::of_bytes(ty, bytes), None))
    }

    fn size(&self, size: Option<u64>, column: usize) -> Result<Data> {
        let size = size.ok_or_else(|| ExpressionError::new(column, "its size is not known"))?;
        Ok(Data::Number(Number::Integer(size.into(), self.address)))
    }

    fn unknown(&self, name: &str, column: usize) -> ExpressionError {
        let message = match self.source() {
            Some(source) if source.units().next().is_some() => format!("there is no `{name}` here"),
            _ => {
                format!("there is no `{name}`: the module has no debug information; $local0 and so on name its values")
            }
        };
        ExpressionError::new(column, message)
    }

    fn source(&self) -> Option<&'s Source<'m>> {
        self.stopped.code.source()
    }

    fn inspector(&self, column: usize) -> Result<&Inspector<'s, 'm, Stopped<'e, 'm>>> {
        let none = || ExpressionError::new(column, "the module has no debug information");
        self.inspector.as_ref().ok_or_else(none)
    }

    fn shape(&self, value: &Value, column: usize) -> Result<Shape<'m>> {
        self.inspector(column)?.shape(value).map_err(|error| ExpressionError::new(column, error))
    }

    fn name(&mut self, name: &str, column: usize) -> Result<Data> {
        let (Some(inspector), Some(id)) = (&self.inspector, self.variable_named(name)) else {
            if let Some(member) = self.member(name) {
                return Ok(member);
            }
            let local = self.bare().and_then(|frame| self.stopped.code.local_named(frame.function, name));
            return match local {
                Some(index) => self.register(&format!("local{index}"), column),
                None => Ok(Data::Unknown(name.to_string())),
            };
        };
        let value = inspector.variable(id);
        let value = value.map_err(|error| ExpressionError::new(column, format!("`{name}`: {error}")))?;
        Ok(self.typed(value, Some(id)))
    }

    /// A value of the program, perhaps of a variable; of a reference of C++ what
    /// it refers to.
    fn typed(&self, value: Value, id: Option<EntryId>) -> Data {
        match self.inspector.as_ref().and_then(|inspector| inspector.referred(&value)) {
            Some(referred) => Data::Typed(referred, None),
            None => Data::Typed(value, id),
        }
    }

    fn register(&self, name: &str, column: usize) -> Result<Data> {
        use crate::engine::Value as Wasm;
        if let Some(shown) = self.stopped.shown(name) {
            return shown
                .map(|handle| handle.data.clone())
                .ok_or_else(|| ExpressionError::new(column, format!("no value has been shown as `${name}`")));
        }
        let value = self.stopped.register(name).ok_or_else(|| {
            let known = "$pc, $sp, $local0, $global0, $stack0 and so on";
            ExpressionError::new(column, format!("there is no `${name}` here; there are {known}"))
        })?;
        let ty = match value {
            Wasm::I32(_) if name == "pc" => Builtin::Unsigned(32),
            Wasm::I32(_) | Wasm::I64(_) if name == "sp" => self.address,
            Wasm::I32(_) => Builtin::Signed(32),
            Wasm::I64(_) => Builtin::Signed(64),
            Wasm::F32(_) => Builtin::Float32,
            Wasm::F64(_) => Builtin::Float64,
            Wasm::V128(_) => Builtin::Unsigned(128),
            Wasm::Reference(reference) => return Ok(Data::Reference(reference)),
        };
        Ok(Data::Register(name.to_string(), ty.read(&value.bytes())))
    }

    /// The frame, if no debug information tells of its function: its variables
    /// are the locals of WebAssembly.
    pub(super) fn bare(&self) -> Option<crate::engine::WasmFrame> {
        self.stopped.wasm.filter(|_| self.unit.is_none())
    }

    /// What a name means in a method of C++: a member of its object.
    fn member(&self, name: &str) -> Option<Data> {
        let this = self.local_named("this").filter(|_| !self.is_rust)?;
        let object = self.inspector.as_ref()?.variable(this).ok()?;
        self.field(Data::Typed(object, None), name, 1).ok()
    }

    /// The variable of this frame that a name means.
    fn local_named(&self, name: &str) -> Option<EntryId> {
        self.stopped.wasm?;
        let variables = self.inspector.as_ref()?.variables().unwrap_or_default();
        let named = variables
            .iter()
            .filter(|variable| variable.frame == self.inlined_at && variable.name.as_deref() == Some(name));
        // The innermost block's, in one block the last one's.
        Some(named.max_by_key(|variable| variable.block)?.id)
    }

    /// The variable that a name means in this frame; nothing if it means a
    /// member of the object that the frame's method is of.
    pub(super) fn variable_named(&self, name: &str) -> Option<EntryId> {
        let source = self.source()?;
        if let Some(local) = self.local_named(name) {
            self.is_local.set(true);
            return Some(local);
        }
        if self.member(name).is_some() {
            self.is_local.set(true);
            return None;
        }
        let last = name.rsplit("::").next().unwrap_or(name);
        let mut found = None;
        for variable in source.static_variables().filter(|variable| variable.name.as_deref() == Some(last)) {
            let fits = last == name
                || source.qualified_name(variable.id).is_some_and(|full| {
                    full == name || full.strip_suffix(name).is_some_and(|scope| scope.ends_with("::"))
                });
            if fits && (found.is_none() || Some(variable.id.unit) == self.unit) {
                found = Some(variable.id);
                if Some(variable.id.unit) == self.unit {
                    break;
                }
            }
        }
        found
    }

    /// The debug information, and the byte of code that the frame is at.
    pub(super) fn here(&self) -> Option<(&'s Source<'m>, u32)> {
        Some((self.source()?, self.stopped.offset))
    }

    fn unary(&mut self, operator: Unary, operand: &Expression, column: usize) -> Result<Data> {
        let data = self.evaluate(operand)?;
        let data = self.resolved(data, operand.column)?;
        match operator {
            Unary::Deref => self.deref(data, column),
            Unary::AddressOf => match data {
                Data::Typed(value, id) => match value.address() {
                    Some(address) => Ok(Data::Pointer(address, Target::of(&value))),
                    None => Err(ExpressionError::new(column, format!("it has no address: {}", self.whereabouts(id)))),
                },
                Data::Place(address, target) => Ok(Data::Pointer(address, target)),
                _ => Err(ExpressionError::new(column, "only what lies in memory has an address")),
            },
            Unary::Negate | Unary::Not | Unary::Complement => {
                Ok(Data::Number(negated(operator, self.number(&data, operand.column)?, self.is_rust)))
            }
        }
    }

    /// Where a variable is that does not lie in memory.
    fn whereabouts(&self, id: Option<EntryId>) -> String {
        let location = id.and_then(|id| self.inspector.as_ref()?.location(id).ok());
        let pieces = location.map(|location| location.pieces).unwrap_or_default();
        match pieces.as_slice() {
            [piece] => match piece.place {
                Place::Local(index) => format!("it lives in local {index} of the function"),
                Place::Global(index) => format!("it lives in global {index}"),
                Place::Stack(index) => format!("it lives on the operand stack, at {index}"),
                _ => "it is a constant that the compiler folded".to_string(),
            },
            [] => "it is computed".to_string(),
            _ => "it lives in several places".to_string(),
        }
    }

    fn deref(&self, data: Data, column: usize) -> Result<Data> {
        match data {
            Data::Pointer(address, target) => self.at(address, target, column),
            Data::Place(place, Target::Pointer(target)) => {
                let address = self.number(&Data::Place(place, Target::Builtin(self.address)), column)?;
                self.at(address.integer() as u64, *target, column)
            }
            Data::Typed(value, _) => {
                let inspector = self.inspector(column)?;
                match self.shape(&value, column)? {
                    Shape::Pointer { address: 0, .. } => Err(ExpressionError::new(column, "the pointer is null")),
                    Shape::Pointer { target: None, .. } => {
                        Err(ExpressionError::new(column, "the pointer is to void: cast it, as in `*(int *)p`"))
                    }
                    pointer @ Shape::Pointer { .. } => {
                        let target = inspector.target(&pointer);
                        let target = target.ok_or_else(|| ExpressionError::new(column, "the pointer leads nowhere"))?;
                        Ok(Data::Typed(target, None))
                    }
                    Shape::Holder(holder) => match holder.value {
                        Some(value) => Ok(Data::Typed(value, None)),
                        None => Err(ExpressionError::new(column, format!("there is nothing in it: {}", holder.absent))),
                    },
                    Shape::Elements(elements) => match inspector.element(&elements, 0) {
                        Some(first) => Ok(Data::Typed(first, None)),
                        None => Err(ExpressionError::new(column, "it has no elements")),
                    },
                    _ => Err(ExpressionError::new(
                        column,
                        format!("`*` needs a pointer, not a {}", self.type_name(&value)),
                    )),
                }
            }
            _ => Err(ExpressionError::new(column, "`*` needs a pointer: cast the number, as in `*(u32 *)0x1000`")),
        }
    }

    /// What is at an address.
    fn at(&self, address: u64, target: Target, column: usize) -> Result<Data> {
        match target {
            Target::Source(ty, dimension) => Ok(Data::Typed(Value::part_at(ty, dimension, address), None)),
            Target::Void => Err(ExpressionError::new(column, "the pointer is to void: cast it, as in `*(int *)p`")),
            target => Ok(Data::Place(address, target)),
        }
    }

    /// By how much a pointer to an object of C++ moves that becomes one to a base
    /// of its class, or to a class that this is a base of.
    fn to_base(&self, data: &Data, target: &Target) -> Option<i128> {
        let Target::Source(to, 0) = target else { return None };
        let source = self.source().filter(|_| !self.is_rust)?;
        let from = match data {
            Data::Pointer(_, Target::Source(from, 0)) => *from,
            Data::Typed(value, _) => match source.resolve_alias(value.ty).ok()??.kind {
                TypeKind::Pointer { target, .. } => target?,
                _ => return None,
            },
            _ => return None,
        };
        let down = || base_offset(source, *to, from, 0).map(|offset| -i128::from(offset));
        base_offset(source, from, *to, 0).map(i128::from).or_else(down)
    }

    fn cast(&self, data: Data, ty: &TypeName, column: usize) -> Result<Data> {
        let data = self.resolved(data, column)?;
        let mut target = self.named_type(&ty.name, column)?;
        for _ in 0..ty.pointers {
            target = Target::Pointer(Box::new(target));
        }
        match target {
            Target::Pointer(target) => {
                let address = self.number(&data, column)?.integer();
                let moved = if address == 0 { 0 } else { self.to_base(&data, &target).unwrap_or(0) };
                Ok(Data::Pointer(self.address.wrap(address + moved) as u64, *target))
            }
            Target::Builtin(builtin) => Ok(Data::Number(self.number(&data, column)?.cast(builtin))),
            Target::Source(id, _) => {
                let source = self.source();
                let resolved = source.and_then(|source| source.resolve_alias(id).ok().flatten());
                let known = resolved.and_then(|ty| match ty.kind {
                    TypeKind::Base(encoding) => number_type(encoding, ty.byte_size?),
                    TypeKind::Enumeration { .. } | TypeKind::Pointer { .. } => Some(self.address),
                    _ => None,
                });
                let Some(known) = known else {
                    let message =
                        format!("only numbers and pointers can be cast; `*({} *)&…` reads memory anew", ty.name);
                    return Err(ExpressionError::new(column, message));
                };
                let number = self.number(&data, column)?.cast(known);
                let size = source.and_then(|source| source.size_of(id)).unwrap_or(4) as usize;
                let mut bytes = number.bytes();
                bytes.resize(size, 0);
                Ok(Data::Typed(Value::of_bytes(id, bytes), None))
            }
            Target::Void => Ok(data),
        }
    }

    fn named_type(&self, name: &str, column: usize) -> Result<Target> {
        if name == "void" {
            return Ok(Target::Void);
        }
        if let Some(builtin) = self.builtin_named(name) {
            return Ok(Target::Builtin(builtin));
        }
        let last = match name.find('<') {
            Some(open) => {
                let start = name.get(..open).and_then(|head| head.rfind("::")).map_or(0, |at| at + 2);
                name.get(start..).unwrap_or(name)
            }
            None => name.rsplit("::").next().unwrap_or(name),
        };
        match self.source().and_then(|source| source.find_type(last, self.unit)) {
            Some(id) => Ok(Target::Source(id, 0)),
            // C's is one byte.
            None if name == "char" => Ok(Target::Builtin(Builtin::Signed(8))),
            None => Err(ExpressionError::new(column, format!("there is no type `{name}`"))),
        }
    }

    /// The type of numbers that a name always means.
    pub(super) fn builtin_named(&self, name: &str) -> Option<Builtin> {
        builtin(name, self.address).filter(|_| self.is_rust || name != "char")
    }
}

fn number_type(encoding: Encoding, size: u64) -> Option<Builtin> {
    let bits = (size * 8) as u32;
    Some(match encoding {
        Encoding::Signed | Encoding::SignedChar => Builtin::Signed(bits),
        Encoding::Unsigned | Encoding::UnsignedChar | Encoding::Address => Builtin::Unsigned(bits),
        Encoding::Unicode if size == 4 => Builtin::Character,
        Encoding::Unicode => Builtin::Unsigned(bits),
        Encoding::Boolean if size == 1 => Builtin::Boolean,
        Encoding::Boolean => Builtin::Unsigned(bits),
        Encoding::Float if size == 4 => Builtin::Float32,
        Encoding::Float if size == 8 => Builtin::Float64,
        _ => return None,
    })
}

/// How deep bases are looked for.
const MAX_BASES: usize = 16;

/// Where in a class one of its bases is, or in theirs. Of virtual ones the class
/// does not tell.
fn base_offset(source: &Source<'_>, class: TypeId, base: TypeId, depth: usize) -> Option<u64> {
    let class = source.resolve_alias(class).ok()??;
    let wanted = source.resolve_alias(base).ok()??;
    if class.id == wanted.id || class.name.is_some() && class.name == wanted.name {
        return Some(0);
    }
    let TypeKind::Composite(composite) = class.kind else { return None };
    if depth > MAX_BASES || composite.is_union {
        return None;
    }
    let bases = composite.members.iter().filter(|member| member.name.is_none());
    bases
        .filter_map(|member| Some((member.offset, member.ty?)))
        .find_map(|(offset, ty)| offset.checked_add(base_offset(source, ty, base, depth + 1)?))
}
