//! What GDB shows of stopped programs, served from memory images: the fixtures of `wasm-source`, stopped in a call to
//! the host.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::machine::{Frame, Machine, is_named, returns};
use common::server::debug;
use common::{assert_contains, fixture, gdb_for, has, shadow};
use wasm_shadow::{Flavour, Module};

/// A memory image (`fixtures/stop.mjs`) and the stack pointer.
fn image(file: &str) -> (Vec<u8>, u128) {
    let text = String::from_utf8(fixture(file)).unwrap();
    let mut lines = text.lines().map(|line| line.split_once(' ').unwrap());
    let stack_pointer = lines.next().unwrap().1.parse().unwrap();
    let mut memory = vec![0; 1 << 20];
    for (at, row) in lines {
        let at: usize = at.parse().unwrap();
        for byte in 0..row.len() / 2 {
            memory[at + byte] = u8::from_str_radix(&row[byte * 2..byte * 2 + 2], 16).unwrap();
        }
    }
    (memory, stack_pointer)
}

/// `run` called `inner`, which called the host (function 0) for the last time.
fn stopped(file: &str, inner: &str, flavour: Flavour) -> (Machine, Vec<u8>) {
    let bytes = fixture(&format!("{file}.wasm"));
    let (memory, stack_pointer) = image(&format!("{file}.memory"));
    let mut machine = Machine::new(&bytes, flavour, memory);
    let module = Module::parse(&bytes).unwrap();
    let function = module.functions().iter().find(|f| is_named(&module.function_name(f.index), inner)).unwrap();
    let pause = (0..module.imported_functions()).find(|f| module.function_name(*f) == "host.pause_here").unwrap();
    // Unoptimised code keeps the stack pointer in a local.
    let frame = |pc| Frame { pc, locals: vec![stack_pointer; 8], operands: vec![1, 2] };
    let outer = frame(*returns(&module, &machine.layout, "run", function.index).last().unwrap());
    let inner = frame(*returns(&module, &machine.layout, inner, pause).last().unwrap());
    let host = Frame { pc: machine.layout.modules()[0].host_import(pause), ..Frame::default() };
    machine.stop(vec![outer, inner, host]);
    let elf = shadow(&bytes, flavour).1.elf;
    (machine, elf)
}

#[test]
fn an_unoptimised_c_program_shows_its_state() {
    for flavour in Flavour::ALL.into_iter().filter(|flavour| has(gdb_for(*flavour))) {
        let (machine, elf) = stopped("shapes_c", "area", flavour);
        let commands = ["bt", "frame 1", "info locals", "p *s", "p shapes[1].name", "p &shapes", "info args", "up"];
        let text = debug(&machine, gdb_for(flavour), &elf, &commands);
        let place = &machine.layout.modules()[0];
        assert_contains(&text, "in [host] host.pause_here ()\n#1  ");
        assert_contains(&text, " in area (s=0x10010 <shapes>, scale=3) at shapes.c:51\n#2  ");
        assert_contains(&text, " in run () at shapes.c:56\n#3  ");
        assert_contains(&text, &format!("{:08x} in [host] ()\n", place.host_entry()));
        assert_contains(&text, "sum = 20\n");
        let triangle = "{name = 0x10005 \"triangle\", corners = {{x = 1, y = 2}, {x = 3, y = 4}, {x = -5, y = 6}}, \
                        color = GREEN, weight = 2.5, flags = 5, level = -3, u = {ratio = 0.5, bits = 1056964608}, \
                        next = 0x10048 <shapes+56>}";
        assert_contains(&text, &format!("copy = {triangle}"));
        assert_contains(&text, &format!("$1 = {triangle}"));
        assert_contains(&text, "$2 = 0x10000 \"line\"");
    }
}

#[test]
fn a_rust_program_shows_its_state() {
    for flavour in Flavour::ALL.into_iter().filter(|flavour| has(gdb_for(*flavour))) {
        let (machine, elf) = stopped("shapes_rs", "look", flavour);
        // Not `p *scene`: GDB 13 fails on an array of enumerations with data, of native programs, too.
        let commands = [
            "bt",
            "frame 1",
            "info locals",
            "p scene.shapes[1]",
            "p scene.pair",
            "p *scene.some.0",
            "p scene.tuple",
            "p shapes::LIMITS",
            "p &shapes::LIMITS",
            "info symbol shapes::look",
        ];
        let text = debug(&machine, gdb_for(flavour), &elf, &commands);
        assert_contains(&text, "shapes::look (scene=0xff58, depth=4) at shapes.rs:42");
        assert_contains(&text, "local = shapes::Shape::Square(4, 7)");
        assert_contains(&text, "text = \"a scene\"");
        assert_contains(
            &text,
            "$1 = shapes::Shape::Square(3, 400)\n$2 = shapes::Pair<i64> (-9, 233 '\\xe9')\n$3 = 77\n",
        );
        assert_contains(&text, "$4 = (true, 0.25)\n$5 = [1, 2, 3, 500]\n$6 = (*mut [u16; 4]) 0x10a6c <shapes::LIMITS");
    }
}
