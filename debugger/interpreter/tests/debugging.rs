//! What a debugger does with a machine: stop, look, change, go back.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use wasm_interpreter::{
    Access, Action, Event, Extern, FrameView, FunctionId, HostCall, HostChange, HostError, InstanceId, Limits, Linker,
    Machine, MemoryId, Module, ModuleError, NoHost, Snapshot, Trap, Value, WatchKind,
};

fn module(text: &str) -> Module {
    Module::new(wat::parse_str(text).unwrap()).unwrap()
}

/// A machine with one instance; imports are host functions.
fn machine(text: &str) -> (Machine, InstanceId) {
    let mut machine = Machine::default();
    let module = module(text);
    let mut linker = Linker::new();
    linker.define_host_functions(&mut machine.store, &module);
    let instance = machine.instantiate(&module, &linker).unwrap();
    (machine, instance)
}

fn function(machine: &Machine, instance: InstanceId, name: &str) -> FunctionId {
    machine.store.exported_function(instance, name).unwrap()
}

/// File offset of the nth operator of a function.
fn operator(machine: &Machine, instance: InstanceId, index: u32, nth: usize) -> u64 {
    let module = machine.store.module(instance).unwrap();
    let start = module.first_operator(index).unwrap().unwrap();
    let bytes = &module.bytes()[start as usize..];
    let mut reader = wasmparser::OperatorsReader::new(wasmparser::BinaryReader::new(bytes, start));
    (0..=nth).map(|_| reader.read_with_offset().unwrap().1).last().unwrap()
}

