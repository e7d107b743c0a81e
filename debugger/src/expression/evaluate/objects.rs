//! Objects of the garbage-collected heap: their fields, their elements, their
//! text.

use super::*;
use crate::engine::{Object, ObjectId, Reference, Value as Wasm};

/// How deep the text of an object goes: they may lead to themselves.
const MAX_DEPTH: usize = 3;

impl Evaluator<'_, '_, '_> {
    /// What a value of a local, global, operand or object is.
    pub(in crate::expression) fn wasm(&self, value: Wasm) -> Data {
        let ty = match value {
            Wasm::I32(_) => Builtin::Signed(32),
            Wasm::I64(_) => Builtin::Signed(64),
            Wasm::F32(_) => Builtin::Float32,
            Wasm::F64(_) => Builtin::Float64,
            Wasm::V128(_) => Builtin::Unsigned(128),
            Wasm::Reference(reference) => return Data::Reference(reference),
        };
        Data::Number(ty.read(&value.bytes()))
    }

    fn object(&self, id: ObjectId, places: Range<u32>) -> Result<Object> {
        let object = self.stopped.engine.borrow_mut().object(id, places);
        object.map_err(|error| ExpressionError::new(1, error))
    }

    /// The name of an object's type.
    fn object_type(&self, object: &Object) -> String {
        match object.ty.map(|(module, ty)| (self.stopped.all.get(module.0 as usize), ty)) {
            Some((Some(code), ty)) => code.type_name(ty),
            _ => "object".to_string(),
        }
    }

    /// The name of a field, else its number.
    fn field_name(&self, object: &Object, field: u32) -> String {
        let named = object.ty.and_then(|(module, ty)| self.stopped.all.get(module.0 as usize)?.field_name(ty, field));
        named.map_or_else(|| field.to_string(), str::to_string)
    }

    /// The field with a name or number.
    pub(super) fn object_field(&self, reference: Reference, name: &str, column: usize) -> Result<Data> {
        let Reference::Struct(id) = reference else {
            return Err(ExpressionError::new(column, format!("{reference} has no field `{name}`")));
        };
        let object = self.object(id, 0..u32::MAX)?;
        let names: Vec<String> = (0..object.length).map(|field| self.field_name(&object, field)).collect();
        let named = names.iter().position(|known| known == name).or_else(|| name.parse().ok());
        match named.and_then(|field| object.parts.get(field)) {
            Some(part) => Ok(self.wasm(*part)),
            None => {
                let more = if names.len() > MAX_LISTED { " …" } else { "" };
                let names = names.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
                let ty = self.object_type(&object);
                Err(ExpressionError::new(column, format!("{ty} has no field `{name}`; it has {names}{more}")))
            }
        }
    }

    /// The element at an index.
    pub(super) fn object_element(&self, reference: Reference, index: &Data, column: usize) -> Result<Data> {
        let Reference::Array(id) = reference else {
            return Err(ExpressionError::new(column, format!("{reference} has no elements")));
        };
        let at = self.number(index, column)?.integer();
        let place = u32::try_from(at).unwrap_or(u32::MAX);
        let object = self.object(id, place..place.saturating_add(1))?;
        let outside = || ExpressionError::new(column, format!("index {at} of {} elements", object.length));
        object.parts.first().map(|part| self.wasm(*part)).ok_or_else(outside)
    }

    /// A reference as it is shown: the text, the name of its type, how many
    /// parts it has.
    pub(super) fn reference(&self, reference: Reference, limits: Limits) -> (String, String, u64) {
        let mut text = String::new();
        self.write_reference(reference, limits, 0, &mut text);
        let plain = Wasm::Reference(reference).ty().to_string();
        match reference {
            Reference::Struct(id) | Reference::Array(id) => match self.object(id, 0..0) {
                Ok(object) => (text, self.object_type(&object), object.length.into()),
                Err(_) => (text, plain, 0),
            },
            _ => (text, plain, 0),
        }
    }

    fn write_reference(&self, reference: Reference, limits: Limits, depth: usize, text: &mut String) {
        let (id, is_struct) = match reference {
            Reference::Struct(id) => (id, true),
            Reference::Array(id) => (id, false),
            other => return text.push_str(&other.to_string()),
        };
        let most = u32::try_from(limits.elements).unwrap_or(u32::MAX);
        let object = match self.object(id, 0..most) {
            Ok(object) => object,
            Err(error) => return text.push_str(&format!("<{}>", error.message)),
        };
        let (open, close) = if is_struct { (" {", "}") } else { (" [", "]") };
        *text += &self.object_type(&object);
        *text += open;
        for (part, at) in object.parts.iter().zip(0..) {
            if at > 0 {
                text.push_str(", ");
            }
            if depth + 1 >= MAX_DEPTH.min(limits.depth) || text.len() >= limits.total {
                text.push('…');
                break;
            }
            if is_struct {
                *text += &format!("{} = ", self.field_name(&object, at));
            }
            match part {
                Wasm::Reference(inner) => self.write_reference(*inner, limits, depth + 1, text),
                number => *text += &number.to_string(),
            }
        }
        if object.length > most {
            text.push_str(", …");
        }
        text.push_str(close);
    }

    /// The parts of an object, by name.
    pub(super) fn object_parts(&self, reference: Reference, places: Range<u64>) -> Result<Vec<(String, Data)>> {
        let (id, is_struct) = match reference {
            Reference::Struct(id) => (id, true),
            Reference::Array(id) => (id, false),
            _ => return Ok(Vec::new()),
        };
        let place = |place: u64| u32::try_from(place).unwrap_or(u32::MAX);
        let start = place(places.start);
        let object = self.object(id, start..place(places.end))?;
        let name = |at: u32| if is_struct { self.field_name(&object, at) } else { format!("[{at}]") };
        Ok(object.parts.iter().zip(start..).map(|(part, at)| (name(at), self.wasm(*part))).collect())
    }
}
