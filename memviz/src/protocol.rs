//! The live protocol: how a running engine feeds a viewer. Only messages and their bytes; who connects and listens (on
//! loopback) is the tools' business.
//!
//! A frame is
//!
//! ```text
//! u32   length of all that follows (little endian)
//! u32   length of the message
//! …     the message, JSON: Request or Event
//! …     bytes that go with it: memory contents, a snapshot file
//! ```
//!
//! The engine speaks first, with [`Event::Hello`]. Each request has a number that its answer repeats; an event without
//! one comes by itself. Who does not know a kind of message answers [`Event::Error`], or ignores an event.

mod server;

use std::ops::Range;

pub use server::{Answer, Inbox, Server, Target};

use serde::{Deserialize, Serialize};

use crate::memory::{MemoryRead, for_each_chunk};
use crate::program::MemoryType;
use crate::snapshot::{Growth, ModuleIdentity};
use crate::value::SavedValue;

/// The version of the protocol, in [`Event::Hello`].
pub const PROTOCOL_VERSION: u32 = 1;

/// No frame is longer, in bytes: more memory than that is read in parts.
pub const MAX_FRAME: usize = 64 << 20;

/// What a viewer asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// Which pages have something in them: answered by [`Event::Pages`].
    Pages {
        /// Which memory.
        memory: u32,
        /// The first address.
        start: u64,
        /// Behind the last one; the answer ends with the memory.
        end: u64,
        /// Bytes of a page, a power of two from 64 on.
        page_bytes: u32,
    },
    /// Bytes: answered by [`Event::Bytes`].
    Read {
        /// Which memory.
        memory: u32,
        /// The first address.
        address: u64,
        /// How many.
        length: u32,
    },
    /// Write the frame's bytes: answered by [`Event::Done`].
    Write {
        /// Which memory.
        memory: u32,
        /// The first address.
        address: u64,
    },
    /// Tell from now on which pages changed: answered by [`Event::Done`], then [`Event::Changed`].
    Subscribe {
        /// Which memory.
        memory: u32,
        /// Bytes of a page.
        page_bytes: u32,
        /// At most so often, in milliseconds.
        every_ms: u32,
    },
    /// No more of that: answered by [`Event::Done`].
    Unsubscribe {
        /// Which memory.
        memory: u32,
    },
    /// The globals' values: answered by [`Event::Globals`].
    Globals,
    /// The module's bytes: answered by [`Event::Module`].
    Module,
    /// All memories and globals at one moment: answered by [`Event::Snapshot`].
    Snapshot {
        /// What it is to show.
        label: Option<String>,
    },
}

/// What an engine tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first message.
    Hello {
        /// [`PROTOCOL_VERSION`].
        version: u32,
        /// Which build runs.
        module: ModuleIdentity,
        /// The engine, such as `wasmtime 48`.
        engine: String,
        /// The memories with their sizes now.
        memories: Vec<LiveMemory>,
    },
    /// Which pages of a range have something in them; the frame's bytes have a bit for each page, the lowest first.
    Pages {
        /// Which memory.
        memory: u32,
        /// The first address.
        start: u64,
        /// Bytes of a page.
        page_bytes: u32,
    },
    /// Memory contents: the frame's bytes; fewer than asked for at the memory's end.
    Bytes {
        /// Which memory.
        memory: u32,
        /// The first address.
        address: u64,
    },
    /// Pages that changed since the last such event; a bit for each page of the memory from address 0, as in `pages`.
    Changed {
        /// Which memory.
        memory: u32,
        /// Bytes of a page.
        page_bytes: u32,
    },
    /// A memory grew.
    Grew(Growth),
    /// The globals' values by index; null where one is not known.
    Globals {
        /// The values.
        values: Vec<Option<SavedValue>>,
    },
    /// The module's bytes are the frame's.
    Module,
    /// A snapshot's file is the frame's bytes.
    Snapshot,
    /// The request was carried out.
    Done,
    /// The request failed.
    Error {
        /// Why.
        message: String,
    },
    /// The program goes on.
    Resumed,
    /// The program stands still.
    Stopped {
        /// Why.
        reason: String,
    },
    /// The program has ended; the last message.
    Exited {
        /// Its exit code.
        code: i32,
    },
}

