//! Runs modules in a real engine: node, or a browser for what this node does not know.

use crate::common;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use wasm_binary::{Export, Space};
use wasmparser::{TypeRef, ValType};

/// Outcome by what was done: an export's name, the whole program.
pub(crate) type Outcome = BTreeMap<String, String>;

/// How a module is made to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drive {
    /// Each exported function, with a few arguments.
    Exports,
    /// `samples/rust-markdown`, as its host does.
    Markdown,
    /// A WASI command with lines for `samples/c-calc`.
    Wasi,
}

impl Drive {
    fn name(self) -> &'static str {
        match self {
            Drive::Exports => "exports",
            Drive::Markdown => "markdown",
            Drive::Wasi => "wasi",
        }
    }

    /// Whether an export takes part in bringing about an outcome. Memories and globals are looked at in the end.
    pub(crate) fn involves(self, outcome: &str, export: &Export<'_>) -> bool {
        match self {
            Drive::Exports => export.name == outcome || export.space != Space::Function,
            Drive::Markdown => ["memory", "markdown_input", "markdown_output", outcome].contains(&export.name),
            Drive::Wasi => ["memory", "_start"].contains(&export.name),
        }
    }
}

/// Where modules run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Node,
    Chromium,
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/engine.mjs");

/// Runs modules, each in instances of its own.
pub(crate) fn run(engine: Engine, drive: Drive, modules: &[Vec<u8>]) -> Vec<Outcome> {
    let folder = tempfile::tempdir().unwrap();
    let case = |(at, bytes): (usize, &Vec<u8>)| {
        let file = match engine {
            Engine::Node => {
                let file = folder.path().join(format!("{at}.wasm"));
                std::fs::write(&file, bytes).unwrap();
                file.display().to_string()
            }
            Engine::Chromium => base64(bytes),
        };
        serde_json::json!({ "file": file, "drive": drive.name(), "imports": imports(bytes) })
    };
    let cases = serde_json::Value::from(modules.iter().enumerate().map(case).collect::<Vec<_>>()).to_string();
    let results = match engine {
        Engine::Node => node(&cases),
        Engine::Chromium => chromium(folder.path(), &cases),
    };
    let outcomes: Vec<Outcome> = serde_json::from_str(&results).unwrap_or_else(|e| panic!("{e}: {results}"));
    assert_eq!(outcomes.len(), modules.len());
    outcomes
}

fn node(cases: &str) -> String {
    let mut node = Command::new("node")
        .args(["--no-warnings", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(cases.as_bytes()).unwrap();
    let done = node.wait_with_output().unwrap();
    assert!(done.status.success(), "node: {}", done.status);
    String::from_utf8(done.stdout).unwrap()
}

fn chromium(folder: &Path, cases: &str) -> String {
    let script = std::fs::read_to_string(SCRIPT).unwrap();
    let page = format!("<script>cases = {cases}</script><script type=\"module\">{script}</script>");
    let file = folder.join("page.html");
    std::fs::write(&file, page).unwrap();
    let done = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8(done.stdout).unwrap();
    let title = dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let title = title.unwrap_or_else(|| panic!("the page ran to no end: {}", String::from_utf8_lossy(&done.stderr)));
    title.0.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |chunk: &[u8], at: usize| {
        let bits = chunk.iter().fold(0u32, |bits, &b| bits << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        if at > chunk.len() { '=' } else { char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]) }
    };
    bytes.chunks(3).flat_map(|chunk| (0..4).map(move |at| digit(chunk, at))).collect()
}

/// What the JavaScript API needs to know of each import to provide it.
fn imports(bytes: &[u8]) -> Vec<serde_json::Value> {
    let mut all = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        let Ok(wasmparser::Payload::ImportSection(section)) = payload else { continue };
        for import in section.into_imports() {
            let import = import.unwrap();
            let (kind, ty) = describe(import.ty);
            let (module, name) = (import.module, import.name);
            all.push(serde_json::json!({ "module": module, "name": name, "kind": kind, "type": ty }));
        }
    }
    all
}

fn describe(ty: TypeRef) -> (&'static str, serde_json::Value) {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => ("function", serde_json::Value::Null),
        TypeRef::Memory(m) => {
            ("memory", serde_json::json!({ "initial": m.initial, "maximum": m.maximum, "shared": m.shared }))
        }
        TypeRef::Table(t) => {
            let element = if t.element_type.is_extern_ref() { "externref" } else { "anyfunc" };
            ("table", serde_json::json!({ "initial": t.initial, "maximum": t.maximum, "element": element }))
        }
        TypeRef::Global(g) => {
            let value = match g.content_type {
                ValType::Ref(_) => "externref".to_string(),
                number => number.to_string(),
            };
            ("global", serde_json::json!({ "value": value, "mutable": g.mutable }))
        }
        TypeRef::Tag(_) => ("tag", serde_json::json!({ "parameters": [] })),
    }
}

/// Whether an engine is there.
pub(crate) fn is_there(engine: Engine) -> bool {
    common::has_tool(match engine {
        Engine::Node => "node",
        Engine::Chromium => "chromium",
    })
}