const SUM: &str = r#"(module
    (global $total (mut i64) (i64.const 0))
    (memory (export "memory") 1)
    (func $add (param i32) (result i32)
        (i32.store (i32.const 16) (local.get 0))
        (i32.add (i32.load (i32.const 16)) (i32.const 1)))
    (func (export "main") (param $n i32) (result i32) (local $i i32)
        (loop $again
            (local.set $i (call $add (local.get $i)))
            (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
        (local.get $i)))"#;

#[test]
fn a_breakpoint_stops_before_its_operator_each_time() {
    let (mut machine, instance) = machine(SUM);
    let offset = operator(&machine, instance, 0, 0);
    let position = machine.add_breakpoint(instance, offset).unwrap().unwrap();
    assert_eq!((position.function, position.offset), (0, offset));
    let main = function(&machine, instance, "main");
    machine.call(main, &[Value::I32(5)]).unwrap();
    for round in 0..5 {
        assert_eq!(machine.run(&mut NoHost), Event::Breakpoint);
        assert_eq!(machine.position(), Some(position));
        assert_eq!(machine.local(0, 0), Some(Value::I32(round)));
    }
    assert_eq!(machine.breakpoints(), [position]);
    assert!(machine.remove_breakpoint(instance, offset));
    assert!(!machine.remove_breakpoint(instance, offset));
    assert_eq!(machine.run(&mut NoHost), Event::Returned(vec![Value::I32(5)]));
}

#[test]
fn a_breakpoint_between_operators_slips_forward_and_one_elsewhere_is_none() {
    let (mut machine, instance) = machine(SUM);
    let (first, second) = (operator(&machine, instance, 0, 0), operator(&machine, instance, 0, 1));
    assert_eq!(machine.add_breakpoint(instance, first + 1).unwrap().unwrap().offset, second);
    assert_eq!(machine.add_breakpoint(instance, 0).unwrap(), None);
    assert_eq!(machine.add_breakpoint(InstanceId(9), first).unwrap(), None);
}

#[test]
fn a_breakpoint_where_a_call_begins_is_hit_at_once() {
    let (mut machine, instance) = machine(SUM);
    let offset = operator(&machine, instance, 1, 0);
    machine.add_breakpoint(instance, offset).unwrap();
    let main = function(&machine, instance, "main");
    for _ in 0..2 {
        machine.call(main, &[Value::I32(1)]).unwrap();
        assert_eq!(machine.run(&mut NoHost), Event::Breakpoint);
        assert_eq!(machine.run(&mut NoHost), Event::Returned(vec![Value::I32(1)]));
    }
}

#[test]
fn every_operator_is_a_step_and_counts_once() {
    let (mut machine, instance) = machine(SUM);
    let main = function(&machine, instance, "main");
    machine.call(main, &[Value::I32(3)]).unwrap();
    let mut steps = 0;
    let results = loop {
        match machine.step(&mut NoHost) {
            Event::Limit => steps += 1,
            Event::Returned(values) => break values,
            event => panic!("{event:?}"),
        }
    };
    assert_eq!(results, [Value::I32(3)]);
    assert_eq!(machine.instructions(), steps + 1);
    // loop; 3 × (local.get call local.set local.get local.get lt br_if + 8 of $add); end local.get end
    assert_eq!(machine.instructions(), 1 + 3 * (7 + 8) + 3);
    assert_eq!(machine.step(&mut NoHost), Event::Idle);
}

#[test]
fn frames_tell_where_each_function_is_and_will_go_on() {
    let (mut machine, instance) = machine(SUM);
    let main = function(&machine, instance, "main");
    machine.call(main, &[Value::I32(3)]).unwrap();
    let stop = operator(&machine, instance, 0, 3);
    machine.add_breakpoint(instance, stop).unwrap();
    assert_eq!(machine.run(&mut NoHost), Event::Breakpoint);
    let frames: Vec<FrameView> = machine.frames().collect();
    let FrameView::Module { position, resumes_at, .. } = frames[0] else { panic!("{frames:?}") };
    assert_eq!((position.function, position.offset, resumes_at), (0, stop, stop));
    let FrameView::Module { position, resumes_at, .. } = frames[1] else { panic!("{frames:?}") };
    let (call, after) = (operator(&machine, instance, 1, 2), operator(&machine, instance, 1, 3));
    assert_eq!((position.function, position.offset, resumes_at), (1, call, after));
    assert_eq!(frames[2..], [FrameView::Entry { function: main }]);
    assert_eq!(machine.locals(1), Some(vec![Value::I32(3), Value::I32(0)]));
    assert_eq!(machine.locals(2), None);
}

#[test]
fn watchpoints_see_writes_and_reads_of_their_range_only() {
    let (mut machine, instance) = machine(SUM);
    let main = function(&machine, instance, "main");
    let memory = MemoryId(0);
    let write = machine.add_watchpoint(memory, 18, 1, WatchKind::Write).unwrap();
    machine.add_watchpoint(memory, 20, 8, WatchKind::Access).unwrap();
    machine.call(main, &[Value::I32(2)]).unwrap();
    for round in 0..2_i32 {
        let Event::Watchpoint(hit) = machine.run(&mut NoHost) else { panic!("no hit") };
        assert_eq!((hit.watchpoint, hit.access, hit.address), (write, Access::Write, 16));
        assert_eq!(hit.old, (round - 1).max(0).to_le_bytes());
        assert_eq!(hit.new, round.to_le_bytes());
        assert_eq!(hit.position.offset, operator(&machine, instance, 0, 2));
        assert_eq!(machine.position().unwrap().offset, operator(&machine, instance, 0, 3));
    }
    assert_eq!(machine.run(&mut NoHost), Event::Returned(vec![Value::I32(2)]));

    assert!(machine.remove_watchpoint(write));
    machine.add_watchpoint(memory, 19, 1, WatchKind::Read).unwrap();
    machine.call(main, &[Value::I32(1)]).unwrap();
    let Event::Watchpoint(hit) = machine.run(&mut NoHost) else { panic!("no hit") };
    assert_eq!((hit.access, hit.position.offset), (Access::Read, operator(&machine, instance, 0, 4)));
}

#[test]
fn watchpoints_see_bulk_operators_vectors_atomics_and_accesses_across_pages() {
    let (mut machine, instance) = machine(
        r#"(module (memory 2) (data $d "abcd")
            (func (export "fill") (memory.fill (i32.const 0) (i32.const 7) (i32.const 9000)))
            (func (export "copy") (memory.copy (i32.const 4000) (i32.const 9000) (i32.const 500)))
            (func (export "init") (memory.init $d (i32.const 4095) (i32.const 0) (i32.const 4)))
            (func (export "vector") (v128.store (i32.const 4090) (v128.const i32x4 1 2 3 4)))
            (func (export "atomic") (drop (i32.atomic.rmw.add (i32.const 4096) (i32.const 1))))
            (func (export "across") (i64.store (i32.const 4092) (i64.const -1))))"#,
    );
    machine.add_watchpoint(MemoryId(0), 4096, 2, WatchKind::Write).unwrap();
    for name in ["fill", "copy", "init", "vector", "atomic", "across"] {
        machine.call(function(&machine, instance, name), &[]).unwrap();
        let Event::Watchpoint(hit) = machine.run(&mut NoHost) else { panic!("{name}: no hit") };
        let bytes = machine.store.memory(MemoryId(0)).unwrap().read(hit.address, hit.new.len()).unwrap();
        assert_eq!(bytes, hit.new, "{name}");
        assert_ne!(hit.old, hit.new, "{name}");
        assert_eq!(machine.run(&mut NoHost), Event::Returned(vec![]), "{name}");
    }
}

