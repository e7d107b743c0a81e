//! WIT's types, as far as the boundary carries them.

use std::collections::HashMap;

use proc_macro::Group;

use super::name::Name;
use super::skip_gates;
use crate::parse::{Cursor, Error, Result};

pub(crate) type Types = HashMap<String, Wit>;

#[derive(Clone)]
pub(crate) enum Wit {
    /// A Rust scalar and its size in bytes.
    Scalar(&'static str, usize),
    /// A Rust struct around a `u32`: an enum, or flags.
    Number(String),
    String,
    /// A list of what is named.
    List(String),
    Record {
        rust: String,
        size: usize,
        align: usize,
    },
    Option(Box<Wit>),
    Result(Option<Box<Wit>>, Option<Box<Wit>>),
}

impl Wit {
    fn layout(&self) -> Option<(usize, usize)> {
        match self {
            // These are no plain old data: not every bit pattern is one.
            Wit::Scalar("bool" | "char", _) => None,
            Wit::Scalar(_, size) => Some((*size, *size)),
            Wit::Number(_) => Some((4, 4)),
            Wit::Record { size, align, .. } => Some((*size, *align)),
            _ => None,
        }
    }

    /// The Rust type of a parameter; none for what is a result only.
    pub(crate) fn parameter(&self) -> Option<String> {
        match self {
            Wit::Scalar(name, _) => Some((*name).into()),
            Wit::Number(name) => Some(name.clone()),
            Wit::String => Some("&str".into()),
            Wit::List(element) => Some(format!("&[{element}]")),
            Wit::Record { rust, .. } => Some(format!("&{rust}")),
            Wit::Option(_) | Wit::Result(..) => None,
        }
    }

    /// The Rust type of a result.
    pub(crate) fn output(&self) -> String {
        self.output_as(String::as_str)
    }

    /// The type of a result as it crosses: numbers without their names.
    pub(crate) fn crossing_output(&self) -> String {
        self.output_as(|_| "u32")
    }

    fn output_as(&self, number: fn(&String) -> &str) -> String {
        let part = |part: &Option<Box<Wit>>| part.as_ref().map_or_else(|| "()".into(), |p| p.output_as(number));
        match self {
            Wit::Scalar(name, _) => (*name).into(),
            Wit::Number(name) => number(name).into(),
            Wit::String => "::wasm::__rt::String".into(),
            Wit::List(element) => format!("::wasm::__rt::Vec<{element}>"),
            Wit::Record { rust, .. } => rust.clone(),
            Wit::Option(value) => format!("::core::option::Option<{}>", value.output_as(number)),
            Wit::Result(value, error) => format!("::core::result::Result<{}, {}>", part(value), part(error)),
        }
    }

    /// Turns the expression for a result into the crossing one (`to_number`),
    /// or back.
    pub(crate) fn convert(&self, value: &str, to_number: bool) -> String {
        let convert = |ty: &Wit| match ty {
            Wit::Number(_) if to_number => Some("|__x| __x.0".to_string()),
            Wit::Number(name) => Some(name.clone()),
            _ => None,
        };
        match self {
            Wit::Number(_) if to_number => format!("({value}).0"),
            Wit::Number(name) => format!("{name}({value})"),
            Wit::Option(ty) => convert(ty).map_or_else(|| value.into(), |f| format!("{value}.map({f})")),
            Wit::Result(ok, error) => {
                let mut converted = value.to_string();
                if let Some(f) = ok.as_deref().and_then(convert) {
                    converted += &format!(".map({f})");
                }
                if let Some(f) = error.as_deref().and_then(convert) {
                    converted += &format!(".map_err({f})");
                }
                converted
            }
            _ => value.into(),
        }
    }

