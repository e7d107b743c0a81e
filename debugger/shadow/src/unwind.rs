//! `.debug_frame`: how GDB gets from a frame's record to the frame outside, see [`crate::layout`].

use crate::layout::{FRAME_POINTER_TO_CFA, Flavour, Placement};
use gimli::write::{
    Address, CallFrameInstruction, CommonInformationEntry, DebugFrame, EndianVec, FrameDescriptionEntry, FrameTable,
};
use gimli::{Encoding, Format, LittleEndian, Register};

/// The section's contents: all frames of a module and its host stubs unwind alike, and end at the host's entry.
pub(crate) fn debug_frame(flavour: Flavour, placement: &Placement) -> gimli::write::Result<Vec<u8>> {
    let registers = flavour.registers();
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: flavour.word_size() };
    let return_address = Register(registers.pc.dwarf);
    let mut cie = CommonInformationEntry::new(encoding, 1, -8, return_address);
    let frame_pointer = Register(registers.frame_pointer.dwarf);
    cie.add_instruction(CallFrameInstruction::Cfa(frame_pointer, FRAME_POINTER_TO_CFA as i32));
    cie.add_instruction(CallFrameInstruction::Offset(return_address, -8));
    cie.add_instruction(CallFrameInstruction::Offset(frame_pointer, -16));
    cie.add_instruction(CallFrameInstruction::Offset(Register(registers.operand_base.dwarf), -24));
    cie.add_instruction(CallFrameInstruction::ValOffset(Register(registers.stack_pointer.dwarf), 0));
    let mut table = FrameTable::default();
    let cie = table.add_cie(cie);
    let describe = |start: u64, end: u64| FrameDescriptionEntry::new(Address::Constant(start), (end - start) as u32);
    if placement.code_size > 0 {
        table.add_fde(cie, describe(placement.code, placement.code + placement.code_size));
    }
    let mut entry = describe(placement.stub(0), placement.stub(1));
    entry.add_instruction(0, CallFrameInstruction::Undefined(return_address));
    table.add_fde(cie, entry);
    table.add_fde(cie, describe(placement.stub(1), placement.host_end()));
    let mut section = DebugFrame::from(EndianVec::new(LittleEndian));
    table.write_debug_frame(&mut section)?;
    Ok(section.0.into_vec())
}
