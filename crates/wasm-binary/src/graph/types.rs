//! The type section, walked once: which types need which, and which signature each has.

use super::{EdgeList, Reason};
use crate::ids::{ItemId, Space};
use crate::map::{Map, Module};
use std::collections::HashMap;
use wasmparser::{
    CompositeInnerType, HeapType, RecGroup, RefType, SectionLimited, StorageType, SubType, UnpackedIndex, ValType,
};

/// The signatures of a module's types. Reference types are taken as one: that joins types that subtyping might let
/// match, and separates only what never does.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    /// Type index → signature.
    pub(super) of_type: Vec<u32>,
    /// Text of each signature.
    pub(super) texts: Vec<String>,
}

/// Reads the types of a module and adds what they refer to.
pub(super) fn read(map: &Map<'_>, module: &Module<'_>, edges: &mut EdgeList) -> Signatures {
    let mut types = Types { module, edges, known: HashMap::new(), of_type: Vec::new() };
    let sections = module.sections.iter().map(|&s| map.section(s)).filter(|s| s.kind == "type");
    for section in sections {
        let Ok(groups) = SectionLimited::<RecGroup>::new(map.reader(section.payload.clone())) else { continue };
        for group in groups.into_iter().map_while(Result::ok) {
            // Types that the map does not tell apart have no signature.
            if types.of_type.len() > module.space(Space::Type).len() {
                break;
            }
            types.group(&group);
        }
    }
    types.finish()
}

struct Types<'m, 'a> {
    module: &'m Module<'a>,
    edges: &'m mut EdgeList,
    known: HashMap<String, u32>,
    of_type: Vec<u32>,
}

impl Types<'_, '_> {
    /// A group's members stand and fall together: the group is one type constructor.
    fn group(&mut self, group: &RecGroup) {
        let first = self.of_type.len() as u32;
        let leader = self.module.item_at(Space::Type, first);
        for ty in group.types() {
            let index = self.of_type.len() as u32;
            let signature = self.signature(ty);
            self.of_type.push(signature);
            let (Some(leader), Some(item)) = (leader, self.module.item_at(Space::Type, index)) else { continue };
            if item != leader {
                self.edges.add(leader, item, Reason::Type);
                self.edges.add(item, leader, Reason::Type);
            }
            let before = self.edges.edges.len();
            self.references(item, first, ty);
            self.edges.dedup_from(before);
        }
    }

    fn references(&mut self, item: ItemId, first: u32, ty: &SubType) {
        for supertype in &ty.supertype_idxs {
            self.index(item, first, supertype.unpack());
        }
        match &ty.composite_type.inner {
            CompositeInnerType::Func(f) => {
                f.params().iter().chain(f.results()).for_each(|&t| self.value(item, first, t))
            }
            CompositeInnerType::Array(array) => self.storage(item, first, array.0.element_type),
            CompositeInnerType::Struct(s) => s.fields.iter().for_each(|f| self.storage(item, first, f.element_type)),
            CompositeInnerType::Cont(cont) => self.index(item, first, cont.0.unpack()),
        }
        let descriptors = [ty.composite_type.descriptor_idx, ty.composite_type.describes_idx];
        for index in descriptors.into_iter().flatten() {
            self.index(item, first, index.unpack());
        }
    }

    fn storage(&mut self, item: ItemId, first: u32, ty: StorageType) {
        if let StorageType::Val(ty) = ty {
            self.value(item, first, ty);
        }
    }

    fn value(&mut self, item: ItemId, first: u32, ty: ValType) {
        if let ValType::Ref(ty) = ty
            && let HeapType::Concrete(index) | HeapType::Exact(index) = RefType::heap_type(&ty)
        {
            self.index(item, first, index);
        }
    }

    fn index(&mut self, item: ItemId, first: u32, index: UnpackedIndex) {
        let index = match index {
            UnpackedIndex::Module(index) => index,
            UnpackedIndex::RecGroup(index) => first.saturating_add(index),
            // Ids are a validator's, which is there only where another crate of the build asks for it.
            #[allow(unreachable_patterns)]
            _ => return,
        };
        if let Some(to) = self.module.item_at(Space::Type, index).filter(|&to| to != item) {
            self.edges.add(item, to, Reason::Type);
        }
    }

    fn signature(&mut self, ty: &SubType) -> u32 {
        let text = match &ty.composite_type.inner {
            CompositeInnerType::Func(f) => signature_text(f.params(), f.results()),
            _ => "not a function".to_string(),
        };
        let next = self.known.len() as u32;
        *self.known.entry(text).or_insert(next)
    }

    fn finish(self) -> Signatures {
        let mut texts = vec![String::new(); self.known.len()];
        for (text, at) in self.known {
            texts[at as usize] = text;
        }
        let mut of_type = self.of_type;
        of_type.truncate(self.module.space(Space::Type).len());
        Signatures { of_type, texts }
    }
}

/// `(i32, ref) -> f64`, all reference types as `ref`.
fn signature_text(params: &[ValType], results: &[ValType]) -> String {
    let list = |types: &[ValType]| types.iter().map(|t| value_type(*t)).collect::<Vec<_>>().join(", ");
    match results {
        [one] => format!("({}) -> {}", list(params), value_type(*one)),
        _ => format!("({}) -> ({})", list(params), list(results)),
    }
}

fn value_type(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::V128 => "v128",
        ValType::Ref(_) => "ref",
    }
}
