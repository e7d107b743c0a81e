//! References between the definitions of a component, through its core instances into the modules they come from.
//!
//! A nested module's exports are used by those who name them, as far as its component instantiates it openly. Where a
//! module is handed on (outer alias, export, argument of a component), all its exports count as used.

use super::indirect::Layout;
use super::{EdgeList, Reason};
use crate::ids::{ItemId, ModuleId, Space};
use crate::item::ItemKind;
use crate::map::{BinaryKind, Map};
use crate::parse::external_space;
use std::collections::{HashMap, HashSet};
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExport, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ExternalKind, Instance,
};

/// Which modules the host or something unknown can use by name.
#[derive(Default)]
pub(super) struct Linkage {
    closed: HashSet<ModuleId>,
}

impl Linkage {
    /// Whether all exports of a module are roots.
    pub(super) fn is_open(&self, module: ModuleId) -> bool {
        !self.closed.contains(&module)
    }
}

pub(super) fn read(map: &Map<'_>, layout: &Layout, edges: &mut EdgeList) -> Linkage {
    let mut linkage = Linkage::default();
    let mut opened = HashSet::new();
    for (at, module) in map.modules().iter().enumerate() {
        if module.kind == BinaryKind::Component {
            let mut reader = Reader::new(map, ModuleId(at as u32), layout, edges);
            reader.read();
            linkage.closed.extend(reader.instantiated);
            opened.extend(reader.opened);
        }
    }
    linkage.closed.retain(|module| !opened.contains(module));
    linkage
}

struct Reader<'m, 'a> {
    map: &'m Map<'a>,
    id: ModuleId,
    layout: &'m Layout,
    edges: &'m mut EdgeList,
    /// Core instances by index; `None` where it is not known what they hold.
    instances: Vec<Option<Instance<'a>>>,
    /// Export names of the modules, looked up once each.
    exports: HashMap<ModuleId, HashMap<&'a str, ItemId>>,
    instantiated: Vec<ModuleId>,
    opened: Vec<ModuleId>,
}

impl<'m, 'a> Reader<'m, 'a> {
    fn new(map: &'m Map<'a>, id: ModuleId, layout: &'m Layout, edges: &'m mut EdgeList) -> Self {
        let instances = map.module(id).space(Space::CoreInstance);
        let instances = instances.iter().map(|&item| map.reader(map.item(item).range()).read().ok()).collect();
        Reader {
            map,
            id,
            layout,
            edges,
            instances,
            exports: HashMap::new(),
            instantiated: Vec::new(),
            opened: Vec::new(),
        }
    }

    fn read(&mut self) {
        let sections = &self.map.module(self.id).sections;
        let items: Vec<ItemId> = sections.iter().flat_map(|&s| self.items_of(s)).collect();
        for (index, &item) in self.map.module(self.id).space(Space::CoreInstance).iter().enumerate() {
            self.core_instance(index, item);
        }
        for id in items {
            match self.map.item(id).kind {
                ItemKind::Alias => self.alias(id),
                ItemKind::Canonical => self.canonical(id),
                ItemKind::ComponentExport => self.export(id),
                ItemKind::Instance => self.component_instance(id),
                // Types, imports, starts and values are the component's face: they stay.
                ItemKind::ComponentType
                | ItemKind::CoreType
                | ItemKind::ComponentImport
                | ItemKind::ComponentStart
                | ItemKind::ComponentValue => self.edges.add(self.layout.root(), id, Reason::Component),
                _ => {}
            }
        }
    }

    /// The component's own items in a section; those of nested modules have sections of their own.
    fn items_of(&self, section: crate::SectionId) -> Vec<ItemId> {
        let section = self.map.section(section);
        if matches!(section.kind, "core module" | "component") {
            return Vec::new();
        }
        let parts = section.parts.start as usize..section.parts.end as usize;
        let mut items: Vec<ItemId> = self.map.parts()[parts].iter().map(|p| p.item).collect();
        items.dedup();
        items
    }

    fn use_index(&mut self, from: ItemId, space: Space, index: u32) {
        if let Some(to) = self.map.module(self.id).item_at(space, index) {
            self.edges.add(from, to, Reason::Component);
        }
    }

    fn core_instance(&mut self, index: usize, item: ItemId) {
        // Instantiation runs start functions and writes segments: instances stay.
        self.edges.add(self.layout.root(), item, Reason::Start);
        match self.instances.get(index).cloned().flatten() {
            Some(Instance::Instantiate { module_index, args }) => {
                self.use_index(item, Space::CoreModule, module_index);
                let Some(module) = self.core_module(module_index) else {
                    // It is imported or an alias: nobody sees what it uses of its arguments.
                    args.iter().for_each(|arg| self.open_instance(arg.index));
                    return;
                };
                self.instantiated.push(module);
                let args: HashMap<&str, u32> = args.iter().map(|a| (a.name, a.index)).collect();
                for import in &self.map.module(module).imports {
                    let Some(&instance) = args.get(import.module) else { continue };
                    if let Some(given) = self.resolve(instance, import.name) {
                        self.edges.add(import.item, given, Reason::Import);
                    }
                }
                for instance in args.into_values() {
                    self.use_index(item, Space::CoreInstance, instance);
                }
            }
            Some(Instance::FromExports(exports)) => {
                for export in exports {
                    self.use_index(item, core_space(export.kind), export.index);
                }
            }
            None => {}
        }
    }

    fn core_module(&self, index: u32) -> Option<ModuleId> {
        self.map.module(self.id).nested[0].get(index as usize).copied().flatten()
    }

