//! Values of the host: borrowed, owned, in `Option` and `Result`.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

use wasm::ExternRef;

pub struct Node;

#[wasm::import("env")]
extern "wasm" {
    fn use_it(node: &ExternRef<Node>) -> u32;
    fn make(n: u32) -> ExternRef<Node>;
    fn append(to: &ExternRef<Node>, child: ExternRef<Node>);
    fn find(id: u32) -> Option<ExternRef<Node>>;
    fn remove(node: &ExternRef<Node>) -> Result<ExternRef<Node>, ExternRef<Node>>;
}

#[wasm::export]
fn borrow(node: &ExternRef<Node>) -> u32 {
    use_it(node)
}

#[wasm::export]
fn either(a: ExternRef<Node>, b: ExternRef<Node>, first: bool) -> ExternRef<Node> {
    if first { a } else { b }
}

#[wasm::export]
fn grow(root: &ExternRef<Node>, n: u32) {
    (0..n).for_each(|n| append(root, make(n)));
}

#[wasm::export]
fn take_out(node: ExternRef<Node>) -> Result<ExternRef<Node>, ExternRef<Node>> {
    remove(&node)
}

#[wasm::export]
fn search(id: u32) -> Option<ExternRef<Node>> {
    find(id)
}

#[wasm::export]
fn live() -> u32 {
    ExternRef::live() as u32
}
