//! `#[wasm::import("module")] extern "wasm" { fn …; }`

use proc_macro::{Delimiter, Span, TokenStream};

use crate::parse::{Cursor, Error, Function, Result, stream, template};
use crate::types::{Direction, Passing, Type, boundary_name, take};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut arguments = Cursor::new(arguments, Span::call_site());
    let module = arguments.string("the name of the module to import from")?;
    if !arguments.is_empty() {
        return arguments.error("`import` takes one name; the functions stand in the block");
    }

    let mut item = Cursor::new(item, Span::call_site());
    item.attributes();
    item.eat_ident("unsafe");
    if !item.eat_ident("extern") {
        return item.error("`import` is for a block of declarations: `extern \"wasm\" { fn name(..); }`");
    }
    let at = item.span();
    match item.string("the calling convention, \"wasm\",") {
        Ok(convention) if convention == "wasm" => {}
        _ => return Err(Error::new(at, "the calling convention of an imported block is \"wasm\"")),
    }
    let block = item.group(Delimiter::Brace, "`{` and the imported functions")?;

    let mut cursor = Cursor::of_group(&block);
    let mut out = TokenStream::new();
    while !cursor.is_empty() {
        let mut function = Function::parse(&mut cursor, "import")?;
        if let Some(body) = &function.body {
            return Err(Error::new(body.span(), "an imported function has no body: end it with `;`"));
        }
        out.extend(wrapper(&module, &mut function)?);
    }
    Ok(out)
}

/// A safe function with the declared signature that calls the import.
pub(crate) fn wrapper(module: &str, function: &mut Function) -> Result<TokenStream> {
    let name = function.take_host_name()?;
    let mut types = Vec::new();
    for parameter in &function.parameters {
        let ty = Type::parse(&parameter.ty)?;
        if let Some(instead) = match &ty {
            Type::Unit => Some("a value"),
            Type::String => Some("`&str`"),
            Type::Vec(_) => Some("`&[T]`"),
            Type::Option(_) | Type::Result(..) => Some("the value itself: `Option` and `Result` are for results"),
            _ => None,
        } {
            let at = parameter.ty.first().map_or_else(Span::call_site, |t| t.span());
            return Err(Error::new(at, format!("an imported function cannot take this: pass {instead}")));
        }
        types.push(ty);
    }
    let output = match &function.output {
        Some(tokens) => Type::parse(tokens)?,
        None => Type::Unit,
    };
    if let (
        Type::Str
        | Type::Slice { .. }
        | Type::View(_)
        | Type::Function
        | Type::Reference { borrowed: true }
        | Type::Struct { passing: Passing::Shared | Passing::Mutable, .. },
        Some(tokens),
    ) = (&output, &function.output)
    {
        let at = tokens.first().map_or_else(Span::call_site, |t| t.span());
        return Err(Error::new(
            at,
            "what the host returns is owned: use `String`, `Vec<T>`, a struct or `ExternRef<T>`",
        ));
    }

    // Where the host says that there is no value.
    let may_fail = matches!(output, Type::Option(_) | Type::Result(..));
    let status = |text: &str| if may_fail { text.to_string() } else { String::new() };
    let mut declared = status("s: *mut u32,");
    let mut prepared = status("let mut __s = 0;");
    let mut passed = status("&mut __s,");
    let mut parts = Vec::new();
    let names: Vec<String> = (0..types.len()).map(|i| format!("__p{i}")).collect();
    for (i, ty) in types.iter().enumerate() {
        let p = &names[i];
        parts.push((p.as_str(), TokenStream::from(proc_macro::TokenTree::from(function.parameters[i].name.clone()))));
        let pair = |prepared: &mut String, declared: &mut String, passed: &mut String, value: String| {
            *prepared += &format!("let (__a{i}, __n{i}) = {value};");
            *declared += &format!("a{i}: *const u8, n{i}: usize,");
            *passed += &format!("__a{i}, __n{i},");
        };
        let mut one = |ty: &str, value: String| {
            declared += &format!("a{i}: {ty},");
            passed += &format!("{value},");
        };
        match ty {
            Type::Scalar("char") => one("u32", format!("{p} as u32")),
            Type::Scalar(name) => one(name, p.clone()),
            Type::Reference { borrowed: true } => one("u32", format!("::wasm::ExternRef::index({p})")),
            Type::Reference { borrowed: false } => one("u32", format!("::wasm::__rt::into_index({p})")),
            Type::Function => one("usize", format!("{p}.index()")),
            Type::Handle => one("u32", format!("{p}.to_bits()")),
            Type::Str => {
                pair(&mut prepared, &mut declared, &mut passed, format!("::wasm::__rt::bytes({p}.as_bytes())"))
            }
            Type::Slice { mutable: false, .. } => {
                pair(&mut prepared, &mut declared, &mut passed, format!("::wasm::__rt::bytes({p})"));
            }
            Type::Slice { mutable: true, .. } => {
                pair(&mut prepared, &mut declared, &mut passed, format!("::wasm::__rt::bytes_mut({p})"));
            }
            Type::View(_) => {
                pair(&mut prepared, &mut declared, &mut passed, format!("::wasm::__rt::bytes({p}.as_slice())"));
            }
            Type::Struct { passing, .. } => {
                let value = match passing {
                    Passing::Value => format!("::wasm::__rt::bytes(::core::slice::from_ref(&{p}))"),
                    Passing::Shared => format!("::wasm::__rt::bytes(::core::slice::from_ref({p}))"),
                    Passing::Mutable => format!("::wasm::__rt::bytes_mut(::core::slice::from_mut({p}))"),
                };
                pair(&mut prepared, &mut declared, &mut passed, value);
            }
            Type::Unit | Type::String | Type::Vec(_) | Type::Option(_) | Type::Result(..) => {}
        }
    }

    let import = boundary_name(&name, &types, &output, Direction::Import);
    let (returned, converted) = result(&output);
    let unused: String = names.iter().map(|name| format!("{name},")).collect();
    let source = format!(
        r#"
        __ATTRIBUTES #[inline] #[allow(clippy::too_many_arguments)]
        __VISIBILITY fn __NAME __PARAMETERS __OUTPUT {{
            #[cfg(target_family = "wasm")]
            {{
                mod __host {{
                    #[link(wasm_import_module = {module:?})]
                    unsafe extern "C" {{
                        #[link_name = {import:?}]
                        pub fn call({declared}) {returned};
                    }}
                }}
                {prepared}
                // SAFETY: the host follows the signature in the import's name.
                let __n = unsafe {{ __host::call({passed}) }};
                __CONVERTED
            }}
            #[cfg(not(target_family = "wasm"))]
            {{
                let _ = ({unused});
                ::wasm::__rt::no_host({module:?}, {name:?})
            }}
        }}"#
    );
    let mut output_tokens = TokenStream::new();
    if let Some(tokens) = &function.output {
        output_tokens.extend(template("->", &[]));
        output_tokens.extend(stream(tokens));
    }
    parts.extend([
        ("__ATTRIBUTES", stream(&function.attributes)),
        ("__VISIBILITY", stream(&function.visibility)),
        ("__NAME", proc_macro::TokenTree::from(function.name.clone()).into()),
        ("__PARAMETERS", proc_macro::TokenTree::from(function.parameter_list.clone()).into()),
        ("__OUTPUT", output_tokens),
        ("__CONVERTED", converted),
    ]);
    Ok(template(&source, &parts))
}

