//! What `retained` and `garbage` say goes is taken out for real: the module is written anew without it, validated,
//! measured and run.
//!
//! For an item, three modules are compared: as it is (A); with the item alone replaced by a stub, an `unreachable` for
//! a function (B); with the stub and without all that is said to go with it (C). C must be smaller than A by the
//! retained size, and do what B does in everything; what does not reach the item must do as in A.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../common/mod.rs"]
mod common;
mod engine;
mod remove;

use common::{Module, Random, corpus_file, effort, sample};
use engine::{Drive, Engine, Outcome, run};
use remove::{Plan, rewrite};
use std::collections::{BTreeMap, BTreeSet};
use wasm_analyzer::dominators::Children;
use wasm_analyzer::garbage::garbage;
use wasm_analyzer::{Analysis, Trust};
use wasm_binary::{Export, ItemId, ItemKind, ModuleId, Node, Reason};

/// The module as [`rewrite`] writes it, so that what is compared differs only in what is removed.
fn normal(bytes: &[u8]) -> Vec<u8> {
    let map = wasm_binary::Map::parse(bytes).unwrap();
    rewrite(&map, &Plan::default()).unwrap()
}

fn validate(name: &str, bytes: &[u8]) {
    let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
    if let Err(error) = validator.validate_all(bytes) {
        panic!("{name}: {error}");
    }
}

/// An item and all that the dominator tree has below it.
fn goes_with(analysis: &Analysis<'_>, children: &Children, item: ItemId) -> BTreeSet<ItemId> {
    let (mut set, mut open) = (BTreeSet::new(), vec![Node::from(item)]);
    while let Some(node) = open.pop() {
        set.extend(analysis.graph.item(node));
        open.extend(children.of(node));
    }
    set
}

/// A stub itself and what it keeps: a function its type and its declaration for `ref.func`, a data segment what its
/// offset is computed from.
fn needs_of_stub(analysis: &Analysis<'_>, item: ItemId) -> BTreeSet<ItemId> {
    let module = analysis.map.module(ModuleId(0));
    let of_item = analysis.map.item(item);
    let mut open: Vec<Node> = match of_item.kind {
        ItemKind::Function => {
            let ty = module.function_types[of_item.index as usize];
            let is_declaration = |node: &Node| {
                let id = analysis.graph.item(*node).filter(|&id| analysis.map.item(id).kind == ItemKind::Element);
                id.is_some_and(|id| matches!(analysis.map.definition(id).first(), Some(3 | 7)))
            };
            let declarations = analysis.graph.edges(item.into()).map(|e| e.target).filter(is_declaration);
            declarations.chain([module.item(wasm_binary::TypeId(ty)).unwrap().into()]).collect()
        }
        _ => analysis.graph.edges(item.into()).map(|e| e.target).collect(),
    };
    let mut needs = BTreeSet::from([item]);
    while let Some(node) = open.pop() {
        if analysis.graph.item(node).is_some_and(|id| needs.insert(id)) {
            open.extend(analysis.graph.edges(node).map(|e| e.target));
        }
    }
    needs
}

/// What some exports can get to, besides what happens at the start.
fn reachable(analysis: &Analysis<'_>, takes_part: impl Fn(&Export<'_>) -> bool) -> BTreeSet<Node> {
    let module = analysis.map.module(ModuleId(0));
    let mut open: Vec<Node> = module.exports.iter().filter(|e| takes_part(e)).map(|e| e.item.into()).collect();
    let starts = analysis.graph.edges(analysis.graph.root()).filter(|e| e.reason == Reason::Start);
    open.extend(starts.map(|e| e.target));
    let mut seen = BTreeSet::new();
    while let Some(node) = open.pop() {
        if seen.insert(node) {
            open.extend(analysis.graph.edges(node).filter(|e| !e.reason.is_inferred()).map(|e| e.target));
        }
    }
    seen
}

