//! What the smallest programs weigh: as rustc links them with
//! `--compress-relocations`, nothing after it.

use crate::build::{Build, UNKNOWN, WASI, node, program};

fn size(name: &str, build: &Build) -> u64 {
    let module = program(&format!("programs/{name}"), build, &[]);
    let bytes = std::fs::metadata(&module).unwrap().len();
    eprintln!("{name} for {}: {bytes} bytes", build.target);
    bytes
}

#[test]
fn hello_with_an_imported_print() {
    assert!(size("hello_import", &Build { alloc: false, ..Build::of(UNKNOWN) }) <= 160);
}

#[test]
fn hello_with_raw_fd_write() {
    assert!(size("hello_fd_write", &Build { alloc: false, ..Build::of(UNKNOWN) }) <= 250);
}

#[test]
fn hello_with_print_allocator_and_panic_hook() {
    assert!(size("hello_full", &Build::of(UNKNOWN)) <= 7 * 1024);
    assert!(size("hello_full", &Build::of(WASI)) <= 7 * 1024);
}

#[test]
fn allocator_is_under_a_kilobyte() {
    let build = Build { alloc: false, ..Build::of(UNKNOWN) };
    let with = size("allocator", &build);
    let without = program("programs/no_allocator", &build, &[]);
    let without = std::fs::metadata(without).unwrap().len();
    eprintln!("allocator: {} bytes", with - without);
    assert!(with - without < 1024);
    node("programs/allocator", &[program("programs/allocator", &build, &[]).to_str().unwrap()]);
}
