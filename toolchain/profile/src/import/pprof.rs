//! pprof's [profile.proto](https://github.com/google/pprof/blob/main/proto/profile.proto), as Go, Rust's `pprof`, and
//! many samplers write it.
//!
//! The few lines of protobuf are read in place: a generated reader would make three vectors for each sample.

use std::collections::HashMap;

use crate::builder::{Builder, Samples};
use crate::import::is_wasm;
use crate::model::{Address, Axis, Column, Format, Frame, Function, Measure, Profile, Unit};
use crate::{Error, FrameId, ModuleId, StackId};

pub(super) fn read(bytes: &[u8]) -> Result<Profile, Error> {
    let file = Tables::read(bytes)?;
    let kinds = file.kinds()?;
    let mut profile =
        Builder::new(Format::Pprof, Axis::Weight, kinds.iter().map(|kind| kind.measure.clone()).collect());
    let locations = file.locations(&mut profile)?;
    // Comments may say of what the profile is; without them the first mapping is the program.
    if let Some(program) = file.mappings.first() {
        profile.name(file.text(program.filename, program.at)?);
    }

    let mut threads: Vec<Thread> = Vec::new();
    let mut thread_by_name: HashMap<String, usize> = HashMap::new();
    let mut negative = 0;
    let mut values = Vec::new();
    let mut path: Vec<u64> = Vec::new();
    // The stack of a list of locations as the file packs it: most samples repeat one.
    let mut packed_stacks: HashMap<&[u8], Option<StackId>> = HashMap::new();
    // A location may stand for many inlined functions. However often it is named, the file shall not become endless.
    let mut known: HashMap<(Option<StackId>, u64), Option<StackId>> = HashMap::new();
    let (mut stack_count, stack_limit) = (0, 100_000 + 8 * bytes.len());
    for field in Fields::of(bytes, 0) {
        let field = field?;
        let (2, Value::Bytes(sample)) = (field.number, field.value) else { continue };
        values.clear();
        path.clear();
        let mut packed = None;
        let mut thread = None;
        for part in Fields::of(sample, field.at) {
            let part = part?;
            match (part.number, part.value) {
                (1, Value::Bytes(ids)) if packed.is_none() && path.is_empty() => packed = Some((ids, part)),
                (1, _) => part.integers(&mut path)?,
                (2, _) => part.integers(&mut values)?,
                (3, _) if thread.is_none() => thread = file.thread_label(&part)?,
                _ => {}
            }
        }
        if values.len() != file.sample_types.len() {
            return Err(damage(
                field.at,
                format!("a sample has {} values, not {}", values.len(), file.sample_types.len()),
            ));
        }
        // Only a list that is the whole path tells it.
        let key = packed.as_ref().filter(|_| path.is_empty()).map(|(ids, _)| *ids);
        let mut stack = None;
        if let Some(&same) = key.and_then(|ids| packed_stacks.get(ids)) {
            stack = same;
        } else {
            if let Some((_, part)) = &packed {
                let after = std::mem::take(&mut path);
                part.integers(&mut path)?;
                path.extend(after);
            }
            for &id in path.iter().rev() {
                let missing = || damage(field.at, format!("no location has the id {id}"));
                let frames = locations.get(&id).ok_or_else(missing)?;
                stack = *known.entry((stack, id)).or_insert_with(|| {
                    stack_count += frames.len();
                    frames.iter().fold(stack, |stack, &frame| Some(profile.stack(stack, frame)))
                });
                if stack_count > stack_limit {
                    let problem = "more stacks of inlined functions than a file of this size can mean";
                    return Err(damage(field.at, problem.into()));
                }
            }
            if let Some(ids) = key {
                packed_stacks.insert(ids, stack);
            }
        }
        let name = thread.unwrap_or_default();
        let thread = match thread_by_name.get(&name) {
            Some(&thread) => thread,
            None => {
                threads.push(Thread { name: name.clone(), stacks: Vec::new(), values: vec![Vec::new(); kinds.len()] });
                thread_by_name.insert(name, threads.len() - 1);
                threads.len() - 1
            }
        };
        let thread = &mut threads[thread];
        thread.stacks.push(stack);
        for (kind, column) in kinds.iter().zip(&mut thread.values) {
            let value = u64::try_from(values[kind.index].cast_signed()).unwrap_or_else(|_| {
                negative += 1;
                0
            });
            column.push(value.checked_mul(kind.scale).ok_or(Error::Overflow)?);
        }
    }
    if negative > 0 {
        profile.note(format!("{negative} values are negative and count as 0"));
    }
    for Thread { name, stacks, values } in threads {
        let values = values.into_iter().map(Column::Each).collect();
        profile.thread(Samples { thread: name, stacks, values, ..Samples::default() })?;
    }
    profile.finish()
}

