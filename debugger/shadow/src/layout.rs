//! Where everything lies in the address space that GDB is shown: the one home of the numbers that both the rewritten
//! DWARF and whoever serves memory and registers must agree on.
//!
//! Linear memory is at its own addresses, from 0. Above it comes the *high area*: for each module its code, the stubs
//! that stand for the host's functions and a window with its globals; then the synthesised stack, which grows down from
//! [`Layout::stack_top`].
//!
//! ```text
//! 32-bit memories                          64-bit memories (x86-64 and aarch64 only)
//! 0            linear memory               0                    linear memory
//! f000_0000    high area, modules          7000_0000_0000       high area, modules
//! …            stack                       …                    stack
//! ffff_0000    stack top                   7fff_ffff_0000       stack top
//! ```
//!
//! A program may have several memories. Then each module's memory 0 shows in a *window* of its own, too, above where small
//! memories end ([`Placement::data`]), and the DWARF of the module names variables there: so they are right in every
//! frame. What shows from address 0 is for whoever serves memory to choose; pointers lead there.
//!
//! The high area of 32-bit memories stays below 4 GiB in every flavour, as GDB computes DWARF expressions with the
//! address size of their unit, which is that of the memory. It starts lower where the code is large.
//!
//! All of a module's area, from its code to the end of its globals, has to be readable: GDB for aarch64 takes no frame
//! for one if it cannot read four bytes at its pc, which may be past the last function. GDB for x86 takes a function for
//! left if the byte at the pc of the innermost frame reads as 0xc3 (`ret`; `i64.extend16_s` in wasm): serve another.
//!
//! # Frames
//!
//! Each wasm or host frame has a *record*, the outermost at the top of the stack. A record ends at its canonical frame
//! address (CFA), which depends only on the frames outside of it: stepping does not move it. All numbers are bytes,
//! little-endian.
//!
//! ```text
//! CFA -  8     return address: the pc of the frame outside
//! CFA - 16     the outer frame's frame pointer
//! CFA - 24     the outer frame's operand base
//! CFA - 32     padding
//! CFA - 48     local 0           = frame pointer + 48
//! CFA - 64     local 1           = frame pointer + 32
//! …            …                   frame pointer = CFA - 96
//! operand base = CFA - 32 - 16 * locals
//!              operand 0, the bottom of the operand stack, at operand base - 16
//! …
//! stack pointer = operand base - 16 * operands = the CFA of the frame inside
//! ```
//!
//! The frame pointer points among the locals so that the offsets of the first eight take one byte: an expression then
//! mostly fits where the one for wasm was. A slot holds its value from its first byte, the rest zero.

use crate::module::Module;
use std::ops::Range;

/// The architecture that the shadow pretends to be of: one that the user's GDB knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// 32-bit x86. No 64-bit memories.
    I386,
    /// x86-64.
    X86_64,
    /// 64-bit Arm.
    Aarch64,
}

impl Flavour {
    /// All of them.
    pub const ALL: [Flavour; 3] = [Flavour::I386, Flavour::X86_64, Flavour::Aarch64];

    /// Bytes of a register.
    pub fn word_size(self) -> u8 {
        match self {
            Flavour::I386 => 4,
            Flavour::X86_64 | Flavour::Aarch64 => 8,
        }
    }

