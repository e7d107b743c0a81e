//! The app in a page: its canvas, its address, its files. Nothing leaves the page.

mod glyphs;

use std::cell::{Cell, RefCell};
use std::path::PathBuf;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use crate::app::{App, Host, Inbox, Incoming};
use crate::live::{Link, Remote};
use crate::model::check_size;
use crate::notices::Severity;
use crate::state::State;
use crate::strings::{Language, Text, Wording};

thread_local! {
    static RUNNER: RefCell<Option<eframe::WebRunner>> = const { RefCell::new(None) };
    /// What the app speaks, for what is said outside of it.
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::English) };
}

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    fn fail(reason: &str, label_of_reload: &str);

    #[wasm_bindgen(js_name = keptLanguage)]
    fn kept_language() -> Option<String>;

    fn speak(tag: &str);

    #[wasm_bindgen(js_name = pickFiles, catch)]
    async fn pick_files() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = fetchFile, catch)]
    async fn fetch_file(path: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = saveFile)]
    fn save_file(name: &str, bytes: &[u8]);
}

/// Runs the app on the canvas `app`, from when the module is loaded on. What the address carries behind `#` is where it
/// begins.
pub fn run() {
    wasm_bindgen_futures::spawn_local(async {
        if let Err(error) = start().await {
            say_failure(Text::CantStart, &message(&error));
        }
    });
}

async fn start() -> Result<(), JsValue> {
    let window = web_sys::window().ok_or("there is no window")?;
    let document = window.document().ok_or("there is no document")?;
    let canvas = document.get_element_by_id("app").ok_or("the page has no element `app`")?;
    let canvas: web_sys::HtmlCanvasElement = canvas.dyn_into().map_err(|_| "the element `app` is no canvas")?;
    report_failures(&window, &canvas)?;
    LANGUAGE.set(first_language(&window));
    let parsed = state_of_address(&window);
    let runner = eframe::WebRunner::new();
    let creator: eframe::AppCreator<'static> = Box::new(move |creation| {
        let (state, problem) = match parsed {
            Ok(state) => (state, None),
            Err(problem) => (State::default(), Some(problem)),
        };
        creation.egui_ctx.add_glyph_rasterizer(glyphs::rasterizer());
        let mut app = App::new(&creation.egui_ctx, state, Box::new(Page));
        if let Some(problem) = problem {
            app.notify(Severity::Warning, problem);
        }
        let language = app.state().language;
        LANGUAGE.set(language);
        let ctx = creation.egui_ctx.clone();
        Ok(Box::new(Canvas { app, ctx, link: String::new(), generation: 0, language }))
    });
    runner.start(canvas, eframe::WebOptions::default(), creator).await?;
    RUNNER.with(|slot| *slot.borrow_mut() = Some(runner));
    follow_address(&window);
    Ok(())
}

/// Says in plain DOM, in the user's language, why the app does not go on.
fn say_failure(text: Text, reason: &str) {
    let language = LANGUAGE.get();
    fail(&text.with("reason", reason).in_language(language), Text::Reload.in_language(language));
}

/// Says in plain DOM what would otherwise only be a canvas that no longer answers.
fn report_failures(window: &web_sys::Window, canvas: &web_sys::HtmlCanvasElement) -> Result<(), JsValue> {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        say_failure(Text::AppFailed, &panic.to_string());
        previous(panic);
    }));
    let failed = Closure::<dyn Fn(web_sys::ErrorEvent)>::new(|event: web_sys::ErrorEvent| {
        // The page around the app has errors too: they count if the app no longer answers.
        let is_started = RUNNER.with(|slot| slot.borrow().is_some());
        if is_started && with_app(|_| ()).is_none() {
            say_failure(Text::AppFailed, &event.message());
        }
    });
    window.add_event_listener_with_callback("error", failed.into_js_value().unchecked_ref())?;
    let lost = Closure::<dyn Fn()>::new(|| say_failure(Text::GraphicsLost, ""));
    canvas.add_event_listener_with_callback("webglcontextlost", lost.into_js_value().unchecked_ref())
}

/// The language that was spoken last, or the browser's.
fn first_language(window: &web_sys::Window) -> Language {
    kept_language().or_else(|| window.navigator().language()).map(|tag| Language::of_tag(&tag)).unwrap_or_default()
}

/// The state behind `#`; without it the first one.
fn state_of_address(window: &web_sys::Window) -> Result<State, Wording> {
    let hash = window.location().hash().unwrap_or_default();
    // Browsers write the quotes of a state in JSON as %22.
    let hash = js_sys::decode_uri_component(&hash).map_or(hash, String::from);
    match hash.trim_start_matches('#') {
        "" => Ok(State { language: first_language(window), ..State::default() }),
        text => State::parse(text),
    }
}

