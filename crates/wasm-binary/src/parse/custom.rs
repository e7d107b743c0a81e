//! Custom sections. Entries that describe another item (names, symbols, relocations, hints) are charged to it; the
//! rest of the section is an item of its own.

use super::{Builder, Here};
use crate::ids::{ItemId, Space};
use crate::item::{ItemKind, Role};
use crate::map::BinaryKind;
use std::ops::Range;
use wasmparser::{
    BranchHintFunction, ComponentName, FromReader, IndirectNaming, Linking, LinkingSectionReader, Name, NameMap,
    Naming, RelocSectionReader, RelocationEntry, SectionLimited, Subsection, Subsections, SymbolInfo,
};

type Read = wasmparser::Result<()>;

impl<'a> Builder<'a> {
    pub(super) fn custom(&mut self, here: &Here) {
        let section = &self.sections[here.section.as_usize()];
        let (name, range) = (section.name, section.range.clone());
        let item = self.item(ItemKind::CustomSection, here.module, Some(here.section), 0, range.clone());
        self.fill(here.payload.start, item, Role::Definition);
        let is_component = self.modules[here.module.as_usize()].kind == BinaryKind::Component;
        let read = match name {
            None => {
                self.damaged(Some(here.section), here.payload.start, "the section has no readable name");
                Ok(())
            }
            Some("name") if !is_component => self.name_section(here, item),
            Some("component-name") if is_component => self.component_name_section(here, item),
            Some("linking") if !is_component => self.linking(here, item),
            Some("dylink.0" | "dylink") if !is_component => {
                self.modules[here.module.as_usize()].kind = BinaryKind::Dylib;
                Ok(())
            }
            Some("metadata.code.branch_hint") if !is_component => self.branch_hints(here, item),
            Some(name) if name.starts_with("reloc.") && !is_component => self.relocations(here, item),
            Some(_) => Ok(()),
        };
        if let Err(e) = read {
            self.damaged(Some(here.section), (e.offset() as u32).clamp(range.start, range.end), e.message());
        }
        self.fill(range.end, item, Role::Definition);
    }

    fn name_section(&mut self, here: &Here, section: ItemId) -> Read {
        self.subsections(here, |this, name| match name {
            Name::Module { name, .. } => {
                this.modules[here.module.as_usize()].names.module = Some(name);
                Ok(())
            }
            Name::Function(map) => this.names(here, section, Space::Function, map),
            Name::Local(map) => this.indirect_names(here, section, Space::Function, map.names.into(), true),
            Name::Label(map) => this.indirect_names(here, section, Space::Function, map.names.into(), false),
            Name::Type(map) => this.names(here, section, Space::Type, map),
            Name::Table(map) => this.names(here, section, Space::Table, map),
            Name::Memory(map) => this.names(here, section, Space::Memory, map),
            Name::Global(map) => this.names(here, section, Space::Global, map),
            Name::Element(map) => this.names(here, section, Space::Element, map),
            Name::Data(map) => this.names(here, section, Space::Data, map),
            Name::Field(map) | Name::Parameter(map) => {
                this.indirect_names(here, section, Space::Type, map.names.into(), false)
            }
            Name::Tag(map) => this.names(here, section, Space::Tag, map),
            Name::TagParameter(map) => this.indirect_names(here, section, Space::Tag, map.names.into(), false),
            Name::Unknown { .. } => Ok(()),
        })
    }

    fn component_name_section(&mut self, here: &Here, section: ItemId) -> Read {
        self.subsections(here, |this, name| match name {
            ComponentName::Component { name, .. } => {
                this.modules[here.module.as_usize()].names.module = Some(name);
                Ok(())
            }
            ComponentName::CoreFuncs(map) => this.names(here, section, Space::Function, map),
            ComponentName::CoreGlobals(map) => this.names(here, section, Space::Global, map),
            ComponentName::CoreMemories(map) => this.names(here, section, Space::Memory, map),
            ComponentName::CoreTables(map) => this.names(here, section, Space::Table, map),
            ComponentName::CoreTags(map) => this.names(here, section, Space::Tag, map),
            ComponentName::CoreModules(map) => this.names(here, section, Space::CoreModule, map),
            ComponentName::CoreInstances(map) => this.names(here, section, Space::CoreInstance, map),
            ComponentName::CoreTypes(map) => this.names(here, section, Space::Type, map),
            ComponentName::Types(map) => this.names(here, section, Space::ComponentType, map),
            ComponentName::Instances(map) => this.names(here, section, Space::Instance, map),
            ComponentName::Components(map) => this.names(here, section, Space::Component, map),
            ComponentName::Funcs(map) => this.names(here, section, Space::ComponentFunction, map),
            ComponentName::Values(map) => this.names(here, section, Space::ComponentValue, map),
            ComponentName::Unknown { .. } => Ok(()),
        })
    }

