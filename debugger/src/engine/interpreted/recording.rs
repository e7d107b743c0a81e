//! The host of a run that can be run again: what it answered is kept, and given
//! again instead of asking it.
//!
//! The [`Journal`] is the one host that a program has, whichever engine runs
//! it. An engine counts the calls of its run: those that the journal knows are
//! answered from it, the next one is made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasm_host::{Ended, Import, Imports, Number};
use wasm_interpreter::{Action, ExternType, FunctionId, Host, HostCall, HostError, Module, Value, ValueType};

use crate::engine::EngineError;

/// The host's functions, and all that they have answered.
pub(super) struct Journal {
    imports: Imports,
    functions: Vec<Function>,
    answers: Vec<Answer>,
    bytes: usize,
}

/// A function that the program imports.
struct Function {
    module: String,
    name: String,
    /// Nothing where nobody supplies it: it traps when it is called.
    import: Option<Import>,
}

/// A call of the host, and what it came to.
struct Answer {
    function: usize,
    arguments: Box<[u64]>,
    outcome: Result<Option<u32>, Ended>,
    /// What it wrote into the program's first memory.
    written: Vec<(usize, Box<[u8]>)>,
}

/// What a call gives the program: its result, and the ranges of memory that
/// were written.
pub(super) type Given = wasm_host::Answer;

impl Journal {
    /// An empty one.
    ///
    /// # Errors
    /// If the module imports what is not here; functions may be missing if
    /// `missing_trap` says so.
    pub(super) fn new(imports: Imports, module: &Module, missing_trap: bool) -> Result<Journal, EngineError> {
        let mut functions = Vec::new();
        let mut missing = Vec::new();
        for import in module.imports() {
            let ExternType::Function(ty) = &import.ty else {
                missing.push(format!("`{}` `{}`", import.module, import.name));
                continue;
            };
            let known = Imports::find(&import.module, &import.name)
                .filter(|known| same(known.parameters, &ty.parameters) && same(known.result.as_slice(), &ty.results));
            if known.is_none() && !missing_trap {
                missing.push(format!("`{}` `{}`", import.module, import.name));
            }
            functions.push(Function { module: import.module.clone(), name: import.name.clone(), import: known });
        }
        match missing.is_empty() {
            true => Ok(Journal { imports, functions, answers: Vec::new(), bytes: 0 }),
            false => Err(EngineError::Load(wasm_host::Error::MissingImports(missing))),
        }
    }

    /// The number of an imported function: the first of this name.
    pub(super) fn function(&self, module: &str, name: &str) -> usize {
        let known = |known: &Function| known.module == module && known.name == name;
        self.functions.iter().position(known).unwrap_or(usize::MAX)
    }

    /// How many calls are known.
    pub(super) fn len(&self) -> usize {
        self.answers.len()
    }

    /// Forgets the calls from this one on.
    pub(super) fn truncate(&mut self, len: usize) {
        for answer in self.answers.drain(len.min(self.answers.len())..) {
            self.bytes -= answer.bytes();
        }
    }

    /// Bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What call number `at` of a run gives: of the module's imported function
    /// of this index, with the bits of its arguments and the program's first
    /// memory.
    ///
    /// # Errors
    /// If the call ends the run; also if it is another call than the one that
    /// the journal knows.
    pub(super) fn call(
        &mut self,
        at: usize,
        function: usize,
        arguments: &[u64],
        memory: &mut [u8],
    ) -> Result<Given, Ended> {
        if let Some(known) = self.answers.get(at) {
            if known.function != function || *known.arguments != *arguments {
                return Err(Ended::Trap(format!(
                    "the program went another way than when it was recorded: call {at} of the host was {}, and is {}",
                    self.describe(known.function, &known.arguments),
                    self.describe(function, arguments)
                )));
            }
            let mut written = Vec::with_capacity(known.written.len());
            for (start, bytes) in &known.written {
                let range = *start..*start + bytes.len();
                // The memory is as it was then: it fits again.
                if let Some(place) = memory.get_mut(range.clone()) {
                    place.copy_from_slice(bytes);
                    written.push(range);
                }
            }
            return known.outcome.clone().map(|result| Given { result, written });
        }
        let outcome = match self.functions.get(function).and_then(|function| function.import) {
            Some(import) => self.imports.call(import, arguments, memory),
            None => Err(Ended::Trap(format!("nobody supplies {}", self.describe(function, arguments)))),
        };
        let places = outcome.as_ref().map(|given| given.written.clone()).unwrap_or_default();
        let written = { places.into_iter() }.filter_map(|range| Some((range.start, memory.get(range)?.into())));
        let answer = Answer {
            function,
            arguments: arguments.into(),
            outcome: outcome.as_ref().map(|given| given.result).map_err(Ended::clone),
            written: written.collect(),
        };
        self.bytes += answer.bytes();
        self.answers.push(answer);
        outcome
    }

