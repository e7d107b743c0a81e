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
