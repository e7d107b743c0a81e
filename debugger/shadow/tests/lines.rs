//! Line tables of shadows.
#![allow(clippy::unwrap_used, missing_docs)]

use object::{Object as _, ObjectSection as _};
use wasm_shadow::{Flavour, Layout, Module};

/// A table of one sequence, of version 4.
fn table(program: &[u8]) -> Vec<u8> {
    let mut header = vec![1, 1, 1, 0xfb, 14, 13];
    header.extend([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
    header.extend(b"\0a.c\0\0\0\0\0");
    let length = (6 + header.len() + program.len()) as u32;
    let header_length = header.len() as u32;
    [&length.to_le_bytes()[..], &[4, 0], &header_length.to_le_bytes(), &header, program].concat()
}

fn set_address(address: u32) -> Vec<u8> {
    [&[0, 5, 2][..], &address.to_le_bytes()].concat()
}

/// Rows that linkers and optimisers have left inside of functions only.
#[test]
fn a_function_has_a_row_where_it_begins() {
    let text = r#"(module
        (func (local i32) nop nop nop nop)
        (func (local i32 i64) nop nop nop nop)
        (func (local f32) nop nop nop nop))"#;
    let mut bytes = wat::parse_str(text).unwrap();
    let starts: Vec<u32> = Module::parse(&bytes).unwrap().functions().iter().map(|f| f.body.start).collect();
    let inside = starts.iter().zip([3, 5, 3]).map(|(start, locals)| start + locals).collect::<Vec<_>>();
    // The first function, with a row that is said to end its prologue; then, in one sequence, the others: the second
    // has a row where it begins.
    let first = [&set_address(inside[0])[..], &[3, 4, 10, 1, 2, 2, 3, 2, 1, 2, 3, 0, 1, 1]].concat();
    let step = |from: u32, to: u32| u8::try_from(to - from).unwrap();
    let others = [
        &set_address(starts[1])[..],
        &[3, 19, 1, 2, step(starts[1], inside[1]), 3, 1, 1],
        // A special operation goes on by four bytes and a line.
        &[2, step(inside[1], inside[2]) - 4, 13 + 4 * 14 + 6, 2, 2, 0, 1, 1],
    ];
    let section = [table(&first), table(&others.concat())].concat();
    let mut custom = [&[11][..], b".debug_line", &section].concat();
    let length = u8::try_from(custom.len() - 128).unwrap() | 0x80;
    custom.splice(0..0, [0, length, 1]);
    bytes.extend(custom);

    let modules = [Module::parse(&bytes).unwrap()];
    let layout = Layout::new(Flavour::X86_64, &modules).unwrap();
    let shadow = wasm_shadow::shadow(&modules[0], &layout, 0).unwrap();
    assert_eq!(shadow.report.damaged, 0);
    let elf = object::File::parse(&shadow.elf[..]).unwrap();
    let lines = elf.section_by_name(".debug_line").unwrap().data().unwrap();
    let lines = gimli::DebugLine::new(lines, gimli::LittleEndian);
    let code = layout.modules()[0].code;
    let mut rows = Vec::new();
    let mut offset = 0;
    for _ in 0..2 {
        let program = lines.program(gimli::DebugLineOffset(offset), 4, None, None).unwrap();
        offset += 4 + program.header().unit_length();
        let mut all = program.rows();
        while let Some((_, row)) = all.next_row().unwrap() {
            assert!(!row.prologue_end());
            let line = row.line().map_or(0, std::num::NonZero::get);
            rows.push(((row.address() - code) as u32, line, row.end_sequence()));
        }
    }
    let expected = [
        (starts[0], 5, false),
        (inside[0] + 2, 7, false),
        (inside[0] + 5, 7, true),
        (starts[1], 20, false),
        (inside[1], 21, false),
        (starts[2], 22, false),
        (inside[2] + 2, 22, true),
    ];
    assert_eq!(rows, expected);
}
