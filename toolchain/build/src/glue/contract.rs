//! Signatures and struct layouts, read from `name;signature` and the section `wasmrust.contract`.

use std::collections::{BTreeMap, BTreeSet};

/// A number in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    letter: u8,
    /// JavaScript's word: `Int8` in `Int8Array` and `getInt8`.
    pub(super) word: &'static str,
    pub(super) size: u32,
}

const NUMBERS: [Number; 10] = [
    Number { letter: b'a', word: "Int8", size: 1 },
    Number { letter: b'h', word: "Uint8", size: 1 },
    Number { letter: b's', word: "Int16", size: 2 },
    Number { letter: b't', word: "Uint16", size: 2 },
    Number { letter: b'i', word: "Int32", size: 4 },
    Number { letter: b'j', word: "Uint32", size: 4 },
    Number { letter: b'x', word: "BigInt64", size: 8 },
    Number { letter: b'y', word: "BigUint64", size: 8 },
    Number { letter: b'f', word: "Float32", size: 4 },
    Number { letter: b'd', word: "Float64", size: 8 },
];

impl Number {
    pub(super) fn of(letter: u8) -> Option<Number> {
        NUMBERS.into_iter().find(|number| number.letter == letter)
    }
}

/// What a slice, or a field, is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element<'a> {
    Number(Number),
    Struct(&'a str),
}

/// A type that crosses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type<'a> {
    Unit,
    /// One wasm value: a number, `b`, `c`, `r`, `R` or `F`.
    Direct(u8),
    Text,
    List {
        of: Element<'a>,
        mutable: bool,
    },
    View(Element<'a>),
    Struct {
        name: &'a str,
        mutable: bool,
    },
    Option(Box<Type<'a>>),
    Result(Box<Type<'a>>, Box<Type<'a>>),
}

/// A function at the boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature<'a> {
    /// Without the signature.
    pub(super) name: &'a str,
    pub(super) parameters: Vec<Type<'a>>,
    pub(super) result: Type<'a>,
}

impl<'a> Signature<'a> {
    /// `None` for a name without a signature; also where something else stands behind the `;`.
    pub(super) fn of(text: &'a str) -> Option<Signature<'a>> {
        let (name, mut rest) = text.split_once(';')?;
        let mut parameters = Vec::new();
        while !rest.is_empty() && !rest.starts_with('>') {
            parameters.push(parameter(&mut rest)?);
        }
        let result = match rest.strip_prefix('>') {
            None => Type::Unit,
            Some(result) => {
                rest = result;
                result_type(&mut rest)?
            }
        };
        rest.is_empty().then_some(Signature { name, parameters, result })
    }
}

fn eat(rest: &mut &str, prefix: &str) -> bool {
    let stripped = rest.strip_prefix(prefix);
    *rest = stripped.unwrap_or(rest);
    stripped.is_some()
}

fn element<'a>(rest: &mut &'a str) -> Option<Element<'a>> {
    if eat(rest, "{") {
        let (name, after) = rest.split_once('}')?;
        *rest = after;
        return Some(Element::Struct(name));
    }
    let number = Number::of(*rest.as_bytes().first()?)?;
    *rest = rest.get(1..)?;
    Some(Element::Number(number))
}

fn parameter<'a>(rest: &mut &'a str) -> Option<Type<'a>> {
    if eat(rest, "&1") {
        return match element(rest)? {
            Element::Struct(name) => Some(Type::Struct { name, mutable: true }),
            Element::Number(_) => None,
        };
    }
    if eat(rest, "&") {
        return Some(Type::List { of: element(rest)?, mutable: true });
    }
    if eat(rest, "@") {
        return Some(Type::View(element(rest)?));
    }
    if eat(rest, "r") {
        return Some(Type::Direct(b'r'));
    }
    if eat(rest, "F") {
        return Some(Type::Direct(b'F'));
    }
    payload(rest)
}

