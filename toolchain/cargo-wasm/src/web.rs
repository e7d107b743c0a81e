//! What is common to the servers here: the JavaScript modules, files with
//! their media types, and the headers that pages with threads need.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use std::path::{Component, Path};
use wasm_build::Output;

pub(crate) const LOADER: &str = include_str!("../../../crates/wasm/js/loader.mjs");
pub(crate) const THREADS: &str = include_str!("../../../crates/wasm/js/threads.mjs");

/// All modules, by name.
pub(crate) const MODULES: [(&str, &str); 8] = [
    ("loader.mjs", LOADER),
    ("threads.mjs", THREADS),
    ("run.mjs", include_str!("../js/run.mjs")),
    ("node.mjs", include_str!("../js/node.mjs")),
    ("wasi.mjs", include_str!("../js/wasi.mjs")),
    ("worker.mjs", include_str!("../js/worker.mjs")),
    ("live.mjs", include_str!("../js/live.mjs")),
    ("events.mjs", include_str!("../js/events.mjs")),
];

/// Whether a build is for a script of ours: not wasm-bindgen's, which has its own.
pub(crate) fn is_loaded(output: &Output) -> bool {
    !output.files.iter().any(|file| file.extension().is_some_and(|extension| extension == "js"))
}

/// Serves one of [`MODULES`].
pub(crate) fn module(name: &str) -> Response {
    match MODULES.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => ([(CONTENT_TYPE, "text/javascript")], *text).into_response(),
        None => not_found(name),
    }
}

/// Serves a file of a folder, or an `index.html` in it. Into pages goes
/// `in_page`, at the end of their head or of all.
pub(crate) fn file(folder: &Path, path: &str, in_page: Option<&str>) -> Response {
    let relative = Path::new(path);
    // Only names: nothing that leads out of the folder.
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return not_found(path);
    }
    let mut file = folder.join(relative);
    if file.is_dir() {
        file.push("index.html");
    }
    // A link may lead out.
    let inside = match (file.canonicalize(), folder.canonicalize()) {
        (Ok(file), Ok(folder)) => file.starts_with(folder),
        _ => false,
    };
    match std::fs::read(&file) {
        Ok(bytes) if inside => content(&file, bytes, in_page),
        _ => not_found(path),
    }
}

/// A response with the media type of a file's name.
pub(crate) fn content(name: &Path, bytes: Vec<u8>, in_page: Option<&str>) -> Response {
    let mime = mime_guess::from_path(name).first_or_octet_stream();
    let bytes = match in_page {
        Some(extra) if mime.essence_str() == "text/html" => into_page(&bytes, extra),
        _ => bytes,
    };
    let mime = match mime.essence_str() {
        // RFC 9239: the one type for scripts.
        "application/javascript" => "text/javascript; charset=utf-8".to_string(),
        _ if mime.type_() == "text" => format!("{mime}; charset=utf-8"),
        _ => mime.to_string(),
    };
    ([(CONTENT_TYPE, mime)], bytes).into_response()
}

fn into_page(page: &[u8], extra: &str) -> Vec<u8> {
    let page = String::from_utf8_lossy(page);
    let at = page.to_ascii_lowercase().find("</head>").unwrap_or(page.len());
    let (before, after) = page.split_at(at);
    format!("{before}{extra}{after}").into_bytes()
}

pub(crate) fn not_found(path: &str) -> Response {
    (StatusCode::NOT_FOUND, format!("there is no {path}\n")).into_response()
}

/// Adds the headers that shared memory needs, and turns away who does not ask
/// for this machine by its own name (another site's name may lead here).
pub(crate) fn protected(router: Router) -> Router {
    router.layer(from_fn(guard))
}

async fn guard(request: Request, next: Next) -> Response {
    if !is_local(request.headers()) {
        return (StatusCode::FORBIDDEN, "this server is for localhost\n").into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nothing_outside_of_the_folder_is_served() {
        let folder = tempfile::tempdir().unwrap();
        let web = folder.path().join("web");
        std::fs::create_dir(&web).unwrap();
        std::fs::write(folder.path().join("secret"), "x").unwrap();
        std::fs::write(web.join("a.wasm"), "x").unwrap();
        for path in ["../secret", "/etc/hostname", "a/../../secret", "missing"] {
            assert_eq!(file(&web, path, None).status(), StatusCode::NOT_FOUND, "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("secret"), web.join("link")).unwrap();
            assert_eq!(file(&web, "link", None).status(), StatusCode::NOT_FOUND);
        }
        let found = file(&web, "a.wasm", None);
        assert_eq!(
            (found.status(), found.headers()[CONTENT_TYPE].to_str().unwrap()),
            (StatusCode::OK, "application/wasm")
        );
    }

    #[test]
    fn scripts_go_into_the_head() {
        assert_eq!(into_page(b"<HEAD></HEAD><p>", "+"), b"<HEAD>+</HEAD><p>");
        assert_eq!(into_page(b"<p>", "+"), b"<p>+");
    }

    #[test]
    fn only_this_machine_s_names_are_served() {
        let is_local = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            is_local(&headers)
        };
        assert!(is_local("localhost:8080") && is_local("127.0.0.1") && is_local("[::1]:1"));
        assert!(!is_local("example.com:8080") && !is_local("localhost.example.com") && !is_local(""));
    }
}
