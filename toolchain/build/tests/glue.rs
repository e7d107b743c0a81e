//! The script beside a module against `loader.mjs`: the same answers, in node and in Chromium, from 2 KiB or less; and
//! nothing of the module's in it but what stands in quotes.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "glue/chromium.rs"]
mod chromium;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use wasm_build::{Profile, Request, Target, build, glue};

/// One program for each kind of value.
const KINDS: [&str; 6] = ["scalars", "strings", "results", "references", "slices", "panic"];

fn folder(path: &str) -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn checked(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}\n{}", text(&output.stdout), text(&output.stderr));
    output
}

fn node(script: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(script);
    command
}

/// A folder with all programs, their glue beside them.
fn programs() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("glue");
        let mut command = Command::new(env!("CARGO"));
        command.args([
            "build",
            "--offline",
            "--locked",
            "--release",
            "--target=wasm32-unknown-unknown",
            "--lib",
            "--examples",
        ]);
        command.args(["--config", "target.wasm32-unknown-unknown.rustflags=[\"-Clink-arg=--export-table\"]"]);
        command.env_remove("RUSTFLAGS").env("CARGO_TARGET_DIR", &target).current_dir(folder("tests/glue"));
        checked(&mut command);
        let made = target.join("wasm32-unknown-unknown/release/examples");
        fs::copy(made.with_file_name("greeter.wasm"), made.join("greeter.wasm")).unwrap();
        for entry in fs::read_dir(&made).unwrap() {
            let module = entry.unwrap().path();
            let name = module.file_name().unwrap().to_str().unwrap();
            if name.ends_with(".wasm") && !name.contains('-') {
                let script = glue(&fs::read(&module).unwrap(), name).unwrap();
                fs::write(module.with_extension("mjs"), script).unwrap();
            }
        }
        made
    })
}

fn glue_of(name: &str) -> String {
    fs::read_to_string(programs().join(format!("{name}.mjs"))).unwrap()
}

/// A module from its text, and its glue, in a folder of their own.
fn module(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let bytes = wat::parse_str(text).unwrap();
    let script = glue(&bytes, "m.wasm").unwrap();
    fs::write(folder.path().join("m.wasm"), bytes).unwrap();
    fs::write(folder.path().join("m.mjs"), &script).unwrap();
    (folder, script)
}

/// A WAT string.
fn quoted(text: &str) -> String {
    let bytes: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    format!("\"{bytes}\"")
}

#[test]
fn each_kind_of_value_takes_two_kilobytes_at_most() {
    for kind in KINDS {
        let bytes = glue_of(kind).len();
        eprintln!("{kind}: {bytes} bytes");
        assert!(bytes <= 2048, "{kind}: {bytes} bytes");
    }
}

#[test]
fn glue_and_loader_answer_the_same() {
    for kind in KINDS {
        let mut command = node(&folder("tests/glue/compare.mjs"));
        command.arg(kind).arg(programs().join(format!("{kind}.wasm"))).arg(programs().join(format!("{kind}.mjs")));
        checked(command.arg(folder("../../crates/wasm/js/loader.mjs")));
    }
}

/// The crate's own test programs, whose scripts load them with `load` of `../../js/loader.mjs`.
#[test]
fn programs_of_the_crate_run_with_glue() {
    let work = tempfile::tempdir().unwrap();
    let scripts = folder("../../crates/wasm/tests/programs");
    let loader = folder("../../crates/wasm/js/loader.mjs");
    for name in ["boundary", "collections", "linear", "panic", "records", "std", "wit"] {
        let script = fs::read_to_string(scripts.join(format!("{name}.mjs"))).unwrap();
        let glue = programs().join(format!("{name}.mjs"));
        let load = format!(
            "import glue from {glue:?}; import {{ load as loader, contract }} from {loader:?};\n\
             const load = (source, ...more) => typeof source === \"string\" ? glue(more[0], source, more[1]) : loader(source, ...more);\n"
        );
        let (before, after) = script.split_once("import { ").unwrap();
        let (imported, after) = after.split_once(" } from \"../../js/loader.mjs\";\n").unwrap();
        assert!(["load", "contract, load"].contains(&imported), "{imported}");
        let path = work.path().join(format!("{name}.mjs"));
        fs::write(&path, format!("{before}{load}{after}")).unwrap();
        checked(node(&path).arg(programs().join(format!("{name}.wasm"))));
    }
}

#[test]
fn pages_answer_as_node_does() {
    let answers = checked(node(&folder("tests/glue/answers.mjs")).arg(programs())).stdout;
    let Some(said) = chromium::run(&[&folder("tests/glue"), programs()]) else { return };
    assert_eq!(said, String::from_utf8(answers).unwrap().trim());
}

#[test]
fn the_contract_shows_what_is_made() {
    let page = fs::read_to_string(folder("../../docs/compiler-contract.md")).unwrap();
    let script = glue_of("greeter");
    assert!(page.contains(&script), "docs/compiler-contract.md should hold\n{script}");
}

