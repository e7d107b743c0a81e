//! V8's profiles: `.cpuprofile` as node and DevTools save it, the
//! [`Profiler.Profile`](https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile) of the DevTools
//! protocol. Times are microseconds.
//!
//! A wasm function's `columnNumber` is the offset of its code in the module.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::is_wasm;
use crate::builder::{Builder, Samples};
use crate::model::{Address, Axis, Column, Format, Frame, Function, Measure, Profile, Unit};
use crate::{Error, StackId};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    #[serde(borrow)]
    nodes: Option<Vec<Node<'a>>>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    samples: Option<Vec<u64>>,
    time_deltas: Option<Vec<f64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node<'a> {
    pub(super) id: u64,
    #[serde(borrow)]
    call_frame: CallFrame<'a>,
    #[serde(default)]
    children: Vec<u64>,
    /// In the chunks of a trace.
    pub(super) parent: Option<u64>,
    #[serde(default)]
    position_ticks: Vec<PositionTick>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame<'a> {
    #[serde(borrow, default)]
    function_name: Cow<'a, str>,
    #[serde(borrow, default)]
    url: Cow<'a, str>,
    /// From 0; −1 if unknown.
    line_number: Option<f64>,
    column_number: Option<f64>,
}

#[derive(Deserialize)]
struct PositionTick {
    line: u32,
    ticks: u64,
}

/// What a recording consists of, however it is spread over the file.
pub(super) struct Recording<'a> {
    pub(super) thread: String,
    pub(super) process: String,
    pub(super) nodes: Vec<Node<'a>>,
    /// Node ids.
    pub(super) samples: Vec<u64>,
    /// Microseconds from the sample before, or from the start.
    pub(super) deltas: Vec<f64>,
    /// The line and column of each sample from 1, 0 if unknown; empty if the file has none. For wasm the column is the
    /// offset in the module.
    pub(super) places: Vec<(u32, u32)>,
    /// Microseconds.
    pub(super) start: f64,
    pub(super) end: Option<f64>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Profile, Error> {
    let format = Format::CpuProfile;
    let file: File<'_> = serde_json::from_slice(bytes).map_err(|error| Error::Json { format, error })?;
    let Some(nodes) = file.nodes else {
        return Err(Error::Unsupported(
            "V8 .cpuprofile without \"nodes\": a heap profile, or older than Chrome 57".into(),
        ));
    };
    let samples = file.samples.unwrap_or_default();
    let (start, end) = (file.start_time.unwrap_or(0.0), file.end_time);
    let deltas = file.time_deltas.unwrap_or_else(|| {
        let each = end.map_or(0.0, |end| (end - start) / samples.len() as f64);
        vec![each; samples.len()]
    });
    let mut profile = builder(format);
    let places = Vec::new();
    let (thread, process) = ("main".into(), String::new());
    Recording { thread, process, nodes, samples, deltas, places, start, end }.add_to(&mut profile, format, start)?;
    profile.finish()
}

pub(super) fn builder(format: Format) -> Builder {
    let time = Measure { name: "time".into(), unit: Unit::Nanoseconds };
    let samples = Measure { name: "samples".into(), unit: Unit::Samples };
    Builder::new(format, Axis::Time, vec![time, samples])
}

