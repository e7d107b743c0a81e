//! Advice: listed, shown, applied; what it promises against what comes.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use common::{Bench, SAMPLE};
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use profiler_ui::model::Binary;
use profiler_ui::model::apply::{self, Method, Work};
use profiler_ui::state::State;

/// A file that needs an advice of a kind: a real build, of the analyzer's tests.
fn needs(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer/tests/insights").join(kind).join("before.wasm")
}

fn read(file: &Path) -> Arc<Binary> {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Arc::new(Binary::read("before.wasm", Bytes::from(bytes), &Default::default()).unwrap())
}

/// Whether the tools that a method needs are on this machine.
fn has_tools(method: Method) -> bool {
    let tools = wasm_build::toolchain::tools(Path::new(env!("CARGO_MANIFEST_DIR")));
    match method {
        Method::WasmOpt(_) | Method::FirstWasmOpt(_) => {
            tools.iter().any(|tool| tool.name == "wasm-opt" && tool.found.is_some())
        }
        _ => true,
    }
}

#[test]
fn what_comes_is_within_a_tenth_of_what_was_said() {
    let mut wrong = Vec::new();
    for kind in wasm_analyzer::insights::kinds() {
        let Some(method) = Method::of(kind).filter(|method| !method.needs_manifest()) else { continue };
        if !has_tools(method) {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "a tool for {kind} is missing");
            eprintln!("not run: {kind}: a tool is missing (cargo wasm setup binaryen)");
            continue;
        }
        let mut binary = read(&needs(kind.as_str()));
        let waits = |advice: &wasm_advice::Advice| method.waits_for().contains(&advice.kind.as_str());
        if binary.insights().iter().any(waits) {
            // Only written as binaryen writes.
            let bytes = wasm_build::wasm_opt(binary.bytes(), &[]).unwrap();
            binary = Arc::new(Binary::read("before.wasm", Bytes::from(bytes), &Default::default()).unwrap());
        }
        let advice = binary.insights().into_iter().find(|advice| advice.kind == kind).unwrap();
        let applied = apply::apply(&binary, &advice, None, &Work::default()).unwrap();
        wasmparser::validate(applied.after.bytes()).unwrap();
        let percent = applied.percent_of_predicted().unwrap();
        println!("{kind}: said {}, came {}", advice.gain, applied.saved_bytes());
        if !(90.0..=110.0).contains(&percent) {
            wrong.push(format!("{kind}: said {}, came {}", advice.gain, applied.saved_bytes()));
        }
        let again = applied.after.insights().into_iter().find(|advice| advice.kind == kind);
        assert!(again.is_none(), "{kind} is still advised: {}", again.unwrap().line());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A component: its modules are entered.
#[test]
fn the_modules_of_a_component_lose_their_names_and_padding() {
    let module = std::fs::read(needs("names-shipped")).unwrap();
    let component = wat::parse_str("(component)").unwrap();
    let mut bytes = component.clone();
    bytes.push(1);
    let mut size = module.len();
    while size >= 0x80 {
        bytes.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    bytes.push(size as u8);
    bytes.extend(&module);
    wasmparser::validate(&bytes).unwrap();
    let binary = Arc::new(Binary::read("component.wasm", Bytes::from(bytes), &Default::default()).unwrap());
    let mut tried = 0;
    for advice in binary.insights() {
        if matches!(advice.kind.as_str(), "names-shipped" | "padded-indices" | "tool-sections-shipped") {
            let applied = apply::apply(&binary, &advice, None, &Work::default()).unwrap();
            wasmparser::validate(applied.after.bytes()).unwrap();
            let percent = applied.percent_of_predicted().unwrap();
            assert!((90.0..=110.0).contains(&percent), "{}: {percent} %", advice.line());
            tried += 1;
        }
    }
    assert!(tried >= 2, "{tried}");
}

#[test]
fn broken_files_are_refused_and_never_written_larger() {
    let good = std::fs::read(needs("names-shipped")).unwrap();
    let advice = read(&needs("names-shipped")).insights();
    for cut in (9..good.len()).step_by(257) {
        let mut bytes = good[..cut].to_vec();
        if let Some(byte) = bytes.get_mut(cut * 2 / 3) {
            *byte ^= 0x55;
        }
        let Ok(binary) = Binary::read("cut.wasm", Bytes::from(bytes), &Default::default()) else { continue };
        let binary = Arc::new(binary);
        for advice in advice
            .iter()
            .filter(|advice| !matches!(Method::of(advice.kind), Some(Method::WasmOpt(_) | Method::FirstWasmOpt(_))))
        {
            if let Ok(applied) = apply::apply(&binary, advice, None, &Work::default()) {
                assert!(applied.saved_bytes() > 0);
            }
        }
    }
}

fn advice_of(theme: &str) -> State {
    State::parse(&format!("{{\"theme\":\"{theme}\",\"focus\":\"advice\"}}")).unwrap()
}

/// A window with the advice in front.
fn open(file: &str) -> Bench {
    let mut bench = Bench::with_state(State::default(), &[file]);
    bench.key(Modifiers::ALT, Key::Num4);
    bench
}

#[test]
fn advice_is_walked_through_shown_and_found_by_key() {
    let mut bench = open(SAMPLE);
    assert_eq!(bench.state()["state"]["focus"], "advice");
    bench.key(Modifiers::NONE, Key::ArrowDown);
    let second = bench.state()["state"]["advice"]["chosen"]["kind"].clone();
    assert!(second.is_string(), "{}", bench.state());
    bench.key(Modifiers::NONE, Key::ArrowDown);
    assert_ne!(bench.state()["state"]["advice"]["chosen"]["kind"], second);
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("names-shipped");
    bench.harness.get_by_label("Show").click();
    bench.settle();
    assert_eq!(bench.state()["state"]["focus"], serde_json::Value::Null, "sizes are in front: {}", bench.state());
    assert!(bench.state()["selected"].is_string());
}

#[test]
fn only_what_can_be_applied_is_listed_on_demand() {
    let mut bench = open(SAMPLE);
    bench.harness.get_by_label("Only what can be applied").click();
    bench.settle();
    assert_eq!(bench.state()["state"]["advice"]["only-applicable"], true);
    assert!(bench.harness.query_by_label("This one is done by hand").is_none());
    let mut bench = Bench::with_state(State::parse(r#"{"advice":{"gains":"time"}}"#).unwrap(), &[SAMPLE]);
    bench.key(Modifiers::ALT, Key::Num4);
    bench.harness.get_by_label("Nothing matches");
}

#[test]
fn what_is_applied_is_opened_beside_what_was_and_taken_back() {
    let before = needs("names-shipped");
    let mut bench = open(before.to_str().unwrap());
    let bytes = bench.state()["open"]["bytes"].as_u64().unwrap();
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("names-shipped");
    bench.key(Modifiers::NONE, Key::Escape);
    bench.harness.get_by_role_and_label(egui::accesskit::Role::Button, "Apply").click();
    bench.settle();
    let state = bench.state();
    assert_eq!(state["open"]["name"], "before.applied.wasm", "{state}");
    assert_eq!(state["compared-with"], "before.wasm");
    assert!(state["open"]["bytes"].as_u64().unwrap() < bytes);
    bench.harness.get_by_label("Predicted");
    bench.harness.get_by_label("Take back").click();
    bench.settle();
    assert_eq!(bench.state()["open"]["bytes"], bytes);
    assert!(bench.state()["compared-with"].is_null());
}

#[test]
fn what_is_applied_is_opened_wherever_the_user_is() {
    let mut bench = Bench::with_state(State::parse(r#"{"search":"names-shipped"}"#).unwrap(), &[SAMPLE]);
    bench.key(Modifiers::ALT, Key::Num4);
    for (modifiers, key) in [(Modifiers::COMMAND, Key::Enter), (Modifiers::ALT, Key::Num6)] {
        let event = egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
        bench.harness.event(event);
    }
    bench.harness.run_steps(1);
    bench.settle();
    let state = bench.state();
    assert_eq!((&state["state"]["focus"], &state["busy"]), (&"code".into(), &false.into()), "{state}");
    assert_eq!(state["open"]["name"], "rust-markdown.applied.wasm", "{state}");
}

#[test]
fn steps_are_listed_with_their_total_and_taken_back_one_by_one() {
    let mut bench = open(SAMPLE);
    let was = bench.state()["open"]["bytes"].as_u64().unwrap();
    let mut sizes = vec![was];
    for (kind, name) in
        [("debug-info-shipped", "rust-markdown.applied.wasm"), ("names-shipped", "rust-markdown.applied-2.wasm")]
    {
        // Found and applied by key.
        bench.key(Modifiers::COMMAND, Key::F);
        bench.key(Modifiers::COMMAND, Key::A);
        bench.type_text(kind);
        bench.key(Modifiers::COMMAND, Key::Enter);
        let state = bench.state();
        assert_eq!(state["open"]["name"], name, "{state}");
        assert_eq!(state["compared-with"], "rust-markdown.wasm", "all steps are seen together");
        sizes.push(state["open"]["bytes"].as_u64().unwrap());
    }
    assert!(sizes[0] > sizes[1] && sizes[1] > sizes[2], "{sizes:?}");
    // Each step has its saving, all have their total against the file.
    let bytes = |count: u64| profiler_ui::widgets::bytes(count);
    for text in [
        format!("{} (100 %)", bytes(sizes[0] - sizes[1])),
        format!("{} (100 %)", bytes(sizes[1] - sizes[2])),
        format!("{} → {}", bytes(sizes[0]), bytes(sizes[2])),
        format!("{} ({})", bytes(was - sizes[2]), profiler_ui::widgets::share(was - sizes[2], was)),
    ] {
        bench.harness.get_by_label(&text);
    }
    bench.harness.get_by_role_and_label(egui::accesskit::Role::Button, "Take back").click();
    bench.settle();
    assert_eq!(bench.state()["open"]["name"], "rust-markdown.applied.wasm");
    assert_eq!(bench.state()["compared-with"], "rust-markdown.wasm");
    bench.harness.get_by_label(&format!("{} → {}", bytes(sizes[0]), bytes(sizes[1])));
    // The keys of a text stay the text's.
    bench.key(Modifiers::NONE, Key::Tab);
    bench.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(bench.state()["open"]["bytes"], was);
    assert!(bench.state()["compared-with"].is_null());
    assert!(bench.harness.query_by_label("Take back").is_none());
    // Nothing is left to be taken back.
    bench.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(bench.state()["open"]["bytes"], was);
}

#[test]
fn the_list_is_saved_as_a_drawing() {
    let mut bench = open(SAMPLE);
    bench.command("export svg");
    let saved = bench.saved();
    let [(name, svg)] = &saved[..] else { panic!("one file") };
    assert_eq!(name, "advice.svg");
    let svg = std::str::from_utf8(svg).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("debug information is shipped"), "{svg}");
}

#[test]
fn the_copy_is_saved_under_a_name_of_its_own() {
    let mut bench = open(needs("names-shipped").to_str().unwrap());
    bench.key(Modifiers::COMMAND, Key::S);
    assert!(bench.saved().is_empty(), "there is no copy yet");
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("names-shipped");
    bench.key(Modifiers::COMMAND, Key::Enter);
    bench.key(Modifiers::COMMAND, Key::S);
    let saved = bench.saved();
    let [(name, bytes)] = &saved[..] else { panic!("{} files", saved.len()) };
    assert_eq!(name, "before.applied.wasm");
    wasmparser::validate(bytes).unwrap();
}

const BUSY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../toolchain/profile/tests/files/busy.wasm");
const BUSY_RUN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../toolchain/profile/tests/files/busy.cpuprofile");
const WASTE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../memviz/tests/fixtures/waste.wasm");

/// A program, a run of it and its memory after another.
fn open_all(state: State) -> Bench {
    let mut bench = Bench::with_state(state, &[BUSY, BUSY_RUN]);
    bench.put("after.memviz", common::snapshot_after(BUSY, &["blocks 1000"]).write(), false);
    bench.key(Modifiers::ALT, Key::Num4);
    bench
}

#[test]
fn sizes_memory_and_time_are_in_one_list() {
    let mut bench = open_all(State::default());
    let titles = ["names of functions and locals are shipped", "is in the allocator", "of which"];
    for title in titles {
        assert!(bench.harness.query_all_by_label_contains(title).next().is_some(), "{title}");
    }
    bench.harness.get_all_by_role_and_label(egui::accesskit::Role::Button, "Time").last().unwrap().click();
    bench.settle();
    assert!(bench.harness.query_all_by_label_contains(titles[0]).next().is_none());
    assert!(bench.harness.query_all_by_label_contains(titles[1]).next().is_some());
}

#[test]
fn advice_on_time_leads_to_the_function_that_ran() {
    let mut bench = open_all(State::default());
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("allocator-time");
    bench.harness.get_by_label("Show").click();
    bench.settle();
    let state = bench.state();
    assert_eq!(state["state"]["focus"], "time", "{state}");
    assert_eq!(state["state"]["location"]["selection"]["function"], "blocks", "{state}");
    // The item of the program is chosen with it.
    assert_eq!(state["selected"], "blocks", "{state}");
}

#[test]
fn advice_on_memory_leads_to_the_addresses() {
    let mut bench = Bench::with_state(State::default(), &[WASTE]);
    bench.put("lost.memviz", common::snapshot_after(WASTE, &["open", "leak 200"]).write(), false);
    bench.key(Modifiers::ALT, Key::Num4);
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("leaked-blocks");
    assert!(bench.harness.query_all_by_label_contains("waste::Session").next().is_some());
    bench.harness.get_by_label("Show").click();
    bench.settle();
    let state = bench.state();
    assert_eq!(state["state"]["focus"], "memory", "{state}");
    let range = &state["state"]["location"]["selection"]["memory"]["range"];
    assert!(range["end"].as_u64() > range["start"].as_u64(), "{state}");
}

/// Of a program that has not run, and of one of another build, nothing is said of its memory.
#[test]
fn no_advice_is_given_on_the_memory_of_another_build() {
    let mut bench = Bench::with_state(State::default(), &[BUSY]);
    bench.key(Modifiers::ALT, Key::Num4);
    assert!(bench.harness.query_all_by_label_contains("the stack has").next().is_none());
    bench.put("other.memviz", common::snapshot_after(WASTE, &["open", "leak 200"]).write(), false);
    bench.key(Modifiers::ALT, Key::Num4);
    assert!(bench.harness.query_all_by_label_contains("the stack has").next().is_none());
}

/// A profile alone, without the program that ran.
#[test]
fn a_run_alone_is_advised_on() {
    let mut bench = Bench::with_state(State::default(), &[BUSY_RUN]);
    bench.key(Modifiers::ALT, Key::Num4);
    assert!(bench.harness.query_all_by_label_contains("is in the allocator").next().is_some());
}

/// The round trip: a program and its run are opened, the first advice that a button carries out is carried out, and
/// what comes is what was said; the run stays open.
#[test]
fn the_first_advice_is_applied_beside_the_run() {
    let mut bench = open_all(State::parse(r#"{"advice":{"only-applicable":true,"gains":"size"}}"#).unwrap());
    let before = bench.state();
    let bytes = |state: &serde_json::Value| state["open"]["bytes"].as_u64().unwrap();
    let binary = read(Path::new(BUSY));
    let all = binary.insights();
    let is_offered = |advice: &&wasm_advice::Advice| {
        let method = Method::of(advice.kind).filter(|method| method.is_available());
        method.is_some_and(|method| !all.iter().any(|other| method.waits_for().contains(&other.kind.as_str())))
    };
    let top = all.iter().find(is_offered).unwrap();
    let needs = Method::of(top.kind).unwrap();
    assert!(!needs.needs_manifest(), "{}", top.kind);
    if !has_tools(needs) {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "a tool for {} is missing", top.kind);
        return eprintln!("not run: {}: a tool is missing", top.kind);
    }
    bench.harness.get_by_role_and_label(egui::accesskit::Role::Button, "Apply").click();
    bench.settle();
    let after = bench.state();
    let saved = bytes(&before) - bytes(&after);
    assert!(saved * 10 >= top.gain.amount * 9 && saved * 10 <= top.gain.amount * 11, "{}: {saved}", top.line());
    // Both are on the screen: what was said, and what came.
    bench.harness.get_by_label("Predicted");
    let came = format!("{} B", profiler_ui::widgets::grouped(saved));
    assert!(bench.harness.query_all_by_label_contains(&came).next().is_some(), "{came}");
    assert_eq!(after["compared-with"], before["open"]["name"]);
    assert_eq!(after["profile"]["name"], before["profile"]["name"]);
    // The run is found in the copy, too, though it may have no names any more.
    assert_eq!(after["profile"]["matched"], before["profile"]["matched"], "{after}");
    // What takes the time is said as before.
    bench.harness.get_all_by_role_and_label(egui::accesskit::Role::Button, "Time").last().unwrap().click();
    bench.harness.get_by_label("Only what can be applied").click();
    bench.settle();
    assert!(bench.harness.query_all_by_label_contains("is in the allocator").next().is_some());
}

/// What the tools say is said in the language of the app: all views that speak of this program, its run and its memory.
#[test]
fn nothing_is_said_in_english_to_who_reads_spanish() {
    let english = regex_lite::Regex::new(r"\b(the|of|is|are|and|with|which|what|never|free|used)\b").unwrap();
    let state = r#"{"language":"spanish","sizes":{"color":"kind"}}"#;
    let mut bench = open_all(State::parse(state).unwrap());
    for (key, own) in [
        (Key::Num1, "segmento de datos"),
        (Key::Num2, "datos a cero"),
        (Key::Num3, "Orden temporal"),
        (Key::Num4, "del tiempo se va en el asignador"),
    ] {
        bench.key(Modifiers::ALT, key);
        let root = bench.harness.root();
        let said = |node: egui_kittest::Node<'_>| node.accesskit_node().label().or(node.accesskit_node().value());
        let said: Vec<String> = root.children_recursive().filter_map(said).collect();
        assert!(said.iter().any(|text| text.contains(own)), "{own}: {said:#?}");
        // What stands in quotes or in code is the program's own.
        let is_english = |text: &&String| english.is_match(text) && !text.contains(['"', '`', '=', ':']);
        let untranslated: Vec<&String> = said.iter().filter(is_english).collect();
        assert!(untranslated.is_empty(), "{key:?}: {untranslated:#?}");
    }
}

#[test]
fn a_picture_of_all_in_light() {
    open_all(advice_of("light")).harness.snapshot("advice_all_light");
}

fn picture(theme: &str) {
    let mut bench = Bench::with_state(advice_of(theme), &[SAMPLE]);
    bench.key(Modifiers::ALT, Key::Num4);
    bench.harness.snapshot(format!("advice_{theme}"));
}

#[test]
fn a_picture_in_light() {
    picture("light");
}

#[test]
fn a_picture_in_dark() {
    picture("dark");
}

/// A folder with files from the analyzer's fixtures and others.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer/tests/insights");
    for (path, contents) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match contents.strip_prefix('@') {
            Some(fixture) => drop(std::fs::copy(fixtures.join(fixture), &path).unwrap()),
            None => std::fs::write(&path, contents).unwrap(),
        }
    }
    folder
}

/// What Cargo makes of a folder: the module of the package `fixture`.
fn cargo(folder: &Path, args: &[&str]) -> Arc<Binary> {
    let target = folder.join("target");
    let mut cargo = std::process::Command::new(std::env::var("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(folder).args(["build", "--offline", "--target", "wasm32-unknown-unknown", "--target-dir"]);
    let done = cargo.arg(&target).args(args).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let profile = if args.contains(&"--release") { "release" } else { "debug" };
    read(&target.join("wasm32-unknown-unknown").join(profile).join("fixture.wasm"))
}

const PACKAGE: &str = "[package]\nname = \"fixture\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
    [lib]\ncrate-type = [\"cdylib\"]\n[profile.dev]\ndebug = false\n\
    [profile.release]\nopt-level = \"z\"\ncodegen-units = 1\npanic = \"abort\"\nstrip = \"debuginfo\"\n[workspace]\n";

fn is_followed_by_a_rebuild(kind: &str, folder: &Path, before: &Arc<Binary>) {
    let advice = before.insights().into_iter().find(|advice| advice.kind.as_str() == kind);
    let advice = advice.unwrap_or_else(|| panic!("{kind} is not advised"));
    let manifest = Some(folder.join("Cargo.toml"));
    let applied = match apply::apply(before, &advice, manifest, &Work::default()) {
        Err(apply::ApplyError::Build(wasm_build::Error::ToolMissing { cure, .. })) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{kind}: {cure}");
            return eprintln!("not run: {kind}: {cure}");
        }
        applied => applied.unwrap(),
    };
    println!("{kind}: said {}, came {}", advice.gain, applied.saved_bytes());
    let percent = applied.percent_of_predicted().unwrap();
    assert!((90.0..=110.0).contains(&percent), "{kind}: said {}, came {}", advice.gain, applied.saved_bytes());
}

#[test]
fn a_debug_build_is_built_for_release() {
    let folder = folder(&[("Cargo.toml", PACKAGE), ("src/lib.rs", "@program.rs")]);
    let before = cargo(folder.path(), &[]);
    is_followed_by_a_rebuild("unoptimised-build", folder.path(), &before);
}

#[test]
fn crates_are_linked_as_one() {
    let library = |name: &str, on: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n{on}")
    };
    let base = "base = { path = \"../base\" }\n";
    let [one, two, three] = ["one", "two", "three"].map(|name| library(name, base));
    let all = "[dependencies]\none = { path = \"one\" }\ntwo = { path = \"two\" }\nthree = { path = \"three\" }\n";
    let folder = folder(&[
        ("Cargo.toml", &format!("{PACKAGE}{all}")),
        ("src/lib.rs", "@missing-lto/lib.rs"),
        ("base/Cargo.toml", &library("base", "")),
        ("base/src/lib.rs", "@missing-lto/base.rs"),
        ("one/Cargo.toml", &one),
        ("one/src/lib.rs", "@missing-lto/one.rs"),
        ("two/Cargo.toml", &two),
        ("two/src/lib.rs", "@missing-lto/two.rs"),
        ("three/Cargo.toml", &three),
        ("three/src/lib.rs", "@missing-lto/three.rs"),
    ]);
    let before = cargo(folder.path(), &["--release"]);
    is_followed_by_a_rebuild("missing-lto", folder.path(), &before);
}

#[test]
fn a_rebuild_can_be_given_up_and_says_why_it_failed() {
    let folder = folder(&[("Cargo.toml", PACKAGE), ("src/lib.rs", "@program.rs")]);
    let before = read(&needs("unoptimised-build"));
    let advice = before.insights().into_iter().find(|advice| advice.kind.as_str() == "unoptimised-build").unwrap();
    let work = Work::default();
    work.cancel.store(true, std::sync::atomic::Ordering::Relaxed);
    let manifest = || Some(folder.path().join("Cargo.toml"));
    let given_up = apply::apply(&before, &advice, manifest(), &work).unwrap_err();
    assert_eq!(given_up.to_string(), "interrupted");
    let nowhere = apply::apply(&before, &advice, Some("/nowhere/Cargo.toml".into()), &Work::default()).unwrap_err();
    assert_eq!(nowhere.to_string(), "there is no Cargo.toml at /nowhere/Cargo.toml");
    let unnamed = apply::apply(&before, &advice, None, &Work::default()).unwrap_err();
    assert!(unnamed.to_string().contains("Cargo.toml"), "{unnamed}");
    std::fs::write(folder.path().join("src/lib.rs"), "fn broken( {}").unwrap();
    let broken = apply::apply(&before, &advice, manifest(), &Work::default()).unwrap_err();
    assert!(broken.to_string().starts_with("cargo build failed"), "{broken}");
}
