//! Builds real crates, one for each thing that a crate can be, and looks at what comes out.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wasm_binary::{BinaryKind, Map, ModuleId};
use wasm_build::{
    Build, CrateKind, Error, Event, Line, Output, Profile, Request, Stage, Std, Target, Variant, Warning, build, check,
    rebuild,
};

/// A crate of `tests/crates` in a folder of its own.
struct Crate {
    folder: TempDir,
}

impl Crate {
    fn copy(name: &str) -> Crate {
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crates").join(name), folder.path());
        Crate { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    fn request(&self, target: Target, profile: Profile) -> Request {
        let mut request = Request::new(self.path().join("Cargo.toml"), target, profile);
        request.cargo_args = vec!["--offline".into()];
        // Not the folder of whoever runs these tests.
        request.target_dir = Some(self.path().join("target"));
        request
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let new = to.join(path.file_name().unwrap());
        if path.is_dir() {
            if path.file_name().unwrap() != "target" {
                copy(&path, &new);
            }
        } else {
            fs::copy(&path, &new).unwrap();
        }
    }
}

fn run(request: &Request) -> (Result<Build, Error>, Vec<Event>) {
    let mut events = Vec::new();
    let result = build(request, &mut |event| events.push(event));
    (result, events)
}

fn built(request: &Request) -> (Build, Vec<Event>) {
    let (result, events) = run(request);
    match result {
        Ok(build) => (build, events),
        Err(error) => panic!("{error}\n{events:#?}"),
    }
}

fn warnings(events: &[Event]) -> Vec<&Warning> {
    let mut found = Vec::new();
    for event in events {
        if let Event::Warning(warning) = event {
            found.push(warning);
        }
    }
    found
}

fn checked(output: &Output, profile: Profile) -> Vec<Line> {
    check(&fs::read(&output.wasm).unwrap(), Some(&fs::read(&output.symbols).unwrap()), profile)
}

fn broken(lines: &[Line]) -> Vec<&Line> {
    lines.iter().filter(|line| !line.holds).collect()
}

fn has_wasm_opt() -> bool {
    let tools = wasm_build::toolchain::tools(Path::new("."));
    let there = tools.iter().any(|tool| tool.name == "wasm-opt" && tool.found.is_some());
    assert!(there || std::env::var("CI").as_deref() != Ok("true"), "wasm-opt is missing");
    there
}

#[test]
fn a_plain_cdylib_is_built_for_release() {
    let plain = Crate::copy("plain");
    let request = plain.request(Target::Unknown, Profile::Release);
    let (build, events) = built(&request);
    let [output] = &build.outputs[..] else { panic!("{build:#?}") };
    assert_eq!((output.name.as_str(), output.crate_kind), ("plain", CrateKind::Cdylib));
    assert!(output.wasm.ends_with("target/wasm/wasm32-unknown-unknown/release/plain.wasm"));

    let mut lines = checked(output, Profile::Release);
    let mut stages = vec![Stage::Rustc, Stage::PostLink, Stage::Optimise, Stage::Wrap];
    if !has_wasm_opt() {
        lines.retain(|line| line.rule != "optimised");
        stages.retain(|stage| *stage != Stage::Optimise);
    }
    assert!(broken(&lines).is_empty(), "{lines:#?}");
    assert_eq!(output.stages.iter().map(|report| report.stage).collect::<Vec<_>>(), stages);
    assert_eq!(build.timings.len(), stages.len());
    let finished = |event: &Event| if let Event::StageFinished { stage, .. } = event { Some(*stage) } else { None };
    assert_eq!(events.iter().filter_map(finished).collect::<Vec<_>>(), stages);

    // Each stage keeps what it was given, and what one makes the next is given.
    for (report, next) in output.stages.iter().zip(&output.stages[1..]) {
        assert_eq!(fs::metadata(&next.input).unwrap().len(), report.bytes_after, "{}", next.stage);
    }
    assert_eq!(fs::metadata(&output.wasm).unwrap().len(), output.bytes);
    follow_to_the_end(output);

    // Nothing changed: the same bytes, and the optimiser need not run again.
    let first = fs::read(&output.wasm).unwrap();
    let (again, _) = built(&request);
    assert_eq!(fs::read(&again.outputs[0].wasm).unwrap(), first);
    assert_eq!(again.outputs[0].previous_bytes, Some(first.len() as u64));
    assert_eq!(again.outputs[0].growth, None);
    follow_to_the_end(&again.outputs[0]);

    // More code: it grows, and the cause is named.
    let source = plain.path().join("src/lib.rs");
    let more = "#[unsafe(no_mangle)] pub extern \"C\" fn root(x: f64) -> f64 { format!(\"{x:?}\").len() as f64 }\n";
    fs::write(&source, fs::read_to_string(&source).unwrap() + more).unwrap();
    let (grown, _) = built(&request);
    let growth = grown.outputs[0].growth.as_ref().unwrap();
    assert_eq!(growth.bytes, grown.outputs[0].bytes - first.len() as u64);
    assert!(growth.cause_bytes > 0 && !growth.cause.is_empty(), "{growth:?}");
}

/// The address maps of all stages, joined, lead from rustc's file to the finished one: a string of the program is
/// found again, and exported functions lead to exported functions.
fn follow_to_the_end(output: &Output) {
    let rewrites: Vec<_> = output.stages.iter().filter_map(|report| report.addresses.clone()).collect();
    for report in output.stages.iter().filter(|report| report.addresses.is_some()) {
        let file = fs::read(report.addresses_file.as_ref().unwrap()).unwrap();
        assert_eq!(wasm_build::AddressMap::from_bytes(&file), report.addresses);
    }
    let whole = rewrites.into_iter().reduce(|all, next| all.compose(&next)).unwrap();
    let (old, new) = (fs::read(&output.stages[0].input).unwrap(), fs::read(&output.wasm).unwrap());
    let text = b"0123456789";
    if let Some(at) = old.windows(text.len()).position(|bytes| bytes == text) {
        let moved: Vec<u32> = whole.to_new(at as u32).collect();
        assert!(moved.iter().any(|&to| new[to as usize..].starts_with(text)), "{at:#x} → {moved:x?}");
    }
    let (old, new) = (Map::parse(&old).unwrap(), Map::parse(&new).unwrap());
    let module = old.module(ModuleId(0));
    let exported = module.exports.iter().filter(|export| export.space == wasm_binary::Space::Function);
    let mut followed = 0;
    for export in exported {
        let before = old.item(module.item_at(export.space, export.index).unwrap()).range();
        let after = new.module(ModuleId(0));
        // wasm-bindgen takes what only it reads.
        let Some(after) = after.exports.iter().find(|found| found.name == export.name) else { continue };
        let after = new.item(new.module(ModuleId(0)).item_at(after.space, after.index).unwrap()).range();
        let stays = before.clone().flat_map(|offset| whole.to_new(offset)).filter(|to| after.contains(to)).count();
        assert!(stays > 0, "{}: {before:x?} → {after:x?}", export.name);
        followed += 1;
    }
    assert!(followed > 0);
}

#[test]
fn a_development_build_keeps_names_and_debug_information_and_is_the_same_again() {
    let plain = Crate::copy("plain");
    let request = plain.request(Target::Unknown, Profile::Dev);
    let (build, _) = built(&request);
    let again = rebuild(&request, &build, &mut |_| {}).unwrap();
    assert!(again.len() == 1 && again[0].holds, "{again:#?}");
    let lines = checked(&build.outputs[0], Profile::Dev);
    assert!(broken(&lines).is_empty(), "{lines:#?}");
    let stages: Vec<Stage> = build.outputs[0].stages.iter().map(|report| report.stage).collect();
    assert_eq!(stages, [Stage::Rustc, Stage::PostLink, Stage::Wrap]);
}

#[test]
fn a_freestanding_crate_is_its_own_code_and_nothing_else() {
    let bare = Crate::copy("bare");
    let (build, events) = built(&bare.request(Target::Unknown, Profile::Freestanding));
    let output = &build.outputs[0];
    let lines = checked(output, Profile::Freestanding);
    if has_wasm_opt() {
        assert!(broken(&lines).is_empty(), "{lines:#?}");
        assert!(warnings(&events).is_empty(), "{:?}", warnings(&events));
        assert!(output.bytes <= 160, "{} bytes", output.bytes);
    }
    let bytes = fs::read(&output.wasm).unwrap();
    let map = Map::parse(&bytes).unwrap();
    let module = map.module(ModuleId(0));
    assert_eq!(module.exports.iter().map(|e| e.name).collect::<Vec<_>>(), ["memory", "hello"]);
    assert_eq!(module.imports.iter().map(|i| (i.module, i.name)).collect::<Vec<_>>(), [("console", "log")]);
}

#[test]
fn a_freestanding_crate_that_prints_panics_is_told_who_panics() {
    let panics = Crate::copy("panics");
    let (build, events) = built(&panics.request(Target::Unknown, Profile::Freestanding));
    let warnings = warnings(&events);
    let found = warnings.iter().find_map(|w| match w {
        Warning::PanicMachinery { bytes, caller, .. } => Some((*bytes, caller.clone().unwrap_or_default())),
        _ => None,
    });
    let (bytes, caller) = found.unwrap_or_else(|| panic!("{warnings:?}"));
    assert!(bytes > 100 && caller.contains("prime") && caller.contains("src/lib.rs:24"), "{bytes}: {caller}");
    let lines = checked(&build.outputs[0], Profile::Freestanding);
    assert!(broken(&lines).iter().any(|line| line.rule == "no-panic-machinery"), "{lines:#?}");
}

#[test]
fn a_workspace_gives_all_its_programs_or_the_one_that_is_asked_for() {
    let two = Crate::copy("two");
    let mut request = two.request(Target::Wasip1, Profile::Dev);
    let (build, _) = built(&request);
    let found: Vec<_> = build.outputs.iter().map(|o| (o.name.as_str(), o.package.as_str(), o.crate_kind)).collect();
    assert_eq!(found, [("one", "one", CrateKind::Cdylib), ("other-program", "other-program", CrateKind::Bin)]);

    request.artifact = Some("other_program".into());
    let (build, _) = built(&request);
    assert_eq!(build.outputs.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["other-program"]);

    request.artifact = None;
    request.manifest = two.path().join("one/Cargo.toml");
    let (build, _) = built(&request);
    assert_eq!(build.outputs.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["one"]);

    request.artifact = Some("three".into());
    let error = run(&request).0.unwrap_err().to_string();
    assert_eq!(error, "there is no binary or cdylib `three`; there are one");
    (request.artifact, request.package) = (None, Some("three".into()));
    let error = run(&request).0.unwrap_err().to_string();
    assert!(error.starts_with("there is no package `three` in the workspace; there are "), "{error}");
}

#[test]
fn a_program_for_wasi_is_small_and_a_component_where_it_should_be() {
    let hello = Crate::copy("hello");
    for (target, kind) in [(Target::Wasip1, BinaryKind::Module), (Target::Wasip2, BinaryKind::Component)] {
        let (build, events) = built(&hello.request(target, Profile::Release));
        let output = &build.outputs[0];
        assert_eq!(output.crate_kind, CrateKind::Bin);
        let bytes = fs::read(&output.wasm).unwrap();
        assert_eq!(Map::parse(&bytes).unwrap().kind(), kind);
        let lines = checked(output, Profile::Release);
        if has_wasm_opt() {
            assert!(broken(&lines).is_empty(), "{target}: {lines:#?}");
            assert!(warnings(&events).is_empty(), "{:?}", warnings(&events));
            if target == Target::Wasip1 {
                assert!(output.bytes <= 36_000, "{} bytes", output.bytes);
            }
        }
    }
}

#[test]
fn a_wasm_bindgen_crate_gets_its_glue_or_is_told_how() {
    let bound = Crate::copy("bound");
    let (result, events) = run(&bound.request(Target::Unknown, Profile::Release));
    let build = match result {
        Ok(build) => build,
        Err(Error::ToolMissing { tool, cure, .. }) => {
            assert_eq!(
                (tool.as_str(), cure.as_str()),
                ("wasm-bindgen 0.2.130", "cargo wasm setup wasm-bindgen@0.2.130")
            );
            eprintln!("not run: {tool} is missing ({cure})");
            return;
        }
        // The packages of the lock file were never fetched.
        Err(Error::Metadata(message)) if message.contains("offline") => {
            eprintln!("not run: {message}");
            return;
        }
        Err(error) => panic!("{error}\n{events:#?}"),
    };
    let output = &build.outputs[0];
    assert!(output.wasm.ends_with("bound_bg.wasm"));
    let files: Vec<_> = output.files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(files, ["bound.d.ts", "bound.js", "bound_bg.wasm.d.ts"]);
    assert!(fs::read_to_string(&output.files[1]).unwrap().contains("bound_bg.wasm"));
    if has_wasm_opt() {
        let lines = checked(output, Profile::Release);
        assert!(broken(&lines).is_empty(), "{lines:#?}");
    }
    let bytes = fs::read(&output.wasm).unwrap();
    let map = Map::parse(&bytes).unwrap();
    assert!(map.module(ModuleId(0)).exports.iter().any(|export| export.name == "greet"));
    assert!(wasm_binary::producers(&map).iter().any(|p| (p.name, p.version) == ("wasm-bindgen", "0.2.130")));
    follow_to_the_end(output);
}

#[test]
fn a_std_for_size_is_linked_or_told_how_to_get() {
    let hello = Crate::copy("hello");
    let mut request = hello.request(Target::Wasip1, Profile::Release);
    for (std, most) in [(Std::Silent, 14_000), (Std::Small, 31_500)] {
        request.std = Some(std);
        match run(&request) {
            (Ok(build), _) => {
                let output = &build.outputs[0];
                let bytes = fs::read(&output.wasm).unwrap();
                let metadata = wasm_build::metadata::Metadata::read(&Map::parse(&bytes).unwrap()).unwrap();
                assert_eq!(metadata.std, std);
                if has_wasm_opt() {
                    assert!(output.bytes <= most, "{}: {} bytes", std.name(), output.bytes);
                    let lines = checked(output, Profile::Release);
                    assert!(broken(&lines).is_empty(), "{lines:#?}");
                }
            }
            (Err(Error::ToolMissing { cure, .. }), _) => {
                assert_eq!(cure, format!("cargo wasm setup std-{}@wasm32-wasip1", std.name()));
                eprintln!("not run: {cure}");
            }
            (Err(error), events) => panic!("{error}\n{events:#?}"),
        }
    }
}

#[test]
fn two_users_get_the_same_bytes() {
    let files: Vec<Vec<u8>> = ["first", "second-with-a-longer-name"]
        .into_iter()
        .map(|user| {
            let home = tempfile::tempdir().unwrap();
            let place = home.path().join(user).join("two");
            copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crates/two"), &place);
            let mut request = Request::new(place.join("Cargo.toml"), Target::Wasip1, Profile::Release);
            request.cargo_args = vec!["--offline".into()];
            request.target_dir = Some(home.path().join(user).join("elsewhere"));
            let (build, _) = built(&request);
            build.outputs.iter().flat_map(|output| fs::read(&output.wasm).unwrap()).collect()
        })
        .collect();
    assert!(files[0] == files[1], "the two builds differ");
}

#[test]
fn a_build_script_that_writes_the_time_is_found() {
    let plain = Crate::copy("plain");
    let source = plain.path().join("src/lib.rs");
    let time =
        "#[unsafe(no_mangle)] pub extern \"C\" fn built() -> u64 { include!(concat!(env!(\"OUT_DIR\"), \"/time\")) }\n";
    fs::write(&source, fs::read_to_string(&source).unwrap() + time).unwrap();
    let script = "fn main() { let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64; \
                  std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/time\", format!(\"{now}\")).unwrap(); }";
    fs::write(plain.path().join("build.rs"), script).unwrap();
    let mut request = plain.request(Target::Unknown, Profile::Release);
    request.optimize = Some(false);
    request.keep_names = Some(true);
    let (build, _) = built(&request);
    let lines = rebuild(&request, &build, &mut |_| {}).unwrap();
    assert!(!lines[0].holds && lines[0].what.contains("built"), "{lines:#?}");
}

#[test]
fn rustcs_own_words_come_through() {
    let broken = Crate::copy("broken");
    let request = broken.request(Target::Unknown, Profile::Dev);
    let place = broken.path().join("target/wasm/wasm32-unknown-unknown/dev");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("broken.wasm"), "the good one").unwrap();
    let (result, events) = run(&request);
    let Err(Error::Cargo { stderr }) = result else { panic!("{result:?}") };
    assert!(stderr.contains("could not compile `broken`"), "{stderr}");
    let diagnostic = events.iter().find_map(|event| match event {
        Event::Diagnostic { rendered, json } => Some((rendered, json)),
        _ => None,
    });
    let (rendered, json) = diagnostic.unwrap();
    assert!(rendered.starts_with("error[E0277]: cannot divide `u32` by `&str`\n --> src/lib.rs:3:12"), "{rendered}");
    assert_eq!(json["message"]["code"]["code"], "E0277");
    assert_eq!(fs::read(place.join("broken.wasm")).unwrap(), b"the good one");
}

#[test]
fn a_stray_import_is_told_with_its_line() {
    let stray = Crate::copy("stray");
    let mut request = stray.request(Target::Unknown, Profile::Release);
    request.optimize = Some(false);
    let (_, events) = built(&request);
    let warnings = warnings(&events);
    let found = warnings.iter().find(|warning| matches!(warning, Warning::StrayImport { .. })).unwrap();
    let Warning::StrayImport { function, caller, place, .. } = found else { unreachable!() };
    assert_eq!((function.as_str(), caller.as_deref()), ("lost_in_the_link", Some("run")));
    assert!(place.as_ref().unwrap().ends_with("src/lib.rs:7"), "{place:?}");
}

#[test]
fn a_threads_build_shares_its_memory() {
    let plain = Crate::copy("bare");
    let mut request = plain.request(Target::Unknown, Profile::Release);
    request.variants = vec![Variant { threads: true, simd: false }];
    request.optimize = Some(false);
    let (build, events) = built(&request);
    assert!(warnings(&events).is_empty(), "{:?}", warnings(&events));
    let output = &build.outputs[0];
    assert_eq!(output.name, "bare.mt");
    let bytes = fs::read(&output.wasm).unwrap();
    let map = Map::parse(&bytes).unwrap();
    let imports: Vec<_> = map.module(ModuleId(0)).imports.iter().map(|i| (i.module, i.name)).collect();
    assert!(imports.contains(&("env", "memory")), "{imports:?}");
    let has = |name: &str| map.module(ModuleId(0)).exports.iter().any(|export| export.name == name);
    assert!(has("__stack_pointer") && has("__wasm_init_tls"));
}

#[test]
fn what_cannot_be_built_says_why() {
    let library = Crate::copy("library");
    let message = |request: &Request| run(request).0.unwrap_err().to_string();

    let request = library.request(Target::Unknown, Profile::Dev);
    assert!(message(&request).starts_with("library has nothing that becomes a wasm file: add a src/main.rs"));

    let nowhere = Request::new("/nowhere/Cargo.toml", Target::Unknown, Profile::Dev);
    assert_eq!(message(&nowhere), "there is no Cargo.toml at /nowhere/Cargo.toml");

    fs::write(library.path().join("Cargo.toml"), "[package\n").unwrap();
    assert!(message(&request).contains("Cargo.toml:1:9"), "{}", message(&request));

    let plain = Crate::copy("plain");
    let mut request = plain.request(Target::Unknown, Profile::Dev);
    // A folder that nobody can write to, whoever runs this.
    fs::create_dir_all(plain.path().join("target")).unwrap();
    fs::write(plain.path().join("target/wasm"), "a file in the way").unwrap();
    assert!(message(&request).starts_with("cannot write to "), "{}", message(&request));

    request.target_dir = None;
    let manifest = plain.path().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text + "\n[package.metadata.wasm]\nopt-levle = 3\n").unwrap();
    assert!(message(&request).contains("[package.metadata.wasm]: unknown field `opt-levle`"), "{}", message(&request));
}

