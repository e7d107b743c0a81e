//! What function bodies have in common, whatever they are called.
//!
//! Three degrees of likeness, as binaries are compared and merged in the field: the same bytes; the same instructions
//! but for constants and callees (L1, what merging functions into one with parameters can share); the same but for
//! memory offsets, globals, tables and other indices too (L2, which no relinking of the same code changes).

use std::hash::Hasher;
use wasm_binary::{ItemId, ItemKind, Map, Module, ModuleId, Space};
use wasmparser::{BinaryReader, FrameKind, FrameStack, VisitOperator, VisitSimdOperator};
use xxhash_rust::xxh3::Xxh3;

/// The likeness of one body, and whom it calls.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Hash of its bytes.
    pub exact: u64,
    /// Hash without constants and callees (L1).
    pub l1: u64,
    /// Hash without memory offsets and other indices too (L2).
    pub l2: u64,
    /// Function indices of its direct calls and `ref.func`, in order, with repetitions.
    pub calls: Vec<u32>,
}

/// The likeness of all bodies of a file.
#[derive(Debug)]
pub struct Bodies {
    /// By function; `None` where the body cannot be decoded.
    rows: Vec<(ItemId, Option<Body>)>,
}

impl Bodies {
    /// Decodes all bodies, on all cores with the feature `parallel`.
    pub fn new(map: &Map<'_>) -> Bodies {
        let types: Vec<Vec<u64>> = map.modules().iter().map(|module| type_hashes(map, module)).collect();
        let functions = map.iter().filter(|(_, item)| item.kind == ItemKind::Function).map(|(id, _)| id);
        let functions: Vec<ItemId> = functions.collect();
        let row = |&id: &ItemId| (id, read(map, id, &types));
        #[cfg(feature = "parallel")]
        let rows = {
            use rayon::prelude::*;
            functions.par_iter().with_min_len(64).map(row).collect()
        };
        #[cfg(not(feature = "parallel"))]
        let rows = functions.iter().map(row).collect();
        Bodies { rows }
    }

    /// The body of a function.
    pub fn of(&self, id: ItemId) -> Option<&Body> {
        let at = self.rows.binary_search_by_key(&id, |row| row.0).ok()?;
        self.rows[at].1.as_ref()
    }

    /// All functions with a body, by id.
    pub fn iter(&self) -> impl Iterator<Item = (ItemId, &Body)> {
        self.rows.iter().filter_map(|(id, body)| Some((*id, body.as_ref()?)))
    }
}

/// A type's definition stands for its index, which differs between files.
fn type_hashes(map: &Map<'_>, module: &Module<'_>) -> Vec<u64> {
    module.space(Space::Type).iter().map(|&id| xxhash_rust::xxh3::xxh3_64(map.definition(id))).collect()
}

fn read(map: &Map<'_>, id: ItemId, types: &[Vec<u64>]) -> Option<Body> {
    let body = map.function_body(id)?;
    let types = &types[module_of(map, id).as_usize()];
    let mut shape = Shape { types, frames: vec![FrameKind::Block], l1: Mix(0), l2: Mix(0), calls: Vec::new() };
    let mut locals = body.get_locals_reader().ok()?;
    for _ in 0..locals.get_count() {
        let (count, ty) = locals.read().ok()?;
        shape.both(u64::from(count));
        shape.both(hash_debug(&ty));
    }
    let mut reader: BinaryReader<'_> = locals.get_binary_reader();
    while !reader.eof() {
        reader.visit_operator(&mut shape).ok()?;
    }
    let exact = xxhash_rust::xxh3::xxh3_64(body.as_bytes());
    Some(Body { exact, l1: shape.l1.0, l2: shape.l2.0, calls: shape.calls })
}

fn module_of(map: &Map<'_>, id: ItemId) -> ModuleId {
    map.item(id).module
}

/// For immediates that are rare and have no hash of their own.
fn hash_debug(value: &impl std::fmt::Debug) -> u64 {
    let mut hash = Xxh3::new();
    hash.write(format!("{value:?}").as_bytes());
    hash.finish()
}

/// A multiplicative hash: one body has few words, and equal hashes are not taken for equal code.
#[derive(Clone, Copy)]
struct Mix(u64);

impl Mix {
    #[inline]
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

struct Shape<'m> {
    types: &'m [u64],
    frames: Vec<FrameKind>,
    l1: Mix,
    l2: Mix,
    calls: Vec<u32>,
}

