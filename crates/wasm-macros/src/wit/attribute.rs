//! `#[wasm::interface("crypto.wit")] mod crypto {}`, WIT to Rust, and
//! `#[wasm::interface] trait Crypto { … }`, Rust to WIT.

use std::path::PathBuf;

use proc_macro::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};

use super::name::{kebab, written};
use super::{Interface, interfaces, path};
use crate::parse::{Cursor, Error, Function, Result, stream, template};
use crate::types::{Passing, Type};
use crate::{export, import};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut arguments = Cursor::new(arguments, Span::call_site());
    let at = arguments.span();
    let mut file = None;
    if matches!(arguments.peek(), Some(TokenTree::Literal(_))) {
        file = Some(arguments.string("the path of a WIT file")?);
        arguments.eat_punct(',');
    }
    let mut implementation = None;
    if arguments.eat_ident("export") {
        arguments.punct('=')?;
        implementation = Some(path(&mut arguments)?);
    }
    if !arguments.is_empty() {
        return arguments.error("`interface` takes the path of a WIT file, and `export = VALUE`");
    }

    let mut cursor = Cursor::new(item.clone(), Span::call_site());
    let attributes = cursor.attributes();
    let visibility = cursor.visibility();
    if cursor.eat_ident("mod") {
        let name = cursor.ident("the module's name")?;
        let Some(file) = file else {
            return Err(Error::new(at, "say where the interface is written: `#[wasm::interface(\"crypto.wit\")]`"));
        };
        if cursor.is_punct(';') {
            return cursor.error("a module in its own file cannot carry the attribute: write `mod name {}`");
        }
        let body = cursor.group(Delimiter::Brace, "`{}`")?;
        let (path, mut interface) = read(&file, &name.to_string(), at)?;
        interface.implementation = implementation;
        let place = |error: Error| error.in_file(at, &file);
        let mut out = template(
            "__ATTRIBUTES #[allow(unreachable_pub)] __VISIBILITY mod __NAME {
                // The build depends on the file.
                const _: &[u8] = ::core::include_bytes!(__PATH);
                __CONTENTS __BODY
            }",
            &[
                ("__ATTRIBUTES", stream(&attributes)),
                ("__VISIBILITY", stream(&visibility)),
                ("__NAME", TokenTree::from(name).into()),
                ("__PATH", TokenTree::from(Literal::string(&path)).into()),
                ("__CONTENTS", interface.contents().map_err(place)?),
                ("__BODY", body.stream()),
            ],
        );
        out.extend(interface.exports().map_err(place)?);
        return Ok(out);
    }
    if cursor.eat_ident("trait") {
        if file.is_some() {
            return Err(Error::new(at, "a trait is its own interface; a WIT file goes on a module: `mod name {}`"));
        }
        return of_trait(item, &visibility, cursor, implementation);
    }
    cursor.error("`interface` is for a trait, or for a module with the path of a WIT file")
}

/// The structs that an interface names: in WIT, and in Rust.
type Records = Vec<(String, TokenStream)>;

/// The file's interface of that name, and the file's full path.
fn read(file: &str, module: &str, at: Span) -> Result<(String, Interface)> {
    let mut path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    path.push(file);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Error::new(at, format!("`{file}`, looked for beside Cargo.toml: {error}")))?;
    let Ok(full) = std::path::absolute(&path).unwrap_or(path).into_os_string().into_string() else {
        return Err(Error::new(at, "the file's path is no Unicode"));
    };
    let tokens: TokenStream =
        text.parse().map_err(|error| Error::new(at, format!("`{file}` cannot be read as WIT: {error}")))?;
    let found = interfaces(tokens).map_err(|error| error.in_file(at, file))?;
    let names: Vec<_> = found.iter().map(|interface| format!("`{}`", interface.name.snake())).collect();
    found
        .into_iter()
        .find(|interface| interface.name.snake() == module)
        .map(|interface| (full, interface))
        .ok_or_else(|| Error::new(at, format!("`{file}` has no interface `{module}`, but {}", names.join(", "))))
}

