//! An app on a bench: no window, no display; what it draws is looked at through its accessibility tree.

#![allow(dead_code, unreachable_pub)]

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use memviz::Program;
use memviz::snapshot::{ModuleIdentity, Snapshot};
use profiler_ui::app::{App, Host, Inbox, Incoming};
use profiler_ui::live::MemorySource;
use profiler_ui::page::PageCommand;
use profiler_ui::state::State;
use wasm_binary::Map;

pub const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/rust-markdown/rust-markdown.wasm");
pub const SAMPLE_NEXT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/rust-markdown/rust-markdown-next.wasm");

/// The memory of a module after each of these calls, such as `fill` or `leak 200`, in node.
pub fn snapshots(module: &str, calls: &[&str]) -> Vec<Snapshot> {
    let bytes = std::fs::read(module).unwrap();
    let program = Program::new(&Map::parse(&bytes).unwrap(), None);
    let mut node = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../memviz/tests/fixtures/run.mjs"))
        .arg(module)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs (tools/setup node)");
    let mut input = node.stdin.take().unwrap();
    let mut output = BufReader::new(node.stdout.take().unwrap());
    let mut ask = |output: &mut BufReader<ChildStdout>, line: &str| {
        writeln!(input, "{line}").unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        answer.trim().strip_prefix("ok ").unwrap_or_else(|| panic!("{line}: {answer}")).parse::<usize>().unwrap()
    };
    let mut taken = Vec::new();
    for call in calls {
        ask(&mut output, &format!("call {call}"));
        let mut memory = vec![0; ask(&mut output, "memory")];
        output.read_exact(&mut memory).unwrap();
        let identity = ModuleIdentity { build_id: program.build_id.clone(), name: None };
        taken.push(Snapshot::take(identity, [(program.memory(0), &memory as &dyn memviz::MemoryRead)], &[]));
    }
    drop(input);
    node.wait().unwrap();
    taken
}

/// The memory of a module after the last of these calls.
pub fn snapshot_after(module: &str, calls: &[&str]) -> Snapshot {
    snapshots(module, calls).pop().unwrap()
}

/// The texts of a drawing, which must be XML without a flaw.
pub fn texts_of_svg(svg: &[u8]) -> Vec<String> {
    use quick_xml::events::Event;
    let svg = std::str::from_utf8(svg).unwrap();
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(svg.chars().all(is_allowed), "{svg}");
    let mut reader = quick_xml::Reader::from_str(svg);
    let (mut texts, mut depth) = (Vec::<String>::new(), 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                start.attributes().for_each(|attribute| {
                    drop(attribute.unwrap().normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap())
                });
                depth += 1;
                texts.push(String::new());
            }
            Event::Empty(empty) => {
                empty.attributes().for_each(|attribute| {
                    drop(attribute.unwrap().normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap())
                });
            }
            Event::End(_) => depth -= 1,
            Event::Text(text) => texts.last_mut().unwrap().push_str(&text.xml10_content().unwrap()),
            Event::GeneralRef(entity) => {
                let name = entity.decode().unwrap();
                let meant = quick_xml::escape::resolve_predefined_entity(&name).expect("a known entity");
                texts.last_mut().unwrap().push_str(meant);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{svg}");
    texts.iter().map(|text| text.trim().to_string()).filter(|text| !text.is_empty()).collect()
}

pub struct Bench {
    pub harness: Harness<'static, Option<App>>,
    saved: Saved,
}

/// Files that were saved, by name.
type Saved = Rc<RefCell<Vec<(String, Vec<u8>)>>>;

#[derive(Default)]
struct NoHost {
    saved: Saved,
}

impl Host for NoHost {
    fn pick(&mut self, _: Inbox, _: bool) {}
    fn read(&mut self, path: &std::path::Path, inbox: Inbox) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(path).map_err(|error| error.to_string().into());
        inbox.put(Incoming { name, path: Some(path.into()), bytes, compare: false });
    }
    fn save(&mut self, name: &str, bytes: Vec<u8>) -> Result<Option<PathBuf>, String> {
        self.saved.borrow_mut().push((name.into(), bytes));
        Ok(None)
    }
    fn link(&self, state: &str) -> String {
        state.to_string()
    }
    fn can_quit(&self) -> bool {
        false
    }
}

impl Bench {
    pub fn empty() -> Bench {
        Bench::with_state(State::default(), &[])
    }

    pub fn open(file: &str) -> Bench {
        Bench::with_state(State::default(), &[file])
    }

    pub fn with_state(state: State, files: &[&str]) -> Bench {
        Bench::scaled(state, files, [1100.0, 700.0], 1.0)
    }

