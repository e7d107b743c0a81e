//! Snapshots: the memories and globals of a program at one moment, in the file format that every tool of the project
//! saves and opens.
//!
//! All numbers are little endian.
//!
//! ```text
//! 8 bytes   "\x89MEMVIZ\n"
//! u32       version, 1
//! u32       length of the header
//! …         the header, JSON: see Header
//! for each memory of the header:
//!   u32     number of blocks
//!   each:   u64 number of its first page (of 4,096 bytes), u32 how many pages (1 to 256),
//!           u32 length of what follows, that many bytes: the pages in zlib format (with its Adler-32)
//! ```
//!
//! Pages that are zero, and in a file that builds on another one those that are as there, are left out. Blocks are
//! sorted and do not overlap. A reader skips keys of the header that it does not know; a change that an old reader can't
//! read right has another version.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};
use wasm_source::WasmValue;
use xxhash_rust::xxh3::Xxh3;

use crate::image::{IMAGE_PAGE, Image};
use crate::memory::MemoryRead;
use crate::program::MemoryType;
use crate::value::SavedValue;

const MAGIC: &[u8; 8] = b"\x89MEMVIZ\n";
const VERSION: u32 = 1;
/// Pages in one block.
const BLOCK: usize = 256;

/// The state of a program's memories at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Everything but the bytes.
    pub header: Header,
    /// The memories' bytes, in the order of the header.
    pub memories: Vec<Image>,
}

/// A snapshot without its bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Header {
    /// Which module it is of.
    pub module: ModuleIdentity,
    /// When it was taken: milliseconds since 1970 in UTC, as the one who took it says.
    pub taken_at_ms: Option<u64>,
    /// What it shows, in the words of the one who took it.
    pub label: Option<String>,
    /// The engine that ran the program, such as `wasmtime 48`.
    pub engine: Option<String>,
    /// The memories, by index.
    pub memories: Vec<MemoryState>,
    /// The globals' values by index; null where one is not known.
    pub globals: Vec<Option<SavedValue>>,
    /// When memories grew, in order of time.
    pub growth: Vec<Growth>,
    /// The digest of the snapshot that this one builds on, if pages are left out that are as there.
    pub base: Option<String>,
}

/// Which build of which module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModuleIdentity {
    /// The build id, in hexadecimal ([`wasm_binary::identity`]).
    pub build_id: String,
    /// The module's or file's name.
    pub name: Option<String>,
}

/// A memory of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryState {
    /// As the module declares it.
    #[serde(rename = "type")]
    pub ty: MemoryType,
    /// Its size at that moment.
    pub bytes: u64,
}

/// A memory grew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Growth {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Which memory.
    pub memory: u32,
    /// Its size afterwards.
    pub bytes: u64,
    /// Who grew it, if that is known: a stack, innermost call first.
    pub stack: Vec<String>,
}

/// What reading a snapshot may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotLimits {
    /// Bytes of pages that are kept, over all memories.
    pub page_bytes: u64,
    /// Bytes of the header.
    pub header_bytes: u32,
}

impl Default for SnapshotLimits {
    fn default() -> SnapshotLimits {
        SnapshotLimits { page_bytes: 1 << 30, header_bytes: 16 << 20 }
    }
}

/// Why a snapshot can't be read: where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("offset {offset:#x}: {kind}")]
pub struct SnapshotError {
    /// Offset in the file, in bytes.
    pub offset: usize,
    /// What is wrong.
    pub kind: SnapshotErrorKind,
}