/// The import's own result type, and the expression that makes the declared
/// one of `__n` and the status `__s`.
fn result(output: &Type) -> (&'static str, TokenStream) {
    match output {
        Type::Unit => ("", template("{ let () = __n; }", &[])),
        Type::Scalar("bool") => ("-> i32", template("__n != 0", &[])),
        Type::Scalar("char") => ("-> u32", template("::wasm::__rt::char(__n)", &[])),
        // JavaScript may answer any number to a narrow type: cut it here.
        Type::Scalar(name @ ("i8" | "u8" | "i16" | "u16")) => ("-> u32", template(&format!("__n as {name}"), &[])),
        Type::Scalar("i32" | "isize") => ("-> i32", template("__n as _", &[])),
        Type::Scalar("u32" | "usize") => ("-> u32", template("__n as _", &[])),
        Type::Scalar("i64") => ("-> i64", template("__n", &[])),
        Type::Scalar("u64") => ("-> u64", template("__n", &[])),
        Type::Scalar("f32") => ("-> f32", template("__n", &[])),
        Type::Scalar(_) => ("-> f64", template("__n", &[])),
        Type::Reference { .. } => ("-> u32", template("::wasm::__rt::reference(__n)", &[])),
        Type::Handle => ("-> u32", template("::wasm::Handle::from_bits(__n)", &[])),
        Type::Option(value) => {
            let (returned, value) = result(value);
            let source = "if __s == 0 { ::core::option::Option::Some(__V) } else { ::core::option::Option::None }";
            (returned, template(source, &[("__V", value)]))
        }
        Type::Result(value, error) => {
            let (returned, value) = result(value);
            let error = take(error, "(__s - 1) as usize");
            let source = "if __s == 0 { ::core::result::Result::Ok(__V) } else { ::core::result::Result::Err(__E) }";
            (returned, template(source, &[("__V", value), ("__E", error)]))
        }
        other => ("-> usize", take(other, "__n")),
    }
}
