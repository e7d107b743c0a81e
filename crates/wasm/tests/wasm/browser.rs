//! The loader and the threads in headless Chromium, from a server of our own
//! with the headers that shared memory needs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::build::{Build, UNKNOWN, program, source};

/// One request: what it asks for and its body.
fn request(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_string();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8_lossy(&body).into_owned()))
}

fn respond(mut stream: &TcpStream, body: Option<(Vec<u8>, &str)>) {
    let (status, (body, kind)) = match body {
        Some(found) => ("200 OK", found),
        None => ("404 Not Found", (Vec::new(), "text/plain")),
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&body);
}

fn file(path: &Path) -> Option<(Vec<u8>, &'static str)> {
    let kind = match path.extension()?.to_str()? {
        "mjs" => "text/javascript",
        "wasm" => "application/wasm",
        _ => "text/html",
    };
    Some((std::fs::read(path).ok()?, kind))
}

#[test]
fn programs_run_in_chromium() {
    let Some(chromium) =
        ["chromium", "google-chrome"].into_iter().find(|name| Command::new(name).arg("--version").output().is_ok())
    else {
        assert!(std::env::var_os("CI").is_none(), "chromium is missing");
        eprintln!("not run: chromium is missing");
        return;
    };
    let single = program("programs/threads", &Build::of(UNKNOWN), &[]);
    let threads = program("programs/threads", &Build { threads: true, ..Build::of(UNKNOWN) }, &[]);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let profile = tempdir();
    let mut browser = Command::new(chromium)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("http://{}/page.html", listener.local_addr().unwrap()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();

    let until = Instant::now() + Duration::from_secs(40);
    let mut result = None;
    while result.is_none() && Instant::now() < until {
        let Ok((stream, _)) = listener.accept() else {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        stream.set_nonblocking(false).unwrap();
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        let Some((path, body)) = request(&stream) else { continue };
        let answer = match path.as_str() {
            "/page.html" => Some((b"<script type=module src=browser.mjs></script>".to_vec(), "text/html")),
            "/result" => {
                result = Some(body);
                Some((Vec::new(), "text/plain"))
            }
            "/single.wasm" => file(&single),
            "/threads.wasm" => file(&threads),
            "/browser.mjs" => file(&source("programs/browser.mjs")),
            "/loader.mjs" | "/threads.mjs" => file(&source("../js").join(path.trim_start_matches('/'))),
            _ => None,
        };
        respond(&stream, answer);
    }
    let _ = browser.kill();
    let _ = browser.wait();
    let _ = std::fs::remove_dir_all(&profile);
    assert_eq!(result.as_deref(), Some("ok"));
}

fn tempdir() -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("wasm-chromium-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir
}