#[test]
fn locals_operands_and_globals_can_be_set() {
    let (mut machine, instance) = machine(
        r#"(module (global (export "g") (mut i32) (i32.const 1))
            (func (export "main") (param f32 i64) (result i64) (local $v v128) (local $after i64)
                (local.set $v (v128.const i64x2 5 6))
                (local.set $after (i64.const 9))
                (f64.const 1.5) (drop)
                (local.get $v) (drop)
                (i64.add (i64x2.extract_lane 1 (local.get $v)) (i64.add (local.get $after) (local.get 1)))))"#,
    );
    let main = function(&machine, instance, "main");
    machine.call(main, &[Value::from(2.5_f32), Value::I64(100)]).unwrap();
    machine.run_until(machine.instructions() + 5, &mut NoHost);
    assert_eq!(machine.operands(0), Some(vec![Value::from(1.5)]));
    assert!(machine.set_operand(0, 0, Value::from(f64::NAN)));
    assert!(!machine.set_operand(0, 0, Value::I32(1)), "of another type");
    assert!(!machine.set_operand(0, 1, Value::I32(1)), "not there");
    let vector = Value::V128(5 | (6 << 64));
    assert_eq!(machine.locals(0), Some(vec![Value::from(2.5_f32), Value::I64(100), vector, Value::I64(9)]));
    assert!(machine.set_local(0, 2, Value::V128(1000 << 64)));
    assert!(machine.set_local(0, 3, Value::I64(10)));
    assert!(!machine.set_local(0, 3, Value::I32(10)), "of another type");
    assert!(!machine.set_local(1, 0, Value::I32(10)), "no module's frame");
    assert_eq!(machine.run(&mut NoHost), Event::Returned(vec![Value::I64(1110)]));
    let Some(Extern::Global(global)) = machine.store.export(instance, "g") else { panic!("no global") };
    assert!(machine.store.set_global(global, Value::I32(3)));
    assert_eq!(machine.store.global(global).unwrap().1, Value::I32(3));
}

#[test]
fn a_trap_leaves_all_as_it_was_and_can_be_mended() {
    let (mut machine, instance) = machine(
        r#"(module (func (export "divide") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))"#,
    );
    let divide = function(&machine, instance, "divide");
    machine.call(divide, &[Value::I32(12), Value::I32(0)]).unwrap();
    for _ in 0..2 {
        assert_eq!(machine.run(&mut NoHost), Event::Trap(Trap::DivideByZero));
        assert_eq!(machine.instructions(), 2);
        assert_eq!(machine.position().unwrap().offset, operator(&machine, instance, 0, 2));
    }
    assert!(machine.set_operand(0, 1, Value::I32(4)));
    assert_eq!(machine.run(&mut NoHost), Event::Returned(vec![Value::I32(3)]));
}

#[test]
fn a_function_can_be_called_while_another_is_stopped() {
    let (mut machine, instance) = machine(SUM);
    let main = function(&machine, instance, "main");
    machine.call(main, &[Value::I32(4)]).unwrap();
    machine.run_until(9, &mut NoHost);
    let before: Vec<_> = machine.frames().collect();
    let operands = machine.operands(0);
    let inner = machine.invoke(main, &[Value::I32(2)], &mut NoHost);
    assert_eq!(inner, Ok(vec![Value::I32(2)]));
    machine.call(main, &[Value::I32(1000)]).unwrap();
    machine.run_until(machine.instructions() + 100, &mut NoHost);
    assert!(machine.unwind());
    assert_eq!(machine.frames().collect::<Vec<_>>(), before);
    assert_eq!(machine.operands(0), operands);
    assert_eq!(machine.run(&mut NoHost), Event::Returned(vec![Value::I32(4)]));
    assert!(!machine.unwind());
}

