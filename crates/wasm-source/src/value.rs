//! Values: bytes and a type, as a tree that is read one level at a time.

use std::borrow::Cow;
use std::ops::Range;

use crate::collections::Collection;
use crate::entry::EntryId;
use crate::location::{At, Location, Place, ValueError, low_bits};
use crate::machine::Machine;
use crate::source::{Language, Source};
use crate::standard::Holder;
use crate::types::{Composite, Encoding, Enumerator, Member, Type, TypeId, TypeKind};
use crate::variables::Variable;

/// Reads typed values from a stopped program.
///
/// Nothing is read but what is asked for: [`variable`](Self::variable) finds
/// where a value is, [`shape`](Self::shape) reads one level of it and gives
/// further values, [`text`](Self::text) reads as much as it shows.
pub struct Inspector<'s, 'a, M: ?Sized> {
    pub(crate) source: &'s Source<'a>,
    pub(crate) machine: &'s M,
    offset: u32,
}

/// A typed place that a value can be read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The type.
    pub ty: TypeId,
    storage: Storage,
    /// For a bit field: its first bit and how many there are.
    bits: Option<(u64, u64)>,
    /// How many dimensions of an array this is inside of.
    dimension: usize,
    /// For what its type does not tell the length of: how long it is.
    extent: Option<Extent>,
}

/// How long a value is that has no fixed size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// So many elements of the type.
    Elements(u64),
    /// So many bytes of UTF-8.
    Text(u64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Storage {
    /// In linear memory.
    Memory(u64),
    /// Taken together from elsewhere; the ranges of bytes that were not kept.
    Bytes(Vec<u8>, Vec<Range<usize>>),
}

/// One level of a value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Shape<'a> {
    /// A number, character or truth value.
    Scalar(Scalar),
    /// A constant of an enumeration; its number where it has no name.
    Enumerator {
        /// The constant's name.
        name: Option<Cow<'a, str>>,
        /// Its number.
        value: i128,
    },
    /// An address of something.
    Pointer {
        /// The address.
        address: u64,
        /// The type of what is there.
        target: Option<TypeId>,
    },
    /// A structure, class, union, or the present variant of a Rust enum.
    Fields {
        /// The variant's name.
        variant: Option<Cow<'a, str>>,
        /// The fields by name, in the order of their declaration.
        fields: Vec<(Option<Cow<'a, str>>, Value)>,
    },
    /// An array or a slice.
    Elements(Elements),
    /// Text: Rust's `str`, `String`, `PathBuf` and so on, C++'s `std::string`.
    Text {
        /// Where it is.
        address: u64,
        /// How many bytes it has.
        length: u64,
    },
    /// A value that a library's type holds: Rust's `Box`, C++'s `optional`.
    Holder(Holder),
    /// A collection whose elements are read by
    /// [`items`](Inspector::items).
    Collection(Collection),
    /// Rust's ranges.
    Range {
        /// Where it starts, if it does.
        start: Option<Value>,
        /// Where it ends, if it does.
        end: Option<Value>,
        /// Whether it has its end.
        inclusive: bool,
    },
    /// Rust's `Duration`.
    Duration {
        /// Whole seconds.
        seconds: u64,
        /// What is left.
        nanoseconds: u32,
    },
    /// Nothing that could be read: a function, `void`, an unknown type.
    Opaque,
}

/// A number, character or truth value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar {
    /// A signed integer.
    Signed(i128),
    /// An unsigned integer.
    Unsigned(u128),
    /// A floating-point number of 4 bytes.
    Float32(f32),
    /// A floating-point number of 8 bytes, or one of more as near as these come.
    Float64(f64),
    /// A complex number: its real and its imaginary part.
    Complex(f64, f64),
    /// A truth value.
    Boolean(bool),
    /// A character of C: its number.
    Byte(i16),
    /// A Unicode scalar value.
    Character(char),
}

/// The elements of an array or slice, read one by one.
#[derive(Debug, Clone, PartialEq)]
pub struct Elements {
    first: Value,
    /// How many there are.
    pub count: u64,
    /// The bytes from one to the next.
    stride: u64,
}

/// How large a value may be whose bytes are taken together, in bytes.
const MAX_BYTES: u64 = 1 << 16;
/// How many members a Rust `String` may go through to its pointer.
const MAX_WRAPPERS: usize = 10;

