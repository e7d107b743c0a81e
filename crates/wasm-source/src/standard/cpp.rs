//! C++'s library as LLVM's libc++ has it: the versions 14 to 22 have these
//! members, in either layout of `std::string`.

use super::{Holder, head};
use crate::collections::{Collection, CollectionKind, Walk};
use crate::location::ValueError;
use crate::machine::Machine;
use crate::types::{Type, TypeId, TypeKind};
use crate::value::{Inspector, Shape, Value};

impl<'a, M: Machine + ?Sized> Inspector<'_, 'a, M> {
    pub(super) fn cpp(&self, value: &Value, ty: &Type<'a>) -> Result<Option<Shape<'a>>, ValueError> {
        let short = head(ty.name.as_deref().unwrap_or_default());
        let is_known = matches!(
            short,
            "basic_string"
                | "basic_string_view"
                | "vector"
                | "map"
                | "multimap"
                | "set"
                | "multiset"
                | "unique_ptr"
                | "shared_ptr"
                | "optional"
        );
        if !is_known {
            return Ok(None);
        }
        let full = self.source.qualified_name(ty.id.0);
        if !full.is_some_and(|full| full.starts_with("std::")) {
            return Ok(None);
        }
        match short {
            "basic_string" => self.cpp_string(value),
            "basic_string_view" => {
                let data = self.find(value, "__data_")?.or(self.find(value, "__data")?);
                let size = self.find_number(value, "__size_")?.or(self.find_number(value, "__size")?);
                let (Some(data), Some(length)) = (data, size) else { return Ok(None) };
                if !self.points_to_bytes(&data)? {
                    return Ok(None);
                }
                Ok(Some(Shape::Text { address: self.unsigned(&data)?, length }))
            }
            "vector" => {
                let (Some(begin), Some(end)) = (self.find(value, "__begin_")?, self.find(value, "__end_")?) else {
                    return Ok(None);
                };
                let Some(element) = self.pointed_type(&begin)? else { return Ok(None) };
                let (first, end) = (self.unsigned(&begin)?, self.unsigned(&end)?);
                let elements = self.elements(element, first, 0)?;
                let bytes = end.checked_sub(first).ok_or(ValueError::Size)?;
                let count = bytes.checked_div(elements.stride()).unwrap_or(0);
                Ok(Some(Shape::Elements(self.elements(element, first, count)?)))
            }
            "map" | "multimap" | "set" | "multiset" => {
                let Some(tree) = self.find(value, "__tree_")? else { return Ok(None) };
                let (Some(first), Some(count)) =
                    (self.find_number(&tree, "__begin_node_")?, self.find_number(&tree, "__size_")?)
                else {
                    return Ok(None);
                };
                // The type of the nodes is a parameter of their allocator.
                let allocator = self.find(&tree, "__node_alloc_")?;
                let node = match allocator {
                    Some(allocator) => match self.source.resolve_alias(allocator.ty)? {
                        Some(allocator) => self.source.type_parameter(allocator.id, "_Tp"),
                        None => None,
                    },
                    None => None,
                };
                let Some(node) = node else { return Ok(None) };
                let kind = if short.ends_with("map") { CollectionKind::Map } else { CollectionKind::Set };
                Ok(self.collection(Collection { kind, count, walk: Walk::RedBlack { first, node } }))
            }
            "unique_ptr" | "shared_ptr" => {
                let Some(pointer) = self.find(value, "__ptr_")? else { return Ok(None) };
                let Some(target) = self.pointed_type(&pointer)? else { return Ok(None) };
                let address = self.unsigned(&pointer)?;
                let name = if short == "unique_ptr" { "unique_ptr" } else { "shared_ptr" };
                let value = (address != 0).then(|| self.at(target, address));
                Ok(Some(Shape::Holder(Holder { name, value, absent: "nullptr", notes: Vec::new() })))
            }
            "optional" => {
                let (Some(engaged), Some(held)) = (self.find_number(value, "__engaged_")?, self.find(value, "__val_")?)
                else {
                    return Ok(None);
                };
                let value = (engaged != 0).then_some(held);
                Ok(Some(Shape::Holder(Holder { name: "optional", value, absent: "nullopt", notes: Vec::new() })))
            }
            _ => Ok(None),
        }
    }

    /// A string: its bytes are in it if there are few.
    fn cpp_string(&self, value: &Value) -> Result<Option<Shape<'a>>, ValueError> {
        let (Some(short), Some(long)) = (self.find(value, "__s")?, self.find(value, "__l")?) else {
            return Ok(None);
        };
        let Some(data) = self.find(&long, "__data_")? else { return Ok(None) };
        if !self.points_to_bytes(&data)? {
            return Ok(None);
        }
        let is_long = self.find_bits(&short, "__is_long_")?;
        let Some(is_long) = is_long else { return Ok(None) };
        let part = if is_long != 0 { &long } else { &short };
        let Some(length) = self.find_bits(part, "__size_")? else { return Ok(None) };
        let address = match is_long {
            0 => self.find(&short, "__data_")?.and_then(|data| data.address()),
            _ => Some(self.unsigned(&data)?),
        };
        Ok(address.map(|address| Shape::Text { address, length }))
    }

    fn find_bits(&self, value: &Value, name: &str) -> Result<Option<u64>, ValueError> {
        self.find(value, name)?.map(|place| self.unsigned(&place)).transpose()
    }

    fn pointed_type(&self, pointer: &Value) -> Result<Option<TypeId>, ValueError> {
        Ok(match self.source.resolve_alias(pointer.ty)? {
            Some(Type { kind: TypeKind::Pointer { target, .. }, .. }) => target,
            _ => None,
        })
    }

    fn points_to_bytes(&self, pointer: &Value) -> Result<bool, ValueError> {
        let target = self.pointed_type(pointer)?;
        Ok(target.and_then(|target| self.source.size_of(target)) == Some(1))
    }
}
