//! `cargo wasm serve` with a real browser.

use crate::common::{Folder, built};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// A server, which ends with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(folder: &Folder, below: &str, args: &[&str]) -> Server {
        let args = [&["serve", "--port", "0"], args].concat();
        let mut child = folder.command(below, &args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let port = loop {
            let line = lines.next().unwrap_or_else(|| panic!("the server ended:\n{said}")).unwrap();
            if let Some((_, url)) = line.split_once("Serving http://localhost:") {
                break url.trim_end_matches('/').parse().unwrap();
            }
            said.push_str(&line);
            said.push('\n');
        };
        // What it says later must go somewhere.
        thread::spawn(move || lines.for_each(drop));
        Server { child, port }
    }

    /// The head and body of an answer.
    fn get(&self, path: &str, host: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        (String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase(), bytes[end + 4..].to_vec())
    }

    fn url(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }
}

fn chromium(profile: &Folder) -> Command {
    let mut command = Command::new("chromium");
    command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// A browser that stays at its page until the test ends.
struct Browser {
    child: Child,
    _profile: Folder,
}

impl Browser {
    fn open(url: &str) -> Browser {
        let profile = Folder::new();
        let mut command = chromium(&profile);
        let child = command.arg("--remote-debugging-port=0").arg(url).stdout(Stdio::null()).spawn().unwrap();
        Browser { child, _profile: profile }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks at the page until its scripts have put `text` there: a browser that
/// dumps a page gives them time of its own, not this machine's.
fn shows(url: &str, text: &str) {
    let start = Instant::now();
    let profile = Folder::new();
    loop {
        let output = chromium(&profile).args(["--dump-dom", "--virtual-time-budget=20000", url]).output().unwrap();
        let page = String::from_utf8(output.stdout).unwrap();
        if page.contains(text) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "no {text} in\n{page}");
    }
}

#[test]
fn a_new_program_shows_its_page() {
    let folder = Folder::with("shown", "browser");
    let server = Server::start(&folder, "shown", &[]);
    shows(&server.url(), "<h1 id=\"greeting\">Hello, browser!</h1>");

    let (head, body) = server.get("/pkg/shown.wasm", "localhost");
    assert!(head.starts_with("http/1.1 200") && head.contains("content-type: application/wasm"), "{head}");
    for header in ["cross-origin-opener-policy: same-origin", "cross-origin-embedder-policy: require-corp"] {
        assert!(head.contains(header), "{head}");
    }
    assert!(body.starts_with(b"\0asm"));
    assert!(server.get("/pkg/shown.mjs", "localhost").0.contains("content-type: text/javascript"));
    for (path, host, status) in [
        ("/../Cargo.toml", "localhost", "404"),
        ("/%2e%2e/Cargo.toml", "localhost", "404"),
        ("/pkg/..%2f..%2fCargo.toml", "localhost", "404"),
        ("/none", "localhost", "404"),
        ("/", "example.com", "403"),
    ] {
        let (head, body) = server.get(path, host);
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{path} {host}: {head}");
        assert!(!String::from_utf8_lossy(&body).contains("[package]"), "{path}");
    }
}

#[test]
fn a_program_without_a_page_gets_one() {
    let folder = Folder::with("pageless", "std");
    let server = Server::start(&folder, "pageless", &[]);
    shows(&server.url(), "Hello, world!");
}

#[test]
fn threads_are_picked_where_they_can_be() {
    let folder = Folder::with("picked", "browser");
    folder.write(
        "picked/src/lib.rs",
        r#"
#![no_std]
extern crate alloc;
#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();
#[wasm::export]
pub fn greet(name: &str) -> alloc::string::String {
    let mut sum = 0;
    wasm::thread::scope(|scope| scope.spawn(|| sum = 7)).unwrap();
    alloc::format!("{name} {sum} {}", wasm::thread::workers() > 0)
}
"#,
    );
    let (port, told) = listen();
    folder.write(
        "picked/web/main.js",
        &format!(
            r#"
import init from "./pkg/picked.mjs";
const {{ exports }} = await init();
fetch("http://127.0.0.1:{port}/" + encodeURIComponent(exports.greet("browser")), {{ mode: "no-cors" }}).catch(() => {{}});
"#
        ),
    );
    let server = Server::start(&folder, "picked", &["--threads", "--release"]);
    // Workers start in real time, which a page that is dumped has not.
    let _browser = Browser::open(&server.url());
    assert_eq!(told.recv_timeout(Duration::from_secs(60)).expect("the page tells nothing"), "browser%207%20true");
}

/// What pages tell the test, by asking for a path of its own server.
fn listen() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut line = String::new();
            let mut stream = BufReader::new(stream.unwrap());
            let _ = stream.read_line(&mut line);
            let _ = stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            let text = line.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_string();
            if sender.send(text).is_err() {
                return;
            }
        }
    });
    (port, receiver)
}

