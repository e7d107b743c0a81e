//! What works without wasm: tables, arenas, shared slices, regions, scopes and
//! exported functions on the development machine.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::HashMap;
use std::fmt::Write;
use std::rc::Rc;

use proptest::prelude::*;
use wasm::{Handle, SharedSlice, Table, arena};

#[derive(Clone, Debug)]
enum Step {
    Insert(u32),
    Remove(usize),
    Get(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<u32>().prop_map(Step::Insert),
        any::<usize>().prop_map(Step::Remove),
        any::<usize>().prop_map(Step::Get),
    ]
}

proptest! {
    /// A table is a map from handles to values, in which removed handles stay
    /// removed.
    #[test]
    fn tables_are_maps(steps in prop::collection::vec(step(), 0..200)) {
        let mut table = Table::new();
        let mut model = HashMap::new();
        let mut given: Vec<Handle<u32>> = Vec::new();
        for step in steps {
            match step {
                Step::Insert(value) => {
                    let handle = table.insert(value);
                    prop_assert_eq!(model.insert(handle, value), None, "a handle is given once");
                    given.push(handle);
                }
                Step::Remove(which) if !given.is_empty() => {
                    let handle = given[which % given.len()];
                    prop_assert_eq!(table.remove(handle), model.remove(&handle));
                }
                Step::Get(which) if !given.is_empty() => {
                    let handle = given[which % given.len()];
                    prop_assert_eq!(table.get(handle), model.get(&handle));
                    prop_assert_eq!(table.get_mut(handle).copied(), model.get(&handle).copied());
                }
                Step::Remove(_) | Step::Get(_) => {}
            }
            prop_assert_eq!(table.live(), model.len());
        }
        // Numbers that nobody gave find nothing, and break nothing.
        for bits in [u32::MAX, 1 << 21, 1 << 31] {
            prop_assert_eq!(table.get(Handle::from_bits(bits)), None);
        }
    }

    #[test]
    fn arenas_keep_what_they_hold(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..40)) {
        let arena = arena::Arena::new();
        let mut bytes = Vec::new();
        let mut words = Vec::new();
        for piece in &pieces {
            bytes.push(arena.alloc_slice(piece));
            let word = arena.alloc(piece.len() as u128);
            prop_assert_eq!(&raw const *word as usize % align_of::<u128>(), 0);
            words.push(word);
        }
        for ((piece, bytes), word) in pieces.iter().zip(bytes).zip(words) {
            prop_assert_eq!((&piece[..], piece.len() as u128), (&*bytes, *word));
        }
    }

    #[test]
    fn lists_in_arenas_are_lists(values in prop::collection::vec(any::<u64>(), 0..2000), interleave in 1usize..50) {
        let arena = arena::Arena::new();
        let mut list = arena::Vec::new(&arena);
        for (i, value) in values.iter().enumerate() {
            list.push(*value);
            if i % interleave == 0 {
                arena.alloc(i);
            }
        }
        prop_assert_eq!(&list[..], &values[..]);
        list.extend_from_slice(&values);
        prop_assert_eq!(list.len(), 2 * values.len());
        prop_assert_eq!(list.pop(), values.last().copied());
    }
}

#[test]
fn lists_drop_their_elements() {
    let counted = Rc::new(());
    arena::scope(|arena| {
        let mut list = arena::Vec::new(arena);
        list.extend(std::iter::repeat_n(counted.clone(), 100));
        assert_eq!(Rc::strong_count(&counted), 101);
        list.pop();
        assert_eq!(Rc::strong_count(&counted), 100);
    });
    assert_eq!(Rc::strong_count(&counted), 1);
}

#[test]
fn lists_hold_values_without_size() {
    let arena = arena::Arena::new();
    let mut list = arena::Vec::new(&arena);
    (0..1000).for_each(|_| list.push(()));
    assert_eq!(list.len(), 1000);
}

#[test]
fn text_grows_in_an_arena() {
    let arena = arena::Arena::new();
    let mut text = arena::String::new(&arena);
    for i in 0..1000 {
        write!(text, "{i},").unwrap();
    }
    let expected: String = (0..1000).map(|i| format!("{i},")).collect();
    assert_eq!(text.into_str(), expected);
}

