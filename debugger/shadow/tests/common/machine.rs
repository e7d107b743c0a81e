//! A stopped program as GDB is to see it: frames, memory and globals, laid out as [`wasm_shadow::layout`] says.

use wasm_shadow::{Flavour, FrameShape, Layout, Module, Record, layout};

/// A frame of a stopped program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    /// The address of the instruction; of a caller, of the one after the call.
    pub(crate) pc: u64,
    pub(crate) locals: Vec<u128>,
    pub(crate) operands: Vec<u128>,
}

/// A stopped program.
pub(crate) struct Machine {
    pub(crate) layout: Layout,
    pub(crate) memory: Vec<u8>,
    pub(crate) globals: Vec<u128>,
    /// The outermost first; without the host's, which is added.
    pub(crate) frames: Vec<Frame>,
    records: Vec<Record>,
    code: Vec<u8>,
}

impl Machine {
    pub(crate) fn new(module: &[u8], flavour: Flavour, memory: Vec<u8>) -> Machine {
        let modules = [Module::parse(module).unwrap()];
        let layout = Layout::new(flavour, &modules).unwrap();
        let globals = vec![0; modules[0].global_count() as usize];
        let code = modules[0].code().to_vec();
        Machine { layout, memory, globals, frames: Vec::new(), records: Vec::new(), code }
    }

    /// Sets the stack below the host's entry.
    pub(crate) fn stop(&mut self, frames: Vec<Frame>) {
        let entry = Frame { pc: self.layout.modules()[0].host_entry(), ..Frame::default() };
        self.frames = [vec![entry], frames].concat();
        let shape =
            |frame: &Frame| FrameShape { locals: frame.locals.len() as u32, operands: frame.operands.len() as u32 };
        let shapes: Vec<FrameShape> = self.frames.iter().map(shape).collect();
        self.records = self.layout.stack(&shapes);
        assert_eq!(self.records.len(), self.frames.len(), "no room for the stack");
    }

    /// A register of the innermost frame.
    pub(crate) fn register(&self, name: &str) -> u64 {
        let registers = self.layout.flavour().registers();
        let (frame, record) = (self.frames.last().unwrap(), self.records.last().unwrap());
        match name {
            _ if name == registers.pc.name => frame.pc,
            _ if name == registers.stack_pointer.name => record.stack_pointer(),
            _ if name == registers.frame_pointer.name => record.frame_pointer(),
            _ if name == registers.operand_base.name => record.operand_base(),
            _ => 0,
        }
    }

    pub(crate) fn read(&self, address: u64, length: u64) -> Vec<u8> {
        (address..address + length).map_while(|at| self.byte(at)).collect()
    }

    fn byte(&self, at: u64) -> Option<u8> {
        let place = &self.layout.modules()[0];
        if let Some(offset) = place.code_offset(at) {
            let byte = self.code.get(offset as usize).copied();
            // See `wasm_shadow::layout`.
            let is_return = byte == Some(0xc3) && at == self.frames.last()?.pc;
            return if is_return { Some(0x90) } else { byte };
        }
        // Also the gap before the host's stubs, see `wasm_shadow::layout`.
        if (place.code..place.host_end()).contains(&at) {
            return Some(0x90);
        }
        if (place.globals..place.globals_end()).contains(&at) {
            return Some(byte_of(&self.globals, at - place.globals));
        }
        if at >= self.layout.stack_floor() && at < self.layout.stack_top() {
            return Some(self.stack_byte(at));
        }
        self.memory.get(at as usize).copied()
    }

    fn stack_byte(&self, at: u64) -> u8 {
        let index = self.records.partition_point(|record| record.stack_pointer() > at);
        let Some(record) = self.records.get(index) else { return 0 };
        let (frame, outer) = (&self.frames[index], index.checked_sub(1));
        // The host's entry has no caller.
        let pc = outer.map_or(0, |outer| self.frames[outer].pc);
        for (word, value) in record.saved(pc, outer.map(|outer| &self.records[outer])) {
            if (word..word + 8).contains(&at) {
                return value.to_le_bytes()[(at - word) as usize];
            }
        }
        let slot = |from: u64, values: &[u128]| {
            let index = ((from - 1 - at) / layout::SLOT) as usize;
            values.get(index).map_or(0, |value| value.to_le_bytes()[(at % layout::SLOT) as usize])
        };
        if at < record.operand_base() {
            slot(record.operand_base(), &frame.operands)
        } else if at < record.cfa - 32 {
            slot(record.cfa - 32, &frame.locals)
        } else {
            0
        }
    }
}

fn byte_of(values: &[u128], offset: u64) -> u8 {
    let value = values.get((offset / layout::SLOT) as usize).copied().unwrap_or(0);
    value.to_le_bytes()[(offset % layout::SLOT) as usize]
}

/// The addresses after each call of function `callee` in function `caller`.
pub(crate) fn returns(module: &Module<'_>, layout: &Layout, caller: &str, callee: u32) -> Vec<u64> {
    let function = module.functions().iter().find(|f| is_named(&module.function_name(f.index), caller)).unwrap();
    let item = module.map().module(wasm_binary::ModuleId(0)).item(wasm_binary::FunctionId(function.index)).unwrap();
    let body = module.map().function_body(item).unwrap();
    let mut operators = body.get_operators_reader().unwrap();
    let mut found = Vec::new();
    while !operators.eof() {
        let operator = operators.read().unwrap();
        if matches!(operator, wasmparser::Operator::Call { function_index } if function_index == callee) {
            let offset = module.code_offset(operators.original_position()).unwrap();
            found.push(layout.modules()[0].address(offset).unwrap());
        }
    }
    found
}

/// Whether a symbol is the function of that name: as it is, or with its path.
pub(crate) fn is_named(symbol: &str, name: &str) -> bool {
    wasm_binary::demangle(symbol).rsplit("::").next() == Some(name)
}
