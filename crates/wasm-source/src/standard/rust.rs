//! Rust's `core`, `alloc` and `std`, as of 1.95; older layouts where the fields
//! have the same names.

use super::{Holder, head};
use crate::collections::{Collection, CollectionKind, Walk};
use crate::location::ValueError;
use crate::machine::Machine;
use crate::source::Language;
use crate::types::{Composite, Type, TypeId, TypeKind};
use crate::value::{Elements, Inspector, Shape, Value};

/// Structures that hold one value, and say nothing of it.
pub(super) const WRAPPERS: &[&str] = &[
    "AtomicBool",
    "AtomicI16",
    "AtomicI32",
    "AtomicI64",
    "AtomicI8",
    "AtomicIsize",
    "AtomicPtr",
    "Atomic",
    "AtomicU16",
    "AtomicU32",
    "AtomicU64",
    "AtomicU8",
    "AtomicUsize",
    "Cell",
    "ManuallyDrop",
    "MaybeDangling",
    "MaybeUninit",
    "NonNull",
    "NonZero",
    "NonZeroI16Inner",
    "NonZeroI32Inner",
    "NonZeroI64Inner",
    "NonZeroI8Inner",
    "NonZeroI128Inner",
    "NonZeroIsizeInner",
    "NonZeroU16Inner",
    "NonZeroU32Inner",
    "NonZeroU64Inner",
    "NonZeroU8Inner",
    "NonZeroU128Inner",
    "NonZeroUsizeInner",
    "Nanoseconds",
    "SyncUnsafeCell",
    "Unique",
    "UnsafeCell",
    "UsizeNoHighBit",
    "AlignedStorage",
    "Align1",
    "Align2",
    "Align4",
    "Align8",
    "Align16",
    "Cap",
];

