//! The engine's side of the protocol, without sockets, threads or clocks: what one viewer has asked for, what it is to
//! be told. Who serves reads frames with [`Inbox`], and hands a [`Target`] in when the program can be looked at.

use std::collections::BTreeMap;

use wasm_source::WasmValue;

use super::{Event, Frame, LiveMemory, MAX_FRAME, PROTOCOL_VERSION, ProtocolError, Request, page_bits};
use crate::heat::Heat;
use crate::memory::MemoryRead;
use crate::snapshot::{Growth, ModuleIdentity, Snapshot};
use crate::value::SavedValue;

/// A program at one moment.
pub trait Target {
    /// The memories with their sizes.
    fn memories(&self) -> Vec<LiveMemory>;

    /// Fills `into` with the bytes of a memory from `address` on; `false` if they are not all there.
    fn read(&self, memory: u32, address: u64, into: &mut [u8]) -> bool;

    /// Writes into a memory.
    ///
    /// # Errors
    /// Says why that can't be.
    fn write(&self, memory: u32, address: u64, bytes: &[u8]) -> Result<(), String>;

    /// The globals' values by index; `None` where one is not known.
    fn globals(&self) -> Vec<Option<WasmValue>>;

    /// The module's bytes.
    fn module(&self) -> Vec<u8>;
}

/// A memory of a target.
struct Memory<'t> {
    target: &'t dyn Target,
    index: u32,
    len: u64,
}

impl MemoryRead for Memory<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read(&self, address: u64, into: &mut [u8]) -> bool {
        self.target.read(self.index, address, into)
    }
}

/// How often a viewer is told of changes at the most, in milliseconds.
const LEAST_EVERY_MS: u32 = 10;
/// Parts of a memory that are told apart at the most: four gigabytes in pages of 4,096 bytes.
const MAX_PAGES: u64 = 1 << 20;
/// What a frame has beside the contents of memory, in bytes, at the most.
const MESSAGE_BYTES: usize = 4096;

/// What one viewer has been told.
#[derive(Debug)]
pub struct Server {
    module: ModuleIdentity,
    engine: String,
    /// The sizes of the memories that it knows.
    sizes: Vec<u64>,
    subscriptions: BTreeMap<u32, Subscription>,
    growth: Vec<Growth>,
}

#[derive(Debug)]
struct Subscription {
    heat: Heat,
    every_ms: u64,
    looked_at_ms: u64,
}

impl Server {
    /// Begins with a viewer, which is to get the frame first. Times are in milliseconds since 1970.
    pub fn greet(module: ModuleIdentity, engine: &str, target: &dyn Target) -> (Server, Frame<Event>) {
        let memories = target.memories();
        let server = Server {
            module: module.clone(),
            engine: engine.to_string(),
            sizes: memories.iter().map(|memory| memory.bytes).collect(),
            subscriptions: BTreeMap::new(),
            growth: Vec::new(),
        };
        let hello = Event::Hello { version: PROTOCOL_VERSION, module, engine: server.engine.clone(), memories };
        (server, Frame::new(None, hello))
    }

    /// Answers a request.
    pub fn answer(&mut self, request: Frame<Request>, target: &dyn Target, now_ms: u64) -> Answer {
        let Frame { id, message, bytes } = request;
        if let Request::Snapshot { label } = message {
            return Answer::Snapshot { id, snapshot: Box::new(self.snapshot(target, label, now_ms)) };
        }
        let (message, bytes) = self
            .carry_out(message, &bytes, target, now_ms)
            .unwrap_or_else(|message| (Event::Error { message }, Vec::new()));
        Answer::Event(Frame { id, message, bytes })
    }

