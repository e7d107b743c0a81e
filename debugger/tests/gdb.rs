//! Stock gdb, without settings and in an empty folder, after nothing but
//! `target remote`.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;
#[path = "common/components.rs"]
mod components;

use common::{Stub, assert_contains, gdb, has, program, text_program};

#[test]
fn rust_values_and_steps() {
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&program("shapes.rs", &[]).unwrap(), &["--once"]);
    let said = gdb(
        "gdb",
        &stub,
        &[
            "break shapes::area",
            "continue",
            "bt",
            "finish",
            "delete",
            "break shapes::total",
            "continue",
            "p list",
            "next",
            "next",
            "next",
            "info locals",
            "next",
            "p sum",
            "finish",
            "next",
            "p p.x",
            "p p.name.vec.len",
            "p sum",
            "set var p.x = 5",
            "continue",
        ],
    );
    insta::assert_snapshot!(said);
    let (code, printed) = stub.end();
    assert_eq!(code, Some(9));
    assert_eq!(printed, "Point { x: 5, y: -4, name: \"origin\" } {0: 6.75, 1: 6.0, 2: 1.0} 10 55\n");
}

#[test]
fn back_in_time() {
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&program("shapes.rs", &[]).unwrap(), &["--once"]);
    let said = gdb(
        "gdb",
        &stub,
        &[
            "break shapes::fib if n == 1",
            "continue",
            "bt 2",
            "delete",
            "break shapes::total",
            "reverse-continue",
            "reverse-finish",
            "next",
            "next",
            "watch sum",
            "continue",
            "continue",
            "reverse-continue",
            "p sum",
            "delete",
            "reverse-continue",
            "continue",
        ],
    );
    insta::assert_snapshot!(said);
    let (code, printed) = stub.end();
    assert_eq!(code, Some(7));
    assert_eq!(printed.lines().count(), 1, "what was printed is printed once: {printed}");
}

#[test]
fn watchpoints_in_c() {
    let Some(list) = program("list.c", &["-O0"]) else { return };
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&list, &["--once"]);
    let said = gdb(
        "gdb",
        &stub,
        &[
            "break work",
            "continue",
            "watch counter",
            "continue",
            "continue",
            "bt",
            "info watchpoints",
            "delete 2",
            "finish",
            "next",
            "next",
            "p first",
            "p *first.next",
            "p &counter",
            "info line work",
            "continue",
        ],
    );
    insta::assert_snapshot!(said);
    assert_eq!(stub.end(), (Some(3), "10 2\n".to_string()));
}

#[test]
fn traps_stop_where_they_happen() {
    if !has("gdb") {
        return;
    }
    let traps = program("traps.rs", &[]).unwrap();
    for (how, signal, place) in [
        ("panic", "SIGILL", "traps::main"),
        ("bounds", "SIGSEGV", "traps::main"),
        ("deep", "SIGSEGV", "traps::deep (n="),
    ] {
        let stub = Stub::start(&traps, &["--once", "--", how]);
        let said = gdb("gdb", &stub, &["continue", "bt -5", "bt 12"]);
        assert_contains(&said, signal);
        assert_contains(&said, place);
    }
}

#[test]
fn other_gdbs() {
    let shapes = program("shapes.rs", &[]).unwrap();
    let commands = ["break shapes::total", "continue", "p list", "bt", "finish", "continue"];
    for client in ["rust-gdb", "gdb-multiarch"] {
        if !has(client) {
            continue;
        }
        let stub = Stub::start(&shapes, &["--once"]);
        let said = gdb(client, &stub, &commands);
        assert_contains(&said, "shapes::total");
        assert_contains(&said, "Value returned is $2 = 10");
        assert_contains(&said, "exited with code 07");
    }
}

/// With nothing but `target remote`; also when it leaves and comes again.
#[test]
fn rust_gdb_alone_prints_values_of_rust() {
    if !has("rust-gdb") {
        return;
    }
    let stub = Stub::start(&program("values.rs", &[]).unwrap(), &[]);
    let again = format!("target remote {}", stub.address);
    let commands =
        ["break values::inspect", "continue", "p scene.points", "disconnect", &again, "p scene.points", "kill"];
    let said = gdb("rust-gdb", &stub, &commands);
    for number in ["$1", "$2"] {
        let points = "Vec(size=2) = {values::Point {x: 1, y: -2}, values::Point {x: 3, y: 4}}";
        assert_contains(&said, &format!("{number} = {points}"));
    }
}