    /// Calls `each` for every subsection. A subsection that cannot be read ends the reading: the next one's place
    /// would be a guess.
    fn subsections<T: Subsection<'a>>(&mut self, here: &Here, mut each: impl FnMut(&mut Self, T) -> Read) -> Read {
        for subsection in Subsections::new(self.reader(here.payload.clone())) {
            each(self, subsection?)?;
        }
        Ok(())
    }

    fn names(&mut self, here: &Here, section: ItemId, space: Space, map: NameMap<'a>) -> Read {
        // The plain entries: wasmparser's map refuses those that are out of order, which harms nobody here.
        self.described(section, map.names.into(), |this, naming: Naming| {
            let module = &mut this.modules[here.module.as_usize()];
            let item = module.item_at(space, naming.index)?;
            module.names.set(space, naming.index, naming.name);
            // A nested module's or an alias' name stays with the section: the item is not its own.
            (this.items[item.as_usize()].kind != ItemKind::SectionOverhead).then_some(item)
        })
    }

    fn indirect_names(
        &mut self,
        here: &Here,
        section: ItemId,
        space: Space,
        entries: SectionLimited<'a, IndirectNaming<'a>>,
        locals: bool,
    ) -> Read {
        self.described_at(section, entries, |this, naming: IndirectNaming, range| {
            let module = &mut this.modules[here.module.as_usize()];
            // One entry a function: more are not sound, and would cost more than they say.
            if locals && module.names.locals.len() < module.space(Space::Function).len() {
                module.names.locals.push((naming.index, range));
            }
            module.item_at(space, naming.index)
        })
    }

    /// Relocatable objects: the symbol table names functions and data (tool-conventions `Linking.md`).
    fn linking(&mut self, here: &Here, section: ItemId) -> Read {
        self.modules[here.module.as_usize()].kind = BinaryKind::Object;
        let reader = LinkingSectionReader::new(self.reader(here.payload.clone()))?;
        for subsection in reader.subsections() {
            let module = here.module.as_usize();
            match subsection? {
                Linking::SegmentInfo(segments) => {
                    let mut index = 0;
                    self.described(section, segments, |this, segment| {
                        this.modules[module].names.set(Space::Data, index, segment.name);
                        index += 1;
                        this.modules[module].item_at(Space::Data, index - 1)
                    })?;
                }
                Linking::SymbolTable(symbols) => self.described(section, symbols, |this, symbol| {
                    let (space, index, name) = match symbol {
                        SymbolInfo::Func { index, name, .. } => (Space::Function, index, name),
                        SymbolInfo::Global { index, name, .. } => (Space::Global, index, name),
                        SymbolInfo::Event { index, name, .. } => (Space::Tag, index, name),
                        SymbolInfo::Table { index, name, .. } => (Space::Table, index, name),
                        // A data symbol is a part of its segment, which has a name of its own.
                        SymbolInfo::Data { symbol, .. } => {
                            return this.modules[module].item_at(Space::Data, symbol?.index);
                        }
                        SymbolInfo::Section { .. } => return None,
                    };
                    if let Some(name) = name {
                        this.modules[module].names.set_if_absent(space, index, name);
                    }
                    this.modules[module].item_at(space, index)
                })?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A relocation is charged to the function or segment that it patches.
    fn relocations(&mut self, here: &Here, section: ItemId) -> Read {
        let reader = RelocSectionReader::new(self.reader(here.payload.clone()))?;
        let target = self.modules[here.module.as_usize()].sections.get(reader.section_index() as usize).copied();
        let Some(target) = target.map(|s| self.sections[s.as_usize()].payload.clone()) else {
            return Ok(());
        };
        self.described(section, reader.entries(), |this, entry: RelocationEntry| {
            let offset = target.start.checked_add(entry.offset)?;
            let at = this.parts.partition_point(|p| p.start <= offset).checked_sub(1)?;
            let item = this.parts[at].item;
            (offset < target.end && this.items[item.as_usize()].kind != ItemKind::SectionOverhead).then_some(item)
        })
    }

    fn branch_hints(&mut self, here: &Here, section: ItemId) -> Read {
        let entries = SectionLimited::<BranchHintFunction>::new(self.reader(here.payload.clone()))?;
        self.described(section, entries, |this, hints| {
            this.modules[here.module.as_usize()].item_at(Space::Function, hints.func)
        })
    }

    /// Charges each entry to the item that `owner` names, else to the section.
    fn described<T: FromReader<'a>>(
        &mut self,
        section: ItemId,
        entries: SectionLimited<'a, T>,
        mut owner: impl FnMut(&mut Self, T) -> Option<ItemId>,
    ) -> Read {
        self.described_at(section, entries, |this, value, _| owner(this, value))
    }

    fn described_at<T: FromReader<'a>>(
        &mut self,
        section: ItemId,
        entries: SectionLimited<'a, T>,
        mut owner: impl FnMut(&mut Self, T, Range<u32>) -> Option<ItemId>,
    ) -> Read {
        let role = match self.sections.last().and_then(|s| s.name) {
            Some("name" | "component-name" | "linking") => Role::Name,
            _ => Role::Metadata,
        };
        let mut entries = entries.into_iter();
        self.fill(entries.original_position() as u32, section, Role::Definition);
        loop {
            let start = entries.original_position() as u32;
            let Some(entry) = entries.next().transpose()? else { return Ok(()) };
            let end = entries.original_position() as u32;
            match owner(self, entry, start..end).filter(|_| self.parts.len() < self.limits.parts) {
                Some(item) => self.fill(end, item, role),
                None => self.fill(end, section, Role::Definition),
            }
        }
    }
}
