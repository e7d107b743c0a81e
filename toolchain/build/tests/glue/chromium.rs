//! A page in headless Chromium, and the server that it comes from.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs `page.mjs` of these folders and returns what it posts; `None` without Chromium.
pub(crate) fn run(folders: &[&Path]) -> Option<String> {
    let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let Some(chromium) = ["chromium", "google-chrome"].into_iter().find(is_there) else {
        assert!(std::env::var_os("CI").is_none(), "chromium is missing");
        eprintln!("not run: chromium is missing");
        return None;
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new(chromium)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("http://{}/page.html", listener.local_addr().unwrap()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let mut result = None;
    while result.is_none() && Instant::now() < until {
        match listener.accept() {
            Ok((stream, _)) => result = answer(&stream, folders),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    let _ = browser.kill();
    let _ = browser.wait();
    Some(result.expect("the page said nothing"))
}

/// Answers one request; what is posted is the result.
fn answer(stream: &TcpStream, folders: &[&Path]) -> Option<String> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok()?;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim().to_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let path = line.split(' ').nth(1)?.trim_start_matches('/');
    let (file, is_text) = path.strip_suffix("?text").map_or((path, false), |file| (file, true));
    let found = match file {
        "page.html" => Some(b"<script type=module src=page.mjs></script>".to_vec()),
        "result" => Some(Vec::new()),
        file => folders.iter().find_map(|folder| fs::read(folder.join(file)).ok()),
    };
    let kind = match file.rsplit_once('.') {
        _ if is_text => "text/plain",
        Some((_, "mjs")) => "text/javascript",
        Some((_, "wasm")) => "application/wasm",
        _ => "text/html",
    };
    let status = if found.is_some() { "200 OK" } else { "404 Not Found" };
    let found = found.unwrap_or_default();
    let mut stream = stream;
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        found.len()
    );
    let _ = stream.write_all(&found);
    (file == "result").then(|| String::from_utf8_lossy(&body).into_owned())
}