    pub(crate) fn parse(cursor: &mut Cursor, types: &Types) -> Result<Wit> {
        let at = cursor.span();
        if cursor.eat_ident("_") {
            return Err(Error::new(at, "`_` stands only in `result<_, error>`"));
        }
        let name = Name::parse(cursor, "a type")?;
        let scalar = |rust, size| Ok(Wit::Scalar(rust, size));
        match name.wit.as_str() {
            "bool" => scalar("bool", 1),
            "char" => scalar("char", 4),
            "u8" => scalar("u8", 1),
            "s8" => scalar("i8", 1),
            "u16" => scalar("u16", 2),
            "s16" => scalar("i16", 2),
            "u32" => scalar("u32", 4),
            "s32" => scalar("i32", 4),
            "u64" => scalar("u64", 8),
            "s64" => scalar("i64", 8),
            "f32" => scalar("f32", 4),
            "f64" => scalar("f64", 8),
            "string" => Ok(Wit::String),
            "list" => {
                cursor.punct('<')?;
                let at = cursor.span();
                let element = Wit::parse(cursor, types)?;
                cursor.punct('>')?;
                if element.layout().is_none() {
                    return Err(Error::new(at, "a list that crosses the boundary holds numbers or records of numbers"));
                }
                Ok(Wit::List(element.output()))
            }
            "option" => {
                cursor.punct('<')?;
                let value = payload(cursor, types)?;
                cursor.punct('>')?;
                Ok(Wit::Option(Box::new(value)))
            }
            "result" => {
                if !cursor.eat_punct('<') {
                    return Ok(Wit::Result(None, None));
                }
                let value = if cursor.eat_ident("_") { None } else { Some(Box::new(payload(cursor, types)?)) };
                let error = if cursor.eat_punct(',') { Some(Box::new(payload(cursor, types)?)) } else { None };
                cursor.punct('>')?;
                Ok(Wit::Result(value, error))
            }
            "tuple" | "future" | "stream" | "borrow" | "own" => {
                Err(Error::new(at, format!("`{}` is beyond what the boundary carries: use a record", name.wit)))
            }
            other => types.get(other).cloned().ok_or_else(|| {
                Error::new(at, format!("no type `{other}` in this interface (types stand before their use)"))
            }),
        }
    }
}

fn payload(cursor: &mut Cursor, types: &Types) -> Result<Wit> {
    let at = cursor.span();
    match Wit::parse(cursor, types)? {
        Wit::Option(_) | Wit::Result(..) => {
            Err(Error::new(at, "`option` and `result` cannot be nested at the boundary"))
        }
        other => Ok(other),
    }
}

/// A record as a Rust struct of plain old data.
pub(crate) fn record(name: &Name, fields: &Group, types: &Types) -> Result<(String, Wit)> {
    let mut cursor = Cursor::of_group(fields);
    let (mut text, mut size, mut align) = (String::new(), 0usize, 1usize);
    while !cursor.is_empty() {
        cursor.attributes();
        skip_gates(&mut cursor)?;
        let field = Name::parse(&mut cursor, "a field's name")?;
        cursor.punct(':')?;
        let at = cursor.span();
        let ty = Wit::parse(&mut cursor, types)?;
        let Some((field_size, field_align)) = ty.layout() else {
            return Err(Error::new(at, "a record that crosses the boundary holds numbers and records of numbers"));
        };
        if size % field_align != 0 {
            return Err(Error::new(field.span, "this field would be padded: order the fields by falling size"));
        }
        size += field_size;
        align = align.max(field_align);
        text += &format!("pub {}: {},", field.snake(), ty.output());
        cursor.eat_punct(',');
    }
    if size == 0 || size % align != 0 {
        return Err(Error::new(name.span, "this record would be padded at its end: add a field that fills it"));
    }
    let rust = name.camel();
    Ok((
        format!(
            "#[doc = \"The record `{}`.\"] #[allow(missing_docs)]
            #[derive(Clone, Copy, Debug, PartialEq, ::wasm::Pod)] #[repr(C)] pub struct {rust} {{ {text} }}",
            name.wit
        ),
        Wit::Record { rust, size, align },
    ))
}

/// An enum (numbers from 0) or flags (bits) as a Rust struct around a `u32`:
/// whatever number the host passes is a value of it.
pub(crate) fn number(name: &Name, cases: &Group, flags: bool) -> Result<(String, Wit)> {
    let mut cursor = Cursor::of_group(cases);
    let (mut constants, mut count) = (String::new(), 0u32);
    let rust = name.camel();
    while !cursor.is_empty() {
        cursor.attributes();
        skip_gates(&mut cursor)?;
        let case = Name::parse(&mut cursor, "a case")?;
        if flags && count == 32 {
            return Err(Error::new(case.span, "at most 32 flags cross the boundary"));
        }
        let bits = if flags { 1 << count } else { count };
        constants += &format!("pub const {}: {rust} = {rust}({bits});", case.shout());
        count += 1;
        cursor.eat_punct(',');
    }
    let (kind, operations) = if flags {
        (
            "flags",
            format!(
                "impl {rust} {{
                    #[doc = \"Whether all of `flags` are set.\"]
                    pub const fn contains(self, flags: {rust}) -> bool {{ self.0 & flags.0 == flags.0 }}
                }}
                impl ::core::ops::BitOr for {rust} {{
                    type Output = {rust};
                    fn bitor(self, other: {rust}) -> {rust} {{ {rust}(self.0 | other.0) }}
                }}"
            ),
        )
    } else {
        ("enum", String::new())
    };
    let default = if flags { "Default," } else { "" };
    Ok((
        format!(
            "#[doc = \"The {kind} `{}`.\"]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, {default} ::wasm::Pod)] #[repr(transparent)]
            pub struct {rust}(#[doc = \"The number that crosses.\"] pub u32);
            #[allow(missing_docs)] impl {rust} {{ {constants} }} {operations}",
            name.wit
        ),
        Wit::Number(rust),
    ))
}
