//! Right uses of a linear type: all of these must build.
#![no_std]
#![crate_type = "cdylib"]

extern crate alloc;

use alloc::boxed::Box;
use wasm::ExternRef;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[wasm::import("env")]
extern "wasm" {
    fn acquire() -> ExternRef<Context>;
    fn draw(context: &ExternRef<Context>);
    fn finish(context: ExternRef<Context>) -> u32;
    fn may_fail() -> bool;
}

#[wasm::linear]
#[must_use]
pub struct Context {
    handle: ExternRef<Context>,
    drawn: u32,
}

#[wasm::linear]
pub struct Ticket(u32);

impl Context {
    pub fn new() -> Context {
        Context { handle: acquire(), drawn: 0 }
    }

    fn try_new() -> Result<Context, u32> {
        if may_fail() { Err(3) } else { Ok(Context::new()) }
    }

    pub fn draw(&mut self) {
        self.drawn += 1;
        draw(&self.handle);
    }

    pub fn finish(self) -> u32 {
        let (handle, drawn) = self.consume();
        finish(handle) + drawn
    }
}

#[wasm::export]
fn straight() -> u32 {
    let mut context = Context::new();
    context.draw();
    context.finish()
}

#[wasm::export]
fn branches(x: u32) -> u32 {
    let mut context = Context::new();
    if x > 3 {
        return context.finish();
    }
    for _ in 0..x {
        context.draw();
    }
    context.finish() + 1
}

#[wasm::export]
fn questions() -> Result<u32, u32> {
    let context = Context::try_new()?;
    Ok(context.finish())
}

#[wasm::export]
fn boxed() -> u32 {
    let boxed = Box::new(Context::new());
    let context = *boxed;
    context.finish()
}

#[wasm::export]
fn generic(i: u32) -> u32 {
    fn same<T>(value: T) -> T {
        value
    }
    // A panic between the two aborts: nothing is dropped.
    let table = [1, 2, 3];
    let context = same(Context::new());
    let n = table[i as usize];
    let (ticket,) = Ticket(n).consume();
    context.finish() + ticket
}
