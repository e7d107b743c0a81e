//! What the app costs without a window: `cargo bench -p profiler-ui`. Each line is a figure, its limit, and whether it
//! holds; the whole app runs, only that nobody turns its triangles into pixels.
//!
//! Each measure of opening runs in a process of its own, for the memory that it takes is the process's.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::{
    Event, FullOutput, Key, Modifiers, MouseWheelSource, MouseWheelUnit, RawInput, Rect, TouchPhase, pos2, vec2,
};
use profiler_ui::app::{App, Host, Inbox, Incoming};
use profiler_ui::state::State;
use wasm_encoder::{
    CodeSection, Function, FunctionSection, IndirectNameMap, Module, NameMap, NameSection, TypeSection, ValType,
};

/// Modules of the corpus that are the largest there.
const LARGEST: [&str; 4] = ["duckdb_eh", "z3_threads_names", "biome_rust_names", "ruby_dwarf"];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [what, file] = &words[..] {
        return match what.as_str() {
            "open" => open(Path::new(file)),
            _ => panic!("{what}"),
        };
    }
    if let [what, new, old] = &words[..]
        && what == "compare"
    {
        return compare(&std::fs::read(new).unwrap(), &std::fs::read(old).unwrap());
    }
    let folder = std::env::temp_dir().join(format!("profiler-ui-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let made = folder.join("made.wasm");
    std::fs::write(&made, module(600_000, 200)).unwrap();
    let corpus = std::env::var_os("WASM_CORPUS")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/wasm-corpus"));
    let files = LARGEST.iter().map(|name| corpus.join(format!("{name}.wasm"))).chain([made]);
    for file in files {
        if !file.exists() {
            println!("not run: {} is not here (corpus/fetch)", file.display());
            continue;
        }
        let done = std::process::Command::new(std::env::current_exe().unwrap()).arg("open").arg(&file).status();
        assert!(done.unwrap().success(), "{}", file.display());
    }
    std::fs::remove_dir_all(&folder).unwrap();
    rectangles();
    compare(&module(300_000, 120), &module(310_000, 132));
    samples();
}

fn verdict(what: &str, value: f64, limit: f64, unit: &str) {
    let holds = if value <= limit { "holds" } else { "TOO MUCH" };
    println!("{what:<58} {value:>9.2} {unit:<9} (≤ {limit} {unit}) {holds}");
}

/// From the bytes to the first picture of the sizes, and the memory that the process takes for it.
fn open(file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    let size = bytes.len() as f64;
    let mut bench = Bench::new();
    let before = memory("VmRSS:") - size;
    let start = Instant::now();
    bench.open("bench.wasm", bytes);
    bench.settle();
    let took = start.elapsed();
    let name = format!("{} {:.0} MB", file.file_stem().unwrap_or_default().to_string_lossy(), size / 1e6);
    verdict(&format!("{name}: to the first picture"), took.as_secs_f64(), 1.5, "s");
    verdict(&format!("{name}: memory, of the file's size"), (memory("VmRSS:") - before) / size, 3.0, "×");
    verdict(&format!("{name}: memory at the peak"), (memory("VmHWM:") - before) / size, 4.0, "×");
}

/// Two large builds side by side: how long the window stands still at the most, for all else is work of another thread.
fn compare(new: &[u8], old: &[u8]) {
    let mut bench = Bench::new();
    bench.open("new.wasm", new.to_vec());
    bench.settle();
    let start = Instant::now();
    let inbox = bench.app.inbox();
    inbox.put(Incoming { name: "old.wasm".into(), path: None, bytes: Ok(old.to_vec()), compare: true });
    let longest = bench.settle();
    let took = start.elapsed().as_secs_f64();
    verdict("two builds: to the first picture of the difference", took, 4.0, "s");
    verdict("two builds: the longest frame till then", longest.as_secs_f64() * 1e3, 100.0, "ms");
    bench.frame(vec![key(Key::F, Modifiers::COMMAND)]);
    bench.settle();
    for (event, name) in [
        (Event::Text("fn".into()), "a search"),
        (key(Key::Escape, Modifiers::NONE), "no search"),
        (key(Key::Num1, Modifiers::NONE), "coloured by crate"),
        (key(Key::Num4, Modifiers::NONE), "coloured by difference"),
    ] {
        let (first, _) = bench.frame(vec![event]);
        let longest = first.max(bench.settle());
        verdict(&format!("two builds: {name}, the longest frame"), longest.as_secs_f64() * 1e3, 100.0, "ms");
    }
}

fn key(key: Key, modifiers: Modifiers) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

/// A module of that many functions in one view: frames in which nothing moves, and frames in which all does.
fn rectangles() {
    let mut bench = Bench::new();
    bench.open("bench.wasm", module(100_000, 60));
    bench.settle();
    let (mut still, mut moving) = (Vec::new(), Vec::new());
    let (mut most, mut least) = (0, usize::MAX);
    for frame in 0..60 {
        still.push(bench.frame(Vec::new()).0);
        let at = pos2(400.0, 500.0);
        let delta = vec2(0.0, if frame % 2 == 0 { 2.0 } else { -2.0 });
        let source = MouseWheelSource::Wheel;
        let (unit, phase, modifiers) = (MouseWheelUnit::Point, TouchPhase::Move, Modifiers::NONE);
        let (took, output) =
            bench.frame(vec![Event::PointerMoved(at), Event::MouseWheel { unit, delta, phase, modifiers, source }]);
        moving.push(took);
        let vertices = vertices(&output);
        most = most.max(vertices / 4);
        least = least.min(vertices / 4);
    }
    println!("{least} to {most} rectangles");
    verdict("frame in which nothing moves, the median", median(still), 8.0, "ms");
    verdict("frame in which the camera moves, the median", median(moving), 8.0, "ms");
}

/// A profile of five million samples: from the bytes to the first picture of the time.
fn samples() {
    let profile = folded(5_000_000);
    let mut bench = Bench::new();
    let start = Instant::now();
    bench.open("bench.folded", profile);
    bench.settle();
    verdict("5,000,000 samples: to the first picture", start.elapsed().as_secs_f64(), 2.0, "s");
}

struct NoHost;

impl Host for NoHost {
    fn pick(&mut self, _: Inbox, _: bool) {}
    fn read(&mut self, _: &Path, _: Inbox) {}
    fn save(&mut self, _: &str, _: Vec<u8>) -> Result<Option<PathBuf>, String> {
        Ok(None)
    }
    fn link(&self, state: &str) -> String {
        state.to_string()
    }
    fn can_quit(&self) -> bool {
        false
    }
}

/// The app without a window.
struct Bench {
    ctx: egui::Context,
    app: App,
    now_secs: f64,
}

impl Bench {
    fn new() -> Bench {
        let ctx = egui::Context::default();
        let app = App::new(&ctx, State::default(), Box::new(NoHost));
        let mut bench = Bench { ctx, app, now_secs: 0.0 };
        bench.frame(Vec::new());
        bench
    }

    fn open(&mut self, name: &str, bytes: Vec<u8>) {
        self.app.inbox().put(Incoming { name: name.into(), path: None, bytes: Ok(bytes), compare: false });
    }

    /// One frame and the time that it took.
    fn frame(&mut self, events: Vec<Event>) -> (Duration, FullOutput) {
        self.now_secs += 1.0 / 60.0;
        let screen_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1600.0, 1000.0)));
        let input = RawInput { screen_rect, time: Some(self.now_secs), events, ..RawInput::default() };
        let app = &mut self.app;
        let start = Instant::now();
        let mut output = self.ctx.run_ui(input, |ui| app.ui(ui));
        let took = start.elapsed();
        // Nobody has a use for them.
        output.textures_delta.clear();
        (took, output)
    }

    /// Frames until nothing is read or computed any more: then the picture is there. The time of the longest.
    fn settle(&mut self) -> Duration {
        let (mut quiet, mut longest) = (0, Duration::ZERO);
        while quiet < 2 {
            longest = longest.max(self.frame(Vec::new()).0);
            quiet = if self.app.is_busy() { 0 } else { quiet + 1 };
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(self.app.notices().iter().count(), 0);
        longest
    }
}