/// Goes along when the user changes the address.
fn follow_address(window: &web_sys::Window) {
    let changed = Closure::<dyn Fn()>::new(|| {
        let Some(window) = web_sys::window() else { return };
        let state = state_of_address(&window);
        change_app(|canvas| match state {
            Ok(state) if state == *canvas.app.state() => {}
            Ok(state) => canvas.app.go_to_state(&canvas.ctx, state),
            Err(problem) => canvas.app.notify(Severity::Warning, problem),
        });
    });
    window.set_onhashchange(Some(changed.into_js_value().unchecked_ref()));
}

/// Asks the app something between two frames; `None` before it runs and after it failed.
fn with_app<R>(ask: impl FnOnce(&mut Canvas) -> R) -> Option<R> {
    RUNNER.with(|slot| {
        let slot = slot.borrow();
        let mut canvas = slot.as_ref()?.app_mut::<Canvas>()?;
        Some(ask(&mut canvas))
    })
}

/// Changes the app between two frames, and has it draw.
fn change_app(change: impl FnOnce(&mut Canvas)) {
    with_app(|canvas| {
        change(canvas);
        canvas.ctx.request_repaint();
    });
}

/// State, what is open and what is said, as JSON: for tests and for pages around the app.
#[wasm_bindgen]
pub fn state_json() -> Option<String> {
    with_app(|canvas| canvas.app.state_json())
}

/// Opens a file, as if it had been dropped.
#[wasm_bindgen]
pub fn open_file(name: String, bytes: Vec<u8>) {
    with_app(|canvas| canvas.app.inbox().put(Incoming { name, path: None, bytes: Ok(bytes), compare: false }));
}

/// Opens a file that lies beside the page.
#[wasm_bindgen]
pub fn open_beside(path: String) {
    with_app(|canvas| fetch(path, canvas.app.inbox()));
}

/// A file's bytes.
async fn read(file: &web_sys::File) -> Result<Vec<u8>, Wording> {
    let buffer = file.array_buffer().await.map_err(|error| Wording::from(message(&error)))?;
    Ok(js_sys::Uint8Array::new(&buffer).to_vec())
}

/// Gets a file that lies beside the page.
pub(crate) fn fetch(path: String, inbox: Inbox) {
    wasm_bindgen_futures::spawn_local(async move {
        let bytes = match fetch_file(&path).await {
            Ok(elsewhere) if elsewhere.is_undefined() => Err(Text::OnlyBeside.into()),
            Ok(fetched) => match fetched.as_string() {
                Some(status) => Err(Text::ServerSays.with("status", status)),
                None => Ok(js_sys::Uint8Array::new(&fetched).to_vec()),
            },
            Err(error) => Err(message(&error).into()),
        };
        let name = path.rsplit('/').next().unwrap_or_default().to_string();
        inbox.put(Incoming { name, path: None, bytes, compare: false });
    });
}

/// Shows the memories of a program that runs in an engine which speaks memviz's protocol. What was attached before is
/// let go.
#[wasm_bindgen]
pub fn attach(link: JsLink) {
    change_app(|canvas| canvas.app.attach(Box::new(Remote::new(Engine(link)))));
}

/// Shows the layout of a panel of the browser's developer tools; what the user asks of the page goes to `on_command`, as
/// `devtools-extension/src/contract.ts` describes it.
#[wasm_bindgen]
pub fn start_panel(on_command: js_sys::Function) {
    change_app(|canvas| {
        canvas.app.start_panel(move |command| {
            let command = JsValue::from(command.to_json());
            let on_command = on_command.clone();
            // The bridge may ask the app something: not in the middle of a frame.
            wasm_bindgen_futures::spawn_local(async move {
                // What fails in the bridge, the bridge tells.
                let _ = on_command.call1(&JsValue::NULL, &command);
            });
        });
    });
}

/// What was found in the page that is inspected.
#[wasm_bindgen]
pub fn set_page(page: &str) {
    change_app(|canvas| canvas.app.set_page(page));
}

/// `dark` or `light`.
#[wasm_bindgen]
pub fn set_theme(theme: &str) {
    change_app(|canvas| canvas.app.set_dark(&canvas.ctx, theme == "dark"));
}