    /// GDB's name of the architecture, as in a target description.
    pub fn architecture(self) -> &'static str {
        match self {
            Flavour::I386 => "i386",
            Flavour::X86_64 => "i386:x86-64",
            Flavour::Aarch64 => "aarch64",
        }
    }

    /// The registers that a stopped program's state is told by.
    pub fn registers(self) -> Registers {
        match self {
            Flavour::I386 => Registers {
                pc: Register { name: "eip", dwarf: 8 },
                stack_pointer: Register { name: "esp", dwarf: 4 },
                frame_pointer: Register { name: "ebp", dwarf: 5 },
                operand_base: Register { name: "esi", dwarf: 6 },
            },
            Flavour::X86_64 => Registers {
                pc: Register { name: "rip", dwarf: 16 },
                stack_pointer: Register { name: "rsp", dwarf: 7 },
                frame_pointer: Register { name: "rbp", dwarf: 6 },
                operand_base: Register { name: "rbx", dwarf: 3 },
            },
            Flavour::Aarch64 => Registers {
                // The pc has no number of its own: callers' are known by the link register.
                pc: Register { name: "pc", dwarf: 30 },
                stack_pointer: Register { name: "sp", dwarf: 31 },
                frame_pointer: Register { name: "x29", dwarf: 29 },
                operand_base: Register { name: "x19", dwarf: 19 },
            },
        }
    }
}

/// A register of a [`Flavour`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// GDB's name.
    pub name: &'static str,
    /// DWARF's number; of the pc, the return address column.
    pub dwarf: u16,
}

/// Which registers hold what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// The address of the instruction.
    pub pc: Register,
    /// The lower end of the innermost record.
    pub stack_pointer: Register,
    /// What locals are addressed from.
    pub frame_pointer: Register,
    /// What operands are addressed from.
    pub operand_base: Register,
}

/// Bytes of the slot of a local, an operand or a global: room for a `v128`.
pub const SLOT: u64 = 16;
/// Bytes of a host stub.
pub const STUB: u64 = 16;
/// Bytes of a record before its locals.
const HEAD: u64 = 32;
/// From the frame pointer up to the CFA.
pub const FRAME_POINTER_TO_CFA: u64 = HEAD + 64;
/// Code of modules begins at multiples of this.
const ALIGN: u64 = 0x1_0000;
/// What the stack can count on having.
const MIN_STACK: u64 = 0x800_0000;
/// The distance of memory windows, see [`Layout::memory_window`].
const WINDOW: u64 = 1 << 40;
/// The least number of windows of modules' memories that there is room for.
const MIN_WINDOWS: u64 = 8;

/// Offset of local `index` from the frame pointer.
pub fn local_offset(index: u32) -> i64 {
    (FRAME_POINTER_TO_CFA - HEAD) as i64 - SLOT as i64 * (i64::from(index) + 1)
}

/// Offset of operand `index`, 0 at the bottom of the stack, from the operand base.
pub fn operand_offset(index: u32) -> i64 {
    -(SLOT as i64) * (i64::from(index) + 1)
}

/// Why modules have no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The i386 flavour has 32-bit addresses only.
    #[error("module {0} has a 64-bit memory, which a 32-bit GDB cannot show: use x86-64 or aarch64")]
    Memory64(usize),
    /// Together they leave no room for the stack.
    #[error("the code of all modules takes {0} bytes, more than the address space has")]
    TooLarge(u64),
}

/// Where the parts of one module (one instance of it) lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The address of the code section's contents: DWARF counts code from here.
    pub code: u64,
    /// Bytes of the code section's contents.
    pub code_size: u64,
    /// The address of the host stubs. The first two are [`Placement::host_entry`] and [`Placement::host_call`], then
    /// one for each imported function.
    pub host: u64,
    /// How many functions are imported.
    pub imported_functions: u32,
    /// The address of the window with the globals, imports first, in slots.
    pub globals: u64,
    /// How many globals there are.
    pub global_count: u32,
    /// Where address 0 of the module's memory 0 shows, for variables: 0, or a window.
    pub data: u64,
}

impl Placement {
    /// The pc of the host's frame outside of the first wasm frame: unwinding ends here.
    pub fn host_entry(&self) -> u64 {
        self.stub(0) + STUB / 2
    }

    /// The pc of a frame of the host between wasm frames if it is not known which function it is.
    pub fn host_call(&self) -> u64 {
        self.stub(1) + STUB / 2
    }

    /// The pc of a frame of the host function that is imported as function `index`.
    pub fn host_import(&self, index: u32) -> u64 {
        if index < self.imported_functions { self.stub(2 + index) + STUB / 2 } else { self.host_call() }
    }