/// A crate that uses others of this checkout, where it lies; what is built goes to a folder of the test's own.
fn in_place(name: &str, profile: Profile) -> (TempDir, Request) {
    let target = tempfile::tempdir().unwrap();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crates").join(name).join("Cargo.toml");
    let mut request = Request::new(manifest, Target::Unknown, profile);
    request.cargo_args = vec!["--offline".into(), "--locked".into()];
    request.target_dir = Some(target.path().to_path_buf());
    (target, request)
}

/// What node says that a script gives.
fn in_node(folder: &Path, script: &str) -> String {
    let path = folder.join("run.mjs");
    fs::write(&path, script).unwrap();
    let output = std::process::Command::new("node").arg(&path).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn each_host_is_given_the_build_that_uses_most_of_it() {
    let (target, mut request) = in_place("variants", Profile::Release);
    request.variants = Variant::up_to(Variant { threads: true, simd: true });
    let (build, events) = built(&request);
    assert!(warnings(&events).iter().all(|w| matches!(w, Warning::MissingTool { .. })), "{:?}", warnings(&events));
    let names: Vec<_> = build.outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["variants", "variants.simd", "variants.mt", "variants.mt.simd"]);
    for output in &build.outputs {
        let features = wasmparser::WasmFeatures::all() - wasmparser::WasmFeatures::SIMD;
        let features = features - wasmparser::WasmFeatures::RELAXED_SIMD;
        let bytes = fs::read(&output.wasm).unwrap();
        let is_plain = wasmparser::Validator::new_with_features(features).validate_all(&bytes).is_ok();
        assert!(is_plain || output.variant.simd, "{}", output.name);
        assert!(output.wasm.is_file());
    }
    let script = build.outputs[0].wasm.with_extension("mjs");
    assert!(build.outputs[0].files.contains(&script));

    let run = |cannot: &str, sources: &str| {
        let text = format!(
            r#"{cannot}
            const {{ default: init }} = await import({script:?});
            try {{
                const program = await init({{}}, {sources}, {{ threads: {{ workers: 1 }} }});
                console.log(program.exports.build(), program.exports.sum(1, 2));
                await program.stop?.();
            }} catch (error) {{ console.log(error.message); }}"#
        );
        in_node(target.path(), &text)
    };
    const NO_SIMD: &str = "const { validate } = WebAssembly; \
        WebAssembly.validate = (bytes) => !bytes.includes(0xfd) && validate(bytes);";
    const NO_THREADS: &str = "globalThis.SharedArrayBuffer = undefined;";
    assert_eq!(run("", "undefined"), "simd true threads true 3");
    assert_eq!(run(NO_SIMD, "undefined"), "simd false threads true 3");
    assert_eq!(run(NO_THREADS, "undefined"), "simd true threads false 3");
    assert_eq!(run(&format!("{NO_SIMD}{NO_THREADS}"), "undefined"), "simd false threads false 3");

    // Without a plain build there are hosts that can run none.
    request.variants.retain(|variant| variant.simd);
    let (build, _) = built(&request);
    assert_eq!(build.outputs.iter().map(|o| o.variant.name()).collect::<Vec<_>>(), ["simd", "threads+simd"]);
    assert_eq!(run("", "undefined"), "simd true threads true 3");
    assert_eq!(run(NO_SIMD, "undefined"), "this host can run none of the builds: simd, threads+simd (it has no simd)");
}

