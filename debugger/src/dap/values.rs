//! Variables and expressions.

use std::ops::Range;

use dap_types::{
    DataBreakpointAccessType, DataBreakpointInfoArguments, DataBreakpointInfoResponse, EvaluateArguments,
    EvaluateArgumentsContext, EvaluateResponse, Scope, ScopePresentationHint, ScopesArguments, ScopesResponse,
    SetExpressionArguments, SetExpressionResponse, SetVariableArguments, SetVariableResponse, Variable,
    VariablesArguments, VariablesArgumentsFilter, VariablesResponse,
};
use serde_json::Value as Json;

use super::adapter::Adapter;
use super::instructions::memory_reference;
use super::wire::{Request, body_of};
use super::{Refusal, arguments};
use crate::engine::{self, CodeAddress, InstanceId, MemoryId, ModuleId, Value};
use crate::expression::{self, Evaluated, Handle};
use crate::session::{self, Call};

/// How many parts are given at once: a client that wants more asks for pages.
const MAX_PAGE: u64 = 10_000;
/// From how many elements on a client is told to ask for pages.
const PAGED: u64 = 100;
/// The longest line that a value has, in characters, that unfolds.
const MAX_LINE: usize = 200;
/// How many bytes of memory are watched at the most.
const MAX_WATCHED: u64 = 1 << 20;

/// What unfolds into variables.
#[derive(Clone)]
pub(super) enum Reference {
    /// The parameters of a call, or its other variables.
    Variables { call: Call, parameters: bool },
    /// The static variables of the file that a call is in.
    Statics(Call),
    /// The locals of a frame, by its number among the engine's.
    WasmLocals(usize),
    /// The operand stack of a frame.
    WasmStack(usize),
    /// The globals of an instance.
    WasmGlobals(InstanceId),
    /// A value.
    Value { handle: Handle, count: u64 },
}

/// A variable by its name, with its value or why it has none.
type Named = (String, Result<Evaluated, String>);

impl Adapter<'_, '_> {
    pub(super) fn scopes(&mut self, request: &Request) -> Result<Json, Refusal> {
        let asked: ScopesArguments = arguments(request)?;
        let call = self.call(Some(asked.frame_id))?;
        let Some(wasm) = call.wasm else {
            // A function of the host has nothing that can be seen.
            return Ok(body_of(&ScopesResponse { scopes: Vec::new() }));
        };
        let mut scopes = Vec::new();
        if call.place.is_some() {
            let locals = Reference::Variables { call: call.clone(), parameters: false };
            scopes.push(self.scope("Locals", Some(ScopePresentationHint::Locals), false, locals, None));
            let parameters = Reference::Variables { call: call.clone(), parameters: true };
            scopes.push(self.scope("Arguments", Some(ScopePresentationHint::Arguments), false, parameters, None));
            scopes.push(self.scope("Statics", None, true, Reference::Statics(call.clone()), None));
        }
        let registers = Some(ScopePresentationHint::Registers);
        let expensive = call.place.is_some();
        let globals = self.session.engine.instances()?;
        let globals = globals.get(wasm.instance.0 as usize).map(|instance| u64::from(instance.globals));
        let reference = Reference::WasmLocals(call.frame);
        scopes.push(self.scope("Wasm locals", registers.clone(), expensive, reference, Some(wasm.locals.into())));
        let reference = Reference::WasmStack(call.frame);
        scopes.push(self.scope("Wasm stack", registers.clone(), true, reference, Some(wasm.operands.into())));
        let reference = Reference::WasmGlobals(wasm.instance);
        scopes.push(self.scope("Wasm globals", registers, true, reference, globals));
        Ok(body_of(&ScopesResponse { scopes }))
    }

    fn scope(
        &mut self,
        name: &str,
        hint: Option<ScopePresentationHint>,
        expensive: bool,
        reference: Reference,
        named: Option<u64>,
    ) -> Scope {
        Scope {
            name: name.to_string(),
            presentation_hint: hint,
            variables_reference: self.refer(reference),
            named_variables: named,
            indexed_variables: None,
            expensive,
            source: None,
            line: None,
            column: None,
            end_line: None,
            end_column: None,
        }
    }