impl Shape<'_> {
    #[inline]
    fn both(&mut self, word: u64) {
        self.l1.add(word);
        self.l2.add(word);
    }

    fn use_type(&mut self, index: u32) {
        let hash = self.types.get(index as usize).copied().unwrap_or(u64::from(index));
        self.both(hash);
    }

    fn block_type(&mut self, ty: wasmparser::BlockType) {
        match ty {
            wasmparser::BlockType::Empty => self.both(1),
            wasmparser::BlockType::Type(ty) => self.value_type(ty),
            wasmparser::BlockType::FuncType(index) => self.use_type(index),
        }
    }

    fn value_type(&mut self, ty: wasmparser::ValType) {
        use wasmparser::ValType;
        match ty {
            ValType::I32 => self.both(2),
            ValType::I64 => self.both(3),
            ValType::F32 => self.both(4),
            ValType::F64 => self.both(5),
            ValType::V128 => self.both(6),
            ValType::Ref(ty) => self.both(hash_debug(&ty)),
        }
    }

    fn replace_frame(&mut self, frame: FrameKind) {
        if let Some(last) = self.frames.last_mut() {
            *last = frame;
        }
    }
}

impl FrameStack for Shape<'_> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.frames.last().copied()
    }
}

/// A number for each instruction: FNV-1a of its name.
const fn number(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// Keeps the control stack that the reader asks for.
macro_rules! frame {
    ($self:ident Block) => {
        $self.frames.push(FrameKind::Block)
    };
    ($self:ident Loop) => {
        $self.frames.push(FrameKind::Loop)
    };
    ($self:ident If) => {
        $self.frames.push(FrameKind::If)
    };
    ($self:ident Else) => {
        $self.replace_frame(FrameKind::Else)
    };
    ($self:ident Try) => {
        $self.frames.push(FrameKind::LegacyTry)
    };
    ($self:ident Catch) => {
        $self.replace_frame(FrameKind::LegacyCatch)
    };
    ($self:ident CatchAll) => {
        $self.replace_frame(FrameKind::LegacyCatchAll)
    };
    ($self:ident Delegate) => {{
        $self.frames.pop();
    }};
    ($self:ident TryTable) => {
        $self.frames.push(FrameKind::TryTable)
    };
    ($self:ident End) => {{
        $self.frames.pop();
    }};
    ($self:ident $op:ident) => {{}};
}

/// What an immediate adds, by its name in wasmparser's list: constants and callees nothing, other indices to L1 only.
macro_rules! immediate {
    ($self:ident value = $v:ident) => {
        let _ = $v;
    };
    ($self:ident function_index = $v:ident) => {
        $self.calls.push($v);
    };
    ($self:ident memarg = $v:ident) => {{
        $self.both(u64::from($v.align));
        $self.l1.add($v.offset);
    }};
    ($self:ident global_index = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident tag_index = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident table_index = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident table = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident src_table = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident dst_table = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident mem = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident src_mem = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident dst_mem = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident elem_index = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident array_elem_index = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident data_index = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident array_data_index = $v:ident) => {
        $self.l1.add(u64::from($v));
    };
    ($self:ident type_index = $v:ident) => {
        $self.use_type($v);
    };
    ($self:ident struct_type_index = $v:ident) => {
        $self.use_type($v);
    };
    ($self:ident array_type_index = $v:ident) => {
        $self.use_type($v);
    };
    ($self:ident array_type_index_dst = $v:ident) => {
        $self.use_type($v);
    };
    ($self:ident array_type_index_src = $v:ident) => {
        $self.use_type($v);
    };
    ($self:ident cont_type_index = $v:ident) => {
        $self.use_type($v);
    };
    ($self:ident argument_index = $v:ident) => {
        $self.use_type($v);
    };
    ($self:ident result_index = $v:ident) => {
        $self.use_type($v);
    };
    ($self:ident blockty = $v:ident) => {
        $self.block_type($v);
    };
    ($self:ident ty = $v:ident) => {
        $self.value_type($v);
    };
    ($self:ident local_index = $v:ident) => {
        $self.both(u64::from($v));
    };
    ($self:ident relative_depth = $v:ident) => {
        $self.both(u64::from($v));
    };
    ($self:ident field_index = $v:ident) => {
        $self.both(u64::from($v));
    };
    ($self:ident array_size = $v:ident) => {
        $self.both(u64::from($v));
    };
    ($self:ident lane = $v:ident) => {
        $self.both(u64::from($v));
    };
    ($self:ident targets = $v:ident) => {
        for target in $v.targets().map_while(Result::ok).chain([$v.default()]) {
            $self.both(u64::from(target));
        }
    };
    ($self:ident $other:ident = $v:ident) => {
        $self.both(hash_debug(&$v));
    };
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* $(,)? })? => $visit:ident ($($ann:tt)*))*) => {$(
        #[inline]
        fn $visit(&mut self $($(, $arg: $argty)*)?) {
            const NUMBER: u64 = number(stringify!($op));
            self.both(NUMBER);
            $($(immediate!(self $arg = $arg);)*)?
            frame!(self $op);
        }
    )*};
}

impl<'a> VisitOperator<'a> for Shape<'_> {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a> VisitSimdOperator<'a> for Shape<'_> {
    wasmparser::for_each_visit_simd_operator!(visit);
}
