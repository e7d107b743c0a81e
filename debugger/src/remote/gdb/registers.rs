//! The registers of the architectures that gdb is shown: which there are, and
//! what a stopped program's state looks like in them.

use std::fmt::Write as _;

use wasm_shadow::{Flavour, layout::Record};

use super::abi::{Class, Place};
use crate::engine::Value;

/// A register: its name, its size in bits, gdb's type of it.
type Register = (&'static str, usize, &'static str);

/// All registers of an architecture, in the order of its `g` packet.
pub(super) struct RegisterFile {
    flavour: Flavour,
    features: Vec<(&'static str, Vec<Register>)>,
}

/// The bytes of all registers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Registers {
    pub(super) pc: u64,
    pub(super) bytes: Vec<u8>,
}

impl gdbstub::arch::Registers for Registers {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.pc
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        self.bytes.iter().for_each(|byte| write_byte(Some(*byte)));
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        self.bytes = bytes.to_vec();
        Ok(())
    }
}

const X87: [Register; 16] = [
    ("st0", 80, "i387_ext"),
    ("st1", 80, "i387_ext"),
    ("st2", 80, "i387_ext"),
    ("st3", 80, "i387_ext"),
    ("st4", 80, "i387_ext"),
    ("st5", 80, "i387_ext"),
    ("st6", 80, "i387_ext"),
    ("st7", 80, "i387_ext"),
    ("fctrl", 32, "int"),
    ("fstat", 32, "int"),
    ("ftag", 32, "int"),
    ("fiseg", 32, "int"),
    ("fioff", 32, "int"),
    ("foseg", 32, "int"),
    ("fooff", 32, "int"),
    ("fop", 32, "int"),
];
const SEGMENTS: [&str; 6] = ["cs", "ss", "ds", "es", "fs", "gs"];
const I386: [&str; 8] = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const X86_64: [&str; 16] =
    ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
const XMM: [&str; 16] = [
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
    "xmm14", "xmm15",
];
const X: [&str; 31] = [
    "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
    "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30",
];
const V: [&str; 32] = [
    "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17",
    "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31",
];

const INTEGERS_X86_64: [&str; 6] = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];
const FLOATS_X86_64: [&str; 8] = ["xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7"];
const INTEGERS_AARCH64: [&str; 8] = ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"];
const FLOATS_AARCH64: [&str; 8] = ["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"];

/// Which registers pass what.
pub(super) struct Convention {
    pub(super) integers: &'static [&'static str],
    pub(super) floats: &'static [&'static str],
    /// What is returned.
    returned_integers: &'static [&'static str],
    returned_floats: &'static [&'static str],
    /// The address of what is returned in memory.
    returned_address: &'static str,
    /// The return address; without, it is on the stack.
    pub(super) link: Option<&'static str>,
}

pub(super) fn convention(flavour: Flavour) -> Convention {
    match flavour {
        Flavour::I386 => Convention {
            integers: &[],
            floats: &[],
            returned_integers: &["eax", "edx"],
            returned_floats: &["st0"],
            returned_address: "eax",
            link: None,
        },
        Flavour::X86_64 => Convention {
            integers: &INTEGERS_X86_64,
            floats: &FLOATS_X86_64,
            returned_integers: &["rax", "rdx"],
            returned_floats: &["xmm0", "xmm1"],
            returned_address: "rax",
            link: None,
        },
        Flavour::Aarch64 => Convention {
            integers: &INTEGERS_AARCH64,
            floats: &FLOATS_AARCH64,
            returned_integers: &["x0", "x1"],
            returned_floats: &FLOATS_AARCH64,
            returned_address: "x8",
            link: Some("x30"),
        },
    }
}

