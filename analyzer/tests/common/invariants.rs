//! What holds for every file, sound or hostile: asserted by all tests that have one.

use std::collections::BTreeSet;
use wasm_analyzer::diff::{Diff, FileSize};
use wasm_analyzer::report::Report;
use wasm_analyzer::source::Sources;
use wasm_analyzer::top::{Metric, Top};
use wasm_analyzer::tree::{Branch, GroupBy};
use wasm_analyzer::{Analysis, Trust, bodies, crates, garbage, generics, paths, retained, source, tree};
use wasm_binary::{ItemId, Map, SectionId};

/// Asserts that the map is an exact partition of the file.
pub(crate) fn partition(name: &str, map: &Map<'_>) {
    let bytes = map.bytes().len() as u64;
    let parts = map.parts();
    assert_eq!(parts.first().map(|p| p.start), Some(0), "{name}: the first part");
    assert!(parts.windows(2).all(|pair| pair[0].start < pair[1].start), "{name}: parts are in order, none empty");
    let mut sizes = vec![0u64; map.items().len()];
    let mut end = 0;
    for at in 0..parts.len() {
        let range = map.part_range(at);
        assert_eq!(range.start, end, "{name}: a part begins where the one before ends");
        end = range.end;
        sizes[parts[at].item.as_usize()] += u64::from(range.end - range.start);
        assert_eq!(map.item_at(range.start), Some(parts[at].item), "{name}");
        assert_eq!(map.part_at(range.end - 1), Some(at), "{name}");
    }
    assert_eq!(u64::from(end), bytes, "{name}: the last part ends with the file");
    assert!(map.iter().all(|(id, item)| u64::from(item.size) == sizes[id.as_usize()]), "{name}: an item's size");
    assert_eq!(sizes.iter().sum::<u64>(), bytes, "{name}: the items are the file");
    nesting(name, map);
}

/// Sections lie in their module one after the other, nested modules in a section of their parent.
fn nesting(name: &str, map: &Map<'_>) {
    for module in map.modules() {
        let mut end = module.range.start;
        for &id in &module.sections {
            let section = map.section(id);
            assert!(section.range.start >= end && section.range.end <= module.range.end, "{name}: {section:?}");
            assert!(section.payload.start >= section.range.start && section.payload.end <= section.range.end);
            assert!(section.payload.start <= section.payload.end, "{name}: {section:?}");
            let parts = section.parts.start as usize..section.parts.end as usize;
            assert!(section.range.is_empty() || map.parts()[parts.start].start == section.range.start, "{name}");
            let after = map.parts().get(parts.end).map_or(map.bytes().len() as u32, |p| p.start);
            assert_eq!(after, section.range.end, "{name}: the parts of {section:?}");
            end = section.range.end;
        }
        if let Some(parent) = module.parent {
            let holds = |id: &SectionId| {
                let section = map.section(*id);
                section.payload.start <= module.range.start && module.range.end <= section.payload.end
            };
            assert!(map.module(parent).sections.iter().any(holds), "{name}: {:?} lies in no section", module.range);
        }
    }
    for (id, item) in map.iter() {
        assert!(item.start <= item.end && item.end as usize <= map.bytes().len(), "{name}: {item:?}");
        assert!(item.section.is_none_or(|s| s.as_usize() < map.sections().len()), "{name}: {item:?}");
        if let Some((space, index)) = map.space_of(id) {
            assert_eq!(map.module(item.module).item_at(space, index), Some(id), "{name}: {item:?} is at its index");
        }
    }
}

