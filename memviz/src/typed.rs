//! Types laid over memory: a structure's fields at an address, and the live blocks counted by type. From DWARF, through
//! the value model of [`wasm_source`].

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use wasm_source::{Inspector, Limits, Machine, Shape, Source, TypeId, TypeKind, Value, WasmValue};

use crate::layout::{Layout, State};
use crate::program::Program;

/// The memory and globals of a [`State`], as values are read from them; without frames.
impl Machine for State<'_> {
    fn read_memory(&self, address: u64, into: &mut [u8]) -> bool {
        self.memory.read(address, into)
    }

    fn local(&self, _: u32) -> Option<WasmValue> {
        None
    }

    fn global(&self, index: u32) -> Option<WasmValue> {
        State::global(self, index)
    }

    fn stack(&self, _: u32) -> Option<WasmValue> {
        None
    }
}

/// A type laid over memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// The type's name.
    pub name: String,
    /// Where it is laid.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Fields and padding, by offset; the fields of a field follow it.
    pub rows: Vec<OverlayRow>,
}

/// A row of an [`Overlay`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverlayRow {
    /// A field.
    Field {
        /// Where it starts, in bytes from the whole's start.
        offset: u64,
        /// How many bytes it has, if that is known.
        size: Option<u64>,
        /// How many structures it is in.
        depth: usize,
        /// Its name.
        name: String,
        /// Its type's name.
        ty: String,
        /// Its value.
        value: String,
    },
    /// Bytes that belong to no field.
    Padding {
        /// Where they start, in bytes from the whole's start.
        offset: u64,
        /// How many.
        size: u64,
        /// As the fields around.
        depth: usize,
    },
}

impl OverlayRow {
    /// How many structures it is in.
    pub fn depth(&self) -> usize {
        match self {
            OverlayRow::Field { depth, .. } | OverlayRow::Padding { depth, .. } => *depth,
        }
    }
}

const MAX_DEPTH: usize = 8;
const MAX_ROWS: usize = 4096;

/// Lays a type over an address: each field with offset, size and value; padding between them. `None` if the type's
/// size is not known.
pub fn overlay(source: &Source<'_>, state: &State<'_>, ty: TypeId, address: u64) -> Option<Overlay> {
    let size = source.size_of(ty)?;
    let inspector = Inspector::new(source, state, 0);
    let mut overlay = Overlay { name: type_name(source, ty), address, size, rows: Vec::new() };
    fields(&inspector, source, &inspector.at(ty, address), address, size, 0, &mut overlay.rows);
    Some(overlay)
}

fn fields(
    inspector: &Inspector<'_, '_, State<'_>>,
    source: &Source<'_>,
    value: &Value,
    base: u64,
    size: u64,
    depth: usize,
    rows: &mut Vec<OverlayRow>,
) {
    let Ok(Some(ty)) = source.resolve_alias(value.ty) else { return };
    let TypeKind::Composite(composite) = &ty.kind else { return };
    let Some(start) = value.address() else { return };
    // The members as they lie, also behind what is shown as text or elements; of an enum those of the variant.
    let mut members: Vec<(String, TypeId, u64, Option<Value>)> = Vec::new();
    for member in &composite.members {
        let name = member.name.as_deref().unwrap_or("(base)").to_string();
        let Some(ty) = member.ty else { continue };
        // A bit field is read by the value model, which knows its bits.
        let read = member.name.as_deref().and_then(|name| inspector.field(value, name).ok().flatten());
        members.push((name, ty, start.saturating_add(member.offset), read));
    }
    if let Some(part) = &composite.variants {
        if let Some(member) = &part.discriminant
            && let Some(ty) = member.ty
        {
            members.push(("(discriminant)".to_string(), ty, start.saturating_add(member.offset), None));
        }
        if let Ok(Shape::Fields { variant, fields }) = inspector.declared(value) {
            for (name, field) in fields {
                let Some(at) = field.address() else { continue };
                let name = match (&variant, name) {
                    (Some(variant), Some(name)) => format!("{variant}.{name}"),
                    (_, name) => name.unwrap_or_default().into_owned(),
                };
                members.push((name, field.ty, at, Some(field)));
            }
        }
    }
    members.sort_by_key(|member| member.2);
    let mut end = start;
    for (name, ty, at, read) in members {
        if rows.len() >= MAX_ROWS {
            return;
        }
        if at > end {
            rows.push(OverlayRow::Padding { offset: end - base, size: at - end, depth });
        }
        let field = read.unwrap_or_else(|| inspector.at(ty, at));
        let size = source.size_of(ty);
        rows.push(OverlayRow::Field {
            offset: at.saturating_sub(base),
            size,
            depth,
            name,
            ty: type_name(source, ty),
            value: inspector.text(&field, Limits { depth: 2, elements: 8, text: 64, ..Limits::default() }),
        });
        if depth < MAX_DEPTH
            && let Some(size) = size
        {
            fields(inspector, source, &field, base, size, depth + 1, rows);
        }
        end = end.max(at.saturating_add(size.unwrap_or(0)));
    }
    if !composite.is_union && composite.variants.is_none() && end < start.saturating_add(size) && end > start {
        rows.push(OverlayRow::Padding { offset: end - base, size: start + size - end, depth });
    }
}