impl RegisterFile {
    pub(super) fn new(flavour: Flavour) -> RegisterFile {
        let pointer = |name: &str| matches!(name, "esp" | "ebp" | "rsp" | "rbp");
        let features = match flavour {
            Flavour::I386 => {
                let words = I386.map(|name| (name, 32, if pointer(name) { "data_ptr" } else { "int32" }));
                let mut core = words.to_vec();
                core.extend([("eip", 32, "code_ptr"), ("eflags", 32, "int32")]);
                core.extend(SEGMENTS.map(|name| (name, 32, "int32")));
                core.extend(X87);
                vec![("org.gnu.gdb.i386.core", core)]
            }
            Flavour::X86_64 => {
                let words = X86_64.map(|name| (name, 64, if pointer(name) { "data_ptr" } else { "int64" }));
                let mut core = words.to_vec();
                core.extend([("rip", 64, "code_ptr"), ("eflags", 32, "int32")]);
                core.extend(SEGMENTS.map(|name| (name, 32, "int32")));
                core.extend(X87);
                let mut sse = XMM.map(|name| (name, 128, "vec128")).to_vec();
                sse.push(("mxcsr", 32, "int"));
                vec![("org.gnu.gdb.i386.core", core), ("org.gnu.gdb.i386.sse", sse)]
            }
            Flavour::Aarch64 => {
                let mut core = X.map(|name| (name, 64, "int")).to_vec();
                core.extend([("sp", 64, "data_ptr"), ("pc", 64, "code_ptr"), ("cpsr", 32, "int")]);
                let mut fpu = V.map(|name| (name, 128, "vec128")).to_vec();
                fpu.extend([("fpsr", 32, "int"), ("fpcr", 32, "int")]);
                vec![("org.gnu.gdb.aarch64.core", core), ("org.gnu.gdb.aarch64.fpu", fpu)]
            }
        };
        RegisterFile { flavour, features }
    }

    /// The description that gdb asks for.
    pub(super) fn description(&self) -> String {
        let mut xml = format!(
            "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">\
             <architecture>{}</architecture><osabi>none</osabi>",
            self.flavour.architecture(),
        );
        for (name, registers) in &self.features {
            let _ = write!(xml, "<feature name=\"{name}\">");
            if registers.iter().any(|(_, _, ty)| *ty == "vec128") {
                xml += "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>\
                        <vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>\
                        <vector id=\"v16i8\" type=\"int8\" count=\"16\"/>\
                        <union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>\
                        <field name=\"v16_int8\" type=\"v16i8\"/><field name=\"uint128\" type=\"uint128\"/></union>";
            }
            for (name, bits, ty) in registers {
                let _ = write!(xml, "<reg name=\"{name}\" bitsize=\"{bits}\" type=\"{ty}\"/>");
            }
            xml += "</feature>";
        }
        xml + "</target>"
    }

    /// Where a register lies among the bytes of all.
    fn place(&self, wanted: &str) -> Option<std::ops::Range<usize>> {
        let mut at = 0;
        for (name, bits, _) in self.features.iter().flat_map(|(_, registers)| registers) {
            let end = at + bits / 8;
            if *name == wanted {
                return Some(at..end);
            }
            at = end;
        }
        None
    }

