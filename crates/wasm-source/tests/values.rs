//! Variables, types and values of programs that were stopped in a call to the
//! host (`fixtures/stop.mjs`), as memory images.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::fixture;
use wasm_source::{DebugSections, Inspector, Limits, Machine, Place, Source, TypeKind, ValueError, WasmValue};

/// A memory image. Unoptimised code keeps the stack pointer in its frame base.
struct Image {
    memory: Vec<u8>,
    stack_pointer: u32,
}

impl Image {
    fn open(file: &str) -> Image {
        let text = String::from_utf8(fixture(file)).unwrap();
        let mut lines = text.lines().map(|line| line.split_once(' ').unwrap());
        let (_, stack_pointer) = lines.next().unwrap();
        let mut memory = vec![0; 1 << 20];
        for (at, row) in lines {
            let at: usize = at.parse().unwrap();
            for byte in 0..row.len() / 2 {
                let digits = &row[byte * 2..byte * 2 + 2];
                memory[at + byte] = u8::from_str_radix(digits, 16).unwrap();
            }
        }
        Image { memory, stack_pointer: stack_pointer.parse().unwrap() }
    }
}

impl Machine for Image {
    fn read_memory(&self, address: u64, into: &mut [u8]) -> bool {
        let start = address as usize;
        let bytes = self.memory.get(start..start + into.len());
        bytes.inspect(|bytes| into.copy_from_slice(bytes)).is_some()
    }

    fn local(&self, _: u32) -> Option<WasmValue> {
        Some(WasmValue::I32(self.stack_pointer))
    }

    fn global(&self, _: u32) -> Option<WasmValue> {
        None
    }

    fn stack(&self, _: u32) -> Option<WasmValue> {
        None
    }
}

/// The last byte of code that stems from a line of the function.
fn offset_of(source: &Source<'_>, function: &str, line: u32) -> u32 {
    let function = source.subprograms().find(|subprogram| subprogram.name.as_deref() == Some(function)).unwrap();
    let code = &function.ranges[0];
    let on_line = source.line_ranges().filter(|at| at.line == Some(line) && code.contains(&at.range.start));
    on_line.last().unwrap().range.end - 1
}

fn locals(inspector: &Inspector<'_, '_, Image>) -> Vec<String> {
    let show = |variable: wasm_source::Variable<'_>| {
        let value = match inspector.variable(variable.id) {
            Ok(value) => inspector.text(&value, Limits::default()),
            Err(error) => format!("<{error}>"),
        };
        format!("{} {} = {value}", variable.frame, variable.name.unwrap())
    };
    inspector.variables().unwrap().into_iter().map(show).collect()
}

fn statics(source: &Source<'_>, inspector: &Inspector<'_, '_, Image>, name: &str) -> String {
    let mut statics = source.static_variables();
    let variable = statics.find(|variable| variable.name.as_deref() == Some(name));
    let value = inspector.variable(variable.unwrap().id).unwrap();
    inspector.text(&value, Limits::default())
}

const TRIANGLE: &str = "{name = 0x10005 \"triangle\", \
    corners = {{x = 1, y = 2}, {x = 3, y = 4}, {x = -5, y = 6}}, color = GREEN, weight = 2.5, \
    flags = 5, level = -3, u = {ratio = 0.5, bits = 1056964608}, next = 0x10048}";

#[test]
fn a_stopped_c_program_shows_its_variables() {
    let module = fixture("shapes_c.wasm");
    let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let image = Image::open("shapes_c.memory");
    let inspector = Inspector::new(&source, &image, offset_of(&source, "area", 51));
    let copy = format!("0 copy = {TRIANGLE}");
    let expected = ["0 s = 0x10010", "0 scale = 3", "0 sum = 20", &copy];
    assert_eq!(locals(&inspector), expected);
    let shapes = format!(
        "{{{TRIANGLE}, {{name = 0x10000 \"line\", \
         corners = {{{{x = 7, y = 8}}, {{x = 9, y = 10}}, {{x = 0, y = 0}}}}, color = BLUE, \
         weight = -1.0, flags = 1, level = 7, u = {{ratio = 1e-44, bits = 7}}, next = 0x0}}}}"
    );
    assert_eq!(statics(&source, &inspector, "shapes"), shapes);
    assert_eq!(statics(&source, &inspector, "counter"), "0");
}

