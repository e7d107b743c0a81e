//! What a module's bytes say of a place in its code that wasmtime does not:
//! which function of the host is called there, which exceptions are caught,
//! which locals have no value yet.

use std::collections::BTreeSet;

use wasmparser::{BinaryReader, Catch, FunctionBody, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

/// A function's body, and what is around it.
struct Place<'b> {
    bytes: &'b [u8],
    /// Its index.
    function: u32,
    body: std::ops::Range<usize>,
}

/// The function whose body has the byte at `offset`.
fn place(bytes: &[u8], offset: u32) -> Option<Place<'_>> {
    let mut function = 0;
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        match payload {
            Payload::ImportSection(section) => function = imported_functions(section).count() as u32,
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let body = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
                if body.contains(&(offset as usize)) {
                    return Some(Place { bytes, function, body });
                }
                function += 1;
            }
            _ => {}
        }
    }
    None
}

fn imported_functions(section: wasmparser::ImportSectionReader<'_>) -> impl Iterator<Item = String> {
    let imports = section.into_imports().flatten();
    let functions = imports.filter(|import| matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
    functions.map(|import| format!("{}.{}", import.module, import.name))
}

impl<'b> Place<'b> {
    /// The instructions from the function's beginning on: offset and operator.
    fn instructions(&self) -> impl Iterator<Item = (u32, Operator<'b>)> + use<'b> {
        let bytes = self.bytes.get(self.body.clone()).unwrap_or_default();
        let body = FunctionBody::new(BinaryReader::new(bytes, self.body.start as u64));
        let all = body.get_operators_reader().ok().into_iter().flat_map(|reader| reader.into_iter_with_offsets());
        all.map_while(Result::ok).map(|(operator, offset)| (offset as u32, operator))
    }

    /// The name section's name of the function.
    fn name(&self) -> Option<&'b str> {
        for payload in Parser::new(0).parse_all(self.bytes).map_while(Result::ok) {
            let Payload::CustomSection(section) = payload else { continue };
            let KnownCustom::Name(reader) = section.as_known() else { continue };
            for part in reader.into_iter().flatten() {
                if let Name::Function(map) = part {
                    return map.into_iter().flatten().find(|naming| naming.index == self.function).map(|it| it.name);
                }
            }
        }
        None
    }
}

/// The function of the host that the instruction before `pc` calls: module and
/// field of the import. The shims of components call through tables; those are
/// named for what they lead to.
pub(super) fn host_call(bytes: &[u8], pc: u32) -> Option<String> {
    let place = place(bytes, pc.checked_sub(1)?)?;
    let (_, call) = place.instructions().take_while(|(offset, _)| *offset < pc).last()?;
    match call {
        Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
            let imports = Parser::new(0).parse_all(bytes).map_while(Result::ok).find_map(|payload| match payload {
                Payload::ImportSection(section) => Some(section),
                _ => None,
            });
            imported_functions(imports?).nth(function_index as usize)
        }
        Operator::CallIndirect { .. } | Operator::ReturnCallIndirect { .. } => {
            Some(place.name()?.strip_prefix("indirect-")?.to_string())
        }
        _ => None,
    }
}

/// The index of the start function, if there is one.
pub(super) fn start_function(bytes: &[u8]) -> Option<u32> {
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        match payload {
            Payload::StartSection { func, .. } => return Some(func),
            Payload::CodeSectionStart { .. } => return None,
            _ => {}
        }
    }
    None
}

/// The exceptions that are caught at the instruction that the byte at `offset`
/// belongs to, innermost handler first: a tag's index, or nothing for all.
pub(super) fn handlers(bytes: &[u8], offset: u32) -> Vec<Option<u32>> {
    let Some(place) = place(bytes, offset) else { return Vec::new() };
    let mut blocks: Vec<Vec<Option<u32>>> = Vec::new();
    for (_, operator) in place.instructions().take_while(|(start, _)| *start <= offset) {
        match operator {
            Operator::TryTable { try_table } => blocks.push(try_table.catches.iter().map(tag).collect()),
            Operator::End => drop(blocks.pop()),
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => blocks.push(Vec::new()),
            _ => {}
        }
    }
    blocks.into_iter().rev().flatten().collect()
}

