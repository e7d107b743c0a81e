//! What is said of a program that has no debug information: what is left, what
//! took it away as far as the file tells, and how to keep it.

use wasm_source::DebugSections;

use crate::making::Making;

/// What to say of a module without DWARF, in two lines; nothing of one with
/// it, and of what is no module.
pub fn notice(module: &[u8]) -> Option<String> {
    let sections = DebugSections::from_module(module).ok()?;
    if sections.has_dwarf() {
        return None;
    }
    let making = Making::read(module);
    let functions = if making.has_names { "by their names" } else { "by their numbers and exports" };
    let left = format!("no debug information: functions {functions}, instructions, and locals by index");
    Some(format!("{left}\n{}", making.reason(&sections)))
}

impl Making<'_> {
    /// What took the debug information away, and how to keep it.
    fn reason(&self, sections: &DebugSections<'_>) -> String {
        if let Some(url) = sections.external_debug_info() {
            return format!("it lies in {url}: put that file beside the program, or name it with --debug-file");
        }
        if let Some(said) = self.cargo_wasm {
            let said: serde_json::Value = serde_json::from_slice(said).unwrap_or_default();
            let profile = said["profile"].as_str().unwrap_or("release");
            return format!(
                "cargo wasm built it in the profile {profile}, which drops it: build in the profile dev, or with \
                 --debug-info (keep-debug = true in [package.metadata.wasm.profile.{profile}])"
            );
        }
        if let Some(bindgen) = self.tool("wasm-bindgen") {
            return format!(
                "{bindgen} drops it: give it --keep-debug (wasm-pack: dwarf-debug-info = true in \
                 [package.metadata.wasm-pack.profile.dev.wasm-bindgen]), and wasm-opt -g"
            );
        }
        if let Some(url) = sections.source_mapping_url() {
            let cure = match self.producers.iter().any(|(tool, _)| tool.starts_with("clang")) {
                true => "emcc -g, without -gsource-map",
                false => "ask its compiler for it",
            };
            return format!(
                "it has a source map, {url}, which has no variables and is not read here: for DWARF {cure}"
            );
        }
        if let Some(tinygo) = self.tool("TinyGo") {
            return format!("{tinygo} was told -no-debug, or wasm-opt or wasm-strip took it away");
        }
        let is_c = self.producers.iter().any(|(tool, _)| tool.starts_with("clang"));
        match (self.tool("rustc"), self.has_names) {
            (Some(rustc), true) => format!(
                "{rustc} made none, as Cargo's release profile has it: debug = true in [profile.release], or build \
                 without --release (wasm-opt needs -g to keep it)"
            ),
            (Some(_), false) => "it was stripped, with the names: strip = false and debug = true in \
                                 [profile.release], and wasm-opt -g if it runs"
                .to_string(),
            (None, true) if is_c => {
                "it was compiled without -g, or wasm-opt without -g took it away: -g for both".to_string()
            }
            (None, false) if is_c => {
                "it was stripped, with the names: link without -s and --strip-all, and give wasm-opt -g".to_string()
            }
            (None, true) => "the file does not tell why: compile with -g, and give -g to wasm-opt, too".to_string(),
            (None, false) => "it was stripped of names, too, by the linker (-s, strip = true), wasm-opt without -g or \
                              wasm-strip: leave these out, and compile with -g (Cargo: debug = true in the profile)"
                .to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::notice;

    fn module(custom: &str) -> Vec<u8> {
        wat::parse_str(format!("(module (func (export \"run\")) {custom})")).unwrap()
    }

    #[test]
    fn each_way_to_lose_it_is_named_with_what_keeps_it() {
        let said = |custom: &str| notice(&module(custom)).unwrap();
        let bindgen =
            "(@producers (processed-by \"rustc\" \"1.95.0 (abc)\") (processed-by \"wasm-bindgen\" \"0.2.130\"))";
        assert!(said(bindgen).contains("wasm-bindgen 0.2.130 drops it: give it --keep-debug"));
        let rustc = "(@producers (language \"Rust\" \"\") (processed-by \"rustc\" \"1.95.0 (abc)\"))";
        assert!(said(rustc).contains("strip = false and debug = true in [profile.release]"));
        let named = format!("(func $named) {rustc}");
        assert!(said(&named).contains("functions by their names"));
        assert!(said(&named).contains("rustc 1.95.0 made none"));
        let ours = r#"(@custom "wasmrust" "{\"profile\":\"freestanding\",\"debug\":false}")"#;
        assert!(said(ours).contains("[package.metadata.wasm.profile.freestanding]"));
        let external = r#"(@custom "external_debug_info" "\07app.dbg")"#;
        assert!(said(external).contains("it lies in app.dbg"));
        assert!(said("(func $a)").contains("does not tell why"));
        assert!(said("").contains("by their numbers"));
    }

    #[test]
    fn a_module_with_dwarf_needs_no_words() {
        assert_eq!(notice(&module("(@custom \".debug_info\" \"\")")), None);
        assert_eq!(notice(b"no module"), None);
    }
}