    fn describe(&self, function: usize, arguments: &[u64]) -> String {
        let Some(Function { module, name, .. }) = self.functions.get(function) else { return "nothing".to_string() };
        let arguments: Vec<String> = arguments.iter().map(u64::to_string).collect();
        format!("{module}.{name}({})", arguments.join(", "))
    }
}

impl Answer {
    fn bytes(&self) -> usize {
        let written: usize = self.written.iter().map(|(_, bytes)| bytes.len() + 24).sum();
        size_of::<Answer>() + size_of_val(&*self.arguments) + written
    }
}

/// The host as the interpreter calls it.
pub(super) struct Recorder {
    journal: Arc<Mutex<Journal>>,
    /// The imported function that a function of the machine stands for.
    found: HashMap<FunctionId, usize>,
    /// The next call of the run.
    next: usize,
    /// The host is not to be asked anything new.
    closed: bool,
    refused: bool,
}

impl Recorder {
    pub(super) fn new(journal: Journal) -> Recorder {
        let journal = Arc::new(Mutex::new(journal));
        Recorder { journal, found: HashMap::new(), next: 0, closed: false, refused: false }
    }

    /// The journal, for another engine that runs the same program.
    pub(super) fn share(&self) -> Arc<Mutex<Journal>> {
        self.journal.clone()
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }

    /// How many calls have been made up to now.
    pub(super) fn position(&self) -> usize {
        self.next
    }

    /// How many calls the journal knows.
    pub(super) fn known(&self) -> usize {
        self.journal().len()
    }

    /// Goes to where this many calls have been made.
    pub(super) fn go_to(&mut self, position: usize) {
        self.next = position.min(self.known());
    }

    /// Forgets the calls that have not been made yet.
    pub(super) fn forget_after_now(&mut self) {
        self.journal().truncate(self.next);
    }

    /// Lets the host be asked nothing new, or again so: a program then stays
    /// before a call that the journal does not know.
    pub(super) fn close(&mut self, closed: bool) {
        self.closed = closed;
        self.refused = false;
    }

    /// Whether a call was refused since the host was closed.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    /// Bytes that the journal holds.
    pub(super) fn bytes(&self) -> usize {
        self.journal().bytes()
    }
}

impl Host for Recorder {
    fn call(&mut self, call: &mut HostCall<'_>) -> Result<Action, HostError> {
        let mut journal = lock(&self.journal);
        if self.closed && self.next >= journal.len() {
            self.refused = true;
            return Err(HostError::Trap("the host is not asked".to_string()));
        }
        let function = *self.found.entry(call.function_id()).or_insert_with(|| {
            let function = call.function();
            journal.function(&function.module, &function.name)
        });
        let arguments: Vec<u64> = call.arguments().iter().map(bits).collect();
        let at = self.next;
        self.next += 1;
        let given = match call.memory(0) {
            Some(memory) => call
                .edit(memory, |bytes| match journal.call(at, function, &arguments, bytes) {
                    Ok(given) => (Ok(given.result), given.written),
                    Err(ended) => (Err(ended), Vec::new()),
                })
                .unwrap_or(Ok(None)),
            None => journal.call(at, function, &arguments, &mut []).map(|given| given.result),
        };
        match given {
            Ok(result) => Ok(Action::Return(result.map(|bits| Value::I32(bits as i32)).into_iter().collect())),
            Err(Ended::Exit(code)) => Err(HostError::Exit(code)),
            Err(Ended::Trap(message)) => Err(HostError::Trap(message)),
        }
    }
}

/// The journal, also after a panic while someone had it: each answer is added
/// as a whole.
pub(super) fn lock(journal: &Mutex<Journal>) -> MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

fn same(host: &[Number], guest: &[ValueType]) -> bool {
    let types = host.iter().map(|number| match number {
        Number::I32 => ValueType::I32,
        Number::I64 => ValueType::I64,
    });
    types.eq(guest.iter().copied())
}

fn bits(value: &Value) -> u64 {
    match value {
        Value::I32(value) => u64::from(*value as u32),
        Value::I64(value) => *value as u64,
        Value::F32(bits) => u64::from(*bits),
        Value::F64(bits) => *bits,
        _ => 0,
    }
}
