//! What a profile is: threads of samples in time order, whose stacks are two prefix trees: one of frames, which knows
//! lines and addresses, and one of functions, which is what the views show.

use std::ops::Range;
use std::sync::Arc;

use crate::{CallId, FrameId, FunctionId, MeasureId, ModuleId, StackId, ThreadId};

/// A sampled profile. [`open`](crate::open) reads one, [`Builder`](crate::Builder) makes one.
///
/// In all tables a parent comes before its children, and every id is valid.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(crate) format: Format,
    pub(crate) name: String,
    pub(crate) axis: Axis,
    pub(crate) measures: Vec<Measure>,
    pub(crate) modules: Vec<Module>,
    pub(crate) functions: Vec<Function>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) stacks: Vec<Stack>,
    pub(crate) calls: Vec<Call>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) notes: Vec<String>,
}

/// The format a profile came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// One line per stack: `main;work;inner 12`.
    Folded,
    /// The Firefox Profiler's processed JSON.
    Firefox,
    /// pprof's protobuf.
    Pprof,
    /// V8's `.cpuprofile`.
    CpuProfile,
    /// A Chrome trace with the V8 profiler's events.
    ChromeTrace,
    /// Made by a program with [`Builder`](crate::Builder).
    Built,
}

impl Format {
    /// What users call the format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Folded => "folded stacks",
            Format::Firefox => "Firefox Profiler JSON",
            Format::Pprof => "pprof",
            Format::CpuProfile => "V8 .cpuprofile",
            Format::ChromeTrace => "Chrome trace",
            Format::Built => "built",
        }
    }
}

/// What a sample's position ([`Thread::starts`]) means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Nanoseconds since the profile's start.
    Time,
    /// The file knows no times: the sum of the first measure over the samples before, in the file's order.
    Weight,
}

/// Something that samples are weighed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The file's name for it, such as `samples`, `cpu`, `alloc_space`.
    pub name: String,
    /// The unit of its values.
    pub unit: Unit,
}

/// The unit of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Samples taken.
    Samples,
    /// Time.
    Nanoseconds,
    /// Memory.
    Bytes,
    /// Exact counts: calls, ops, allocations.
    Count,
}

/// A binary or script.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Module {
    /// Its name or URL.
    pub name: Arc<str>,
    /// The id of its build, if the file has one.
    pub build_id: Option<Arc<str>>,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Function {
    /// Its name as written in the file.
    pub name: Arc<str>,
    /// Where it is from.
    pub module: Option<ModuleId>,
    /// Its source file.
    pub file: Option<Arc<str>>,
    /// The line where it begins, from 1.
    pub line: Option<u32>,
    /// Where its code begins.
    pub address: Option<Address>,
}

/// A place in code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// A byte offset in a wasm file.
    Wasm(u64),
    /// An offset in the machine code or the native library.
    Native(u64),
}

/// A place in a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Frame {
    /// The function.
    pub function: FunctionId,
    /// The line that ran, from 1, in the function's file.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
    /// The code that ran.
    pub address: Option<Address>,
    /// Whether the compiler put the function's body in its caller.
    pub inlined: bool,
}

impl Frame {
    /// The function as a whole, without a place in it.
    #[must_use]
    pub fn of(function: FunctionId) -> Self {
        Self { function, line: None, column: None, address: None, inlined: false }
    }
}

/// A stack of frames: the innermost frame and the stack of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stack {
    /// The caller's stack, none at the bottom.
    pub parent: Option<StackId>,
    /// The innermost frame.
    pub frame: FrameId,
    /// The same stack as functions.
    pub call: CallId,
}

/// A stack of functions: the innermost function and its caller's stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The caller's stack, none at the bottom.
    pub parent: Option<CallId>,
    /// The innermost function.
    pub function: FunctionId,
    /// The callers below it.
    pub depth: u32,
    /// Whether the function is among its own callers.
    pub recursive: bool,
}

/// A thread and its samples, as columns in time order.
#[derive(Debug, Clone)]
pub struct Thread {
    /// Its name.
    pub name: String,
    /// The process, as the file names it; may be empty.
    pub process: String,
    pub(crate) starts: Vec<u64>,
    pub(crate) end: u64,
    pub(crate) stacks: Vec<Option<StackId>>,
    pub(crate) values: Vec<Column>,
}

