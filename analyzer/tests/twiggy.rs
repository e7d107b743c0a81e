//! `wasm-size twiggy`: the output is what twiggy's readers know, held against twiggy itself where it is installed, and
//! right by itself.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const RUST: &str = "rust-markdown/rust-markdown.wasm";
const RUST_NEXT: &str = "rust-markdown/rust-markdown-next.wasm";
const C: &str = "c-calc/c-calc.wasm";
const COMPONENT: &str = "component-words/component-words.wasm";

/// Command, then its options.
const COMMANDS: [&[&str]; 13] = [
    &["top"],
    &["top", "-n", "5"],
    &["top", "--retained", "-n", "5"],
    &["dominators"],
    &["dominators", "-d", "2", "-r", "10"],
    &["paths", "-d", "3", "-r", "2"],
    &["paths", "--descending"],
    &["monos", "-m", "2", "-n", "1"],
    &["monos", "-g", "--all-generics"],
    &["garbage"],
    &["garbage", "-n", "1", "--show-data-segments"],
    &["diff", "-n", "3"],
    &["diff", "-a"],
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sample(name: &str) -> String {
    root().join("samples").join(name).to_str().unwrap().to_string()
}

fn size(name: &str) -> u64 {
    std::fs::metadata(sample(name)).unwrap().len()
}

/// Runs the command of the other tool, or ours, on a sample; `diff` on the two builds of one.
struct Tool {
    program: PathBuf,
    first: &'static [&'static str],
}

impl Tool {
    fn ours() -> Tool {
        Tool { program: env!("CARGO_BIN_EXE_wasm-size").into(), first: &["twiggy"] }
    }

    /// twiggy 0.8: `$TWIGGY`, else on the path, else where `tools/setup` puts it. `None`, said, if it is not there.
    fn twiggy() -> Option<Tool> {
        let named = std::env::var_os("TWIGGY").map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&path).map(|folder| folder.join("twiggy"));
        let set_up = root().join("target/tools/bin/twiggy");
        let found = named.into_iter().chain(on_path).chain([set_up]).find(|program| program.is_file());
        if found.is_none() {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "no twiggy: tools/setup twiggy");
            eprintln!("skipped: needs twiggy (tools/setup twiggy)");
        }
        found.map(|program| Tool { program, first: &[] })
    }

    fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
        Command::new(&self.program).args(self.first).args(arguments).output().unwrap()
    }

    /// The standard output of a command that must go well.
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {arguments:?}: {errors}", self.program.display());
        String::from_utf8(output.stdout).unwrap()
    }

    /// One of [`COMMANDS`] on a sample, in one form.
    fn answer(&self, command: &[&str], file: &str, form: &str) -> String {
        let (file, next) = (sample(file), sample(RUST_NEXT));
        let mut arguments = vec![command[0], file.as_str()];
        if command[0] == "diff" {
            arguments.push(&next);
        }
        arguments.extend(&command[1..]);
        arguments.extend(["-f", form]);
        self.text(&arguments)
    }

    fn json(&self, command: &[&str], file: &str) -> Value {
        serde_json::from_str(&self.answer(command, file, "json")).unwrap()
    }
}

/// Headings of a table.
fn headings(table: &str) -> Vec<&str> {
    table.lines().next().unwrap().split('│').map(str::trim).collect()
}

/// The last columns of the rows that sum up, without their counts.
fn sums(table: &str) -> BTreeSet<String> {
    let last = table.lines().skip(2).filter_map(|line| line.rsplit('┊').next()).map(str::trim);
    let is_sum = |cell: &&str| cell.starts_with("...") || cell.starts_with('Σ') || cell.starts_with('[');
    last.filter(is_sum).map(|cell| cell.chars().filter(|c| !c.is_ascii_digit()).collect()).collect()
}

/// Every key, wherever it stands, with the type of its value.
fn keys(value: &Value) -> BTreeSet<(String, &'static str)> {
    let mut found = BTreeSet::new();
    let mut next = vec![(String::new(), value)];
    while let Some((key, value)) = next.pop() {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(items) => {
                next.extend(items.iter().map(|item| (format!("{key}[]"), item)));
                "array"
            }
            Value::Object(fields) => {
                next.extend(fields.iter().map(|(key, value)| (key.clone(), value)));
                "object"
            }
        };
        found.insert((key, kind));
    }
    found
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_string).collect()).collect()
}