/// Up to `count` items worth trying: the biggest retained, and some at random.
fn choose(analysis: &Analysis<'_>, count: usize, random: &mut Random) -> Vec<ItemId> {
    let removable = |kind| matches!(kind, ItemKind::Function | ItemKind::Export | ItemKind::Data);
    let items = analysis
        .map
        .iter()
        .filter(|(id, item)| removable(item.kind) && item.size > 0 && analysis.dominators.is_reached((*id).into()));
    let mut items: Vec<ItemId> = items.map(|(id, _)| id).collect();
    items.sort_by_key(|&id| std::cmp::Reverse(analysis.dominators.retained(id.into())));
    let mut chosen: BTreeSet<ItemId> = items.iter().copied().take(count.div_ceil(2)).collect();
    while chosen.len() < count.min(items.len()) {
        chosen.insert(items[random.below(items.len())]);
    }
    chosen.into_iter().collect()
}

/// What is left loses nothing but bytes of smaller indices, lengths and counts.
fn check_sizes(name: &str, before: &Analysis<'_>, after: &[u8], plan: &Plan) {
    let said: u64 = plan.gone.iter().map(|&id| u64::from(before.map.item(id).size)).sum();
    let after = wasm_binary::Map::parse(after).unwrap();
    let kept: Vec<_> = before.map.iter().filter(|(id, _)| !plan.gone.contains(id)).collect();
    let of_kind = |items: &[(ItemId, &wasm_binary::Item)]| {
        let mut by_kind: BTreeMap<ItemKind, Vec<(ItemId, u32)>> = BTreeMap::new();
        for (id, item) in items.iter().filter(|(_, item)| item.kind != ItemKind::SectionOverhead) {
            by_kind.entry(item.kind).or_default().push((*id, item.size));
        }
        by_kind
    };
    let left: Vec<_> = after.iter().collect();
    let (kept, left) = (of_kind(&kept), of_kind(&left));
    for (kind, kept) in kept {
        let left = &left[&kind];
        // Table entries that lost their function may have brought one function and one type in.
        assert!(left.len() - kept.len() <= 1, "{name}: {} {}s became {}", kept.len(), kind.noun(), left.len());
        for (&(id, old), &(_, new)) in kept.iter().zip(left) {
            let label = before.map.label(id);
            if plan.stubs.contains(&id) {
                assert!(new <= old.max(6) + 2, "{name}: the stub of {label} has {new} bytes");
                continue;
            }
            // An entry that named a function of a small index may now name the one that traps, which has a large one.
            let most = if kind == ItemKind::Element { 2 * old } else { old + 2 };
            assert!(new <= most, "{name}: {label} grew from {old} to {new} bytes");
            // An index of two bytes may become one of one; nothing else changes.
            assert!(new >= old / 2, "{name}: {label} shrank from {old} to {new} bytes");
        }
    }
    let stubs: u64 = plan.stubs.iter().map(|&id| u64::from(before.map.item(id).size)).sum();
    let shrunk = before.bytes() as i64 - after.bytes().len() as i64;
    assert!(shrunk + 16 >= said as i64, "{name}: {said} bytes are said to go but {shrunk} went");
    let slack = before.bytes() as i64 / 4 + 64;
    assert!(shrunk <= (said + stubs) as i64 + slack, "{name}: {said} bytes are said to go but {shrunk} went");
}

