//! Values as text, as their language writes them.

use std::fmt::Write as _;

use crate::collections::{Collection, CollectionKind};
use crate::location::ValueError;
use crate::machine::Machine;
use crate::source::Language;
use crate::types::{Encoding, TypeId, TypeKind};
use crate::value::{Inspector, Scalar, Shape, Value};

/// How much of a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many levels.
    pub depth: usize,
    /// How many elements of an array, fields of a structure.
    pub elements: usize,
    /// How many bytes of a text in the program.
    pub text: usize,
    /// About how many bytes in all.
    pub total: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 6, elements: 100, text: 256, total: 8192 }
    }
}

impl<M: Machine + ?Sized> Inspector<'_, '_, M> {
    /// A value as text, in the words of its language. What can't be read is
    /// said in angle brackets, what is left out is `…`.
    pub fn text(&self, value: &Value, limits: Limits) -> String {
        let mut writer = Writer { inspector: self, limits, out: String::new() };
        writer.value(value, 0);
        writer.out
    }
}

struct Writer<'w, 's, 'a, M: ?Sized> {
    inspector: &'w Inspector<'s, 'a, M>,
    limits: Limits,
    out: String,
}

impl<'a, M: Machine + ?Sized> Writer<'_, '_, 'a, M> {
    fn value(&mut self, value: &Value, depth: usize) {
        if depth >= self.limits.depth || self.out.len() >= self.limits.total {
            self.out.push('…');
            return;
        }
        if let Err(error) = self.shape(value, depth) {
            self.say(format_args!("<{error}>"));
        }
    }

    fn shape(&mut self, value: &Value, depth: usize) -> Result<(), ValueError> {
        let source = self.inspector.source;
        let ty = source.resolve_alias(value.ty)?;
        let is_rust = ty.as_ref().and_then(|ty| ty.language) == Some(Language::Rust);
        match self.inspector.shape(value)? {
            Shape::Scalar(scalar) => self.scalar(scalar),
            Shape::Enumerator { name, value } => match name {
                Some(name) => self.out.push_str(&name),
                None => self.say(format_args!("{value}")),
            },
            pointer @ Shape::Pointer { address, target } => {
                if is_rust
                    && ty.as_ref().and_then(|ty| ty.name.as_deref()).is_some_and(|name| name.starts_with('&'))
                    && let Some(target) = self.inspector.target(&pointer)
                {
                    self.out.push('&');
                    self.value(&target, depth + 1);
                    return Ok(());
                }
                self.say(format_args!("{address:#x}"));
                if !is_rust && address != 0 && self.is_character(target) {
                    self.out.push(' ');
                    self.c_text(address, None);
                }
            }
            Shape::Text { address, length } => self.rust_text(address, length),
            Shape::Elements(elements) => {
                let element = self.inspector.element(&elements, 0);
                let element_type = element.as_ref().map(|element| element.ty);
                let in_memory = element.and_then(|element| element.address());
                if let Some(address) = in_memory
                    && !is_rust
                    && self.is_character(element_type)
                {
                    if self.is_named_char(element_type) {
                        self.c_text(address, Some(elements.count));
                    } else {
                        self.c_bytes(address, elements.count);
                    }
                    return Ok(());
                }
                let (open, close) = if is_rust { ('[', ']') } else { ('{', '}') };
                if is_rust && ty.and_then(|ty| ty.name).is_some_and(|name| name.starts_with("Vec<")) {
                    self.out.push_str("vec!");
                }
                self.out.push(open);
                for index in 0..elements.count {
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    if index >= self.limits.elements as u64 || self.is_full() {
                        self.out.push('…');
                        break;
                    }
                    match self.inspector.element(&elements, index) {
                        Some(element) => self.value(&element, depth + 1),
                        None => self.out.push_str("<optimized out>"),
                    }
                }
                self.out.push(close);
            }
            Shape::Collection(collection) => self.collection(&collection, is_rust, depth)?,
            Shape::Holder(holder) => {
                self.say(format_args!("{}(", holder.name));
                match &holder.value {
                    Some(value) => self.value(value, depth + 1),
                    None => self.out.push_str(holder.absent),
                }
                self.out.push(')');
            }
            Shape::Range { start, end, inclusive } => {
                if let Some(start) = start {
                    self.value(&start, depth + 1);
                }
                self.out.push_str(if inclusive { "..=" } else { ".." });
                if let Some(end) = end {
                    self.value(&end, depth + 1);
                }
            }
            Shape::Duration { seconds, nanoseconds } => {
                let duration = std::time::Duration::new(seconds, nanoseconds.min(999_999_999));
                self.say(format_args!("{duration:?}"));
            }
            Shape::Fields { variant, fields } => {
                let name = variant.or_else(|| ty.filter(|_| is_rust)?.name);
                if is_rust {
                    self.rust_fields(name.as_deref().unwrap_or_default(), &fields, depth);
                } else {
                    self.out.push('{');
                    self.fields(&fields, depth, " = ");
                    self.out.push('}');
                }
            }
            Shape::Opaque => self.out.push_str("<opaque>"),
        }
        Ok(())
    }

