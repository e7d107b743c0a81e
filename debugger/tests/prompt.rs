//! What the prompt prints: transcripts of debugging real programs.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::Cursor;

use wasm_gdb::engine::{Compiled, Engine, Interpreted, LoadedModule};
use wasm_gdb::prompt::{Options, Prompt};
use wasm_gdb::session::Session;
use wasm_host::{Limits, Options as Host, Output};

/// What a program prints is not shown.
fn quiet() -> Host {
    Host { stdout: Output::Discard, ..Host::default() }
}

/// The transcript of a script on a program.
fn transcript(name: &str, engine: &str, script: &str) -> Option<String> {
    let built = common::build(name, "0")?;
    let bytes = built.bytes();
    let launch = || -> Result<Box<dyn Engine>, wasm_gdb::engine::EngineError> {
        let limits = Limits::default();
        Ok(match engine {
            "compiled" => Box::new(Compiled::launch("program.wasm", &bytes, quiet(), limits)?),
            _ => Box::new(Interpreted::launch("program.wasm", bytes.clone().into(), &quiet(), &limits)?),
        })
    };
    let engine = launch().unwrap();
    let modules: Vec<LoadedModule> = engine.modules().to_vec();
    let mut session = Session::new(engine, &modules);
    let options = Options { directories: vec![built.folder.path().to_path_buf()], ..Options::default() };
    let mut out = Vec::new();
    let mut prompt = Prompt::new(&mut session, &mut out, &options).restarting(Box::new(launch));
    prompt.read(Cursor::new(script)).unwrap();
    drop(prompt);
    let folder = built.folder.path().display().to_string();
    let text = without_addresses(&String::from_utf8(out).unwrap()).replace(&folder, "/src");
    Some(common::without_library_source(&without_library(&text)))
}

/// Where Rust's own library is, is the machine's affair.
fn without_library(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let folder = line.find("/library/").and_then(|end| Some(line[..end].rfind(' ')? + 1..end));
        match folder {
            Some(folder) => out += &format!("{}/rust{}", &line[..folder.start], &line[folder.end..]),
            None => out += line,
        }
    }
    out
}

/// Addresses are the compiler's and the library's affair.
fn without_addresses(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let (before, found) = rest.split_at(at);
        let digits = found[2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        out += before;
        out += if digits > 2 { "0x…" } else { &found[..2 + digits] };
        rest = &found[2 + digits..];
    }
    out + rest
}

