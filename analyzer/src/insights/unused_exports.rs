//! Exports that a linker, an allocator or a C library makes for itself, and those under mangled Rust names, as
//! `--export-all` and `--export-dynamic` leave them. Saves what is only reached through them, and the exports. Silent on what JavaScript glue is known to call
//! (Emscripten, wasm-bindgen, Go), on components, whose own definitions say who uses what, and on dynamic libraries.

use super::facts::{Facts, Maker, plural};
use super::freed;
use wasm_advice::{Advice, Certainty, Fix, Kind, phrase};
use wasm_binary::{BinaryKind, ItemId, Space};

pub(super) const KIND: Kind = Kind::new("unused-exports");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let map = &facts.analysis.map;
    let module = &map.modules()[0];
    let has_glue = matches!(facts.maker, Maker::Emscripten | Maker::Go | Maker::TinyGo)
        || module.exports.iter().any(|e| e.name.starts_with("__wbindgen") || e.name.starts_with("__wbg"));
    if map.kind() != BinaryKind::Module || has_glue {
        return None;
    }
    // This one is only exported when all are.
    let all_are = module.exports.iter().any(|e| e.space == Space::Global && e.name == "__dso_handle");
    let is_unused = |export: &&wasm_binary::Export<'_>| match export.space {
        Space::Table => all_are && export.name == "__indirect_function_table",
        Space::Function => is_of_runtime(export.name) || is_mangled(export.name),
        Space::Global => is_linker_global(export.name),
        _ => false,
    };
    let exports: Vec<ItemId> = module.exports.iter().filter(is_unused).map(|e| e.item).collect();
    let gone = freed::freed(facts.analysis, |_, edge| exports.binary_search_by_key(&edge.target.0, |id| id.0).is_ok());
    facts.advice(
        KIND,
        (freed::bytes(facts.analysis, &gone), Certainty::Exact),
        plural(exports.len(), phrase!("1 export is not meant for a host"), |n| {
            phrase!("{0} exports are not meant for a host", n)
        }),
        phrase!(
            "They are the linker's, the C library's or the compiler's own. If nobody calls them, they and what only \
             they keep can go. Look for export-all or export-dynamic among the linker's arguments."
        ),
        match facts.maker {
            Maker::Rust => Fix::setting(
                ".cargo/config.toml",
                "[target.wasm32-unknown-unknown]\nrustflags = [] # without -Clink-arg=--export-all, --export-dynamic",
            ),
            _ => Fix::edit(phrase!(
                "link without --export-all and --export-dynamic, with --export=NAME for what the host calls"
            )),
        },
        facts.items(&gone),
    )
}

/// Globals that wasm-ld defines.
fn is_linker_global(name: &str) -> bool {
    matches!(
        name,
        "__stack_pointer"
            | "__data_end"
            | "__heap_base"
            | "__heap_end"
            | "__memory_base"
            | "__table_base"
            | "__stack_low"
            | "__stack_high"
            | "__global_base"
            | "__dso_handle"
            | "__tls_base"
            | "__tls_size"
            | "__tls_align"
            | "__rodata_start"
            | "__wasm_first_page_end"
    )
}

/// No host calls a function by a name with a hash in it.
fn is_mangled(name: &str) -> bool {
    wasm_binary::demangle(name) != name && (name.starts_with("_R") || name.contains("17h"))
}

/// Functions of compiler-builtins, libc's string part and Rust's allocator shims.
fn is_of_runtime(name: &str) -> bool {
    let is_builtin = |name: &str| {
        let stem = name.trim_start_matches('_').trim_end_matches(|c: char| c.is_ascii_digit());
        name.starts_with("__")
            && matches!(
                stem,
                "multi"
                    | "divti"
                    | "udivti"
                    | "umodti"
                    | "modti"
                    | "ashlti"
                    | "ashrti"
                    | "lshrti"
                    | "muloti"
                    | "multf"
                    | "addtf"
                    | "subtf"
                    | "divtf"
                    | "powidf"
                    | "powisf"
                    | "floattidf"
                    | "fixdfti"
                    | "fixunsdfti"
                    | "clzti"
                    | "ctzti"
                    | "popcountdi"
                    | "popcountsi"
                    | "bswapsi"
                    | "bswapdi"
                    | "ffsdi"
                    | "ffsti"
                    | "cmpti"
                    | "ucmpti"
            )
    };
    matches!(
        name,
        "__wasm_call_ctors"
            | "__wasm_init_memory"
            | "__wasm_apply_data_relocs"
            | "__rust_alloc"
            | "__rust_dealloc"
            | "__rust_realloc"
            | "__rust_alloc_zeroed"
            | "__rust_alloc_error_handler"
            | "__rust_no_alloc_shim_is_unstable"
            | "__rust_start_panic"
            | "__rust_panic_cleanup"
            | "__rust_drop_panic"
            | "__rust_foreign_exception"
            | "rust_begin_unwind"
            | "rust_panic"
            | "rust_eh_personality"
            | "__rdl_alloc"
            | "__rdl_dealloc"
            | "__rdl_realloc"
            | "__rdl_alloc_zeroed"
            | "__rg_oom"
            | "memcpy"
            | "memmove"
            | "memset"
            | "memcmp"
            | "bcmp"
            | "strlen"
            | "abort"
            | "fmod"
            | "fmodf"
            | "fma"
            | "fmaf"
            | "fmin"
            | "fmax"
    ) || name.starts_with("__rustc::")
        || name.starts_with("_RNv") && name.contains("___rustc")
        || is_builtin(name)
}
