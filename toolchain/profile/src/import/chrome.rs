//! Chrome traces, as the Performance panel of DevTools saves them: the V8 profiler's `Profile` event opens a recording,
//! its `ProfileChunk` events bring nodes and samples. All other events are left alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::cpuprofile::{Node, Recording, builder};
use crate::Error;
use crate::model::{Format, Profile};

const FORMAT: Format = Format::ChromeTrace;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    #[serde(borrow)]
    trace_events: Vec<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(default)]
    pid: Value,
    #[serde(default)]
    tid: Value,
    #[serde(default)]
    id: Value,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Arguments<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    start_time: Option<f64>,
    end_time: Option<f64>,
    #[serde(borrow)]
    cpu_profile: Option<Chunk<'a>>,
    #[serde(default)]
    time_deltas: Vec<f64>,
    #[serde(default)]
    lines: Vec<u32>,
    #[serde(default)]
    columns: Vec<u32>,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    nodes: Vec<Node<'a>>,
    #[serde(default)]
    samples: Vec<u64>,
}

#[derive(Deserialize)]
struct ThreadName {
    name: String,
}

pub(super) fn read(bytes: &[u8]) -> Result<Profile, Error> {
    let json = |error| Error::Json { format: FORMAT, error };
    let events = if bytes.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice::<Vec<Event<'_>>>(bytes).map_err(json)?
    } else {
        serde_json::from_slice::<File<'_>>(bytes).map_err(json)?.trace_events
    };
    let key = |event: &Event<'_>, what: &Value| (event.pid.to_string(), what.to_string());
    let mut recordings: BTreeMap<(String, String), Recording<'_>> = BTreeMap::new();
    let mut names: BTreeMap<(String, String), String> = BTreeMap::new();
    for event in &events {
        let (name, Some(args)) = (&*event.name, event.args) else { continue };
        match name {
            "thread_name" => {
                if let Ok(ThreadName { name }) = serde_json::from_str(args.get()) {
                    names.insert(key(event, &event.tid), name);
                }
            }
            "Profile" | "ProfileChunk" => {
                let Arguments { data } = serde_json::from_str(args.get()).map_err(json)?;
                let recording = recordings.entry(key(event, &event.id)).or_insert_with(|| Recording {
                    thread: String::new(),
                    process: event.pid.to_string(),
                    nodes: Vec::new(),
                    samples: Vec::new(),
                    deltas: Vec::new(),
                    places: Vec::new(),
                    start: 0.0,
                    end: None,
                });
                if name == "Profile" {
                    recording.thread = event.tid.to_string();
                    recording.start = data.start_time.unwrap_or(0.0);
                }
                recording.end = data.end_time.or(recording.end);
                if let Some(chunk) = data.cpu_profile {
                    let or_0 = |column: &[u32], sample: usize| column.get(sample).copied().unwrap_or(0);
                    let place = |sample| (or_0(&data.lines, sample), or_0(&data.columns, sample));
                    recording.places.extend((0..chunk.samples.len()).map(place));
                    recording.nodes.extend(chunk.nodes);
                    recording.samples.extend(chunk.samples);
                }
                recording.deltas.extend(data.time_deltas);
            }
            _ => {}
        }
    }
    if recordings.is_empty() {
        return Err(Error::Unsupported(
            "Chrome trace without the V8 profiler's events: record it in the Performance panel of DevTools".into(),
        ));
    }
    let origin = recordings.values().map(|recording| recording.start).fold(f64::INFINITY, f64::min);
    let mut profile = builder(FORMAT);
    for ((process, _), mut recording) in recordings {
        if let Some(name) = names.get(&(process, recording.thread.clone())) {
            recording.thread.clone_from(name);
        }
        recording.add_to(&mut profile, FORMAT, origin)?;
    }
    profile.finish()
}
