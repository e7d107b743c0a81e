//! Memories at one moment, from wherever they are: a snapshot, a core dump, a program that has not run yet, one that
//! runs; and what fills them.

use std::ops::Range;
use std::sync::Arc;

use memviz::coredump::Coredump;
use memviz::snapshot::{MemoryState, Snapshot};
use memviz::{
    Difference, Heat, Image, Layout, LeakGroup, MemoryRead, Overlay, Program, State, TypeCount, TypeIndex, Use,
    count_types, leaks, leaks_by_type, overlay,
};
use wasm_advice::{Advice, Phrase};
use wasm_binary::{ModuleId, Space};
use wasm_source::{Source, TypeId, WasmValue};

use super::binary::Binary;

/// Memory that a module has at its start is shown up to here; more is not there before it grows.
const MAX_INITIAL_BYTES: u64 = 1 << 32;

/// Bytes that are seen to change together.
const HEAT_CELL_BYTES: u64 = 1024;

/// Where a moment is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The module's data segments, before it runs.
    Start,
    /// A snapshot.
    Snapshot,
    /// A program that trapped.
    Coredump,
    /// A program that runs.
    Live,
}

/// The memories and globals of a program at one moment.
#[derive(Debug)]
pub struct Moment {
    /// The file's name, or what the snapshot is to show.
    pub name: String,
    /// Where it is from.
    pub origin: Origin,
    /// Memories, globals, growth.
    pub snapshot: Snapshot,
}

impl Moment {
    /// Bytes of its memories that are kept: pages of zeros take none.
    pub fn bytes(&self) -> u64 {
        let pages: usize = self.snapshot.memories.iter().map(|image| image.pages().count()).sum();
        pages as u64 * memviz::IMAGE_PAGE
    }

    /// A snapshot that was opened.
    pub fn of_snapshot(file: &str, snapshot: Snapshot) -> Moment {
        let name = match &snapshot.header.label {
            Some(label) => format!("{label} ({file})"),
            None => file.to_string(),
        };
        Moment { name, origin: Origin::Snapshot, snapshot }
    }

    /// A core dump: the memories and globals of its first instance, by their indices in its module.
    pub fn of_coredump(file: &str, dump: Coredump) -> Moment {
        let all_memories: Vec<u32> = (0..dump.memories.len() as u32).collect();
        let all_globals: Vec<u32> = (0..dump.globals.len() as u32).collect();
        let (memories, globals) = match dump.instances.iter().find(|instance| !instance.memories.is_empty()) {
            Some(instance) => (&instance.memories, &instance.globals),
            None => (&all_memories, &all_globals),
        };
        let mut snapshot = Snapshot::default();
        snapshot.header.module.name = Some(dump.executable.clone());
        for index in memories {
            let Some((ty, image)) = dump.memories.get(*index as usize) else { continue };
            snapshot.header.memories.push(MemoryState { ty: ty.clone(), bytes: image.len() });
            snapshot.memories.push(image.clone());
        }
        let value = |index: &u32| dump.globals.get(*index as usize).and_then(|(value, _)| *value);
        snapshot.header.globals = globals.iter().map(|index| value(index).map(memviz::SavedValue)).collect();
        Moment { name: file.to_string(), origin: Origin::Coredump, snapshot }
    }

    /// The memories of a module before it runs: its data segments laid out. `None` if it has no memory.
    pub fn at_start(binary: &Binary) -> Option<Moment> {
        let snapshot = binary.with(|analysis, _| {
            let map = &analysis.map;
            let id = (0..map.modules().len() as u32)
                .map(ModuleId)
                .find(|id| !map.module(*id).space(Space::Memory).is_empty())?;
            let program = Program::of_module(map, id, None);
            let mut snapshot = Snapshot::default();
            snapshot.header.module.build_id.clone_from(&program.build_id);
            let initial = |global: &memviz::GlobalType| global.initial.map(memviz::SavedValue);
            snapshot.header.globals = program.globals.iter().map(initial).collect();
            for ty in &program.memories {
                let bytes = ty.minimum_bytes.min(MAX_INITIAL_BYTES);
                snapshot.header.memories.push(MemoryState { ty: ty.clone(), bytes });
                snapshot.memories.push(Image::zeros(bytes));
            }
            for segment in &map.module(id).data {
                let (Some(memory), Some(address)) = (segment.memory, segment.address) else { continue };
                let contents = segment.contents.start as usize..segment.contents.end as usize;
                if let (Some(image), Some(bytes)) =
                    (snapshot.memories.get_mut(memory as usize), map.bytes().get(contents))
                {
                    image.write(address, bytes);
                }
            }
            Some(snapshot)
        })?;
        Some(Moment { name: binary.name().to_string(), origin: Origin::Start, snapshot })
    }

    /// One of its memories.
    pub fn memory(&self, index: u32) -> Option<&Image> {
        self.snapshot.memories.get(index as usize)
    }

    /// Whether it is of another build than a module; only if it says of which.
    pub fn is_of_another_build(&self, build_id: &str) -> bool {
        let own = &self.snapshot.header.module.build_id;
        !own.is_empty() && own != build_id
    }
}