struct Thread {
    name: String,
    stacks: Vec<Option<StackId>>,
    values: Vec<Vec<u64>>,
}

/// A measure and the place of its values in a sample.
struct Kind {
    measure: Measure,
    index: usize,
    scale: u64,
}

/// What the samples refer to. The file may have it after them.
#[derive(Default)]
struct Tables<'a> {
    strings: Vec<&'a [u8]>,
    sample_types: Vec<SampleType>,
    default_type: u64,
    mappings: Vec<Mapping>,
    functions: Vec<FunctionRow>,
    locations: Vec<Location>,
}

struct SampleType {
    at: usize,
    name: u64,
    unit: u64,
}

struct Mapping {
    at: usize,
    id: u64,
    filename: u64,
    build_id: u64,
}

struct FunctionRow {
    at: usize,
    id: u64,
    name: u64,
    system_name: u64,
    filename: u64,
    start_line: u64,
}

struct Location {
    at: usize,
    id: u64,
    mapping: u64,
    address: u64,
    /// Function, line, column; the innermost inlined function first.
    lines: Vec<[u64; 3]>,
}

impl<'a> Tables<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut file = Tables::default();
        for field in Fields::of(bytes, 0) {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Bytes(_)) => {
                    let [name, unit] = field.message([1, 2])?;
                    file.sample_types.push(SampleType { at: field.at, name, unit });
                }
                (3, Value::Bytes(_)) => {
                    let [id, filename, build_id] = field.message([1, 5, 6])?;
                    file.mappings.push(Mapping { at: field.at, id, filename, build_id });
                }
                (4, Value::Bytes(bytes)) => {
                    let [id, mapping, address] = field.message([1, 2, 3])?;
                    let mut lines = Vec::new();
                    for part in Fields::of(bytes, field.at) {
                        let part = part?;
                        if part.number == 4 {
                            lines.push(part.message([1, 2, 3])?);
                        }
                    }
                    file.locations.push(Location { at: field.at, id, mapping, address, lines });
                }
                (5, Value::Bytes(_)) => {
                    let [id, name, system_name, filename, start_line] = field.message([1, 2, 3, 4, 5])?;
                    file.functions.push(FunctionRow { at: field.at, id, name, system_name, filename, start_line });
                }
                (6, Value::Bytes(text)) => file.strings.push(text),
                (14, Value::Integer(name)) => file.default_type = name,
                _ => {}
            }
        }
        if file.sample_types.is_empty() {
            return Err(damage(0, "no sample type: not a pprof profile, or cut off".into()));
        }
        Ok(file)
    }

    fn text(&self, index: u64, at: usize) -> Result<&'a str, Error> {
        let text = usize::try_from(index).ok().and_then(|index| self.strings.get(index));
        let text = match text {
            Some(text) => text,
            None if index == 0 => &b""[..],
            None => return Err(damage(at, format!("the string table has no entry {index}"))),
        };
        std::str::from_utf8(text).map_err(|_| damage(at, format!("string {index} is not UTF-8")))
    }

    /// The measures, the default one first: the one that is named, else the last.
    fn kinds(&self) -> Result<Vec<Kind>, Error> {
        let mut kinds = Vec::new();
        for (index, SampleType { at, name, unit }) in self.sample_types.iter().enumerate() {
            let name = self.text(*name, *at)?;
            let (unit, scale) = match self.text(*unit, *at)? {
                "nanoseconds" | "nanosecond" | "ns" => (Unit::Nanoseconds, 1),
                "microseconds" | "microsecond" | "us" | "µs" => (Unit::Nanoseconds, 1_000),
                "milliseconds" | "millisecond" | "ms" => (Unit::Nanoseconds, 1_000_000),
                "seconds" | "second" | "s" => (Unit::Nanoseconds, 1_000_000_000),
                "bytes" | "byte" | "b" => (Unit::Bytes, 1),
                "kilobytes" | "kilobyte" | "kb" => (Unit::Bytes, 1 << 10),
                "megabytes" | "megabyte" | "mb" => (Unit::Bytes, 1 << 20),
                _ if matches!(name, "sample" | "samples") => (Unit::Samples, 1),
                _ => (Unit::Count, 1),
            };
            kinds.push(Kind { measure: Measure { name: name.into(), unit }, index, scale });
        }
        let named = self.sample_types.iter().position(|kind| self.default_type != 0 && kind.name == self.default_type);
        let first = kinds.remove(named.unwrap_or(kinds.len() - 1));
        kinds.insert(0, first);
        Ok(kinds)
    }

    /// The frames of each location, outermost first.
    fn locations(&self, profile: &mut Builder) -> Result<HashMap<u64, Vec<FrameId>>, Error> {
        let mut mappings: HashMap<u64, (ModuleId, bool)> = HashMap::new();
        for Mapping { at, id, filename, build_id } in &self.mappings {
            let (name, build) = (self.text(*filename, *at)?, self.text(*build_id, *at)?);
            if !name.is_empty() || !build.is_empty() {
                let build = (!build.is_empty()).then_some(build);
                mappings.insert(*id, (profile.module(name, build), is_wasm(name)));
            }
        }
        let functions: HashMap<u64, &FunctionRow> = self.functions.iter().map(|row| (row.id, row)).collect();
        let mut locations = HashMap::with_capacity(self.locations.len());
        for Location { at, id, mapping, address, lines } in &self.locations {
            let mapping = mappings.get(mapping).copied();
            let module = mapping.map(|(module, _)| module);
            let address = (*address != 0).then_some(match mapping {
                Some((_, true)) => Address::Wasm(*address),
                _ => Address::Native(*address),
            });
            let mut frames = Vec::new();
            for (inside, &[function, line, column]) in lines.iter().enumerate().rev() {
                let row = functions.get(&function);
                let row = row.ok_or_else(|| damage(*at, format!("no function has the id {function}")))?;
                let name = match self.text(row.name, row.at)? {
                    "" => self.text(row.system_name, row.at)?,
                    name => name,
                };
                let file = Some(self.text(row.filename, row.at)?).filter(|file| !file.is_empty());
                // V8's line of a wasm function says nothing.
                let source = file.filter(|file| !is_wasm(file));
                let (start_line, line, column) = match (source, file) {
                    (None, Some(_)) => (0, 0, 0),
                    _ => (row.start_line, line, column),
                };
                let function = Function {
                    name: profile.text(name),
                    module: module.or_else(|| file.map(|file| profile.module(file, None))),
                    file: source.map(|file| profile.text(file)),
                    line: from_1(start_line),
                    address: None,
                };
                let function = profile.function(function);
                let inlined = inside + 1 < lines.len();
                frames.push(profile.frame(Frame {
                    function,
                    line: from_1(line),
                    column: from_1(column),
                    address,
                    inlined,
                }));
            }
            if lines.is_empty() {
                let name = address.map_or_else(
                    || "(unknown)".into(),
                    |address| match address {
                        Address::Wasm(at) | Address::Native(at) => format!("0x{at:x}"),
                    },
                );
                let name = profile.text(&name);
                let function = profile.function(Function { name, module, file: None, line: None, address });
                frames.push(profile.frame(Frame { address, ..Frame::of(function) }));
            }
            locations.insert(*id, frames);
        }
        Ok(locations)
    }

    /// The thread's name, if the label is one that tells it.
    fn thread_label(&self, label: &Field<'_>) -> Result<Option<String>, Error> {
        let [key, text, number] = label.message([1, 2, 3])?;
        if !matches!(self.text(key, label.at)?, "thread" | "thread name" | "thread_name" | "thread id" | "tid") {
            return Ok(None);
        }
        Ok(Some(if text == 0 { number.to_string() } else { self.text(text, label.at)?.into() }))
    }
}