#[test]
fn json_has_the_fields_of_twiggy() {
    let Some(twiggy) = Tool::twiggy() else { return };
    for command in COMMANDS {
        assert_eq!(keys(&Tool::ours().json(command, RUST)), keys(&twiggy.json(command, RUST)), "{command:?}");
    }
}

#[test]
fn csv_has_the_columns_of_twiggy() {
    let Some(twiggy) = Tool::twiggy() else { return };
    // twiggy has no CSV for its garbage.
    for command in COMMANDS.into_iter().filter(|command| command[0] != "garbage") {
        let columns = |tool: &Tool| csv_rows(&tool.answer(command, RUST, "csv")).swap_remove(0);
        assert_eq!(columns(&Tool::ours()), columns(&twiggy), "{command:?}");
    }
}

#[test]
fn tables_have_the_headings_and_sums_of_twiggy() {
    let Some(twiggy) = Tool::twiggy() else { return };
    for command in COMMANDS {
        let (ours, theirs) = (Tool::ours().answer(command, RUST, "text"), twiggy.answer(command, RUST, "text"));
        assert_eq!(headings(&ours), headings(&theirs), "{command:?}");
        assert_eq!(sums(&ours), sums(&theirs), "{command:?}");
    }
}

#[test]
fn sizes_add_up_to_the_file_in_both() {
    let Some(twiggy) = Tool::twiggy() else { return };
    for tool in [twiggy, Tool::ours()] {
        for file in [RUST, C] {
            let rows = tool.json(&["top"], file);
            let sum: u64 = rows.as_array().unwrap().iter().map(|row| row["shallow_size"].as_u64().unwrap()).sum();
            assert_eq!(sum, size(file), "{} {file}", tool.program.display());
        }
        let rows = tool.json(&["diff", "-a"], RUST);
        let (last, rows) = rows.as_array().unwrap().split_last().unwrap();
        let delta = size(RUST_NEXT) as i64 - size(RUST) as i64;
        assert_eq!(last["delta_bytes"].as_i64().unwrap(), delta);
        assert!(!rows.is_empty());
    }
}

#[test]
fn both_fail_on_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("no.wasm");
    std::fs::write(&text, "no WebAssembly at all").unwrap();
    let file = sample(RUST);
    let (text, file) = (text.to_str().unwrap(), file.as_str());
    let bad: [&[&str]; 9] = [
        &["top", "no/such/file.wasm"],
        &["top", text],
        &["top", folder.path().to_str().unwrap()],
        &["top"],
        &["top", "-r", file],
        &["top", "-f", "xml", file],
        &["top", "--mode", "pdf", file],
        &["dominators", "--regex", file, "("],
        &["nonsense", file],
    ];
    let twiggy = Tool::twiggy();
    for arguments in bad {
        let ours = Tool::ours().run(arguments);
        assert_eq!(ours.status.code(), Some(2), "{arguments:?}");
        assert!(ours.stdout.is_empty() && !ours.stderr.is_empty(), "{arguments:?}");
        if let Some(twiggy) = &twiggy {
            assert!(!twiggy.run(arguments).status.success(), "{arguments:?}");
        }
    }
}

#[test]
fn every_form_can_be_read_of_every_kind_of_file() {
    for file in [RUST, C, COMPONENT] {
        for command in COMMANDS {
            let json = Tool::ours().json(command, file);
            assert!(json.is_array() || json["items"].is_array(), "{file} {command:?}");
            let table = Tool::ours().answer(command, file, "text");
            let columns = headings(&table).len();
            let is_row = |line: &str| line.split('┊').count() == columns;
            assert!(table.lines().skip(2).all(is_row), "{file} {command:?}: {table}");
            let csv = csv_rows(&Tool::ours().answer(command, file, "csv"));
            assert!(csv.len() > 1 && csv[0].len() > 1, "{file} {command:?}");
        }
    }
}

#[test]
fn the_last_row_of_top_is_the_file() {
    for file in [RUST, C, COMPONENT] {
        let table = Tool::ours().answer(&["top", "-n", "3"], file, "text");
        let rows: Vec<Vec<&str>> = table.lines().skip(2).map(|line| line.split('┊').map(str::trim).collect()).collect();
        assert_eq!(rows.len(), 5, "{table}");
        assert!(rows[3][2].starts_with("... and ") && rows[3][2].ends_with(" more."), "{table}");
        assert_eq!(rows[4][..2], [size(file).to_string().as_str(), "100.00%"], "{table}");
        let sum: u64 = rows[..4].iter().map(|row| row[0].parse::<u64>().unwrap()).sum();
        assert_eq!(sum, size(file));
    }
}