/// What is known of the program whose memories are looked at.
#[derive(Debug, Default)]
pub struct Known {
    program: Program,
    types: TypeIndex,
    module: Option<ModuleId>,
    binary: Option<Arc<Binary>>,
}

impl Known {
    /// Reads what a module says of its memories, its DWARF included; without a module, what the moment says.
    pub fn of(binary: Option<Arc<Binary>>, moment: &Moment) -> Known {
        let Some(binary) = binary else {
            let memories = moment.snapshot.header.memories.iter().map(|memory| memory.ty.clone()).collect();
            return Known { program: Program { memories, ..Program::default() }, ..Known::default() };
        };
        let (program, types, module) = binary.with(|analysis, sources| {
            let map = &analysis.map;
            let has_memory = |id: &ModuleId| !map.module(*id).space(Space::Memory).is_empty();
            let module = (0..map.modules().len() as u32).map(ModuleId).find(has_memory);
            let source = module.and_then(|module| sources.dwarf_of(module));
            let program = Program::of_module(map, module.unwrap_or(ModuleId(0)), source);
            let types = source.map(|source| TypeIndex::new(source, &program)).unwrap_or_default();
            (program, types, module)
        });
        Known { program, types, module, binary: Some(binary) }
    }

    /// Whether it was read of this module.
    pub fn is_of(&self, binary: &Arc<Binary>) -> bool {
        self.binary.as_ref().is_some_and(|own| Arc::ptr_eq(own, binary))
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    fn with_source<R>(&self, ask: impl FnOnce(&Source<'_>) -> R) -> Option<R> {
        let (binary, module) = (self.binary.as_ref()?, self.module?);
        binary.with(|_, sources| sources.dwarf_of(module).map(ask))
    }

    /// All advice on a memory at a moment of a run.
    pub fn advice(&self, moment: &Moment, memory: u32) -> Vec<Advice> {
        let Some(image) = moment.memory(memory) else { return Vec::new() };
        let globals = moment.snapshot.globals();
        let state = State { index: memory, globals: &globals, ..State::new(&self.program, image) };
        let layout = Layout::of(&state);
        // DWARF knows of memory 0 only.
        let with_types =
            self.with_source(|source| memviz::advice::advice(&state, &layout, Some(source).filter(|_| memory == 0)));
        with_types.unwrap_or_else(|| memviz::advice::advice(&state, &layout, None))
    }

    /// Lays a type over an address: the one that is named, or that of the variable there.
    pub fn overlay(&self, state: &State<'_>, type_name: &str, address: u64) -> Option<Overlay> {
        let (ty, at): (TypeId, u64) = match type_name.trim() {
            "" => {
                let symbol = self.program.symbol_at(address).filter(|_| state.index == 0)?;
                (symbol.ty?, symbol.address)
            }
            name => (self.types.get(name)?, address),
        };
        self.with_source(|source| overlay(source, state, ty, at))?
    }
}

/// Live blocks of one type, and what became of them since another moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRow {
    /// The type; `None` where no typed pointer leads.
    pub name: Option<String>,
    /// Blocks.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many more blocks than in the other moment.
    pub more_blocks: i64,
    /// How many more bytes.
    pub more_bytes: i64,
}

/// What fills one memory at one moment.
#[derive(Debug)]
pub struct Survey {
    /// What is known of the program.
    pub known: Arc<Known>,
    /// The moment.
    pub moment: Arc<Moment>,
    /// The moment that it is compared with.
    pub compared: Option<Arc<Moment>>,
    /// The memory's index.
    pub memory: u32,
    /// Its globals.
    pub globals: Vec<Option<WasmValue>>,
    /// Its bands, heaps and blocks.
    pub layout: Layout,
    /// What each byte is used for.
    pub uses: Vec<(Range<u64>, Use)>,
    /// What changed from moment to moment, up to this one.
    pub heat: Heat,
    /// What changed since the moment that it is compared with.
    pub difference: Option<Difference>,
    /// Live blocks that nothing points to, by type or size.
    pub leaks: Vec<LeakGroup>,
    /// Live blocks by type, the largest first; empty without DWARF.
    pub types: Vec<TypeRow>,
}

impl Survey {
    /// Surveys a memory. `earlier` are the moments before this one, in order of time: where they differ is hot.
    pub fn of(
        known: Arc<Known>,
        moment: Arc<Moment>,
        memory: u32,
        earlier: &[Arc<Moment>],
        compared: Option<Arc<Moment>>,
    ) -> Option<Survey> {
        let globals = moment.snapshot.globals();
        let image = moment.memory(memory)?;
        let state = State { index: memory, globals: &globals, ..State::new(&known.program, image) };
        let layout = Layout::of(&state);
        let mut heat = Heat::new(HEAT_CELL_BYTES);
        for image in earlier.iter().filter_map(|moment| moment.memory(memory)).chain([image]) {
            heat.look(image);
        }
        let types = |state: &State<'_>, layout: &Layout| {
            known.with_source(|source| count_types(source, state, layout, &[])).unwrap_or_default()
        };
        let own_types = types(&state, &layout);
        let mut other_types = None;
        let difference = compared.as_ref().and_then(|other| {
            let globals = other.snapshot.globals();
            let before = other.memory(memory)?;
            let before_state = State { index: memory, globals: &globals, ..State::new(&known.program, before) };
            let before_layout = Layout::of(&before_state);
            other_types = Some(types(&before_state, &before_layout));
            Some(Difference::between((before, &before_layout), (image, &layout)))
        });
        let lost = leaks(&state, &layout, &[]);
        let leaks = known
            .with_source(|source| leaks_by_type(Some(source).filter(|_| memory == 0), &state, &layout, &lost))
            .unwrap_or_else(|| leaks_by_type(None, &state, &layout, &lost));
        let uses = layout.uses();
        let types = type_rows(own_types, other_types.as_deref());
        Some(Survey { known, moment, compared, memory, globals, layout, uses, heat, difference, leaks, types })
    }

