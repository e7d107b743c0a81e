//! Types, one at a time: a type names others by [`TypeId`], so that cycles do
//! no harm and nothing is read before it is asked for.

use std::borrow::Cow;

use gimli::{AttributeValue, DwAt, Operation};

use crate::entry::{Entry, EntryId};
use crate::error::{ErrorKind, Result};
use crate::source::{Language, Source, UnitId};

/// Names a type of a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub EntryId);

/// A type of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type<'a> {
    /// The type's entry.
    pub id: TypeId,
    /// Its name in the source; many types have none.
    pub name: Option<Cow<'a, str>>,
    /// The size that its entry gives, in bytes. [`Source::size_of`] knows more.
    pub byte_size: Option<u64>,
    /// The language that it is written in.
    pub language: Option<Language>,
    /// What it is made of.
    pub kind: TypeKind<'a>,
}

/// What a type is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeKind<'a> {
    /// A number, character or truth value.
    Base(Encoding),
    /// An address of something; of `void` without a target.
    Pointer {
        /// How the language sees it.
        kind: PointerKind,
        /// What is there.
        target: Option<TypeId>,
    },
    /// A structure, class or union.
    Composite(Composite<'a>),
    /// Named constants.
    Enumeration {
        /// The type of the constants.
        underlying: Option<TypeId>,
        /// The constants.
        enumerators: Vec<Enumerator<'a>>,
    },
    /// Elements one after another.
    Array {
        /// The type of an element.
        element: Option<TypeId>,
        /// How many, outermost first; nothing where that is not fixed.
        counts: Vec<Option<u64>>,
    },
    /// Another type under a new name or with a qualifier such as `const`; of
    /// `void` without a target.
    Alias {
        /// The other type.
        target: Option<TypeId>,
    },
    /// A function's type.
    Subroutine {
        /// What it returns, if anything.
        result: Option<TypeId>,
        /// The types of its parameters.
        parameters: Vec<TypeId>,
    },
    /// A type of which only the name is known.
    Opaque,
}

impl TypeKind<'_> {
    /// What a reference of C++ refers to; nothing of other types.
    pub fn referred(&self) -> Option<TypeId> {
        match self {
            TypeKind::Pointer { kind: PointerKind::Reference | PointerKind::RvalueReference, target } => *target,
            _ => None,
        }
    }
}

/// How the bits of a base type are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// A signed integer.
    Signed,
    /// An unsigned integer.
    Unsigned,
    /// A signed integer that holds a character.
    SignedChar,
    /// An unsigned integer that holds a character.
    UnsignedChar,
    /// A Unicode scalar value or code unit.
    Unicode,
    /// An IEEE 754 number.
    Float,
    /// Two of them: a real and an imaginary part.
    Complex,
    /// A truth value.
    Boolean,
    /// An address.
    Address,
    /// Another, by its `DW_ATE` code.
    Other(u8),
}

/// How a language sees an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointerKind {
    /// A pointer; in Rust also a reference.
    Pointer,
    /// A C++ reference.
    Reference,
    /// A C++ rvalue reference.
    RvalueReference,
    /// A C++ pointer to a member.
    ToMember,
}

/// A structure, class or union.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Composite<'a> {
    /// Whether the members share their place.
    pub is_union: bool,
    /// The members, base classes among them, in the order of the entries.
    pub members: Vec<Member<'a>>,
    /// What more there is, depending on a discriminant: Rust's enums.
    pub variants: Option<VariantPart<'a>>,
}

/// A part of a structure, class, union or variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name. Base classes and anonymous members have none; a member of a
    /// Rust tuple is called `__0`, and so on.
    pub name: Option<Cow<'a, str>>,
    /// Its type.
    pub ty: Option<TypeId>,
    /// Where it starts in the whole, in bytes.
    pub offset: u64,
    /// For a bit field: its first bit, counted from bit 0 of the byte at
    /// `offset`, and how many there are.
    pub bits: Option<(u64, u64)>,
}

