//! Going back and forth comes to the same state at the same instruction, in
//! programs that read the clock, random numbers, their environment and input.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeMap;

use common::program;
use wasm_gdb::engine::{Engine, Frame, Interpreted, Resume, Stop};
use wasm_host::{Input, Limits, Options, Output, Pipe};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn launch(stdout: &Pipe) -> Interpreted {
    let bytes = std::fs::read(program("replay.rs", &[]).unwrap()).unwrap();
    let options = Options {
        args: vec!["replay".to_string()],
        env: vec![("NAME".to_string(), "value".to_string())],
        stdin: Input::Bytes(b"to be or not to be".to_vec()),
        stdout: Output::Pipe(stdout.clone()),
        ..Options::default()
    };
    Interpreted::launch("replay", bytes.into(), &options, &Limits::default()).unwrap()
}

#[test]
fn a_thousand_moves_back_and_forth() {
    let stdout = Pipe::new();
    let mut engine = launch(&stdout);
    let mut dice = Dice(7);

    // Forward once, and what the states were on the way.
    let mut hashes = BTreeMap::new();
    let mut at = 0;
    hashes.insert(0, engine.state_hash().unwrap());
    while engine.go_to(at + 1 + dice.below(700)).is_ok() {
        at = engine.instructions().unwrap();
        hashes.insert(at, engine.state_hash().unwrap());
    }
    assert!(hashes.len() > 100, "the program is long enough: {}", hashes.len());
    let printed = stdout.contents();
    let known: Vec<u64> = hashes.keys().copied().collect();

    for moved in 0..1000 {
        let to = known[dice.below(known.len() as u64) as usize];
        match dice.below(4) {
            // Past it and back by steps, or up to it by steps.
            0 => {
                let steps = dice.below(20).min(to);
                engine.go_to(to - steps).unwrap();
                (0..steps).for_each(|_| assert_eq!(engine.resume(Resume::Step).unwrap(), Stop::Step));
            }
            1 if to + 20 < at => {
                let steps = dice.below(20);
                engine.go_to(to + steps).unwrap();
                (0..steps).for_each(|_| assert_eq!(engine.resume(Resume::ReverseStep).unwrap(), Stop::Step));
            }
            _ => engine.go_to(to).unwrap(),
        }
        assert_eq!(engine.instructions(), Some(to));
        assert_eq!(engine.state_hash().unwrap(), hashes[&to], "move {moved} to {to}");
    }
    assert_eq!(stdout.contents(), printed, "what was printed is printed once");
}

#[test]
fn the_end_is_the_same_again() {
    let stdout = Pipe::new();
    let mut engine = launch(&stdout);
    assert_eq!(engine.resume(Resume::Continue).unwrap(), Stop::Exited(0));
    let hash = engine.state_hash().unwrap();
    let count = engine.instructions();
    assert_eq!(engine.resume(Resume::ReverseContinue).unwrap(), Stop::HistoryStart);
    assert_eq!(engine.instructions(), Some(0));
    assert_eq!(engine.resume(Resume::Continue).unwrap(), Stop::Exited(0));
    assert_eq!(engine.state_hash().unwrap(), hash);
    assert_eq!(engine.instructions(), count);
    assert_eq!(String::from_utf8(stdout.contents()).unwrap().lines().count(), 1);
}

#[test]
fn a_breakpoint_that_was_come_to_going_back_is_left_again() {
    let stdout = Pipe::new();
    let mut engine = launch(&stdout);
    engine.go_to(5000).unwrap();
    let often = (0..50_000).map(|_| {
        engine.resume(Resume::Step).unwrap();
        let Frame::Wasm(top) = engine.frames(1).unwrap().remove(0) else { panic!("the host's") };
        top.pc
    });
    let mut counts = BTreeMap::new();
    often.for_each(|pc| *counts.entry(pc).or_insert(0) += 1);
    let (hot, _) = counts.into_iter().filter(|(_, count)| *count >= 5).max_by_key(|(_, count)| *count).unwrap();
    engine.go_to(5000).unwrap();
    engine.set_breakpoints(&[hot].into()).unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        assert_eq!(engine.resume(Resume::Continue).unwrap(), Stop::Breakpoint);
        seen.push(engine.instructions().unwrap());
    }
    for (how, at) in [
        (Resume::ReverseContinue, 1),
        (Resume::Continue, 2),
        (Resume::ReverseContinue, 1),
        (Resume::ReverseContinue, 0),
        (Resume::Continue, 1),
        (Resume::Continue, 2),
    ] {
        assert_eq!(engine.resume(how).unwrap(), Stop::Breakpoint);
        assert_eq!(engine.instructions(), Some(seen[at]), "{how:?}");
    }
    // One that a step back has come to, too.
    engine.go_to(seen[1] + 1).unwrap();
    assert_eq!(engine.resume(Resume::ReverseStep).unwrap(), Stop::Breakpoint);
    assert_eq!(engine.resume(Resume::Continue).unwrap(), Stop::Breakpoint);
    assert_eq!(engine.instructions(), Some(seen[2]));
}

#[test]
fn a_change_in_the_past_is_kept() {
    let stdout = Pipe::new();
    let mut engine = launch(&stdout);
    engine.go_to(5000).unwrap();
    let memory = wasm_gdb::engine::MemoryId(0);
    engine.write_memory(memory, 16, b"changed").unwrap();
    engine.resume(Resume::Step).unwrap();
    engine.go_to(4000).unwrap();
    let mut bytes = [0; 7];
    engine.read_memory(memory, 16, &mut bytes).unwrap();
    assert_ne!(&bytes, b"changed");
    engine.go_to(6000).unwrap();
    engine.read_memory(memory, 16, &mut bytes).unwrap();
    assert_eq!(&bytes, b"changed");
}