    fn carry_out(
        &mut self,
        request: Request,
        bytes: &[u8],
        target: &dyn Target,
        now_ms: u64,
    ) -> Result<(Event, Vec<u8>), String> {
        Ok(match request {
            Request::Pages { memory, start, end, page_bytes } => {
                check_page(page_bytes)?;
                let bits = page_bits(&memory_of(target, memory)?, start..end, page_bytes);
                (Event::Pages { memory, start, page_bytes }, bits)
            }
            Request::Read { memory, address, length } => {
                let limit = MAX_FRAME - MESSAGE_BYTES;
                if length as usize > limit {
                    return Err(format!("{length} bytes are too many at once; at most {limit}"));
                }
                let source = memory_of(target, memory)?;
                let length = source.len().saturating_sub(address).min(length.into());
                let mut bytes = vec![0; length as usize];
                if !source.read(address, &mut bytes) {
                    return Err(format!("{address:#x} cannot be read"));
                }
                (Event::Bytes { memory, address }, bytes)
            }
            Request::Write { memory, address } => {
                target.write(memory, address, bytes)?;
                (Event::Done, Vec::new())
            }
            Request::Subscribe { memory, page_bytes, every_ms } => {
                check_page(page_bytes)?;
                let source = memory_of(target, memory)?;
                if source.len() / u64::from(page_bytes) > MAX_PAGES {
                    return Err(format!("pages of {page_bytes} bytes are too many: choose larger ones"));
                }
                let mut heat = Heat::new(page_bytes.into());
                heat.look(&source);
                let every_ms = every_ms.max(LEAST_EVERY_MS).into();
                self.subscriptions.insert(memory, Subscription { heat, every_ms, looked_at_ms: now_ms });
                (Event::Done, Vec::new())
            }
            Request::Unsubscribe { memory } => {
                self.subscriptions.remove(&memory);
                (Event::Done, Vec::new())
            }
            Request::Globals => {
                let values = target.globals().into_iter().map(|value| value.map(SavedValue)).collect();
                (Event::Globals { values }, Vec::new())
            }
            Request::Module => (Event::Module, target.module()),
            Request::Snapshot { .. } => return Err("a snapshot is made otherwise".to_string()),
        })
    }

    fn snapshot(&self, target: &dyn Target, label: Option<String>, now_ms: u64) -> Snapshot {
        let states = target.memories();
        let memories: Vec<Memory<'_>> =
            { states.iter().zip(0..) }.map(|(state, index)| Memory { target, index, len: state.bytes }).collect();
        let both = states.into_iter().zip(&memories).map(|(state, memory)| (state.ty, memory as &dyn MemoryRead));
        let mut snapshot = Snapshot::take(self.module.clone(), both, &target.globals());
        snapshot.header.taken_at_ms = Some(now_ms);
        snapshot.header.label = label;
        snapshot.header.engine = Some(self.engine.clone());
        snapshot.header.growth.clone_from(&self.growth);
        snapshot
    }

    /// Looks at the program: which memories grew, and what changed in those that the viewer wants to know of, where it
    /// is time, or at `all` of them.
    pub fn look(&mut self, target: &dyn Target, now_ms: u64, all: bool) -> Vec<Frame<Event>> {
        let mut events = Vec::new();
        for (memory, index) in target.memories().into_iter().zip(0..) {
            let known = self.sizes.get_mut(index as usize);
            if known.as_ref().is_none_or(|known| **known != memory.bytes) {
                match known {
                    Some(known) => *known = memory.bytes,
                    None => self.sizes.push(memory.bytes),
                }
                let growth = Growth { at_ms: now_ms, memory: index, bytes: memory.bytes, stack: Vec::new() };
                if self.growth.len() < MAX_GROWTH {
                    self.growth.push(growth.clone());
                }
                events.push(Event::Grew(growth).into());
            }
        }
        for (memory, subscription) in &mut self.subscriptions {
            if !all && subscription.rests_ms(now_ms) > 0 {
                continue;
            }
            subscription.looked_at_ms = now_ms;
            let Ok(source) = memory_of(target, *memory) else { continue };
            let page = subscription.heat.cell_bytes();
            let mut bits = vec![0; source.len().div_ceil(page).div_ceil(8) as usize];
            let changed = subscription.heat.look(&source);
            for page in changed.iter().flat_map(|range| range.start / page..range.end.div_ceil(page)) {
                bits[page as usize / 8] |= 1 << (page % 8);
            }
            if !changed.is_empty() {
                let message = Event::Changed { memory: *memory, page_bytes: page as u32 };
                events.push(Frame { id: None, message, bytes: bits });
            }
        }
        events
    }

    /// In how many milliseconds there is something to look at; `None` if nothing was asked for.
    pub fn next_look_ms(&self, now_ms: u64) -> Option<u64> {
        self.subscriptions.values().map(|subscription| subscription.rests_ms(now_ms)).min()
    }
}

/// How often a memory grew is told in snapshots at the most.
const MAX_GROWTH: usize = 10_000;

impl Subscription {
    fn rests_ms(&self, now_ms: u64) -> u64 {
        // A clock that is put back must not stop it.
        self.every_ms.saturating_sub(now_ms.abs_diff(self.looked_at_ms))
    }
}

impl From<Event> for Frame<Event> {
    fn from(event: Event) -> Frame<Event> {
        Frame::new(None, event)
    }
}

