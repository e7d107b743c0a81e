//! Assignments.

use super::*;

impl Evaluator<'_, '_, '_> {
    /// Assigns, and gives what is there then.
    pub(in crate::expression) fn store(&self, place: Data, value: Data, column: usize) -> Result<Data> {
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
                    _ => self.address,
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

    /// The bytes of a value that its type tells all of.
    pub(in crate::expression) fn copy(&self, value: &Value) -> Option<Vec<u8>> {
        let is_plain = value.dimension() == 0 && value.bit_field().is_none() && !value.is_run();
        let size = self.source()?.size_of(value.ty).filter(|size| is_plain && *size <= MAX_ASSIGNED)?;
        let mut bytes = vec![0; size as usize];
        self.inspector(1).ok()?.read(value, &mut bytes).ok()?;
        Some(bytes)
    }

    /// Assigns to a variable that does not lie in memory.
    pub(super) fn store_local(&self, place: &Value, id: Option<EntryId>, value: Data, column: usize) -> Result<Data> {
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
    pub(super) fn bytes_for(&self, place: &Value, value: Data, column: usize) -> Result<Vec<u8>> {
        let source = self.source();
        let size = source.and_then(|source| source.value_size(place)).filter(|size| *size <= MAX_ASSIGNED);
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
            Some(TypeKind::Pointer { .. }) => Some(self.address),
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
            && from.dimension() == place.dimension()
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