    /// What a core instance gives under a name.
    fn resolve(&mut self, instance: u32, name: &str) -> Option<ItemId> {
        match self.instances.get(instance as usize).cloned().flatten()? {
            Instance::Instantiate { module_index, .. } => {
                let module = self.core_module(module_index)?;
                let exports = self
                    .exports
                    .entry(module)
                    .or_insert_with(|| self.map.module(module).exports.iter().map(|e| (e.name, e.item)).collect());
                exports.get(name).copied()
            }
            Instance::FromExports(exports) => {
                let export = exports.iter().find(|e| e.name == name)?;
                self.map.module(self.id).item_at(core_space(export.kind), export.index)
            }
        }
    }

    fn alias(&mut self, item: ItemId) {
        let Ok(alias) = self.map.reader(self.map.item(item).range()).read::<ComponentAlias>() else { return };
        match alias {
            ComponentAlias::InstanceExport { instance_index, .. } => {
                self.use_index(item, Space::Instance, instance_index)
            }
            ComponentAlias::CoreInstanceExport { instance_index, name, .. } => {
                self.use_index(item, Space::CoreInstance, instance_index);
                if let Some(export) = self.resolve(instance_index, name) {
                    self.edges.add(item, export, Reason::Component);
                }
            }
            ComponentAlias::Outer { kind, count, index } => {
                self.edges.add(self.layout.root(), item, Reason::Component);
                let Some(outer) = self.outer(count) else { return };
                if kind == ComponentOuterAliasKind::CoreModule {
                    self.open(outer, index);
                }
            }
        }
    }

    fn outer(&self, count: u32) -> Option<ModuleId> {
        (0..count).try_fold(self.id, |id, _| self.map.module(id).parent)
    }

    /// A module that is handed on: nobody sees who uses its exports.
    fn open(&mut self, component: ModuleId, index: u32) {
        self.opened.extend(self.map.module(component).nested[0].get(index as usize).copied().flatten());
    }

    fn open_instance(&mut self, index: u32) {
        if let Some(Some(Instance::Instantiate { module_index, .. })) = self.instances.get(index as usize) {
            self.open(self.id, *module_index);
        }
    }

    fn export(&mut self, item: ItemId) {
        self.edges.add(self.layout.root(), item, Reason::HostCanUse);
        let Ok(export) = self.map.reader(self.map.item(item).range()).read::<ComponentExport>() else { return };
        self.use_external(item, export.kind, export.index);
    }

    fn component_instance(&mut self, item: ItemId) {
        self.edges.add(self.layout.root(), item, Reason::Start);
        match self.map.reader(self.map.item(item).range()).read::<ComponentInstance>() {
            Ok(ComponentInstance::Instantiate { component_index, args }) => {
                self.use_index(item, Space::Component, component_index);
                for arg in args {
                    self.use_external(item, arg.kind, arg.index);
                }
            }
            Ok(ComponentInstance::FromExports(exports)) => {
                for export in exports {
                    self.use_external(item, export.kind, export.index);
                }
            }
            Err(_) => {}
        }
    }

    fn use_external(&mut self, from: ItemId, kind: ComponentExternalKind, index: u32) {
        self.use_index(from, external_space(kind), index);
        if kind == ComponentExternalKind::Module {
            self.open(self.id, index);
        }
    }

    fn canonical(&mut self, item: ItemId) {
        // Built-ins and lowered imports go when nobody is given them; a lift is reached from its export.
        let Ok(function) = self.map.reader(self.map.item(item).range()).read::<CanonicalFunction>() else {
            self.edges.add(self.layout.root(), item, Reason::Component);
            return;
        };
        match function {
            CanonicalFunction::Lift { core_func_index, type_index, options } => {
                self.use_index(item, Space::Function, core_func_index);
                self.use_index(item, Space::ComponentType, type_index);
                self.options(item, &options);
            }
            CanonicalFunction::Lower { func_index, options } => {
                self.use_index(item, Space::ComponentFunction, func_index);
                self.options(item, &options);
            }
            CanonicalFunction::ResourceNew { resource }
            | CanonicalFunction::ResourceDrop { resource }
            | CanonicalFunction::ResourceRep { resource } => self.use_index(item, Space::ComponentType, resource),
            CanonicalFunction::TaskReturn { options, .. }
            | CanonicalFunction::StreamRead { options, .. }
            | CanonicalFunction::StreamWrite { options, .. }
            | CanonicalFunction::FutureRead { options, .. }
            | CanonicalFunction::FutureWrite { options, .. }
            | CanonicalFunction::ErrorContextNew { options }
            | CanonicalFunction::ErrorContextDebugMessage { options } => self.options(item, &options),
            CanonicalFunction::WaitableSetWait { memory, .. } | CanonicalFunction::WaitableSetPoll { memory, .. } => {
                self.use_index(item, Space::Memory, memory);
            }
            CanonicalFunction::ThreadSpawnIndirect { table_index, .. }
            | CanonicalFunction::ThreadNewIndirect { table_index, .. } => {
                self.use_index(item, Space::Table, table_index);
            }
            _ => {}
        }
    }

    fn options(&mut self, item: ItemId, options: &[CanonicalOption]) {
        for option in options {
            match *option {
                CanonicalOption::Memory(index) => self.use_index(item, Space::Memory, index),
                CanonicalOption::Realloc(index)
                | CanonicalOption::PostReturn(index)
                | CanonicalOption::Callback(index) => self.use_index(item, Space::Function, index),
                CanonicalOption::CoreType(index) => self.use_index(item, Space::Type, index),
                _ => {}
            }
        }
    }
}

fn core_space(kind: ExternalKind) -> Space {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => Space::Function,
        ExternalKind::Table => Space::Table,
        ExternalKind::Memory => Space::Memory,
        ExternalKind::Global => Space::Global,
        ExternalKind::Tag => Space::Tag,
    }
}