#[test]
fn a_script_of_an_earlier_build_does_not_stay() {
    let plain = Crate::copy("plain");
    let mut request = plain.request(Target::Unknown, Profile::Dev);
    request.variants = Variant::up_to(Variant { threads: false, simd: true });
    let (build, _) = built(&request);
    let script = build.outputs[0].wasm.with_extension("mjs");
    assert!(script.is_file());
    let simd = build.outputs[1].wasm.clone();

    request.variants = vec![Variant::PLAIN];
    let (build, _) = built(&request);
    assert!(build.outputs[0].files.is_empty() && !script.exists(), "the module has plain numbers only");
    // The other build may be served by somebody, and what outputs share is not one's own.
    assert!(simd.is_file() && script.with_file_name("loader.mjs").is_file());

    // What is written in the record is taken for a file of the folder, or for nothing.
    let outside = plain.path().join("target/wasm/outside");
    fs::write(&outside, "mine").unwrap();
    let record = build.outputs[0].wasm.with_extension("").join("files");
    fs::write(&record, format!("../../outside\n{}", outside.display())).unwrap();
    built(&request);
    assert!(outside.is_file());
}

#[test]
fn a_forgotten_linear_value_is_an_error_with_its_place() {
    for profile in [Profile::Dev, Profile::Release] {
        let (_target, request) = in_place("forgets", profile);
        let (result, events) = run(&request);
        let Err(error @ Error::Forgotten { .. }) = result else { panic!("{result:?}\n{events:#?}") };
        let text = error.to_string();
        assert!(text.starts_with("forgets forgets linear values:\n"), "{text}");
        let Error::Forgotten { values, .. } = error else { unreachable!() };
        let found: Vec<_> = values
            .iter()
            .map(|it| {
                let place = it.place.as_deref().unwrap_or_default();
                assert!(place.contains("src/lib.rs:"), "{it}");
                (
                    it.value.as_str(),
                    it.function.rsplit("::").next().unwrap_or_default(),
                    place.rsplit(':').next().unwrap_or_default(),
                )
            })
            .collect();
        let ticket = "forgets::desk::Ticket";
        assert_eq!(found, [(ticket, "leaves_early", "32"), (ticket, "throws_away", "36")], "{profile}");
    }
}