#[test]
fn a_rust_program() {
    let script = "\
break values::inspect
info breakpoints
run
bt 2
info args
next
step
p index
b 60 if index == 2
c
p sum
p/x numbers
display sum
next

undisplay 1
p scene.points
p *scene.boxed
p scene.by_name[\"two\"]
ptype scene
ptype scene.shape
ptype Kind
whatis scene
x/3dw &numbers
x/s scene.name
set var depth = 100
p depth
up
p total
info locals
down
delete 2
tbreak double
continue
finish
p 1 +
list double
info nonsense
p nothing
ptype nothing
zap
info registers pc
delete
continue
continue
info locals
run
quit
";
    let Some(text) = transcript("values.rs", "compiled", script) else { return };
    insta::assert_snapshot!("rust", text);
}

#[test]
fn a_c_program() {
    let script = "\
list main
start
next
next
p first
p first.next
p *first.next
b walk
c
info args
bt 2
watch counter
c
c
bt 1
rwatch nothing
info watchpoints
delete 3
info frame
disable
until 44
p sum
p add(2, 3) * 2
p/t node->flags
p/c node->letters
p/x bytes
x/4xb bytes
set var bytes[0] = 9
p bytes[0]
ptype struct node
ptype node->color
p $sp
p 7 +
finish
up 9
c
run
info breakpoints
";
    let Some(text) = transcript("values.c", "interpreted", script) else { return };
    insta::assert_snapshot!("c", text);
}

#[test]
fn going_back() {
    let script = "\
break add
run
reverse-finish
reverse-next
rs
reverse-continue
next
continue
info args
continue
info args
reverse-continue
info args
continue
info args
";
    let Some(text) = transcript("values.c", "interpreted", script) else { return };
    insta::assert_snapshot!("back", text);
}

#[test]
fn watches_of_a_local_end_with_its_call() {
    let script = "\
break walk
run
watch sum if sum > 40
watch counter
watch -l counter
info watchpoints
delete 3
c
delete 4
c
next
next
c
info watchpoints
bt
c
";
    let Some(text) = transcript("values.c", "interpreted", script) else { return };
    insta::assert_snapshot!("scope", text);
}

#[test]
fn a_panic_says_its_text_and_its_place() {
    let Some(program) = common::program("traps.rs", &[]) else { return };
    let mut debugger = std::process::Command::new(env!("CARGO_BIN_EXE_wasm-gdb"));
    debugger.arg(&program).args(["--prompt", "--batch", "--ex", "run", "--ex", "wasm why", "--", "panic"]);
    let output = debugger.stdin(std::process::Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let panic = "Rust panic programs/traps.rs:8:26:\nno luck left\n";
    assert_eq!(said.matches(panic).count(), 2, "{said}");
    // What the program writes goes where it always goes, too.
    assert!(String::from_utf8(output.stderr).unwrap().contains("no luck left"));
}

/// What the debugger's prompt prints in batch mode, and what it says on its
/// standard error.
fn batch(program: &std::path::Path, options: &[&str], commands: &[&str], arguments: &[&str]) -> (String, String) {
    let mut debugger = std::process::Command::new(env!("CARGO_BIN_EXE_wasm-gdb"));
    debugger.arg(program).args(["--prompt", "--batch"]).args(options);
    for command in commands {
        debugger.args(["--ex", command]);
    }
    let output = debugger.arg("--").args(arguments).stdin(std::process::Stdio::null()).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_trap_says_what_has_led_to_it() {
    let Some(program) = common::program("traps.rs", &[]) else { return };
    let said = |argument: &str| batch(&program, &[], &["run", "wasm why"], &[argument]).0;
    for (argument, cause) in [
        ("abort", "The program has aborted itself in traps::main at "),
        ("allocation", "An allocation has failed in traps::main at "),
        ("frames", "Stack overflow: the stack in linear memory is used up, by "),
    ] {
        let said = said(argument);
        assert_eq!(said.matches(cause).count(), 2, "{argument}: {said}");
        assert!(!said.contains("panic"), "{argument}: {said}");
    }
    let bounds = said("bounds");
    assert!(bounds.contains("out of bounds") && !bounds.contains("tack overflow"), "{bounds}");
    let ended = batch(&program, &[], &["run", "wasm why"], &["other"]).0;
    assert!(ended.contains("the program has exited with code 4\n"), "{ended}");
}

#[test]
fn the_memory_of_a_component_is_that_of_its_program() {
    let Some(program) = common::program("traps.rs", &["--target=wasm32-wasip2"]) else { return };
    let (said, errors) = batch(&program, &[], &["break main", "run", "wasm mem map", "wasm mem visualize"], &[]);
    for part in ["in use", " stack ", ".data", "stack free"] {
        assert!(said.contains(part), "no {part} in {said}{errors}");
    }
    // The modules that adapt its imports have no debug information, and need none.
    assert!(!said.contains("no debug information") && !said.contains("no memory"), "{said}");
}

#[test]
fn a_core_dump_of_another_program_is_told() {
    let Some(program) = common::program("traps.rs", &[]) else { return };
    let Some(other) = common::program("kinds.rs", &[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let core = folder.path().join("core").display().to_string();
    batch(&program, &[], &["run", &format!("wasm core {core}")], &["panic"]);
    let (said, warning) = batch(&program, &["--core", &core], &["bt", "wasm why"], &[]);
    assert!(said.contains("traps::main") && !warning.contains("another program"), "{said}{warning}");
    assert!(said.contains("Rust panic in traps::main at ") && said.contains("programs/traps.rs:8\n"), "{said}");
    let (_, warning) = batch(&other, &["--core", &core], &["bt"], &[]);
    assert!(warning.contains("warning: the core dump is of another program"), "{warning}");
}

#[test]
fn an_exception_that_is_only_cleaned_up_after_stops_where_it_is_thrown() {
    for form in ["true", "false"] {
        let form = format!("-wasm-use-legacy-eh={form}");
        let flags = ["-nostdlib", "-O0", "-fwasm-exceptions", "-Wl,--no-entry,--export=clean", "-mllvm", &form];
        let Some(program) = common::program("exceptions.cpp", &flags) else { return };
        // What is caught goes by; its destructor has run.
        let commands = ["run", "bt 3", "up 2", "print value", "print released"];
        let (said, errors) = batch(&program, &["--invoke", "clean"], &commands, &[]);
        for part in
            ["Uncaught exception: ", "__cxa_throw", "in check (value=4)", "in guarded (value=4)", "$1 = 4\n$2 = 11\n"]
        {
            assert!(said.contains(part), "{form}: no {part} in {said}{errors}");
        }
    }
}

#[test]
fn templates_methods_and_members_of_cpp() {
    let flags = ["-nostdlib", "-Wl,--no-entry", "-Wl,--export=_start"];
    let Some(program) = common::program("methods.cpp", &flags) else { return };
    let commands = [
        "break twice",
        "break Stack::push",
        "run",
        "continue",
        "print base",
        "print count",
        "print item",
        "print count = 2",
        "print this->count",
        "continue",
        "bt 1",
    ];
    let (said, errors) = batch(&program, &[], &commands, &[]);
    for part in [
        "Breakpoint 1 at 2 locations.\n",
        "Breakpoint 2 at 0x",
        "Breakpoint 1, twice<int> (value=3)",
        "Breakpoint 2, Stack<int>::push (this=0x",
        "$1 = 7\n$2 = 0\n$3 = 6\n$4 = 2\n$5 = 2\n",
        "Breakpoint 1, twice<double> (value=2.5)",
    ] {
        assert!(said.contains(part), "no {part} in {said}{errors}");
    }
}

#[test]
fn sizes_runs_shown_values_and_symbols() {
    let script = "\
break add
run
print sizeof(int) + sizeof(struct point) + sizeof(matrix) + sizeof matrix[0] + sizeof(char *)
print bytes[1]@3
print sizeof(bytes)
print $1 + $
print $$2
print $$
print matrix[0][0]@4
print $99
set var counter = 8
print counter
set var counter = 9
print $
info symbol &matrix[0][1]
info symbol $pc
info symbol 7
info program
ptype struct point
continue
info program
";
    let Some(text) = transcript("values.c", "interpreted", script) else { return };
    insta::assert_snapshot!("values", text);
}

#[test]
fn commands_of_breakpoints_formats_and_lists() {
    let script = "\
break add
commands
silent
printf \"%d + %d = %s %5.1f|%-4d|%#x %%\\n\", a, b, \"text\", 2.5, a, 255
continue
end
info breakpoints
run
info functions ^wa
info types ^struct
info types [
printf \"%d\\n\"
printf %d
commands 7
";
    let Some(text) = transcript("values.c", "interpreted", script) else { return };
    insta::assert_snapshot!("script", text);
}

#[test]
fn generic_inlined_and_asynchronous_functions() {
    let script = "\
break largest
break squared
break work
break kinds.rs:21
delete 4
break kinds.rs:43
run
c
delete 1
c
c
delete 2
c
p rounds
c
bt 2
p name
p round
p total
c
p round
p total
";
    let Some(text) = transcript("kinds.rs", "interpreted", script) else { return };
    for (number, count) in [(1, 2), (2, 2), (4, 2)] {
        common::assert_contains(&text, &format!("Breakpoint {number} at {count} locations."));
    }
    let in_order = [
        "Breakpoint 1, kinds::largest<u32> (all=[3, 9, 4]) at ",
        "Breakpoint 1, kinds::largest<f64> (all=[0.5, 0.25]) at ",
        "Breakpoint 2, kinds::squared (side=3) at ",
        "Breakpoint 2, kinds::squared (side=9) at ",
        "Breakpoint 3, kinds::work::{async_fn#0} () at ",
        "$1 = 2\n",
        "Breakpoint 5, kinds::work::{async_fn#0} () at ",
        "in kinds::block_on<",
        "$2 = \"work\"\n",
        "$3 = 0\n",
        "$4 = 2\n",
        // Its body begins once, and is gone on with after each wait.
        "Breakpoint 5, kinds::work::{async_fn#0} () at ",
        "$5 = 1\n",
        "$6 = 7\n",
    ];
    let mut rest = text.as_str();
    for part in in_order {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part} is not where it belongs in\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn steps_and_breakpoints_at_inlined_calls() {
    let script = "\
break mixed
info breakpoints
run
bt 2
next
next
continue
step
bt 2
reverse-finish
next
next
step
finish
reverse-next
reverse-next
break squared
continue
bt 2
finish
";
    let Some(text) = transcript("kinds.rs", "interpreted", script) else { return };
    insta::assert_snapshot!("inlined", text);
}

/// What a debugger calls is no part of the run that is gone back in.
#[test]
fn a_call_is_not_gone_back_into() {
    let script = "break pointer.rs:14\nrun\np $pc\np pointer::double(5)\nreverse-stepi\np $pc\nstepi\np $pc\n";
    let said = transcript("pointer.rs", "interpreted", script).unwrap();
    let value = |number: u32| {
        let line = said.lines().find_map(|line| line.strip_prefix(&format!("${number} = ")));
        line.unwrap_or_else(|| panic!("no ${number} in:\n{said}")).parse::<u64>().unwrap()
    };
    assert_eq!(value(2), 10);
    assert!((1..16).contains(&(value(1) - value(3))), "one instruction back:\n{said}");
    assert_eq!(value(4), value(1));
}

#[test]
fn references_calls_and_numbers_of_cpp() {
    let script = "\
        break references.cpp:41\nrun\ninfo locals\np number\np number + 1\np row[1]\nset var number = 77\np number\n\
        p *base\np *(C *)base\np *(A *)&object\np base->height()\np object.weight()\np object.scaled(4)\n\
        p size(4)\np size(1.5)\np size(*base)\np chosen(2.5)\np (*base).b\np ON\np flags & F_C\np Mode::OFF\n\
        p size(base)\nbreak references.cpp:42 if number == 303\ncontinue\n";
    let Some(said) = transcript("references.cpp", "interpreted", script) else { return };
    insta::assert_snapshot!(said);
}

/// The line of a loop is come to in each round.
#[test]
fn breakpoints_on_loops() {
    let Some(said) = transcript(
        "rounds.c",
        "interpreted",
        "break rounds.c:5\nrun\ncontinue\ncontinue\nbreak rounds.c:9\ncontinue\ncontinue\nnext\nnext\nnext\nreverse-next\ncontinue\n",
    ) else {
        return;
    };
    insta::assert_snapshot!(said);
}
