//! Damaged modules: a shadow or an error, never a panic, in time and memory bounded by the input.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{compile_c, fixture};
use proptest::prelude::*;
use std::sync::LazyLock;
use wasm_shadow::{Flavour, Layout, Module};

/// Makes a shadow, if there can be one, and reads back from it.
fn try_shadow(bytes: &[u8], flavour: Flavour) -> Option<usize> {
    let modules = [Module::parse(bytes).ok()?];
    let layout = Layout::new(flavour, &modules).ok()?;
    let shadow = wasm_shadow::shadow(&modules[0], &layout, 0).ok()?;
    for offset in (0..bytes.len() as u64).step_by(97) {
        if let Some(instruction) = modules[0].instruction_at(offset) {
            assert!(instruction.contains(&(offset as u32)));
        }
    }
    Some(shadow.elf.len())
}

static MODULES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut modules = vec![fixture("shapes_c.wasm"), fixture("shapes_c_o2.wasm"), fixture("shapes_rs.wasm")];
    let source = "int f(int a, double b) { for (int i = 0; i < a; i++) b *= i; return (int)b; }
                  static int kept[4]; int g(int i) { return f(kept[i], i); }";
    for flags in [["-O2", "-gdwarf-4"], ["-O2", "-gdwarf-5"], ["-m64", "-gdwarf-5"]] {
        modules.extend(compile_c(source, &flags));
    }
    modules
});

/// LEB128 of five bytes.
fn padded(number: usize) -> [u8; 5] {
    let septet = |at: usize| (number >> (7 * at) & 0x7f) as u8;
    [septet(0) | 0x80, septet(1) | 0x80, septet(2) | 0x80, septet(3) | 0x80, septet(4)]
}

/// A module of one function, with a line table of one sequence that starts at its first instruction.
fn with_rows(body: &[u8], rows: &[u8]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".to_vec();
    module.push(10);
    module.extend(padded(1 + 5 + 1 + body.len()));
    module.push(1);
    module.extend(padded(1 + body.len()));
    module.push(0);
    module.extend(body);
    // Behind the section's count, the body's length and its locals; two rows, so that they are within the function.
    let program = [&[0, 5, 2, 7, 0, 0, 0, 1][..], rows, &[0, 1, 1]].concat();
    let header = b"\x01\x01\x01\xfb\x0e\x0d\0\x01\x01\x01\x01\0\0\0\x01\0\0\x01\0a.c\0\0\0\0\0";
    let length = (6 + header.len() + program.len()) as u32;
    let table = [&length.to_le_bytes()[..], &[4, 0], &(header.len() as u32).to_le_bytes(), header, &program].concat();
    module.push(0);
    module.extend(padded(12 + table.len()));
    module.push(11);
    module.extend(b".debug_line");
    module.extend(table);
    module
}

/// Rows at each of very many openings, and very many rows at one of a loop: each asks where the rounds begin.
#[test]
fn rows_of_nested_openings_take_no_quadratic_time() {
    const DEPTH: usize = 20_000;
    let opened = [0x02, 0x40].repeat(DEPTH);
    let nested = [&opened[..], &[0x03, 0x40, 0x01, 0x0b], &[0x0b].repeat(DEPTH + 1)].concat();
    let one = [0x03, 0x40, 0x01, 0x0b, 0x0b];
    let start = std::time::Instant::now();
    // A special operation that goes on by two bytes and no line; one that only adds a row.
    for (body, rows) in [(&nested[..], [13 + 2 * 14 + 5].repeat(DEPTH)), (&one[..], [1].repeat(DEPTH))] {
        assert!(try_shadow(&with_rows(body, &rows), Flavour::X86_64).is_some());
    }
    assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
}

#[test]
fn truncated_modules_are_survived() {
    for module in MODULES.iter() {
        for length in (0..module.len()).step_by(module.len() / 150 + 1) {
            try_shadow(&module[..length], Flavour::X86_64);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn damaged_modules_are_survived(
        module in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), Just(0), Just(0xff), Just(0xed)]), 1..24),
        flavour in prop::sample::select(Flavour::ALL.to_vec()),
    ) {
        let mut bytes = module.get(&MODULES).clone();
        // Behind the code: in debug information.
        let code_end = Module::parse(&bytes).unwrap().code_range().end as usize;
        for (at, byte) in &changes {
            let place = code_end + at.index(bytes.len() - code_end);
            bytes[place] = *byte;
        }
        let size = try_shadow(&bytes, flavour);
        prop_assert!(size.is_none_or(|size| size < 40 * bytes.len() + 0x1_0000));
    }

    #[test]
    fn damaged_heads_are_survived(
        module in any::<prop::sample::Index>(),
        changes in prop::collection::vec((0_usize..2_000, any::<u8>()), 1..8),
    ) {
        let mut bytes = module.get(&MODULES).clone();
        for (at, byte) in &changes {
            let place = at % bytes.len();
            bytes[place] = *byte;
        }
        try_shadow(&bytes, Flavour::I386);
    }
}

/// A module with custom sections.
fn with_sections(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    let leb = |mut value: usize, into: &mut Vec<u8>| {
        while value >= 0x80 {
            into.push(value as u8 | 0x80);
            value >>= 7;
        }
        into.push(value as u8);
    };
    for (name, contents) in sections {
        let mut body = Vec::new();
        leb(name.len(), &mut body);
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(contents);
        module.push(0);
        leb(body.len(), &mut module);
        module.extend_from_slice(&body);
    }
    module
}

#[test]
fn units_that_share_large_tables_cost_no_more_than_their_size() {
    // 200,000 abbreviations of 5 bytes, and as many units, each with a table that begins with the next abbreviation.
    let count = 200_000_u32;
    let abbrev: Vec<u8> = (0..count).flat_map(|_| [1, 0x2e, 0, 0, 0]).collect();
    let unit = |index: u32| {
        let mut unit = vec![8, 0, 0, 0, 4, 0];
        unit.extend_from_slice(&(index * 5).to_le_bytes());
        unit.extend_from_slice(&[4, 1]);
        unit
    };
    let info: Vec<u8> = (0..count).flat_map(unit).collect();
    let start = std::time::Instant::now();
    let module = with_sections(&[(".debug_abbrev", &abbrev), (".debug_info", &info)]);
    assert!(try_shadow(&module, Flavour::I386).is_some());
    // Some 10 ms; in the square of their number, minutes.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
