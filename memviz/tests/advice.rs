//! Each kind of advice on memory is given where it is true of a program that ran, and not where it is not.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::Guest;
use memviz::advice::{advice, kinds};
use memviz::{Layout, Program, State};
use wasm_advice::{Advice, Unit};
use wasm_binary::Map;
use wasm_source::{DebugSections, Source, WasmValue};

/// All advice on a guest at rest: its stack pointer stands where it started.
fn advice_on(guest: &mut Guest) -> Vec<Advice> {
    let (memory, mut globals) = (guest.memory(), guest.globals());
    let source = Source::open(&DebugSections::from_module(&guest.bytes).unwrap()).unwrap();
    let program = Program::new(&Map::parse(&guest.bytes).unwrap(), Some(&source));
    if let Some(pointer) = program.linker.stack_pointer {
        globals[pointer.global as usize] = Some(WasmValue::I32(pointer.initial.unwrap() as u32));
    }
    let state = State { globals: &globals, ..State::new(&program, &memory) };
    let all = advice(&state, &Layout::of(&state), Some(&source));
    for advice in &all {
        println!("{}\n  {}", advice.line(), advice.detail);
        for evidence in advice.evidence.iter().take(4) {
            println!("  {} {:?} {:?}", evidence.label, evidence.memory, evidence.amount);
        }
        assert_eq!(advice.gain.unit, Unit::MemoryBytes);
        let addresses = advice.evidence.iter().map(|evidence| evidence.memory.as_ref().unwrap());
        assert!(addresses.clone().count() > 0);
        for at in addresses {
            assert!(at.range.start < at.range.end && at.range.end <= memory.len() as u64, "{at:?}");
        }
    }
    all
}

/// The kinds that a run of `waste.wasm` gives beyond what the module gives by itself: its stack of 1 MiB.
fn of_waste(calls: &[(&str, &[u32])]) -> Vec<Advice> {
    let mut guest = Guest::start("waste");
    guest.call("open", &[]);
    for (name, arguments) in calls {
        guest.call(name, arguments);
    }
    advice_on(&mut guest)
}

fn names(advice: &[Advice]) -> Vec<&str> {
    advice.iter().map(|advice| advice.kind.as_str()).collect()
}

fn of_kind<'a>(advice: &'a [Advice], kind: &str) -> &'a Advice {
    advice.iter().find(|advice| advice.kind.as_str() == kind).unwrap_or_else(|| panic!("{:?}", names(advice)))
}

