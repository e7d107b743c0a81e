//! Objects of the garbage-collected heap: those that were shown are held until
//! the program goes on, and go by a number until then.
//!
//! wasmtime does not tell which type of a module an object has, only what it is
//! made of. So the module's types are compared with that.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};

use wasm_host::State;
use wasmparser::{
    AbstractHeapType, CompositeInnerType, HeapType as ParsedHeap, Parser, Payload, StorageType as Parsed, SubType,
    UnpackedIndex, ValType as ParsedValue,
};
use wasmtime::{
    AnyRef, ArrayType, FieldType, Finality, HeapType, Mutability, OwnedRooted, Rooted, StorageType, StoreContextMut,
    StructType, ValType,
};

use super::failed;
use super::guest::Guest;
use crate::engine::{EngineError, ModuleId, Object, ObjectId, Reference, Result};

/// How many objects are held at the most.
const MAX_HELD: usize = 1 << 20;
/// Through how many references types are compared.
const MAX_DEPTH: u32 = 2;

/// The objects that go by a number.
#[derive(Default)]
pub(super) struct Objects {
    held: Mutex<Held>,
    /// The modules' types, by module and index.
    types: OnceLock<Vec<Vec<SubType>>>,
}

#[derive(Default)]
struct Held {
    all: Vec<OwnedRooted<AnyRef>>,
    /// Where those with a hash are among all.
    places: HashMap<u64, Vec<u32>>,
}

impl Objects {
    /// Lets them go: the program runs, and may drop them.
    pub(super) fn release(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Held::default();
    }
}

impl Guest {
    /// What a reference is; an object gets a number.
    pub(super) fn reference(&self, store: &mut StoreContextMut<'_, State>, reference: Rooted<AnyRef>) -> Reference {
        self.known(store, reference).unwrap_or(Reference::Object)
    }

    fn known(&self, store: &mut StoreContextMut<'_, State>, reference: Rooted<AnyRef>) -> wasmtime::Result<Reference> {
        if let Some(number) = reference.as_i31(&*store)? {
            return Ok(Reference::I31(number.get_i32()));
        }
        let is_struct = reference.is_struct(&*store)?;
        if !is_struct && !reference.is_array(&*store)? {
            return Ok(Reference::Object);
        }
        let mut held = self.objects.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hasher = DefaultHasher::new();
        reference.ref_hash(&*store, &mut hasher)?;
        let hash = hasher.finish();
        let mut number = None;
        for at in held.places.get(&hash).into_iter().flatten() {
            let other = held.all[*at as usize].to_rooted(&mut *store);
            if Rooted::ref_eq(&*store, &reference, &other)? {
                number = Some(*at);
            }
        }
        let number = match number {
            Some(number) => number,
            None if held.all.len() >= MAX_HELD => return Ok(Reference::Object),
            None => {
                let number = held.all.len() as u32;
                let owned = reference.to_owned_rooted(&mut *store)?;
                held.all.push(owned);
                held.places.entry(hash).or_default().push(number);
                number
            }
        };
        Ok(if is_struct { Reference::Struct(ObjectId(number)) } else { Reference::Array(ObjectId(number)) })
    }

    /// What an object holds, at these places.
    pub(super) fn object(
        &self,
        store: &mut StoreContextMut<'_, State>,
        id: ObjectId,
        places: Range<u32>,
    ) -> Result<Object> {
        let held = self.objects.held.lock().unwrap_or_else(PoisonError::into_inner);
        let object = held.all.get(id.0 as usize).map(|object| object.to_rooted(&mut *store));
        drop(held);
        let object = object.ok_or_else(|| EngineError::NoSuch(format!("object {}: the program has gone on", id.0)))?;
        let (ty, length, parts) = if let Some(object) = object.as_struct(&*store).map_err(failed)? {
            let ty = object.ty(&*store).map_err(failed)?;
            let length = ty.fields().len() as u32;
            let parts = { places.start..places.end.min(length) }
                .map(|field| object.field(&mut *store, field as usize))
                .collect::<wasmtime::Result<Vec<_>>>();
            (self.struct_type(&ty), length, parts)
        } else if let Some(object) = object.as_array(&*store).map_err(failed)? {
            let ty = object.ty(&*store).map_err(failed)?;
            let length = object.len(&*store).map_err(failed)?;
            let parts = { places.start..places.end.min(length) }
                .map(|element| object.get(&mut *store, element))
                .collect::<wasmtime::Result<Vec<_>>>();
            (self.array_type(&ty), length, parts)
        } else {
            return Err(EngineError::NoSuch(format!("struct or array {}", id.0)));
        };
        let parts = parts.map_err(failed)?;
        let parts = parts.into_iter().map(|part| self.value(store, part)).collect();
        Ok(Object { ty, length, parts })
    }

    fn types(&self) -> &[Vec<SubType>] {
        self.objects.types.get_or_init(|| {
            let all = self.modules().iter().map(|module| types_of(module.debug_bytecode().unwrap_or_default()));
            all.collect()
        })
    }