/// Started by `wasm-gdb`.
#[test]
fn rust_gdb_prints_values_of_rust() {
    if !has("rust-gdb") {
        return;
    }
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wasm-gdb"))
        .arg(program("values.rs", &[]).unwrap())
        .args(["--gdb", "rust-gdb", "-ex", "break values::inspect", "-ex", "continue", "-ex", "print scene.points"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_contains(&said, "Vec(size=2) = {values::Point {x: 1, y: -2}, values::Point {x: 3, y: 4}}");
}

#[test]
fn commands_of_wasm_without_any_set_up() {
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&program("shapes.rs", &[]).unwrap(), &["--once"]);
    let said = gdb(
        "gdb",
        &stub,
        &[
            "break shapes::total",
            "continue",
            "monitor wasm mem map",
            "monitor wasm mem visualize --width 60 --ascii",
            "monitor wasm modules",
            "monitor wasm disas shapes::total",
            "monitor wasm mem find text:origin",
            "monitor wasm nonsense",
        ],
    );
    for part in
        ["stack", ".rodata", "heap", "program", "=> 0x", "local.get", " hit", "there is no command `wasm nonsense`"]
    {
        assert_contains(&said, part);
    }
}

/// The user's gdb as `wasm-gdb app.wasm` starts it: with the command `wasm`, and
/// instructions of wasm.
#[test]
fn a_gdb_that_is_started_wired_up() {
    if !has("gdb") {
        return;
    }
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wasm-gdb"))
        .arg(program("shapes.rs", &[]).unwrap())
        .args(["-ex", "break shapes::total", "-ex", "continue", "-ex", "wasm mem visualize --ascii"])
        .args(["-ex", "x/2i $pc", "-ex", "print shapes::fib(7)", "-ex", "print sum", "-ex", "continue"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    for part in ["stack in use", "local.get", "$1 = 13", "exited with code 07"] {
        assert_contains(&said, part);
    }
}

#[test]
fn a_core_dump_shows_what_the_program_did() {
    if !has("gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("shapes.core");
    let shapes = program("shapes.rs", &[]).unwrap();
    let stub = Stub::start(&shapes, &["--once"]);
    let write = format!("monitor wasm core {}", dump.display());
    let said = gdb("gdb", &stub, &["break shapes::total", "continue", &write]);
    assert_contains(&said, "wrote ");

    let stub = Stub::start(&shapes, &["--once", "--core", dump.to_str().unwrap()]);
    let said = gdb("gdb", &stub, &["bt", "p list", "monitor wasm why", "continue"]);
    for part in ["#0  shapes::total (list=...)", "shapes::main ()", "$1 = &[i32] [1, 2, 3, 4]", "core dump", "SIGABRT"]
    {
        assert_contains(&said, part);
    }
}

/// A dump that has no locals, as wasmtime's of compiled code: what needs them is
/// not shown.
#[test]
fn a_core_dump_without_locals_shows_no_false_values() {
    let Some(list) = program("list.c", &["-O0"]) else { return };
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&list, &["--once"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.core");
    let write = format!("monitor wasm core {}", path.display());
    assert_contains(&gdb("gdb", &stub, &["break 8", "continue", &write]), "wrote ");
    let mut dump = memviz::coredump::Coredump::read(&std::fs::read(&path).unwrap(), 1 << 30).unwrap();
    dump.threads.iter_mut().flat_map(|thread| &mut thread.frames).for_each(|frame| frame.locals.clear());
    std::fs::write(&path, dump.write()).unwrap();

    let stub = Stub::start(&list, &["--once", "--core", path.to_str().unwrap()]);
    insta::assert_snapshot!(gdb("gdb", &stub, &["bt", "p sum", "up", "p first", "p counter"]));
}

#[test]
fn a_rust_component() {
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&program("shapes.rs", &["--target=wasm32-wasip2"]).unwrap(), &["--once"]);
    let said = gdb(
        "gdb",
        &stub,
        &["break shapes::total", "continue", "p list", "bt 2", "finish", "next", "p p.x", "next", "p sum", "continue"],
    );
    insta::assert_snapshot!(said);
    // A component says only whether it went well.
    assert_eq!(stub.end().0, Some(1));
}

/// What is asked of a program of two modules, one of them there twice.
const OF_TWO: [&str; 25] = [
    "info sharedlibrary",
    "break add",
    "continue",
    "bt",
    "continue",
    "bt",
    "delete",
    "break tally.c:17 if value == 20",
    "continue",
    "p sum",
    "p *entry",
    "p *entry->before",
    "p entries[0]@2",
    "p count",
    "frame function fill",
    "p sums",
    "p entries",
    "finish",
    "info locals",
    "p entries",
    "delete",
    "break tally.c:15 if value == 3",
    "continue",
    "p *entry->before",
    "continue",
];

#[test]
fn two_instances_of_one_module() {
    let Some(twice) = components::twice() else { return };
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&twice, &["--once"]);
    insta::assert_snapshot!(gdb("gdb", &stub, &OF_TWO));
    assert_eq!(stub.end().0, Some(0));
}

#[test]
fn a_component_of_components() {
    let Some(composed) = components::composed() else { return };
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&composed, &["--once"]);
    insta::assert_snapshot!(gdb("gdb", &stub, &OF_TWO));
    assert_eq!(stub.end().0, Some(0));
}

#[test]
fn an_exception_stops_where_it_is_thrown_if_nobody_catches_it() {
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&text_program("thrown.wat"), &["--once"]);
    insta::assert_snapshot!(gdb("gdb", &stub, &["continue", "bt", "monitor wasm why", "continue"]));
}

#[test]
fn a_call_of_the_host_has_its_name() {
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&text_program("refused.wat"), &["--once", "--missing-imports-trap"]);
    insta::assert_snapshot!(gdb("gdb", &stub, &["continue", "bt", "monitor wasm why"]));
}

