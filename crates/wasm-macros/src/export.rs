//! `#[wasm::export] fn …`

use proc_macro::{Span, TokenStream};

use crate::parse::{Cursor, Error, Function, Result, template};
use crate::types::{Direction, Passing, Type, boundary_name, fail, give, take};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut arguments = Cursor::new(arguments, Span::call_site());
    let mut host_name = None;
    if !arguments.is_empty() {
        if !arguments.eat_ident("name") {
            return arguments.error("`export` takes nothing, or `name = \"…\"`");
        }
        arguments.punct('=')?;
        host_name = Some(arguments.string("the name that the host sees")?);
        if !arguments.is_empty() {
            return arguments.error("`export` takes one name");
        }
    }
    let mut cursor = Cursor::new(item.clone(), Span::call_site());
    let function = Function::parse(&mut cursor, "export")?;
    if function.body.is_none() {
        return Err(Error::new(function.name.span(), "an exported function needs a body"));
    }
    let host_name = host_name.unwrap_or_else(|| function.name.to_string().trim_start_matches("r#").to_string());
    if host_name.contains(';') {
        return Err(Error::new(Span::call_site(), "a name at the boundary has no `;`: it starts the signature"));
    }
    let mut out = item;
    out.extend(wrapper(&host_name, &function)?);
    Ok(out)
}