#[test]
fn a_build_writes_glue_beside_its_output() {
    let target = tempfile::tempdir().unwrap();
    let mut request = Request::new(folder("tests/glue/Cargo.toml"), Target::Unknown, Profile::Release);
    request.cargo_args = vec!["--offline".into()];
    request.target_dir = Some(target.path().to_path_buf());
    let built = build(&request, &mut |_| {}).unwrap();
    let [output] = &built.outputs[..] else { panic!("{built:#?}") };
    let [script] = &output.files[..] else { panic!("{:?}", output.files) };
    assert_eq!(*script, output.wasm.with_extension("mjs"));
    let run = target.path().join("run.mjs");
    let text = format!(
        "import init from {script:?}; let said; const {{ exports }} = await init({{ env: {{ log: (text) => {{ said = text; }} }} }});\n\
         console.log(exports.clamp(-1, 4294967294), said);"
    );
    fs::write(&run, text).unwrap();
    assert_eq!(checked(&mut node(&run)).stdout, b"4294967294 too much\n");
}

#[test]
fn modules_of_others_get_none() {
    let none = [
        "(module)",
        r#"(module (import "env" "log" (func)) (func (export "add") (param i32 i32) (result i32) i32.const 0))"#,
        r#"(module (import "a" "_emscripten_memcpy_js" (func)) (memory (export "memory") 1) (func (export "_initialize")))"#,
        r#"(module (func (export "not a;signature")))"#,
        r#"(module (memory (export "m;S") 1))"#,
        r#"(module (@custom "producers" "\01\0cprocessed-by\01\0cwasm-bindgen\010") (func (export "f;>j") (result i32) i32.const 0))"#,
        "(component)",
    ];
    for text in none {
        assert_eq!(glue(&wat::parse_str(text).unwrap(), "m.wasm"), None, "{text}");
    }
    assert_eq!(glue(b"no module at all", "m.wasm"), None);
    assert_eq!(glue(b"\0asm\x01\0\0\0\x02\xff\xff\xff", "m.wasm"), None);
}

#[test]
fn what_glue_cannot_do_goes_through_the_loader() {
    let beyond = [
        r#"(module (import "wasmrust:region/A;region=eu;encryption=none;bytes=8" "load8" (func $f (param i32) (result i32)))
            (func (export "first;>j") (result i32) i32.const 0 call $f))"#,
        r#"(module (import "env" "memory" (memory 1 1)) (func (export "first;>j") (result i32) i32.const 0))"#,
        // Two structs of one name: the loader says so.
        r#"(module (@custom "wasmrust.contract" "\0b\00\00\00pod;P;1;x:h@0") (func (export "first;>j") (result i32) i32.const 0))"#,
    ];
    for text in beyond {
        let (folder, script) = module(text);
        assert!(script.contains("import{load}from\"./loader.mjs\""), "{script}");
        let loader = self::folder("../../crates/wasm/js/loader.mjs");
        fs::copy(loader, folder.path().join("loader.mjs")).unwrap();
        let run = folder.path().join("run.mjs");
        fs::write(&run, "import init from './m.mjs'; console.log((await init()).exports.first());").unwrap();
        if !text.contains("custom") {
            assert_eq!(checked(&mut node(&run)).stdout, b"0\n");
        }
    }
}

/// Names that try to be code: from strings, template literals, comments, pages, lines and prototypes.
const HOSTILE: [&str; 16] = [
    "\"),globalThis.hacked=1,(\"",
    "\\\"),globalThis.hacked=1,(\"",
    "\\",
    "*/globalThis.hacked=1/*",
    "`+(globalThis.hacked=1)+`",
    "${globalThis.hacked=1}",
    "'",
    "\u{2028}globalThis.hacked=1//",
    "\u{2029}globalThis.hacked=1//",
    "\nglobalThis.hacked=1//",
    "\r\0\u{7f}\u{feff}\u{202e}",
    "</script><script>globalThis.hacked=1</script><!--",
    "__proto__",
    "constructor",
    "get x(){}",
    "",
];