#[test]
fn shared_slices_give_each_element_once() {
    let mut values = vec![0u32; 10_007];
    let shared = SharedSlice::new(&mut values);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((at, part)) = shared.claim(13) {
                    part.iter_mut().enumerate().for_each(|(i, value)| *value += (at + i) as u32 + 1);
                }
            });
        }
    });
    assert!(shared.claim(1).is_none());
    assert!(values.iter().enumerate().all(|(i, value)| *value == i as u32 + 1));
}

#[test]
fn cancelled_jobs_do_not_begin() {
    let mut ran = 0;
    wasm::thread::scope(|scope| {
        scope.token().cancel();
        scope.spawn(|| ran += 1);
    })
    .unwrap();
    assert_eq!(ran, 0);
}

#[wasm::memory(region = "here", encryption = "none")]
static REGION: wasm::Memory<4096>;

#[test]
fn regions_keep_numbers_and_bytes() {
    REGION.store(1, -2.5f64);
    REGION.write(100, b"bytes");
    let mut read = [0; 5];
    REGION.read(100, &mut read);
    assert_eq!((REGION.load::<f64>(1), &read), (-2.5, b"bytes"));
    REGION.fill(0, 0xff, 16);
    assert_eq!(REGION.load::<i16>(7), -1);
    assert!(std::panic::catch_unwind(|| REGION.load::<u32>(4094)).is_err());
}

#[wasm::linear]
struct Ticket(u32, String);

#[test]
fn linear_values_are_checked_at_run_time_here() {
    assert_eq!(Ticket(1, "kept".into()).consume(), (1, "kept".to_string()));
    let message = std::panic::catch_unwind(|| drop(Ticket(1, String::new()))).unwrap_err();
    let message = message.downcast_ref::<String>().unwrap();
    assert!(message.contains("`Ticket` is linear"), "{message}");
}

#[derive(wasm::Pod, Clone, Copy)]
#[repr(transparent)]
pub struct Level(u16);

#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct Range(Level, Level);

#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct RadioStation {
    r#type: i64,
    range: Range,
    levels: [u16; 1 + 1],
}

#[wasm::interface]
pub trait Radio {
    /// Levels come as a number, in a tuple and in a record.
    fn tune(&self, level: Level, name: &str) -> Result<RadioStation, String>;
    fn all_of(&self, stations: &[RadioStation], loud: bool) -> Option<String>;
    fn r#static(&self);
}

#[test]
fn traits_are_written_as_interfaces() {
    let expected = "interface radio {
    type level = u16;
    type range = tuple<level, level>;
    record radio-station {
        %type: s64,
        range: range,
        levels: list<u16, 2>,
    }
    tune: func(level: level, name: string) -> result<radio-station, string>;
    all-of: func(stations: list<radio-station>, loud: bool) -> option<string>;
    %static: func();
}
";
    assert_eq!(<dyn Radio>::WIT, expected);
    let message = std::panic::catch_unwind(|| <dyn Radio>::host().r#static()).unwrap_err();
    assert!(message.downcast_ref::<String>().unwrap().contains("`radio` `static` is a function of the wasm host"));
}

#[wasm::component("acme:text@1.0.0")]
mod words {
    #[import("acme:log/logger")]
    extern "wasm" {
        fn log(text: &str, level: Option<u8>) -> bool;
    }

    pub(super) fn logged() -> bool {
        log("x", None)
    }

    pub fn count(text: &str) -> u32 {
        text.split_whitespace().count() as u32
    }
}

#[test]
fn functions_of_components_are_functions() {
    assert_eq!(words::count("one two"), 2);
    assert!(std::panic::catch_unwind(words::logged).is_err());
}

#[wasm::export]
fn exported(text: &str) -> Result<u32, ()> {
    text.parse().map_err(|_| ())
}

#[wasm::import("env")]
extern "wasm" {
    fn imported(n: i32) -> i32;
}

#[test]
fn exports_are_functions_and_imports_say_where_they_live() {
    assert_eq!(exported("7"), Ok(7));
    let message = std::panic::catch_unwind(|| imported(1)).unwrap_err();
    assert!(message.downcast_ref::<String>().unwrap().contains("`env` `imported` is a function of the wasm host"));
}
