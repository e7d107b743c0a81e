//! `wasm::wit! { interface name { … } }`: a WIT interface as a Rust module
//! with its types, a trait, and the host's implementation of it.
//!
//! Legal is what the boundary carries: numbers, `bool`, `char`, `string`,
//! `list` of numbers or records, records of numbers, enums, type aliases of
//! these, and `option` and `result` of them as results.

use std::collections::HashMap;

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::import;
use crate::parse::{Cursor, Error, Function, Result};

pub(crate) fn expand(tokens: TokenStream) -> Result<TokenStream> {
    let mut cursor = Cursor::new(tokens, Span::call_site());
    let mut out = TokenStream::new();
    if cursor.is_empty() {
        return cursor.error("expected WIT: `interface name { .. }`");
    }
    while !cursor.is_empty() {
        cursor.attributes();
        skip_gates(&mut cursor)?;
        if cursor.is_ident("package") {
            cursor.until(&[';']);
            cursor.punct(';')?;
            continue;
        }
        if !cursor.eat_ident("interface") {
            return cursor.error("expected `interface name { .. }`; worlds are built from interfaces elsewhere");
        }
        let name = Name::parse(&mut cursor, "the interface's name")?;
        let body = cursor.group(Delimiter::Brace, "`{` and the interface's items")?;
        out.extend(interface(&name, &body)?);
    }
    Ok(out)
}

/// A WIT identifier: kebab case, perhaps behind `%`.
struct Name {
    wit: String,
    span: Span,
}

impl Name {
    fn parse(cursor: &mut Cursor, what: &str) -> Result<Name> {
        let span = cursor.span();
        cursor.eat_punct('%');
        let mut wit = cursor.ident(what)?.to_string();
        while cursor.eat_punct('-') {
            match cursor.bump() {
                Some(TokenTree::Ident(part)) => wit += &format!("-{part}"),
                Some(TokenTree::Literal(part)) => wit += &format!("-{part}"),
                _ => return Err(Error::new(span, "a name does not end with `-`")),
            }
        }
        Ok(Name { wit, span })
    }

    fn snake(&self) -> String {
        let name = self.wit.replace('-', "_").to_lowercase();
        // The keywords that WIT allows as names.
        const KEYWORDS: &[&str] = &[
            "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
            "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
            "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
            "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
        ];
        match name.as_str() {
            "self" | "super" | "crate" => format!("{name}_"),
            keyword if KEYWORDS.contains(&keyword) => format!("r#{keyword}"),
            _ => name,
        }
    }

    fn camel(&self) -> String {
        let camel: String = self
            .wit
            .split('-')
            .map(|word| {
                let mut letters = word.chars();
                letters
                    .next()
                    .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
            })
            .collect();
        if camel == "Self" { "Self_".into() } else { camel }
    }
}

/// `@since(version = 1.0.0)` and the like.
fn skip_gates(cursor: &mut Cursor) -> Result<()> {
    while cursor.eat_punct('@') {
        cursor.ident("the gate's name")?;
        let _ = cursor.group(Delimiter::Parenthesis, "");
    }
    Ok(())
}

#[derive(Clone)]
enum Wit {
    /// A Rust scalar and its size in bytes.
    Scalar(&'static str, usize),
    String,
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
            Wit::Record { size, align, .. } => Some((*size, *align)),
            _ => None,
        }
    }

    fn parameter(&self) -> Option<String> {
        match self {
            Wit::Scalar(name, _) => Some((*name).into()),
            Wit::String => Some("&str".into()),
            Wit::List(element) => Some(format!("&[{element}]")),
            Wit::Record { rust, .. } => Some(format!("&{rust}")),
            Wit::Option(_) | Wit::Result(..) => None,
        }
    }

    fn output(&self) -> String {
        let part = |part: &Option<Box<Wit>>| part.as_ref().map_or_else(|| "()".into(), |p| p.output());
        match self {
            Wit::Scalar(name, _) => (*name).into(),
            Wit::String => "::wasm::__rt::String".into(),
            Wit::List(element) => format!("::wasm::__rt::Vec<{element}>"),
            Wit::Record { rust, .. } => rust.clone(),
            Wit::Option(value) => format!("::core::option::Option<{}>", value.output()),
            Wit::Result(value, error) => format!("::core::result::Result<{}, {}>", part(value), part(error)),
        }
    }
}

