//! `wasm::wit! { interface name { … } }` and `#[wasm::interface]`: a WIT
//! interface as a Rust module with its types, a trait, the host's
//! implementation of it, and exports that call the guest's.
//!
//! Legal is what the boundary carries: numbers, `bool`, `char`, `string`,
//! `list` of numbers or records, records of numbers, enums, flags, type
//! aliases of these, and `option` and `result` of them as results.

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::parse::{Cursor, Error, Function, Result, stream, template};
use crate::{export, import};

mod attribute;
pub(crate) mod name;
mod types;

pub(crate) use attribute::expand as attribute;
use name::Name;
use types::{Types, Wit};

/// The bang macro: each interface is a module beside the others.
pub(crate) fn expand(tokens: TokenStream) -> Result<TokenStream> {
    let mut out = TokenStream::new();
    for interface in interfaces(tokens)? {
        let (contents, exports) = (interface.contents()?, interface.exports()?);
        out.extend(template(
            &format!(
                "#[doc = \"The interface `{}`.\"] #[allow(unreachable_pub)] pub mod {} {{ __CONTENTS }}",
                interface.name.wit,
                interface.name.snake()
            ),
            &[("__CONTENTS", contents)],
        ));
        out.extend(exports);
    }
    Ok(out)
}

/// The interfaces of a WIT text; `export interface NAME for VALUE` beside what
/// WIT knows.
fn interfaces(tokens: TokenStream) -> Result<Vec<Interface>> {
    let mut cursor = Cursor::new(tokens, Span::call_site());
    let mut found = Vec::new();
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
        let exported = cursor.eat_ident("export");
        if !cursor.eat_ident("interface") {
            return cursor.error("expected `interface name { .. }`; worlds are built from interfaces elsewhere");
        }
        let name = Name::parse(&mut cursor, "the interface's name")?;
        let mut implementation = None;
        if exported {
            if !cursor.eat_ident("for") {
                return cursor
                    .error("expected `for` and the value whose functions are exported: a unit struct or a static");
            }
            implementation = Some(path(&mut cursor)?);
        }
        let body = cursor.group(Delimiter::Brace, "`{` and the interface's items")?;
        found.push(Interface { implementation, ..Interface::parse(name, &body)? });
    }
    Ok(found)
}

