//! Memories of a program that runs, wherever that is: behind a socket, in the page that a panel inspects. One trait;
//! nothing waits: what is asked for comes with a later [`MemorySource::poll`].

use std::collections::HashMap;
use std::ops::Range;

use memviz::protocol::{Event, Frame, LiveMemory, Request};
use memviz::snapshot::{Growth, ModuleIdentity, Snapshot, SnapshotLimits};

use crate::strings::{Text, Wording};

/// What can be asked of a program that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// All memories and globals at this moment: [`News::Moment`].
    Moment,
    /// Bytes: [`News::Bytes`].
    Read {
        /// Which memory.
        memory: u32,
        /// The first address.
        address: u64,
        /// How many.
        length: u32,
    },
}

/// What a program that runs tells.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// The first: what runs.
    Hello {
        /// Which build.
        module: ModuleIdentity,
        /// The engine, such as `wasmtime 48`.
        engine: String,
        /// The memories with their sizes.
        memories: Vec<LiveMemory>,
    },
    /// All memories and globals at one moment.
    Moment(Box<Snapshot>),
    /// Bytes of a memory.
    Bytes {
        /// Which memory.
        memory: u32,
        /// The first address.
        address: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Parts of a memory changed.
    Changed {
        /// Which memory.
        memory: u32,
        /// The parts, sorted.
        ranges: Vec<Range<u64>>,
    },
    /// A memory grew.
    Grew(Growth),
    /// The program goes on.
    Resumed,
    /// The program stands still.
    Stopped(String),
    /// The program has ended.
    Exited(i32),
    /// Something that was asked for can't be had.
    Failed(Wording),
    /// There is nothing more to come.
    Lost(Wording),
}

/// Memories of a program that runs.
pub trait MemorySource {
    /// Asks for something; it comes with a later [`MemorySource::poll`].
    fn ask(&mut self, ask: Ask);

    /// The next that was told, if there is any.
    fn poll(&mut self) -> Option<News>;
}

/// A way for bytes to and from an engine that speaks memviz's protocol.
pub trait Link {
    /// Sends bytes.
    fn send(&mut self, bytes: Vec<u8>);

    /// What has come since; an error when nothing will come any more.
    fn receive(&mut self) -> Option<Result<Vec<u8>, Wording>>;
}

/// Bytes that are seen to change together.
const PAGE_BYTES: u32 = 4096;
/// How often an engine tells of changes, in milliseconds.
const EVERY_MS: u32 = 200;

/// An engine behind a link.
pub struct Remote<L> {
    link: L,
    received: Vec<u8>,
    next_id: u64,
    /// What is to be said if an answer is an error.
    asked: HashMap<u64, Text>,
    is_lost: bool,
}

impl<L: Link> Remote<L> {
    /// An engine that has said nothing yet.
    pub fn new(link: L) -> Remote<L> {
        Remote { link, received: Vec::new(), next_id: 1, asked: HashMap::new(), is_lost: false }
    }

    fn request(&mut self, request: Request, failed: Text) {
        let frame = Frame::new(Some(self.next_id), request);
        // A request is short.
        if let Ok(bytes) = frame.encode() {
            self.asked.insert(self.next_id, failed);
            self.next_id += 1;
            self.link.send(bytes);
        }
    }

    fn lose(&mut self, reason: Wording) -> Option<News> {
        self.is_lost = true;
        Some(News::Lost(reason))
    }

