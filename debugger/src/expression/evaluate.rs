//! What expressions mean in a frame of a stopped program.

use std::ops::Range;

use wasm_source::{
    Encoding, EntryId, Inspector, Language, Limits, Machine as _, Place, Scalar, Shape, Source, Type, TypeId, TypeKind,
    UnitId, Value,
};

use super::frame::Stopped;
use super::syntax::{Binary, Expression, ExpressionError, Kind, Result, TypeName, Unary};
use super::types::{Builtin, Number, builtin, literal_type};
use super::{Evaluated, Handle, Variable};

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
    /// A name that nothing goes by; perhaps a constant of an enumeration.
    Unknown(String),
}

/// What is at an address.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    Source(TypeId),
    Builtin(Builtin),
    Pointer(Box<Target>),
    Void,
}

/// How many pointers are followed for a field, how many elements are searched
/// for a key, how many bytes are compared, how many bytes are assigned.
const MAX_DEREFS: usize = 8;
const MAX_SEARCH: u64 = 10_000;
const MAX_COMPARED: u64 = 1 << 16;
const MAX_ASSIGNED: u64 = 1 << 16;
/// How many names of fields an error lists.
const MAX_LISTED: usize = 12;
/// The type of addresses.
const ADDRESS: Builtin = Builtin::Unsigned(32);

pub(super) struct Evaluator<'s, 'e, 'm> {
    stopped: &'s Stopped<'e, 'm>,
    inspector: Option<Inspector<'s, 'm, Stopped<'e, 'm>>>,
    inlined_at: usize,
    unit: Option<UnitId>,
    is_rust: bool,
}

impl<'s, 'e, 'm> Evaluator<'s, 'e, 'm> {
    pub(super) fn new(stopped: &'s Stopped<'e, 'm>, inlined_at: usize) -> Self {
        let source = stopped.code.source();
        let unit = source.and_then(|source| Some(source.subprogram_at(stopped.offset)?.id.unit));
        let language = unit.and_then(|unit| source?.unit(unit).ok()?.language);
        let is_rust = language == Some(Language::Rust);
        Evaluator { stopped, inspector: stopped.inspector(), inlined_at, unit, is_rust }
    }

