//! The desktop app: its command line, its window, its files.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Parser;

use crate::app::{App, Host, Inbox, Incoming};
use crate::attach::Stream;
use crate::kept::Kept;
use crate::live::Remote;
use crate::model::check_size;
use crate::notices::Severity;
use crate::state::State;
use crate::strings::{Language, Text, Wording};

/// Shows what is in WebAssembly programs: sizes, memory, time, advice.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:
  profiler-ui app.wasm                     sizes of a module
  profiler-ui app.wasm --compare old.wasm  what changed since another build
  profiler-ui app.wasm --debug             the module under the debugger
  profiler-ui app.wasm --screenshot a.png  a picture, without a click"
)]
pub struct Arguments {
    /// Modules, components, profiles, snapshots and core dumps, in any order
    files: Vec<PathBuf>,

    /// The build to compare the module with
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,

    /// Show the memory of a program that runs under `wasm-gdb`, which listens there on this machine
    #[arg(long, value_name = "ADDRESS:PORT")]
    attach: Option<std::net::SocketAddr>,

    /// Debug the module that is given, or the one of a `wasm-gdb` that listens there on this machine
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, require_equals = true)]
    debug: Option<Option<std::net::SocketAddr>>,

    /// Where to begin: a link's state, or JSON, as `--print-state` shows it
    #[arg(long, value_name = "STATE")]
    state: Option<String>,

    /// Look for source files of the folder FROM, as the compiler wrote it, in TO
    #[arg(long, value_name = "FROM=TO", value_parser = source_map)]
    source_map: Vec<(String, String)>,

    /// Print the state as JSON when the window is closed
    #[arg(long)]
    print_state: bool,

    /// Save a picture of the window when everything is drawn, and end
    #[arg(long, value_name = "PNG")]
    screenshot: Option<PathBuf>,

    /// The window's size in points
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1280x800", value_parser = window_size)]
    size: (f32, f32),
}

fn source_map(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(from, to)| !from.is_empty() && !to.is_empty());
    parts.map(|(from, to)| (from.into(), to.into())).ok_or_else(|| "a mapping is written FROM=TO".into())
}

fn window_size(text: &str) -> Result<(f32, f32), String> {
    let parsed = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match parsed {
        Some((width, height)) if (200.0..=10_000.0).contains(&width) && (150.0..=10_000.0).contains(&height) => {
            Ok((width, height))
        }
        _ => Err("a size is written 1280x800".into()),
    }
}

/// Runs the app until its window is closed.
///
/// # Errors
/// If an argument is wrong, there is no window to be had, or the picture cannot be saved.
pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    // A picture shows what was asked for, whoever takes it.
    let mut keeping = if arguments.screenshot.is_none() { Keeping::open() } else { Keeping::default() };
    let mut state = match &arguments.state {
        // It says itself what it rests upon.
        Some(text) => {
            State::parse(text).map_err(|error| anyhow::anyhow!("--state: {}", error.in_language(Language::English)))?
        }
        None => keeping.kept.state(),
    };
    state.code.source_map.extend(arguments.source_map);
    for file in arguments.files.iter().chain(&arguments.compare) {
        if file.is_dir() {
            bail!("{} is a folder: name the files in it", file.display());
        }
        if !file.exists() {
            bail!("{}: there is no such file", file.display());
        }
    }
    let (width, height) = arguments.size;
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_app_id("wasmrust-profiler-ui")
            .with_inner_size([width, height])
            .with_title("WasmRust"),
        ..Default::default()
    };
    let outcome = std::sync::Arc::new(std::sync::Mutex::new(None));
    let given = outcome.clone();
    eframe::run_native(
        "WasmRust",
        options,
        Box::new(move |creation| {
            let mut app = App::new(&creation.egui_ctx, state, Box::new(Desktop));
            if arguments.screenshot.is_none()
                && let Some(renderer) = software(creation)
            {
                app.notify(Severity::Info, Text::NoGraphics.with("renderer", renderer));
            }
            app.set_recent(keeping.kept.recent.clone());
            if let Some(problem) = keeping.problem.take() {
                app.notify(Severity::Warning, problem);
            }
            if let Some(address) = arguments.attach {
                match Stream::connect(address, &creation.egui_ctx) {
                    Ok(stream) => app.attach(Box::new(Remote::new(stream))),
                    Err(reason) => app.notify(Severity::Error, reason),
                }
            }
            let inbox = app.inbox();
            // One behind the other: what another build is compared with comes first.
            std::thread::spawn(move || {
                let files = arguments.files.into_iter().map(|file| (file, false));
                for (file, compare) in files.chain(arguments.compare.map(|file| (file, true))) {
                    inbox.put(incoming(file, compare));
                }
            });
            match arguments.debug {
                Some(Some(address)) => app.debug_at(&creation.egui_ctx, address),
                Some(None) => app.debug_when_open(),
                None => {}
            }
            let shooting = arguments.screenshot.map(|file| Shooting::new(file, &creation.egui_ctx));
            Ok(Box::new(Window { app, keeping, shooting, print_state: arguments.print_state, outcome: given }))
        }),
    )
    .map_err(|error| anyhow::anyhow!("{error}"))
    .context("no window can be opened (is there a display? `xvfb-run -a profiler-ui …` gives one)")?;
    let outcome = outcome.lock().ok().and_then(|mut outcome| outcome.take());
    outcome.unwrap_or(Ok(()))
}

