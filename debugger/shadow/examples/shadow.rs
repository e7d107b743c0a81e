//! Writes the shadow of a module: `cargo run --example shadow -- app.wasm app.elf [i386|x86-64|aarch64]`.
#![allow(missing_docs)]

use std::error::Error;
use wasm_shadow::{Flavour, Layout, Module};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (input, output, flavour) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [input, output] => (input, output, Flavour::X86_64),
        [input, output, "i386"] => (input, output, Flavour::I386),
        [input, output, "x86-64"] => (input, output, Flavour::X86_64),
        [input, output, "aarch64"] => (input, output, Flavour::Aarch64),
        _ => return Err("usage: shadow MODULE ELF [i386|x86-64|aarch64]".into()),
    };
    let bytes = std::fs::read(input)?;
    let start = std::time::Instant::now();
    let modules = [Module::parse(&bytes)?];
    let parsed = start.elapsed();
    let layout = Layout::new(flavour, &modules)?;
    let shadow = wasm_shadow::shadow(&modules[0], &layout, 0)?;
    eprintln!("{:?}, {} bytes, parsed in {parsed:?}, all in {:?}", shadow.report, shadow.elf.len(), start.elapsed());
    std::fs::write(output, shadow.elf)?;
    Ok(())
}
