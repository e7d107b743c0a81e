//! Operators of two operands, and the numbers and texts that they work on.

use std::cmp::Ordering;

use super::*;

impl Evaluator<'_, '_, '_> {
    pub(super) fn binary(
        &mut self,
        operator: Binary,
        left: &Expression,
        right: &Expression,
        column: usize,
    ) -> Result<Data> {
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
            Binary::Repeat => {
                let count = u64::try_from(self.number(&second, right.column)?.integer()).unwrap_or(0);
                return match self.resolved(first, left.column)? {
                    Data::Typed(value, _) if value.dimension() == 0 && count > 0 => match value.address() {
                        Some(address) => Ok(Data::Typed(Value::run(value.ty, address, count), None)),
                        None => Err(ExpressionError::new(column, "only what lies in memory has others after it")),
                    },
                    _ => Err(ExpressionError::new(column, "`@` needs a value in memory and a count")),
                };
            }
            Binary::Equal | Binary::NotEqual => {
                let equal = self.equal(&first, &second, column)?;
                return Ok(Data::Number(Number::Boolean(equal == (operator == Binary::Equal))));
            }
            operator if operator.compares() => {
                let order = match (self.text(&first)?, self.text(&second)?) {
                    (Some(first), Some(second)) => Some(first.cmp(&second)),
                    _ => compare(self.number(&first, left.column)?, self.number(&second, right.column)?),
                };
                return Ok(Data::Number(Number::Boolean(holds(operator, order))));
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

    pub(super) fn equal(&self, first: &Data, second: &Data, column: usize) -> Result<bool> {
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
    pub(in crate::expression) fn text(&self, data: &Data) -> Result<Option<Vec<u8>>> {
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

    pub(super) fn c_text(&self, address: u64, most: u64) -> Vec<u8> {
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

    pub(in crate::expression) fn is_c_character(&self, ty: TypeId) -> bool {
        let resolved = self.source().and_then(|source| source.resolve_alias(ty).ok().flatten());
        resolved.is_some_and(|ty| {
            ty.language != Some(Language::Rust)
                && ty.byte_size == Some(1)
                && matches!(ty.kind, TypeKind::Base(Encoding::SignedChar | Encoding::UnsignedChar))
        })
    }

    pub(in crate::expression) fn truth(&self, data: &Data, column: usize) -> Result<bool> {
        Ok(self.number(data, column)?.truth())
    }

    /// The number that a value is.
    pub(in crate::expression) fn number(&self, data: &Data, column: usize) -> Result<Number> {
        match data {
            Data::Number(number) | Data::Register(_, number) => Ok(*number),
            Data::Pointer(address, _) => Ok(Number::Integer((*address).into(), self.address)),
            Data::Place(address, target) => {
                let ty = match target {
                    Target::Builtin(builtin) => *builtin,
                    _ => self.address,
                };
                let mut bytes = [0; 16];
                let into = bytes.get_mut(..ty.size()).unwrap_or_default();
                if !self.stopped.read_memory(*address, into) {
                    return Err(ExpressionError::new(column, format!("no memory at {address:#x}")));
                }
                Ok(ty.read(&bytes))
            }
            Data::Text(_) => Err(ExpressionError::new(column, "a text is no number")),
            Data::Reference(Reference::I31(number)) => Ok(Number::Integer((*number).into(), Builtin::Signed(32))),
            Data::Reference(reference) => Err(ExpressionError::new(column, format!("{reference} is no number"))),
            Data::Unknown(name) => {
                let constant = self.constant(name).ok_or_else(|| self.unknown(name, column))?;
                self.number(&constant, column)
            }
            Data::Typed(value, _) => {
                let size = self.source().and_then(|source| source.size_of(value.ty)).unwrap_or(4);
                let bits = (size * 8).min(128) as u32;
                match self.shape(value, column)? {
                    Shape::Scalar(scalar) => Ok(match scalar {
                        Scalar::Complex(..) => {
                            return Err(ExpressionError::new(column, "nothing is computed with complex numbers"));
                        }
                        Scalar::Signed(number) => Number::Integer(number, Builtin::Signed(bits)),
                        Scalar::Unsigned(number) => Number::Integer(number as i128, Builtin::Unsigned(bits)),
                        Scalar::Float32(number) => Number::Float(number.into(), Builtin::Float32),
                        Scalar::Float64(number) => Number::Float(number, Builtin::Float64),
                        Scalar::Boolean(value) => Number::Boolean(value),
                        Scalar::Byte(number) => Number::Integer(number.into(), Builtin::Signed(8)),
                        Scalar::Character(character) => Number::Character(character),
                    }),
                    Shape::Enumerator { value, .. } => Ok(Number::Integer(value, Builtin::Signed(bits))),
                    Shape::Pointer { address, .. } => Ok(Number::Integer(address.into(), self.address)),
                    Shape::Elements(elements) if !self.is_rust => match elements.address() {
                        Some(address) => Ok(Number::Integer(address.into(), self.address)),
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
}

/// What an operator of one operand makes of a number.
pub(in crate::expression) fn negated(operator: Unary, number: Number, is_rust: bool) -> Number {
    match (operator, number) {
        (Unary::Negate, Number::Float(value, ty)) => Number::Float(-value, ty),
        (Unary::Negate, number) => {
            let ty = promote(number.ty());
            Number::Integer(ty.wrap(number.integer().wrapping_neg()), ty)
        }
        (Unary::Complement, number) => {
            let ty = promote(number.ty());
            Number::Integer(ty.wrap(!number.integer()), ty)
        }
        (_, Number::Integer(value, ty)) if is_rust => Number::Integer(ty.wrap(!value), ty),
        (_, number) => Number::Boolean(!number.truth()),
    }
}

/// Whether a comparison holds of two numbers in this order.
pub(in crate::expression) fn holds(operator: Binary, order: Option<Ordering>) -> bool {
    match (operator, order) {
        (Binary::NotEqual, None) => true,
        (_, None) => false,
        (Binary::NotEqual, Some(order)) => order.is_ne(),
        (Binary::Less, Some(order)) => order.is_lt(),
        (Binary::LessEqual, Some(order)) => order.is_le(),
        (Binary::Greater, Some(order)) => order.is_gt(),
        (Binary::GreaterEqual, Some(order)) => order.is_ge(),
        (_, Some(order)) => order.is_eq(),
    }
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

pub(in crate::expression) fn arithmetic(
    operator: Binary,
    first: Number,
    second: Number,
) -> std::result::Result<Number, &'static str> {
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
pub(in crate::expression) fn compare(first: Number, second: Number) -> Option<Ordering> {
    let is_float = |number: Number| matches!(number, Number::Float(..));
    if is_float(first) || is_float(second) {
        return first.float().partial_cmp(&second.float());
    }
    let wide = |number: Number| matches!(number, Number::Integer(value, Builtin::Unsigned(128)) if value < 0);
    match (wide(first), wide(second)) {
        (true, false) => Some(Ordering::Greater),
        (false, true) => Some(Ordering::Less),
        _ => Some(first.integer().cmp(&second.integer())),
    }
}
