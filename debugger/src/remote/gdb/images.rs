//! What gdb loads: a shadow for each module that has code, and one more for
//! each further instance of a module, so that every instance has its own code,
//! globals and variables.
//!
//! The first image is gdb's program, the others are its libraries. Files are
//! made when gdb opens them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wasm_shadow::{Flavour, Layout, Module};

use crate::engine::{CodeAddress, Instance, InstanceId, ModuleId};
use crate::remote::ServeError;
use crate::session::Session;

/// The program's path. Always the same, so that gdb's scripts know it.
const PROGRAM: &str = "/wasm/program";

/// All images, and where they lie.
pub(super) struct Images<'m> {
    layout: Layout,
    modules: Vec<Shadowed<'m>>,
    /// In the order of the layout.
    images: Vec<Image>,
    /// By [`InstanceId`]: the image; none for an instance that gdb is not shown.
    instances: Vec<Option<usize>>,
}

/// A module that has shadows.
///
/// DWARF lets a function begin with its declarations of locals, which are no
/// instruction. gdb knows a call's beginning by that address, so the first
/// instruction of a function has it.
struct Shadowed<'m> {
    id: ModuleId,
    name: String,
    module: Module<'m>,
    imports: Vec<String>,
    /// The first instruction of each function, and where its body begins.
    first: BTreeMap<u32, u32>,
    /// Where each body begins, and its first instruction.
    begins: BTreeMap<u32, u32>,
}

/// A shadow.
struct Image {
    /// The index of its module among those that have shadows.
    module: usize,
    /// The instance that it shows, once there is one.
    instance: Option<InstanceId>,
    path: String,
    file: Option<Vec<u8>>,
}

impl<'m> Images<'m> {
    pub(super) fn new(session: &Session<'m>, flavour: Flavour) -> Result<Images<'m>, ServeError> {
        let named = session.engine.modules().iter().zip(&session.code).zip(0..);
        let mut all: Vec<(Shadowed<'m>, Module<'m>)> = named
            .filter_map(|((loaded, code), id)| {
                // What the engine makes itself, to join components, has no file.
                let module = Module::parse(code.bytes).ok().filter(|module| !module.functions().is_empty())?;
                let first = code.first_instructions();
                let shadowed = Shadowed {
                    id: ModuleId(id),
                    name: loaded.name.clone(),
                    module: Module::parse(code.bytes).ok()?,
                    imports: code.imports.iter().map(|(module, field)| format!("{module}.{field}")).collect(),
                    begins: first.iter().map(|(first, begin)| (*begin, *first)).collect(),
                    first,
                };
                Some((shadowed, module))
            })
            .collect();
        // The program is what has most to show.
        let weight = |module: &Module<'_>| {
            (module.debug_section(".debug_info").map_or(0, <[u8]>::len), module.code_range().len())
        };
        if let Some(program) = (0..all.len()).rev().max_by_key(|at| weight(&all[*at].1)) {
            all[..=program].rotate_right(1);
        }
        let (modules, parsed): (Vec<Shadowed<'m>>, Vec<Module<'m>>) = all.into_iter().unzip();
        let layout = Layout::new(flavour, &parsed).map_err(|error| ServeError::Shadow(error.to_string()))?;
        let mut images = Images { layout, modules, images: Vec::new(), instances: Vec::new() };
        (0..images.modules.len()).for_each(|module| images.add(module, None));
        Ok(images)
    }

    fn add(&mut self, module: usize, instance: Option<InstanceId>) {
        let number = self.images.len();
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let name = self.modules[module].name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().map(plain).collect();
        let path = if number == 0 { PROGRAM.to_string() } else { format!("/wasm/{number}-{name}") };
        self.images.push(Image { module, instance, path, file: None });
    }

    /// Gives each instance an image; those that are new may need new images.
    pub(super) fn update(&mut self, instances: &[Instance]) {
        for (instance, id) in instances.iter().zip(0..).skip(self.instances.len()) {
            let module = self.modules.iter().position(|module| module.id == instance.module);
            let image = module.and_then(|module| self.image_for(module, InstanceId(id)));
            self.instances.push(image);
        }
    }