#[test]
fn architectures_by_name() {
    if !has("gdb-multiarch") {
        return;
    }
    let Some(list) = program("list.c", &["-O0"]) else { return };
    for (arch, shown) in [("i386", "\"i386\""), ("x86-64", "\"i386:x86-64\""), ("aarch64", "\"aarch64\"")] {
        let stub = Stub::start(&list, &["--once", "--arch", arch]);
        let commands = [
            "show architecture",
            "break work if n == 5",
            "continue",
            "bt",
            "finish",
            "next",
            "p *first.next",
            "continue",
        ];
        let said = gdb("gdb-multiarch", &stub, &commands);
        for part in [shown, "work (n=5)", "main () at", "Value returned is $1 = 10", "{value = 2, next = 0x0}"] {
            assert_contains(&said, part);
        }
        assert_contains(&said, "exited with code 03");
    }
}

/// A function that keeps a variable below the stack pointer.
#[test]
fn calls_leave_the_red_zone_alone() {
    let Some(leaf) = program("leaf.c", &["-nostdlib", "-O0", "-Wl,--export=_start"]) else { return };
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&leaf, &["--once"]);
    let said = gdb("gdb", &stub, &["break 8", "continue", "p mine", "p leaf(4)", "p mine", "p sum"]);
    insta::assert_snapshot!(said);
}

/// In the form that browsers had first, and in that of WebAssembly 3.0.
#[test]
fn exceptions_of_cpp_in_both_forms() {
    if !has("gdb") {
        return;
    }
    let mut transcripts = Vec::new();
    for form in ["true", "false"] {
        let form = format!("-wasm-use-legacy-eh={form}");
        let flags = ["-nostdlib", "-O0", "-fwasm-exceptions", "-Wl,--export=_start", "-mllvm", &form];
        let Some(program) = program("exceptions.cpp", &flags) else { return };
        let stub = Stub::start(&program, &["--once"]);
        let commands =
            ["break attempt if value == 3", "continue", "finish", "delete", "continue", "bt", "up", "p value"];
        transcripts.push(gdb("gdb", &stub, &commands));
    }
    assert_eq!(transcripts[0], transcripts[1]);
    insta::assert_snapshot!(transcripts[0]);
}

#[test]
fn an_instance_that_comes_late_has_its_breakpoints() {
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&text_program("late.wat"), &["--once"]);
    let commands =
        ["info sharedlibrary", "break tick", "continue", "bt", "continue", "bt", "info breakpoints", "continue"];
    insta::assert_snapshot!(gdb("gdb", &stub, &commands));
}

