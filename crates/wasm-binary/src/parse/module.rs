//! The sections of a core module.

use super::{Builder, Here, TOO_MANY};
use crate::ids::{ItemId, Space};
use crate::item::{DataSegment, Export, Import, ItemKind, Role};
use wasmparser::{
    ConstExpr, Data, DataKind, Element, ExternalKind, FunctionBody, Global, Imports, MemoryType, Operator, RecGroup,
    Table, TagType, TypeRef,
};

impl<'a> Builder<'a> {
    pub(super) fn core_section(&mut self, id: u8, here: &Here) {
        match id {
            1 => self.types(here),
            2 => self.imports(here),
            3 => self.functions(here),
            4 => self.entries(here, ItemKind::Table, Some(Space::Table), |_, _, _: Table| {}),
            5 => self.entries(here, ItemKind::Memory, Some(Space::Memory), |_, _, _: MemoryType| {}),
            6 => self.entries(here, ItemKind::Global, Some(Space::Global), |_, _, _: Global| {}),
            7 => self.exports(here),
            8 => drop(self.whole(here, ItemKind::Start)),
            9 => self.entries(here, ItemKind::Element, Some(Space::Element), |_, _, _: Element| {}),
            10 => self.code(here),
            11 => self.data(here),
            12 => drop(self.whole(here, ItemKind::DataCount)),
            13 => self.entries(here, ItemKind::Tag, Some(Space::Tag), |_, _, _: TagType| {}),
            _ => drop(self.whole(here, ItemKind::UnknownSection)),
        }
    }

    fn types(&mut self, here: &Here) {
        self.vector(here, |this, range, _, group: RecGroup| {
            let module = here.module.as_usize();
            let mut starts: Vec<u32> = group.into_types_and_offsets().map(|(at, _)| at as u32).collect();
            if let Some(first) = starts.first_mut() {
                *first = range.start;
            }
            for (at, &start) in starts.iter().enumerate() {
                if this.is_full() {
                    this.damaged(Some(here.section), start, TOO_MANY);
                    break;
                }
                let end = starts.get(at + 1).copied().unwrap_or(range.end);
                let index = this.modules[module].spaces[Space::Type as usize].len() as u32;
                let item = this.item(ItemKind::Type, here.module, Some(here.section), index, start..end);
                this.modules[module].spaces[Space::Type as usize].push(item);
                this.fill(end, item, Role::Definition);
            }
        });
    }

    fn imports(&mut self, here: &Here) {
        self.vector(here, |this, range, _, group: Imports| {
            // A compact group's module name is charged to its first import.
            let mut imports = group.into_iter().flatten().peekable();
            while let Some((start, import)) = imports.next() {
                if this.is_full() {
                    this.damaged(Some(here.section), start as u32, TOO_MANY);
                    break;
                }
                let end = imports.peek().map_or(range.end, |&(next, _)| next as u32);
                this.import(here, end, import);
            }
        });
    }

    fn import(&mut self, here: &Here, end: u32, import: wasmparser::Import<'a>) {
        let space = match import.ty {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => Space::Function,
            TypeRef::Table(_) => Space::Table,
            TypeRef::Memory(_) => Space::Memory,
            TypeRef::Global(_) => Space::Global,
            TypeRef::Tag(_) => Space::Tag,
        };
        let position = self.modules[here.module.as_usize()].imports.len() as u32;
        let item = self.item(ItemKind::Import, here.module, Some(here.section), position, self.cursor..end);
        self.fill(end, item, Role::Definition);
        let module = &mut self.modules[here.module.as_usize()];
        let index = module.spaces[space as usize].len() as u32;
        module.spaces[space as usize].push(item);
        module.imports.push(Import { module: import.module, name: import.name, space, index, item });
        if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
            module.function_types.push(ty);
        }
    }

    fn functions(&mut self, here: &Here) {
        self.vector(here, |this, range, _, ty: u32| {
            let index = this.modules[here.module.as_usize()].spaces[Space::Function as usize].len() as u32;
            // The body's place is set when the code section is read.
            let item = this.item(ItemKind::Function, here.module, Some(here.section), index, range.start..range.start);
            this.fill(range.end, item, Role::TypeIndex);
            let module = &mut this.modules[here.module.as_usize()];
            module.spaces[Space::Function as usize].push(item);
            module.function_types.push(ty);
        });
    }

    fn code(&mut self, here: &Here) {
        let imported = self.modules[here.module.as_usize()].imported_functions();
        let mut bodies = 0;
        self.vector(here, |this, range, index, _: FunctionBody| {
            bodies += 1;
            let Some(item) = this.modules[here.module.as_usize()].item_at(Space::Function, imported + index) else {
                return;
            };
            this.items[item.as_usize()].section = Some(here.section);
            this.items[item.as_usize()].start = range.start;
            this.items[item.as_usize()].end = range.end;
            this.fill(range.end, item, Role::Definition);
        });
        let declared = self.modules[here.module.as_usize()].space(Space::Function).len() as u32 - imported;
        if bodies != declared {
            let message = format!("{declared} functions are declared but {bodies} bodies can be read");
            self.damaged(Some(here.section), here.payload.start, &message);
        }
    }

    fn exports(&mut self, here: &Here) {
        self.entries(here, ItemKind::Export, None, |this, item, export: wasmparser::Export| {
            let space = match export.kind {
                ExternalKind::Func | ExternalKind::FuncExact => Space::Function,
                ExternalKind::Table => Space::Table,
                ExternalKind::Memory => Space::Memory,
                ExternalKind::Global => Space::Global,
                ExternalKind::Tag => Space::Tag,
            };
            let export = Export { name: export.name, space, index: export.index, item };
            this.modules[here.module.as_usize()].exports.push(export);
        });
    }

    fn data(&mut self, here: &Here) {
        self.entries(here, ItemKind::Data, Some(Space::Data), |this, item: ItemId, data: Data| {
            let end = this.items[item.as_usize()].end;
            let (memory, address) = match &data.kind {
                DataKind::Passive => (None, None),
                DataKind::Active { memory_index, offset_expr } => (Some(*memory_index), constant(offset_expr)),
            };
            let contents = end - data.data.len() as u32..end;
            this.modules[here.module.as_usize()].data.push(DataSegment { item, contents, memory, address });
        });
    }
}

/// The value of an expression that is one `i32.const` or `i64.const`.
fn constant(expr: &ConstExpr<'_>) -> Option<u64> {
    let mut ops = expr.get_operators_reader();
    let value = match ops.read().ok()? {
        Operator::I32Const { value } => u64::from(value as u32),
        Operator::I64Const { value } => value as u64,
        _ => return None,
    };
    matches!(ops.read(), Ok(Operator::End)).then_some(value)
}