/// A type's name with its qualifiers and pointers, as the language writes them.
pub(crate) fn type_name(source: &Source<'_>, ty: TypeId) -> String {
    let mut next = ty;
    let mut stars = 0;
    for _ in 0..16 {
        let Ok(read) = source.read_type(next) else { break };
        if let Some(name) = source.qualified_name(read.id.0).filter(|_| read.name.is_some()) {
            return format!("{name}{}", "*".repeat(stars));
        }
        match read.kind {
            TypeKind::Pointer { target: Some(target), .. } => {
                stars += 1;
                next = target;
            }
            TypeKind::Alias { target: Some(target) } => next = target,
            TypeKind::Array { element: Some(element), counts } => {
                let counts: String =
                    counts.iter().map(|count| count.map_or("[]".to_string(), |count| format!("[{count}]"))).collect();
                return format!("{}{counts}{}", type_name(source, element), "*".repeat(stars));
            }
            TypeKind::Pointer { target: None, .. } => return format!("void{}", "*".repeat(stars + 1)),
            TypeKind::Subroutine { .. } => return format!("function{}", "*".repeat(stars)),
            _ => break,
        }
    }
    format!("?{}", "*".repeat(stars))
}

/// Types by name, as far as the program's variables lead to them: their types, those of their fields, and what pointers
/// lead to. A name is found with its path (`app::Node`), or by its last part if no other type has that.
#[derive(Clone, Debug, Default)]
pub struct TypeIndex {
    by_path: HashMap<String, TypeId>,
    by_name: HashMap<String, Vec<TypeId>>,
    /// What pointers lead to.
    targets: BTreeSet<TypeId>,
}

impl TypeIndex {
    /// Follows the types of all static variables, parameters and locals.
    pub fn new(source: &Source<'_>, program: &Program) -> TypeIndex {
        let mut index = TypeIndex::default();
        let mut seen = HashSet::new();
        let mut open: VecDeque<TypeId> = program.symbols.iter().filter_map(|symbol| symbol.ty).collect();
        let mut locals = source.subprograms().flat_map(|subprogram| {
            // Where a function starts, and halfway in, where blocks are open.
            let places = subprogram.ranges.into_iter().flat_map(|range| [range.start, (range.start + range.end) / 2]);
            let variables = places.flat_map(|at| source.variables_at(at).unwrap_or_default());
            variables.filter_map(|variable| variable.ty).collect::<Vec<_>>()
        });
        while seen.len() < MAX_TYPES {
            let Some(ty) = open.pop_front().or_else(|| locals.next()) else { break };
            if !seen.insert(ty) {
                continue;
            }
            let Ok(read) = source.read_type(ty) else { continue };
            if let Some(name) = &read.name
                && !matches!(read.kind, TypeKind::Pointer { .. } | TypeKind::Opaque)
            {
                let path = source.qualified_name(ty.0).unwrap_or_else(|| name.to_string());
                if let Entry::Vacant(entry) = index.by_path.entry(path) {
                    entry.insert(ty);
                    index.by_name.entry(name.to_string()).or_default().push(ty);
                }
            }
            if let TypeKind::Pointer { target: Some(target), .. } = read.kind {
                index.targets.insert(target);
            }
            open.extend(parts(&read.kind));
        }
        index
    }