    /// The start of a stub. Their pcs are in their middle: GDB looks for a caller one byte before its pc.
    pub(crate) fn stub(&self, index: u32) -> u64 {
        self.host + STUB * u64::from(index)
    }

    /// The end of the host stubs.
    pub fn host_end(&self) -> u64 {
        self.host + STUB * (2 + u64::from(self.imported_functions))
    }

    /// The slot of a global.
    pub fn global_slot(&self, index: u32) -> u64 {
        self.globals.wrapping_add(SLOT * u64::from(index))
    }

    /// The end of the window with the globals.
    pub fn globals_end(&self) -> u64 {
        self.global_slot(self.global_count)
    }

    /// The address of an offset in the code section's contents, as DWARF and [`Module::code_offset`] count it. The end
    /// of the code has an address, too.
    pub fn address(&self, code_offset: u64) -> Option<u64> {
        (code_offset <= self.code_size).then(|| self.code + code_offset)
    }

    /// The offset in the code section's contents of an address; `None` outside of the code.
    pub fn code_offset(&self, address: u64) -> Option<u64> {
        address.checked_sub(self.code).filter(|offset| *offset < self.code_size)
    }
}

/// The address space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    flavour: Flavour,
    modules: Vec<Placement>,
    /// Where windows of modules' memories are, and how long each is.
    windows: Range<u64>,
    window_size: u64,
    next_window: u64,
    stack_floor: u64,
    stack_top: u64,
}

