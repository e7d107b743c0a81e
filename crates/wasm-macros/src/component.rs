//! `#[wasm::component("ns:package@1.0.0")] mod name { … }`: a component by the
//! canonical ABI. The module's public functions are its exported interface,
//! `#[import("ns:package/interface@1.0.0")] extern "wasm"` blocks what it
//! imports, its structs the records.

use std::rc::Rc;

use proc_macro::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};

use crate::item::Struct;
use crate::parse::{Cursor, Error, Function, Result, stream, template};
use crate::types::{self, Passing, Type};
use crate::wit::name::kebab;

mod abi;
mod encode;

/// `namespace:package@version`.
pub(crate) struct Version {
    package: String,
    version: String,
}

impl Version {
    fn parse(text: &str, at: Span) -> Result<Version> {
        let (package, version) = match text.split_once('@') {
            Some((package, version)) => (package, format!("@{version}")),
            None => (text, String::new()),
        };
        let is_name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        match package.split_once(':') {
            Some((namespace, name)) if is_name(namespace) && is_name(name) && version != "@" => {
                Ok(Version { package: package.into(), version })
            }
            _ => Err(Error::new(at, "a package is called like \"acme:image-filter@1.0.0\"")),
        }
    }

    /// The full name of something in the package.
    fn path(&self, name: &str) -> String {
        format!("{}/{name}{}", self.package, self.version)
    }
}

/// A type as the component model has it.
#[derive(Clone)]
pub(crate) enum Shape {
    Unit,
    Scalar(&'static str),
    String,
    List(Box<Shape>),
    Record(Rc<Record>),
    Option(Box<Shape>),
    Result(Box<Shape>, Box<Shape>),
}

/// A struct of scalars.
pub(crate) struct Record {
    wit: String,
    rust: String,
    fields: Vec<(String, &'static str)>,
}

pub(crate) struct Operation {
    wit: String,
    parameters: Vec<(String, Shape)>,
    /// Whether the function takes a reference.
    borrowed: Vec<bool>,
    output: Shape,
    function: Function,
}

#[derive(Default)]
pub(crate) struct Interface {
    operations: Vec<Operation>,
}

impl Interface {
    /// Types and functions of an interface share one space of names.
    fn check_names(&self) -> Result<()> {
        let records = self.records();
        match self.operations.iter().find(|operation| records.iter().any(|record| record.wit == operation.wit)) {
            Some(operation) => Err(Error::new(
                operation.function.name.span(),
                format!("the interface has a record `{}` too: rename one of them", operation.wit),
            )),
            None => Ok(()),
        }
    }

