//! What the program writes, as events: also while it runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dap_types::events::Output;
use dap_types::{OutputEvent, OutputEventCategory};
use wasm_host::Pipe;

use super::launch::Streams;
use super::wire::Outbox;

/// How often a running program's output is looked at, at the least.
const PERIOD: Duration = Duration::from_millis(30);
/// How much of the time may go into that, as a divisor.
const SHARE: u32 = 20;

/// Sends a program's output as it is written.
pub(super) struct Forwarder {
    tails: Arc<Mutex<[Tail; 2]>>,
    ended: Arc<AtomicBool>,
    out: Outbox,
}

/// A stream, and how much of it was sent.
struct Tail {
    pipe: Pipe,
    category: OutputEventCategory,
    sent: usize,
}

impl Forwarder {
    pub(super) fn start(streams: &Streams, out: &Outbox) -> std::io::Result<Forwarder> {
        let tail = |pipe: &Pipe, category| Tail { pipe: pipe.clone(), category, sent: 0 };
        let tails =
            [tail(&streams.stdout, OutputEventCategory::Stdout), tail(&streams.stderr, OutputEventCategory::Stderr)];
        let forwarder = Forwarder { tails: Arc::new(Mutex::new(tails)), ended: Arc::default(), out: out.clone() };
        let (tails, ended, out) = (forwarder.tails.clone(), forwarder.ended.clone(), out.clone());
        thread::Builder::new().name("dap output".to_string()).spawn(move || {
            while !ended.load(Ordering::Acquire) {
                let start = Instant::now();
                forward(&tails, &out, false);
                thread::sleep(PERIOD.max(start.elapsed() * SHARE));
            }
        })?;
        Ok(forwarder)
    }

    /// Sends what was written up to now.
    pub(super) fn flush(&self) {
        forward(&self.tails, &self.out, true);
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}

/// Sends what is new; a character of which the end is missing only if `all` is
/// to go.
fn forward(tails: &Mutex<[Tail; 2]>, out: &Outbox, all: bool) {
    for tail in &mut *tails.lock().unwrap_or_else(PoisonError::into_inner) {
        let contents = tail.pipe.contents();
        let new = contents.get(tail.sent..).unwrap_or_default();
        let whole = if all { new.len() } else { whole_characters(new) };
        if whole == 0 {
            continue;
        }
        tail.sent += whole;
        out.event::<Output>(output(tail.category.clone(), String::from_utf8_lossy(&new[..whole]).into_owned()));
    }
}

/// How many of the bytes are not the beginning of a character at the end.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

/// The body of an output event.
pub(super) fn output(category: OutputEventCategory, text: String) -> OutputEvent {
    OutputEvent {
        category: Some(category),
        output: text,
        group: None,
        variables_reference: None,
        source: None,
        line: None,
        column: None,
        data: None,
    }
}
