//! What each command prints on the samples, as text and as JSON, whole and byte for byte: `tests/snapshots` has it. A
//! change of the output shows as a change of these files: `INSTA_UPDATE=always cargo test -p wasm-analyzer --test
//! snapshots` writes them. In CI (`CI=true`) nothing is written, and a snapshot that is missing is a failure.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const RUST: &str = "samples/rust-markdown/rust-markdown.wasm";
const RUST_NEXT: &str = "samples/rust-markdown/rust-markdown-next.wasm";
const C: &str = "samples/c-calc/c-calc.wasm";
const COMPONENT: &str = "samples/component-words/component-words.wasm";

const BUDGETS: &str = r#"
[budget]
total = "1 MB"
gzip = "190 KB"
growth = "1 %"

[budget.crates]
dlmalloc = "8 KB"
serde_json = "100 KB"

[budget.items]
"core::fmt::write" = "10 KB"
"app::render" = 20000
"#;

/// A folder with the samples and what commands read beside them, and nothing else.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").canonicalize().unwrap();
        for file in [RUST, RUST_NEXT, C, COMPONENT] {
            let to = folder.path().join(file);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(samples.parent().unwrap().join(file), to).unwrap();
        }
        std::fs::write(folder.path().join("budgets.toml"), BUDGETS).unwrap();
        std::fs::write(folder.path().join("not-wasm.wasm"), "hello, world").unwrap();
        let damaged = std::fs::read(samples.join("c-calc/c-calc.wasm")).unwrap();
        std::fs::write(folder.path().join("damaged.wasm"), &damaged[..100_000]).unwrap();
        Folder(folder)
    }

    /// What a command line does: standard output, standard error, exit code.
    fn run(&self, line: &str) -> String {
        // What stands between quotes is one argument.
        let args = line.split('\'').enumerate().flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        // Nothing of the machine, and nothing of a CI job that runs this.
        let done = Command::new(env!("CARGO_BIN_EXE_wasm-size"))
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .output()
            .unwrap();
        let mut text = format!("$ wasm-size {line}\n{}", String::from_utf8(done.stdout).unwrap());
        if !done.stderr.is_empty() {
            write!(text, "--- standard error\n{}", String::from_utf8(done.stderr).unwrap()).unwrap();
        }
        writeln!(text, "--- exit code {}", done.status.code().unwrap()).unwrap();
        text
    }
}

/// Holds the output of some command lines, one after the other, against the snapshot of this name.
fn hold(name: &str, lines: &[String]) {
    let folder = Folder::new();
    let text: Vec<String> = lines.iter().map(|line| folder.run(line)).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text.join("\n")));
}

/// Command lines as text, and again as JSON.
fn hold_both(name: &str, lines: &[&str]) {
    hold(name, &lines.iter().map(ToString::to_string).collect::<Vec<_>>());
    hold(&format!("{name}-json"), &lines.iter().map(|line| format!("{line} --json")).collect::<Vec<_>>());
}

fn hold_text(name: &str, lines: &[&str]) {
    hold(name, &lines.iter().map(ToString::to_string).collect::<Vec<_>>());
}

#[test]
fn overview() {
    hold_text("overview", &[RUST, C, COMPONENT, &format!("{RUST} --charge-debug --no-compress"), "damaged.wasm"]);
    hold_text("overview-json", &[&format!("{C} --json")]);
}

