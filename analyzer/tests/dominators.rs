//! The dominator tree against its definition: a node dominates another if the root cannot get to the other without it.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Random, effort};
use wasm_analyzer::{Dominators, Trust};
use wasm_binary::{Graph, Map, Node};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, Module, TypeSection,
};

/// What the root gets to without `without`.
fn reached(graph: &Graph, trust: Trust, without: Option<Node>) -> Vec<bool> {
    let mut seen = vec![false; graph.node_count()];
    let mut open = vec![graph.root()];
    while let Some(node) = open.pop() {
        if Some(node) == without || std::mem::replace(&mut seen[node.as_usize()], true) {
            continue;
        }
        let counts = |reason: wasm_binary::Reason| trust == Trust::Inferred || !reason.is_inferred();
        open.extend(graph.edges(node).filter(|e| counts(e.reason)).map(|e| e.target));
    }
    seen
}

/// Compares retained sizes and reachability with the definition, removing each node in turn.
fn check(name: &str, bytes: &[u8]) {
    let map = Map::parse(bytes).unwrap();
    let graph = Graph::new(&map);
    for trust in [Trust::Sound, Trust::Inferred] {
        let dominators = Dominators::new(&map, &graph, trust);
        let all = reached(&graph, trust, None);
        let size = |at: usize| graph.item(Node(at as u32)).map_or(0, |id| u64::from(map.item(id).size));
        for node in (0..graph.node_count() as u32).map(Node) {
            assert_eq!(dominators.is_reached(node), all[node.as_usize()], "{name}: {node:?}");
            if !all[node.as_usize()] {
                assert_eq!(dominators.retained(node), size(node.as_usize()), "{name}: {node:?} is garbage");
                continue;
            }
            let without = reached(&graph, trust, Some(node));
            let lost = (0..all.len()).filter(|&at| all[at] && !without[at]);
            assert_eq!(dominators.retained(node), lost.map(size).sum::<u64>(), "{name}: {node:?} {trust:?}");
        }
    }
}

/// A module of functions that call each other at random; the first is exported.
fn random_calls(random: &mut Random) -> Vec<u8> {
    let functions = 2 + random.below(40);
    let calls = random.below(4 * functions);
    let mut callees = vec![Vec::new(); functions];
    for _ in 0..calls {
        callees[random.below(functions)].push(random.below(functions) as u32);
    }
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let (mut declarations, mut exports, mut code) = (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    for callees in &callees {
        declarations.function(0);
        let mut body = Function::new([]);
        for &callee in callees {
            body.instructions().call(callee);
        }
        body.instructions().end();
        code.function(&body);
    }
    exports.export("main", ExportKind::Func, 0);
    if random.below(2) == 0 {
        exports.export("other", ExportKind::Func, random.below(functions) as u32);
    }
    let mut module = Module::new();
    module.section(&types).section(&declarations).section(&GlobalSection::new()).section(&exports).section(&code);
    module.finish()
}

#[test]
fn retained_sizes_of_random_call_graphs_are_by_definition() {
    let mut random = Random(1);
    for case in 0..effort(300) {
        check(&format!("case {case}"), &random_calls(&mut random));
    }
}

#[test]
fn retained_sizes_of_generated_modules_are_by_definition() {
    for seed in 0..u64::from(effort(60)) {
        let noise = Random(seed).bytes(4000);
        let config = wasm_smith::Config { max_tables: 3, max_memories: 3, ..Default::default() };
        let Ok(module) = wasm_smith::Module::new(config, &mut arbitrary::Unstructured::new(&noise)) else { continue };
        check(&format!("seed {seed}"), &module.to_bytes());
    }
}

#[test]
fn retained_sizes_of_real_modules_are_by_definition() {
    for name in ["xxhash.wasm", "rabin_assemblyscript.wasm", "jco_core2_shim.wasm", "blake3_simd.wasm"] {
        if let Some(module) = common::corpus_file(name) {
            check(name, &module.bytes);
        }
    }
}

/// A chain of 200,000 calls: no recursion in the search.
#[test]
fn depth_of_the_graph_is_no_matter() {
    let depth = 200_000;
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let (mut declarations, mut exports, mut code) = (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    for at in 0..depth {
        declarations.function(0);
        let mut body = Function::new([]);
        if at + 1 < depth {
            body.instructions().call(at + 1);
        }
        body.instructions().end();
        code.function(&body);
    }
    exports.export("main", ExportKind::Func, 0);
    let mut module = Module::new();
    module.section(&types).section(&declarations).section(&exports).section(&code);
    let bytes = module.finish();
    let map = Map::parse(&bytes).unwrap();
    let graph = Graph::new(&map);
    let dominators = Dominators::new(&map, &graph, Trust::Sound);
    let first = map.module(wasm_binary::ModuleId(0)).item(wasm_binary::FunctionId(0)).unwrap();
    let bodies: u64 =
        map.iter().filter(|(_, i)| i.kind == wasm_binary::ItemKind::Function).map(|(_, i)| u64::from(i.size)).sum();
    assert!(dominators.retained(first.into()) >= bodies);
}