#[test]
fn an_interrupt_stops_a_loop_without_end() {
    let (mut machine, instance) = machine(r#"(module (func (export "main") (loop (br 0))))"#);
    machine.call(function(&machine, instance, "main"), &[]).unwrap();
    let interrupt = machine.interrupt_handle();
    let other = std::thread::spawn(move || interrupt.interrupt());
    assert_eq!(machine.run(&mut NoHost), Event::Interrupted);
    other.join().unwrap();
    assert_eq!(machine.run_until(machine.instructions() + 10, &mut NoHost), Event::Limit);
}

#[test]
fn an_interrupt_gets_in_between_host_calls() {
    let (mut machine, instance) =
        machine(r#"(module (import "env" "f" (func $f)) (func (export "main") (loop (call $f) (br 0))))"#);
    machine.call(function(&machine, instance, "main"), &[]).unwrap();
    let interrupt = machine.interrupt_handle();
    let mut calls = 0;
    let mut host = |_: &mut HostCall<'_>| {
        calls += 1;
        if calls == 100 {
            interrupt.interrupt();
        }
        Ok(Action::Return(vec![]))
    };
    assert_eq!(machine.run(&mut host), Event::Interrupted);
}

#[test]
fn a_breakpoint_is_reported_once_however_the_run_is_cut() {
    let (mut machine, instance) = machine(SUM);
    let main = function(&machine, instance, "main");
    let offset = operator(&machine, instance, 0, 1);
    machine.add_breakpoint(instance, offset).unwrap();
    for chunk in [1, 2, 3, 7, 1000] {
        machine.call(main, &[Value::I32(6)]).unwrap();
        let mut hits = 0;
        loop {
            match machine.run_until(machine.instructions() + chunk, &mut NoHost) {
                Event::Limit => {}
                Event::Breakpoint => {
                    hits += 1;
                    // What is called meanwhile does not make it new.
                    machine.call(main, &[Value::I32(0)]).unwrap();
                    assert!(machine.unwind());
                }
                event => break assert_eq!(event, Event::Returned(vec![Value::I32(6)])),
            }
        }
        assert_eq!(hits, 6, "in pieces of {chunk}");
    }
}

#[test]
fn a_watchpoint_sees_what_a_host_function_writes() {
    let (mut machine, instance) =
        machine(r#"(module (import "env" "f" (func $f)) (memory 1) (func (export "main") (nop) (call $f) (nop)))"#);
    let watchpoint = machine.add_watchpoint(MemoryId(0), 101, 2, WatchKind::Write).unwrap();
    machine.call(function(&machine, instance, "main"), &[]).unwrap();
    let mut host = |call: &mut HostCall<'_>| {
        let memory = call.memory(0).unwrap();
        assert!(call.write(memory, 0, b"elsewhere") && call.write(memory, 100, b"here"));
        Ok(Action::Return(vec![]))
    };
    let Event::Watchpoint(hit) = machine.run(&mut host) else { panic!("no hit") };
    assert_eq!((hit.watchpoint, hit.address, &hit.new[..]), (watchpoint, 101, &b"er"[..]));
    assert_eq!(hit.position.offset, operator(&machine, instance, 1, 1));
    assert_eq!(machine.position().unwrap().offset, operator(&machine, instance, 1, 2));
    assert_eq!(machine.run(&mut host), Event::Returned(vec![]));
}

const CALLS_BACK: &str = r#"(module
    (import "host" "twice" (func $twice (param i32) (result i32)))
    (memory (export "memory") 1)
    (tag $tag (export "tag") (param i32))
    (func (export "back") (param i32) (result i32)
        (if (i32.eq (local.get 0) (i32.const 13)) (then (throw $tag (local.get 0))))
        (i32.add (local.get 0) (i32.const 1)))
    (func (export "main") (param i32) (result i32) (i32.mul (call $twice (local.get 0)) (i32.const 10)))
    (func (export "tail") (param i32) (result i32) (return_call $twice (local.get 0)))
    (func (export "caught") (param i32) (result i32)
        (block $caught (result i32)
            (try_table (catch $tag $caught) (drop (call $twice (local.get 0))))
            (i32.const -1))))"#;

