//! The app in a page: its canvas, its address, its files. Nothing leaves the page.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use crate::app::{App, Host, Inbox, Incoming};
use crate::notices::{Notices, Severity};
use crate::state::State;

thread_local! {
    static RUNNER: RefCell<Option<eframe::WebRunner>> = const { RefCell::new(None) };
}

/// Starts the app on the canvas `app`. What the address carries behind `#` is where it begins.
///
/// # Errors
/// If there is no such canvas, or the browser gives no WebGL.
pub async fn start() -> Result<(), JsValue> {
    let window = web_sys::window().ok_or("there is no window")?;
    let document = window.document().ok_or("there is no document")?;
    let canvas = document.get_element_by_id("app").ok_or("the page has no element `app`")?;
    let canvas: web_sys::HtmlCanvasElement = canvas.dyn_into().map_err(|_| "the element `app` is no canvas")?;
    let hash = window.location().hash()?;
    let parsed = match hash.trim_start_matches('#') {
        "" => Ok(State::default()),
        text => State::parse(text),
    };
    let runner = eframe::WebRunner::new();
    let creator: eframe::AppCreator<'static> = Box::new(move |creation| {
        let (state, problem) = match parsed {
            Ok(state) => (state, None),
            Err(error) => (State::default(), Some(error.to_string())),
        };
        let mut app = App::new(&creation.egui_ctx, state, Box::new(Page));
        if let Some(problem) = problem {
            app.notify(Severity::Warning, problem);
        }
        Ok(Box::new(Canvas { app, link: String::new() }))
    });
    runner.start(canvas, eframe::WebOptions::default(), creator).await?;
    RUNNER.with(|slot| *slot.borrow_mut() = Some(runner));
    if let Some(status) = document.get_element_by_id("status") {
        status.remove();
    }
    Ok(())
}

fn with_app<R>(ask: impl FnOnce(&mut Canvas) -> R) -> Option<R> {
    RUNNER.with(|slot| {
        let slot = slot.borrow();
        let mut canvas = slot.as_ref()?.app_mut::<Canvas>()?;
        Some(ask(&mut canvas))
    })
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

/// The app on its canvas.
struct Canvas {
    app: App,
    link: String,
}

impl eframe::App for Canvas {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.app.ui(ui);
        let link = self.app.state().to_link();
        // Dragging changes the state with every frame; browsers refuse an address that changes so often.
        if link != self.link && !ui.input(|input| input.pointer.any_down()) {
            if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
                let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("#{link}")));
            }
            self.link = link;
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
            for file in rfd::AsyncFileDialog::new().pick_files().await.unwrap_or_default() {
                let bytes = Ok(file.read().await);
                inbox.put(Incoming { name: file.file_name(), path: None, bytes, compare });
            }
        });
    }

    fn read(&mut self, _: &std::path::Path, _: Inbox) {}

    fn save(&mut self, file_name: &str, bytes: Vec<u8>, _: &mut Notices) {
        let dialog = rfd::AsyncFileDialog::new().set_file_name(file_name);
        wasm_bindgen_futures::spawn_local(async move {
            if let Some(file) = dialog.save_file().await {
                // The browser itself tells what became of a download.
                let _ = file.write(&bytes).await;
            }
        });
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