/// The alternatives of a composite type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariantPart<'a> {
    /// The number that tells which variant there is. With a single variant
    /// there may be none.
    pub discriminant: Option<Member<'a>>,
    /// The variants.
    pub variants: Vec<Variant<'a>>,
}

/// One alternative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variant<'a> {
    /// The discriminant that selects it. Without one it is the variant for all
    /// others: the one that a niche was found in.
    pub value: Option<i128>,
    /// What is there then; in Rust one member with the variant's name.
    pub members: Vec<Member<'a>>,
}

/// A named constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enumerator<'a> {
    /// Its name.
    pub name: Option<Cow<'a, str>>,
    /// Its value. Unsigned constants may appear negative: compare as many bits
    /// as the type has.
    pub value: i128,
}

/// How many types a size or an alias may go through.
const MAX_DEPTH: usize = 32;

impl<'a> Source<'a> {
    /// The type of an entry, such as a variable or a member, or the result of a
    /// function.
    pub fn type_of(&self, id: EntryId) -> Option<TypeId> {
        self.origins(id).find_map(|entry| entry.reference(gimli::DW_AT_type)).map(TypeId)
    }

    /// Reads one type.
    pub fn read_type(&self, id: TypeId) -> Result<Type<'a>> {
        let mut entry = self.entry(id.0)?;
        if let Some(full) = entry.reference(gimli::DW_AT_signature) {
            entry = self.entry(full)?;
        }
        let target = || entry.reference(gimli::DW_AT_type).map(TypeId);
        let pointer = |kind| TypeKind::Pointer { kind, target: target() };
        let kind = match entry.tag() {
            gimli::DW_TAG_base_type => TypeKind::Base(Encoding::of(&entry)),
            gimli::DW_TAG_pointer_type => pointer(PointerKind::Pointer),
            gimli::DW_TAG_reference_type => pointer(PointerKind::Reference),
            gimli::DW_TAG_rvalue_reference_type => pointer(PointerKind::RvalueReference),
            gimli::DW_TAG_ptr_to_member_type => pointer(PointerKind::ToMember),
            _ if entry.flag(gimli::DW_AT_declaration) => TypeKind::Opaque,
            gimli::DW_TAG_structure_type
            | gimli::DW_TAG_class_type
            | gimli::DW_TAG_interface_type
            | gimli::DW_TAG_union_type => TypeKind::Composite(self.composite(&entry)?),
            gimli::DW_TAG_enumeration_type => {
                TypeKind::Enumeration { underlying: target(), enumerators: self.enumerators(entry.id)? }
            }
            gimli::DW_TAG_array_type => TypeKind::Array { element: target(), counts: self.counts(entry.id)? },
            gimli::DW_TAG_subroutine_type => {
                TypeKind::Subroutine { result: target(), parameters: self.parameters(entry.id)? }
            }
            gimli::DW_TAG_typedef
            | gimli::DW_TAG_const_type
            | gimli::DW_TAG_volatile_type
            | gimli::DW_TAG_restrict_type
            | gimli::DW_TAG_atomic_type
            | gimli::DW_TAG_immutable_type
            | gimli::DW_TAG_packed_type
            | gimli::DW_TAG_shared_type
            | gimli::DW_TAG_template_alias
            | gimli::DW_TAG_subrange_type => TypeKind::Alias { target: target() },
            gimli::DW_TAG_unspecified_type => TypeKind::Opaque,
            _ => return Err(self.entry_problem(id.0, ErrorKind::WrongEntry("a type"))),
        };
        Ok(Type {
            id: TypeId(entry.id),
            name: entry.string(gimli::DW_AT_name),
            byte_size: entry.unsigned(gimli::DW_AT_byte_size),
            language: self.loaded(entry.id.unit)?.language,
            kind,
        })
    }

    /// The type behind typedefs and qualifiers; nothing for `void`.
    pub fn resolve_alias(&self, id: TypeId) -> Result<Option<Type<'a>>> {
        let mut next = id;
        for _ in 0..MAX_DEPTH {
            let ty = self.read_type(next)?;
            match ty.kind {
                TypeKind::Alias { target: None } => return Ok(None),
                TypeKind::Alias { target: Some(to) } => next = to,
                _ => return Ok(Some(ty)),
            }
        }
        Err(self.entry_problem(id.0, ErrorKind::Limit("typedef of too many typedefs")))
    }

    /// The size of a type in bytes, where it is fixed.
    pub fn size_of(&self, id: TypeId) -> Option<u64> {
        let mut size = 1u64;
        let mut next = id;
        for _ in 0..MAX_DEPTH {
            let entry = self.entry(next.0).ok()?;
            if let Some(own) = entry.unsigned(gimli::DW_AT_byte_size) {
                return size.checked_mul(own);
            }
            match entry.tag() {
                gimli::DW_TAG_pointer_type | gimli::DW_TAG_reference_type | gimli::DW_TAG_rvalue_reference_type => {
                    return size.checked_mul(u64::from(entry.unit.address_size()));
                }
                gimli::DW_TAG_ptr_to_member_type => {
                    // Of a method also what to add to the object's address.
                    let target = entry.reference(gimli::DW_AT_type).and_then(|target| self.entry(target).ok());
                    let words = if target.is_some_and(|to| to.tag() == gimli::DW_TAG_subroutine_type) { 2 } else { 1 };
                    return size.checked_mul(words * u64::from(entry.unit.address_size()));
                }
                gimli::DW_TAG_array_type => {
                    for count in self.counts(next.0).ok()? {
                        size = size.checked_mul(count?)?;
                    }
                }
                _ => {}
            }
            let onwards = entry.reference(gimli::DW_AT_signature).or_else(|| entry.reference(gimli::DW_AT_type));
            next = TypeId(onwards?);
        }
        None
    }

    /// The type that a generic type has for a parameter, behind aliases of the
    /// generic type.
    pub fn type_parameter(&self, id: TypeId, name: &str) -> Option<TypeId> {
        let id = self.resolve_alias(id).ok()??.id;
        let mut found = None;
        self.children(id.0, |child| {
            if child.tag() == gimli::DW_TAG_template_type_parameter
                && child.string(gimli::DW_AT_name).as_deref() == Some(name)
            {
                found = child.reference(gimli::DW_AT_type).map(TypeId);
            }
            found.is_none()
        })
        .ok()?;
        found
    }

    /// A type by its name, without the namespaces around it, as `unit` defines
    /// it or, if it does not, the first unit that does. Goes through all
    /// entries of the units before that.
    pub fn find_type(&self, name: &str, unit: Option<UnitId>) -> Option<TypeId> {
        let others = self.unit_ids().filter(|id| Some(*id) != unit);
        unit.into_iter().chain(others).find_map(|unit| {
            let mut found = None;
            // What is damaged ends the search in its unit.
            let _ = self.each_named_type(unit, |known, id| {
                found = (known == name.as_bytes()).then_some(id);
                found.is_none()
            });
            found
        })
    }

    /// The types that have names, unit by unit. Units that use a type each
    /// have it.
    pub fn named_types(&self) -> impl Iterator<Item = TypeId> + '_ {
        self.unit_ids().flat_map(|unit| {
            let mut types = Vec::new();
            // What is damaged ends the list of its unit.
            let _ = self.each_named_type(unit, |_, id| {
                types.push(id);
                true
            });
            types
        })
    }

    /// Calls `visit` with the types of a unit that have names, until it breaks
    /// off with `false`.
    fn each_named_type(&self, id: UnitId, mut visit: impl FnMut(&[u8], TypeId) -> bool) -> Result<()> {
        let unit = self.unit_ref(id)?;
        let fail = |error| self.entry_error(EntryId { unit: id, offset: 0 }, error);
        let mut raw = unit.entries_raw(None).map_err(fail)?;
        let mut die = gimli::DebuggingInformationEntry::null();
        while !raw.is_empty() {
            let offset = raw.next_offset();
            let Some(abbreviation) = raw.read_abbreviation().map_err(fail)? else {
                continue;
            };
            let is_type = matches!(
                abbreviation.tag(),
                gimli::DW_TAG_base_type
                    | gimli::DW_TAG_structure_type
                    | gimli::DW_TAG_class_type
                    | gimli::DW_TAG_union_type
                    | gimli::DW_TAG_enumeration_type
                    | gimli::DW_TAG_typedef
            );
            raw.skip_attributes(abbreviation.attributes()).map_err(fail)?;
            if !is_type {
                continue;
            }
            let mut here = unit.entries_raw(Some(offset)).map_err(fail)?;
            if !here.read_entry(&mut die).map_err(fail)? {
                continue;
            }
            let name = die.attr_value(gimli::DW_AT_name).and_then(|value| unit.attr_string(value).ok());
            let declaration = matches!(die.attr_value(gimli::DW_AT_declaration), Some(AttributeValue::Flag(true)));
            if let Some(name) = name.filter(|_| !declaration)
                && !visit(name.slice(), TypeId(EntryId::new(id, offset)))
            {
                break;
            }
        }
        Ok(())
    }

    /// A constant of an enumeration by its name, perhaps with that of the
    /// enumeration before it (`Mode::On`): its type and value. It is looked for
    /// as [`find_type`](Self::find_type) does.
    pub fn find_enumerator(&self, name: &str, unit: Option<UnitId>) -> Option<(TypeId, i128)> {
        let mut parts = name.rsplit("::");
        let (last, of) = (parts.next()?, parts.next());
        let others = self.unit_ids().filter(|id| Some(*id) != unit);
        unit.into_iter().chain(others).find_map(|unit| self.enumerator_in(unit, last, of).ok()?)
    }

    fn enumerator_in(&self, id: UnitId, name: &str, of: Option<&str>) -> Result<Option<(TypeId, i128)>> {
        let unit = self.unit_ref(id)?;
        let fail = |error| self.entry_error(EntryId { unit: id, offset: 0 }, error);
        let mut raw = unit.entries_raw(None).map_err(fail)?;
        while !raw.is_empty() {
            let offset = raw.next_offset();
            let Some(abbreviation) = raw.read_abbreviation().map_err(fail)? else { continue };
            raw.skip_attributes(abbreviation.attributes()).map_err(fail)?;
            if abbreviation.tag() != gimli::DW_TAG_enumeration_type {
                continue;
            }
            let ty = TypeId(EntryId::new(id, offset));
            let constants = self.enumerators(ty.0).unwrap_or_default();
            let Some(found) = constants.into_iter().find(|constant| constant.name.as_deref() == Some(name)) else {
                continue;
            };
            let is_it = |of: &str| self.entry(ty.0).is_ok_and(|ty| ty.string(gimli::DW_AT_name).as_deref() == Some(of));
            if of.is_none_or(is_it) {
                return Ok(Some((ty, found.value)));
            }
        }
        Ok(None)
    }

    /// The size of an address in the unit of a type, in bytes.
    pub fn address_size(&self, id: TypeId) -> u64 {
        self.unit_ref(id.0.unit).map_or(4, |unit| u64::from(unit.encoding().address_size))
    }

    /// The type whose methods a table of them (`dyn Trait`) is for, by its
    /// address.
    pub fn vtable_type(&self, address: u64) -> Option<TypeId> {
        let tables = self.vtables.get_or_init(|| {
            let tables = self.static_variables().filter(|variable| {
                variable.base == crate::MemoryBase::Zero
                    && variable.name.as_deref().is_some_and(|name| name.ends_with("::{vtable}"))
            });
            let typed = tables.filter_map(|table| {
                let ty = self.entry(table.ty?.0).ok()?;
                Some((table.address, TypeId(ty.reference(gimli::DW_AT_containing_type)?)))
            });
            typed.collect()
        });
        tables.get(&address).copied()
    }

    /// The word for what an alias adds to a type.
    pub(crate) fn qualifier(&self, id: TypeId) -> Option<&'static str> {
        match self.entry(id.0).ok()?.tag() {
            gimli::DW_TAG_const_type => Some("const"),
            gimli::DW_TAG_volatile_type => Some("volatile"),
            gimli::DW_TAG_restrict_type => Some("restrict"),
            gimli::DW_TAG_atomic_type => Some("_Atomic"),
            _ => None,
        }
    }

    fn composite(&self, entry: &Entry<'_, 'a>) -> Result<Composite<'a>> {
        let mut composite = Composite { is_union: entry.tag() == gimli::DW_TAG_union_type, ..Composite::default() };
        let mut part = None;
        self.children(entry.id, |child| {
            match child.tag() {
                gimli::DW_TAG_member | gimli::DW_TAG_inheritance => {
                    composite.members.extend(self.member(&child));
                }
                gimli::DW_TAG_variant_part => part = Some(child.id),
                _ => {}
            }
            true
        })?;
        if let Some(part) = part {
            composite.variants = Some(self.variant_part(part)?);
        }
        Ok(composite)
    }

    fn variant_part(&self, id: EntryId) -> Result<VariantPart<'a>> {
        let part = self.entry(id)?;
        let discriminant = part.reference(gimli::DW_AT_discr);
        let mut read = VariantPart {
            discriminant: match discriminant {
                Some(member) => self.member(&self.entry(member)?),
                None => None,
            },
            variants: Vec::new(),
        };
        let mut alternatives = Vec::new();
        self.children(id, |child| {
            if child.tag() == gimli::DW_TAG_variant {
                alternatives.push((child.id, child.constant(gimli::DW_AT_discr_value)));
            }
            true
        })?;
        for (alternative, value) in alternatives {
            let mut members = Vec::new();
            self.children(alternative, |child| {
                if child.tag() == gimli::DW_TAG_member {
                    members.extend(self.member(&child));
                }
                true
            })?;
            read.variants.push(Variant { value, members });
        }
        Ok(read)
    }

    /// A member that lies in the value: static ones do not.
    fn member(&self, entry: &Entry<'_, 'a>) -> Option<Member<'a>> {
        if entry.flag(gimli::DW_AT_external) || entry.flag(gimli::DW_AT_declaration) {
            return None;
        }
        let ty = entry.reference(gimli::DW_AT_type).map(TypeId);
        let mut offset = entry.member_offset()?;
        let mut bits = None;
        if let Some(size) = entry.unsigned(gimli::DW_AT_bit_size) {
            let first = if let Some(first) = entry.unsigned(gimli::DW_AT_data_bit_offset) {
                first
            } else {
                // Before DWARF 4: from the highest bit of the storage unit.
                let from_top = entry.unsigned(gimli::DW_AT_bit_offset).unwrap_or(0);
                let unit = entry.unsigned(gimli::DW_AT_byte_size).or_else(|| self.size_of(ty?))?;
                let unit_bits = unit.checked_mul(8)?;
                unit_bits.checked_sub(from_top.checked_add(size)?)?
            };
            offset = offset.checked_add(first / 8)?;
            bits = Some((first % 8, size));
        }
        Some(Member { name: entry.string(gimli::DW_AT_name), ty, offset, bits })
    }

    fn enumerators(&self, id: EntryId) -> Result<Vec<Enumerator<'a>>> {
        let mut enumerators = Vec::new();
        self.children(id, |child| {
            if child.tag() == gimli::DW_TAG_enumerator
                && let Some(value) = child.constant(gimli::DW_AT_const_value)
            {
                let name = child.string(gimli::DW_AT_name);
                enumerators.push(Enumerator { name, value });
            }
            true
        })?;
        Ok(enumerators)
    }

    /// The number of elements in each dimension of an array.
    fn counts(&self, id: EntryId) -> Result<Vec<Option<u64>>> {
        let mut counts = Vec::new();
        self.children(id, |child| {
            if child.tag() == gimli::DW_TAG_subrange_type {
                let upper = || {
                    let upper = child.constant(gimli::DW_AT_upper_bound)?;
                    let lower = child.constant(gimli::DW_AT_lower_bound).unwrap_or(0);
                    // C's `int a[]` has the upper bound -1.
                    u64::try_from(upper - lower + 1).ok()
                };
                counts.push(child.unsigned(gimli::DW_AT_count).or_else(upper));
            }
            true
        })?;
        Ok(counts)
    }

    /// The variable that tells how many elements a dimension of an array has
    /// whose length is not constant.
    pub(crate) fn count_variable(&self, array: TypeId, dimension: usize) -> Option<EntryId> {
        let mut found = Vec::new();
        self.children(array.0, |child| {
            if child.tag() == gimli::DW_TAG_subrange_type {
                found.push(child.reference(gimli::DW_AT_count));
            }
            true
        })
        .ok()?;
        found.into_iter().nth(dimension)?
    }

    fn parameters(&self, id: EntryId) -> Result<Vec<TypeId>> {
        let mut parameters = Vec::new();
        self.children(id, |child| {
            if child.tag() == gimli::DW_TAG_formal_parameter {
                parameters.extend(child.reference(gimli::DW_AT_type).map(TypeId));
            }
            true
        })?;
        Ok(parameters)
    }
}