fn memory_of(target: &dyn Target, index: u32) -> Result<Memory<'_>, String> {
    let memories = target.memories();
    let memory = memories.get(index as usize).ok_or_else(|| format!("there is no memory {index}"))?;
    Ok(Memory { target, index, len: memory.bytes })
}

fn check_page(page_bytes: u32) -> Result<(), String> {
    let fits = page_bytes.is_power_of_two() && (64..=1 << 18).contains(&page_bytes);
    fits.then_some(()).ok_or_else(|| format!("pages of {page_bytes} bytes: a power of two from 64 to 262144 is taken"))
}

/// What answers a request. The program may go on before it is encoded.
#[derive(Debug)]
pub enum Answer {
    /// A frame.
    Event(Frame<Event>),
    /// A snapshot, which is yet to be packed.
    Snapshot {
        /// The request's number.
        id: Option<u64>,
        /// What was taken.
        snapshot: Box<Snapshot>,
    },
}

impl From<Event> for Answer {
    fn from(event: Event) -> Answer {
        Answer::Event(event.into())
    }
}

impl Answer {
    /// The bytes on the wire: of an [`Event::Error`] if the answer is too long for a frame.
    pub fn encode(&self) -> Vec<u8> {
        let (id, encoded) = match self {
            Answer::Event(frame) => (frame.id, frame.encode()),
            Answer::Snapshot { id, snapshot } => {
                (*id, Frame { id: *id, message: Event::Snapshot, bytes: snapshot.write() }.encode())
            }
        };
        encoded.unwrap_or_else(|error| {
            let message = format!("{error}; read in parts");
            Frame::new(id, Event::Error { message }).encode().unwrap_or_default()
        })
    }
}

/// What has come from a viewer.
#[derive(Debug, Default)]
pub struct Inbox {
    received: Vec<u8>,
}

