//! Makes a profile: equal functions, frames and stacks become one.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use crate::forest::Forest;
use crate::model::{Axis, Call, Column, Format, Frame, Function, Measure, Module, Profile, Stack, Thread, Unit};
use crate::{CallId, Error, FrameId, FunctionId, ModuleId, StackId};

/// Makes a [`Profile`] piece by piece. Each `add` gives the id of what is equal, if there is such.
#[derive(Debug)]
pub struct Builder {
    format: Format,
    name: String,
    axis: Axis,
    measures: Vec<Measure>,
    strings: HashSet<Arc<str>>,
    modules: Table<Module>,
    functions: Table<Function>,
    frames: Table<Frame>,
    stacks: Table<(Option<StackId>, FrameId)>,
    threads: Vec<Thread>,
    notes: Vec<String>,
}

/// The samples of a thread to be: columns of the same length.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// The thread's name.
    pub thread: String,
    /// The process, as the file names it; may be empty.
    pub process: String,
    /// Where each sample begins; for [`Axis::Weight`] it is left empty and computed.
    pub starts: Vec<u64>,
    /// Where the last sample ends.
    pub end: u64,
    /// The stack of each sample.
    pub stacks: Vec<Option<StackId>>,
    /// A column for each measure.
    pub values: Vec<Column>,
}