/// What is asked of functions that take and give structures, or are called
/// through a pointer.
const OF_CALLS: [&str; 20] = [
    "break *swap",
    "continue",
    "p swap(pair)",
    "p half(point)",
    "p mix(4)",
    "p name(named, -3)",
    "p chosen(5, 6)",
    "p apply(chosen)",
    "p ((operation) 99)(1, 2)",
    "bt",
    "finish",
    "break half",
    "continue",
    "finish",
    "break mix",
    "continue",
    "finish",
    "break name",
    "continue",
    "finish",
];

#[test]
fn calls_with_structures_and_through_pointers() {
    let Some(calls) = program("calls.c", &["-O0"]) else { return };
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&calls, &["--once"]);
    insta::assert_snapshot!(gdb("gdb", &stub, &[&OF_CALLS[..], &["continue"]].concat()));
    assert_eq!(stub.end().0, Some(28));
}

/// gdb reads tables of virtual functions with the pointers of its architecture.
#[test]
fn classes_of_cpp() {
    let flags = ["-nostdlib", "-O0", "-fno-rtti", "-Wl,--no-entry", "-Wl,--export=_start"];
    let Some(classes) = program("classes.cpp", &flags) else { return };
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&classes, &["--once", "--invoke", "_start"]);
    let commands = [
        "break classes.cpp:24",
        "continue",
        "p box.twice()",
        "p shape->area()",
        "set print object on",
        "p shape",
        "info vtbl shape",
        "p big.plus(big)",
        "kill",
    ];
    insta::assert_snapshot!(gdb("gdb", &stub, &commands));
}

/// Each round of a loop comes by its line, also where a branch back jumps over
/// the instruction that has the line.
#[test]
fn breakpoints_on_loops() {
    let Some(rounds) = program("rounds.c", &["-O0"]) else { return };
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&rounds, &["--once"]);
    let commands = [
        "break rounds.c:5",
        "continue",
        "continue",
        "continue",
        "break rounds.c:9",
        "continue",
        "continue",
        "next",
        "next",
        "next",
        "continue",
    ];
    insta::assert_snapshot!(gdb("gdb", &stub, &commands));
}

/// gdb knows nothing of it: it is told in a line, and stops.
#[test]
fn wasm_mem_watch_stops_gdb() {
    let Some(rounds) = program("rounds.c", &["-O0"]) else { return };
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&rounds, &["--once"]);
    let said = gdb(
        "gdb",
        &stub,
        &["break rounds.c:6", "continue", "monitor wasm mem watch $sp-12 4", "continue", "bt 1", "kill"],
    );
    assert_contains(&said, "wasm mem watch: written 0x");
    assert_contains(&said, "Program received signal SIGTRAP");
}

#[test]
fn a_gdb_that_ends_before_it_attaches() {
    let rounds = text_program("late.wat");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wasm-gdb"))
        .arg(rounds)
        .args(["--gdb", "false"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_contains(&String::from_utf8_lossy(&output.stderr), "ended before it attached");
}

#[test]
fn a_call_through_a_pointer_in_a_component() {
    if !has("gdb") {
        return;
    }
    let stub = Stub::start(&program("pointer.rs", &["--target=wasm32-wasip2"]).unwrap(), &["--once"]);
    let said = gdb("gdb", &stub, &["break pointer.rs:14", "continue", "p chosen(5)", "p pointer::double(5)", "kill"]);
    assert_contains(&said, "$1 = 15");
    assert_contains(&said, "$2 = 10");
}

/// The values of a transcript.
fn values(said: &str) -> Vec<String> {
    let values = said.lines().filter_map(|line| line.split_once(" = "));
    let values = values.filter(|(name, _)| name.starts_with('$') || name.starts_with("Value returned is $"));
    values.map(|(_, value)| value.to_string()).collect()
}

#[test]
fn calls_in_every_architecture() {
    if !has("gdb-multiarch") {
        return;
    }
    let Some(calls) = program("calls.c", &["-O0"]) else { return };
    let mut all = Vec::new();
    for arch in ["x86-64", "i386", "aarch64"] {
        let stub = Stub::start(&calls, &["--once", "--arch", arch]);
        all.push(values(&gdb("gdb-multiarch", &stub, &OF_CALLS)));
    }
    assert_eq!(all[0].len(), 10, "{all:#?}");
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}