impl Inbox {
    /// Takes bytes as they come.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.received.extend(bytes);
    }

    /// The next request, if it is all there.
    ///
    /// # Errors
    /// [`ProtocolError::Message`] for one that is not known, which is then skipped; after any other nothing more can
    /// be read.
    pub fn take(&mut self) -> Result<Option<Frame<Request>>, ProtocolError> {
        match Frame::decode(&self.received) {
            Ok(Some((frame, used))) => {
                self.received.drain(..used);
                Ok(Some(frame))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                if let (ProtocolError::Message(_), Some(length)) = (&error, self.received.first_chunk()) {
                    let used = u32::from_le_bytes(*length) as usize + 4;
                    self.received.drain(..used.min(self.received.len()));
                }
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cell::RefCell;

    use super::*;
    use crate::program::MemoryType;

    struct Program(RefCell<Vec<u8>>, bool);

    impl Target for Program {
        fn memories(&self) -> Vec<LiveMemory> {
            vec![LiveMemory { ty: MemoryType::default(), bytes: self.0.borrow().len() as u64 }]
        }

        fn read(&self, _: u32, address: u64, into: &mut [u8]) -> bool {
            MemoryRead::read(&*self.0.borrow(), address, into)
        }

        fn write(&self, _: u32, address: u64, bytes: &[u8]) -> Result<(), String> {
            if self.1 {
                return Err("it runs".to_string());
            }
            let mut memory = self.0.borrow_mut();
            let place = memory.get_mut(address as usize..).and_then(|rest| rest.get_mut(..bytes.len()));
            place.ok_or("outside")?.copy_from_slice(bytes);
            Ok(())
        }

        fn globals(&self) -> Vec<Option<WasmValue>> {
            vec![Some(WasmValue::I32(7)), None]
        }

        fn module(&self) -> Vec<u8> {
            b"\0asm".to_vec()
        }
    }

    fn ask(server: &mut Server, program: &Program, request: Request, bytes: &[u8]) -> (Event, Vec<u8>) {
        let request = Frame { id: Some(9), message: request, bytes: bytes.to_vec() };
        let encoded = server.answer(request, program, 1000).encode();
        let (frame, used) = Frame::decode(&encoded).unwrap().unwrap();
        assert_eq!((used, frame.id), (encoded.len(), Some(9)));
        (frame.message, frame.bytes)
    }

    #[test]
    fn every_request_is_answered() {
        let mut program = Program(RefCell::new(vec![0; 65536]), false);
        let (mut server, hello) = Server::greet(ModuleIdentity::default(), "test", &program);
        assert!(matches!(hello.message, Event::Hello { version: PROTOCOL_VERSION, .. }));
        let mut ask = |program: &Program, request, bytes: &[u8]| ask(&mut server, program, request, bytes);

        assert_eq!(ask(&program, Request::Write { memory: 0, address: 4096 }, b"hello").0, Event::Done);
        let read = Request::Read { memory: 0, address: 4097, length: 4 };
        assert_eq!(ask(&program, read, &[]), (Event::Bytes { memory: 0, address: 4097 }, b"ello".to_vec()));
        let over = Request::Read { memory: 0, address: 65534, length: 100 };
        assert_eq!(ask(&program, over, &[]).1, [0, 0]);
        let pages = Request::Pages { memory: 0, start: 0, end: u64::MAX, page_bytes: 4096 };
        assert_eq!(ask(&program, pages, &[]).1, [0b10, 0]);
        let (globals, _) = ask(&program, Request::Globals, &[]);
        assert_eq!(globals, Event::Globals { values: vec![Some(SavedValue(WasmValue::I32(7))), None] });
        assert_eq!(ask(&program, Request::Module, &[]), (Event::Module, b"\0asm".to_vec()));
        let (event, file) = ask(&program, Request::Snapshot { label: Some("now".into()) }, &[]);
        assert_eq!(event, Event::Snapshot);
        let snapshot = Snapshot::open(&file, Default::default()).unwrap();
        assert_eq!(snapshot.header.label.as_deref(), Some("now"));
        assert_eq!(snapshot.memories[0].page(1).unwrap()[..5], *b"hello");

        program.1 = true;
        for (request, why) in [
            (Request::Write { memory: 0, address: 0 }, "it runs"),
            (Request::Read { memory: 1, address: 0, length: 1 }, "there is no memory 1"),
            (Request::Read { memory: 0, address: 0, length: u32::MAX }, "too many at once"),
            (Request::Pages { memory: 0, start: 0, end: 1, page_bytes: 100 }, "a power of two"),
            (Request::Subscribe { memory: 0, page_bytes: 0, every_ms: 0 }, "a power of two"),
        ] {
            let (Event::Error { message }, _) = ask(&program, request, &[]) else { panic!("{why}") };
            assert!(message.contains(why), "{message}");
        }
    }

    #[test]
    fn changes_and_growth_are_told_when_it_is_time() {
        let program = Program(RefCell::new(vec![0; 65536]), true);
        let (mut server, _) = Server::greet(ModuleIdentity::default(), "test", &program);
        assert_eq!(server.next_look_ms(1000), None);
        ask(&mut server, &program, Request::Subscribe { memory: 0, page_bytes: 4096, every_ms: 50 }, &[]);
        assert_eq!(server.next_look_ms(1020), Some(30));
        program.0.borrow_mut()[8192] = 1;
        assert_eq!(server.look(&program, 1020, false), []);
        let changed =
            Frame { id: None, message: Event::Changed { memory: 0, page_bytes: 4096 }, bytes: vec![0b100, 0] };
        assert_eq!(server.look(&program, 1050, false), [changed]);
        assert_eq!(server.look(&program, 1100, false), [], "nothing has changed since");
        program.0.borrow_mut().resize(2 << 16, 0);
        let told = server.look(&program, 1101, false);
        let [Frame { message: Event::Grew(growth), .. }] = &told[..] else { panic!("{told:?}") };
        assert_eq!((growth.at_ms, growth.bytes), (1101, 2 << 16));
        program.0.borrow_mut()[100_000] = 1;
        assert_eq!(server.look(&program, 1102, true).len(), 1, "it stops: all is looked at");
        ask(&mut server, &program, Request::Unsubscribe { memory: 0 }, &[]);
        assert_eq!(server.next_look_ms(5000), None);
    }

    #[test]
    fn what_is_not_known_is_skipped_and_nonsense_ends_it() {
        let mut inbox = Inbox::default();
        let unknown = br#"{"id":1,"request":"dance"}"#;
        let lengths = [unknown.len() as u32 + 4, unknown.len() as u32];
        lengths.iter().for_each(|length| inbox.receive(&length.to_le_bytes()));
        inbox.receive(unknown);
        inbox.receive(&Frame::new(Some(2), Request::Globals).encode().unwrap());
        assert!(matches!(inbox.take(), Err(ProtocolError::Message(_))));
        assert_eq!(inbox.take(), Ok(Some(Frame::new(Some(2), Request::Globals))));
        assert_eq!(inbox.take(), Ok(None));
        inbox.receive(b"GET / HTTP/1.1\r\n\r\n");
        assert!(matches!(inbox.take(), Err(ProtocolError::TooLong(_))));
    }
}