/// Calls the exported function `back` twice, and writes down that it did.
fn twice(call: &mut HostCall<'_>) -> Result<Action, HostError> {
    let back = call.store().exported_function(call.caller().unwrap(), "back").unwrap();
    let again = |value, token| Action::Call { function: back, arguments: vec![value], token };
    match call.resumed().cloned() {
        None => Ok(again(call.arguments()[0], 1)),
        Some(resumed) => match resumed.outcome {
            Ok(values) if resumed.token == 1 => Ok(again(values[0], 2)),
            Ok(values) => {
                let memory = call.memory(0).unwrap();
                assert!(call.write(memory, 100, b"done"));
                assert_eq!(call.changes(), [HostChange::Memory { memory, address: 100, len: 4 }]);
                Ok(Action::Return(values))
            }
            Err(exception) => Err(HostError::Throw(exception)),
        },
    }
}

#[test]
fn a_host_function_calls_back_and_is_seen_on_the_stack() {
    let (mut machine, instance) = machine(CALLS_BACK);
    let main = function(&machine, instance, "main");
    machine.add_breakpoint(instance, operator(&machine, instance, 1, 0)).unwrap();
    machine.call(main, &[Value::I32(5)]).unwrap();
    for argument in [5, 6] {
        assert_eq!(machine.run(&mut twice), Event::Breakpoint);
        let kinds: Vec<_> = machine.frames().map(|frame| matches!(frame, FrameView::Module { .. })).collect();
        assert_eq!(kinds, [true, false, false, true, false]);
        assert!(matches!(machine.frames().nth(2), Some(FrameView::Host { .. })));
        assert_eq!(machine.local(0, 0), Some(Value::I32(argument)));
        assert_eq!(machine.host_arguments(2), Some(vec![Value::I32(5)]));
    }
    assert_eq!(machine.run(&mut twice), Event::Returned(vec![Value::I32(70)]));
    assert_eq!(machine.store.memory(MemoryId(0)).unwrap().read(100, 4), Some(&b"done"[..]));
    machine.remove_breakpoint(instance, operator(&machine, instance, 1, 0));
    let tail = function(&machine, instance, "tail");
    assert_eq!(machine.invoke(tail, &[Value::I32(5)], &mut twice), Ok(vec![Value::I32(7)]));
}

#[test]
fn exceptions_pass_through_host_functions() {
    let (mut machine, instance) = machine(CALLS_BACK);
    for (argument, result) in [(5, -1), (13, 13), (12, 13)] {
        let caught = function(&machine, instance, "caught");
        assert_eq!(machine.invoke(caught, &[Value::I32(argument)], &mut twice), Ok(vec![Value::I32(result)]));
    }
    let main = function(&machine, instance, "main");
    machine.call(main, &[Value::I32(12)]).unwrap();
    let Event::Exception(exception) = machine.run(&mut twice) else { panic!("nothing thrown") };
    assert_eq!(machine.store.exception(exception).unwrap().1, [Value::I32(13)]);
}

#[test]
fn the_machine_stops_before_and_after_a_host_call() {
    let (mut machine, instance) = machine(
        r#"(module (import "env" "f" (func $f (param i32) (result i32)))
            (func (export "main") (result i32) (call $f (i32.const 3))))"#,
    );
    machine.stop_at_host_calls(true);
    machine.call(function(&machine, instance, "main"), &[]).unwrap();
    let mut host = |call: &mut HostCall<'_>| Ok(Action::Return(call.arguments().to_vec()));
    let Event::HostCall(called) = machine.run(&mut host) else { panic!("did not stop") };
    assert_eq!(machine.store.as_host_function(called).unwrap().name, "f");
    assert_eq!(machine.operands(0), Some(vec![Value::I32(3)]));
    assert_eq!(machine.instructions(), 1);
    assert_eq!(machine.step(&mut host), Event::Limit);
    assert_eq!(machine.instructions(), 2);
    assert_eq!(machine.run(&mut host), Event::Returned(vec![Value::I32(3)]));
    machine.call(function(&machine, instance, "main"), &[]).unwrap();
    assert!(matches!(machine.run(&mut host), Event::HostCall(_)));
    assert_eq!(machine.run(&mut host), Event::Returned(vec![Value::I32(3)]));
}

#[test]
fn a_host_function_that_fails_leaves_the_program_at_the_call() {
    let (mut machine, instance) = machine(
        r#"(module (import "wasi" "exit" (func $exit (param i32)))
            (func (export "main") (call $exit (i32.const 3))))"#,
    );
    machine.call(function(&machine, instance, "main"), &[]).unwrap();
    let mut exit = |_: &mut HostCall<'_>| Err(HostError::Exit(3));
    assert_eq!(machine.run(&mut exit), Event::Host(HostError::Exit(3)));
    assert_eq!(machine.position().unwrap().offset, operator(&machine, instance, 1, 1));
    let Event::Host(HostError::Trap(message)) = machine.run(&mut NoHost) else { panic!("no host") };
    assert_eq!(message, "the host has no wasi.exit");
    let mut wrong = |_: &mut HostCall<'_>| Ok(Action::Return(vec![Value::I32(1)]));
    assert!(matches!(machine.run(&mut wrong), Event::Host(HostError::Trap(_))));
}

