//! The Firefox Profiler's processed JSON, which profiler.firefox.com and samply open. Version 55 of the format, in which
//! each thread has its own tables; newer readers upgrade it.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::json;

use crate::model::{Address, Profile, Thread, Unit};
use crate::{FunctionId, MeasureId};

/// All samples with one measure as their weight. Where the file knew no times, the position on the axis stands for
/// nanoseconds.
#[must_use]
pub fn firefox(profile: &Profile, measure: MeasureId) -> String {
    let interval = profile.threads().iter().filter(|thread| thread.len() > 1).map(|thread| {
        let range = thread.range();
        (range.end - range.start) as f64 / 1e6 / thread.len() as f64
    });
    let libs: Vec<_> = profile
        .modules()
        .iter()
        .map(|module| {
            json!({
                "name": &*module.name, "path": "", "debugName": &*module.name, "debugPath": "",
                "breakpadId": "000000000000000000000000000000000", "codeId": module.build_id.as_deref(), "arch": null,
            })
        })
        .collect();
    let file = File {
        meta: json!({
            "categories": [{ "name": "Other", "color": "grey", "subcategories": ["Other"] }],
            "debug": false,
            "extensions": { "length": 0, "baseURL": [], "id": [], "name": [] },
            "interval": interval.reduce(f64::min).unwrap_or(1.0),
            "markerSchema": [],
            "preprocessedProfileVersion": 55,
            "processType": 0,
            "product": profile.name(),
            "sampleUnits": { "time": "ms", "eventDelay": "ms", "threadCPUDelta": "ns" },
            "startTime": 0,
            "symbolicated": true,
            "version": 24,
        }),
        libs,
        threads: profile.threads().iter().map(|thread| write_thread(profile, thread, measure)).collect(),
    };
    // The keys are strings and no writer can fail.
    serde_json::to_string(&file).unwrap_or_default()
}

