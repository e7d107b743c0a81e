//! The host of a run that can be run again: what it answered is kept, and given
//! again instead of asking it.

use std::collections::HashMap;

use wasm_host::{Ended, Import, Imports, Number};
use wasm_interpreter::{
    Action, ExternType, FunctionId, Host, HostCall, HostChange, HostError, MemoryId, Module, Value, ValueType,
};

use crate::engine::EngineError;

/// The host's functions, and all that they have answered.
pub(super) struct Recorder {
    imports: Imports,
    /// A function that nobody supplies traps when it is called.
    missing_trap: bool,
    found: HashMap<FunctionId, Option<Import>>,
    answers: Vec<Answer>,
    /// The next answer; at the end the host is asked.
    next: usize,
    bytes: usize,
}

/// What a call of the host came to.
struct Answer {
    outcome: Result<Action, HostError>,
    written: Vec<(MemoryId, u64, Box<[u8]>)>,
}

impl Recorder {
    pub(super) fn new(imports: Imports, missing_trap: bool) -> Recorder {
        Recorder { imports, missing_trap, found: HashMap::new(), answers: Vec::new(), next: 0, bytes: 0 }
    }

    /// Whether all imports of a module are here.
    pub(super) fn check(&self, module: &Module) -> Result<(), EngineError> {
        let missing = module.imports().iter().filter(|import| match &import.ty {
            ExternType::Function(ty) => {
                let known = Imports::find(&import.module, &import.name);
                let fits = known.is_some_and(|known| {
                    same(known.parameters, &ty.parameters) && same(known.result.as_slice(), &ty.results)
                });
                !fits && !self.missing_trap
            }
            _ => true,
        });
        let missing: Vec<String> = missing.map(|import| format!("`{}` `{}`", import.module, import.name)).collect();
        match missing.as_slice() {
            [] => Ok(()),
            _ => Err(EngineError::Load(wasm_host::Error::MissingImports(missing))),
        }
    }

    /// How many answers have been given up to now.
    pub(super) fn position(&self) -> usize {
        self.next
    }

    /// Goes to where this many answers have been given.
    pub(super) fn go_to(&mut self, position: usize) {
        self.next = position.min(self.answers.len());
    }

    /// Forgets the answers that have not been given yet.
    pub(super) fn forget_after_now(&mut self) {
        for answer in self.answers.drain(self.next..) {
            self.bytes -= answer.bytes();
        }
    }

    /// Bytes that the answers hold.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Asks the host.
    fn ask(&mut self, call: &mut HostCall<'_>) -> Result<Action, HostError> {
        let function = call.function();
        let known = self.found.entry(call.function_id());
        let import = *known.or_insert_with(|| Imports::find(&function.module, &function.name));
        let Some(import) = import else {
            return Err(HostError::Trap(format!("nobody supplies {}.{}", function.module, function.name)));
        };
        let arguments: Vec<u64> = call.arguments().iter().map(bits).collect();
        let answer = match call.memory(0) {
            Some(memory) => call
                .edit(memory, |bytes| match self.imports.call(import, &arguments, bytes) {
                    Ok(answer) => (Ok(answer.result), answer.written),
                    Err(ended) => (Err(ended), Vec::new()),
                })
                .unwrap_or(Ok(None)),
            None => self.imports.call(import, &arguments, &mut []).map(|answer| answer.result),
        };
        match answer {
            Ok(result) => Ok(Action::Return(result.map(|bits| Value::I32(bits as i32)).into_iter().collect())),
            Err(Ended::Exit(code)) => Err(HostError::Exit(code)),
            Err(Ended::Trap(message)) => Err(HostError::Trap(message)),
        }
    }
}

impl Host for Recorder {
    fn call(&mut self, call: &mut HostCall<'_>) -> Result<Action, HostError> {
        if let Some(answer) = self.answers.get(self.next) {
            self.next += 1;
            for (memory, address, bytes) in &answer.written {
                // The memory is as it was then: it fits again.
                let _ = call.write(*memory, *address, bytes);
            }
            return answer.outcome.clone();
        }
        let outcome = self.ask(call);
        let written = call.changes().iter().filter_map(|change| match change {
            HostChange::Memory { memory, address, len } => {
                Some((*memory, *address, call.read(*memory, *address, *len)?.into()))
            }
            _ => None,
        });
        let answer = Answer { outcome: outcome.clone(), written: written.collect() };
        self.bytes += answer.bytes();
        self.answers.push(answer);
        self.next += 1;
        outcome
    }
}

impl Answer {
    fn bytes(&self) -> usize {
        size_of::<Answer>() + self.written.iter().map(|(_, _, bytes)| bytes.len() + 32).sum::<usize>()
    }
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
