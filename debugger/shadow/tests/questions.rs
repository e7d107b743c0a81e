//! What GDB answers about a shadow without a running program, and what LLVM says of its DWARF.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{ask, assert_contains, compile_c, corpus, fixture, has, not_fetched, shadow};
use std::process::Command;
use wasm_shadow::{Flavour, Layout, LayoutError, Module};

const PROGRAM: &str = r#"
struct node { int value; struct node *next; };
static struct node nodes[3] = {{1, &nodes[1]}, {2, &nodes[2]}, {3, 0}};
int total;
void pause_here(int);

__attribute__((noinline)) static int sum(const struct node *node, int scale) {
  int result = 0;
  for (; node; node = node->next) {
    result += node->value * scale;
    pause_here(result);
  }
  return result;
}

__attribute__((noinline)) double mean(const double *values, int count) {
  double all = 0;
  for (int i = 0; i < count; i++) {
    all += values[i];
    pause_here(i);
  }
  volatile double kept = all;
  return kept / count;
}

int main(int argc, char **argv) {
  double values[2] = {argc, 2.0};
  total = sum(nodes, argc) + (int)mean(values, 2);
  return total;
}
"#;

/// The errors that `llvm-dwarfdump --verify` finds.
fn errors(file: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, file).unwrap();
    let output = Command::new("llvm-dwarfdump-22").arg("--verify").arg(&path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter(|line| line.starts_with("error:")).map(str::to_owned).collect()
}

/// Fails if LLVM finds errors in a shadow that the module has not.
fn verify(module: &[u8], shadow: &[u8]) {
    if has("llvm-dwarfdump-22") {
        assert_eq!(errors(shadow), errors(module));
    }
}

#[test]
fn c_programs_keep_their_lines_types_and_places() {
    for flags in [["-O0", "-gdwarf-4"], ["-O0", "-gdwarf-5"], ["-O2", "-gdwarf-4"], ["-O2", "-gdwarf-5"]] {
        let Some(module) = compile_c(PROGRAM, &flags) else { return };
        for flavour in Flavour::ALL {
            let (layout, shadow) = shadow(&module, flavour);
            assert_eq!((shadow.report.lost, shadow.report.damaged), (0, 0), "{flags:?}");
            let commands = [
                "info line sum",
                "break sum",
                "ptype struct node",
                "info address total",
                "info symbol &nodes[1]",
                "p &nodes[1]",
                "p sizeof(struct node)",
                "info scope sum",
                "info scope main",
                "whatis mean",
                "info functions pause",
            ];
            let Some(text) = ask(&shadow.elf, flavour, &commands) else { continue };
            let parsed = Module::parse(&module).unwrap();
            let sum = parsed.functions().iter().find(|f| parsed.function_name(f.index) == "sum").unwrap();
            let address = layout.modules()[0].address(sum.body.start.into()).unwrap();
            assert_contains(&text, "Line 7 of \"main.c\"");
            assert_contains(&text, &format!("starts at address {address:#x} <sum>"));
            assert_contains(&text, "file main.c, line ");
            assert!(
                !text.contains(&format!("Breakpoint 1 at {address:#x}:")),
                "before the set-up of the frame:\n{text}"
            );
            assert_contains(&text, "type = struct node {\n    int value;\n    struct node *next;\n}");
            assert_contains(&text, "Symbol \"total\" is static storage at address 0x");
            assert_contains(&text, "nodes + 8 in section .data");
            assert_contains(&text, "<nodes+8>");
            assert_contains(&text, "$2 = 8");
            assert_contains(&text, "Symbol scale is ");
            assert_contains(&text, "Symbol values is a ");
            assert_contains(&text, "type = double (const double *, int)");
            assert_contains(&text, "  [host] env.pause_here");
            verify(&module, &shadow.elf);
        }
    }
}

#[test]
fn large_memories_have_room_below_the_code() {
    for flags in [["-m64", "-O0", "-gdwarf-4"], ["-m64", "-O2", "-gdwarf-4"], ["-m64", "-O2", "-gdwarf-5"]] {
        let Some(module) = compile_c(PROGRAM, &flags) else { return };
        let parsed = [Module::parse(&module).unwrap()];
        assert!(parsed[0].is_memory64());
        assert_eq!(Layout::new(Flavour::I386, &parsed), Err(LayoutError::Memory64(0)));
        for flavour in [Flavour::X86_64, Flavour::Aarch64] {
            let (layout, shadow) = shadow(&module, flavour);
            assert!(layout.modules_start() > 1 << 46);
            assert_eq!((shadow.report.lost, shadow.report.damaged), (0, 0), "{flags:?}");
            let commands = ["info line sum", "p sizeof(struct node)", "p &nodes[2]", "info scope sum", "break mean"];
            let Some(text) = ask(&shadow.elf, flavour, &commands) else { continue };
            assert_contains(&text, "starts at address 0x70000000");
            assert_contains(&text, "$1 = 16");
            assert_contains(&text, "<nodes+32>");
            assert_contains(&text, "Breakpoint 1 at 0x70000000");
            verify(&module, &shadow.elf);
        }
    }
}

