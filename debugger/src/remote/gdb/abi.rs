//! How gdb takes functions to pass values: by the calling convention of the
//! architecture that it is shown, told by the debug information. That is not
//! how WebAssembly's functions do ([`crate::call`]).
//!
//! Sources: the x86-64 psABI, 3.2.3; AAPCS64; for i386 what gdb does without an
//! operating system, where all structures are returned in memory.

use wasm_shadow::Flavour;
use wasm_source::{Encoding, Language, Source, TypeId, TypeKind};

use crate::call::{Passing, declared, passing};
use crate::code::Code;

/// How deep types are looked into, how many parts one may have, and how many
/// types it may be made of: some have no parts.
const MAX_NESTED: usize = 16;
const MAX_PARTS: usize = 64;
const MAX_LOOKED: usize = 1 << 12;
/// How much may be passed, in bytes.
pub(super) const MAX_PASSED: usize = 1 << 16;

/// Which registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Integer,
    Float,
}

/// What of a value is in one register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) class: Class,
    pub(super) bytes: usize,
}

/// Where gdb has a value that is passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In registers, one after another.
    Registers(Vec<Part>),
    Memory,
}

/// A value that is passed.
#[derive(Debug)]
pub(super) struct Passed {
    pub(super) bytes: usize,
    /// For gdb.
    pub(super) place: Place,
    /// In WebAssembly.
    pub(super) passing: Passing,
    /// Whether it is a structure, union or array.
    pub(super) is_aggregate: bool,
}

/// A function's type.
#[derive(Debug)]
pub(super) struct Signature {
    /// Nothing for a type that is not understood.
    pub(super) parameters: Vec<Option<Passed>>,
    pub(super) result: Returned,
}

/// What a function gives back.
#[derive(Debug)]
pub(super) enum Returned {
    Nothing,
    Value(Passed),
    /// A value of a type that is not understood.
    Unknown,
}

/// A function's type by the debug information, if it has the function.
pub(super) fn signature(flavour: Flavour, code: &Code<'_>, function: u32) -> Option<Signature> {
    let (source, declared) = (code.source()?, declared(code, function)?);
    let read = |ty| passed(flavour, source, ty);
    let result = match declared.result {
        Some(ty) if source.size_of(ty) != Some(0) => read(ty).map_or(Returned::Unknown, Returned::Value),
        _ => Returned::Nothing,
    };
    Some(Signature { parameters: declared.parameters.into_iter().map(|ty| read(ty?)).collect(), result })
}

fn passed(flavour: Flavour, source: &Source<'_>, ty: TypeId) -> Option<Passed> {
    let known = source.resolve_alias(ty).ok().flatten()?;
    let bytes = usize::try_from(source.size_of(known.id)?).ok().filter(|bytes| *bytes <= MAX_PASSED)?;
    let is_aggregate = matches!(known.kind, TypeKind::Composite(_) | TypeKind::Array { .. });
    let is_rust = known.language == Some(Language::Rust);
    let mut parts = Parts::default();
    let is_read = parts.read(source, known.id, 0, 0).is_some();
    let is_large = is_aggregate && bytes > 16;
    if !is_read && !is_large {
        return None;
    }
    let place = match flavour {
        Flavour::I386 if is_aggregate => Place::Memory,
        _ if !is_aggregate => match parts.all.as_slice() {
            [(_, _, class)] if bytes <= 8 => Place::Registers(vec![Part { class: *class, bytes }]),
            [(_, _, Class::Integer)] if bytes == 16 && flavour != Flavour::I386 => words(bytes, |_| Class::Integer),
            _ => return None,
        },
        Flavour::Aarch64 => match parts.homogeneous(bytes).filter(|_| is_read) {
            Some(parts) => Place::Registers(parts),
            None if bytes > 16 => Place::Memory,
            None => words(bytes, |_| Class::Integer),
        },
        _ if bytes > 16 || parts.is_unaligned() => Place::Memory,
        _ => words(bytes, |word| parts.class_of(word)),
    };
    Some(Passed { bytes, place, passing: passing(source, ty, is_rust), is_aggregate })
}