    fn image_for(&mut self, module: usize, instance: InstanceId) -> Option<usize> {
        let first = self.images.iter().position(|image| image.module == module)?;
        if self.images[first].instance.is_none() {
            self.images[first].instance = Some(instance);
            return Some(first);
        }
        if self.layout.add(&self.modules[module].module).is_err() {
            // Without room of its own, it shows as the first.
            return Some(first);
        }
        self.add(module, Some(instance));
        Some(self.images.len() - 1)
    }

    pub(super) fn count(&self) -> usize {
        self.images.len()
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// gdb's address of an instruction of an instance.
    pub(super) fn address(&self, instance: InstanceId, code: CodeAddress) -> Option<u64> {
        let at = (*self.instances.get(instance.0 as usize)?)?;
        self.address_in(at, code.offset)
    }

    fn address_in(&self, image: usize, offset: u32) -> Option<u64> {
        let module = &self.modules[self.images.get(image)?.module];
        let shown = module.first.get(&offset).copied().unwrap_or(offset);
        let offset = shown.checked_sub(module.module.code_range().start)?;
        self.layout.modules().get(image)?.address(u64::from(offset))
    }

    /// gdb's address of an instruction in the image that another address is in.
    pub(super) fn address_beside(&self, address: u64, code: CodeAddress) -> Option<u64> {
        self.address_in(self.layout.module_at(address)?, code.offset)
    }

    /// What is at gdb's address; it may lie inside of an instruction.
    pub(super) fn code(&self, address: u64) -> Option<CodeAddress> {
        let image = self.layout.module_at(address)?;
        let module = &self.modules[self.images.get(image)?.module];
        let offset = self.layout.modules()[image].code_offset(address)? as u32;
        let offset = module.module.code_range().start + offset;
        let offset = module.begins.get(&offset).copied().unwrap_or(offset);
        Some(CodeAddress { module: module.id, offset })
    }

    /// The instance whose code, or whose image, an address is in.
    pub(super) fn instance_at(&self, address: u64) -> Option<InstanceId> {
        self.instance(self.layout.module_at(address)?)
    }

    /// The instance that an image shows.
    pub(super) fn instance(&self, image: usize) -> Option<InstanceId> {
        self.images.get(image)?.instance
    }

    /// The code section's contents of an image.
    pub(super) fn code_bytes(&self, image: usize) -> &'m [u8] {
        self.images.get(image).map_or(&[], |image| self.modules[image.module].module.code())
    }

    /// The program counter of a frame of the host that an instance has called.
    pub(super) fn host_call(&self, caller: Option<InstanceId>, name: &str) -> u64 {
        let image = caller.and_then(|caller| *self.instances.get(caller.0 as usize)?).unwrap_or(0);
        let Some(placement) = self.layout.modules().get(image) else { return 0 };
        let imports = self.images.get(image).map_or(&[][..], |image| &self.modules[image.module].imports);
        let import = imports.iter().position(|import| import == name);
        import.map_or(placement.host_call(), |import| placement.host_import(import as u32))
    }

    /// The libraries, as gdb wants to be told of them: they are where their
    /// files say.
    pub(super) fn library_list(&self) -> String {
        let mut list = "<library-list version=\"1.0\">".to_string();
        for (image, place) in self.images.iter().zip(self.layout.modules()).skip(1) {
            let _ = write!(list, "<library name=\"{}\"><segment address=\"{:#x}\"/></library>", image.path, place.code);
        }
        list + "</library-list>"
    }

    /// The program's path.
    pub(super) fn program_path(&self) -> &str {
        PROGRAM
    }

    /// Makes a file, and gives its number.
    pub(super) fn open(&mut self, path: &[u8]) -> Option<usize> {
        let at = self.images.iter().position(|image| image.path.as_bytes() == path)?;
        if self.images[at].file.is_none() {
            let module = &self.modules[self.images[at].module].module;
            self.images[at].file = Some(wasm_shadow::shadow(module, &self.layout, at).ok()?.elf);
        }
        Some(at)
    }

    /// The contents of a file that was opened.
    pub(super) fn file(&self, number: usize) -> Option<&[u8]> {
        self.images.get(number)?.file.as_deref()
    }
}
