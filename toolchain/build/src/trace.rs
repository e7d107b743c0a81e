//! How an optimiser's address map is got out of it: every instruction is given a source position that is its own file
//! offset, and the positions are read back from the optimised module's source map.
//!
//! The position of an instruction that was rewritten is that of the one that it replaces, so the map says where a piece
//! of work went, not that its bytes are the same. Data is followed by its address in linear memory.

use std::collections::HashMap;
use std::fmt::Write;
use std::mem::{Discriminant, discriminant};
use wasm_binary::{ItemId, ItemKind, Map, Run};

/// Offsets of the instructions of a module, with their lengths, ascending.
#[derive(Debug, Default)]
pub(crate) struct Instructions {
    starts: Vec<u32>,
    ends: Vec<u32>,
}

impl Instructions {
    /// Reads all function bodies; what cannot be decoded is left out.
    pub(crate) fn of(map: &Map<'_>) -> Instructions {
        let mut found = Instructions::default();
        for (id, _) in map.iter().filter(|(_, item)| item.kind == ItemKind::Function) {
            let Some(mut reader) = map.function_body(id).and_then(|body| body.get_operators_reader().ok()) else {
                continue;
            };
            while !reader.eof() {
                let start = reader.original_position() as u32;
                if reader.read().is_err() {
                    break;
                }
                found.starts.push(start);
                found.ends.push(reader.original_position() as u32);
            }
        }
        found
    }

    /// The length of the instruction that starts at an offset.
    pub(crate) fn len_at(&self, offset: u32) -> Option<u32> {
        let at = self.starts.binary_search(&offset).ok()?;
        Some(self.ends[at] - offset)
    }

    /// The instructions that start in a range, as (start, length).
    pub(crate) fn within(&self, start: u32, end: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let from = self.starts.partition_point(|&at| at < start);
        let found = (from..self.starts.len()).take_while(move |&at| self.starts[at] < end);
        found.map(|at| (self.starts[at], self.ends[at] - self.starts[at]))
    }

    /// A source map in which the line of each instruction is its own offset.
    pub(crate) fn source_map(&self) -> String {
        let mut mappings = String::with_capacity(self.starts.len() * 5);
        let (mut last_column, mut last_line) = (0, 0);
        for (at, &start) in self.starts.iter().enumerate() {
            if at > 0 {
                mappings.push(',');
            }
            let line = i64::from(start);
            for delta in [i64::from(start) - last_column, 0, line - last_line, 0] {
                write_vlq(&mut mappings, delta);
            }
            (last_column, last_line) = (i64::from(start), line);
        }
        let mut json = String::with_capacity(mappings.len() + 64);
        // Only digits, letters, `+`, `/` and `,` are in the mappings.
        let _ = write!(json, r#"{{"version":3,"sources":["module"],"names":[],"mappings":"{mappings}"}}"#);
        json
    }
}

/// What an optimiser's source map says of the new module's instructions.
pub(crate) fn code_runs(old: &Instructions, new: &Instructions, source_map: &str) -> Option<Vec<Run>> {
    let json: serde_json::Value = serde_json::from_str(source_map).ok()?;
    let segments = segments(json.get("mappings")?.as_str()?)?;
    let mut runs = Vec::new();
    for (at, &(start, old_start)) in segments.iter().enumerate() {
        let Some(old_start) = old_start else { continue };
        let Some(old_len) = old.len_at(old_start) else { continue };
        let end = segments.get(at + 1).map_or(u32::MAX, |next| next.0);
        for (nth, (new_start, new_len)) in new.within(start, end).enumerate() {
            // One instruction that became several: each stems from its first byte.
            let len = if nth == 0 { old_len.min(new_len) } else { 1 };
            runs.push(Run { old: old_start, new: new_start, len });
        }
    }
    Some(runs)
}

/// (Offset in the new module, old offset if there is one), ascending.
fn segments(mappings: &str) -> Option<Vec<(u32, Option<u32>)>> {
    let mut segments = Vec::new();
    let (mut column, mut line) = (0i64, 0i64);
    for segment in mappings.split(',').filter(|segment| !segment.is_empty()) {
        let mut rest = segment.as_bytes();
        column = column.checked_add(read_vlq(&mut rest)?)?;
        let mut old = None;
        if !rest.is_empty() {
            read_vlq(&mut rest)?;
            line = line.checked_add(read_vlq(&mut rest)?)?;
            old = u32::try_from(line).ok();
        }
        segments.push((u32::try_from(column).ok()?, old));
    }
    segments.is_sorted_by_key(|segment| segment.0).then_some(segments)
}

/// Where data segments went: bytes of one address of one memory are the same data.
pub(crate) fn data_runs(old: &Map<'_>, new: &Map<'_>) -> Vec<Run> {
    let mut by_memory: HashMap<u32, Vec<(u64, u32, u32)>> = HashMap::new();
    for segment in new.modules().first().into_iter().flat_map(|module| &module.data) {
        if let (Some(memory), Some(address)) = (segment.memory, segment.address) {
            let contents = &segment.contents;
            by_memory.entry(memory).or_default().push((address, contents.start, contents.end - contents.start));
        }
    }
    by_memory.values_mut().for_each(|segments| segments.sort_unstable());
    let mut runs = Vec::new();
    for segment in old.modules().first().into_iter().flat_map(|module| &module.data) {
        let (Some(memory), Some(address)) = (segment.memory, segment.address) else { continue };
        let end = address.saturating_add(u64::from(segment.contents.end - segment.contents.start));
        for &(start, contents, len) in by_memory.get(&memory).into_iter().flatten() {
            let (from, to) = (start.max(address), start.saturating_add(u64::from(len)).min(end));
            if from < to {
                let old = segment.contents.start + (from - address) as u32;
                runs.push(Run { old, new: contents + (from - start) as u32, len: (to - from) as u32 });
            }
        }
    }
    runs
}

/// Where functions went that a tool encoded anew without changing them: those of one name that have the same
/// instructions, constants and indices apart. For tools that give no source map.
pub(crate) fn same_function_runs<'a>(old: &Map<'a>, new: &Map<'a>) -> Vec<Run> {
    let mut by_name: HashMap<&str, Option<ItemId>> = HashMap::new();
    for (id, _) in new.iter().filter(|(_, item)| item.kind == ItemKind::Function) {
        if let Some(name) = new.raw_name(id) {
            // Two of one name cannot be told apart.
            by_name.entry(name).and_modify(|known| *known = None).or_insert(Some(id));
        }
    }
    let mut runs = Vec::new();
    for (id, _) in old.iter().filter(|(_, item)| item.kind == ItemKind::Function) {
        let found = old.raw_name(id).and_then(|name| by_name.get_mut(name)).and_then(Option::take);
        let Some(found) = found else { continue };
        let (before, after) = (operators(old, id), operators(new, found));
        if before.len() == after.len() && before.iter().zip(&after).all(|(a, b)| a.2 == b.2) {
            let run = |(a, b): (&Operator<'a>, &Operator<'a>)| Run { old: a.0, new: b.0, len: a.1.min(b.1) };
            runs.extend(before.iter().zip(&after).map(run));
        }
    }
    runs
}