#[test]
fn the_first_stage_is_told_apart() {
    let plain = Crate::copy("plain");
    let mut request = plain.request(Target::Unknown, Profile::Dev);
    let (build, _) = built(&request);
    assert!(build.compile.is_none(), "nobody asked");
    // What stands before rustc is a program of its own: here one that is not asked to be a clock.
    request.clock = Some("/nowhere/clock".into());
    let Err(Error::Cargo { stderr }) = run(&request).0 else { panic!("it ran without its clock") };
    assert!(stderr.contains("/nowhere/clock"), "{stderr}");
}

#[test]
fn an_unchanged_module_is_not_optimised_twice() {
    if !has_wasm_opt() {
        eprintln!("not run: wasm-opt is missing (cargo wasm setup binaryen)");
        return;
    }
    let plain = Crate::copy("plain");
    let request = plain.request(Target::Unknown, Profile::Release);
    let [(first, before), (second, after)] = [(); 2].map(|()| {
        let (build, _) = built(&request);
        let optimise = build.timings.iter().find(|timing| timing.stage == Stage::Optimise).unwrap();
        (optimise.duration, fs::read(&build.outputs[0].wasm).unwrap())
    });
    assert!(before == after);
    assert!(second * 3 < first, "{second:?} after {first:?}");
}