/// Tries the retained sets of some items of a module that has no garbage: that still names what is otherwise unused.
fn retained_goes(module: &Module, engine: Engine, drive: Drive, items: usize) -> Compared {
    let name = &module.name;
    let normal = normal(&module.bytes);
    validate(name, &normal);
    let analysis = Analysis::new(&normal, Trust::Sound).unwrap();
    let children = analysis.dominators.children();
    let mut random = Random(normal.len() as u64);
    let mut modules = vec![normal.clone()];
    let chosen = choose(&analysis, items, &mut random);
    for &item in &chosen {
        let label = format!("{name}: {}", analysis.map.label(item));
        let mut gone = goes_with(&analysis, &children, item);
        assert_eq!(
            gone.iter().map(|&id| u64::from(analysis.map.item(id).size)).sum::<u64>(),
            analysis.dominators.retained(item.into())
        );
        let mut alone = Plan::default();
        if analysis.map.item(item).kind == ItemKind::Export {
            alone.gone.insert(item);
        } else {
            for kept in needs_of_stub(&analysis, item) {
                gone.remove(&kept);
            }
            alone.stubs.insert(item);
        }
        let all = Plan { gone, stubs: alone.stubs.clone() };
        let without_item = rewrite(&analysis.map, &alone).unwrap();
        let without_all = rewrite(&analysis.map, &all).unwrap_or_else(|e| panic!("{label}: {e:?}"));
        validate(&label, &without_item);
        validate(&label, &without_all);
        check_sizes(&label, &analysis, &without_all, &all);
        modules.extend([without_item, without_all]);
    }
    let outcomes = run(engine, drive, &modules);
    let reach = |what: &String| (what.clone(), reachable(&analysis, |export| drive.involves(what, export)));
    let reach: BTreeMap<String, BTreeSet<Node>> = outcomes[0].keys().map(reach).collect();
    let mut compared = Compared::default();
    for (&item, pair) in chosen.iter().zip(outcomes[1..].chunks(2)) {
        let label = format!("{name}: {}", analysis.map.label(item));
        compared.stubbed +=
            same(&format!("{label}: what it alone held in the file was of use"), &pair[0], &pair[1], |_| true);
        let apart = |what: &str| !reach[what].contains(&item.into());
        compared.apart +=
            same(&format!("{label}: something used it that does not reach it"), &outcomes[0], &pair[1], apart);
    }
    compared
}

/// How many outcomes were compared: of an item's removal, and of what does not reach the item.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    stubbed: usize,
    apart: usize,
}

impl std::ops::AddAssign for Compared {
    fn add_assign(&mut self, other: Compared) {
        self.stubbed += other.stubbed;
        self.apart += other.apart;
    }
}

/// Compares what two modules did; returns how many outcomes were compared.
fn same(label: &str, one: &Outcome, other: &Outcome, of: impl Fn(&str) -> bool) -> usize {
    let mut compared = 0;
    for (what, outcome) in one.iter().filter(|(what, _)| of(what)) {
        // A call that does not end shows nothing, nor an import that JavaScript has no value for (a v128 global).
        let is_shown = |outcome: &str| {
            !["timeout", "no instance: TypeError", "no instance: LinkError"].iter().any(|e| outcome.contains(e))
        };
        let Some(after) = other.get(what).filter(|after| is_shown(outcome) && !after.contains("timeout")) else {
            continue;
        };
        assert_eq!(outcome, after, "{label}: {what}");
        compared += usize::from(!outcome.contains("no instance"));
    }
    compared
}

/// Removes all garbage of a module; returns it without.
fn garbage_goes(module: &Module, engine: Engine, drive: Drive) -> Module {
    let name = &module.name;
    let normal = normal(&module.bytes);
    let analysis = Analysis::new(&normal, Trust::Sound).unwrap();
    let garbage = garbage(&analysis);
    let plan = Plan { gone: garbage.rows.iter().map(|&(id, _)| id).collect(), stubs: BTreeSet::new() };
    let without = rewrite(&analysis.map, &plan).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    validate(name, &without);
    check_sizes(name, &analysis, &without, &plan);
    let outcomes = run(engine, drive, &[normal.clone(), without.clone()]);
    assert_eq!(outcomes[0].len(), outcomes[1].len());
    same(&format!("{name}: garbage was of use"), &outcomes[0], &outcomes[1], |_| true);
    Module { name: name.clone(), bytes: without }
}

