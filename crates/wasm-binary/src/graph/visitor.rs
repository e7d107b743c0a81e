//! What the instructions of a body or constant expression refer to.
//!
//! The visitor is generated from wasmparser's own list of instructions: each immediate is handled by its name, so an
//! instruction of a new proposal that uses a known kind of index is understood, and one with an unknown kind of
//! immediate does not compile.

use super::addresses::DataAddresses;
use super::indirect::Layout;
use super::module::{block_type_index, heap_type_index, ref_type_index};
use super::{Features, Node, Reason};
use crate::ids::{ItemId, ModuleId, Space};
use crate::map::Map;
use wasmparser::{
    BinaryReader, Catch, FrameKind, FrameStack, Handle, MemArg, MemArgTarget, VisitOperator, VisitSimdOperator,
};

/// File offset of an instruction that refers to something.
pub type CallSite = u32;

/// What the code says of tables, which connects the sets.
#[derive(Default)]
pub(super) struct Uses {
    /// Module, segment and table of each `table.init`; sorted, without repetitions.
    pub(super) table_inits: Vec<(ModuleId, u32, u32)>,
    /// Module, target and source of each `table.copy` between tables; sorted, without repetitions.
    pub(super) table_copies: Vec<(ModuleId, u32, u32)>,
}

/// Reads the references of constant expressions, of one module after the other.
pub(super) struct Expressions<'m, 'a> {
    visitor: Visitor<'m, 'a, Vec<(Node, Reason)>>,
}

impl<'m, 'a> Expressions<'m, 'a> {
    pub(super) fn new(map: &'m Map<'a>, layout: &'m Layout, module: ModuleId) -> Self {
        Expressions { visitor: Visitor::new(map, layout, module, Vec::new()) }
    }

    /// What an expression refers to, with repetitions.
    pub(super) fn references(&mut self, reader: BinaryReader<'_>) -> &[(Node, Reason)] {
        self.visitor.sink.clear();
        // What comes before the damage of a damaged expression is still a reference.
        let _ = self.visitor.operators(reader);
        self.visitor.finish();
        &self.visitor.sink
    }
}

/// See [`Graph::sites`](super::Graph::sites).
pub(super) fn sites(map: &Map<'_>, layout: &Layout, from: ItemId, to: Node) -> Vec<CallSite> {
    let Some(body) = map.function_body(from) else { return Vec::new() };
    let mut visitor = Visitor::new(map, layout, map.item(from).module, Sites { to, offset: 0, found: Vec::new() });
    // What comes before the damage of a damaged body is still a site.
    let _ = visitor.body_with_offsets(&body);
    visitor.sink.found.dedup();
    visitor.sink.found
}

/// Where references go.
pub(super) trait Sink {
    fn call(&mut self, to: Node);
    fn refer(&mut self, to: Node, reason: Reason);
}

impl Sink for Vec<(Node, Reason)> {
    fn call(&mut self, to: Node) {
        self.push((to, Reason::Call));
    }

    fn refer(&mut self, to: Node, reason: Reason) {
        self.push((to, reason));
    }
}

/// The offsets of the references to one node.
struct Sites {
    to: Node,
    offset: u32,
    found: Vec<CallSite>,
}

impl Sink for Sites {
    fn call(&mut self, to: Node) {
        self.refer(to, Reason::Call);
    }

    fn refer(&mut self, to: Node, _: Reason) {
        if to == self.to {
            self.found.push(self.offset);
        }
    }
}

pub(super) struct Visitor<'m, 'a, S> {
    map: &'m Map<'a>,
    layout: &'m Layout,
    module: ModuleId,
    spaces: [&'m [ItemId]; 8],
    data: &'m DataAddresses,
    frames: Vec<FrameKind>,
    pub(super) sink: S,
    uses_memory_0: bool,
    pub(super) uses: Uses,
    pub(super) features: Features,
    pub(super) operators: u64,
}

impl<'m, 'a, S: Sink> Visitor<'m, 'a, S> {
    pub(super) fn new(map: &'m Map<'a>, layout: &'m Layout, module: ModuleId, sink: S) -> Self {
        let mut visitor = Visitor {
            map,
            layout,
            module,
            spaces: [&[]; 8],
            data: layout.data(module),
            frames: Vec::new(),
            sink,
            uses_memory_0: false,
            uses: Uses::default(),
            features: Features::default(),
            operators: 0,
        };
        visitor.load(module);
        visitor
    }