/// A memory of a running program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveMemory {
    /// As the module declares it.
    #[serde(rename = "type")]
    pub ty: MemoryType,
    /// Its size now, in bytes.
    pub bytes: u64,
}

/// A message with its number and bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<M> {
    /// The request's number; in an event, of the request that it answers.
    pub id: Option<u64>,
    /// The message.
    pub message: M,
    /// What goes with it.
    pub bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Envelope<M> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(flatten)]
    message: M,
}

/// Why a frame can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// Longer than [`MAX_FRAME`].
    #[error("a frame of {0} bytes; at most {MAX_FRAME} are taken")]
    TooLong(u32),
    /// The message is longer than its frame.
    #[error("a message of {message} bytes in a frame of {frame}")]
    Lengths {
        /// The message's length.
        message: u32,
        /// The frame's length.
        frame: u32,
    },
    /// The message is none that is known.
    #[error("message: {0}")]
    Message(String),
}

impl<M: Serialize + for<'de> Deserialize<'de>> Frame<M> {
    /// A frame without bytes.
    pub fn new(id: Option<u64>, message: M) -> Frame<M> {
        Frame { id, message, bytes: Vec::new() }
    }

    /// The frame's bytes on the wire.
    ///
    /// # Errors
    /// If there are more than [`MAX_FRAME`].
    pub fn encode(&self) -> Result<Vec<u8>, ProtocolError> {
        let envelope = Envelope { id: self.id, message: &self.message };
        let message = serde_json::to_vec(&envelope).map_err(|error| ProtocolError::Message(error.to_string()))?;
        let length = 4 + message.len() + self.bytes.len();
        if length > MAX_FRAME {
            return Err(ProtocolError::TooLong(u32::try_from(length).unwrap_or(u32::MAX)));
        }
        let mut out = Vec::with_capacity(4 + length);
        out.extend((length as u32).to_le_bytes());
        out.extend((message.len() as u32).to_le_bytes());
        out.extend(message);
        out.extend(&self.bytes);
        Ok(out)
    }

    /// Reads the first frame of what has come so far: the frame and how many bytes it took; `None` if it is not all
    /// there yet.
    ///
    /// # Errors
    /// If it can never be read.
    pub fn decode(received: &[u8]) -> Result<Option<(Frame<M>, usize)>, ProtocolError> {
        let word = |at: usize| -> Option<u32> {
            let bytes = received.get(at..at + 4)?;
            Some(bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte)))
        };
        let Some(frame) = word(0) else { return Ok(None) };
        if frame as usize > MAX_FRAME {
            return Err(ProtocolError::TooLong(frame));
        }
        if frame < 4 {
            return Err(ProtocolError::Lengths { message: 0, frame });
        }
        let Some(message) = word(4) else { return Ok(None) };
        if message > frame - 4 {
            return Err(ProtocolError::Lengths { message, frame });
        }
        let end = 4 + frame as usize;
        let Some(body) = received.get(8..end) else { return Ok(None) };
        let (message, bytes) = body.split_at(message as usize);
        let envelope: Envelope<M> =
            serde_json::from_slice(message).map_err(|error| ProtocolError::Message(error.to_string()))?;
        Ok(Some((Frame { id: envelope.id, message: envelope.message, bytes: bytes.to_vec() }, end)))
    }
}

/// The bits of [`Event::Pages`]: for each page of a range whether it has something in it. A page has at least 64 bytes.
pub fn page_bits(memory: &dyn MemoryRead, range: Range<u64>, page_bytes: u32) -> Vec<u8> {
    let page = u64::from(page_bytes.max(64));
    let end = range.end.min(memory.len());
    let pages = end.saturating_sub(range.start).div_ceil(page);
    let mut bits = vec![0; pages.div_ceil(8) as usize];
    for_each_chunk(memory, range.start..end, |at, bytes| {
        let bytes = bytes.unwrap_or_default().iter().enumerate();
        for (index, _) in bytes.filter(|(_, byte)| **byte != 0) {
            let page = (at + index as u64 - range.start) / page;
            bits[page as usize / 8] |= 1 << (page % 8);
        }
        true
    });
    bits
}