/// The values of a measure for the samples of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The same for each sample.
    Same(u64),
    /// One for each sample.
    Each(Vec<u64>),
    /// What the sample lasts: up to the next one.
    Duration,
}

impl Thread {
    /// The number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether it has no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Where each sample begins on the [`Axis`], ascending.
    #[must_use]
    pub fn starts(&self) -> &[u64] {
        &self.starts
    }

    /// The stack of each sample; none where the file has none (an idle thread, a sample that failed).
    #[must_use]
    pub fn stacks(&self) -> &[Option<StackId>] {
        &self.stacks
    }

    /// From its first sample's beginning to its last sample's end.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.starts.first().copied().unwrap_or(self.end)..self.end
    }

    /// Where the sample ends: where the next one begins.
    #[must_use]
    pub fn end_of(&self, sample: usize) -> u64 {
        self.starts.get(sample + 1).copied().unwrap_or(self.end)
    }

    /// The sample's value of a measure.
    #[must_use]
    pub fn value(&self, sample: usize, measure: MeasureId) -> u64 {
        match self.values.get(measure.index()) {
            Some(Column::Same(value)) => *value,
            Some(Column::Each(values)) => values.get(sample).copied().unwrap_or(0),
            Some(Column::Duration) => {
                self.starts.get(sample).map_or(0, |start| self.end_of(sample).saturating_sub(*start))
            }
            None => 0,
        }
    }

    /// The samples that a range of the axis touches. O(log n).
    #[must_use]
    pub fn samples_in(&self, range: &Range<u64>) -> Range<usize> {
        let first = self.starts.partition_point(|&start| start <= range.start).saturating_sub(1);
        let first = if self.end_of(first) <= range.start { first + 1 } else { first };
        let last = self.starts.partition_point(|&start| start < range.end);
        first.min(last)..last
    }
}

impl Function {
    /// The function index that the name tells: `wasm-function[12]`, as V8, SpiderMonkey and JavaScriptCore call a
    /// function without a name.
    #[must_use]
    pub fn wasm_index(&self) -> Option<u32> {
        let (_, rest) = self.name.rsplit_once("wasm-function[")?;
        rest.split_once(']')?.0.parse().ok()
    }
}

impl Profile {
    /// The format it came in.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// What the file says it is a profile of; may be empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What positions mean.
    #[must_use]
    pub fn axis(&self) -> Axis {
        self.axis
    }

    /// What samples are weighed by; the first is the one to show. Never empty.
    #[must_use]
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// Binaries and scripts.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// Functions.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Places in functions.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The prefix tree of frames.
    #[must_use]
    pub fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    /// The prefix tree of functions.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Threads, in the file's order.
    #[must_use]
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// What the reader left out or mended, for the user.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A function.
    #[must_use]
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.index()]
    }

    /// The module of a function.
    #[must_use]
    pub fn module_of(&self, id: FunctionId) -> Option<&Module> {
        self.function(id).module.and_then(|module| self.modules.get(module.index()))
    }

    /// A stack of functions.
    #[must_use]
    pub fn call(&self, id: CallId) -> &Call {
        &self.calls[id.index()]
    }

    /// A thread.
    #[must_use]
    pub fn thread(&self, id: ThreadId) -> &Thread {
        &self.threads[id.index()]
    }

    /// The number of samples in all threads.
    #[must_use]
    pub fn sample_count(&self) -> usize {
        self.threads.iter().map(Thread::len).sum()
    }

    /// The part of the axis that the samples fill.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        let ranges = || self.threads.iter().filter(|thread| !thread.is_empty()).map(Thread::range);
        ranges().map(|range| range.start).min().unwrap_or(0)..ranges().map(|range| range.end).max().unwrap_or(0)
    }

    /// The functions of a stack, outermost first.
    #[must_use]
    pub fn path(&self, call: CallId) -> Vec<FunctionId> {
        let mut path: Vec<_> = self.callers(call).map(|id| self.call(id).function).collect();
        path.reverse();
        path
    }

    /// A stack of functions, then its caller's, and so on.
    pub fn callers(&self, call: CallId) -> impl Iterator<Item = CallId> + '_ {
        std::iter::successors(Some(call), |&id| self.call(id).parent)
    }
}