/// Asserts that all views are about the whole file and agree. Returns the file's garbage in bytes.
pub(crate) fn views(name: &str, analysis: &Analysis<'_>) -> u64 {
    let bytes = analysis.bytes();
    let map = &analysis.map;
    partition(name, map);
    let top = Top::new(analysis, Metric::Size, &[], |_| true);
    assert_eq!(top.rows.iter().map(|row| row.1).sum::<f64>(), bytes as f64, "{name}: top");
    let named: BTreeSet<ItemId> = map.iter().filter(|(_, item)| item.size > 0).map(|(id, _)| id).collect();
    for by in [GroupBy::Section, GroupBy::Crate, GroupBy::Kind, GroupBy::Generic] {
        let tree = tree::build(analysis, by, |_| true);
        assert_eq!(tree.size, bytes, "{name}: tree by {by:?}");
        let mut leaves = BTreeSet::new();
        branch(name, &tree, &mut leaves);
        leaves.retain(|id| map.item(*id).size > 0);
        assert_eq!(leaves, named, "{name}: tree by {by:?} has all items");
    }
    assert_eq!(crates::crates(analysis).iter().map(|c| c.size).sum::<u64>(), bytes, "{name}: crates");
    let report = Report::new(name, analysis, None);
    let json = serde_json::to_value(&report).unwrap_or_default();
    assert_eq!((json["bytes"].as_u64(), json["attributed_bytes"].as_u64()), (Some(bytes), Some(bytes)), "{name}");
    let items = json["items"].as_array().map_or(&[] as &[_], Vec::as_slice);
    assert_eq!(items.iter().filter_map(|item| item["size"].as_u64()).sum::<u64>(), bytes, "{name}: items of the JSON");
    let is_plain = |text: &str| !text.chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}'));
    for item in items {
        assert!(item["name"].as_str().is_some_and(|n| !n.is_empty() && is_plain(n)), "{name}: {item}");
    }
    let file = || FileSize::new(name, analysis);
    let diff = Diff::new(file(), analysis, file(), analysis);
    assert!(diff.rows.is_empty() && diff.delta() == 0, "{name}: differs from itself: {:?}", diff.rows.first());
    let garbage = garbage::garbage(analysis);
    reached(name, analysis, garbage.bytes);
    garbage.bytes
}

/// The root retains what is reached; the rest is garbage.
fn reached(name: &str, analysis: &Analysis<'_>, garbage: u64) {
    let root = analysis.graph.root();
    assert_eq!(analysis.dominators.retained(root) + garbage, analysis.bytes(), "{name}: reached and garbage");
    for (id, item) in analysis.map.iter() {
        let retained = analysis.dominators.retained(id.into());
        assert!(retained >= u64::from(item.size) && retained <= analysis.bytes(), "{name}: {}", analysis.map.label(id));
    }
}

fn branch(name: &str, tree: &Branch, leaves: &mut BTreeSet<ItemId>) {
    leaves.extend(tree.item);
    if !tree.children.is_empty() {
        let sum: u64 = tree.children.iter().map(|child| child.size).sum();
        assert_eq!(tree.size, sum, "{name}: {} is the sum of what is below", tree.name);
    }
    tree.children.iter().for_each(|child| branch(name, child, leaves));
}

/// Runs every view over bytes from anywhere; asserts what must hold even of a damaged file.
pub(crate) fn survives(name: &str, bytes: &[u8]) {
    let Ok(map) = Map::parse(bytes) else { return };
    partition(name, &map);
    for trust in [Trust::Sound, Trust::Inferred] {
        let Ok(map) = Map::parse(bytes) else { return };
        let analysis = Analysis::of(map, trust);
        views(name, &analysis);
        assert!(analysis.damage().all(|d| d.offset <= analysis.bytes() && !d.message.is_empty()), "{name}");
    }
    let (sources, _) = Sources::open(&map);
    let mut map = map;
    sources.name_functions(&mut map);
    let analysis = Analysis::of(map, Trust::Sound);
    let extent = retained::Extent { depth: 3, limit: 5, callers: 2 };
    retained::retained(&analysis, analysis.graph.root(), extent);
    generics::generics(&analysis, &bodies::Bodies::new(&analysis.map));
    source::tree(&analysis, &sources);
    source::inlined(&analysis, &sources);
    let last = analysis.map.items().len() as u32 - 1;
    for id in [0, last / 3, last / 2, last].map(ItemId) {
        for path in paths::why(&analysis, id).paths.iter().take(5) {
            path.report(&analysis, &sources);
        }
    }
    for text in ["#1", "function 1", "a", ""] {
        analysis.find(text);
    }
}