#[test]
fn samples_do_the_same_without_what_goes() {
    if !engine::is_there(Engine::Node) {
        return;
    }
    let mut compared = Compared::default();
    for (path, drive) in [
        ("rust-markdown/rust-markdown.wasm", Drive::Markdown),
        ("rust-markdown/rust-markdown-next.wasm", Drive::Markdown),
        ("c-calc/c-calc.wasm", Drive::Wasi),
    ] {
        let module = sample(path);
        let module = garbage_goes(&module, Engine::Node, drive);
        compared += retained_goes(&module, Engine::Node, drive, effort(24) as usize);
    }
    assert!(compared.stubbed > 150 && compared.apart > 30, "{compared:?}");
}

#[test]
fn samples_answer() {
    if !engine::is_there(Engine::Node) {
        return;
    }
    let markdown = &run(Engine::Node, Drive::Markdown, &[sample("rust-markdown/rust-markdown.wasm").bytes])[0];
    assert_eq!(markdown.len(), 4);
    assert!(markdown["markdown_render"].contains("<h1 id=\"title"), "{markdown:?}");
    let sums = &run(Engine::Node, Drive::Wasi, &[sample("c-calc/c-calc.wasm").bytes])[0];
    assert!(sums["_start"].contains("2598960"), "{sums:?}");
}

#[test]
fn corpus_does_the_same_without_what_goes() {
    if !engine::is_there(Engine::Node) {
        return;
    }
    let files = [
        "xxhash.wasm",
        "rabin_assemblyscript.wasm",
        "blake3_simd.wasm",
        "wasi_adapter_command.wasm",
        "webtreesitter.wasm",
        "ghostty_zig.wasm",
        "confidence_rust.wasm",
    ];
    let mut compared = Compared::default();
    let modules: Vec<Module> = files.into_iter().filter_map(corpus_file).collect();
    for module in &modules {
        let lean = garbage_goes(module, Engine::Node, Drive::Exports);
        compared += retained_goes(&lean, Engine::Node, Drive::Exports, effort(6) as usize);
    }
    assert!(modules.is_empty() || compared.stubbed > 300 && compared.apart > 300, "{compared:?}");
}

/// Tables, references, passive segments, globals; and what only a browser runs: GC types, `exnref`, typed references.
#[test]
fn written_modules_do_the_same_without_what_goes() {
    for (name, engine) in [("tables", Engine::Node), ("gc", Engine::Chromium)] {
        if !engine::is_there(engine) {
            continue;
        }
        let file = format!("{}/tests/oracle/{name}.wat", env!("CARGO_MANIFEST_DIR"));
        let bytes = wat::parse_file(file).unwrap();
        let module = Module { name: name.to_string(), bytes };
        let outcomes = run(engine, Drive::Exports, std::slice::from_ref(&module.bytes));
        assert!(outcomes[0].values().all(|said| !said.contains("Error")), "{outcomes:?}");
        let lean = garbage_goes(&module, engine, Drive::Exports);
        let analysis = Analysis::new(&module.bytes, Trust::Sound).unwrap();
        let garbage = garbage(&analysis);
        let garbage: Vec<String> = garbage.rows.iter().map(|&(id, _)| analysis.map.label(id)).collect();
        for (of, unused) in [
            ("tables", "nobody_calls_this_signature"),
            ("tables", "import function \"host\".\"unused\""),
            ("gc", "unused_vtable"),
            ("gc", "area_of_nothing"),
            ("gc", "unused_tag"),
            ("gc", "unused_text"),
        ] {
            assert!(of != name || garbage.iter().any(|label| label == unused), "{unused} is not in {garbage:?}");
        }
        let compared = retained_goes(&lean, engine, Drive::Exports, usize::MAX);
        assert!(compared.stubbed > 100 && compared.apart > 50, "{compared:?}");
    }
}

