//! The Debug Adapter Protocol, with a client that is not ours (Microsoft's test
//! client for debug adapters), and with input that no client would send.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{self, BufRead, BufReader, Cursor, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dap")
}

/// What `command` prints, which must go well.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; see tools/setup"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Compiles a fixture with debug information.
fn compile(source: &str, into: &Path) -> PathBuf {
    let source = fixtures().join(source);
    let program = into.join(source.file_stem().unwrap()).with_extension("wasm");
    let mut compiler = match source.extension().and_then(|extension| extension.to_str()) {
        Some("wat") => {
            std::fs::write(&program, wat::parse_file(&source).unwrap()).unwrap();
            return program;
        }
        Some("rs") => {
            let mut rustc = Command::new("rustc");
            rustc.args(["--target", "wasm32-wasip1", "--edition", "2024", "-g"]);
            rustc
        }
        _ => {
            let mut clang = Command::new("clang-22");
            clang.args(["--target=wasm32-wasi", "-g", "-O0"]);
            clang
        }
    };
    output(compiler.arg(&source).arg("-o").arg(&program).current_dir(env!("CARGO_MANIFEST_DIR")));
    program
}

/// What the client says of a scenario.
fn transcript(scenario: &str, source: &str) -> String {
    let dir = TempDir::new().unwrap();
    let program = compile(source, dir.path());
    std::fs::write(dir.path().join("input"), "some input\n").unwrap();
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/npm/node_modules");
    assert!(tools.join("@vscode/debugadapter-testsupport").is_dir(), "run tools/setup dap-client");
    let mut client = Command::new("node");
    client.arg(fixtures().join("client.cjs")).arg(env!("CARGO_BIN_EXE_wasm-gdb")).arg(scenario);
    let said = output(client.arg(&program).arg(fixtures().join(source)).env("NODE_PATH", tools));
    said.replace(&dir.path().display().to_string(), "…")
        .lines()
        .map(|line| line.trim_end().to_string() + "\n")
        .collect()
}

#[test]
fn a_rust_program_from_its_launch_to_its_exit_code() {
    insta::assert_snapshot!(transcript("shop", "shop.rs"));
}

#[test]
fn a_c_program_with_log_points_hit_counts_memory_and_instructions() {
    insta::assert_snapshot!(transcript("count", "count.c"));
}

#[test]
fn data_breakpoints_with_conditions_and_of_a_call_that_ends() {
    insta::assert_snapshot!(transcript("watch", "count.c"));
}

#[test]
fn objects_of_the_collected_heap_unfold() {
    insta::assert_snapshot!(transcript("objects", "../programs/objects.wat"));
}

#[test]
fn a_panic_stops_where_it_traps_and_says_its_message() {
    insta::assert_snapshot!(transcript("panic", "shop.rs"));
}

#[test]
fn a_program_that_never_ends_is_asked_paused_restarted_and_ended() {
    insta::assert_snapshot!(transcript("forever", "count.c"));
}

/// Output that can be read afterwards.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is answered to these bytes.
fn answers(input: Vec<u8>) -> Vec<Value> {
    let kept = Kept::default();
    wasm_gdb::dap::serve(Cursor::new(input), kept.clone()).unwrap();
    let bytes = kept.0.lock().unwrap().clone();
    let mut rest = BufReader::new(bytes.as_slice());
    std::iter::from_fn(|| read(&mut rest)).collect()
}

fn message(content: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{content}", content.len()).into_bytes()
}

fn read(input: &mut impl BufRead) -> Option<Value> {
    let mut header = String::new();
    input.read_line(&mut header).unwrap();
    let length: usize = header.trim().strip_prefix("Content-Length: ")?.parse().unwrap();
    input.read_line(&mut String::new()).unwrap();
    let mut content = vec![0; length];
    input.read_exact(&mut content).unwrap();
    Some(serde_json::from_slice(&content).unwrap())
}

/// Requests with their numbers, one after the other.
fn requests(all: &[(&str, Value)]) -> Vec<u8> {
    let numbered = (1..).zip(all).flat_map(|(seq, (command, arguments))| {
        message(&json!({ "seq": seq, "type": "request", "command": command, "arguments": arguments }).to_string())
    });
    numbered.collect()
}