    /// The types that pointers lead to: those that a block can have.
    pub(crate) fn targets(&self) -> impl Iterator<Item = TypeId> {
        self.targets.iter().copied()
    }

    /// The type of a name; in C with or without `struct` before it.
    pub fn get(&self, name: &str) -> Option<TypeId> {
        let keyword = ["struct ", "union ", "enum ", "class "].into_iter().find_map(|word| name.strip_prefix(word));
        let name = keyword.unwrap_or(name).trim();
        let by_name = || match self.by_name.get(name)?.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        self.by_path.get(name).copied().or_else(by_name)
    }
}

const MAX_TYPES: usize = 1 << 17;

/// The types that a type is made of.
fn parts(kind: &TypeKind<'_>) -> Vec<TypeId> {
    match kind {
        TypeKind::Pointer { target, .. } | TypeKind::Alias { target } => target.iter().copied().collect(),
        TypeKind::Array { element, .. } => element.iter().copied().collect(),
        TypeKind::Composite(composite) => {
            let variants = composite.variants.iter().flat_map(|part| &part.variants);
            let inner = variants.flat_map(|variant| &variant.members);
            composite.members.iter().chain(inner).filter_map(|member| member.ty).collect()
        }
        _ => Vec::new(),
    }
}

/// Live blocks of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeCount {
    /// The type of what lies there; `None` where no typed pointer leads.
    pub name: Option<String>,
    /// How many blocks.
    pub blocks: u64,
    /// Their bytes, headers included.
    pub bytes: u64,
}

/// Counts the live blocks by the type of the pointers that lead to them: from static variables and the given roots
/// (types with addresses, such as those of locals), through all that they point to. The largest first.
pub fn count_types(source: &Source<'_>, state: &State<'_>, layout: &Layout, roots: &[(TypeId, u64)]) -> Vec<TypeCount> {
    let names = Walk::new(source, state, layout, roots).names;
    let mut counts: BTreeMap<Option<&str>, (u64, u64)> = BTreeMap::new();
    for block in layout.live() {
        let count = counts.entry(names.get(&block.payload).map(String::as_str)).or_default();
        count.0 += 1;
        count.1 += block.size;
    }
    let mut counts: Vec<TypeCount> = counts
        .into_iter()
        .map(|(name, (blocks, bytes))| TypeCount { name: name.map(str::to_string), blocks, bytes })
        .collect();
    counts.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.name.cmp(&b.name)));
    counts
}

/// What is found on the way from typed roots through all that they point to.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// The type of what lies in a block, by its payload's address.
    pub(crate) names: HashMap<u64, String>,
    /// The blocks of growable collections (`Vec`, `String`), by their payload's address.
    pub(crate) buffers: BTreeMap<u64, Buffer>,
}

/// The block of a growable collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Buffer {
    /// The collection's type.
    pub(crate) owner: String,
    /// The bytes of its elements.
    pub(crate) used: u64,
}

impl Walk {
    pub(crate) fn new(source: &Source<'_>, state: &State<'_>, layout: &Layout, roots: &[(TypeId, u64)]) -> Walk {
        let mut walk = Walk::default();
        walk.follow(source, state, layout, roots);
        walk
    }

