//! `#[wasm::memory(region = "…", encryption = "…")] static X: wasm::Memory<N>;`

use proc_macro::{Delimiter, Span, TokenStream, TokenTree};

use crate::parse::{Cursor, Error, Result, stream, template};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let (region, encryption) = intent(arguments)?;

    let mut cursor = Cursor::new(item, Span::call_site());
    let attributes = cursor.attributes();
    let visibility = cursor.visibility();
    if !cursor.eat_ident("static") {
        return cursor.error("`memory` is for a static: `static NAME: wasm::Memory<BYTES>;`");
    }
    if cursor.is_ident("mut") {
        return cursor.error("a region needs no `mut`: its accessors take `&self`");
    }
    let name = cursor.ident("the static's name")?;
    cursor.punct(':')?;
    let ty = cursor.until(&[';', '=']);
    if cursor.is_punct('=') {
        return cursor.error("a region has no initial value: its bytes start as zero; end with `;`");
    }
    cursor.punct(';')?;
    let bytes = bytes(&ty).ok_or_else(|| {
        Error::new(
            ty.first().map_or_else(|| name.span(), TokenTree::span),
            "the type is `wasm::Memory<BYTES>` with a literal number: the host makes the memory before the program runs",
        )
    })?;

    let module = format!(
        "wasmrust:region/{};region={region};encryption={encryption};bytes={bytes}",
        name.to_string().trim_start_matches("r#")
    );
    let source = format!(
        r#"
        __ATTRIBUTES
        __VISIBILITY static __NAME: ::wasm::Memory<{{ {bytes} }}, __NAME::Region> = ::wasm::Memory::new();
        #[doc(hidden)]
        #[allow(non_snake_case)]
        __VISIBILITY mod __NAME {{
            #[derive(Clone, Copy)]
            pub struct Region;
            #[cfg(target_family = "wasm")]
            mod host {{
                #[link(wasm_import_module = {module:?})]
                unsafe extern "C" {{
                    pub safe fn load8(at: usize) -> u32;
                    pub safe fn load16(at: usize) -> u32;
                    pub safe fn load32(at: usize) -> u32;
                    pub safe fn load64(at: usize) -> u64;
                    pub safe fn store8(at: usize, value: u32);
                    pub safe fn store16(at: usize, value: u32);
                    pub safe fn store32(at: usize, value: u32);
                    pub safe fn store64(at: usize, value: u64);
                    pub safe fn fill(at: usize, value: u32, len: usize);
                    pub fn copy_in(to: usize, from: *const u8, len: usize);
                    pub fn copy_out(to: *mut u8, from: usize, len: usize);
                }}
            }}
            #[cfg(target_family = "wasm")]
            impl ::wasm::memory::Region for Region {{
                #[inline(always)] fn load8(at: usize) -> u8 {{ host::load8(at) as u8 }}
                #[inline(always)] fn load16(at: usize) -> u16 {{ host::load16(at) as u16 }}
                #[inline(always)] fn load32(at: usize) -> u32 {{ host::load32(at) }}
                #[inline(always)] fn load64(at: usize) -> u64 {{ host::load64(at) }}
                #[inline(always)] fn store8(at: usize, value: u8) {{ host::store8(at, value as u32) }}
                #[inline(always)] fn store16(at: usize, value: u16) {{ host::store16(at, value as u32) }}
                #[inline(always)] fn store32(at: usize, value: u32) {{ host::store32(at, value) }}
                #[inline(always)] fn store64(at: usize, value: u64) {{ host::store64(at, value) }}
                #[inline(always)] fn fill(at: usize, value: u8, len: usize) {{ host::fill(at, value as u32, len) }}
                #[inline(always)] fn write(at: usize, bytes: &[u8]) {{
                    // SAFETY: the host reads the `len` bytes of `bytes`.
                    unsafe {{ host::copy_in(at, bytes.as_ptr(), bytes.len()) }}
                }}
                #[inline(always)] fn read(at: usize, bytes: &mut [u8]) {{
                    // SAFETY: the host writes the `len` bytes of `bytes`.
                    unsafe {{ host::copy_out(bytes.as_mut_ptr(), at, bytes.len()) }}
                }}
            }}
            #[cfg(not(target_family = "wasm"))]
            impl ::wasm::memory::Local for Region {{
                fn bytes() -> &'static [::core::sync::atomic::AtomicU8] {{
                    static BYTES: [::core::sync::atomic::AtomicU8; {bytes}] =
                        [const {{ ::core::sync::atomic::AtomicU8::new(0) }}; {bytes}];
                    &BYTES
                }}
            }}
        }}"#
    );
    Ok(template(
        &source,
        &[
            ("__ATTRIBUTES", stream(&attributes)),
            ("__VISIBILITY", stream(&visibility)),
            ("__NAME", TokenTree::from(name).into()),
        ],
    ))
}

fn intent(arguments: TokenStream) -> Result<(String, String)> {
    let mut cursor = Cursor::new(arguments, Span::call_site());
    let (mut region, mut encryption) = (None, None);
    while !cursor.is_empty() {
        let key = cursor.ident("`region` or `encryption`")?;
        cursor.punct('=')?;
        let at = cursor.span();
        let value = if let Some(TokenTree::Ident(ident)) = cursor.peek() {
            let text = ident.to_string();
            cursor.bump();
            text
        } else {
            cursor.string("a value")?
        };
        if value.contains([';', '=']) {
            return Err(Error::new(at, "a value has no `;` and no `=`"));
        }
        let slot = match key.to_string().as_str() {
            "region" => &mut region,
            "encryption" => &mut encryption,
            _ => return Err(Error::new(key.span(), "a memory has `region` and `encryption`")),
        };
        if slot.replace(value).is_some() {
            return Err(Error::new(key.span(), "this is said twice"));
        }
        if !cursor.is_empty() {
            cursor.punct(',')?;
        }
    }
    let Some(region) = region else {
        return Err(Error::new(
            Span::call_site(),
            "name the region: `#[wasm::memory(region = \"eu\", encryption = \"none\")]`",
        ));
    };
    Ok((region, encryption.unwrap_or_else(|| "none".into())))
}

/// `BYTES` of `…Memory<BYTES>`.
fn bytes(ty: &[TokenTree]) -> Option<u32> {
    let mut cursor = Cursor::new(stream(ty), Span::call_site());
    let mut last = String::new();
    while let Some(token) = cursor.peek() {
        match token {
            TokenTree::Ident(ident) => last = ident.to_string(),
            TokenTree::Punct(p) if p.as_char() == ':' => {}
            TokenTree::Punct(p) if p.as_char() == '<' => break,
            _ => return None,
        }
        cursor.bump();
    }
    if last != "Memory" || !cursor.eat_punct('<') {
        return None;
    }
    let mut argument = cursor.bump()?;
    if let TokenTree::Group(group) = &argument
        && group.delimiter() == Delimiter::Brace
    {
        argument = group.stream().into_iter().next()?;
    }
    let TokenTree::Literal(literal) = argument else { return None };
    let text: String = literal.to_string().chars().filter(|c| *c != '_').collect();
    let text = text.strip_suffix("usize").unwrap_or(&text);
    cursor.eat_punct('>').then(|| text.parse().ok()).flatten()
}