    fn collection(&mut self, collection: &Collection, is_rust: bool, depth: usize) -> Result<(), ValueError> {
        let most = self.limits.elements as u64;
        let items = self.inspector.items(collection, 0..most.min(collection.count))?;
        let (open, close) = match collection.kind {
            CollectionKind::List if is_rust => ('[', ']'),
            _ => ('{', '}'),
        };
        self.out.push(open);
        let found = items.len() as u64;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            if self.is_full() {
                break;
            }
            if let Some(key) = &item.key {
                let (before, after) = if is_rust { ("", ": ") } else { ("[", "] = ") };
                self.out.push_str(before);
                self.value(key, depth + 1);
                self.out.push_str(after);
            }
            self.value(&item.value, depth + 1);
        }
        if found < collection.count {
            self.out.push_str(if found > 0 { ", …" } else { "…" });
        }
        self.out.push(close);
        Ok(())
    }

    fn rust_fields(&mut self, name: &str, fields: &[(Option<std::borrow::Cow<'a, str>>, Value)], depth: usize) {
        // A tuple's type is called `(A, B)`.
        let is_tuple = name.starts_with('(');
        if !is_tuple {
            self.out.push_str(name);
        }
        let is_numbered = fields.iter().all(|(name, _)| name.as_deref().is_some_and(|name| name.starts_with("__")));
        if fields.is_empty() {
            if is_tuple {
                self.out.push_str("()");
            }
        } else if is_numbered {
            self.out.push('(');
            let unnamed: Vec<_> = fields.iter().map(|(_, field)| (None, field.clone())).collect();
            self.fields(&unnamed, depth, "");
            if is_tuple && fields.len() == 1 {
                self.out.push(',');
            }
            self.out.push(')');
        } else {
            if !name.is_empty() {
                self.out.push(' ');
            }
            self.out.push_str("{ ");
            self.fields(fields, depth, ": ");
            self.out.push_str(" }");
        }
    }

    fn fields(&mut self, fields: &[(Option<std::borrow::Cow<'a, str>>, Value)], depth: usize, between: &str) {
        for (index, (name, field)) in fields.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            if index >= self.limits.elements || self.is_full() {
                self.out.push('…');
                break;
            }
            if let Some(name) = name {
                self.out.push_str(name);
                self.out.push_str(between);
            }
            self.value(field, depth + 1);
        }
    }

    fn scalar(&mut self, scalar: Scalar) {
        match scalar {
            Scalar::Signed(number) => self.say(format_args!("{number}")),
            Scalar::Unsigned(number) => self.say(format_args!("{number}")),
            Scalar::Float32(number) => self.say(format_args!("{number:?}")),
            Scalar::Float64(number) => self.say(format_args!("{number:?}")),
            Scalar::Complex(real, imaginary) => self.say(format_args!("{real:?} + {imaginary:?}i")),
            Scalar::Boolean(value) => self.say(format_args!("{value}")),
            Scalar::Character(character) => self.say(format_args!("{character:?}")),
            Scalar::Byte(number) => {
                self.say(format_args!("{number}"));
                if let Ok(byte) = u8::try_from(number)
                    && byte.is_ascii()
                {
                    self.say(format_args!(" {:?}", char::from(byte)));
                }
            }
        }
    }

    fn rust_text(&mut self, address: u64, length: u64) {
        let shown = length.min(self.limits.text as u64);
        let mut bytes = vec![0; shown as usize];
        if !self.inspector.machine.read_memory(address, &mut bytes) {
            self.say(format_args!("<{}>", ValueError::NoMemory(address)));
            return;
        }
        self.quoted(&bytes);
        if shown < length {
            self.out.push('…');
        }
    }

    /// The characters up to a NUL, of `count` if that is known.
    fn c_text(&mut self, address: u64, count: Option<u64>) {
        let most = (self.limits.text as u64).min(count.unwrap_or(u64::MAX));
        let mut bytes = Vec::new();
        let mut ended = count == Some(most);
        while (bytes.len() as u64) < most {
            let mut byte = [0];
            let at = address.wrapping_add(bytes.len() as u64);
            if !self.inspector.machine.read_memory(at, &mut byte) {
                self.say(format_args!("<{}>", ValueError::NoMemory(at)));
                return;
            }
            if byte == [0] {
                ended = true;
                break;
            }
            bytes.extend(byte);
        }
        self.quoted(&bytes);
        if !ended {
            self.out.push('…');
        }
    }

    /// Bytes that may be text, or numbers: all but the zeros at the end.
    fn c_bytes(&mut self, address: u64, count: u64) {
        let shown = count.min(self.limits.text as u64);
        let mut bytes = vec![0; shown as usize];
        if !self.inspector.machine.read_memory(address, &mut bytes) {
            self.say(format_args!("<{}>", ValueError::NoMemory(address)));
            return;
        }
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        self.say(format_args!("\"{}\"", bytes[..end].escape_ascii()));
        if shown < count {
            self.out.push('…');
        }
    }

    /// Whether a type is `char` itself: that is text, while other characters may
    /// be numbers.
    fn is_named_char(&self, ty: Option<TypeId>) -> bool {
        let resolved = ty.and_then(|ty| self.inspector.source.resolve_alias(ty).ok()?);
        resolved.is_some_and(|ty| ty.name.as_deref() == Some("char"))
    }

    fn quoted(&mut self, bytes: &[u8]) {
        self.say(format_args!("{:?}", String::from_utf8_lossy(bytes)));
    }

    /// Whether this is C's `char`, under any name.
    fn is_character(&self, ty: Option<TypeId>) -> bool {
        let resolved = ty.and_then(|ty| self.inspector.source.resolve_alias(ty).ok()?);
        resolved.is_some_and(|ty| {
            let character = [Encoding::SignedChar, Encoding::UnsignedChar];
            let TypeKind::Base(encoding) = ty.kind else {
                return false;
            };
            ty.byte_size == Some(1) && character.contains(&encoding)
        })
    }

    fn is_full(&self) -> bool {
        self.out.len() >= self.limits.total
    }

    fn say(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.out.write_fmt(text);
    }
}