fn interface(name: &Name, body: &Group) -> Result<TokenStream> {
    let mut types: HashMap<String, Wit> = HashMap::new();
    let mut definitions = String::new();
    // `async` and documentation play no part; functions wait until all types are known.
    let mut functions: Vec<(Name, Group, Option<Vec<TokenTree>>)> = Vec::new();
    let mut cursor = Cursor::of_group(body);
    while !cursor.is_empty() {
        // Doc comments arrive as attributes.
        cursor.attributes();
        skip_gates(&mut cursor)?;
        let escaped = cursor.is_punct('%');
        let at = cursor.span();
        let item = Name::parse(&mut cursor, "an item of the interface")?;
        if cursor.eat_punct(':') {
            if cursor.is_ident("async") {
                return cursor.error("`async func` is not possible at this boundary");
            }
            if !cursor.eat_ident("func") {
                return cursor.error("expected `func(..)`");
            }
            let parameters = cursor.group(Delimiter::Parenthesis, "`(` and the parameters")?;
            let output = cursor.eat_arrow().then(|| cursor.until(&[';']));
            cursor.punct(';')?;
            functions.push((item, parameters, output));
            continue;
        }
        match (item.wit.as_str(), escaped) {
            ("record", false) => {
                let name = Name::parse(&mut cursor, "the record's name")?;
                let fields = cursor.group(Delimiter::Brace, "`{` and the record's fields")?;
                let (text, ty) = record(&name, &fields, &types)?;
                definitions += &text;
                types.insert(name.wit, ty);
            }
            ("enum", false) => {
                let name = Name::parse(&mut cursor, "the enum's name")?;
                let cases = cursor.group(Delimiter::Brace, "`{` and the enum's cases")?;
                let mut cases = Cursor::of_group(&cases);
                let camel = name.camel();
                definitions += &format!("#[allow(missing_docs, non_upper_case_globals)] pub mod {} {{", name.snake());
                let mut number = 0;
                while !cases.is_empty() {
                    cases.attributes();
                    let case = Name::parse(&mut cases, "a case")?;
                    definitions +=
                        &format!("pub const {}: u32 = {number};", case.snake().to_uppercase().replace("R#", ""));
                    number += 1;
                    cases.eat_punct(',');
                }
                definitions +=
                    &format!("}} #[doc = \"One of the numbers in [`{}`].\"] pub type {camel} = u32;", name.snake());
                types.insert(name.wit, Wit::Scalar("u32", 4));
            }
            ("type", false) => {
                let name = Name::parse(&mut cursor, "the type's name")?;
                cursor.punct('=')?;
                let ty = ty(&mut cursor, &types)?;
                cursor.punct(';')?;
                types.insert(name.wit, ty);
            }
            ("variant" | "flags" | "resource" | "use", false) => {
                return Err(Error::new(
                    at,
                    format!(
                        "`{}` is beyond what the boundary carries: use records, enums, strings, lists, `option` and `result`",
                        item.wit
                    ),
                ));
            }
            _ => return cursor.error(format!("expected `:` and `func(..)` after `{}`", item.wit)),
        }
    }

    let camel = name.camel();
    let mut methods = String::new();
    let mut calls = String::new();
    let mut declarations = TokenStream::new();
    for (function, parameters, output) in &functions {
        let mut cursor = Cursor::of_group(parameters);
        let (mut declared, mut passed) = (String::new(), String::new());
        while !cursor.is_empty() {
            let name = Name::parse(&mut cursor, "a parameter's name")?;
            cursor.punct(':')?;
            let at = cursor.span();
            let Some(ty) = ty(&mut cursor, &types)?.parameter() else {
                return Err(Error::new(at, "`option` and `result` are possible as results, not as parameters"));
            };
            declared += &format!("{}: {ty},", name.snake());
            passed += &format!("{},", name.snake());
            cursor.eat_punct(',');
        }
        let output = match output {
            Some(tokens) => {
                let mut cursor = Cursor::new(tokens.iter().cloned().collect(), function.span);
                let ty = ty(&mut cursor, &types)?;
                if !cursor.is_empty() {
                    return cursor.error("expected `;` after the result's type");
                }
                format!("-> {}", ty.output())
            }
            None => String::new(),
        };
        let snake = function.snake();
        methods += &format!("fn {snake}(&self, {declared}) {output};");
        calls += &format!("#[inline] fn {snake}(&self, {declared}) {output} {{ host::{snake}({passed}) }}");
        let declaration: TokenStream = format!("#[name = {:?}] pub fn {snake}({declared}) {output};", function.wit)
            .parse()
            .map_err(|_| Error::new(function.span, "this function has no legal Rust form"))?;
        let mut declaration = Function::parse(&mut Cursor::new(declaration, function.span), "wit")?;
        declarations.extend(import::wrapper(&name.wit, &mut declaration)?);
    }
    let source = format!(
        "#[doc = \"The interface `{wit}`.\"]
        #[allow(clippy::needless_arbitrary_self_type)]
        pub mod {snake} {{
            {definitions}
            #[doc = \"The functions of the interface `{wit}`.\"]
            #[allow(missing_docs)]
            pub trait {camel} {{ {methods} }}
            #[doc = \"`{wit}` as the host has it: imported from the module `{wit}`.\"]
            #[derive(Clone, Copy, Debug, Default)]
            pub struct Host;
            impl {camel} for Host {{ {calls} }}
            #[allow(missing_docs, unused_imports)]
            mod host {{ use super::*; __DECLARATIONS }}
        }}",
        wit = name.wit,
        snake = name.snake(),
    );
    Ok(crate::parse::template(&source, &[("__DECLARATIONS", declarations)]))
}

fn record(name: &Name, fields: &Group, types: &HashMap<String, Wit>) -> Result<(String, Wit)> {
    let mut cursor = Cursor::of_group(fields);
    let (mut text, mut size, mut align) = (String::new(), 0usize, 1usize);
    while !cursor.is_empty() {
        cursor.attributes();
        skip_gates(&mut cursor)?;
        let field = Name::parse(&mut cursor, "a field's name")?;
        cursor.punct(':')?;
        let at = cursor.span();
        let ty = ty(&mut cursor, types)?;
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

fn ty(cursor: &mut Cursor, types: &HashMap<String, Wit>) -> Result<Wit> {
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
            let element = ty(cursor, types)?;
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

fn payload(cursor: &mut Cursor, types: &HashMap<String, Wit>) -> Result<Wit> {
    let at = cursor.span();
    match ty(cursor, types)? {
        Wit::Option(_) | Wit::Result(..) => {
            Err(Error::new(at, "`option` and `result` cannot be nested at the boundary"))
        }
        other => Ok(other),
    }
}