    /// The first type of a module that `fits`.
    fn first(&self, fits: impl Fn(&[SubType], &SubType) -> bool) -> Option<(ModuleId, u32)> {
        let modules = self.types().iter().zip(0..);
        modules.into_iter().find_map(|(types, module)| {
            let at = types.iter().position(|ty| fits(types, ty))?;
            Some((ModuleId(module), at as u32))
        })
    }

    fn struct_type(&self, wanted: &StructType) -> Option<(ModuleId, u32)> {
        self.first(|types, ty| is_struct(types, ty, wanted, 0))
    }

    fn array_type(&self, wanted: &ArrayType) -> Option<(ModuleId, u32)> {
        self.first(|types, ty| is_array(types, ty, wanted, 0))
    }
}

/// A module's types by index.
fn types_of(bytes: &[u8]) -> Vec<SubType> {
    for payload in Parser::new(0).parse_all(bytes).map_while(std::result::Result::ok) {
        match payload {
            Payload::TypeSection(section) => {
                return section.into_iter().flatten().flat_map(|group| group.into_types()).collect();
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Vec::new()
}

fn is_struct(types: &[SubType], ty: &SubType, wanted: &StructType, depth: u32) -> bool {
    let CompositeInnerType::Struct(found) = &ty.composite_type.inner else { return false };
    found.fields.len() == wanted.fields().len()
        && ty.is_final == (wanted.finality() == Finality::Final)
        && { found.fields.iter() }.zip(wanted.fields()).all(|(found, wanted)| is_field(types, found, &wanted, depth))
        && match (supertype(types, ty), wanted.supertype()) {
            (Some(found), Some(wanted)) => is_struct(types, found, &wanted, depth),
            (None, None) => true,
            _ => false,
        }
}

fn is_array(types: &[SubType], ty: &SubType, wanted: &ArrayType, depth: u32) -> bool {
    let CompositeInnerType::Array(found) = &ty.composite_type.inner else { return false };
    ty.is_final == (wanted.finality() == Finality::Final)
        && is_field(types, &found.0, &wanted.field_type(), depth)
        && match (supertype(types, ty), wanted.supertype()) {
            (Some(found), Some(wanted)) => is_array(types, found, &wanted, depth),
            (None, None) => true,
            _ => false,
        }
}

fn supertype<'t>(types: &'t [SubType], ty: &SubType) -> Option<&'t SubType> {
    types.get(ty.supertype_idxs.first()?.unpack().as_module_index()? as usize)
}

fn is_field(types: &[SubType], found: &wasmparser::FieldType, wanted: &FieldType, depth: u32) -> bool {
    found.mutable == (wanted.mutability() == Mutability::Var)
        && match (found.element_type, wanted.element_type()) {
            (Parsed::I8, StorageType::I8) | (Parsed::I16, StorageType::I16) => true,
            (Parsed::Val(found), StorageType::ValType(wanted)) => is_value(types, found, wanted, depth),
            _ => false,
        }
}

fn is_value(types: &[SubType], found: ParsedValue, wanted: &ValType, depth: u32) -> bool {
    match (found, wanted) {
        (ParsedValue::I32, ValType::I32)
        | (ParsedValue::I64, ValType::I64)
        | (ParsedValue::F32, ValType::F32)
        | (ParsedValue::F64, ValType::F64)
        | (ParsedValue::V128, ValType::V128) => true,
        (ParsedValue::Ref(found), ValType::Ref(wanted)) => {
            found.is_nullable() == wanted.is_nullable()
                && is_heap(types, found.heap_type(), wanted.heap_type(), depth + 1)
        }
        _ => false,
    }
}

fn is_heap(types: &[SubType], found: ParsedHeap, wanted: &HeapType, depth: u32) -> bool {
    let found = match found {
        ParsedHeap::Abstract { ty, .. } => return is_abstract(ty, wanted),
        ParsedHeap::Concrete(UnpackedIndex::Module(index)) | ParsedHeap::Exact(UnpackedIndex::Module(index)) => {
            types.get(index as usize)
        }
        _ => None,
    };
    let Some(found) = found else { return false };
    match wanted {
        HeapType::ConcreteStruct(_) | HeapType::ConcreteArray(_) if depth > MAX_DEPTH => true,
        HeapType::ConcreteStruct(wanted) => is_struct(types, found, wanted, depth),
        HeapType::ConcreteArray(wanted) => is_array(types, found, wanted, depth),
        HeapType::ConcreteFunc(_) => matches!(found.composite_type.inner, CompositeInnerType::Func(_)),
        _ => false,
    }
}

fn is_abstract(found: AbstractHeapType, wanted: &HeapType) -> bool {
    use AbstractHeapType as Found;
    matches!(
        (found, wanted),
        (Found::Any, HeapType::Any)
            | (Found::Eq, HeapType::Eq)
            | (Found::I31, HeapType::I31)
            | (Found::Struct, HeapType::Struct)
            | (Found::Array, HeapType::Array)
            | (Found::None, HeapType::None)
            | (Found::Func, HeapType::Func)
            | (Found::NoFunc, HeapType::NoFunc)
            | (Found::Extern, HeapType::Extern)
            | (Found::NoExtern, HeapType::NoExtern)
            | (Found::Exn, HeapType::Exn)
            | (Found::NoExn, HeapType::NoExn)
    )
}
