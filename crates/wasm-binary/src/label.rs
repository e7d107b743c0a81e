//! What an item is called in front of a user: its name where there is one, an honest label where there is none.

use crate::ids::{FunctionId, ItemId, Space};
use crate::item::{Item, ItemKind};
use crate::map::{BinaryKind, Map, Module};
use crate::names::demangle;
use std::borrow::Cow;
use std::fmt::Write;
use wasmparser::{CanonicalFunction, ComponentAlias};

impl<'a> Map<'a> {
    /// An item's name as its source writes it (mangled); `None` where nothing names it. Imports and exports are named
    /// by their fields only in [`Map::label`]. For an imported entity it is the name section's name of the entity.
    pub fn raw_name(&self, id: ItemId) -> Option<&str> {
        let item = self.item(id);
        let module = self.module(item.module);
        let (space, index) = self.space_of(id)?;
        if space == Space::Function {
            Some(module.names.function(FunctionId(index))?.0)
        } else {
            module.names.get(space, index)
        }
    }

    /// An item's demangled name; `None` where nothing names it.
    pub fn name(&self, id: ItemId) -> Option<Cow<'_, str>> {
        self.raw_name(id).filter(|n| !n.is_empty()).map(demangle)
    }

    /// The index space and index that an item stands for: an import's are those of what it imports.
    pub fn space_of(&self, id: ItemId) -> Option<(Space, u32)> {
        let item = self.item(id);
        let space = match item.kind {
            ItemKind::Function => Space::Function,
            ItemKind::Type => Space::Type,
            ItemKind::Table => Space::Table,
            ItemKind::Memory => Space::Memory,
            ItemKind::Global => Space::Global,
            ItemKind::Tag => Space::Tag,
            ItemKind::Element => Space::Element,
            ItemKind::Data => Space::Data,
            ItemKind::CoreInstance => Space::CoreInstance,
            ItemKind::Instance => Space::Instance,
            ItemKind::ComponentType => Space::ComponentType,
            ItemKind::CoreType => Space::Type,
            ItemKind::Import => {
                let import = self.module(item.module).imports.get(item.index as usize)?;
                return Some((import.space, import.index));
            }
            _ => return None,
        };
        Some((space, item.index))
    }

    /// What to call an item: its demangled name, or what is known of it. Safe to print: control characters and
    /// direction marks of hostile names are escaped.
    pub fn label(&self, id: ItemId) -> String {
        let item = self.item(id);
        let module = self.module(item.module);
        let label = match item.kind {
            ItemKind::Import => self.import_label(item, module),
            ItemKind::Export => self.export_label(id, module),
            ItemKind::Header => format!("{} header", self.module_noun(module)),
            ItemKind::SectionOverhead => format!("{} section", self.section_label(item)),
            ItemKind::CustomSection => self.section_label(item),
            ItemKind::UnknownSection => match item.section {
                Some(section) => format!("unknown section with id {}", self.section(section).id),
                None => "unknown section".to_string(),
            },
            ItemKind::Unreadable => format!("unreadable bytes at {:#x}", item.start),
            ItemKind::Start => "start function".to_string(),
            ItemKind::DataCount => "data count".to_string(),
            ItemKind::Alias | ItemKind::Canonical | ItemKind::ComponentImport | ItemKind::ComponentExport => {
                self.component_label(item).unwrap_or_else(|| self.unnamed(item, module))
            }
            _ => match self.name(id) {
                Some(name) => name.into_owned(),
                None => self.unnamed(item, module),
            },
        };
        match self.qualifier(item) {
            Some(qualifier) => format!("{} [{qualifier}]", escape(&label)),
            None => escape(&label).into_owned(),
        }
    }

    /// In a component the same label occurs in several modules, so framing says which.
    fn qualifier(&self, item: &Item) -> Option<String> {
        let is_framing = matches!(item.kind, ItemKind::Header | ItemKind::SectionOverhead | ItemKind::CustomSection);
        (is_framing && item.module.0 != 0).then(|| self.module_label(item.module))
    }

    /// What to call a module: `module 2 ("wasi")`; the file itself is `module` or `component`.
    pub fn module_label(&self, id: crate::ModuleId) -> String {
        let module = self.module(id);
        let mut label = self.module_noun(module).to_string();
        if id.0 != 0 {
            let _ = write!(label, " {}", id.0);
        }
        if let Some(name) = self.module_name(id) {
            let _ = write!(label, " (\"{}\")", escape(name));
        }
        label
    }

    /// A module's own name, or the one that the component around it gives.
    fn module_name(&self, id: crate::ModuleId) -> Option<&'a str> {
        let module = self.module(id);
        module.names.module.or_else(|| {
            let parent = self.module(module.parent?);
            let index = parent.nested[0].iter().position(|&m| m == Some(id));
            match index {
                Some(index) => parent.names.get(Space::CoreModule, index as u32),
                None => {
                    let index = parent.nested[1].iter().position(|&m| m == Some(id))?;
                    parent.names.get(Space::Component, index as u32)
                }
            }
        })
    }

    fn module_noun(&self, module: &Module<'_>) -> &'static str {
        if module.kind == BinaryKind::Component { "component" } else { "module" }
    }

    fn section_label(&self, item: &Item) -> String {
        item.section.map_or(String::new(), |s| self.section(s).label())
    }

    fn import_label(&self, item: &Item, module: &Module<'_>) -> String {
        match module.imports.get(item.index as usize) {
            Some(import) => format!("import {} \"{}\".\"{}\"", import.space.noun(), import.module, import.name),
            None => format!("import {}", item.index),
        }
    }

    fn export_label(&self, id: ItemId, module: &Module<'_>) -> String {
        match module.exports.binary_search_by_key(&id, |e| e.item) {
            Ok(at) => format!("export \"{}\"", module.exports[at].name),
            Err(_) => "export".to_string(),
        }
    }

    /// The name that a component's definition has in the file, or what it does.
    fn component_label(&self, item: &Item) -> Option<String> {
        let mut reader = self.reader(item.range());
        let label = match item.kind {
            ItemKind::Alias => match reader.read::<ComponentAlias>().ok()? {
                ComponentAlias::InstanceExport { name, .. } => format!("alias \"{name}\""),
                ComponentAlias::CoreInstanceExport { name, .. } => format!("core alias \"{name}\""),
                ComponentAlias::Outer { index, .. } => format!("outer alias {index}"),
            },
            ItemKind::ComponentImport => {
                format!("import \"{}\"", reader.read::<wasmparser::ComponentImport>().ok()?.name.name)
            }
            ItemKind::ComponentExport => {
                format!("export \"{}\"", reader.read::<wasmparser::ComponentExport>().ok()?.name.name)
            }
            _ => match reader.read::<CanonicalFunction>().ok()? {
                CanonicalFunction::Lift { core_func_index, .. } => format!("lift of core function {core_func_index}"),
                CanonicalFunction::Lower { func_index, .. } => format!("lowering of function {func_index}"),
                _ => return None,
            },
        };
        Some(label)
    }

    /// `function 812 (exported as "render")`, `data segment 3 (at 0x100000)`.
    fn unnamed(&self, item: &Item, module: &Module<'_>) -> String {
        let mut label = format!("{} {}", item.kind.noun(), item.index);
        let space = match item.kind {
            ItemKind::Function => Space::Function,
            ItemKind::Table => Space::Table,
            ItemKind::Memory => Space::Memory,
            ItemKind::Global => Space::Global,
            ItemKind::Tag => Space::Tag,
            ItemKind::Data => {
                match module.data.get(item.index as usize) {
                    Some(segment) if segment.memory.is_none() => label.push_str(" (passive)"),
                    Some(segment) => {
                        if let Some(address) = segment.address {
                            let _ = write!(label, " (at {address:#x})");
                        }
                    }
                    None => {}
                }
                return label;
            }
            _ => return label,
        };
        if let Some(export) = module.export_of(space, item.index) {
            let _ = write!(label, " (exported as \"{}\")", export.name);
        }
        label
    }
}

/// Makes text from a file safe to print on one line: control characters and the marks that reorder or hide text are
/// written as `\u{202e}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    let shown = &text[..text.floor_char_boundary(MAX_SHOWN)];
    if shown.len() == text.len() && !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(shown.len() + 16);
    for c in shown.chars() {
        if is_unsafe(c) { escaped.extend(c.escape_unicode()) } else { escaped.push(c) }
    }
    if shown.len() < text.len() {
        escaped.push('…');
    }
    Cow::Owned(escaped)
}

/// Bytes of a text that are shown: longer names than those of real files would be in memory many times.
const MAX_SHOWN: usize = 64 * 1024;

/// Control characters, and Unicode's default-ignorable direction marks, joiners, separators and tags.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
