//! The Firefox Profiler's [processed format](https://github.com/firefox-devtools/profiler/blob/main/docs-developer/processed-profile-format.md):
//! what the Firefox Profiler saves and what samply and wasmtime's guest profiler write. Tables are columns; a table is a
//! thread's own or, in newer versions, shared by all threads. Times are milliseconds.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::builder::{Builder, Samples};
use crate::import::is_wasm;
use crate::model::{Address, Axis, Column, Format, Frame, Function, Measure, Profile, Unit};
use crate::{Error, FrameId, FunctionId, StackId};

const FORMAT: Format = Format::Firefox;

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow, default)]
    meta: Meta<'a>,
    #[serde(borrow, default)]
    libs: Vec<Lib<'a>>,
    #[serde(borrow, default)]
    shared: Thread<'a>,
    #[serde(borrow)]
    threads: Option<Vec<Thread<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Meta<'a> {
    #[serde(borrow)]
    product: Cow<'a, str>,
    /// Milliseconds.
    interval: f64,
    preprocessed_profile_version: Option<u32>,
    #[serde(borrow)]
    sample_units: Option<SampleUnits<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SampleUnits<'a> {
    #[serde(borrow, default, rename = "threadCPUDelta")]
    thread_cpu_delta: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lib<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    breakpad_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    code_id: Option<Cow<'a, str>>,
}