#[derive(Debug)]
struct Table<T> {
    rows: Vec<T>,
    index: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash> Table<T> {
    fn new() -> Self {
        Self { rows: Vec::new(), index: HashMap::new() }
    }

    fn add(&mut self, row: T) -> usize {
        if let Some(&index) = self.index.get(&row) {
            return index as usize;
        }
        let index = self.rows.len();
        self.index.insert(row.clone(), index as u32);
        self.rows.push(row);
        index
    }
}

impl Builder {
    /// An empty profile. Without a measure, samples are counted.
    #[must_use]
    pub fn new(format: Format, axis: Axis, mut measures: Vec<Measure>) -> Self {
        if measures.is_empty() {
            measures.push(Measure { name: "samples".into(), unit: Unit::Samples });
        }
        Self {
            format,
            name: String::new(),
            axis,
            measures,
            strings: HashSet::new(),
            modules: Table::new(),
            functions: Table::new(),
            frames: Table::new(),
            stacks: Table::new(),
            threads: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Says what the profile is of.
    pub fn name(&mut self, name: &str) {
        self.name = name.into();
    }

    /// Tells the user something about the file.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// A text that is kept once.
    pub fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.strings.get(text) {
            return known.clone();
        }
        let text: Arc<str> = text.into();
        self.strings.insert(text.clone());
        text
    }

    /// Adds a module.
    pub fn module(&mut self, name: &str, build_id: Option<&str>) -> ModuleId {
        let module = Module { name: self.text(name), build_id: build_id.map(|id| self.text(id)) };
        ModuleId::new(self.modules.add(module))
    }

    /// Adds a function of which only the name is known.
    pub fn named(&mut self, name: &str) -> FunctionId {
        let name = self.text(name);
        self.function(Function { name, module: None, file: None, line: None, address: None })
    }

    /// Adds a function.
    pub fn function(&mut self, function: Function) -> FunctionId {
        FunctionId::new(self.functions.add(function))
    }

    /// Adds a frame.
    pub fn frame(&mut self, frame: Frame) -> FrameId {
        FrameId::new(self.frames.add(frame))
    }

    /// Adds a stack: a frame upon its caller's stack.
    pub fn stack(&mut self, parent: Option<StackId>, frame: FrameId) -> StackId {
        StackId::new(self.stacks.add((parent, frame)))
    }

    /// Adds a thread. Samples out of order are put in order.
    ///
    /// # Errors
    /// If the columns differ in length.
    pub fn thread(&mut self, mut samples: Samples) -> Result<(), Error> {
        let count = samples.stacks.len();
        if samples.values.len() != self.measures.len() {
            return Err(Error::Columns {
                what: "measures",
                expected: self.measures.len(),
                found: samples.values.len(),
            });
        }
        for column in &samples.values {
            if let Column::Each(values) = column
                && values.len() != count
            {
                return Err(Error::Columns { what: "values of samples", expected: count, found: values.len() });
            }
        }
        if self.axis == Axis::Weight {
            let mut at = 0_u64;
            samples.starts = Vec::with_capacity(count);
            for sample in 0..count {
                samples.starts.push(at);
                let value = match samples.values.first() {
                    Some(Column::Same(value)) => *value,
                    Some(Column::Each(values)) => values[sample],
                    _ => 0,
                };
                at = at.checked_add(value).ok_or(Error::Overflow)?;
            }
            samples.end = at;
        }
        if samples.starts.len() != count {
            return Err(Error::Columns { what: "times of samples", expected: count, found: samples.starts.len() });
        }
        if !samples.starts.is_sorted() {
            sort(&mut samples);
        }
        let end = samples.end.max(samples.starts.last().copied().unwrap_or(0));
        let Samples { thread: name, process, starts, stacks, values, .. } = samples;
        self.threads.push(Thread { name, process, starts, end, stacks, values });
        Ok(())
    }

    /// The profile.
    ///
    /// # Errors
    /// If a measure's sum over all samples is 2⁶⁴ or more, so that no view need fear it; if a frame, stack or sample
    /// names what has not been added.
    pub fn finish(self) -> Result<Profile, Error> {
        self.check_ids()?;
        for measure in 0..self.measures.len() {
            let mut sum = 0_u64;
            for thread in &self.threads {
                let more = match &thread.values[measure] {
                    Column::Same(value) => value.checked_mul(thread.len() as u64),
                    Column::Each(values) => values.iter().try_fold(0_u64, |sum, value| sum.checked_add(*value)),
                    Column::Duration => Some(thread.range().end - thread.range().start),
                };
                sum = more.and_then(|more| sum.checked_add(more)).ok_or(Error::Overflow)?;
            }
        }
        let mut calls: Table<(Option<CallId>, FunctionId)> = Table::new();
        let mut stacks: Vec<Stack> = Vec::with_capacity(self.stacks.rows.len());
        for &(parent, frame) in &self.stacks.rows {
            let caller = parent.map(|parent| stacks[parent.index()].call);
            let call = CallId::new(calls.add((caller, self.frames.rows[frame.index()].function)));
            stacks.push(Stack { parent, frame, call });
        }
        let forest = Forest::new(calls.rows.iter().map(|(parent, _)| parent.map(CallId::index)));
        let outermost = forest.outermost(self.functions.rows.len(), |call| Some(calls.rows[call].1.index()));
        let mut rows: Vec<Call> = Vec::with_capacity(calls.rows.len());
        for (&(parent, function), outermost) in calls.rows.iter().zip(outermost) {
            let depth = parent.map_or(0, |parent| rows[parent.index()].depth + 1);
            rows.push(Call { parent, function, depth, recursive: !outermost });
        }
        Ok(Profile {
            format: self.format,
            name: self.name,
            axis: self.axis,
            measures: self.measures,
            modules: self.modules.rows,
            functions: self.functions.rows,
            frames: self.frames.rows,
            stacks,
            calls: rows,
            threads: self.threads,
            notes: self.notes,
        })
    }

    fn check_ids(&self) -> Result<(), Error> {
        let functions = self
            .functions
            .rows
            .iter()
            .all(|function| function.module.is_none_or(|module| module.index() < self.modules.rows.len()));
        let frames = self.frames.rows.iter().all(|frame| frame.function.index() < self.functions.rows.len());
        let stacks = self.stacks.rows.iter().enumerate().all(|(index, (parent, frame))| {
            parent.is_none_or(|parent| parent.index() < index) && frame.index() < self.frames.rows.len()
        });
        let samples = self
            .threads
            .iter()
            .all(|thread| thread.stacks.iter().flatten().all(|stack| stack.index() < self.stacks.rows.len()));
        if functions && frames && stacks && samples { Ok(()) } else { Err(Error::UnknownId) }
    }
}

/// Sorts by start; samples that start together stay in the file's order.
fn sort(samples: &mut Samples) {
    let mut order: Vec<usize> = (0..samples.starts.len()).collect();
    order.sort_by_key(|&sample| samples.starts[sample]);
    samples.starts = order.iter().map(|&sample| samples.starts[sample]).collect();
    samples.stacks = order.iter().map(|&sample| samples.stacks[sample]).collect();
    for column in &mut samples.values {
        if let Column::Each(values) = column {
            *values = order.iter().map(|&sample| values[sample]).collect();
        }
    }
}
