//! Custom sections that tools wrote for tools and no engine or debugger reads: `producers`, `target_features`,
//! relocations, embedded bitcode. Saves the sections. Silent on objects, whose linker reads them, and on sections that
//! someone may read at run time, which is any of another name.

use super::facts::Facts;
use wasm_advice::{Advice, Certainty, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("tool-sections-shipped");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let is_for_tools = |name: &str| {
        matches!(name, "producers" | "target_features" | ".llvmbc" | ".llvmcmd" | "clangast")
            || name.starts_with("reloc.")
    };
    let (bytes, evidence) = facts.sections(is_for_tools);
    facts.advice(
        KIND,
        (bytes, Certainty::Exact),
        phrase!("sections for build tools are shipped"),
        phrase!("Compilers and linkers wrote these sections for each other; nothing reads them at run time."),
        Fix::command(
            r"wasm-tools strip --delete '^(producers|target_features|reloc\..*|\.llvmbc|\.llvmcmd|clangast)$' FILE -o FILE",
        ),
        evidence,
    )
}
