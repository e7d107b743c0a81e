//! What looks wrong in a module that was built, and why a module grew.

use crate::event::Warning;
use crate::output::Growth;
use wasm_analyzer::diff::{Diff, FileSize};
use wasm_analyzer::source::Sources;
use wasm_analyzer::{Analysis, Trust, insights};
use wasm_binary::{ItemId, ItemKind, Map, ModuleId, Reason, Space, target_features};
use wasmparser::{Parser, Payload, TypeRef};

/// Functions that are imported from `env` and are not among those that the host is known to have there.
pub(crate) fn stray_imports(bytes: &[u8], output: &str, known: &[String]) -> Vec<Warning> {
    let Ok(map) = Map::parse(bytes) else { return Vec::new() };
    let modules = map.modules().iter();
    let imports = modules.flat_map(|module| module.imports.iter());
    let is_stray = |import: &&wasm_binary::Import<'_>| {
        import.module == "env" && import.space == Space::Function && !known.iter().any(|name| name == import.name)
    };
    let stray: Vec<(ItemId, String)> =
        imports.filter(is_stray).map(|import| (import.item, import.name.to_string())).collect();
    if stray.is_empty() {
        return Vec::new();
    }
    let (sources, _) = Sources::open(&map);
    let analysis = Analysis::of(map, Trust::Sound);
    let warning = |(import, function): (ItemId, String)| {
        let caller = first_caller(&analysis, import);
        let place = caller.and_then(|caller| {
            let site = *analysis.graph.sites(&analysis.map, caller, import.into()).first()?;
            let places = sources.places(&analysis.map, site);
            let own = places.iter().find(|place| !place.file.starts_with("/rustc/"));
            own.or(places.first()).map(ToString::to_string)
        });
        let caller = caller.and_then(|caller| analysis.map.name(caller)).map(|name| name.into_owned());
        Warning::StrayImport { output: output.to_string(), function, caller, place }
    };
    stray.into_iter().map(warning).collect()
}

/// The first function in the file that calls another.
fn first_caller(analysis: &Analysis<'_>, callee: ItemId) -> Option<ItemId> {
    let functions = analysis.map.iter().filter(|(_, item)| item.kind == ItemKind::Function);
    let calls = |id: &ItemId| {
        let mut edges = analysis.graph.edges((*id).into());
        edges.any(|edge| edge.reason == Reason::Call && edge.target == callee.into())
    };
    functions.map(|(id, _)| id).find(calls)
}

/// Atomics in a module whose memory one thread alone can see.
pub(crate) fn atomics(bytes: &[u8], output: &str) -> Option<Warning> {
    let map = Map::parse(bytes).ok()?;
    let has_atomics = target_features(&map, ModuleId(0)).contains(&"atomics");
    (has_atomics && !has_shared_memory(bytes))
        .then(|| Warning::AtomicsWithoutSharedMemory { output: output.to_string() })
}

/// Whether a module defines or imports a shared memory.
pub(crate) fn has_shared_memory(bytes: &[u8]) -> bool {
    let payloads = Parser::new(0).parse_all(bytes).map_while(Result::ok);
    payloads.into_iter().any(|payload| match payload {
        Payload::MemorySection(memories) => memories.into_iter().flatten().any(|memory| memory.shared),
        Payload::ImportSection(imports) => {
            imports.into_imports().flatten().any(|import| matches!(import.ty, TypeRef::Memory(memory) if memory.shared))
        }
        _ => false,
    })
}

/// What only panics need, where nothing should panic.
pub(crate) fn panic_machinery(bytes: &[u8], output: &str) -> Option<Warning> {
    let map = Map::parse(bytes).ok()?;
    let (sources, _) = Sources::open(&map);
    let analysis = Analysis::of(map, Trust::Sound);
    let advice = insights::insights(&analysis, Some(&sources));
    let advice = advice.into_iter().find(|advice| advice.kind.as_str() == "panic-machinery")?;
    // Callers come first: "can panic: " and who.
    let caller = advice.evidence.first().and_then(|evidence| evidence.label.arguments().first());
    Some(Warning::PanicMachinery {
        output: output.to_string(),
        bytes: advice.gain.amount,
        caller: caller.map(ToString::to_string),
    })
}

/// What grew most between two builds of an output; both with their names.
pub(crate) fn growth(before: &[u8], after: &[u8], bytes: u64) -> Option<Growth> {
    let old = Analysis::new(before, Trust::Sound).ok()?;
    let new = Analysis::new(after, Trust::Sound).ok()?;
    let diff = Diff::new(FileSize::new("before", &old), &old, FileSize::new("after", &new), &new);
    let biggest = diff.rows.iter().filter(|row| row.kind == "function" || row.kind == "data segment");
    let biggest = biggest.filter(|row| row.delta > 0).max_by_key(|row| row.delta)?;
    Some(Growth { bytes, cause: biggest.name.clone(), cause_bytes: biggest.delta.unsigned_abs() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("well formed")
    }

    #[test]
    fn a_stray_import_is_named_with_its_caller() {
        let module = parse(
            r#"(module (import "env" "lost" (func $lost)) (import "env" "log" (func $log)) (import "gfx" "draw" (func))
               (import "env" "memory" (memory 1)) (func $app::run (export "run") call $lost call $log))"#,
        );
        let warnings = stray_imports(&module, "app", &["log".to_string()]);
        assert_eq!(
            warnings,
            [Warning::StrayImport {
                output: "app".into(),
                function: "lost".into(),
                caller: Some("app::run".into()),
                place: None
            }]
        );
    }

    #[test]
    fn atomics_need_a_shared_memory() {
        const FEATURES: &str = r#"(@custom "target_features" "\01+\07atomics")"#;
        let alone = parse(&format!("(module (memory 1 2) {FEATURES})"));
        assert!(atomics(&alone, "app").is_some_and(|w| w.to_string().contains("--threads")));
        for memory in ["(memory 1 2 shared)", r#"(import "env" "memory" (memory 1 2 shared))"#] {
            assert_eq!(atomics(&parse(&format!("(module {memory} {FEATURES})")), "app"), None);
        }
        assert_eq!(atomics(&parse("(module (memory 1 2))"), "app"), None);
    }

    #[test]
    fn a_growth_has_its_biggest_cause() {
        let before = parse("(module (func $app::small (export \"s\") nop) (func $app::same (export \"t\") nop))");
        let body = "nop ".repeat(50);
        let after = parse(&format!(
            "(module (func $app::small (export \"s\") {body}) (func $app::same (export \"t\") nop nop))"
        ));
        let growth = growth(&before, &after, 50).expect("it grew");
        assert_eq!((growth.cause.contains("app::small"), growth.cause_bytes), (true, 49));
    }
}
