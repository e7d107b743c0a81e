//! The app as a user drives it: found by role and name, seen in pictures.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Bench, SAMPLE, SAMPLE_NEXT};
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use profiler_ui::state::State;

#[test]
fn an_empty_window_invites() {
    let mut bench = Bench::empty();
    bench.harness.get_by_label_contains("Drop a .wasm");
    bench.harness.get_by_label("Open a sample").click();
    bench.settle();
    assert_eq!(bench.state()["open"]["name"], "rust-markdown.wasm");
}

#[test]
fn a_choice_in_the_table_is_the_choice_everywhere() {
    let mut bench = Bench::open(SAMPLE);
    bench.harness.get_by_label("standard library").click();
    bench.settle();
    let selected = bench.state()["selected"].as_str().unwrap().to_string();
    assert!(selected.ends_with(" items"), "{selected}");
    bench.key(Modifiers::NONE, Key::Escape);
    assert!(bench.state()["selected"].is_null());
}

#[test]
fn breadcrumbs_and_keys_lead_in_and_out() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::NONE, Key::ArrowRight);
    bench.key(Modifiers::NONE, Key::Enter);
    let zoom = bench.state()["state"]["location"]["zoom"].clone();
    assert!(zoom.is_array(), "{}", bench.state());
    bench.key(Modifiers::NONE, Key::Backspace);
    assert!(bench.state()["state"]["location"]["zoom"].is_null());
    bench.key(Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(bench.state()["state"]["location"]["zoom"], zoom);
}

#[test]
fn a_search_counts_and_enter_walks_through_what_it_finds() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("kind:function fmt");
    bench.harness.get_by_label_contains(" matches · ");
    bench.key(Modifiers::NONE, Key::Enter);
    let first = bench.state()["selected"].clone();
    assert!(first.as_str().is_some_and(|name| name.contains("fmt")), "{}", bench.state());
    bench.key(Modifiers::NONE, Key::Enter);
    assert_ne!(bench.state()["selected"], first);
}

#[test]
fn enter_walks_through_what_a_search_finds_in_other_views_too() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::ALT, Key::Num6);
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("crate:markdown kind:function");
    let mut selected = Vec::new();
    for _ in 0..3 {
        bench.key(Modifiers::NONE, Key::Enter);
        selected.push(bench.state()["selected"].as_str().unwrap_or_default().to_string());
    }
    assert_eq!(bench.state()["state"]["focus"], "code");
    assert!(selected.iter().all(|name| name.contains("markdown")), "{selected:?}");
    selected.dedup();
    assert_eq!(selected.len(), 3, "{selected:?}");
}

/// What stands beside the picture in a large window leaves it room in a small one.
#[test]
fn a_window_that_shrinks_keeps_the_picture() {
    let mut bench = Bench::open(SAMPLE);
    for size in [[700.0, 700.0], [550.0, 700.0], [550.0, 400.0]] {
        bench.harness.set_size(size.into());
        bench.settle();
        let rect = bench.harness.get_by_label("treemap").rect();
        assert!(rect.width() > 100.0 && rect.height() > 30.0, "{size:?}: {rect}");
    }
}

#[test]
fn a_search_that_is_mended_is_not_complained_about_any_more() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("/[/");
    assert_eq!(bench.state()["notices"].as_array().unwrap().len(), 1, "{}", bench.state());
    bench.type_text(" fmt");
    bench.key(Modifiers::NONE, Key::Escape);
    assert_eq!(bench.state()["notices"], serde_json::json!([]));
}

/// The tree of who holds whom has all of the file: what a function has of its own, and what nothing holds.
#[test]
fn what_is_held_adds_up_to_the_file() {
    let bytes = std::fs::read(SAMPLE).unwrap();
    let length = bytes.len() as u64;
    let binary = profiler_ui::model::Binary::read("a.wasm", bytes.into(), &Default::default()).unwrap();
    let tree = binary.tree(profiler_ui::model::Grouping::Retained);
    let leaves = tree.ids().filter(|id| tree.node(*id).children.is_empty());
    assert_eq!(leaves.map(|id| tree.node(id).size_bytes).sum::<u64>(), length);
    for id in tree.ids().filter(|id| !tree.node(*id).children.is_empty()) {
        let below: u64 = tree.children(id).map(|child| tree.node(child).size_bytes).sum();
        assert_eq!(below, tree.node(id).size_bytes, "{}", tree.name(id));
    }
}

