//! What the program writes, as events: also while it runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dap_types::events::Output;
use dap_types::{OutputEvent, OutputEventCategory};
use wasm_host::Sink;

use super::wire::Outbox;
use crate::session::Tail;

/// How often a running program's output is looked at, at the least.
const PERIOD: Duration = Duration::from_millis(30);
/// How much of the time may go into that, as a divisor.
const SHARE: u32 = 20;

/// What a program writes, while it is debugged. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Streams {
    /// What was written and not sent, by stream.
    waiting: Arc<Mutex<[Vec<u8>; 2]>>,
    /// The end of what went to the standard error.
    pub(super) said: Tail,
}

const CATEGORIES: [OutputEventCategory; 2] = [OutputEventCategory::Stdout, OutputEventCategory::Stderr];

impl Streams {
    pub(super) fn stdout(&self) -> wasm_host::Output {
        self.output(0, None)
    }

    pub(super) fn stderr(&self) -> wasm_host::Output {
        self.output(1, Some(self.said.clone()))
    }

    fn output(&self, index: usize, tail: Option<Tail>) -> wasm_host::Output {
        let waiting = self.waiting.clone();
        wasm_host::Output::Sink(Sink::new(move |bytes| {
            if let Some(stream) = waiting.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                stream.extend_from_slice(bytes);
            }
            if let Some(tail) = &tail {
                tail.push(bytes);
            }
        }))
    }

    /// Sends what is new; a character of which the end is missing only if
    /// `all` is to go.
    fn forward(&self, out: &Outbox, all: bool) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (stream, category) in waiting.iter_mut().zip(CATEGORIES) {
            let whole = if all { stream.len() } else { whole_characters(stream) };
            if whole > 0 {
                let new: Vec<u8> = stream.drain(..whole).collect();
                out.event::<Output>(output(category, String::from_utf8_lossy(&new).into_owned()));
            }
        }
    }
}

/// Sends a program's output as it is written.
pub(super) struct Forwarder {
    streams: Streams,
    ended: Arc<AtomicBool>,
    out: Outbox,
}

impl Forwarder {
    pub(super) fn start(streams: &Streams, out: &Outbox) -> std::io::Result<Forwarder> {
        let forwarder = Forwarder { streams: streams.clone(), ended: Arc::default(), out: out.clone() };
        let (streams, ended, out) = (forwarder.streams.clone(), forwarder.ended.clone(), out.clone());
        thread::Builder::new().name("dap output".to_string()).spawn(move || {
            while !ended.load(Ordering::Acquire) {
                let start = Instant::now();
                streams.forward(&out, false);
                thread::sleep(PERIOD.max(start.elapsed() * SHARE));
            }
        })?;
        Ok(forwarder)
    }

    /// Sends what was written up to now.
    pub(super) fn flush(&self) {
        self.streams.forward(&self.out, true);
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
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