    pub(super) fn evaluate(&mut self, expression: &Expression) -> Result<Data> {
        let column = expression.column;
        match &expression.kind {
            Kind::Integer { value, suffix } => {
                let ty = match suffix.as_deref().and_then(literal_type) {
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
                let ty = suffix.as_deref().and_then(literal_type).unwrap_or(Builtin::Float64);
                Ok(Data::Number(Number::Float(*value, Builtin::Float64).cast(ty)))
            }
            Kind::Character(character) => Ok(Data::Number(match self.is_rust {
                true => Number::Character(*character),
                false => Number::Integer(u32::from(*character).into(), Builtin::Signed(32)),
            })),
            Kind::Text(text) => Ok(Data::Text(text.clone())),
            Kind::Boolean(value) => Ok(Data::Number(Number::Boolean(*value))),
            Kind::Name(name) => self.name(name, column),
            Kind::Register(name) => {
                let value = self.stopped.register(name);
                let value = value.ok_or_else(|| {
                    let known = "$pc, $sp, $local0, $global0, $stack0 and so on";
                    ExpressionError::new(column, format!("there is no `${name}` here; there are {known}"))
                })?;
                use crate::engine::Value as Wasm;
                let ty = match value {
                    Wasm::I32(_) if matches!(name.as_str(), "pc" | "sp") => ADDRESS,
                    Wasm::I32(_) => Builtin::Signed(32),
                    Wasm::I64(_) => Builtin::Signed(64),
                    Wasm::F32(_) => Builtin::Float32,
                    Wasm::F64(_) => Builtin::Float64,
                    Wasm::V128(_) => Builtin::Unsigned(128),
                    Wasm::Reference(reference) => return Ok(Data::Text(reference.to_string())),
                };
                Ok(Data::Register(name.clone(), ty.read(&value.bytes())))
            }
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
            Kind::Call(name, arguments) => self.call(name, arguments, column),
            Kind::Cast(operand, ty) => {
                let data = self.evaluate(operand)?;
                self.cast(data, ty, column)
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
            Data::Unknown(name) => Err(self.unknown(&name, column)),
            data => Ok(data),
        }
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
        let (Some(inspector), Some(source)) = (&self.inspector, self.source()) else {
            return Ok(Data::Unknown(name.to_string()));
        };
        let fail = |error: wasm_source::ValueError| ExpressionError::new(column, format!("`{name}`: {error}"));
        if self.stopped.wasm.is_some() {
            let variables = inspector.variables().unwrap_or_default();
            let named = variables
                .iter()
                .filter(|variable| variable.frame == self.inlined_at && variable.name.as_deref() == Some(name));
            // The innermost block's, in one block the last one's.
            if let Some(variable) = named.max_by_key(|variable| variable.block) {
                let value = inspector.variable(variable.id).map_err(fail)?;
                return Ok(Data::Typed(value, Some(variable.id)));
            }
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
        match found {
            Some(id) => Ok(Data::Typed(inspector.variable(id).map_err(fail)?, Some(id))),
            None => Ok(Data::Unknown(name.to_string())),
        }
    }

    fn unary(&mut self, operator: Unary, operand: &Expression, column: usize) -> Result<Data> {
        let data = self.evaluate(operand)?;
        let data = self.resolved(data, operand.column)?;
        match operator {
            Unary::Deref => self.deref(data, column),
            Unary::AddressOf => match data {
                Data::Typed(value, id) => match value.address() {
                    Some(address) => Ok(Data::Pointer(address, Target::Source(value.ty))),
                    None => Err(ExpressionError::new(column, format!("it has no address: {}", self.whereabouts(id)))),
                },
                Data::Place(address, target) => Ok(Data::Pointer(address, target)),
                _ => Err(ExpressionError::new(column, "only what lies in memory has an address")),
            },
            Unary::Negate => Ok(Data::Number(match self.number(&data, operand.column)? {
                Number::Float(value, ty) => Number::Float(-value, ty),
                number => {
                    let ty = promote(number.ty());
                    Number::Integer(ty.wrap(number.integer().wrapping_neg()), ty)
                }
            })),
            Unary::Not => Ok(Data::Number(match self.number(&data, operand.column)? {
                Number::Integer(value, ty) if self.is_rust => Number::Integer(ty.wrap(!value), ty),
                number => Number::Boolean(!number.truth()),
            })),
            Unary::Complement => {
                let number = self.number(&data, operand.column)?;
                let ty = promote(number.ty());
                Ok(Data::Number(Number::Integer(ty.wrap(!number.integer()), ty)))
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
                let address = self.number(&Data::Place(place, Target::Builtin(ADDRESS)), column)?;
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
            Target::Source(ty) => Ok(Data::Typed(self.inspector(column)?.at(ty, address), None)),
            Target::Void => Err(ExpressionError::new(column, "the pointer is to void: cast it, as in `*(int *)p`")),
            target => Ok(Data::Place(address, target)),
        }
    }

    fn field(&self, data: Data, name: &str, column: usize) -> Result<Data> {
        let data = self.resolved(data, column)?;
        let mut value = match data {
            Data::Typed(value, _) => value,
            Data::Pointer(address, Target::Source(ty)) => self.inspector(column)?.at(ty, address),
            _ => return Err(ExpressionError::new(column, format!("a number has no field `{name}`"))),
        };
        let inspector = self.inspector(column)?;
        for _ in 0..MAX_DEREFS {
            let wanted = [name.to_string(), format!("__{name}")];
            for wanted in &wanted {
                if let Ok(Some(field)) = inspector.field(&value, wanted) {
                    return Ok(Data::Typed(field, None));
                }
            }
            match self.shape(&value, column)? {
                Shape::Fields { fields, variant } => {
                    let named = |field: &&(Option<std::borrow::Cow<'_, str>>, Value)| {
                        field.0.as_deref().is_some_and(|found| wanted.iter().any(|wanted| wanted == found))
                    };
                    if let Some((_, field)) = fields.iter().find(named) {
                        return Ok(Data::Typed(field.clone(), None));
                    }
                    // Base classes, anonymous structures and unions.
                    for (_, inner) in fields.iter().filter(|(name, _)| name.is_none()) {
                        if let Ok(found) = self.field(Data::Typed(inner.clone(), None), name, column) {
                            return Ok(found);
                        }
                    }
                    let names: Vec<&str> = fields.iter().filter_map(|(name, _)| name.as_deref()).collect();
                    return Err(self.no_field(name, &value, variant.as_deref(), &names, column));
                }
                pointer @ Shape::Pointer { .. } => match inspector.target(&pointer) {
                    Some(target) => value = target,
                    None => return Err(ExpressionError::new(column, "the pointer is null")),
                },
                Shape::Holder(holder) => match holder.value {
                    Some(inner) => value = inner,
                    None => {
                        return Err(ExpressionError::new(column, format!("there is nothing in it: {}", holder.absent)));
                    }
                },
                _ => return Err(self.no_field(name, &value, None, &[], column)),
            }
        }
        Err(ExpressionError::new(column, "too many pointers to go through"))
    }

    fn no_field(
        &self,
        name: &str,
        value: &Value,
        variant: Option<&str>,
        names: &[&str],
        column: usize,
    ) -> ExpressionError {
        let ty = match variant {
            Some(variant) => format!("{variant} of {}", self.type_name(value)),
            None => self.type_name(value),
        };
        let mut message = format!("{ty} has no field `{name}`");
        if !names.is_empty() {
            let plain: Vec<&str> = names.iter().take(MAX_LISTED).map(|name| name.trim_start_matches("__")).collect();
            message += &format!("; it has {}", plain.join(", "));
            if names.len() > MAX_LISTED {
                message += " …";
            }
        }
        ExpressionError::new(column, message)
    }

    /// A value behind references and smart pointers, where indexing and slices
    /// look.
    fn behind(&self, value: Value, column: usize) -> Result<(Value, Shape<'m>)> {
        let mut value = value;
        for _ in 0..MAX_DEREFS {
            let shape = self.shape(&value, column)?;
            let next = match &shape {
                Shape::Holder(holder) => holder.value.clone(),
                Shape::Pointer { .. } if self.is_rust => {
                    let target = self.inspector(column)?.target(&shape);
                    let target = match target {
                        Some(target) => Some((self.shape(&target, column)?, target)),
                        None => None,
                    };
                    target.and_then(|(inner, target)| match inner {
                        Shape::Elements(_) | Shape::Collection(_) | Shape::Text { .. } | Shape::Holder(_) => {
                            Some(target)
                        }
                        _ => None,
                    })
                }
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None => return Ok((value, shape)),
            }
        }
        Err(ExpressionError::new(column, "too many pointers to go through"))
    }

    fn index(&self, data: Data, index: &Data, column: usize) -> Result<Data> {
        let data = self.resolved(data, column)?;
        let outside = |count: u64, at: i128| ExpressionError::new(column, format!("index {at} of {count} elements"));
        match data {
            Data::Typed(value, _) => match self.behind(value, column)? {
                (_, Shape::Elements(elements)) => {
                    let at = self.number(index, column)?.integer();
                    let element = u64::try_from(at).ok().and_then(|at| self.inspector.as_ref()?.element(&elements, at));
                    element.map(|element| Data::Typed(element, None)).ok_or_else(|| outside(elements.count, at))
                }
                (_, Shape::Collection(collection)) => {
                    let inspector = self.inspector(column)?;
                    let fail = |error| ExpressionError::new(column, error);
                    if collection.kind == wasm_source::CollectionKind::Map {
                        let items = inspector.items(&collection, 0..MAX_SEARCH).map_err(fail)?;
                        for item in items {
                            if let Some(key) = item.key
                                && self.equal(&Data::Typed(key, None), index, column)?
                            {
                                return Ok(Data::Typed(item.value, None));
                            }
                        }
                        return Err(ExpressionError::new(column, "there is no such key"));
                    }
                    let at = self.number(index, column)?.integer();
                    let place = u64::try_from(at).map_err(|_| outside(collection.count, at))?;
                    let items = inspector.items(&collection, place..place.saturating_add(1)).map_err(fail)?;
                    let item = items.into_iter().next().ok_or_else(|| outside(collection.count, at))?;
                    Ok(Data::Typed(item.value, None))
                }
                (_, Shape::Text { address, length }) => {
                    let at = self.number(index, column)?.integer();
                    let place = u64::try_from(at).ok().filter(|at| *at < length).ok_or_else(|| outside(length, at))?;
                    Ok(Data::Place(address.wrapping_add(place), Target::Builtin(Builtin::Unsigned(8))))
                }
                (value, Shape::Pointer { .. }) => {
                    let moved = self.moved(Data::Typed(value, None), self.number(index, column)?.integer(), column)?;
                    self.deref(moved, column)
                }
                (value, _) => {
                    Err(ExpressionError::new(column, format!("a {} has no elements", self.type_name(&value))))
                }
            },
            pointer @ Data::Pointer(..) => {
                let moved = self.moved(pointer, self.number(index, column)?.integer(), column)?;
                self.deref(moved, column)
            }
            _ => Err(ExpressionError::new(column, "a number has no elements")),
        }
    }

    /// The end of a slice.
    fn end(&mut self, end: Option<&Expression>) -> Result<Option<u64>> {
        let Some(end) = end else { return Ok(None) };
        let data = self.evaluate(end)?;
        let number = self.number(&data, end.column)?.integer();
        let place = u64::try_from(number);
        place.map(Some).map_err(|_| ExpressionError::new(end.column, "a slice's ends are not negative"))
    }

    fn slice(&self, data: Data, start: u64, end: Option<u64>, column: usize) -> Result<Data> {
        let data = self.resolved(data, column)?;
        let inspector = self.inspector(column)?;
        let run = |ty: TypeId, address: u64, stride: u64, end: u64| {
            let count = end.checked_sub(start);
            let first = start.checked_mul(stride).and_then(|by| address.checked_add(by));
            let both =
                count.zip(first).ok_or_else(|| ExpressionError::new(column, "the slice ends before it starts"))?;
            Ok(Data::Typed(Value::run(ty, both.1, both.0), None))
        };
        match data {
            Data::Typed(value, _) => match self.behind(value, column)? {
                (_, Shape::Elements(elements)) => {
                    let end = end.unwrap_or(elements.count);
                    if end > elements.count {
                        return Err(ExpressionError::new(
                            column,
                            format!("{end} is past the {} elements", elements.count),
                        ));
                    }
                    let Some(address) = elements.address() else {
                        return Err(ExpressionError::new(column, "the elements do not lie in memory"));
                    };
                    run(elements.element_type(), address, elements.stride(), end)
                }
                (_, Shape::Text { address, length }) => {
                    let end = end.unwrap_or(length).min(length);
                    let count = end.saturating_sub(start).min(MAX_COMPARED);
                    let mut bytes = vec![0; count as usize];
                    if !self.stopped.read_memory(address.wrapping_add(start), &mut bytes) {
                        return Err(ExpressionError::new(column, format!("no memory at {address:#x}")));
                    }
                    Ok(Data::Text(String::from_utf8_lossy(&bytes).into_owned()))
                }
                (_, Shape::Pointer { address, target: Some(target) }) => {
                    let end = end.ok_or_else(|| ExpressionError::new(column, "a slice of a pointer needs an end"))?;
                    let stride = self.source().and_then(|source| source.size_of(target)).unwrap_or(1);
                    run(target, address, stride, end)
                }
                (value, _) => {
                    let _ = inspector;
                    Err(ExpressionError::new(column, format!("a {} has no elements", self.type_name(&value))))
                }
            },
            Data::Pointer(address, Target::Source(ty)) => {
                let end = end.ok_or_else(|| ExpressionError::new(column, "a slice of a pointer needs an end"))?;
                let stride = self.source().and_then(|source| source.size_of(ty)).unwrap_or(1);
                run(ty, address, stride, end)
            }
            _ => Err(ExpressionError::new(column, "it has no elements")),
        }
    }

    /// A pointer some elements on.
    fn moved(&self, data: Data, by: i128, column: usize) -> Result<Data> {
        let Some((address, target)) = self.pointer(&data, column)? else {
            return Err(ExpressionError::new(column, "this is no pointer"));
        };
        let size = self.target_size(&target).unwrap_or(1);
        let address = i128::from(address) + by * i128::from(size);
        Ok(Data::Pointer(ADDRESS.wrap(address) as u64, target))
    }

    fn target_size(&self, target: &Target) -> Option<u64> {
        match target {
            Target::Source(ty) => self.source()?.size_of(*ty),
            Target::Builtin(builtin) => Some(builtin.size() as u64),
            Target::Pointer(_) => Some(4),
            Target::Void => Some(1),
        }
    }

    /// An address and what is there, if the value is a pointer; an array of C
    /// is one to its first element.
    fn pointer(&self, data: &Data, column: usize) -> Result<Option<(u64, Target)>> {
        Ok(match data {
            Data::Pointer(address, target) => Some((*address, target.clone())),
            Data::Typed(value, _) => match self.shape(value, column)? {
                Shape::Pointer { address, target } => Some((address, target.map_or(Target::Void, Target::Source))),
                Shape::Elements(elements) if !self.is_rust => {
                    elements.address().map(|address| (address, Target::Source(elements.element_type())))
                }
                _ => None,
            },
            _ => None,
        })
    }

    fn binary(&mut self, operator: Binary, left: &Expression, right: &Expression, column: usize) -> Result<Data> {
        let first = self.evaluate(left)?;
        if matches!(operator, Binary::And | Binary::Or) {
            let first = self.truth(&first, left.column)?;
            if first == (operator == Binary::Or) {
                return Ok(Data::Number(Number::Boolean(first)));
            }
            let second = self.evaluate(right)?;
            return Ok(Data::Number(Number::Boolean(self.truth(&second, right.column)?)));
        }
        let second = self.evaluate(right)?;
        match operator {
            Binary::Equal | Binary::NotEqual => {
                let equal = self.equal(&first, &second, column)?;
                return Ok(Data::Number(Number::Boolean(equal == (operator == Binary::Equal))));
            }
            Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => {
                let order = match (self.text(&first)?, self.text(&second)?) {
                    (Some(first), Some(second)) => Some(first.cmp(&second)),
                    _ => compare(self.number(&first, left.column)?, self.number(&second, right.column)?),
                };
                let holds = order.is_some_and(|order| match operator {
                    Binary::Less => order.is_lt(),
                    Binary::LessEqual => order.is_le(),
                    Binary::Greater => order.is_gt(),
                    _ => order.is_ge(),
                });
                return Ok(Data::Number(Number::Boolean(holds)));
            }
            Binary::Add | Binary::Subtract => {
                let pointers = (self.pointer(&first, column)?, self.pointer(&second, column)?);
                match (pointers, operator) {
                    ((Some((one, target)), Some((other, _))), Binary::Subtract) => {
                        let size = self.target_size(&target).filter(|size| *size > 0).unwrap_or(1);
                        let difference = (i128::from(one) - i128::from(other)) / i128::from(size);
                        return Ok(Data::Number(Number::Integer(difference, Builtin::Signed(32))));
                    }
                    ((Some(_), None), _) => {
                        let by = self.number(&second, right.column)?.integer();
                        return self.moved(first, if operator == Binary::Add { by } else { -by }, column);
                    }
                    ((None, Some(_)), Binary::Add) => {
                        return self.moved(second, self.number(&first, left.column)?.integer(), column);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        let (first, second) = (self.number(&first, left.column)?, self.number(&second, right.column)?);
        arithmetic(operator, first, second).map(Data::Number).map_err(|message| ExpressionError::new(column, message))
    }

    fn equal(&self, first: &Data, second: &Data, column: usize) -> Result<bool> {
        for (one, other) in [(first, second), (second, first)] {
            if let Data::Unknown(name) = other {
                let last = name.rsplit("::").next().unwrap_or(name);
                let variant = match one {
                    Data::Typed(value, _) => match self.shape(value, column)? {
                        Shape::Enumerator { name, .. } => name.map(|name| name.into_owned()),
                        Shape::Fields { variant, .. } => variant.map(|name| name.into_owned()),
                        _ => None,
                    },
                    _ => None,
                };
                return match variant {
                    Some(variant) => Ok(variant.rsplit("::").next() == Some(last)),
                    None => Err(self.unknown(name, column)),
                };
            }
        }
        if matches!(first, Data::Text(_)) || matches!(second, Data::Text(_)) {
            return match (self.text(first)?, self.text(second)?) {
                (Some(first), Some(second)) => Ok(first == second),
                _ => Err(ExpressionError::new(column, "a text can only be compared with a text")),
            };
        }
        if let (Some(first), Some(second)) = (self.text(first)?, self.text(second)?) {
            return Ok(first == second);
        }
        Ok(compare(self.number(first, column)?, self.number(second, column)?).is_some_and(|order| order.is_eq()))
    }

    /// The bytes of a text: Rust's and C++'s strings, and what C's pointers and
    /// arrays of characters hold.
    fn text(&self, data: &Data) -> Result<Option<Vec<u8>>> {
        let value = match data {
            Data::Text(text) => return Ok(Some(text.clone().into_bytes())),
            Data::Typed(value, _) => value.clone(),
            _ => return Ok(None),
        };
        let (_, shape) = self.behind(value, 1)?;
        Ok(match shape {
            Shape::Text { address, length } => {
                let mut bytes = vec![0; length.min(MAX_COMPARED) as usize];
                self.stopped.read_memory(address, &mut bytes).then_some(bytes)
            }
            Shape::Pointer { address, target: Some(target) } if self.is_c_character(target) => {
                Some(self.c_text(address, MAX_COMPARED))
            }
            Shape::Elements(elements) if self.is_c_character(elements.element_type()) => {
                elements.address().map(|address| self.c_text(address, elements.count.min(MAX_COMPARED)))
            }
            _ => None,
        })
    }

    fn c_text(&self, address: u64, most: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while (bytes.len() as u64) < most
            && self.stopped.read_memory(address.wrapping_add(bytes.len() as u64), &mut byte)
            && byte != [0]
        {
            bytes.extend(byte);
        }
        bytes
    }

    fn is_c_character(&self, ty: TypeId) -> bool {
        let resolved = self.source().and_then(|source| source.resolve_alias(ty).ok().flatten());
        resolved.is_some_and(|ty| {
            ty.language != Some(Language::Rust)
                && ty.byte_size == Some(1)
                && matches!(ty.kind, TypeKind::Base(Encoding::SignedChar | Encoding::UnsignedChar))
        })
    }

    pub(super) fn truth(&self, data: &Data, column: usize) -> Result<bool> {
        Ok(self.number(data, column)?.truth())
    }

    /// The number that a value is.
    pub(super) fn number(&self, data: &Data, column: usize) -> Result<Number> {
        match data {
            Data::Number(number) | Data::Register(_, number) => Ok(*number),
            Data::Pointer(address, _) => Ok(Number::Integer((*address).into(), ADDRESS)),
            Data::Place(address, target) => {
                let ty = match target {
                    Target::Builtin(builtin) => *builtin,
                    _ => ADDRESS,
                };
                let mut bytes = [0; 16];
                let into = bytes.get_mut(..ty.size()).unwrap_or_default();
                if !self.stopped.read_memory(*address, into) {
                    return Err(ExpressionError::new(column, format!("no memory at {address:#x}")));
                }
                Ok(ty.read(&bytes))
            }
            Data::Text(_) => Err(ExpressionError::new(column, "a text is no number")),
            Data::Unknown(name) => Err(self.unknown(name, column)),
            Data::Typed(value, _) => {
                let size = self.source().and_then(|source| source.size_of(value.ty)).unwrap_or(4);
                let bits = (size * 8).min(128) as u32;
                match self.shape(value, column)? {
                    Shape::Scalar(scalar) => Ok(match scalar {
                        Scalar::Signed(number) => Number::Integer(number, Builtin::Signed(bits)),
                        Scalar::Unsigned(number) => Number::Integer(number as i128, Builtin::Unsigned(bits)),
                        Scalar::Float32(number) => Number::Float(number.into(), Builtin::Float32),
                        Scalar::Float64(number) => Number::Float(number, Builtin::Float64),
                        Scalar::Boolean(value) => Number::Boolean(value),
                        Scalar::Byte(number) => Number::Integer(number.into(), Builtin::Signed(8)),
                        Scalar::Character(character) => Number::Character(character),
                    }),
                    Shape::Enumerator { value, .. } => Ok(Number::Integer(value, Builtin::Signed(bits))),
                    Shape::Pointer { address, .. } => Ok(Number::Integer(address.into(), ADDRESS)),
                    Shape::Elements(elements) if !self.is_rust => match elements.address() {
                        Some(address) => Ok(Number::Integer(address.into(), ADDRESS)),
                        None => Err(ExpressionError::new(column, "an array is no number")),
                    },
                    Shape::Holder(holder) if holder.value.is_some() => {
                        let inner = holder.value.map(|value| Data::Typed(value, None));
                        inner.map_or_else(|| Err(self.unknown("", column)), |inner| self.number(&inner, column))
                    }
                    _ => Err(ExpressionError::new(column, format!("a {} is no number", self.type_name(value)))),
                }
            }
        }
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
                Ok(Data::Pointer(ADDRESS.wrap(address) as u64, *target))
            }
            Target::Builtin(builtin) => Ok(Data::Number(self.number(&data, column)?.cast(builtin))),
            Target::Source(id) => {
                let source = self.source();
                let resolved = source.and_then(|source| source.resolve_alias(id).ok().flatten());
                let known = resolved.and_then(|ty| match ty.kind {
                    TypeKind::Base(encoding) => number_type(encoding, ty.byte_size?),
                    TypeKind::Enumeration { .. } | TypeKind::Pointer { .. } => Some(ADDRESS),
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
        // C's `char` is one byte.
        let is_c_char = name == "char" && !self.is_rust;
        if let Some(builtin) = builtin(name).filter(|_| !is_c_char) {
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
            Some(id) => Ok(Target::Source(id)),
            None if is_c_char => Ok(Target::Builtin(Builtin::Signed(8))),
            None => Err(ExpressionError::new(column, format!("there is no type `{name}`"))),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Expression], column: usize) -> Result<Data> {
        let code = self.stopped.code;
        let found = code.functions_named(name);
        let function = match found.as_slice() {
            [function] => *function,
            [] => return Err(ExpressionError::new(column, format!("there is no function `{name}`"))),
            several => {
                let names: Vec<String> =
                    several.iter().take(MAX_LISTED).map(|function| code.function_name(*function)).collect();
                return Err(ExpressionError::new(column, format!("`{name}` may be {}", names.join(", "))));
            }
        };
        let Some(ty) = super::frame::function_type(code.bytes, function) else {
            return Err(ExpressionError::new(column, format!("the type of `{name}` cannot be read")));
        };
        if ty.params().len() != arguments.len() {
            let message = format!("`{name}` takes {} numbers as arguments, not {}", ty.params().len(), arguments.len());
            return Err(ExpressionError::new(column, message));
        }
        let mut values = Vec::new();
        for (argument, wanted) in arguments.iter().zip(ty.params()) {
            let data = self.evaluate(argument)?;
            let number = self.number(&data, argument.column)?;
            values
                .push(wasm_number(number, *wanted).ok_or_else(|| {
                    ExpressionError::new(argument.column, format!("a {wanted} cannot be given here"))
                })?);
        }
        let called = self.stopped.call(function, &values);
        let results = called.map_err(|error| ExpressionError::new(column, format!("`{name}`: {error}")))?;
        let Some(result) = results.first() else { return Ok(Data::Text("()".to_string())) };
        let declared = self.source().and_then(|source| {
            let body = code.body(function)?;
            let subprogram = source.subprogram_at(body.end.checked_sub(1)?)?;
            let ty = source.type_of(subprogram.id)?;
            // A structure in memory is returned by its address.
            let size = source.size_of(ty)?;
            (size as usize <= result.bytes().len()).then_some(ty)
        });
        let mut bytes = result.bytes();
        Ok(match declared {
            Some(ty) => {
                let size = self.source().and_then(|source| source.size_of(ty)).unwrap_or(4);
                bytes.truncate(size as usize);
                Data::Typed(Value::of_bytes(ty, bytes), None)
            }
            None => {
                use crate::engine::Value as Wasm;
                let ty = match result {
                    Wasm::I64(_) => Builtin::Signed(64),
                    Wasm::F32(_) => Builtin::Float32,
                    Wasm::F64(_) => Builtin::Float64,
                    _ => Builtin::Signed(32),
                };
                Data::Number(ty.read(&bytes))
            }
        })
    }

    /// Assigns, and gives what is there then.
    pub(super) fn store(&self, place: Data, value: Data, column: usize) -> Result<Data> {
        let fail = |error: String| ExpressionError::new(column, error);
        match place {
            Data::Typed(place, id) => {
                let Some(address) = place.address() else {
                    return self.store_local(&place, id, value, column);
                };
                let bytes = self.bytes_for(&place, value, column)?;
                if let Some((first, width)) = place.bit_field() {
                    let count = (first + width).div_ceil(8).min(16) as usize;
                    let mut before = [0; 16];
                    let span = before.get_mut(..count).unwrap_or_default();
                    if !self.stopped.read_memory(address, span) {
                        return Err(fail(format!("no memory at {address:#x}")));
                    }
                    let mask = (1_u128.checked_shl(width as u32).unwrap_or(0)).wrapping_sub(1) << first;
                    let new = bytes.iter().take(16).rev().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
                    let all = u128::from_le_bytes(before) & !mask | new << first & mask;
                    let all = all.to_le_bytes();
                    self.stopped.write(address, all.get(..count).unwrap_or_default()).map_err(fail)?;
                } else {
                    self.stopped.write(address, &bytes).map_err(fail)?;
                }
                Ok(Data::Typed(place, id))
            }
            Data::Place(address, target) => {
                let ty = match &target {
                    Target::Builtin(builtin) => *builtin,
                    _ => ADDRESS,
                };
                let number = self.number(&value, column)?.cast(ty);
                self.stopped.write(address, &number.bytes()).map_err(fail)?;
                Ok(Data::Place(address, target))
            }
            Data::Register(name, before) => {
                let number = self.number(&value, column)?.cast(before.ty());
                let wanted = wasm_like(number);
                let index = |kind: &str| name.strip_prefix(kind)?.parse::<u32>().ok();
                let mut engine = self.stopped.engine.borrow_mut();
                let set = if let Some(index) = index("local") {
                    engine.set_local(self.stopped.frame, index, wanted)
                } else if let Some(index) = index("global") {
                    engine.set_global(self.stopped.instance, index, wanted)
                } else {
                    return Err(ExpressionError::new(column, format!("`${name}` cannot be set")));
                };
                set.map_err(|error| ExpressionError::new(column, error))?;
                Ok(Data::Register(name, number))
            }
            _ => Err(ExpressionError::new(column, "only variables, their parts and what pointers lead to can be set")),
        }
    }

    /// Assigns to a variable that does not lie in memory.
    fn store_local(&self, place: &Value, id: Option<EntryId>, value: Data, column: usize) -> Result<Data> {
        let location = id.and_then(|id| self.inspector.as_ref()?.location(id).ok());
        let pieces = location.map(|location| location.pieces).unwrap_or_default();
        let refuse =
            |why: &str| ExpressionError::new(column, format!("{}, which cannot be set: {why}", self.whereabouts(id)));
        let [piece] = pieces.as_slice() else { return Err(refuse("it is no single place")) };
        let bytes = self.bytes_for(place, value, column)?;
        let mut engine = self.stopped.engine.borrow_mut();
        let set = match piece.place {
            Place::Local(index) => {
                if !engine.abilities().set_locals {
                    return Err(refuse("compiled code keeps its locals to itself"));
                }
                let before = engine.locals(self.stopped.frame).ok();
                let before = before.and_then(|locals| locals.get(index as usize).copied());
                let after = before.and_then(|before| like(&before, &bytes));
                engine.set_local(self.stopped.frame, index, after.ok_or_else(|| refuse("its value is not known"))?)
            }
            Place::Global(index) => {
                let before = engine.global(self.stopped.instance, index).ok();
                let after = before.and_then(|before| like(&before, &bytes));
                engine.set_global(self.stopped.instance, index, after.ok_or_else(|| refuse("its value is not known"))?)
            }
            _ => return Err(refuse("it is computed")),
        };
        set.map_err(|error| ExpressionError::new(column, error))?;
        Ok(Data::Typed(Value::of_bytes(place.ty, bytes), None))
    }

    /// The bytes that make a place hold a value.
    fn bytes_for(&self, place: &Value, value: Data, column: usize) -> Result<Vec<u8>> {
        let source = self.source();
        let size = source.and_then(|source| source.size_of(place.ty)).filter(|size| *size <= MAX_ASSIGNED);
        let size = size.ok_or_else(|| ExpressionError::new(column, "the size of its type is not known"))? as usize;
        let resolved = |ty| source.and_then(|source| source.resolve_alias(ty).ok().flatten());
        let ty: Option<Type<'_>> = resolved(place.ty);
        let kind = ty.as_ref().map(|ty| &ty.kind);
        if let Data::Unknown(name) = &value {
            let last = name.rsplit("::").next().unwrap_or(name);
            let found = match kind {
                Some(TypeKind::Enumeration { enumerators, .. }) => {
                    enumerators.iter().find(|constant| constant.name.as_deref() == Some(last))
                }
                _ => None,
            };
            let found = found.ok_or_else(|| self.unknown(name, column))?;
            return Ok(found.value.to_le_bytes().into_iter().take(size).collect());
        }
        let number_type = match kind {
            Some(TypeKind::Base(encoding)) => number_type(*encoding, size as u64),
            Some(TypeKind::Pointer { .. }) => Some(ADDRESS),
            Some(TypeKind::Enumeration { .. }) => Some(Builtin::Unsigned((size * 8).min(128) as u32)),
            _ => None,
        };
        if let Some(number_type) = number_type {
            let mut bytes = self.number(&value, column)?.cast(number_type).bytes();
            bytes.resize(size, 0);
            return Ok(bytes);
        }
        // A structure or array: a copy of one of the same type.
        if let Data::Typed(from, _) = &value
            && resolved(from.ty).map(|ty| ty.id) == ty.as_ref().map(|ty| ty.id)
        {
            let mut bytes = vec![0; size];
            let read = self.inspector(column)?.read(from, &mut bytes);
            read.map_err(|error| ExpressionError::new(column, error))?;
            return Ok(bytes);
        }
        // What holds one number, such as `Cell` or `NonZero`, takes it.
        let message = format!("a {} can only be set to another one", self.type_name(place));
        Err(ExpressionError::new(column, message))
    }

    fn type_name(&self, value: &Value) -> String {
        self.source().map(|source| source.type_name(value.ty)).unwrap_or_default()
    }

    fn target_name(&self, target: &Target) -> String {
        match target {
            Target::Source(ty) => self.source().map(|source| source.type_name(*ty)).unwrap_or_default(),
            Target::Builtin(builtin) => self.builtin_name(*builtin),
            Target::Pointer(inner) => self.pointer_name(inner),
            Target::Void => "void".to_string(),
        }
    }

    fn pointer_name(&self, target: &Target) -> String {
        let inner = self.target_name(target);
        match self.is_rust {
            true => format!("*mut {inner}"),
            false => format!("{inner}{}*", if inner.ends_with('*') { "" } else { " " }),
        }
    }

    fn builtin_name(&self, builtin: Builtin) -> String {
        let c = match builtin {
            _ if self.is_rust => return builtin.to_string(),
            Builtin::Signed(8) => "signed char",
            Builtin::Signed(16) => "short",
            Builtin::Signed(32) => "int",
            Builtin::Signed(64) => "long long",
            Builtin::Unsigned(8) => "unsigned char",
            Builtin::Unsigned(16) => "unsigned short",
            Builtin::Unsigned(32) => "unsigned int",
            Builtin::Unsigned(64) => "unsigned long long",
            Builtin::Float32 => "float",
            Builtin::Float64 => "double",
            other => return other.to_string(),
        };
        c.to_string()
    }

    /// What a type of this name is made of.
    pub(super) fn describe_named(&self, name: &str) -> Option<String> {
        let name = name.trim();
        let tagged = ["struct ", "union ", "enum ", "class "].iter().find_map(|tag| name.strip_prefix(tag));
        let plain = tagged.unwrap_or(name);
        let word = |character: char| character.is_alphanumeric() || "_:<>, ()&".contains(character);
        if !plain.chars().all(word) || (tagged.is_none() && self.is_variable(plain)) {
            return None;
        }
        let source = self.source()?;
        Some(self.describe_type(source.find_type(plain.rsplit("::").next().unwrap_or(plain), self.unit)?))
    }

    fn is_variable(&self, name: &str) -> bool {
        let variables = self.inspector.as_ref().and_then(|inspector| inspector.variables().ok()).unwrap_or_default();
        variables.iter().any(|variable| variable.name.as_deref() == Some(name))
    }

    pub(super) fn describe(&self, data: &Data) -> String {
        match data {
            Data::Typed(value, _) => self.describe_type(value.ty),
            other => self.show(other.clone(), super::LIMITS).type_name,
        }
    }

    /// A type with its members.
    fn describe_type(&self, id: TypeId) -> String {
        let Some(source) = self.source() else { return String::new() };
        let name = source.type_name(id);
        let Ok(Some(ty)) = source.resolve_alias(id) else { return name };
        let is_rust = ty.language == Some(Language::Rust);
        let resolved = source.type_name(ty.id);
        let member = |member: &wasm_source::Member<'_>| {
            let ty = member.ty.map(|ty| source.type_name(ty)).unwrap_or_default();
            let bits = member.bits.map(|(_, width)| format!(" : {width}")).unwrap_or_default();
            match (&member.name, is_rust) {
                (Some(name), true) => format!("    {}: {ty},\n", name.trim_start_matches("__")),
                (Some(name), false) => {
                    // `char letters[8]`, not `char [8] letters`.
                    let (base, array) =
                        ty.split_once(" [").map_or((&*ty, String::new()), |(base, rest)| (base, format!("[{rest}")));
                    let space = if base.ends_with('*') { "" } else { " " };
                    format!("    {base}{space}{name}{array}{bits};\n")
                }
                (None, _) => format!("    {ty};\n"),
            }
        };
        match &ty.kind {
            TypeKind::Composite(composite) => {
                let mut text = match (is_rust, composite.is_union, &composite.variants) {
                    (true, _, Some(_)) => format!("enum {resolved} {{\n"),
                    (true, true, _) => format!("union {resolved} {{\n"),
                    (true, ..) => format!("struct {resolved} {{\n"),
                    (false, ..) => format!("{resolved} {{\n"),
                };
                text.extend(composite.members.iter().map(member));
                if let Some(part) = &composite.variants {
                    for variant in part.variants.iter().flat_map(|variant| &variant.members) {
                        let inner = variant.ty.and_then(|ty| source.resolve_alias(ty).ok().flatten());
                        let fields = match inner.map(|ty| ty.kind) {
                            Some(TypeKind::Composite(inner)) => inner.members,
                            _ => Vec::new(),
                        };
                        let ty = |field: &wasm_source::Member<'_>| {
                            field.ty.map(|ty| source.type_name(ty)).unwrap_or_default()
                        };
                        let is_tuple =
                            fields.iter().all(|field| field.name.as_deref().is_some_and(|name| name.starts_with("__")));
                        let name = variant.name.as_deref().unwrap_or_default();
                        let fields: Vec<String> = fields
                            .iter()
                            .map(|field| match is_tuple {
                                true => ty(field),
                                false => format!("{}: {}", field.name.as_deref().unwrap_or_default(), ty(field)),
                            })
                            .collect();
                        text += &match (fields.is_empty(), is_tuple) {
                            (true, _) => format!("    {name},\n"),
                            (_, true) => format!("    {name}({}),\n", fields.join(", ")),
                            _ => format!("    {name}{{{}}},\n", fields.join(", ")),
                        };
                    }
                }
                text + "}"
            }
            TypeKind::Enumeration { enumerators, .. } => {
                let names: Vec<&str> = enumerators.iter().filter_map(|constant| constant.name.as_deref()).collect();
                format!("{} {{{}}}", if is_rust { format!("enum {resolved}") } else { resolved }, names.join(", "))
            }
            TypeKind::Pointer { target: Some(target), .. } => {
                let target = source.resolve_alias(*target).ok().flatten();
                match target {
                    Some(ty) if matches!(ty.kind, TypeKind::Composite(_)) => match is_rust {
                        true if resolved.starts_with('&') => format!("&{}", self.describe_type(ty.id)),
                        true => format!("*mut {}", self.describe_type(ty.id)),
                        false => format!("{} *", self.describe_type(ty.id)),
                    },
                    _ => resolved,
                }
            }
            _ => resolved,
        }
    }

    /// A value as it is shown.
    pub(super) fn show(&self, data: Data, limits: Limits) -> Evaluated {
        let integer = match &data {
            Data::Typed(value, _) => match self.inspector.as_ref().map(|inspector| inspector.shape(value)) {
                Some(Ok(Shape::Scalar(_) | Shape::Enumerator { .. } | Shape::Pointer { .. })) => {
                    self.number(&data, 1).ok()
                }
                _ => None,
            },
            Data::Text(_) | Data::Unknown(_) => None,
            other => self.number(other, 1).ok(),
        };
        let (text, type_name, address, size_bytes) = match &data {
            Data::Typed(value, _) => {
                let inspector = self.inspector.as_ref();
                let size = self.source().and_then(|source| source.size_of(value.ty));
                let text = inspector.map(|inspector| inspector.text(value, limits));
                (text.unwrap_or_default(), self.type_name(value), value.address(), size)
            }
            Data::Number(number) | Data::Register(_, number) => {
                (number.to_string(), self.builtin_name(number.ty()), None, Some(number.ty().size() as u64))
            }
            Data::Pointer(address, target) => {
                let mut text = format!("{address:#x}");
                if let Target::Source(ty) = target
                    && self.is_c_character(*ty)
                    && let Some(inspector) = &self.inspector
                {
                    text += &format!(" {}", inspector.text(&Value::run(*ty, *address, limits.text as u64), limits));
                }
                (text, self.pointer_name(target), None, Some(4))
            }
            Data::Place(address, target) => {
                let text = match (self.number(&data, 1), target) {
                    (Ok(number), Target::Pointer(_)) => format!("{:#x}", number.integer()),
                    (Ok(number), _) => number.to_string(),
                    (Err(error), _) => format!("<{}>", error.message),
                };
                (text, self.target_name(target), Some(*address), self.target_size(target))
            }
            Data::Text(text) if text == "()" => ("()".to_string(), "()".to_string(), None, Some(0)),
            Data::Text(text) | Data::Unknown(text) => {
                (format!("{text:?}"), "str".to_string(), None, Some(text.len() as u64))
            }
        };
        let child_count = match (&self.inspector, &data) {
            (Some(inspector), Data::Typed(value, _)) => inspector.child_count(value).unwrap_or(0),
            (Some(inspector), Data::Pointer(address, Target::Source(ty))) => {
                inspector.child_count(&inspector.at(*ty, *address)).unwrap_or(0)
            }
            _ => 0,
        };
        let handle = Handle { data, frame: self.stopped.frame, inlined_at: self.inlined_at };
        Evaluated { text, type_name, address, size_bytes, integer: integer.map(Number::integer), child_count, handle }
    }

    pub(super) fn children(&self, data: &Data, places: Range<u64>, limits: Limits) -> Result<Vec<(String, Evaluated)>> {
        let inspector = self.inspector(1)?;
        let value = match data {
            Data::Typed(value, _) => value.clone(),
            Data::Pointer(address, Target::Source(ty)) => inspector.at(*ty, *address),
            _ => return Ok(Vec::new()),
        };
        let children = inspector.children(&value, places).map_err(|error| ExpressionError::new(1, error))?;
        let shown = children
            .into_iter()
            .map(|child| (child.name.into_owned(), self.show(Data::Typed(child.value, None), limits)));
        Ok(shown.collect())
    }

    pub(super) fn variables(&self, limits: Limits) -> Vec<Variable> {
        let Some(inspector) = &self.inspector else { return Vec::new() };
        let all = inspector.variables().unwrap_or_default();
        let own: Vec<_> =
            all.into_iter().filter(|variable| variable.frame == self.inlined_at && variable.name.is_some()).collect();
        let hides = |at: usize, variable: &wasm_source::Variable<'_>| {
            own.iter()
                .enumerate()
                .any(|(other_at, other)| other.name == variable.name && (other.block, other_at) > (variable.block, at))
        };
        let shown = own.iter().enumerate().map(|(at, variable)| Variable {
            name: variable.name.as_deref().unwrap_or_default().to_string(),
            is_parameter: variable.is_parameter,
            is_hidden: hides(at, variable),
            value: match inspector.variable(variable.id) {
                Ok(value) => Ok(self.show(Data::Typed(value, Some(variable.id)), limits)),
                Err(error) => Err(error.to_string()),
            },
        });
        shown.collect()
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

/// At least an `int`, as C computes.
fn promote(ty: Builtin) -> Builtin {
    match ty {
        Builtin::Signed(bits) if bits >= 32 => ty,
        Builtin::Unsigned(bits) if bits >= 32 => ty,
        Builtin::Float32 | Builtin::Float64 => ty,
        Builtin::Character => Builtin::Unsigned(32),
        _ => Builtin::Signed(32),
    }
}

/// The type that two numbers are computed in.
fn common(first: Builtin, second: Builtin) -> Builtin {
    let (first, second) = (promote(first), promote(second));
    let bits = |ty: Builtin| match ty {
        Builtin::Signed(bits) | Builtin::Unsigned(bits) => bits,
        _ => 32,
    };
    match (first, second) {
        (Builtin::Float64, _) | (_, Builtin::Float64) => Builtin::Float64,
        (Builtin::Float32, _) | (_, Builtin::Float32) => Builtin::Float32,
        _ if bits(first) > bits(second) => first,
        _ if bits(second) > bits(first) => second,
        (Builtin::Unsigned(_), _) => first,
        _ => second,
    }
}

fn arithmetic(operator: Binary, first: Number, second: Number) -> std::result::Result<Number, &'static str> {
    let mut ty = common(first.ty(), second.ty());
    if matches!(ty, Builtin::Float32 | Builtin::Float64) {
        let (one, other) = (first.float(), second.float());
        let value = match operator {
            Binary::Add => one + other,
            Binary::Subtract => one - other,
            Binary::Multiply => one * other,
            Binary::Divide => one / other,
            Binary::Remainder => one % other,
            _ => return Err("this operator is for integers"),
        };
        return Ok(Number::Float(value, Builtin::Float64).cast(ty));
    }
    let (one, other) = (first.integer(), second.integer());
    let wide = ty == Builtin::Unsigned(128);
    let value = match operator {
        Binary::Add => one.wrapping_add(other),
        Binary::Subtract => one.wrapping_sub(other),
        Binary::Multiply => one.wrapping_mul(other),
        Binary::Divide | Binary::Remainder if other == 0 => return Err("division by zero"),
        Binary::Divide if wide => (one as u128 / other as u128) as i128,
        Binary::Remainder if wide => (one as u128 % other as u128) as i128,
        Binary::Divide => one.wrapping_div(other),
        Binary::Remainder => one.wrapping_rem(other),
        Binary::ShiftLeft | Binary::ShiftRight => {
            ty = promote(first.ty());
            let by = u32::try_from(other).map_err(|_| "a shift by a negative number")?;
            match operator {
                Binary::ShiftLeft => one.checked_shl(by).unwrap_or(0),
                _ if wide => (one as u128).checked_shr(by).unwrap_or(0) as i128,
                _ => one.checked_shr(by).unwrap_or(if one < 0 { -1 } else { 0 }),
            }
        }
        Binary::BitAnd => one & other,
        Binary::BitOr => one | other,
        Binary::BitXor => one ^ other,
        _ => return Err("this operator gives no number"),
    };
    let both_true = matches!((first, second), (Number::Boolean(_), Number::Boolean(_)));
    if both_true && matches!(operator, Binary::BitAnd | Binary::BitOr | Binary::BitXor) {
        return Ok(Number::Boolean(value != 0));
    }
    Ok(Number::Integer(ty.wrap(value), ty))
}

/// By value: -1 is less than any unsigned number.
fn compare(first: Number, second: Number) -> Option<std::cmp::Ordering> {
    let is_float = |number: Number| matches!(number, Number::Float(..));
    if is_float(first) || is_float(second) {
        return first.float().partial_cmp(&second.float());
    }
    let wide = |number: Number| matches!(number, Number::Integer(value, Builtin::Unsigned(128)) if value < 0);
    match (wide(first), wide(second)) {
        (true, false) => Some(std::cmp::Ordering::Greater),
        (false, true) => Some(std::cmp::Ordering::Less),
        _ => Some(first.integer().cmp(&second.integer())),
    }
}

/// A number as an argument of a function.
fn wasm_number(number: Number, wanted: wasmparser::ValType) -> Option<crate::engine::Value> {
    use crate::engine::Value;
    Some(match wanted {
        wasmparser::ValType::I32 => Value::I32(number.integer() as u32),
        wasmparser::ValType::I64 => Value::I64(number.integer() as u64),
        wasmparser::ValType::F32 => Value::F32((number.float() as f32).to_bits()),
        wasmparser::ValType::F64 => Value::F64(number.float().to_bits()),
        _ => return None,
    })
}

/// A number of a type that locals have.
fn wasm_like(number: Number) -> crate::engine::Value {
    use crate::engine::Value;
    match number {
        Number::Float(value, Builtin::Float32) => Value::F32((value as f32).to_bits()),
        Number::Float(value, _) => Value::F64(value.to_bits()),
        Number::Integer(value, Builtin::Signed(64) | Builtin::Unsigned(64)) => Value::I64(value as u64),
        Number::Integer(value, Builtin::Signed(128) | Builtin::Unsigned(128)) => Value::V128(value as u128),
        other => Value::I32(other.integer() as u32),
    }
}

/// These bytes as a value of the same type as another one.
fn like(before: &crate::engine::Value, bytes: &[u8]) -> Option<crate::engine::Value> {
    use crate::engine::Value;
    let bits = bytes.iter().take(16).rev().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    Some(match before {
        Value::I32(_) => Value::I32(bits as u32),
        Value::I64(_) => Value::I64(bits as u64),
        Value::F32(_) => Value::F32(bits as u32),
        Value::F64(_) => Value::F64(bits as u64),
        Value::V128(_) => Value::V128(bits),
        Value::Reference(_) => return None,
    })
}
