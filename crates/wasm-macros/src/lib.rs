//! The attributes and macros of the crate `wasm`. Use them through it:
//! `#[wasm::export]`, `wasm::wit! { .. }`; the code that they write names
//! `::wasm`.
//!
//! Written against `proc_macro` alone: nothing to compile first.

use proc_macro::TokenStream;

mod component;
mod export;
mod hints;
mod import;
mod item;
mod memory;
mod parse;
mod types;
mod wit;

/// The item stays with the error, so that nothing else is reported missing.
fn keep(item: &TokenStream, result: parse::Result<TokenStream>) -> TokenStream {
    result.unwrap_or_else(|error| {
        let mut out = error.into_tokens();
        out.extend(item.clone());
        out
    })
}

fn replace(result: parse::Result<TokenStream>) -> TokenStream {
    result.unwrap_or_else(parse::Error::into_tokens)
}

/// Makes a free function callable by the host.
#[proc_macro_attribute]
pub fn export(arguments: TokenStream, item: TokenStream) -> TokenStream {
    keep(&item, export::expand(arguments, item.clone()))
}

/// Declares functions of the host: `#[wasm::import("module")] extern "wasm" { fn f(..); }`.
#[proc_macro_attribute]
pub fn import(arguments: TokenStream, item: TokenStream) -> TokenStream {
    replace(import::expand(arguments, item))
}

/// Plain old data: a `repr(C)` struct of numbers without padding.
#[proc_macro_derive(Pod)]
pub fn pod(item: TokenStream) -> TokenStream {
    replace(item::pod(item))
}

/// A value that must be consumed: dropping it is a build error on wasm.
#[proc_macro_attribute]
pub fn linear(arguments: TokenStream, item: TokenStream) -> TokenStream {
    keep(&item, item::linear(arguments, item.clone()))
}

/// Records the effects that a function says it has.
#[proc_macro_attribute]
pub fn effect(arguments: TokenStream, item: TokenStream) -> TokenStream {
    keep(&item, hints::attribute(hints::Kind::Effect, arguments, item.clone()))
}

/// Records how a function or an inline module should be compiled.
#[proc_macro_attribute]
pub fn compile_hints(arguments: TokenStream, item: TokenStream) -> TokenStream {
    keep(&item, hints::attribute(hints::Kind::CompileHints, arguments, item.clone()))
}

/// Records hints for the module that it stands in: `wasm::module_hints! { lazy }`.
#[proc_macro]
pub fn module_hints(tokens: TokenStream) -> TokenStream {
    replace(hints::statement(tokens))
}

/// A named memory of its own: `#[memory(region = "eu")] static X: wasm::Memory<65_536>;`.
#[proc_macro_attribute]
pub fn memory(arguments: TokenStream, item: TokenStream) -> TokenStream {
    replace(memory::expand(arguments, item))
}

/// A WIT interface as a trait and its types; `export interface` makes exports too.
#[proc_macro]
pub fn wit(tokens: TokenStream) -> TokenStream {
    replace(wit::expand(tokens))
}

/// `#[interface("crypto.wit")] mod crypto {}`: an interface from a WIT file.
/// `#[interface] trait Crypto { .. }`: the interface in WIT, and the host's
/// implementation.
#[proc_macro_attribute]
pub fn interface(arguments: TokenStream, item: TokenStream) -> TokenStream {
    keep(&item, wit::attribute(arguments, item.clone()))
}

/// A component by the canonical ABI: `#[component("acme:filter@1.0.0")] mod filter { .. }`.
#[proc_macro_attribute]
pub fn component(arguments: TokenStream, item: TokenStream) -> TokenStream {
    replace(component::expand(arguments, item))
}
