//! The shadow of a WebAssembly module: an ELF file in an architecture that the user's GDB knows, by which that GDB,
//! unmodified, debugs the module at source level.
//!
//! GDB has no wasm architecture. But it reads DWARF, and DWARF says nothing of instructions: if the module's DWARF is
//! moved to addresses where nothing else is, and each wasm local, operand and global to a slot of memory, then GDB finds
//! functions, lines, inlined calls, types and variables as it does for native code. Whoever answers GDB's remote
//! protocol makes up the memory and the registers that it asks for, by the same [`Layout`].
//!
//! ```
//! use wasm_shadow::{Flavour, FrameShape, Layout, Module};
//!
//! let bytes = include_bytes!("../../../crates/wasm-source/tests/fixtures/shapes_c.wasm");
//! let modules = [Module::parse(bytes)?];
//! let layout = Layout::new(Flavour::X86_64, &modules)?;
//! let shadow = wasm_shadow::shadow(&modules[0], &layout, 0)?;
//! assert!(shadow.elf.starts_with(b"\x7fELF"));
//!
//! // Stopped in `area`, called by the host: what GDB is to see.
//! let area = modules[0].functions().iter().find(|f| modules[0].function_name(f.index) == "area").expect("a function");
//! let place = &layout.modules()[0];
//! let pc = place.code + u64::from(area.body.start);
//! assert_eq!(layout.module_at(pc), Some(0));
//! let stack = layout.stack(&[FrameShape::default(), FrameShape { locals: 3, operands: 1 }]);
//! let [(at, return_address), ..] = stack[1].saved(place.host_entry(), Some(&stack[0]));
//! assert!(at < stack[1].cfa && return_address == place.host_entry());
//! assert_eq!(stack[1].local_slot(0), stack[1].frame_pointer() + 48);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Module`] is what there is to shadow; [`Layout`] says where all of it lies, and where frames and slots do.
//! - [`shadow`] makes the ELF. Each module (each instance of one) has its own; all share one layout, so that GDB can load
//!   the first as the program and the others as its libraries.
//! - Code addresses of DWARF are offsets in the code section's contents. [`Placement`] turns them into addresses of the
//!   shadow and back, [`Module`] into offsets of the file, functions and instructions.
//!
//! Nothing here touches files or the network. Input is hostile: what is damaged is left as it was, and counted.

mod dwarf;
mod elf;
pub mod layout;
mod module;
mod rounds;
mod symbols;
mod unwind;

pub use dwarf::Report;
pub use layout::{Flavour, FrameShape, Layout, LayoutError, Placement, Record};
pub use module::{Function, Module, ModuleError};
pub use rounds::round_start;

/// A shadow.
#[derive(Clone, Debug)]
pub struct Shadow {
    /// The file.
    pub elf: Vec<u8>,
    /// What happened to the module's DWARF.
    pub report: Report,
}

/// Why there is no shadow.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// The layout was made for other modules.
    #[error("the layout has no module {0}")]
    NoPlace(usize),
    /// The frame information cannot be written.
    #[error(transparent)]
    Frames(#[from] gimli::write::Error),
    /// The ELF file cannot be written.
    #[error(transparent)]
    Elf(#[from] object::write::Error),
}

/// Makes the shadow of a module that is number `index` of the layout.
///
/// # Errors
/// If the layout was not made for this module, or the file would be too large for its format.
pub fn shadow(module: &Module<'_>, layout: &Layout, index: usize) -> Result<Shadow, ShadowError> {
    let placement = layout.modules().get(index).ok_or(ShadowError::NoPlace(index))?;
    let mut debug = dwarf::rewrite(module, layout.flavour(), placement);
    let frames = unwind::debug_frame(layout.flavour(), placement)?;
    debug.sections.push(dwarf::DebugSection { name: ".debug_frame", contents: frames });
    let elf = elf::write(module, layout, placement, &debug)?;
    Ok(Shadow { elf, report: debug.report })
}