    /// A number for what unfolds.
    fn refer(&mut self, reference: Reference) -> u64 {
        self.references.push(reference);
        self.references_before + self.references.len() as u64
    }

    fn reference(&self, number: u64) -> Result<Reference, Refusal> {
        let index = number.checked_sub(self.references_before + 1).and_then(|index| usize::try_from(index).ok());
        let found = index.and_then(|index| self.references.get(index));
        Ok(found.ok_or("there is no such value any more: the program has gone on")?.clone())
    }

    pub(super) fn variables(&mut self, request: &Request) -> Result<Json, Refusal> {
        let asked: VariablesArguments = arguments(request)?;
        let reference = self.reference(asked.variables_reference)?;
        let start = asked.start.unwrap_or(0);
        let count = asked.count.filter(|count| *count > 0).unwrap_or(MAX_PAGE).min(MAX_PAGE);
        let places = start..start.saturating_add(count);
        let hex = asked.format.and_then(|format| format.hex).unwrap_or(false);
        let variables = match (&reference, asked.filter) {
            // Elements have numbers, all else has names.
            (Reference::Value { handle, count }, Some(filter)) => {
                let is_indexed = self.is_indexed(handle, *count);
                match is_indexed == (filter == VariablesArgumentsFilter::Indexed) {
                    true => self.unfold(&reference, places, hex)?,
                    false => Vec::new(),
                }
            }
            (_, Some(VariablesArgumentsFilter::Indexed)) => Vec::new(),
            _ => self.unfold(&reference, places, hex)?,
        };
        Ok(body_of(&VariablesResponse { variables }))
    }

    fn unfold(&mut self, reference: &Reference, places: Range<u64>, hex: bool) -> Result<Vec<Variable>, Refusal> {
        Ok(match reference {
            Reference::Variables { .. } | Reference::Statics(_) => {
                let all = self.named(reference)?;
                let start = usize::try_from(places.start).unwrap_or(usize::MAX);
                let some = all.into_iter().skip(start).take((places.end - places.start) as usize);
                some.map(|(name, value)| self.variable(name, value, hex)).collect()
            }
            Reference::WasmLocals(frame) => {
                let locals = self.session.engine.locals(*frame)?;
                self.wasm("local", *frame, locals, places, hex)
            }
            Reference::WasmStack(frame) => {
                let operands = self.session.engine.operands(*frame)?;
                self.wasm("stack", *frame, operands, places, hex)
            }
            Reference::WasmGlobals(instance) => {
                let globals = self.globals(*instance)?;
                self.wasm("global", 0, globals, places, hex)
            }
            Reference::Value { handle, .. } => {
                let parts = expression::children(self.session, handle, places)?;
                parts.into_iter().map(|(name, value)| self.variable(name, Ok(value), hex)).collect()
            }
        })
    }

    /// Values of WebAssembly; objects unfold.
    fn wasm(&mut self, kind: &str, frame: usize, values: Vec<Value>, places: Range<u64>, hex: bool) -> Vec<Variable> {
        let all = values.into_iter().enumerate();
        let some = all.skip(places.start as usize).take((places.end - places.start) as usize);
        let variable = |(index, value): (usize, Value)| {
            let plain = wasm_variable(kind, index, value, hex);
            let Value::Reference(engine::Reference::Struct(_) | engine::Reference::Array(_)) = value else {
                return plain;
            };
            match expression::show(self.session, frame, value) {
                Ok(object) => {
                    Variable { evaluate_name: plain.evaluate_name, ..self.variable(plain.name, Ok(object), hex) }
                }
                Err(_) => plain,
            }
        };
        some.map(variable).collect()
    }

