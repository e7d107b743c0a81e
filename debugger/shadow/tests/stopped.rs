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

#[test]
fn optimised_code_keeps_variables_in_locals_and_operands() {
    let bytes = fixture("shapes_c_o2.wasm");
    for flavour in Flavour::ALL.into_iter().filter(|flavour| has(gdb_for(*flavour))) {
        let mut machine = Machine::new(&bytes, flavour, vec![0; 0x10000]);
        let module = Module::parse(&bytes).unwrap();
        let area = module.functions().iter().find(|f| module.function_name(f.index) == "area").unwrap();
        let run = module.functions().iter().find(|f| module.function_name(f.index) == "run").unwrap();
        let place = machine.layout.modules()[0].clone();
        let call = *returns(&module, &machine.layout, "run", area.index).last().unwrap();
        // After the second call of `cross` computed its product, an operand has the product.
        let pc = place.code + 0x3c;
        assert_eq!(module.function_at(0x3c).map(|f| f.index), Some(area.index));
        assert_eq!(module.instruction_at(0x3c), Some(0x3c..0x3e));
        assert!(run.body.start > area.body.start);
        let values = |from: u128, count: u128| (from..from + count).collect::<Vec<_>>();
        machine.stop(vec![
            Frame { pc: call, locals: values(900, 2), operands: Vec::new() },
            Frame { pc, locals: values(100, 8), operands: values(200, 3) },
        ]);
        let elf = shadow(&bytes, flavour).1.elf;
        let text = debug(&machine, gdb_for(flavour), &elf, &["bt", "p product", "up", "up", "p s", "p scale", "up"]);
        assert_contains(&text, "#0  cross (a=..., b=...) at shapes.c:35\n#1  twice (s=0x64) at shapes.c:43\n");
        assert_contains(&text, "#2  area (s=0x64, scale=101) at shapes.c:49\n#3  ");
        assert_contains(&text, "$1 = 200\n");
        assert_contains(&text, "in run () at shapes.c:56");
    }
}

#[test]
fn deep_recursion_and_many_locals_have_room() {
    let bytes = fixture("shapes_c.wasm");
    for flavour in Flavour::ALL.into_iter().filter(|flavour| has(gdb_for(*flavour))) {
        let (mut machine, elf) = stopped("shapes_c", "area", flavour);
        let area = machine.frames[2].clone();
        let large = Frame { locals: vec![area.locals[0]; 50_000], ..area.clone() };
        let mut frames = vec![machine.frames[1].clone(), large];
        frames.resize(3_000, area);
        machine.stop(frames);
        let text = debug(&machine, gdb_for(flavour), &elf, &["set pagination off", "bt -3", "bt 2", "p sum"]);
        assert_contains(&text, "#3000 ");
        assert_contains(&text, "in [host] ()\n");
        assert_contains(&text, "#2998 0x");
        assert_contains(&text, "#1  0x");
        assert_contains(&text, "$1 = 20\n");
    }
    let module = [Module::parse(&bytes).unwrap()];
    let layout = wasm_shadow::Layout::new(Flavour::I386, &module).unwrap();
    let shape = wasm_shadow::FrameShape { locals: 4, operands: 3 };
    let kept = layout.stack(&vec![shape; 10_000_000]).len();
    assert!(kept > 500_000 && kept < 10_000_000, "{kept}");
}

#[test]
fn a_module_without_dwarf_has_a_backtrace() {
    let bytes = wat::parse_str(
        r#"(module (import "env" "pause" (func (param i32)))
            (func $inner (param i32) (call 0 (local.get 0)))
            (func (export "outer") (call $inner (i32.const 1))))"#,
    )
    .unwrap();
    for flavour in Flavour::ALL.into_iter().filter(|flavour| has(gdb_for(*flavour))) {
        let module = Module::parse(&bytes).unwrap();
        let mut machine = Machine::new(&bytes, flavour, Vec::new());
        let frame = |pc| Frame { pc, locals: vec![1], operands: Vec::new() };
        let outer = frame(returns(&module, &machine.layout, "outer", 1)[0]);
        let inner = frame(returns(&module, &machine.layout, "inner", 0)[0]);
        let call = Frame { pc: machine.layout.modules()[0].host_call(), ..Frame::default() };
        let host = Frame { pc: machine.layout.modules()[0].host_import(0), ..Frame::default() };
        machine.stop(vec![outer.clone(), call, outer, inner, host]);
        let text = debug(&machine, gdb_for(flavour), &shadow(&bytes, flavour).1.elf, &["bt"]);
        let names: Vec<&str> =
            text.lines().filter(|line| line.starts_with('#')).filter_map(|line| line.split(" in ").nth(1)).collect();
        let expected = ["[host] env.pause ()", "inner ()", "outer ()", "[host call] ()", "outer ()", "[host] ()"];
        assert_eq!(names, expected, "{text}");
    }
}

#[test]
fn an_instruction_that_looks_like_a_return_is_none() {
    let bytes = wat::parse_str(
        r#"(module (import "env" "pause" (func))
            (func $inner (param i64) (result i64) (i64.extend16_s (local.get 0)))
            (func (export "outer") (drop (call $inner (i64.const 1)))))"#,
    )
    .unwrap();
    for flavour in Flavour::ALL.into_iter().filter(|flavour| has(gdb_for(*flavour))) {
        let module = Module::parse(&bytes).unwrap();
        let mut machine = Machine::new(&bytes, flavour, Vec::new());
        let outer = returns(&module, &machine.layout, "outer", 1)[0];
        let at = module.code().iter().position(|byte| *byte == 0xc3).unwrap();
        let inner = machine.layout.modules()[0].code + at as u64;
        machine.stop(vec![
            Frame { pc: outer, ..Frame::default() },
            Frame { pc: inner, locals: vec![1], operands: vec![1] },
        ]);
        let text = debug(&machine, gdb_for(flavour), &shadow(&bytes, flavour).1.elf, &["bt"]);
        assert_contains(&text, " in inner ()\n#1  ");
        assert_contains(&text, " in outer ()\n#2  ");
    }
}