#[test]
fn the_older_exceptions_work() {
    let (mut machine, instance) = machine(
        r#"(module (tag $a (param i32)) (tag $b)
            (func $throw (param i32)
                (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (i32.const 40))))
                (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b))))
            (func (export "catch") (param i32) (result i32)
                i32.const 1000
                try (result i32)
                    local.get 0
                    call $throw
                    i32.const 1
                catch $a
                    i32.const 2
                    i32.add
                catch_all
                    i32.const 3
                end
                i32.add)
            (func (export "rethrow") (param i32) (result i32)
                try (result i32)
                    i32.const 500
                    try (result i32)
                        local.get 0
                        call $throw
                        i32.const 1
                    catch_all
                        try
                            i32.const 2
                            call $throw
                        catch $b
                            rethrow 1
                        end
                        i32.const 7
                    end
                    i32.add
                catch $a
                    i32.const 8
                    i32.add
                end)
            (func (export "delegate") (param i32) (result i32)
                try $outer (result i32)
                    try (result i32)
                        try (result i32)
                            local.get 0
                            call $throw
                            i32.const 5
                        delegate $outer
                    catch_all
                        i32.const 6
                    end
                catch $a
                catch_all
                    i32.const 9
                end)
            (func (export "branch") (param i32) (result i32)
                block $out (result i32)
                    i32.const 70
                    try
                        local.get 0
                        call $throw
                    catch_all
                        i32.const 71
                        br $out
                    end
                end)
        )"#,
    );
    let cases =
        [("catch", [1001, 1042, 1003]), ("rethrow", [501, 48, -1]), ("delegate", [5, 40, 9]), ("branch", [70, 71, 71])];
    for (name, expected) in cases {
        let target = function(&machine, instance, name);
        for (argument, expected) in (0..).zip(expected) {
            let outcome = machine.invoke(target, &[Value::I32(argument)], &mut NoHost);
            match expected {
                -1 => assert!(matches!(outcome, Err(Event::Exception(_))), "{name} {argument}: {outcome:?}"),
                value => assert_eq!(outcome, Ok(vec![Value::I32(value)]), "{name} {argument}"),
            }
        }
    }
    // In a `catch` an exception lies hidden under the operands.
    let catch = function(&machine, instance, "catch");
    machine.call(catch, &[Value::I32(1)]).unwrap();
    while machine.operands(0) != Some(vec![Value::I32(1000), Value::I32(40), Value::I32(2)]) {
        assert_eq!(machine.step(&mut NoHost), Event::Limit);
    }
    assert!(machine.set_operand(0, 1, Value::I32(50)));
    assert_eq!(machine.run(&mut NoHost), Event::Returned(vec![Value::I32(1052)]));
}

#[test]
fn exceptions_that_nobody_needs_are_forgotten() {
    let (mut machine, instance) = machine(
        r#"(module (tag $t (param i64)) (global $kept (mut exnref) (ref.null exn))
            (func $keep (param i64 exnref i32)
                (if (i32.eq (local.get 2) (i32.const 4000)) (then (global.set $kept (local.get 1)))))
            (func (export "main") (param $n i32) (result i64)
                (loop $again
                    (block $caught (result i64 exnref)
                        (try_table (catch_ref $t $caught) (throw $t (i64.extend_i32_u (local.get $n))))
                        (unreachable))
                    (call $keep (local.get $n))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (block $caught (result i64)
                    (try_table (catch $t $caught) (throw_ref (global.get $kept)))
                    (unreachable))))"#,
    );
    let main = function(&machine, instance, "main");
    assert_eq!(machine.invoke(main, &[Value::I32(20_000)], &mut NoHost), Ok(vec![Value::I64(4000)]));
    let held = Snapshot::bytes_held([&machine.snapshot()]);
    assert!(held < 500_000, "{held} bytes after 20,000 exceptions");
}