#[test]
fn rust_stays_rust() {
    for flavour in Flavour::ALL {
        let (_, shadow) = shadow(&fixture("shapes_rs.wasm"), flavour);
        let commands = ["set language rust", "info line shapes::look", "break shapes::look", "ptype shapes::Scene"];
        let Some(text) = ask(&shadow.elf, flavour, &commands) else { continue };
        assert_contains(&text, "Line 39 of \"shapes.rs\"");
        assert_contains(&text, "file shapes.rs, line 40.");
        assert_contains(&text, "type = struct shapes::Scene {\n  title: alloc::string::String,\n");
        assert_contains(&text, "some: core::option::Option<alloc::boxed::Box<u32, alloc::alloc::Global>>,");
    }
}

#[test]
fn rust_gdb_loads_its_printers() {
    if !has("rust-gdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shadow.elf");
    std::fs::write(&file, shadow(&fixture("shapes_rs.wasm"), Flavour::X86_64).1.elf).unwrap();
    let text = common::gdb("rust-gdb", Some(&file), &["info auto-load python-scripts", "info pretty-printer"]);
    assert_contains(&text, "Yes     gdb_load_rust_pretty_printers.py");
    assert_contains(&text, "    StdVec");
}

#[test]
fn a_module_without_dwarf_has_symbols() {
    let module = wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (func $_ZN4core3fmt5write17h0123456789abcdefE)
            (func (export "exported"))
            (func)
            (func $__main_void)
            (memory 1)
            (data $greeting (i32.const 1024) "hello"))"#,
    );
    let module = module.unwrap();
    for flavour in Flavour::ALL {
        let (layout, shadow) = shadow(&module, flavour);
        let commands = ["info functions", "info symbol 1026", "break main", "info line exported"];
        let Some(text) = ask(&shadow.elf, flavour, &commands) else { continue };
        for name in ["core::fmt::write::h0123456789abcdef", "exported", "wasm_function_3", "main", "[host]"] {
            assert_contains(&text, &format!("  {name}\n"));
        }
        assert_contains(&text, "  [host] wasi_snapshot_preview1.fd_write\n");
        assert_contains(&text, "greeting + 2 in section .data");
        let first = layout.modules()[0].code;
        assert_contains(&text, &format!("Breakpoint 1 at {:#x}", first + 11));
    }
}

#[test]
fn real_modules_lose_no_variable() {
    let names = ["webtreesitter_debug.wasm", "ruby_dwarf.wasm"];
    for name in names {
        let Some(module) = corpus(name) else {
            not_fetched(name);
            continue;
        };
        let (_, shadow) = shadow(&module, Flavour::X86_64);
        assert_eq!((shadow.report.lost, shadow.report.damaged), (0, 0), "{name}");
        assert!(shadow.report.units > 70 && shadow.report.resized > 0, "{:?}", shadow.report);
        if name.starts_with("webtreesitter")
            && let Some(text) = ask(
                &shadow.elf,
                Flavour::X86_64,
                &["break ts_parser_parse", "info scope ts_parser_parse", "ptype TSParser"],
            )
        {
            assert_contains(&text, "Breakpoint 1 at 0xf0");
            assert_contains(&text, "Symbol last_position is a complex DWARF expression");
            assert_contains(&text, "    Lexer lexer;\n    Stack *stack;\n");
        }
    }
}

#[test]
fn modules_are_loaded_side_by_side() {
    let bytes = [fixture("shapes_c.wasm"), fixture("shapes_rs.wasm")];
    let modules = [Module::parse(&bytes[0]).unwrap(), Module::parse(&bytes[1]).unwrap()];
    let layout = Layout::new(Flavour::X86_64, &modules).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let second = folder.path().join("second.elf");
    std::fs::write(&second, wasm_shadow::shadow(&modules[1], &layout, 1).unwrap().elf).unwrap();
    let first = wasm_shadow::shadow(&modules[0], &layout, 0).unwrap().elf;
    let load = format!("add-symbol-file {}", second.display());
    let commands = ["set confirm off", &load, "info line area", "info line shapes::look"];
    let Some(text) = ask(&first, Flavour::X86_64, &commands) else { return };
    assert_contains(&text, "Line 48 of \"shapes.c\" starts at address 0xf0000003 <area>");
    assert_contains(&text, "Line 39 of \"shapes.rs\" starts at address 0xf0011210 <_ZN6shapes4look");
}