/// A thread; or, with tables only, what all threads share.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Thread<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    process_name: Option<Cow<'a, str>>,
    pid: Value,
    #[serde(borrow)]
    samples: SampleTable<'a>,
    #[serde(borrow)]
    string_array: Option<Vec<Cow<'a, str>>>,
    stack_table: Option<StackTable>,
    frame_table: Option<FrameTable>,
    func_table: Option<FuncTable>,
    resource_table: Option<ResourceTable>,
    sources: Option<Sources>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SampleTable<'a> {
    stack: Vec<Option<u32>>,
    time: Option<Vec<f64>>,
    time_deltas: Option<Vec<f64>>,
    weight: Option<Vec<f64>>,
    #[serde(borrow)]
    weight_type: Option<Cow<'a, str>>,
    #[serde(rename = "threadCPUDelta")]
    thread_cpu_delta: Option<Vec<Option<f64>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StackTable {
    prefix: Vec<Option<i64>>,
    frame: Vec<u32>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct FrameTable {
    func: Vec<u32>,
    /// −1 where there is none.
    address: Vec<Option<i64>>,
    line: Vec<Option<i64>>,
    column: Vec<Option<i64>>,
    inline_depth: Vec<Option<u32>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct FuncTable {
    name: Vec<u32>,
    /// −1 where there is none.
    resource: Vec<Option<i64>>,
    file_name: Vec<Option<u32>>,
    /// An entry of the sources, instead of a file name.
    source: Vec<Option<u32>>,
    line_number: Vec<Option<i64>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ResourceTable {
    lib: Vec<Option<i64>>,
    name: Vec<Option<u32>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Sources {
    filename: Vec<Option<u32>>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Profile, Error> {
    let file: File<'_> = serde_json::from_slice(bytes).map_err(|error| Error::Json { format: FORMAT, error })?;
    let (Some(threads), Some(_)) = (&file.threads, file.meta.preprocessed_profile_version) else {
        return Err(Error::Unsupported(
            "Firefox Profiler JSON that is not in the processed format: open it on profiler.firefox.com and save it"
                .into(),
        ));
    };
    let unit = |thread: &Thread<'_>| match thread.samples.weight_type.as_deref() {
        None | Some("samples") => "samples",
        Some("tracing-ms") => "tracing-ms",
        Some("bytes") => "bytes",
        Some(_) => "weight",
    };
    let mut weights: Vec<&str> = Vec::new();
    for name in threads.iter().map(unit) {
        if !weights.contains(&name) {
            weights.push(name);
        }
    }
    let cpu = threads
        .iter()
        .any(|thread| thread.samples.thread_cpu_delta.iter().flatten().flatten().any(|&delta| delta > 0.0));
    let cpu_unit = file.meta.sample_units.as_ref().map_or("", |units| &units.thread_cpu_delta);
    let (cpu_unit, cpu_scale) = match cpu_unit {
        "ns" => (Unit::Nanoseconds, 1.0),
        "variable CPU cycles" => (Unit::Count, 1.0),
        _ => (Unit::Nanoseconds, 1e3),
    };
    let mut measures: Vec<Measure> = weights.iter().map(|name| weight(name).0).collect();
    measures.push(Measure { name: "time".into(), unit: Unit::Nanoseconds });
    if cpu {
        measures.push(Measure { name: "cpu".into(), unit: cpu_unit });
    }

    let mut profile = Builder::new(FORMAT, Axis::Time, measures);
    profile.name(&file.meta.product);
    let mut lost = 0;
    let mut shared: Option<Vec<StackId>> = None;
    for thread in threads {
        let own: Vec<StackId>;
        let stacks = if thread.stack_table.is_some() {
            own = Names { own: thread, shared: &file.shared, libs: &file.libs }.stacks(&mut profile)?;
            &own
        } else {
            match &mut shared {
                Some(shared) => shared,
                None => {
                    shared.insert(Names { own: thread, shared: &file.shared, libs: &file.libs }.stacks(&mut profile)?)
                }
            }
        };
        let samples = &thread.samples;
        let count = samples.stack.len();
        let at = |stack: Option<u32>| match stack {
            Some(index) => {
                stacks.get(index as usize).copied().map(Some).ok_or_else(|| out_of("stackTable", index.into()))
            }
            None => Ok(None),
        };
        let ids: Vec<Option<StackId>> = samples.stack.iter().map(|&stack| at(stack)).collect::<Result<_, _>>()?;
        let starts = samples.starts();
        let interval = nanoseconds(file.meta.interval);
        let end = starts.last().map_or(0, |last| last.saturating_add(interval));
        let mut whole = |values: &[f64], scale: f64| {
            lost += values.iter().filter(|&&value| value < 0.0).count();
            Column::Each(values.iter().map(|value| (value * scale).round() as u64).collect())
        };
        let mut values = Vec::new();
        for name in &weights {
            values.push(match &samples.weight {
                _ if *name != unit(thread) => Column::Same(0),
                Some(weights) => whole(weights, weight(name).1),
                None => Column::Same(1),
            });
        }
        values.push(Column::Duration);
        if cpu {
            values.push(match &samples.thread_cpu_delta {
                Some(deltas) => {
                    Column::Each(deltas.iter().map(|delta| (delta.unwrap_or(0.0) * cpu_scale).round() as u64).collect())
                }
                None => Column::Same(0),
            });
        }
        if starts.len() != count {
            return Err(Error::Columns { what: "times of samples", expected: count, found: starts.len() });
        }
        let process = match (&thread.process_name, &thread.pid) {
            (Some(name), _) if !name.is_empty() => name.to_string(),
            (_, Value::String(pid)) => pid.clone(),
            (_, Value::Number(pid)) => pid.to_string(),
            _ => String::new(),
        };
        profile.thread(Samples { thread: thread.name.to_string(), process, starts, end, stacks: ids, values })?;
    }
    if lost > 0 {
        profile.note(format!("{lost} samples have a negative weight and count as 0"));
    }
    profile.finish()
}

/// The measure of a `weightType`, and the factor to its unit.
fn weight(name: &str) -> (Measure, f64) {
    let (unit, scale) = match name {
        "samples" => (Unit::Samples, 1.0),
        "tracing-ms" => (Unit::Nanoseconds, 1e6),
        "bytes" => (Unit::Bytes, 1.0),
        _ => (Unit::Count, 1.0),
    };
    (Measure { name: name.into(), unit }, scale)
}

impl SampleTable<'_> {
    fn starts(&self) -> Vec<u64> {
        if let Some(times) = &self.time {
            return times.iter().map(|&time| nanoseconds(time)).collect();
        }
        let mut now = 0.0;
        let deltas = self.time_deltas.iter().flatten();
        deltas
            .map(|delta| {
                now += delta;
                nanoseconds(now)
            })
            .collect()
    }
}

/// The tables that a thread's stacks are made of.
struct Names<'a> {
    own: &'a Thread<'a>,
    shared: &'a Thread<'a>,
    libs: &'a [Lib<'a>],
}

impl Names<'_> {
    fn table<'t, T>(&'t self, get: impl Fn(&'t Thread<'t>) -> Option<&'t T>) -> Option<&'t T> {
        get(self.own).or_else(|| get(self.shared))
    }

    fn string(&self, index: u32) -> Result<&str, Error> {
        let strings = self.table(|tables| tables.string_array.as_ref());
        strings
            .and_then(|strings| strings.get(index as usize))
            .map(|text| &**text)
            .ok_or_else(|| out_of("stringArray", index.into()))
    }

    fn stacks(&self, profile: &mut Builder) -> Result<Vec<StackId>, Error> {
        let Some(table) = self.table(|tables| tables.stack_table.as_ref()) else { return Ok(Vec::new()) };
        let frames = self.frames(profile)?;
        let mut stacks: Vec<StackId> = Vec::with_capacity(table.frame.len());
        for (index, &frame) in table.frame.iter().enumerate() {
            let frame = *frames.get(frame as usize).ok_or_else(|| out_of("frameTable", frame.into()))?;
            let parent = match number(&table.prefix, index) {
                Some(prefix) => Some(*stacks.get(prefix as usize).ok_or_else(|| {
                    Error::damaged(
                        FORMAT,
                        format!("stack {index} has the prefix {prefix}, which does not come before it"),
                    )
                })?),
                None => None,
            };
            stacks.push(profile.stack(parent, frame));
        }
        Ok(stacks)
    }

    fn frames(&self, profile: &mut Builder) -> Result<Vec<FrameId>, Error> {
        let Some(table) = self.table(|tables| tables.frame_table.as_ref()) else { return Ok(Vec::new()) };
        let functions = self.functions(profile)?;
        let frame = |(index, &func): (usize, &u32)| {
            let &(function, is_wasm) = functions.get(func as usize).ok_or_else(|| out_of("funcTable", func.into()))?;
            let (line, column) = (number(&table.line, index), number(&table.column, index));
            let address = number(&table.address, index);
            let (line, column, address) = match is_wasm {
                // SpiderMonkey gives the offset in the module for the line.
                true => (None, None, line.map(|offset| Address::Wasm(offset.into()))),
                false => (line, column, address.map(|address| Address::Native(address.into()))),
            };
            let inlined = table.inline_depth.get(index).copied().flatten().unwrap_or(0) > 0;
            Ok(profile.frame(Frame { function, line, column, address, inlined }))
        };
        table.func.iter().enumerate().map(frame).collect()
    }

    /// Each function, and whether it is wasm that has been compiled by SpiderMonkey.
    fn functions(&self, profile: &mut Builder) -> Result<Vec<(FunctionId, bool)>, Error> {
        let Some(table) = self.table(|tables| tables.func_table.as_ref()) else { return Ok(Vec::new()) };
        let sources = self.table(|tables| tables.sources.as_ref());
        let function = |(index, &name): (usize, &u32)| {
            let mut file = table.file_name.get(index).copied().flatten();
            if let (None, Some(source)) = (file, table.source.get(index).copied().flatten()) {
                let names = sources.map_or(&[][..], |sources| &sources.filename);
                file = *names.get(source as usize).ok_or_else(|| out_of("sources", source.into()))?;
            }
            let file = file.map(|file| self.string(file)).transpose()?;
            let is_wasm = file.is_some_and(is_wasm);
            let line = number(&table.line_number, index);
            let module = match number(&table.resource, index) {
                Some(resource) => self.module(profile, resource)?,
                None => None,
            };
            let module = module.or_else(|| Some(profile.module(file?, None)));
            let function = Function {
                name: profile.text(self.string(name)?),
                module,
                file: file.filter(|_| !is_wasm).map(|file| profile.text(file)),
                line: line.filter(|_| !is_wasm),
                address: line.filter(|_| is_wasm).map(|offset| Address::Wasm(offset.into())),
            };
            Ok((profile.function(function), is_wasm))
        };
        table.name.iter().enumerate().map(function).collect()
    }

    fn module(&self, profile: &mut Builder, resource: u32) -> Result<Option<crate::ModuleId>, Error> {
        let Some(table) = self.table(|tables| tables.resource_table.as_ref()) else {
            return Err(out_of("resourceTable", resource.into()));
        };
        if let Some(lib) = number(&table.lib, resource as usize) {
            let lib = self.libs.get(lib as usize).ok_or_else(|| out_of("libs", lib.into()))?;
            let build = lib.code_id.as_deref().or(lib.breakpad_id.as_deref());
            // An id of zeros is none.
            let build = build.filter(|id| id.bytes().any(|byte| byte != b'0'));
            return Ok(Some(profile.module(&lib.name, build)));
        }
        match table.name.get(resource as usize) {
            Some(&Some(name)) => Ok(Some(profile.module(self.string(name)?, None))),
            Some(None) => Ok(None),
            None => Err(out_of("resourceTable", resource.into())),
        }
    }
}

/// An entry of a column, none for `null`, negative numbers and the end of the column.
fn number(column: &[Option<i64>], index: usize) -> Option<u32> {
    u32::try_from(column.get(index).copied().flatten()?).ok()
}

fn out_of(table: &str, index: u64) -> Error {
    Error::damaged(FORMAT, format!("{table} has no entry {index}"))
}

fn nanoseconds(milliseconds: f64) -> u64 {
    // What is negative or no number becomes 0.
    (milliseconds * 1e6).round() as u64
}