/// A value in words of eight bytes.
fn words(bytes: usize, class: impl Fn(usize) -> Class) -> Place {
    let words = (0..bytes.div_ceil(8)).map(|word| Part { class: class(word), bytes: (bytes - 8 * word).min(8) });
    Place::Registers(words.collect())
}

/// The numbers in a value: where, how many bytes, in which registers.
#[derive(Default)]
struct Parts {
    all: Vec<(u64, u64, Class)>,
    /// How many types were looked into.
    looked: usize,
}

impl Parts {
    fn read(&mut self, source: &Source<'_>, ty: TypeId, offset: u64, depth: usize) -> Option<()> {
        self.looked += 1;
        if depth > MAX_NESTED || self.all.len() > MAX_PARTS || self.looked > MAX_LOOKED {
            return None;
        }
        let known = source.resolve_alias(ty).ok().flatten()?;
        let size = source.size_of(known.id)?;
        let class = match &known.kind {
            TypeKind::Base(Encoding::Float) if size == 4 || size == 8 => Class::Float,
            TypeKind::Base(Encoding::Float | Encoding::Other(_)) => return None,
            TypeKind::Base(_) | TypeKind::Pointer { .. } | TypeKind::Enumeration { .. } => Class::Integer,
            TypeKind::Composite(composite) => {
                let variants = composite.variants.iter();
                let variants = variants.flat_map(|part| {
                    part.discriminant.iter().chain(part.variants.iter().flat_map(|variant| &variant.members))
                });
                for member in composite.members.iter().chain(variants) {
                    let at = offset.checked_add(member.offset)?;
                    match member.bits {
                        Some((first, count)) => {
                            let (from, to) = (at + first / 8, at + (first + count.max(1) - 1) / 8);
                            self.all.push((from, 1, Class::Integer));
                            self.all.push((to, 1, Class::Integer));
                        }
                        None if source.size_of(member.ty?) != Some(0) => {
                            self.read(source, member.ty?, at, depth + 1)?;
                        }
                        None => {}
                    }
                }
                return Some(());
            }
            TypeKind::Array { element: Some(element), counts } => {
                let count = counts.iter().try_fold(1_u64, |all, count| all.checked_mul((*count)?))?;
                let each = source.size_of(*element)?;
                for index in 0..count {
                    self.read(source, *element, offset.checked_add(index.checked_mul(each)?)?, depth + 1)?;
                }
                return Some(());
            }
            _ => return None,
        };
        self.all.push((offset, size, class));
        Some(())
    }

    /// Whether a number is not at a multiple of its size.
    fn is_unaligned(&self) -> bool {
        self.all.iter().any(|(offset, size, _)| *size > 0 && offset % size.min(&8) != 0)
    }

    /// Floats only if nothing else is in that word.
    fn class_of(&self, word: usize) -> Class {
        let word = 8 * word as u64;
        let mut there =
            self.all.iter().filter(|(offset, size, _)| *offset < word + 8 && offset + size > word).peekable();
        if there.peek().is_some() && there.all(|(_, _, class)| *class == Class::Float) {
            Class::Float
        } else {
            Class::Integer
        }
    }

    /// Up to four floats of one size and nothing else.
    fn homogeneous(&self, bytes: usize) -> Option<Vec<Part>> {
        let size = self.all.first()?.1;
        let is_it = |(_, other, class): &(u64, u64, Class)| *class == Class::Float && *other == size;
        let count = bytes / usize::try_from(size).ok().filter(|size| *size > 0)?;
        let is_all = self.all.iter().all(is_it) && (1..=4).contains(&count) && bytes.is_multiple_of(size as usize);
        is_all.then(|| vec![Part { class: Class::Float, bytes: size as usize }; count])
    }
}