    /// As memviz asks for it, with bytes that may be newer than the survey.
    pub fn state<'a>(&'a self, memory: &'a dyn MemoryRead) -> State<'a> {
        State { index: self.memory, globals: &self.globals, ..State::new(&self.known.program, memory) }
    }

    /// The memory as it was surveyed.
    pub fn image(&self) -> Option<&Image> {
        self.moment.memory(self.memory)
    }

    /// The memory in the moment that it is compared with.
    pub fn before(&self) -> Option<&Image> {
        self.compared.as_ref()?.memory(self.memory)
    }

    /// Bytes of a range by what they are used for, in the legend's order.
    pub fn by_use(&self, range: &Range<u64>) -> Vec<(Use, u64)> {
        let mut bytes = [0u64; Use::ALL.len()];
        let first = self.uses.partition_point(|(of, _)| of.end <= range.start);
        for (of, what) in self.uses.iter().skip(first).take_while(|(of, _)| of.start < range.end) {
            bytes[*what as usize] += of.end.min(range.end) - of.start.max(range.start);
        }
        Use::ALL.into_iter().map(|of| (of, bytes[of as usize])).filter(|(_, count)| *count > 0).collect()
    }

    /// What a byte is used for.
    pub fn use_at(&self, address: u64) -> Use {
        let at = self.uses.partition_point(|(of, _)| of.end <= address);
        self.uses.get(at).map_or(Use::Unclaimed, |(_, of)| *of)
    }

    /// What owns an address, in words.
    pub fn owner(&self, address: u64) -> Phrase {
        memviz::owner(&self.known.program, &self.layout, address)
    }

    /// The addresses that something typed means: a number, a symbol, `$sp`, each with `+N` or `-N`.
    pub fn find_place(&self, text: &str) -> Option<Range<u64>> {
        let text = text.trim();
        if let Some(symbol) = self.known.program.symbol_named(text).filter(|_| self.memory == 0) {
            return Some(symbol.range());
        }
        let split = text.rfind(['+', '-']).filter(|at| *at > 0);
        let (base, offset) = match split.and_then(|at| Some((&text[..at], number(text.get(at + 1..)?)?, at))) {
            Some((base, offset, at)) => (base.trim(), Some((text.as_bytes()[at] == b'+', offset))),
            None => (text, None),
        };
        let base = if base == "$sp" {
            self.layout.stack.as_ref().and_then(|stack| stack.pointer)?
        } else if let Some(band) = self.layout.bands.iter().find(|band| band.name == base || band.kind.name() == base) {
            if offset.is_none() {
                return Some(band.range());
            }
            band.start
        } else {
            let symbol = self.known.program.symbol_named(base).filter(|_| self.memory == 0);
            symbol.map(|symbol| symbol.address).or_else(|| number(base))?
        };
        let address = match offset {
            None => base,
            Some((true, offset)) => base.checked_add(offset)?,
            Some((false, offset)) => base.checked_sub(offset)?,
        };
        (address < self.layout.len).then(|| address..address + 1)
    }
}

/// A number in decimal or, after `0x`, hexadecimal.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn type_rows(own: Vec<TypeCount>, other: Option<&[TypeCount]>) -> Vec<TypeRow> {
    let before = |name: &Option<String>| {
        other.and_then(|other| other.iter().find(|count| count.name == *name)).map_or((0, 0), |c| (c.blocks, c.bytes))
    };
    let mut rows: Vec<TypeRow> = own
        .into_iter()
        .map(|TypeCount { name, blocks, bytes }| {
            let (blocks_before, bytes_before) = if other.is_some() { before(&name) } else { (blocks, bytes) };
            let more_blocks = blocks as i64 - blocks_before as i64;
            TypeRow { name, blocks, bytes, more_blocks, more_bytes: bytes as i64 - bytes_before as i64 }
        })
        .collect();
    let gone = other.into_iter().flatten().filter(|count| rows.iter().all(|row| row.name != count.name));
    let gone: Vec<TypeRow> = gone
        .map(|count| TypeRow {
            name: count.name.clone(),
            blocks: 0,
            bytes: 0,
            more_blocks: -(count.blocks as i64),
            more_bytes: -(count.bytes as i64),
        })
        .collect();
    rows.extend(gone);
    rows
}