#[test]
fn a_shortcut_types_nothing() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("f");
    // As X11 has it: the digit is typed, too.
    let (key, modifiers) = (Key::Num2, Modifiers::ALT);
    bench.harness.input_mut().events.extend([
        egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers },
        egui::Event::Text("2".into()),
        egui::Event::Text("m".into()),
    ]);
    bench.settle();
    let state = bench.state();
    assert_eq!((&state["state"]["focus"], &state["state"]["search"]), (&"memory".into(), &"fm".into()), "{state}");
}

#[test]
fn a_broken_search_is_told_and_nothing_breaks() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("/a(/");
    bench.harness.get_by_label_contains("is no regular expression");
}

#[test]
fn the_palette_finds_commands_by_a_few_letters() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::COMMAND, Key::P);
    bench.type_text("dark");
    bench.key(Modifiers::NONE, Key::Enter);
    assert_eq!(bench.state()["state"]["theme"], "dark");
}

#[test]
fn a_link_leads_to_the_same_state() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::NONE, Key::ArrowRight);
    bench.key(Modifiers::NONE, Key::Enter);
    let link = bench.state()["link"].as_str().unwrap().to_string();
    let state = profiler_ui::state::State::parse(&link).unwrap();
    let mut again = Bench::with_state(state, &[SAMPLE]);
    assert_eq!(again.state()["state"], bench.state()["state"]);
    assert_eq!(again.state()["selected"], bench.state()["selected"]);
}