/// What is wrong with a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotErrorKind {
    /// It does not start as a snapshot does.
    #[error("not a memviz snapshot")]
    Magic,
    /// A version that is not known here.
    #[error("version {0} of the snapshot format is not known; this reads version {VERSION}")]
    Version(u32),
    /// The file is cut off.
    #[error("the file ends inside of {0}")]
    End(&'static str),
    /// More than the limits allow.
    #[error("{0} beyond the limit")]
    Limit(&'static str),
    /// The header is not as it should be.
    #[error("header: {0}")]
    Header(String),
    /// A block that can't be.
    #[error("block of memory {memory}: {problem}")]
    Block {
        /// The memory.
        memory: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// Bytes after the end.
    #[error("bytes after the last block")]
    Rest,
    /// It builds on another snapshot, which is needed to read it.
    #[error("it builds on the snapshot {0}, which is needed to open it")]
    NeedsBase(String),
}

impl Snapshot {
    /// Takes a snapshot of memories.
    pub fn take<'a>(
        module: ModuleIdentity,
        memories: impl IntoIterator<Item = (MemoryType, &'a dyn MemoryRead)>,
        globals: &[Option<WasmValue>],
    ) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.header.module = module;
        snapshot.header.globals = globals.iter().map(|value| value.map(SavedValue)).collect();
        for (ty, memory) in memories {
            snapshot.header.memories.push(MemoryState { ty, bytes: memory.len() });
            snapshot.memories.push(Image::capture(memory));
        }
        snapshot
    }

    /// The globals' values.
    pub fn globals(&self) -> Vec<Option<WasmValue>> {
        self.header.globals.iter().map(|value| value.as_ref().map(|value| value.0)).collect()
    }

    /// What the snapshot holds as one number (XXH3-128), in hexadecimal: the key by which others build on it.
    pub fn digest(&self) -> String {
        let mut hash = Xxh3::new();
        let header = Header { base: None, ..self.header.clone() };
        hash.update(&serde_json::to_vec(&header).unwrap_or_default());
        for image in &self.memories {
            for (number, bytes) in image.pages() {
                hash.update(&number.to_le_bytes());
                hash.update(bytes);
            }
            hash.update(&u64::MAX.to_le_bytes());
        }
        format!("{:032x}", hash.digest128())
    }

    /// The file's bytes.
    pub fn write(&self) -> Vec<u8> {
        let runs = self.memories.iter().map(|image| image.runs(BLOCK));
        write_file(&Header { base: None, ..self.header.clone() }, runs)
    }

    /// The bytes of a file that holds only what differs from `base`.
    pub fn write_on(&self, base: &Snapshot) -> Vec<u8> {
        let zeros = vec![0; IMAGE_PAGE as usize];
        let runs = self.memories.iter().enumerate().map(|(index, image)| {
            let other = base.memories.get(index);
            // Pages that are zero now are written if they were not.
            let mut numbers: Vec<u64> = image.pages().map(|(number, _)| number).collect();
            let end = image.len().div_ceil(IMAGE_PAGE);
            numbers.extend(other.into_iter().flat_map(|other| other.pages()).map(|(n, _)| n).filter(|n| *n < end));
            numbers.sort_unstable();
            numbers.dedup();
            let mut runs: Vec<(u64, Vec<&[u8]>)> = Vec::new();
            for number in numbers {
                if image.page(number) == other.and_then(|other| other.page(number)) {
                    continue;
                }
                let bytes = image.page(number).unwrap_or(&zeros);
                match runs.last_mut() {
                    Some((first, run)) if *first + run.len() as u64 == number && run.len() < BLOCK => run.push(bytes),
                    _ => runs.push((number, vec![bytes])),
                }
            }
            runs
        });
        write_file(&Header { base: Some(base.digest()), ..self.header.clone() }, runs)
    }

    /// Reads a snapshot that builds on no other.
    ///
    /// # Errors
    /// With the place and what is wrong there; the bytes may come from anywhere.
    pub fn open(bytes: &[u8], limits: SnapshotLimits) -> Result<Snapshot, SnapshotError> {
        Snapshot::read(bytes, None, limits)
    }

    /// Reads a snapshot that may build on `base`.
    ///
    /// # Errors
    /// As [`Snapshot::open`]; also if it builds on another one.
    pub fn open_on(bytes: &[u8], base: &Snapshot, limits: SnapshotLimits) -> Result<Snapshot, SnapshotError> {
        Snapshot::read(bytes, Some(base), limits)
    }

    fn read(bytes: &[u8], base: Option<&Snapshot>, limits: SnapshotLimits) -> Result<Snapshot, SnapshotError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.bytes(8, "the magic number").ok() != Some(MAGIC) {
            return Err(SnapshotError { offset: 0, kind: SnapshotErrorKind::Magic });
        }
        let version = reader.u32("the version")?;
        if version != VERSION {
            return Err(SnapshotError { offset: 8, kind: SnapshotErrorKind::Version(version) });
        }
        let length = reader.u32("the header's length")?;
        if length > limits.header_bytes {
            return Err(reader.error(SnapshotErrorKind::Limit("header")));
        }
        let at = reader.at;
        let header = reader.bytes(length as usize, "the header")?;
        let mut header: Header = serde_json::from_slice(header)
            .map_err(|error| SnapshotError { offset: at, kind: SnapshotErrorKind::Header(error.to_string()) })?;
        let base = match header.base.take() {
            None => None,
            Some(wanted) => match base.filter(|base| base.digest() == wanted) {
                Some(base) => Some(base),
                None => return Err(SnapshotError { offset: at, kind: SnapshotErrorKind::NeedsBase(wanted) }),
            },
        };
        let mut room = limits.page_bytes;
        let mut memories = Vec::new();
        for (index, state) in header.memories.iter().enumerate() {
            let mut image = Image::zeros(state.bytes);
            for (number, bytes) in base.and_then(|base| base.memories.get(index)).into_iter().flat_map(|i| i.pages()) {
                image.write(number.saturating_mul(IMAGE_PAGE), bytes);
            }
            reader.memory(index, &mut image, &mut room)?;
            memories.push(image);
        }
        if reader.at < bytes.len() {
            return Err(reader.error(SnapshotErrorKind::Rest));
        }
        Ok(Snapshot { header, memories })
    }
}