/// The oracle itself: what is not in the set cannot be taken out unseen.
#[test]
fn what_is_used_cannot_be_removed_unseen() {
    if !engine::is_there(Engine::Node) {
        return;
    }
    let normal = normal(&sample("rust-markdown/rust-markdown.wasm").bytes);
    let analysis = Analysis::new(&normal, Trust::Sound).unwrap();
    let render = analysis.find("markdown_render");
    let render = render.into_iter().find(|&id| analysis.map.item(id).kind == ItemKind::Function).unwrap();
    let needed = reachable(&analysis, |export| export.name == "markdown_render");
    let functions = needed
        .iter()
        .filter_map(|&node| analysis.graph.item(node))
        .filter(|&id| id != render && analysis.map.item(id).kind == ItemKind::Function);
    let mut noticed = (0, 0);
    let mut modules = vec![normal.clone()];
    for id in functions {
        // Removed: it does not encode, as its callers still name it; only entries of a table may name what is gone.
        let gone = Plan { gone: BTreeSet::from([id]), stubs: BTreeSet::new() };
        let is_called = analysis.map.iter().any(|(from, _)| {
            from != id && analysis.graph.edges(from.into()).any(|e| e.target == id.into() && e.reason == Reason::Call)
        });
        noticed.0 += usize::from(rewrite(&analysis.map, &gone).is_err());
        assert!(!is_called || rewrite(&analysis.map, &gone).is_err(), "{}", analysis.map.label(id));
        // A stub: the module traps where it is called.
        modules.push(rewrite(&analysis.map, &Plan { gone: BTreeSet::new(), stubs: BTreeSet::from([id]) }).unwrap());
    }
    let outcomes = run(Engine::Node, Drive::Markdown, &modules);
    noticed.1 = outcomes[1..].iter().filter(|o| o["markdown_render"] != outcomes[0]["markdown_render"]).count();
    assert!(noticed.0 > 50 && noticed.1 > 20, "of {} functions, {noticed:?} were missed", modules.len() - 1);
}

/// Random modules: of what this node knows, and of what a browser knows besides (GC, exceptions, 64-bit memories).
#[test]
fn generated_modules_do_the_same_without_what_goes() {
    for (engine, seeds) in [(Engine::Node, effort(24)), (Engine::Chromium, effort(5))] {
        if !engine::is_there(engine) {
            continue;
        }
        let mut compared = Compared::default();
        for seed in 0..u64::from(seeds) {
            let Some(bytes) = generate(seed, engine == Engine::Chromium) else { continue };
            let module = Module { name: format!("seed {seed} in {engine:?}"), bytes };
            let lean = garbage_goes(&module, engine, Drive::Exports);
            compared += retained_goes(&lean, engine, Drive::Exports, 6);
        }
        let seeds = seeds as usize;
        assert!(compared.stubbed > 10 * seeds && compared.apart > 2 * seeds, "{engine:?}: {compared:?}");
    }
}

fn generate(seed: u64, is_modern: bool) -> Option<Vec<u8>> {
    let noise = Random(seed).bytes(4096);
    let mut config = wasm_smith::Config { max_imports: 3, min_exports: 4, min_funcs: 6, ..Default::default() };
    config.export_everything = true;
    config.disallow_traps = !seed.is_multiple_of(3);
    config.max_memory32_bytes = 1 << 17;
    config.max_memory64_bytes = 1 << 17;
    config.max_table_elements = 1000;
    config.canonicalize_nans = true;
    // Proposals that no engine has switched on yet, or whose imports the JavaScript API cannot provide.
    config.wide_arithmetic_enabled = false;
    config.compact_imports_enabled = false;
    config.threads_enabled = false;
    config.relaxed_simd_enabled = false;
    config.gc_enabled = is_modern;
    config.exceptions_enabled = is_modern;
    config.memory64_enabled = is_modern;
    config.extended_const_enabled = is_modern;
    let mut module = wasm_smith::Module::new(config, &mut arbitrary::Unstructured::new(&noise)).ok()?;
    module.ensure_termination(1000).ok()?;
    Some(module.to_bytes())
}