    /// The variables of a scope of the source.
    fn named(&mut self, reference: &Reference) -> Result<Vec<Named>, Refusal> {
        match reference {
            Reference::Variables { call, parameters } => {
                let all = expression::variables(self.session, call.frame, call.inlined_at)?;
                let some =
                    all.into_iter().filter(|variable| variable.is_parameter == *parameters && !variable.is_hidden);
                Ok(some.map(|variable| (variable.name, variable.value)).collect())
            }
            Reference::Statics(call) => {
                let names = self.statics(call);
                let value = |name: &String| {
                    expression::evaluate(self.session, call.frame, call.inlined_at, name)
                        .map_err(|error| error.to_string())
                };
                let values: Vec<_> = names.iter().map(value).collect();
                Ok(names.into_iter().zip(values).collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The names of the static variables of the file that a call is in.
    fn statics(&self, call: &Call) -> Vec<String> {
        let module = call.wasm.and_then(|wasm| self.session.code(wasm.pc.module));
        let Some((source, place)) = module.and_then(|code| code.source()).zip(call.place.as_ref()) else {
            return Vec::new();
        };
        let here = source.static_variables().filter(|variable| {
            variable.name.is_some()
                && variable.file.and_then(|file| source.path(file)).as_deref() == Some(place.path.as_str())
        });
        let mut names: Vec<String> = here.filter_map(|variable| source.qualified_name(variable.id)).collect();
        names.sort();
        names.dedup();
        names
    }

    fn globals(&mut self, instance: InstanceId) -> Result<Vec<Value>, Refusal> {
        let instances = self.session.engine.instances()?;
        let count = instances.get(instance.0 as usize).map_or(0, |instance| instance.globals);
        let values = (0..count).map(|index| self.session.engine.global(instance, index));
        Ok(values.collect::<Result<_, _>>()?)
    }

    fn variable(&mut self, name: String, value: Result<Evaluated, String>, hex: bool) -> Variable {
        let plain = |name, value| Variable {
            name,
            value,
            type_: None,
            presentation_hint: None,
            evaluate_name: None,
            variables_reference: 0,
            named_variables: None,
            indexed_variables: None,
            memory_reference: None,
        };
        match value {
            Err(reason) => plain(name, format!("<{reason}>")),
            Ok(value) => {
                let unfolded = self.unfolded(&value);
                Variable {
                    type_: Some(value.type_name.clone()),
                    variables_reference: unfolded.reference,
                    indexed_variables: unfolded.indexed,
                    memory_reference: unfolded.memory,
                    ..plain(name, if unfolded.reference == 0 { text(&value, hex) } else { line(text(&value, hex)) })
                }
            }
        }
    }

    fn unfolded(&mut self, value: &Evaluated) -> Unfolded {
        let count = value.child_count;
        let memory = value.address.map(|address| memory_reference(self.memory(), address));
        if count == 0 {
            return Unfolded { reference: 0, indexed: None, memory };
        }
        let indexed = self.is_indexed(&value.handle, count).then_some(count);
        Unfolded { reference: self.refer(Reference::Value { handle: value.handle.clone(), count }), indexed, memory }
    }

    /// Whether a value has so many elements that they are asked for in pages.
    fn is_indexed(&mut self, handle: &Handle, count: u64) -> bool {
        let mut first = || expression::children(self.session, handle, 0..1).ok()?.into_iter().next();
        count > PAGED && first().is_some_and(|(name, _)| name.starts_with('['))
    }

    /// The memory that addresses of values are in: the first of the program's
    /// innermost instance.
    pub(super) fn memory(&mut self) -> MemoryId {
        let instance = self.session.top().map_or(InstanceId(0), |top| top.instance);
        let instances = self.session.engine.instances().unwrap_or_default();
        let memory = instances.get(instance.0 as usize).and_then(|instance| instance.memories.first().copied());
        memory.unwrap_or(MemoryId(0))
    }

    /// The value with a name among what unfolds, to be set or watched.
    fn find(&mut self, reference: &Reference, name: &str) -> Result<Evaluated, Refusal> {
        let missing = || Refusal(format!("there is no `{name}`"));
        match reference {
            Reference::Variables { .. } | Reference::Statics(_) => {
                let found = self.named(reference)?.into_iter().find(|(known, _)| known == name);
                Ok(found.ok_or_else(missing)?.1?)
            }
            Reference::Value { handle, count } => {
                // An element is found by its number, all else among the first.
                let number = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')?.parse::<u64>().ok());
                let at = number.filter(|number| number < count);
                for places in at.map(|at| at..at + 1).into_iter().chain(std::iter::once(0..MAX_PAGE.min(*count))) {
                    let parts = expression::children(self.session, handle, places)?;
                    if let Some((_, value)) = parts.into_iter().find(|(known, _)| known == name) {
                        return Ok(value);
                    }
                }
                Err(missing())
            }
            _ => Err(format!("`{name}` is not in linear memory").into()),
        }
    }

    pub(super) fn set_variable(&mut self, request: &Request) -> Result<Json, Refusal> {
        let asked: SetVariableArguments = arguments(request)?;
        let reference = self.reference(asked.variables_reference)?;
        let index = |kind: &str| {
            let index = asked.name.strip_prefix(kind).and_then(|index| index.parse::<u32>().ok());
            index.ok_or_else(|| Refusal(format!("there is no `{}`", asked.name)))
        };
        let set = match reference {
            Reference::WasmLocals(frame) => {
                let index = index("local")?;
                let old = self.session.engine.locals(frame)?.get(index as usize).copied();
                let new = parse_value(old.ok_or("there is no such local")?, &asked.value)?;
                self.session.engine.set_local(frame, index, new)?;
                new
            }
            Reference::WasmGlobals(instance) => {
                let index = index("global")?;
                let new = parse_value(self.session.engine.global(instance, index)?, &asked.value)?;
                self.session.engine.set_global(instance, index, new)?;
                new
            }
            Reference::WasmStack(_) => return Err("values on the operand stack cannot be set".into()),
            reference => {
                let handle = self.find(&reference, &asked.name)?.handle;
                let value = expression::assign(self.session, &handle, &asked.value)?;
                let unfolded = self.unfolded(&value);
                return Ok(body_of(&SetVariableResponse {
                    value: value.text,
                    type_: Some(value.type_name),
                    variables_reference: Some(unfolded.reference),
                    named_variables: None,
                    indexed_variables: unfolded.indexed,
                    memory_reference: unfolded.memory,
                }));
            }
        };
        Ok(body_of(&SetVariableResponse {
            value: set.to_string(),
            type_: Some(set.ty().to_string()),
            variables_reference: None,
            named_variables: None,
            indexed_variables: None,
            memory_reference: None,
        }))
    }

    pub(super) fn set_expression(&mut self, request: &Request) -> Result<Json, Refusal> {
        let asked: SetExpressionArguments = arguments(request)?;
        let call = self.call(asked.frame_id)?;
        let place = expression::evaluate(self.session, call.frame, call.inlined_at, &asked.expression)?;
        let value = expression::assign(self.session, &place.handle, &asked.value)?;
        let unfolded = self.unfolded(&value);
        Ok(body_of(&SetExpressionResponse {
            value: value.text,
            type_: Some(value.type_name),
            presentation_hint: None,
            variables_reference: Some(unfolded.reference),
            named_variables: None,
            indexed_variables: unfolded.indexed,
            memory_reference: unfolded.memory,
        }))
    }

    pub(super) fn evaluate(&mut self, request: &Request) -> Result<Json, Refusal> {
        let asked: EvaluateArguments = arguments(request)?;
        let text_of = |result: String| EvaluateResponse {
            result,
            type_: None,
            presentation_hint: None,
            variables_reference: 0,
            named_variables: None,
            indexed_variables: None,
            memory_reference: None,
        };
        let text_line = asked.expression.trim();
        let is_command = text_line.split_whitespace().next() == Some("wasm");
        if is_command && asked.context == Some(EvaluateArgumentsContext::Repl) {
            let answer = crate::commands::run(self.session, text_line);
            return Ok(body_of(&text_of(answer.trim_end().to_string())));
        }
        self.stopped_only()?;
        let call = self.call(asked.frame_id)?;
        let value = expression::evaluate(self.session, call.frame, call.inlined_at, text_line)?;
        let hex = asked.format.and_then(|format| format.hex).unwrap_or(false);
        let unfolded = self.unfolded(&value);
        Ok(body_of(&EvaluateResponse {
            type_: Some(value.type_name.clone()),
            variables_reference: unfolded.reference,
            indexed_variables: unfolded.indexed,
            memory_reference: unfolded.memory,
            ..text_of(text(&value, hex))
        }))
    }

    pub(super) fn data_breakpoint_info(&mut self, request: &Request) -> Result<Json, Refusal> {
        let asked: DataBreakpointInfoArguments = arguments(request)?;
        let found = match asked.variables_reference.filter(|reference| *reference > 0) {
            Some(reference) => self.reference(reference).and_then(|reference| self.find(&reference, &asked.name)),
            None => self
                .call(asked.frame_id)
                .and_then(|call| Ok(expression::evaluate(self.session, call.frame, call.inlined_at, &asked.name)?)),
        };
        let place = found.and_then(|value| {
            let address = value.address.ok_or_else(|| {
                Refusal(format!("`{}` is not in linear memory: only what is there can be watched", asked.name))
            })?;
            let size = value.size_bytes.filter(|size| (1..=MAX_WATCHED).contains(size));
            let size = size.ok_or_else(|| Refusal(format!("`{}` has no size to watch", asked.name)))?;
            Ok((address, size, value.scope()))
        });
        let (data_id, description) = match place {
            Ok((address, size, frame)) => {
                let scope = frame.and_then(|frame| self.session.scope(frame).ok().flatten());
                let until = if scope.is_some() { ", until its call is over" } else { "" };
                let description = format!("{} ({size} bytes at {address:#x}{until})", asked.name);
                (Some(data_id(self.memory(), address, size, scope)), description)
            }
            Err(refusal) => (None, refusal.0),
        };
        let can = data_id.is_some();
        let mut body = body_of(&DataBreakpointInfoResponse {
            access_types: can.then(|| {
                use DataBreakpointAccessType::{Read, ReadWrite, Write};
                vec![Read, Write, ReadWrite]
            }),
            data_id,
            description,
            can_persist: Some(false),
        });
        if !can {
            // Here, `null` is what the specification asks for.
            body["dataId"] = Json::Null;
        }
        Ok(body)
    }
}

struct Unfolded {
    reference: u64,
    indexed: Option<u64>,
    memory: Option<String>,
}

/// What a client calls a range: memory, address, size; of a call's variable
/// also how deep that is and where it returns to.
fn data_id(memory: MemoryId, address: u64, size: u64, scope: Option<session::Scope>) -> String {
    let scope = scope.map(|session::Scope { depth, back }| format!(":{depth}:{}:{:#x}", back.module.0, back.offset));
    format!("{}:{address:#x}:{size}{}", memory.0, scope.unwrap_or_default())
}

/// The range that a [`data_id`] stands for, and the call that it ends with.
pub(super) fn parse_data_id(id: &str) -> Result<(MemoryId, Range<u64>, Option<session::Scope>), Refusal> {
    let parse = || {
        let hex = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        let parts: Vec<&str> = id.split(':').collect();
        let [memory, address, size, scope @ ..] = parts.as_slice() else { return None };
        let address = hex(address)?;
        let size: u64 = size.parse().ok().filter(|size| (1..=MAX_WATCHED).contains(size))?;
        let scope = match scope {
            [] => None,
            [depth, module, offset] => Some(session::Scope {
                depth: depth.parse().ok()?,
                back: CodeAddress { module: ModuleId(module.parse().ok()?), offset: u32::try_from(hex(offset)?).ok()? },
            }),
            _ => return None,
        };
        Some((MemoryId(memory.parse().ok()?), address..address.checked_add(size)?, scope))
    };
    parse().ok_or_else(|| Refusal(format!("`{id}` names nothing that can be watched")))
}

fn text(value: &Evaluated, hex: bool) -> String {
    match value.integer {
        Some(integer) if hex && integer < 0 => format!("-{:#x}", integer.unsigned_abs()),
        Some(integer) if hex => format!("{integer:#x}"),
        _ => value.text.clone(),
    }
}

/// A value that unfolds, as far as a line has room for it.
fn line(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_LINE) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn wasm_variable(kind: &str, index: usize, value: Value, hex: bool) -> Variable {
    let text = match value {
        Value::I32(bits) if hex => format!("{bits:#x}"),
        Value::I64(bits) if hex => format!("{bits:#x}"),
        value => value.to_string(),
    };
    Variable {
        name: format!("{kind}{index}"),
        value: text,
        type_: Some(value.ty().to_string()),
        presentation_hint: None,
        evaluate_name: Some(format!("${kind}{index}")),
        variables_reference: 0,
        named_variables: None,
        indexed_variables: None,
        memory_reference: None,
    }
}

/// A value of the type of another one, from text.
fn parse_value(like: Value, text: &str) -> Result<Value, Refusal> {
    let text = text.trim();
    let wrong = || Refusal(format!("`{text}` is no value of type {}", like.ty()));
    let integer = || {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let number = match digits.strip_prefix("0x") {
            Some(digits) => i128::from_str_radix(digits, 16),
            None => digits.parse::<i128>(),
        };
        number.ok().map(|number| number.saturating_mul(sign))
    };
    let within = |low: i128, high: u128| {
        integer().filter(|number| *number >= low && (*number < 0 || *number as u128 <= high)).ok_or_else(wrong)
    };
    Ok(match like {
        Value::I32(_) => Value::I32(within(i32::MIN.into(), u32::MAX.into())? as u32),
        Value::I64(_) => Value::I64(within(i64::MIN.into(), u64::MAX.into())? as u64),
        Value::F32(_) => Value::F32(text.parse::<f32>().map_err(|_| wrong())?.to_bits()),
        Value::F64(_) => Value::F64(text.parse::<f64>().map_err(|_| wrong())?.to_bits()),
        Value::V128(_) => Value::V128(
            text.strip_prefix("0x").and_then(|digits| u128::from_str_radix(digits, 16).ok()).ok_or_else(wrong)?,
        ),
        Value::Reference(_) => return Err("references cannot be set".into()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{data_id, parse_data_id, parse_value};
    use crate::engine::{CodeAddress, MemoryId, ModuleId, Value};
    use crate::session::Scope;

    #[test]
    fn values_are_read_by_type() {
        let read = |like, text| parse_value(like, text).ok();
        assert_eq!(read(Value::I32(0), "-1"), Some(Value::I32(u32::MAX)));
        assert_eq!(read(Value::I32(0), "0xffffffff"), Some(Value::I32(u32::MAX)));
        assert_eq!(read(Value::I32(0), "4294967296"), None);
        assert_eq!(read(Value::I64(0), "0x8000000000000000"), Some(Value::I64(1 << 63)));
        assert_eq!(read(Value::F64(0), "1.5"), Some(Value::F64(1.5_f64.to_bits())));
        assert_eq!(read(Value::I32(0), "one"), None);
    }

    #[test]
    fn watched_ranges_are_named_and_nothing_else_is() {
        assert_eq!(parse_data_id("0:0x10:4").unwrap(), (MemoryId(0), 0x10..0x14, None));
        let scope = Scope { depth: 3, back: CodeAddress { module: ModuleId(0), offset: 0x1a3 } };
        let id = data_id(MemoryId(0), 0x10, 4, Some(scope));
        assert_eq!(parse_data_id(&id).unwrap(), (MemoryId(0), 0x10..0x14, Some(scope)));
        for wrong in [
            "",
            "0:0x10:4:3",
            "0:0x10:4:3:0:1a3",
            "0:10:4",
            "0:0x10:0",
            "0:0xffffffffffffffff:4",
            "x:0x10:4",
            "0:0x10:99999999999",
        ] {
            assert!(parse_data_id(wrong).is_err(), "{wrong}");
        }
    }
}