/// What draws the window, if no graphics processor does.
#[expect(unsafe_code, reason = "glow has no other way to ask")]
fn software(creation: &eframe::CreationContext<'_>) -> Option<String> {
    use eframe::glow::{self, HasContext as _};
    let gl = creation.gl.as_ref()?;
    // SAFETY: the context is current while the app is created; the call only reads a string.
    let renderer = unsafe { gl.get_parameter_string(glow::RENDERER) };
    let is_software = ["llvmpipe", "softpipe", "SwiftShader", "Software"].iter().any(|name| renderer.contains(name));
    is_software.then_some(renderer)
}

/// Reads a file off the UI's thread.
fn read(file: PathBuf, compare: bool, inbox: Inbox) {
    std::thread::spawn(move || inbox.put(incoming(file, compare)));
}

fn incoming(file: PathBuf, compare: bool) -> Incoming {
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let bytes = read_limited(&file);
    Incoming { name, path: std::path::absolute(&file).ok(), bytes, compare }
}

/// A file's bytes; one that is too large to be opened is not read first.
fn read_limited(file: &Path) -> Result<Vec<u8>, Wording> {
    let failed = |error: std::io::Error| Wording::from(error.to_string());
    let metadata = std::fs::metadata(file).map_err(failed)?;
    check_size(metadata.len())?;
    std::fs::read(file).map_err(failed)
}

type Outcome = std::sync::Arc<std::sync::Mutex<Option<anyhow::Result<()>>>>;

/// The window.
struct Window {
    app: App,
    keeping: Keeping,
    shooting: Option<Shooting>,
    print_state: bool,
    outcome: Outcome,
}

/// What is kept until the next start, and where.
#[derive(Default)]
struct Keeping {
    file: Option<PathBuf>,
    kept: Kept,
    problem: Option<Wording>,
}

impl Keeping {
    fn open() -> Keeping {
        let file = Kept::file();
        let read = file.as_deref().map_or_else(|| Ok(Kept::default()), Kept::read);
        let problem = read.as_ref().err().zip(file.as_ref()).map(|(error, file)| {
            Text::KeptUnreadable.with("file", file.display().to_string()).with("reason", error.to_string())
        });
        Keeping { file, kept: read.unwrap_or_default(), problem }
    }

    /// Keeps how the app is now, if that is something else.
    fn keep(&mut self, app: &App) {
        let now = Kept::of(app.state(), app.recent());
        let Some(file) = self.file.as_ref().filter(|_| now != self.kept) else { return };
        if let Err(error) = now.write(file) {
            eprintln!("profiler-ui: {}: {error}", file.display());
        }
        self.kept = now;
    }
}

/// A picture that is to be taken.
struct Shooting {
    file: PathBuf,
    quiet_frames: u32,
    picture: (
        std::sync::mpsc::Sender<std::sync::Arc<egui::ColorImage>>,
        std::sync::mpsc::Receiver<std::sync::Arc<egui::ColorImage>>,
    ),
    /// Held as long as the picture is awaited.
    _awake: std::sync::Arc<()>,
}

/// Frames without work after which everything is drawn: layouts settle, motions end.
const QUIET_FRAMES: u32 = 30;
/// Frames after which a picture that has not come is asked for again.
const PATIENCE_FRAMES: u32 = 60;

