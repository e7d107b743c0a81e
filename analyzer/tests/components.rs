//! Components: many modules, nested, handed on, imported. What an instance does not use of a module that only this
//! component sees is garbage; of a module that others see, nothing is.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::invariants;
use std::fmt::Write;
use wasm_analyzer::diff::{Diff, FileSize};
use wasm_analyzer::garbage::garbage;
use wasm_analyzer::{Analysis, Trust};
use wasm_binary::{BinaryKind, ItemKind};

fn garbage_functions(analysis: &Analysis<'_>) -> Vec<String> {
    let rows = garbage(analysis).rows;
    let functions = rows.iter().filter(|(id, _)| analysis.map.item(*id).kind == ItemKind::Function);
    let mut names: Vec<String> = functions.map(|&(id, _)| analysis.map.label(id)).collect();
    names.sort();
    names
}

fn with_component(text: &str, check: impl FnOnce(&Analysis<'_>)) {
    let bytes = wat::parse_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&bytes).unwrap();
    let analysis = Analysis::new(&bytes, Trust::Sound).unwrap();
    assert_eq!(analysis.map.kind(), BinaryKind::Component);
    assert!(analysis.damage().next().is_none());
    invariants::views("component", &analysis);
    invariants::survives("component", &bytes);
    check(&analysis);
}

/// Fourteen modules in a chain: each uses `work` of the one before, nobody uses `idle`.
fn chain(extra: &str) -> String {
    let mut text = String::from("(component\n");
    for at in 0..14 {
        let import = if at > 0 { "(import \"before\" \"work\" (func $before (param i32) (result i32)))" } else { "" };
        let call = if at > 0 { "(call $before (local.get 0))" } else { "(local.get 0)" };
        let extra = if at == 9 { extra } else { "" };
        let _ = writeln!(
            text,
            "(core module $m{at} {import}
               (memory (export \"memory\") 1)
               (func $work{at} (export \"work\") (param i32) (result i32) {extra} (i32.add {call} (i32.const {at})))
               (func $idle{at} (export \"idle\") (result i32) (call $only_idle{at}))
               (func $only_idle{at} (result i32) (i32.const {at}000)))"
        );
        let with = if at > 0 { format!("(with \"before\" (instance $i{}))", at - 1) } else { String::new() };
        let _ = writeln!(text, "(core instance $i{at} (instantiate $m{at} {with}))");
    }
    text + "(func (export \"work\") (param \"x\" s32) (result s32) (canon lift (core func $i13 \"work\"))))"
}

#[test]
fn fourteen_modules_use_each_other() {
    with_component(&chain(""), |analysis| {
        assert_eq!(analysis.map.modules().len(), 15);
        let mut idle: Vec<String> = (0..14).flat_map(|at| [format!("idle{at}"), format!("only_idle{at}")]).collect();
        idle.sort();
        assert_eq!(garbage_functions(analysis), idle);
        // The chain: without its last link the others are of no use.
        let work = |at: usize| analysis.find(&format!("work{at}"))[0];
        let retained = |at: usize| analysis.dominators.retained(work(at).into());
        for at in 1..14 {
            assert!(retained(at) > retained(at - 1) + u64::from(analysis.map.item(work(at)).size) - 1, "module {at}");
        }
        let why = wasm_analyzer::paths::why(analysis, work(0));
        assert!(why.paths[0].steps.len() > 14 * 2, "from the host through all modules: {}", why.paths[0].steps.len());
    });
}

#[test]
fn a_change_in_one_of_fourteen_modules_is_one_row() {
    let [old, new] =
        ["", "(drop (i32.mul (local.get 0) (i32.const 77777)))"].map(|e| wat::parse_str(chain(e)).unwrap());
    let [old, new] = [&old, &new].map(|bytes| Analysis::new(bytes, Trust::Sound).unwrap());
    let file = |analysis| FileSize::new("chain.wasm", analysis);
    let diff = Diff::new(file(&old), &old, file(&new), &new);
    let rows: Vec<&str> = diff.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(rows, ["work9"]);
    assert_eq!(diff.delta(), new.bytes() as i64 - old.bytes() as i64);
}

#[test]
fn a_nested_component_is_part_of_the_whole() {
    let text = r#"(component
        (component $inner
          (core module $m
            (func $seen (export "seen") (result i32) (i32.const 1))
            (func $unseen (export "unseen") (result i32) (i32.const 2)))
          (core instance $i (instantiate $m))
          (func (export "seen") (result s32) (canon lift (core func $i "seen"))))
        (instance $one (instantiate $inner))
        (instance $two (instantiate $inner))
        (export "one" (instance $one))
        (export "two" (instance $two)))"#;
    with_component(text, |analysis| assert_eq!(garbage_functions(analysis), ["unseen"]));
}

/// A module that is imported: nobody sees what it uses of the instances that it is given.
#[test]
fn what_an_imported_module_is_given_is_used() {
    let text = r#"(component
        (core module $library
          (func $a (export "a") (call $b))
          (func $b (export "b"))
          (func $not_exported))
        (import "guest" (core module $guest (import "library" "a" (func))))
        (core instance $l (instantiate $library))
        (core instance (instantiate $guest (with "library" (instance $l)))))"#;
    with_component(text, |analysis| assert_eq!(garbage_functions(analysis), ["not_exported"]));
}

/// A module that an inner component takes from outside by an alias is open to it, as are its arguments.
#[test]
fn what_a_module_by_alias_is_given_is_used() {
    let text = r#"(component $outer
        (core module $guest (import "library" "a" (func $a)) (func $run (export "run") (call $a)))
        (component $inner
          (alias outer $outer $guest (core module $m))
          (core module $library (func $a (export "a")) (func $spare (export "spare")))
          (core instance $l (instantiate $library))
          (core instance $g (instantiate $m (with "library" (instance $l))))
          (func (export "run") (canon lift (core func $g "run"))))
        (instance $i (instantiate $inner))
        (export "i" (instance $i)))"#;
    with_component(text, |analysis| assert_eq!(garbage_functions(analysis), [] as [&str; 0]));
}

/// A module that the component exports can be used by anyone.
#[test]
fn an_exported_module_is_open() {
    let text = r#"(component
        (core module $m (func $f (export "f")) (func $g))
        (core instance (instantiate $m))
        (export "m" (core module $m)))"#;
    with_component(text, |analysis| assert_eq!(garbage_functions(analysis), ["g"]));
}

/// Functions in a table that one module exports and another calls through.
#[test]
fn a_table_is_shared_between_modules() {
    let text = r#"(component
        (core module $owner
          (table (export "table") 4 funcref)
          (elem (i32.const 0) $entry)
          (func $entry (result i32) (call $behind))
          (func $behind (result i32) (i32.const 5)))
        (core module $user
          (import "owner" "table" (table 4 funcref))
          (type $t (func (result i32)))
          (elem (i32.const 1) $own_entry)
          (func $own_entry (result i32) (i32.const 6))
          (func $run (export "run") (result i32) (call_indirect (type $t) (i32.const 0))))
        (core instance $o (instantiate $owner))
        (core instance $u (instantiate $user (with "owner" (instance $o))))
        (func (export "run") (result s32) (canon lift (core func $u "run"))))"#;
    with_component(text, |analysis| assert_eq!(garbage_functions(analysis), [] as [&str; 0]));
}