fn vertices(output: &FullOutput) -> usize {
    let count = |shape: &egui::Shape| if let egui::Shape::Mesh(mesh) = shape { mesh.vertices.len() } else { 0 };
    output.shapes.iter().map(|shape| count(&shape.shape)).sum()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// Bytes of this process's memory: a line of what the system says of it.
fn memory(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|text| text.strip_prefix(line)?.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0
}

/// A number that looks random.
fn mix(number: u32) -> u32 {
    let mixed = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 29) as u32
}

/// A module of so many functions of about so many bytes of code, which call each other, with names in two hundred
/// crates.
fn module(functions: u32, bytes: u32) -> Vec<u8> {
    let (mut types, mut declared, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    let mut names = NameMap::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    for index in 0..functions {
        declared.function(0);
        let mut function = Function::new([]);
        let mut instructions = function.instructions();
        instructions.local_get(0);
        for step in 0..bytes / 12 {
            instructions.i32_const(mix(index ^ step << 20) as i32).i32_add();
            if step % 4 == 3 {
                instructions.call(mix(index.wrapping_add(step)) % functions);
            }
        }
        instructions.end();
        code.function(&function);
        let (part, module) = (mix(index) % 200, mix(index + 1) % 40);
        names.append(index, &format!("crate_{part}::module_{module}::function_{index}"));
    }
    let mut section = NameSection::new();
    section.functions(&names);
    section.locals(&IndirectNameMap::new());
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&code).section(&section);
    module.finish()
}

/// Folded stacks, a sample a line, some ten functions deep.
fn folded(samples: u32) -> Vec<u8> {
    let paths: Vec<String> = (0..50_000)
        .map(|path| {
            let names = (0..3 + mix(path) % 12).map(|depth| format!("function_{}", mix(path / (1 + depth)) % 4000));
            names.collect::<Vec<_>>().join(";")
        })
        .collect();
    let mut text = String::new();
    for sample in 0..samples {
        writeln!(text, "{} 1", paths[mix(sample / 3) as usize % paths.len()]).unwrap();
    }
    text.into_bytes()
}