impl Entry<'_, '_> {
    /// A constant of either sign.
    pub(crate) fn constant(&self, name: DwAt) -> Option<i128> {
        match self.attr(name)? {
            AttributeValue::Udata(value) => Some(value.into()),
            AttributeValue::Data8(value) => Some(value.into()),
            AttributeValue::Block(block) if block.len() == 16 => {
                Some(i128::from_le_bytes(block.slice().try_into().ok()?))
            }
            value => value.sdata_value().map(i128::from).or_else(|| value.udata_value().map(i128::from)),
        }
    }

    /// Where a member starts; 0 if that is left out.
    fn member_offset(&self) -> Option<u64> {
        match self.attr(gimli::DW_AT_data_member_location) {
            None => Some(0),
            Some(AttributeValue::Exprloc(expression)) => {
                let mut operations = expression.operations(self.unit.encoding());
                let offset = match operations.next().ok()?? {
                    Operation::PlusConstant { value } => value,
                    _ => return None,
                };
                operations.next().ok()?.is_none().then_some(offset)
            }
            Some(value) => value.udata_value(),
        }
    }
}

impl Encoding {
    fn of(entry: &Entry<'_, '_>) -> Self {
        match entry.attr(gimli::DW_AT_encoding) {
            Some(AttributeValue::Encoding(code)) => match code {
                gimli::DW_ATE_signed => Encoding::Signed,
                gimli::DW_ATE_unsigned => Encoding::Unsigned,
                gimli::DW_ATE_signed_char => Encoding::SignedChar,
                gimli::DW_ATE_unsigned_char => Encoding::UnsignedChar,
                gimli::DW_ATE_UTF => Encoding::Unicode,
                gimli::DW_ATE_float => Encoding::Float,
                gimli::DW_ATE_complex_float => Encoding::Complex,
                gimli::DW_ATE_boolean => Encoding::Boolean,
                gimli::DW_ATE_address => Encoding::Address,
                other => Encoding::Other(other.0),
            },
            _ => Encoding::Other(0),
        }
    }
}