impl Recording<'_> {
    /// Adds the thread; times count from `origin`, in microseconds.
    pub(super) fn add_to(self, profile: &mut Builder, format: Format, origin: f64) -> Result<(), Error> {
        if self.samples.len() != self.deltas.len() {
            let (expected, found) = (self.samples.len(), self.deltas.len());
            return Err(Error::Columns { what: "timeDeltas of samples", expected, found });
        }
        let mut nodes = self.nodes(profile, format)?;
        let mut starts = Vec::with_capacity(self.samples.len());
        let mut stacks = Vec::with_capacity(self.samples.len());
        let mut now = self.start - origin;
        for (sample, (id, delta)) in self.samples.iter().zip(&self.deltas).enumerate() {
            let node = nodes
                .get_mut(id)
                .ok_or_else(|| Error::damaged(format, format!("a sample of node {id}, which is not there")))?;
            let at = self.places.get(sample).copied();
            let line = at.map_or_else(|| node.next_line(), |(line, _)| Some(line)).filter(|&line| line > 0);
            let column = at.map(|(_, column)| column).filter(|&column| column > 0);
            now += delta;
            starts.push(nanoseconds(now));
            stacks.push(node.stack(profile, line, column));
        }
        let end = self.end.map_or(0, |end| nanoseconds(end - origin));
        let values = vec![Column::Duration, Column::Same(1)];
        profile.thread(Samples { thread: self.thread, process: self.process, starts, end, stacks, values })
    }

    /// Where the samples of each node are.
    fn nodes(&self, profile: &mut Builder, format: Format) -> Result<HashMap<u64, Place>, Error> {
        let index: HashMap<u64, usize> = self.nodes.iter().enumerate().map(|(index, node)| (node.id, index)).collect();
        let missing = |id: u64| Error::damaged(format, format!("node {id} is named but not there"));
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        let mut has_parent = vec![false; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            let from_children = node.children.iter().map(|&child| (at, index.get(&child).ok_or(missing(child))));
            for (parent, child) in from_children {
                let child = *child?;
                if std::mem::replace(&mut has_parent[child], true) {
                    return Err(Error::damaged(format, format!("node {} has two parents", self.nodes[child].id)));
                }
                children[parent].push(child);
            }
        }
        for (child, node) in self.nodes.iter().enumerate() {
            if let Some(parent) = node.parent {
                let parent = *index.get(&parent).ok_or_else(|| missing(parent))?;
                if !std::mem::replace(&mut has_parent[child], true) {
                    children[parent].push(child);
                }
            }
        }
        let mut places = HashMap::with_capacity(self.nodes.len());
        let roots = (0..self.nodes.len()).filter(|&node| !has_parent[node]);
        let mut todo: Vec<(usize, Option<StackId>)> = roots.map(|root| (root, None)).collect();
        while let Some((at, parent)) = todo.pop() {
            let node = &self.nodes[at];
            // Of its own, the root says nothing.
            let frame = (node.call_frame.function_name != "(root)").then(|| node.call_frame.add_to(profile));
            let stack = frame.map(|frame| {
                let frame = profile.frame(frame);
                profile.stack(parent, frame)
            });
            let is_wasm = frame.is_some_and(|frame| frame.address.is_some());
            let lines =
                node.position_ticks.iter().filter(|_| !is_wasm).map(|tick| (tick.line, tick.ticks)).rev().collect();
            places.insert(node.id, Place { parent, frame, lines, last: None });
            todo.extend(children[at].iter().map(|&child| (child, stack)));
        }
        if places.len() < self.nodes.len() {
            return Err(Error::damaged(format, "a node is its own ancestor, or two nodes have one id"));
        }
        Ok(places)
    }
}

struct Place {
    parent: Option<StackId>,
    frame: Option<Frame>,
    /// The lines that ran and how often, the next one last. The file does not say which sample ran which, so they are
    /// handed out in order: sums over the whole recording are right.
    lines: Vec<(u32, u64)>,
    /// The last line, column and stack: most samples are where the one before was.
    last: Option<(Option<u32>, Option<u32>, StackId)>,
}

impl Place {
    fn stack(&mut self, profile: &mut Builder, line: Option<u32>, column: Option<u32>) -> Option<StackId> {
        let frame = self.frame?;
        if let Some((last_line, last_column, stack)) = self.last
            && (last_line, last_column) == (line, column)
        {
            return Some(stack);
        }
        let frame = profile.frame(match (frame.address, column) {
            (None, _) => Frame { line, column, ..frame },
            (Some(_), Some(column)) => Frame { address: Some(Address::Wasm(u64::from(column) - 1)), ..frame },
            (Some(_), None) => frame,
        });
        let stack = profile.stack(self.parent, frame);
        self.last = Some((line, column, stack));
        Some(stack)
    }

    fn next_line(&mut self) -> Option<u32> {
        while let Some((line, left)) = self.lines.last_mut() {
            if let Some(fewer) = left.checked_sub(1) {
                *left = fewer;
                return Some(*line);
            }
            self.lines.pop();
        }
        None
    }
}

impl CallFrame<'_> {
    fn add_to(&self, profile: &mut Builder) -> Frame {
        let url = (!self.url.is_empty()).then_some(&*self.url);
        let is_wasm = url.is_some_and(is_wasm);
        let from_0 =
            |number: Option<f64>| number.filter(|number| (0.0..4e9).contains(number)).map(|number| number as u32);
        let address = from_0(self.column_number).filter(|_| is_wasm).map(|offset| Address::Wasm(offset.into()));
        let name = if self.function_name.is_empty() { "(anonymous)" } else { &self.function_name };
        let function = Function {
            name: profile.text(name),
            module: url.map(|url| profile.module(url, None)),
            file: url.filter(|_| !is_wasm).map(|url| profile.text(url)),
            line: from_0(self.line_number).filter(|_| !is_wasm).map(|line| line + 1),
            address,
        };
        Frame { address, ..Frame::of(profile.function(function)) }
    }
}

fn nanoseconds(microseconds: f64) -> u64 {
    // What is negative or no number becomes 0.
    (microseconds * 1000.0).round() as u64
}