    /// On a screen with so many pixels to a point.
    pub fn scaled(state: State, files: &[&str], size: [f32; 2], pixels_per_point: f32) -> Bench {
        let mut state = Some(state);
        let saved = Saved::default();
        let host = saved.clone();
        let builder = Harness::builder().with_size(size).with_pixels_per_point(pixels_per_point).with_max_steps(40);
        let harness = builder.build_ui_state(
            move |ui, app: &mut Option<App>| {
                let ctx = ui.ctx().clone();
                let state = &mut state;
                app.get_or_insert_with(|| {
                    App::new(&ctx, state.take().unwrap_or_default(), Box::new(NoHost { saved: host.clone() }))
                })
                .ui(ui);
            },
            None,
        );
        let mut bench = Bench { harness, saved };
        for file in files {
            let name = file.rsplit('/').next().unwrap_or(file);
            bench.put(name, std::fs::read(file).unwrap(), false);
        }
        bench.settle();
        bench
    }

    fn app(&mut self) -> &mut App {
        self.harness.state_mut().as_mut().unwrap()
    }

    pub fn put(&mut self, name: &str, bytes: Vec<u8>, compare: bool) {
        self.harness.step();
        self.app().inbox().put(Incoming { name: name.into(), path: None, bytes: Ok(bytes), compare });
        self.settle();
    }

    /// Opens a file of this machine.
    pub fn read(&mut self, path: &std::path::Path) {
        let inbox = self.app().inbox();
        NoHost::default().read(path, inbox);
        self.settle();
    }

    /// Attaches to an engine that listens.
    pub fn attach(&mut self, address: std::net::SocketAddr) {
        let socket = profiler_ui::attach::Stream::connect(address, &self.harness.ctx).unwrap();
        self.app().attach(Box::new(profiler_ui::live::Remote::new(socket)));
        self.settle();
    }

    /// Goes where a link leads.
    pub fn go_to(&mut self, state: &serde_json::Value) {
        let ctx = self.harness.ctx.clone();
        self.app().go_to_state(&ctx, State::parse(&state.to_string()).unwrap());
        self.settle();
    }

    /// Runs a command, as if its menu had been used.
    pub fn run(&mut self, command: profiler_ui::command::Command) {
        let ctx = self.harness.ctx.clone();
        self.app().run(&ctx, command);
        self.settle();
    }

    /// What was saved since this was asked last.
    pub fn saved(&mut self) -> Vec<(String, Vec<u8>)> {
        self.saved.take()
    }

    pub fn set_recent(&mut self, files: &[&str]) {
        self.app().set_recent(files.iter().map(Into::into).collect());
        self.settle();
    }

    pub fn recent(&mut self) -> Vec<std::path::PathBuf> {
        self.app().recent().to_vec()
    }

    /// As a panel of the browser's developer tools: what the user asks of the page is put into the list.
    pub fn start_panel(&mut self) -> Rc<RefCell<Vec<PageCommand>>> {
        let asked = Rc::new(RefCell::new(Vec::new()));
        let list = asked.clone();
        self.harness.step();
        self.app().start_panel(move |command| list.borrow_mut().push(command.clone()));
        self.settle();
        asked
    }

    pub fn set_page(&mut self, page: &serde_json::Value) {
        self.app().set_page(&page.to_string());
        self.settle();
    }

    /// Attaches to whatever it is.
    pub fn attach_to(&mut self, source: Box<dyn MemorySource>) {
        self.app().attach(source);
        self.settle();
    }

    /// Attaches to a debugger that listens.
    pub fn debug_at(&mut self, address: std::net::SocketAddr) {
        self.harness.step();
        let ctx = self.harness.ctx.clone();
        self.app().debug_at(&ctx, address);
        self.settle();
    }

    /// Frames until nothing is read or computed any more.
    pub fn settle(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut quiet = 0;
        while quiet < 4 {
            if Instant::now() > deadline {
                panic!("the app is still busy: {}", self.state());
            }
            self.harness.run_steps(2);
            quiet = if self.app().is_busy() { 0 } else { quiet + 1 };
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// Holds a key for some frames.
    pub fn hold(&mut self, key: Key, frames: usize) {
        self.harness.key_down(key);
        self.harness.run_steps(frames);
        self.harness.key_up(key);
        self.settle();
    }

    /// Presses where something is drawn that is no widget.
    pub fn click_at(&mut self, pos: egui::Pos2) {
        self.harness.event(egui::Event::PointerMoved(pos));
        self.harness.run_steps(1);
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
            self.harness.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
            self.harness.run_steps(1);
        }
        self.settle();
    }

    /// Runs a command of the palette.
    pub fn command(&mut self, letters: &str) {
        self.key(Modifiers::COMMAND, Key::P);
        self.type_text(letters);
        self.key(Modifiers::NONE, Key::Enter);
    }

    pub fn type_text(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.into()));
        self.settle();
    }

    pub fn state(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.app().state_json()).unwrap()
    }
}
