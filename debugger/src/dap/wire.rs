//! Messages: a header with their length, and JSON.
//!
//! A thread of its own reads what the client sends, so that a program that runs
//! can be interrupted.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use dap_types::events::Event;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::engine::Interrupter;

/// How long a message may be, in bytes.
const MAX_MESSAGE: u64 = 64 << 20;
/// How long a line of a header may be, in bytes.
const MAX_HEADER_LINE: u64 = 4096;

/// A request of the client.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) seq: u64,
    pub(super) command: String,
    pub(super) arguments: Value,
}

/// What came from the client.
#[derive(Debug)]
pub(super) enum Incoming {
    Request(Request),
    /// A message that is no request; why not.
    Malformed(String),
    /// Nothing more comes; what is wrong, if something is.
    Ended(Option<String>),
}

/// Where messages to the client go. Clones share it.
#[derive(Clone)]
pub(super) struct Outbox(Arc<Mutex<Out>>);

struct Out {
    writer: Box<dyn Write + Send>,
    seq: u64,
}

/// Whether the program runs, and what interrupts it then.
#[derive(Default)]
pub(super) struct Control {
    running: AtomicU8,
    interrupter: Mutex<Option<Interrupter>>,
}

/// Nothing is to be interrupted.
const IDLE: u8 = 0;
/// Any message interrupts the program: it goes on after the answer.
const ANY: u8 = 1;
/// Only what ends a step interrupts it.
const URGENT: u8 = 2;

impl Control {
    pub(super) fn set_interrupter(&self, interrupter: Option<Interrupter>) {
        *lock(&self.interrupter) = interrupter;
    }

    /// The program is about to run; a step is not left for each message.
    pub(super) fn run(&self, is_step: bool) {
        self.running.store(if is_step { URGENT } else { ANY }, Ordering::SeqCst);
    }

    pub(super) fn rest(&self) {
        self.running.store(IDLE, Ordering::SeqCst);
    }

    fn arrived(&self, urgent: bool) {
        let running = self.running.load(Ordering::SeqCst);
        if (running == ANY || (running == URGENT && urgent))
            && let Some(interrupter) = &*lock(&self.interrupter)
        {
            interrupter.interrupt();
        }
    }
}

impl Incoming {
    /// Whether it is to end a step that is under way.
    fn is_urgent(&self) -> bool {
        match self {
            Incoming::Request(request) => {
                matches!(request.command.as_str(), "pause" | "terminate" | "disconnect" | "restart")
            }
            Incoming::Malformed(_) => false,
            Incoming::Ended(_) => true,
        }
    }
}

/// Starts to read messages.
pub(super) fn listen(input: impl Read + Send + 'static, control: Arc<Control>) -> io::Result<mpsc::Receiver<Incoming>> {
    let (sender, inbox) = mpsc::channel();
    std::thread::Builder::new().name("dap client".to_string()).spawn(move || {
        let mut input = BufReader::new(input);
        loop {
            let incoming = match read(&mut input) {
                Ok(Some(bytes)) => parse(&bytes),
                Ok(None) => Incoming::Ended(None),
                Err(error) => Incoming::Ended(Some(error.to_string())),
            };
            let ended = matches!(incoming, Incoming::Ended(_));
            let urgent = incoming.is_urgent();
            // First the message, then the interrupt: who is interrupted finds it.
            let gone = sender.send(incoming).is_err();
            control.arrived(urgent);
            if ended || gone {
                return;
            }
        }
    })?;
    Ok(inbox)
}

/// Reads the content of one message; nothing at the end of the input.
fn read(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut length = None;
    let mut first = true;
    loop {
        let mut line = Vec::new();
        input.take(MAX_HEADER_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() && first {
            return Ok(None);
        }
        first = false;
        if line.pop() != Some(b'\n') {
            return Err(invalid("a header that does not end"));
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            break;
        }
        let text = std::str::from_utf8(line).map_err(|_| invalid("a header that is not text"))?;
        let (name, value) = text.split_once(':').ok_or_else(|| invalid("a header without a colon"))?;
        if name.eq_ignore_ascii_case("Content-Length") {
            let value = value.trim().parse().map_err(|_| invalid("a Content-Length that is no number"))?;
            length = Some(value);
        }
    }
    let length: u64 = length.ok_or_else(|| invalid("a header without Content-Length"))?;
    if length > MAX_MESSAGE {
        return Err(invalid("a message of more than 64 MiB"));
    }
    // Grows with what arrives, not with what is promised.
    let mut content = Vec::new();
    input.take(length).read_to_end(&mut content)?;
    if (content.len() as u64) < length {
        return Err(invalid("half a message"));
    }
    Ok(Some(content))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

fn parse(bytes: &[u8]) -> Incoming {
    #[derive(Deserialize)]
    struct Envelope {
        seq: u64,
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        command: String,
        #[serde(default)]
        arguments: Value,
    }
    match serde_json::from_slice::<Envelope>(bytes) {
        Ok(Envelope { seq, kind, command, arguments }) if kind == "request" => {
            Incoming::Request(Request { seq, command, arguments })
        }
        Ok(envelope) => Incoming::Malformed(format!("a message of type `{}`", envelope.kind)),
        Err(error) => Incoming::Malformed(error.to_string()),
    }
}

impl Outbox {
    pub(super) fn new(writer: impl Write + Send + 'static) -> Outbox {
        Outbox(Arc::new(Mutex::new(Out { writer: Box::new(writer), seq: 0 })))
    }

    pub(super) fn event<E: Event>(&self, body: E::Body) {
        let body = body_of(&body);
        self.send(json!({ "type": "event", "event": E::EVENT, "body": body }));
    }

    pub(super) fn answer(&self, request: &Request, result: Result<Value, String>) {
        let mut message = json!({
            "type": "response",
            "request_seq": request.seq,
            "command": request.command,
            "success": result.is_ok(),
        });
        match result {
            Ok(Value::Null) => {}
            Ok(body) => message["body"] = body,
            Err(reason) => {
                message["body"] = json!({ "error": { "id": 1, "format": reason } });
                message["message"] = reason.into();
            }
        }
        self.send(message);
    }

    fn send(&self, mut message: Value) {
        let mut out = lock(&self.0);
        out.seq += 1;
        message["seq"] = out.seq.into();
        let text = message.to_string();
        // A client that is gone is noticed where it is read from.
        let header = format!("Content-Length: {}\r\n\r\n", text.len());
        let _ = out.writer.write_all(header.as_bytes());
        let _ = out.writer.write_all(text.as_bytes());
        let _ = out.writer.flush();
    }
}

/// The body of a message. What is not there is left out: clients stumble over
/// `null`.
pub(super) fn body_of(body: &impl Serialize) -> Value {
    without_nulls(serde_json::to_value(body).unwrap_or_default())
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(fields.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        value => value,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
