//! `wasm mem …`: the commands of `memviz` on the memory of the stopped program.

use std::cell::RefCell;

use memviz::commands::{Access as Wanted, Answer, Command, Context};
use memviz::snapshot::{ModuleIdentity, Snapshot};
use memviz::{MemoryRead, State};
use wasm_source::WasmValue;

use crate::code::Code;
use crate::engine::{Access, Engine, Frame, Instance, InstanceId, MemoryId, Value, Watchpoint};
use crate::session::{Session, Watch};

/// How many frames' values count as in use for `mem leaks`.
const ROOT_FRAMES: usize = 1000;

/// A memory of the stopped program.
struct Live<'e, 'x> {
    engine: &'e RefCell<&'x mut dyn Engine>,
    memory: MemoryId,
    bytes: u64,
}

impl MemoryRead for Live<'_, '_> {
    fn len(&self) -> u64 {
        self.bytes
    }

    fn read(&self, address: u64, into: &mut [u8]) -> bool {
        self.engine.borrow_mut().read_memory(self.memory, address, into).is_ok()
    }
}

/// Runs a command and gives what it prints.
pub(super) fn run(session: &mut Session<'_>, frame: usize, line: &str) -> String {
    match answer(session, frame, line) {
        Ok(text) => text,
        Err(message) => format!("{message}\n"),
    }
}

/// What a command leaves to do when the memory is not borrowed any more.
enum Next {
    Nothing,
    Compare(Box<Snapshot>),
    Watch(Watchpoint),
}

fn answer(session: &mut Session<'_>, frame: usize, line: &str) -> Result<String, String> {
    let command = Command::parse(line).map_err(text)?;
    let before = session.before.take();
    let answered = ask(&mut *session.engine, &session.code, frame, before.as_ref(), &command);
    session.before = before;
    let (said, next) = answered?;
    match next {
        Next::Nothing => {}
        Next::Compare(now) => session.before = Some(*now),
        Next::Watch(watchpoint) => {
            session.watch(Watch::new(watchpoint)).map_err(text)?;
        }
    }
    Ok(said)
}

fn ask(
    engine: &mut dyn Engine,
    code: &[Code<'_>],
    frame: usize,
    before: Option<&Snapshot>,
    command: &Command,
) -> Result<(String, Next), String> {
    let (id, instance) = &owner(engine, code, frame)?;
    let code = code.get(instance.module.0 as usize).ok_or("the program has no module")?;
    let program = code.memory_program().ok_or("the module cannot be read")?;
    let memories = engine.memories().map_err(text)?;
    let globals: Vec<Option<WasmValue>> =
        (0..instance.globals).map(|index| engine.global(*id, index).ok().as_ref().and_then(Value::number)).collect();
    let roots = roots(engine);
    let name = engine.modules().get(instance.module.0 as usize).map(|module| module.name.clone());

    let shared = RefCell::new(engine);
    let mut live = Vec::new();
    for id in &instance.memories {
        let bytes = memories.get(id.0 as usize).map_or(0, |memory| memory.bytes);
        live.push(Live { engine: &shared, memory: *id, bytes });
    }
    let readers: Vec<&dyn MemoryRead> = live.iter().map(|memory| memory as &dyn MemoryRead).collect();
    let first = readers.first().copied().ok_or("the program has no memory")?;
    let context = Context {
        state: State { globals: &globals, ..State::new(program, first) },
        memories: &readers,
        source: code.source(),
        before,
        heat: None,
        roots: &roots,
        style: memviz::draw::Style::default(),
    };
    let take = || {
        let module = ModuleIdentity { build_id: code.build_id(), name: name.clone() };
        let memories = readers.iter().zip(0..).map(|(memory, index)| (program.memory(index), *memory));
        Snapshot::take(module, memories, &globals)
    };
    let compares = matches!(command, Command::Diff { .. });
    if compares && before.is_none() {
        let said = "from here on: `wasm mem diff` shows what has changed since now\n";
        return Ok((said.to_string(), Next::Compare(Box::new(take()))));
    }
    Ok(match command.answer(&context).map_err(text)? {
        Answer::Text(said) => (said, if compares { Next::Compare(Box::new(take())) } else { Next::Nothing }),
        Answer::Save(file) => {
            std::fs::write(&file, take().write()).map_err(|error| format!("cannot write {file}: {error}"))?;
            (format!("saved {file}\n"), Next::Nothing)
        }
        Answer::Watch { memory, range, access } => {
            let access = match access {
                Wanted::Write => Access::Write,
                Wanted::Read => Access::Read,
                Wanted::Any => Access::Any,
            };
            let memory = *instance.memories.get(memory as usize).ok_or("there is no such memory")?;
            let said = format!("watching {:#x} to {:#x}\n", range.start, range.end);
            (said, Next::Watch(Watchpoint { memory, range, access }))
        }
    })
}

/// The instance whose memory is meant: that of a frame, or the first with a
/// memory; where it has its memory from another one, that one, which knows
/// what is in it.
fn owner(engine: &mut dyn Engine, code: &[Code<'_>], frame: usize) -> Result<(InstanceId, Instance), String> {
    let instances = engine.instances().map_err(text)?;
    let all = || (0..).map(InstanceId).zip(&instances);
    let of_frame = match engine.frames(frame + 1).unwrap_or_default().get(frame) {
        Some(Frame::Wasm(wasm)) => Some(wasm.instance),
        _ => None,
    };
    let has_memory = |(_, instance): &(InstanceId, &Instance)| !instance.memories.is_empty();
    let selected = all().filter(has_memory).find(|(id, _)| Some(*id) == of_frame);
    let selected = selected.or_else(|| all().find(has_memory)).ok_or("the program has no memory")?;
    let memory = selected.1.memories.first();
    let makes_it = |(_, instance): &(InstanceId, &Instance)| {
        let makes = code.get(instance.module.0 as usize).is_some_and(|code| code.has_own_memory);
        makes && instance.memories.first() == memory
    };
    let (id, owner) = all().find(makes_it).unwrap_or(selected);
    Ok((id, owner.clone()))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Numbers that are in use: locals and operands of the active calls.
fn roots(engine: &mut dyn Engine) -> Vec<u64> {
    let count = engine.frames(ROOT_FRAMES).map_or(0, |frames| frames.len());
    let values = (0..count).flat_map(|frame| {
        let locals = engine.locals(frame).unwrap_or_default();
        let operands = engine.operands(frame).unwrap_or_default();
        locals.into_iter().chain(operands)
    });
    values
        .filter_map(|value| match value {
            Value::I32(bits) => Some(bits.into()),
            Value::I64(bits) => Some(bits),
            _ => None,
        })
        .collect()
}
