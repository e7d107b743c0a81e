//! Why a program traps, beyond what the trap says: what a panic of Rust said and
//! where it was, that it has aborted itself, that its stack is used up.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Call, Session};
use crate::engine::{Stop, TrapKind, Value};

/// How much of what a program said is kept, in bytes.
const KEPT: usize = 1 << 14;
/// How many calls the machinery of a panic may have.
const PANIC_CALLS: usize = 64;
/// How large a frame may be that a stack overflow is told by.
const MAX_FRAME: i64 = 1 << 20;

/// The end of what a program has written. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Tail(Arc<Mutex<Vec<u8>>>);

impl Tail {
    /// Keeps what was written.
    pub fn push(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        if kept.len() > 2 * KEPT {
            let past = kept.len() - KEPT;
            kept.drain(..past);
        }
    }

    /// What was kept.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// This process' standard error, of which the end is kept.
    pub fn of_stderr(&self) -> wasm_host::Output {
        let tail = self.clone();
        wasm_host::Output::Sink(wasm_host::Sink::new(move |bytes| {
            // A closed stream loses it, as there is nobody to tell.
            let _ = std::io::stderr().write_all(bytes);
            tail.push(bytes);
        }))
    }
}

impl Session<'_> {
    /// What is known of the panic that the program is in: its place and text,
    /// as it has said them; else the innermost call outside of Rust's own
    /// library.
    pub fn panic(&mut self) -> Option<String> {
        let calls = self.back_trace(PANIC_CALLS).ok()?;
        let last = calls.iter().rposition(|call| is_panic(&call.function))?;
        if let Some(said) = self.stderr.as_ref().and_then(|tail| said(&tail.text())) {
            return Some(said);
        }
        Some(raised(&calls, last))
    }

    /// Why the program has trapped, where more is known than the trap's kind.
    pub fn cause(&mut self) -> Option<String> {
        if let Some(panic) = self.panic() {
            return Some(format!("Rust panic {panic}"));
        }
        match self.engine.stop() {
            Stop::Trap(trap) if trap.kind == TrapKind::MemoryOutOfBounds => self.stack_overflow(),
            Stop::Trap(_) => {
                let calls = self.back_trace(PANIC_CALLS).ok()?;
                let caused = |words: &str, is_it: fn(&str) -> bool| {
                    let last = calls.iter().rposition(|call| is_it(&call.function))?;
                    Some(format!("{words} {}", raised(&calls, last)))
                };
                caused("An allocation has failed", is_allocation)
                    .or_else(|| caused("The program has aborted itself", is_abort))
            }
            _ => None,
        }
    }

    /// Whether an access out of bounds is one beyond the end of the stack: the
    /// stack pointer has left it, or a function without a frame of its own does
    /// in its prologue.
    fn stack_overflow(&mut self) -> Option<String> {
        let top = self.top().ok()?;
        let code = self.code(top.pc.module)?;
        let is_prologue = code.entry(top.function).is_some_and(|entry| top.pc.offset < entry);
        let pointer = crate::call::stack_pointer(code)?;
        let low = crate::call::stack_low(code);
        let signed = |value: &Value| match value {
            Value::I32(bits) => Some(i64::from(*bits as i32)),
            Value::I64(bits) => Some(*bits as i64),
            _ => None,
        };
        let pointer = signed(&self.engine.global(top.instance, pointer).ok()?)?;
        let below = pointer < low as i64;
        let locals = self.engine.locals(0).unwrap_or_default();
        let is_small = |address: i64| (-MAX_FRAME..0).contains(&address);
        let leaves = is_prologue && locals.iter().filter_map(signed).any(is_small);
        let depth = self.engine.depth().unwrap_or_default();
        (below || leaves).then(|| format!("Stack overflow: the stack in linear memory is used up, by {depth} calls"))
    }
}

/// The innermost call outside of Rust's own library that has led to a call.
fn raised(calls: &[Call], last: usize) -> String {
    let raised = calls.iter().skip(last + 1).find(|call| is_own(call));
    let Some(raised) = raised.or_else(|| calls.get(last)) else { return String::new() };
    let place = raised.place.as_ref().map(|place| format!(" at {}:{}", place.path, place.line));
    format!("in {}{}", raised.function, place.unwrap_or_default())
}

/// The place and the text of the last panic in what was said.
fn said(text: &str) -> Option<String> {
    let (_, message) = text.rsplit_once("panicked at ")?;
    let lines = message.lines().take_while(|line| !line.starts_with("note: "));
    Some(lines.collect::<Vec<_>>().join("\n").trim_end().to_string())
}

/// A function's name without the types of a generic one.
fn base(function: &str) -> &str {
    function.split('<').next().filter(|base| !base.is_empty()).unwrap_or(function)
}

/// Whether a function is of the machinery that a panic goes through; what
/// catches panics, which is around every program, is not.
fn is_panic(function: &str) -> bool {
    let function = base(function);
    let catches = ["panicking::try", "panicking::catch_unwind"].iter().any(|name| function.contains(name));
    !catches && ["panicking::", "rust_panic", "begin_panic", "panic_fmt"].iter().any(|name| function.contains(name))
}

/// Whether a function is called when there is no memory for an allocation.
fn is_allocation(function: &str) -> bool {
    let function = base(function);
    ["handle_alloc_error", "rust_oom", "alloc_error_hook"].iter().any(|name| function.contains(name))
}

/// Whether a function ends the program by a trap.
fn is_abort(function: &str) -> bool {
    matches!(base(function), "abort" | "std::process::abort" | "__assert_fail")
}

/// Whether a call is of the program's own code.
fn is_own(call: &Call) -> bool {
    let of_library = |path: &str| path.starts_with("/rustc/") || path.contains("/rustlib/src/rust/library/");
    call.wasm.is_some() && call.place.as_ref().is_none_or(|place| !of_library(&place.path))
}