    /// The records that the functions name, each once.
    fn records(&self) -> Vec<&Record> {
        fn add<'a>(shape: &'a Shape, found: &mut Vec<&'a Record>) {
            match shape {
                Shape::Record(record) if !found.iter().any(|known| known.wit == record.wit) => found.push(record),
                Shape::List(inner) | Shape::Option(inner) => add(inner, found),
                Shape::Result(ok, error) => {
                    add(ok, found);
                    add(error, found);
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        for operation in &self.operations {
            operation.parameters.iter().for_each(|(_, shape)| add(shape, &mut found));
            add(&operation.output, &mut found);
        }
        found
    }
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut arguments = Cursor::new(arguments, Span::call_site());
    let at = arguments.span();
    let package = Version::parse(&arguments.string("the component's package")?, at)?;
    if !arguments.is_empty() {
        return arguments.error("`component` takes the name of the package");
    }
    let mut cursor = Cursor::new(item, Span::call_site());
    let attributes = cursor.attributes();
    let visibility = cursor.visibility();
    if !cursor.eat_ident("mod") {
        return cursor.error("`component` is for a module");
    }
    let name = cursor.ident("the module's name")?;
    if cursor.is_punct(';') {
        return cursor.error("a module in its own file cannot carry the attribute: write `mod name { .. }`");
    }
    let body = cursor.group(Delimiter::Brace, "`{` and the component's functions")?;
    let parts = Parts::parse(&body)?;
    if parts.exported.is_empty() && parts.imported.is_empty() {
        return Err(Error::new(body.span_open(), "a component has public functions, or imports some"));
    }

    let mut contents = parts.others;
    let mut imports = Vec::new();
    for (module, functions) in parts.imported {
        let interface = Interface { operations: operations(functions, &parts.records, false)? };
        for operation in &interface.operations {
            contents.extend(abi::import(&module, operation)?);
        }
        imports.push((module, interface));
    }
    let path = package.path(&kebab(&name.to_string()));
    let export = Interface { operations: operations(parts.exported, &parts.records, true)? };
    for operation in &export.operations {
        contents.extend(abi::export(&path, operation)?);
    }

    for interface in imports.iter().map(|(_, interface)| interface).chain([&export]) {
        interface.check_names()?;
    }
    let exported = (!export.operations.is_empty()).then_some((path.as_str(), &export));
    let world = encode::world(&package, &imports, exported);
    let source = format!(
        r#"
        __ATTRIBUTES #[allow(unreachable_pub)] __VISIBILITY mod __NAME {{
            __CONTENTS
            #[cfg(target_family = "wasm")]
            const _: () = {{
                #[used]
                #[unsafe(link_section = {section:?})]
                static TYPE: [u8; {len}] = *__BYTES;
                #[unsafe(export_name = "cabi_realloc")]
                unsafe extern "C" fn realloc(old: *mut u8, old_len: usize, align: usize, len: usize) -> *mut u8 {{
                    // SAFETY: the host follows the canonical ABI.
                    unsafe {{ ::wasm::__component::cabi_realloc(old, old_len, align, len) }}
                }}
            }};
        }}"#,
        section = format!("component-type:{}", package.path("component")),
        len = world.len(),
    );
    Ok(template(
        &source,
        &[
            ("__ATTRIBUTES", stream(&attributes)),
            ("__VISIBILITY", stream(&visibility)),
            ("__NAME", TokenTree::from(name).into()),
            ("__CONTENTS", contents),
            ("__BYTES", TokenTree::from(Literal::byte_string(&world)).into()),
        ],
    ))
}

/// The items of the module.
struct Parts {
    /// What stays as it is, the exported functions among it.
    others: TokenStream,
    exported: Vec<Function>,
    imported: Vec<(String, Vec<Function>)>,
    records: Vec<Struct>,
}

impl Parts {
    fn parse(body: &Group) -> Result<Parts> {
        let mut parts =
            Parts { others: TokenStream::new(), exported: Vec::new(), imported: Vec::new(), records: Vec::new() };
        let mut cursor = Cursor::of_group(body);
        while !cursor.is_empty() {
            let attributes = cursor.attributes();
            let at = cursor.span();
            let mut item: Vec<TokenTree> = Vec::new();
            // Up to the item's end: `;`, or its last `{…}`.
            while let Some(token) = cursor.bump() {
                let end = match &token {
                    TokenTree::Punct(p) => p.as_char() == ';',
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                    _ => false,
                };
                item.push(token);
                if end {
                    break;
                }
            }
            let whole = || -> TokenStream { attributes.iter().chain(&item).cloned().collect() };
            let mut inside = Cursor::new(stream(&item), at);
            let public = inside.visibility().len() == 1;
            if inside.is_ident("struct") {
                if let Ok(record) = Struct::parse(whole(), "component") {
                    parts.records.push(record);
                }
            } else if inside.is_ident("extern")
                && let Some(module) = import_of(&attributes)?
            {
                parts.imported.push((module, declarations(inside)?));
                continue;
            } else if public && is_function(&item) {
                parts.exported.push(Function::parse(&mut Cursor::new(whole(), at), "component")?);
            }
            parts.others.extend(whole());
        }
        Ok(parts)
    }
}

fn is_function(item: &[TokenTree]) -> bool {
    item.iter()
        .take_while(|token| matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_)))
        .any(|token| token.to_string() == "fn")
}