    pub(super) fn enter(&mut self, module: ModuleId) {
        if module != self.module {
            self.load(module);
        }
    }

    fn load(&mut self, id: ModuleId) {
        let module = self.map.module(id);
        self.module = id;
        self.spaces = std::array::from_fn(|space| module.spaces[space].as_slice());
        self.data = self.layout.data(id);
    }

    pub(super) fn body(&mut self, body: &wasmparser::FunctionBody<'_>) -> wasmparser::Result<()> {
        let reader = self.locals(body)?;
        let read = self.operators(reader);
        self.finish();
        read
    }

    /// As [`Visitor::body`], for a sink that wants to know where it is.
    fn body_with_offsets(&mut self, body: &wasmparser::FunctionBody<'_>) -> wasmparser::Result<()>
    where
        S: Locate,
    {
        let mut reader = self.locals(body)?;
        self.frames.clear();
        self.frames.push(FrameKind::Block);
        while !reader.eof() {
            self.sink.locate(reader.original_position() as u32);
            reader.visit_operator(self)?;
        }
        Ok(())
    }

    fn locals<'b>(&mut self, body: &wasmparser::FunctionBody<'b>) -> wasmparser::Result<BinaryReader<'b>> {
        let mut locals = body.get_locals_reader()?;
        for _ in 0..locals.get_count() {
            let (_, ty) = locals.read()?;
            if let wasmparser::ValType::Ref(ty) = ty
                && let Some(index) = ref_type_index(ty)
            {
                self.refer(Space::Type, index, Reason::Type);
            }
        }
        Ok(locals.get_binary_reader())
    }

    fn operators(&mut self, mut reader: BinaryReader<'_>) -> wasmparser::Result<()> {
        self.frames.clear();
        self.frames.push(FrameKind::Block);
        while !reader.eof() {
            reader.visit_operator(self)?;
            self.operators += 1;
        }
        Ok(())
    }

    /// Memory 0 is used by so many instructions that it is noted once at the end.
    fn finish(&mut self) {
        if std::mem::take(&mut self.uses_memory_0) {
            self.refer(Space::Memory, 0, Reason::Memory);
        }
    }

    #[inline]
    fn item(&self, space: Space, index: u32) -> Option<Node> {
        self.spaces[space as usize].get(index as usize).map(|&item| Node::from(item))
    }

    #[inline]
    fn refer(&mut self, space: Space, index: u32, reason: Reason) {
        if let Some(to) = self.item(space, index) {
            self.sink.refer(to, reason);
        }
    }

    #[inline]
    fn call(&mut self, function: u32) {
        if let Some(to) = self.item(Space::Function, function) {
            self.sink.call(to);
        }
    }

    fn call_indirect(&mut self, ty: u32, table: u32) {
        self.refer(Space::Type, ty, Reason::Type);
        match self.layout.targets(self.module, table, ty) {
            Some(targets) => self.sink.refer(targets, Reason::IndirectCall),
            None => self.refer(Space::Table, table, Reason::Table),
        }
    }

    /// Whatever the table holds can come out.
    fn read_table(&mut self, table: u32) {
        self.refer(Space::Table, table, Reason::Table);
        if let Some(entries) = self.layout.table_entries(self.module, table) {
            self.sink.refer(entries, Reason::Table);
        }
    }

    fn read_segment(&mut self, element: u32) {
        self.refer(Space::Element, element, Reason::Element);
        if let Some(entries) = self.layout.segment_entries(self.module, element) {
            self.sink.refer(entries, Reason::Element);
        }
    }

    #[inline]
    fn memory(&mut self, memory: u32) {
        if memory == 0 {
            self.uses_memory_0 = true;
        } else {
            self.refer(Space::Memory, memory, Reason::Memory);
        }
    }

    #[inline]
    fn memory_argument(&mut self, argument: MemArg) {
        match argument.target {
            MemArgTarget::Memory(memory) => {
                self.memory(memory);
                self.constant(argument.offset);
            }
            MemArgTarget::Array(ty) => self.use_type(Some(ty)),
        }
    }

    /// A constant that lies in a data segment may be an address.
    #[inline]
    fn constant(&mut self, value: u64) {
        if let Some(item) = self.data.find(value) {
            self.sink.refer(item.into(), Reason::DataAddress);
        }
    }

