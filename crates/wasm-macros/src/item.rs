//! Structs, and the records that go into the custom section.

use proc_macro::{Delimiter, Ident, TokenStream, TokenTree};

use crate::parse::{Cursor, Error, Result, stream, template};
use crate::wit::name::{kebab, written};

/// A struct with named fields, or a tuple struct (`fields` then are 0, 1, …).
pub(crate) struct Struct {
    pub(crate) attributes: Vec<TokenTree>,
    pub(crate) name: Ident,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) name: TokenTree,
    pub(crate) ty: Vec<TokenTree>,
}

impl Struct {
    pub(crate) fn parse(item: TokenStream, what: &str) -> Result<Struct> {
        let mut cursor = Cursor::new(item, proc_macro::Span::call_site());
        let attributes = cursor.attributes();
        cursor.visibility();
        if !cursor.eat_ident("struct") {
            return cursor.error(format!("`{what}` is for structs"));
        }
        let name = cursor.ident("the struct's name")?;
        if cursor.is_punct('<') {
            return cursor.error(format!("`{what}` takes no generic struct: write one for each type"));
        }
        let fields = if cursor.eat_punct(';') {
            Vec::new()
        } else if let Ok(group) = cursor.group(Delimiter::Brace, "") {
            fields(Cursor::of_group(&group), true)?
        } else {
            let group = cursor.group(Delimiter::Parenthesis, "the struct's fields")?;
            fields(Cursor::of_group(&group), false)?
        };
        Ok(Struct { attributes, name, fields })
    }

    /// Whether an attribute `#[repr(..)]` names `representation`.
    pub(crate) fn has_repr(&self, representation: &str) -> bool {
        self.attributes.iter().any(|token| {
            let TokenTree::Group(group) = token else { return false };
            let mut cursor = Cursor::of_group(group);
            cursor.eat_ident("repr")
                && cursor.group(Delimiter::Parenthesis, "").is_ok_and(|arguments| {
                    arguments
                        .stream()
                        .into_iter()
                        .any(|t| matches!(t, TokenTree::Ident(i) if i.to_string() == representation))
                })
        })
    }
}

fn fields(mut cursor: Cursor, named: bool) -> Result<Vec<Field>> {
    let mut found = Vec::new();
    while !cursor.is_empty() {
        cursor.attributes();
        cursor.visibility();
        let name = if named {
            let name = cursor.ident("a field's name")?;
            cursor.punct(':')?;
            name.into()
        } else {
            proc_macro::Literal::usize_unsuffixed(found.len()).into()
        };
        let ty = cursor.until(&[',']);
        if ty.is_empty() {
            return cursor.error("expected the field's type");
        }
        found.push(Field { name, ty });
        cursor.eat_punct(',');
    }
    Ok(found)
}

/// A record of the custom section `wasmrust.contract`: `parts` are expressions
/// of type `::wasm::__rt::Part`.
pub(crate) fn record(parts: &TokenStream) -> TokenStream {
    template(
        r#"
        #[cfg(target_family = "wasm")]
        const _: () = {
            const PARTS: &[::wasm::__rt::Part] = &[__PARTS];
            #[used]
            #[unsafe(link_section = "wasmrust.contract")]
            static RECORD: [u8; ::wasm::__rt::record_len(PARTS)] = ::wasm::__rt::record(PARTS);
        };"#,
        &[("__PARTS", parts.clone())],
    )
}