#[test]
fn deep_recursion_traps_at_the_call() {
    let (mut machine, instance) = machine(r#"(module (func $f (export "f") (call $f)))"#);
    machine.call(function(&machine, instance, "f"), &[]).unwrap();
    assert_eq!(machine.run(&mut NoHost), Event::Trap(Trap::CallStackExhausted));
    assert_eq!(machine.frames().count(), Limits::default().frames);
}

#[test]
fn memories_are_had_lazily_and_within_limits() {
    let (mut machine, instance) = machine(
        r#"(module (memory 65536) (memory $small 1)
            (func (export "last") (i32.store8 (i32.const -1) (i32.const 7)))
            (func (export "grow") (param i32) (result i32) (memory.grow $small (local.get 0))))"#,
    );
    machine.invoke(function(&machine, instance, "last"), &[], &mut NoHost).unwrap();
    let held = Snapshot::bytes_held([&machine.snapshot()]);
    assert!(held < 50_000, "{held} bytes for one page and the directories");
    let grow = function(&machine, instance, "grow");
    for (delta, old) in [(1, 1), (65_535, -1), (-1, -1), (100, 2), (0, 102)] {
        assert_eq!(machine.invoke(grow, &[Value::I32(delta)], &mut NoHost), Ok(vec![Value::I32(old)]));
    }
}

