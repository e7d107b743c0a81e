//! What the standard libraries make of structures: collections, smart pointers,
//! text. They are known by their full names, their parts by the names of their
//! fields; what does not look as expected is shown as the structure that it is.

mod cpp;
mod rust;

use crate::collections::Collection;
use crate::location::ValueError;
use crate::machine::Machine;
use crate::source::Language;
use crate::types::{Composite, Type, TypeId, TypeKind};
use crate::value::{Inspector, Shape, Value};

/// A value of a standard library that holds one other: `Box`, `Rc`, `Cell`,
/// `std::unique_ptr`, `std::optional` and their like.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// What its language calls it, without parameters.
    pub name: &'static str,
    /// The value that it holds.
    pub value: Option<Value>,
    /// What to say where there is none.
    pub absent: &'static str,
    /// What else there is to know, such as counts of owners.
    pub notes: Vec<(&'static str, Value)>,
}

/// How many members a search for one goes through, and how deep.
const MAX_SEARCH: usize = 64;
const MAX_SEARCH_DEPTH: usize = 8;
/// How many wrappers are taken off a value.
const MAX_WRAPPERS: usize = 10;

impl<'a, M: Machine + ?Sized> Inspector<'_, 'a, M> {
    /// What a structure is to its language's standard library, if that knows
    /// it.
    pub(crate) fn standard(
        &self,
        value: &Value,
        ty: &Type<'a>,
        composite: &Composite<'a>,
    ) -> Result<Option<Shape<'a>>, ValueError> {
        match ty.language {
            Some(Language::Rust) => self.rust(value, ty, composite),
            Some(Language::Cpp) => self.cpp(value, ty),
            _ => Ok(None),
        }
    }

    /// The member with a name in a value or in the structures that it is made
    /// of, the outermost first.
    pub(crate) fn find(&self, value: &Value, name: &str) -> Result<Option<Value>, ValueError> {
        let mut level = vec![value.clone()];
        let mut left = MAX_SEARCH;
        for _ in 0..MAX_SEARCH_DEPTH {
            let mut next = Vec::new();
            for value in level {
                let Some(Type { kind: TypeKind::Composite(composite), .. }) = self.source.resolve_alias(value.ty)?
                else {
                    continue;
                };
                for member in &composite.members {
                    let Some(part) = self.part(&value, member) else { continue };
                    if member.name.as_deref() == Some(name) {
                        return Ok(Some(part));
                    }
                    left = left.saturating_sub(1);
                    if left == 0 {
                        return Ok(None);
                    }
                    next.push(part);
                }
            }
            level = next;
        }
        Ok(None)
    }

    /// The number that a member holds, as [`find`](Self::find) finds it.
    pub(crate) fn find_number(&self, value: &Value, name: &str) -> Result<Option<u64>, ValueError> {
        self.find(value, name)?.map(|place| self.unsigned(&self.peel(place)?)).transpose()
    }

    /// An unsigned number of at most eight bytes, an address for one.
    pub(crate) fn unsigned(&self, place: &Value) -> Result<u64, ValueError> {
        let size = self.source.size_of(place.ty).ok_or(ValueError::Size)?;
        Ok(self.number(place, size)? as u64)
    }

    /// A value without the structures around it that only say how it may be
    /// used: `UnsafeCell`, `ManuallyDrop`, `NonNull`, atomics and so on.
    pub(crate) fn peel(&self, value: Value) -> Result<Value, ValueError> {
        let mut value = value;
        for _ in 0..MAX_WRAPPERS {
            let Some(ty) = self.source.resolve_alias(value.ty)? else { break };
            let TypeKind::Composite(composite) = &ty.kind else { break };
            let name = ty.name.as_deref().unwrap_or_default();
            if !rust::WRAPPERS.contains(&head(name)) {
                break;
            }
            let sized = |member: &&crate::types::Member<'_>| {
                member.ty.and_then(|ty| self.source.size_of(ty)).is_some_and(|size| size > 0)
            };
            let Some(member) = composite.members.iter().find(sized) else { break };
            match self.part(&value, member) {
                Some(part) => value = part,
                None => break,
            }
        }
        Ok(value)
    }

    /// A type's own size and another's alignment say where what follows it
    /// lies; this is the size of an address.
    pub(crate) fn address_size(&self, ty: TypeId) -> u64 {
        self.source.address_size(ty)
    }

    /// A collection whose elements are found by walking through it.
    pub(crate) fn collection(&self, collection: Collection) -> Option<Shape<'a>> {
        Some(Shape::Collection(collection))
    }
}

/// A type's name without its parameters.
pub(crate) fn head(name: &str) -> &str {
    name.split('<').next().unwrap_or(name)
}