#[test]
fn tree() {
    let by = |by: &str, file: &str| format!("tree {file} --by {by} --depth 2 -n 3");
    let mut lines: Vec<String> = ["section", "crate", "kind", "generic", "source"].map(|b| by(b, RUST)).into();
    lines.push(by("section", COMPONENT));
    lines.push(format!("tree {RUST} --filter markdown -n 4"));
    lines.push(format!("tree {RUST} --filter nothing-has-this-name"));
    hold_both("tree", &lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn top() {
    hold_both(
        "top",
        &[
            &format!("top {RUST} -n 5"),
            &format!("top {RUST} --by retained -n 5"),
            &format!("top {C} --by gzip -n 5"),
            &format!("top {RUST} --filter '(?i)MARKDOWN' -n 3 --width 60"),
            &format!("top {RUST} --filter nothing-has-this-name"),
        ],
    );
}

#[test]
fn why() {
    hold_both(
        "why",
        &[
            &format!("why {RUST} core::fmt::write -n 3"),
            &format!("why {RUST} drop_in_place --items 1 -n 1"),
            &format!("why {C} 'function 20'"),
            &format!("why {COMPONENT} memory --items 0"),
            &format!("why {RUST} '#3' -n 2"),
            &format!("why {RUST} no::such::item"),
        ],
    );
}

#[test]
fn retained() {
    hold_both(
        "retained",
        &[
            &format!("retained {RUST} -n 4"),
            &format!("retained {C} main --depth 2 -n 4"),
            &format!("retained {RUST} fmt"),
        ],
    );
}

#[test]
fn crates() {
    hold_both("crates", &[&format!("crates {RUST}"), &format!("crates {COMPONENT} -n 2"), &format!("crates {C}")]);
}

#[test]
fn source() {
    hold_both(
        "source",
        &[
            &format!("source {RUST} -n 4 --lines 2"),
            &format!("source {RUST} -n 4 --lines 1 --filter src/block"),
            &format!("source {RUST} --inlined -n 4"),
            &format!("source {RUST} --filter nothing-has-this-name"),
        ],
    );
}

#[test]
fn generics() {
    hold_both(
        "generics",
        &[
            &format!("generics {RUST} -n 4 --instances 2"),
            &format!("generics {C} -n 4"),
            &format!("generics {RUST} -n 1 --filter nothing-has-this-name"),
        ],
    );
}

#[test]
fn transfer() {
    hold_both("transfer", &[&format!("transfer {RUST} -n 5"), &format!("transfer {C} -n 5 --gzip 1 --brotli 9")]);
}

#[test]
fn garbage() {
    hold_both("garbage", &[&format!("garbage {RUST}"), &format!("garbage {C}"), &format!("garbage {COMPONENT} -n 8")]);
}

#[test]
fn diff() {
    hold_both(
        "diff",
        &[
            &format!("diff {RUST} {RUST_NEXT} -n 8 --compress"),
            &format!("diff {RUST} {RUST}"),
            &format!("diff {RUST} {COMPONENT} -n 3"),
        ],
    );
}

#[test]
fn check() {
    hold_both(
        "check",
        &[
            &format!("check {RUST_NEXT} --config budgets.toml --base {RUST}"),
            &format!("check {C} --config budgets.toml"),
            &format!("check {C}"),
        ],
    );
}

#[test]
fn report() {
    let report = |format: &str| format!("report {C} --format {format}");
    hold_text(
        "report",
        &[&format!("report {RUST_NEXT} --base {RUST}"), &format!("report {RUST_NEXT} --base {RUST} --format markdown")],
    );
    hold_text("report-formats", &[&report("csv"), &report("svg"), &report("sarif")]);
}

#[test]
fn comment() {
    hold_text(
        "comment",
        &[
            &format!("comment {RUST_NEXT} --base {RUST} --config budgets.toml --dry-run"),
            &format!("comment {C} --dry-run"),
        ],
    );
}

#[test]
fn history() {
    let add =
        |label: &str, file: &str| format!("history add {file} --history h.jsonl --commit {label} --date 2026-04-14");
    hold_text(
        "history",
        &[
            &add("5f2c1e9", C),
            "history show c-calc.wasm --history h.jsonl",
            "history show c-calc.wasm --history h.jsonl --json",
            "history show other.wasm --history h.jsonl",
        ],
    );
}

#[test]
fn insights() {
    hold_both(
        "insights",
        &[
            &format!("insights {RUST} -n 3"),
            &format!("insights {C} -n 20 --evidence 1"),
            &format!("insights {RUST} --only two-versions-of-a-crate"),
        ],
    );
}

#[test]
fn twiggy() {
    let formats = ["text", "csv", "json"].map(|format| format!("twiggy top -n 3 -f {format} {RUST}"));
    hold("twiggy", &formats);
}

#[test]
fn help() {
    let commands = ["", "tree ", "top ", "why ", "retained ", "crates ", "source ", "generics ", "transfer ", "diff "];
    let more = ["check ", "report ", "comment ", "history ", "history add ", "history show ", "garbage ", "insights "];
    let lines: Vec<String> = commands.iter().chain(&more).map(|command| format!("{command}--help")).collect();
    hold("help", &lines);
}

#[test]
fn errors() {
    hold_text(
        "errors",
        &[
            "not-wasm.wasm",
            "top not-there.wasm",
            "samples",
            &format!("tpo {C}"),
            "insight",
            "frobnicate",
            "help nope",
            &format!("--json tpo {C}"),
            &format!("--no-compress top {C}"),
            &format!("top {C} --limit"),
            &format!("top {C} --filter '('"),
            &format!("source {COMPONENT} --source-map budgets.toml"),
            "tree damaged.wasm --depth 1",
        ],
    );
}

/// A command that is added has a snapshot, or this fails.
#[test]
fn every_command_has_a_snapshot() {
    let help = Folder::new().run("--help");
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    for line in commands.lines() {
        let command = line.split_whitespace().next().unwrap();
        assert!(snapshots.join(format!("{command}.snap")).is_file(), "no snapshot of `{command}`");
    }
}