#[test]
fn what_does_not_validate_is_named_at_its_first_call() {
    let bytes = wat::parse_str(r#"(module (func (export "good")) (func (export "bad") (i32.const 1)))"#).unwrap();
    let mut machine = Machine::default();
    let module = Module::new(bytes).unwrap();
    let instance = machine.instantiate(&module, &Linker::new()).unwrap();
    machine.invoke(function(&machine, instance, "good"), &[], &mut NoHost).unwrap();
    let outcome = machine.invoke(function(&machine, instance, "bad"), &[], &mut NoHost);
    assert!(matches!(outcome, Err(Event::Invalid(ModuleError::Body { function: 1, offset: 0.., .. }))), "{outcome:?}");
    assert!(module.validate_all().is_err());
}

#[test]
fn proposals_that_it_lacks_are_refused_by_name() {
    let cases = [
        ("(module (type (struct)))", "garbage collection"),
        ("(module (type $t (func)) (func (param (ref $t))))", "typed function references"),
        ("(module (type $f (func)) (type (cont $f)))", "stack switching"),
        ("(module (memory 1 (pagesize 1)))", "custom page sizes"),
        ("(component)", "the component model"),
    ];
    for (text, feature) in cases {
        match Module::new(wat::parse_str(text).unwrap()) {
            Err(ModuleError::Unsupported { feature: named, .. }) => assert_eq!(named, feature, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

/// Memory that grows, globals, tables, calls, exceptions and the host, all mixed.
const BUSY: &str = r#"(module
    (import "host" "mix" (func $mix (param i32 i32) (result i32)))
    (memory (export "memory") 1) (memory $other 1)
    (table $table 4 funcref)
    (global $seed (mut i32) (i32.const 12345))
    (tag $tag (param i32))
    (data $data "some bytes to begin with")
    (elem $elements func $work $fail)
    (type $f (func (param i32) (result i32)))
    (func $next (result i32)
        (global.set $seed (i32.add (i32.mul (global.get $seed) (i32.const 1103515245)) (i32.const 12345)))
        (i32.shr_u (global.get $seed) (i32.const 8)))
    (func $work (param i32) (result i32)
        (i32.store (i32.rem_u (call $next) (i32.const 60000)) (local.get 0))
        (i32.store $other (i32.rem_u (call $next) (i32.const 60000)) (local.get 0))
        (call $mix (local.get 0) (i32.load (i32.rem_u (call $next) (i32.const 60000)))))
    (func $fail (param i32) (result i32) (throw $tag (local.get 0)))
    (func (export "main") (local $i i32) (local $v v128)
        (loop $again
            (local.set $v (i32x4.add (local.get $v) (i32x4.splat (local.get $i))))
            (table.init $table $elements
                (i32.rem_u (call $next) (i32.const 3)) (i32.const 0) (i32.const 2))
            (block $caught (result i32)
                (try_table (result i32) (catch $tag $caught)
                    (if (result i32) (ref.is_null (table.get $table (i32.and (local.get $i) (i32.const 3))))
                        (then (i32.const 0))
                        (else (call_indirect $table (type $f) (local.get $i) (i32.and (local.get $i) (i32.const 3)))))))
            (drop)
            (memory.copy (i32.rem_u (call $next) (i32.const 50000)) (i32.const 128) (i32.const 64))
            (if (i32.eqz (i32.rem_u (call $next) (i32.const 40)))
                (then (drop (memory.grow (i32.const 1)))))
            (if (i32.eq (local.get $i) (i32.const 50)) (then (data.drop $data)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $again))))"#;

fn mix(call: &mut HostCall<'_>) -> Result<Action, HostError> {
    let [Value::I32(a), Value::I32(b)] = *call.arguments() else { panic!("wrong arguments") };
    let value = a.wrapping_mul(31) ^ b;
    let memory = call.memory(0).unwrap();
    let _ = call.write(memory, u64::from(value as u32 % 60_000), &value.to_le_bytes());
    Ok(Action::Return(vec![Value::I32(value)]))
}

fn busy() -> Machine {
    let (mut machine, instance) = machine(BUSY);
    machine.call(function(&machine, instance, "main"), &[]).unwrap();
    machine
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// However the machine comes to an operator, its state there is the same.
    #[test]
    fn random_moves_come_to_the_same_state(moves in proptest::collection::vec((0_u8..4, 1_u64..3000), 1..40)) {
        let mut machine = busy();
        let mut snapshots = vec![machine.snapshot()];
        for (kind, amount) in moves {
            match kind {
                0 => prop_assert_eq!(machine.run_until(machine.instructions() + amount, &mut mix), Event::Limit),
                1 => (0..amount % 200).for_each(|_| assert_eq!(machine.step(&mut mix), Event::Limit)),
                2 => snapshots.push(machine.snapshot()),
                _ => {
                    let snapshot = &snapshots[amount as usize % snapshots.len()];
                    machine.restore(snapshot).unwrap();
                    prop_assert_eq!(machine.instructions(), snapshot.instructions());
                }
            }
        }
        let mut straight = busy();
        straight.run_until(machine.instructions(), &mut mix);
        prop_assert_eq!(machine.position(), straight.position());
        prop_assert_eq!(machine.state_hash(), straight.state_hash());
    }

    /// Bytes of a module that were changed give errors or events, never a panic.
    #[test]
    fn damaged_modules_do_no_harm(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = wat::parse_str(BUSY).unwrap();
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        let Ok(module) = Module::new(bytes) else { return Ok(()) };
        let mut machine = Machine::new(Limits { memory_pages: 100, ..Limits::default() });
        let mut linker = Linker::new();
        linker.define_host_functions(&mut machine.store, &module);
        let Ok(instance) = machine.instantiate(&module, &linker) else { return Ok(()) };
        for export in module.exports() {
            let Some(target) = machine.store.exported_function(instance, &export.name) else { continue };
            if machine.call(target, &[]).is_ok() {
                let mut any = |call: &mut HostCall<'_>| {
                    Ok(Action::Return(call.function().ty.results.iter().map(|ty| Value::zero(*ty)).collect()))
                };
                let _ = machine.run_until(machine.instructions() + 20_000, &mut any);
                let _ = machine.frames().count();
                let _ = machine.operands(0);
                let _ = machine.locals(0);
            }
        }
    }
}

#[test]
fn a_hundred_snapshots_of_a_memory_that_changes_little_stay_small() {
    let (mut machine, instance) = machine(
        r#"(module (memory 256)
            (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const 16777216)))
            (func (export "write") (param i32) (i32.store (local.get 0) (i32.const -1))))"#,
    );
    machine.invoke(function(&machine, instance, "fill"), &[], &mut NoHost).unwrap();
    let write = function(&machine, instance, "write");
    let snapshots: Vec<Snapshot> = (0..100)
        .map(|index| {
            machine.invoke(write, &[Value::I32(index * 100_000)], &mut NoHost).unwrap();
            machine.snapshot()
        })
        .collect();
    let held = Snapshot::bytes_held(&snapshots);
    assert!(held < 18 << 20, "{held} bytes");
    let hash = machine.state_hash();
    machine.restore(&snapshots[0]).unwrap();
    assert_ne!(machine.state_hash(), hash);
    assert_eq!(machine.store.memory(MemoryId(0)).unwrap().read(100_000, 4), Some(&[1; 4][..]));
    machine.restore(&snapshots[99]).unwrap();
    assert_eq!(machine.state_hash(), hash);
}