    /// What a message means; `None` for one that only confirms.
    fn understand(&mut self, frame: Frame<Event>) -> Option<News> {
        let asked = frame.id.and_then(|id| self.asked.remove(&id));
        Some(match frame.message {
            Event::Hello { module, engine, memories, .. } => {
                for memory in 0..memories.len() as u32 {
                    let request = Request::Subscribe { memory, page_bytes: PAGE_BYTES, every_ms: EVERY_MS };
                    self.request(request, Text::EngineGivesNoChanges);
                }
                News::Hello { module, engine, memories }
            }
            Event::Bytes { memory, address } => News::Bytes { memory, address, bytes: frame.bytes },
            Event::Changed { memory, page_bytes } => {
                News::Changed { memory, ranges: ranges_of(&frame.bytes, u64::from(page_bytes)) }
            }
            Event::Grew(growth) => News::Grew(growth),
            Event::Snapshot => match Snapshot::open(&frame.bytes, SnapshotLimits::default()) {
                Ok(snapshot) => News::Moment(Box::new(snapshot)),
                Err(error) => News::Failed(Text::SnapshotUnreadable.with("reason", error.to_string())),
            },
            Event::Error { message } => News::Failed(asked.unwrap_or(Text::EngineSays).with("reason", message)),
            Event::Resumed => News::Resumed,
            Event::Stopped { reason } => News::Stopped(reason),
            Event::Exited { code } => News::Exited(code),
            Event::Done | Event::Pages { .. } | Event::Globals { .. } | Event::Module => return None,
        })
    }
}

impl<L: Link> MemorySource for Remote<L> {
    fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Moment => self.request(Request::Snapshot { label: None }, Text::EngineGivesNoSnapshot),
            Ask::Read { memory, address, length } => {
                self.request(Request::Read { memory, address, length }, Text::EngineGivesNoBytes);
            }
        }
    }

    fn poll(&mut self) -> Option<News> {
        while !self.is_lost {
            match Frame::<Event>::decode(&self.received) {
                Ok(Some((frame, used))) => {
                    self.received.drain(..used);
                    if let Some(news) = self.understand(frame) {
                        return Some(news);
                    }
                }
                Ok(None) => match self.link.receive()? {
                    Ok(bytes) => self.received.extend(bytes),
                    Err(reason) => return self.lose(reason),
                },
                Err(error) => return self.lose(Text::NoLiveProtocol.with("reason", error.to_string())),
            }
        }
        None
    }
}

/// The ranges of pages whose bits are set, the lowest first; neighbours are one.
fn ranges_of(bits: &[u8], page_bytes: u64) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    let set = (0..bits.len() as u64 * 8).filter(|page| bits[(page / 8) as usize] >> (page % 8) & 1 == 1);
    for page in set {
        let start = page * page_bytes;
        match ranges.last_mut() {
            Some(last) if last.end == start => last.end += page_bytes,
            _ => ranges.push(start..start + page_bytes),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Canned(Vec<Result<Vec<u8>, Wording>>, Vec<u8>);

    impl Link for Canned {
        fn send(&mut self, bytes: Vec<u8>) {
            self.1.extend(bytes);
        }

        fn receive(&mut self) -> Option<Result<Vec<u8>, Wording>> {
            (!self.0.is_empty()).then(|| self.0.remove(0))
        }
    }

    #[test]
    fn bits_are_ranges() {
        assert_eq!(ranges_of(&[0b0000_0110, 0b1000_0000], 64), [64..192, 960..1024]);
        assert_eq!(ranges_of(&[], 4096), []);
    }

    #[test]
    fn who_speaks_something_else_is_left() {
        let link = Canned(vec![Ok(b"HTTP/1.1 400 Bad Request\r\n".to_vec()), Ok(vec![0; 8])], Vec::new());
        let mut remote = Remote::new(link);
        let Some(News::Lost(reason)) = remote.poll() else { panic!("it must be lost") };
        assert!(matches!(&reason, Wording::Own(Text::NoLiveProtocol, _)), "{reason:?}");
        assert_eq!(remote.poll(), None);
    }

    #[test]
    fn a_link_that_ends_is_told_once() {
        let mut remote = Remote::new(Canned(vec![Err("gone".into())], Vec::new()));
        assert_eq!(remote.poll(), Some(News::Lost("gone".into())));
        assert_eq!(remote.poll(), None);
    }
}