#[test]
fn kinds_are_told_apart_and_sorted() {
    let kinds: Vec<_> = kinds().collect();
    assert!(kinds.is_sorted() && kinds.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn lost_blocks_are_named_by_type() {
    let all = of_waste(&[("leak", &[200])]);
    let lost = of_kind(&all, "leaked-blocks");
    let labels: Vec<String> = lost.evidence.iter().map(|evidence| evidence.label.to_string()).collect();
    assert!(labels.contains(&"200 × waste::Session".to_string()), "{labels:?}");
    assert!(labels.contains(&"200 × waste::User, held only by other lost blocks".to_string()), "{labels:?}");
    assert!(lost.fix.to_string().contains("waste::Session"), "{}", lost.fix);
    // 200 sessions of 40 bytes, users of 16, and what these hold; headers come on top.
    assert!((200 * (40 + 16 + 24 + 13)..200 * 200).contains(&lost.gain.amount), "{}", lost.gain);
    // A few may be what running functions hold.
    assert!(!names(&of_waste(&[("leak", &[8])])).contains(&"leaked-blocks"));
    assert!(!names(&of_waste(&[("repeat", &[50])])).contains(&"leaked-blocks"));
}

#[test]
fn the_same_in_c() {
    let mut guest = Guest::start("types_c");
    guest.call("fill", &[]);
    assert_eq!(names(&advice_on(&mut guest)), [""; 0]);
    for _ in 0..50 {
        guest.call("fill", &[]);
        guest.call("drop_list", &[]);
    }
    let all = advice_on(&mut guest);
    let lost = of_kind(&all, "leaked-blocks");
    assert!(lost.evidence.iter().any(|evidence| evidence.label.to_string().ends_with("× node")), "{:?}", lost.evidence);
}

#[test]
fn room_that_is_not_used() {
    let all = of_waste(&[("reserve", &[20, 1000, 10])]);
    let spare = of_kind(&all, "spare-capacity");
    assert_eq!(spare.evidence.len(), 20, "{:?}", spare.evidence);
    assert!(
        spare.evidence.iter().all(|evidence| evidence.label.to_string().starts_with("Vec<u64>: 80 bytes of 7.8 KiB"))
    );
    // 990 numbers of 8 bytes each; the allocator rounds.
    assert!((20 * 7920..20 * 7960).contains(&spare.gain.amount), "{}", spare.gain);
    assert!(!names(&of_waste(&[("reserve", &[20, 1000, 600])])).contains(&"spare-capacity"));
}

#[test]
fn a_peak_leaves_a_heap_that_is_free() {
    let all = of_waste(&[("peak", &[1000])]);
    let free = of_kind(&all, "free-heap");
    // All blocks of the peak, and the list that held them.
    assert!((4_000_000..4_400_000).contains(&free.gain.amount), "{}", free.gain);
    assert!(!names(&of_waste(&[("peak", &[100])])).contains(&"free-heap"));
    // In use is not free.
    assert!(!names(&of_waste(&[("reserve", &[500, 1024, 1024])])).contains(&"free-heap"));
}

#[test]
fn the_same_text_many_times() {
    let all = of_waste(&[("repeat", &[2000])]);
    let equal = of_kind(&all, "equal-blocks");
    assert!(equal.evidence[0].label.to_string().starts_with("2000 × \"the same text"), "{:?}", equal.evidence);
    assert!(equal.gain.amount >= 1999 * 69, "{}", equal.gain);
    assert!(!names(&of_waste(&[("leak", &[200])])).contains(&"equal-blocks"));
}

#[test]
fn a_stack_that_is_hardly_used() {
    let all = of_waste(&[("recurse", &[10])]);
    let stack = of_kind(&all, "stack-reserve");
    assert_eq!(stack.gain.amount, (1 << 20) - (1 << 16));
    assert!(stack.fix.to_string().contains("-zstack-size=65536"), "{}", stack.fix);
    // A run that goes deep shows that it needs it.
    let deep = of_waste(&[("recurse", &[300])]);
    assert!(!names(&deep).contains(&"stack-reserve"), "{:?}", names(&deep));
}

/// What is foretold comes true: the same program with the stack that is advised starts with so much less memory, and
/// runs as it did.
#[test]
fn the_stack_that_is_advised_saves_what_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let build = |flag: &str| {
        let file = folder.path().join("waste.wasm");
        let mut rustc = std::process::Command::new("rustc");
        rustc.args([
            "--edition",
            "2024",
            "--crate-type",
            "cdylib",
            "--target",
            "wasm32-unknown-unknown",
            "-Cpanic=abort",
        ]);
        rustc
            .args(["-Copt-level=1", "-o"])
            .arg(&file)
            .arg(common::fixture_path("waste.rs"))
            .args(flag.split_whitespace());
        let done = rustc.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let mut guest = Guest::start_file(&file);
        let bytes = guest.memory().len() as u64;
        guest.call("open", &[]);
        (guest.call("recurse", &[10]), bytes, guest)
    };
    let (result, bytes, mut guest) = build("");
    let all = advice_on(&mut guest);
    let stack = of_kind(&all, "stack-reserve");
    let flag = stack.fix.to_string();
    let flag = flag.split('"').rfind(|part| part.starts_with("-C")).unwrap().to_string();
    let (result_after, bytes_after, mut guest) = build(&flag);
    assert_eq!(result_after, result);
    assert_eq!(bytes - bytes_after, stack.gain.amount);
    assert!(!names(&advice_on(&mut guest)).contains(&"stack-reserve"));
}

#[test]
fn memory_that_nothing_was_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let of = |memory: &str| {
        let text = format!(
            "(module (memory (export \"memory\") {memory}) (data (i32.const 1024) \"hello\")
              (func (export \"write\") (param i32) (i32.store (local.get 0) (i32.const 7))))"
        );
        let file = folder.path().join("module.wasm");
        std::fs::write(&file, wat::parse_str(text).unwrap()).unwrap();
        let mut guest = Guest::start_file(&file);
        guest.call("write", &[100_000]);
        advice_on(&mut guest)
    };
    let all = of("256");
    let untouched = of_kind(&all, "untouched-memory");
    assert_eq!(untouched.gain.amount, (256 - 2) << 16);
    assert!(untouched.fix.to_string().contains("--initial-memory=131072"), "{}", untouched.fix);
    assert_eq!(of_kind(&of("256 256"), "untouched-memory").gain.amount, (256 - 4) << 16);
    assert_eq!(names(&of("16")), [""; 0]);
}

/// Programs that only use memory as they should: whatever is said must be about the stack that a toolchain gives.
#[test]
fn nothing_is_said_of_programs_that_waste_nothing() {
    for name in ["heap_c_o0", "heap_c_o2_stripped", "heap_rust_o0", "heap_wasm_o2", "types_rust"] {
        let mut guest = Guest::start(name);
        if name == "types_rust" {
            guest.call("fill", &[]);
        } else {
            guest.call("seed", &[3]);
            guest.call("run", &[200]);
        }
        let all = advice_on(&mut guest);
        assert!(names(&all).iter().all(|kind| *kind == "stack-reserve"), "{name}: {:?}", names(&all));
    }
}
