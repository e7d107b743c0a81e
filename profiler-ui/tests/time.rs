//! The view of time as a user drives it.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Bench, SAMPLE};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../toolchain/profile/tests/files/");

const RUN: &str = "main;parse 20\nmain;render;layout 30\nmain;render;draw;fill 35\nmain;parse;tokens 15\n";
const RUN_BEFORE: &str = "main;parse 45\nmain;render;layout 30\nmain;render;draw;fill 10\nmain;old 15\n";

fn file(name: &str) -> String {
    format!("{FILES}{name}")
}

fn with_run(state: &str) -> Bench {
    let mut bench = Bench::with_state(profiler_ui::state::State::parse(state).unwrap(), &[]);
    bench.put("run.folded", RUN.into(), false);
    bench
}

#[test]
fn a_profile_shows_itself_and_its_function_is_the_choice_everywhere() {
    let mut bench = with_run("{}");
    let state = bench.state();
    assert_eq!((&state["profile"]["samples"], &state["state"]["focus"]), (&4.into(), &"time".into()), "{state}");
    bench.harness.get_by_label("layout, 30").hover();
    bench.key(Modifiers::NONE, Key::L);
    assert_eq!(bench.state()["state"]["time"]["chart"], "left-heavy");
    bench.harness.get_by_label("Functions").click();
    bench.settle();
    // The first is in the legend.
    bench.harness.get_all_by_label("fill").last().unwrap().click();
    bench.settle();
    assert_eq!(bench.state()["selected"], "fill");
}

#[test]
fn a_function_of_the_profile_is_the_item_of_the_program_and_back() {
    let mut bench = Bench::with_state(Default::default(), &[&file("work.wasm"), &file("wasmtime.json")]);
    let state = bench.state();
    assert!(state["profile"]["matched"].as_u64().is_some_and(|found| found > 0), "{state}");
    bench.key(Modifiers::NONE, Key::L);
    bench.harness.get_by_label("Functions").click();
    bench.settle();
    bench.key(Modifiers::NONE, Key::ArrowRight);
    bench.key(Modifiers::NONE, Key::ArrowDown);
    let state = bench.state();
    let name = state["state"]["location"]["selection"]["function"].as_str().unwrap().to_string();
    assert!(state["selected"].as_str().is_some_and(|item| item.contains(&name)), "{state}");
}

#[test]
fn keys_change_the_chart_zoom_and_lead_back() {
    let mut bench = with_run("{}");
    let time = |bench: &mut Bench| bench.state()["state"]["time"].clone();
    bench.key(Modifiers::NONE, Key::ArrowRight);
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.key(Modifiers::NONE, Key::Enter);
    assert!(time(&mut bench)["zoom"].is_array());
    bench.key(Modifiers::NONE, Key::Num0);
    assert!(time(&mut bench)["zoom"].is_null());
    bench.key(Modifiers::NONE, Key::N);
    assert_eq!(time(&mut bench)["chart"], "sandwich");
    let middle = time(&mut bench)["function"].clone();
    assert_eq!(middle, bench.state()["selected"]);
    bench.key(Modifiers::NONE, Key::T);
    assert!(time(&mut bench)["chart"].is_null());
}

#[test]
fn a_part_of_the_time_counts_alone() {
    let mut bench = with_run(r#"{"time":{"range":[0,20]}}"#);
    bench.harness.get_by_label("1 samples · 20 samples");
    bench.harness.get_by_label("Whole time").click();
    bench.settle();
    bench.harness.get_by_label("4 samples · 100 samples");
}

#[test]
fn a_search_says_how_much_it_finds() {
    let bench = with_run(r#"{"search":"render"}"#);
    bench.harness.get_by_label("1 matches · 65 (65.0 %)");
}

#[test]
fn two_runs_are_compared() {
    let mut bench = with_run("{}");
    bench.put("before.folded", RUN_BEFORE.into(), true);
    bench.key(Modifiers::NONE, Key::X);
    bench.harness.get_by_label("Functions").click();
    bench.settle();
    bench.harness.get_by_label("+25.0 %");
    bench.harness.get_by_label("-25.0 %");
}

#[test]
fn a_profile_of_another_program_is_told() {
    let mut bench = Bench::with_state(Default::default(), &[SAMPLE, &file("wasmtime.json")]);
    let notices = bench.state()["notices"].to_string();
    assert!(notices.contains("is of another build than rust-markdown.wasm"), "{notices}");
    bench.harness.get_by_label("profile of another build");
}

#[test]
fn a_broken_profile_is_told() {
    let mut bench = Bench::empty();
    bench.put("broken.cpuprofile", b"{\"nodes\": [7]}".to_vec(), false);
    bench.put("broken.folded", b"main;a 3\nmain;b\n".to_vec(), false);
    let notices = bench.state()["notices"].to_string();
    assert!(notices.contains("broken.cpuprofile") && notices.contains("line 2"), "{notices}");
}

#[test]
fn a_link_leads_to_the_same_state() {
    let mut bench = with_run("{}");
    bench.key(Modifiers::NONE, Key::L);
    bench.key(Modifiers::NONE, Key::ArrowRight);
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.key(Modifiers::NONE, Key::Enter);
    let link = bench.state()["link"].as_str().unwrap().to_string();
    let mut again = with_run(&link);
    assert_eq!(again.state()["state"], bench.state()["state"]);
}

#[test]
fn heat_colours_the_sizes() {
    let mut bench = Bench::with_state(Default::default(), &[&file("work.wasm"), &file("wasmtime.json")]);
    bench.key(Modifiers::ALT, Key::Num1);
    bench.key(Modifiers::NONE, Key::Num5);
    assert_eq!(bench.state()["state"]["sizes"]["color"], "heat");
}

#[test]
fn a_picture_in_light() {
    picture("light").harness.snapshot("time_light");
}

#[test]
fn a_picture_in_dark() {
    picture("dark").harness.snapshot("time_dark");
}

fn picture(theme: &str) -> Bench {
    let state = profiler_ui::state::State::parse(&format!(r#"{{"theme":"{theme}"}}"#)).unwrap();
    Bench::with_state(state, &[&file("work.wasm"), &file("node-named.cpuprofile")])
}

#[test]
fn a_second_run_is_compared_with_the_first() {
    let mut bench = Bench::empty();
    bench.put("before.folded", b"main;parse 30\nmain;draw 10\n".to_vec(), false);
    bench.settle();
    bench.put("after.folded", b"main;parse 10\nmain;draw 10\n".to_vec(), false);
    bench.settle();
    assert_eq!(bench.state()["profile"]["name"], "after.folded");
    bench.harness.get_by_label_contains("after.folded is compared with before.folded");
    bench.key(egui::Modifiers::NONE, egui::Key::X);
    bench.settle();
    assert_eq!(bench.state()["state"]["time"]["chart"], "difference");
}