impl Shooting {
    fn new(file: PathBuf, ctx: &egui::Context) -> Shooting {
        let awake = std::sync::Arc::new(());
        // A window that nobody looks at may lose a request to draw.
        let (ctx, awaited) = (ctx.clone(), std::sync::Arc::downgrade(&awake));
        std::thread::spawn(move || {
            while awaited.strong_count() > 0 {
                ctx.request_repaint();
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
        });
        Shooting { file, quiet_frames: 0, picture: std::sync::mpsc::channel(), _awake: awake }
    }

    /// One frame on; the outcome, once the picture is saved.
    fn step(&mut self, is_busy: bool, ctx: &egui::Context) -> Option<anyhow::Result<()>> {
        ctx.request_repaint();
        self.quiet_frames = if is_busy { 0 } else { self.quiet_frames + 1 };
        if self.quiet_frames.checked_sub(QUIET_FRAMES).is_some_and(|since| since % PATIENCE_FRAMES == 0) {
            let sender = self.picture.0.clone();
            ctx.send_viewport_cmd(egui::ViewportCommand::Screenshot(egui::ScreenshotCallback::new(move |picture| {
                let _ = sender.send(picture);
            })));
        }
        let picture = self.picture.1.try_recv().ok()?;
        Some(save_picture(&self.file, &picture))
    }
}

fn save_picture(file: &Path, picture: &egui::ColorImage) -> anyhow::Result<()> {
    let bytes = crate::app::png(picture).with_context(|| file.display().to_string())?;
    std::fs::write(file, bytes).with_context(|| file.display().to_string())
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.app.ui(ui);
        if self.app.recent() != self.keeping.kept.recent {
            self.keeping.keep(&self.app);
        }
        let is_busy = self.app.is_busy();
        if let Some(shooting) = &mut self.shooting
            && let Some(result) = shooting.step(is_busy, ui.ctx())
        {
            if let Ok(mut outcome) = self.outcome.lock() {
                *outcome = Some(result);
            }
            self.shooting = None;
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }

    fn raw_input_hook(&mut self, _: &egui::Context, input: &mut egui::RawInput) {
        // A picture is not of where a pointer happens to be.
        if self.shooting.is_some() {
            input.events.retain(|event| !matches!(event, egui::Event::PointerMoved(_)));
        }
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        self.keeping.keep(&self.app);
        if self.print_state {
            println!("{}", self.app.state().to_json());
        }
    }
}

/// Nobody cancels a dialog sooner than that: there was none.
const SOONEST_CANCEL: Duration = Duration::from_millis(250);

/// `name`, or `2-name` and so on if there is such a file already.
fn free_name(folder: &Path, name: &str) -> PathBuf {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let named = |count: u32| folder.join(if count == 1 { name.to_string() } else { format!("{count}-{name}") });
    (1..).map(named).find(|file| !file.exists()).unwrap_or_else(|| folder.join(name))
}

/// What only a desktop has.
struct Desktop;

impl Host for Desktop {
    fn pick(&mut self, inbox: Inbox, compare: bool) {
        std::thread::spawn(move || {
            let asked = Instant::now();
            let picked = pollster::block_on(rfd::AsyncFileDialog::new().pick_files());
            if picked.is_none() && asked.elapsed() < SOONEST_CANCEL {
                inbox.notify(Severity::Warning, Text::NoChooser);
            }
            for file in picked.unwrap_or_default() {
                read(file.path().to_path_buf(), compare, inbox.clone());
            }
        });
    }

    fn read(&mut self, path: &Path, inbox: Inbox) {
        read(path.to_path_buf(), false, inbox);
    }

    fn save(&mut self, file_name: &str, bytes: Vec<u8>) -> Result<Option<PathBuf>, String> {
        let asked = Instant::now();
        let chosen = rfd::FileDialog::new().set_file_name(file_name).save_file();
        let file = match chosen {
            Some(file) => file,
            // Without a file chooser it goes where the app was started, under a name that nothing has.
            None if asked.elapsed() < SOONEST_CANCEL => free_name(Path::new("."), file_name),
            None => return Ok(None),
        };
        std::fs::write(&file, bytes).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Some(file))
    }

    fn link(&self, state: &str) -> String {
        format!("--state {state}")
    }

    fn can_quit(&self) -> bool {
        true
    }
}
