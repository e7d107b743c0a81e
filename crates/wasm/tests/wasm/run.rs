//! Programs that run; the scripts beside them hold the assertions.

use crate::build::{Build, UNKNOWN, WASI, node, program, source};

fn runs(name: &str, opt_level: &'static str) {
    runs_as(name, &Build { opt_level, ..Build::of(UNKNOWN) });
}

fn runs_as(name: &str, build: &Build) {
    let name = format!("programs/{name}");
    let module = program(&name, build, &["--export-table"]);
    node(&name, &[module.to_str().unwrap()]);
}

#[test]
fn values_cross_the_boundary() {
    runs("boundary", "z");
}

#[test]
fn values_cross_the_boundary_unoptimised() {
    runs("boundary", "0");
}

#[test]
fn regions_are_served_by_the_loader() {
    runs_as("regions", &Build { alloc: false, ..Build::of(UNKNOWN) });
}

#[test]
fn linear_values_that_are_consumed_build_and_run() {
    runs("linear", "z");
    runs("linear", "0");
}

#[test]
fn forgotten_linear_values_are_imports_that_name_them() {
    let imports = |name: &str, opt_level| {
        let build = Build { linear_imports: true, opt_level, ..Build::of(UNKNOWN) };
        let module = program(&format!("programs/{name}"), &build, &[]);
        let output = node("programs/linear_imports", &[module.to_str().unwrap()]);
        String::from_utf8(output.stdout).unwrap()
    };
    for opt_level in ["z", "0"] {
        assert_eq!(imports("linear", opt_level), "");
        assert_eq!(imports("linear_leaks", opt_level), "linear_leaks::tickets::Ticket\n");
    }
}

#[test]
fn hostile_names_find_nothing_but_what_is_given() {
    node("programs/hostile", &[]);
}

#[test]
fn what_is_declared_is_recorded() {
    runs("records", "z");
}

#[test]
fn wit_interfaces_call_the_host() {
    runs("wit", "z");
}

#[test]
fn components_follow_the_canonical_abi() {
    runs("component", "z");
    runs("component", "0");
}

/// The module says what it is: nothing but its bytes is needed to wrap it.
#[test]
fn components_are_wrapped_by_wit_component() {
    let module = std::fs::read(program("programs/component", &Build::of(UNKNOWN), &["--export-table"])).unwrap();
    let component =
        wit_component::ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap();
    let decoded = wit_component::decode(&component).unwrap();
    let others: Vec<_> =
        decoded.resolve().packages.iter().map(|(id, _)| id).filter(|id| *id != decoded.package()).collect();
    let mut printer = wit_component::WitPrinter::default();
    printer.print(decoded.resolve(), decoded.package(), &others).unwrap();
    let expected = std::fs::read_to_string(source("programs/component.wit")).unwrap();
    assert_eq!(printer.output.to_string(), expected);
}

#[test]
fn allocator_serves_collections() {
    runs("collections", "z");
}

#[test]
fn panics_are_printed() {
    runs("panic", "z");
    let build = Build::of(WASI);
    let module = program("programs/panic_wasi", &build, &[]);
    let output = node("programs/panic_wasi", &[module.to_str().unwrap()]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Hello, WASI 42\n");
}

#[test]
fn programs_with_std_print_their_panics() {
    runs("std", "z");
}

#[test]
fn jobs_give_the_same_with_any_number_of_workers() {
    let single = program("programs/threads", &Build::of(UNKNOWN), &[]);
    let threads = program("programs/threads", &Build { threads: true, ..Build::of(UNKNOWN) }, &[]);
    node("programs/threads", &[single.to_str().unwrap(), threads.to_str().unwrap()]);
}