/// The interface of `#[import("…")]` or `#[wasm::import("…")]`.
fn import_of(attributes: &[TokenTree]) -> Result<Option<String>> {
    for token in attributes {
        let TokenTree::Group(group) = token else { continue };
        let mut cursor = Cursor::of_group(group);
        if cursor.eat_ident("wasm") {
            while cursor.eat_punct(':') {}
        }
        if cursor.eat_ident("import") {
            let arguments = cursor.group(Delimiter::Parenthesis, "the interface's name in parentheses")?;
            let mut cursor = Cursor::of_group(&arguments);
            let at = cursor.span();
            let name = cursor.string("the interface to import")?;
            let (path, version) = name.split_once('@').unwrap_or((&name, ""));
            let Some((package, interface)) = path.split_once('/') else {
                return Err(Error::new(at, "a component imports interfaces, like \"acme:image/pixels@1.0.0\""));
            };
            let package = if version.is_empty() { package.into() } else { format!("{package}@{version}") };
            Version::parse(&package, at)?;
            if kebab(interface) != interface {
                return Err(Error::new(at, "an interface has a name in small letters and `-`"));
            }
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn declarations(mut cursor: Cursor) -> Result<Vec<Function>> {
    cursor.eat_ident("extern");
    let at = cursor.span();
    if cursor.string("the calling convention, \"wasm\",")? != "wasm" {
        return Err(Error::new(at, "the calling convention of an imported block is \"wasm\""));
    }
    let block = cursor.group(Delimiter::Brace, "`{` and the imported functions")?;
    let mut cursor = Cursor::of_group(&block);
    let mut functions = Vec::new();
    while !cursor.is_empty() {
        let function = Function::parse(&mut cursor, "import")?;
        if let Some(body) = &function.body {
            return Err(Error::new(body.span(), "an imported function has no body: end it with `;`"));
        }
        functions.push(function);
    }
    Ok(functions)
}

fn operations(functions: Vec<Function>, structs: &[Struct], export: bool) -> Result<Vec<Operation>> {
    functions
        .into_iter()
        .map(|function| {
            if !function.conditions().is_empty() {
                return Err(Error::new(
                    function.name.span(),
                    "a component's functions are always there: put `cfg` on the module",
                ));
            }
            let mut parameters = Vec::new();
            let mut borrowed = Vec::new();
            let mut flats = 0;
            for parameter in &function.parameters {
                let at = span(&parameter.ty);
                let ty = Type::parse(&parameter.ty)?;
                borrowed
                    .push(matches!(ty, Type::Str | Type::Slice { .. } | Type::Struct { passing: Passing::Shared, .. }));
                let shape = shape(&ty, at, structs)?;
                let wrong = match (&ty, export) {
                    (Type::Unit | Type::Result(..), _) => Some("pass the value itself"),
                    (Type::Option(value), true)
                        if matches!(
                            **value,
                            Type::Str | Type::Slice { .. } | Type::Struct { passing: Passing::Shared, .. }
                        ) =>
                    {
                        Some("what an exported function takes in an `Option` is owned")
                    }
                    (Type::String | Type::Vec(_), false) => Some("the host copies it: pass `&str` or `&[T]`"),
                    (Type::Option(value), false) if matches!(**value, Type::String | Type::Vec(_)) => {
                        Some("the host copies it: pass an option of `&str` or `&[T]`")
                    }
                    _ => None,
                };
                if let Some(wrong) = wrong {
                    return Err(Error::new(at, format!("a component's function cannot take this: {wrong}")));
                }
                flats += abi::flat(&shape).len();
                parameters.push((parameter.name.to_string().trim_start_matches("r#").to_string(), shape));
            }
            if flats > 16 {
                return Err(Error::new(
                    function.name.span(),
                    "these parameters are more than 16 numbers: pass a list of records, or fewer",
                ));
            }
            let output = match &function.output {
                Some(tokens) => {
                    let at = span(tokens);
                    let ty = Type::parse(tokens)?;
                    let inside: Vec<&Type> = match &ty {
                        Type::Option(value) => vec![value],
                        Type::Result(value, error) => vec![value, error],
                        ty => vec![ty],
                    };
                    if inside.iter().any(|ty| {
                        matches!(ty, Type::Str | Type::Slice { .. } | Type::Struct { passing: Passing::Shared, .. })
                    }) {
                        return Err(Error::new(at, "a component's result is owned: `String`, `Vec<T>`, a struct"));
                    }
                    shape(&ty, at, structs)?
                }
                None => Shape::Unit,
            };
            Ok(Operation { wit: kebab(&function.name.to_string()), parameters, borrowed, output, function })
        })
        .collect()
}

fn span(tokens: &[TokenTree]) -> Span {
    tokens.first().map_or_else(Span::call_site, TokenTree::span)
}

fn shape(ty: &Type, at: Span, structs: &[Struct]) -> Result<Shape> {
    let named = |pod: &types::Pod| {
        let name = pod.text.trim_matches(['{', '}']);
        if let Some((scalar, _)) = types::scalar(&pod.tokens.to_string()) {
            return Ok(Shape::Scalar(scalar));
        }
        structs
            .iter()
            .find(|found| found.name.to_string().trim_start_matches("r#") == name)
            .ok_or_else(|| {
                Error::new(at, format!("no struct `{name}` in this module: a component's records stand in it"))
            })
            .and_then(record)
            .map(|record| Shape::Record(Rc::new(record)))
    };
    Ok(match ty {
        Type::Unit => Shape::Unit,
        Type::Scalar(name) => Shape::Scalar(name),
        Type::Str | Type::String => Shape::String,
        Type::Slice { element, mutable: false } | Type::Vec(element) => Shape::List(Box::new(named(element)?)),
        Type::Struct { pod, passing: Passing::Value | Passing::Shared } => named(pod)?,
        Type::Option(value) => match &**value {
            Type::Unit => return Err(Error::new(at, "`Option<()>` is a `bool`")),
            value => Shape::Option(Box::new(shape(value, at, structs)?)),
        },
        Type::Result(value, error) => {
            Shape::Result(Box::new(shape(value, at, structs)?), Box::new(shape(error, at, structs)?))
        }
        Type::Slice { .. } | Type::Struct { .. } => {
            return Err(Error::new(at, "a component's parameters do not change: return the new value"));
        }
        Type::Reference { .. } | Type::Function | Type::View(_) | Type::Handle => {
            return Err(Error::new(
                at,
                "the canonical ABI has no such value: components share numbers, text, lists and records",
            ));
        }
    })
}

/// A record of a struct whose fields are all scalars.
fn record(item: &Struct) -> Result<Record> {
    let mut fields = Vec::new();
    for field in &item.fields {
        let TokenTree::Ident(name) = &field.name else {
            return Err(Error::new(item.name.span(), "a component's record has named fields"));
        };
        match Type::parse(&field.ty) {
            Ok(Type::Scalar(scalar)) => fields.push((name.to_string().trim_start_matches("r#").to_string(), scalar)),
            _ => {
                return Err(Error::new(
                    span(&field.ty),
                    "a field of a component's record is a number, `bool` or `char`",
                ));
            }
        }
    }
    if fields.is_empty() {
        return Err(Error::new(item.name.span(), "a component's record has fields"));
    }
    let rust = item.name.to_string();
    Ok(Record { wit: kebab(&rust), rust, fields })
}
