//! Headless Chromium: a server on loopback gives it a page whose worker runs
//! the program and sends back what it writes.

use anyhow::{Context, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as UrlPath, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

use super::{Ended, Program, Streams};
use crate::interrupt::{Folder, OwnedChild};
use crate::web;

/// How long Chromium may take until its page asks for the program.
const START_TIME: Duration = Duration::from_secs(60);
const PAGE: &str = r#"<!doctype html><script type="module">new Worker("/js/worker.mjs", { type: "module" })</script>"#;

pub(super) fn run(program: &Program, wasm: Vec<u8>, streams: Streams) -> anyhow::Result<Ended> {
    let chromium = find()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (ended, mut end) = mpsc::channel(1);
        let (started, mut start) = watch::channel(false);
        let shared = Arc::new(Shared {
            // The module is served from the root, so that what it imports lies beside it.
            settings: program
                .settings(
                    program
                        .imports
                        .as_deref()
                        .and_then(Path::file_name)
                        .map(|name| format!("/imports/{}", name.display())),
                )
                .to_string(),
            imports: program.imports.as_deref().and_then(Path::parent).map(Path::to_path_buf),
            wasm: wasm.into(),
            streams,
            written: Mutex::default(),
            ended,
            started,
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on loopback")?;
        let url = format!("http://{}/", listener.local_addr()?);
        let server = tokio::spawn(axum::serve(listener, web::protected(router(shared.clone()))).into_future());

        let profile = Folder::new()?;
        let child = OwnedChild::new(command(&chromium, profile.path(), &url).spawn().context("cannot start Chromium")?);
        let has_started = tokio::time::timeout(START_TIME, start.wait_for(|started| *started)).await.is_ok();
        if !has_started {
            bail!("{} did not load its page within {} s", chromium.display(), START_TIME.as_secs());
        }
        let code = loop {
            match tokio::time::timeout(Duration::from_millis(200), end.recv()).await {
                Ok(Some(code)) => break code,
                Ok(None) => bail!("the server ended"),
                Err(_) => {
                    if let Some(status) = child.try_wait()? {
                        bail!("Chromium ended while the program ran: {status}");
                    }
                }
            }
        };
        server.abort();
        drop(child);
        let [stdout, stderr] = std::mem::take(&mut *shared.written.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Ended { code, stdout, stderr })
    })
}

fn find() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROME") {
        return which::which(&path).with_context(|| format!("CHROME is {}", path.display()));
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    match names.iter().find_map(|name| which::which(name).ok()) {
        Some(path) => Ok(path),
        None => bail!(
            "Chromium is not there (looked for {}): get it from your system's packages, or say where it is in the \
             variable CHROME",
            names.join(", ")
        ),
    }
}

fn command(chromium: &Path, profile: &Path, url: &str) -> Command {
    let mut command = Command::new(chromium);
    command
        .args(["--headless=new", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", profile.display()));
    // Chromium's sandbox does not work for root: what runs here is the user's own program.
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() {
        command.arg("--no-sandbox");
    }
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

struct Shared {
    settings: String,
    imports: Option<PathBuf>,
    wasm: Bytes,
    streams: Streams,
    written: Mutex<[Vec<u8>; 2]>,
    ended: mpsc::Sender<i32>,
    started: watch::Sender<bool>,
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/js/{name}", get(async |UrlPath(name): UrlPath<String>| web::module(&name)))
        .route("/settings", get(settings))
        .route("/app.wasm", get(wasm))
        .route("/imports/{*path}", get(imports))
        .route("/output/{stream}", post(output))
        .route("/exit/{code}", post(exit))
        .layer(DefaultBodyLimit::disable())
        .with_state(shared)
}

async fn settings(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let _ = shared.started.send(true);
    ([(CONTENT_TYPE, "application/json")], shared.settings.clone())
}

async fn wasm(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/wasm")], shared.wasm.clone())
}

async fn imports(State(shared): State<Arc<Shared>>, UrlPath(path): UrlPath<String>) -> impl IntoResponse {
    match &shared.imports {
        Some(folder) => web::file(folder, &path, None),
        None => web::not_found(&path),
    }
}

async fn output(State(shared): State<Arc<Shared>>, UrlPath(stream): UrlPath<u8>, bytes: Bytes) {
    match (shared.streams, stream) {
        // A stream that is closed loses the rest, as there is nobody to tell.
        (Streams::Inherit, 1) => {
            let mut stdout = std::io::stdout().lock();
            let _ = stdout.write_all(&bytes).and_then(|()| stdout.flush());
        }
        (Streams::Inherit, _) => {
            let _ = std::io::stderr().write_all(&bytes);
        }
        (Streams::Capture, stream) => {
            let mut written = shared.written.lock().unwrap_or_else(PoisonError::into_inner);
            written[usize::from(stream != 1)].extend_from_slice(&bytes);
        }
    }
}

async fn exit(State(shared): State<Arc<Shared>>, UrlPath(code): UrlPath<i32>) {
    let _ = shared.ended.send(code).await;
}