impl Layout {
    /// Gives each module a place; an instance each, if a module is instantiated more than once.
    ///
    /// # Errors
    /// If the flavour has no room.
    pub fn new(flavour: Flavour, modules: &[Module<'_>]) -> Result<Layout, LayoutError> {
        if flavour == Flavour::I386
            && let Some(at) = modules.iter().position(Module::is_memory64)
        {
            return Err(LayoutError::Memory64(at));
        }
        let total: u64 = modules.iter().map(area_size).sum();
        // Units of 32 bits compute addresses of 32 bits; those of 64 bits can with either.
        let is_wide = !modules.is_empty() && modules.iter().all(Module::is_memory64);
        let (area, stack_top) =
            if is_wide { (0x7000_0000_0000, 0x7fff_ffff_0000) } else { (0xf000_0000_u64, 0xffff_0000_u64) };
        let lowest = if is_wide { area } else { 0x4000_0000 };
        let wanted = stack_top.checked_sub(total + MIN_STACK).filter(|start| *start >= lowest);
        let start = wanted.ok_or(LayoutError::TooLarge(total))?.min(area) & !(ALIGN - 1);
        let windows = if is_wide { 65 * WINDOW..start } else { lowest..start };
        let wanted = (2 * modules.len() as u64).max(MIN_WINDOWS);
        let window_size = ((windows.end - windows.start) / wanted) & !(ALIGN - 1);
        let next_window = windows.start;
        let mut layout =
            Layout { flavour, modules: Vec::new(), windows, window_size, next_window, stack_floor: start, stack_top };
        let has_windows = modules.iter().filter(|module| module.defines_memory()).count() > 1;
        for module in modules {
            layout.place(module, has_windows);
        }
        Ok(layout)
    }

    /// Gives one more module a place, which takes it from the stack: another instance of one, say. Its memory shows in
    /// a window.
    ///
    /// # Errors
    /// If there is no room.
    pub fn add(&mut self, module: &Module<'_>) -> Result<(), LayoutError> {
        let size = area_size(module);
        if self.stack_floor + size + MIN_STACK / 2 > self.stack_top {
            return Err(LayoutError::TooLarge(size));
        }
        self.place(module, true);
        Ok(())
    }

    fn place(&mut self, module: &Module<'_>, has_windows: bool) {
        let code = self.stack_floor;
        let code_size = u64::from(module.code_range().end - module.code_range().start);
        let host = code + code_size.next_multiple_of(STUB);
        let imported_functions = module.imported_functions();
        let globals = host + STUB * (2 + u64::from(imported_functions));
        let mut data = 0;
        let window_end = self.next_window.saturating_add(self.window_size);
        if has_windows && module.has_memory() && window_end <= self.windows.end {
            data = self.next_window;
            self.next_window = window_end;
        }
        let global_count = module.global_count();
        self.modules.push(Placement { code, code_size, host, imported_functions, globals, global_count, data });
        self.stack_floor += area_size(module);
    }

    /// The architecture.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// Where each module lies, in the order given.
    pub fn modules(&self) -> &[Placement] {
        &self.modules
    }

    /// Where the high area begins: linear memory shows below.
    pub fn modules_start(&self) -> u64 {
        self.modules.first().map_or(self.stack_floor, |module| module.code)
    }

    /// The CFA of the outermost record.
    pub fn stack_top(&self) -> u64 {
        self.stack_top
    }

    /// The lowest address that a record may take.
    pub fn stack_floor(&self) -> u64 {
        self.stack_floor
    }

    /// The module whose code or host stubs an address lies in.
    pub fn module_at(&self, address: u64) -> Option<usize> {
        let at = self.modules.partition_point(|module| module.code <= address).checked_sub(1)?;
        self.modules.get(at).filter(|module| address < module.host_end()).map(|_| at)
    }

    /// The module whose memory 0 shows at an address through its window, and the address in that memory.
    pub fn window_at(&self, address: u64) -> Option<(usize, u64)> {
        let is_in = |module: &Placement| {
            module.data != 0 && address.checked_sub(module.data).is_some_and(|offset| offset < self.window_size)
        };
        let at = self.modules.iter().position(is_in)?;
        Some((at, address - self.modules.get(at)?.data))
    }

    /// Where memories show that are not at their own addresses: each has its own 1 TiB. Counted by the front end, from
    /// 0; `None` with 32-bit addresses, which leave no room.
    pub fn memory_window(&self, index: u32) -> Option<u64> {
        let room = self.flavour != Flavour::I386 && index < 64;
        room.then(|| WINDOW * (1 + u64::from(index)))
    }

    /// The records of a stack; the frames outermost first, as [`Layout::stack`] counts them. Frames inside of those that
    /// have room are left out.
    pub fn stack(&self, frames: &[FrameShape]) -> Vec<Record> {
        let mut cfa = self.stack_top;
        let mut records = Vec::with_capacity(frames.len());
        for shape in frames {
            let record = Record { cfa, shape: *shape };
            if record.stack_pointer() < self.stack_floor || record.stack_pointer() > cfa {
                break;
            }
            cfa = record.stack_pointer();
            records.push(record);
        }
        records
    }
}

/// Bytes of the high area that a module takes.
fn area_size(module: &Module<'_>) -> u64 {
    let code = u64::from(module.code_range().end - module.code_range().start).next_multiple_of(STUB);
    let stubs = STUB * (2 + u64::from(module.imported_functions()));
    (code + stubs + SLOT * u64::from(module.global_count())).next_multiple_of(ALIGN)
}

/// How large a frame is. A frame of the host has neither locals nor operands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameShape {
    /// Parameters and locals.
    pub locals: u32,
    /// Values on the operand stack.
    pub operands: u32,
}

/// Where a frame's record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The canonical frame address: the upper end.
    pub cfa: u64,
    /// How many slots it has.
    pub shape: FrameShape,
}

impl Record {
    /// The frame pointer while the frame is the current one.
    pub fn frame_pointer(&self) -> u64 {
        self.cfa.wrapping_sub(FRAME_POINTER_TO_CFA)
    }

    /// The operand base while the frame is the current one.
    pub fn operand_base(&self) -> u64 {
        self.cfa.wrapping_sub(HEAD + SLOT * u64::from(self.shape.locals))
    }