/// The answer to the request with this number.
fn answer(answers: &[Value], seq: usize) -> &Value {
    let found = answers.iter().find(|message| message["request_seq"] == json!(seq));
    found.unwrap_or_else(|| panic!("no answer to request {seq}: {answers:#?}"))
}

fn refusal(answers: &[Value], seq: usize) -> &str {
    let answer = answer(answers, seq);
    assert_eq!(answer["success"], json!(false), "{answer}");
    answer["message"].as_str().unwrap()
}

const COMMANDS: [&str; 34] = [
    "threads",
    "setBreakpoints",
    "setFunctionBreakpoints",
    "setInstructionBreakpoints",
    "setDataBreakpoints",
    "setExceptionBreakpoints",
    "dataBreakpointInfo",
    "continue",
    "reverseContinue",
    "next",
    "stepIn",
    "stepBack",
    "stepOut",
    "pause",
    "stackTrace",
    "scopes",
    "variables",
    "setVariable",
    "setExpression",
    "evaluate",
    "exceptionInfo",
    "readMemory",
    "writeMemory",
    "disassemble",
    "source",
    "loadedSources",
    "modules",
    "restart",
    "cancel",
    "goto",
    "completions",
    "",
    "configurationDone",
    "launch",
];

#[test]
fn input_that_is_no_message_is_named_and_ends_the_connection() {
    let endings: [(&[u8], &str); 8] = [
        (b"\x00\xff\x7f garbage", "a header that does not end"),
        (b"GET / HTTP/1.1\r\n\r\n", "a header without a colon"),
        (b"Content-Length: 10\r\n\r\n{\"seq\"", "half a message"),
        (b"Content-Length: 10\r\n", "a header that does not end"),
        (b"Content-Length: ten\r\n\r\n", "a Content-Length that is no number"),
        (b"Content-Length: -1\r\n\r\n", "a Content-Length that is no number"),
        (b"Content-Length: 99999999999999\r\n\r\n", "a message of more than 64 MiB"),
        (b"X: y\r\n\r\n", "a header without Content-Length"),
    ];
    for (input, expected) in endings {
        let said = answers(input.to_vec());
        let text = said.last().unwrap()["body"]["output"].as_str().unwrap();
        assert!(text.contains(expected), "{input:?}: {text}");
    }
    assert_eq!(answers(Vec::new()), [json!(null); 0]);
}