/// The trait stays; `dyn Trait` gets the text and the host's implementation.
fn of_trait(
    item: TokenStream,
    visibility: &[TokenTree],
    mut cursor: Cursor,
    implementation: Option<TokenStream>,
) -> Result<TokenStream> {
    let name = cursor.ident("the trait's name")?;
    if !matches!(cursor.peek(), Some(TokenTree::Group(_))) {
        return cursor.error("an interface has no type parameters and no supertraits: expected `{`");
    }
    let body = cursor.group(Delimiter::Brace, "`{` and the functions")?;
    let interface = kebab(&name.to_string());
    let mut text = String::new();
    let mut records: Records = Vec::new();
    let mut methods = TokenStream::new();
    let mut exports = TokenStream::new();
    let mut functions = Cursor::of_group(&body);
    while !functions.is_empty() {
        let mut function = method(&mut functions)?;
        let wit = kebab(&function.name.to_string());
        text += &format!("    {}: func({})", written(&wit), parameters(&function, &mut records)?);
        if let Some(output) = &function.output {
            text += &format!(" -> {}", wit_type(output, &mut records)?);
        }
        text += ";\n";

        let export_name = format!("{interface}#{wit}");
        function.attributes.extend(template(&format!("#[name = {wit:?}]"), &[]));
        let declaration = import::wrapper(&interface, &mut function)?;
        let arguments: TokenStream = function
            .parameters
            .iter()
            .flat_map(|p| template("__P,", &[("__P", TokenTree::from(p.name.clone()).into())]))
            .collect();
        let mut inside = function.parameter_list.stream();
        inside = template("&self, __REST", &[("__REST", inside)]);
        let output =
            function.output.as_ref().map_or_else(TokenStream::new, |ty| template("-> __TY", &[("__TY", stream(ty))]));
        let parts = |call: TokenStream| {
            [
                ("__NAME", TokenStream::from(TokenTree::from(function.name.clone()))),
                ("__WITH_SELF", TokenTree::from(Group::new(Delimiter::Parenthesis, inside.clone())).into()),
                ("__PARAMETERS", TokenTree::from(function.parameter_list.clone()).into()),
                ("__OUTPUT", output.clone()),
                ("__ARGUMENTS", arguments.clone()),
                ("__TRAIT", TokenTree::from(name.clone()).into()),
                ("__BEFORE", call),
            ]
        };
        methods.extend(template(
            "#[inline] fn __NAME __WITH_SELF __OUTPUT { __BEFORE __NAME(__ARGUMENTS) }",
            &parts(declaration),
        ));
        if implementation.is_some() {
            exports.extend(template(
                "fn __NAME __PARAMETERS __OUTPUT { __TRAIT::__NAME(__implementation(), __ARGUMENTS) }",
                &parts(TokenStream::new()),
            ));
            exports.extend(export::wrapper(&export_name, &function)?);
        }
    }

    let mut out = item;
    out.extend(template(
        "#[allow(dead_code, clippy::missing_errors_doc)]
        impl dyn __TRAIT {
            /// The interface in WIT.
            __VISIBILITY const WIT: &'static str = {
                const HEAD: &str = __HEAD;
                const RECORDS: &[&::wasm::__rt::Record] = &[__RECORDS];
                const TAIL: &str = __TAIL;
                const TEXT: [u8; ::wasm::__rt::wit(HEAD, RECORDS, TAIL, &mut [])] = {
                    let mut text = [0; _];
                    ::wasm::__rt::wit(HEAD, RECORDS, TAIL, &mut text);
                    text
                };
                match ::core::str::from_utf8(&TEXT) {
                    ::core::result::Result::Ok(text) => text,
                    ::core::result::Result::Err(_) => \"\",
                }
            };

            /// The interface as the host has it.
            __VISIBILITY fn host() -> impl __TRAIT {
                struct __Host;
                impl __TRAIT for __Host { __METHODS }
                __Host
            }
        }",
        &[
            ("__TRAIT", TokenTree::from(name.clone()).into()),
            ("__VISIBILITY", stream(visibility)),
            ("__HEAD", TokenTree::from(Literal::string(&format!("interface {} {{\n", written(&interface)))).into()),
            ("__TAIL", TokenTree::from(Literal::string(&format!("{text}}}\n"))).into()),
            (
                "__RECORDS",
                records
                    .iter()
                    .flat_map(|(name, ty)| {
                        let name = TokenTree::from(Literal::string(name)).into();
                        template(
                            "::wasm::__rt::named(__WIT, <__TY as ::wasm::Pod>::RECORD),",
                            &[("__WIT", name), ("__TY", ty.clone())],
                        )
                    })
                    .collect(),
            ),
            ("__METHODS", methods),
        ],
    ));
    if let Some(value) = implementation {
        out.extend(template(
            "#[allow(dead_code)]
            const _: () = {
                fn __implementation() -> &'static impl __TRAIT { &__VALUE }
                __EXPORTS
            };",
            &[("__TRAIT", TokenTree::from(name).into()), ("__VALUE", value), ("__EXPORTS", exports)],
        ));
    }
    Ok(out)
}