/// 0 is unknown.
fn from_1(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|&number| number > 0)
}

fn damage(offset: usize, problem: String) -> Error {
    Error::Pprof { offset, problem }
}

/// The fields of a protobuf message.
struct Fields<'a> {
    bytes: &'a [u8],
    /// Where the rest begins in the file.
    at: usize,
}

struct Field<'a> {
    number: u64,
    value: Value<'a>,
    /// Where its contents begin in the file.
    at: usize,
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Integer(u64),
    Bytes(&'a [u8]),
    /// A fixed-size number: the format has none.
    Fixed,
}

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn varint(&mut self) -> Result<u64, Error> {
        let mut value = 0_u64;
        for (index, &byte) in self.bytes.iter().enumerate().take(10) {
            let bits = u64::from(byte & 0x7f);
            value |= bits << (7 * index);
            if byte < 0x80 {
                if index == 9 && byte > 1 {
                    break;
                }
                self.skip(index + 1);
                return Ok(value);
            }
        }
        let problem = if self.bytes.len() < 10 { "ends within a number" } else { "a number of more than 64 bits" };
        Err(damage(self.at, problem.into()))
    }

    fn skip(&mut self, count: usize) {
        self.bytes = &self.bytes[count..];
        self.at += count;
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], Error> {
        let taken = usize::try_from(count).ok().and_then(|count| self.bytes.get(..count));
        let taken = taken.ok_or_else(|| {
            damage(self.at, format!("{count} bytes follow by its word, but only {} are there", self.bytes.len()))
        })?;
        self.skip(taken.len());
        Ok(taken)
    }

    fn field(&mut self) -> Result<Field<'a>, Error> {
        let tag = self.varint()?;
        let mut at = self.at;
        let value = match tag & 7 {
            0 => Value::Integer(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let length = self.varint()?;
                at = self.at;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            kind => return Err(damage(at, format!("fields of the kind {kind} are not protobuf"))),
        };
        Ok(Field { number: tag >> 3, value, at })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.bytes = &[];
        }
        Some(field)
    }
}

impl Field<'_> {
    /// The integers of a message's fields; 0 for what is not there.
    fn message<const N: usize>(&self, numbers: [u64; N]) -> Result<[u64; N], Error> {
        let mut found = [0; N];
        let Value::Bytes(bytes) = self.value else { return Err(damage(self.at, "a message is expected".into())) };
        for field in Fields::of(bytes, self.at) {
            let field = field?;
            if let (Value::Integer(value), Some(index)) =
                (field.value, numbers.iter().position(|&it| it == field.number))
            {
                found[index] = value;
            }
        }
        Ok(found)
    }

    /// Adds the integers of a repeated field, packed or not.
    fn integers(&self, found: &mut Vec<u64>) -> Result<(), Error> {
        match self.value {
            Value::Integer(value) => found.push(value),
            Value::Bytes(bytes) => {
                let mut rest = Fields::of(bytes, self.at);
                while !rest.bytes.is_empty() {
                    found.push(rest.varint()?);
                }
            }
            Value::Fixed => return Err(damage(self.at, "a varint is expected".into())),
        }
        Ok(())
    }
}