    /// The architecture.
    pub(super) fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// A register's bytes.
    pub(super) fn bytes<'r>(&self, registers: &'r Registers, name: &str) -> &'r [u8] {
        self.place(name).and_then(|place| registers.bytes.get(place)).unwrap_or_default()
    }

    /// A register's lowest 64 bits.
    pub(super) fn number(&self, registers: &Registers, name: &str) -> u64 {
        let bytes = self.bytes(registers, name);
        bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    pub(super) fn set(&self, registers: &mut Registers, name: &str, bytes: &[u8]) {
        if let Some(place) = self.place(name)
            && let Some(into) = registers.bytes.get_mut(place)
        {
            let length = bytes.len().min(into.len());
            into[..length].copy_from_slice(&bytes[..length]);
        }
    }

    /// The registers of a program that is stopped in a frame.
    pub(super) fn state(&self, pc: u64, record: Option<&Record>, result: Option<Value>) -> Registers {
        let size = self.features.iter().flat_map(|(_, registers)| registers).map(|(_, bits, _)| bits / 8).sum();
        let mut registers = Registers { pc, bytes: vec![0; size] };
        let names = self.flavour.registers();
        // Of the pc of aarch64 the shadow tells the return address' column.
        self.set(&mut registers, names.pc.name, &pc.to_le_bytes());
        if let Some(record) = record {
            self.set(&mut registers, names.stack_pointer.name, &record.stack_pointer().to_le_bytes());
            self.set(&mut registers, names.frame_pointer.name, &record.frame_pointer().to_le_bytes());
            self.set(&mut registers, names.operand_base.name, &record.operand_base().to_le_bytes());
        }
        self.set(&mut registers, "fctrl", &0x37f_u32.to_le_bytes());
        self.set(&mut registers, "ftag", &0xffff_u32.to_le_bytes());
        if let Some(result) = result {
            self.set_result(&mut registers, result);
        }
        registers
    }

    /// Puts a value where gdb looks for one of its type; of a value in memory
    /// the address.
    pub(super) fn set_returned(&self, registers: &mut Registers, place: &Place, bytes: &[u8], address: u64) {
        let names = convention(self.flavour);
        let Place::Registers(parts) = place else {
            self.set(registers, names.returned_address, &address.to_le_bytes());
            return;
        };
        let (mut integers, mut floats) = (names.returned_integers.iter(), names.returned_floats.iter());
        let mut rest = bytes;
        for part in parts {
            let (this, after) = rest.split_at(part.bytes.min(rest.len()));
            rest = after;
            match (self.flavour, part.class, this.len()) {
                (Flavour::I386, Class::Float, 4) => self.set_result(registers, Value::F32(word(this) as u32)),
                (Flavour::I386, Class::Float, _) => self.set_result(registers, Value::F64(word(this))),
                (Flavour::I386, Class::Integer, _) => self.set_result(registers, Value::I64(word(this))),
                (_, class, _) => {
                    let names = if class == Class::Integer { &mut integers } else { &mut floats };
                    if let Some(name) = names.next() {
                        self.set(registers, name, &word(this).to_le_bytes());
                    }
                }
            }
        }
    }

    /// Puts a number where a function of this architecture returns it: gdb's
    /// `finish` reads it from there.
    pub(super) fn set_result(&self, registers: &mut Registers, value: Value) {
        let bytes = value.bytes();
        match (self.flavour, value) {
            (Flavour::I386, Value::I32(_) | Value::I64(_)) => {
                self.set(registers, "eax", &bytes[..4]);
                self.set(registers, "edx", bytes.get(4..8).unwrap_or_default());
            }
            (Flavour::I386, Value::F32(bits)) => {
                self.set(registers, "st0", &extended(f32::from_bits(bits).into()));
            }
            (Flavour::I386, Value::F64(bits)) => self.set(registers, "st0", &extended(f64::from_bits(bits))),
            (Flavour::X86_64, Value::I32(_) | Value::I64(_)) => self.set(registers, "rax", &bytes),
            (Flavour::X86_64, Value::F32(_) | Value::F64(_) | Value::V128(_)) => self.set(registers, "xmm0", &bytes),
            (Flavour::Aarch64, Value::I32(_) | Value::I64(_)) => self.set(registers, "x0", &bytes),
            (Flavour::Aarch64, Value::F32(_) | Value::F64(_) | Value::V128(_)) => self.set(registers, "v0", &bytes),
            _ => {}
        }
    }
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A number in the 80-bit format of the x87.
fn extended(value: f64) -> [u8; 10] {
    let bits = value.to_bits();
    let sign = (bits >> 63 << 15) as u16;
    let exponent = (bits >> 52 & 0x7ff) as u16;
    let fraction = bits & ((1 << 52) - 1);
    let (exponent, mantissa) = match (exponent, fraction) {
        (0, 0) => (0, 0),
        (0, fraction) => {
            // Subnormal: the leading one becomes explicit.
            let shift = fraction.leading_zeros();
            (15360 + 12 - shift as u16, fraction << shift)
        }
        (0x7ff, fraction) => (0x7fff, 1 << 63 | fraction << 11),
        (exponent, fraction) => (exponent + 15360, 1 << 63 | fraction << 11),
    };
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&mantissa.to_le_bytes());
    bytes[8..].copy_from_slice(&(sign | exponent).to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::extended;

    #[test]
    fn extended_numbers() {
        assert_eq!(extended(1.0), [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f]);
        assert_eq!(extended(-2.5), [0, 0, 0, 0, 0, 0, 0, 0xa0, 0x00, 0xc0]);
        assert_eq!(extended(0.0), [0; 10]);
        // 2^-1074 has the exponent 16383 - 1074.
        assert_eq!(extended(f64::from_bits(1)), [0, 0, 0, 0, 0, 0, 0, 0x80, 0xcd, 0x3b]);
        assert_eq!(extended(f64::INFINITY), [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f]);
    }
}
