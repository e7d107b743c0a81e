//! `effect` and `compile_hints`: what the program says of itself, recorded in
//! the custom section under the item's path. Hints only: nothing depends on
//! them, and a missing one means unknown.

use proc_macro::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};

use crate::item::record;
use crate::parse::{Cursor, Error, Result, template};

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Effect,
    CompileHints,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Effect => "effect",
            Kind::CompileHints => "compile_hints",
        }
    }
}

/// The arguments as text: `name`, `name = value`, `name(name, …)`, separated
/// by commas.
fn arguments(tokens: TokenStream, kind: Kind) -> Result<String> {
    let mut cursor = Cursor::new(tokens, Span::call_site());
    let mut words: Vec<String> = Vec::new();
    while !cursor.is_empty() {
        let at = cursor.span();
        let mut word = cursor.ident("a name")?.to_string();
        if cursor.eat_punct('=') {
            match cursor.bump() {
                Some(TokenTree::Literal(literal)) => word += &format!("={literal}"),
                Some(TokenTree::Ident(ident)) => word += &format!("={ident}"),
                _ => return Err(Error::new(at, "expected a value after `=`")),
            }
        } else if let Ok(group) = cursor.group(Delimiter::Parenthesis, "") {
            word += &format!("({})", arguments(group.stream(), kind)?);
        }
        if words.contains(&word) {
            return Err(Error::new(at, format!("`{word}` is said twice")));
        }
        if kind == Kind::Effect && (word == "pure" && !words.is_empty() || words.iter().any(|w| w == "pure")) {
            return Err(Error::new(at, "a `pure` function has no other effect"));
        }
        words.push(word);
        if !cursor.is_empty() {
            cursor.punct(',')?;
        }
    }
    if words.is_empty() {
        let example = match kind {
            Kind::Effect => "say the effects: `#[wasm::effect(pure)]`, `#[wasm::effect(network, storage)]`",
            Kind::CompileHints => "say the hints: `#[wasm::compile_hints(critical)]`, `(lazy)`, `(priority = 1)`",
        };
        return Err(Error::new(Span::call_site(), example));
    }
    Ok(words.join(","))
}

fn parts(kind: Kind, item: &str, text: &str) -> TokenStream {
    let literal = |text: String| TokenStream::from(TokenTree::from(Literal::string(&text)));
    template(
        "::wasm::__rt::Part::Text(__KIND), ::wasm::__rt::Part::Text(::core::module_path!()), ::wasm::__rt::Part::Text(__REST),",
        &[("__KIND", literal(format!("{};", kind.name()))), ("__REST", literal(format!("{item};{text}")))],
    )
}

/// As an attribute: on a function, or (hints only) an inline module.
pub(crate) fn attribute(kind: Kind, tokens: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let text = arguments(tokens, kind)?;
    let mut cursor = Cursor::new(item.clone(), Span::call_site());
    cursor.attributes();
    cursor.visibility();
    loop {
        if cursor.is_ident("mod") && kind != Kind::Effect {
            cursor.bump();
            cursor.ident("the module's name")?;
            if cursor.is_punct(';') {
                return cursor.error(
                    "a module in its own file cannot carry the attribute: write `wasm::module_hints! { .. }` inside the file",
                );
            }
            return inside(item, kind, "", &text);
        }
        if cursor.is_ident("fn") {
            cursor.bump();
            let name = cursor.ident("the function's name")?.to_string();
            return inside(item, kind, &format!("::{name}"), &text);
        }
        let qualifier = ["const", "async", "unsafe", "extern"].iter().any(|q| cursor.eat_ident(q))
            || matches!(cursor.peek(), Some(TokenTree::Literal(_))) && cursor.bump().is_some();
        if !qualifier {
            return cursor.error(match kind {
                Kind::Effect => "`effect` is for functions",
                Kind::CompileHints => "`compile_hints` is for functions and inline modules",
            });
        }
    }
}

/// As a bang macro, inside the module that it speaks of.
pub(crate) fn statement(tokens: TokenStream) -> Result<TokenStream> {
    let text = arguments(tokens, Kind::CompileHints)?;
    Ok(record(&parts(Kind::CompileHints, "", &text)))
}

/// Puts the record at the head of the item's last `{…}`: where the item goes,
/// its record goes.
fn inside(item: TokenStream, kind: Kind, name: &str, text: &str) -> Result<TokenStream> {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    match tokens.pop() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
            let mut inner: TokenStream = TokenStream::new();
            // Inner attributes stay first.
            let mut cursor = Cursor::of_group(&body);
            while cursor.is_punct('#') && matches!(cursor.peek_at(1), Some(TokenTree::Punct(p)) if p.as_char() == '!') {
                inner.extend((0..3).filter_map(|_| cursor.bump()));
            }
            inner.extend(record(&parts(kind, name, text)));
            inner.extend(cursor.rest());
            let mut body_with = Group::new(Delimiter::Brace, inner);
            body_with.set_span(body.span());
            tokens.push(body_with.into());
            Ok(tokens.into_iter().collect())
        }
        other => Err(Error::new(
            other.map_or_else(Span::call_site, |t| t.span()),
            format!("`{}` is for an item with a body", kind.name()),
        )),
    }
}