/// The function that the host calls: takes the parameters, calls the user's
/// function, gives the result.
pub(crate) fn wrapper(host_name: &str, function: &Function) -> Result<TokenStream> {
    let mut types = Vec::new();
    for parameter in &function.parameters {
        let at = parameter.ty.first().map_or_else(Span::call_site, |t| t.span());
        let ty = Type::parse(&parameter.ty)?;
        let wrong = match &ty {
            Type::Unit => Some("leave the parameter out"),
            Type::View(_) => Some("the host's bytes are copied in: take `&[T]` or `Vec<T>`"),
            Type::Function => {
                Some("the host cannot pass a function pointer: take an `ExternRef<T>` and call it through an import")
            }
            Type::Option(_) | Type::Result(..) => Some("`Option` and `Result` are for results"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            return Err(Error::new(at, format!("an exported function cannot take this: {wrong}")));
        }
        types.push(ty);
    }
    let output = match &function.output {
        Some(tokens) => Type::parse(tokens)?,
        None => Type::Unit,
    };
    let is_static =
        function.output.as_ref().is_some_and(|tokens| tokens.iter().any(|token| token.to_string().contains("static")));
    let borrowed_reference = |ty: &Type| matches!(ty, Type::Reference { borrowed: true });
    let wrong = match &output {
        ty if borrowed_reference(ty) => Some("the host takes what is returned: return `ExternRef<T>`"),
        Type::Option(value) if borrowed_reference(value) => Some("return an owned `ExternRef<T>`"),
        Type::Result(value, error) if borrowed_reference(value) || borrowed_reference(error) => {
            Some("return an owned `ExternRef<T>`")
        }
        Type::Function => Some("a function is called through its own export"),
        Type::View(_) if !is_static => Some("the host keeps the view after the call: return `View<'static, T>`"),
        _ => None,
    };
    if let (Some(wrong), Some(tokens)) = (wrong, &function.output) {
        let at = tokens.first().map_or_else(Span::call_site, |t| t.span());
        return Err(Error::new(at, format!("an exported function cannot return this: {wrong}")));
    }

    let mut declared = String::new();
    let mut taken = TokenStream::new();
    let mut passed = String::new();
    let mut given_back = String::new();
    for (i, ty) in types.iter().enumerate() {
        let raw = match ty {
            Type::Scalar("bool") => "i32",
            Type::Scalar("char") => "u32",
            // The host may pass any number: cut it here.
            Type::Scalar("i8" | "u8" | "i16" | "u16") => "u32",
            Type::Scalar(name) => name,
            Type::Reference { .. } | Type::Handle => "u32",
            _ => "usize",
        };
        declared += &format!("__a{i}: {raw},");
        let value = match ty {
            Type::Scalar("bool") => template(&format!("__a{i} != 0"), &[]),
            Type::Scalar("char") => template(&format!("::wasm::__rt::char(__a{i})"), &[]),
            Type::Scalar(name) => template(&format!("__a{i} as {name}"), &[]),
            Type::Reference { borrowed: true } => {
                template(&format!("::core::mem::ManuallyDrop::new(::wasm::__rt::reference(__a{i}))"), &[])
            }
            Type::Reference { borrowed: false } => template(&format!("::wasm::__rt::reference(__a{i})"), &[]),
            Type::Handle => template(&format!("::wasm::Handle::from_bits(__a{i})"), &[]),
            other => take(other, &format!("__a{i}")),
        };
        let mutable = matches!(ty, Type::Slice { mutable: true, .. } | Type::Struct { passing: Passing::Mutable, .. });
        let keyword = if mutable { "mut" } else { "" };
        taken.extend(template(&format!("let {keyword} __v{i} = __VALUE;"), &[("__VALUE", value)]));
        passed += &match ty {
            _ if mutable => format!("&mut __v{i},"),
            Type::Str
            | Type::Slice { .. }
            | Type::Struct { passing: Passing::Shared, .. }
            | Type::Reference { borrowed: true } => format!("&__v{i},"),
            _ => format!("__v{i},"),
        };
        match ty {
            Type::Slice { mutable: true, .. } => given_back += &format!("::wasm::__rt::give(&__v{i}[..]);"),
            Type::Struct { passing: Passing::Mutable, .. } => {
                given_back += &format!("::wasm::__rt::give(::core::slice::from_ref(&__v{i}));");
            }
            _ => {}
        }
    }

    let export = boundary_name(host_name, &types, &output, Direction::Export);
    let (returned, converted) = result(&output);
    let source = format!(
        r#"
        __CONDITIONS
        #[cfg(target_family = "wasm")]
        const _: () = {{
            #[unsafe(export_name = {export:?})]
            extern "C" fn __export({declared}) {returned} {{
                __TAKEN
                let __r = __NAME({passed});
                {given_back}
                __CONVERTED
            }}
        }};"#
    );
    // The call has the name's span: a wrong type is reported at the function.
    Ok(template(
        &source,
        &[
            ("__CONDITIONS", function.conditions()),
            ("__TAKEN", taken),
            ("__NAME", proc_macro::TokenTree::from(function.name.clone()).into()),
            ("__CONVERTED", converted),
        ],
    ))
}

/// The export's own result type, and the statements that end it with `__r`.
fn result(output: &Type) -> (&'static str, TokenStream) {
    match output {
        Type::Scalar("char") => ("-> u32", template("__r as u32", &[])),
        Type::Scalar("bool") => ("-> bool", template("__r", &[])),
        Type::Scalar("i8") => ("-> i32", template("__r as i32", &[])),
        Type::Scalar("i16") => ("-> i32", template("__r as i32", &[])),
        Type::Scalar("u8" | "u16") => ("-> u32", template("__r as u32", &[])),
        Type::Scalar("i32" | "isize") => ("-> i32", template("__r as i32", &[])),
        Type::Scalar("u32" | "usize") => ("-> u32", template("__r as u32", &[])),
        Type::Scalar("i64") => ("-> i64", template("__r", &[])),
        Type::Scalar("u64") => ("-> u64", template("__r", &[])),
        Type::Scalar("f32") => ("-> f32", template("__r", &[])),
        Type::Scalar(_) => ("-> f64", template("__r", &[])),
        Type::Reference { .. } => ("-> u32", template("::wasm::__rt::into_index(__r)", &[])),
        Type::Handle => ("-> u32", template("__r.to_bits()", &[])),
        Type::View(_) => ("-> u64", template("::wasm::__rt::view(__r)", &[])),
        Type::Option(value) => {
            let (returned, value) = result(value);
            let source = "match __r {
                ::core::option::Option::Some(__r) => { __V }
                ::core::option::Option::None => { ::wasm::__rt::fail::<u8>(&[]); ::core::default::Default::default() }
            }";
            (returned, template(source, &[("__V", value)]))
        }
        Type::Result(value, error) => {
            let (returned, value) = result(value);
            let source = "match __r {
                ::core::result::Result::Ok(__r) => { __V }
                ::core::result::Result::Err(__r) => { __E ::core::default::Default::default() }
            }";
            (returned, template(source, &[("__V", value), ("__E", fail(error, "__r"))]))
        }
        other => ("", give(other, "__r")),
    }
}