#[test]
fn files_that_are_nothing_are_told() {
    let mut bench = Bench::empty();
    bench.put("empty.wasm", Vec::new(), false);
    bench.put("notes.txt", b"hello".to_vec(), false);
    bench.put("broken.wasm", b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f".to_vec(), false);
    bench.settle();
    let notices = bench.state()["notices"].to_string();
    assert!(notices.contains("empty.wasm is empty"), "{notices}");
    assert!(notices.contains("notes.txt is none of what opens here"), "{notices}");
    assert!(notices.contains("broken.wasm"), "{notices}");
}

/// Two builds, one beside the other.
fn compared(state: &str) -> Bench {
    let mut bench = Bench::with_state(State::parse(state).unwrap(), &[SAMPLE_NEXT]);
    bench.put("before.wasm", std::fs::read(SAMPLE).unwrap(), true);
    bench.settle();
    bench
}

#[test]
fn two_builds_open_in_their_difference() {
    let mut bench = compared(r#"{"focus":"memory"}"#);
    assert_eq!(bench.state()["compared-with"], "before.wasm");
    assert!(bench.state()["state"]["focus"].is_null(), "the sizes are in front");
    bench.harness.get_by_role_and_label(egui::accesskit::Role::ComboBox, "Colour by: Diff");
    for column in ["Before", "After", "Diff ▼"] {
        bench.harness.get_by_role_and_label(egui::accesskit::Role::Button, column);
    }
    // The legend says what colours and hatches mean, and by how much.
    for change in ["New +", "Grown +", "Unchanged ", "Shrunk -", "Gone "] {
        assert!(bench.harness.query_all_by_label_contains(change).next().is_some(), "{change}");
    }
    // The whole is before, after and by how much.
    let [before, after] = [SAMPLE, SAMPLE_NEXT].map(|file| std::fs::metadata(file).unwrap().len());
    let delta = profiler_ui::widgets::signed(after as i64 - before as i64);
    let [before, after] = [before, after].map(profiler_ui::widgets::bytes);
    bench.harness.get_by_label(&format!("{before} → {after} ({delta})"));
    // Who wants another colour has it.
    bench.key(Modifiers::NONE, Key::Num2);
    assert_eq!(bench.state()["state"]["sizes"]["color"], "kind");
}

/// The tiles by their labels.
fn tiles(bench: &Bench) -> Vec<(String, egui::Rect)> {
    let tiles = bench.harness.query_all_by_role(egui::accesskit::Role::TreeItem);
    tiles.map(|tile| (tile.accesskit_node().label().unwrap(), tile.rect())).collect()
}

#[test]
fn what_is_gone_has_a_tile_where_it_was() {
    let mut bench = compared("{}");
    let gone = |bench: &Bench| -> Vec<(String, egui::Rect)> {
        tiles(bench).into_iter().filter(|(label, _)| label.contains(", Gone, ")).collect()
    };
    let shown = gone(&bench);
    assert!(shown.len() > 3, "{shown:?}");
    // A press chooses it: in the table, in the breadcrumbs and in the link.
    let (label, rect) = shown.iter().rfind(|(label, _)| label.contains("::")).unwrap();
    let name = label.split(", Gone, ").next().unwrap();
    bench.click_at(rect.center());
    assert_eq!(bench.state()["selected"], format!("{name} (Gone)"));
    assert!(bench.state()["state"]["location"]["selection"]["gone"].is_array(), "{}", bench.state());
    assert_eq!(bench.harness.query_all_by_label(name).count(), 2, "in the table and in the breadcrumbs");
    assert!(bench.harness.query_all_by_label_contains(" → Gone (-").next().is_some(), "the size beside them");
    let link = bench.state()["link"].as_str().unwrap().to_string();
    let mut again = compared(&State::parse(&link).unwrap().to_json().to_string());
    assert_eq!(again.state()["selected"], bench.state()["selected"]);
    // Keys walk over it as over any other tile, and lead to what it is in.
    bench.key(Modifiers::NONE, Key::ArrowLeft);
    assert_ne!(bench.state()["selected"], again.state()["selected"]);
    bench.key(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(bench.state()["selected"], again.state()["selected"]);
    bench.key(Modifiers::NONE, Key::Enter);
    assert!(bench.state()["state"]["location"]["zoom"].is_array(), "{}", bench.state());
    bench.key(Modifiers::NONE, Key::Num0);
    // Who asks for crates sees this build.
    bench.key(Modifiers::NONE, Key::Num1);
    assert!(gone(&bench).is_empty());
    assert_eq!(bench.state()["selected"], again.state()["selected"]);
    bench.key(Modifiers::NONE, Key::Num4);
    assert_eq!(gone(&bench), shown);
}

#[test]
fn what_is_gone_is_found_and_the_legend_leaves_it_its_colour() {
    let mut bench = compared("{}");
    bench.harness.get_by_label_contains("Gone -").click();
    bench.settle();
    assert_eq!(bench.state()["state"]["sizes"]["only"], "gone");
    bench.command("export svg");
    let svg = String::from_utf8(bench.saved().remove(0).1).unwrap();
    assert!(svg.contains("text-decoration=\"line-through\"") && svg.contains(", Gone, "));
    let hatches = |svg: &str, color: &str| svg.matches(&format!("stroke=\"{color}\"")).count();
    assert!(hatches(&svg, "#0072b2") > 0 && hatches(&svg, "#000000") == 0, "what is new is dimmed and not hatched");
    // A search for its name finds it, and Enter walks to it.
    let rows = bench.harness.query_all_by_label_contains(", Gone, ");
    let label = rows.filter_map(|tile| tile.accesskit_node().label()).find(|label| label.contains("::")).unwrap();
    let name = label.split(", Gone, ").next().unwrap();
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text(name.split(|c: char| !c.is_alphanumeric()).max_by_key(|word| word.len()).unwrap());
    assert!(bench.harness.query_all_by_label(name).next().is_some(), "the table lists it");
    let is_gone = |bench: &mut Bench| bench.state()["selected"].as_str().is_some_and(|name| name.ends_with(" (Gone)"));
    for _ in 0..200 {
        bench.harness.key_press(Key::Enter);
        bench.harness.run_steps(2);
        if is_gone(&mut bench) {
            break;
        }
    }
    assert!(is_gone(&mut bench), "{}", bench.state());
}

#[test]
fn what_is_saved_of_two_builds_adds_up() {
    let mut bench = compared("{}");
    bench.command("export csv");
    let [(name, bytes)] = &bench.saved()[..] else { panic!("one file") };
    assert_eq!(name, "sizes.csv");
    let mut sums = [0i64; 3];
    let mut rows = csv::Reader::from_reader(&bytes[..]);
    let mut places = std::collections::HashSet::new();
    for row in rows.records() {
        let row = row.unwrap();
        for (sum, at) in sums.iter_mut().zip(2..) {
            *sum += row[at].parse::<i64>().unwrap_or(0);
        }
        places.insert(row[0].to_string());
    }
    let [before, after] = [SAMPLE, SAMPLE_NEXT].map(|file| std::fs::metadata(file).unwrap().len() as i64);
    assert_eq!(sums, [after, before, after - before]);
    assert!(places.len() > 5, "headings that are folded are in it, too");
    bench.command("export json");
    let saved = bench.saved();
    let json: serde_json::Value = serde_json::from_slice(&saved[0].1).unwrap();
    let rows = json["rows"].as_array().unwrap();
    let leaves = rows.iter().filter(|row| row["is_heading"] == false);
    assert_eq!(leaves.map(|row| row["delta_bytes"].as_i64().unwrap()).sum::<i64>(), after - before);
    let heading = rows.iter().find(|row| row["name"] == "standard library").unwrap();
    assert!(heading["before_bytes"].as_u64().unwrap() > 0, "{heading}");
}

#[test]
fn a_tile_that_is_chosen_is_unfolded_in_the_table_and_named_in_the_breadcrumbs() {
    let mut bench = Bench::open(SAMPLE);
    // A tile of some depth is pressed, and its row is there and marked.
    let tiles = bench.harness.query_all_by_role(egui::accesskit::Role::TreeItem);
    let labels: Vec<(String, egui::Rect)> =
        tiles.map(|tile| (tile.accesskit_node().label().unwrap(), tile.rect())).collect();
    let (label, rect) = labels.iter().find(|(label, _)| label.contains("::")).unwrap();
    let name = label.rsplit_once(", ").unwrap().0.to_string();
    assert!(bench.harness.query_by_label(&name).is_none(), "its heading is folded");
    bench.click_at(rect.center());
    let state = bench.state();
    assert_eq!(state["selected"], name.as_str());
    let rows = bench.harness.query_all_by_label(&name).count();
    assert!(rows >= 2, "in the table and in the breadcrumbs: {rows}");
    let folds: Vec<String> =
        bench.harness.query_all_by_label_contains("Fold ").filter_map(|node| node.accesskit_node().label()).collect();
    assert!(!folds.is_empty());
    // Folding what it is in leaves the choice to that.
    let heading = folds.last().unwrap().strip_prefix("Fold ").unwrap().to_string();
    bench.harness.get_by_role_and_label(egui::accesskit::Role::Button, folds.last().unwrap()).click();
    bench.settle();
    assert!(bench.state()["selected"].as_str().unwrap().ends_with(" items"), "{}", bench.state());
    assert!(bench.harness.query_by_label(&name).is_none());
    assert!(bench.harness.query_all_by_label(&heading).count() >= 2, "the breadcrumbs name it");
    bench.harness.get_by_label(&format!("Unfold {heading}")).click();
    bench.settle();
    assert!(bench.state()["state"]["sizes"]["unfolded"].is_array(), "{}", bench.state());
    assert!(bench.harness.query_by_label(&name).is_some());
}

#[test]
fn a_choice_elsewhere_leads_out_of_what_fills_the_chart() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::NONE, Key::ArrowRight);
    bench.key(Modifiers::NONE, Key::Enter);
    let zoom = bench.state()["state"]["location"]["zoom"].clone();
    assert!(zoom.is_array());
    // Up to what fills the chart, and to the heading beside it.
    bench.key(Modifiers::NONE, Key::ArrowRight);
    assert!(bench.state()["state"]["location"]["zoom"].is_null(), "{}", bench.state());
}

#[test]
fn where_the_camera_is_and_the_scale_are_in_the_link() {
    let mut bench = Bench::open(SAMPLE);
    bench.hold(Key::W, 20);
    let camera = bench.state()["state"]["sizes"]["camera"].clone();
    assert!(camera.is_array(), "{}", bench.state());
    bench.key(Modifiers::COMMAND, Key::Plus);
    let state = bench.state()["state"].clone();
    assert_eq!(state["scale"], 1.1);
    let link = bench.state()["link"].as_str().unwrap().to_string();
    let mut again = Bench::with_state(State::parse(&link).unwrap(), &[SAMPLE]);
    assert_eq!(again.state()["state"], bench.state()["state"]);
    assert!((again.harness.ctx.zoom_factor() - 1.1).abs() < 1e-6);
    // To fit forgets it.
    bench.key(Modifiers::NONE, Key::Num0);
    bench.harness.run_steps(60);
    assert!(bench.state()["state"]["sizes"]["camera"].is_null(), "{}", bench.state());
}

#[test]
fn a_picture_in_light() {
    Bench::with_state(themed("light"), &[SAMPLE]).harness.snapshot("sizes_light");
}

#[test]
fn a_picture_in_dark() {
    Bench::with_state(themed("dark"), &[SAMPLE]).harness.snapshot("sizes_dark");
}

fn themed(theme: &str) -> profiler_ui::state::State {
    profiler_ui::state::State::parse(&format!("{{\"theme\":\"{theme}\"}}")).unwrap()
}

#[test]
fn a_picture_of_two_builds() {
    compared(r#"{"theme":"light"}"#).harness.snapshot("sizes_compared_light");
}

#[test]
fn a_picture_at_twice_the_scale() {
    Bench::scaled(State::default(), &[SAMPLE], [640.0, 480.0], 2.0).harness.snapshot("sizes_at_2");
}

#[test]
fn a_picture_at_one_and_a_half_of_the_scale() {
    Bench::scaled(State::default(), &[SAMPLE], [640.0, 480.0], 1.5).harness.snapshot("sizes_at_1.5");
}

#[test]
fn files_that_were_open_before_are_offered() {
    let mut bench = Bench::empty();
    bench.set_recent(&[SAMPLE]);
    bench.harness.get_by_label("rust-markdown.wasm").click();
    bench.settle();
    assert_eq!(bench.state()["open"]["name"], "rust-markdown.wasm");
    assert_eq!(bench.recent()[0], std::path::Path::new(SAMPLE));
}

#[test]
fn back_leads_out_of_a_zoom_into_time() {
    let folded = "main;a 10\nmain;b 20\nmain;b;c 30\n";
    let mut bench = Bench::empty();
    bench.put("run.folded", folded.into(), false);
    bench.key(Modifiers::NONE, Key::L);
    assert_eq!(bench.state()["state"]["time"]["chart"], "left-heavy");
    bench.key(Modifiers::NONE, Key::W);
    bench.key(Modifiers::NONE, Key::W);
    assert!(bench.state()["state"]["time"]["zoom"].is_array(), "{}", bench.state());
    bench.key(Modifiers::ALT, Key::ArrowLeft);
    bench.key(Modifiers::ALT, Key::ArrowLeft);
    assert!(bench.state()["state"]["time"]["zoom"].is_null(), "{}", bench.state());
    bench.key(Modifiers::ALT, Key::ArrowRight);
    assert!(bench.state()["state"]["time"]["zoom"].is_array(), "{}", bench.state());
}

#[test]
fn a_line_of_the_source_leads_to_its_functions() {
    const CALC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/c-calc/c-calc.wasm");
    let bytes = std::fs::read(CALC).unwrap();
    let map = wasm_binary::Map::parse(&bytes).unwrap();
    let (sources, _) = wasm_analyzer::source::Sources::open(&map);
    let (_, item) = map.iter().find(|(id, _)| map.name(*id).is_some_and(|name| name == "unary")).unwrap();
    let place = (item.start..item.end).find_map(|at| sources.places(&map, at).pop()).unwrap();
    let line = serde_json::json!({ "file": place.file, "line": place.line });
    let state = serde_json::json!({ "location": { "selection": { "line": line } } });
    let mut bench = Bench::with_state(State::parse(&state.to_string()).unwrap(), &[CALC]);
    assert_eq!(bench.state()["selected"], "unary");
}

/// Once all is drawn nobody asks for another frame: an app that stands open costs nothing.
#[test]
fn no_frame_is_asked_for_when_nothing_happens() {
    let mut bench = Bench::open(SAMPLE);
    for view in [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6] {
        bench.key(Modifiers::ALT, view);
        // What moves, moves for less than a second.
        bench.harness.run_steps(80);
        assert!(!bench.harness.ctx.has_requested_repaint(), "{view:?}: {:?}", bench.harness.ctx.repaint_causes());
    }
}

#[test]
fn a_list_that_is_open_takes_the_keys() {
    let mut bench = Bench::open(SAMPLE);
    bench.harness.get_by_label_contains("Colour by: ").click();
    bench.settle();
    bench.key(Modifiers::NONE, Key::ArrowDown);
    // The treemap behind it would have chosen a tile, or another colour.
    bench.key(Modifiers::NONE, Key::Num5);
    assert!(bench.state()["selected"].is_null(), "{}", bench.state());
    assert!(bench.state()["state"]["sizes"].is_null(), "{}", bench.state());
    bench.key(Modifiers::NONE, Key::Enter);
    assert_eq!(bench.state()["state"]["sizes"]["color"], "kind");
    assert!(bench.harness.query_by_label("Generic family").is_none(), "the list is closed");
    // And again without the mouse; Escape leaves all as it was.
    bench.key(Modifiers::NONE, Key::Enter);
    bench.harness.get_by_label("Generic family");
    bench.key(Modifiers::NONE, Key::End);
    bench.key(Modifiers::NONE, Key::Escape);
    assert!(bench.harness.query_by_label("Generic family").is_none(), "the list is closed");
    assert_eq!(bench.state()["state"]["sizes"]["color"], "kind");
    bench.key(Modifiers::NONE, Key::Space);
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.key(Modifiers::NONE, Key::Space);
    assert_eq!(bench.state()["state"]["sizes"]["color"], "generic");
}

#[test]
fn escape_clears_the_search_and_keeps_the_choice() {
    let mut bench = Bench::open(SAMPLE);
    bench.harness.get_by_label("standard library").click();
    bench.settle();
    let selected = bench.state()["selected"].clone();
    assert!(selected.is_string());
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("fmt");
    assert_eq!(bench.state()["state"]["search"], "fmt");
    bench.key(Modifiers::NONE, Key::Escape);
    assert!(bench.state()["state"]["search"].is_null(), "{}", bench.state());
    assert_eq!(bench.state()["selected"], selected);
    bench.key(Modifiers::NONE, Key::Escape);
    assert!(bench.state()["selected"].is_null());
    // The palette is left at once.
    bench.key(Modifiers::COMMAND, Key::P);
    bench.harness.get_by_label("Command palette");
    bench.key(Modifiers::NONE, Key::Escape);
    assert!(bench.harness.query_by_label("Command palette").is_none());
}

#[test]
fn the_list_of_keys_scrolls_by_keys() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::SHIFT, Key::Questionmark);
    let top = |bench: &Bench| bench.harness.get_by_label("Open…").rect().top();
    let first = top(&bench);
    bench.key(Modifiers::NONE, Key::PageDown);
    bench.settle();
    assert!(top(&bench) < first - 200.0, "{} {first}", top(&bench));
    bench.key(Modifiers::NONE, Key::Home);
    bench.settle();
    assert!((top(&bench) - first).abs() < 1.0, "{} {first}", top(&bench));
    assert!(bench.state()["selected"].is_null(), "the treemap behind it did not walk");
    bench.key(Modifiers::NONE, Key::Escape);
    assert!(bench.harness.query_by_label("Keyboard shortcuts").is_none());
}

#[test]
fn two_programs_are_no_two_builds() {
    let mut bench = Bench::open(SAMPLE);
    bench.put("next.wasm", std::fs::read(SAMPLE_NEXT).unwrap(), true);
    bench.settle();
    assert_eq!(bench.state()["notices"], serde_json::json!([]));
    let other = wat::parse_str("(module (func $alone (param i32) (result i32) i32.const 1 i32.const 2 i32.add local.get 0 i32.mul i32.const 77 i32.xor i32.const 13 i32.rotl))").unwrap();
    bench.put("other.wasm", other, true);
    bench.settle();
    bench.harness.get_by_label_contains("look like two different programs: only 0 % of the code");
}