#[test]
fn names_are_never_code() {
    let mut text = String::from("(module\n");
    for name in HOSTILE {
        let (from, typed) = (quoted(name), quoted(&format!("{name};j>j")));
        text += &format!("(import {from} {from} (func)) (import {from} {typed} (func (param i32) (result i32)))\n");
    }
    // A struct with such fields, too.
    let fields: String = HOSTILE.iter().enumerate().map(|(at, name)| format!(";{name}:h@{at}")).collect();
    let record = format!("pod;P;{}{fields}", HOSTILE.len());
    let section: Vec<u8> =
        u32::try_from(record.len()).unwrap().to_le_bytes().into_iter().chain(record.bytes()).collect();
    let section: String = section.iter().map(|byte| format!("\\{byte:02x}")).collect();
    text += &format!(
        "(import \"wasmrust:host\" \"give\" (func $give (param i32 i32))) (@custom \"wasmrust.contract\" \"{section}\")"
    );
    text += "(memory (export \"memory\") 1) (data (i32.const 0) \"\\01\\02\\03\\04\\05\\06\\07\\08\\09\\0a\\0b\\0c\\0d\\0e\\0f\\10\")";
    text += "(func (export \"fields;>{P}\") i32.const 0 i32.const 16 call $give)\n";
    for (at, name) in HOSTILE.iter().enumerate() {
        text += &format!("(func (export {}) (result i32) i32.const {at})", quoted(&format!("{name};>j")));
        text += &format!("(func (export {}) (result i32) i32.const {at})\n", quoted(&format!("plain;!{name}")));
    }
    let (folder, script) = module(&(text + ")"));
    assert!(!script.contains("</script") && !script.contains("<!--") && !script.contains('\u{2028}'));
    let names: Vec<_> = HOSTILE.to_vec();
    let run = format!(
        "import init from './m.mjs'; import assert from 'node:assert/strict';
         const names = JSON.parse({:?});
         const imports = Object.fromEntries(names.map((name) => [name, Object.fromEntries([[name, (n) => n]])]));
         const {{ exports }} = await init(imports);
         names.forEach((name, at) => {{
           assert.equal(Object.getOwnPropertyDescriptor(exports, name)?.value?.(), at, name);
           assert.equal(exports['plain;!' + name](), at, name);
         }});
         const fields = exports.fields();
         names.forEach((name, at) => {{ assert.equal(Object.getOwnPropertyDescriptor(fields, name)?.value, at + 1); }});
         assert.equal(globalThis.hacked, undefined);
         // What objects inherit is no import: `constructor.constructor` would make code of text.
         await assert.rejects(init({{}}), /not given:.*`constructor` `constructor`/s);
         await assert.rejects(init({{ ...imports, ['__proto__']: {{}}, constructor: {{}} }}), /not given:.*`constructor` `constructor`/s);",
        serde_json::to_string(&names).unwrap()
    );
    let path = folder.path().join("run.mjs");
    fs::write(&path, run).unwrap();
    checked(&mut node(&path));
}

#[test]
fn a_file_name_is_a_file_name() {
    let bytes = wat::parse_str(r#"(module (func (export "f;>j") (result i32) i32.const 7))"#).unwrap();
    for name in ["a b%20#?\"\\`.wasm", "ä\u{2028}*\n.wasm", "data:x,.wasm"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), &bytes).unwrap();
        fs::write(folder.path().join("m.mjs"), glue(&bytes, name).unwrap()).unwrap();
        let run = folder.path().join("run.mjs");
        fs::write(&run, "import init from './m.mjs'; console.log((await init()).exports.f());").unwrap();
        assert_eq!(checked(&mut node(&run)).stdout, b"7\n", "{name}");
    }
}

/// Whatever stands behind the `;`: a script, always the same one, that is JavaScript.
#[test]
fn any_signature_gives_a_script() {
    let mut runner = TestRunner::deterministic();
    let types = [
        "b", "c", "a", "h", "s", "t", "i", "j", "x", "y", "f", "d", "S", "R", "r", "F", "*h", "*{P}", "*{Q}", "&s",
        "&{P}", "&{Q}", "&1{P}", "&1{Q}", "@f", "@{P}", "{P}", "{Q}",
    ];
    let results = ["", ">", ">?", ">!v", ">!S", ">!{P}", ">!R"];
    let some = prop::collection::vec(prop::sample::select(types.to_vec()), 0..5).prop_map(|all| all.concat());
    let typed = (some, prop::sample::select(results.to_vec()), prop::sample::select(types.to_vec())).prop_map(
        |(parameters, result, of)| {
            if result.is_empty() { parameters } else { format!("{parameters}{result}{of}") }
        },
    );
    let signature = prop_oneof![3 => typed, 1 => "[bchiSRrFv*&@{}?!>1P;]{0,5}"];
    let names = prop::collection::vec(signature, 400).new_tree(&mut runner).unwrap().current();
    let mut text = String::from("(module (@custom \"wasmrust.contract\" \"\\17\\00\\00\\00pod;P;8;x:x@0;y:{P}@0*2\")");
    for (at, name) in names.iter().enumerate() {
        text += &format!("(import \"env\" {} (func))", quoted(&format!("i{at};{name}")));
    }
    for (at, name) in names.iter().enumerate() {
        text += &format!("(func (export {}))", quoted(&format!("e{at};{name}")));
    }
    text += ")";
    let (folder, script) = module(&text);
    assert!(script.matches("=>").count() > 200, "few of them are signatures");
    assert_eq!(glue(&fs::read(folder.path().join("m.wasm")).unwrap(), "m.wasm"), Some(script));
    checked(Command::new("node").arg("--check").arg(folder.path().join("m.mjs")));
}
