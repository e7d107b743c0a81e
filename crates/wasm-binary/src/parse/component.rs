//! The sections of a component (component-model `Binary.md`).

use super::{Builder, Here, MAX_NESTING};
use crate::ids::Space;
use crate::item::{ItemKind, Role};
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExport, ComponentExternalKind, ComponentImport, ComponentInstance,
    ComponentOuterAliasKind, ComponentType, ComponentTypeRef, CoreType, ExternalKind, Instance,
};

impl<'a> Builder<'a> {
    pub(super) fn component_section(&mut self, id: u8, here: &Here, depth: u32) {
        match id {
            1 => self.nested(here, depth, Space::CoreModule),
            2 => self.entries(here, ItemKind::CoreInstance, Some(Space::CoreInstance), |_, _, _: Instance| {}),
            3 => self.entries(here, ItemKind::CoreType, Some(Space::Type), |_, _, _: CoreType| {}),
            4 => self.nested(here, depth, Space::Component),
            5 => self.entries(here, ItemKind::Instance, Some(Space::Instance), |_, _, _: ComponentInstance| {}),
            6 => self.component_entries(here, ItemKind::Alias, alias_space),
            7 => self.entries(here, ItemKind::ComponentType, Some(Space::ComponentType), |_, _, _: ComponentType| {}),
            8 => self.component_entries(here, ItemKind::Canonical, canonical_space),
            9 => drop(self.whole(here, ItemKind::ComponentStart)),
            10 => self.component_entries(here, ItemKind::ComponentImport, import_space),
            11 => self.component_entries(here, ItemKind::ComponentExport, export_space),
            12 => drop(self.whole(here, ItemKind::ComponentValue)),
            _ => drop(self.whole(here, ItemKind::UnknownSection)),
        }
    }

    /// Definitions that add an index to a space that depends on each.
    fn component_entries<T: wasmparser::FromReader<'a>>(
        &mut self,
        here: &Here,
        kind: ItemKind,
        space_of: impl Fn(&T) -> Space,
    ) {
        self.vector(here, |this, range, position, value: T| {
            let item = this.item(kind, here.module, Some(here.section), position, range.clone());
            this.fill(range.end, item, Role::Definition);
            this.add_component_index(here, space_of(&value), item);
        });
    }

    fn add_component_index(&mut self, here: &Here, space: Space, item: crate::ItemId) {
        let module = &mut self.modules[here.module.as_usize()];
        module.spaces[space as usize].push(item);
        match space {
            Space::CoreModule => module.nested[0].push(None),
            Space::Component => module.nested[1].push(None),
            _ => {}
        }
    }

    /// A core module or component: its section's header is overhead, the rest is a module of its own.
    fn nested(&mut self, here: &Here, depth: u32, space: Space) {
        let overhead = self.overhead(here);
        let limit = match () {
            () if depth >= MAX_NESTING => Some("more than 100 modules inside each other; this one is not opened"),
            () if self.modules.len() >= self.limits.modules => {
                Some("there are more modules than the file's size warrants; this one is not opened")
            }
            () => None,
        };
        let nested = match limit {
            Some(message) => {
                self.unreadable(here.module, Some(here.section), here.payload.end, message);
                None
            }
            None => Some(self.container(here.payload.clone(), Some(here.module), depth + 1)),
        };
        let module = &mut self.modules[here.module.as_usize()];
        // The overhead item stands for the nested module in the component's index space.
        module.spaces[space as usize].push(overhead);
        module.nested[usize::from(space == Space::Component)].push(nested);
    }
}

fn alias_space(alias: &ComponentAlias<'_>) -> Space {
    match alias {
        ComponentAlias::InstanceExport { kind, .. } => external_space(*kind),
        ComponentAlias::CoreInstanceExport { kind, .. } => match kind {
            ExternalKind::Func | ExternalKind::FuncExact => Space::Function,
            ExternalKind::Table => Space::Table,
            ExternalKind::Memory => Space::Memory,
            ExternalKind::Global => Space::Global,
            ExternalKind::Tag => Space::Tag,
        },
        ComponentAlias::Outer { kind, .. } => match kind {
            ComponentOuterAliasKind::CoreModule => Space::CoreModule,
            ComponentOuterAliasKind::CoreType => Space::Type,
            ComponentOuterAliasKind::Type => Space::ComponentType,
            ComponentOuterAliasKind::Component => Space::Component,
        },
    }
}

fn canonical_space(function: &CanonicalFunction) -> Space {
    match function {
        CanonicalFunction::Lift { .. } => Space::ComponentFunction,
        _ => Space::Function,
    }
}

fn import_space(import: &ComponentImport<'_>) -> Space {
    match import.ty {
        ComponentTypeRef::Module(_) => Space::CoreModule,
        ComponentTypeRef::Func(_) => Space::ComponentFunction,
        ComponentTypeRef::Value(_) => Space::ComponentValue,
        ComponentTypeRef::Type(_) => Space::ComponentType,
        ComponentTypeRef::Instance(_) => Space::Instance,
        ComponentTypeRef::Component(_) => Space::Component,
    }
}

fn export_space(export: &ComponentExport<'_>) -> Space {
    external_space(export.kind)
}

/// The component-level space of an external kind.
pub(crate) fn external_space(kind: ComponentExternalKind) -> Space {
    match kind {
        ComponentExternalKind::Module => Space::CoreModule,
        ComponentExternalKind::Func => Space::ComponentFunction,
        ComponentExternalKind::Value => Space::ComponentValue,
        ComponentExternalKind::Type => Space::ComponentType,
        ComponentExternalKind::Instance => Space::Instance,
        ComponentExternalKind::Component => Space::Component,
    }
}