impl<'a, M: Machine + ?Sized> Inspector<'_, 'a, M> {
    pub(super) fn rust(
        &self,
        value: &Value,
        ty: &Type<'a>,
        composite: &Composite<'a>,
    ) -> Result<Option<Shape<'a>>, ValueError> {
        if let Some(wide) = self.wide_pointer(value, ty, composite)? {
            return Ok(Some(wide));
        }
        let name = ty.name.as_deref().unwrap_or_default();
        let short = head(name);
        let is_known = matches!(
            short,
            "Vec"
                | "String"
                | "PathBuf"
                | "OsString"
                | "CString"
                | "VecDeque"
                | "LinkedList"
                | "BinaryHeap"
                | "HashMap"
                | "HashSet"
                | "BTreeMap"
                | "BTreeSet"
                | "Rc"
                | "Arc"
                | "Weak"
                | "Cell"
                | "RefCell"
                | "Mutex"
                | "RwLock"
                | "OnceCell"
                | "OnceLock"
                | "NonZero"
                | "NonNull"
                | "Duration"
                | "Range"
                | "RangeInclusive"
                | "RangeFrom"
                | "RangeTo"
                | "RangeToInclusive"
                | "RangeFull"
        ) || short.starts_with("Atomic");
        if !is_known {
            return Ok(None);
        }
        let Some(full) = self.source.qualified_name(ty.id.0) else { return Ok(None) };
        let scope = full.split("::").next().unwrap_or_default();
        if !["alloc", "core", "std", "hashbrown"].contains(&scope) {
            return Ok(None);
        }
        let parameter = |name: &str| self.source.type_parameter(ty.id, name);
        let list = |kind, count, walk| Ok(self.collection(Collection { kind, count, walk }));
        match short {
            "String" | "PathBuf" | "OsString" => {
                let (address, length) = match (self.first_pointer(value.clone())?, self.find_number(value, "len")?) {
                    (Some(address), Some(length)) => (address, length),
                    _ => return Ok(None),
                };
                Ok(Some(Shape::Text { address, length }))
            }
            "CString" => match self.find_number(value, "length")?.zip(self.first_pointer(value.clone())?) {
                Some((length, address)) => Ok(Some(Shape::Text { address, length: length.saturating_sub(1) })),
                None => Ok(None),
            },
            "Vec" => self.vec(value, parameter("T")),
            "BinaryHeap" => match self.find(value, "data")? {
                Some(data) => self.vec(&data, parameter("T")),
                None => Ok(None),
            },
            "VecDeque" => {
                let found = (self.find_number(value, "head")?, self.find_number(value, "len")?);
                let (Some(front), Some(count)) = found else { return Ok(None) };
                let buffer = (self.find(value, "buf")?, self.find_number(value, "cap")?, parameter("T"));
                let (Some(buffer), Some(capacity), Some(element)) = buffer else { return Ok(None) };
                let Some(address) = self.first_pointer(buffer)? else { return Ok(None) };
                let ring = self.elements(element, address, capacity)?;
                list(CollectionKind::List, count, Walk::Ring { elements: ring, front })
            }
            "LinkedList" => {
                let parts = (self.find(value, "head")?, self.find_number(value, "len")?);
                let (Some(first), Some(count)) = parts else { return Ok(None) };
                let pointer = self.some_type(first.ty)?;
                let node = pointer.and_then(|pointer| self.source.type_parameter(pointer, "T"));
                let Some(node) = node else { return Ok(None) };
                let first = self.unsigned(&first)?;
                list(CollectionKind::List, count, Walk::Linked { first, node })
            }
            "HashMap" | "HashSet" => {
                let Some(table) = self.find(value, "table")? else { return Ok(None) };
                let entry = self.source.type_parameter(table.ty, "T");
                let numbers = (self.find_number(&table, "items")?, self.find_number(&table, "bucket_mask")?);
                let control = match self.find(&table, "ctrl")? {
                    Some(control) => self.first_pointer(control)?,
                    None => None,
                };
                let (Some(entry), Some(control), (Some(count), Some(mask))) = (entry, control, numbers) else {
                    return Ok(None);
                };
                let kind = if short == "HashMap" { CollectionKind::Map } else { CollectionKind::Set };
                list(kind, count, Walk::Hash { control, mask, entry })
            }
            "BTreeMap" | "BTreeSet" => {
                let map = if short == "BTreeSet" { self.find(value, "map")? } else { Some(value.clone()) };
                let Some(map) = map else { return Ok(None) };
                let (Some(root), Some(count)) = (self.field(&map, "root")?, self.find_number(&map, "length")?) else {
                    return Ok(None);
                };
                // `Option` has its niche in the pointer to the node.
                let Some(reference) = self.some_type(root.ty)? else { return Ok(None) };
                let reference = root.with_type(reference);
                let (Some(height), Some(node)) =
                    (self.find_number(&reference, "height")?, self.find(&reference, "node")?)
                else {
                    return Ok(None);
                };
                let Some(leaf) = self.source.type_parameter(node.ty, "T") else { return Ok(None) };
                let node = self.first_pointer(node)?.unwrap_or(0);
                let kind = if short == "BTreeMap" { CollectionKind::Map } else { CollectionKind::Set };
                list(kind, count, Walk::BTree { root: node, height, leaf })
            }
            "Rc" | "Arc" => self.counted(value, if short == "Rc" { "Rc" } else { "Arc" }),
            "Weak" => self.counted(value, "Weak"),
            "Cell" => self.holder("Cell", self.field(value, "value")?, &[]),
            "RefCell" => {
                let borrow = self.field(value, "borrow")?;
                self.holder("RefCell", self.field(value, "value")?, &[("borrow", borrow)])
            }
            "Mutex" | "RwLock" => {
                let poisoned = self.field(value, "poison")?;
                let name = if short == "Mutex" { "Mutex" } else { "RwLock" };
                self.holder(name, self.field(value, "data")?, &[("poisoned", self.peel_flag(poisoned)?)])
            }
            "OnceCell" => {
                let Some(inner) = self.field(value, "inner")? else { return Ok(None) };
                match self.shape(&self.peel(inner)?)? {
                    Shape::Fields { fields, .. } => {
                        let value = fields.into_iter().next().map(|(_, value)| value);
                        Ok(Some(Shape::Holder(Holder {
                            name: "OnceCell",
                            value,
                            absent: "<unset>",
                            notes: Vec::new(),
                        })))
                    }
                    _ => Ok(None),
                }
            }
            "OnceLock" => {
                let (Some(state), Some(inner)) = (self.find(value, "state")?, self.field(value, "value")?) else {
                    return Ok(None);
                };
                let is_set = match self.shape(&self.peel(self.peel_futex(state)?)?)? {
                    Shape::Enumerator { name, .. } => name.as_deref() == Some("Complete"),
                    Shape::Fields { variant: Some(name), .. } => name == "Complete",
                    // The state of `Once` on futexes.
                    Shape::Scalar(scalar) => scalar == crate::value::Scalar::Unsigned(0),
                    _ => return Ok(None),
                };
                let value = if is_set { Some(self.peel(inner)?) } else { None };
                Ok(Some(Shape::Holder(Holder { name: "OnceLock", value, absent: "<unset>", notes: Vec::new() })))
            }
            "Duration" => match (self.field(value, "secs")?, self.field(value, "nanos")?) {
                (Some(seconds), Some(nanoseconds)) => {
                    let nanoseconds = self.unsigned(&self.peel(nanoseconds)?)? as u32;
                    Ok(Some(Shape::Duration { seconds: self.unsigned(&seconds)?, nanoseconds }))
                }
                _ => Ok(None),
            },
            "NonNull" if self.is_plain_pointer(value)? => self.shape(&self.peel(value.clone())?).map(Some),
            "NonNull" => Ok(None),
            _ if short.starts_with("Range") => {
                let start = self.field(value, "start")?;
                let end = self.field(value, "end")?;
                let inclusive = short.ends_with("Inclusive");
                Ok(Some(Shape::Range { start, end, inclusive }))
            }
            // Numbers that may not be zero, and atomic ones.
            _ => {
                let peeled = self.peel(value.clone())?;
                if peeled.ty == value.ty { Ok(None) } else { self.shape(&peeled).map(Some) }
            }
        }
    }

    /// Pointers to what has no fixed size: an address with a length or with a
    /// table of methods.
    fn wide_pointer(
        &self,
        value: &Value,
        ty: &Type<'a>,
        composite: &Composite<'a>,
    ) -> Result<Option<Shape<'a>>, ValueError> {
        let [one, two] = composite.members.as_slice() else { return Ok(None) };
        let named = |first: &str, second: &str| {
            let names = (one.name.as_deref(), two.name.as_deref());
            names == (Some(first), Some(second)) || names == (Some(second), Some(first))
        };
        let name = ty.name.as_deref().unwrap_or_default();
        if named("data_ptr", "length") {
            let (Some(data), Some(length)) = (self.field(value, "data_ptr")?, self.field(value, "length")?) else {
                return Ok(None);
            };
            let count = self.unsigned(&length)?;
            let Shape::Pointer { address, target: Some(element) } = self.shape(&data)? else {
                return Ok(None);
            };
            return self.sequence(name, address, count, element).map(Some);
        }
        if named("pointer", "vtable") {
            let (Some(data), Some(table)) = (self.field(value, "pointer")?, self.field(value, "vtable")?) else {
                return Ok(None);
            };
            let address = self.unsigned(&data)?;
            let Some(concrete) = self.source.vtable_type(self.unsigned(&table)?) else { return Ok(None) };
            if name.contains("Box<dyn ") || head(name) == "Box" {
                let value = Some(self.at(concrete, address));
                return Ok(Some(Shape::Holder(Holder { name: "Box", value, absent: "", notes: Vec::new() })));
            }
            return Ok(Some(Shape::Pointer { address, target: Some(concrete) }));
        }
        Ok(None)
    }

    /// What a pointer with a length points to: text or elements.
    fn sequence(&self, name: &str, address: u64, count: u64, element: TypeId) -> Result<Shape<'a>, ValueError> {
        let name = name.trim_end_matches('>').split(", alloc::alloc::Global").next().unwrap_or(name);
        if name.ends_with("CStr") {
            return Ok(Shape::Text { address, length: count.saturating_sub(1) });
        }
        let is_text = ["str", "path::Path", "os_str::OsStr"].iter().any(|end| {
            let before = name.strip_suffix(end).and_then(|before| before.chars().next_back());
            before.is_some_and(|before| !before.is_alphanumeric() && before != '_')
        });
        if is_text {
            return Ok(Shape::Text { address, length: count });
        }
        Ok(Shape::Elements(self.elements(element, address, count)?))
    }

    fn vec(&self, value: &Value, element: Option<TypeId>) -> Result<Option<Shape<'a>>, ValueError> {
        let parts = (self.find(value, "buf")?, self.find_number(value, "len")?, element);
        let (Some(buffer), Some(count), Some(element)) = parts else { return Ok(None) };
        let Some(address) = self.first_pointer(buffer)? else { return Ok(None) };
        Ok(Some(Shape::Elements(self.elements(element, address, count)?)))
    }

    /// `count` values of a type one after another.
    pub(crate) fn elements(&self, element: TypeId, address: u64, count: u64) -> Result<Elements, ValueError> {
        let stride = self.source.size_of(element).ok_or(ValueError::Size)?;
        Ok(Elements::new(self.at(element, address), count, stride))
    }

    /// What an `Option` may have.
    fn some_type(&self, option: TypeId) -> Result<Option<TypeId>, ValueError> {
        let Some(Type { kind: TypeKind::Composite(option), .. }) = self.source.resolve_alias(option)? else {
            return Ok(None);
        };
        let members = option.variants.into_iter().flat_map(|part| part.variants).flat_map(|variant| variant.members);
        let some = members.filter(|member| member.name.as_deref() == Some("Some")).find_map(|member| member.ty);
        let Some(some) = some else { return Ok(None) };
        Ok(match self.source.resolve_alias(some)? {
            Some(Type { kind: TypeKind::Composite(some), .. }) => some.members.first().and_then(|member| member.ty),
            _ => None,
        })
    }

    fn holder(
        &self,
        name: &'static str,
        value: Option<Value>,
        notes: &[(&'static str, Option<Value>)],
    ) -> Result<Option<Shape<'a>>, ValueError> {
        let Some(value) = value else { return Ok(None) };
        let mut known = Vec::new();
        for (name, note) in notes {
            if let Some(note) = note {
                known.push((*name, self.peel(note.clone())?));
            }
        }
        Ok(Some(Shape::Holder(Holder { name, value: Some(self.peel(value)?), absent: "", notes: known })))
    }

    /// The flag inside of std's `poison::Flag`.
    fn peel_flag(&self, flag: Option<Value>) -> Result<Option<Value>, ValueError> {
        match flag {
            Some(flag) => Ok(Some(self.find(&flag, "failed")?.unwrap_or(flag))),
            None => Ok(None),
        }
    }

    /// The word inside of std's `Futex`, if it is that.
    fn peel_futex(&self, state: Value) -> Result<Value, ValueError> {
        Ok(self.find(&state, "futex")?.unwrap_or(state))
    }

    fn is_plain_pointer(&self, value: &Value) -> Result<bool, ValueError> {
        let peeled = self.source.resolve_alias(self.peel(value.clone())?.ty)?;
        Ok(peeled.is_some_and(|ty| matches!(ty.kind, TypeKind::Pointer { .. })))
    }

    /// `Rc`, `Arc` and their `Weak`: a pointer to counts with the value after
    /// them.
    fn counted(&self, value: &Value, name: &'static str) -> Result<Option<Shape<'a>>, ValueError> {
        let Some(pointer) = self.find(value, "pointer")? else { return Ok(None) };
        let Some(ty) = self.source.resolve_alias(pointer.ty)? else { return Ok(None) };
        let address_size = self.address_size(pointer.ty);
        let (inner, extent) = match &ty.kind {
            TypeKind::Pointer { target: Some(target), .. } => {
                (self.at(*target, self.unsigned(&pointer)?), Extent::Sized)
            }
            TypeKind::Composite(_) => {
                let data = match self.field(&pointer, "data_ptr")? {
                    Some(data) => Some(data),
                    None => self.field(&pointer, "pointer")?,
                };
                let Some(data) = data else { return Ok(None) };
                let Shape::Pointer { address, target: Some(target) } = self.shape(&data)? else { return Ok(None) };
                let extent = match (self.field(&pointer, "length")?, self.field(&pointer, "vtable")?) {
                    (Some(length), _) => Extent::Length(self.unsigned(&length)?),
                    (_, Some(table)) => Extent::Table(self.unsigned(&table)?),
                    _ => return Ok(None),
                };
                (self.at(target, address), extent)
            }
            _ => return Ok(None),
        };
        let held = |value| Ok(Some(Shape::Holder(value)));
        let base = inner.address().unwrap_or(0);
        // A `Weak` of nothing points to the last address.
        if name == "Weak" && (base == u64::from(u32::MAX) || base == u64::MAX) {
            return held(Holder { name, value: None, absent: "<dangling>", notes: Vec::new() });
        }
        let (strong, weak) = match (self.field(&inner, "strong")?, self.field(&inner, "weak")?) {
            (Some(strong), Some(weak)) => (self.peel(strong)?, self.peel(weak)?),
            // Of an unsized trait object only the address is typed.
            _ => return Ok(None),
        };
        let strong_count = self.unsigned(&strong)?;
        // All strong ones together count as one weak one.
        let others = self.unsigned(&weak)?.wrapping_sub(u64::from(strong_count > 0));
        let weak_bytes = others.to_le_bytes().get(..address_size as usize).unwrap_or_default().to_vec();
        let notes = vec![("strong", strong), ("weak", Value::of_bytes(weak.ty, weak_bytes))];
        if strong_count == 0 {
            return held(Holder { name, value: None, absent: "<dropped>", notes });
        }
        let own = match self.field(&inner, "value")? {
            Some(own) => Some(own),
            None => self.field(&inner, "data")?,
        };
        let value = match extent {
            Extent::Sized => own,
            Extent::Table(table) => self.source.vtable_type(table).and_then(|concrete| {
                // The table: how to drop it, its size, its alignment.
                let mut word = [0; 8];
                let length = address_size.min(8) as usize;
                let place = table.checked_add(address_size.checked_mul(2)?)?;
                self.machine.read_memory(place, word.get_mut(..length)?).then_some(())?;
                let alignment = u64::from_le_bytes(word);
                let offset = (address_size * 2).checked_next_multiple_of(alignment.max(1))?;
                Some(self.at(concrete, base.checked_add(offset)?))
            }),
            Extent::Length(length) => {
                let Some(own) = own else { return Ok(None) };
                // The first of them is what the type says is there.
                let offset = own.address().unwrap_or(base).wrapping_sub(base);
                let address = base.wrapping_add(offset);
                let text = ty.name.as_deref().is_some_and(|name| name.ends_with("<str>"));
                let element = match self.source.resolve_alias(own.ty)? {
                    Some(Type { kind: TypeKind::Array { element: Some(element), .. }, .. }) => element,
                    _ => own.ty,
                };
                Some(match text {
                    true => Value::text(own.ty, address, length),
                    false => Value::run(element, address, length),
                })
            }
        };
        held(Holder { name, value, absent: "…", notes })
    }

    /// Whether a Rust pointer owns what it points to: `Box<T>` is one.
    pub(crate) fn is_box(&self, ty: &Type<'_>) -> bool {
        ty.language == Some(Language::Rust)
            && ty.name.as_deref().is_some_and(|name| name.starts_with("alloc::boxed::Box<"))
    }
}

/// How far what a pointer with counts points to reaches.
enum Extent {
    Sized,
    Length(u64),
    Table(u64),
}