    /// The stack pointer while the frame is the current one: the lower end.
    pub fn stack_pointer(&self) -> u64 {
        self.operand_base().wrapping_sub(SLOT * u64::from(self.shape.operands))
    }

    /// The slot of a local.
    pub fn local_slot(&self, index: u32) -> u64 {
        self.frame_pointer().wrapping_add_signed(local_offset(index))
    }

    /// The slot of an operand, 0 at the bottom of the stack.
    pub fn operand_slot(&self, index: u32) -> u64 {
        self.operand_base().wrapping_add_signed(operand_offset(index))
    }

    /// What the record says of the frame outside: pairs of an address and the word there. For the outermost frame,
    /// `outer` is [`None`] and `pc` a [`Placement::host_entry`].
    pub fn saved(&self, pc: u64, outer: Option<&Record>) -> [(u64, u64); 3] {
        let (frame_pointer, operand_base) = outer.map_or((0, 0), |o| (o.frame_pointer(), o.operand_base()));
        [(self.cfa - 8, pc), (self.cfa - 16, frame_pointer), (self.cfa - 24, operand_base)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn module(functions: usize, globals: usize) -> Vec<u8> {
        let (functions, globals) = ("(func (nop))".repeat(functions), "(global i32 (i32.const 0))".repeat(globals));
        wat::parse_str(format!("(module (import \"a\" \"b\" (func)) {functions} {globals})")).expect("a module")
    }

    #[test]
    fn modules_lie_side_by_side() {
        let bytes = [module(1000, 3), module(1, 5000), module(0, 0)];
        let modules: Vec<_> = bytes.iter().map(|bytes| Module::parse(bytes).expect("a module")).collect();
        for flavour in Flavour::ALL {
            let layout = Layout::new(flavour, &modules).expect("room");
            let mut end = layout.modules_start();
            for (at, place) in layout.modules().iter().enumerate() {
                assert!(place.code >= end && place.code + place.code_size <= place.host);
                assert!(place.host_end() <= place.globals);
                assert_eq!(place.host_import(7), place.host_call());
                assert_eq!(layout.module_at(place.host_import(0)), Some(at));
                assert_eq!(layout.module_at(place.host_end()), None);
                assert_eq!(place.address(place.code_size), Some(place.code + place.code_size));
                assert_eq!(place.code_offset(place.code + place.code_size), None);
                end = place.globals_end();
            }
            assert!(end <= layout.stack_floor() && layout.stack_top() - layout.stack_floor() >= MIN_STACK);
            assert_eq!(layout.memory_window(1).is_some(), flavour != Flavour::I386);
        }
    }

    proptest! {
        #[test]
        fn records_and_slots_do_not_overlap(shapes in prop::collection::vec((0_u32..40, 0_u32..40), 1..20)) {
            let bytes = module(1, 0);
            let layout = Layout::new(Flavour::Aarch64, &[Module::parse(&bytes).expect("a module")]).expect("room");
            let shapes: Vec<_> = shapes.iter().map(|(locals, operands)| FrameShape { locals: *locals, operands: *operands }).collect();
            let records = layout.stack(&shapes);
            prop_assert_eq!(records.len(), shapes.len());
            let mut words = Vec::new();
            for (at, record) in records.iter().enumerate() {
                prop_assert_eq!(record.frame_pointer() + FRAME_POINTER_TO_CFA, record.cfa);
                prop_assert_eq!(records.get(at + 1).map_or(record.stack_pointer(), |next| next.cfa), record.stack_pointer());
                words.extend(record.saved(0, None).map(|(at, _)| at));
                let slots = (0..record.shape.locals).map(|k| record.local_slot(k));
                words.extend(slots.chain((0..record.shape.operands).map(|k| record.operand_slot(k))).flat_map(|at| [at, at + 8]));
                prop_assert!(words.iter().all(|at| (record.stack_pointer()..layout.stack_top()).contains(at)));
            }
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            prop_assert_eq!(words.len(), count);
        }
    }
}
