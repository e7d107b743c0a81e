//! Paths that forget a linear value. `#[wasm::linear]` has the drop of such a value call an import that names its type
//! (`docs/compiler-contract.md`, Linear types); what is left of it after the link is called where a value is forgotten.

use serde::Serialize;
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use wasm_binary::{CallSite, Graph, ItemId, ItemKind, Map, Reason, Space, demangle};
use wasm_source::{DebugSections, Frame, Source};

/// The module that the imports are from.
const MODULE: &str = "wasmrust:linear";
/// Makes the drop call the import. Without it the compiler refuses the drop, and cannot say where it is.
pub(crate) const CFG: [&str; 2] = ["--cfg", "wasm_linear_imports"];

/// A path on which a linear value is dropped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Forgotten {
    /// Where, as `file:line`.
    pub place: Option<String>,
    /// The function.
    pub function: String,
    /// The value's type, with its module.
    pub value: String,
}

impl fmt::Display for Forgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in `{}`", wasm_binary::escape(&self.value), wasm_binary::escape(&self.function))?;
        self.place.as_ref().map_or(Ok(()), |place| write!(f, " at {place}"))
    }
}

/// Each place where a module forgets a linear value, by file and line.
pub(crate) fn forgotten(bytes: &[u8]) -> Vec<Forgotten> {
    let Ok(map) = Map::parse(bytes) else { return Vec::new() };
    let Some(module) = map.modules().first() else { return Vec::new() };
    let is_drop = |import: &&wasm_binary::Import<'_>| import.module == MODULE && import.space == Space::Function;
    let drops: Vec<(ItemId, &str)> =
        module.imports.iter().filter(is_drop).map(|import| (import.item, import.name)).collect();
    if drops.is_empty() {
        return Vec::new();
    }
    let source = DebugSections::from_module(bytes).and_then(|sections| Source::open(&sections)).ok();
    let graph = Graph::new(&map);
    let finder = Finder { map: &map, graph: &graph, source: source.as_ref() };
    let found: BTreeSet<Forgotten> = drops.into_iter().flat_map(|(item, value)| finder.find(item, value)).collect();
    found.into_iter().collect()
}

struct Finder<'a, 'b> {
    map: &'b Map<'a>,
    graph: &'b Graph,
    source: Option<&'b Source<'a>>,
}

impl<'a> Finder<'a, '_> {
    /// Goes up from the import to the first functions that are neither the drop itself nor the compiler's and std's.
    fn find(&self, import: ItemId, value: &str) -> Vec<Forgotten> {
        let drop = format!("<{value} as core::ops::drop::Drop>::drop");
        let (mut found, mut seen, mut open) = (Vec::new(), HashSet::from([import]), vec![import]);
        while let Some(callee) = open.pop() {
            for caller in self.callers(callee) {
                for site in self.graph.sites(self.map, caller, callee.into()) {
                    match self.own_frame(caller, site, &drop) {
                        Some((function, place)) => {
                            found.push(Forgotten { place, function, value: value.to_string() });
                        }
                        None if seen.insert(caller) => open.push(caller),
                        None => {}
                    }
                }
            }
            // Only a table leads here: the drop of something behind a `dyn`.
            if callee != import && self.callers(callee).is_empty() {
                found.push(Forgotten { place: None, function: self.name(callee), value: value.to_string() });
            }
        }
        if found.is_empty() {
            // Calls go in a circle, or nothing calls the drop: the import is there all the same.
            let function = self.callers(import).first().map_or_else(|| drop.clone(), |&caller| self.name(caller));
            found.push(Forgotten { place: None, function, value: value.to_string() });
        }
        found
    }

    fn callers(&self, callee: ItemId) -> Vec<ItemId> {
        let functions = self.map.iter().filter(|(_, item)| item.kind == ItemKind::Function);
        let calls = |id: &ItemId| {
            let mut edges = self.graph.edges((*id).into());
            edges.any(|edge| edge.reason == Reason::Call && edge.target == callee.into())
        };
        functions.map(|(id, _)| id).filter(calls).collect()
    }

    /// The innermost function of the user's at a call, inlined ones included, and its place.
    fn own_frame(&self, caller: ItemId, site: CallSite, drop: &str) -> Option<(String, Option<String>)> {
        let frames = self.source.map(|source| source.frames_at(site)).unwrap_or_default();
        for frame in &frames {
            let name = self.frame_name(frame);
            let file = frame.file.and_then(|file| self.source?.path(file));
            // Line tables alone have no scopes.
            let is_bare = frame.linkage_name.is_none();
            let is_drop = is_bare && frame.name.as_deref().is_some_and(|name| name.starts_with("drop"));
            if !is_drop && !is_passed_over(&name, file.as_deref(), drop) {
                let line = frame.line.map(|line| format!(":{line}")).unwrap_or_default();
                let place = file.map(|file| format!("{}{line}", wasm_binary::escape(&file)));
                return Some((name, place));
            }
        }
        let name = self.name(caller);
        (frames.is_empty() && !is_passed_over(&name, None, drop)).then_some((name, None))
    }

    fn frame_name(&self, frame: &Frame<'a>) -> String {
        match (&frame.linkage_name, &frame.name) {
            (Some(name), _) => demangle(name).into_owned(),
            (None, Some(name)) => name.to_string(),
            (None, None) => String::new(),
        }
    }

    fn name(&self, function: ItemId) -> String {
        self.map.name(function).map_or_else(|| self.map.label(function), |name| name.into_owned())
    }
}

/// Whether a frame is only on the way from the value's end to its drop.
fn is_passed_over(name: &str, file: Option<&str>, drop: &str) -> bool {
    let is_std = |file: &str| file.starts_with("/rustc/") || file.contains("/lib/rustlib/src/rust/");
    let plain = name.trim_start_matches('<');
    name.is_empty()
        || name.starts_with(drop)
        || ["core::", "alloc::", "std::"].iter().any(|own| plain.starts_with(own))
        || file.is_some_and(is_std)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_debug_information_the_function_is_known_by_its_name() {
        let module = wat::parse_str(
            r#"(module (import "wasmrust:linear" "app::Ticket" (func $drop))
               (func $"<app::Ticket as core::ops::drop::Drop>::drop" call $drop)
               (func $"core::ptr::drop_in_place<app::Ticket>" call $"<app::Ticket as core::ops::drop::Drop>::drop")
               (func $app::lose (export "lose") call $"core::ptr::drop_in_place<app::Ticket>")
               (func $app::keep (export "keep")))"#,
        )
        .expect("well formed");
        let found = forgotten(&module);
        let expected = Forgotten { place: None, function: "app::lose".into(), value: "app::Ticket".into() };
        assert_eq!(found, [expected]);
        assert_eq!(found[0].to_string(), "`app::Ticket` in `app::lose`");
    }

    #[test]
    fn functions_that_call_each_other_come_to_an_end() {
        let module = wat::parse_str(
            r#"(module (import "wasmrust:linear" "app::Ticket" (func $drop))
               (func $core::a call $drop call $core::b) (func $core::b call $core::a))"#,
        )
        .expect("well formed");
        assert_eq!(forgotten(&module)[0].function, "core::a");
    }
}