#[test]
fn limits_hold_in_every_form() {
    let command = ["dominators", "-d", "1", "-r", "3"];
    let tree = Tool::ours().json(&command, RUST);
    let below = tree["items"][0]["children"].as_array().unwrap();
    assert_eq!(tree["items"][0]["name"], "<meta root>");
    assert_eq!(below.len(), 3);
    assert!(below.iter().all(|row| row.get("children").is_none()), "{below:?}");
    let sizes: Vec<u64> = below.iter().map(|row| row["retained_size"].as_u64().unwrap()).collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    let rows = csv_rows(&Tool::ours().answer(&command, RUST, "csv"));
    assert_eq!(rows[1][0], u64::MAX.to_string());
    // Headings, the host, three rows, what nothing reaches.
    assert_eq!(rows.len(), 6, "{rows:?}");
    assert!(rows[2..5].iter().all(|row| row[6] == rows[1][0]), "{rows:?}");
}

#[test]
fn a_path_leads_to_what_the_host_can_use() {
    let file = sample(RUST);
    let by_label = Tool::ours().text(&["paths", &file, "core::fmt::write", "-d", "50", "-f", "json"]);
    // As twiggy writes the name.
    let by_hash = Tool::ours().text(&["paths", &file, "core[c5930c85a12de822]::fmt::write", "-d50", "-f", "json"]);
    assert_eq!(by_label, by_hash);
    let entries: Value = serde_json::from_str(&by_label).unwrap();
    let users = entries[0]["callers"].as_array().unwrap();
    assert_eq!((entries.as_array().unwrap().len(), entries[0]["name"].as_str()), (1, Some("core::fmt::write")));
    assert!(!users.is_empty() && users.len() <= 10);
    let mut last = &users[0];
    while let Some(caller) = last["callers"].get(0) {
        assert_eq!(last["callers"].as_array().unwrap().len(), 1);
        last = caller;
    }
    assert!(last["name"].as_str().unwrap().starts_with("export "), "{last}");
}

#[test]
fn a_name_that_nobody_has_is_said() {
    let output = Tool::ours().run(["dominators", sample(RUST).as_str(), "no such name"]);
    assert!(output.status.success());
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("no item is called \"no such name\""));
}

#[test]
fn a_regular_expression_chooses_rows() {
    let file = sample(RUST);
    let table = Tool::ours().text(&["monos", &file, "--regex", "^core::ptr::drop_in_place", "-g"]);
    assert_eq!(table.lines().count(), 4, "{table}");
    let named = Tool::ours().text(&["monos", &file, "core::ptr::drop_in_place", "-g"]);
    assert_eq!(named, table);
}

#[test]
fn a_file_differs_from_itself_by_nothing() {
    let file = sample(RUST);
    let json = Tool::ours().text(&["diff", &file, &file, "-f", "json"]);
    assert_eq!(json.trim_end(), r#"[{"delta_bytes":0,"name":"Σ [0 Total Rows]"}]"#);
}

#[test]
fn the_output_goes_to_the_file_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("top.csv");
    let file = sample(C);
    let printed = Tool::ours().text(&["top", &file, "-f", "csv"]);
    assert_eq!(Tool::ours().text(&["top", &file, "-f", "csv", "-o", path.to_str().unwrap()]), "");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), printed);
}

/// Each function is used by the one before alone: a dominator tree as deep as the file has functions.
#[test]
fn a_tree_may_be_deep() {
    let count = 20_000;
    let mut module = "(module (func (export \"f\") call 1)".to_string();
    module.extend((2..count).map(|callee| format!("(func call {callee})")));
    module.push_str("(func))");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.wasm");
    std::fs::write(&path, wat::parse_str(&module).unwrap()).unwrap();
    let path = path.to_str().unwrap();
    let json = Tool::ours().text(&["dominators", path, "-f", "json"]);
    serde_json::from_str::<Box<RawValue>>(&json).unwrap();
    assert!(json.matches("\"children\":[").count() >= count - 1);
    let table = Tool::ours().text(&["dominators", path]);
    assert!(table.lines().count() > count && table.len() < count * 1000, "{}", table.len());
    // All ways from everywhere would be some two hundred million rows.
    let paths = Tool::ours().text(&["paths", path, "-d", "4294967295", "-f", "json"]);
    serde_json::from_str::<Box<RawValue>>(&paths).unwrap();
    assert!(paths.matches("\"name\"").count() <= 100_000);
}