/// Offset, length and opcode of an instruction.
type Operator<'a> = (u32, u32, Discriminant<wasmparser::Operator<'a>>);

fn operators<'a>(map: &Map<'a>, id: ItemId) -> Vec<Operator<'a>> {
    let mut found = Vec::new();
    let reader = map.function_body(id).and_then(|body| body.get_operators_reader().ok());
    let Some(mut reader) = reader else { return found };
    while !reader.eof() {
        let start = reader.original_position() as u32;
        let Ok(operator) = reader.read() else { break };
        found.push((start, reader.original_position() as u32 - start, discriminant(&operator)));
    }
    found
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 VLQ, as source maps write numbers: five bits a digit, the sign lowest.
fn write_vlq(text: &mut String, value: i64) {
    let mut rest = (value.unsigned_abs() << 1) | u64::from(value < 0);
    loop {
        let digit = (rest & 31) as usize;
        rest >>= 5;
        text.push(char::from(BASE64[if rest > 0 { digit | 32 } else { digit }]));
        if rest == 0 {
            return;
        }
    }
}

fn read_vlq(rest: &mut &[u8]) -> Option<i64> {
    let mut value = 0u64;
    for shift in (0..60).step_by(5) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        value |= u64::from(digit & 31) << shift;
        if digit & 32 == 0 {
            let magnitude = (value >> 1) as i64;
            return Some(if value & 1 == 0 { magnitude } else { -magnitude });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_read_back(value in -(1i64 << 40)..1i64 << 40) {
            let mut text = String::new();
            write_vlq(&mut text, value);
            let mut rest = text.as_bytes();
            prop_assert_eq!(read_vlq(&mut rest), Some(value));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9+/,;]{0,40}") {
            let _ = segments(&text);
        }
    }

    const MODULE: &str = r#"(module (memory 1)
        (func (export "f") (param i32) (result i32) local.get 0 i32.const 300 i32.add)
        (data (i32.const 16) "abcdef") (data (i32.const 64) "xyz"))"#;

    #[test]
    fn an_optimiser_that_changes_nothing_gives_the_identity() {
        let bytes = wat::parse_str(MODULE).expect("well formed");
        let map = Map::parse(&bytes).expect("a module");
        let instructions = Instructions::of(&map);
        let runs = code_runs(&instructions, &instructions, &instructions.source_map()).expect("a source map");
        assert_eq!(runs.len(), 4);
        assert!(runs.iter().all(|run| run.old == run.new));
        assert_eq!(runs.iter().map(|run| run.len).sum::<u32>(), 2 + 3 + 1 + 1);
    }

    #[test]
    fn data_is_followed_by_its_address() {
        let old = wat::parse_str(MODULE).expect("well formed");
        let new = wat::parse_str(
            r#"(module (memory 1) (data (i32.const 18) "cd") (data (i32.const 64) "x") (data (i32.const 65) "yz"))"#,
        );
        let new = new.expect("well formed");
        let runs = data_runs(&Map::parse(&old).expect("a module"), &Map::parse(&new).expect("a module"));
        let mut found: Vec<&[u8]> = Vec::new();
        for run in &runs {
            let bytes = &new[run.new as usize..][..run.len as usize];
            assert_eq!(&old[run.old as usize..][..run.len as usize], bytes);
            found.push(bytes);
        }
        assert_eq!(found, [&b"cd"[..], b"x", b"yz"]);
    }
}