impl<'s, 'a, M: Machine + ?Sized> Inspector<'s, 'a, M> {
    /// Reads from `machine`, stopped before the instruction at `offset` in the
    /// module's file.
    pub fn new(source: &'s Source<'a>, machine: &'s M, offset: u32) -> Self {
        Inspector { source, machine, offset }
    }

    /// The parameters and locals in scope, as [`Source::variables_at`].
    pub fn variables(&self) -> crate::Result<Vec<Variable<'a>>> {
        self.source.variables_at(self.offset)
    }

    /// Where a variable is: one of [`variables`](Self::variables), or a static
    /// one.
    pub fn location(&self, variable: EntryId) -> Result<Location, ValueError> {
        let at = At { machine: self.machine, offset: self.offset };
        self.source.locate(variable, &at)
    }

    /// The value of a variable.
    pub fn variable(&self, variable: EntryId) -> Result<Value, ValueError> {
        let ty = self.source.type_of(variable).ok_or(ValueError::Size)?;
        let location = self.location(variable)?;
        let storage = match location.pieces.as_slice() {
            [piece] if piece.bit_size.is_none() && piece.bit_offset == 0 => match &piece.place {
                Place::Memory(address) => Storage::Memory(*address),
                place => Storage::Bytes(self.place_bytes(place, None)?, Vec::new()),
            },
            pieces => {
                let size = self.source.size_of(ty).filter(|size| *size <= MAX_BYTES);
                let size = size.ok_or(ValueError::Size)? as usize;
                let mut bytes = Vec::new();
                let mut missing = Vec::new();
                for piece in pieces {
                    let start = bytes.len();
                    let rest = size.saturating_sub(start);
                    let wanted = piece.bit_size.map_or(rest, |bits| (bits / 8) as usize);
                    let whole = piece.bit_offset == 0 && piece.bit_size.is_none_or(|b| b % 8 == 0);
                    if !whole {
                        return Err(ValueError::Unsupported("pieces that are not whole bytes"));
                    }
                    let wanted = wanted.min(rest);
                    match self.place_bytes(&piece.place, Some(wanted)) {
                        Ok(part) => bytes.extend(part.into_iter().take(wanted)),
                        Err(ValueError::OptimizedOut) => missing.push(start..start + wanted),
                        Err(error) => return Err(error),
                    }
                    bytes.resize(start + wanted, 0);
                }
                Storage::Bytes(bytes, missing)
            }
        };
        Ok(Value::new(ty, storage))
    }

    /// The value of a type at an address in linear memory.
    pub fn at(&self, ty: TypeId, address: u64) -> Value {
        Value::new(ty, Storage::Memory(address))
    }

    /// Reads one level of a value.
    pub fn shape(&self, value: &Value) -> Result<Shape<'a>, ValueError> {
        match (value.extent, value.address()) {
            (Some(Extent::Text(length)), Some(address)) => return Ok(Shape::Text { address, length }),
            (Some(Extent::Elements(count)), Some(address)) => {
                return Ok(Shape::Elements(self.elements(value.ty, address, count)?));
            }
            _ => {}
        }
        let Some(ty) = self.source.resolve_alias(value.ty)? else {
            return Ok(Shape::Opaque);
        };
        match &ty.kind {
            TypeKind::Base(encoding) => {
                let size = ty.byte_size.ok_or(ValueError::Size)?;
                self.scalar(value, *encoding, size, ty.language)
            }
            TypeKind::Pointer { target, .. } => {
                let size = self.source.size_of(ty.id).unwrap_or(4);
                let pointer = Shape::Pointer { address: self.number(value, size)? as u64, target: *target };
                if !self.is_box(&ty) {
                    return Ok(pointer);
                }
                let value = self.target(&pointer);
                Ok(Shape::Holder(Holder { name: "Box", value, absent: "<dangling>", notes: Vec::new() }))
            }
            TypeKind::Enumeration { underlying, enumerators } => {
                let known = ty.byte_size.or_else(|| self.source.size_of((*underlying)?));
                let size = known.ok_or(ValueError::Size)?;
                let bits = self.number(value, size)?;
                let width = value.bits.map_or(size.saturating_mul(8), |(_, width)| width);
                let found = enumerators.iter().find(|constant| same_bits(constant.value, bits, width));
                Ok(Shape::Enumerator {
                    name: match found {
                        Some(constant) => constant.name.clone(),
                        None => flags(enumerators, bits).map(Cow::Owned),
                    },
                    value: found.map_or(bits as i128, |constant| constant.value),
                })
            }
            TypeKind::Array { element, counts } => self.array(value, ty.id, *element, counts),
            TypeKind::Composite(composite) => self.composite(value, &ty, composite),
            TypeKind::Subroutine { .. } | TypeKind::Opaque | TypeKind::Alias { .. } => Ok(Shape::Opaque),
        }
    }

    /// Reads one level of a value as its type declares it: fields, also of the
    /// types of the standard library, which [`shape`](Self::shape) shows as what
    /// they hold.
    pub fn declared(&self, value: &Value) -> Result<Shape<'a>, ValueError> {
        let Some(ty) = self.source.resolve_alias(value.ty)? else {
            return Ok(Shape::Opaque);
        };
        match &ty.kind {
            TypeKind::Pointer { target, .. } => {
                let size = self.source.size_of(ty.id).unwrap_or(4);
                Ok(Shape::Pointer { address: self.number(value, size)? as u64, target: *target })
            }
            TypeKind::Composite(composite) => self.fields(value, composite),
            _ => self.shape(value),
        }
    }

    /// A field of a structure, by name.
    pub fn field(&self, value: &Value, name: &str) -> Result<Option<Value>, ValueError> {
        let Some(ty) = self.source.resolve_alias(value.ty)? else {
            return Ok(None);
        };
        let TypeKind::Composite(composite) = &ty.kind else {
            return Ok(None);
        };
        let named = |member: &&Member<'_>| member.name.as_deref() == Some(name);
        let member = composite.members.iter().find(named);
        Ok(member.and_then(|member| self.part(value, member)))
    }

    /// An element of an array or slice.
    pub fn element(&self, elements: &Elements, index: u64) -> Option<Value> {
        if index >= elements.count {
            return None;
        }
        elements.first.moved(index.checked_mul(elements.stride)?)
    }

    /// What a reference of C++ refers to; nothing of other values.
    pub fn referred(&self, value: &Value) -> Option<Value> {
        let ty = self.source.resolve_alias(value.ty).ok()??;
        let target = ty.kind.referred()?;
        let size = self.source.size_of(ty.id).unwrap_or(4);
        let address = u64::try_from(self.number(value, size).ok()?).ok().filter(|address| *address != 0)?;
        Some(self.at(target, address))
    }

    /// What a pointer points to.
    pub fn target(&self, pointer: &Shape<'_>) -> Option<Value> {
        match pointer {
            Shape::Pointer { address, target: Some(target) } if *address != 0 => Some(self.at(*target, *address)),
            _ => None,
        }
    }

    fn scalar(
        &self,
        value: &Value,
        encoding: Encoding,
        size: u64,
        language: Option<Language>,
    ) -> Result<Shape<'a>, ValueError> {
        if size == 0 {
            // Rust's `()`.
            return Ok(Shape::Fields { variant: None, fields: Vec::new() });
        }
        let bits = self.number(value, size)?;
        let width = value.bits.map_or(size * 8, |(_, width)| width);
        Ok(Shape::Scalar(match encoding {
            Encoding::Signed => Scalar::Signed(sign_extend(bits, width)),
            Encoding::SignedChar | Encoding::UnsignedChar if language == Some(Language::Rust) => match encoding {
                Encoding::SignedChar => Scalar::Signed(sign_extend(bits, width)),
                _ => Scalar::Unsigned(bits),
            },
            Encoding::SignedChar => Scalar::Byte(bits as u8 as i8 as i16),
            Encoding::UnsignedChar => Scalar::Byte((bits as u8).into()),
            Encoding::Unicode => match char::from_u32(bits as u32) {
                Some(character) => Scalar::Character(character),
                None => Scalar::Unsigned(bits),
            },
            Encoding::Boolean => Scalar::Boolean(bits != 0),
            Encoding::Float if size == 4 => Scalar::Float32(f32::from_bits(bits as u32)),
            Encoding::Float if size == 8 => Scalar::Float64(f64::from_bits(bits as u64)),
            Encoding::Float if size == 16 => Scalar::Float64(binary128(bits)),
            Encoding::Complex if size == 8 => {
                let part = |bits: u128| f64::from(f32::from_bits(bits as u32));
                Scalar::Complex(part(bits), part(bits >> 32))
            }
            Encoding::Complex if size == 16 => {
                let part = |bits: u128| f64::from_bits(bits as u64);
                Scalar::Complex(part(bits), part(bits >> 64))
            }
            _ => Scalar::Unsigned(bits),
        }))
    }

    fn array(
        &self,
        value: &Value,
        ty: TypeId,
        element: Option<TypeId>,
        counts: &[Option<u64>],
    ) -> Result<Shape<'a>, ValueError> {
        let element = element.ok_or(ValueError::Size)?;
        let mut stride = self.source.size_of(element).ok_or(ValueError::Size)?;
        let inner = counts.get(value.dimension + 1..).unwrap_or_default();
        // C's arrays of variable length have it in a variable.
        let count_of = |dimension: usize| match counts.get(dimension).copied().flatten() {
            Some(count) => Some(count),
            None => {
                let count = self.variable(self.source.count_variable(ty, dimension)?).ok()?;
                let size = self.source.size_of(count.ty)?;
                u64::try_from(self.number(&count, size).ok()?).ok()
            }
        };
        for dimension in value.dimension + 1..counts.len() {
            let count = count_of(dimension).ok_or(ValueError::Size)?;
            stride = stride.checked_mul(count).ok_or(ValueError::Size)?;
        }
        let mut first = value.clone();
        if inner.is_empty() {
            first.ty = element;
            first.dimension = 0;
        } else {
            first.dimension += 1;
        }
        let count = count_of(value.dimension).unwrap_or(0);
        Ok(Shape::Elements(Elements::new(first, count, stride)))
    }

    fn composite(&self, value: &Value, ty: &Type<'a>, composite: &Composite<'a>) -> Result<Shape<'a>, ValueError> {
        match self.standard(value, ty, composite)? {
            Some(known) => Ok(known),
            None => self.fields(value, composite),
        }
    }

    /// The members of a structure, or of the present variant of an enum.
    fn fields(&self, value: &Value, composite: &Composite<'a>) -> Result<Shape<'a>, ValueError> {
        let fields = |members: &[Member<'a>]| {
            let part = |member: &Member<'a>| Some((member.name.clone(), self.part(value, member)?));
            members.iter().filter_map(part).collect::<Vec<_>>()
        };
        let Some(part) = &composite.variants else {
            return Ok(Shape::Fields { variant: None, fields: fields(&composite.members) });
        };
        let discriminant = match &part.discriminant {
            Some(member) => {
                let size = member.ty.and_then(|ty| self.source.size_of(ty));
                let size = size.ok_or(ValueError::Size)?;
                let place = self.part(value, member).ok_or(ValueError::Size)?;
                Some((self.number(&place, size)?, size))
            }
            None => None,
        };
        let chosen = part
            .variants
            .iter()
            .find(|variant| match (variant.value, discriminant) {
                (Some(wanted), Some((bits, size))) => same_bits(wanted, bits, size.saturating_mul(8)),
                _ => false,
            })
            .or_else(|| part.variants.iter().find(|variant| variant.value.is_none()));
        // No variant: memory that is not an enum of this type.
        let Some(variant) = chosen else {
            return Ok(Shape::Opaque);
        };
        let [member] = variant.members.as_slice() else {
            return Ok(Shape::Fields { variant: None, fields: fields(&variant.members) });
        };
        // rustc wraps a variant's fields in a structure with its name.
        let inner = self.part(value, member).ok_or(ValueError::Size)?;
        let wrapped = match self.source.resolve_alias(inner.ty)? {
            Some(Type { kind: TypeKind::Composite(wrapped), .. }) => wrapped.members,
            _ => Vec::new(),
        };
        let part = |member: &Member<'a>| Some((member.name.clone(), self.part(&inner, member)?));
        Ok(Shape::Fields { variant: member.name.clone(), fields: wrapped.iter().filter_map(part).collect() })
    }

    /// The first pointer in a value, through the structures around it.
    pub(crate) fn first_pointer(&self, value: Value) -> Result<Option<u64>, ValueError> {
        let mut candidates = vec![(value, 0)];
        while let Some((value, depth)) = candidates.pop() {
            let Some(ty) = self.source.resolve_alias(value.ty)? else {
                continue;
            };
            match &ty.kind {
                TypeKind::Pointer { .. } => {
                    let size = self.source.size_of(ty.id).unwrap_or(4);
                    return Ok(Some(self.number(&value, size)? as u64));
                }
                TypeKind::Composite(composite) if depth < MAX_WRAPPERS => {
                    let members = composite.members.iter().take(MAX_WRAPPERS).rev();
                    let parts = members.filter_map(|member| self.part(&value, member));
                    candidates.extend(parts.map(|part| (part, depth + 1)));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// The part of a value that a member is.
    pub(crate) fn part(&self, value: &Value, member: &Member<'_>) -> Option<Value> {
        let mut part = value.moved(member.offset)?;
        part.ty = member.ty?;
        part.bits = member.bits;
        part.dimension = 0;
        part.extent = None;
        Some(part)
    }

    /// The bits of a value of at most 16 bytes.
    pub(crate) fn number(&self, value: &Value, size: u64) -> Result<u128, ValueError> {
        let mut read = [0; 17];
        let bytes = match value.bits {
            Some((first, width)) => (first.saturating_add(width)).div_ceil(8),
            None => size,
        };
        let wanted = usize::try_from(bytes)
            .ok()
            .and_then(|bytes| read.get_mut(..bytes))
            .filter(|_| size <= 16)
            .ok_or(ValueError::Size)?;
        self.read(value, wanted)?;
        let (low, high) = read.split_at(16);
        let mut low_bytes = [0; 16];
        low_bytes.copy_from_slice(low);
        let bits = u128::from_le_bytes(low_bytes);
        Ok(match value.bits {
            Some((first, width)) => {
                let top = u128::from(low_bits(high));
                let moved = match first {
                    0 => bits,
                    first => bits >> first | top << (128 - first),
                };
                moved & mask(width)
            }
            None => bits,
        })
    }

    /// Fills `into` with the first bytes of a value.
    pub fn read(&self, value: &Value, into: &mut [u8]) -> Result<(), ValueError> {
        match &value.storage {
            Storage::Memory(address) => {
                if self.machine.read_memory(*address, into) {
                    Ok(())
                } else {
                    Err(ValueError::NoMemory(*address))
                }
            }
            Storage::Bytes(bytes, missing) => {
                let is_missing = missing.iter().any(|missing| missing.start < into.len());
                if is_missing || bytes.len() < into.len() {
                    return Err(ValueError::OptimizedOut);
                }
                for (to, from) in into.iter_mut().zip(bytes) {
                    *to = *from;
                }
                Ok(())
            }
        }
    }

    /// The bytes at a place; `length` of them where it does not say how many.
    fn place_bytes(&self, place: &Place, length: Option<usize>) -> Result<Vec<u8>, ValueError> {
        let machine = self.machine;
        let (value, what) = match place {
            Place::Memory(address) => {
                let mut bytes = vec![0; length.ok_or(ValueError::Size)?];
                return if machine.read_memory(*address, &mut bytes) {
                    Ok(bytes)
                } else {
                    Err(ValueError::NoMemory(*address))
                };
            }
            Place::Bytes(bytes) => return Ok(bytes.clone()),
            Place::OptimizedOut => return Err(ValueError::OptimizedOut),
            Place::Local(index) => (machine.local(*index), "local"),
            Place::Global(index) => (machine.global(*index), "global"),
            Place::Stack(index) => (machine.stack(*index), "operand"),
        };
        Ok(value.ok_or(ValueError::NoMachineValue(what))?.bytes())
    }
}

impl Value {
    fn new(ty: TypeId, storage: Storage) -> Self {
        Value { ty, storage, bits: None, dimension: 0, extent: None }
    }

    /// A value that is nowhere in the program, but whose bytes are known.
    pub fn of_bytes(ty: TypeId, bytes: Vec<u8>) -> Self {
        Value::new(ty, Storage::Bytes(bytes, Vec::new()))
    }

    /// `count` values of a type one after another, such as a part of an array.
    pub fn run(ty: TypeId, address: u64, count: u64) -> Self {
        Value { extent: Some(Extent::Elements(count)), ..Value::new(ty, Storage::Memory(address)) }
    }

    /// A value at an address in linear memory: of an array what is left after
    /// so many of its dimensions were indexed.
    pub fn part_at(ty: TypeId, dimension: usize, address: u64) -> Self {
        Value { dimension, ..Value::new(ty, Storage::Memory(address)) }
    }

    /// Whether it is several values of its type, or text.
    pub fn is_run(&self) -> bool {
        self.extent.is_some()
    }

    /// How many dimensions of an array of this type were indexed to come here.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Text of so many bytes.
    pub(crate) fn text(ty: TypeId, address: u64, length: u64) -> Self {
        Value { extent: Some(Extent::Text(length)), ..Value::new(ty, Storage::Memory(address)) }
    }

    /// The same place, read as another type.
    pub fn with_type(&self, ty: TypeId) -> Self {
        Value { ty, bits: None, dimension: 0, extent: None, ..self.clone() }
    }

    /// For a bit field: its first bit and how many there are.
    pub fn bit_field(&self) -> Option<(u64, u64)> {
        self.bits
    }

    /// The address in linear memory, if the value is there.
    pub fn address(&self) -> Option<u64> {
        match self.storage {
            Storage::Memory(address) => Some(address),
            Storage::Bytes(..) => None,
        }
    }

    /// The value of the same type `by` bytes later.
    fn moved(&self, by: u64) -> Option<Value> {
        let storage = match &self.storage {
            Storage::Memory(address) => Storage::Memory(address.checked_add(by)?),
            Storage::Bytes(bytes, missing) => {
                let by = usize::try_from(by).ok()?;
                let later = |range: &Range<usize>| {
                    let end = range.end.checked_sub(by).filter(|end| *end > 0)?;
                    Some(range.start.saturating_sub(by)..end)
                };
                Storage::Bytes(bytes.get(by..)?.to_vec(), missing.iter().filter_map(later).collect())
            }
        };
        Some(Value { storage, ..self.clone() })
    }
}

impl Elements {
    pub(crate) fn new(first: Value, count: u64, stride: u64) -> Self {
        Elements { first, count, stride }
    }

    /// The address of the first element, if they are in memory.
    pub fn address(&self) -> Option<u64> {
        self.first.address()
    }

    /// The first element, whether there is one or not.
    pub fn first(&self) -> &Value {
        &self.first
    }

    /// The type of an element; of several dimensions that of the innermost.
    pub fn element_type(&self) -> TypeId {
        self.first.ty
    }

    /// The bytes from one element to the next.
    pub fn stride(&self) -> u64 {
        self.stride
    }
}

/// The lowest `width` bits.
fn mask(width: u64) -> u128 {
    match width {
        0..128 => (1 << width) - 1,
        _ => u128::MAX,
    }
}

fn sign_extend(bits: u128, width: u64) -> i128 {
    match width {
        1..128 => (bits << (128 - width)) as i128 >> (128 - width),
        _ => bits as i128,
    }
}

/// Whether a constant is what `width` bits hold.
fn same_bits(constant: i128, bits: u128, width: u64) -> bool {
    (constant as u128 ^ bits) & mask(width) == 0
}

/// The constants that bits are made of, where each constant is one bit: flags
/// in an enumeration of C.
fn flags(enumerators: &[Enumerator<'_>], bits: u128) -> Option<String> {
    let values = enumerators.iter().filter(|constant| constant.value != 0);
    let known = values.clone().try_fold(0_u128, |known, constant| {
        let bit = u128::try_from(constant.value).ok().filter(|bit| bit.is_power_of_two())?;
        (known & bit == 0).then_some(known | bit)
    })?;
    if bits == 0 || bits & !known != 0 {
        return None;
    }
    let set = values.filter(|constant| bits & constant.value as u128 != 0);
    Some(set.map(|constant| constant.name.as_deref().unwrap_or("?")).collect::<Vec<_>>().join(" | "))
}

/// The number of 16 bytes (IEEE 754 binary128), as near as 8 bytes come. C's
/// `long double` is one.
fn binary128(bits: u128) -> f64 {
    let sign = if bits >> 127 == 0 { 1.0 } else { -1.0 };
    let exponent = (bits >> 112 & 0x7fff) as i32;
    let fraction = bits & mask(112);
    if exponent == 0x7fff {
        return if fraction == 0 { sign * f64::INFINITY } else { f64::NAN };
    }
    // The conversion rounds once; the power of two is exact but where the
    // number is too small or too large for 8 bytes.
    let whole = if exponent == 0 { fraction } else { fraction | 1 << 112 };
    let scale = exponent.max(1) - 16383 - 112;
    let half = scale / 2;
    sign * whole as f64 * 2f64.powi(half) * 2f64.powi(scale - half)
}