/// The path of a value.
fn path(cursor: &mut Cursor) -> Result<TokenStream> {
    let mut tokens = Vec::new();
    loop {
        while cursor.is_punct(':') {
            tokens.extend(cursor.bump());
        }
        tokens.push(TokenTree::from(cursor.ident("the path of a unit struct or a static")?));
        if !cursor.is_punct(':') {
            return Ok(stream(&tokens));
        }
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

struct Interface {
    name: Name,
    /// The Rust types.
    definitions: String,
    functions: Vec<Operation>,
    /// The value whose functions the guest exports.
    implementation: Option<TokenStream>,
}

struct Operation {
    name: Name,
    parameters: Vec<(String, Wit)>,
    output: Option<Wit>,
}

impl Interface {
    fn parse(name: Name, body: &Group) -> Result<Interface> {
        let mut types = Types::new();
        let mut definitions = String::new();
        // Functions wait until all types are known.
        let mut functions: Vec<(Name, Group, Option<Vec<TokenTree>>)> = Vec::new();
        let mut cursor = Cursor::of_group(body);
        loop {
            // Doc comments arrive as attributes.
            cursor.attributes();
            if cursor.is_empty() {
                break;
            }
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
            let kind = if escaped { "" } else { item.wit.as_str() };
            match kind {
                "record" | "enum" | "flags" => {
                    let name = Name::parse(&mut cursor, &format!("the name of the {kind}"))?;
                    let inside = cursor.group(Delimiter::Brace, &format!("`{{` and what the {kind} is made of"))?;
                    let (text, ty) = match kind {
                        "record" => types::record(&name, &inside, &types),
                        _ => types::number(&name, &inside, kind == "flags"),
                    }
                    .map_err(|error| error.of(&name.wit))?;
                    definitions += &text;
                    types.insert(name.wit, ty);
                }
                "type" => {
                    let name = Name::parse(&mut cursor, "the type's name")?;
                    cursor.punct('=')?;
                    let ty = Wit::parse(&mut cursor, &types).map_err(|error| error.of(&name.wit))?;
                    cursor.punct(';')?;
                    types.insert(name.wit, ty);
                }
                "variant" | "resource" | "use" => {
                    return Err(Error::new(
                        at,
                        format!(
                            "`{kind}` is beyond what the boundary carries: use records, enums, flags, strings, lists, `option` and `result`"
                        ),
                    ));
                }
                _ => return cursor.error(format!("expected `:` and `func(..)` after `{}`", item.wit)),
            }
        }
        let functions = functions
            .into_iter()
            .map(|(name, parameters, output)| {
                let item = name.wit.clone();
                Operation::parse(name, &parameters, output, &types).map_err(|error| error.of(&item))
            })
            .collect::<Result<_>>()?;
        Ok(Interface { name, definitions, functions, implementation: None })
    }

    /// What stands in the interface's module.
    fn contents(&self) -> Result<TokenStream> {
        let mut methods = String::new();
        let mut calls = String::new();
        let mut declarations = TokenStream::new();
        for function in &self.functions {
            let (snake, head) = (function.name.snake(), function.head());
            methods += &format!("{head};");
            let call = function.convert_output(&format!("host::{snake}({})", function.arguments(true)), false);
            calls += &format!("#[inline] {head} {{ {call} }}");
            declarations.extend(import::wrapper(&self.name.wit, &mut function.crossing("pub", ";")?)?);
        }
        let source = format!(
            "{definitions}
            #[doc = \"The functions of the interface `{wit}`.\"]
            #[allow(missing_docs, clippy::missing_errors_doc)]
            pub trait {camel} {{ {methods} }}
            #[doc = \"`{wit}` as the host has it: imported from the module `{wit}`.\"]
            #[derive(Clone, Copy, Debug, Default)]
            pub struct Host;
            impl {camel} for Host {{ {calls} }}
            #[allow(missing_docs, unused_imports)]
            mod host {{ use super::*; __DECLARATIONS }}",
            wit = self.name.wit,
            camel = self.name.camel(),
            definitions = self.definitions,
        );
        Ok(template(&source, &[("__DECLARATIONS", declarations)]))
    }

    /// The exports, for beside the module: each calls the guest's value.
    fn exports(&self) -> Result<TokenStream> {
        let Some(implementation) = &self.implementation else { return Ok(TokenStream::new()) };
        let (module, camel) = (self.name.snake(), self.name.camel());
        let mut functions = TokenStream::new();
        for function in &self.functions {
            let arguments = function.arguments(false);
            let call = format!("{camel}::{}(__implementation(), {arguments})", function.name.snake());
            let body = format!("{{ {} }}", function.convert_output(&call, true));
            functions.extend(function.crossing_source("", &body)?);
            let export = format!("{}#{}", self.name.wit, function.name.wit);
            functions.extend(export::wrapper(&export, &function.crossing("", &body)?)?);
        }
        Ok(template(
            &format!(
                "#[allow(dead_code, unused_imports)]
                const _: () = {{
                    fn __implementation() -> &'static impl {module}::{camel} {{ &__VALUE }}
                    const _: () = {{ use {module}::*; __FUNCTIONS }};
                }};"
            ),
            &[("__VALUE", implementation.clone()), ("__FUNCTIONS", functions)],
        ))
    }
}

impl Operation {
    fn parse(name: Name, parameters: &Group, output: Option<Vec<TokenTree>>, types: &Types) -> Result<Operation> {
        let mut cursor = Cursor::of_group(parameters);
        let mut found = Vec::new();
        while !cursor.is_empty() {
            let name = Name::parse(&mut cursor, "a parameter's name")?;
            cursor.punct(':')?;
            let at = cursor.span();
            let ty = Wit::parse(&mut cursor, types)?;
            if ty.parameter().is_none() {
                return Err(Error::new(at, "`option` and `result` are possible as results, not as parameters"));
            }
            found.push((name.snake(), ty));
            cursor.eat_punct(',');
        }
        let output = match output {
            Some(tokens) => {
                let mut cursor = Cursor::new(stream(&tokens), name.span);
                let ty = Wit::parse(&mut cursor, types)?;
                if !cursor.is_empty() {
                    return cursor.error("expected `;` after the result's type");
                }
                Some(ty)
            }
            None => None,
        };
        Ok(Operation { name, parameters: found, output })
    }

    /// The head of the trait's method.
    fn head(&self) -> String {
        let parameters: String = self
            .parameters
            .iter()
            .map(|(name, ty)| format!("{name}: {},", ty.parameter().unwrap_or_default()))
            .collect();
        let output = self.output.as_ref().map_or_else(String::new, |ty| format!("-> {}", ty.output()));
        format!("fn {}(&self, {parameters}) {output}", self.name.snake())
    }

    /// The parameters passed on: as they cross, or back from that.
    fn arguments(&self, to_number: bool) -> String {
        self.parameters.iter().map(|(name, ty)| format!("{},", ty.convert(name, to_number))).collect()
    }

    fn convert_output(&self, call: &str, to_number: bool) -> String {
        self.output.as_ref().map_or_else(|| call.into(), |ty| ty.convert(call, to_number))
    }

    /// The function as it crosses: enums and flags are numbers.
    fn crossing_source(&self, visibility: &str, body: &str) -> Result<TokenStream> {
        let parameters: String = self
            .parameters
            .iter()
            .map(|(name, ty)| match ty {
                Wit::Number(_) => format!("{name}: u32,"),
                ty => format!("{name}: {},", ty.parameter().unwrap_or_default()),
            })
            .collect();
        let output = self.output.as_ref().map_or_else(String::new, |ty| format!("-> {}", ty.crossing_output()));
        format!("{visibility} fn {}({parameters}) {output} {body}", self.name.snake())
            .parse()
            .map_err(|_| Error::new(self.name.span, "this function has no legal Rust form"))
    }

    fn crossing(&self, visibility: &str, body: &str) -> Result<Function> {
        let visibility = format!("#[name = {:?}] {visibility}", self.name.wit);
        Function::parse(&mut Cursor::new(self.crossing_source(&visibility, body)?, self.name.span), "wit")
    }
}