/// A method that takes `&self`: the function without it.
fn method(cursor: &mut Cursor) -> Result<Function> {
    let mut tokens = Vec::new();
    let end = cursor.span();
    while let Some(token) = cursor.bump() {
        let TokenTree::Group(group) = &token else {
            let last = matches!(&token, TokenTree::Punct(p) if p.as_char() == ';');
            tokens.push(token);
            if last {
                break;
            }
            continue;
        };
        match group.delimiter() {
            // The parameters come behind the name; attributes are in brackets.
            Delimiter::Parenthesis if matches!(tokens.last(), Some(TokenTree::Ident(i)) if i.to_string() != "pub") => {
                let mut inside = Cursor::of_group(group);
                if !(inside.eat_punct('&') && inside.eat_ident("self")) {
                    return Err(Error::new(group.span_open(), "a function of an interface takes `&self` first"));
                }
                inside.eat_punct(',');
                let mut rest = Group::new(Delimiter::Parenthesis, stream(&inside.rest()));
                rest.set_span(group.span());
                tokens.push(rest.into());
            }
            Delimiter::Brace => {
                return Err(Error::new(group.span_open(), "a function of an interface has no body: end it with `;`"));
            }
            _ => tokens.push(token),
        }
    }
    let function = Function::parse(&mut Cursor::new(stream(&tokens), end), "interface")?;
    Ok(function)
}

fn parameters(function: &Function, records: &mut Records) -> Result<String> {
    let mut all = Vec::new();
    for parameter in &function.parameters {
        all.push(format!("{}: {}", written(&kebab(&parameter.name.to_string())), wit_type(&parameter.ty, records)?));
    }
    Ok(all.join(", "))
}

/// The type in WIT; its records are added to `records`.
fn wit_type(tokens: &[TokenTree], records: &mut Records) -> Result<String> {
    let at = tokens.first().map_or_else(Span::call_site, TokenTree::span);
    text(&Type::parse(tokens)?, at, records)
}

fn text(ty: &Type, at: Span, records: &mut Records) -> Result<String> {
    let mut element = |pod: &crate::types::Pod| match scalar(&pod.tokens.to_string()) {
        Some(name) => name.to_string(),
        None => {
            let name = written(&kebab(pod.text.trim_matches(['{', '}'])));
            if !records.iter().any(|(_, known)| known.to_string() == pod.tokens.to_string()) {
                records.push((name.clone(), pod.tokens.clone()));
            }
            name
        }
    };
    Ok(match ty {
        Type::Unit => "_".into(),
        Type::Scalar(name) => scalar(name).unwrap_or("u32").into(),
        Type::Str | Type::String => "string".into(),
        Type::Slice { element: pod, mutable: false } | Type::Vec(pod) => format!("list<{}>", element(pod)),
        Type::Struct { pod, passing: Passing::Value | Passing::Shared } => element(pod),
        Type::Handle => "u32".into(),
        Type::Option(value) => format!("option<{}>", text(value, at, records)?),
        Type::Result(value, error) => match (text(value, at, records)?.as_str(), text(error, at, records)?.as_str()) {
            ("_", "_") => "result".into(),
            (value, "_") => format!("result<{value}>"),
            (value, error) => format!("result<{value}, {error}>"),
        },
        Type::Slice { .. } | Type::Struct { .. } => {
            return Err(Error::new(at, "WIT has no parameters that change: return the new value"));
        }
        Type::Reference { .. } | Type::Function | Type::View(_) => {
            return Err(Error::new(at, "WIT has no word for this type: declare the function with `wasm::import`"));
        }
    })
}

/// WIT's name of a scalar.
pub(crate) fn scalar(rust: &str) -> Option<&'static str> {
    Some(match rust {
        "bool" => "bool",
        "char" => "char",
        "i8" => "s8",
        "u8" => "u8",
        "i16" => "s16",
        "u16" => "u16",
        "i32" | "isize" => "s32",
        "u32" | "usize" => "u32",
        "i64" => "s64",
        "u64" => "u64",
        "f32" => "f32",
        "f64" => "f64",
        _ => return None,
    })
}