fn result_type<'a>(rest: &mut &'a str) -> Option<Type<'a>> {
    if eat(rest, "?") {
        return Some(Type::Option(Box::new(unit_or_payload(rest)?)));
    }
    if eat(rest, "!") {
        let value = unit_or_payload(rest)?;
        return Some(Type::Result(Box::new(value), Box::new(unit_or_payload(rest)?)));
    }
    if eat(rest, "@") {
        return Some(Type::View(element(rest)?));
    }
    if eat(rest, "F") {
        return Some(Type::Direct(b'F'));
    }
    payload(rest)
}

fn unit_or_payload<'a>(rest: &mut &'a str) -> Option<Type<'a>> {
    if eat(rest, "v") { Some(Type::Unit) } else { payload(rest) }
}

/// What may stand anywhere.
fn payload<'a>(rest: &mut &'a str) -> Option<Type<'a>> {
    if eat(rest, "S") {
        return Some(Type::Text);
    }
    if eat(rest, "*") {
        return Some(Type::List { of: element(rest)?, mutable: false });
    }
    let letter = *rest.as_bytes().first()?;
    if letter == b'{' {
        return match element(rest)? {
            Element::Struct(name) => Some(Type::Struct { name, mutable: false }),
            Element::Number(_) => None,
        };
    }
    let is_direct = matches!(letter, b'b' | b'c' | b'R') || Number::of(letter).is_some();
    *rest = rest.get(1..)?;
    is_direct.then_some(Type::Direct(letter))
}

/// A struct's layout.
#[derive(Clone, Debug)]
pub(super) struct Pod<'a> {
    pub(super) size: u32,
    pub(super) fields: Vec<Field<'a>>,
}

#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) of: Element<'a>,
    pub(super) at: u32,
    /// The length of an array.
    pub(super) count: Option<u32>,
}

/// What the section says of the structs that cross.
#[derive(Debug, Default)]
pub(super) struct Contract<'a> {
    pods: BTreeMap<&'a str, Pod<'a>>,
}

impl<'a> Contract<'a> {
    /// The layout, where it is known.
    pub(super) fn pod(&self, name: &str) -> Option<&Pod<'a>> {
        self.pods.get(name)
    }

    /// `None` where it is damaged, or contradicts itself.
    pub(super) fn read(mut section: &'a [u8]) -> Option<Contract<'a>> {
        let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
        while let Some((length, rest)) = section.split_first_chunk() {
            let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            section = rest;
            let Some(text) = std::str::from_utf8(record).ok()?.strip_prefix("pod;") else { continue };
            let (name, layout) = text.split_once(';')?;
            if texts.insert(name, layout).is_some_and(|other| other != layout) {
                return None;
            }
        }
        let layouts = texts.into_iter().map(|(name, layout)| Some((name, Pod::read(layout)?)));
        let pods: BTreeMap<_, _> = layouts.collect::<Option<_>>()?;
        let nested = pods.values().flat_map(|pod: &Pod<'_>| &pod.fields).filter_map(|field| match field.of {
            Element::Struct(name) => Some(name),
            Element::Number(_) => None,
        });
        let nested: BTreeSet<_> = nested.collect();
        nested.iter().all(|name| pods.contains_key(name)).then_some(Contract { pods })
    }
}

impl<'a> Pod<'a> {
    /// A tuple struct of one field is that field.
    pub(super) fn is_transparent(&self) -> bool {
        matches!(&self.fields[..], [only] if only.name == "0")
    }

    fn read(layout: &'a str) -> Option<Pod<'a>> {
        let mut parts = layout.split(';');
        let size = parts.next()?.parse().ok()?;
        Some(Pod { size, fields: parts.map(Field::read).collect::<Option<_>>()? })
    }
}

impl<'a> Field<'a> {
    /// `NAME:TYPE@OFFSET` or `NAME:TYPE@OFFSET*COUNT`.
    fn read(text: &'a str) -> Option<Field<'a>> {
        let (name, rest) = text.rsplit_once(':')?;
        let mut rest = rest;
        let of = element(&mut rest)?;
        let place = rest.strip_prefix('@')?;
        let (at, count) = match place.split_once('*') {
            Some((at, count)) => (at, Some(count.parse().ok()?)),
            None => (place, None),
        };
        Some(Field { name, of, at: at.parse().ok()?, count })
    }
}