    fn use_type(&mut self, index: Option<u32>) {
        if let Some(index) = index {
            self.refer(Space::Type, index, Reason::Type);
        }
    }
}

/// A sink that is told the offset of each instruction.
trait Locate: Sink {
    fn locate(&mut self, offset: u32);
}

impl Locate for Sites {
    fn locate(&mut self, offset: u32) {
        self.offset = offset;
    }
}

impl<S> FrameStack for Visitor<'_, '_, S> {
    #[inline]
    fn current_frame(&self) -> Option<FrameKind> {
        self.frames.last().copied()
    }
}

/// What an instruction as a whole means, where its immediates do not say it one by one.
macro_rules! instruction {
    ($self:ident CallIndirect $ty:ident $table:ident) => { $self.call_indirect($ty, $table) };
    ($self:ident ReturnCallIndirect $ty:ident $table:ident) => { $self.call_indirect($ty, $table) };
    ($self:ident RefFunc $function:ident) => { $self.refer(Space::Function, $function, Reason::RefFunc) };
    ($self:ident TableGet $table:ident) => { $self.read_table($table) };
    ($self:ident TableInit $element:ident $table:ident) => {{
        $self.uses.table_inits.push(($self.module, $element, $table));
        $self.refer(Space::Element, $element, Reason::Element);
        $self.refer(Space::Table, $table, Reason::Table);
    }};
    ($self:ident TableCopy $to:ident $from:ident) => {{
        if $to != $from {
            $self.uses.table_copies.push(($self.module, $to, $from));
        }
        $self.refer(Space::Table, $to, Reason::Table);
        $self.refer(Space::Table, $from, Reason::Table);
    }};
    ($self:ident Block $ty:ident) => {{ $self.frames.push(FrameKind::Block); $self.use_type(block_type_index($ty)) }};
    ($self:ident Loop $ty:ident) => {{ $self.frames.push(FrameKind::Loop); $self.use_type(block_type_index($ty)) }};
    ($self:ident If $ty:ident) => {{ $self.frames.push(FrameKind::If); $self.use_type(block_type_index($ty)) }};
    ($self:ident Else) => { $self.replace_frame(FrameKind::Else) };
    ($self:ident Try $ty:ident) => {{ $self.frames.push(FrameKind::LegacyTry); $self.use_type(block_type_index($ty)) }};
    ($self:ident Catch $tag:ident) => {{ $self.replace_frame(FrameKind::LegacyCatch); $self.refer(Space::Tag, $tag, Reason::Tag) }};
    ($self:ident CatchAll) => { $self.replace_frame(FrameKind::LegacyCatchAll) };
    ($self:ident Delegate $depth:ident) => {{ let _ = $depth; $self.frames.pop(); }};
    ($self:ident TryTable $table:ident) => {{
        $self.frames.push(FrameKind::TryTable);
        $self.use_type(block_type_index($table.ty));
        for catch in $table.catches {
            if let Catch::One { tag, .. } | Catch::OneRef { tag, .. } = catch {
                $self.refer(Space::Tag, tag, Reason::Tag);
            }
        }
    }};
    ($self:ident End) => {{ $self.frames.pop(); }};
    ($self:ident $op:ident $($arg:ident)*) => {{ $(immediate!($self $arg = $arg);)* }};
}

