//! Names of a hostile binary in documents that others open, and inputs of the action: text, whatever they say.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::path::Path;
use std::process::Command;

/// Markup of every document, in the names of functions, exports, segments and sections.
const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "]]></title><script>x</script>&amp;\\22 onload=\\22x",
    "``` | @everyone ![x](https://example.com/x.png)",
    "`` <!-- wasm-size --> #1 | | **b**",
    "javascript:alert(1)",
    "=cmd|' /C calc'!A0",
];

const FILE: &str = "a b`<i>|@x#1?&.wasm";

fn report(format: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("(module (memory 1)");
    for (at, name) in HOSTILE.iter().enumerate() {
        text += &format!(
            "(func (@name \"{name}\") (export \"{name}\") (drop (i32.const {at}))) (@custom \"{name}\" \"{}\")
             (data (@name \"{name}\") (i32.const {at}000) \"{}\")",
            "x".repeat(500),
            "y\\00".repeat(500),
        );
    }
    let mut bytes = wat::parse_str(text + ")").unwrap_or_else(|e| panic!("{e}"));
    // Damaged, so that this is reported too.
    bytes.extend([0, 100, 8]);
    bytes.extend(b"<b>``|@x");
    std::fs::write(folder.path().join(FILE), bytes).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasm-size"));
    let done = command.args(["report", FILE, "--format", format]).current_dir(folder.path()).output().unwrap();
    assert_eq!(done.status.code(), Some(2), "the damage is said: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// What is outside code spans (CommonMark §6.1): a run of backticks opens one, the next run as long closes it.
fn outside_code(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = rest.len() - rest.trim_start_matches('`').len();
        let mut after = &rest[length..];
        loop {
            let next = after.find('`').unwrap_or_else(|| panic!("a code span is not closed: {line}"));
            let run = after[next..].len() - after[next..].trim_start_matches('`').len();
            after = &after[next + run..];
            if run == length {
                break;
            }
        }
        rest = after;
    }
    outside + rest
}

#[test]
fn names_stay_in_code_spans_in_markdown() {
    let text = report("markdown");
    assert!(HOSTILE.iter().any(|name| text.contains(&name[..10])), "{text}");
    for line in text.lines() {
        let outside = outside_code(line);
        assert!(!outside.contains(['<', '>', '@', '[', '!', '&']), "{line}");
        // Borders of cells that no backslash takes out.
        let cells = line.replace("\\|", "").matches('|').count();
        assert!(cells == 0 || outside.replace("\\|", "").matches('|').count() == cells, "{line}");
    }
}

#[test]
fn names_are_text_in_svg() {
    let svg = report("svg");
    assert!(svg.contains("&lt;script&gt;"), "{svg}");
    let known = ["svg", "g", "rect", "title", "text"];
    for tag in svg.split('<').skip(1) {
        let name = tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
        assert!(known.contains(&name), "<{tag}");
        // Attributes are those that are drawn with.
        let inside = tag.split('>').next().unwrap();
        assert!(!inside.contains("onload") && !inside.contains("href"), "<{tag}");
    }
    for entity in svg.split('&').skip(1) {
        assert!(["lt;", "gt;", "amp;", "quot;"].iter().any(|known| entity.starts_with(known)), "&{entity}");
    }
}

#[test]
fn a_file_name_is_no_address_in_sarif() {
    let log: serde_json::Value = serde_json::from_str(&report("sarif")).unwrap();
    let run = &log["runs"][0];
    let mut uris = vec![&run["artifacts"][0]["location"]["uri"]];
    for result in run["results"].as_array().unwrap() {
        uris.push(&result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]);
    }
    assert!(uris.len() > 1, "there is damage");
    assert!(uris.iter().all(|uri| *uri == "a%20b%60%3Ci%3E%7C%40x%231%3F%26.wasm"), "{uris:?}");
}

/// Inputs are no text of a script, and are not run; a pull request writes no history.
#[test]
fn inputs_of_the_action_are_not_run() {
    let action = std::fs::read_to_string(common::root().join("action.yml")).unwrap();
    let scripts: Vec<&str> = action.lines().filter(|line| line.trim_start().starts_with("run:")).collect();
    assert!(scripts.len() > 3 && scripts.iter().all(|line| !line.contains("${{")), "{scripts:?}");
    assert!(scripts.iter().all(|line| line.contains("tools/action")), "all scripts are there: {scripts:?}");
    if !common::has_tool("bash") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("root/bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_wasm-size"), at("root/bin/wasm-size")).unwrap();
    let file = "$(touch ran)`touch ran`; touch ran #.wasm";
    std::fs::write(at(file), common::sample("component-words/component-words.wasm").bytes).unwrap();
    let report = |args: &str| {
        let mut command = Command::new("bash");
        command.arg(common::root().join("tools/action")).arg("report").current_dir(folder.path());
        command.env("ROOT", at("root")).env("RUNNER_TEMP", folder.path()).env("GITHUB_EVENT_NAME", "pull_request");
        command.env("GITHUB_OUTPUT", at("output")).env("GITHUB_STEP_SUMMARY", at("summary"));
        command.env("FILE", file).env("HISTORY", "history.jsonl").env("ARGS", args).output().unwrap()
    };
    let done = report("");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let is_there = |name: &str| Path::new(&at(name)).exists();
    assert!(is_there("wasm-size-report/report.html") && is_there("summary"));
    assert!(!report("$(touch ran) ; touch ran").status.success(), "nonsense is an error");
    assert!(!is_there("ran") && !is_there("history.jsonl"));
}