/// Expands `#[derive(Pod)]`.
pub(crate) fn pod(item: TokenStream) -> Result<TokenStream> {
    let item = Struct::parse(item, "Pod")?;
    if !item.has_repr("C") && !item.has_repr("transparent") {
        return Err(Error::new(item.name.span(), "plain old data needs a fixed layout: add `#[repr(C)]`"));
    }
    let mut parts = template(
        r#"::wasm::__rt::Part::Text("pod;"), ::wasm::__rt::Part::Text(__STR),
           ::wasm::__rt::Part::Text(";"), ::wasm::__rt::Part::Number(::core::mem::size_of::<__NAME>()),"#,
        &[
            ("__STR", TokenTree::from(proc_macro::Literal::string(&name_text(&item.name))).into()),
            ("__NAME", TokenTree::from(item.name.clone()).into()),
        ],
    );
    let mut described = Vec::new();
    let mut nested = TokenStream::new();
    let mut sum = TokenStream::new();
    let mut copies = TokenStream::new();
    for field in &item.fields {
        let (ty, count) = element(&field.ty)?;
        let crate_text = match &crate::types::Type::parse(&ty) {
            Ok(crate::types::Type::Scalar(name)) => {
                crate::types::scalar(name).map_or_else(String::new, |(_, letter)| letter.to_string())
            }
            Ok(crate::types::Type::Handle) => "j".into(),
            Ok(crate::types::Type::Struct { pod, .. }) => pod.text.clone(),
            _ => {
                let at = field.ty.first().map_or_else(|| item.name.span(), TokenTree::span);
                return Err(Error::new(
                    at,
                    "a field of plain old data is a number, an array of numbers, or itself `Pod`",
                ));
            }
        };
        let text = format!(";{}:{crate_text}@", field_text(&field.name));
        parts.extend(template(
            "::wasm::__rt::Part::Text(__TEXT), ::wasm::__rt::Part::Number(::core::mem::offset_of!(__NAME, __FIELD)),",
            &[
                ("__TEXT", TokenTree::from(proc_macro::Literal::string(&text)).into()),
                ("__NAME", TokenTree::from(item.name.clone()).into()),
                ("__FIELD", field.name.clone().into()),
            ],
        ));
        if let Some(count) = &count {
            parts.extend(template(
                r#"::wasm::__rt::Part::Text("*"), ::wasm::__rt::Part::Number(__COUNT),"#,
                &[("__COUNT", stream(count))],
            ));
        }
        described.push(described_field(field, &ty, count.as_deref()));
        nested.extend(template("<__TY as ::wasm::Pod>::RECORD,", &[("__TY", stream(&ty))]));
        sum.extend(template("+ ::core::mem::size_of::<__TY>()", &[("__TY", stream(&field.ty))]));
        copies.extend(template("__check::<__TY>();", &[("__TY", stream(&field.ty))]));
    }
    let mut out = template(
        r#"
        // SAFETY: every field is plain old data, the layout is fixed by
        // `repr`, and the sum of the sizes shows that there is no padding.
        unsafe impl ::wasm::Pod for __NAME {
            const RECORD: &'static ::wasm::__rt::Record = &::wasm::__rt::Record {
                name: __WIT,
                text: &[__DESCRIBED],
                nested: &[__NESTED],
            };
        }
        const _: () = {
            const fn __check<T: ::wasm::Pod>() {}
            __COPIES
            ::core::assert!(
                ::core::mem::size_of::<__NAME>() == 0 __SUM,
                "plain old data has no padding: order the fields by falling size, or add fields that fill the gaps",
            );
        };"#,
        &[
            ("__NAME", TokenTree::from(item.name.clone()).into()),
            ("__WIT", literal(&wit_name(&item))),
            ("__DESCRIBED", described_struct(&item, described)),
            ("__NESTED", nested),
            ("__SUM", sum),
            ("__COPIES", copies),
        ],
    );
    out.extend(record(&parts));
    Ok(out)
}

fn literal(text: &str) -> TokenStream {
    TokenTree::from(proc_macro::Literal::string(text)).into()
}

fn wit_name(item: &Struct) -> String {
    written(&kebab(&name_text(&item.name)))
}

