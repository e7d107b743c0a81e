//! Labels that tell items apart, and what a user may type for an item.
//!
//! A label need not be unique: a crate's generic function is there once for each codegen unit, and the modules of a
//! component number their functions alike. Where it matters which one is meant, its index and module are added.

use crate::analysis::Analysis;
use std::collections::HashMap;
use wasm_binary::{ItemId, ItemKind, ModuleId};
use xxhash_rust::xxh3::xxh3_64;

/// What a label is of, and its hash.
type Key = (ItemKind, u64);

/// The labels of a file, with how often each occurs.
pub struct Labels<'l, 'a> {
    analysis: &'l Analysis<'a>,
    in_file: HashMap<Key, u32>,
    in_module: HashMap<(ModuleId, Key), u32>,
}

impl<'l, 'a> Labels<'l, 'a> {
    /// Counts them.
    pub fn new(analysis: &'l Analysis<'a>) -> Labels<'l, 'a> {
        let (mut in_file, mut in_module) = (HashMap::new(), HashMap::new());
        for (id, item) in analysis.map.iter() {
            let key = (item.kind, xxh3_64(analysis.map.label(id).as_bytes()));
            *in_file.entry(key).or_default() += 1;
            *in_module.entry((item.module, key)).or_default() += 1;
        }
        Labels { analysis, in_file, in_module }
    }

    /// The item's label; with its index and module in brackets, as far as others of its kind have the same:
    /// `run [function 12 of module 1 ("app")]`.
    pub fn of(&self, id: ItemId) -> String {
        let map = &self.analysis.map;
        let (item, label) = (map.item(id), map.label(id));
        let key = (item.kind, xxh3_64(label.as_bytes()));
        let in_file = self.in_file.get(&key).copied().unwrap_or(0);
        if in_file <= 1 {
            return label;
        }
        let in_module = self.in_module.get(&(item.module, key)).copied().unwrap_or(0);
        let index = (in_module > 1).then(|| match map.space_of(id) {
            Some((space, index)) => format!("{} {index}", space.noun()),
            None => format!("#{}", id.0),
        });
        let module = (map.modules().len() > 1).then(|| map.module_label(item.module));
        let place = [index, module].into_iter().flatten().collect::<Vec<_>>().join(" of ");
        format!("{label} [{place}]")
    }

    /// The items that a user means by an id (`#17`), an index (`function 812`, `function 3 of module 2`), a label as
    /// [`Labels::of`] gives it, a name, or a part of a label; by falling size.
    pub fn find(&self, text: &str) -> Vec<ItemId> {
        let text = text.trim();
        let mut hits = self.find_by_index(text);
        if hits.is_empty()
            && let Some((label, _)) = text.strip_suffix(']').and_then(|text| text.rsplit_once(" ["))
        {
            hits = self.analysis.find(label);
            hits.retain(|&id| self.of(id) == text);
        }
        if hits.is_empty() {
            return self.analysis.find(text);
        }
        hits.sort_by_key(|&id| (std::cmp::Reverse(self.analysis.map.item(id).size), id));
        hits
    }

    /// `function 3`, in any module, or `function 3 of module 2`.
    fn find_by_index(&self, text: &str) -> Vec<ItemId> {
        let map = &self.analysis.map;
        let (place, module) = match text.rsplit_once(" of ") {
            Some((place, module)) => (place, Some(module)),
            None => (text, None),
        };
        // A module's name may follow: `module 2 ("wasi")`.
        let is_meant = |id: ModuleId| {
            module.is_none_or(|module| {
                let label = map.module_label(id);
                label == module || label.strip_prefix(module).is_some_and(|rest| rest.starts_with(" ("))
            })
        };
        let Some((noun, Ok(index))) = place.rsplit_once(' ').map(|(noun, index)| (noun, index.parse::<u32>())) else {
            return Vec::new();
        };
        let is_at = |id| map.space_of(id).is_some_and(|(space, at)| at == index && space.noun() == noun);
        map.iter().filter(|(id, item)| is_at(*id) && is_meant(item.module)).map(|(id, _)| id).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Trust;

    /// Two modules, each with a function `run`, the second with two.
    const COMPONENT: &str = r#"(component
        (core module $one (func $run (export "a") nop))
        (core module $two (func $run (export "a") nop nop) (func (export "b") nop nop nop)))"#;

    #[test]
    fn equal_labels_are_told_apart_and_can_be_typed() {
        let bytes = wat::parse_str(COMPONENT).unwrap();
        let analysis = Analysis::new(&bytes, Trust::Sound).unwrap();
        let labels = Labels::new(&analysis);
        let functions: Vec<ItemId> =
            analysis.map.iter().filter(|(_, i)| i.kind == ItemKind::Function).map(|(id, _)| id).collect();
        let shown: Vec<String> = functions.iter().map(|&id| labels.of(id)).collect();
        assert_eq!(shown, ["run [module 1 (\"one\")]", "run [module 2 (\"two\")]", "function 1 (exported as \"b\")"]);
        for (id, label) in functions.iter().zip(&shown) {
            assert_eq!(labels.find(label), [*id], "{label}");
        }
        assert_eq!(labels.find("function 0"), [functions[1], functions[0]]);
        assert_eq!(labels.find("function 0 of module 1"), [functions[0]]);
        assert_eq!(labels.find("function 0 of module 2 (\"two\")"), [functions[1]]);
        assert_eq!(labels.find("run").len(), 2);
        assert_eq!(labels.find("function 9 of module 1"), []);
    }

    #[test]
    fn equal_names_in_one_module_have_their_index() {
        let mut module = wasm_encoder::Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        let mut functions = wasm_encoder::FunctionSection::new();
        functions.function(0).function(0);
        let mut code = wasm_encoder::CodeSection::new();
        let mut body = wasm_encoder::Function::new([]);
        body.instructions().end();
        code.function(&body).function(&body);
        let mut names = wasm_encoder::NameSection::new();
        let mut map = wasm_encoder::NameMap::new();
        map.append(0, "grow");
        map.append(1, "grow");
        names.functions(&map);
        module.section(&types).section(&functions).section(&code).section(&names);
        let bytes = module.finish();
        let analysis = Analysis::new(&bytes, Trust::Sound).unwrap();
        let labels = Labels::new(&analysis);
        let of_both: Vec<String> = labels.find("grow").into_iter().map(|id| labels.of(id)).collect();
        assert_eq!(of_both, ["grow [function 0]", "grow [function 1]"]);
        assert_eq!(labels.find("grow [function 1]"), labels.find("function 1"));
    }
}