#[derive(Serialize)]
struct File {
    meta: serde_json::Value,
    libs: Vec<serde_json::Value>,
    threads: Vec<ThreadTables>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ThreadTables {
    name: String,
    process_name: String,
    process_type: &'static str,
    pid: &'static str,
    tid: &'static str,
    is_main_thread: bool,
    process_startup_time: f64,
    process_shutdown_time: Option<f64>,
    register_time: f64,
    unregister_time: Option<f64>,
    paused_ranges: [(); 0],
    samples: Samples,
    markers: serde_json::Value,
    stack_table: StackTable,
    frame_table: FrameTable,
    func_table: FuncTable,
    resource_table: ResourceTable,
    native_symbols: serde_json::Value,
    string_array: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Samples {
    length: usize,
    weight_type: &'static str,
    stack: Vec<Option<usize>>,
    /// Milliseconds.
    time: Vec<f64>,
    weight: Vec<serde_json::Number>,
}

#[derive(Serialize, Default)]
struct StackTable {
    length: usize,
    prefix: Vec<Option<usize>>,
    frame: Vec<usize>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct FrameTable {
    length: usize,
    address: Vec<i64>,
    inline_depth: Vec<u32>,
    category: Vec<u32>,
    subcategory: Vec<u32>,
    func: Vec<usize>,
    native_symbol: Vec<Option<u32>>,
    #[serde(rename = "innerWindowID")]
    inner_window_id: Vec<u32>,
    line: Vec<Option<u64>>,
    column: Vec<Option<u32>>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct FuncTable {
    length: usize,
    name: Vec<usize>,
    #[serde(rename = "isJS")]
    is_js: Vec<bool>,
    #[serde(rename = "relevantForJS")]
    relevant_for_js: Vec<bool>,
    resource: Vec<i64>,
    file_name: Vec<Option<usize>>,
    line_number: Vec<Option<u64>>,
    column_number: Vec<Option<u32>>,
}

#[derive(Serialize, Default)]
struct ResourceTable {
    length: usize,
    lib: Vec<usize>,
    name: Vec<usize>,
    host: Vec<Option<usize>>,
    r#type: Vec<u32>,
}

/// The number of each text, resource, function, … in the thread's tables, in order of first use.
struct Numbers<K>(HashMap<K, usize>);

impl<K: std::hash::Hash + Eq> Numbers<K> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    /// The number, and whether it is new.
    fn get(&mut self, key: K) -> (usize, bool) {
        let next = self.0.len();
        let number = *self.0.entry(key).or_insert(next);
        (number, number == next)
    }
}

fn write_thread(profile: &Profile, thread: &Thread, measure: MeasureId) -> ThreadTables {
    let mut used = vec![false; profile.stacks().len()];
    for stack in thread.stacks().iter().flatten() {
        used[stack.index()] = true;
    }
    for (index, stack) in profile.stacks().iter().enumerate().rev() {
        if let (true, Some(parent)) = (used[index], stack.parent) {
            used[parent.index()] = true;
        }
    }
    let mut tables = Tables::new(profile);
    let mut stack_table = StackTable::default();
    let mut number = vec![usize::MAX; profile.stacks().len()];
    for (index, stack) in profile.stacks().iter().enumerate().filter(|&(index, _)| used[index]) {
        number[index] = stack_table.length;
        stack_table.length += 1;
        stack_table.prefix.push(stack.parent.map(|parent| number[parent.index()]));
        stack_table.frame.push(tables.frame(stack.frame));
    }
    let (weight_type, scale) = match profile.measures().get(measure.index()).map(|measure| measure.unit) {
        Some(Unit::Nanoseconds) => ("tracing-ms", Some(1e6)),
        Some(Unit::Bytes) => ("bytes", None),
        _ => ("samples", None),
    };
    let weight = |sample| {
        let value = thread.value(sample, measure);
        let scaled = scale.and_then(|scale| serde_json::Number::from_f64(value as f64 / scale));
        scaled.unwrap_or_else(|| value.into())
    };
    let end = thread.range().end as f64 / 1e6;
    ThreadTables {
        name: thread.name.clone(),
        process_name: thread.process.clone(),
        process_type: "default",
        pid: "0",
        tid: "0",
        is_main_thread: false,
        process_startup_time: 0.0,
        process_shutdown_time: Some(end),
        register_time: 0.0,
        unregister_time: Some(end),
        paused_ranges: [],
        samples: Samples {
            length: thread.len(),
            weight_type,
            stack: thread.stacks().iter().map(|stack| stack.map(|stack| number[stack.index()])).collect(),
            time: thread.starts().iter().map(|&start| start as f64 / 1e6).collect(),
            weight: (0..thread.len()).map(weight).collect(),
        },
        markers: json!({
            "length": 0, "category": [], "data": [], "endTime": [], "name": [], "phase": [], "startTime": [],
        }),
        stack_table,
        native_symbols: json!({ "length": 0, "address": [], "functionSize": [], "libIndex": [], "name": [] }),
        frame_table: tables.frames,
        func_table: tables.functions,
        resource_table: tables.resources,
        string_array: tables.strings,
    }
}

struct Tables<'a> {
    profile: &'a Profile,
    strings: Vec<String>,
    string_numbers: Numbers<&'a str>,
    resources: ResourceTable,
    resource_numbers: Numbers<crate::ModuleId>,
    functions: FuncTable,
    function_numbers: Numbers<FunctionId>,
    frames: FrameTable,
    frame_numbers: Numbers<crate::FrameId>,
}

impl<'a> Tables<'a> {
    fn new(profile: &'a Profile) -> Self {
        Self {
            profile,
            strings: Vec::new(),
            string_numbers: Numbers::new(),
            resources: ResourceTable::default(),
            resource_numbers: Numbers::new(),
            functions: FuncTable::default(),
            function_numbers: Numbers::new(),
            frames: FrameTable::default(),
            frame_numbers: Numbers::new(),
        }
    }

    fn string(&mut self, text: &'a str) -> usize {
        let (number, is_new) = self.string_numbers.get(text);
        if is_new {
            self.strings.push(text.into());
        }
        number
    }

    fn frame(&mut self, id: crate::FrameId) -> usize {
        let (number, is_new) = self.frame_numbers.get(id);
        if !is_new {
            return number;
        }
        let frame = self.profile.frames()[id.index()];
        let (address, offset) = match frame.address {
            Some(Address::Native(address)) => (i64::try_from(address).unwrap_or(-1), None),
            Some(Address::Wasm(offset)) => (-1, Some(offset)),
            None => (-1, None),
        };
        let func = self.function(frame.function);
        let table = &mut self.frames;
        table.length += 1;
        table.address.push(address);
        table.inline_depth.push(frame.inlined.into());
        table.category.push(0);
        table.subcategory.push(0);
        table.func.push(func);
        table.native_symbol.push(None);
        table.inner_window_id.push(0);
        // As SpiderMonkey has it, the line of wasm is its offset.
        table.line.push(offset.or(frame.line.map(u64::from)));
        table.column.push(frame.column);
        number
    }

    fn function(&mut self, id: FunctionId) -> usize {
        let (number, is_new) = self.function_numbers.get(id);
        if !is_new {
            return number;
        }
        let function = self.profile.function(id);
        let module = function.module.map(|module| &*self.profile.modules()[module.index()].name);
        let resource = function.module.map(|module| self.resource(module) as i64);
        let (offset, wasm_file) = match function.address {
            Some(Address::Wasm(offset)) => (Some(offset), module),
            _ => (None, None),
        };
        let name = self.string(&function.name);
        let file = function.file.as_deref().or(wasm_file).map(|file| self.string(file));
        let table = &mut self.functions;
        table.length += 1;
        table.name.push(name);
        table.is_js.push(false);
        table.relevant_for_js.push(false);
        table.resource.push(resource.unwrap_or(-1));
        table.file_name.push(file);
        table.line_number.push(offset.or(function.line.map(u64::from)));
        table.column_number.push(None);
        number
    }

    fn resource(&mut self, module: crate::ModuleId) -> usize {
        let (number, is_new) = self.resource_numbers.get(module);
        if is_new {
            let name = self.string(&self.profile.modules()[module.index()].name);
            let table = &mut self.resources;
            table.length += 1;
            table.lib.push(module.index());
            table.name.push(name);
            table.host.push(None);
            // A library.
            table.r#type.push(1);
        }
        number
    }
}
