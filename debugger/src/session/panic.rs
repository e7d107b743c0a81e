//! Why a Rust program traps: what its panic said, and where it was.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Call, Session};

/// How much of what a program said is kept, in bytes.
const KEPT: usize = 1 << 14;
/// How many calls the machinery of a panic may have.
const PANIC_CALLS: usize = 64;

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
        let raised = calls.get(last + 1..)?.iter().find(|call| is_own(call))?;
        let place = raised.place.as_ref().map(|place| format!(" at {}:{}", place.path, place.line));
        Some(format!("in {}{}", raised.function, place.unwrap_or_default()))
    }
}

/// The place and the text of the last panic in what was said.
fn said(text: &str) -> Option<String> {
    let (_, message) = text.rsplit_once("panicked at ")?;
    let lines = message.lines().take_while(|line| !line.starts_with("note: "));
    Some(lines.collect::<Vec<_>>().join("\n").trim_end().to_string())
}

/// Whether a function is of the machinery that a panic goes through.
fn is_panic(function: &str) -> bool {
    function.contains("panicking::")
        || ["rust_panic", "begin_panic", "panic_fmt"].iter().any(|name| function.contains(name))
}

/// Whether a call is of the program's own code.
fn is_own(call: &Call) -> bool {
    let of_library = |path: &str| path.starts_with("/rustc/") || path.contains("/rustlib/src/rust/library/");
    call.wasm.is_some() && call.place.as_ref().is_none_or(|place| !of_library(&place.path))
}