fn write_file<'a>(header: &Header, memories: impl Iterator<Item = Vec<(u64, Vec<&'a [u8]>)>>) -> Vec<u8> {
    let header = serde_json::to_vec(header).unwrap_or_default();
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend((header.len() as u32).to_le_bytes());
    out.extend(header);
    for runs in memories {
        out.extend((runs.len() as u32).to_le_bytes());
        for (first, pages) in runs {
            // Writing to a vector does not fail.
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            let written = pages.iter().try_for_each(|page| encoder.write_all(page)).and_then(|()| encoder.finish());
            let packed = written.unwrap_or_default();
            out.extend(first.to_le_bytes());
            out.extend((pages.len() as u32).to_le_bytes());
            out.extend((packed.len() as u32).to_le_bytes());
            out.extend(packed);
        }
    }
    out
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn error(&self, kind: SnapshotErrorKind) -> SnapshotError {
        SnapshotError { offset: self.at, kind }
    }

    fn bytes(&mut self, count: usize, of: &'static str) -> Result<&'a [u8], SnapshotError> {
        let end = self.at.checked_add(count);
        let bytes = end.and_then(|end| self.bytes.get(self.at..end));
        let bytes = bytes.ok_or_else(|| self.error(SnapshotErrorKind::End(of)))?;
        self.at += count;
        Ok(bytes)
    }

    fn u32(&mut self, of: &'static str) -> Result<u32, SnapshotError> {
        let bytes = self.bytes(4, of)?;
        Ok(bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    /// The blocks of one memory.
    fn memory(&mut self, memory: usize, image: &mut Image, room: &mut u64) -> Result<(), SnapshotError> {
        let blocks = self.u32("a memory")?;
        let mut next = 0;
        for _ in 0..blocks {
            let start = self.at;
            let fail = |problem| SnapshotError { offset: start, kind: SnapshotErrorKind::Block { memory, problem } };
            let low = self.u32("a block")?;
            let first = u64::from(self.u32("a block")?) << 32 | u64::from(low);
            let pages = self.u32("a block")?;
            let packed = self.u32("a block")?;
            let end = first.checked_add(pages.into()).ok_or_else(|| fail("its pages lie outside of the memory"))?;
            if pages == 0 || pages as usize > BLOCK {
                return Err(fail("it has no pages, or too many"));
            }
            if first < next {
                return Err(fail("it overlaps the one before it"));
            }
            if end > image.len().div_ceil(IMAGE_PAGE) {
                return Err(fail("its pages lie outside of the memory"));
            }
            next = end;
            let size = u64::from(pages) * IMAGE_PAGE;
            *room = room.checked_sub(size).ok_or_else(|| self.error(SnapshotErrorKind::Limit("pages")))?;
            let packed = self.bytes(packed as usize, "a block")?;
            let mut bytes = Vec::new();
            // One more than there may be, so that too much is seen.
            let read = ZlibDecoder::new(packed).take(size + 1).read_to_end(&mut bytes);
            if read.is_err() || bytes.len() as u64 != size {
                return Err(fail("its bytes are damaged"));
            }
            image.write(first * IMAGE_PAGE, &bytes);
        }
        Ok(())
    }
}
