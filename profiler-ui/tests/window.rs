//! The real window, under a virtual display: the pictures of the documentation, text of other scripts, what is kept.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{SAMPLE, SAMPLE_NEXT};
use egui_kittest::SnapshotOptions;
use serde_json::json;

/// The app in a window of its own, with nothing kept from before.
struct Window {
    folder: tempfile::TempDir,
}

impl Window {
    fn new() -> Window {
        Window { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = Command::new("xvfb-run")
            .args(["-a", "-s", "-screen 0 1400x900x24", env!("CARGO_BIN_EXE_profiler-ui")])
            .args(arguments)
            .env("XDG_DATA_HOME", self.folder.path())
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .output()
            .expect("xvfb-run runs (tools/setup display)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// A picture of what these arguments show.
    fn picture(&self, arguments: &[&str], state: &serde_json::Value) -> image::RgbaImage {
        let file = self.file("picture.png");
        let (file, state) = (file.to_str().unwrap(), state.to_string());
        self.run(&[arguments, &["--screenshot", file, "--state", &state]].concat());
        image::open(file).unwrap().to_rgba8()
    }
}

/// A window of today's driver differs in a few pixels from yesterday's.
fn compare(picture: &image::RgbaImage, name: &str) {
    let options = SnapshotOptions::new().threshold(1.0).max_failed_pixels(4000);
    egui_kittest::image_snapshot_options(picture, name, &options);
}

#[test]
fn the_picture_of_the_documentation() {
    let state = json!({ "theme": "dark", "search": "crate:core", "sizes": { "group-by": "crate" } });
    let picture = Window::new().picture(&[SAMPLE, "--size", "1200x760"], &state);
    compare(&picture, "window_dark");
}

#[test]
fn two_builds_in_the_language_of_the_user() {
    let state = json!({ "theme": "light", "language": "spanish" });
    let window = Window::new();
    let picture = window.picture(&[SAMPLE_NEXT, "--compare", SAMPLE, "--size", "1200x760"], &state);
    compare(&picture, "window_light");
}

/// A module with one function of this name, larger than all else.
fn module(folder: &Path, name: &str) -> PathBuf {
    let body = "i32.const 7 drop ".repeat(400);
    let mut module = wat::parse_str(format!("(module (func (export \"run\") {body}))")).unwrap();
    let mut names = wasm_encoder::NameSection::new();
    let mut functions = wasm_encoder::NameMap::new();
    functions.append(0, name);
    names.functions(&functions);
    wasm_encoder::Section::append_to(&names, &mut module);
    let file = folder.join("names.wasm");
    std::fs::write(&file, module).unwrap();
    file
}

#[test]
fn names_in_other_scripts_are_shown() {
    let window = Window::new();
    let state = json!({ "theme": "light" });
    let picture = |name: &str| {
        let file = module(window.folder.path(), name);
        window.picture(&[file.to_str().unwrap(), "--size", "800x500"], &state)
    };
    // Where a sign has no shape, all look the same.
    for [one, other] in [["计算", "显示"], ["गणना", "दिखाओ"]] {
        let (one, other) = (picture(one), picture(other));
        let differing = one.pixels().zip(other.pixels()).filter(|(a, b)| a != b).count();
        assert!(differing > 20, "only {differing} pixels differ");
    }
}

#[test]
fn what_a_window_was_is_kept_until_the_next_start() {
    let window = Window::new();
    let kept = window.file("wasmrust/profiler-ui.json");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    std::fs::write(&kept, json!({ "theme": "dark", "language": "spanish" }).to_string()).unwrap();
    // A window is closed as a user does it: by its key.
    let script = r#""$0" --print-state "$1" & app=$!
        tries=0
        while kill -0 $app && [ $tries -lt 60 ]; do
            sleep 1
            for window in $(xdotool search --name WasmRust); do
                xdotool windowfocus "$window" key ctrl+q
            done
            tries=$((tries + 1))
        done
        kill -9 $app
        wait $app"#;
    let output = Command::new("xvfb-run")
        .args(["-a", "-s", "-screen 0 1400x900x24", "sh", "-c", script, env!("CARGO_BIN_EXE_profiler-ui"), SAMPLE])
        .env("XDG_DATA_HOME", window.folder.path())
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("xvfb-run and xdotool run (tools/setup display)");
    let said = String::from_utf8_lossy(&output.stdout);
    let state: serde_json::Value = serde_json::from_str(said.trim()).unwrap_or_else(|error| {
        panic!("{error}: {said} {}", String::from_utf8_lossy(&output.stderr));
    });
    assert_eq!(state["language"], "spanish");
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(kept).unwrap()).unwrap();
    assert_eq!(kept["theme"], "dark");
    assert!(kept["recent"][0].as_str().unwrap().ends_with("rust-markdown.wasm"), "{kept}");
}