fn tag(catch: &Catch) -> Option<u32> {
    match catch {
        Catch::One { tag, .. } | Catch::OneRef { tag, .. } => Some(*tag),
        Catch::All { .. } | Catch::AllRef { .. } => None,
    }
}

/// The locals, of `count` with the parameters, that nothing may read at `pc`:
/// their types have no null, and nothing has been put in yet. They are what
/// validation says of the blocks around `pc`, as the specification's rule for
/// the initialisation of locals has it.
pub(super) fn unset_locals(bytes: &[u8], pc: u32, count: u32) -> BTreeSet<u32> {
    let Some(place) = place(bytes, pc) else { return BTreeSet::new() };
    let body = bytes.get(place.body.clone()).unwrap_or_default();
    let body = FunctionBody::new(BinaryReader::new(body, place.body.start as u64));
    let declared: Vec<_> = body.get_locals_reader().into_iter().flatten().map_while(Result::ok).collect();
    let total = declared.iter().fold(0, |total: u32, (count, _)| total.saturating_add(*count));
    let mut index = count.saturating_sub(total);
    let mut unset = BTreeSet::new();
    for (count, ty) in declared {
        let next = index.saturating_add(count);
        if !ty.is_defaultable() {
            unset.extend(index..next);
        }
        index = next;
    }
    if unset.is_empty() {
        return unset;
    }
    // What was set, and how much of it where each block began.
    let mut set = Vec::new();
    let mut blocks = Vec::new();
    for (_, operator) in place.instructions().take_while(|(start, _)| *start < pc) {
        match operator {
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } if unset.remove(&local_index) => {
                set.push(local_index);
            }
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                blocks.push(set.len());
            }
            Operator::Else => unset.extend(set.drain(blocks.last().copied().unwrap_or_default()..)),
            Operator::End => unset.extend(set.drain(blocks.pop().unwrap_or_default()..)),
            _ => {}
        }
    }
    unset
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn calls_of_the_host_and_handlers() {
        let bytes = wat::parse_str(
            r#"(module (import "sys" "log" (func)) (tag) (tag)
                (func block (result exnref)
                    try_table (catch_all_ref 0) block try_table (catch 1 0) call 0 end end nop end unreachable
                end drop nop))"#,
        )
        .unwrap();
        let place = place(&bytes, bytes.len() as u32 - 1).unwrap();
        assert_eq!(place.function, 1);
        let at = |wanted: &str| {
            let found = place.instructions().find(|(_, operator)| format!("{operator:?}").starts_with(wanted));
            found.unwrap().0
        };
        assert_eq!(handlers(&bytes, at("Call")), [Some(1), None]);
        assert_eq!(handlers(&bytes, at("Nop")), [None]);
        assert_eq!(handlers(&bytes, at("Drop")), []);
        assert_eq!(host_call(&bytes, at("Call") + 2).as_deref(), Some("sys.log"));
        assert_eq!(host_call(&bytes, at("Call")), None);
        assert_eq!(host_call(&bytes, 3), None);
    }

    #[test]
    fn locals_that_have_no_value_yet() {
        let bytes = wat::parse_str(
            r#"(module (type $box (struct))
                (func (param (ref $box)) (local i32 (ref $box)) (local (ref null $box) (ref $box))
                    nop
                    block
                        (local.set 2 (local.get 0))
                        (if (i32.const 1) (then (local.set 4 (local.get 2)) unreachable) (else return))
                    end
                    (local.set 4 (local.get 0))
                    i32.const 7 drop))"#,
        )
        .unwrap();
        let place = (0..bytes.len() as u32).find_map(|offset| place(&bytes, offset)).unwrap();
        let unset_at = |wanted: &str| {
            let found = place.instructions().find(|(_, operator)| format!("{operator:?}").starts_with(wanted));
            unset_locals(&bytes, found.unwrap().0, 5).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(unset_at("Nop"), [2, 4]);
        assert_eq!(unset_at("If"), [4]);
        assert_eq!(unset_at("Unreachable"), Vec::<u32>::new());
        assert_eq!(unset_at("Return"), [4]);
        assert_eq!(unset_at("I32Const { value: 7"), [2]);
    }
}