    fn follow(&mut self, source: &Source<'_>, state: &State<'_>, layout: &Layout, roots: &[(TypeId, u64)]) {
        let inspector = Inspector::new(source, state, 0);
        let index = TypeIndex::new(source, state.program);
        let blocks = layout.live();
        let Walk { names, buffers } = self;
        let mut open: VecDeque<Value> = VecDeque::new();
        let statics = state.program.symbols.iter().filter_map(|symbol| Some((symbol.ty?, symbol.address)));
        open.extend(statics.chain(roots.iter().copied()).map(|(ty, address)| inspector.at(ty, address)));
        // Each block is entered once; the values in it and in the roots are bounded by their bytes.
        let mut steps = (layout.len / 2).clamp(1 << 16, 1 << 24);
        let mut seen: HashSet<(TypeId, u64)> = HashSet::new();
        while let Some(value) = open.pop_front() {
            let Some(left) = steps.checked_sub(1) else { break };
            steps = left;
            // Text and slices as such, of all else the members: they lead to blocks.
            let shape = match inspector.shape(&value) {
                Ok(shape @ (Shape::Text { .. } | Shape::Elements(_))) => shape,
                Ok(_) => match inspector.declared(&value) {
                    Ok(shape) => shape,
                    Err(_) => continue,
                },
                Err(_) => continue,
            };
            let mut lead = |address: u64, ty: TypeId, name: String, open: &mut VecDeque<Value>| {
                let Ok(at) = blocks.binary_search_by_key(&address, |block| block.payload) else { return };
                names.entry(address).or_insert(name);
                let Some(size) = source.size_of(ty).filter(|size| *size > 0) else { return };
                // A pointer to one is a pointer to as many as there is room for.
                let count = (blocks[at].usable / size).min(1 << 12);
                for index in 0..count.max(1) {
                    let element = address + index * size;
                    if seen.insert((ty, element)) {
                        open.push_back(inspector.at(ty, element));
                    }
                }
            };
            let extent = match &shape {
                Shape::Text { address, length } => Some((*address, *length)),
                Shape::Elements(elements) => {
                    elements.address().map(|address| (address, elements.count.saturating_mul(elements.stride())))
                }
                _ => None,
            };
            if let Some((address, used)) = extent
                && blocks.binary_search_by_key(&address, |block| block.payload).is_ok()
                && let Some(owner) = growable(source, value.ty)
            {
                buffers.entry(address).or_insert(Buffer { owner, used });
            }
            match shape {
                Shape::Pointer { address, target: Some(target) } => {
                    lead(address, target, type_name(source, target), &mut open);
                }
                Shape::Text { address, .. } if blocks.binary_search_by_key(&address, |block| block.payload).is_ok() => {
                    names.entry(address).or_insert_with(|| "str".to_string());
                }
                Shape::Elements(elements) => {
                    for index in 0..elements.count.min(1 << 12) {
                        let Some(element) = inspector.element(&elements, index) else { break };
                        if index == 0
                            && let Some(address) = element.address()
                        {
                            let name = type_name(source, element.ty);
                            if blocks.binary_search_by_key(&address, |block| block.payload).is_ok() {
                                names.entry(address).or_insert(name);
                            }
                        }
                        open.push_back(element);
                    }
                }
                Shape::Fields { fields, .. } => {
                    if let Some((element, address)) = vec_elements(&inspector, source, &value) {
                        match index.get(&element) {
                            Some(ty) => lead(address, ty, element, &mut open),
                            None if blocks.binary_search_by_key(&address, |block| block.payload).is_ok() => {
                                names.entry(address).or_insert(element);
                            }
                            None => {}
                        }
                    } else {
                        open.extend(fields.into_iter().map(|(_, field)| field));
                    }
                }
                _ => {}
            }
        }
    }
}

/// The name of a collection that keeps room for more in its one block.
fn growable(source: &Source<'_>, ty: TypeId) -> Option<String> {
    let ty = source.resolve_alias(ty).ok()??;
    let name = ty.name.as_deref()?;
    // The allocator says nothing.
    (name == "String" || name.starts_with("Vec<")).then(|| name.replace(", alloc::alloc::Global", ""))
}

/// Of Rust's `Vec`, whose pointer has lost the type of the elements: the name of that type, from the vector's own name,
/// and the address.
fn vec_elements(inspector: &Inspector<'_, '_, State<'_>>, source: &Source<'_>, value: &Value) -> Option<(String, u64)> {
    let ty = source.resolve_alias(value.ty).ok()??;
    let arguments = ty.name.as_deref()?.strip_prefix("Vec<")?.strip_suffix('>')?;
    // The allocator is the last argument.
    let mut depth = 0;
    let end = arguments.char_indices().find(|(_, c)| {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        depth == 0 && *c == ','
    });
    let element = arguments[..end.map_or(arguments.len(), |(at, _)| at)].trim().to_string();
    // Through `RawVec`, `RawVecInner`, `Unique` and `NonNull`, whatever they are called, to the first pointer.
    let mut open = vec![(inspector.field(value, "buf").ok()??, 0)];
    while let Some((value, depth)) = open.pop() {
        match inspector.declared(&value).ok()? {
            Shape::Pointer { address, .. } => return Some((element, address)),
            Shape::Fields { fields, .. } if depth < MAX_DEPTH => {
                open.extend(fields.into_iter().rev().map(|(_, field)| (field, depth + 1)));
            }
            _ => {}
        }
    }
    None
}