/// The build id of a module or component, by which profiles and snapshots find it; nothing if it is none.
#[wasm_bindgen]
pub fn build_id(module: &[u8]) -> Option<String> {
    let map = wasm_binary::Map::parse(module).ok()?;
    let id = wasm_binary::identity::build_id(&map);
    Some(id.bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Lets go of what was attached.
#[wasm_bindgen]
pub fn detach() {
    change_app(|canvas| canvas.app.detach());
}

/// Draws soon: the link has something to receive.
#[wasm_bindgen]
pub fn wake() {
    change_app(|_| ());
}

#[wasm_bindgen]
extern "C" {
    /// A link to an engine in JavaScript.
    pub type JsLink;

    /// Takes bytes for the engine.
    #[wasm_bindgen(method, structural, catch)]
    fn send(this: &JsLink, bytes: js_sys::Uint8Array) -> Result<(), JsValue>;

    /// What came since: bytes; a text when nothing will come any more, and why; undefined for nothing.
    #[wasm_bindgen(method, structural, catch)]
    fn receive(this: &JsLink) -> Result<JsValue, JsValue>;

    /// The app has let go of it.
    #[wasm_bindgen(method, structural, catch)]
    fn close(this: &JsLink) -> Result<(), JsValue>;
}

/// A link to an engine in JavaScript, until it is dropped.
struct Engine(JsLink);

impl Link for Engine {
    fn send(&mut self, bytes: Vec<u8>) {
        // If the engine is gone, receiving says so.
        let _ = self.0.send(js_sys::Uint8Array::from(bytes.as_slice()));
    }

    fn receive(&mut self) -> Option<Result<Vec<u8>, Wording>> {
        match self.0.receive() {
            Ok(bytes) if bytes.is_instance_of::<js_sys::Uint8Array>() => {
                Some(Ok(js_sys::Uint8Array::new(&bytes).to_vec()))
            }
            Ok(nothing) if nothing.is_undefined() => None,
            Ok(reason) | Err(reason) => Some(Err(message(&reason).into())),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It is of no use any more: what it says to that helps nobody.
        let _ = self.0.close();
    }
}

/// What an error says.
fn message(error: &JsValue) -> String {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    message.or_else(|| error.as_string()).unwrap_or_else(|| format!("{error:?}"))
}

/// Waits until the browser is about to draw.
pub(crate) async fn next_frame() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let asked = web_sys::window().map(|window| window.request_animation_frame(&resolve));
        if !matches!(asked, Some(Ok(_))) {
            // Without a window nothing is drawn: go on at once.
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}

/// Puts a state into the address. A file that the address names and that was opened no longer goes from there: a link
/// would open that one instead.
fn set_address(app: &App, link: &str) {
    let Some(window) = web_sys::window() else { return };
    let (Ok(history), Ok(search)) = (window.history(), window.location().search()) else { return };
    let name = |path: &str| {
        let path = js_sys::decode_uri_component(path).map_or(path.to_string(), String::from);
        path.rsplit('/').next().unwrap_or_default().to_string()
    };
    let mut named = search.trim_start_matches('?').split('&').filter_map(|part| part.strip_prefix("open=")).map(name);
    let open = app.documents().binary.as_ref().map(|binary| binary.name().to_string());
    let is_another = open.is_some_and(|open| !search.is_empty() && named.all(|name| name != open));
    let page = if is_another { window.location().pathname().unwrap_or_default() } else { String::new() };
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("{page}#{link}")));
}

/// The app on its canvas.
struct Canvas {
    app: App,
    ctx: egui::Context,
    /// What the address says, and the documents for which it does.
    link: String,
    generation: u64,
    language: Language,
}

impl eframe::App for Canvas {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.app.ui(ui);
        let link = self.app.state().to_link();
        let generation = self.app.documents().generation;
        let is_another = link != self.link || generation != self.generation;
        // Dragging changes the state with every frame; browsers refuse an address that changes so often.
        if is_another && !ui.input(|input| input.pointer.any_down()) {
            set_address(&self.app, &link);
            (self.link, self.generation) = (link, generation);
        }
        let language = self.app.state().language;
        if language != self.language {
            self.language = language;
            LANGUAGE.set(language);
            speak(language.tag());
        }
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }
}

/// What only a page has.
struct Page;

impl Host for Page {
    fn pick(&mut self, inbox: Inbox, compare: bool) {
        wasm_bindgen_futures::spawn_local(async move {
            let picked = pick_files().await.unwrap_or_default();
            for file in js_sys::Array::from(&picked).iter() {
                let Ok(file) = file.dyn_into::<web_sys::File>() else { continue };
                let bytes = match check_size(file.size() as u64) {
                    Ok(()) => read(&file).await,
                    Err(reason) => Err(reason),
                };
                inbox.put(Incoming { name: file.name(), path: None, bytes, compare });
            }
        });
    }

    fn read(&mut self, _: &std::path::Path, _: Inbox) {}

    fn save(&mut self, file_name: &str, bytes: Vec<u8>) -> Result<Option<PathBuf>, String> {
        save_file(file_name, &bytes);
        // The browser itself tells what becomes of a download.
        Ok(None)
    }

    fn link(&self, state: &str) -> String {
        let href = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
        let page = href.split('#').next().unwrap_or_default();
        format!("{page}#{state}")
    }

    fn can_quit(&self) -> bool {
        false
    }
}
