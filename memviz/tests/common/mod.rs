//! Runs the fixtures in node, one process a guest, that is told what to do line by line.
#![allow(dead_code, unreachable_pub)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use memviz::{Layout, Program, State};
use wasm_binary::Map;
use wasm_source::WasmValue;

/// The path of a file of `tests/fixtures`.
pub fn fixture_path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A running module.
pub struct Guest {
    pub bytes: Vec<u8>,
    pub program: Program,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Guest {
    /// Starts a module of `tests/fixtures`.
    pub fn start(name: &str) -> Guest {
        Guest::start_file(&fixture_path(&format!("{name}.wasm")))
    }

    /// Starts a module; its imports do nothing.
    pub fn start_file(path: &Path) -> Guest {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut process = Command::new("node")
            .arg(fixture_path("run.mjs"))
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs (tools/setup node)");
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let program = Program::new(&Map::parse(&bytes).unwrap(), None);
        Guest { bytes, program, process, input, output }
    }

    fn ask(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        let answer = answer.trim_end();
        answer.strip_prefix("ok ").unwrap_or_else(|| panic!("{line}: {answer}")).to_string()
    }

    /// Calls an export; gives its result, 0 if it has none.
    pub fn call(&mut self, name: &str, arguments: &[u32]) -> u32 {
        let arguments: String = arguments.iter().map(|argument| format!(" {argument}")).collect();
        self.ask(&format!("call {name}{arguments}")).parse().unwrap()
    }

    /// A copy of the memory.
    pub fn memory(&mut self) -> Vec<u8> {
        let length = self.ask("memory").parse().unwrap();
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// The values of the globals that are exported or imported.
    pub fn globals(&mut self) -> Vec<Option<WasmValue>> {
        let names: Vec<_> = self.program.globals.iter().map(|global| global.name.clone()).collect();
        let mut value = |name: Option<String>| self.ask(&format!("global {}", name?)).parse().ok().map(WasmValue::I32);
        names.into_iter().map(&mut value).collect()
    }

    pub fn layout(&mut self) -> Layout {
        let memory = self.memory();
        self.layout_of(&memory)
    }

    pub fn layout_of(&mut self, memory: &[u8]) -> Layout {
        let globals = self.globals();
        Layout::of(&State { globals: &globals, ..State::new(&self.program, &memory) })
    }

    /// What is allocated, as the guest's log says: address and size, by address.
    pub fn log(&mut self) -> Vec<(u64, u64)> {
        let at = self.call("log_address", &[]) as usize;
        let memory = self.memory();
        let word = |bytes: &[u8]| u64::from(u32::from_le_bytes(bytes.try_into().unwrap()));
        let entries = memory[at..at + 4096 * 8].chunks_exact(8);
        let mut log: Vec<_> = entries.map(|e| (word(&e[..4]), word(&e[4..]))).filter(|entry| entry.0 != 0).collect();
        log.sort_unstable();
        log
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
