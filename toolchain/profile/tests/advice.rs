//! Each kind of advice on time is given where it is true of a program that was recorded, and not where it is not.
#![allow(clippy::unwrap_used, missing_docs)]

use wasm_advice::{Advice, Unit};
use wasm_binary::{ItemKind, Map};
use wasm_profile::advice::{advice, kinds};
use wasm_profile::{Match, open};

const BUSY: (&[u8], &[u8]) = (include_bytes!("files/busy.wasm"), include_bytes!("files/busy.cpuprofile"));
const COPIES: (&[u8], &[u8]) = (include_bytes!("files/copies.wasm"), include_bytes!("files/copies.cpuprofile"));
const WORK: (&[u8], &[u8]) = (include_bytes!("files/work.wasm"), include_bytes!("files/node-named.cpuprofile"));

/// All advice on a run of a module. Whatever it is, its evidence is in the profile and in the module.
fn of((module, profile): (&[u8], &[u8])) -> Vec<Advice> {
    let (map, profile) = (Map::parse(module).unwrap(), open(profile).unwrap());
    let found = Match::new(&profile, &map);
    let all = advice(&profile, Some((&map, &found)));
    let run = profile.range().end - profile.range().start;
    let names: Vec<String> =
        profile.functions().iter().map(|function| wasm_binary::demangle(&function.name).to_string()).collect();
    for advice in &all {
        println!("{}\n  {}", advice.line(), advice.detail);
        assert_eq!(advice.gain.unit, Unit::Nanoseconds);
        assert!(advice.gain.amount > 0 && advice.gain.amount < run, "{}", advice.gain);
        assert!(!advice.evidence.is_empty());
        for evidence in &advice.evidence {
            println!("  {} {:?} {:?} {:?}", evidence.label, evidence.function, evidence.item, evidence.amount);
            assert!(names.contains(evidence.function.as_ref().unwrap()), "{:?}", evidence.function);
            if let Some(item) = evidence.item {
                assert_eq!(map.item(wasm_binary::ItemId(item)).kind, ItemKind::Function);
            }
        }
    }
    all
}

fn names(advice: &[Advice]) -> Vec<&str> {
    let mut names: Vec<&str> = advice.iter().map(|advice| advice.kind.as_str()).collect();
    names.sort_unstable();
    names
}

fn of_kind<'a>(advice: &'a [Advice], kind: &str) -> &'a Advice {
    advice.iter().find(|advice| advice.kind.as_str() == kind).unwrap_or_else(|| panic!("{:?}", names(advice)))
}

#[test]
fn kinds_are_told_apart_and_sorted() {
    let kinds: Vec<_> = kinds().collect();
    assert!(kinds.is_sorted() && kinds.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn a_program_that_does_several_things_hears_of_each() {
    let all = of(BUSY);
    assert_eq!(names(&all), ["allocator-time", "formatting-time", "host-calls", "small-calls"]);
    let labels = |kind: &str| of_kind(&all, kind).evidence.iter().map(|it| it.label.to_string()).collect::<Vec<_>>();
    assert_eq!(labels("allocator-time")[0], "blocks");
    assert_eq!(labels("formatting-time")[0], "report");
    assert_eq!(labels("host-calls")[0], "ticks");
    assert_eq!(labels("small-calls"), ["busy::small_step, called by steps"]);
    assert!(of_kind(&all, "small-calls").fix.to_string().contains("put busy::small_step into steps"));
}

#[test]
fn copying_in_a_loop_is_found_where_the_code_is_one() {
    let all = of(COPIES);
    let copies = of_kind(&all, "copy-loops");
    let labels: Vec<String> = copies.evidence.iter().map(|it| it.label.to_string()).collect();
    assert_eq!(labels, ["memcpy", "copies"]);
    // The loop that takes most of the time is said once.
    assert_eq!(names(&all), ["copy-loops"]);
}

#[test]
fn one_function_that_takes_most_is_named() {
    let all = of(WORK);
    assert_eq!(names(&all), ["hot-function"]);
    assert!(of_kind(&all, "hot-function").title.to_string().contains("itself"));
}

#[test]
fn a_profile_without_time_or_module_says_what_it_can() {
    let folded = |text: &str| advice(&open(text.as_bytes()).unwrap(), None);
    let all = folded("main;work 500\nmain;parse;malloc 400\nmain;core::fmt::write 20\n");
    assert_eq!(names(&all), ["allocator-time", "hot-function"]);
    assert_eq!(of_kind(&all, "allocator-time").gain.unit, Unit::Samples);
    assert_eq!(of_kind(&all, "allocator-time").gain.amount, 400);
    // Too few samples, and no time at all.
    assert_eq!(folded("main;work 50\nmain;malloc 40\n"), []);
    // What is evenly spread gives nothing to hold on to.
    assert_eq!(folded("main;a 300\nmain;b 300\nmain;c 300\nmain;d 300\n"), []);
}

/// The hottest lines come with a profile that has them.
#[test]
fn the_hottest_line_is_where_to_begin() {
    let list = |of: fn(u32) -> u32| (0..400).map(of).map(|it| it.to_string()).collect::<Vec<_>>().join(",");
    let (stacks, times) = (list(|at| u32::from(at >= 100)), list(|at| at));
    let json = format!(
        r#"{{"meta":{{"interval":1,"preprocessedProfileVersion":50}},"libs":[],"threads":[{{"name":"main",
        "samples":{{"length":400,"weightType":"samples","stack":[{stacks}],"time":[{times}]}},
        "stackTable":{{"prefix":[null,null],"frame":[0,1]}},"frameTable":{{"func":[0,0],"line":[7,9],"address":[-1,-1]}},
        "funcTable":{{"name":[0],"fileName":[1],"lineNumber":[5]}},"stringArray":["search","src/search.rs"]}}]}}"#
    );
    let profile = open(json.as_bytes()).unwrap();
    let all = advice(&profile, None);
    let hot = of_kind(&all, "hot-function");
    assert!(hot.fix.to_string().starts_with("src/search.rs:9: "), "{}", hot.fix);
    assert_eq!(hot.evidence[1].label.to_string(), "src/search.rs:9");
}