/// What an immediate means, by its name in wasmparser's list.
macro_rules! immediate {
    ($self:ident memarg = $v:ident) => {
        $self.memory_argument($v)
    };
    ($self:ident mem = $v:ident) => {
        $self.memory($v)
    };
    ($self:ident dst_mem = $v:ident) => {
        $self.memory($v)
    };
    ($self:ident src_mem = $v:ident) => {
        $self.memory($v)
    };
    ($self:ident function_index = $v:ident) => {
        $self.call($v)
    };
    ($self:ident global_index = $v:ident) => {
        $self.refer(Space::Global, $v, Reason::Global)
    };
    ($self:ident tag_index = $v:ident) => {
        $self.refer(Space::Tag, $v, Reason::Tag)
    };
    ($self:ident table = $v:ident) => {
        $self.refer(Space::Table, $v, Reason::Table)
    };
    ($self:ident table_index = $v:ident) => {
        $self.refer(Space::Table, $v, Reason::Table)
    };
    ($self:ident elem_index = $v:ident) => {
        $self.refer(Space::Element, $v, Reason::Element)
    };
    ($self:ident array_elem_index = $v:ident) => {
        $self.read_segment($v)
    };
    ($self:ident data_index = $v:ident) => {
        $self.refer(Space::Data, $v, Reason::Data)
    };
    ($self:ident array_data_index = $v:ident) => {
        $self.refer(Space::Data, $v, Reason::Data)
    };
    ($self:ident type_index = $v:ident) => {
        $self.use_type(Some($v))
    };
    ($self:ident struct_type_index = $v:ident) => {
        $self.use_type(Some($v))
    };
    ($self:ident array_type_index = $v:ident) => {
        $self.use_type(Some($v))
    };
    ($self:ident array_type_index_dst = $v:ident) => {
        $self.use_type(Some($v))
    };
    ($self:ident array_type_index_src = $v:ident) => {
        $self.use_type(Some($v))
    };
    ($self:ident cont_type_index = $v:ident) => {
        $self.use_type(Some($v))
    };
    ($self:ident argument_index = $v:ident) => {
        $self.use_type(Some($v))
    };
    ($self:ident result_index = $v:ident) => {
        $self.use_type(Some($v))
    };
    ($self:ident hty = $v:ident) => {
        $self.use_type(heap_type_index($v))
    };
    ($self:ident from_ref_type = $v:ident) => {
        $self.use_type(ref_type_index($v))
    };
    ($self:ident to_ref_type = $v:ident) => {
        $self.use_type(ref_type_index($v))
    };
    ($self:ident ty = $v:ident) => {
        $self.use_value_type($v)
    };
    ($self:ident tys = $v:ident) => {
        $v.into_iter().for_each(|ty| $self.use_value_type(ty))
    };
    ($self:ident resume_table = $v:ident) => {
        for handle in $v.handlers {
            let (Handle::OnLabel { tag, .. } | Handle::OnSwitch { tag }) = handle;
            $self.refer(Space::Tag, tag, Reason::Tag);
        }
    };
    ($self:ident value = $v:ident) => {
        Constant::visit($v, $self)
    };
    ($self:ident targets = $v:ident) => {
        let _ = $v;
    };
    ($self:ident lane = $v:ident) => {
        let _ = $v;
    };
    ($self:ident lanes = $v:ident) => {
        let _ = $v;
    };
    ($self:ident ordering = $v:ident) => {
        let _ = $v;
    };
    ($self:ident field_index = $v:ident) => {
        let _ = $v;
    };
    ($self:ident local_index = $v:ident) => {
        let _ = $v;
    };
    ($self:ident relative_depth = $v:ident) => {
        let _ = $v;
    };
    ($self:ident array_size = $v:ident) => {
        let _ = $v;
    };
}

/// The immediates of the `const` instructions.
trait Constant: Sized {
    #[inline]
    fn visit<S: Sink>(self, _: &mut Visitor<'_, '_, S>) {}
}

impl Constant for i32 {
    #[inline]
    fn visit<S: Sink>(self, visitor: &mut Visitor<'_, '_, S>) {
        visitor.constant(u64::from(self as u32));
    }
}

impl Constant for i64 {
    #[inline]
    fn visit<S: Sink>(self, visitor: &mut Visitor<'_, '_, S>) {
        visitor.constant(self as u64);
    }
}

impl Constant for wasmparser::Ieee32 {}
impl Constant for wasmparser::Ieee64 {}
impl Constant for wasmparser::V128 {}

impl<S: Sink> Visitor<'_, '_, S> {
    fn replace_frame(&mut self, frame: FrameKind) {
        if let Some(last) = self.frames.last_mut() {
            *last = frame;
        }
    }

    fn use_value_type(&mut self, ty: wasmparser::ValType) {
        if let wasmparser::ValType::Ref(ty) = ty {
            self.use_type(ref_type_index(ty));
        }
    }
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* $(,)? })? => $visit:ident ($($ann:tt)*))*) => {$(
        #[inline]
        fn $visit(&mut self $($(, $arg: $argty)*)?) {
            const FEATURE: u32 = feature_bit!($proposal);
            if FEATURE != 0 {
                self.features.0 |= FEATURE;
            }
            instruction!(self $op $($($arg)*)?);
        }
    )*};
}

impl<'a, S: Sink> VisitOperator<'a> for Visitor<'_, '_, S> {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a, S: Sink> VisitSimdOperator<'a> for Visitor<'_, '_, S> {
    wasmparser::for_each_visit_simd_operator!(visit);
}
