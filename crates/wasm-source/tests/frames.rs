//! Functions, inline frames and lines of real modules, against another reader
//! of the same DWARF: the addr2line crate.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{corpus, fixture};
use wasm_source::{DebugSections, Frame, Problem, Source};

type Slice<'a> = gimli::EndianSlice<'a, gimli::LittleEndian>;

/// One frame, in words that both readers can say.
type Said = (Option<String>, Option<String>, Option<u32>, Option<u32>);

fn ours(source: &Source<'_>, offset: u32) -> Vec<Said> {
    let say = |frame: Frame<'_>| {
        let name = frame.linkage_name.or(frame.name).map(|name| name.into_owned());
        let path = frame.file.and_then(|file| source.path(file));
        (name, path, frame.line, frame.column)
    };
    source.frames_at(offset).into_iter().map(say).collect()
}

fn theirs(context: &addr2line::Context<Slice<'_>>, address: u64) -> Vec<Said> {
    let mut frames = context.find_frames(address).skip_all_loads().unwrap();
    let mut said = Vec::new();
    while let Some(frame) = frames.next().unwrap() {
        let name = frame.function.map(|f| f.raw_name().unwrap().into_owned());
        let place = frame.location;
        let file = place.as_ref().and_then(|place| place.file).map(str::to_owned);
        let line = place.as_ref().and_then(|place| place.line).filter(|line| *line != 0);
        let column = place.and_then(|place| place.column).filter(|column| *column != 0);
        said.push((name, file, line, column));
    }
    said
}

/// Compares the frames at every `step`th byte of code from `first` on:
/// addr2line takes functions that the linker dropped, and left at address 0,
/// for the code that starts there.
fn compare(module: &[u8], first: u32, step: usize) -> Compared {
    let sections = DebugSections::from_module(module).unwrap();
    let source = Source::open(&sections).unwrap();
    let load = |id: gimli::SectionId| {
        let bytes = sections.get(id.name()).unwrap_or_default();
        Ok::<_, gimli::Error>(Slice::new(bytes, gimli::LittleEndian))
    };
    let dwarf = gimli::Dwarf::load(load).unwrap();
    let context = addr2line::Context::from_dwarf(dwarf).unwrap();
    let mut compared = Compared::default();
    for offset in sections.code().skip(first as usize).step_by(step) {
        let ours = ours(&source, offset);
        let theirs = theirs(&context, u64::from(offset - sections.code().start));
        compared.inlined += usize::from(ours.len() > 1);
        if ours == theirs {
            compared.equal += usize::from(!ours.is_empty());
            continue;
        }
        // Optimizers leave inlined calls whose code ends past the module. They
        // are no frames here; addr2line lets them reach to the end of the
        // function, in the way of others. The function and the line agree.
        let function = |said: &[Said]| said.last().map(|said| said.0.clone());
        let place = |said: &[Said]| said.first().map(|said| (said.1.clone(), said.2, said.3));
        let outer = function(&ours) == function(&theirs) && place(&ours) == place(&theirs);
        // addr2line loses assembly, which has no subprograms, there too.
        let assembly = theirs.is_empty() && ours.len() == 1 && ours[0].0.is_none();
        assert!(outer || assembly, "at {offset:#x}: {ours:?}, but {theirs:?}");
        compared.apart += 1;
    }
    compared.problems = source.problems();
    compared
}

#[derive(Debug, Default)]
struct Compared {
    equal: usize,
    inlined: usize,
    apart: usize,
    problems: Vec<Problem>,
}

#[test]
fn every_byte_of_the_small_modules_agrees_with_addr2line() {
    for module in ["shapes_c_o2.wasm", "shapes_rs.wasm"] {
        let compared = compare(&fixture(module), 0, 1);
        assert!(compared.equal > 0 && compared.inlined > 0, "{compared:?}");
        assert_eq!(compared.apart, 0);
        assert_eq!(compared.problems, []);
    }
}

#[test]
fn c_with_dwarf_4_agrees_with_addr2line() {
    if let Some(module) = corpus("webtreesitter_debug.wasm") {
        let compared = compare(&module, 0x4000, 7);
        assert!(compared.equal > 30_000, "{compared:?}");
        assert!(compared.apart * 50 < compared.equal, "{compared:?}");
    }
}

#[test]
fn c_and_rust_of_twelve_megabytes_agree_with_addr2line() {
    if let Some(module) = corpus("ruby_dwarf.wasm") {
        let compared = compare(&module, 0x10000, 499);
        // wasm-opt made the end of every tenth inlined call 0 here.
        assert!(compared.equal > 13_000, "{compared:?}");
        assert!(compared.apart * 5 < compared.equal, "{compared:?}");
        let outside = |problem: &Problem| matches!(problem, Problem::OutsideCode { .. });
        assert!(compared.problems.iter().all(outside), "{compared:?}");
    }
}