#[test]
fn a_message_that_is_no_request_is_passed_over() {
    let mut input = message("{");
    input.extend(message("[]"));
    input.extend(message(r#"{"seq": 1, "type": "event", "event": "x"}"#));
    input.extend(message(&format!(r#"{{"seq": 2, "type": "request", "command": "{}"}}"#, "x".repeat(1 << 20))));
    input.extend(message(r#"{"seq": 3, "type": "request", "command": "initialize", "arguments": {"adapterID": "x"}}"#));
    let said = answers(input);
    assert_eq!(said.iter().filter(|message| message["event"] == "output").count(), 3);
    assert!(refusal(&said, 2).ends_with("`initialize` comes first"));
    assert_eq!(answer(&said, 3)["body"]["supportsStepBack"], json!(true));
}

#[test]
fn requests_in_the_wrong_order_are_refused() {
    let early: Vec<(&str, Value)> = COMMANDS.iter().map(|command| (*command, json!({}))).collect();
    let said = answers(requests(&early));
    for (index, command) in COMMANDS.iter().enumerate() {
        let answer = answer(&said, index + 1);
        assert_eq!(answer["success"], json!(*command == "cancel"), "{answer}");
    }
    let said = answers(requests(&[
        ("initialize", json!({ "adapterID": "x" })),
        ("initialize", json!({ "adapterID": "x" })),
        ("continue", json!({ "threadId": 1 })),
        ("attach", json!({})),
        ("launch", json!({})),
        ("launch", json!({ "program": "/nowhere.wasm" })),
        ("launch", json!({ "program": 1 })),
    ]));
    assert_eq!(refusal(&said, 2), "`initialize` comes only once");
    assert_eq!(refusal(&said, 3), "`continue`: no program was launched");
    assert!(refusal(&said, 4).contains("nothing runs here to attach to"));
    assert_eq!(refusal(&said, 5), "the launch configuration names no `program`");
    assert!(refusal(&said, 6).starts_with("cannot read /nowhere.wasm"));
    assert!(refusal(&said, 7).starts_with("the arguments of `launch`"));
}

/// A program without debug information that a test needs no compiler for.
fn plain_program(dir: &Path) -> PathBuf {
    let bytes = wat::parse_str(
        r#"(module
            (memory (export "memory") 1)
            (global $count (mut i32) (i32.const 3))
            (func $work (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
            (func (export "_start") (local i64)
                (global.set $count (call $work (global.get $count)))
                (i32.store (i32.const 16) (global.get $count))))"#,
    );
    let program = dir.join("plain.wasm");
    std::fs::write(&program, bytes.unwrap()).unwrap();
    program
}

#[test]
fn arguments_of_every_kind_are_answered() {
    let dir = TempDir::new().unwrap();
    let program = plain_program(dir.path());
    let most = u64::MAX;
    let arguments = [
        json!(null),
        json!([]),
        json!("text"),
        json!({}),
        json!({ "threadId": 1, "frameId": most, "variablesReference": most, "name": "x", "value": "1", "expression": "1 +" }),
        json!({ "threadId": 1, "startFrame": most, "levels": most, "frameId": 0, "variablesReference": 0, "name": "" }),
        json!({ "memoryReference": "0xffffffffffffffff", "offset": i64::MIN, "count": most, "data": "AAAA",
            "instructionCount": 10, "instructionOffset": i64::MIN }),
        json!({ "memoryReference": "0x0", "offset": -5, "count": most, "data": "*", "instructionCount": 3 }),
        json!({ "breakpoints": [{ "line": 0, "name": "", "instructionReference": "0x1", "dataId": "0:0x0:1048576" }],
            "source": { "path": "" }, "filters": ["all"] }),
        json!({ "breakpoints": [{ "line": most, "name": "_start", "instructionReference": "x", "dataId": "" }],
            "source": {}, "sourceReference": most, "filters": [] }),
    ];
    for command in COMMANDS.iter().filter(|command| **command != "restart") {
        let begin = [
            ("initialize", json!({ "adapterID": "x" })),
            ("launch", json!({ "program": program, "stopOnEntry": true })),
            ("configurationDone", json!({})),
        ];
        let asked = arguments.iter().map(|arguments| (*command, arguments.clone()));
        let all: Vec<(&str, Value)> = begin.into_iter().chain(asked).collect();
        let said = answers(requests(&all));
        for seq in 1..=all.len() {
            answer(&said, seq);
        }
    }
}

#[test]
fn a_program_without_debug_information_has_its_instructions_and_locals() {
    let dir = TempDir::new().unwrap();
    let program = plain_program(dir.path());
    let said = answers(requests(&[
        ("initialize", json!({ "adapterID": "x", "linesStartAt1": true })),
        ("launch", json!({ "program": program, "stopOnEntry": true })),
        ("setBreakpoints", json!({ "source": { "path": "/a.c" }, "breakpoints": [{ "line": 1 }] })),
        ("setFunctionBreakpoints", json!({ "breakpoints": [{ "name": "work" }] })),
        ("configurationDone", json!({})),
        ("stackTrace", json!({ "threadId": 1 })),
        ("scopes", json!({ "frameId": 1 })),
        ("variables", json!({ "variablesReference": 1 })),
        ("setVariable", json!({ "variablesReference": 1, "name": "local0", "value": "-7" })),
        ("variables", json!({ "variablesReference": 1 })),
        ("variables", json!({ "variablesReference": 3 })),
        ("disassemble", json!({ "memoryReference": "0x0", "instructionCount": 2 })),
        ("modules", json!({})),
        ("loadedSources", json!({})),
    ]));
    let unplaced = &answer(&said, 3)["body"]["breakpoints"][0];
    assert!(unplaced["message"].as_str().unwrap().contains("built without debug information"), "{unplaced}");
    assert_eq!(answer(&said, 4)["body"]["breakpoints"][0]["verified"], json!(true));
    let frame = &answer(&said, 6)["body"]["stackFrames"][0];
    assert_eq!((&frame["name"], &frame["presentationHint"]), (&json!("_start"), &json!("subtle")));
    let scopes = answer(&said, 7)["body"]["scopes"].as_array().unwrap();
    let names: Vec<&str> = scopes.iter().map(|scope| scope["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Wasm locals", "Wasm stack", "Wasm globals"]);
    let local = |seq| &answer(&said, seq)["body"]["variables"][0];
    assert_eq!((&local(8)["type"], &local(8)["value"]), (&json!("i64"), &json!("0")));
    assert_eq!(local(10)["value"], json!("-7"));
    assert_eq!(local(11)["value"], json!("3"));
    let instructions = answer(&said, 12)["body"]["instructions"].as_array().unwrap();
    assert!(instructions.iter().all(|instruction| instruction["presentationHint"] == "invalid"));
    assert_eq!(answer(&said, 13)["body"]["modules"][0]["symbolStatus"], json!("no debug information"));
    assert_eq!(answer(&said, 14)["body"]["sources"], json!([]));
}

/// A server, and where it listens.
struct Served {
    child: Child,
    /// What else it says; without a reader it could not.
    _said: BufReader<ChildStderr>,
    address: String,
}

impl Served {
    fn start(arguments: &[&str]) -> Served {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasm-gdb"));
        let mut child = command.args(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        said.read_line(&mut line).unwrap();
        let address = line.split_whitespace().find(|word| word.starts_with("127.0.0.1:"));
        let address = address.unwrap_or_else(|| panic!("{line}")).to_string();
        Served { child, _said: said, address }
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
        Client { input: BufReader::new(stream.try_clone().unwrap()), stream, seq: 0 }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client {
    stream: TcpStream,
    input: BufReader<TcpStream>,
    seq: u64,
}

impl Client {
    fn ask(&mut self, command: &str, arguments: Value) -> Value {
        self.seq += 1;
        let request = json!({ "seq": self.seq, "type": "request", "command": command, "arguments": arguments });
        self.stream.write_all(&message(&request.to_string())).unwrap();
        let seq = json!(self.seq);
        self.until(|message| message["request_seq"] == seq)
    }

    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = read(&mut self.input).expect("the connection is there");
            if wanted(&message) {
                return message;
            }
        }
    }
}

#[test]
fn a_port_serves_several_editors_at_once() {
    let dir = TempDir::new().unwrap();
    let program = plain_program(dir.path());
    let served = Served::start(&["--dap", "--port", "0"]);
    let mut clients = [served.connect(), served.connect()];
    for client in &mut clients {
        client.ask("initialize", json!({ "adapterID": "x" }));
        let launched = client.ask("launch", json!({ "program": program, "stopOnEntry": true }));
        assert_eq!(launched["success"], json!(true), "{launched}");
        client.ask("configurationDone", json!({}));
        client.until(|message| message["event"] == "stopped");
    }
    for client in &mut clients {
        client.ask("continue", json!({ "threadId": 1 }));
        let exited = client.until(|message| message["event"] == "exited");
        assert_eq!(exited["body"]["exitCode"], json!(0));
    }
}

#[test]
fn editors_attach_to_a_program_one_after_the_other() {
    let dir = TempDir::new().unwrap();
    let program = plain_program(dir.path());
    let served = Served::start(&[program.to_str().unwrap(), "--port", "0"]);
    let mut first = served.connect();
    first.ask("initialize", json!({ "adapterID": "x" }));
    let refused = first.ask("launch", json!({ "program": program }));
    assert!(refused["message"].as_str().unwrap().contains("use \"request\": \"attach\""), "{refused}");
    first.ask("attach", json!({}));
    first.ask("setFunctionBreakpoints", json!({ "breakpoints": [{ "name": "work" }] }));
    first.ask("configurationDone", json!({}));
    first.until(|message| message["event"] == "stopped");
    first.ask("continue", json!({ "threadId": 1 }));
    let stopped = first.until(|message| message["event"] == "stopped");
    assert_eq!(stopped["body"]["reason"], json!("function breakpoint"));
    first.ask("disconnect", json!({}));

    // The program stands where the first has left it, without its breakpoints.
    let mut second = served.connect();
    second.ask("initialize", json!({ "adapterID": "x" }));
    second.ask("attach", json!({}));
    second.ask("configurationDone", json!({}));
    second.until(|message| message["event"] == "stopped");
    let trace = second.ask("stackTrace", json!({ "threadId": 1 }));
    assert_eq!(trace["body"]["stackFrames"][0]["name"], json!("work"));
    second.ask("continue", json!({ "threadId": 1 }));
    second.until(|message| message["event"] == "exited");
}
