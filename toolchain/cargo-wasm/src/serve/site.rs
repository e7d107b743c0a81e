//! The site: the user's pages, the program under `pkg/`, and the events that
//! have pages load anew.

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;
use wasm_build::{Output, Target, Variant};

use crate::web;

/// What goes into each page.
const LIVE: &str = "<script type=\"module\" src=\"/__wasm/live.mjs\"></script>\n";
/// The page of a program that has none.
const PAGE: &str = include_str!("../../js/page.html");

/// The files of a build.
pub(super) struct Built {
    /// The program's name.
    name: String,
    /// Under `pkg/`.
    files: BTreeMap<String, PathBuf>,
    /// The builds for the loader, if the program is for it.
    builds: Vec<(Variant, String)>,
}

impl Built {
    pub(super) fn new(target: Target, outputs: &[Output]) -> Built {
        let mut built = Built { name: String::new(), files: BTreeMap::new(), builds: Vec::new() };
        for output in outputs {
            built.name.clone_from(&output.program);
            for path in output.files.iter().chain([&output.wasm]) {
                if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
                    built.files.insert(name.to_string(), path.clone());
                }
            }
            if target == Target::Unknown && web::is_loaded(output) {
                built.builds.push((output.variant, format!("{}.wasm", output.name)));
            }
        }
        built
    }
}

/// What pages are told.
#[derive(Clone, Default)]
struct News {
    version: u64,
    failure: Option<String>,
}

pub(super) struct Site {
    pages: Option<PathBuf>,
    built: RwLock<Option<Built>>,
    news: watch::Sender<News>,
}

impl Site {
    pub(super) fn new(pages: Option<PathBuf>) -> Site {
        Site { pages, built: RwLock::new(None), news: watch::Sender::new(News::default()) }
    }

    /// A build came to its end: pages load anew, or show what is wrong.
    pub(super) fn publish(&self, built: Result<Built, String>) {
        match built {
            Ok(built) => {
                *self.built.write().unwrap_or_else(PoisonError::into_inner) = Some(built);
                self.reload();
            }
            Err(failure) => self.news.send_modify(|news| news.failure = Some(failure)),
        }
    }

    /// Pages load anew.
    pub(super) fn reload(&self) {
        self.news.send_modify(|news| *news = News { version: news.version + 1, failure: None });
    }
}

pub(super) fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/__wasm/events", get(events))
        .route("/__wasm/{name}", get(async |UrlPath(name): UrlPath<String>| web::module(&name)))
        .route("/pkg/{*path}", get(package))
        .route("/", get(async |site: State<Arc<Site>>| page(&site, "")))
        .route("/{*path}", get(async |site: State<Arc<Site>>, UrlPath(path): UrlPath<String>| page(&site, &path)))
        .with_state(site)
}

async fn events(State(site): State<Arc<Site>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut news = site.news.subscribe();
    news.mark_changed();
    let events = stream::unfold(news, |mut news| async move {
        news.changed().await.ok()?;
        let event = {
            let now = news.borrow_and_update();
            match &now.failure {
                // As JSON, so that it is one line.
                Some(failure) => Event::default().event("failed").data(serde_json::json!(failure).to_string()),
                // With this process, as another server may have had the port before.
                None => Event::default().event("built").data(format!("{}-{}", std::process::id(), now.version)),
            }
        };
        Some((Ok(event), news))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn package(State(site): State<Arc<Site>>, UrlPath(path): UrlPath<String>) -> Response {
    let built = site.built.read().unwrap_or_else(PoisonError::into_inner);
    let Some(built) = built.as_ref() else { return web::not_found(&path) };
    // Where there is a choice, the script of one build is not what the page asks for.
    let is_script = !built.builds.is_empty() && path == format!("{}.mjs", built.name);
    if let Some(file) = built.files.get(&path).filter(|_| !is_script || built.builds.len() == 1) {
        return match std::fs::read(file) {
            Ok(bytes) => web::content(file, bytes, None),
            Err(_) => web::not_found(&path),
        };
    }
    match path.as_str() {
        "loader.mjs" | "threads.mjs" => web::module(&path),
        _ if is_script => {
            let builds = built.builds.iter().map(|(variant, file)| (*variant, file.as_str()));
            ([(CONTENT_TYPE, "text/javascript")], wasm_build::picker(builds)).into_response()
        }
        _ => web::not_found(&path),
    }
}

fn page(site: &Site, path: &str) -> Response {
    if let Some(folder) = &site.pages {
        return web::file(folder, path, Some(LIVE));
    }
    if !path.is_empty() {
        return web::not_found(path);
    }
    let built = site.built.read().unwrap_or_else(PoisonError::into_inner);
    let name = built.as_ref().map_or("cargo wasm", |built| built.name.as_str());
    // Nothing to run yet: a page that shows what is wrong, and loads anew.
    let page =
        if built.is_some() { PAGE.replace("{{name}}", name) } else { format!("<!doctype html><title>{name}</title>") };
    web::content(Path::new("index.html"), page.into_bytes(), Some(LIVE))
}