/// A field's type in WIT, as `Part`s; of named fields with the name.
fn described_field(field: &Field, ty: &[TokenTree], count: Option<&[TokenTree]>) -> TokenStream {
    let name = match &field.name {
        TokenTree::Ident(name) => format!("{}: ", written(&kebab(&name_text(name)))),
        _ => String::new(),
    };
    let (open, close) = match count {
        Some(_) => (
            "list<",
            r#"::wasm::__rt::Part::Text(", "), ::wasm::__rt::Part::Number(__COUNT), ::wasm::__rt::Part::Text(">"),"#,
        ),
        None => ("", ""),
    };
    template(
        &format!(
            "::wasm::__rt::Part::Text(__OPEN), ::wasm::__rt::Part::Text(<__TY as ::wasm::Pod>::RECORD.name), {close}"
        ),
        &[
            ("__OPEN", literal(&format!("{name}{open}"))),
            ("__TY", stream(ty)),
            ("__COUNT", count.map_or_else(TokenStream::new, stream)),
        ],
    )
}

/// The struct in WIT, as `Part`s: a record, or for tuple structs a type.
fn described_struct(item: &Struct, fields: Vec<TokenStream>) -> TokenStream {
    let name = wit_name(item);
    let (head, between, tail) = match item.fields.as_slice() {
        [Field { name: TokenTree::Literal(_), .. }] => (format!("    type {name} = "), "", ";\n"),
        [Field { name: TokenTree::Literal(_), .. }, ..] => (format!("    type {name} = tuple<"), ", ", ">;\n"),
        _ => (format!("    record {name} {{\n        "), ",\n        ", ",\n    }\n"),
    };
    let text = |text: &str| template("::wasm::__rt::Part::Text(__TEXT),", &[("__TEXT", literal(text))]);
    let mut out = text(&head);
    for (i, field) in fields.into_iter().enumerate() {
        if i > 0 {
            out.extend(text(between));
        }
        out.extend(field);
    }
    out.extend(text(tail));
    out
}

fn name_text(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_string()
}

fn field_text(name: &TokenTree) -> String {
    name.to_string().trim_start_matches("r#").to_string()
}

/// `[T; N]` as `T` and `N`; else the type itself.
fn element(ty: &[TokenTree]) -> Result<(Vec<TokenTree>, Option<Vec<TokenTree>>)> {
    let ty = crate::types::unwrapped(ty);
    if let [TokenTree::Group(group)] = ty.as_slice()
        && group.delimiter() == Delimiter::Bracket
    {
        let mut cursor = Cursor::of_group(group);
        let element = cursor.until(&[';']);
        cursor.punct(';')?;
        return Ok((element, Some(cursor.rest())));
    }
    Ok((ty, None))
}

/// Expands `#[wasm::linear]`.
pub(crate) fn linear(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if let Some(token) = arguments.into_iter().next() {
        return Err(Error::new(token.span(), "`linear` takes no arguments"));
    }
    let parsed = Struct::parse(item.clone(), "linear")?;
    let name = name_text(&parsed.name);
    let message = format!(
        "`{name}` is linear: a value of it is dropped here or forgotten on some path; hand it on, or end it with `.consume()`"
    );
    let mut types = TokenStream::new();
    let mut reads = TokenStream::new();
    for field in &parsed.fields {
        types.extend(template("__TY,", &[("__TY", stream(&field.ty))]));
        reads
            .extend(template("::core::ptr::read(&raw const __me.__FIELD),", &[("__FIELD", field.name.clone().into())]));
    }
    let mut out = item;
    out.extend(template(
        r#"
        impl ::wasm::Linear for __NAME {
            const MESSAGE: &'static str = __MESSAGE;
        }
        impl ::core::ops::Drop for __NAME {
            #[inline]
            fn drop(&mut self) {
                ::wasm::__dropped!(__NAME)
            }
        }
        impl __NAME {
            /// Ends the value: its fields, in the order of their declaration.
            #[inline]
            #[allow(dead_code)]
            fn consume(self) -> (__TYPES) {
                let __me = ::core::mem::ManuallyDrop::new(self);
                // SAFETY: each field is read once, and `__me` is never dropped.
                unsafe { (__READS) }
            }
        }"#,
        &[
            ("__NAME", TokenTree::from(parsed.name.clone()).into()),
            ("__MESSAGE", TokenTree::from(proc_macro::Literal::string(&message)).into()),
            ("__TYPES", types),
            ("__READS", reads),
        ],
    ));
    Ok(out)
}