#[test]
fn a_change_is_built_and_shown_and_so_is_an_error() {
    let folder = Folder::with("live", "browser");
    let (port, told) = listen();
    folder.write(
        "live/web/main.js",
        &format!(
            r##"
import init from "./pkg/live.mjs";
const tell = (text) => fetch("http://127.0.0.1:{port}/" + encodeURIComponent(text), {{ mode: "no-cors" }}).catch(() => {{}});
const {{ exports }} = await init();
tell(exports.greet("you"));
new MutationObserver(() => {{
    const error = document.querySelector("#cargo-wasm-error");
    if (error && !error.hidden) tell("overlay " + error.shadowRoot.querySelector("pre").textContent);
}}).observe(document.body, {{ childList: true, subtree: true }});
"##
        ),
    );
    let server = Server::start(&folder, "live", &[]);
    let _browser = Browser::open(&server.url());
    let next = || told.recv_timeout(Duration::from_secs(60)).expect("the page tells nothing");

    assert_eq!(next(), "Hello%2C%20you!");
    folder.edit("live/src/lib.rs", "Hello, {name}!\")", "Bye, {name}!\")");
    assert_eq!(next(), "Bye%2C%20you!");
    folder.edit("live/src/lib.rs", "format!(", "frmat!(");
    let overlay = next();
    assert!(overlay.starts_with("overlay%20error") && overlay.contains("frmat"), "{overlay}");
    folder.edit("live/src/lib.rs", "frmat!(", "format!(");
    assert_eq!(next(), "Bye%2C%20you!");
    // Pages are loaded anew without a build.
    folder.edit("live/web/main.js", "greet(\"you\")", "greet(\"all\")");
    assert_eq!(next(), "Bye%2C%20all!");
}

/// `digest(init, workers)`: what the sample gives with so many workers, in a page and in node.
const DIGEST: &str = r#"
const digest = async (init, workers) => {
    const program = await init({}, undefined, { threads: { workers } });
    const numbers = Float64Array.from({ length: 50_000 }, (_, i) => (i + 0.5) / 50_000);
    const bytes = program.exports.parallel_transform(numbers, 20, 8);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const said = `${program.exports.workers()} workers ${Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    await program.stop();
    return said;
};
"#;

#[test]
fn a_page_with_threads_gives_the_same_bytes_as_node() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/parallel-transform/Cargo.toml");
    let folder = Folder::new();
    let (port, told) = listen();
    folder.write("web/index.html", "<!doctype html><script type=\"module\" src=\"main.js\"></script>");
    folder.write(
        "web/main.js",
        &format!(
            r#"import init from "./pkg/parallel_transform.mjs";
{DIGEST}
for (const workers of [1, 2, 4]) {{
    const said = await digest(init, workers).catch(String);
    await fetch("http://127.0.0.1:{port}/" + encodeURIComponent(said), {{ mode: "no-cors" }}).catch(() => {{}});
}}"#
        ),
    );
    let args = ["--manifest-path", sample.to_str().unwrap(), "--dir", "web", "--threads", "--release"];
    let server = Server::start(&folder, "", &args);
    let _browser = Browser::open(&server.url());
    let in_page: Vec<String> =
        [(); 3].map(|()| told.recv_timeout(Duration::from_secs(60)).expect("the page tells nothing")).to_vec();

    // The script that lies beside the files, in another host.
    let script = built("wasm32-unknown-unknown", "release", "parallel_transform").with_extension("mjs");
    folder.write(
        "run.mjs",
        &format!(
            "import init from {script:?};\n{DIGEST}\n\
             for (const workers of [1, 2, 4]) console.log(encodeURIComponent(await digest(init, workers)));"
        ),
    );
    let in_node = Command::new("node").arg(folder.path().join("run.mjs")).output().unwrap();
    let in_node = String::from_utf8(in_node.stdout).unwrap();
    assert_eq!(in_page, in_node.lines().collect::<Vec<_>>());
    for (said, workers) in in_page.iter().zip([1, 2, 4]) {
        assert!(said.starts_with(&format!("{workers}%20workers%20")), "{said}");
    }
}