#[test]
fn a_stopped_rust_program_shows_its_variables() {
    let module = fixture("shapes_rs.wasm");
    let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let image = Image::open("shapes_rs.memory");
    let inspector = Inspector::new(&source, &image, offset_of(&source, "look", 42));
    let all = "Scene { title: \"a scene\", \
         shapes: [Circle { radius: 1.5 }, Square(3, 400), Nothing], \
         pair: Pair<i64>(-9, 'é'), maybe: Some(\"scène\"), none: None, some: Some(Box(77)), \
         list: [1, 2, 3, 500], unit: (), tuple: (true, 0.25) }";
    let scene = format!("0 scene = &{all}");
    let expected = [&scene, "0 depth = 4", "0 local = Square(4, 7)", "0 text = \"a scene\""];
    assert_eq!(locals(&inspector), expected);
    let scene = &inspector.variables().unwrap()[0];
    let pointer = inspector.shape(&inspector.variable(scene.id).unwrap());
    let scene = inspector.target(&pointer.unwrap()).unwrap();
    assert_eq!(inspector.text(&scene, Limits::default()), all);
    assert_eq!(statics(&source, &inspector, "LIMITS"), "[1, 2, 3, 500]");
    assert_eq!(statics(&source, &inspector, "NAME"), "\"scène\"");
}

#[test]
fn limits_shorten_the_text() {
    let module = fixture("shapes_c.wasm");
    let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let image = Image::open("shapes_c.memory");
    let inspector = Inspector::new(&source, &image, offset_of(&source, "area", 51));
    let copy = &inspector.variables().unwrap()[3];
    let value = inspector.variable(copy.id).unwrap();
    let limits = Limits { depth: 2, elements: 3, text: 4, total: 1000 };
    let text = inspector.text(&value, limits);
    let expected = "{name = 0x10005 \"tria\"…, corners = {…, …, …}, color = GREEN, …}";
    assert_eq!(text, expected);
}

/// Locals that hold their own index.
struct Locals;

impl Machine for Locals {
    fn read_memory(&self, _: u64, _: &mut [u8]) -> bool {
        false
    }

    fn local(&self, index: u32) -> Option<WasmValue> {
        Some(match index {
            1 => WasmValue::I64(1 << 40),
            index => WasmValue::I32(index),
        })
    }

    fn global(&self, _: u32) -> Option<WasmValue> {
        None
    }

    fn stack(&self, _: u32) -> Option<WasmValue> {
        None
    }
}

#[test]
fn optimised_code_keeps_variables_in_locals() {
    let module = fixture("shapes_c_o2.wasm");
    let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let area = source.subprograms().find(|subprogram| subprogram.name.as_deref() == Some("area")).unwrap();
    let code = area.ranges[0].clone();
    let inspector = Inspector::new(&source, &Locals, code.start + 4);
    let variables = inspector.variables().unwrap();
    let named = |name| {
        let mut named = variables.iter().filter(|v| v.name.as_deref() == Some(name));
        named.next().unwrap()
    };
    let places = |name| inspector.location(named(name).id).unwrap().pieces;
    assert_eq!(places("s")[0].place, Place::Local(0));
    let scale = inspector.variable(named("scale").id).unwrap();
    assert_eq!(inspector.text(&scale, Limits::default()), "1099511627776");
    // Somewhere two calls are inlined, and each has variables of its own.
    let inside = source
        .inline_ranges(area.id.unit)
        .find(|range| range.subprogram == area.id && range.inlined.len() == 2)
        .unwrap();
    let names: Vec<_> = source.frames_at(inside.range.start).into_iter().map(|f| f.name).collect();
    let name = |name: &str| Some(std::borrow::Cow::Owned(name.to_owned()));
    assert_eq!(names, [name("cross"), name("twice"), name("area")]);
    let variables = source.variables_at(inside.range.start).unwrap();
    let frame_of = |name| variables.iter().find(|v| v.name.as_deref() == Some(name)).unwrap().frame;
    assert_eq!((frame_of("product"), frame_of("i"), frame_of("scale")), (0, 1, 2));
}

#[test]
fn every_variable_of_a_real_program_has_a_type_and_answers() {
    let Some(module) = common::corpus("webtreesitter_debug.wasm") else {
        return;
    };
    let sections = DebugSections::from_module(&module).unwrap();
    let source = Source::open(&sections).unwrap();
    let (mut known, mut text) = (0, 0);
    for offset in sections.code().step_by(501) {
        let inspector = Inspector::new(&source, &Locals, offset);
        for variable in inspector.variables().unwrap() {
            let ty = source.read_type(variable.ty.unwrap()).unwrap();
            assert!(!matches!(ty.kind, TypeKind::Base(_)) || ty.byte_size.is_some());
            match inspector.variable(variable.id) {
                Ok(value) => {
                    known += 1;
                    text += inspector.text(&value, Limits::default()).len();
                }
                Err(error) => assert!(
                    matches!(error, ValueError::OptimizedOut | ValueError::NoMachineValue(_) | ValueError::NoMemory(_)),
                    "{error}"
                ),
            }
        }
    }
    assert!(known > 500 && text > known, "{known} values, {text} bytes");
}
